"""Modified Bessel functions of the first kind, of orders 0 and 1, plain and exponentially scaled.

The scaled ones, less the exponential function, fall as ``1 / sqrt(x)``; their derivatives are differences that lose
their digits where x is large, so that they are taken from the asymptotic expansion there.
"""

from __future__ import annotations

from typing import Any

from agrad.declare import elementwise
from agrad_special.cases import unary
from agrad_special.compute import bessel
from agrad_special.natives import scipy_special
from agrad_special.text import described

__all__ = ["OPS"]

OPS = (
    elementwise(
        "i0(x, /)",
        lambda xp, x: xp.special.i1(x),
        forward=bessel.i0,
        native=scipy_special("i0"),
        reference=lambda mp, x: mp.besseli(0, x),
        cases=unary(-4, 4),
        doc=described(
            "Modified Bessel function of the first kind of order 0.",
            "i1(x).",
            ">>> [round(v, 6) for v in xp.special.i0(xp.asarray([0.0, 1.0])).tolist()]\n[1.0, 1.266066]",
        ),
    ),
    elementwise(
        "i0e(x, /)",
        lambda xp, out, x: _i0e_slope(xp, out, x),
        forward=bessel.i0e,
        native=scipy_special("i0e"),
        reference=lambda mp, x: mp.exp(-abs(x)) * mp.besseli(0, x),
        cases=unary(0.2, 30, condition=16),
        doc=described(
            "Modified Bessel function of order 0 without its exponential growth: exp(-abs(x)) * i0(x).",
            "i1e(x) - sign(x) * i0e(x); 0 at 0, where the function has a kink.",
            ">>> [round(v, 6) for v in xp.special.i0e(xp.asarray([0.0, 1e5])).tolist()]\n[1.0, 0.001262]",
        ),
    ),
    elementwise(
        "i1(x, /)",
        lambda xp, out, x: _i1_slope(xp, out, x),
        forward=bessel.i1,
        native=scipy_special("i1"),
        reference=lambda mp, x: mp.besseli(1, x),
        cases=unary(-4, 4),
        doc=described(
            "Modified Bessel function of the first kind of order 1.",
            "i0(x) - i1(x) / x; 1/2 at 0.",
            ">>> [round(v, 6) for v in xp.special.i1(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 0.565159]\n"
            ">>> float(agrad.grad(xp.special.i1)(0.0))\n0.5",
        ),
    ),
    elementwise(
        "i1e(x, /)",
        lambda xp, out, x: _i1e_slope(xp, out, x),
        forward=bessel.i1e,
        native=scipy_special("i1e"),
        reference=lambda mp, x: mp.exp(-abs(x)) * mp.besseli(1, x),
        cases=unary(0.2, 30, condition=32),
        doc=described(
            "Modified Bessel function of order 1 without its exponential growth: exp(-abs(x)) * i1(x).",
            "i0e(x) - i1e(x) * (sign(x) + 1 / x); 1/2 at 0, where the derivative itself has a kink.",
            ">>> [round(v, 6) for v in xp.special.i1e(xp.asarray([0.0, 1e5])).tolist()]\n[0.0, 0.001262]",
        ),
    ),
)


def _slopes(coefficients: tuple[float, ...]) -> tuple[float, ...]:
    """The coefficients of the derivative of an `expansion`."""
    return (0.0, *(-(k + 0.5) * c for k, c in enumerate(coefficients)))


FALL = tuple(_slopes(c) for c in bessel.ASYMPTOTIC)


def _i0e_slope(xp: Any, out: Any, x: Any) -> Any:
    size = xp.abs(x)
    large = size > bessel.LARGE
    far = bessel.expansion(xp, xp.where(large, size, bessel.LARGE), FALL[0])
    return xp.where(large, xp.sign(x) * far, xp.special.i1e(x) - xp.sign(x) * out)


def _i1_slope(xp: Any, out: Any, x: Any) -> Any:
    small = xp.abs(x) < 1
    return xp.where(small, bessel.i1_slope(xp.where(small, x, 0)), xp.special.i0(x) - out / xp.where(small, 1, x))


def _i1e_slope(xp: Any, out: Any, x: Any) -> Any:
    size = xp.abs(x)
    small, large = size < 1, size > bessel.LARGE
    far = bessel.expansion(xp, xp.where(large, size, bessel.LARGE), FALL[1])
    near = bessel.i1_slope(xp.where(small, x, 0)) * xp.exp(-xp.where(small, size, 0)) - xp.sign(x) * out
    middle = xp.special.i0e(x) - out * (xp.sign(x) + 1 / xp.where(small, 1, x))
    return xp.where(small, near, xp.where(large, far, middle))
