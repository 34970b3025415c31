"""Cases of the set functions, which have no derivative; the order of unique values is left open, so they have none."""

from __future__ import annotations

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import row

__all__ = ["CASES"]

CASES: list[Case] = [
    row("isin", lambda g: (np.asarray([[1, 2], [3, 4]], g.dtype), np.asarray([2, 4, 6], g.dtype)), invert=invert)
    for invert in (False, True)
]
