"""Modified Bessel functions of real order, and their derivatives in the order.

Each is an integral in which the order stands in an exponent, so that derivatives in both arguments are integrals of
the same kind, and none of them is a difference of larger numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from agrad_special.compute.common import reals
from agrad_special.compute.quadrature import FINE, LEGENDRE, half_line

__all__ = ["first", "iv", "iv_by_order", "ive", "kv", "kve", "second"]

NEAR = 6.0
"""Up to here, functions of the first kind are a power series."""

STEPS = 160


def kve(xp: Any, v: Any, x: Any) -> Any:
    """``exp(x)`` times the function of the second kind."""
    v, x = reals(xp, "kve", v, x)
    return _ends(xp, v, x, second(xp, v, x))


def kv(xp: Any, v: Any, x: Any) -> Any:
    """The same without the factor."""
    v, x = reals(xp, "kv", v, x)
    return _ends(xp, v, x, second(xp, v, x, scaled=False))


def second(xp: Any, v: Any, x: Any, weight: Callable[..., Any] | None = None, scaled: bool = True) -> Any:
    """``exp(-x (cosh(t) - 1)) cosh(v t)`` over t from 0 on (DLMF 10.32.9), by the trapezoidal rule.

    The window of 160 steps holds all of the integrand about its peak at ``asinh(v / x)``. With a weight, a function of
    t and v, the integrand is ``exp(v t)`` times that, where it is ``cosh(v t)`` without.
    """
    inside = (x > 0) & xp.isfinite(x) & xp.isfinite(v)
    v, x = xp.abs(xp.where(inside, v, 0)), xp.where(inside, x, 1)
    peak = xp.asinh(v / x)
    size = xp.hypot(v, x)
    spread = 9 / xp.sqrt(size)
    low = xp.maximum(peak - spread - 45 / xp.maximum(v, xp.ones_like(v)), 0 * v)
    high = peak + xp.minimum(spread, 1 + xp.log1p(90 / size))
    step = (high - low) / STEPS
    counts = xp.asarray([float(k) for k in range(STEPS + 1)], dtype=x.dtype, device=getattr(x, "device", None))
    ends = xp.where((counts == 0) | (counts == STEPS), xp.full_like(counts, 0.5), 1)
    t = xp.expand_dims(low, axis=-1) + counts * xp.expand_dims(step, axis=-1)
    order, at = xp.expand_dims(v, axis=-1), xp.expand_dims(x, axis=-1)
    growth = 2 * xp.square(xp.sinh(0.5 * t))
    exponent = order * t - at * growth - (0 if scaled else at)
    share = 0.5 * (1 + xp.exp(-2 * order * t)) if weight is None else weight(t, order)
    top = xp.max(exponent, axis=-1, keepdims=True)
    total = xp.sum(ends * xp.exp(exponent - top) * share, axis=-1) * step
    return total * xp.exp(xp.squeeze(top, axis=-1))


def ive(xp: Any, v: Any, x: Any) -> Any:
    """``exp(-abs(x))`` times the function of the first kind."""
    v, x = reals(xp, "ive", v, x)
    return _signed(xp, v, x, True)


def iv(xp: Any, v: Any, x: Any) -> Any:
    """The function of the first kind."""
    v, x = reals(xp, "iv", v, x)
    return _signed(xp, v, x, False)


def first(xp: Any, v: Any, x: Any, by: str = "", scaled: bool = True) -> Any:
    """For orders from 0 on and positive numbers; by "v" its derivative in the order, by "x" that of the scaled one."""
    near = x < NEAR
    series = _series(xp, v, xp.where(near, x, 1), by)
    size = xp.where(near, x, 0)
    series = series * xp.exp(-size) if scaled else series
    return xp.where(near, series, _contour(xp, xp.where(near, 0, v), xp.where(near, NEAR, x), by, scaled))


def _series(xp: Any, v: Any, x: Any, by: str) -> Any:
    """DLMF 10.25.2, in which nothing cancels."""
    square, half = 0.25 * x * x, 0.5 * x
    front = xp.exp(v * xp.log(half) - xp.special.gammaln(v + 1))
    slope = xp.log(half) - xp.special.digamma(v + 1)
    term, total = xp.ones_like(v * x), 0 * (v * x)
    for k in range(30):
        if k:
            term = term * square / (k * (v + k))
            slope = slope - 1 / (v + k)
        factor = slope if by == "v" else (v + 2 * k) / x - 1 if by == "x" else 1
        total = total + term * factor
    return front * total


def _contour(xp: Any, v: Any, x: Any, by: str, scaled: bool) -> Any:
    """Schlaefli's integral (DLMF 10.32.12) on the vertical through its saddle point ``asinh(v / x)``."""
    saddle, size = xp.asinh(v / x), xp.hypot(v, x)
    all_of_it = size <= 20  # else up to where the integrand has fallen to exp(-40)
    end = xp.where(all_of_it, math.pi, 2 * xp.asin(xp.sqrt(20 / xp.where(all_of_it, 40, size))))
    nodes = xp.asarray([n for n, _ in LEGENDRE], dtype=x.dtype, device=getattr(x, "device", None))
    weights = xp.asarray([w for _, w in LEGENDRE], dtype=x.dtype, device=getattr(x, "device", None))
    wide = [xp.expand_dims(a, axis=-1) for a in (v, x, saddle, size, end)]
    order, at, t0, radius, last = wide
    angle = last * nodes
    drop = -2 * xp.square(xp.sin(0.5 * angle))  # cos - 1
    phase = order * (xp.sin(angle) - angle)
    real, imaginary = xp.cos(phase), xp.sin(phase)
    if by == "v":  # -t = -(t0 + i angle)
        real = -t0 * real + angle * imaginary
    elif by == "x":  # cosh(t) - 1
        rise = order / at * (order / (radius + at))  # cosh(t0) - 1
        real = (rise + (1 + rise) * drop) * real - order / at * xp.sin(angle) * imaginary
    arc = xp.sum(weights * last * xp.exp(radius * drop) * real, axis=-1) / math.pi

    def tail(u: Any, v: Any, x: Any, t0: Any, radius: Any) -> Any:
        t = t0 + xp.minimum(u, xp.full_like(u, 40.0))
        fall = xp.exp(-radius - x * xp.cosh(t) - v * u)
        return -t * fall if by == "v" else (-xp.cosh(t) - 1) * fall if by == "x" else fall

    sine = _sine(xp, v)
    straight = half_line(xp, 1 / (1 + size), tail, v, x, saddle, size, rule=FINE)
    total = arc - sine / math.pi * straight
    if by == "v":
        whole = half_line(xp, 1 / (1 + size), lambda *a: _plain(xp, *a), v, x, saddle, size, rule=FINE)
        total = total - _cosine(xp, v) * whole
    exponent = v * (v / (size + x)) - v * saddle
    return total * xp.exp(exponent if scaled else exponent + x)


def _plain(xp: Any, u: Any, v: Any, x: Any, t0: Any, radius: Any) -> Any:
    return xp.exp(-radius - x * xp.cosh(t0 + xp.minimum(u, xp.full_like(u, 40.0))) - v * u)


def _sine(xp: Any, v: Any) -> Any:
    """``sin(pi v)``."""
    turn = v - 2 * xp.round(0.5 * v)
    return xp.sin(math.pi * turn)


def _cosine(xp: Any, v: Any) -> Any:
    turn = v - 2 * xp.round(0.5 * v)
    return xp.cos(math.pi * turn)


def iv_by_order(xp: Any, v: Any, x: Any, scaled: bool) -> Any:
    """The derivative in the order, for positive numbers; of negative orders by DLMF 10.27.2."""
    v, x = reals(xp, "ive" if scaled else "iv", v, x)
    inside = (x > 0) & xp.isfinite(x) & xp.isfinite(v)
    order, y = xp.where(inside, v, 0), xp.where(inside, x, 1)
    below, size = order < 0, xp.abs(order)
    out = first(xp, size, y, "v", scaled)
    k, slope = second(xp, size, y, None, False), second(xp, size, y, _by_order(xp), False)
    mirrored = 2 * _cosine(xp, size) * k + 2 / math.pi * _sine(xp, size) * slope
    mirrored = -out - mirrored * (xp.exp(-y) if scaled else 1)
    return xp.where(inside, xp.where(below, mirrored, out), xp.nan)


def _by_order(xp: Any) -> Callable[..., Any]:
    """The weight by which `second` gives the derivative in the order, of orders from 0 on."""
    return lambda t, v: -0.5 * t * xp.expm1(-2 * v * t)


def _ends(xp: Any, v: Any, x: Any, out: Any) -> Any:
    """Infinite at 0, nothing at infinity."""
    out = xp.where(x == 0, xp.inf, xp.where(x == xp.inf, 0, out))
    return xp.where((x >= 0) & ~xp.isnan(v), out, xp.nan)


def _signed(xp: Any, v: Any, x: Any, scaled: bool) -> Any:
    """Of negative orders by DLMF 10.27.2, of negative numbers for integer orders alone."""
    whole = xp.floor(v) == v
    valid = xp.isfinite(v) & ~xp.isnan(x) & ((x >= 0) | whole)
    inside = valid & (x != 0) & xp.isfinite(x)
    order, y = xp.where(inside, v, 0), xp.abs(xp.where(inside, x, 1))
    size = xp.abs(order)
    out = first(xp, size, y, "", scaled)
    below = (order < 0) & ~whole
    k = second(xp, xp.where(below, size, 0.5), y, None, False) * (xp.exp(-y) if scaled else 1)
    out = xp.where(below, out + 2 / math.pi * _sine(xp, size) * k, out)
    odd = whole & (xp.remainder(order, xp.full_like(order, 2)) != 0)
    out = xp.where((x < 0) & odd, -out, out)
    at_0 = xp.where(v == 0, xp.ones_like(out), xp.where((v > 0) | whole, 0 * out, xp.inf * _sine_sign(xp, v)))
    top = xp.where(xp.isinf(x), xp.full_like(out, 0.0 if scaled else xp.inf), out)
    return xp.where(valid, xp.where(x == 0, at_0, top), xp.nan)


def _sine_sign(xp: Any, v: Any) -> Any:
    """The sign of ``sin(pi abs(v))``, that of a function of a negative order near 0."""
    return xp.where(_sine(xp, xp.abs(xp.where(xp.isfinite(v), v, 0))) < 0, -1.0 + 0 * v, 1.0 + 0 * v)
