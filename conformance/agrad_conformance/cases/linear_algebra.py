"""Cases of the linear algebra functions of the main namespace: products and the transpose."""

from __future__ import annotations

from agrad.cases import Case
from agrad_conformance.cases.row import COMPLEX, row

__all__ = ["CASES"]

PRODUCTS: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((3, 4), (4, 2)), ((4,), (4,)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (2, 4, 2)), ((2, 2, 3), (3,)),
    ((2, 2, 3), (3, 2)), ((2, 3), (2, 3, 2)), ((2, 1, 2, 2), (2, 2, 2)), ((0, 4), (4, 2)), ((3, 0), (0, 2)),
    ((0,), (0,)), ((2, 0, 3), (3, 2)), ((1, 1), (1, 1)),
]  # fmt: skip


def _matmul(s1: tuple[int, ...], s2: tuple[int, ...]) -> Case:
    return row("matmul", lambda g: (g(*s1), g(*s2)))


CASES: list[Case] = [
    *(_matmul(s1, s2) for s1, s2 in PRODUCTS),
    row("matmul", lambda g: (g.real(3, 4), g(4, 2)), COMPLEX),
    row("matmul", lambda g: (g(3, 4).astype("float32"), g(4)), ["float64"]),
    row("matrix_transpose", lambda g: (g(2, 3, 2),)),
    row("matrix_transpose", lambda g: (g(3, 2),)),
    row("matrix_transpose", lambda g: (g(0, 2),)),
    row("tensordot", lambda g: (g(2, 2, 3), g(2, 3, 2))),
    row("tensordot", lambda g: (g(2, 3), g(3)), axes=1),
    row("tensordot", lambda g: (g(2, 3), g(2)), axes=0),
    row("tensordot", lambda g: (g(), g(2)), axes=0),
    row("tensordot", lambda g: (g(3, 2, 2), g(2, 2, 3)), axes=((0, -1), (2, 0))),
    row("tensordot", lambda g: (g(2, 3, 2), g(2, 2, 3)), axes=((2, 0, 1), (0, 1, 2))),
    row("tensordot", lambda g: (g(3, 0), g(0, 2)), axes=1),
    row("tensordot", lambda g: (g(3), g.real(3)), COMPLEX, axes=1),
    row("vecdot", lambda g: (g(3), g(3))),
    row("vecdot", lambda g: (g(2, 3), g(3))),
    row("vecdot", lambda g: (g(3, 1), g(2, 3, 2)), axis=-2),
    row("vecdot", lambda g: (g(2, 0), g(2, 0))),
    row("vecdot", lambda g: (g(3), g.real(2, 3)), COMPLEX),
    row("vecdot", lambda g: (g.real(2, 3), g(3)), COMPLEX),
]
