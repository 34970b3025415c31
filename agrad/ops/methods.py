"""Methods of the array object that are ops and that no chapter has a function for."""

from __future__ import annotations

from agrad.declare import POINTWISE, linear

OPS = (
    linear(
        "to_device(x, /, device, *, origin, stream=None)",
        lambda xp, ct, device, origin: xp.to_device(ct, origin, origin=device),
        axes=POINTWISE,
    ),
)
