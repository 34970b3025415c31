"""Data type functions, and the array object's way to another device, which as `astype` changes no value."""

from __future__ import annotations

from agrad.declare import POINTWISE, constant, linear

OPS = (
    # the engine casts back
    linear("astype(x, dtype, /, *, copy=True, device=None)", lambda ct: ct, write=lambda value: value, axes=POINTWISE),
    linear(
        "to_device(x, /, device, *, origin, stream=None)",
        lambda xp, ct, device, origin: xp.to_device(ct, origin, origin=device),
        axes=POINTWISE,
    ),
    # of an array these see the dtype alone, which a stack has, too
    constant("can_cast(from_, to, /)", "it is about dtypes", outputs=0, axes=POINTWISE),
    constant("finfo(type, /)", "it is about dtypes", outputs=0, axes=POINTWISE),
    constant("iinfo(type, /)", "it is about dtypes", outputs=0, axes=POINTWISE),
    constant("isdtype(dtype, kind)", "it is about dtypes", outputs=0, axes=POINTWISE),
    constant("result_type(*arrays_and_dtypes)", "it is about dtypes", outputs=0, axes=POINTWISE),
)
