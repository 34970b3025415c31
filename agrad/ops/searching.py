"""Searching functions: all but `where` return positions or counts."""

from __future__ import annotations

from agrad.declare import constant, linear

OPS = (
    constant("argmax(x, /, *, axis=None, keepdims=False)", "a position is an integer"),
    constant("argmin(x, /, *, axis=None, keepdims=False)", "a position is an integer"),
    constant("count_nonzero(x, /, *, axis=None, keepdims=False)", "a count is an integer"),
    constant("nonzero(x, /)", "positions are integers", outputs=0),
    constant(
        "searchsorted(x1, x2, /, *, side='left', sorter=None)", "positions are integers", data=("x1", "x2", "sorter")
    ),
    linear(
        "where(condition, x1, x2, /)",
        None,
        lambda xp, ct, condition: xp.where(condition, ct, 0),
        lambda xp, ct, condition: xp.where(condition, 0, ct),
    ),
)
