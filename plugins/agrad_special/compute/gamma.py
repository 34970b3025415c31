"""The gamma function's logarithm and the derivatives of that, the beta function, and the Hurwitz zeta function."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from agrad_special.compute.common import BERNOULLI, EULER_GAMMA, hurwitz, polynomial, reals, sin_pi

__all__ = [
    "LOG_GAMMA",
    "betaln",
    "digamma",
    "digamma_fall",
    "gammaln",
    "reflected_zeta",
    "stirling_rest",
    "zeta",
    "zeta_slope",
]

LOG_ROOT_TAU = 0.5 * math.log(2 * math.pi)

ROOT = 1.4616321325302124
"""The positive zero of the digamma function, up to single precision,"""
ROOT_REST = 1.2438149938918910e-08
"""and what is missing."""


# log(abs(gamma(x))) -------------------------------------------------------------------------------------


def gammaln(xp: Any, x: Any) -> Any:
    """Taylor's series about 2 and recurrence up to 8, Stirling's series beyond, reflection for negative numbers."""
    (x,) = reals(xp, "gammaln", x)
    mirrored = x < -0.5
    y = xp.where(mirrored, 1 - x, x)
    large = y > 8
    log_gamma = xp.where(large, _stirling(xp, xp.where(large, y, 8)), _small(xp, xp.where(large, 2, y)))
    sine = xp.abs(sin_pi(xp, xp.where(mirrored & xp.isfinite(x), x, 0.5)))
    pole = sine == 0
    reflected = math.log(math.pi) - xp.log(xp.where(pole, 1, sine)) - log_gamma  # DLMF 5.5.3
    out = xp.where(mirrored, xp.where(pole, xp.inf, reflected), log_gamma)
    return xp.where(xp.isinf(x), xp.inf, out)


def _stirling(xp: Any, x: Any) -> Any:
    """Stirling's series, for numbers of at least 8 (DLMF 5.11.1)."""
    x = xp.where(xp.isinf(x), 8, x)
    return (x - 0.5) * (xp.log(x) - 1) + (LOG_ROOT_TAU - 0.5) + stirling_rest(x)


def stirling_rest(x: Any) -> Any:
    """The part of Stirling's series that is small where x is large."""
    r = 1 / x
    return r * polynomial(r * r, STIRLING)


def _small(xp: Any, x: Any) -> Any:
    """From -1/2 to 8: moved to the interval from 3/2 to 5/2 by ``gamma(x + 1) = x gamma(x)`` (DLMF 5.5.1)."""
    product, z = xp.ones_like(x), x - 2
    for k in range(2, 8):
        step = x > k + 0.5
        product = product * xp.where(step, x - (k - 1), 1)
        z = z - xp.astype(step, x.dtype)
    low, lowest = x < 1.5, x < 0.5
    z = xp.where(lowest, x, xp.where(low, x - 1, z))
    taylor = z * polynomial(z, LOG_GAMMA)
    taylor = xp.where(low, taylor - xp.log1p(xp.where(low, z, 0)), taylor + xp.log(product))
    zero = x == 0
    taylor = taylor - xp.log(xp.where(lowest & ~zero, xp.abs(x), 1))
    return xp.where(zero, xp.inf, taylor)


STIRLING = tuple(b / (2 * k * (2 * k - 1)) for k, b in enumerate(BERNOULLI[:9], start=1))

LOG_GAMMA = (1 - EULER_GAMMA, *((-1) ** n * hurwitz(n, 2) / n for n in range(2, 27)))
"""``log(gamma(2 + z)) / z`` in powers of z: DLMF 5.7.3, in which the logarithm is moved to the other side."""


# digamma ------------------------------------------------------------------------------------------------


def digamma(xp: Any, x: Any) -> Any:
    """Taylor's series about the positive zero, asymptotics far from it, reflection for negative numbers."""
    (x,) = reals(xp, "digamma", x)
    mirrored = x < 0
    y = xp.where(mirrored, 1 - x, x)
    small = y < 1
    z = xp.where(small, y + 1, y)
    large = z > 2
    w = xp.where(large, 0, xp.where(small, y - (ROOT - 1), z - ROOT) - ROOT_REST)
    psi = xp.where(large, _digamma_large(xp, xp.where(large, z, 2)), w * polynomial(w, DIGAMMA))
    small = small & ~mirrored  # 1 / x, with the sign of a zero
    psi = psi - xp.where(small, 1 / xp.where(small & (x != 0), x, 1), 0)
    psi = xp.where(x == 0, -xp.copysign(xp.where(x == 0, xp.inf, x), x), psi)
    r = xp.where(mirrored & xp.isfinite(x), x, 0.25)
    r = r - xp.round(r)
    pole = r == 0
    cotangent = math.pi / xp.tan(math.pi * xp.where(pole, 0.25, r))
    return xp.where(mirrored, xp.where(pole | xp.isinf(x), xp.nan, psi - cotangent), psi)  # DLMF 5.5.4


def _digamma_large(xp: Any, x: Any) -> Any:
    """For numbers of at least 2: recurrence upwards (DLMF 5.5.2), then the asymptotic expansion (DLMF 5.11.2)."""
    below = 1 / x
    for k in range(1, 8):
        below = below + 1 / (x + k)
    y = x + 8
    r = 1 / y
    return xp.log(y) - 0.5 * r - r * r * polynomial(r * r, PSI) - below


DIGAMMA = tuple((-1) ** (n + 1) * hurwitz(n + 1, ROOT + ROOT_REST) for n in range(1, 38))
"""``digamma(root + w) / w`` in powers of w: the coefficients are polygamma functions (DLMF 25.11.12)."""

PSI = tuple(b / (2 * k) for k, b in enumerate(BERNOULLI[:9], start=1))


def digamma_fall(xp: Any, x: Any, d: Any) -> Any:
    """``digamma(x) - digamma(x + d)`` for ``0 < d < x``, a sum of terms that are all proportional to d.

    Recurrence (DLMF 5.5.2) and asymptotic expansion (DLMF 5.11.2) of both, subtracted term by term.
    """
    fall = -d / x / (x + d)
    for k in range(1, 10):
        fall = fall - d / (x + k) / (x + d + k)
    y = x + 10
    logarithm = xp.log1p(d / y)
    r = 1 / y
    fall = fall - logarithm - 0.5 * r * (d / (y + d))
    power = r * r
    for k, c in enumerate(PSI, start=1):
        fall = fall + c * power * xp.expm1(-2 * k * logarithm)
        power = power * r * r
    return fall


# log(abs(beta(a, b))) -----------------------------------------------------------------------------------


def betaln(xp: Any, a: Any, b: Any) -> Any:
    """The sum of three `gammaln`; where those would cancel, Stirling's series for them, added part by part."""
    a, b = reals(xp, "betaln", a, b)
    large, small = xp.maximum(a, b), xp.minimum(a, b)
    near = ~((large > 8) & (small > 0) & xp.isfinite(large))
    p, q = xp.where(near, 2, small), xp.where(near, 9, large)
    both = p > 8
    ratio = p / q
    # gamma(q) / gamma(p + q)
    fall = p + stirling_rest(q) - stirling_rest(p + q) - (q + (p - 0.5)) * xp.log1p(ratio) - p * xp.log(q)
    p_large = xp.where(both, p, 9)
    share = xp.where(both, p / q, 1)
    # the same and gamma(p), its large terms merged
    merged = (p_large - 0.5) * xp.log(share / (1 + share)) - q * xp.log1p(share) - 0.5 * xp.log(q)
    merged = merged + LOG_ROOT_TAU + stirling_rest(p_large) + stirling_rest(q) - stirling_rest(p_large + q)
    far = xp.where(both, merged, xp.special.gammaln(xp.where(both, 2, p)) + fall)
    u, v = xp.where(near, a, 2), xp.where(near, b, 2)
    pole = xp.isinf(xp.special.gammaln(u)) | xp.isinf(xp.special.gammaln(v))
    return xp.where(
        near, xp.special.gammaln(u) + xp.special.gammaln(v) - xp.special.gammaln(xp.where(pole, 2, u + v)), far
    )


# zeta ---------------------------------------------------------------------------------------------------

FACTORS = tuple(b / math.factorial(2 * j) for j, b in enumerate(BERNOULLI, start=1))


def zeta(xp: Any, x: Any, q: Any) -> Any:
    """Euler-Maclaurin for positive q, to which sums of integer powers over negative q lead back."""
    return reflected_zeta(xp, x, q, _euler_maclaurin)


def reflected_zeta(xp: Any, x: Any, q: Any, positive: Callable[[Any, Any], Any]) -> Any:
    """The Hurwitz zeta function from one that is right for x > 1 and q > 0."""
    x, q = reals(xp, "zeta", x, q)
    s = xp.where(x > 1, x, 2)
    negative = q < 0
    up = xp.where(negative & xp.isfinite(q), xp.ceil(q) - q, 1)  # the distances to the next integers
    down = xp.where(negative & xp.isfinite(q), q - xp.floor(q), 1)
    pole = (q == 0) | (up == 0)
    up, down = xp.where(pole, 1, up), xp.where(pole, 1, down)
    ahead = positive(s, xp.where(negative, down, xp.where(pole, 1, q)))
    # the terms behind: those from `up` on, without those from 1 - q on
    behind = positive(s, up) - positive(s, xp.where(negative & ~pole, 1 - q, 1))
    even = xp.remainder(s, xp.full_like(s, 2)) == 0
    total = xp.where(negative, ahead + xp.where(even, behind, -behind), ahead)
    total = xp.where(negative & (xp.floor(s) != s), xp.nan, total)
    total = xp.where(pole, xp.inf, total)
    return xp.where(x == 1, xp.inf, xp.where(x > 1, total, xp.nan))


def _euler_maclaurin(s: Any, q: Any) -> Any:
    """The Hurwitz zeta function of s > 1 and q > 0 (DLMF 25.11(iii))."""
    total = q**-s
    for k in range(1, 10):
        total = total + (q + k) ** -s
    y = q + 10
    power = y**-s
    total = total + y ** (1 - s) / (s - 1) + 0.5 * power  # y**-s may underflow before the integral does
    factor = power * (s / y)
    for j, c in enumerate(FACTORS, start=1):
        total = total + c * factor
        factor = factor * ((s + (2 * j - 1)) / y) * ((s + 2 * j) / y)
    return total


def zeta_slope(xp: Any, s: Any, q: Any) -> Any:
    """The derivative of the Hurwitz zeta function for s > 1, at q > 0: `_euler_maclaurin` term by term."""
    total = -xp.log(q) * q**-s
    for k in range(1, 10):
        total = total - xp.log(q + k) * (q + k) ** -s
    y = q + 10
    logarithm, power = xp.log(y), y**-s
    total = total - y ** (1 - s) / (s - 1) * (logarithm + 1 / (s - 1)) - 0.5 * logarithm * power
    factor, slope = power * (s / y), 1 / s - logarithm
    for j, c in enumerate(FACTORS, start=1):
        total = total + c * factor * slope
        factor = factor * ((s + (2 * j - 1)) / y) * ((s + 2 * j) / y)
        slope = slope + 1 / (s + (2 * j - 1)) + 1 / (s + 2 * j)
    return total
