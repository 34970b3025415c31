"""Conventions of factors that are not unique: their derivative has no component along the freedom that is left.

What must not move is compared with itself, held fast by `agrad.stop_gradient`: the derivative of ``stop(V)ᴴ V`` is
``Vᴴ dV``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

import agrad
from agrad_conformance.conventions.point import Point, value

__all__ = ["POINTS"]

SHARED = "every basis of the space is as good"
GAUGE = "no component along the gauge"
COMPLETING = "they complete a basis, in any way"
PART = "a function of the Hermitian part, whichever triangle is read"
TALL = [[2 + 1j, 0.5j], [1 - 1j, 3 + 0j], [0.5 + 0j, 1 + 1j], [1j, -1 + 0j]]
HERMITIAN = [[2 + 0j, 1 - 1j], [1 + 1j, 5 + 0j]]
SQUARE = [[2 + 1j, 1 - 1j], [0.5 + 0j, 5 - 1j]]
WEIGHTS = [1 + 2j, 10 - 3j]
SYMMETRIC = [[1.0, 2.0, 3.0], [2.0, 5.0, 7.0], [3.0, 7.0, 11.0]]


def _zeros(x: Any) -> Any:
    return (np.asarray(x) * 0).tolist()


def _h(xp: Any, x: Any) -> Any:
    return xp.conj(xp.matrix_transpose(x))


def _eigh_phase(xp: Any, x: Any) -> Any:
    v = xp.linalg.eigh((x + _h(xp, x)) / 2)[1]
    return xp.linalg.diagonal(_h(xp, agrad.stop_gradient(v)) @ v)


def _eig_phase(xp: Any, x: Any) -> Any:
    v = xp.linalg.eig(x)[1]
    return xp.linalg.diagonal(_h(xp, agrad.stop_gradient(v)) @ v)


def _svd_phase(xp: Any, x: Any) -> Any:
    u, _, vh = xp.linalg.svd(x, full_matrices=False)
    return xp.linalg.diagonal(_h(xp, agrad.stop_gradient(u)) @ u + agrad.stop_gradient(vh) @ _h(xp, vh))


def _svd_completed(xp: Any, x: Any) -> Any:
    u = xp.linalg.svd(x)[0]
    return (_h(xp, agrad.stop_gradient(u)) @ u)[2:, 2:]


def _qr_phase(xp: Any, x: Any) -> Any:
    r = xp.linalg.diagonal(xp.linalg.qr(x)[1])
    return xp.imag(r / agrad.stop_gradient(r))


def _qr_completed(xp: Any, x: Any) -> Any:
    q = xp.linalg.qr(x, mode="complete")[0]
    return (_h(xp, agrad.stop_gradient(q)) @ q)[2:, 2:]


def _equal_vectors(xp: Any, x: Any) -> Any:
    v = xp.linalg.eigh(x)[1]
    return (_h(xp, agrad.stop_gradient(v)) @ v)[:2, :2]


def _projector(xp: Any, x: Any) -> Any:
    v = xp.linalg.eigh(x)[1][:, :2]
    return v @ xp.matrix_transpose(v)


def _equal_singular_vectors(xp: Any, x: Any) -> Any:
    u, _, vh = xp.linalg.svd(x)
    return xp.stack([_h(xp, agrad.stop_gradient(u)) @ u + vh @ _h(xp, agrad.stop_gradient(vh))])


def _polar(xp: Any, x: Any) -> Any:
    u, _, vh = xp.linalg.svd(x)
    return u @ vh


POINTS: tuple[Point, ...] = (
    value("eigh-phase", "linalg.eigh", (HERMITIAN,), (_zeros(HERMITIAN),), GAUGE, call=_eigh_phase, cotangent=WEIGHTS),
    value(
        "eig-phase", "linalg.eig", (SQUARE,), (_zeros(SQUARE),), GAUGE, call=_eig_phase, cotangent=WEIGHTS, condition=10
    ),
    value("svd-phase", "linalg.svd", (TALL,), (_zeros(TALL),), GAUGE, call=_svd_phase, cotangent=WEIGHTS, condition=10),
    value(
        "svd-completed-basis",
        "linalg.svd",
        (TALL,),
        (_zeros(TALL),),
        COMPLETING,
        call=_svd_completed,
        cotangent=[[1 + 2j, 3j], [2 - 1j, 5 + 0j]],
        condition=10,
    ),
    value(
        "qr-phase", "linalg.qr", (TALL,), (_zeros(TALL),), GAUGE, call=_qr_phase, cotangent=[1.0, 10.0], condition=10
    ),
    value(
        "qr-completed-basis",
        "linalg.qr",
        (TALL,),
        (_zeros(TALL),),
        COMPLETING,
        call=_qr_completed,
        cotangent=[[1 + 2j, 3j], [2 - 1j, 5 + 0j]],
        condition=10,
    ),
    value(
        "hermitian-argument",
        "linalg.cholesky",
        ([[4.0, 2.0], [2.0, 5.0]],),
        ([[3 / 16, 1 / 8], [1 / 8, 1 / 4]],),
        PART,
    ),
    value(
        "hermitian-argument",
        "linalg.eigvalsh",
        ([[4.0, 2.0], [2.0, 1.0]],),
        ([[8.0, 4.0], [4.0, 2.0]],),
        PART,
        call=lambda xp, x: xp.linalg.eigvalsh(x) ** 2,
    ),
    value(
        "hermitian-argument",
        "linalg.eigh",
        ([[4.0, 2.0], [2.0, 1.0]],),
        ([[8.0, 4.0], [4.0, 2.0]],),
        PART,
        call=lambda xp, x: xp.linalg.eigh(x)[0] ** 2,
    ),
    value(
        "eigh-equal-values",
        "linalg.eigh",
        ([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 5.0]],),
        ([[0.0] * 3] * 3,),
        SHARED,
        call=_equal_vectors,
        cotangent=[[1.0, 10.0], [-3.0, 4.0]],
    ),
    value(
        "eigh-equal-values",
        "linalg.eigh",
        ([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 5.0]],),
        ([[0.0, 0.0, -1.0], [0.0, 0.0, -7 / 3], [-1.0, -7 / 3, 0.0]],),
        "the projector on the space of equal values is unique",
        call=_projector,
        cotangent=SYMMETRIC,
    ),
    value(
        "eigvalsh-equal-values",
        "linalg.eigvalsh",
        ([[2.0, 0.0], [0.0, 2.0]],),
        ([[4.0, 0.0], [0.0, 4.0]],),
        "a result that treats them alike prefers no basis",
        call=lambda xp, x: xp.linalg.eigvalsh(x) ** 2,
    ),
    value(
        "svd-equal-values",
        "linalg.svd",
        ([[2.0, 0.0], [0.0, 2.0]],),
        ([[0.0, 1.25], [-1.25, 0.0]],),
        "the polar factor is unique",
        call=_polar,
        cotangent=[[1.0, 7.0], [2.0, -3.0]],
    ),
    value(
        "svdvals-equal-values",
        "linalg.svdvals",
        ([[2.0, 0.0], [0.0, 2.0]],),
        ([[1.0, 0.0], [0.0, 1.0]],),
        "a result that treats them alike prefers no basis",
    ),
)
