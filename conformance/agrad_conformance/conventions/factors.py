"""Conventions of factors that are not unique: their derivative has no component along the freedom that is left.

What must not move is compared with itself, held fast by `agrad.stop_gradient`: the derivative of ``stop(V)ᴴ V`` is
``Vᴴ dV``.
"""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np

import agrad
from agrad_conformance.conventions.point import Point, nan_inf, value

__all__ = ["POINTS"]

SHARED = "every basis of the space is as good"
GAUGE = "no component along the gauge"
COMPLETING = "they complete a basis, in any way"
PART = "a function of the Hermitian part, whichever triangle is read"
TALL = [[2 + 1j, 0.5j], [1 - 1j, 3 + 0j], [0.5 + 0j, 1 + 1j], [1j, -1 + 0j]]
HERMITIAN = [[2 + 0j, 1 - 1j], [1 + 1j, 5 + 0j]]
SQUARE = [[2 + 1j, 1 - 1j], [0.5 + 0j, 5 - 1j]]
WEIGHTS = [1 + 2j, 10 - 3j]
LOST = [[nan] * 3] * 3
NOWHERE = complex(nan, nan)
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


def _squared_by_eigh(xp: Any, x: Any) -> Any:
    w, v = xp.linalg.eigh(x)
    return (v * w**2) @ xp.matrix_transpose(v)


def _squared_by_eig(xp: Any, x: Any) -> Any:
    w, v = xp.linalg.eig(x)
    return (v * w**2) @ xp.linalg.inv(v)


def _squared_values(xp: Any, x: Any) -> Any:
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    return (u * s**2) @ vh


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
        second=(LOST,),
    ),
    nan_inf(
        "eigh-values-and-vectors",
        "linalg.eigh",
        ([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [0.0, 0.0, 5.0]],),
        (LOST,),
        "the derivative of the square takes part",
        call=_squared_by_eigh,
    ),
    nan_inf(
        "eigh-values-and-vectors",
        "linalg.eig",
        ([[2 + 0j, 0j], [0j, 2 + 0j]],),
        ([[NOWHERE, NOWHERE], [NOWHERE, NOWHERE]],),
        "the derivative of the square takes part",
        call=_squared_by_eig,
    ),
    value(
        "eigh-values-forward",
        "linalg.eigh",
        ([[2.0, 0.0], [0.0, 2.0]],),
        ([[4.0, 0.0], [0.0, 4.0]],),
        "the rule cannot know whether the vectors are used, too",
        call=lambda xp, x: xp.linalg.eigh(x)[0] ** 2,
        forward=([[nan, nan], [nan, nan]],),
    ),
    nan_inf(
        "eigh-close-values",
        "linalg.eigh",
        ([[2 + 1e-12, 1e-12], [1e-12, 2 + 1e-12]],),
        ([[nan, nan], [nan, nan]],),
        "a single vector of two",
        call=lambda xp, x: xp.linalg.eigh(x)[1][1, 0],
        forward=([[nan, 0.0], [0.0, nan]],),  # along the others the vectors stay
        dtypes=("float64",),
    ),
    nan_inf(
        "qr-dependent-columns",
        "linalg.qr",
        ([[1.0, 2.0], [1.0, 2.0]],),
        ([[nan, nan], [nan, nan]],),
        "the direction of the second column is rounding",
        call=lambda xp, x: xp.linalg.qr(x)[0],
    ),
    value(
        "eigvalsh-equal-values",
        "linalg.eigvalsh",
        ([[2.0, 0.0], [0.0, 2.0]],),
        ([[4.0, 0.0], [0.0, 4.0]],),
        "a result that treats them alike prefers no basis",
        call=lambda xp, x: xp.linalg.eigvalsh(x) ** 2,
        second=([[nan, nan], [nan, nan]],),
    ),
    value(
        "svd-equal-values",
        "linalg.svd",
        ([[2.0, 0.0], [0.0, 2.0]],),
        ([[0.0, 1.25], [-1.25, 0.0]],),
        "the polar factor is unique",
        call=_polar,
        cotangent=[[1.0, 7.0], [2.0, -3.0]],
        second=([[nan, nan], [nan, nan]],),
    ),
    nan_inf(
        "svd-values-and-vectors",
        "linalg.svd",
        ([[2.0, 0.0], [0.0, 2.0]],),
        ([[nan, nan], [nan, nan]],),
        "the derivative of the square takes part",
        call=_squared_values,
    ),
    nan_inf(
        "svd-values-and-vectors",
        "linalg.svd",
        ([[2.0, 0.0], [0.0, 0.0], [0.0, 0.0]],),
        ([[nan, nan]] * 3,),
        "so it does at 0, beside columns that complete a basis",
        call=_squared_values,
    ),
    value(
        "svdvals-equal-values",
        "linalg.svdvals",
        ([[2.0, 0.0], [0.0, 2.0]],),
        ([[1.0, 0.0], [0.0, 1.0]],),
        "a result that treats them alike prefers no basis",
        second=([[nan, nan], [nan, nan]],),
    ),
)
