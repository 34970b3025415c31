"""Cases of the elementwise functions: inside the domain, away from poles, jumps and kinks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from agrad.cases import Case
from agrad_conformance.cases.row import ALL, COMPLEX, REAL, row

__all__ = ["CASES"]

Make = Callable[[Any, tuple[int, ...]], Any]


def _normal(g: Any, s: tuple[int, ...]) -> Any:
    return g(*s)


def _apart(g: Any, s: tuple[int, ...]) -> Any:
    return g.apart(*s)


def _positive(g: Any, s: tuple[int, ...]) -> Any:
    return g.positive(*s)


def _within(low: float, high: float) -> Make:
    return lambda g, s: g.within(low, high, *s)


UNARY: dict[str, tuple[Make, Sequence[str]]] = {
    "abs": (_apart, ALL),
    "acos": (_within(-0.9, 0.9), ALL),
    "acosh": (_within(1.1, 3.0), ALL),
    "asin": (_within(-0.9, 0.9), ALL),
    "asinh": (_normal, ALL),
    "atan": (_normal, ALL),
    "atanh": (_within(-0.9, 0.9), ALL),
    "ceil": (_apart, REAL),
    "conj": (_normal, ALL),
    "cos": (_normal, ALL),
    "cosh": (_normal, ALL),
    "exp": (_normal, ALL),
    "expm1": (_normal, ALL),
    "floor": (_apart, REAL),
    "imag": (_normal, COMPLEX),
    "log": (_positive, ALL),
    "log1p": (_within(-0.7, 2.0), ALL),
    "log2": (_positive, ALL),
    "log10": (_positive, ALL),
    "negative": (_normal, ALL),
    "positive": (_normal, ALL),
    "real": (_normal, ALL),
    "reciprocal": (_positive, ALL),
    "round": (_apart, ALL),
    "sign": (_apart, ALL),
    "sin": (_normal, ALL),
    "sinh": (_normal, ALL),
    "sqrt": (_positive, ALL),
    "square": (_normal, ALL),
    "tan": (_within(-1.2, 1.2), ALL),
    "tanh": (_normal, ALL),
    "trunc": (_within(2.2, 2.8), REAL),
}

BINARY: dict[str, tuple[Make, Make, Sequence[str]]] = {
    "add": (_normal, _normal, ALL),
    "atan2": (_normal, _normal, REAL),
    "copysign": (_apart, _apart, REAL),
    "divide": (_normal, _positive, ALL),
    "floor_divide": (_within(10.2, 10.4), _within(2.9, 3.1), REAL),
    "hypot": (_normal, _normal, REAL),
    "logaddexp": (_normal, _normal, REAL),
    "maximum": (_apart, lambda g, s: g.apart(*s) + 0.125, REAL),
    "minimum": (_apart, lambda g, s: g.apart(*s) + 0.125, REAL),
    "multiply": (_normal, _normal, ALL),
    "pow": (_positive, _normal, ALL),
    "remainder": (_within(-10.4, -10.2), _within(2.9, 3.1), REAL),
    "subtract": (_normal, _normal, ALL),
}

SHAPES: list[tuple[tuple[int, ...], tuple[int, ...]]] = [((2, 1), (3,)), ((), (2, 3)), ((0, 3), (1, 3)), ((), ())]


def _one(make: Make, shape: tuple[int, ...], g: Any) -> tuple[Any, ...]:
    return (make(g, shape),)


def _two(left: Make, right: Make, s1: tuple[int, ...], s2: tuple[int, ...], g: Any) -> tuple[Any, ...]:
    return left(g, s1), right(g, s2)


def _unary(op: str) -> list[Case]:
    make, dtypes = UNARY[op]
    shapes: list[tuple[int, ...]] = [(2, 3), (), (0, 3)]
    return [row(op, partial(_one, make, s), dtypes) for s in shapes]


def _binary(op: str) -> list[Case]:
    left, right, dtypes = BINARY[op]
    cases = [row(op, partial(_two, left, right, s1, s2), dtypes) for s1, s2 in SHAPES]
    cases.append(row(op, lambda g: (left(g, (2, 3)), 1.75), dtypes))
    cases.append(row(op, lambda g: (1.75, right(g, (3,))), dtypes))
    if dtypes is REAL:  # two precisions
        cases.append(row(op, lambda g: (left(g, (3,)).astype("float32"), right(g, (2, 1))), ["float64"]))
    else:  # real and complex numbers
        cases.append(row(op, lambda g: (left(g, (3,)), np.abs(g.real(2, 1)) + 0.5), COMPLEX))
        cases.append(row(op, lambda g: (np.abs(g.real(3)) + 0.5, right(g, (2, 1))), COMPLEX))
    # the lower precision second, and shapes that differ where sizes do not
    cases.append(row(op, lambda g: (left(g, (1,)), right(g, ()).astype("float32")), ["float64"]))
    return cases


def _power(exponent: float) -> Case:
    return row("pow_scalar", lambda g: (g.positive(2, 3),), call=lambda xp, x: x**exponent)


def _comparison(op: str, dtypes: Sequence[str] = ALL) -> Case:
    return row(op, lambda g: (np.asarray([1, 2, 3], g.dtype), np.asarray([[2, 2, 2], [3, 2, 1]], g.dtype)), dtypes)


def _of_bits(op: str) -> Case:
    return row(op, lambda g: (np.asarray([[6], [11], [-9]]), np.asarray([1, 3])), REAL)


def _of_truths(op: str) -> Case:
    return row(op, lambda g: (np.asarray([[True], [False]]), np.asarray([True, False])), REAL)


DIVIDENDS, DIVISORS = [[10.5, -7.25, 4.75], [0.5, -0.75, 9.25]], [[3.0, 2.0, -1.5], [1.0, -0.5, 0.75]]
"""No two of their quotients have the same integer part."""


CASES: list[Case] = [
    *(case for op in UNARY for case in _unary(op)),
    *(case for op in BINARY for case in _binary(op)),
    *map(_power, (0, 1, 2, 3, -1, -2, 0.5, 2.0, 1.5)),
    row("pow_scalar", lambda g: (g.positive(),), call=lambda xp, x: x**3),
    row("pow_scalar", lambda g: (np.asarray([0.0, -1.5, 2.0], g.dtype),), REAL, call=lambda xp, x: x**3),
    row("pow", lambda g: (np.asarray([-1.5, 2.0, 0.5]), np.asarray([2, 3, -1])), ["float64"], standard=False),
    row("pow", lambda g: (np.asarray([0.0, 0.0, 0.0]), np.asarray([0, 1, 3])), ["float64"], standard=False),
    row("clip", lambda g: (g.apart(3, 4), -0.6, 0.8), REAL),
    row("clip", lambda g: (g.apart(3, 4),), REAL, min=-0.6),
    row("clip", lambda g: (g.apart(3, 4), None, 0.8), REAL),
    row("clip", lambda g: (g.apart(3, 4),), REAL),
    row("clip", lambda g: (g.apart(3, 4), g.within(-1, -0.5, 4), g.within(0.5, 1, 3, 1)), REAL),
    row("clip", lambda g: (g.apart(3),), REAL, min=lambda g: g.within(-1, -0.5, 3), max=lambda g: g.within(0.5, 1)),
    row("clip", lambda g: (g.apart(0, 4), g.within(-1, -0.5), None), REAL),
    row("clip", lambda g: (g.apart(), g.within(-1, -0.5), g.within(0.5, 1)), REAL),
    *map(_comparison, ("equal", "not_equal")),
    *(_comparison(op, REAL) for op in ("greater", "greater_equal", "less", "less_equal")),
    *(row(op, lambda g: (g(2, 3),)) for op in ("isfinite", "isinf", "isnan")),
    row("remainder", lambda g: (np.asarray(DIVIDENDS, g.dtype), np.asarray(DIVISORS, g.dtype)), REAL),
    row("signbit", lambda g: (g.apart(2, 3),), REAL),
    *map(_of_bits, ("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift")),
    row("bitwise_invert", lambda g: (np.asarray([0, 5, -3]),), REAL),
    *map(_of_truths, ("logical_and", "logical_or", "logical_xor")),
    row("logical_not", lambda g: (np.asarray([True, False]),), REAL),
    row("nextafter", lambda g: (np.asarray([1.0, -1.0, 0.5]), np.asarray([[2.0], [-2.0]])), ["float64"]),
]
