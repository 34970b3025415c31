"""Set functions: membership and distinct values, whose shapes depend on the data."""

from __future__ import annotations

from agrad.declare import constant

OPS = (
    constant("isin(x1, x2, /, *, invert=False)", "a truth value has no derivative"),
    constant("unique_all(x, /)", "which values are distinct, and so the shape, depends on the data", outputs=4),
    constant("unique_counts(x, /)", "which values are distinct, and so the shape, depends on the data", outputs=2),
    constant("unique_inverse(x, /)", "which values are distinct, and so the shape, depends on the data", outputs=2),
    constant("unique_values(x, /)", "which values are distinct, and so the shape, depends on the data"),
)
