"""The gamma and beta functions themselves, in which nothing is lost by way of their logarithms."""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import polynomial, reals, sin_pi
from agrad_special.compute.gamma import LOG_GAMMA, stirling_rest

__all__ = ["beta", "gamma"]

ROOT_TAU = math.sqrt(2 * math.pi)


def gamma(xp: Any, x: Any) -> Any:
    """Taylor's series about 2 and recurrence up to 8, Stirling's formula beyond, reflection for negative numbers."""
    (x,) = reals(xp, "gamma", x)
    mirrored = x < -0.5
    y = xp.where(mirrored, 1 - x, x)
    large = y > 8
    out = xp.where(large, _stirling(xp, xp.where(large, y, 8)), _small(xp, xp.where(large, 2, y)))
    rest = xp.where(mirrored & xp.isfinite(x), x, -0.75)
    odd = xp.remainder(xp.round(rest), xp.full_like(rest, 2)) != 0
    sine = sin_pi(xp, rest)
    sine = xp.where(odd, -sine, sine)
    pole = sine == 0
    far = xp.where(mirrored & ~pole & xp.isfinite(out), out, 1)
    reflected = math.pi / xp.where(pole, 1, sine) / far  # DLMF 5.5.3
    reflected = xp.where(xp.isfinite(out), reflected, 0)
    return xp.where(mirrored, xp.where(pole | xp.isinf(x), xp.nan, reflected), out)


def _stirling(xp: Any, x: Any) -> Any:
    """Stirling's formula (DLMF 5.11.3) with the power in two halves: it overflows before the gamma function does."""
    endless = x > (172 if math.log(xp.finfo(x.dtype).max) > 100 else 35.1)
    y = xp.where(endless, 8, x)
    half = y ** (0.5 * (y - 0.5))
    out = half * xp.exp(-y) * ROOT_TAU * xp.exp(stirling_rest(y))
    top = out > xp.finfo(x.dtype).max / half
    return xp.where(endless | top, xp.inf, xp.where(top, 1, out) * half)


def _small(xp: Any, x: Any) -> Any:
    """From -1/2 to 8: moved to the interval from 3/2 to 5/2 by ``gamma(x + 1) = x gamma(x)`` (DLMF 5.5.1)."""
    product, z = xp.ones_like(x), x - 2
    for k in range(2, 8):
        step = x > k + 0.5
        product = product * xp.where(step, x - (k - 1), 1)
        z = z - xp.astype(step, x.dtype)
    low, lowest = x < 1.5, x < 0.5
    z = xp.where(lowest, x, xp.where(low, x - 1, z))
    zero = x == 0
    below = xp.where(low, 1 + z, 1) * xp.where(lowest & ~zero, x, 1)
    tiny = xp.abs(below) < 1 / xp.finfo(x.dtype).max
    out = product * xp.exp(z * polynomial(z, LOG_GAMMA)) / xp.where(tiny, 1, below)
    return xp.where(zero | tiny, xp.copysign(xp.full_like(x, xp.inf), x), out)


def beta(xp: Any, a: Any, b: Any) -> Any:
    """The exponential function of its logarithm, with the signs of three gamma functions."""
    a, b = reals(xp, "beta", a, b)
    size = xp.special.betaln(a, b)
    big = size > math.log(xp.finfo(a.dtype).max)
    out = xp.where(big, xp.inf, xp.exp(xp.where(big, 0, size)))
    return _sign(xp, a) * _sign(xp, b) * _sign(xp, a + b) * out


def _sign(xp: Any, x: Any) -> Any:
    """The sign of the gamma function."""
    below = xp.where(xp.isfinite(x) & (x < 0), xp.floor(x), 0)
    return xp.where(xp.remainder(below, xp.full_like(below, 2)) == 0, xp.ones_like(x), -1)
