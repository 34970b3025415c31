"""Manipulation functions: shape, order and repetition of elements."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from agrad.declare import Over, composite, constant, general, linear
from agrad.ops import _batch
from agrad.ops._shapes import along, place_of

OPS = (
    composite("broadcast_arrays(*arrays)", lambda xp, arrays: _broadcast_arrays(xp, arrays)),
    constant("broadcast_shapes(*shapes)", "shapes are integers", data=()),
    # the engine sums over the broadcast axes; several elements of the result share a place, and none can be written
    linear("broadcast_to(x, /, shape)", lambda ct: ct, write=lambda x: x, batch=_batch.broadcast_to),
    linear(
        "concat(arrays, /, *, axis=0)",
        lambda xp, ct, arrays, axis: _split(xp, ct, arrays, axis),
        axes=Over("axis", "flat"),
    ),
    linear(
        "expand_dims(x, /, axis)",
        lambda xp, ct, x: xp.reshape(ct, x.shape),
        axes=Over("axis", new=True),
        write=lambda xp, x, value: xp.reshape(value, x.shape),
    ),
    linear(
        "flip(x, /, *, axis=None)",
        lambda xp, ct, axis: xp.flip(ct, axis=axis),
        write=lambda xp, value, axis: xp.flip(value, axis=axis),
        axes=Over("axis", "all"),
    ),
    linear(
        "moveaxis(x, source, destination, /)",
        lambda xp, ct, source, destination: xp.moveaxis(ct, destination, source),
        write=lambda xp, value, source, destination: xp.moveaxis(value, destination, source),
        batch=_batch.moveaxis,
    ),
    linear(
        "permute_dims(x, /, axes)",
        lambda xp, ct, axes: xp.permute_dims(ct, _inverse(axes)),
        write=lambda xp, value, axes: xp.permute_dims(value, _inverse(axes)),
        batch=_batch.permute_dims,
    ),
    linear(
        "repeat(x, repeats, /, *, axis=None)",
        lambda xp, ct, x, repeats, axis: _sum_of_repeats(xp, ct, x, repeats, axis),
        None,
        batch=_batch.repeat,
    ),
    linear(
        "reshape(x, /, shape, *, copy=None)",
        lambda xp, ct, x: xp.reshape(ct, x.shape),
        batch=_batch.reshape,
        write=lambda xp, x, value: xp.reshape(value, x.shape),
    ),
    linear(
        "roll(x, /, shift, *, axis=None)",
        lambda xp, ct, shift, axis: xp.roll(ct, _negative(shift), axis=axis),
        batch=_batch.roll,
    ),
    linear(
        "squeeze(x, /, axis)",
        lambda xp, ct, x: xp.reshape(ct, x.shape),
        axes=Over("axis"),
        write=lambda xp, x, value: xp.reshape(value, x.shape),
    ),
    linear(
        "stack(arrays, /, *, axis=0)",
        lambda xp, ct, axis: list(xp.unstack(ct, axis=axis)),
        axes=Over("axis", new=True),
    ),
    linear(
        "tile(x, repetitions, /)",
        lambda xp, ct, x, repetitions: _sum_of_tiles(xp, ct, x, repetitions),
        batch=_batch.tile,
    ),
    general(
        "unstack(x, /, *, axis=0)",
        vjp=lambda xp, ct, axis: xp.stack(ct, axis=axis),
        jvp=lambda xp, t, axis: xp.unstack(t, axis=axis),
        outputs=0,
        write=lambda xp, x, value, axis, index: xp.setitem(x, along(x.ndim, axis, index), value),
        axes=Over("axis"),
    ),
)


def _broadcast_arrays(xp: Any, arrays: Sequence[Any]) -> tuple[Any, ...]:
    shape = xp.broadcast_shapes(*(a.shape for a in arrays))
    return tuple(xp.broadcast_to(a, shape) for a in arrays)


def _split(xp: Any, ct: Any, arrays: Sequence[Any], axis: int | None) -> list[Any]:
    """The pieces of `ct` that `arrays` were concatenated to; without an axis they were flattened."""
    sizes = [a.size if axis is None else a.shape[axis] for a in arrays]
    return [
        xp.reshape(xp.getitem(ct, along(ct.ndim, axis or 0, slice(stop - size, stop))), a.shape)
        for a, size, stop in zip(arrays, sizes, accumulate(sizes), strict=True)
    ]


def _inverse(axes: Sequence[int]) -> tuple[int, ...]:
    """The permutation that undoes a permutation."""
    n = len(axes)
    return tuple(sorted(range(n), key=lambda i: axes[i] % n))


def _negative(shift: int | Sequence[int]) -> int | tuple[int, ...]:
    return -shift if isinstance(shift, int) else tuple(-s for s in shift)


def _sum_of_repeats(xp: Any, ct: Any, x: Any, repeats: Any, axis: int | None) -> Any:
    shape, axis = ((x.size,), 0) if axis is None else (x.shape, axis % x.ndim)
    before, n, after = shape[:axis], shape[axis], shape[axis + 1 :]
    if isinstance(repeats, int):
        g = xp.sum(xp.reshape(ct, (*before, n, repeats, *after)), axis=axis + 1)
    else:
        positions = xp.arange(ct.shape[axis], device=place_of(ct))
        counts = xp.asarray(repeats, device=place_of(ct)) if isinstance(repeats, list | tuple) else repeats
        stops = xp.cumulative_sum(xp.broadcast_to(counts, (n,)), dtype=positions.dtype)
        sources = xp.searchsorted(stops, positions, side="right")
        g = xp.scatter(ct, along(len(shape), axis, sources), shape=shape)
    return xp.reshape(g, x.shape)


def _sum_of_tiles(xp: Any, ct: Any, x: Any, repetitions: Sequence[int]) -> Any:
    sizes = (1,) * (ct.ndim - x.ndim) + x.shape
    counts = (1,) * (ct.ndim - len(repetitions)) + tuple(repetitions)
    tiles = xp.reshape(ct, tuple(n for pair in zip(counts, sizes, strict=True) for n in pair))
    return xp.reshape(xp.sum(tiles, axis=tuple(range(0, 2 * ct.ndim, 2))), x.shape)
