"""The pinned conventions as data: what the derivative is where mathematics or floating point leave it open.

Every point is declared a defined *value*, *nan/inf*, or an *error*; nothing is unspecified. The table for users, with
its sources, is ``docs/conventions.md``; a point's `row` is the name of its row there, or starts with "extreme" where
plain mathematics decides and floating point is what makes it hard.
"""

from __future__ import annotations

from importlib import import_module

from agrad_conformance.conventions.point import Point

__all__ = ["POINTS", "Point", "points"]

SECTIONS = ("complex_numbers", "kinks", "exact", "factors", "dtypes", "extremes")


def points() -> tuple[Point, ...]:
    """All points, in the order of the table."""
    return tuple(p for s in SECTIONS for p in import_module(f"agrad_conformance.conventions.{s}").POINTS)


POINTS = points()
