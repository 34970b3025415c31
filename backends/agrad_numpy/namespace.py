"""The array API standard 2025.12 on NumPy's own arrays.

NumPy's functions wherever they conform, an adapter where they do not or where a
leaner one is worth having. NumPy's scalars are 0-d arrays here: they are what reductions return.
"""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

import builtins
from collections.abc import Callable
from importlib import import_module
from math import prod as product
from operator import getitem  # which agrad asks of a backend
from types import SimpleNamespace
from typing import Any, TypeAlias

import numpy as np

from agrad.errors import BackendError, DtypeError
from numpy import (  # these conform
    abs, acos, acosh, add, arange, argmax, argmin, asin, asinh, atan, atan2, atanh, bitwise_and,
    bitwise_invert, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor, bool, broadcast_arrays,
    broadcast_shapes, can_cast, ceil, complex64, complex128, concat, conj, copysign, cos, cosh, divide, e, empty,
    empty_like, equal, exp, expm1, eye, flip, float32, float64, floor, floor_divide, full, full_like, greater,
    greater_equal, hypot, imag, inf, int8, int16, int32, int64, isfinite, isin, isinf, isnan, less, less_equal,
    linspace, log, log1p, log2, log10, logaddexp, logical_and, logical_not, logical_or, logical_xor, matmul, maximum,
    meshgrid, minimum, moveaxis, multiply, nan, negative, newaxis, nextafter, nonzero, not_equal, ones, ones_like, pi,
    positive, pow, real, reciprocal, remainder, repeat, result_type, roll, round, searchsorted, sign, signbit, sin,
    sinh, sqrt, square, stack, std, subtract, tan, tanh, tensordot, tile, tril, triu, trunc, uint8, uint16, uint32,
    uint64, unique_all, unique_counts, unique_inverse, unstack, var, vecdot, zeros,
)  # fmt: skip

__array_api_version__ = "2025.12"

Array: TypeAlias = Any
Axes: TypeAlias = int | tuple[int, ...] | None
Flag: TypeAlias = builtins.bool

# Data types -----------------------------------------------------------------------------------------

DTYPES = (
    bool, int8, int16, int32, int64, uint8, uint16, uint32, uint64, float32, float64, complex64, complex128,
)  # fmt: skip

KINDS = {
    "bool": "b",
    "signed integer": "i",
    "unsigned integer": "u",
    "integral": "iu",
    "real floating": "f",
    "complex floating": "c",
    "numeric": "iufc",
}
"""The standard's kinds of dtype in NumPy's letters."""

REFUSED = {"O": "Python objects", "V": "records", "m": "durations"}
"""Of dtypes that the standard does not have, those with which one can compute: their results would be constants."""


def astype(x: Array, dtype: Any, /, *, copy: Flag = True, device: Any = None) -> Array:
    """Convert, but from complex to real only through ``real``."""
    _check_device(device)
    if not copy and x.dtype == dtype:
        return x
    if x.dtype.kind == "c" and np.dtype(dtype).kind in "iuf":
        raise TypeError(f"astype got {x.dtype} and {np.dtype(dtype)}; drop the imaginary part with real(x) first")
    return x.astype(dtype)


def finfo(type: Any, /) -> SimpleNamespace:
    """Limits of a floating-point dtype or of an array's, as Python floats: NumPy's scalars could change a dtype."""
    limits = np.finfo(_dtype_of(type))
    names = ("eps", "max", "min", "smallest_normal", "tiny")
    return SimpleNamespace(bits=limits.bits, dtype=limits.dtype, **{n: float(getattr(limits, n)) for n in names})


def iinfo(type: Any, /) -> Any:
    """Limits of an integer dtype or of an array's."""
    return np.iinfo(_dtype_of(type))


def isdtype(dtype: Any, kind: Any) -> Flag:
    """Whether a dtype is of a kind; a look at a letter, because rules ask all the time."""
    if isinstance(kind, tuple):
        return builtins.any(isdtype(dtype, k) for k in kind)
    if not isinstance(kind, str):
        return builtins.bool(np.dtype(dtype) == kind)
    if kind not in KINDS:
        raise ValueError(f"isdtype got the kind {kind!r}; the standard has {', '.join(map(repr, KINDS))}")
    letter = np.dtype(dtype).kind
    if letter in REFUSED:
        raise DtypeError(
            f"an array of NumPy's dtype {np.dtype(dtype)} ({REFUSED[letter]}) can hold numbers whose derivatives would "
            "be lost; convert it first, for example with x.astype(numpy.float64)"
        )
    return letter in KINDS[kind]


class Info:
    """What the library can do; NumPy has its own since 2.1, and says less."""

    def capabilities(self) -> dict[str, Any]:
        """Return what arrays of this library can do."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> str:
        """Return the device of new arrays."""
        return "cpu"

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Return the dtypes of new arrays by kind."""
        _check_device(device)
        return {
            "real floating": np.dtype(float64),
            "complex floating": np.dtype(complex128),
            "integral": np.dtype(np.int_),
            "indexing": np.dtype(np.intp),
        }

    def devices(self) -> tuple[str, ...]:
        """Return the devices."""
        return ("cpu",)

    def dtypes(self, *, device: Any = None, kind: str | tuple[str, ...] | None = None) -> dict[str, Any]:
        """Return the dtypes, of one kind or all, by name."""
        _check_device(device)
        return {t.__name__: np.dtype(t) for t in DTYPES if kind is None or isdtype(t, kind)}


__array_namespace_info__ = Info


def _dtype_of(type: Any) -> Any:
    return type.dtype if isinstance(type, np.ndarray | np.generic) else type


def _check_device(device: Any) -> None:
    if device is not None and device != "cpu":
        raise ValueError(f'NumPy arrays live on the device "cpu" only; got {device!r}')


# Creation -------------------------------------------------------------------------------------------


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Flag | None = None) -> Array:
    """Make an array; a mask would be dropped in silence."""
    if builtins.type(obj) not in UNMASKED:
        _refuse_masks(obj)
    if device is None and copy is None:  # options take time
        return np.asarray(obj, dtype)
    return np.asarray(obj, dtype, device=device, copy=copy)


MASKED = np.ma.MaskedArray
UNMASKED = {np.ndarray, builtins.bool, int, float, complex, *DTYPES}


def _refuse_masks(obj: Any) -> None:
    if isinstance(obj, MASKED):
        raise BackendError(
            f"asarray got a {builtins.type(obj).__name__}, whose mask would be lost; pass x.filled(value), or x.data "
            "and the mask as arrays of their own"
        )
    if isinstance(obj, list | tuple):
        for kind in set(map(builtins.type, obj)):
            if issubclass(kind, (MASKED, list, tuple)):
                for item in obj:
                    _refuse_masks(item)


def from_dlpack(x: Any, /, *, device: Any = None, copy: Flag | None = None) -> Array:
    """Import an array of another library."""
    _check_device(device)
    _refuse_masks(x)
    return np.from_dlpack(x, copy=copy)


def zeros_like(x: Array, /, *, dtype: Any = None, device: Any = None) -> Array:
    """Zeros of the same shape; three times as fast as NumPy's, which is left to lay them out where that matters."""
    if x.ndim > 1 and not x.flags.c_contiguous:
        return np.zeros_like(x, dtype, device=device)
    return zeros(x.shape, x.dtype if dtype is None else dtype, device=device)


# Elementwise ----------------------------------------------------------------------------------------


def clip(x: Array, /, min: Any = None, max: Any = None) -> Array:
    """Clamp to bounds; the result has the dtype of `x` whatever that of the bounds."""
    if isinstance(x, np.floating) and type(min) in (float, int) and type(max) in (float, int) and min <= max:
        return type(x)(min) if x < min else type(x)(max) if x > max else x  # as Python does, for numbers
    out = x
    if min is not None:
        out = maximum(out, _bound(x, min))
    if max is not None:
        out = minimum(out, _bound(x, max))
    return x.copy() if out is x else out


def _bound(x: Array, bound: Any) -> Any:
    """A bound in the dtype of `x`, or as near to it as that dtype goes."""
    if isinstance(bound, np.ndarray | np.generic):
        return bound if bound.dtype == x.dtype else bound.astype(x.dtype)
    if x.dtype.kind not in "iu":
        return bound
    limits = np.iinfo(x.dtype)
    return x.dtype.type(builtins.min(builtins.max(bound, limits.min), limits.max))


# Reductions: the ufuncs' own methods, for NumPy's functions spend twice their time on arguments --------

_add: Callable[..., Array] = add.reduce
_multiply: Callable[..., Array] = multiply.reduce
_maximum: Callable[..., Array] = maximum.reduce
_minimum: Callable[..., Array] = minimum.reduce
_all: Callable[..., Array] = logical_and.reduce
_any: Callable[..., Array] = logical_or.reduce


def sum(x: Array, /, *, axis: Axes = None, dtype: Any = None, keepdims: Flag = False) -> Array:
    """Add up the elements over axes."""
    return _add(x, axis, dtype, None, keepdims)


def prod(x: Array, /, *, axis: Axes = None, dtype: Any = None, keepdims: Flag = False) -> Array:
    """Multiply the elements over axes."""
    return _multiply(x, axis, dtype, None, keepdims)


def max(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
    """Take the greatest element over axes."""
    return _maximum(x, axis, None, None, keepdims)


def min(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
    """Take the least element over axes."""
    return _minimum(x, axis, None, None, keepdims)


def mean(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
    """Average over axes."""
    if axis is None:
        n = x.size
    elif isinstance(axis, tuple):
        n = product(x.shape[a] for a in axis)
    else:
        n = x.shape[axis]
    return _add(x, axis, None, None, keepdims) / n


def all(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
    """Whether all elements over axes are true."""
    return _all(x, axis, None, None, keepdims)


def any(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
    """Whether an element over axes is true."""
    return _any(x, axis, None, None, keepdims)


def count_nonzero(x: Array, /, *, axis: Axes = None, keepdims: Flag = False) -> Array:
    """Count over axes; NumPy returns a Python integer for all of them."""
    n: Any = np.count_nonzero(x, axis=axis, keepdims=keepdims)
    return np.intp(n) if isinstance(n, int) else n


def _cumulative(ufunc: np.ufunc) -> Callable[..., Array]:
    def cumulative(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: Flag = False) -> Array:
        if axis is None:
            if x.ndim != 1:
                raise ValueError(f"an array of {x.ndim} dimensions needs axis=; it is optional for one dimension only")
            axis = 0
        out = ufunc.accumulate(x, axis, dtype)
        if include_initial:
            shape = list(x.shape)
            shape[axis] = 1
            out = concat((full(shape, ufunc.identity, dtype=out.dtype), out), axis=axis)
        return out

    return cumulative


cumulative_sum, cumulative_prod = _cumulative(add), _cumulative(multiply)


def diff(
    x: Array, /, *, axis: int = -1, n: int = 1, prepend: Array | None = None, append: Array | None = None
) -> Array:
    """Subtract neighbours; for NumPy, None would be a value to prepend."""
    ends = {name: end for name, end in (("prepend", prepend), ("append", append)) if end is not None}
    return np.diff(x, n, axis, **ends)


# Shapes ---------------------------------------------------------------------------------------------


def broadcast_to(x: Array, /, shape: tuple[int, ...]) -> Array:
    """View with more or longer axes, read-only; several times as fast as NumPy's for contiguous memory."""
    old = x.shape
    if old == shape:
        return x
    if not old and type(x) is not np.ndarray and product(shape) <= 32768:  # filling is faster than making a view
        out = np.empty(shape, x.dtype)
        out.fill(x)
        return out
    strides = [0] * (len(shape) - len(old))
    if old:
        if not x.size or len(shape) < len(old):
            return np.broadcast_to(x, shape)
        for n, m, stride in zip(old, shape[len(strides) :], x.strides, strict=False):
            if n != m and n != 1:
                return np.broadcast_to(x, shape)  # which raises
            strides.append(stride if n == m else 0)
    try:
        out = np.ndarray(shape, x.dtype, x, 0, strides)
    except (TypeError, ValueError):  # not contiguous, or of too many dimensions
        return np.broadcast_to(x, shape)
    out.flags.writeable = False
    return out


def expand_dims(x: Array, /, axis: int | tuple[int, ...]) -> Array:
    """Insert axes of length one."""
    if not isinstance(axis, int):
        return np.expand_dims(x, axis)
    shape = x.shape
    n = len(shape) + 1
    if not -n <= axis < n:
        raise IndexError(f"expand_dims got axis {axis} for an array of {n - 1} dimensions; it is in [-{n}, {n})")
    axis %= n
    return x.reshape((*shape[:axis], 1, *shape[axis:]))


def matrix_transpose(x: Array, /) -> Array:
    """Swap the last two axes."""
    return x.mT


def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """Reorder the axes."""
    return x.transpose(axes)


def reshape(x: Array, /, shape: tuple[int, ...], *, copy: Flag | None = None) -> Array:
    """Arrange the elements in another shape; the method is leaner than NumPy's function."""
    return x.reshape(shape) if copy is None else x.reshape(shape, copy=copy)


def squeeze(x: Array, /, axis: int | tuple[int, ...]) -> Array:
    """Drop axes of length one."""
    return x.squeeze(axis)


# Indexing, searching and sorting ----------------------------------------------------------------------


def take(x: Array, indices: Array, /, *, axis: int | None = None) -> Array:
    """Pick elements along an axis; NumPy would flatten without one."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"take from an array of {x.ndim} dimensions needs axis=; it is optional for one only")
    return x.take(indices, axis)


def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """Pick elements along an axis, position by position."""
    return np.take_along_axis(x, indices, axis)


def sort(x: Array, /, *, axis: int = -1, descending: Flag = False, stable: Flag = True) -> Array:
    """Sort along an axis; equal elements (the two zeros) keep their order either way."""
    if descending:
        return flip(np.sort(flip(x, axis=axis), axis=axis, stable=stable), axis=axis)
    return np.sort(x, axis=axis, stable=stable)


def argsort(x: Array, /, *, axis: int = -1, descending: Flag = False, stable: Flag = True) -> Array:
    """Indices that sort along an axis; equal elements keep their order either way."""
    if descending:
        return x.shape[axis] - 1 - flip(np.argsort(flip(x, axis=axis), axis=axis, stable=stable), axis=axis)
    return np.argsort(x, axis=axis, stable=stable)


def unique_values(x: Array, /) -> Array:
    """Distinct values in sorted order; NumPy's function of this name leaves them as its hash table has them."""
    return np.unique(x, equal_nan=False)


BITS = {np.dtype("float32"): np.int32, np.dtype("float64"): np.int64}


def where(condition: Array, x1: Any, x2: Any, /) -> Array:
    """Choose elements, of numbers as Python does; against 0 by a bit mask, several times as fast as NumPy's loop."""
    if type(condition) is np.bool or (type(condition) is np.ndarray and not condition.ndim):
        kind = type(x1) if isinstance(x1, np.inexact) else type(x2)
        if issubclass(kind, np.inexact) and {type(x1), type(x2)} <= {kind, int}:
            return np.array(x1 if condition else x2, kind)  # an array, as NumPy's is: it changes in place
    zero = x2 if type(x2) is int else x1
    if type(zero) is int and zero == 0:
        x = x1 if zero is x2 else x2
        if (
            type(x) is np.ndarray
            and type(condition) is np.ndarray
            and x.size >= 512
            and x.dtype in BITS
            and condition.shape == x.shape
            and condition.dtype == np.bool
        ):
            bits = BITS[x.dtype]
            mask = condition.view(np.int8).astype(bits)  # 1 where true
            mask = np.negative(mask, out=mask) if zero is x2 else np.subtract(mask, 1, out=mask)
            return np.bitwise_and(mask, x.view(bits), out=mask).view(x.dtype)
    return np.where(condition, x1, x2)


# What the standard leaves out and gradients need --------------------------------------------------------


def setitem(x: Array, key: Any, value: Any) -> Array:
    """Return a new array with the elements at `key` replaced."""
    out = np.array(x)
    out[key] = value
    return out


def scatter(values: Array, key: Any, *, shape: tuple[int, ...]) -> Array:
    """Return zeros with `values` added at `key`, repeated positions included."""
    out = zeros(shape, values.dtype)
    if not _may_repeat(key):
        out[key] = values
        return out
    if out.size > 8 * values.size:  # listing all positions would be the larger part of the work
        add.at(out, key, values)
        return out
    positions = np.arange(out.size).reshape(shape)[key]
    if positions.shape != values.shape:
        values = np.broadcast_to(values, positions.shape)
    add.at(out.reshape(-1), positions.reshape(-1), values.reshape(-1))  # of one dimension it is several times as fast
    return out


def _may_repeat(key: Any) -> Flag:
    """Whether an index can name a position twice: only arrays of integers can."""
    for item in key if isinstance(key, tuple) else (key,):
        if isinstance(item, list) or (isinstance(item, np.ndarray) and item.ndim and item.dtype != bool):
            return True
    return False


def __getattr__(name: str) -> Any:
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"agrad_numpy.{LATER[name]}")
    value = globals()[name] = module.Generator if name == "Generator" else module
    return value


LATER = {"fft": "fft", "linalg": "linalg", "Generator": "random"}
"""What is imported when it is used, as NumPy itself does."""
