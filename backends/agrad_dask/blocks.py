"""NumPy's functions on the blocks of dask arrays: lazily, with one block along the axes that a function needs whole.

Nothing here looks at a value. Axes that a function does not need whole stay in the blocks that they are in.
"""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import count
from typing import Any, TypeAlias

import dask.array as da
import numpy as np
from dask.array.core import normalize_chunks

__all__ = ["Array", "along", "limited", "meta", "on_stacks", "whole"]

Array: TypeAlias = Any
Core: TypeAlias = tuple[tuple[int, ...], Any]
"""Shape and dtype of one of the results that a function has for one element of a stack."""


def whole(x: Array, axes: Iterable[int]) -> Array:
    """The same array with one block along some axes."""
    several = {a: -1 for a in axes if x.numblocks[a] > 1}
    return x.rechunk(several) if several else x


def along(
    function: Callable[..., Any], x: Array, axis: int, *, dtype: Any = None, size: int | None = None, **options: Any
) -> Array:
    """A function of one axis, which has `size` elements afterwards."""
    if not -x.ndim <= axis < x.ndim:
        raise IndexError(f"an array of {x.ndim} dimensions has no axis {axis}")
    axis %= x.ndim
    x = whole(x, [axis])
    chunks = x.chunks if size is None else (*x.chunks[:axis], (size,), *x.chunks[axis + 1 :])
    dtype = x.dtype if dtype is None else np.dtype(dtype)
    return x.map_blocks(function, axis=axis, **options, dtype=dtype, chunks=chunks, meta=meta(x.ndim, dtype))


def on_stacks(
    function: Callable[..., Any], arrays: Sequence[Array], cores: Sequence[int], *results: Core, **options: Any
) -> Any:
    """A function of stacks, as those of ``numpy.linalg`` are: it takes the last `cores` axes of its arguments whole.

    The axes before them broadcast and stay in blocks. Returns one array, or a tuple where there are several `results`.
    """
    depth = max(x.ndim - n for x, n in zip(arrays, cores, strict=True))
    stack, fresh = tuple(range(depth)), count(depth)
    pairs: list[Any] = []
    for x, n in zip(arrays, cores, strict=True):
        x = whole(x, range(x.ndim - n, x.ndim))
        pairs += [x, (*stack[depth - (x.ndim - n) :], *(next(fresh) for _ in range(n)))]

    def blockwise(f: Callable[..., Any], core: Core, *pairs: Any, **options: Any) -> Array:
        shape, dtype = core
        sizes = {next(fresh): n for n in shape}
        return da.blockwise(
            f, (*stack, *sizes), *pairs, **options, new_axes=sizes, concatenate=True, dtype=dtype,
            meta=meta(depth + len(shape), dtype),
        )  # fmt: skip

    if len(results) == 1:
        return blockwise(function, results[0], *pairs, **options)
    together = blockwise(_boxed, ((), object), *pairs, function=function, **options)
    return tuple(blockwise(_unboxed, core, together, stack, i=i) for i, core in enumerate(results))


def _boxed(*blocks: Any, function: Callable[..., Any], **options: Any) -> tuple[Any, ...]:
    """Several results of one call, in the place of one block."""
    return tuple(function(*blocks, **options))


def _unboxed(results: tuple[Any, ...], i: int) -> Any:
    return results[i]


def limited(shape: tuple[int, ...], dtype: Any, chunks: tuple[Any, ...] | None = None) -> Any:
    """Blocks no larger than dask's limit, the setting array.chunk-size, along axes for which `chunks` says "auto"."""
    chunks = ("auto",) * len(shape) if chunks is None else chunks
    if 0 in shape:  # dask would divide by zero
        chunks = tuple(n if sizes == "auto" else sizes for n, sizes in zip(shape, chunks, strict=True))
    return normalize_chunks(chunks, shape, dtype=dtype)


def meta(ndim: int, dtype: Any) -> Any:
    """An empty array that tells dask what blocks are like, or it would call functions to find out."""
    return np.empty((0,) * ndim, dtype)
