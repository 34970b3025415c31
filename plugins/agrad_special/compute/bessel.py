"""Modified Bessel functions of the first kind, of orders 0 and 1."""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import polynomial, reals

__all__ = ["LARGE", "expansion", "i0", "i0e", "i1", "i1_slope", "i1e"]

LARGE = 25
"""From here on, asymptotic expansions are accurate to double precision."""


def i0e(xp: Any, x: Any) -> Any:
    """``exp(-abs(x)) I0(x)``."""
    (x,) = reals(xp, "i0e", x)
    return _scaled(xp, xp.abs(x), 0)


def i1e(xp: Any, x: Any) -> Any:
    """``exp(-abs(x)) I1(x)``."""
    (x,) = reals(xp, "i1e", x)
    return xp.sign(x) * _scaled(xp, xp.abs(x), 1)


def i0(xp: Any, x: Any) -> Any:
    """From the scaled function."""
    (x,) = reals(xp, "i0", x)
    return _unscaled(xp, xp.abs(x), 0)


def i1(xp: Any, x: Any) -> Any:
    """As `i0`."""
    (x,) = reals(xp, "i1", x)
    return xp.sign(x) * _unscaled(xp, xp.abs(x), 1)


def i1_slope(x: Any) -> Any:
    """The derivative of I1 for abs(x) of at most 1: the series of I1 (DLMF 10.25.2) term by term."""
    return polynomial(0.25 * x * x, SLOPE)


def expansion(xp: Any, x: Any, coefficients: tuple[float, ...]) -> Any:
    """``(c[0] + c[1] / x + ...) / sqrt(2 pi x)``, for x from `LARGE` on."""
    return polynomial(1 / x, coefficients) / xp.sqrt(2 * math.pi * x)


def _unscaled(xp: Any, x: Any, order: int) -> Any:
    """Times the exponential function in two halves: it overflows before the Bessel function does."""
    endless = xp.isinf(x)
    half = xp.exp(0.5 * xp.where(endless, 0, x))
    return xp.where(endless, xp.inf, half * _scaled(xp, x, order) * half)


def _scaled(xp: Any, x: Any, order: int) -> Any:
    """``exp(-x) I(x)`` of nonnegative numbers."""
    large = x > LARGE
    far = expansion(xp, xp.where(large & xp.isfinite(x), x, LARGE), ASYMPTOTIC[order])
    far = xp.where(xp.isinf(x), 0, far)
    z = xp.where(large, LARGE, x)
    # the trapezoidal rule on a period of a smooth function (DLMF 3.5(i)) for the integral DLMF 10.32.2
    total = 0 * z
    for drop, weights in NODES:
        total = total + weights[order] * xp.exp(-drop * z)
    mean = total / len(NODES)
    return xp.where(large, far, mean * z if order else mean)


def _asymptotic(order: int) -> tuple[float, ...]:
    """Coefficients of 1, 1/x, 1/x**2, ... (DLMF 10.40.1, with 10.17.1)."""
    c = [1.0]
    for k in range(1, 25):
        c.append(-c[-1] * (4 * order**2 - (2 * k - 1) ** 2) / (8 * k))
    return tuple(c)


ASYMPTOTIC = _asymptotic(0), _asymptotic(1)
SLOPE = tuple((k + 0.5) / (math.factorial(k) * math.factorial(k + 1)) for k in range(12))
NODES = tuple(
    (2 * math.sin(0.5 * angle) ** 2, (1, math.sin(angle) ** 2))
    for angle in (math.pi * (j + 0.5) / 28 for j in range(28))
)
"""At each angle ``1 - cos`` and the weights for both orders."""
