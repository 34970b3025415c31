"""Integrals over a half-line by one fixed rule, exact to double precision for what falls at least exponentially.

The double-exponential rule of H. Takahasi and M. Mori, Publ. RIMS 9 (1974) 721-741: the trapezoidal rule in u after
``s = exp(u - exp(-u))``. Nodes reach from 1e-20 to 100 in units of a scale that the caller chooses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

__all__ = ["NODES", "half_line"]

STEP = 0.125


def _nodes() -> tuple[tuple[float, float], ...]:
    found = []
    for k in range(-30, 45):
        u = STEP * k
        s = math.exp(u - math.exp(-u))
        found.append((s, STEP * (1 + math.exp(-u)) * s))
    return tuple(found)


RULE = _nodes()
"""Nodes and weights for a plain integrand,"""

NODES = tuple((s, weight * math.exp(-s)) for s, weight in RULE if s < 60 and weight * math.exp(-s) > 1e-20)
"""and for one with the weight ``exp(-s)``."""


def half_line(xp: Any, scale: Any, integrand: Callable[..., Any], *arguments: Any) -> Any:
    """The integral of ``integrand(s, *arguments)`` over s from 0 on, where it falls to nothing within 100 scales.

    All nodes are taken at once, along a last axis of that length.
    """
    dtype, device = scale.dtype, getattr(scale, "device", None)
    nodes = xp.asarray([s for s, _ in RULE], dtype=dtype, device=device)
    weights = xp.asarray([w for _, w in RULE], dtype=dtype, device=device)
    scale = xp.expand_dims(scale, axis=-1)
    values = integrand(scale * nodes, *(xp.expand_dims(a, axis=-1) for a in arguments))
    return xp.sum(scale * weights * values, axis=-1)
