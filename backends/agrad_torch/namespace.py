"""The array API standard 2025.12 on PyTorch's own tensors.

PyTorch's functions wherever they conform, those of array_api_compat where they do not, and an adapter
where neither does.
"""

# ruff: noqa: F401, F811, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import wraps
from importlib import import_module
from types import SimpleNamespace
from typing import Any, TypeAlias

import array_api_compat.torch as compat
import numpy as np
import torch
from array_api_compat.torch import __array_namespace_info__  # type: ignore[attr-defined]
from array_api_compat.torch import (
    UniqueAllResult, UniqueCountsResult, UniqueInverseResult,
    all, any, arange, argsort, broadcast_arrays, broadcast_to, concat, cumulative_prod,
    cumulative_sum, diff, empty, expand_dims, eye, flip, full,
    isdtype, linspace,
    matrix_transpose, max, mean, meshgrid, min, nonzero, ones,
    permute_dims, pow, prod, repeat, reshape, result_type, roll, round, sign, sort, squeeze, sum,
    tril, triu, unstack, var, vecdot, where, zeros,
)  # fmt: skip
from torch import (  # these conform
    abs, acos, acosh, argmax, argmin, asin, asinh, atan, atanh, bitwise_not as bitwise_invert, bool, ceil, complex64,
    complex128, conj_physical as conj, cos, cosh, e, empty_like, exp, expm1, float32, float64, floor, full_like, imag,
    inf, int8, int16, int32, int64, isfinite, isinf, isnan, log, log1p, log2, log10, logical_not, moveaxis, nan,
    negative, ones_like, pi, real, reciprocal, signbit, sin, sinh, sqrt, square, stack, tan, tanh, tile,
    trunc, uint8, uint16, uint32, uint64, zeros_like,
)  # fmt: skip

from agrad_torch import _plain
from agrad_torch.random import Generator

__array_api_version__ = "2025.12"

newaxis = None

Array: TypeAlias = Any
Flag: TypeAlias = builtins.bool


def _direct(name: str) -> Callable[[Any, Any], Array]:
    """PyTorch's own function where the dtypes agree: promoting takes longer than a few numbers do."""
    promoting, own, tensor = getattr(compat, name), getattr(torch, "eq" if name == "equal" else name), torch.Tensor

    def function(x1: Any, x2: Any, /) -> Array:
        if type(x1) is tensor and type(x2) is tensor and x1.dtype is x2.dtype:
            return own(x1, x2)
        return promoting(x1, x2)

    return wraps(promoting)(function)


add, subtract, multiply, divide = map(_direct, ("add", "subtract", "multiply", "divide"))
equal, not_equal, less, less_equal = map(_direct, ("equal", "not_equal", "less", "less_equal"))
greater, greater_equal, maximum, minimum = map(_direct, ("greater", "greater_equal", "maximum", "minimum"))
atan2, copysign, hypot, logaddexp = map(_direct, ("atan2", "copysign", "hypot", "logaddexp"))
floor_divide, matmul, nextafter, remainder = map(_direct, ("floor_divide", "matmul", "nextafter", "remainder"))
bitwise_and, bitwise_or, bitwise_xor = map(_direct, ("bitwise_and", "bitwise_or", "bitwise_xor"))
bitwise_left_shift, bitwise_right_shift = map(_direct, ("bitwise_left_shift", "bitwise_right_shift"))
logical_and, logical_or, logical_xor = map(_direct, ("logical_and", "logical_or", "logical_xor"))


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Flag | None = None) -> Array:
    """Make a tensor; not of one that PyTorch's own autograd follows."""
    if isinstance(obj, torch.Tensor):
        _plain(obj)
        device = obj.device if device is None else device
    return torch.asarray(obj, dtype=dtype, device=device, copy=copy)


def from_dlpack(x: Any, /, *, device: Any = None, copy: Flag | None = None) -> Array:
    """Import an array of another library; one with a negative step, for which PyTorch aborts the process, by copy."""
    if not isinstance(x, torch.Tensor) and builtins.min(_strides(x), default=1) < 0:
        if copy is False:
            raise ValueError("from_dlpack(copy=False) got an array with a negative step, which PyTorch does not have")
        x = x.copy() if hasattr(x, "copy") else np.from_dlpack(x).copy()
    return torch.from_dlpack(x, device=device, copy=copy)  # type: ignore[attr-defined]


def _strides(x: Any) -> tuple[int, ...]:
    """The steps of an array of another library, as it or, where the host can see the array, NumPy says."""
    if not hasattr(x, "strides") and x.__dlpack_device__()[0] == 1:
        x = np.from_dlpack(x)
    return tuple(getattr(x, "strides", ()) or ())


def to_device(x: Array, device: Any, /, *, origin: Any = None, stream: Any = None) -> Array:
    """Move to a device, on PyTorch's current stream."""
    if stream is not None:
        raise ValueError("to_device(stream=...) is not supported by PyTorch; use torch.cuda.stream around the call")
    return x.to(device)


def astype(x: Array, dtype: Any, /, *, copy: Flag = True, device: Any = None) -> Array:
    """Convert, but from complex to real only through ``real``."""
    if x.dtype.is_complex and not dtype.is_complex and dtype != bool:
        raise TypeError(f"astype got {x.dtype} and {dtype}; drop the imaginary part with real(x) first")
    return x.to(dtype=dtype, copy=copy, device=device)


def can_cast(from_: Any, to: Any, /) -> Flag:
    """Whether a dtype promotes to another; PyTorch asks whether it may be assigned to it."""
    return builtins.bool(result_type(_dtype_of(from_), to) == to)


def finfo(type: Any, /) -> SimpleNamespace:
    """Limits of a floating-point dtype or of a tensor's; PyTorch has the name of its dtype only."""
    return _limits(torch.finfo(_dtype_of(type)), ("bits", "eps", "max", "min", "smallest_normal"))


def iinfo(type: Any, /) -> SimpleNamespace:
    """Limits of an integer dtype or of a tensor's; PyTorch has the name of its dtype only."""
    return _limits(torch.iinfo(_dtype_of(type)), ("bits", "max", "min"))


def _limits(limits: Any, names: tuple[str, ...]) -> SimpleNamespace:
    return SimpleNamespace(dtype=getattr(torch, limits.dtype), **{n: getattr(limits, n) for n in names})


def _dtype_of(type: Any) -> Any:
    return type.dtype if isinstance(type, torch.Tensor) else type


def broadcast_shapes(*shapes: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to, a plain tuple."""
    return tuple(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]


def positive(x: Array, /) -> Array:
    """Copy, where PyTorch returns the tensor itself."""
    return x.clone()


def clip(x: Array, /, min: Any = None, max: Any = None) -> Array:
    """Clamp to bounds; the result has the dtype of `x` whatever that of the bounds."""
    if type(min) is type(max) is float and min == min and max == max and x.dtype.is_floating_point:
        return torch.clamp(x, min, max)  # which loses a bound of nan
    out = x
    for bound, clamp in ((min, torch.maximum), (max, torch.minimum)):
        if bound is not None:
            out = clamp(out, _bound(x, bound))
    return x.clone() if out is x else out


def _bound(x: Array, bound: Any) -> Array:
    """A bound in the dtype of `x`, or as near to it as that dtype goes."""
    if isinstance(bound, torch.Tensor):
        return bound.to(x.dtype)
    if not x.dtype.is_floating_point:
        limits = torch.iinfo(x.dtype)
        bound = builtins.min(builtins.max(bound, limits.min), limits.max)
    return torch.asarray(bound, dtype=x.dtype, device=x.device)


def std(x: Array, /, *, axis: Any = None, correction: float = 0.0, keepdims: Flag = False) -> Array:
    """Standard deviation; `correction` need not be whole."""
    return sqrt(var(x, axis=axis, correction=correction, keepdims=keepdims))


def count_nonzero(x: Array, /, *, axis: Any = None, keepdims: Flag = False) -> Array:
    """Count over axes; an empty tuple of them means all to PyTorch."""
    return sum((x != 0).to(int64), axis=axis, keepdims=keepdims)


def tensordot(x1: Array, x2: Array, /, *, axes: Any = 2) -> Array:
    """Contract axes; PyTorch takes them as lists only."""
    dtype = result_type(x1, x2)
    return torch.tensordot(x1.to(dtype), x2.to(dtype), axes if isinstance(axes, int) else tuple(map(list, axes)))


def isin(x1: Any, x2: Any, /, *, invert: Flag = False) -> Array:
    """Whether elements are among others; PyTorch names its arguments otherwise and wants one dtype."""
    dtype = result_type(x1, x2)
    x1, x2 = (x.to(dtype) if isinstance(x, torch.Tensor) else x for x in (x1, x2))
    return torch.isin(x1, x2, invert=invert)


def searchsorted(x1: Array, x2: Any, /, *, side: str = "left", sorter: Array | None = None) -> Array:
    """Where elements belong in a sorted array; PyTorch wants one dtype."""
    dtype = result_type(x1, x2)
    x2 = torch.asarray(x2, dtype=dtype, device=x1.device)
    return torch.searchsorted(x1.to(dtype), x2, side=side, sorter=sorter)


def take(x: Array, indices: Array, /, *, axis: int | None = None) -> Array:
    """Pick elements along an axis."""
    return compat.take(x, indices.to(int64), axis=axis)


def take_along_axis(x: Array, indices: Array, /, *, axis: int = -1) -> Array:
    """Pick elements along an axis, position by position."""
    return compat.take_along_axis(x, indices.to(int64), axis=axis)


def unique_all(x: Array, /) -> UniqueAllResult:
    """Unique values, where each occurs first, which of them each element is, and how often they occur."""
    flat = x.reshape(-1)
    order = _order(flat)
    ordered = flat[order]
    new = torch.ones(flat.shape, dtype=bool, device=x.device)
    new[1:] = ordered[1:] != ordered[:-1]
    starts = torch.nonzero(new).reshape(-1)
    inverse = torch.empty_like(order)
    inverse[order] = torch.cumsum(new, 0) - 1
    counts = torch.diff(starts, append=starts.new_tensor([flat.numel()]))
    return UniqueAllResult(ordered[starts], order[starts], inverse.reshape(x.shape), counts)


def unique_counts(x: Array, /) -> UniqueCountsResult:
    """Unique values and how often they occur; PyTorch orders no complex numbers."""
    return UniqueCountsResult(*unique_all(x)[::3]) if x.is_complex() else compat.unique_counts(x)


def unique_inverse(x: Array, /) -> UniqueInverseResult:
    """Unique values and which of them each element is; PyTorch orders no complex numbers."""
    return UniqueInverseResult(*unique_all(x)[::2]) if x.is_complex() else compat.unique_inverse(x)


def unique_values(x: Array, /) -> Array:
    """Unique values; PyTorch orders no complex numbers."""
    return unique_all(x).values if x.is_complex() else compat.unique_values(x)


def _order(flat: Array) -> Array:
    """The positions that sort a vector, equal elements in their order; complex numbers by the real part first."""
    if not flat.is_complex():
        return torch.argsort(flat, stable=True)
    order = torch.argsort(flat.imag, stable=True)
    return order[torch.argsort(flat.real[order], stable=True)]


# Indexing: PyTorch takes no negative steps, and integers of 64 bits only -------------------------------


def getitem(x: Array, key: Any) -> Array:
    """Read; axes with a negative step are reversed first."""
    key, reversed_axes = _forward(key, x.shape, x.device)
    return (x.flip(reversed_axes) if reversed_axes else x)[key]


def setitem(x: Array, key: Any, value: Any) -> Array:
    """Return a new array with the elements at `key` replaced."""
    key, reversed_axes = _forward(key, x.shape, x.device)
    out = x.flip(reversed_axes) if reversed_axes else x.clone(memory_format=torch.contiguous_format)
    out[key] = value
    return out.flip(reversed_axes) if reversed_axes else out


def scatter(values: Array, key: Any, *, shape: tuple[int, ...]) -> Array:
    """Return zeros with `values` added at `key`, repeated positions included."""
    out = torch.zeros(shape, dtype=values.dtype, device=values.device)
    key, reversed_axes = _forward(key, shape, values.device)
    arrays = [k for k in key if isinstance(k, torch.Tensor)]
    if builtins.all(k.dtype == bool for k in arrays):  # no position can be named twice
        out[key] = values
    elif len(arrays) == len(key):
        out.index_put_(key, values, accumulate=True)
    else:
        positions = torch.arange(out.numel(), device=values.device).reshape(shape)[key]
        values = values.broadcast_to(positions.shape).reshape(-1)
        out.view(-1).index_put_((positions.reshape(-1),), values, accumulate=True)
    return out.flip(reversed_axes) if reversed_axes else out


def _forward(key: Any, shape: tuple[int, ...], device: Any) -> tuple[tuple[Any, ...], tuple[int, ...]]:
    """The same key for an array with some axes reversed, as a tuple in which no step is negative."""
    items = [_index(k, device) for k in (key if isinstance(key, tuple) else (key,))]
    if not builtins.any(isinstance(k, slice) and k.step is not None and k.step < 0 for k in items):
        return tuple(items), ()
    axis, reversed_axes = 0, []
    rest = len(shape) - builtins.sum(map(_width, items))
    for i, k in enumerate(items):
        if isinstance(k, slice) and k.step is not None and k.step < 0:
            n = shape[axis]
            chosen = range(n)[k]
            items[i] = slice(n - 1 - chosen[0], n - chosen[-1], -k.step) if chosen else slice(0, 0)
            reversed_axes.append(axis)
        axis += rest if k is Ellipsis else _width(k)
    return tuple(items), tuple(reversed_axes)


def _index(k: Any, device: Any) -> Any:
    """An item of a key as PyTorch takes it."""
    if isinstance(k, list):
        k = torch.asarray(k, device=device) if k else torch.zeros(0, dtype=int64, device=device)
    if isinstance(k, torch.Tensor) and k.dtype not in (bool, int64):
        return k.to(int64)  # uint8 would be a mask
    return k


def _width(k: Any) -> int:
    """How many axes of an array an item of a key stands for; the ellipsis, for what is left."""
    if k is None or k is Ellipsis or isinstance(k, builtins.bool):
        return 0
    return int(k.ndim) if isinstance(k, torch.Tensor) and k.dtype == bool else 1


def __getattr__(name: str) -> Any:
    if name not in ("fft", "linalg"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    extension = globals()[name] = import_module(f"agrad_torch.{name}")
    return extension
