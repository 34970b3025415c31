"""Set functions in high precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FUNCTIONS"]


def _isin(mp: Any, x1: Any, x2: Any, *, invert: bool = False) -> Any:
    return np.asarray([any(x == y for y in x2.flat) != invert for x in x1.flat]).reshape(x1.shape)


def _unique_all(mp: Any, x: Any) -> Any:
    """In sorted order: values, where each occurs first, the inverse, and how often."""
    numbers = x.ravel().tolist()
    values = sorted(dict.fromkeys(numbers), key=lambda v: (v.real, v.imag))
    return (
        np.asarray(values, dtype=x.dtype),
        np.asarray([numbers.index(v) for v in values]),
        np.asarray([values.index(v) for v in numbers]).reshape(x.shape),
        np.asarray([numbers.count(v) for v in values]),
    )


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "isin": _isin,
    "unique_all": _unique_all,
    "unique_counts": lambda mp, x: _unique_all(mp, x)[::3],
    "unique_inverse": lambda mp, x: _unique_all(mp, x)[::2],
    "unique_values": lambda mp, x: _unique_all(mp, x)[0],
}
