"""Softmax and its logarithm along one axis, logarithms of sums of exponentials along any: relative to the greatest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad_nn.compute.common import kept_axes, reals, summed_products

__all__ = ["centred", "log_softmax", "logsumexp", "shares", "softmax", "with_softmax"]


def softmax(xp: Any, x: Any, axis: int) -> Any:
    """Exponentials relative to the greatest, over their sum."""
    (x,) = _checked(xp, "softmax", x, axis)
    if 0 in x.shape:
        return xp.asarray(x, copy=True)
    e = xp.exp(x - xp.max(x, axis=axis, keepdims=True))
    return e / xp.sum(e, axis=axis, keepdims=True)


def log_softmax(xp: Any, x: Any, axis: int) -> Any:
    """x relative to the greatest, less the logarithm of the sum of that one's exponentials."""
    (x,) = _checked(xp, "log_softmax", x, axis)
    if 0 in x.shape:
        return xp.asarray(x, copy=True)
    x = x - xp.max(x, axis=axis, keepdims=True)
    return x - xp.log(xp.sum(xp.exp(x), axis=axis, keepdims=True))


def with_softmax(xp: Any, x: Any) -> tuple[Any, Any]:
    """log_softmax of the rows of (N, C, ...), and softmax of the same exponentials: one division, where many go on."""
    if 0 in x.shape:
        return x, x
    x = x - xp.max(x, axis=1, keepdims=True)
    e = xp.exp(x)
    total = xp.sum(e, axis=1, keepdims=True)
    return x - xp.log(total), e / total


def _checked(xp: Any, name: str, x: Any, axis: Any) -> tuple[Any, ...]:
    if not isinstance(axis, int):
        raise TypeError(f"nn.{name} got axis={axis!r}; it takes one axis, an integer")
    return reals(xp, name, x)


def centred(xp: Any, p: Any, v: Any, axis: int) -> Any:
    """``p * (v - the average of v under p)``: the derivative of softmax, which is its own adjoint."""
    return p * (v - summed_products(xp, p, v, axis))


def logsumexp(xp: Any, x: Any, axis: int | Sequence[int] | None, keepdims: bool) -> Any:
    """The greatest, and the logarithm of the sum of exponentials relative to it; nothing adds up to 0."""
    (x,) = reals(xp, "logsumexp", x)
    gone = range(x.ndim) if axis is None else (axis,) if isinstance(axis, int) else axis
    if 0 in [x.shape[a] for a in gone]:
        return xp.sum(x, axis=axis, keepdims=keepdims) - xp.inf
    top = xp.max(x, axis=axis, keepdims=True)
    total = xp.sum(xp.exp(x - xp.where(xp.isinf(top), 0, top)), axis=axis, keepdims=keepdims)
    top = top if keepdims else xp.reshape(top, total.shape)
    return top + xp.log(xp.maximum(total, 1))  # it is less only where there is nothing but minus infinity


def shares(xp: Any, x: Any, out: Any, axis: int | Sequence[int] | None, keepdims: bool) -> Any:
    """softmax from the logarithm of the sum; where all is minus infinity, nothing has a share."""
    if not keepdims:
        out = kept_axes(xp, out, axis, x.ndim)
    return xp.exp(x - xp.where(out == -xp.inf, xp.inf, out))
