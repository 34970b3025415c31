"""Huber's loss, with a corner in its second derivative and without."""

from __future__ import annotations

from typing import Any

from agrad.declare import elementwise
from agrad_special.cases import binary
from agrad_special.compute import huber
from agrad_special.natives import scipy_special
from agrad_special.text import described

__all__ = ["OPS"]

OPS = (
    elementwise(
        "huber(delta, r, /)",
        lambda xp, delta, r: xp.maximum(xp.abs(r) - delta, 0 * r),
        lambda xp, delta, r: xp.where(xp.abs(r) <= delta, r, delta * xp.sign(r)),
        forward=huber.huber,
        native=scipy_special("huber", torch="", jax=""),
        reference=lambda mp, delta, r: r * r / 2 if abs(r) <= delta else delta * (abs(r) - delta / 2),
        cases=binary(0.2, 3, condition=4),
        doc=described(
            "Huber's loss: r**2 / 2 where abs(r) is at most delta, and delta * (abs(r) - delta / 2) beyond.",
            "r within, delta * sign(r) beyond for r; abs(r) - delta beyond, and 0 within, for delta.",
            ">>> xp.special.huber(xp.asarray(1.0), xp.asarray([0.5, 3.0])).tolist()\n[0.125, 2.5]",
            notes="P. J. Huber, Annals of Mathematical Statistics 35 (1964) 73-101.",
            accuracy="1 unit of rounding, unless numbers under- or overflow.",
            delta="Where the square ends. Infinity for negative numbers.",
            r="Residuals.",
        ),
    ),
    elementwise(
        "pseudo_huber(delta, r, /)",
        lambda xp, delta, r: _by_delta(xp, delta, r),
        lambda xp, delta, r: delta * _share(xp, delta, r),
        forward=huber.pseudo_huber,
        native={"cupy": "cupyx.scipy.special:pseudo_huber"},  # SciPy's is 0 where r is small beside delta
        reference=lambda mp, delta, r: delta**2 * (mp.sqrt(1 + (r / delta) ** 2) - 1),
        cases=binary(0.2, 3, condition=4),
        doc=described(
            "Smooth relative of Huber's loss: delta**2 * (sqrt(1 + (r / delta)**2) - 1).",
            "delta r / h for r and (h - delta)**2 / h for delta, where h is hypot(delta, r); 0 where both are 0.",
            ">>> [round(v, 6) for v in xp.special.pseudo_huber(xp.asarray(1.0), xp.asarray([1e-3, 3.0])).tolist()]\n"
            "[0.0, 2.162278]",
            accuracy="2 units of rounding, unless numbers under- or overflow.",
            delta="The slope far from 0. Infinity for negative numbers.",
            r="Residuals.",
        ),
    ),
)


def _length(xp: Any, delta: Any, r: Any) -> Any:
    length = xp.hypot(delta, r)
    return xp.where(length == 0, 1, length)


def _share(xp: Any, delta: Any, r: Any) -> Any:
    """``r / hypot(delta, r)``; where that is near 1, as 1 less a little, so that its derivatives keep their digits."""
    length, size = _length(xp, delta, r), xp.abs(r)
    far = size > delta
    little = (delta / length) * (delta / (length + size))
    return xp.where(far, xp.sign(r) * (1 - xp.where(far, little, 0)), xp.where(far, 0, r) / length)


def _by_delta(xp: Any, delta: Any, r: Any) -> Any:
    length = _length(xp, delta, r)
    return xp.square(r * (r / (length + delta))) / length
