"""Every operator, reflected and in place, with Python's numbers and with arrays, in every mode to second order."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.known import Known, hold
from agrad_conformance.checks.wrong import Wrong

__all__ = ["OPERATORS"]

POINT = np.asarray([0.5, 1.5, 2.25])
DIRECTION = np.asarray([1.0, -0.5, 2.0])

Slopes = Callable[[Any, Any], tuple[Any, Any, Any]]


class _Case(NamedTuple):
    """An operator of Python, and by the place of the followed operand: value and first two derivatives."""

    sign: str
    call: Callable[[Any, Any], Any]
    in_place: Callable[[Any, Any], Any]
    left: Slopes
    """Of ``x op s``, as a function of x and s."""
    right: Slopes
    """Of ``s op x``."""


CASES = (
    _Case("+", operator.add, operator.iadd, lambda x, s: (x + s, 1, 0), lambda x, s: (s + x, 1, 0)),
    _Case("-", operator.sub, operator.isub, lambda x, s: (x - s, 1, 0), lambda x, s: (s - x, -1, 0)),
    _Case("*", operator.mul, operator.imul, lambda x, s: (x * s, s, 0), lambda x, s: (s * x, s, 0)),
    _Case(
        "/", operator.truediv, operator.itruediv,
        lambda x, s: (x / s, 1 / s, 0), lambda x, s: (s / x, -s / x**2, 2 * s / x**3),
    ),
    _Case(
        "**", operator.pow, operator.ipow,
        lambda x, s: (x**s, s * x ** (s - 1.0), s * (s - 1) * x ** (s - 2.0)),
        lambda x, s: (s**x, np.log(s) * s**x, np.log(s) ** 2 * s**x),
    ),
)  # fmt: skip

STEPS = (
    _Case("//", operator.floordiv, operator.ifloordiv, lambda x, s: (x // s, 0, 0), lambda x, s: (s // x, 0, 0)),
    _Case("%", operator.mod, operator.imod, lambda x, s: (x % s, 1, 0), lambda x, s: (s % x, -(s // x), 0)),
)
"""Those that real numbers alone have."""


def _squared(y: Any, slopes: tuple[Any, Any, Any], v: Any) -> Known:
    """Of the sum of the squares of a function of each element; all holomorphic, as are products with v."""
    value, first, second = slopes
    gradient, product = 2 * value * first, 2 * (first**2 + value * second) * v
    return Known(np.sum(value * value), gradient + 0 * y, product + 0 * y)


def _forms(case: _Case, s: Any) -> Iterator[tuple[str, Callable[[Any], Any], Slopes]]:
    def changed(x: Any) -> Any:
        y = x * 1
        return case.in_place(y, s)

    yield f"x {case.sign} {s!r}", lambda x: case.call(x, s), case.left
    yield f"{s!r} {case.sign} x", lambda x: case.call(s, x), case.right
    yield f"x {case.sign}= {s!r}", changed, case.left


def _try(g: Ground, cases: tuple[_Case, ...], s: Any, number: Any, name: str = "") -> None:
    for case in cases:
        for what, f, slopes in _forms(case, s):
            what = what.replace(repr(s), name) if name else what

            def total(x: Any, f: Callable[[Any], Any] = f) -> Any:
                y = f(x)
                return g.xp.sum(y * y)

            known = _squared(POINT, slopes(POINT, number), DIRECTION)
            hold(g, total, POINT, DIRECTION, known, f"the squares of {what}")


def integers(g: Ground) -> None:
    """Python's integers on either side and in place: the Hessian of sum(1 / x) at 0.5 is 16, to begin with."""
    x, one = g.array([0.5]), g.array([1.0])
    g.expect(agrad.hvp(lambda x: g.xp.sum(1.0 / x), (x,), (one,)), [16.0], "the second derivative of 1 / x")
    for s in (2, 3):
        _try(g, (*CASES, *STEPS), s, s)


def floats(g: Ground) -> None:
    """Python's floats on either side and in place."""
    _try(g, (*CASES, *STEPS), 1.75, 1.75)


def arrays(g: Ground) -> None:
    """Arrays of no axes and of one: plain ones, and Tensors that are constant."""
    for values in (1.75, [1.25, 0.75, 2.5]):
        made = g.array(values)
        known, name = np.asarray(values), "an array of no axes" if isinstance(values, float) else "an array"
        _try(g, (*CASES, *STEPS), g.xp.asarray(made), known, f"{name} in a Tensor")
        if g.backend.defers:
            _try(g, CASES, made, known, name)


def both_followed(g: Ground) -> None:
    """The same value on both sides, and a number that was made of it."""
    x, v = POINT, DIRECTION
    log = np.log(x)
    slopes = {
        "x + x": (2 * x, 2, 0), "x - x": (0 * x, 0, 0), "x * x": (x * x, 2 * x, 2), "x / x": (x**0, 0, 0),
        "x ** x": (x**x, x**x * (log + 1), x**x * ((log + 1) ** 2 + 1 / x)),
    }  # fmt: skip
    for case in CASES:

        def total(x: Any, case: _Case = case) -> Any:
            y = case.call(x, x)
            return g.xp.sum(y * y)

        what = f"x {case.sign} x"
        hold(g, total, x, v, _squared(x, slopes[what], v), f"the squares of {what}")

    def ratio(x: Any) -> Any:
        return g.xp.sum(x / x[0]) + g.xp.sum(x[1] / x) + 2.0 ** x[0]

    a, b, c = x
    power, ln = 2.0**a, np.log(2.0)
    gradient = np.asarray([-(b + c) / a**2 - b / a**2 + ln * power, 1 / a + 1 / a + 1 / c, 1 / a - b / c**2])
    hessian = np.asarray([
        [2 * (2 * b + c) / a**3 + ln**2 * power, -2 / a**2, -1 / a**2], [-2 / a**2, 0, -1 / c**2],
        [-1 / a**2, -1 / c**2, 2 * b / c**3],
    ])  # fmt: skip
    value = 1 + b / a + c / a + b / a + 1 + b / c + power
    hold(g, ratio, x, v, Known(value, gradient, hessian @ v), "quotients with elements")


def numbers_of_no_axes(g: Ground) -> None:
    """The followed value itself has no axes, and Python's numbers on both sides."""
    for case in (*CASES, *STEPS):
        for s in (2, 1.75):
            for what, f, slopes in _forms(case, s):
                x, v = np.asarray(2.25), np.asarray(1.5)

                def total(x: Any, f: Callable[[Any], Any] = f) -> Any:
                    y = f(x)
                    return y * y

                known = _squared(x, slopes(x, s), v)
                hold(g, total, x, v, known, f"the square of {what} for a number x")


def complex_numbers(g: Ground) -> None:
    """Complex numbers of Python's beside complex arrays, and beside real ones."""
    g.need("complex")
    dtype = {"float32": "complex64", "float64": "complex128"}[g.dtype]
    g.need_dtype(dtype)
    z, v, s = np.asarray([0.5 + 1j, 1.5 - 0.5j]), np.asarray([1.0 - 1j, 2j]), 1.5 - 0.5j
    for case in CASES:
        for what, f, slopes in _forms(case, s):

            def total(z: Any, f: Callable[[Any], Any] = f) -> Any:
                return g.xp.sum(g.xp.real(f(z) * f(z)))

            value, first, second = slopes(z, s)
            gradient = np.conj(2 * value * first) + 0 * z
            product = np.conj(2 * (first**2 + value * second) * v) + 0 * z
            known = Known(np.sum(value * value).real, gradient, product)
            hold(g, total, z, v, known, f"the real part of the squares of {what}", dtype)
    x, v = POINT, DIRECTION
    for case in CASES:
        for what, f, slopes in list(_forms(case, s))[:2]:
            value, first, second = slopes(x, s)
            known = Known(
                np.sum(abs(value) ** 2),
                2 * (np.conj(value) * first).real + 0 * x,
                2 * (abs(np.asarray(first)) ** 2 + np.conj(value) * second).real * v + 0 * x,
            )

            def size(x: Any, f: Callable[[Any], Any] = f) -> Any:
                y = f(x)
                return g.xp.sum(g.xp.real(y * g.xp.conj(y)))

            hold(g, size, x, v, known, f"the size of {what} for real x")


def matrices(g: Ground) -> None:
    """``@`` on either side, and in place."""
    m, x, v = np.asarray([[1.0, 2.0], [-1.0, 3.0]]), np.asarray([0.5, 1.5]), np.asarray([1.0, -2.0])
    constant = g.xp.asarray(g.array(m))

    def changed(x: Any) -> Any:
        y = x * 1
        y @= constant
        return y

    for what, f, used in (
        ("M @ x", lambda x: constant @ x, m), ("x @ M", lambda x: x @ constant, m.T), ("x @= M", changed, m.T),
    ):  # fmt: skip

        def total(x: Any, f: Callable[[Any], Any] = f) -> Any:
            y = f(x)
            return y @ y

        known = Known(np.sum((used @ x) ** 2), 2 * used.T @ used @ x, 2 * used.T @ used @ v)
        hold(g, total, x, v, known, f"the squares of {what}")


def unary_operators(g: Ground) -> None:
    """``-x``, ``+x`` and ``abs(x)``."""
    x, v = np.asarray([0.5, -1.5]), np.asarray([1.0, -2.0])
    for what, f in (("-x", operator.neg), ("+x", operator.pos), ("abs(x)", abs)):

        def total(x: Any, f: Callable[[Any], Any] = f) -> Any:
            y = f(x)
            return g.xp.sum(y * y * y)

        sign = {"-x": -1.0, "+x": 1.0, "abs(x)": np.sign(x)}[what]
        hold(g, total, x, v, Known(np.sum((sign * x) ** 3), 3 * sign * x * x, 6 * sign * x * v), f"the cubes of {what}")


def operators_without_derivative(g: Ground) -> None:
    """Comparisons, and operators of integers and truth values, with Python's numbers on both sides."""
    xp = g.xp
    x, i = xp.asarray(g.array([0.5, 1.5, 2.25])), xp.asarray([1, 2, 3], dtype=xp.int32)
    b = xp.asarray([True, False, True])
    half = xp.asarray(g.array([1.5, 1.5, 0.5]))
    for what, found, wanted in (
        ("x < 1.5", x < 1.5, [True, False, False]), ("1.5 < x", x > 1.5, [False, False, True]),
        ("x <= 1.5", x <= 1.5, [True, True, False]), ("2 >= x", x <= 2, [True, True, False]),
        ("x == 1.5", x == 1.5, [False, True, False]), ("x != 1.5", x != 1.5, [True, False, True]),
        ("x > an array", x > half, [False, False, True]),
        ("i & 1", i & 1, [1, 0, 1]), ("1 | i", 1 | i, [1, 3, 3]), ("i ^ 3", i ^ 3, [2, 1, 0]), ("~i", ~i, [-2, -3, -4]),
        ("i << 1", i << 1, [2, 4, 6]), ("8 >> i", 8 >> i, [4, 2, 1]), ("7 // i", 7 // i, [7, 3, 2]),
        ("7 % i", 7 % i, [0, 1, 1]), ("2 ** i", 2**i, [2, 4, 8]), ("i ** 2", i**2, [1, 4, 9]),
        ("b & True", b & True, [True, False, True]), ("False | b", False | b, [True, False, True]),
        ("b ^ True", b ^ True, [False, True, False]), ("~b", ~b, [False, True, False]),
    ):  # fmt: skip
        if np.asarray(g.backend.host(found.array)).tolist() != wanted:
            raise Wrong(f"{what} is {found!r}; expected is {wanted}")
    mask = agrad.grad(lambda x: xp.sum(xp.where((x < 2.0) & True, x * x, 3 * x)))(g.array([0.5, 1.5, 2.25]))
    g.expect(mask, [1.0, 3.0, 3.0], "the gradient through a mask")


OPERATORS: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (
        integers, floats, arrays, both_followed, numbers_of_no_axes, complex_numbers, matrices, unary_operators,
        operators_without_derivative,
    )
}  # fmt: skip
"""By name."""
