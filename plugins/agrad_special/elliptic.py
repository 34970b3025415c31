"""Elliptic integrals of the first and second kind, in the angle and in the parameter."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case
from agrad.declare import elementwise
from agrad_special.cases import unary
from agrad_special.compute import elliptic
from agrad_special.compute.common import reals
from agrad_special.incomplete import scipy_alone
from agrad_special.text import described

__all__ = ["OPS"]

CASES = [
    Case(lambda draw, s=s: (draw.within(0.2, 1.3, *s), draw.within(-1, 0.8, *s)), condition=32)  # type: ignore[misc]
    for s in ((2, 3), (), (0, 2))
]
PARAMETER = "The parameter m, the square of the modulus."

OPS = (
    elementwise(
        "ellipk(m, /)",
        lambda xp, m: _whole(xp, "ellipk", m, -1.0) / (2 * (1 - m)),
        forward=elliptic.ellipk,
        native=scipy_alone("ellipk"),
        reference=lambda mp, m: mp.ellipk(m),
        cases=unary(-3, 0.9, condition=16),
        doc=described(
            "Complete elliptic integral of the first kind.",
            "(E(m) - (1 - m) K(m)) / (2 m (1 - m)) (DLMF 19.4.1), without the difference near 0.",
            ">>> [round(v, 6) for v in xp.special.ellipk(xp.asarray([0.0, 0.5])).tolist()]\n[1.570796, 1.854075]",
            accuracy="3 units of rounding for m from -1e3 to 1 - 1e-9.",
            m=PARAMETER,
            returns="Infinite at 1, nan above; of the dtype and shape of m.",
        ),
    ),
    elementwise(
        "ellipkinc(phi, m, /)",
        lambda xp, phi, m: 1 / elliptic.root(xp, "ellipkinc", phi, m),
        lambda xp, phi, m: elliptic.ellipkinc_slope(xp, phi, m),
        forward=elliptic.ellipkinc,
        native=scipy_alone("ellipkinc"),
        reference=lambda mp, phi, m: mp.ellipf(phi, m),
        cases=CASES,
        doc=described(
            "Incomplete elliptic integral of the first kind: of 1 / sqrt(1 - m sin(t)**2) from 0 to phi.",
            "1 / sqrt(1 - m sin(phi)**2) for phi. For m sin(phi)**3 / 6 times Carlson's RD (DLMF 19.25.5, 19.18.4).",
            ">>> round(float(xp.special.ellipkinc(xp.asarray(1.0), xp.asarray(0.5))), 6)\n1.083217",
            accuracy="4 units of rounding for m from -1e3 to 0.99.",
            phi="The angle.",
            m=PARAMETER,
        ),
    ),
    elementwise(
        "ellipe(m, /)",
        lambda xp, m: -0.5 * _whole(xp, "ellipe", m, 1.0),
        forward=elliptic.ellipe,
        native=scipy_alone("ellipe"),
        reference=lambda mp, m: mp.ellipe(m),
        cases=unary(-3, 0.9, condition=16),
        doc=described(
            "Complete elliptic integral of the second kind.",
            "(E(m) - K(m)) / (2 m) (DLMF 19.4.2), without the difference near 0.",
            ">>> [round(v, 6) for v in xp.special.ellipe(xp.asarray([0.0, 0.5])).tolist()]\n[1.570796, 1.350644]",
            accuracy="16 units of rounding for m from -1e3 to 1 - 1e-9.",
            m=PARAMETER,
            returns="nan above 1; of the dtype and shape of m.",
        ),
    ),
    elementwise(
        "ellipeinc(phi, m, /)",
        lambda xp, phi, m: elliptic.root(xp, "ellipeinc", phi, m),
        lambda xp, phi, m: elliptic.ellipeinc_slope(xp, phi, m),
        forward=elliptic.ellipeinc,
        native=scipy_alone("ellipeinc"),
        reference=lambda mp, phi, m: mp.ellipe(phi, m),
        cases=CASES,
        doc=described(
            "Incomplete elliptic integral of the second kind: of sqrt(1 - m sin(t)**2) from 0 to phi.",
            "sqrt(1 - m sin(phi)**2) for phi. For m -sin(phi)**3 / 6 times Carlson's RD (DLMF 19.25.9).",
            ">>> round(float(xp.special.ellipeinc(xp.asarray(1.0), xp.asarray(0.5))), 6)\n0.92733",
            accuracy="4 units of rounding for m from -1e3 to 0.99.",
            phi="The angle.",
            m=PARAMETER,
        ),
    ),
)


def _whole(xp: Any, name: str, m: Any, sign: float) -> Any:
    """``K(m) / 2`` and K(m) times a sum, with a sign; nan from 1 on."""
    (m,) = reals(xp, name, m)
    whole, rest = elliptic.means(xp, xp.where(m < 1, m, 0))
    return xp.where(m < 1, whole * (0.5 + sign * rest), xp.nan)
