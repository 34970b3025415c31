"""Cases of the searching functions."""

from __future__ import annotations

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import COMPLEX, REAL, row

__all__ = ["CASES"]


def _place(op: str) -> list[Case]:
    return [
        row(op, lambda g: (g.apart(2, 3),), REAL),
        row(op, lambda g: (g.apart(2, 3),), REAL, axis=-1, keepdims=True),
    ]


CASES: list[Case] = [
    row("where", lambda g: (g.real(3, 4) > 0, g(3, 4), g(3, 4))),
    row("where", lambda g: (g.real(3, 1) > 0, g(2), g(2, 1, 1))),
    row("where", lambda g: (np.asarray(True), g(), g(2))),
    row("where", lambda g: (g.real(0, 4) > 0, g(4), g())),
    row("where", lambda g: (g.real(3) > 0, g(3), 1.5)),
    row("where", lambda g: (g.real(3) > 0, 1.5, g(3))),
    row("where", lambda g: (g.real(3) > 0, g.real(3), g(3)), COMPLEX),
    *(case for op in ("argmax", "argmin") for case in _place(op)),
    row("count_nonzero", lambda g: (np.asarray([[0, 1, 2], [0, 0, 3]], g.dtype),)),
    row("count_nonzero", lambda g: (np.asarray([[0, 1, 2], [0, 0, 3]], g.dtype),), axis=0, keepdims=True),
    row("nonzero", lambda g: (np.asarray([[0, 1, 2], [0, 0, 3]], g.dtype),), static=False),
    row("searchsorted", lambda g: (np.asarray([1, 2, 4], g.dtype), np.asarray([0, 2, 3, 5], g.dtype)), REAL),
    row("searchsorted", lambda g: (np.asarray([1, 2, 4], g.dtype), np.asarray([2], g.dtype)), REAL, side="right"),
]
