"""Sorting functions."""

from __future__ import annotations

from agrad.declare import Over, composite, constant

OPS = (
    constant("argsort(x, /, *, axis=-1, descending=False, stable=True)", "positions are integers", axes=Over("axis")),
    composite(
        "sort(x, /, *, axis=-1, descending=False, stable=True)",
        lambda xp, x, axis, descending, stable: xp.take_along_axis(
            x, xp.argsort(x, axis=axis, descending=descending, stable=stable), axis=axis
        ),
    ),
)
