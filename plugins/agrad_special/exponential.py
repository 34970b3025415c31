"""Exponential integrals, and the integrals of sines, cosines and their hyperbolic kin."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case
from agrad.declare import POINTWISE, elementwise, general
from agrad_special.cases import each, unary
from agrad_special.compute import exponential
from agrad_special.compute.common import polynomial
from agrad_special.compute.exponential import QUOTIENT
from agrad_special.natives import scipy_special
from agrad_special.refused import refused
from agrad_special.text import described

__all__ = ["OPS"]

PAIR = "Two arrays of the dtype and shape of x."

OPS = (
    elementwise(
        "exp1(x, /)",
        lambda xp, x: xp.where(x < 0, xp.nan, -xp.exp(-x) / x),
        forward=exponential.exp1,
        native=scipy_special("exp1", torch="", jax=""),
        reference=lambda mp, x: mp.e1(x),
        cases=unary(0.1, 6, condition=8),
        doc=described(
            "Exponential integral E1: that of exp(-t) / t from x to infinity.",
            "-exp(-x) / x (DLMF 6.2.1).",
            ">>> [round(v, 6) for v in xp.special.exp1(xp.asarray([0.5, 1.0])).tolist()]\n[0.559774, 0.219384]",
            accuracy="8 units of rounding for all positive numbers.",
            returns="Infinite at 0, nan for negative numbers; of the dtype and shape of x.",
        ),
    ),
    elementwise(
        "expi(x, /)",
        lambda xp, x: xp.exp(x) / x,
        forward=exponential.expi,
        native=scipy_special("expi", torch="", jax=""),
        reference=lambda mp, x: mp.ei(x),
        cases=unary(0.5, 9, condition=16),
        doc=described(
            "Exponential integral Ei: the principal value of that of exp(t) / t from minus infinity to x.",
            "exp(x) / x (DLMF 6.2.5).",
            ">>> [round(v, 6) for v in xp.special.expi(xp.asarray([-1.0, 1.0])).tolist()]\n[-0.219384, 1.895118]",
            accuracy="12 units of rounding from -1e3 to 700, of 1 near the zero at 0.3725.",
            returns="Minus infinity at 0; of the dtype and shape of x.",
        ),
    ),
    elementwise(
        "expn(n, x, /)",
        refused("expn", "n", "the order is an integer"),
        lambda xp, n, x: _expn_slope(xp, n, x),
        forward=exponential.expn,  # and not SciPy's, which makes single precision double
        reference=lambda mp, n, x: mp.expint(int(n), x),
        cases=[
            Case(lambda draw, n=n: (n, draw.within(0.2, 5, 2, 3)), condition=8)  # type: ignore[misc]
            for n in (0, 1, 2, 7)
        ],
        doc=described(
            "Exponential integral En: that of exp(-x t) / t**n over t from 1 to infinity.",
            "-expn(n - 1, x) for x (DLMF 8.19.13); -exp(-x) (1 + x) / x**2 for n = 0. There is none for n.",
            ">>> [round(v, 6) for v in xp.special.expn(2, xp.asarray([0.0, 1.0])).tolist()]\n[1.0, 0.148496]",
            accuracy="8 units of rounding for n up to 60 and all positive numbers.",
            n=("int, or an array of integers", "The order, 0 or more."),
            x="The numbers.",
            returns="nan for negative numbers, infinite at 0 for n of 0 and 1; of the shape that n and x broadcast to.",
        ),
    ),
    general(
        "sici(x, /)",
        vjp=lambda xp, ct, x: ct[0] * exponential.sine_quotient(xp, x) + ct[1] * _cosine_quotient(xp, x),
        jvp=lambda xp, t, x: (t * exponential.sine_quotient(xp, x), t * _cosine_quotient(xp, x)),
        outputs=2,
        axes=POINTWISE,
        forward=exponential.sici,
        native=scipy_special("sici", torch="", jax="", cupy=""),
        reference=lambda mp, x: (each(mp.si, x), each(mp.ci, x)),
        cases=unary(0.2, 9, condition=16),
        doc=described(
            "Sine and cosine integral: Si(x), of sin(t) / t from 0 to x, and Ci(x), of -cos(t) / t from x on.",
            "sin(x) / x and cos(x) / x (DLMF 6.2.9, 6.2.11).",
            ">>> si, ci = xp.special.sici(xp.asarray(1.0))\n>>> round(float(si), 6), round(float(ci), 6)\n"
            "(0.946083, 0.337404)",
            notes="As in SciPy, Ci of a negative number is that of its modulus.",
            accuracy="2 units of rounding for Si, and twice what rounding the argument makes of it for Ci.",
            returns=PAIR,
            result="tuple of arrays",
        ),
    ),
    general(
        "shichi(x, /)",
        vjp=lambda xp, ct, x: ct[0] * _sinh_quotient(xp, x) + ct[1] * (xp.cosh(x) / x),
        jvp=lambda xp, t, x: (t * _sinh_quotient(xp, x), t * (xp.cosh(x) / x)),
        outputs=2,
        axes=POINTWISE,
        forward=exponential.shichi,
        native=scipy_special("shichi", torch="", jax="", cupy=""),
        reference=lambda mp, x: (each(mp.shi, x), each(mp.chi, x)),
        cases=unary(0.6, 5, condition=16),
        doc=described(
            "Hyperbolic sine and cosine integral: Shi(x), that of sinh(t) / t from 0 to x, and Chi(x).",
            "sinh(x) / x and cosh(x) / x (DLMF 6.2.15, 6.2.16).",
            ">>> shi, chi = xp.special.shichi(xp.asarray(1.0))\n>>> round(float(shi), 6), round(float(chi), 6)\n"
            "(1.057251, 0.837867)",
            notes="As in SciPy, Chi of a negative number is that of its modulus.",
            accuracy="16 units of rounding up to 700, for Chi of 1 near its zero at 0.524.",
            returns=PAIR,
            result="tuple of arrays",
        ),
    ),
)


def _expn_slope(xp: Any, n: Any, x: Any) -> Any:
    zero = n == 0 if hasattr(n, "dtype") else xp.full_like(x, n) == 0
    y = xp.where(zero, x, 1)
    first = -xp.exp(-y) * (1 + y) / y / y
    lower = xp.where(zero, 1, n) - 1 if hasattr(n, "dtype") else max(n - 1, 0)
    return xp.where(zero, first, -xp.special.expn(lower, xp.where(zero, 1, x)))


def _cosine_quotient(xp: Any, x: Any) -> Any:
    return xp.cos(xp.where(xp.isinf(x), 0, x)) / x


def _sinh_quotient(xp: Any, x: Any) -> Any:
    """``sinh(x) / x``, and all its derivatives near 0."""
    near = xp.abs(x) < 1
    y = xp.where(near, x, 0)
    return xp.where(near, polynomial(-y * y, QUOTIENT), xp.sinh(x) / xp.where(near, 1, x))
