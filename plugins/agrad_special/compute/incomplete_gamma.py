"""The incomplete gamma functions and their derivatives in the first argument.

Both tails are integrals over a half-line of ``t**(a - 1) exp(-t)``, by a fixed rule whose scale is that of the
integrand: lower ones in ``s = -log(t / x)``, upper ones in ``w = t / x - 1`` (DLMF 8.2.1, 8.2.2). A derivative in a is
the integral with the factor ``log(t) - digamma(a)``, which does not change its sign far from where a tail begins.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from agrad_special.compute.boxcox import power_quotient_slope
from agrad_special.compute.common import exp_rest, log1p_rest, polynomial, reals
from agrad_special.compute.gamma import PSI, stirling_rest
from agrad_special.compute.quadrature import FINE, half_line

__all__ = ["density", "gammainc", "gammaincc", "slope"]


def gammainc(xp: Any, a: Any, x: Any) -> Any:
    """The lower tail, or 1 less the upper one."""
    a, x = reals(xp, "gammainc", a, x)
    tails = _tails(xp, a, x)
    return _ends(xp, a, x, xp.where(tails.upper, 1 - tails.value, tails.value), 1.0)


def gammaincc(xp: Any, a: Any, x: Any) -> Any:
    """The upper tail, or 1 less the lower one."""
    a, x = reals(xp, "gammaincc", a, x)
    tails = _tails(xp, a, x)
    return _ends(xp, a, x, xp.where(tails.upper, tails.value, 1 - tails.value), 0.0)


def slope(xp: Any, a: Any, x: Any) -> Any:
    """The derivative of `gammainc` for a."""
    a, x = reals(xp, "gammainc", a, x)
    tails = _tails(xp, a, x, True)
    inside = (a > 0) & (x > 0) & xp.isfinite(a) & xp.isfinite(x)
    ends = (a > 0) & (x >= 0)
    return xp.where(inside, xp.where(tails.upper, -tails.value, tails.value), xp.where(ends, 0 * tails.value, xp.nan))


def density(xp: Any, a: Any, x: Any) -> Any:
    """The derivative of `gammainc` for x: ``x**(a - 1) exp(-x) / gamma(a)``."""
    a, x = reals(xp, "gammainc", a, x)
    inside = (a > 0) & (x > 0) & xp.isfinite(x)
    safe_a, safe_x = xp.where(inside, a, 1), xp.where(inside, x, 1)
    out = xp.exp(_log_front(xp, safe_a, safe_x) - xp.log(safe_x))
    at_0 = xp.where(a > 1, 0 * a, xp.where(a == 1, xp.ones_like(a), xp.inf))
    return xp.where(inside, out, xp.where((a > 0) & (x == 0), at_0, xp.where((a > 0) & (x > 0), 0 * out, xp.nan)))


class _Tails(NamedTuple):
    upper: Any
    """Whether it is the upper tail that was computed: the smaller one, or nearly so."""
    value: Any


def _tails(xp: Any, a: Any, x: Any, by_a: bool = False) -> _Tails:
    """A tail, or the derivative of it for a."""
    inside = (a > 0) & (x > 0) & xp.isfinite(a) & xp.isfinite(x)
    a, x = xp.where(inside, a, 1), xp.where(inside, x, 2)
    small = x < 1
    logarithm = xp.log(xp.where(x < 0.5, x, 0.5))
    upper = a < xp.where(x < 0.5, -0.4 / logarithm, xp.where(x < 1.1, 0.75 * x, x))
    lower_a, lower_x = xp.where(upper, 2, a), xp.where(upper, 1, x)
    lower = _lower(xp, lower_a, lower_x, by_a)
    far = upper & ~small
    large = _upper(xp, xp.where(far, a, 1), xp.where(far, x, 2), by_a)
    near = upper & small
    little = _upper_small(xp, xp.where(near, a, 0.25), xp.where(near, x, 0.25), by_a)
    return _Tails(upper, xp.where(upper, xp.where(small, little, large), lower))


def _lower(xp: Any, a: Any, x: Any, by_a: bool) -> Any:
    """For x up to a or so."""
    gap = a - x
    width = xp.where(gap > 0, gap, 0) + x / (1 + xp.sqrt(x))

    def integrand(s: Any, gap: Any, x: Any, centre: Any) -> Any:
        fall = xp.exp(-gap * s - x * exp_rest(xp, -s))
        return (centre - s) * fall if by_a else fall

    return xp.exp(_log_front(xp, a, x)) * half_line(xp, 1 / width, integrand, gap, x, _centre(xp, a, x), rule=FINE)


def _upper(xp: Any, a: Any, x: Any, by_a: bool) -> Any:
    """For x from a and 1 on."""
    gap = x - a + 1

    def integrand(w: Any, a: Any, gap: Any, centre: Any) -> Any:
        fall = xp.exp((a - 1) * log1p_rest(xp, w) - gap * w)
        return (centre + xp.log1p(w)) * fall if by_a else fall

    width = gap - 1 + xp.sqrt(x)
    return xp.exp(_log_front(xp, a, x)) * half_line(xp, 1 / width, integrand, a, gap, _centre(xp, a, x), rule=FINE)


def _upper_small(xp: Any, a: Any, x: Any, by_a: bool) -> Any:
    """For x below 1 and small a: from 1 on as always, up to 1 by the series of the exponential function."""
    logarithm = xp.log(x)
    reciprocal = a * xp.exp(-xp.special.gammaln(1 + a))
    psi = xp.special.digamma(1 + a) - 1 / a if by_a else 0

    def integrand(w: Any, a: Any) -> Any:
        fall = xp.exp((a - 1) * xp.log1p(w) - w)
        return xp.log1p(w) * fall if by_a else fall

    z = a * logarithm
    one = xp.where(xp.abs(z) < 1e-30, 1, z)
    quotient = xp.where(xp.abs(z) < 1e-30, 1, xp.expm1(one) / one)
    beyond = half_line(xp, xp.ones_like(a), lambda w, a: xp.exp((a - 1) * xp.log1p(w) - w), a, rule=FINE) / math.e
    total = beyond - logarithm * quotient
    if by_a:
        by_log = half_line(xp, xp.ones_like(a), integrand, a, rule=FINE) / math.e
        slopes = by_log - xp.square(logarithm) * power_quotient_slope(xp, z)
    coefficient = 1.0
    power = xp.exp(z)
    for k in range(1, 19):
        coefficient, power, order = coefficient / -k, power * x, a + k
        total = total + coefficient * (1 - power) / order
        if by_a:
            slopes = slopes - coefficient * (power * logarithm / order + (1 - power) / order / order)
    return reciprocal * (slopes - psi * total) if by_a else reciprocal * total


def _log_front(xp: Any, a: Any, x: Any) -> Any:
    """The logarithm of ``x**a exp(-x) / gamma(a)``, by Stirling's series where its terms would cancel."""
    large = a > 10
    b = xp.where(large, a, 10)
    y = xp.where(large, x, 10)
    far = b * log1p_rest(xp, (y - b) / b) + 0.5 * xp.log(b / (2 * math.pi)) - stirling_rest(b)
    c, z = xp.where(large, 1, a), xp.where(large, 1, x)
    return xp.where(large, far, c * xp.log(z) - z - xp.special.gammaln(1 + c) + xp.log(c))


def _centre(xp: Any, a: Any, x: Any) -> Any:
    """``log(x) - digamma(a)``, in one piece where a is large."""
    large = a > 10
    b = xp.where(large, a, 10)
    r = 1 / b
    far = xp.log1p((xp.where(large, x, 10) - b) / b) + 0.5 * r + r * r * polynomial(r * r, PSI)
    return xp.where(large, far, xp.log(xp.where(large, 1, x)) - xp.special.digamma(xp.where(large, 1, a)))


def _ends(xp: Any, a: Any, x: Any, out: Any, most: float) -> Any:
    """Where an argument is 0 or infinite: `most` is what is reached at the upper end."""
    top = ((a == 0) & (x > 0)) | ((x == xp.inf) & xp.isfinite(a) & (a >= 0))
    bottom = ((x == 0) & (a > 0)) | ((a == xp.inf) & xp.isfinite(x) & (x >= 0))
    inside = (a > 0) & (x > 0) & xp.isfinite(a) & xp.isfinite(x)
    out = xp.where(inside, xp.clip(out, 0, 1), xp.nan)
    return xp.where(top, xp.full_like(out, most), xp.where(bottom, xp.full_like(out, 1 - most), out))
