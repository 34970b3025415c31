"""The array API standard 2025.12 on JAX arrays.

The functions of ``jax.numpy`` wherever they conform, an adapter where they do not. All of them can be
compiled; those whose results have a shape that depends on values work outside ``jax.jit`` only.
"""

# ruff: noqa: F401, F811, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

import builtins
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
from jax.numpy import (  # these conform
    abs, acos, acosh, add, all, any, arange, argmax, argmin, argsort, asin, asinh, atan, atan2, atanh, bitwise_and,
    bitwise_invert, bitwise_left_shift, bitwise_or, bitwise_right_shift, bitwise_xor, broadcast_shapes, broadcast_to,
    ceil, concat, conj, copysign, cos, cosh, count_nonzero, cumulative_sum, diff, divide, e, empty, empty_like, equal,
    exp, expand_dims, expm1, eye, flip, floor, floor_divide, from_dlpack, full_like, greater, greater_equal, hypot,
    imag, inf, isfinite, isin, isinf, isnan, less, less_equal, linspace, log, log1p, log2, log10, logaddexp,
    logical_and, logical_not, logical_or, logical_xor, matmul, matrix_transpose, max, maximum, mean, min, minimum,
    moveaxis, multiply, nan, negative, newaxis, nextafter, nonzero, not_equal, ones, ones_like, pi,
    positive, pow, prod, real, reciprocal, remainder, repeat, reshape, result_type, roll, round, sign, signbit, sin,
    sinh, sort, sqrt, square, squeeze, stack, std, subtract, sum, take_along_axis, tan, tanh, tile, tril,
    triu, trunc, unique_all, unique_counts, unique_inverse, unique_values, unstack, var, vecdot, where, zeros,
    zeros_like,
)  # fmt: skip

from agrad_jax import fft, linalg
from agrad_jax.random import Generator

__array_api_version__ = "2025.12"

Array: TypeAlias = Any
Flag: TypeAlias = builtins.bool

# Data types -----------------------------------------------------------------------------------------

bool, int8, int16, int32, int64 = map(np.dtype, ("bool", "int8", "int16", "int32", "int64"))
uint8, uint16, uint32, uint64 = map(np.dtype, ("uint8", "uint16", "uint32", "uint64"))
float32, float64, complex64, complex128 = map(np.dtype, ("float32", "float64", "complex64", "complex128"))


def astype(x: Array, dtype: Any, /, *, copy: Flag = True, device: Any = None) -> Array:
    """Convert, but from complex to real only through ``real``."""
    if isdtype(x.dtype, "complex floating") and not isdtype(dtype, ("bool", "complex floating")):
        raise TypeError(f"astype got {x.dtype} and {np.dtype(dtype)}; drop the imaginary part with real(x) first")
    return jnp.astype(x, dtype, copy=copy, device=device)


def can_cast(from_: Any, to: Any, /) -> Flag:
    """Whether a dtype, or an array's, converts to another without loss."""
    return jnp.can_cast(_dtype_of(from_), to)


def finfo(type: Any, /) -> SimpleNamespace:
    """Limits of a floating-point dtype or of an array's, as Python floats: NumPy's scalars could change a dtype."""
    limits: Any = jnp.finfo(_dtype_of(type))  # type: ignore[no-untyped-call]
    names = ("eps", "max", "min", "smallest_normal", "tiny")
    return SimpleNamespace(bits=limits.bits, dtype=limits.dtype, **{n: float(getattr(limits, n)) for n in names})


def iinfo(type: Any, /) -> Any:
    """Limits of an integer dtype or of an array's."""
    return jnp.iinfo(_dtype_of(type))  # type: ignore[no-untyped-call]


@lru_cache(maxsize=1024)  # rules ask all the time
def isdtype(dtype: Any, kind: Any) -> Flag:
    """Whether a dtype is of a kind; those of random keys are of none."""
    return not jnp.issubdtype(dtype, jax.dtypes.extended) and jnp.isdtype(dtype, kind)


class Info:
    """What the library can do outside ``jax.jit``; JAX's own says what it can do inside."""

    def capabilities(self) -> dict[str, Any]:
        """Return what arrays of this library can do."""
        return {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}

    def default_device(self) -> Any:
        """Return the device of new arrays."""
        return jnp.zeros(()).device

    def default_dtypes(self, *, device: Any = None) -> dict[str, Any]:
        """Return the dtypes of new arrays by kind, which depend on ``jax_enable_x64``."""
        found: dict[str, Any] = jnp.__array_namespace_info__().default_dtypes(device=device)
        return found

    def devices(self) -> list[Any]:
        """Return the devices of the default platform."""
        return jax.devices()

    def dtypes(self, *, device: Any = None, kind: Any = None) -> dict[str, Any]:
        """Return the dtypes of a kind by name; those of 64 bits need ``jax_enable_x64``."""
        found: dict[str, Any] = jnp.__array_namespace_info__().dtypes(device=device, kind=kind)
        return found


__array_namespace_info__ = Info


def _dtype_of(type: Any) -> Any:
    return type.dtype if isinstance(type, jax.Array) else type


# Creation -------------------------------------------------------------------------------------------


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: Flag | None = None) -> Array:
    """Make an array, of a number as strong in promotion as any other."""
    if isinstance(obj, jax.Array):
        return jnp.asarray(obj, dtype=dtype, device=device, copy=copy)
    if copy is False and isinstance(obj, builtins.bool | int | float | complex | list | tuple):
        raise ValueError(f"asarray(copy=False) got a {type(obj).__name__}, which cannot become an array without a copy")
    return _strong(jnp.asarray(obj, dtype=dtype, device=device, copy=copy))


def full(shape: Any, fill_value: Any, *, dtype: Any = None, device: Any = None) -> Array:
    """Make an array of one value, as strong in promotion as any other."""
    return _strong(jnp.full(shape, fill_value, dtype=dtype, device=device))


def _strong(x: Array) -> Array:
    """The same values, with a dtype that counts in promotion; that of a Python scalar does not."""
    return x.astype(x.dtype) if x.weak_type else x


def meshgrid(*arrays: Array, indexing: Any = "xy") -> tuple[Array, ...]:
    """Coordinates of a grid; JAX returns a list."""
    return tuple(jnp.meshgrid(*arrays, indexing=indexing))


# Functions of other signatures or dtypes --------------------------------------------------------------


def broadcast_arrays(*arrays: Array) -> tuple[Array, ...]:
    """Broadcast against each other; JAX returns a list."""
    return tuple(jnp.broadcast_arrays(*arrays))


def clip(x: Array, /, min: Any = None, max: Any = None) -> Array:
    """Clamp to bounds; the result has the dtype of `x` whatever that of the bounds."""
    return jnp.clip(x, _bound(x, min), _bound(x, max))


def _bound(x: Array, bound: Any) -> Any:
    """A bound in the dtype of `x`, or as near to it as that dtype goes."""
    if isinstance(bound, jax.Array):
        return bound.astype(x.dtype)
    if bound is None or not isdtype(x.dtype, "integral"):
        return bound
    limits = iinfo(x.dtype)
    return builtins.min(builtins.max(bound, limits.min), limits.max)


def cumulative_prod(x: Array, /, *, axis: int | None = None, dtype: Any = None, include_initial: Flag = False) -> Array:
    """Multiply along an axis; like sums, small integers become default ones."""
    if dtype is None:
        dtype = jax.eval_shape(jnp.prod, x).dtype
    return jnp.cumulative_prod(x, axis=axis, dtype=dtype, include_initial=include_initial)


def permute_dims(x: Array, /, axes: tuple[int, ...]) -> Array:
    """Reorder the axes; JAX does not count them from the end."""
    return jnp.permute_dims(x, tuple(a + x.ndim if a < 0 else a for a in axes))


def searchsorted(x1: Array, x2: Any, /, *, side: str = "left", sorter: Array | None = None) -> Array:
    """Where to insert; JAX returns integers of 32 bits if they suffice."""
    return jnp.searchsorted(x1, x2, side=side, sorter=sorter).astype(jnp.result_type(int))


def tensordot(x1: Array, x2: Array, /, *, axes: Any = 2) -> Array:
    """Contract axes; JAX takes no other sequences than lists and tuples."""
    return jnp.tensordot(x1, x2, axes=axes if isinstance(axes, int) else tuple(map(tuple, axes)))


def take(x: Array, indices: Array, /, *, axis: int | None = None) -> Array:
    """Pick elements along an axis; JAX would flatten without one."""
    if axis is None and x.ndim != 1:
        raise ValueError(f"take from an array of {x.ndim} dimensions needs axis=; it is optional for one only")
    return jnp.take(x, indices, axis)


# What the standard leaves out and gradients need --------------------------------------------------------


def getitem(x: Array, key: Any) -> Array:
    """Read the elements at `key`."""
    return x[_as_key(key)]


def setitem(x: Array, key: Any, value: Any) -> Array:
    """Return a new array with the elements at `key` replaced."""
    value = jnp.asarray(value, dtype=x.dtype)
    while value.ndim and value.shape[0] == 1:  # axes to the left, of which JAX takes no more than there are
        value = value[0]
    if not value.ndim and getattr(key, "dtype", None) == bool:  # can be compiled: no positions are looked up
        return jnp.where(jnp.expand_dims(key, tuple(range(key.ndim, x.ndim))), value, x)
    return x.at[_as_key(key)].set(value)


def scatter(values: Array, key: Any, *, shape: tuple[int, ...]) -> Array:
    """Return zeros with `values` added at `key`, repeated positions included."""
    items = key if isinstance(key, tuple) else (key,)
    if builtins.all(item is None or item is Ellipsis or type(item) in (int, slice) for item in items):
        return _pad(values, items, shape)
    return jnp.zeros(shape, values.dtype).at[_as_key(key)].add(values)


def to_device(x: Array, device: Any, /, *, origin: Any = None, stream: Any = None) -> Array:
    """The same values on another device, or spread over several by a sharding."""
    if stream is not None:
        raise ValueError("JAX has no streams to choose; leave out stream=")
    return jax.device_put(x, device)


def _as_key(key: Any) -> Any:
    """An index with arrays in the place of lists, which JAX refuses."""
    if isinstance(key, tuple):
        return tuple(map(_as_key, key))
    return jnp.asarray(key) if isinstance(key, list) else key


def _pad(values: Array, items: tuple[Any, ...], shape: tuple[int, ...]) -> Array:
    """Zeros around and between the values of a regular block: faster than scattering, and kind to sharded arrays."""
    named = len(items) - items.count(None) - items.count(Ellipsis)
    missing = [slice(None)] * (len(shape) - named)
    at = items.index(Ellipsis) if Ellipsis in items else len(items)
    lengths: list[int] = []
    reverse: list[int] = []
    padding: list[tuple[int, int, int]] = []
    selected: list[int] = []
    for item in (*items[:at], *missing, *items[at + 1 :]):
        if item is None:
            selected.append(1)
            continue
        n = shape[len(lengths)]
        if isinstance(item, slice):
            positions = range(n)[item]
            selected.append(len(positions))
            if positions.step < 0:
                reverse.append(len(lengths))
                positions = positions[::-1]
        else:
            item = builtins.min(builtins.max(item + n if item < 0 else item, 0), n - 1)
            positions = range(item, item + 1)
        lengths.append(len(positions))
        low, step = (positions[0], positions.step) if positions else (n, 1)
        padding.append((low, n - (positions[-1] + 1 if positions else n), step - 1))
    # what changes nothing is not called: outside jax.jit, a call takes longer than the arithmetic of a small array
    block = values if values.shape == tuple(selected) else jnp.broadcast_to(values, tuple(selected))
    block = block if selected == lengths else jnp.reshape(block, tuple(lengths))
    block = jax.lax.rev(block, reverse) if reverse else block
    return jax.lax.pad(block, np.zeros((), values.dtype), padding)
