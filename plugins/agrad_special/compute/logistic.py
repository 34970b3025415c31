"""The logistic function, its inverse, its logarithm; logarithms of sums of exponentials."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad_special.compute.common import reals

__all__ = ["Axis", "axes_of", "expit", "log_expit", "log_softmax", "logit", "logsumexp", "softmax"]

Axis = int | Sequence[int] | None


def expit(xp: Any, x: Any) -> Any:
    """From the exponential function of -abs(x), which does not overflow."""
    (x,) = reals(xp, "expit", x)
    e = xp.exp(-xp.abs(x))
    return xp.where(x < 0, e, 1) / (1 + e)


def log_expit(xp: Any, x: Any) -> Any:
    """The same for the logarithm."""
    (x,) = reals(xp, "log_expit", x)
    return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x)))


def logit(xp: Any, x: Any) -> Any:
    """Near 1/2 an inverse hyperbolic tangent, whose argument is exact; elsewhere the logarithm of the odds."""
    (x,) = reals(xp, "logit", x)
    near = (x > 0.25) & (x < 0.75)
    inside = (x > 0) & (x < 1)
    odds = xp.where(inside & ~near, x, 0.5)
    out = xp.where(near, 2 * xp.atanh(2 * xp.where(near, x, 0.5) - 1), xp.log(odds / (1 - odds)))
    out = xp.where(inside, out, xp.nan)
    return xp.where(x == 0, -xp.inf, xp.where(x == 1, xp.inf, out))


def axes_of(axis: Axis, ndim: int) -> tuple[int, ...]:
    """The axes that are reduced."""
    if axis is None:
        return tuple(range(ndim))
    return (axis,) if isinstance(axis, int) else tuple(axis)


def _empty(x: Any, axis: Axis) -> bool:
    """Whether nothing is added up."""
    return 0 in [x.shape[a] for a in axes_of(axis, x.ndim)]


def logsumexp(xp: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The greatest element, its logarithmic multiplicity, and what the others add, small as that may be."""
    (x,) = reals(xp, "logsumexp", x)
    if _empty(x, axis):
        return xp.sum(x, axis=axis, keepdims=keepdims) - xp.inf
    top = xp.max(x, axis=axis, keepdims=True)
    shift = xp.where(xp.isinf(top), 0, top)
    highest = x == top
    count = xp.sum(xp.astype(highest, x.dtype), axis=axis, keepdims=True)
    count = xp.where(count == 0, 1, count)  # where the greatest is nan
    others = xp.sum(xp.where(highest, 0, xp.exp(xp.where(highest, 0, x - shift))), axis=axis, keepdims=True)
    out = top + xp.log(count) + xp.log1p(others / count)
    return out if keepdims else xp.reshape(out, xp.sum(x, axis=axis).shape)


def softmax(xp: Any, x: Any, axis: Axis = None) -> Any:
    """Exponentials relative to the greatest."""
    (x,) = reals(xp, "softmax", x)
    if _empty(x, axis):
        return xp.asarray(x, copy=True)
    e = xp.exp(_shifted(xp, x, axis))
    return e / xp.sum(e, axis=axis, keepdims=True)


def log_softmax(xp: Any, x: Any, axis: Axis = None) -> Any:
    """What is left of x when the greatest and the logarithm of the sum relative to it are taken off."""
    (x,) = reals(xp, "log_softmax", x)
    if _empty(x, axis):
        return xp.asarray(x, copy=True)
    shifted = _shifted(xp, x, axis)
    return shifted - logsumexp(xp, shifted, axis=axis, keepdims=True)


def _shifted(xp: Any, x: Any, axis: Axis) -> Any:
    """x less its greatest element; nan where that is infinite."""
    top = xp.max(x, axis=axis, keepdims=True)
    return xp.where(xp.isinf(top), xp.nan, x - xp.where(xp.isinf(top), 0, top))
