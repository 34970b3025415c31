"""The exponential integrals, and those of trigonometric and hyperbolic functions."""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import EULER_GAMMA, polynomial, reals, whole
from agrad_special.compute.quadrature import NODES, half_line

__all__ = ["QUOTIENT", "exp1", "expi", "expn", "shichi", "sici", "sine_quotient"]

FAR = 40
"""From here on, asymptotic expansions are accurate to double precision."""


def exp1(xp: Any, x: Any) -> Any:
    """A series up to 1 (DLMF 6.6.2), a continued fraction beyond (DLMF 6.9.1, contracted)."""
    (x,) = reals(xp, "exp1", x)
    near = x < 1
    y = xp.where(near & (x > 0), x, 1)
    small = y * polynomial(y, ENTIRE) - xp.log(y) - EULER_GAMMA
    z = xp.where(near, 1, xp.minimum(x, 800))
    fraction = z + (2 * TERMS + 1)
    for k in range(TERMS, 0, -1):
        fraction = z + (2 * k - 1) - k * k / fraction
    out = xp.where(near, small, xp.exp(-z) / fraction)
    return xp.where(x < 0, xp.nan, xp.where(x == 0, xp.inf, xp.where(xp.isnan(x), x, out)))


def expi(xp: Any, x: Any) -> Any:
    """For positive numbers a series in which nothing cancels (DLMF 6.6.1), or an asymptotic one (DLMF 6.12.2)."""
    (x,) = reals(xp, "expi", x)
    below = x < 0
    y = xp.where(below | (x == 0) | xp.isinf(x), 1, x)
    far = y > FAR
    near = xp.where(far, FAR, y)
    small = EULER_GAMMA + xp.log(near) + polynomial(near / FAR, RISING)
    large = xp.where(far, y, FAR)
    top = large > math.log(xp.finfo(x.dtype).max)  # the exponential function overflows before the quotient does
    half = xp.exp(0.5 * xp.where(top & (large > math.log(xp.finfo(x.dtype).max) + 8), FAR, large))
    part = half * polynomial(FAR / large, FALLING) / large
    over = part > xp.finfo(x.dtype).max / half
    beyond = xp.where(over | (large > math.log(xp.finfo(x.dtype).max) + 8), xp.inf, xp.where(over, 1, part) * half)
    out = xp.where(far, beyond, small)
    out = xp.where(below, -xp.special.exp1(xp.where(below, -x, 1)), out)
    return xp.where(x == 0, -xp.inf, xp.where(x == xp.inf, x, out))


def expn(xp: Any, n: Any, x: Any) -> Any:
    """Up to 1 a series (DLMF 8.19.8), beyond the integral of ``exp(-x t) / t**n`` from 1 on (DLMF 8.19.3)."""
    x, n = reals(xp, "expn", x, whole(xp, n, x))
    inside = (n >= 0) & (x >= 0) & (xp.floor(n) == n)
    zero, one = n == 0, n == 1
    m = xp.where(inside & (n >= 2), n, 2)
    near = x < 1
    y = xp.where(inside & ~near & ~xp.isnan(x), xp.minimum(x, 800), 1)
    large = xp.exp(-y) * half_line(xp, 1 / (m + y), lambda s, m, y: xp.exp(-m * xp.log1p(s) - y * s), m, y)
    out = xp.where(near, _small_expn(xp, m, xp.where(inside & near, x, 0.5)), large)
    first = xp.where(zero & inside & (x != 0), xp.minimum(x, 800), 1)
    out = xp.where(zero, xp.exp(-first) / first, out)
    out = xp.where(one, xp.special.exp1(xp.where(one & inside, x, 1)), out)
    out = xp.where((n <= 1) & (x == 0), xp.inf, out)
    return xp.where(inside | xp.isnan(x), xp.where(xp.isnan(x), x, out), xp.nan)


def _small_expn(xp: Any, n: Any, x: Any) -> Any:
    """For n from 2 on; the logarithm stands in the term of one power of x alone."""
    positive = x != 0
    logarithm = xp.special.digamma(n) - xp.log(xp.where(positive, x, 1))
    total, power = 0 * x * n, xp.ones_like(x * n)
    for k in range(20):
        special = n == k + 1
        gap = xp.where(special, 1, n - (k + 1))
        total = total + power * xp.where(special, logarithm, 1 / gap)
        power = power * x / -(k + 1)
    return total


def sici(xp: Any, x: Any) -> Any:
    """Series up to 2 (DLMF 6.6.5, 6.6.6), the auxiliary functions of DLMF 6.7.13 and 6.7.14 beyond."""
    (x,) = reals(xp, "sici", x)
    z = xp.abs(x)
    near = z < 2
    y = xp.where(near, z, 1)
    square = y * y
    sine = y * polynomial(square, SINE)
    cosine = EULER_GAMMA + xp.log(xp.where(y == 0, 1, y)) + square * polynomial(square, COSINE)
    large = xp.where(near | xp.isinf(z), 2, z)
    f, g = 0 * large, 0 * large
    for node, weight in NODES:
        over = 1 / (1 + xp.square(node / large))
        f, g = f + weight * over, g + weight * node * over
    f, g = f / large, g / large / large
    s, c = xp.sin(large), xp.cos(large)
    si = xp.where(near, sine, math.pi / 2 - f * c - g * s)
    ci = xp.where(near, cosine, f * s - g * c)
    endless = xp.isinf(z)
    si, ci = xp.where(endless, math.pi / 2, si), xp.where(endless, 0, xp.where(z == 0, -xp.inf, ci))
    return xp.where(x < 0, -si, xp.where(xp.isnan(x), x, si)), xp.where(xp.isnan(x), x, ci)


def shichi(xp: Any, x: Any) -> Any:
    """The odd and the even part of the series of `expi` (DLMF 6.6.1), and half of that function beyond it."""
    (x,) = reals(xp, "shichi", x)
    z = xp.abs(x)
    far = z > FAR
    y = xp.where(far, FAR, z)
    square = xp.square(y / FAR)
    shi = y / FAR * polynomial(square, RISING[1::2])
    chi = EULER_GAMMA + xp.log(xp.where(y == 0, 1, y)) + square * polynomial(square, RISING[2::2])
    half = 0.5 * xp.special.expi(xp.where(far, z, FAR))
    shi, chi = xp.where(far, half, shi), xp.where(far, half, xp.where(z == 0, -xp.inf, chi))
    return xp.where(x < 0, -shi, shi), chi


def sine_quotient(xp: Any, x: Any) -> Any:
    """``sin(x) / x``, and all its derivatives near 0."""
    near = xp.abs(x) < 1
    y = xp.where(near, x, 0)
    z = xp.where(near | xp.isinf(x), 1, x)
    return xp.where(near, polynomial(y * y, QUOTIENT), xp.where(xp.isinf(x), 0, xp.sin(z) / z))


TERMS = 85
ENTIRE = tuple((-1.0) ** k / ((k + 1) * math.factorial(k + 1)) for k in range(20))
RISING = (0.0, *(FAR**k / (k * math.factorial(k)) for k in range(1, 130)))
FALLING = tuple(math.factorial(k) / FAR**k for k in range(41))
SINE = tuple((-1.0) ** k / ((2 * k + 1) * math.factorial(2 * k + 1)) for k in range(14))
COSINE = tuple((-1.0) ** k / (2 * k * math.factorial(2 * k)) for k in range(1, 14))
QUOTIENT = tuple((-1.0) ** k / math.factorial(2 * k + 1) for k in range(14))
