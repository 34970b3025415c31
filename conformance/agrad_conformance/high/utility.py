"""Utility functions in high precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_conformance.high.statistical import reduction

__all__ = ["FUNCTIONS"]


def _diff(mp: Any, x: Any, *, axis: int = -1, n: int = 1, prepend: Any = None, append: Any = None) -> Any:
    x = np.concatenate([a for a in (prepend, x, append) if a is not None], axis=axis) if n else x
    x = np.moveaxis(x, axis, 0)
    for _ in range(n):
        x = x[1:] - x[:-1]
    return np.moveaxis(x, 0, axis)


def _truth(f: Callable[..., bool]) -> Callable[..., Any]:
    g = reduction(lambda mp, xs: f(x != 0 for x in xs))
    return lambda mp, x, **params: g(mp, x, **params).astype(bool)


FUNCTIONS: dict[str, Callable[..., Any]] = {"all": _truth(all), "any": _truth(any), "diff": _diff}
