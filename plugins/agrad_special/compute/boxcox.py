"""The Box-Cox transformation of positive numbers, and the way back."""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import polynomial, reals

__all__ = ["boxcox", "boxcox1p", "inv_boxcox", "inv_boxcox1p", "log_quotient_slope", "power_quotient_slope"]


def boxcox(xp: Any, x: Any, lmbda: Any) -> Any:
    """``(x**lmbda - 1) / lmbda``, and the logarithm where lmbda is 0."""
    x, lmbda = reals(xp, "boxcox", x, lmbda)
    logarithm = xp.log(xp.where(x > 0, x, 1))
    return _transformed(xp, logarithm, lmbda, x == 0, (x < 0) | xp.isnan(x))


def boxcox1p(xp: Any, x: Any, lmbda: Any) -> Any:
    """The same of ``1 + x``."""
    x, lmbda = reals(xp, "boxcox1p", x, lmbda)
    return _transformed(xp, xp.log1p(xp.where(x > -1, x, 0)), lmbda, x == -1, (x < -1) | xp.isnan(x))


def inv_boxcox(xp: Any, y: Any, lmbda: Any) -> Any:
    """The power, as the exponential function of what `_exponent` gives."""
    y, lmbda = reals(xp, "inv_boxcox", y, lmbda)
    exponent, edge, outside = _exponent(xp, y, lmbda)
    return _edges(xp, xp.exp(exponent), lmbda, edge, outside, 0)


def inv_boxcox1p(xp: Any, y: Any, lmbda: Any) -> Any:
    """The same, less 1."""
    y, lmbda = reals(xp, "inv_boxcox1p", y, lmbda)
    exponent, edge, outside = _exponent(xp, y, lmbda)
    return _edges(xp, xp.expm1(exponent), lmbda, edge, outside, -1)


def power_quotient_slope(xp: Any, z: Any) -> Any:
    """The derivative of ``expm1(z) / z``, and of that all others, near 0 by its series."""
    near = xp.abs(z) < 2
    w, v = xp.where(near, z, 0), xp.where(near, 2, z)
    return xp.where(near, polynomial(w, POWER), (xp.exp(v) * (v - 1) + 1) / v / v)


def log_quotient_slope(xp: Any, z: Any) -> Any:
    """The derivative of ``log1p(z) / z``, near 0 by its series."""
    near = xp.abs(z) < 0.25
    w, v = xp.where(near, z, 0), xp.where(near, 1, z)
    return xp.where(near, polynomial(w, LOGARITHM), (v / (1 + v) - xp.log1p(v)) / v / v)


def _transformed(xp: Any, logarithm: Any, lmbda: Any, edge: Any, outside: Any) -> Any:
    z = lmbda * logarithm
    plain = xp.abs(z) < 1e-30
    end = math.log(xp.finfo(z.dtype).max)
    over = z > 0.99 * end
    safe = xp.where(plain, 1, lmbda)
    rest = z - xp.log(xp.abs(safe))  # where the power overflows its quotient may not
    large = xp.where(rest < end, xp.sign(safe) * xp.exp(xp.where(over & (rest < end), rest, 0)), xp.sign(safe) * xp.inf)
    out = xp.where(plain, logarithm, xp.where(over, large, xp.expm1(xp.where(over, 0, z)) / safe))
    out = xp.where(edge, xp.where(lmbda > 0, -1 / xp.where(lmbda > 0, lmbda, 1), -xp.inf), out)
    return xp.where(outside, xp.nan, out)


def _exponent(xp: Any, y: Any, lmbda: Any) -> tuple[Any, Any, Any]:
    """``log(1 + lmbda * y) / lmbda``, whether that is infinite, and whether it does not exist."""
    z = lmbda * y
    edge, outside = z == -1, (z < -1) | xp.isnan(z)
    inside = ~(edge | outside)
    w = xp.where(inside, z, 0)
    plain = xp.abs(w) < 1e-30
    out = xp.where(plain, xp.where(inside, y, 0), xp.log1p(w) / xp.where(plain, 1, lmbda))
    return out, edge, outside


def _edges(xp: Any, out: Any, lmbda: Any, edge: Any, outside: Any, least: float) -> Any:
    return xp.where(outside, xp.nan, xp.where(edge, xp.where(lmbda > 0, xp.full_like(out, least), xp.inf), out))


POWER = tuple((k + 1) / math.factorial(k + 2) for k in range(26))
LOGARITHM = tuple((-1.0) ** (k + 1) * (k + 1) / (k + 2) for k in range(28))
