"""Conventions at points without a derivative: tips of norms, jumps, ties."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import agrad
from agrad_conformance.conventions.point import Point, nan_inf, value

__all__ = ["POINTS"]

LEAST = "the subgradient of least length"
EVEN = "equal candidates share evenly"
STEP = "constant but for its jumps"
ORDERS = ("fro", "nuc", 1, -1, 2, -2, inf, -inf)
NOWHERE = complex(nan, nan)
NAN = "they are what is returned"


def _extreme_orders(xp: Any, x: Any) -> Any:
    return sum(xp.linalg.matrix_norm(x, ord=p) for p in (1, -1, 2, -2, inf, -inf))


def _guarded(xp: Any, x: Any) -> Any:
    return xp.where(x > 0, xp.sqrt(x), 0.0)


def _twice_guarded(xp: Any, x: Any) -> Any:
    return xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, 1.0)), 0.0)


def _one_sided(xp: Any, x: Any) -> Any:
    return 2 * x + agrad.stop_gradient(xp.sqrt(x))


POINTS: tuple[Point, ...] = (
    value(
        "abs-at-0",
        "abs",
        ([-2.0, -0.0, 0.0, 2.0],),
        ([-1.0, 0.0, 0.0, 1.0],),
        "mean of the one-sided derivatives",
        second=([0.0] * 4,),
    ),
    value("sign", "sign", ([-2.0, 0.0, 2.0],), ([0.0, 0.0, 0.0],), STEP, second=([0.0] * 3,)),
    value(
        "hypot-at-0",
        "hypot",
        ([0.0, 3.0], [0.0, 4.0]),
        ([0.0, 0.6], [0.0, 0.8]),
        LEAST,
        second=([nan, 0.032], [nan, -0.024]),
    ),
    value(
        "atan2-at-0",
        "atan2",
        ([0.0, 3.0], [0.0, 4.0]),
        ([0.0, 0.16], [0.0, -0.12]),
        "all directions are alike",
        second=([nan, -0.0496], [nan, 0.0272]),
    ),
    value(
        "copysign",
        "copysign",
        ([0.0, 2.0, 2.0, -2.0], [1.0, 0.0, -0.0, -1.0]),
        ([0.0, 1.0, -1.0, 1.0], [0.0] * 4),
        "abs(x1) times a sign",
        second=([0.0] * 4, [0.0] * 4),
    ),
    value("vector-norm-2-at-0", "linalg.vector_norm", ([0.0, 0.0],), ([0.0, 0.0],), LEAST, second=([nan, nan],)),
    value(
        "vector-norm-2-at-0",
        "linalg.vector_norm",
        ([[0.0, 0.0], [3.0, 4.0]],),
        ([[0.0, 0.0], [0.6, 0.8]],),
        LEAST,
        params={"axis": 1},
        second=([[nan, nan], [0.032, -0.024]],),
    ),
    value("vector-norm-2-at-0", "linalg.vector_norm", ([0j, 0j],), ([0j, 0j],), LEAST, second=([NOWHERE, NOWHERE],)),
    value(
        "vector-norm-1-at-0",
        "linalg.vector_norm",
        ([0.0, 3.0],),
        ([0.0, 1.0],),
        "as abs",
        params={"ord": 1},
        second=([nan, 0.0],),
    ),
    value(
        "vector-norm-p-at-0",
        "linalg.vector_norm",
        ([0.0, 0.0],),
        ([0.0, 0.0],),
        LEAST,
        params={"ord": 3},
        second=([nan, nan],),
    ),
    value(
        "vector-norm-p-at-0",
        "linalg.vector_norm",
        ([0.0, -2.0],),
        ([0.0, -1.0],),
        "abs(x)**3 is flat at 0",
        params={"ord": 3},
        second=([0.0, 0.0],),
    ),
    value(
        "vector-norm-p-at-0",
        "linalg.vector_norm",
        ([0.0, -2.0],),
        ([0.0, -1.0],),
        "abs(x)**1.5 has a slope without end at 0",
        params={"ord": 1.5},
        second=([nan, 0.0],),
    ),
    value(
        "vector-norm-0",
        "linalg.vector_norm",
        ([0.0, 3.0],),
        ([0.0, 0.0],),
        STEP,
        params={"ord": 0},
        second=([0.0, 0.0],),
    ),
    value(
        "vector-norm-inf-tie",
        "linalg.vector_norm",
        ([-3.0, 1.0, 3.0, -1.0],),
        ([-0.5, 0.0, 0.5, 0.0],),
        EVEN,
        params={"ord": inf},
        second=([0.0] * 4,),
    ),
    value(
        "vector-norm-inf-tie",
        "linalg.vector_norm",
        ([-3.0, 1.0, 3.0, -1.0],),
        ([0.0, 0.5, 0.0, -0.5],),
        EVEN,
        params={"ord": -inf},
        second=([0.0] * 4,),
    ),
    *(
        value(
            "vector-norm-inf-at-0",
            "linalg.vector_norm",
            ([0.0, 0.0],),
            ([0.0, 0.0],),
            LEAST,
            params={"ord": p},
            second=([nan, nan],),
        )
        for p in (inf, -inf)
    ),
    *(
        value(
            "matrix-norm-at-0",
            "linalg.matrix_norm",
            ([[0.0, 0.0], [0.0, 0.0]],),
            ([[0.0, 0.0], [0.0, 0.0]],),
            LEAST,
            params={"ord": p},
            second=([[nan, nan], [nan, nan]],),
        )
        for p in ORDERS
    ),
    value(
        "matrix-norm-tie",
        "linalg.matrix_norm",
        ([[2.0, 0.0], [0.0, -2.0]],),
        ([[3.0, 0.0], [0.0, -3.0]],),
        EVEN,
        call=_extreme_orders,
        condition=4,
    ),
    value(
        "svdvals-at-0",
        "linalg.svdvals",
        ([[3.0, 0.0], [0.0, 0.0]],),
        ([[1.0, 0.0], [0.0, 0.0]],),
        "as abs",
        second=([[nan, nan], [nan, nan]],),
    ),
    value(
        "std-of-constants",
        "std",
        ([0.1, 0.1, 0.1],),
        ([0.0, 0.0, 0.0],),
        "the norm of a vector that is zero",
        second=([nan] * 3,),
    ),
    value(
        "std-of-constants",
        "std",
        ([[7.0, 7.0], [7.0, 7.0]],),
        ([[0.0, 0.0]] * 2,),
        LEAST,
        params={"axis": 0},
        second=([[nan, nan]] * 2,),
    ),
    value(
        "std-with-correction",
        "std",
        ([0.3, 0.3],),
        ([0.0, 0.0],),
        LEAST,
        params={"correction": 1},
        second=([nan, nan],),
    ),
    value(
        "maximum-tie",
        "maximum",
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]),
        ([0.0, 0.5, 1.0], [1.0, 0.5, 0.0]),
        EVEN,
        second=([0.0] * 3, [0.0] * 3),
    ),
    value(
        "minimum-tie",
        "minimum",
        ([1.0, 2.0, 3.0], [3.0, 2.0, 1.0]),
        ([1.0, 0.5, 0.0], [0.0, 0.5, 1.0]),
        EVEN,
        second=([0.0] * 3, [0.0] * 3),
    ),
    value(
        "max-tie",
        "max",
        ([[3.0, 1.0], [3.0, 2.0], [3.0, 2.0]],),
        ([[1 / 3, 0.0], [1 / 3, 0.5], [1 / 3, 0.5]],),
        EVEN,
        params={"axis": 0},
    ),
    value("max-tie", "max", ([[1.0, 3.0], [3.0, 2.0]],), ([[0.0, 0.5], [0.5, 0.0]],), EVEN, second=([[0.0, 0.0]] * 2,)),
    value("min-tie", "min", ([[1.0, 2.0], [1.0, 3.0]],), ([[0.5, 0.0], [0.5, 0.0]],), EVEN, second=([[0.0, 0.0]] * 2,)),
    value("max-nan", "max", ([nan, 1.0, nan],), ([0.5, 0.0, 0.5],), NAN),
    value("max-nan", "min", ([nan, 1.0, nan],), ([0.5, 0.0, 0.5],), NAN),
    value(
        "clip-ends",
        "clip",
        ([-1.0, 0.0, 0.5, 1.0, 2.0],),
        ([0.0, 1.0, 1.0, 1.0, 0.0],),
        "x is what is returned",
        params={"min": 0.0, "max": 1.0},
    ),
    value(
        "clip-array-bounds",
        "clip",
        ([-1.0, 0.0, 0.5, 1.0, 2.0], [0.0] * 5, [1.0] * 5),
        ([0.0, 1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0]),
        "a bound takes the remainder",
    ),
    *(value("steps", op, ([-1.5, 0.0, 0.5, 1.0],), ([0.0] * 4,), STEP) for op in ("floor", "ceil", "round", "trunc")),
    value("floor-divide", "floor_divide", ([4.0, 5.0], [2.0, 2.0]), ([0.0, 0.0], [0.0, 0.0]), STEP),
    value(
        "remainder-at-jump",
        "remainder",
        ([4.0, 5.0, -5.0], [2.0, 2.0, 2.0]),
        ([1.0, 1.0, 1.0], [-2.0, -2.0, 3.0]),
        "the derivative on either side",
    ),
    value(
        "sort-tie",
        "sort",
        ([2.0, 2.0, 1.0],),
        ([10.0, 100.0, 1.0],),
        "equal elements keep their order",
        cotangent=[1.0, 10.0, 100.0],
    ),
    *(
        value(
            "unique-repeats",
            op,
            ([2.0, 1.0, 2.0],),
            ([10.0, 1.0, 0.0],),
            "it is the one that is taken",
            call=lambda xp, x, op=op: getattr(xp, op)(x).values if op != "unique_values" else xp.unique_values(x),
            cotangent=[1.0, 10.0],
        )
        for op in ("unique_all", "unique_counts", "unique_inverse", "unique_values")
    ),
    nan_inf("sqrt-at-0", "sqrt", (0.0,), (inf,), "the limit; it is not hidden"),
    nan_inf("sqrt-at-0-zero-cotangent", "sqrt", ([0.0],), ([nan],), "0 times inf", cotangent=[0.0]),
    value("sqrt-at-0-zero-cotangent", "sqrt", ([0.0],), ([2.0],), "a zero known as such is no factor", call=_one_sided),
    nan_inf(
        "where-untaken-branch",
        "where",
        ([0.0, 4.0],),
        ([nan, 0.25],),
        "both branches are evaluated: a zero reaches sqrt",
        call=_guarded,
        forward=([0.0, 0.25],),
    ),
    value("where-harmless-argument", "where", ([0.0, 4.0],), ([0.0, 0.25],), "the remedy", call=_twice_guarded),
    value("logaddexp-tie-at-inf", "logaddexp", ([inf, 0.0], [inf, 0.0]), ([0.5, 0.5], [0.5, 0.5]), "limit of x1 = x2"),
    value(
        "logaddexp-tie-at-minus-inf",
        "logaddexp",
        ([-inf, 0.0], [-inf, -inf]),
        ([0.5, 1.0], [0.5, 0.0]),
        "the limit along x1 = x2",
    ),
)
