"""Cases of the linear algebra extension: matrices far from singular, their eigenvalues and singular values apart."""

from __future__ import annotations

from math import inf

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.invariants import of_eig, of_eigenvalues, of_eigh, of_hermitian, of_qr, of_svd
from agrad_conformance.cases.row import COMPLEX, row

__all__ = ["CASES"]

SQUARE: list[tuple[int, ...]] = [(3, 3), (2, 2, 2), (1, 1), (0, 2, 2)]
ANY: list[tuple[int, ...]] = [(3, 3), (3, 2), (2, 2, 3), (3, 0)]
RIGHT: list[tuple[tuple[int, ...], tuple[int, ...]]] = [
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((2, 2, 2), (2, 2, 1)),
    ((2, 2, 2), (2,)),
    ((2, 2, 2), (3, 1, 2, 1)),
    ((2, 2), (3, 2, 2)),
    ((3, 3), (3, 0)),
    ((0, 0), (0, 2)),
]
REAL_EIGENVALUES = [[2, 1, 0], [0, -1, 1], [0, 0.5, 3]]
SINGULAR = [[1, 2, 3, 0], [2, 4, 6, 0], [1, 0, 1, 2], [0, 1, 1, 1]]


def _square(shape: tuple[int, ...]) -> list[Case]:
    return [
        row("linalg.cholesky", lambda g: (g.definite(*shape),), of=of_hermitian),
        row("linalg.det", lambda g: (g.regular(*shape),)),
        row("linalg.eig", lambda g: (g.regular(*shape),), of=of_eig),
        row("linalg.eigh", lambda g: (g.hermitian(*shape),), of=of_eigh),
        row("linalg.eigvals", lambda g: (g.regular(*shape),), of=of_eigenvalues),
        row("linalg.eigvalsh", lambda g: (g.hermitian(*shape),), of=of_hermitian),
        row("linalg.inv", lambda g: (g.regular(*shape),)),
        row("linalg.slogdet", lambda g: (g.regular(*shape),)),
    ]


def _any(shape: tuple[int, ...]) -> list[Case]:
    return [
        row("linalg.pinv", lambda g: (g.slender(*shape),)),
        row("linalg.qr", lambda g: (g.slender(*shape),), of=of_qr),
        row("linalg.qr", lambda g: (g.slender(*shape),), of=of_qr, mode="complete"),
        row("linalg.svd", lambda g: (g.slender(*shape),), of=of_svd),
        row("linalg.svd", lambda g: (g.slender(*shape),), of=of_svd, full_matrices=False),
        row("linalg.svdvals", lambda g: (g.slender(*shape),)),
    ]


def _matrix_power(n: int) -> Case:
    return row("linalg.matrix_power", lambda g: (g.regular(2, 2, 2), n))


def _solve(s1: tuple[int, ...], s2: tuple[int, ...]) -> Case:
    return row("linalg.solve", lambda g: (g.regular(*s1), g(*s2)))


def _vector_norm(ord: float) -> list[Case]:
    return [
        row("linalg.vector_norm", lambda g: (g.apart(5),), ord=ord),
        row("linalg.vector_norm", lambda g: (g.apart(2, 3, 2),), ord=ord, axis=(0, 2), keepdims=ord in (1, 2, inf)),
    ]


CASES: list[Case] = [
    row("linalg.cross", lambda g: (g(2, 3), g(2, 3))),
    row("linalg.cross", lambda g: (g(3), g(3))),
    row("linalg.cross", lambda g: (g(2, 3, 2), g(1, 3, 2)), axis=1),
    row("linalg.cross", lambda g: (g(3, 2), g(3, 2)), axis=-2),
    *(case for shape in SQUARE for case in _square(shape)),
    row("linalg.cholesky", lambda g: (g.definite(3, 3),), of=of_hermitian, upper=True),
    row("linalg.cholesky", lambda g: (g.definite(2, 2, 2),), of=of_hermitian, upper=True),
    row("linalg.det", lambda g: (g(4, 4),)),
    row("linalg.det", lambda g: (np.asarray(SINGULAR, g.dtype),)),
    *(row("linalg.diagonal", lambda g: (g(2, 2, 3),), offset=offset) for offset in (0, 1, -1, -9)),
    row("linalg.diagonal", lambda g: (g(0, 3),)),
    *(row("linalg.matrix_norm", lambda g: (g.slender(2, 2, 3),), ord=ord) for ord in ("fro", "nuc", 1, -1, 2, -2)),
    *(row("linalg.matrix_norm", lambda g: (g.slender(2, 2),), ord=ord, keepdims=True) for ord in ("fro", 2, inf, -inf)),
    row("linalg.matrix_norm", lambda g: (g.slender(2, 3, 2, 2),)),
    row("linalg.matrix_rank", lambda g: (g.slender(2, 2, 3),)),
    row("linalg.matrix_rank", lambda g: (np.asarray(SINGULAR, g.dtype),)),
    row("linalg.matrix_rank", lambda g: (np.asarray([[4.0, 0], [0, 1.0], [0, 0]], g.dtype),), rtol=0.5),
    *map(_matrix_power, (0, 1, 2, 3, 5, -1, -2)),
    row("linalg.matrix_power", lambda g: (g(0, 0), 2)),
    row("linalg.outer", lambda g: (g(3), g(2))),
    row("linalg.outer", lambda g: (g(1), g(3))),
    row("linalg.outer", lambda g: (g(0), g(2))),
    *(case for shape in ANY for case in _any(shape)),
    row("linalg.pinv", lambda g: (g.slender(3, 2),), rtol=1e-3),
    *(_solve(s1, s2) for s1, s2 in RIGHT),
    row("linalg.solve", lambda g: (g.regular(2, 2), g.real(2, 2)), COMPLEX),
    *(row("linalg.trace", lambda g: (g(2, 2, 3),), offset=offset) for offset in (0, 1, -1, -9)),
    row("linalg.trace", lambda g: (g(2, 3, 2, 2),)),
    row("linalg.trace", lambda g: (g(3, 3),), ["float32"], dtype="float64"),
    *(case for ord in (0, 1, 2, 3, 0.5, -1, inf, -inf) for case in _vector_norm(ord)),
    *(row("linalg.vector_norm", lambda g: (g.apart(),), ord=ord) for ord in (0, 1, 2, 0.5)),
    row("linalg.vector_norm", lambda g: (g(0, 3),), axis=0),
    row("linalg.vector_norm", lambda g: (g(2, 3),), axis=-1, keepdims=True),
    *(row("linalg.vector_norm", lambda g: (g.apart(5),), ord=ord) for ord in (1.5, -2.5)),
    *_square((0, 0)),
    *_any((0, 3, 2)),
    row("linalg.eig", lambda g: (np.asarray(REAL_EIGENVALUES, g.dtype),), of=of_eig),
    row("linalg.eigvals", lambda g: (np.asarray(REAL_EIGENVALUES, g.dtype),), of=of_eigenvalues),
    row("linalg.qr", lambda g: (g.slender(4, 2),), of=of_qr, mode="complete"),  # two columns to complete
    row("linalg.svd", lambda g: (g.slender(4, 2),), of=of_svd),
]
