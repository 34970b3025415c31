"""Cases of the utility functions."""

from __future__ import annotations

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import row

__all__ = ["CASES"]


def _truth(op: str) -> list[Case]:
    return [
        row(op, lambda g: (np.asarray([[0, 1, 2], [0, 0, 3]], g.dtype),), axis=0),
        row(op, lambda g: (np.asarray([[0, 1, 2], [0, 0, 3]], g.dtype),), keepdims=True),
    ]


CASES: list[Case] = [
    *(case for op in ("all", "any") for case in _truth(op)),
    row("diff", lambda g: (g(3, 4),)),
    row("diff", lambda g: (g(3, 4),), axis=0, n=2),
    row("diff", lambda g: (g(3, 4),), n=0),
    row("diff", lambda g: (g(3, 4),), n=9),
    row("diff", lambda g: (g(2, 3),), n=2, prepend=lambda g: g(2, 1), append=lambda g: g(2, 2)),
    row("diff", lambda g: (g(5),), append=lambda g: g(1)),
]
