"""The error function, the normal distribution, and their inverses."""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import gaussian, polynomial, reals

__all__ = [
    "FAR_OUT",
    "erf",
    "erfc",
    "erfcinv",
    "erfinv",
    "log_ndtr",
    "mills",
    "mills_excess",
    "ndtr",
    "ndtri",
    "ndtri_exp",
    "scaled_tail",
]

FAR_OUT = 4
"""From here on, the continued fraction of `mills` is used."""

ROOT_HALF = math.sqrt(0.5)
LOG_ROOT_TAU = 0.5 * math.log(2 * math.pi)


def erf(xp: Any, x: Any) -> Any:
    """A series near 0, 1 minus the tail elsewhere."""
    (x,) = reals(xp, "erf", x)
    near = xp.abs(x) < 1
    tail = 1 - _tail(xp, xp.where(near, 1, xp.abs(x)))
    return xp.where(near, _series(xp, xp.where(near, x, 0)), xp.sign(x) * tail)


def erfc(xp: Any, x: Any) -> Any:
    """1 minus the series near 0, the tail elsewhere."""
    (x,) = reals(xp, "erfc", x)
    near = (x < 0.5) & (x > -1)
    tail = _tail(xp, xp.where(near, 1, xp.abs(x)))
    return xp.where(near, 1 - _series(xp, xp.where(near, x, 0)), xp.where(x < 0, 2 - tail, tail))


def ndtr(xp: Any, x: Any) -> Any:
    """Half of ``erfc(-x / sqrt(2))``; in the lower tail from the square of x itself."""
    (x,) = reals(xp, "ndtr", x)
    z = -xp.where(x < -1, xp.maximum(x, -40), -1)
    lower = 0.5 * scaled_tail(xp, z * ROOT_HALF) * _gaussian_half(xp, z)
    return xp.where(x < -1, lower, 0.5 * erfc(xp, -xp.where(x < -1, -1, x) * ROOT_HALF))


def log_ndtr(xp: Any, x: Any) -> Any:
    """The logarithm of `ndtr`, in the lower tail from its quotient with the density, near 0 from the other tail."""
    (x,) = reals(xp, "log_ndtr", x)
    low, high = x < -FAR_OUT, x > 1
    z = xp.where(low, -x, FAR_OUT)
    lower = -0.5 * z * z - LOG_ROOT_TAU - xp.log(mills(z))
    middle = xp.log(xp.special.ndtr(xp.where(low | high, 0, x)))
    upper = xp.log1p(-xp.special.ndtr(xp.where(high, -x, -1)))
    return xp.where(low, lower, xp.where(high, upper, middle))


def erfinv(xp: Any, x: Any) -> Any:
    """The quantile of the normal distribution at ``(1 + x) / 2``, in another scale."""
    (x,) = reals(xp, "erfinv", x)
    return ROOT_HALF * _quantile(xp, 0.5 * x, 0.5 - 0.5 * xp.abs(x))


def ndtri(xp: Any, p: Any) -> Any:
    """The quantile of the normal distribution."""
    (p,) = reals(xp, "ndtri", p)
    return _quantile(xp, p - 0.5, xp.minimum(p, 1 - p))


def erfcinv(xp: Any, y: Any) -> Any:
    """As `erfinv`, with all digits of an argument near 0."""
    (y,) = reals(xp, "erfcinv", y)
    return ROOT_HALF * _quantile(xp, 0.5 - 0.5 * y, xp.minimum(0.5 * y, 1 - 0.5 * y))


def ndtri_exp(xp: Any, y: Any) -> Any:
    """The quantile of the probability; where that is too small for a number, Newton's method from its asymptotics."""
    (y,) = reals(xp, "ndtri_exp", y)
    high, low = y > -0.5, y < -80
    out = xp.special.ndtri(xp.exp(xp.where(high | low, -1, y)))
    upper = -xp.special.ndtri(-xp.expm1(xp.where(high & (y <= 0), y, -0.1)))
    endless = xp.isinf(y)
    target = xp.where(low & ~endless, y, -100)
    z = xp.sqrt(-2 * target - 2 * LOG_ROOT_TAU - xp.log(-2 * target))
    for _ in range(3):
        m = mills(z)
        z = z - (0.5 * z * z + LOG_ROOT_TAU + xp.log(m) + target) / m
    out = xp.where(high, upper, xp.where(low, xp.where(endless, -xp.inf, -z), out))
    return xp.where((y > 0) | xp.isnan(y), xp.nan, out)


def mills(z: Any) -> Any:
    """The normal density over its upper tail, for z of at least 4: Laplace's continued fraction (DLMF 7.9.3).

    It is z and a little more, and keeps the digits of its derivatives: half as many terms would do for the value.
    """
    return z + mills_excess(z)


def mills_excess(z: Any) -> Any:
    """The little more."""
    y = z
    for k in range(48, 1, -1):
        y = z + k / y
    return 1 / y


def _series(xp: Any, x: Any) -> Any:
    """erf from ``sum 2**n x**(2n+1) / (1 3 5 ... (2n+1))``, in which nothing cancels (DLMF 7.6.2); abs(x) < 1."""
    square = x * x
    return 2 / math.sqrt(math.pi) * x * xp.exp(-square) * polynomial(square, SERIES)


def _tail(xp: Any, z: Any) -> Any:
    """erfc of numbers of at least 1/2."""
    z = xp.minimum(z, 30)  # where it has become 0 in double precision
    return scaled_tail(xp, z) * gaussian(xp, z)


def scaled_tail(xp: Any, z: Any) -> Any:
    """``exp(z**2) erfc(z)`` of numbers from 1/2 to 30.

    The trapezoidal rule with step 1/2 for ``2z / pi`` times the integral of ``exp(-t**2) / (z**2 + t**2)`` (DLMF
    7.7.1) from 0 on. Less the residue of the pole at ``t = i z``, where that is within reach, its error is of the order
    of ``exp(-4 pi**2)``, 7e-18: D. B. Hunter and T. Regan, Mathematics of Computation 26 (1972) 539-541.
    """
    square = z * z
    total = 0.5 / square
    for weight, node in NODES:
        total = total + weight / (square + node)
    near = z < 6
    close = xp.where(near, z, 6)
    period = -4 * math.pi * close
    pole = 2 * xp.exp(close * close + period) / -xp.expm1(period)
    return z / math.pi * total - xp.where(near, pole, 0)


def _gaussian_half(xp: Any, x: Any) -> Any:
    """``exp(-x**2 / 2)``, as accurate as `gaussian`."""
    lead = xp.round(16 * x) / 16
    return xp.exp(-0.5 * lead * lead) * xp.exp(0.5 * (lead - x) * (lead + x))


def _quantile(xp: Any, q: Any, tail: Any) -> Any:
    """The quantile of the normal distribution at ``1/2 + q``, and `tail` is what is left on the nearer side.

    Three rational approximations: M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988) 477-484, PPND16.
    """
    centre = xp.abs(q) <= 0.425
    inner = xp.where(centre, q, 0)
    w = 0.180625 - inner * inner
    middle = inner * polynomial(w, CENTRE[0]) / polynomial(w, CENTRE[1])
    outside = (tail < 0) | xp.isnan(tail)
    inside = ~(centre | outside | (tail == 0))
    r = xp.sqrt(-xp.log(xp.where(inside, tail, 0.05)))
    far = r > 5
    a, b = xp.where(far, 5, r) - 1.6, xp.where(far, r, 5) - 5
    outer = xp.where(
        far, polynomial(b, FAR[0]) / polynomial(b, FAR[1]), polynomial(a, OUTER[0]) / polynomial(a, OUTER[1])
    )
    outer = xp.where(outside, xp.nan, xp.where(tail == 0, xp.inf, outer))
    return xp.where(centre, middle, xp.sign(xp.where(centre, 1, q)) * outer)


SERIES = tuple(2.0**n / math.prod(range(1, 2 * n + 2, 2)) for n in range(21))
NODES = tuple((math.exp(-n * n / 4), n * n / 4) for n in range(1, 14))

CENTRE = (
    (3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3),
    (1.0, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3),
)  # fmt: skip
"""Numerator and denominator in ``0.425**2 - q**2``, from the constant term up."""

OUTER = (
    (1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4),
    (1.0, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9),
)  # fmt: skip
"""The same in ``sqrt(-log(tail)) - 1.6``."""

FAR = (
    (6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7),
    (1.0, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15),
)  # fmt: skip
"""The same in ``sqrt(-log(tail)) - 5``."""
