"""Dawson's integral, the scaled complementary error function and Fresnel's integrals."""

from __future__ import annotations

import math
from typing import Any

from agrad.declare import POINTWISE, elementwise, general
from agrad_special.cases import each, unary
from agrad_special.compute import dawson, error
from agrad_special.compute.common import polynomial, reals
from agrad_special.natives import scipy_special
from agrad_special.text import described

__all__ = ["OPS"]

ROOT_PI = math.sqrt(math.pi)

OPS = (
    elementwise(
        "erfcx(x, /)",
        lambda xp, out, x: _erfcx_slope(xp, out, x),
        forward=dawson.erfcx,
        native=scipy_special("erfcx", jax=""),
        reference=lambda mp, x: mp.exp(x * x) * mp.erfc(x),
        cases=unary(-2, 9, condition=16),
        doc=described(
            "Scaled complementary error function: exp(x**2) * erfc(x).",
            "2 x erfcx(x) - 2 / sqrt(pi) (DLMF 7.10.1), from 3 on by the continued fraction DLMF 7.9.3, so that "
            "nothing cancels.",
            ">>> [round(v, 6) for v in xp.special.erfcx(xp.asarray([0.0, 100.0])).tolist()]\n[1.0, 0.005642]",
            accuracy="4 units of rounding.",
        ),
    ),
    elementwise(
        "dawsn(x, /)",
        lambda xp, out, x: _dawsn_slope(xp, out, x),
        forward=dawson.dawsn,
        native=scipy_special("dawsn", torch="", jax=""),
        reference=lambda mp, x: mp.sqrt(mp.pi) / 2 * mp.exp(-x * x) * mp.erfi(x),
        cases=unary(-3, 3, condition=32),
        doc=described(
            "Dawson's integral: exp(-x**2) times the integral of exp(t**2) from 0 to x.",
            "1 - 2 x dawsn(x) (DLMF 7.10.3), beyond 7 by its asymptotic expansion (DLMF 7.12.1).",
            ">>> [round(v, 6) for v in xp.special.dawsn(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 0.53808]",
            accuracy="30 units of rounding near 7, 4 elsewhere; up to 7 a derivative has 2 x**2 times those of the "
            "last, beyond it no more.",
        ),
    ),
    general(
        "fresnel(x, /)",
        vjp=lambda xp, ct, x: ct[0] * xp.sin(dawson.phase(xp, x)) + ct[1] * xp.cos(dawson.phase(xp, x)),
        jvp=lambda xp, t, x: (t * xp.sin(dawson.phase(xp, x)), t * xp.cos(dawson.phase(xp, x))),
        outputs=2,
        axes=POINTWISE,
        forward=dawson.fresnel,
        native=scipy_special("fresnel", torch="", jax="", cupy=""),
        reference=lambda mp, x: (each(mp.fresnels, x), each(mp.fresnelc, x)),
        cases=unary(-3, 3, condition=8),
        doc=described(
            "Fresnel's integrals S and C: those of sin(pi t**2 / 2) and cos(pi t**2 / 2) from 0 to x.",
            "sin(pi x**2 / 2) and cos(pi x**2 / 2) (DLMF 7.2.7, 7.2.8).",
            ">>> s, c = xp.special.fresnel(xp.asarray(1.0))\n>>> round(float(s), 6), round(float(c), 6)\n"
            "(0.438259, 0.779893)",
            accuracy="2 units of rounding in double precision, up to 1e3; in single precision 140 where x is large.",
            returns="Two arrays of the dtype and shape of x.",
            result="tuple of arrays",
        ),
    ),
)


def _erfcx_slope(xp: Any, out: Any, x: Any) -> Any:
    """``2 x out - 2 / sqrt(pi)``, as one fraction from 3 on: out is ``sqrt(2 / pi) / (z + rest)``."""
    (x,) = reals(xp, "erfcx", x)
    far = x > error.FAR_OUT * math.sqrt(0.5)
    z = math.sqrt(2) * xp.where(far, x, error.FAR_OUT)
    rest = error.mills_excess(z)
    return xp.where(far, -2 / ROOT_PI * (rest / (z + rest)), 2 * x * out - 2 / ROOT_PI)


def _dawsn_slope(xp: Any, out: Any, x: Any) -> Any:
    (x,) = reals(xp, "dawsn", x)
    far = xp.abs(x) > dawson.FAR
    square = xp.square(1 / xp.where(far, x, dawson.FAR))
    y = xp.where(far, 0, x)
    return xp.where(far, square * polynomial(square, dawson.SLOPE), 1 - 2 * y * out)
