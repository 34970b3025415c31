"""Sorting functions in high precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FUNCTIONS"]


def _sort(mp: Any, x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    rows = np.moveaxis(x, axis, -1).copy()
    for place in np.ndindex(*rows.shape[:-1]):
        rows[place] = sorted(rows[place], reverse=descending)
    return np.moveaxis(rows, -1, axis)


def _argsort(mp: Any, x: Any, *, axis: int = -1, descending: bool = False, stable: bool = True) -> Any:
    rows = np.moveaxis(x, axis, -1)
    order = np.zeros(rows.shape, dtype=int)
    for place in np.ndindex(*rows.shape[:-1]):
        order[place] = sorted(range(rows.shape[-1]), key=rows[place].item, reverse=descending)
    return np.moveaxis(order, -1, axis)


FUNCTIONS: dict[str, Callable[..., Any]] = {"argsort": _argsort, "sort": _sort}
