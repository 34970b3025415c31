"""Searching functions in high precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_conformance.high.numbers import alike
from agrad_conformance.high.statistical import reduction

__all__ = ["FUNCTIONS"]


def _where(mp: Any, condition: Any, x1: Any, x2: Any) -> Any:
    choose = np.frompyfunc(lambda c, a, b: a if c else b, 3, 1)
    return np.asarray(choose(condition, *alike(mp, x1, x2)), dtype=object)


def _place_of(best: Callable[..., Any]) -> Callable[..., Any]:
    """The place of the first number that is as `best` says."""
    return reduction(lambda mp, xs: xs.index(best(xs)))


def _searchsorted(mp: Any, x1: Any, x2: Any, *, side: str = "left") -> Any:
    def place(v: Any) -> int:
        return sum(bool(x < v) or (side == "right" and bool(x == v)) for x in x1)

    return np.asarray([place(v) for v in x2.flat], dtype=int).reshape(x2.shape)


def _whole(f: Callable[..., Any]) -> Callable[..., Any]:
    return lambda mp, *args, **params: np.asarray(f(mp, *args, **params)).astype(int)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "argmax": _whole(_place_of(max)),
    "argmin": _whole(_place_of(min)),
    "count_nonzero": _whole(reduction(lambda mp, xs: sum(x != 0 for x in xs))),
    "nonzero": lambda mp, x: tuple(np.asarray(i) for i in np.nonzero(x != 0)),
    "searchsorted": _searchsorted,
    "where": _where,
}
