"""Infinities, nan, and numbers that overflow or vanish in a careless formula: what mathematics says there holds.

All arguments are single numbers. In an array, forward mode multiplies the infinite derivatives of some elements by the
zeros in the tangents of others.
"""

from __future__ import annotations

from math import cos, inf, log, nan, pi

from agrad_conformance.conventions.point import Point, nan_inf, value

__all__ = ["POINTS"]

END = "infinite at the end of the domain"
LIMIT = "the limit"
OUTSIDE = "outside the domain the result is nan"
OUTSIDE_FORMULA = "outside the domain the result is nan; the formula of the derivative has a value"
OVERFLOW = "beyond the largest number, as the result is"
SCALED = "no square overflows or vanishes"
TOO_FEW = "the result is nan: too few data"
UNKNOWN = "nothing follows from nan"

ONE: list[tuple[str, float, float, str]] = [
    ("abs", inf, 1.0, LIMIT),
    ("abs", -inf, -1.0, LIMIT),
    ("abs", nan, nan, UNKNOWN),
    ("acos", 1.0, -inf, END),
    ("acos", -1.0, -inf, END),
    ("acos", 2.0, nan, OUTSIDE),
    ("acosh", 1.0, inf, END),
    ("acosh", 0.5, nan, OUTSIDE),
    ("acosh", inf, 0.0, LIMIT),
    ("acosh", 1e30, 1e-30, SCALED),
    ("asin", 1.0, inf, END),
    ("asin", -1.0, inf, END),
    ("asin", 2.0, nan, OUTSIDE),
    ("asinh", inf, 0.0, LIMIT),
    ("asinh", -inf, 0.0, LIMIT),
    ("asinh", 1e30, 1e-30, SCALED),
    ("atan", inf, 0.0, LIMIT),
    ("atan", -inf, 0.0, LIMIT),
    ("atan", 1e18, 1e-36, SCALED),
    ("atanh", 1.0, inf, END),
    ("atanh", -1.0, inf, END),
    ("atanh", 2.0, -1 / 3, OUTSIDE_FORMULA),
    ("cos", inf, nan, "no limit"),
    ("cosh", 1000.0, inf, OVERFLOW),
    ("cosh", -1000.0, -inf, OVERFLOW),
    ("exp", -1000.0, 0.0, LIMIT),
    ("exp", -inf, 0.0, LIMIT),
    ("exp", 1000.0, inf, OVERFLOW),
    ("exp", inf, inf, LIMIT),
    ("exp", nan, nan, UNKNOWN),
    ("expm1", -1000.0, 0.0, LIMIT),
    ("expm1", 1e-20, 1.0, "no cancellation"),
    ("expm1", 1000.0, inf, OVERFLOW),
    ("floor", inf, 0.0, "constant but for its jumps"),
    ("log", 0.0, inf, END),
    ("log", inf, 0.0, LIMIT),
    ("log", 1e-30, 1e30, "the reciprocal"),
    ("log", -1.0, -1.0, OUTSIDE_FORMULA),
    ("log", nan, nan, UNKNOWN),
    ("log1p", -1.0, inf, END),
    ("log1p", 1e-20, 1.0, "no cancellation"),
    ("log1p", inf, 0.0, LIMIT),
    ("log1p", -2.0, -1.0, OUTSIDE_FORMULA),
    ("log2", 0.0, inf, END),
    ("log2", inf, 0.0, LIMIT),
    ("log2", -1.0, -1 / log(2), OUTSIDE_FORMULA),
    ("log10", 0.0, inf, END),
    ("log10", inf, 0.0, LIMIT),
    ("log10", -1.0, -1 / log(10), OUTSIDE_FORMULA),
    ("negative", inf, -1.0, "constant"),
    ("positive", nan, 1.0, "constant, whatever the argument"),
    ("reciprocal", 0.0, -inf, END),
    ("reciprocal", inf, 0.0, LIMIT),
    ("reciprocal", nan, nan, UNKNOWN),
    ("round", nan, 0.0, "constant but for its jumps"),
    ("sign", inf, 0.0, "constant but for its jump"),
    ("sin", inf, nan, "no limit"),
    ("sin", 1e8, cos(1e8), "the argument is reduced exactly"),
    ("sinh", 1000.0, inf, OVERFLOW),
    ("sinh", -1000.0, inf, OVERFLOW),
    ("sqrt", inf, 0.0, LIMIT),
    ("sqrt", -1.0, nan, OUTSIDE),
    ("sqrt", 1e-30, 0.5e15, "half the reciprocal of the root"),
    ("square", 1e30, 2e30, "finite where the result is not"),
    ("square", inf, inf, LIMIT),
    ("tan", inf, nan, "no limit"),
    ("tanh", 50.0, 0.0, "saturated"),
    ("tanh", -50.0, 0.0, "saturated"),
    ("tanh", inf, 0.0, LIMIT),
    ("tanh", nan, nan, UNKNOWN),
    ("trunc", inf, 0.0, "constant but for its jumps"),
]
"""Op, argument, derivative, reason."""

TWO: list[tuple[str, tuple[float, float], tuple[float, float], str]] = [
    ("add", (inf, -inf), (1.0, 1.0), "constant"),
    ("atan2", (3e18, 4e18), (1.6e-19, -1.2e-19), SCALED),
    ("atan2", (0.0, -1.0), (-1.0, 0.0), "the derivative on either side of the cut"),
    ("copysign", (inf, -1.0), (-1.0, 0.0), "abs(x1) times a sign"),
    ("divide", (1.0, 0.0), (inf, -inf), "the limit from the right"),
    ("divide", (0.0, 0.0), (inf, nan), "1/x2 has a limit from the right, the result has none"),
    ("divide", (1.0, inf), (0.0, 0.0), LIMIT),
    ("divide", (inf, 2.0), (0.5, -inf), LIMIT),
    ("hypot", (3e30, 4e30), (0.6, 0.8), SCALED),
    ("hypot", (3e-30, 4e-30), (0.6, 0.8), SCALED),
    ("hypot", (inf, 1.0), (nan, 0.0), "inf/inf: x1 over the result"),
    ("logaddexp", (1000.0, -1000.0), (1.0, 0.0), "no exponential overflows"),
    ("logaddexp", (-inf, 3.0), (0.0, 1.0), LIMIT),
    ("logaddexp", (inf, 3.0), (1.0, 0.0), LIMIT),
    ("logaddexp", (nan, 1.0), (nan, nan), UNKNOWN),
    ("maximum", (nan, 1.0), (0.0, 0.0), "nan compares with nothing: neither argument is chosen"),
    ("maximum", (inf, inf), (0.5, 0.5), "a tie"),
    ("maximum", (inf, 1.0), (1.0, 0.0), "x1 is what is returned"),
    ("minimum", (1.0, nan), (0.0, 0.0), "nan compares with nothing: neither argument is chosen"),
    ("minimum", (-inf, -inf), (0.5, 0.5), "a tie"),
    ("multiply", (0.0, inf), (inf, 0.0), "each is the other one's derivative"),
    ("multiply", (1e-30, 1e-30), (1e-30, 1e-30), "does not vanish with the result"),
    ("pow", (0.0, 0.5), (inf, 0.0), END),
    ("pow", (0.0, -1.0), (-inf, nan), "inf has no logarithmic share of 0"),
    ("pow", (inf, 2.0), (inf, inf), LIMIT),
    ("remainder", (5.0, inf), (1.0, 0.0), "x1 is what is returned"),
    ("subtract", (nan, 1.0), (1.0, -1.0), "constant, whatever the arguments"),
]
"""Op, arguments, derivatives, reason."""


def _finite(*numbers: float) -> bool:
    return all(abs(x) < inf for x in numbers)


POINTS: tuple[Point, ...] = (
    *(
        (value if _finite(slope) else nan_inf)("extreme: one argument", op, (x,), (slope,), reason)
        for op, x, slope, reason in ONE
    ),
    *(
        (value if _finite(*slopes) else nan_inf)("extreme: two arguments", op, args, slopes, reason)
        for op, args, slopes, reason in TWO
    ),
    value("extreme: one argument", "tan", (pi / 4,), (2.0,), "accurate away from the pole", condition=4),
    value("extreme: clip", "clip", (nan,), (0.0,), "nan is in no interval", params={"min": 0.0, "max": 1.0}),
    value("extreme: clip", "clip", (inf,), (0.0,), "the bound is what is returned", params={"min": 0.0, "max": 1.0}),
    value("extreme: clip", "clip", (0.5, 1.0, 0.0), (0.0, 0.0, 1.0), "of crossed bounds the upper one is returned"),
    value("extreme: reductions", "sum", ([inf, -inf],), ([1.0, 1.0],), "constant"),
    value("extreme: reductions", "mean", ([inf, 1.0],), ([0.5, 0.5],), "constant"),
    value("extreme: reductions", "max", ([inf, inf],), ([0.5, 0.5],), "a tie"),
    value("extreme: reductions", "min", ([-inf, 1.0],), ([1.0, 0.0],), "it is what is returned"),
    value("extreme: reductions", "std", ([3.0],), ([0.0],), "0 for every single number"),
    value(
        "extreme: reductions",
        "sort",
        ([inf, 1.0, -inf],),
        ([100.0, 10.0, 1.0],),
        "the order is clear",
        cotangent=[1.0, 10.0, 100.0],
    ),
    nan_inf("extreme: reductions", "std", ([3.0],), ([nan],), TOO_FEW, params={"correction": 1}),
    nan_inf("extreme: reductions", "var", ([3.0],), ([nan],), TOO_FEW, params={"correction": 1}),
    value("extreme: empty", "sum", ([],), ([],), "no argument to have a derivative for"),
    value("extreme: empty", "prod", ([],), ([],), "no argument to have a derivative for"),
    value("extreme: empty", "mean", ([],), ([],), "no argument to have a derivative for"),
    value("extreme: norms", "linalg.vector_norm", ([3e18, 4e18],), ([0.6, 0.8],), "squares within range"),
    value("extreme: norms", "linalg.vector_norm", ([0.0, 2.0],), ([0.0, 1.0],), "as abs at 0", params={"ord": 1.5}),
    value(
        "extreme: singular",
        "linalg.matrix_norm",
        ([[1.0, 2.0], [2.0, 4.0]],),
        ([[0.2, 0.4], [0.4, 0.8]],),
        "singular values that are 0 count as magnitudes do",
        params={"ord": "nuc"},
        condition=10,
    ),
    value(
        "extreme: singular",
        "linalg.pinv",
        ([[0.0, 0.0], [0.0, 0.0]],),
        ([[0.0, 0.0], [0.0, 0.0]],),
        "the derivative at constant rank",
    ),
    value(
        "extreme: singular",
        "linalg.pinv",
        ([[1.0, 0.0], [0.0, 0.0]],),
        ([[-1.0, 1.0], [1.0, 0.0]],),
        "the derivative at constant rank; Golub and Pereyra (1973)",
    ),
)
