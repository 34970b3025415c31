"""Mutants of backends: of NumPy's, and of the fallbacks that array-api-strict is completed with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from sabotage.mutant import Mutant, Row, mutants_of

__all__ = ["backend_mutants"]

NUMPY, LINALG = "agrad_numpy.namespace:", "agrad_numpy.linalg:"


def _with(**forced: Any) -> Callable[[Any], Any]:
    """The function with these options, whatever was asked for."""
    return lambda function: lambda *args, **options: function(*args, **{**options, **forced})


def _last_one_stays(scatter: Any) -> Any:
    def other(values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
        out = np.zeros(shape, values.dtype)
        out[key] = values
        return out

    return other


def _in_double(scatter: Any) -> Any:
    def other(values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
        return scatter(values.astype(np.result_type(values.dtype, np.float64)), key, shape=shape)

    return other


def _written_to(setitem: Any) -> Any:
    def other(x: Any, key: Any, value: Any) -> Any:
        x[key] = value
        return x

    return other


def _by_all(mean: Any) -> Any:
    """The mean over some axes, divided by the number of all elements."""

    def other(x: Any, /, *, axis: Any = None, keepdims: bool = False) -> Any:
        return np.sum(x, axis=axis, keepdims=keepdims) / x.size

    return other


def _reversed(broadcast_to: Any) -> Any:
    return lambda x, /, shape: broadcast_to(np.flip(x) if x.ndim else x, shape)


def _default_dtype(zeros_like: Any) -> Any:
    return lambda x, /, *, dtype=None, device=None: np.zeros(x.shape, np.float64 if dtype is None else dtype)


ROWS = (
    Row("scatter/overwrite", "accumulation", NUMPY + "scatter", _last_one_stays),
    Row("scatter/dtype", "float64 leak", NUMPY + "scatter", _in_double),
    Row("setitem/aliased", "mutated input", NUMPY + "setitem", _written_to),
    Row("setitem/lost", "forward value", NUMPY + "setitem", lambda _: lambda x, key, value: np.array(x)),
    Row("sum/keepdims", "dropped parameter", NUMPY + "sum", _with(keepdims=False)),
    Row("sum/axis", "dropped parameter", NUMPY + "sum", _with(axis=None)),
    Row("sum/dtype", "dropped parameter", NUMPY + "sum", _with(dtype=None)),
    Row("mean/count", "factor", NUMPY + "mean", _by_all),
    Row("mean/keepdims", "dropped parameter", NUMPY + "mean", _with(keepdims=False)),
    Row("max/keepdims", "dropped parameter", NUMPY + "max", _with(keepdims=False)),
    Row("max/min", "forward value", NUMPY + "max", lambda _: np.min),
    Row("prod/keepdims", "dropped parameter", NUMPY + "prod", _with(keepdims=False)),
    Row(
        "clip/lower",
        "forward value",
        NUMPY + "clip",
        lambda clip: lambda x, /, min=None, max=None: clip(x, None, max),
    ),
    Row("clip/dtype", "float64 leak", NUMPY + "_bound", lambda _: lambda x, bound: bound),
    Row("broadcast_to/reversed", "order along an axis", NUMPY + "broadcast_to", _reversed),
    Row("diff/prepend", "dropped parameter", NUMPY + "diff", _with(prepend=None)),
    Row(
        "expand_dims/axis",
        "dropped parameter",
        NUMPY + "expand_dims",
        lambda expand: lambda x, /, axis: expand(x, 0 if isinstance(axis, int) else axis),
    ),
    Row("permute_dims/identity", "transposed argument", NUMPY + "permute_dims", lambda _: lambda x, /, axes: x),
    Row("matrix_transpose/whole", "transposed argument", NUMPY + "matrix_transpose", lambda _: np.transpose),
    Row("zeros_like/dtype", "float64 leak", NUMPY + "zeros_like", _default_dtype),
    Row(
        "astype/float32",
        "forward value",
        NUMPY + "astype",
        lambda astype: (
            lambda x, dtype, /, **options: astype(np.float32(x) if x.dtype.kind == "f" else x, dtype, **options)
        ),
    ),
    Row("eig/real", "conjugate", LINALG + "_complex", lambda _: lambda x: x),
    Row("own/shared", "mutated input", "agrad_numpy:_own", lambda _: lambda array: array),
)


# The fallbacks --------------------------------------------------------------------------------------


def _last_one_stays_here(make: Any) -> Any:
    def other(xp: Any) -> Any:
        def scatter(values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
            size = int(np.prod(shape))
            places = xp.reshape(xp.arange(size, device=values.device), shape)[key]
            flat = xp.reshape(xp.broadcast_to(values, places.shape), (-1,))
            out = xp.zeros((size,), dtype=values.dtype, device=values.device)
            for i, place in enumerate(np.ravel(np.asarray(places._array))):
                out[int(place)] = flat[i]
            return xp.reshape(out, shape)

        return scatter

    return other


def _written_to_here(make: Any) -> Any:
    def other(xp: Any) -> Any:
        def setitem(x: Any, key: Any, value: Any) -> Any:
            x[key] = value
            return x

        return setitem

    return other


def _first_axis(read: Any) -> Any:
    """One array of integers among slices taken along the first axis."""

    def other(xp: Any, x: Any, key: Any) -> Any:
        arrays = [k for k in key if hasattr(k, "dtype") and k.ndim] if isinstance(key, tuple) else []
        return xp.take(x, arrays[0], axis=0) if len(arrays) == 1 else read(xp, x, key)

    return other


FALLBACKS = "arrays.fallbacks:"

STRICT = (
    Row("fallback/scatter-overwrite", "accumulation", FALLBACKS + "_scatter", _last_one_stays_here),
    Row("fallback/setitem-aliased", "mutated input", FALLBACKS + "_setitem", _written_to_here),
    Row("fallback/take-axis", "dropped parameter", FALLBACKS + "_read", _first_axis),
    Row(
        "fallback/to_device",
        "device leak",
        FALLBACKS + "_to_device",
        lambda _: lambda xp: lambda x, device, **options: x,
    ),
)


def backend_mutants() -> Iterator[Mutant]:
    """Every mutant of a backend."""
    yield from mutants_of("numpy", ROWS, "numpy", package="")
    yield from mutants_of("array-api-strict", STRICT, "array-api-strict")
