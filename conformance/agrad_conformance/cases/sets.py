"""Cases of the set functions: values that occur twice are integers, for a derivative is open there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import REAL, row

__all__ = ["CASES"]

NUMBERS = np.asarray([[3, 1, 3], [2, 3, 1]])


UNIQUE = ("unique_all", "unique_counts", "unique_inverse", "unique_values")


def _values(op: str) -> Callable[..., Any]:
    """The values alone, which are what can be differentiated."""
    if op == "unique_values":
        return lambda xp, x: xp.unique_values(x)
    return lambda xp, x: getattr(xp, op)(x)[0]


CASES: list[Case] = [
    *(
        row("isin", lambda g: (np.asarray([[1, 2], [3, 4]], g.dtype), np.asarray([2, 4, 6], g.dtype)), invert=invert)
        for invert in (False, True)
    ),
    *(row(op, lambda g: (NUMBERS,), REAL, static=False) for op in UNIQUE),
    *(row(op, lambda g: (g.apart(2, 3),), call=_values(op), static=False) for op in UNIQUE),
    *(row(op, lambda g: (g.apart(0),), REAL, call=_values(op), static=False) for op in UNIQUE),
]
