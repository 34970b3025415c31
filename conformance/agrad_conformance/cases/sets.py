"""Cases of the set functions, which have no derivative; what leaves the order of unique values open is sorted."""

from __future__ import annotations

from typing import Any

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import REAL, row

__all__ = ["CASES"]

NUMBERS = np.asarray([[3, 1, 3], [2, 3, 1]])


def _values(xp: Any, call: Any, x: Any) -> Any:
    return xp.sort(call(x))


def _counts(xp: Any, call: Any, x: Any) -> Any:
    values, counts = call(x)
    order = xp.argsort(values)
    return xp.take(values, order, axis=0), xp.take(counts, order, axis=0)


def _inverse(xp: Any, call: Any, x: Any) -> Any:
    values, inverse = call(x)
    return xp.sort(values), xp.reshape(xp.take(values, xp.reshape(inverse, (-1,)), axis=0), inverse.shape)


def _all(xp: Any, call: Any, x: Any) -> Any:
    """Sorted values and counts, the values at the indices, and the argument put together again."""
    values, indices, inverse, counts = call(x)
    order = xp.argsort(values)
    first = xp.take(xp.reshape(x, (-1,)), xp.take(indices, order, axis=0), axis=0)
    again = xp.reshape(xp.take(values, xp.reshape(inverse, (-1,)), axis=0), inverse.shape)
    return xp.take(values, order, axis=0), first, again, xp.take(counts, order, axis=0)


def _unique(op: str, of: Any) -> Case:
    return row(op, lambda g: (NUMBERS,), REAL, of=of, static=False)


CASES: list[Case] = [
    *(
        row("isin", lambda g: (np.asarray([[1, 2], [3, 4]], g.dtype), np.asarray([2, 4, 6], g.dtype)), invert=invert)
        for invert in (False, True)
    ),
    _unique("unique_all", _all),
    _unique("unique_counts", _counts),
    _unique("unique_inverse", _inverse),
    _unique("unique_values", _values),
]
