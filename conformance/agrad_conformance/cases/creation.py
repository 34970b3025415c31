"""Cases of the creation functions that take numbers from arrays."""

from __future__ import annotations

from agrad.cases import Case
from agrad_conformance.cases.row import row

__all__ = ["CASES"]


def _triangle(op: str) -> list[Case]:
    return [
        row(op, lambda g: (g(3, 4),)),
        row(op, lambda g: (g(2, 2, 3),), k=1),
        row(op, lambda g: (g(4, 2),), k=-2),
        row(op, lambda g: (g(0, 3),), k=9),
    ]


CASES: list[Case] = [
    row("asarray", lambda g: (g(2, 3),)),
    row("asarray", lambda g: (g(),), copy=True),
    row("asarray", lambda g: ([[g(), g()], [g(), g()]],), standard=False),
    row("full", lambda g: ((2, 3), g())),
    row("full", lambda g: ((), g())),
    row("full", lambda g: ((0, 2), g())),
    row("full_like", lambda g: (g.real(2, 3), g.real())),
    row("full_like", lambda g: (g(), g())),
    row("full_like", lambda g: (g(3), 1.5)),
    row("ones_like", lambda g: (g(2, 3),)),
    row("zeros_like", lambda g: (g(2, 3),)),
    row("meshgrid", lambda g: (g(2), g(3))),
    row("meshgrid", lambda g: (g(2), g(1), g(3)), indexing="ij"),
    row("meshgrid", lambda g: (g(2),)),
    row("meshgrid", lambda g: (g(0), g(3))),
    *_triangle("tril"),
    *_triangle("triu"),
]
