"""The incomplete beta functions and their derivatives in the first two arguments.

With ``s = logit(x) - logit(t)`` the lower tail (DLMF 8.17.1) is an integral over s from 0 on of ``t**a (1 - t)**b``;
the upper one is the lower one with a and b exchanged. It is computed by a fixed rule whose scale is that of the
integrand. A derivative in a is the integral with the factor ``log(t) - digamma(a) + digamma(a + b)``, one in b
likewise.
"""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import exp_rest, log1p_rest, reals
from agrad_special.compute.gamma import digamma_fall, stirling_rest
from agrad_special.compute.quadrature import FINE, half_line

__all__ = ["betainc", "betaincc", "density", "slope"]


def betainc(xp: Any, a: Any, b: Any, x: Any) -> Any:
    """The lower tail, or 1 less the upper one."""
    a, b, x = reals(xp, "betainc", a, b, x)
    swapped, tail = _tails(xp, a, b, x)
    return _ends(xp, a, b, x, xp.where(swapped, 1 - tail, tail), 1.0)


def betaincc(xp: Any, a: Any, b: Any, x: Any) -> Any:
    """The upper tail, or 1 less the lower one."""
    a, b, x = reals(xp, "betaincc", a, b, x)
    swapped, tail = _tails(xp, a, b, x)
    return _ends(xp, a, b, x, xp.where(swapped, tail, 1 - tail), 0.0)


def slope(xp: Any, a: Any, b: Any, x: Any, which: int) -> Any:
    """The derivative of `betainc` for a (0) or b (1)."""
    a, b, x = reals(xp, "betainc", a, b, x)
    swapped, tail = _tails(xp, a, b, x, which)
    out = xp.where(swapped, -tail, tail)
    return xp.where(_inside(xp, a, b, x), out, xp.where((x == 0) | (x == 1), 0 * out, xp.nan))


def density(xp: Any, a: Any, b: Any, x: Any) -> Any:
    """The derivative of `betainc` for x: ``x**(a - 1) (1 - x)**(b - 1) / beta(a, b)``."""
    a, b, x = reals(xp, "betainc", a, b, x)
    inside = _inside(xp, a, b, x)
    p, q, y = xp.where(inside, a, 1), xp.where(inside, b, 1), xp.where(inside, x, 0.5)
    out = xp.exp(_log_front(xp, p, q, y, 1 - y) - xp.log(y) - xp.log1p(-y))
    low, high = _edge(xp, a, b), _edge(xp, b, a)
    return xp.where(inside, out, xp.where(x == 0, low, xp.where(x == 1, high, xp.nan)))


def _edge(xp: Any, a: Any, b: Any) -> Any:
    return xp.where(a > 1, 0 * a * b, xp.where(a == 1, 1.0 * a * b, xp.inf))


def _inside(xp: Any, a: Any, b: Any, x: Any) -> Any:
    return (a > 0) & (b > 0) & (x > 0) & (x < 1) & xp.isfinite(a) & xp.isfinite(b)


def _tails(xp: Any, a: Any, b: Any, x: Any, which: int | None = None) -> tuple[Any, Any]:
    """Whether a and b are exchanged, and the tail or the derivative of it for the first or the second argument."""
    inside = _inside(xp, a, b, x)
    a, b, x = xp.where(inside, a, 1), xp.where(inside, b, 1), xp.where(inside, x, 0.5)
    y = 1 - x
    low = (a + b) * x <= a
    # the smaller tail, unless it ends where the integrand has a distant bend
    swapped = xp.where(low, (y < 0.02) & ((a + b) * y < 0.1), ~((x < 0.02) & ((a + b) * x < 0.1)))
    p, q = xp.where(swapped, b, a), xp.where(swapped, a, b)
    u, v = xp.where(swapped, y, x), xp.where(swapped, x, y)
    first = second = None
    if which is not None:
        by_a = _mean_gap(xp, a, b, x, y, which)
        first, second = (swapped, by_a) if which == 1 else (~swapped, by_a)
    return swapped, _lower(xp, p, q, u, v, first, second)


def _lower(xp: Any, a: Any, b: Any, x: Any, y: Any, of_t: Any, centre: Any) -> Any:
    """The lower tail; with the factor ``centre + log(t / x)`` or ``centre + log((1 - t) / y)`` where that is given."""
    half = x <= 0.5
    gap = a * y - b * x  # a - (a + b) x, the slope where the tail begins
    curvature = (a + b) * x * y
    end = 0.5 * math.log(xp.finfo(x.dtype).max)  # beyond, exponential functions overflow
    weighted = of_t is not None

    def integrand(s: Any, a: Any, b: Any, x: Any, y: Any, gap: Any, half: Any, *more: Any) -> Any:
        z = xp.where(half, x, 0.5)
        q = z * xp.expm1(-s)
        low = log1p_rest(xp, q) + z * exp_rest(xp, -s)
        step = xp.minimum(s, end)
        w = xp.where(half, 0.5, y)
        r = w * xp.expm1(step)
        near = r < 0.5
        close = log1p_rest(xp, xp.where(near, r, 0)) + w * exp_rest(xp, xp.where(near, step, 0))
        log1p_r = xp.log1p(r)
        direct = b * step - (a + b) * log1p_r - a * (s - step)
        exponent = xp.where(half, -gap * s - (a + b) * low, xp.where(near, -gap * s - (a + b) * close, direct))
        fall = xp.exp(exponent)
        if not weighted:
            return fall
        of_t, centre = more
        shift = xp.where(half, xp.log1p(q), log1p_r - step)  # log((1 - t) / y)
        return (centre + xp.where(of_t, xp.where(half, -s - shift, -log1p_r - (s - step)), -shift)) * fall

    width = xp.where(gap > 0, gap, 0) + curvature / (1 + xp.sqrt(curvature))
    width = xp.where(gap < 0, xp.minimum(width, a), width)
    # a bend where (a + b) (1 - t) reaches 1 is to lie amid the nodes
    bend_scale = 1 + xp.log1p(1 / xp.where(half, 1, (a + b) * y)) + 1 / a
    scale = xp.where(half, 1 / width, xp.minimum(1 / width, bend_scale))
    front = xp.exp(_log_front(xp, a, b, x, y))
    more = (of_t, centre) if weighted else ()
    arguments = (a, b, x, y, gap, half)
    return front * half_line(xp, scale, integrand, *arguments, *more, rule=FINE)


def _mean_gap(xp: Any, a: Any, b: Any, x: Any, y: Any, which: int) -> Any:
    """``log(x) - digamma(a) + digamma(a + b)``, or the same with ``1 - x`` and b."""
    c, d, z = (a, b, x) if which == 0 else (b, a, y)
    close = d < c
    fall = digamma_fall(xp, xp.where(close, c, 2), xp.where(close, d, 1))
    apart = xp.special.digamma(xp.where(close, 1, c)) - xp.special.digamma(xp.where(close, 1, c + d))
    logarithm = xp.log1p(-y) if which == 0 else xp.log1p(-x)
    logarithm = xp.where(z < 0.5, xp.log(z), logarithm)
    return logarithm - xp.where(close, fall, apart)


def _log_front(xp: Any, a: Any, b: Any, x: Any, y: Any) -> Any:
    """The logarithm of ``x**a y**b / beta(a, b)``, by Stirling's series where its terms would cancel."""
    large = (a > 10) & (b > 10)
    c, d = xp.where(large, a, 10), xp.where(large, b, 10)
    u, v = xp.where(large, x, 0.5), xp.where(large, y, 0.5)
    off = d * u - c * v
    far = c * log1p_rest(xp, off / c) + d * log1p_rest(xp, -off / d)
    far = far + 0.5 * (xp.log(c / (2 * math.pi)) - xp.log1p(c / d))
    far = far + stirling_rest(c + d) - stirling_rest(c) - stirling_rest(d)
    a, b = xp.where(large, 1, a), xp.where(large, 1, b)
    x, y = xp.where(large, 0.5, x), xp.where(large, 0.5, y)
    logs = a * _log(xp, x, y) + b * _log(xp, y, x)
    return xp.where(large, far, logs - xp.special.betaln(a, b))


def _log(xp: Any, x: Any, y: Any) -> Any:
    """``log(x)`` from the smaller one of x and ``y = 1 - x``."""
    return xp.where(x < 0.5, xp.log(x), xp.log1p(-xp.where(x < 0.5, 0, y)))


def _ends(xp: Any, a: Any, b: Any, x: Any, out: Any, most: float) -> Any:
    inside = _inside(xp, a, b, x)
    valid = (a >= 0) & (b >= 0) & (x >= 0) & (x <= 1)
    bottom = valid & ~((a == 0) & (b == 0)) & ((x == 0) & (a > 0) | (b == 0) & (x < 1))
    top = valid & ~bottom & ((x == 1) & (b > 0) | (a == 0) & (x > 0) & (b > 0))
    out = xp.where(inside, xp.clip(out, 0, 1), xp.nan)
    return xp.where(top, xp.full_like(out, most), xp.where(bottom, xp.full_like(out, 1 - most), out))
