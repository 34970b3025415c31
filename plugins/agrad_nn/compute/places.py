"""Zeros around the numbers of an array and between them, in the standard."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["padded", "repeated", "stretched", "zeros"]


def zeros(xp: Any, x: Any, axis: int, n: int) -> Any:
    """Of the shape of x but for one axis, of length n."""
    return xp.zeros((*x.shape[:axis], n, *x.shape[axis + 1 :]), dtype=x.dtype, device=getattr(x, "device", None))


def padded(xp: Any, x: Any, padding: Sequence[tuple[int, int]]) -> Any:
    """Zeros before and after the last axes; less than 0 cuts off."""
    for axis, (before, after) in enumerate(padding, start=x.ndim - len(padding)):
        if before < 0 or after < 0:
            inside = slice(max(-before, 0), x.shape[axis] - max(-after, 0))
            x = x[(*(slice(None),) * axis, inside, ...)]
        parts = [x]
        if before > 0:
            parts.insert(0, zeros(xp, x, axis, before))
        if after > 0:
            parts.append(zeros(xp, x, axis, after))
        x = xp.concat(parts, axis=axis) if len(parts) > 1 else x
    return x


def stretched(xp: Any, x: Any, axis: int, step: int) -> Any:
    """Zeros between the numbers along an axis, `step` - 1 of them."""
    if step == 1:
        return x
    n = x.shape[axis] * step
    x = xp.expand_dims(x, axis=axis + 1)
    x = xp.concat([x, zeros(xp, x, axis + 1, step - 1)], axis=axis + 1)
    x = xp.reshape(x, (*x.shape[:axis], n, *x.shape[axis + 2 :]))
    return x[(*(slice(None),) * axis, slice(0, n - step + 1), ...)]


def repeated(xp: Any, x: Any, axis: int, times: int) -> Any:
    """Each number along an axis so many times."""
    if times == 1:
        return x
    shape = (*x.shape[: axis + 1], times, *x.shape[axis + 1 :])
    x = xp.broadcast_to(xp.expand_dims(x, axis=axis + 1), shape)
    return xp.reshape(x, (*shape[:axis], shape[axis] * times, *shape[axis + 2 :]))
