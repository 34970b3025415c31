"""Dawson's integral, the scaled complementary error function and Fresnel's integrals."""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import gaussian, polynomial, reals
from agrad_special.compute.error import scaled_tail

__all__ = ["FAR", "SLOPE", "dawsn", "erfcx", "fresnel", "phase"]

FAR = 7
"""From here on, asymptotic expansions are accurate to double precision."""


def dawsn(xp: Any, x: Any) -> Any:
    """``exp(-x**2)`` times the series of the integral, in which nothing cancels (DLMF 7.6.1); DLMF 7.12.1 beyond."""
    (x,) = reals(xp, "dawsn", x)
    far = xp.abs(x) > FAR
    y = xp.where(far, 0, x)
    near = gaussian(xp, y) * y * polynomial(xp.square(y / FAR), SERIES)
    z = xp.where(far, x, FAR)
    return xp.where(far, polynomial(xp.square(1 / z), ASYMPTOTIC) / z, near)


def erfcx(xp: Any, x: Any) -> Any:
    """``exp(x**2) erfc(x)``: by quadrature, far from 0 by its asymptotic expansion (DLMF 7.12.1)."""
    (x,) = reals(xp, "erfcx", x)
    size = xp.abs(x)
    far = size > 30
    middle = (size >= 0.5) & ~far
    z = xp.where(far, size, 30)
    tail = polynomial(-xp.square(1 / z), ASYMPTOTIC[:8]) * (2 / math.sqrt(math.pi)) / z
    tail = xp.where(far, tail, scaled_tail(xp, xp.where(middle, size, 1)))
    w = xp.where(size < 0.5, x, 0)
    near = xp.exp(w * w) * xp.special.erfc(w)
    top = math.sqrt(math.log(xp.finfo(x.dtype).max)) - 0.001
    low = xp.where((x < 0) & (size < top), x, 0)
    lead = xp.round(16 * low) / 16
    growth = 2 * xp.exp(lead * lead) * xp.exp((low - lead) * (low + lead))
    out = xp.where(size < 0.5, near, xp.where(x < 0, xp.where(size < top, growth - tail, xp.inf), tail))
    return xp.where(xp.isnan(x), x, out)


def fresnel(xp: Any, x: Any) -> Any:
    """Series up to 3/2 (DLMF 7.6.4, 7.6.6), auxiliary functions beyond (DLMF 7.5.3, 7.5.4).

    Those are the trapezoidal rule for DLMF 7.7.10 and 7.7.11 with ``t = (w / x)**2``, integrals of even functions of w
    that have their poles at a distance of at least 1 from the real line.
    """
    (x,) = reals(xp, "fresnel", x)
    z = xp.abs(x)
    near = z < 1.5
    y = xp.where(near, x, 0)
    square = 0.5 * math.pi * y * y
    sine, cosine = y * square * polynomial(square * square, SINE), y * polynomial(square * square, COSINE)
    large = xp.where(near | xp.isinf(z), 1.5, xp.minimum(z, 1e9))
    over = xp.square(1 / large)
    f, g = 0 * large, 0 * large
    for node, weight in NODES:
        term = weight / (1 + xp.square(node * over))
        f, g = f + term, g + node * term
    f, g = f / large, g * over / large
    angle = phase(xp, large)
    s, c = xp.sin(angle), xp.cos(angle)
    sign = xp.copysign(xp.ones_like(x), x)
    endless = xp.isinf(z)
    far_s, far_c = sign * (0.5 - f * c - g * s), sign * (0.5 + f * s - g * c)
    return (
        xp.where(near, sine, xp.where(endless, 0.5 * sign, xp.where(xp.isnan(x), x, far_s))),
        xp.where(near, cosine, xp.where(endless, 0.5 * sign, xp.where(xp.isnan(x), x, far_c))),
    )


def phase(xp: Any, x: Any) -> Any:
    """``pi x**2 / 2`` less whole turns, without the rounding error of the square: its leading part is exact."""
    lead = xp.round(16 * x) / 16
    turns = lead * lead - 4 * xp.floor(0.25 * lead * lead)
    return 0.5 * math.pi * (turns + (x - lead) * (x + lead))


SERIES = tuple(FAR ** (2 * k) / (math.factorial(k) * (2 * k + 1)) for k in range(150))
ASYMPTOTIC = tuple(math.prod(range(1, 2 * k, 2)) / 2 ** (k + 1) for k in range(25))
"""Of Dawson's integral in ``1 / x**2``, times x; with alternating signs of the tail of the error function."""

SLOPE = tuple(-(2 * k + 1) * c for k, c in enumerate(ASYMPTOTIC))
"""That of the derivative, times ``x**2``."""

SINE = tuple((-1.0) ** k / (math.factorial(2 * k + 1) * (4 * k + 3)) for k in range(16))
COSINE = tuple((-1.0) ** k / (math.factorial(2 * k) * (4 * k + 1)) for k in range(16))
STEP = 0.16
NODES = tuple(
    (
        (STEP * k) ** 2,
        STEP * math.exp(-0.5 * math.pi * (STEP * k) ** 2) * (0.5 if k == 0 else 1) * math.sqrt(2) / math.pi,
    )
    for k in range(33)
)
