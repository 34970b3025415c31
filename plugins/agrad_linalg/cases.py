"""The inputs that the conformance suite tries the ops on: both triangles hold numbers, of which one is read."""

from __future__ import annotations

from itertools import product
from typing import Any

from agrad.cases import Case

__all__ = ["CASES"]

SHAPES: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
    ((3, 3), (3,)),
    ((3, 3), (3, 2)),
    ((2, 2, 2), (2, 2, 1)),
    ((2, 2, 2), (2,)),
    ((2, 2, 2), (3, 1, 2, 1)),
    ((2, 2), (3, 2, 2)),
    ((1, 1), (1,)),
    ((3, 3), (3, 0)),
    ((0, 0), (0, 2)),
    ((0, 2, 2), (2, 1)),
)


def _case(a: tuple[int, ...], b: tuple[int, ...], **params: Any) -> Case:
    return Case(lambda draw: (draw.regular(*a), draw(*b)), params)


CASES = (
    *(_case(*SHAPES[k % 4], trans=t, lower=low) for k, (t, low) in enumerate(product((0, 1, 2), (False, True)))),
    *(_case(*SHAPES[k % 4], trans=t, unit_diagonal=True, lower=k % 2 > 0) for k, t in enumerate(("N", "T", "C"))),
    *(_case(a, b, lower=True) for a, b in SHAPES),
    Case(lambda draw: (draw.regular(2, 2), draw.real(2, 2)), dtypes=("complex128", "complex64")),
    Case(lambda draw: (draw.regular(2, 2).real, draw(2)), {"trans": 2}, ("complex128", "complex64")),
)
