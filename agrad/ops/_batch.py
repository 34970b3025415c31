"""Batch rules of the ops that neither run over the axes that a parameter names nor take stacks of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from agrad.errors import UnsupportedError
from agrad.ops._shapes import place_of
from agrad.ops._stacks import aligned, flat, full, ranked, shifted

__all__ = [
    "broadcast_to",
    "fourier",
    "isin",
    "moveaxis",
    "permute_dims",
    "repeat",
    "reshape",
    "roll",
    "searchsorted",
    "solve",
    "tile",
]

Axis = int | Sequence[int]


def broadcast_to(xp: Any, x: Any, shape: Sequence[int], size: int) -> Any:
    return xp.broadcast_to(ranked(xp, x, max(len(shape), x.ndim - 1)), (size, *shape))


def moveaxis(xp: Any, x: Any, source: Axis, destination: Axis) -> Any:
    return xp.moveaxis(x, shifted(source, x.ndim - 1), shifted(destination, x.ndim - 1))


def permute_dims(xp: Any, x: Any, axes: Sequence[int]) -> Any:
    return xp.permute_dims(x, (0, *shifted(axes, x.ndim - 1)))


def reshape(xp: Any, x: Any, shape: Axis, copy: bool | None, size: int) -> Any:
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if -1 in shape:
        rest = -prod(shape)  # several of -1 are left for the library to refuse
        missing = prod(x.shape[1:]) // rest if rest > 0 else 0
        shape = tuple(missing if n == -1 and shape.count(-1) == 1 else n for n in shape)
    return xp.reshape(x, (size, *shape), copy=copy)


def roll(xp: Any, x: Any, shift: Axis, axis: Axis | None, size: int) -> Any:
    if axis is None:
        return xp.reshape(xp.roll(flat(xp, x, size), shift, axis=1), x.shape)
    return xp.roll(x, shift, axis=shifted(axis, x.ndim - 1))


def repeat(xp: Any, x: Any, repeats: Any, axis: int | None, batched: tuple[bool, bool], size: int) -> Any:
    if batched[1]:
        raise UnsupportedError("'repeat' cannot be batched over its counts: the shape of the result depends on them")
    if axis is None:
        return xp.repeat(flat(xp, x, size), repeats, axis=1)
    return xp.repeat(x, repeats, axis=shifted(axis, x.ndim - 1))


def tile(xp: Any, x: Any, repetitions: Sequence[int]) -> Any:
    rank = max(len(repetitions), x.ndim - 1)
    return xp.tile(ranked(xp, x, rank), (1,) * (1 + rank - len(repetitions)) + tuple(repetitions))


def fourier(name: str) -> Callable[..., Any]:
    """The rule of a transform over several axes: without them, sizes are those of the last ones."""

    def rule(xp: Any, x: Any, s: Sequence[int] | None, axes: Sequence[int] | None, norm: str) -> Any:
        first = 1 if s is None else x.ndim - len(s)
        axes = tuple(range(first, x.ndim)) if axes is None else shifted(axes, x.ndim - 1)
        return getattr(xp.fft, name)(x, s=s, axes=axes, norm=norm)

    return rule


def isin(xp: Any, x1: Any, x2: Any, invert: bool, batched: tuple[bool, bool], size: int) -> Any:
    if not batched[1]:
        return xp.isin(x1, x2, invert=invert)
    x1 = full(xp, x1, batched[0], size)
    sets = flat(xp, x2, size)
    sets = xp.reshape(sets, (size, *(1,) * (x1.ndim - 1), sets.shape[1]))
    found = xp.any(xp.expand_dims(x1, axis=-1) == sets, axis=-1)
    return xp.logical_not(found) if invert else found


def searchsorted(xp: Any, x1: Any, x2: Any, side: str, sorter: Any, batched: tuple[bool, bool, bool], size: int) -> Any:
    if not batched[0] and not batched[2]:
        return xp.searchsorted(x1, x2, side=side, sorter=sorter)
    x1, x2 = full(xp, x1, batched[0], size), full(xp, x2, batched[1], size)
    if sorter is not None:
        x1 = xp.take_along_axis(x1, full(xp, sorter, batched[2], size), axis=1)
    wanted, n = flat(xp, x2, size), x1.shape[1]
    low = xp.zeros(wanted.shape, dtype=xp.arange(0).dtype, device=place_of(wanted))
    if not n:
        return xp.reshape(low, x2.shape)
    high = low + n
    for _ in range(n.bit_length()):  # bisection, of all at once
        middle = (low + high) // 2
        value = xp.take_along_axis(x1, xp.where(middle == n, n - 1, middle), axis=1)
        after = _before(xp, value, wanted) if side == "left" else xp.logical_not(_before(xp, wanted, value))
        unsure = low < high
        low, high = xp.where(unsure & after, middle + 1, low), xp.where(unsure & ~after, middle, high)
    return xp.reshape(low, x2.shape)


def _before(xp: Any, a: Any, b: Any) -> Any:
    """Whether a comes before b in order: nan is the last."""
    if not xp.isdtype(a.dtype, "real floating"):
        return a < b
    return (a < b) | (xp.isnan(b) & xp.logical_not(xp.isnan(a)))


def solve(xp: Any, x1: Any, x2: Any, batched: tuple[bool, bool], size: int) -> Any:
    vector = x2.ndim - batched[1] == 1
    if vector and not batched[0] and x1.ndim == 2:  # one matrix, and a column for each example
        return xp.matrix_transpose(xp.linalg.solve(x1, xp.matrix_transpose(x2)))
    if vector:
        x2 = xp.expand_dims(x2, axis=-1)
    a, b = aligned(xp, (x1, x2), batched, (2, 2), size)
    y = xp.linalg.solve(a, b)
    return xp.squeeze(y, axis=-1) if vector else y
