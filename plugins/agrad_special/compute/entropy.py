"""Products of a number and a logarithm, of which entropies are made."""

from __future__ import annotations

from typing import Any

from agrad_special.compute.common import polynomial, reals

__all__ = ["entr", "kl_div", "log_ratio", "rel_entr", "xlog1py", "xlogy"]


def xlogy(xp: Any, x: Any, y: Any) -> Any:
    """``x log(y)``; 0 where x is 0 and y is a number."""
    x, y = reals(xp, "xlogy", x, y)
    void = (x == 0) & ~xp.isnan(y)
    return xp.where(void, 0, x * _log(xp, xp.where(void, 1, y)))


def xlog1py(xp: Any, x: Any, y: Any) -> Any:
    """``x log(1 + y)``; 0 where x is 0 and y is a number."""
    x, y = reals(xp, "xlog1py", x, y)
    void = (x == 0) & ~xp.isnan(y)
    y = xp.where(void, 0, y)
    log = xp.where(y < -1, xp.nan, xp.log1p(xp.where(y <= -1, 0, y)))
    return xp.where(void, 0, x * xp.where(y == -1, -xp.inf, log))


def entr(xp: Any, x: Any) -> Any:
    """``-x log(x)``; 0 at 0, and minus infinity for negative numbers, to keep it concave."""
    (x,) = reals(xp, "entr", x)
    inside = ~(x <= 0)
    out = -x * xp.log(xp.where(inside, x, 1))
    return xp.where(x < 0, -xp.inf, xp.where(inside, out, 0))


def rel_entr(xp: Any, x: Any, y: Any) -> Any:
    """``x log(x / y)``; 0 where x is 0 and y is not negative, infinity outside of the domain."""
    x, y = reals(xp, "rel_entr", x, y)
    inside = (x > 0) & (y > 0)
    out = xp.where(inside, x, 0) * log_ratio(xp, xp.where(inside, x, 1), xp.where(inside, y, 1))
    return _edges(xp, x, y, inside, out, 0 * x)


def kl_div(xp: Any, x: Any, y: Any) -> Any:
    """``x log(x / y) - x + y``, where x and y are near each other by a series in their difference."""
    x, y = reals(xp, "kl_div", x, y)
    inside = (x > 0) & (y > 0)
    a, b = xp.where(inside, x, 1), xp.where(inside, y, 1)
    near = (0.5 * a < b) & (b < 2 * a)
    r = xp.where(near, (a - b) / (0.5 * a + 0.5 * b) * 0.5, 0)
    # a / b = (1 + r) / (1 - r), so that the logarithm is 2 atanh(r)
    square = r * r
    close = (0.5 * a + 0.5 * b) * 2 * square * (polynomial(square, ATANH) + r * polynomial(square, ATANH[1:]))
    out = xp.where(near, close, a * log_ratio(xp, a, xp.where(near, a, b)) - a + b)
    return _edges(xp, x, y, inside, out, y)


def log_ratio(xp: Any, x: Any, y: Any) -> Any:
    """``log(x / y)`` of positive numbers: without overflow, and to the last digits where x is near y; 0 at 0 / 0."""
    void = (x == 0) & (y == 0)
    x, y = xp.where(void, 1, x), xp.where(void, 1, y)
    near = (0.5 * y < x) & (0.5 * x < y)
    a, b = xp.where(near, x, 1), xp.where(near, y, 1)
    c, d = xp.where(near, 1, x), xp.where(near, 1, y)
    extreme = (xp.abs(xp.log(c) - xp.log(d))) > 80
    ratio = xp.where(extreme, 1, c) / xp.where(extreme, 1, d)
    return xp.where(near, xp.log1p((a - b) / b), xp.where(extreme, xp.log(c) - xp.log(d), xp.log(ratio)))


def _log(xp: Any, y: Any) -> Any:
    """The logarithm, without a report of what numbers outside of its domain are."""
    log = xp.where(y < 0, xp.nan, xp.log(xp.where(y <= 0, 1, y)))
    return xp.where(y == 0, -xp.inf, log)


def _edges(xp: Any, x: Any, y: Any, inside: Any, out: Any, at_zero: Any) -> Any:
    """The values of both divergences where x or y is not positive."""
    edge = xp.where((x == 0) & (y >= 0), at_zero, xp.inf)
    return xp.where(xp.isnan(x) | xp.isnan(y), xp.nan, xp.where(inside, out, edge))


ATANH = tuple(1 / (2 * k + 1) for k in range(18))
"""``atanh(r) / r`` in powers of ``r**2`` (DLMF 4.38.5)."""
