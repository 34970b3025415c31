"""Sorting functions."""

from __future__ import annotations

from agrad.ops.declare import composite, constant

constant("argsort(x, /, *, axis=-1, descending=False, stable=True)", "positions are integers")
composite(
    "sort(x, /, *, axis=-1, descending=False, stable=True)",
    lambda xp, x, axis, descending, stable: xp.take_along_axis(
        x, xp.argsort(x, axis=axis, descending=descending, stable=stable), axis=axis
    ),
)
