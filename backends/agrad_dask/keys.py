"""Keys of NumPy's kind, taken apart into what dask reads itself and what goes through blocks."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import operator
from typing import Any, NamedTuple

import dask.array as da
import numpy as np

from agrad_dask.blocks import Array

__all__ = ["Plan", "is_array", "is_mask", "items_of", "plan_of"]


class Plan(NamedTuple):
    """A key without masks: slices first, then arrays of integers along some axes, then the order of the axes."""

    slices: tuple[slice, ...]
    """One for each axis; an integer is one of a single element."""
    axes: tuple[int, ...]
    """Those that arrays index."""
    arrays: tuple[Any, ...]
    depth: int
    """How many axes the arrays have, broadcast together."""
    order: tuple[int, ...]
    """Where axes of the result come from, counted through those of the arrays and then all that none indexes."""
    finish: tuple[Any, ...]
    """A key that inserts new axes in the end, and drops those of integers."""
    shape: tuple[int, ...]
    """That of the result."""

    def inside(self, x: Array) -> Array:
        """What the slices read."""
        return x if all(s == slice(None) for s in self.slices) else x[self.slices]

    def outside(self, y: Array) -> Array:
        """The result, of what the arrays read."""
        return _permuted(y, self.order)[self.finish]

    def undone(self, y: Array) -> Array:
        """What the arrays read, of the result."""
        kept = [k for k in self.finish if k != 0]  # an axis of the result each
        y = y[tuple(0 if k is None else k for k in kept)]
        y = y[tuple(None if k == 0 else k for k in self.finish if k is not None)]
        return _permuted(y, sorted(range(len(self.order)), key=self.order.__getitem__))


def _permuted(y: Array, order: Any) -> Array:
    return y if list(order) == list(range(y.ndim)) else da.transpose(y, tuple(order))


def items_of(key: Any, shape: tuple[int, ...]) -> list[Any]:
    """A key as a list with an item for each axis: integers, slices, None, arrays of integers and masks of dask's.

    A mask of NumPy's shows which elements it selects, and becomes arrays of integers.
    """
    given: list[Any] = []
    for k in key if isinstance(key, tuple) else (key,):
        if isinstance(k, list):
            k = np.asarray(k, None if k else np.intp)
        if isinstance(k, bool | np.bool) or (is_mask(k) and not k.ndim):
            raise IndexError("a dask array takes masks of one or more dimensions as a key; use where(condition, x, y)")
        plain = k is None or k is Ellipsis or isinstance(k, slice) or is_array(k)
        given.append(k if plain else operator.index(k))
    named = sum(map(_width, given))
    if named > len(shape):
        raise IndexError(f"a key of {named} indices for an array of {len(shape)} dimensions")
    at = next((i for i, k in enumerate(given) if k is Ellipsis), len(given))
    given[at : at + 1] = [slice(None)] * (len(shape) - named)
    items: list[Any] = []
    axis = 0
    for k in given:
        if is_mask(k) and k.shape != shape[axis : axis + k.ndim]:
            raise IndexError(f"a mask of shape {k.shape} for axes of shape {shape[axis : axis + k.ndim]}")
        if isinstance(k, slice):
            items.append(_plain(k, shape[axis]))
        elif is_mask(k) and isinstance(k, np.ndarray):
            items += np.nonzero(k)
        else:
            items.append(k)
        axis += _width(k)
    return items


def _plain(k: slice, n: int) -> slice:
    """The same slice within the bounds of its axis; dask reads too much at some that begin or end outside."""
    chosen = range(n)[k]
    if len(chosen) == n and chosen.step == 1:
        return slice(None)
    if not chosen:
        return slice(0, 0)
    stop = chosen[-1] + (1 if chosen.step > 0 else -1)
    return slice(chosen[0], None if stop < 0 else stop, chosen.step)


def _width(k: Any) -> int:
    """How many axes an item stands for; the ellipsis, for what is left."""
    if k is None or k is Ellipsis:
        return 0
    return int(k.ndim) if is_mask(k) else 1


def is_array(k: Any) -> bool:
    """Whether an item of a key is an array."""
    return isinstance(k, da.Array | np.ndarray)


def is_mask(k: Any) -> bool:
    """Whether an item of a key is a mask."""
    return is_array(k) and bool(k.dtype == bool)


def plan_of(items: list[Any], shape: tuple[int, ...]) -> Plan:
    """Take a key apart that has no masks."""
    arrayed = any(map(is_array, items))
    advanced = [i for i, k in enumerate(items) if is_array(k) or (arrayed and type(k) is int)]
    slices: list[slice] = []
    axes: list[int] = []
    arrays: list[Any] = []
    layout: list[tuple[Any, int, int]] = []  # of axes that no array indexes: how to finish them, their number, length
    rest = 0
    for i, k in enumerate(items):
        if k is None:
            layout.append((None, -1, 1))
            continue
        n = shape[len(slices)]
        single = _single(k, n) if type(k) is int else None
        if i in advanced:  # an integer beside arrays counts as one
            axes.append(len(slices))
            arrays.append(k if single is None else np.asarray(0))
            slices.append(single or slice(None))
        else:
            slices.append(single or k)
            layout.append((slice(None) if single is None else 0, rest, len(range(n)[slices[-1]])))
            rest += 1
    read = np.broadcast_shapes(*(a.shape for a in arrays))
    adjacent = bool(advanced) and advanced[-1] - advanced[0] == len(advanced) - 1
    at = advanced[0] if adjacent else 0  # of arrays apart from each other, the axes come first
    depth = len(read)
    axes_read = [(slice(None), i - depth, n) for i, n in enumerate(read)]
    layout[at:at] = axes_read
    return Plan(
        slices=tuple(slices),
        axes=tuple(axes),
        arrays=tuple(arrays),
        depth=depth,
        order=tuple(depth + number for finish, number, _ in layout if finish is not None),
        finish=tuple(finish for finish, _, _ in layout),
        shape=tuple(n for finish, _, n in layout if finish != 0),
    )


def _single(k: int, n: int) -> slice:
    """An integer as a slice of one element."""
    if not -n <= k < n:
        raise IndexError(f"index {k} is out of bounds for an axis of length {n}")
    return slice(k % n, k % n + 1)
