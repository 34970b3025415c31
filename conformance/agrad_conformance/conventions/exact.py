"""Points where a shortcut is wrong and agrad is exact."""

from __future__ import annotations

from math import nan, sqrt
from typing import Any

import numpy as np

import agrad
from agrad_conformance.conventions.point import Point, nan_inf, value

__all__ = ["POINTS"]

ZERO_DIVISION = "no division by a factor"
JACOBI = "Jacobi's formula, without the inverse"
LIMIT = "limits from the right; a number to the power of 0 is 1"
ADD_UP = "the transpose of reading"
TWICE = np.asarray([0, 0, 1])
WEIGHTS = [1.0, 10.0, 100.0]


def _slope(xp: Any, x: Any) -> Any:
    """A gradient whose inner derivatives arrive with cotangent x, which is 0."""
    return agrad.grad(lambda x: x * (xp.hypot(x + 1, 1.0) + xp.abs(x - 1) + xp.sqrt(x + 4)))(x)


POINTS: tuple[Point, ...] = (
    value("prod-one-zero", "prod", ([2.0, 0.0, 3.0],), ([0.0, 6.0, 0.0],), ZERO_DIVISION),
    value("prod-two-zeros", "prod", ([2.0, 0.0, 0.0],), ([0.0, 0.0, 0.0],), ZERO_DIVISION),
    value("cumulative-prod-zero", "cumulative_prod", ([2.0, 0.0, 3.0],), ([1.0, 8.0, 0.0],), ZERO_DIVISION),
    value("det-singular", "linalg.det", ([[1.0, 2.0], [2.0, 4.0]],), ([[4.0, -2.0], [-2.0, 1.0]],), JACOBI),
    value(
        "det-singular",
        "linalg.det",
        ([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [1.0, 0.0, 1.0]],),
        ([[4.0, 4.0, -4.0], [-2.0, -2.0, 2.0], [0.0, 0.0, 0.0]],),
        JACOBI,
        condition=10,
    ),
    value("det-rank-n-minus-2", "linalg.det", (np.ones((2, 3, 3)).tolist(),), (np.zeros((2, 3, 3)).tolist(),), JACOBI),
    value("pow-base-0", "pow", ([0.0] * 4, [0.0, 1.0, 2.0, 3.5]), ([0.0, 1.0, 0.0, 0.0], [0.0] * 4), LIMIT),
    *(
        value(
            "pow-base-0",
            "pow_scalar",
            ([0.0, 2.0],),
            ([slope, k * 2.0 ** (k - 1)],),
            LIMIT,
            call=lambda xp, x, k=k: x**k,
        )
        for k, slope in [(0, 0.0), (1, 1.0), (2, 0.0), (3, 0.0)]
    ),
    value(
        "pow-negative-base",
        "pow",
        ([-2.0, -2.0, -2.0],),
        ([-4.0, 12.0, -0.25],),
        "no logarithm of the base",
        call=lambda xp, x: x ** xp.asarray([2.0, 3.0, -1.0], dtype=x.dtype),
    ),
    nan_inf(
        "pow-negative-base-exponent",
        "pow",
        ([2.0],),
        ([nan],),
        "real powers of a negative number have no derivative",
        call=lambda xp, y: xp.asarray([-2.0], dtype=y.dtype) ** y,
    ),
    value("take-repeats", "take", ([5.0, 6.0, 7.0], TWICE), ([11.0, 100.0, 0.0],), ADD_UP, cotangent=WEIGHTS),
    value(
        "take-repeats", "take_along_axis", ([5.0, 6.0, 7.0], TWICE), ([11.0, 100.0, 0.0],), ADD_UP, cotangent=WEIGHTS
    ),
    value(
        "take-repeats",
        "getitem",
        ([5.0, 6.0, 7.0], TWICE),
        ([11.0, 100.0, 0.0],),
        ADD_UP,
        cotangent=WEIGHTS,
        call=lambda xp, x, i: x[i],
    ),
    value(
        "assignment-repeats",
        "setitem",
        ([1.0, 2.0, 3.0], [5.0, 6.0, 7.0], np.asarray([0, 0, 2])),
        ([0.0, 10.0, 0.0], [0.0, 1.0, 100.0]),
        "what was written last is still there",
        cotangent=WEIGHTS,
        call=lambda xp, x, v, i: xp.setitem(x, i, v),
    ),
    *(
        value(
            "norm-out-of-range",
            "linalg.vector_norm",
            ([3 * size, 4 * size],),
            ([0.6, 0.8],),
            "x over its length",
            dtypes=(dtype,),
        )
        for dtype, size in (("float64", 1e200), ("float64", 1e-200), ("float32", 1e30), ("float32", 1e-30))
    ),
    *(
        value(
            "norm-out-of-range",
            "linalg.matrix_norm",
            ([[[3 * size, 4 * size]], [[3.0, 0.0]]],),
            ([[[0.6, 0.8]], [[1.0, 0.0]]],),
            "x over its length",
            params={"keepdims": keepdims},
            dtypes=("float64",),
        )
        for size in (1e200, 1e-200)
        for keepdims in (False, True)
    ),
    *(
        value(
            "norm-out-of-range",
            "std",
            ([-size, size],),
            ([-0.5, 0.5],),
            "the length of the centred data",
            dtypes=("float64",),
        )
        for size in (1e200, 1e-200)
    ),
    value("zero-cotangent", "hypot", (0.0,), (2 * (1 / sqrt(2) - 1 + 0.25),), "no rule masks on ct == 0", call=_slope),
)
