"""Convolutions of few numbers, with every parameter."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case

__all__ = ["CONV", "TRANSPOSE", "WEIGHT"]

REAL, COMPLEX = ("float64", "float32"), ("complex128", "complex64")


def _case(*shapes: tuple[int, ...], dtypes: tuple[str, ...] = REAL, **params: Any) -> Case:
    return Case(lambda draw: tuple(draw(*shape) for shape in shapes), params, dtypes)


CONV = {
    1: (
        _case((2, 2, 4), (2, 2, 2)),
        _case((1, 1, 3), (1, 1, 2), dtypes=COMPLEX),
        _case((1, 2, 7), (2, 2, 2), stride=2, padding=1, dilation=2),
        _case((1, 4, 4), (2, 2, 3), groups=2, padding="same"),
        _case((2, 4), (2, 2, 2), padding="valid"),
        _case((1, 1, 6), (1, 1, 3), stride=3, padding=((2, 0),)),
        _case((0, 2, 4), (1, 2, 2)),
    ),
    2: (
        _case((1, 2, 3, 3), (2, 2, 2, 3)),
        _case((1, 1, 2, 3), (1, 1, 1, 2), dtypes=COMPLEX),
        _case((2, 1, 4, 3), (1, 1, 2, 2), stride=(2, 1), padding=(0, 1), dilation=(1, 2)),
        _case((1, 2, 2, 3), (2, 1, 2, 2), groups=2, padding="same"),
        _case((2, 3, 3), (1, 2, 1, 1), stride=2),
        _case((1, 1, 2, 3), (1, 1, 3, 2), padding=((2, 1), (0, 2))),
    ),
}
TRANSPOSE = {
    1: (
        _case((2, 2, 3), (2, 1, 3)),
        _case((1, 1, 2), (1, 1, 2), dtypes=COMPLEX),
        _case((1, 2, 4), (2, 1, 3), stride=2, padding=1, output_padding=1),
        _case((1, 4, 3), (4, 1, 2), groups=2, dilation=3, output_padding=2),
        _case((2, 3), (2, 2, 2), stride=3),
        _case((1, 1, 4), (1, 1, 2), padding=2),
    ),
    2: (
        _case((1, 2, 2, 3), (2, 1, 2, 2)),
        _case((1, 1, 2, 2), (1, 1, 1, 2), dtypes=COMPLEX),
        _case((1, 1, 2, 3), (1, 2, 3, 2), stride=(2, 1), padding=(1, 0), output_padding=(1, 0)),
        _case((1, 2, 2, 2), (2, 1, 2, 2), groups=2, stride=2, dilation=2),
        _case((1, 2, 2), (1, 2, 2, 1)),
    ),
}
WEIGHT = {
    1: (
        _case((2, 2, 4), (2, 2, 3), kernel_size=2),
        _case((1, 1, 3), (1, 1, 2), kernel_size=2, dtypes=COMPLEX),
        _case((1, 4, 6), (1, 2, 3), kernel_size=2, stride=2, padding=1, dilation=2, groups=2),
        _case((2, 4), (1, 3), kernel_size=2),
    ),
    2: (
        _case((1, 2, 3, 3), (1, 1, 2, 2), kernel_size=2),
        _case((1, 1, 2, 2), (1, 1, 2, 1), kernel_size=(1, 2), dtypes=COMPLEX),
        _case((1, 2, 4, 3), (1, 2, 2, 3), kernel_size=(2, 3), stride=(2, 1), padding=(0, 1), groups=2),
    ),
}
"""By the number of axes that the kernel has."""
