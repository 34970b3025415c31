"""Bessel functions of the first and second kind, of orders 0 and 1."""

from __future__ import annotations

from agrad.declare import elementwise
from agrad_special.cases import unary
from agrad_special.compute import bessel_plain as compute
from agrad_special.incomplete import scipy_alone
from agrad_special.text import described

__all__ = ["OPS"]

ACCURACY = "{} units of rounding, of 1 / sqrt(x) near zeros, for x up to 1e9."

OPS = (
    elementwise(
        "j0(x, /)",
        lambda xp, x: -xp.special.j1(x),
        forward=compute.j0,
        native=scipy_alone("j0"),
        reference=lambda mp, x: mp.besselj(0, x),
        cases=unary(-9, 9, condition=32),
        doc=described(
            "Bessel function of the first kind of order 0.",
            "-j1(x) (DLMF 10.6.3).",
            ">>> [round(v, 6) for v in xp.special.j0(xp.asarray([0.0, 1.0])).tolist()]\n[1.0, 0.765198]",
            accuracy=ACCURACY.format(4),
        ),
    ),
    elementwise(
        "j1(x, /)",
        lambda xp, out, x: compute.j1_slope(xp, out, x),
        forward=compute.j1,
        native=scipy_alone("j1"),
        reference=lambda mp, x: mp.besselj(1, x),
        cases=unary(-9, 9, condition=32),
        doc=described(
            "Bessel function of the first kind of order 1.",
            "j0(x) - j1(x) / x (DLMF 10.6.2), up to 2 by its series; 1/2 at 0.",
            ">>> [round(v, 6) for v in xp.special.j1(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 0.440051]\n"
            ">>> float(agrad.grad(xp.special.j1)(0.0))\n0.5",
            accuracy=ACCURACY.format(4),
        ),
    ),
    elementwise(
        "y0(x, /)",
        lambda xp, x: -xp.special.y1(x),
        forward=compute.y0,
        native=scipy_alone("y0"),
        reference=lambda mp, x: mp.bessely(0, x),
        cases=unary(0.3, 9, condition=32),
        doc=described(
            "Bessel function of the second kind of order 0.",
            "-y1(x) (DLMF 10.6.3).",
            ">>> round(float(xp.special.y0(xp.asarray(1.0))), 6)\n0.088257",
            accuracy=ACCURACY.format(6),
            returns="Minus infinity at 0, nan for negative numbers; of the dtype and shape of x.",
        ),
    ),
    elementwise(
        "y1(x, /)",
        lambda xp, out, x: xp.special.y0(x) - out / x,
        forward=compute.y1,
        native=scipy_alone("y1"),
        reference=lambda mp, x: mp.bessely(1, x),
        cases=unary(0.3, 9, condition=32),
        doc=described(
            "Bessel function of the second kind of order 1.",
            "y0(x) - y1(x) / x (DLMF 10.6.2).",
            ">>> round(float(xp.special.y1(xp.asarray(1.0))), 6)\n-0.781213",
            accuracy=ACCURACY.format(6),
            returns="Minus infinity at 0, nan for negative numbers; of the dtype and shape of x.",
        ),
    ),
)
