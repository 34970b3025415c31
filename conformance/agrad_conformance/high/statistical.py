"""Statistical functions in high precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_conformance.high.data_type import FUNCTIONS as DATA_TYPE
from agrad_conformance.high.numbers import is_complex, zero

__all__ = ["FUNCTIONS", "reduction"]


def reduction(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function ``f(mp, numbers, **params)`` of a list of numbers as one that reduces axes of an array."""

    def call(
        mp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: str | None = None, **params: Any
    ) -> Any:
        if dtype is not None:
            x = DATA_TYPE["astype"](mp, x, dtype)
        axes = tuple(range(x.ndim)) if axis is None else tuple(a % x.ndim for a in np.atleast_1d(axis).astype(int))
        rest = [i for i in range(x.ndim) if i not in axes]
        rows = np.permute_dims(x, (*rest, *axes))
        shape = tuple(x.shape[i] for i in rest)
        y = np.empty(shape, dtype=object)
        for place in np.ndindex(*shape):
            y[place] = f(mp, list(np.asarray(rows[place]).flat), **params)
            if is_complex(mp, x) and isinstance(y[place], mp.mpf):  # there was nothing to reduce
                y[place] = mp.mpc(y[place])
        return np.expand_dims(y, axes) if keepdims else y

    return call


def _sum(mp: Any, xs: list[Any]) -> Any:
    return sum(xs, mp.mpf(0))


def _prod(mp: Any, xs: list[Any]) -> Any:
    total = mp.mpf(1)
    for x in xs:
        total = total * x
    return total


def _mean(mp: Any, xs: list[Any]) -> Any:
    return _sum(mp, xs) / len(xs)


def _var(mp: Any, xs: list[Any], correction: float = 0.0) -> Any:
    mean = _mean(mp, xs)
    return _sum(mp, [(x - mean) ** 2 for x in xs]) / (len(xs) - mp.mpf(correction))


def _accumulation(step: Callable[[Any, Any], Any], initial: int) -> Callable[..., Any]:
    def call(
        mp: Any, x: Any, *, axis: int | None = None, dtype: str | None = None, include_initial: bool = False
    ) -> Any:
        if dtype is not None:
            x = DATA_TYPE["astype"](mp, x, dtype)
        x = np.moveaxis(np.atleast_1d(x), axis or 0, 0)
        y = np.empty((x.shape[0] + 1, *x.shape[1:]), dtype=object)
        y[0] = initial + zero(mp, x)
        for i in range(x.shape[0]):
            y[i + 1] = step(y[i], x[i])
        return np.moveaxis(y if include_initial else y[1:], 0, axis or 0)

    return call


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "cumulative_prod": _accumulation(lambda a, b: a * b, 1),
    "cumulative_sum": _accumulation(lambda a, b: a + b, 0),
    "max": reduction(lambda mp, xs: max(xs)),
    "mean": reduction(_mean),
    "min": reduction(lambda mp, xs: min(xs)),
    "prod": reduction(_prod),
    "std": reduction(lambda mp, xs, correction=0.0: mp.sqrt(_var(mp, xs, correction))),
    "sum": reduction(_sum),
    "var": reduction(_var),
}
