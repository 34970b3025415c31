"""The array API standard 2025.12 on CuPy arrays.

CuPy's functions (version 14 and later) wherever they conform, an adapter where they do not. Nothing is copied to the
host but what a function of the standard needs there, because the shape of its result depends on values: `nonzero`, the
``unique`` functions, `repeat` by an array, and reading or writing at a boolean mask copy one number or two.
"""

# ruff: noqa: F401, F811, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

import builtins
from collections.abc import Iterable
from functools import lru_cache
from operator import getitem  # which agrad asks of a backend
from types import SimpleNamespace
from typing import Any, TypeAlias

import cupy
import cupyx
import numpy as np
from cupy import (  # these conform
    abs, acos, acosh, add, all, any, argmax, argmin, asin, asinh, atan, atan2, atanh, bitwise_and, bitwise_invert,
    bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor, bool, broadcast_arrays, broadcast_shapes,
    broadcast_to, can_cast, ceil, complex64, complex128, concat, conj, copysign, cos, cosh, cumulative_prod,
    cumulative_sum, diff, divide, e, equal, exp, expand_dims, expm1, flip, float32, float64, floor, floor_divide,
    greater, greater_equal, hypot, imag, inf, int8, int16, int32, int64, isfinite, isinf, isnan, less, less_equal, log,
    log1p, log2, log10, logaddexp, logical_and, logical_not, logical_or, logical_xor, matmul, matrix_transpose, max,
    maximum, mean, min, minimum, moveaxis, multiply, nan, negative, newaxis, nextafter, nonzero, not_equal,
    permute_dims, pi, positive, pow, prod, real, reciprocal, remainder, repeat, result_type, roll, round, searchsorted,
    sign, signbit, sin, sinh, sqrt, square, squeeze, stack, subtract, sum, tan, tanh, tile, tril, triu, trunc, uint8,
    uint16, uint32, uint64, unique_all, unique_counts, unique_inverse, unique_values, where,
)  # fmt: skip

from agrad_cupy import fft, linalg
from agrad_cupy.linalg import tensordot, vecdot
from agrad_cupy.place import moved, on, placed
from agrad_cupy.random import Generator

__array_api_version__ = "2025.12"

Array: TypeAlias = Any
Axes: TypeAlias = int | tuple[int, ...] | None
Flag: TypeAlias = builtins.bool

# Data types -----------------------------------------------------------------------------------------

DTYPES = (
    bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, complex64, complex128,
)  # fmt: skip


def astype(x: Array, dtype: Any, /, *, copy: Flag = True, device: Any = None) -> Array:
    """Convert, but from complex to real only through ``real``."""
    if isdtype(x.dtype, "complex floating") and not isdtype(np.dtype(dtype), ("bool", "complex floating")):
        raise TypeError(f"astype got {x.dtype} and {np.dtype(dtype)}; drop the imaginary part with real(x) first")
    if device is None:
        return x.astype(dtype, copy=copy)
    with on(device):
        out = moved(x, device)
        return out.astype(dtype, copy=copy and out is x)


def finfo(type: Any, /) -> SimpleNamespace:
    """Limits of a floating-point dtype or of an array's, as Python floats: NumPy's scalars could change a dtype."""
    limits = np.finfo(_dtype_of(type))
    names = ("eps", "max", "min", "smallest_normal", "tiny")
    return SimpleNamespace(bits=limits.bits, dtype=limits.dtype, **{n: float(getattr(limits, n)) for n in names})


def iinfo(type: Any, /) -> Any:
    """Limits of an integer dtype or of an array's."""
    return np.iinfo(_dtype_of(type))


@lru_cache(maxsize=1024)  # rules ask all the time
def isdtype(dtype: Any, kind: Any) -> Flag:
    """Whether a dtype is of a kind."""
    return np.isdtype(dtype, kind)


class Info:
    """What the library can do."""

    def capabilities(self) -> dict[str, Any]:
        """Return what arrays of this library can do."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Any:
        """Return the device of new arrays, which is the current one."""
        return cupy.cuda.Device()

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Return the dtypes of new arrays by kind."""
        return {
            "real floating": np.dtype(float64),
            "complex floating": np.dtype(complex128),
            "integral": np.dtype(int64),
            "indexing": np.dtype(int64),
        }

    def devices(self) -> list[Any]:
        """Return the CUDA devices."""
        return [cupy.cuda.Device(i) for i in range(cupy.cuda.runtime.getDeviceCount())]

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """Return the dtypes, of one kind or all, by name."""
        return {t.__name__: np.dtype(t) for t in DTYPES if kind is None or isdtype(np.dtype(t), kind)}


__array_namespace_info__ = Info


def _dtype_of(type: Any) -> Any:
    return type.dtype if isinstance(type, cupy.ndarray) else type


# Creation -------------------------------------------------------------------------------------------

arange, empty, empty_like, eye, full, full_like, ones, ones_like, zeros, zeros_like = map(
    placed,
    (
        cupy.arange, cupy.empty, cupy.empty_like, cupy.eye, cupy.full, cupy.full_like, cupy.ones, cupy.ones_like,
        cupy.zeros, cupy.zeros_like,
    ),
)  # fmt: skip


HOST = (np.ndarray, np.generic, builtins.bool, int, float, complex, list, tuple)


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Flag | None = None) -> Array:
    """Make an array on a device; one that is an array stays on its own, if none is named."""
    if isinstance(obj, cupy.ndarray):
        out = moved(obj, device)
        if copy is False and (out is not obj or (dtype is not None and obj.dtype != dtype)):
            raise ValueError(f"asarray(copy=False) got {obj.dtype} on {obj.device}, which must be copied to convert it")
        with out.device:
            return out.astype(out.dtype if dtype is None else dtype, copy=copy is True and out is obj)
    if copy is False and isinstance(obj, HOST):
        raise ValueError(f"asarray(copy=False) got a {type(obj).__name__}, which must be copied to the device")
    with on(device):
        if type(obj) in (builtins.bool, int, float, complex):
            return cupy.full((), obj, dtype)  # nothing to wait for
        return cupy.array(obj, dtype, copy=copy, blocking=True)  # or the host's memory could change too early


def from_dlpack(x: Any, /, *, device: Any = None, copy: Flag | None = None) -> Array:
    """Import an array of another library; CuPy knows no ``device=`` of the standard's."""
    return moved(cupy.from_dlpack(x, copy=copy), device)


def linspace(
    start: complex, stop: complex, /, num: int, *, dtype: Any = None, device: Any = None, endpoint: Flag = True
) -> Array:
    """Evenly spaced numbers; CuPy's are real."""
    with on(device):
        if not isinstance(start, complex) and not isinstance(stop, complex):
            return cupy.linspace(start, stop, num, endpoint, dtype=dtype)
        parts = (cupy.linspace(a, b, num, endpoint) for a, b in ((start.real, stop.real), (start.imag, stop.imag)))
        return _complex(*parts).astype(complex128 if dtype is None else dtype, copy=False)


def meshgrid(*arrays: Array, indexing: Any = "xy") -> tuple[Array, ...]:
    """Coordinates of a grid; CuPy returns a list."""
    return tuple(cupy.meshgrid(*arrays, indexing=indexing))


def _complex(real: Array, imaginary: Array) -> Array:
    out = cupy.empty(real.shape, cupy.result_type(real.dtype, complex64))
    out.real, out.imag = real, imaginary
    return out


# Functions of other signatures or dtypes ----------------------------------------------------------------


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
    if isinstance(bound, cupy.ndarray):
        return bound.astype(x.dtype, copy=False)
    if x.dtype.kind not in "iu":
        return bound
    limits = np.iinfo(x.dtype)
    return x.dtype.type(builtins.min(builtins.max(bound, limits.min), limits.max))


def count_nonzero(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
    """Count over axes; CuPy cannot keep them."""
    return sum(x != 0, axis=axis, keepdims=keepdims)


def std(x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: Flag = False) -> Array:
    """Standard deviation; CuPy calls the correction otherwise."""
    return cupy.std(x, axis=axis, ddof=correction, keepdims=keepdims)


def var(x: Array, /, *, axis: Axes = None, correction: float = 0.0, keepdims: Flag = False) -> Array:
    """Variance; CuPy calls the correction otherwise."""
    return cupy.var(x, axis=axis, ddof=correction, keepdims=keepdims)


def isin(x1: Any, x2: Any, /, *, invert: Flag = False) -> Array:
    """Whether elements are among others; CuPy takes no Python scalars."""
    x1, x2 = (asarray(x) for x in (x1, x2))
    return cupy.isin(x1, x2, invert=invert)


def reshape(x: Array, /, shape: tuple[int, ...], *, copy: Flag | None = None) -> Array:
    """Arrange the elements in another shape; CuPy calls it otherwise."""
    return cupy.reshape(x, shape, copy=copy)


def unstack(x: Array, /, *, axis: int = 0) -> tuple[Array, ...]:
    """Split along an axis; CuPy lacks it."""
    if not x.ndim:
        raise ValueError("unstack got an array of 0 dimensions; there is no axis to split along")
    x = moveaxis(x, axis, 0)
    return tuple(x[i] for i in range(x.shape[0]))


def take(x: Array, indices: Array, /, *, axis: int | None = None) -> Array:
    """Pick elements along an axis; CuPy would flatten without one."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"take from an array of {x.ndim} dimensions needs axis=; it is optional for one only")
    return x.take(indices, axis)


def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """Pick elements along an axis, position by position; CuPy has no default axis."""
    return cupy.take_along_axis(x, indices, axis)


def sort(x: Array, /, *, axis: int = -1, descending: Flag = False, stable: Flag = True) -> Array:
    """Sort along an axis; equal elements (the two zeros) keep their order either way."""
    return flip(cupy.sort(flip(x, axis=axis), axis), axis=axis) if descending else cupy.sort(x, axis)


def argsort(x: Array, /, *, axis: int = -1, descending: Flag = False, stable: Flag = True) -> Array:
    """Indices that sort along an axis; equal elements keep their order either way."""
    if descending:
        return x.shape[axis] - 1 - flip(cupy.argsort(flip(x, axis=axis), axis), axis=axis)
    return cupy.argsort(x, axis)


# What the standard leaves out and gradients need --------------------------------------------------------


def setitem(x: Array, key: Any, value: Any) -> Array:
    """Return a new array with the elements at `key` replaced; of several values at one position, the last stays."""
    value = asarray(value, dtype=x.dtype)
    mask, axis = _mask_of(key, x.shape)
    if mask is not None and not value.ndim:
        return where(_over(mask, axis, x.ndim), value, x)  # no positions are looked up
    if value.ndim and _may_repeat(key):
        return _last(x, key, value)
    out = x.copy()
    out[key] = value
    return out


def _may_repeat(key: Any) -> Flag:
    """Whether an index can name a position twice: only arrays of integers can."""
    items = key if isinstance(key, tuple) else (key,)
    return builtins.any(isinstance(k, list) or (getattr(k, "ndim", 0) > 0 and k.dtype != bool) for k in items)


def _last(x: Array, key: Any, value: Array) -> Array:
    """Assign, where CuPy alone would leave open which of several values at one position stays."""
    positions = cupy.arange(x.size).reshape(x.shape)[key]
    while value.ndim > positions.ndim and value.shape[0] == 1:
        value = value[0]
    value = broadcast_to(value, positions.shape).ravel()
    if not value.size:
        return x.copy()
    last = cupy.zeros(x.size, uint64)  # the number of the value that stays, from 1; CuPy has no maximum of int64
    cupyx.scatter_max(last, positions.ravel(), cupy.arange(1, value.size + 1, dtype=uint64))
    last = last.astype(int64).reshape(x.shape)
    return where(last > 0, value.take(last - 1), x)


def scatter(values: Array, key: Any, *, shape: tuple[int, ...]) -> Array:
    """Return zeros with `values` added at `key`, repeated positions included."""
    mask, axis = _mask_of(key, shape)
    if mask is not None:
        return _spread(values, mask, axis, shape)
    if values.dtype.kind in "biu":  # the sums of all integers are those of 64 bits, whatever the sign
        return _added(values.astype(int64).view(uint64), key, shape).astype(values.dtype)
    if values.dtype.kind == "c":  # what CuPy adds by atomic operations are real numbers
        return _complex(_added(values.real, key, shape), _added(values.imag, key, shape))
    return _added(values, key, shape)


def _added(values: Array, key: Any, shape: tuple[int, ...]) -> Array:
    out = cupy.zeros(shape, values.dtype)
    cupyx.scatter_add(out, key, values)
    return out


def _mask_of(key: Any, shape: tuple[int, ...]) -> tuple[Array | None, int]:
    """The mask in a key that has nothing else but full slices, and the axis that it begins at."""
    items = key if isinstance(key, tuple) else (key,)
    for axis, k in enumerate(items):
        if isinstance(k, cupy.ndarray):
            rest = (rest for rest in items[axis + 1 :] if rest is not Ellipsis)
            if k.dtype == bool and k.ndim > 0 and k.shape == shape[axis : axis + k.ndim] and _full(rest):
                return k, axis
            break
        if not _full((k,)):
            break
    return None, 0


def _full(items: Iterable[Any]) -> Flag:
    """Whether all items of a key are full slices."""
    return builtins.all(isinstance(k, slice) and k == slice(None) for k in items)


def _over(mask: Array, axis: int, ndim: int) -> Array:
    """The mask with axes to the right, for an array of `ndim` dimensions."""
    return mask.reshape(mask.shape + (1,) * (ndim - axis - mask.ndim))


def _spread(values: Array, mask: Array, axis: int, shape: tuple[int, ...]) -> Array:
    """The values, one for each true element of the mask, in their places: picked, so that none need be counted."""
    if not values.size:
        return cupy.zeros(shape, values.dtype)
    missing = len(shape) - mask.ndim + 1 - values.ndim
    values = values.reshape((1,) * missing + values.shape)
    positions = cupy.cumsum(mask.ravel()).reshape(mask.shape) - 1
    picked = values.take(positions, axis)
    return broadcast_to(where(_over(mask, axis, len(shape)), picked, picked.dtype.type(0)), shape)


def to_device(x: Array, device: Any, /, *, origin: Any = None, stream: Any = None) -> Array:
    """The same values on another device, copied in the order of a stream."""
    if stream is None:
        return moved(x, device)
    with stream:
        return moved(x, device)
