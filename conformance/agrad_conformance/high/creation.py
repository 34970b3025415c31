"""Creation functions in high precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_conformance.high.numbers import zero

__all__ = ["FUNCTIONS"]


def _asarray(mp: Any, obj: Any, copy: bool | None = None) -> Any:
    if not isinstance(obj, list | tuple):
        return np.array(obj, dtype=object)
    parts = [_asarray(mp, item) for item in obj]
    return np.stack(parts) if parts else np.zeros(0, dtype=object)


def _full(mp: Any, shape: Any, fill_value: Any) -> Any:
    return np.array(np.broadcast_to(np.asarray(fill_value, dtype=object), shape))


def _full_like(mp: Any, x: Any, fill_value: Any) -> Any:
    return _full(mp, x.shape, fill_value) + zero(mp, x)


def _meshgrid(mp: Any, *xs: Any, indexing: str = "xy") -> Any:
    shape = [x.size for x in xs]
    grids = [np.empty(shape, dtype=object) for _ in xs]
    for place in np.ndindex(*shape):
        for grid, x, i in zip(grids, xs, place, strict=True):
            grid[place] = x[i]
    return tuple(np.swapaxes(g, 0, 1) if indexing == "xy" and len(xs) > 1 else g for g in grids)


def _band(inside: Callable[..., bool]) -> Callable[..., Any]:
    """Keep the elements (i, j) that are inside the band, with zeros elsewhere."""

    def call(mp: Any, x: Any, k: int = 0) -> Any:
        y = x.copy()
        for place in np.ndindex(*x.shape):
            if not inside(*place[-2:], k):
                y[place] = x[place] * 0
        return y

    return call


def _arange(mp: Any, start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    first, end = (0, start) if stop is None else (start, stop)
    n = max(0, int(mp.ceil((mp.mpf(end) - first) / step)))
    numbers = [first + i * step for i in range(n)]
    return np.asarray(numbers if dtype is None else list(map(mp.mpf, numbers)))


def _eye(mp: Any, rows: int, columns: int | None = None, *, k: int = 0, dtype: Any = None) -> Any:
    shape = (rows, rows if columns is None else columns)
    return _full(mp, shape, mp.mpf(0)) + np.frompyfunc(lambda i, j: mp.mpf(j - i == k), 2, 1)(*np.indices(shape))


def _linspace(mp: Any, start: Any, stop: Any, num: int, *, endpoint: bool = True, dtype: Any = None) -> Any:
    steps = num - 1 if endpoint else num
    return np.asarray([start + (stop - start) * mp.mpf(i) / steps for i in range(num)], dtype=object)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "arange": _arange,
    "asarray": _asarray,
    "eye": _eye,
    "full": _full,
    "full_like": _full_like,
    "linspace": _linspace,
    "meshgrid": _meshgrid,
    "ones": lambda mp, shape, dtype: _full(mp, shape, mp.mpf(1)),
    "ones_like": lambda mp, x: _full_like(mp, x, mp.mpf(1)),
    "zeros": lambda mp, shape, dtype: _full(mp, shape, mp.mpf(0)),
    "zeros_like": lambda mp, x: _full_like(mp, x, mp.mpf(0)),
    "tril": _band(lambda i, j, k: j - i <= k),
    "triu": _band(lambda i, j, k: j - i >= k),
}
