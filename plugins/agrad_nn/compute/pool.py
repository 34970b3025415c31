"""Windows in the standard: maxima and where they first are, sums, and what is linear in their transposes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from math import prod
from typing import Any

__all__ = ["counts", "flat", "maxima", "maxima_transpose", "pick", "starts", "sums", "sums_transpose"]

from agrad_nn.compute.places import padded, repeated, stretched

Shape = tuple[int, ...]


def counts(size: Sequence[int], kernel: Shape, stride: Shape, dilation: Shape) -> Shape:
    """How many windows lie along each axis."""
    axes = zip(size, kernel, stride, dilation, strict=True)
    return tuple((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in axes)


def maxima(xp: Any, x: Any, kernel: Shape, stride: Shape, dilation: Shape) -> tuple[Any, Any]:
    """The greatest number of each window over the last axes, and its position in these, made flat: the first such one.

    A nan counts as greater than what stands before it.
    """
    size = x.shape[-len(kernel) :]
    number = counts(size, kernel, stride, dilation)
    start = starts(xp, x, size, number, stride)
    best, at = None, None
    for offset in product(*map(range, kernel)):
        steps = [o * d for o, d in zip(offset, dilation, strict=True)]
        inside = (slice(o, o + s * (m - 1) + 1, s) for o, s, m in zip(steps, stride, number, strict=True))
        seen, here = x[(..., *inside)], start + flat(steps, size)
        if best is None:
            best, at = xp.asarray(seen, copy=True), xp.asarray(xp.broadcast_to(here, seen.shape), copy=True)
        else:
            greater = (seen > best) | (seen != seen)
            best, at = xp.where(greater, seen, best), xp.where(greater, here, at)
    return best, at


def maxima_transpose(xp: Any, y: Any, at: Any, size: Shape, kernel: Shape, stride: Shape, dilation: Shape) -> Any:
    """Zeros with the numbers of y added at their positions."""
    n = len(size)
    lead, number = y.shape[: y.ndim - n], y.shape[y.ndim - n :]
    device = getattr(y, "device", None)
    if stride == kernel and max(dilation) == 1:  # no position belongs to two windows: each asks whether it was theirs
        for axis, k in enumerate(kernel, start=len(lead)):
            y, at = repeated(xp, y, axis, k), repeated(xp, at, axis, k)
        here = starts(xp, y, size, y.shape[len(lead) :], (1,) * n)
        y = xp.where(at == here, y, xp.zeros((), dtype=y.dtype, device=device))
        return padded(xp, y, [(0, want - have) for want, have in zip(size, y.shape[len(lead) :], strict=True)])
    rows, length = prod(lead), prod(size)
    start = xp.reshape(xp.astype(xp.arange(rows, device=device), at.dtype) * length, (rows, 1))
    places = xp.reshape(xp.reshape(at, (rows, prod(number))) + start, (rows * prod(number),))
    return xp.reshape(xp.scatter(xp.reshape(y, places.shape), (places,), shape=(rows * length,)), (*lead, *size))


def pick(xp: Any, x: Any, at: Any, n: int) -> Any:
    """The numbers of x at positions in its last n axes, made flat."""
    lead, number = x.shape[: x.ndim - n], at.shape[at.ndim - n :]
    rows = xp.reshape(x, (*lead, prod(x.shape[x.ndim - n :])))
    return xp.reshape(xp.take_along_axis(rows, xp.reshape(at, (*lead, prod(number))), axis=-1), at.shape)


def sums(xp: Any, x: Any, axis: int, kernel: int, stride: int) -> Any:
    """The sum of each window along an axis."""
    axis %= x.ndim
    number = (x.shape[axis] - kernel) // stride + 1
    lead = (slice(None),) * axis
    total = x[(*lead, slice(0, stride * (number - 1) + 1, stride), ...)]
    for k in range(1, kernel):
        total = total + x[(*lead, slice(k, k + stride * (number - 1) + 1, stride), ...)]
    return xp.asarray(total, copy=True) if kernel == 1 else total


def sums_transpose(xp: Any, y: Any, axis: int, kernel: int, stride: int, size: int) -> Any:
    """Each number of y added to all positions of its window, of `size` positions along the axis."""
    axis %= y.ndim
    behind = ((0, 0),) * (y.ndim - axis - 1)
    if stride == kernel:
        y = repeated(xp, y, axis, kernel)
        return padded(xp, y, ((0, size - y.shape[axis]), *behind))
    y = stretched(xp, y, axis, stride)
    total = padded(xp, y, ((0, size - y.shape[axis]), *behind))
    for k in range(1, kernel):
        total = total + padded(xp, y, ((k, size - k - y.shape[axis]), *behind))
    return total


def starts(xp: Any, x: Any, size: Sequence[int], number: Sequence[int], stride: Sequence[int]) -> Any:
    """The flat position at which each window begins."""
    total: Any = None
    for axis, (m, s) in enumerate(zip(number, stride, strict=True)):
        step = s * prod(size[axis + 1 :])
        line = xp.arange(0, m * step, step, device=getattr(x, "device", None))
        line = xp.reshape(line, (m, *(1,) * (len(size) - axis - 1)))
        total = line if total is None else total + line
    return total


def flat(offset: Sequence[int], size: Sequence[int]) -> int:
    """A position as a number that counts through all axes."""
    found = 0
    for o, n in zip(offset, size, strict=True):
        found = found * n + o
    return found
