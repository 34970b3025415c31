"""The linear algebra functions of the main namespace in high precision."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_conformance.high.numbers import zero

__all__ = ["FUNCTIONS"]


def _matmul(mp: Any, x1: Any, x2: Any) -> Any:
    """A sum over the last axis of one and the last but one of the other; vectors gain an axis for it and lose it."""
    a = x1[None, :] if x1.ndim == 1 else x1
    b = x2[:, None] if x2.ndim == 1 else x2
    terms = a[..., :, :, None] * b[..., None, :, :]
    y = _sum(zero(mp, x1, x2), np.moveaxis(terms, -2, 0))
    y = y[..., 0] if x2.ndim == 1 else y
    return y if x1.ndim > 1 else y[..., 0, :] if x2.ndim > 1 else y[..., 0]


def _sum(nothing: Any, terms: Any) -> Any:
    """Sum over the first axis, starting from `nothing`."""
    total = np.full(terms.shape[1:], nothing, dtype=object)
    for term in terms:
        total = total + term
    return total


def _tensordot(mp: Any, x1: Any, x2: Any, *, axes: Any = 2) -> Any:
    if isinstance(axes, int):
        left, right = [*range(x1.ndim - axes, x1.ndim)], [*range(axes)]
    else:
        left, right = ([i % x.ndim for i in given] for x, given in zip((x1, x2), axes, strict=True))
    rest1 = [i for i in range(x1.ndim) if i not in left]
    rest2 = [i for i in range(x2.ndim) if i not in right]
    n = int(np.prod([x1.shape[i] for i in left], dtype=int))
    a = np.transpose(x1, (*left, *rest1)).reshape(n, *(x1.shape[i] for i in rest1), *(1 for _ in rest2))
    b = np.transpose(x2, (*right, *rest2)).reshape(n, *(1 for _ in rest1), *(x2.shape[i] for i in rest2))
    return _sum(zero(mp, x1, x2), a * b)


def _vecdot(mp: Any, x1: Any, x2: Any, *, axis: int = -1) -> Any:
    conjugate = np.frompyfunc(mp.conj, 1, 1)
    return _sum(zero(mp, x1, x2), np.moveaxis(np.moveaxis(conjugate(x1), axis, -1) * np.moveaxis(x2, axis, -1), -1, 0))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matmul": _matmul,
    "matrix_transpose": lambda mp, x: np.swapaxes(x, -1, -2),
    "tensordot": _tensordot,
    "vecdot": _vecdot,
}
