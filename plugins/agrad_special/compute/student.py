"""Student's distribution, by the incomplete beta function."""

from __future__ import annotations

from typing import Any

from agrad_special.compute import incomplete_beta
from agrad_special.compute.common import reals

__all__ = ["density", "slope", "stdtr"]


def stdtr(xp: Any, df: Any, x: Any) -> Any:
    """By whichever of ``x**2 / (df + x**2)`` and its complement is small."""
    df, x = reals(xp, "stdtr", df, x)
    inside = (df > 0) & xp.isfinite(df) & ~xp.isnan(x)
    limit = xp.where(df > 0, xp.special.ndtr(x), xp.nan)  # for infinite df
    df, square = xp.where(inside, df, 1), xp.square(xp.where(inside, x, 0))
    near = square < df
    u = xp.where(near, square, 0) / (df + xp.where(near, square, 0))
    v = df / (df + xp.where(near, df, square))
    tail = xp.where(near, xp.special.betaincc(0.5, 0.5 * df, u), xp.special.betainc(0.5 * df, 0.5, v))
    out = xp.where(x < 0, 0.5 * tail, 1 - 0.5 * tail)
    return xp.where(inside, out, limit)


def density(xp: Any, df: Any, x: Any) -> Any:
    """The derivative for x."""
    df, x = reals(xp, "stdtr", df, x)
    return xp.exp(-0.5 * (df + 1) * xp.log1p(x * (x / df)) - xp.special.betaln(0.5 * df, 0.5)) / xp.sqrt(df)


def slope(xp: Any, df: Any, x: Any) -> Any:
    """The derivative for df: what the incomplete beta function gives, and at 0 the first term in x."""
    df, x = reals(xp, "stdtr", df, x)
    zero = x == 0
    z = xp.where(zero, xp.sqrt(df), x)
    total = df + z * z
    u, b = z * z / total, 0.5 * df
    half = xp.full_like(df, 0.5)
    moved = incomplete_beta.density(xp, half, b, u) * (-u / total)
    out = 0.5 * xp.sign(z) * (0.5 * incomplete_beta.slope(xp, half, b, u, 1) + moved)
    first = 0.5 * (xp.special.digamma(b + 0.5) - xp.special.digamma(b) - 1 / df)
    return xp.where(zero, x * density(xp, df, xp.zeros_like(x)) * first, out)
