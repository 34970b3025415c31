"""Convolutions of NumPy's and CuPy's arrays: windows that share the array's memory, and products of matrices.

What a position sees is copied into a matrix, a few examples at a time, so that it is still in the cache when it is
multiplied.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Any

from agrad_nn.geometry import Geometry

__all__ = ["conv", "transpose", "weight"]

BLOCK = {"numpy": 2**20, "cupy": 2**28}
"""How many bytes of windows are made at a time."""


def conv(xp: Any, x: Any, w: Any, g: Geometry) -> Any:
    """The convolution of x, (N, C, ...), with w, (O, C / groups, ...)."""
    x, w = _alike(xp, x, w)
    n, outer = x.shape[0], w.shape[0]
    rows = w.reshape(g.groups, outer // g.groups, w.shape[1] * g.taps)
    out = xp.empty((n, g.groups, outer // g.groups, g.places), x.dtype)
    for part, columns in _columns(xp, x, g):
        xp.matmul(rows, columns, out=out[part])
    return out.reshape(n, outer, *g.small)


def weight(xp: Any, x: Any, y: Any, g: Geometry) -> Any:
    """Its transpose for w: sums of products of y, (N, O, ...), and of what each of its positions sees of x."""
    x, y = _alike(xp, x, y)
    n, outer, inner = y.shape[0], y.shape[1], x.shape[1] // g.groups
    rows = y.reshape(n, g.groups, outer // g.groups, g.places)
    total = xp.zeros((g.groups, outer // g.groups, inner * g.taps), x.dtype)
    for part, columns in _columns(xp, x, g):
        total += xp.matmul(rows[part], columns.swapaxes(-1, -2)).sum(axis=0)
    return total.reshape(outer, inner, *g.kernel)


def transpose(xp: Any, y: Any, w: Any, g: Geometry) -> Any:
    """Its transpose for x: the products of y, (N, O, ...), and the kernel are added where it sees them."""
    y, w = _alike(xp, y, w)
    n, outer, inner = y.shape[0], w.shape[0], w.shape[1]
    columns = w.reshape(g.groups, outer // g.groups, inner * g.taps).swapaxes(-1, -2)
    starts = [max(before, 0) for before, _ in g.padding]
    shifts = [max(-before, 0) for before, _ in g.padding]
    spans = [
        max(shift + span, start + n) for shift, span, start, n in zip(shifts, g.spans, starts, g.large, strict=True)
    ]
    offsets = [
        tuple(shift + d * k for shift, d, k in zip(shifts, g.dilation, position, strict=True))
        for position in product(*map(range, g.kernel))
    ]
    add = _add_rows if max(g.stride) == 1 else _add_slices
    total = add(xp, y.reshape(n, g.groups, outer // g.groups, *g.small), columns, g, spans, offsets)
    inside = (..., *(slice(start, start + n) for start, n in zip(starts, g.large, strict=True)))
    return xp.ascontiguousarray(total[inside])


def _add_rows(xp: Any, y: Any, columns: Any, g: Geometry, spans: list[int], offsets: list[tuple[int, ...]]) -> Any:
    """Where the stride is 1: lines of y that are as long as those of the sum lie in it as one piece."""
    n, groups, outer = y.shape[:3]
    lines = (g.small[0], *spans[1:])
    long = xp.zeros((n, groups, outer, *lines), y.dtype)
    long[(..., *map(slice, g.small))] = y
    long = long.reshape(n, groups, outer, prod(lines))
    strides = [prod(spans[axis + 1 :]) for axis in range(len(spans))]
    starts = [sum(o * s for o, s in zip(offset, strides, strict=True)) for offset in offsets]
    channels = groups * columns.shape[1] // g.taps
    room = xp.zeros((n, channels, spans[0] + 1, *spans[1:]), y.dtype)  # the last piece ends within one more line
    total = room.reshape(n, channels, (spans[0] + 1) * strides[0])
    for part in _blocks(xp, n, groups * columns.shape[1] * long.shape[-1] * y.itemsize):
        target = total[part]
        terms = xp.matmul(columns, long[part]).reshape(len(target), channels, g.taps, long.shape[-1])
        for k, start in enumerate(starts):
            target[:, :, start : start + long.shape[-1]] += terms[:, :, k]
    return room[:, :, :-1]


def _add_slices(xp: Any, y: Any, columns: Any, g: Geometry, spans: list[int], offsets: list[tuple[int, ...]]) -> Any:
    """Where it is not."""
    n, groups, outer = y.shape[:3]
    y = y.reshape(n, groups, outer, g.places)
    total = xp.zeros((n, groups * columns.shape[1] // g.taps, *spans), y.dtype)
    for part in _blocks(xp, n, groups * columns.shape[1] * g.places * y.itemsize):
        target = total[part]
        terms = xp.matmul(columns, y[part]).reshape(len(target), total.shape[1], g.taps, *g.small)
        for k, offset in enumerate(offsets):
            axes = zip(offset, g.stride, g.small, strict=True)
            target[(..., *(slice(o, o + s * (m - 1) + 1, s) for o, s, m in axes))] += terms[:, :, k]
    return total


def _columns(xp: Any, x: Any, g: Geometry) -> Iterator[tuple[slice, Any]]:
    """Some examples at a time, and what each place sees of them: (examples, groups, C / groups * kernel, places)."""
    n, channels = x.shape[:2]
    if any(before or after for before, after in g.padding):
        x = _padded(xp, x, g)
    shape = (g.groups, channels // g.groups * g.taps, g.places)
    if g.taps == 1 and max(g.stride) == 1:
        yield slice(None), x[(..., *map(slice, g.small))].reshape(n, *shape)
        return
    axes = list(zip(x.strides[2:], g.dilation, g.stride, strict=True))
    strides = (*x.strides[:2], *(step * d for step, d, _ in axes), *(step * s for step, _, s in axes))
    windows = xp.lib.stride_tricks.as_strided(x, (n, channels, *g.kernel, *g.small), strides)
    for part in _blocks(xp, n, prod(shape) * x.itemsize):
        seen = windows[part]
        yield part, seen.reshape(len(seen), *shape)


def _blocks(xp: Any, n: int, size: int) -> Iterator[slice]:
    """Slices of `n` examples of so many bytes each."""
    step = max(1, BLOCK[xp.__name__] // max(size, 1))
    for start in range(0, n, step):
        yield slice(start, start + step)


def _padded(xp: Any, x: Any, g: Geometry) -> Any:
    """With zeros around it, or cut."""
    cut, inside, shape = [], [], []
    for n, (before, after) in zip(g.large, g.padding, strict=True):
        cut.append(slice(max(-before, 0), n - max(-after, 0)))
        inside.append(slice(max(before, 0), before + n - max(-after, 0)))
        shape.append(n + before + after)
    out = xp.zeros((*x.shape[:2], *shape), x.dtype)
    out[(..., *inside)] = x[(..., *cut)]
    return out


def _alike(xp: Any, a: Any, b: Any) -> tuple[Any, Any]:
    """Both in the dtype that they promote to."""
    if a.dtype == b.dtype:
        return a, b
    dtype = xp.result_type(a, b)
    return a.astype(dtype, copy=False), b.astype(dtype, copy=False)
