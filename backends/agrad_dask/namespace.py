"""The array API standard 2025.12 on dask arrays, lazily.

dask's functions wherever they conform, an adapter where they do not; what dask lacks is computed by NumPy's in one
block along the axes that it needs whole (see `agrad_dask.blocks`). No function computes anything, or looks at a value.
"""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

# mypy: disallow-untyped-calls=False

from __future__ import annotations

import builtins
from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeAlias

import dask.array as da
import numpy as np
from numpy import (
    bool, broadcast_shapes, complex64, complex128, e, float32, float64, inf, int8, int16, int32, int64, nan, newaxis,
    pi, uint8, uint16, uint32, uint64,
)  # fmt: skip
from dask.array import (  # these conform
    abs, add, all, any, arccos as acos, arccosh as acosh, arcsin as asin, arcsinh as asinh, arctan as atan,
    arctan2 as atan2, arctanh as atanh, argmax, argmin, bitwise_and, bitwise_or, bitwise_xor, ceil, conj, copysign, cos,
    cosh, divide, equal, exp, expand_dims, expm1, flip, floor, floor_divide, greater, greater_equal, hypot, imag,
    invert as bitwise_invert, isfinite, isin, isinf, isnan, left_shift as bitwise_left_shift, less, less_equal, log,
    log1p, log2, log10, logaddexp, logical_and, logical_not, logical_or, logical_xor, matmul, maximum, mean, minimum,
    moveaxis, multiply, negative, nextafter, not_equal, positive, power as pow, prod, real, reciprocal, remainder,
    result_type, right_shift as bitwise_right_shift, round, sign, signbit, sin, sinh, sqrt, square, stack, subtract,
    sum, tan, tanh, tensordot, transpose as permute_dims, trunc, where,
)  # fmt: skip

from agrad.errors import UnsupportedError
from agrad_dask.blocks import Array, along, limited, meta, whole
from agrad_dask.indexing import getitem, scatter, setitem
from agrad_dask.random import Generator
from agrad_numpy import namespace as numpy_namespace
from agrad_numpy.namespace import argsort as _argsort, isdtype, sort as _sort

__all__: list[str] = []
__array_api_version__ = "2025.12"

Axes: TypeAlias = int | tuple[int, ...] | None
Flag: TypeAlias = builtins.bool

# Data types -----------------------------------------------------------------------------------------


def astype(x: Array, dtype: Any, /, *, copy: Flag = True, device: Any = None) -> Array:
    """Convert, but from complex to real only through ``real``."""
    _check_device(device)
    if x.dtype.kind == "c" and np.dtype(dtype).kind in "iuf":
        raise TypeError(f"astype got {x.dtype} and {np.dtype(dtype)}; drop the imaginary part with real(x) first")
    return x.copy() if copy and x.dtype == dtype else x.astype(dtype)


def can_cast(from_: Any, to: Any, /) -> Flag:
    """Whether a dtype, or an array's, converts to another without loss."""
    return np.can_cast(_dtype_of(from_), to)


def finfo(type: Any, /) -> Any:
    """Limits of a floating-point dtype or of an array's, as Python floats."""
    return numpy_namespace.finfo(_dtype_of(type))


def iinfo(type: Any, /) -> Any:
    """Limits of an integer dtype or of an array's."""
    return numpy_namespace.iinfo(_dtype_of(type))


def _dtype_of(type: Any) -> Any:
    return type.dtype if isinstance(type, da.Array) else type


class Info(numpy_namespace.Info):
    """What the library can do: NumPy's dtypes, and no shapes that depend on values."""

    def capabilities(self) -> dict[str, Any]:
        """Return what arrays of this library can do."""
        return {"boolean indexing": False, "data-dependent shapes": False, "max dimensions": 64}


__array_namespace_info__ = Info


def _check_device(device: Any) -> None:
    if device is not None and device != "cpu":
        raise ValueError(f'the blocks of dask arrays are on the device "cpu"; got {device!r}')


def to_device(x: Array, device: Any, /, *, origin: Any = None, stream: Any = None) -> Array:
    """The same array; there is one device."""
    _check_device(device)
    if stream is not None:
        raise ValueError("dask has no streams to choose; leave out stream=")
    return x


# Creation: in blocks of dask's own choice, for which its setting array.chunk-size is the limit -----------


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Flag | None = None) -> Array:
    """Make an array; lists that hold dask arrays are stacked."""
    _check_device(device)
    if isinstance(obj, da.Array):
        if dtype is not None and obj.dtype != dtype:
            if copy is False:
                raise ValueError(f"asarray(copy=False) cannot change dtype {obj.dtype} to {np.dtype(dtype)}")
            return astype(obj, dtype)
        return obj.copy() if copy else obj
    if copy is False:
        raise ValueError(f"asarray(copy=False) got a {type(obj).__name__}, which cannot become blocks without a copy")
    if isinstance(obj, list | tuple) and _holds_array(obj):
        return asarray(da.stack([asarray(item) for item in obj]), dtype=dtype)
    data = np.array(obj, dtype)
    return da.from_array(data, limited(data.shape, data.dtype))


def _holds_array(items: Any) -> Flag:
    return builtins.any(
        isinstance(i, da.Array) or (isinstance(i, list | tuple) and _holds_array(i)) for i in items
    )  # fmt: skip


def from_dlpack(x: Any, /, *, device: Any = None, copy: Flag | None = None) -> Array:
    """Import an array of another library in the host's memory."""
    return asarray(x if isinstance(x, da.Array) else np.from_dlpack(x), device=device, copy=copy)


def arange(start: Any, /, stop: Any = None, step: Any = 1, *, dtype: Any = None, device: Any = None) -> Array:
    """Numbers at equal steps."""
    _check_device(device)
    if stop is None:
        start, stop = 0, start
    return da.arange(start, stop, step, dtype=dtype)


def linspace(
    start: Any, stop: Any, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: Flag = True
) -> Array:
    """Numbers between two others, in one block: dask's rounds the last one."""
    _check_device(device)
    dtype = np.linspace(start, stop, 0, dtype=dtype).dtype
    return da.map_blocks(
        _linspace, start, stop, num, endpoint, str(dtype), chunks=((num,),), dtype=dtype, meta=meta(1, dtype)
    )


def _linspace(start: Any, stop: Any, num: int, endpoint: Flag, dtype: str) -> Any:
    return np.linspace(start, stop, num, endpoint=endpoint, dtype=dtype)


def eye(n_rows: int, n_cols: int | None = None, /, *, k: int = 0, dtype: Any = None, device: Any = None) -> Array:
    """Ones on a diagonal; dask's blocks are square, and some are missing from arrays that are not."""
    _check_device(device)
    rows, columns = da.arange(n_rows), da.arange(n_rows if n_cols is None else n_cols)
    return (rows[:, None] + k == columns).astype(float64 if dtype is None else dtype)


def _filled(create: Callable[..., Array]) -> Callable[..., Array]:
    def function(shape: Any, *, dtype: Any = None, device: Any = None) -> Array:
        _check_device(device)
        shape, dtype = (shape,) if isinstance(shape, int) else tuple(shape), float64 if dtype is None else dtype
        return create(shape, dtype=dtype, chunks=limited(shape, dtype))

    return function


empty, ones, zeros = map(_filled, (da.empty, da.ones, da.zeros))


def _filled_like(create: Callable[..., Array]) -> Callable[..., Array]:
    def function(x: Array, /, *, dtype: Any = None, device: Any = None) -> Array:
        _check_device(device)
        return create(x.shape, dtype=x.dtype if dtype is None else dtype, chunks=x.chunks)

    return function


empty_like, ones_like, zeros_like = map(_filled_like, (da.empty, da.ones, da.zeros))


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """Make an array of one value."""
    _check_device(device)
    if isinstance(fill_value, da.Array):
        return broadcast_to(fill_value if dtype is None else astype(fill_value, dtype), shape)
    dtype = np.asarray(fill_value).dtype if dtype is None else dtype
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    return da.full(shape, fill_value, dtype=dtype, chunks=limited(shape, dtype))


def full_like(x: Array, /, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """Make an array of one value, in the blocks of another."""
    return full(x.shape, fill_value, dtype=x.dtype if dtype is None else dtype, device=device).rechunk(x.chunks)


def tril(x: Array, /, *, k: int = 0) -> Array:
    """Keep what is on and below a diagonal."""
    return da.tril(x, k)


def triu(x: Array, /, *, k: int = 0) -> Array:
    """Keep what is on and above a diagonal."""
    return da.triu(x, k)


# Elementwise ----------------------------------------------------------------------------------------


def clip(x: Array, /, min: Any = None, max: Any = None) -> Array:
    """Clamp to bounds; the result has the dtype of `x` whatever that of the bounds."""
    out = x
    if min is not None:
        out = maximum(out, _bound(x, min))
    if max is not None:
        out = minimum(out, _bound(x, max))
    return x.copy() if out is x else out


def _bound(x: Array, bound: Any) -> Any:
    """A bound in the dtype of `x`, or as near to it as that dtype goes."""
    if isinstance(bound, da.Array):
        return bound.astype(x.dtype)
    if x.dtype.kind not in "iu":
        return bound
    limits = np.iinfo(x.dtype)
    return x.dtype.type(builtins.min(builtins.max(bound, limits.min), limits.max))


# Statistical ----------------------------------------------------------------------------------------


def _extreme(reduce: Callable[..., Array], empty: Callable[..., Any]) -> Callable[..., Array]:
    def function(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
        if not x.size:  # NumPy knows without data whether the result is empty or an error; dask, when it computes
            return da.from_array(empty(np.empty(x.shape, x.dtype), axis=axis, keepdims=keepdims))
        return reduce(x, axis=axis, keepdims=keepdims)

    return function


max, min = _extreme(da.max, np.max), _extreme(da.min, np.min)


def var(x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: Flag = False) -> Array:
    """Variance."""
    return da.var(x, axis=axis, ddof=correction, keepdims=keepdims)


def std(x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: Flag = False) -> Array:
    """Standard deviation."""
    return da.std(x, axis=axis, ddof=correction, keepdims=keepdims)


def count_nonzero(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
    """Count over axes."""
    return sum(x != 0, axis=axis, keepdims=keepdims)


def _cumulative(accumulate: Callable[..., Array], start: int) -> Callable[..., Array]:
    def function(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: Flag = False) -> Array:
        if axis is None:
            if x.ndim > 1:
                raise ValueError(f"an array of {x.ndim} dimensions needs axis=; it is optional for one dimension only")
            axis = 0
        out = accumulate(x, axis=axis, dtype=dtype)
        if include_initial:
            chunks = [(1,) if i == axis % x.ndim else sizes for i, sizes in enumerate(x.chunks)]
            shape = tuple(map(builtins.sum, chunks))
            out = concat((da.full(shape, start, dtype=out.dtype, chunks=chunks), out), axis=axis)
        return out

    return function


cumulative_sum, cumulative_prod = _cumulative(da.cumsum, 0), _cumulative(da.cumprod, 1)

# Shapes ---------------------------------------------------------------------------------------------


def broadcast_to(x: Array, /, shape: Any) -> Array:
    """Spread over more or longer axes, in blocks no larger than dask's limit; those that dask would make have none."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if x.shape == shape:
        return x
    old = [sizes if sizes != (1,) else "auto" for sizes in x.chunks]
    chunks = ("auto",) * (len(shape) - len(old)) + tuple(old)
    return da.broadcast_to(x, shape, limited(shape, x.dtype, chunks) if len(chunks) == len(shape) else None)


def concat(arrays: Any, /, *, axis: int | None = 0) -> Array:
    """Join along an axis, or, without one, the flattened arrays."""
    if axis is None:
        arrays, axis = [reshape(x, (-1,)) for x in arrays], 0
    return da.concatenate(list(arrays), axis=axis)


def matrix_transpose(x: Array, /) -> Array:
    """Swap the last two axes."""
    if x.ndim < 2:
        raise ValueError(f"matrix_transpose got an array of {x.ndim} dimensions; it takes two or more")
    return da.swapaxes(x, -1, -2)


def repeat(x: Array, repeats: Any, /, *, axis: int | None = None) -> Array:
    """Repeat elements, all as often: counts in an array would decide the shape, unseen."""
    if not isinstance(repeats, int):
        raise UnsupportedError(
            "repeat with counts in an array gives a dask array of unknown shape; where the counts are known, "
            "use take(x, positions), with each position as often as its element is to come"
        )
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    if x.size and repeats:
        return da.repeat(x, repeats, axis=axis)
    return zeros([n * repeats if i == axis % x.ndim else n for i, n in enumerate(x.shape)], dtype=x.dtype)


def reshape(x: Array, /, shape: Any, *, copy: Flag | None = None) -> Array:
    """Arrange the elements in another shape; where dask cannot in the blocks that there are, in one."""
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if not x.size:
        return zeros(np.empty(x.shape).reshape(shape).shape, dtype=x.dtype)
    try:
        return da.reshape(x, shape)
    except NotImplementedError:
        return da.reshape(x.rechunk(-1), shape)


def roll(x: Array, /, shift: Any, *, axis: Axes = None) -> Array:
    """Move elements along axes, or those of the flattened array; dask wants as many shifts as axes."""
    if axis is None:
        return reshape(da.roll(reshape(x, (-1,)), shift, 0), x.shape)
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    shifts = (shift,) * len(axes) if isinstance(shift, int) else tuple(shift)
    return da.roll(x, shifts, axes) if x.size else x


def tile(x: Array, repetitions: tuple[int, ...], /) -> Array:
    """Repeat the whole array."""
    if x.size and 0 not in repetitions:
        return da.tile(x, repetitions)
    n = builtins.max(x.ndim, len(repetitions))  # of what is empty, dask would divide by zero
    pairs = zip((1,) * (n - x.ndim) + x.shape, (1,) * (n - len(repetitions)) + tuple(repetitions), strict=True)
    return zeros(tuple(a * b for a, b in pairs), dtype=x.dtype)


def squeeze(x: Array, /, axis: int | tuple[int, ...]) -> Array:
    """Drop axes of length one."""
    return da.squeeze(x, axis)


def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Split along an axis."""
    if not x.ndim:
        raise ValueError("unstack got an array of 0 dimensions; there is no axis to split along")
    first = da.moveaxis(x, axis, 0)
    return tuple(first[i] for i in range(first.shape[0]))


# Searching and sorting ------------------------------------------------------------------------------


def sort(x: Array, /, *, axis: int = -1, descending: Flag = False, stable: Flag = True) -> Array:
    """Sort along an axis."""
    return along(_sort, x, axis, descending=descending, stable=stable)


def argsort(x: Array, /, *, axis: int = -1, descending: Flag = False, stable: Flag = True) -> Array:
    """Indices that sort along an axis."""
    return along(_argsort, x, axis, dtype=np.intp, descending=descending, stable=stable)


def searchsorted(x1: Array, x2: Any, /, *, side: Any = "left", sorter: Array | None = None) -> Array:
    """Where elements belong in a sorted array."""
    x2 = asarray(x2)
    if sorter is not None:
        x1 = take(x1, sorter)
    return reshape(da.searchsorted(x1, reshape(x2, (-1,)), side=side), x2.shape)


def take(x: Array, indices: Any, /, *, axis: int | None = None) -> Array:
    """Pick elements along an axis."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"take from an array of {x.ndim} dimensions needs axis=; it is optional for one only")
    return getitem(x, (slice(None),) * ((axis or 0) % x.ndim) + (indices,))


def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """Pick elements along an axis, position by position; that axis is in one block, the others as they are."""
    axes = tuple(range(x.ndim))
    axis = axes[axis]
    picked = (*axes[:axis], x.ndim, *axes[axis + 1 :])
    return da.blockwise(
        _take_along_axis, picked, whole(x, [axis]), axes, whole(indices, [axis]), picked, axis=axis,
        concatenate=True, dtype=x.dtype, meta=meta(x.ndim, x.dtype),
    )  # fmt: skip


def _take_along_axis(x: Any, indices: Any, axis: int) -> Any:
    return np.take_along_axis(x, indices, axis)


# Products -------------------------------------------------------------------------------------------


def vecdot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Scalar products along an axis, the first factor conjugated."""
    return sum(conj(x1) * x2, axis=axis, dtype=result_type(x1, x2))


def __getattr__(name: str) -> Any:
    if name not in ("fft", "linalg"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    extension = globals()[name] = import_module(f"agrad_dask.{name}")
    return extension
