"""The ops in high precision, for the conformance suite: substitution, one unknown after the other."""

from __future__ import annotations

from typing import Any

__all__ = ["solve_triangular"]


def solve_triangular(mp: Any, a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """Each unknown from those before it."""
    import numpy as np

    vector = b.ndim == 1
    columns = b[:, None] if vector else b
    if trans not in (0, "N"):
        a, lower = np.swapaxes(a, -1, -2), not lower
        a = np.conj(a) if trans in (2, "C") else a
    stack = np.broadcast_shapes(a.shape[:-2], columns.shape[:-2])
    a, columns = (np.broadcast_to(x, (*stack, *x.shape[-2:])) for x in (a, columns))
    x, n = columns.copy(), a.shape[-1]
    for place in np.ndindex(*stack):
        m, y = a[place], x[place]
        for i in range(n) if lower else reversed(range(n)):
            for j in range(i) if lower else range(i + 1, n):
                y[i] = y[i] - m[i, j] * y[j]
            if not unit_diagonal:
                y[i] = y[i] / m[i, i]
    return x[..., 0] if vector else x
