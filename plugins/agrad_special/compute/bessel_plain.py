"""Bessel functions of the first and second kind, of orders 0 and 1.

Up to 2 they are power series (DLMF 10.2.2, 10.8.1). Beyond, both kinds are parts of Hankel's integral ::

    sqrt(2 / (pi x)) exp(i w) / gamma(n + 1/2)  times that of  exp(-u) u**(n - 1/2) (1 + i u / (2 x))**(n - 1/2),

w being ``x - (n / 2 + 1 / 4) pi`` (G. N. Watson, Theory of Bessel Functions, section 6.12). With the square of t for u
it is one over an even function of t, for which the trapezoidal rule is exact to double precision.
"""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import EULER_GAMMA, polynomial, reals

__all__ = ["j0", "j1", "j1_slope", "y0", "y1"]

START = 2.0


def j0(xp: Any, x: Any) -> Any:
    """Even."""
    (x,) = reals(xp, "j0", x)
    size = xp.abs(x)
    near, far = _split(xp, size)
    out = xp.where(size < START, polynomial(0.25 * near * near, J0), _hankel(xp, far, 0, False))
    return xp.where(xp.isinf(x), 0, xp.where(xp.isnan(x), x, out))


def j1(xp: Any, x: Any) -> Any:
    """Odd."""
    (x,) = reals(xp, "j1", x)
    size = xp.abs(x)
    near, far = _split(xp, size)
    out = xp.where(size < START, 0.5 * near * polynomial(0.25 * near * near, J1), _hankel(xp, far, 1, False))
    return xp.where(xp.isinf(x), 0, xp.where(xp.isnan(x), x, xp.where(x < 0, -out, out)))


def j1_slope(xp: Any, out: Any, x: Any) -> Any:
    """The derivative of J1, near 0 by its series: DLMF 10.6.2 divides by x."""
    (x,) = reals(xp, "j1", x)
    close = xp.abs(x) < START
    near = xp.where(close, x, 0)
    slope = 0.5 * polynomial(0.25 * near * near, J1_SLOPE)
    return xp.where(close, slope, xp.special.j0(x) - out / xp.where(close, 1, x))


def y0(xp: Any, x: Any) -> Any:
    """For positive numbers."""
    (x,) = reals(xp, "y0", x)
    near, far = _split(xp, x)
    near = xp.where(x > 0, near, 1)
    square = 0.25 * near * near
    series = (xp.log(0.5 * near) + EULER_GAMMA) * polynomial(square, J0) - square * polynomial(square, Y0)
    return _ends(xp, x, xp.where(x < START, 2 / math.pi * series, _hankel(xp, far, 0, True)))


def y1(xp: Any, x: Any) -> Any:
    """For positive numbers."""
    (x,) = reals(xp, "y1", x)
    near, far = _split(xp, x)
    near = xp.where(x > 0, near, 1)
    square = 0.25 * near * near
    series = near * (xp.log(0.5 * near) * polynomial(square, J1) - 0.5 * polynomial(square, Y1)) - 2 / near
    return _ends(xp, x, xp.where(x < START, series / math.pi, _hankel(xp, far, 1, True)))


def _split(xp: Any, x: Any) -> tuple[Any, Any]:
    """The numbers below `START` and those from there on, each with harmless ones in the place of the others."""
    close = x < START
    return xp.where(close, x, 1), xp.where(close | ~xp.isfinite(x), START, x)


def _ends(xp: Any, x: Any, out: Any) -> Any:
    out = xp.where(x == 0, -xp.inf, xp.where(x == xp.inf, 0, out))
    return xp.where(x >= 0, out, xp.nan)


def _hankel(xp: Any, x: Any, order: int, second: bool) -> Any:
    real, imaginary = 0 * x, 0 * x
    for square, weights in NODES:
        p = 0.5 * square / x
        size = xp.hypot(xp.ones_like(p), p)
        a = xp.sqrt(0.5 * (size + 1))  # of the square root of 1 + i p
        b = 0.5 * p / a
        weight = weights[order]
        real = real + weight * (a if order else a / size)
        imaginary = imaginary + weight * (b if order else -b / size)
    s, c = xp.sin(x), xp.cos(x)
    cosine, sine = (s - c, -s - c) if order else (c + s, s - c)
    part = real * sine + imaginary * cosine if second else real * cosine - imaginary * sine
    return part / xp.sqrt(math.pi * x)


def _harmonic(k: int) -> float:
    return math.fsum(1 / j for j in range(1, k + 1))


J0 = tuple((-1.0) ** k / math.factorial(k) ** 2 for k in range(16))
J1 = tuple((-1.0) ** k / (math.factorial(k) * math.factorial(k + 1)) for k in range(16))
J1_SLOPE = tuple((2 * k + 1) * c for k, c in enumerate(J1))
Y0 = tuple(_harmonic(k + 1) * c for k, c in enumerate(J0[1:]))
Y1 = tuple((_harmonic(k) + _harmonic(k + 1) - 2 * EULER_GAMMA) * c for k, c in enumerate(J1))
STEP = 0.2
NODES = tuple(
    (t * t, (w * 2 / math.sqrt(math.pi), w * 4 * t * t / math.sqrt(math.pi)))
    for t, w in ((STEP * k, STEP * math.exp(-((STEP * k) ** 2)) * (0.5 if k == 0 else 1)) for k in range(32))
)
"""The square of t and the weights for both orders."""
