"""Losses that are squares near 0 and lines far from it."""

from __future__ import annotations

from typing import Any

from agrad_special.compute.common import reals

__all__ = ["huber", "pseudo_huber"]


def huber(xp: Any, delta: Any, r: Any) -> Any:
    """``r**2 / 2`` up to delta, ``delta * (abs(r) - delta / 2)`` beyond."""
    delta, r = reals(xp, "huber", delta, r)
    size = xp.abs(r)
    near = size <= delta
    out = xp.where(near, 0.5 * xp.square(xp.where(near, r, 0)), xp.where(near, 0, delta * (size - 0.5 * delta)))
    return xp.where(delta < 0, xp.inf, out)


def pseudo_huber(xp: Any, delta: Any, r: Any) -> Any:
    """``delta**2 * (sqrt(1 + (r / delta)**2) - 1)`` without the difference."""
    delta, r = reals(xp, "pseudo_huber", delta, r)
    total = delta + xp.hypot(delta, r)
    out = delta * r * (r / xp.where(total == 0, 1, total))
    return xp.where(delta < 0, xp.inf, out)
