"""Indexing functions in high precision; ``x[key]`` is NumPy's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_conformance.high.numbers import zero

__all__ = ["FUNCTIONS"]


def _setitem(mp: Any, x: Any, key: Any, value: Any) -> Any:
    y = x.copy()
    y[key] = np.asarray(value, dtype=object) + zero(mp, x)
    return y


def _scatter(mp: Any, values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
    """Each value is added at the position that the key reads."""
    places = np.broadcast_to(np.arange(int(np.prod(shape))).reshape(shape)[key], values.shape)
    flat = np.full(int(np.prod(shape)), zero(mp, values), dtype=object)
    for place, value in zip(places.flat, values.flat, strict=True):
        flat[place] = flat[place] + value
    return flat.reshape(shape)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "scatter": _scatter,
    "setitem": _setitem,
    "take": lambda mp, x, indices, axis=None: np.take(x, indices, axis),
    "take_along_axis": lambda mp, x, indices, axis=-1: np.take_along_axis(x, indices, axis),
}
