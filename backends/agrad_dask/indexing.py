"""Reading, updating and scatter-adding dask arrays at any key of NumPy's, lazily.

dask itself reads and assigns slices, and reads at one array of integers along one axis. What reads at several has the
axes that they index in one block; what writes goes through the blocks, and each takes what falls into it. A mask has to
be a NumPy array, of which one sees how many elements it selects, wherever the shape of the result depends on that.
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from itertools import count
from typing import Any

import dask.array as da
import numpy as np
from dask.array.core import unify_chunks

from agrad.errors import UnsupportedError
from agrad_dask.blocks import Array, limited, meta, whole
from agrad_dask.keys import Plan, is_array, is_mask, items_of, plan_of

__all__ = ["getitem", "scatter", "setitem"]


def getitem(x: Array, key: Any) -> Array:
    """Read the elements at `key`."""
    items = items_of(key, x.shape)
    if masks := [k for k in items if is_mask(k)]:
        raise UnsupportedError(
            f"reading a dask array at a dask mask of shape {masks[0].shape} gives an array of unknown shape; pass the "
            "mask as a NumPy array (mask.compute()), use where(mask, x, 0), or index the dask array itself before "
            "agrad gets it, and call x.compute_chunk_sizes() on the result"
        )
    if not any(is_array(k) for k in items):
        return x[tuple(items)]
    plan = plan_of(items, x.shape)
    return plan.outside(_gathered(plan.inside(x), plan))


def setitem(x: Array, key: Any, value: Any) -> Array:
    """Return a new array with the elements at `key` replaced."""
    items = items_of(key, x.shape)
    value = da.asarray(value).astype(x.dtype)
    if any(is_mask(k) for k in items):
        mask, *others = items
        if not value.ndim and is_mask(mask) and all(type(k) is slice and k == slice(None) for k in others):
            return da.where(mask[(..., *(None,) * len(others))], value, x)
        return _in_one_block(_replaced, x.shape, x.dtype, items, x, value)
    plan = plan_of(items, x.shape)
    value = plan.undone(_to_shape(value, plan.shape))
    if plan.axes:
        part = _to_front(plan.inside(x), plan.axes)
        value = _from_front(_written(plan, value, part.chunks, part), plan.axes)
    return _assigned(x, plan.slices, value)


def scatter(values: Array, key: Any, *, shape: tuple[int, ...]) -> Array:
    """Return zeros with `values` added at `key`, repeated positions included."""
    items = items_of(key, shape)
    if any(is_mask(k) for k in items):
        return _in_one_block(_added, shape, values.dtype, items, values)
    plan = plan_of(items, shape)
    values = plan.undone(_to_shape(values, plan.shape))
    if plan.axes:
        rest = values.chunks[plan.depth :]
        sizes = (*(shape[a] for a in plan.axes), *values.shape[plan.depth :])
        chunks = limited(sizes, values.dtype, ("auto",) * len(plan.axes) + rest)
        values = _from_front(_written(plan, values, chunks), plan.axes)
    for axis, item in enumerate(plan.slices):
        values = _padded(values, axis, range(shape[axis])[item], shape[axis])
    return values


# Arrays of integers -----------------------------------------------------------------------------------


def _to_front(x: Array, axes: tuple[int, ...]) -> Array:
    """Put the axes that arrays index first."""
    return da.moveaxis(x, axes, range(len(axes)))


def _from_front(x: Array, axes: tuple[int, ...]) -> Array:
    return da.moveaxis(x, range(len(axes)), axes)


def _within(index: Any, n: int) -> Any:
    """The index counted from the start of an axis of length `n`."""
    if index.size and not (-n <= index.min() and index.max() < n):
        raise IndexError(f"an index is out of bounds for an axis of length {n}: {index.min()} to {index.max()}")
    index = index.astype(np.intp)
    return np.where(index < 0, index + n, index)


def _gathered(x: Array, plan: Plan) -> Array:
    """Read at arrays of integers; their axes come first, and stay in blocks, those of `x` that they index do not.

    At one array along one axis, dask reads itself, but takes no notice of integers that are out of bounds.
    """
    if plan.depth == 1 and len(plan.axes) == 1:
        (index,), (axis,) = plan.arrays, plan.axes
        if isinstance(index, da.Array):
            index = da.map_blocks(_within, index, n=x.shape[axis], dtype=np.intp, meta=meta(1, np.intp))
        return da.moveaxis(x[(slice(None),) * axis + (index,)], axis, 0)
    moved = whole(_to_front(x, plan.axes), range(len(plan.axes)))
    axes = tuple(range(x.ndim))
    symbols = tuple(range(x.ndim, x.ndim + plan.depth))
    pairs: list[Any] = []
    for a in plan.arrays:
        pairs += [_lazy(a), symbols[plan.depth - a.ndim :]]
    _, aligned = unify_chunks(*pairs, warn=False)
    for i, a in enumerate(aligned):
        pairs[2 * i] = a
    out = (*symbols, *axes[len(plan.axes) :])
    return da.blockwise(
        _read, out, moved, axes, *pairs, align_arrays=False, concatenate=True, dtype=x.dtype,
        meta=meta(len(out), x.dtype),
    )  # fmt: skip


def _lazy(index: Any) -> Array:
    """An array of integers as dask's."""
    return da.from_array(index, chunks=-1) if isinstance(index, np.ndarray) else index


def _read(x: Any, *index: Any) -> Any:
    return x[index]


def _written(plan: Plan, values: Array, chunks: Any, *into: Array) -> Array:
    """Write `values` at arrays of integers, which index the first axes: into an array, or add them to zeros.

    Each of the blocks, which are as `chunks` says, gets its own positions, and all of the arrays and values.
    """
    n, axes = len(plan.axes), tuple(range(len(chunks)))
    symbols = tuple(range(len(axes), len(axes) + plan.depth))
    values = values.rechunk((*(-1 for _ in symbols), *chunks[n:]))
    pairs: list[Any] = [values, (*symbols, *axes[n:])]
    for x in into:
        pairs += [x, axes]
    for axis in range(n):
        pairs += [da.arange(sum(chunks[axis]), chunks=(chunks[axis],)), (axis,)]
    for a in plan.arrays:
        pairs += [whole(_lazy(a), range(a.ndim)), symbols[plan.depth - a.ndim :]]
    return da.blockwise(
        _write, axes, *pairs, sizes=tuple(map(sum, chunks[:n])), align_arrays=False, concatenate=True,
        dtype=values.dtype, meta=meta(len(axes), values.dtype),
    )  # fmt: skip


def _write(values: Any, *blocks: Any, sizes: tuple[int, ...]) -> Any:
    n = len(sizes)
    into, positions, arrays = blocks[: -2 * n], blocks[-2 * n : -n], np.broadcast_arrays(*blocks[-n:])
    index = [_within(a, m) - (p[0] if p.size else 0) for a, m, p in zip(arrays, sizes, positions, strict=True)]
    inside = np.logical_and.reduce([(a >= 0) & (a < p.size) for a, p in zip(index, positions, strict=True)])
    index, values = [a[inside] for a in index], values[inside]
    if into:
        out = into[0].copy()
        out[tuple(index)] = values
    else:
        out = np.zeros((*(p.size for p in positions), *values.shape[1:]), values.dtype)
        np.add.at(out, tuple(index), values)
    return out


# Slices -----------------------------------------------------------------------------------------------


def _assigned(x: Array, slices: tuple[slice, ...], value: Array) -> Array:
    """Assign to slices of every axis, as dask does, which fails for some keys of integers and negative steps."""
    if all(s == slice(None) for s in slices):
        return value.rechunk(x.chunks)
    out = x.copy()
    if value.size:
        backwards = tuple(axis for axis, s in enumerate(slices) if (s.step or 1) < 0)
        out[tuple(_forwards(s, n) for s, n in zip(slices, x.shape, strict=True))] = da.flip(value, backwards)
    return out


def _forwards(s: slice, n: int) -> slice:
    """The slice that selects the same elements with a positive step."""
    chosen = range(n)[s] if (s.step or 1) > 0 else range(n)[s][::-1]
    return slice(chosen[0], chosen[-1] + 1, chosen.step)


def _to_shape(value: Array, shape: tuple[int, ...]) -> Array:
    """Broadcast; a value may have more axes than fit, of length one."""
    while value.ndim > len(shape) and value.shape[0] == 1:
        value = value[0]
    return value if value.shape == shape else da.broadcast_to(value, shape)


def _padded(values: Array, axis: int, positions: range, n: int) -> Array:
    """Zeros along an axis of length `n`, with `values` at some positions, which a slice names."""
    if len(positions) == n and positions.step == 1:
        return values
    if positions.step < 0:
        values, positions = da.flip(values, axis), positions[::-1]
    if (step := positions.step) > 1:
        chunks = [tuple(step * c if i == axis else c for c in sizes) for i, sizes in enumerate(values.chunks)]
        like = meta(values.ndim, values.dtype)
        values = values.map_blocks(_spaced, axis=axis, step=step, chunks=chunks, dtype=values.dtype, meta=like)
    start, stop = (positions[0], positions[-1] + 1) if positions else (n, n)
    values = values[(slice(None),) * axis + (slice(stop - start),)]
    parts = [_zeros(values, axis, start), values, _zeros(values, axis, n - stop)]
    return da.concatenate([part for part in parts if part.shape[axis]] or parts[:1], axis=axis)


def _spaced(x: Any, axis: int, step: int) -> Any:
    """Each element followed by step - 1 zeros."""
    out = np.zeros((*x.shape[:axis], step * x.shape[axis], *x.shape[axis + 1 :]), x.dtype)
    out[(slice(None),) * axis + (slice(None, None, step),)] = x
    return out


def _zeros(like: Array, axis: int, n: int) -> Array:
    shape = (*like.shape[:axis], n, *like.shape[axis + 1 :])
    chunks = (*like.chunks[:axis], "auto", *like.chunks[axis + 1 :])
    return da.zeros(shape, dtype=like.dtype, chunks=limited(shape, like.dtype, chunks))


# Masks of dask's ----------------------------------------------------------------------------------------


def _in_one_block(function: Any, shape: tuple[int, ...], dtype: Any, items: list[Any], *arrays: Array) -> Array:
    """Where the places of single elements depend on values, all of them have to be in one block."""
    found = [k for k in items if is_array(k)]
    pattern = tuple("array" if is_array(k) else k for k in items)
    symbols = count(len(shape))
    pairs: list[Any] = []
    for a in (*arrays, *map(_lazy, found)):
        pairs += [whole(a, range(a.ndim)), tuple(next(symbols) for _ in a.shape)]
    sizes = dict(enumerate(shape))
    return da.blockwise(
        function, tuple(sizes), *pairs, pattern=pattern, shape=shape, new_axes=sizes, concatenate=True, dtype=dtype,
        meta=meta(len(shape), dtype),
    )  # fmt: skip


def _filled(pattern: tuple[Any, ...], arrays: tuple[Any, ...]) -> tuple[Any, ...]:
    found = iter(arrays)
    return tuple(next(found) if isinstance(k, str) else k for k in pattern)


def _replaced(x: Any, value: Any, *arrays: Any, pattern: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    out = x.copy()
    out[_filled(pattern, arrays)] = value
    return out


def _added(values: Any, *arrays: Any, pattern: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, values.dtype)
    np.add.at(out, _filled(pattern, arrays), values)
    return out
