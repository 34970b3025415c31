"""Searching functions: all but `where` return positions or counts."""

from __future__ import annotations

from agrad.declare import POINTWISE, Over, Unbatchable, constant, linear
from agrad.ops import _batch

OPS = (
    constant("argmax(x, /, *, axis=None, keepdims=False)", "a position is an integer", axes=Over("axis", "flat")),
    constant("argmin(x, /, *, axis=None, keepdims=False)", "a position is an integer", axes=Over("axis", "flat")),
    constant("count_nonzero(x, /, *, axis=None, keepdims=False)", "a count is an integer", axes=Over("axis", "all")),
    constant(
        "nonzero(x, /)",
        "positions are integers",
        outputs=0,
        axes=Unbatchable("how many positions there are depends on the data"),
    ),
    constant(
        "searchsorted(x1, x2, /, *, side='left', sorter=None)",
        "positions are integers",
        data=("x1", "x2", "sorter"),
        batch=_batch.searchsorted,
    ),
    linear(
        "where(condition, x1, x2, /)",
        None,
        lambda xp, ct, condition: xp.where(condition, ct, 0),
        lambda xp, ct, condition: xp.where(condition, 0, ct),
        axes=POINTWISE,
    ),
)
