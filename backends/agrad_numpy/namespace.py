"""The standard's namespace on NumPy's arrays: NumPy's functions, adapted where they differ from the standard."""

from __future__ import annotations

from typing import Any

import numpy as np

__array_api_version__ = "2025.12"
FROM_COMPAT = frozenset({"argsort", "sort", "nonzero", "sign", "from_dlpack", "isin", "take_along_axis", "searchsorted"})
"""Functions for which array-api-compat has the adapter: it is imported when one of them is first used."""


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    value = getattr(np, name)
    globals()[name] = value
    return value


def sum(x: Any, /, *, axis: Any = None, dtype: Any = None, keepdims: bool = False) -> Any:  # noqa: A001
    return np.add.reduce(x, axis=axis, dtype=dtype, keepdims=keepdims)


def argsort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    if not descending:
        return np.argsort(x, axis=axis, stable=stable or None)
    n = x.shape[axis]
    return n - 1 - np.flip(np.argsort(np.flip(x, axis=axis), axis=axis, stable=stable or None), axis=axis)


def sort(x: Any, /, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    y = np.sort(x, axis=axis, stable=stable or None)
    return np.flip(y, axis=axis) if descending else y


def clip(x: Any, /, min: Any = None, max: Any = None) -> Any:  # noqa: A002
    return np.clip(x, min, max)


def diff(x: Any, /, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    options = {k: v for k, v in (("prepend", prepend), ("append", append)) if v is not None}
    return np.diff(x, axis=axis, n=n, **options)


def getitem(x: Any, key: Any) -> Any:
    return x[key]


def setitem(x: Any, key: Any, value: Any) -> Any:
    y = np.array(x)
    y[key] = value
    return y


def scatter(values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
    out = np.zeros(shape, dtype=values.dtype)
    np.add.at(out, key, values)
    return out
