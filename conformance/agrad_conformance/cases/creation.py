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
    row("arange", lambda g: (5,), ["float64"]),
    row("arange", lambda g: (1.5, 7, -2), ["float64"]),
    row("arange", lambda g: (7, 1.5, -2), ["float64"], dtype="float64"),
    row("eye", lambda g: (3,), ["float64"], dtype="float64"),
    row("eye", lambda g: (2, 4), ["float64"], k=1, dtype="float64"),
    row("eye", lambda g: (3, 2), ["float64"], k=-1, dtype="float64"),
    row("linspace", lambda g: (1.5, -2.0, 4), ["float64"], dtype="float64"),
    row("linspace", lambda g: (0, 1, 3), ["float64"], dtype="float64", endpoint=False),
    row("ones", lambda g: ((2, 3),), ["float64"], dtype="float64"),
    row("zeros", lambda g: ((2, 3),), ["float64"], dtype="float64"),
    *_triangle("tril"),
    *_triangle("triu"),
]
