"""Cases of the sorting functions."""

from __future__ import annotations

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import REAL, row

__all__ = ["CASES"]

CASES: list[Case] = [
    row("sort", lambda g: (g.apart(3, 4),), REAL),
    row("sort", lambda g: (g.apart(3, 4),), REAL, axis=0, descending=True),
    row("sort", lambda g: (g.apart(7),), REAL, stable=False),
    row("sort", lambda g: (g.apart(0, 2),), REAL, axis=0),
    row("argsort", lambda g: (g.apart(2, 3),), REAL),
    row("argsort", lambda g: (np.asarray([2, 1, 2, 1], g.dtype),), REAL, axis=0, descending=True, stable=True),
]
