"""Integrals over a half-line by one fixed rule, exact to double precision for what falls at least exponentially.

The double-exponential rule of H. Takahasi and M. Mori, Publ. RIMS 9 (1974) 721-741: the trapezoidal rule in u after
``s = exp(u - exp(-u))``. Nodes reach from 1e-20 to 100 in units of a scale that the caller chooses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

__all__ = ["FINE", "LEGENDRE", "NODES", "half_line"]


def _nodes(step: float) -> tuple[tuple[float, float], ...]:
    found = []
    for k in range(round(-3.75 / step), round(5.5 / step) + 1):
        u = step * k
        s = math.exp(u - math.exp(-u))
        found.append((s, step * (1 + math.exp(-u)) * s))
    return tuple(found)


RULE = _nodes(0.125)
"""Nodes and weights for a plain integrand,"""

FINE = _nodes(0.0625)
"""twice as many for one that has poles a few scales away,"""

NODES = tuple((s, weight * math.exp(-s)) for s, weight in RULE if s < 60 and weight * math.exp(-s) > 1e-20)
"""and those for one with the weight ``exp(-s)``."""


def _legendre(count: int) -> tuple[tuple[float, float], ...]:
    """The Gauss-Legendre rule on the interval from 0 to 1 (DLMF 3.5(v)): roots by Newton's method."""
    found = []
    for i in range(count):
        x = math.cos(math.pi * (i + 0.75) / (count + 0.5))
        slope = 1.0
        for _ in range(8):
            before, value = 1.0, x
            for k in range(2, count + 1):
                before, value = value, ((2 * k - 1) * x * value - (k - 1) * before) / k
            slope = count * (x * value - before) / (x * x - 1)
            x -= value / slope
        found.append((0.5 + 0.5 * x, 1 / ((1 - x * x) * slope * slope)))
    return tuple(found)


LEGENDRE = _legendre(40)
"""For what is smooth on an interval."""

Rule = tuple[tuple[float, float], ...]


def half_line(xp: Any, scale: Any, integrand: Callable[..., Any], *arguments: Any, rule: Rule = RULE) -> Any:
    """The integral of ``integrand(s, *arguments)`` over s from 0 on, where it falls to nothing within 100 scales.

    All nodes are taken at once, along a last axis of that length.
    """
    dtype, device = scale.dtype, getattr(scale, "device", None)
    nodes = xp.asarray([s for s, _ in rule], dtype=dtype, device=device)
    weights = xp.asarray([w for _, w in rule], dtype=dtype, device=device)
    scale = xp.expand_dims(scale, axis=-1)
    values = integrand(scale * nodes, *(xp.expand_dims(a, axis=-1) for a in arguments))
    return xp.sum(scale * weights * values, axis=-1)
