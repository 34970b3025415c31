"""The partial derivatives of the elementwise functions, each alone on plain arrays, against mpmath's closed forms."""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import array_api_strict
import numpy as np
import pytest
from mpmath import mp, mpc, mpf

import agrad
from agrad.declare import select
from agrad.ops import table

array_api_strict.set_array_api_strict_flags(api_version="2025.12")
mp.dps = 60
inf = np.inf

REAL: dict[str, tuple[Callable[..., Any], ...]] = {
    "abs": (mp.sign,),
    "acos": (lambda x: -1 / mp.sqrt(1 - x**2),),
    "acosh": (lambda x: 1 / mp.sqrt(x**2 - 1),),
    "add": (lambda x1, x2: 1, lambda x1, x2: 1),
    "asin": (lambda x: 1 / mp.sqrt(1 - x**2),),
    "asinh": (lambda x: 1 / mp.sqrt(1 + x**2),),
    "atan": (lambda x: 1 / (1 + x**2),),
    "atan2": (lambda x1, x2: x2 / (x1**2 + x2**2), lambda x1, x2: -x1 / (x1**2 + x2**2)),
    "atanh": (lambda x: 1 / (1 - x**2),),
    "ceil": (lambda x: 0,),
    "copysign": (lambda x1, x2: mp.sign(x1) * (-1 if np.signbit(float(x2)) else 1), lambda x1, x2: 0),
    "cos": (lambda x: -mp.sin(x),),
    "cosh": (mp.sinh,),
    "divide": (lambda x1, x2: 1 / x2, lambda x1, x2: -x1 / x2**2),
    "exp": (mp.exp,),
    "expm1": (mp.exp,),
    "floor": (lambda x: 0,),
    "floor_divide": (lambda x1, x2: 0, lambda x1, x2: 0),
    "hypot": (
        lambda x1, x2: x1 / mp.hypot(x1, x2) if x1 or x2 else 0,
        lambda x1, x2: x2 / mp.hypot(x1, x2) if x1 or x2 else 0,
    ),
    "log": (lambda x: 1 / x,),
    "log1p": (lambda x: 1 / (1 + x),),
    "log2": (lambda x: 1 / x / mp.log(2),),
    "log10": (lambda x: 1 / x / mp.log(10),),
    "logaddexp": (lambda x1, x2: 1 / (1 + mp.exp(x2 - x1)), lambda x1, x2: 1 / (1 + mp.exp(x1 - x2))),
    "maximum": (lambda x1, x2: (mp.sign(x1 - x2) + 1) / 2, lambda x1, x2: (mp.sign(x2 - x1) + 1) / 2),
    "minimum": (lambda x1, x2: (mp.sign(x2 - x1) + 1) / 2, lambda x1, x2: (mp.sign(x1 - x2) + 1) / 2),
    "multiply": (lambda x1, x2: x2, lambda x1, x2: x1),
    "negative": (lambda x: -1,),
    "positive": (lambda x: 1,),
    "pow": (lambda x1, x2: x2 * x1 ** (x2 - 1) if x2 else 0, lambda x1, x2: x1**x2 * mp.log(x1) if x1 else 0),
    "reciprocal": (lambda x: -1 / x**2,),
    "remainder": (lambda x1, x2: 1, lambda x1, x2: -mp.floor(x1 / x2)),
    "round": (lambda x: 0,),
    "sign": (lambda x: 0,),
    "sin": (mp.cos,),
    "sinh": (mp.cosh,),
    "sqrt": (lambda x: 1 / (2 * mp.sqrt(x)),),
    "square": (lambda x: 2 * x,),
    "subtract": (lambda x1, x2: 1, lambda x1, x2: -1),
    "tan": (lambda x: 1 / mp.cos(x) ** 2,),
    "tanh": (lambda x: 1 / mp.cosh(x) ** 2,),
    "trunc": (lambda x: 0,),
}
"""The derivative for each argument, real numbers; conventions included."""

COMPLEX = {name: REAL[name] for name in REAL if name in {
    "add", "asinh", "atan", "atanh", "cos", "cosh", "divide", "exp", "expm1", "log", "log1p", "log2", "log10",
    "multiply", "negative", "positive", "pow", "reciprocal", "sin", "sinh", "sqrt", "square", "subtract", "tan", "tanh",
}} | {
    "acos": (lambda z: -1 / (mp.sqrt(1 - z) * mp.sqrt(1 + z)),),
    "acosh": (lambda z: 1 / (mp.sqrt(z - 1) * mp.sqrt(z + 1)),),
    "asin": (lambda z: 1 / (mp.sqrt(1 - z) * mp.sqrt(1 + z)),),
    "asinh": (lambda z: 1 / (mp.sqrt(1 - 1j * z) * mp.sqrt(1 + 1j * z)),),
}  # fmt: skip
"""The complex derivative of those that are holomorphic."""

SATURATING = {"tan", "tanh"}
"""Their derivative comes from their value, exact to an ulp of 1: far out, 1 - tanh(x)**2 is 0."""


NORMAL = {"hypot", "pow"}
"""Not tried with subnormal arguments: hypot itself is inexact there, and 1 / x, which pow needs, is infinite."""


def condition(name: str, *x: Any) -> Any:
    """By how much an intermediate exponent magnifies its own rounding."""
    if name == "pow" and x[0]:
        return 1 + abs(mp.log(x[0]))
    return 1 + abs(x[0] - x[1]) if name == "logaddexp" else 1


COMMON = [0, 1e-17, 1e-8, 0.1, 0.5, 0.9, 1, 1.5, 2, 3, 10, 20, 80, 1e5, 1e15]
MAGNITUDES = {
    "float64": [*COMMON, 5e-324, 2.3e-308, 1e-200, 1e-100, 1 - 2**-53, 1 + 2**-52, 700, 1e100, 2e154, 1e200, 1e300],
    "float32": [*COMMON, 1e-45, 1.2e-38, 1e-25, 1 - 2**-24, 1 + 2**-23, 1e12, 2e19, 1e25, 1e38],
}


def real_points(name: str, dtype: str) -> Iterator[tuple[Any, ...]]:
    """A grid of magnitudes from 0 to the largest number, then random points between them."""
    kind, tiny = np.dtype(dtype).type, np.finfo(dtype).tiny
    magnitudes = [*MAGNITUDES[dtype], np.finfo(dtype).max]
    values = [kind(s * m) for m in magnitudes for s in (1, -1) if not 0 < m < tiny or name not in NORMAL]
    for x in itertools.product(values, repeat=len(REAL[name])):
        if name != "pow" or abs(x[1]) < 1 / np.finfo(dtype).eps:  # else x2 - 1 rounds to x2, odd to even
            yield x
    rng = np.random.default_rng(0)
    for _ in range(40):
        yield tuple(kind(v) for v in rng.normal(size=len(REAL[name])) * 4)


def complex_points(name: str, dtype: str) -> Iterator[tuple[Any, ...]]:
    """Complex numbers of several sizes and all directions, and neighbours of 1, -1, 1j and -1j."""
    kind = np.dtype(dtype).type
    eps = np.finfo(dtype).eps
    turns = np.exp(1j * np.asarray([0.3, 1.2, 2.0, 2.9, -0.4, -1.3, -2.2, -3.0]))
    values = [kind(r * u) for r in (1e-10, 0.3, 0.99, 1.01, 2.5, 12) for u in turns]
    values += [kind(c + 9 * eps * u) for c in (1, -1, 1j, -1j) for u in turns[::2]]
    if len(COMPLEX[name]) == 2:
        values = values[::3]
    yield from itertools.product(values, repeat=len(COMPLEX[name]))


def partial(name: str, i: int, xp: Any, *x: Any, **params: Any) -> Any:
    """One partial derivative as the table has it (a general op: its VJP of 1)."""
    op = table[name]
    rule = op.vjp[i]
    if not callable(rule) and not isinstance(rule, select):
        return rule
    out = x[0] ** params["exponent"] if name == "pow_scalar" else getattr(xp, name)(*x)
    names = {"xp": xp, "out": out, "ct": xp.ones_like(out), **dict(zip(op.arguments, x, strict=True)), **params}
    if isinstance(rule, select):

        def holds(condition):
            if condition is None:
                return xp.zeros_like(x[0])
            return xp.astype(condition(*[names[n] for n in inspect.signature(condition).parameters]), x[0].dtype)

        return holds(rule.condition) + holds(rule.tie) * 0.5
    return rule(*[names[n] for n in inspect.signature(rule).parameters])


def raising() -> Any:
    """Every floating-point exception raises but underflow, which is harmless."""
    return np.errstate(all="raise", under="ignore")


def exact(v: Any) -> Any:
    return mpc(complex(v)) if isinstance(v, np.complexfloating) else mpf(float(v))


def errors(reference: dict[str, Any], name: str, dtype: str) -> Iterator[tuple[float, int, tuple[Any, ...]]]:
    """The error of each partial, in ulps, wherever the function and its derivative are finite."""
    info = np.finfo(dtype)
    points = complex_points if reference is COMPLEX else real_points
    for x in points(name, dtype):
        try:
            with raising():
                out = getattr(np, name)(*x)
        except FloatingPointError:
            continue
        for i, closed in enumerate(reference[name]):
            try:
                expected = closed(*map(exact, x))
            except ZeroDivisionError:
                continue
            if not abs(expected) <= float(info.max) or (mp.im(expected) and out.dtype == info.dtype):
                continue  # not finite, or no real number: pow of a negative base, for the exponent
            with raising():
                found = out.dtype.type(partial(name, i, np, *x))
            size = 1.0 if name in SATURATING and abs(expected) < 1 else float(abs(expected))
            ulp = max(float(info.smallest_subnormal), size * float(info.eps))
            yield float(abs(exact(found) - expected) / ulp / condition(name, *map(exact, x))), i, x


@pytest.mark.parametrize("dtype", [pytest.param("float32", marks=pytest.mark.slow), "float64"])
@pytest.mark.parametrize("name", REAL)
def test_real_partials_to_the_last_digits(name: str, dtype: str) -> None:
    checked = list(errors(REAL, name, dtype))
    assert len(checked) > 15
    assert max(checked)[0] < 4, f"argument, point: {max(checked)}"


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_partials_to_the_last_digits(name: str, dtype: str) -> None:
    checked = list(errors(COMPLEX, name, dtype))
    assert len(checked) > 40
    assert max(checked)[0] < 12, f"argument, point: {max(checked)}"


def test_the_table_has_every_function_in_the_order_of_the_standard() -> None:
    items = json.loads((Path(__file__).parents[1] / "data" / "array-api-2025.12.json").read_text())["functions"]
    names = [item["name"] for item in items if item["category"] == "elementwise"]
    assert [name for name in table if name in names] == names
    assert {name for name in names if table[name].kind != "constant"} == {*REAL, "clip", "conj", "imag", "real"}


# Conventions and special values ---------------------------------------------------------------------

SPECIAL = [
    ("abs", [[0.0, -0.0, inf, -inf]], [[0, 0, 1, -1]]),
    ("asinh", [[inf, -inf]], [[0, 0]]),
    ("atan", [[inf, -inf]], [[0, 0]]),
    ("atan2", [[0.0, 0.0, -0.0], [0.0, -0.0, 0.0]], [[0, 0, 0], [0, 0, 0]]),
    ("copysign", [[0.0, 2, -2, 2, -2], [-1, -0.0, -0.0, 0.0, 0.0]], [[0, -1, 1, 1, -1], [0] * 5]),
    ("exp", [[-inf]], [[0]]),
    ("expm1", [[-inf, -800]], [[0, 0]]),
    ("floor", [[2.0, -0.5]], [[0, 0]]),
    ("hypot", [[0.0, -0.0], [0.0, 0.0]], [[0, 0], [0, 0]]),
    ("log1p", [[-1 + 2**-53, inf]], [[2**53, 0]]),
    ("logaddexp", [[inf, -inf, inf, -inf, 3, 1], [inf, -inf, -inf, inf, inf, 1]],
     [[0.5, 0.5, 1, 0, 0, 0.5], [0.5, 0.5, 0, 1, 1, 0.5]]),
    ("maximum", [[1.0, 0.0, inf, -inf, 2], [1, -0.0, inf, 3, 1]], [[0.5, 0.5, 0.5, 0, 1], [0.5, 0.5, 0.5, 1, 0]]),
    ("minimum", [[1.0, 0.0, inf, -inf, 2], [1, -0.0, inf, 3, 1]], [[0.5, 0.5, 0.5, 1, 0], [0.5, 0.5, 0.5, 0, 1]]),
    ("pow", [[0.0, -0.0, 0, 0, 0], [0.0, 0, 1, 2, 3.5]], [[0, 0, 1, 0, 0], [0] * 5]),
    ("pow", [[-2.0, -2, -2, 5], [2.0, 3, -1, 0]], [[-4, 12, -0.25, 0], None]),
    ("remainder", [[5.0, -5, 4], [2, 2, 2]], [[1, 1, 1], [-2, 3, -2]]),
    ("sign", [[0.0, 3]], [[0, 0]]),
    ("sqrt", [[inf]], [[0]]),
    ("tanh", [[0.0, 1e-200, 1e200, inf, -inf]], [[1, 1, 0, 0, 0]]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "x", "expected"), SPECIAL, ids=[row[0] for row in SPECIAL])
def test_special_values_and_no_floating_point_exceptions(name: str, x: Any, expected: Any) -> None:
    arrays = [np.asarray(a, dtype="float64") for a in x]
    for i, e in enumerate(expected):
        if e is not None:
            with raising():
                found = partial(name, i, np, *arrays)
            np.testing.assert_array_equal(found, e)


def test_derivatives_that_are_not_finite() -> None:
    with np.errstate(all="ignore"):
        assert partial("sqrt", 0, np, np.float64(0)) == inf
        assert partial("asin", 0, np, np.float64(1)) == inf
        assert partial("acos", 0, np, np.float64(-1)) == -inf
        assert partial("log", 0, np, np.float64(0)) == inf
        assert partial("pow", 0, np, np.float64(0), np.float64(0.5)) == inf
        assert np.isnan(partial("pow", 1, np, np.float64(-2), np.float64(2)))


@pytest.mark.parametrize(("low", "high"), [(None, None), (0.0, None), (None, 1.0), (0.0, 1.0), (1.0, 0.0), (0.5, 0.5)])
def test_clip_shares_one_among_its_arguments(low: Any, high: Any) -> None:
    x = np.asarray([-1.0, 0.0, 0.3, 0.5, 1.0, 2.0])
    inside = np.ones(6, bool) if low is None else x >= low
    inside = inside if high is None else inside & (x <= high)
    if low is not None and high is not None:
        inside = inside & (low <= high)
    bounds = [None if b is None else np.full(6, b) for b in (low, high)]
    shares = [partial("clip", 0, np, x, *bounds)]
    shares += [partial("clip", i, np, x, *bounds) for i in (1, 2) if bounds[i - 1] is not None]
    np.testing.assert_array_equal(shares[0], inside)
    np.testing.assert_array_equal(sum(shares), 1)
    np.testing.assert_array_equal(partial("clip", 0, np, x, low, high), inside)
    if low == 1.0:
        np.testing.assert_array_equal(shares[2], 1)


@pytest.mark.parametrize("exponent", [0, 1, 2, 3, -1, -2, 0.5, 2.0, 2.5, -0.3, 1 + 2j])
def test_a_constant_exponent(exponent: complex) -> None:
    for x in np.asarray([1e-8, 0.1, 1.0, 1.7, 30.0]):
        expected = exponent * mpf(float(x)) ** (mpc(exponent) - 1) if isinstance(exponent, complex) else (
            mpf(exponent) * mpf(float(x)) ** (mpf(exponent) - 1))  # fmt: skip
        found = partial("pow_scalar", 0, np, x, exponent=exponent)
        assert abs(exact(np.complex128(found)) - expected) <= 40 * 2.0**-53 * abs(expected)
    if exponent in (0, 1, 2, 3):
        with raising():
            assert partial("pow_scalar", 0, np, np.float64(0), exponent=exponent) == (exponent == 1)
            assert partial("pow_scalar", 0, np, np.float64(-2), exponent=exponent) == exponent * (-2.0) ** (
                exponent - 1
            )


# Complex numbers --------------------------------------------------------------------------------------


CUTS = {"acos": (2, -2), "acosh": (0.5, -0.5, -2), "asin": (2, -2), "log": (-2,), "log1p": (-2,), "sqrt": (-2,)}
"""Real points on branch cuts."""


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("name", CUTS)
def test_the_sign_of_zero_picks_the_side_of_a_branch_cut(name: str, sign: int) -> None:
    for re in CUTS[name]:
        found = partial(name, 0, np, np.complex128(complex(re, sign * 0.0)))
        expected = COMPLEX[name][0](mpc(re, sign * mpf(10) ** -40))
        assert abs(exact(np.complex128(found)) - expected) < 1e-14


@pytest.mark.parametrize("im", [2, -2])
def test_asinh_on_its_branch_cut(im: int) -> None:
    found = partial("asinh", 0, np, np.complex128(complex(0, im)))
    assert abs(exact(np.complex128(found)) - COMPLEX["asinh"][0](mpc(mpf(10) ** -40, im))) < 1e-14


@pytest.mark.parametrize("name", ["asinh", "acosh", "asin", "acos", "atan", "atanh"])
def test_large_complex_numbers_do_not_overflow(name: str) -> None:
    z = np.complex128(3e200 + 4e200j)
    with raising():
        found = partial(name, 0, np, z)
    assert abs(exact(np.complex128(found)) - COMPLEX[name][0](exact(z))) < mpf(10) ** -214


def _modulus(z: Any, t: Any) -> Any:
    return mp.re(mp.conj(z) * t) / abs(z)


def _direction(z: Any, t: Any) -> Any:
    return t / abs(z) - z * _modulus(z, t) / abs(z) ** 2


DIRECTIONAL = {
    "abs": _modulus,
    "conj": lambda z, t: mp.conj(t),
    "imag": lambda z, t: mp.im(t),
    "real": lambda z, t: mp.re(t),
    "sign": _direction,
}
"""Derivatives along t of what is not holomorphic."""


@pytest.mark.parametrize("name", DIRECTIONAL)
@pytest.mark.parametrize("z", [3 - 4j, 1e-300 + 2e-300j, -2e200 + 1e200j, 1j, -2 + 0j])
def test_what_is_not_holomorphic_in_both_modes(name: str, z: complex) -> None:
    op, x = table[name], np.complex128(z)
    out = getattr(np, name)(x)
    real = name in ("abs", "imag", "real")
    for t, v in itertools.product((1, 1j, 0.6 - 0.8j), (1.5,) if real else (1.5, 1j, -0.3 + 2j)):
        names = {"xp": np, "x": x, "out": out, "t": np.complex128(t), "ct": np.float64(v) if real else np.complex128(v)}
        with raising():
            found, back = (
                rule(*[names[n] for n in inspect.signature(rule).parameters]) for rule in (op.jvp[0], op.vjp[0])
            )
        expected = DIRECTIONAL[name](exact(x), mpc(t))
        scale = 1 / abs(z) if name == "sign" else 1
        assert abs(mpc(complex(found)) - expected) < 1e-14 * scale
        assert np.isclose((np.conj(v) * found).real, (np.conj(complex(back)) * t).real, rtol=1e-14, atol=1e-14 * scale)


def test_modulus_and_sign_at_complex_zero() -> None:
    zero, one = np.complex128(0), np.complex128(1)
    with raising():
        assert table["abs"].vjp[0](np, np.float64(1), zero) == 0
        assert table["abs"].jvp[0](np, one, zero) == 0
        assert table["sign"].vjp[0](np, one, zero, zero) == 0
        assert table["sign"].jvp[0](np, one, zero, zero) == 0


# Rules on other arrays --------------------------------------------------------------------------------


FLOATS = [(name, dtype) for name in (*REAL, "clip", "conj") for dtype in ("float32", "float64")]
COMPLEXES = [(name, dtype) for name in (*COMPLEX, *DIRECTIONAL) for dtype in ("complex64", "complex128")]


@pytest.mark.parametrize(("name", "dtype"), FLOATS + COMPLEXES)
def test_rules_need_the_standard_only_and_keep_its_dtypes(name: str, dtype: str) -> None:
    op, kind = table[name], getattr(array_api_strict, dtype)
    shift = 1 if name == "acosh" else 0
    x = [array_api_strict.asarray([v + shift for v in (0.25, 0.5, 0.75)], dtype=kind) for _ in range(op.arity)]
    for i in range(op.arity):
        with raising():
            found = partial(name, i, array_api_strict, *x)
        if not isinstance(found, int):
            on_numpy = partial(name, i, np, *[np.from_dlpack(a) for a in x])
            np.testing.assert_allclose(np.from_dlpack(found), on_numpy, rtol=1e-6)
            assert found.dtype in (kind, x[0].dtype if dtype.startswith("f") else array_api_strict.real(x[0]).dtype)


# Rules on Tensors: derivatives of derivatives -----------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in REAL if any(callable(rule) for rule in table[name].vjp)])
def test_second_derivatives(name: str) -> None:
    xp = agrad.namespace("numpy")
    points = [(0.3, 0.7), (-0.6, 1.7), (0.9, 2.0)] if name != "acosh" else [(1.1, 0), (30.0, 0)]
    for values in points:
        x = values[: table[name].arity]
        if name in ("sqrt", "log", "log2", "log10", "pow"):
            x = tuple(abs(v) for v in x)
        for i, closed in enumerate(REAL[name]):
            for j in range(len(x)):
                expected = (
                    mp.diff(closed, x, n=tuple(int(k == j) for k in range(len(x))))
                    if len(x) > 1
                    else mp.diff(closed, *x)
                )
                found = agrad.grad(agrad.grad(getattr(xp, name), argnums=i), argnums=j)(*x)
                assert abs(mpf(float(found)) - expected) <= 1e-13 * (1 + abs(expected)), (x, i, j)


HIGHER = [
    ("abs", (0.0,), (2,), 0),
    ("logaddexp", (0.7, 0.7), (2, 0), 0.25),
    ("logaddexp", (0.7, 0.7), (1, 1), -0.25),
    ("logaddexp", (0.7, 0.7), (3, 0), 0),
    ("logaddexp", (0.7, 0.7), (4, 0), -0.125),
    ("logaddexp", (inf, inf), (2, 0), 0),
    ("logaddexp", (-800.0, 800.0), (2, 0), 0),
    ("pow", (0.0, 2.0), (2, 0), 2),
    ("pow", (0.0, 3.0), (2, 0), 0),
    ("pow", (0.0, 3.0), (3, 0), 6),
    ("pow", (0.0, 1.0), (2, 0), 0),
    ("pow", (0.0, 2.0), (4, 0), 0),
    ("pow", (3.0, 0.0), (1, 1), 1 / 3),
    ("maximum", (1.0, 1.0), (2, 0), 0),
    ("tanh", (0.0,), (3,), -2),
    ("atan", (0.0,), (3,), -2),
    ("asinh", (0.0,), (3,), -1),
    ("atan", (1e200,), (2,), 0),
]


@pytest.mark.parametrize(("name", "x", "orders", "expected"), HIGHER)
def test_higher_derivatives_where_the_rules_have_guards(name: str, x: Any, orders: Any, expected: float) -> None:
    f = getattr(agrad.namespace("numpy"), name)
    for i, order in enumerate(orders):
        for _ in range(order):
            f = agrad.grad(f, argnums=i)
    with raising():
        assert abs(f(*map(np.float64, x)) - expected) <= 1e-15


@pytest.mark.parametrize(("name", "x"), [("hypot", (0.0, 0.0)), ("atan2", (0.0, 0.0)), ("abs", (0j,)), ("sign", (0j,))])
def test_no_second_derivative_where_the_first_is_a_convention(name: str, x: Any) -> None:
    xp = agrad.namespace("numpy")

    def f(*x: Any) -> Any:
        return xp.real(getattr(xp, name)(*x))

    args = tuple(map(np.asarray, x))
    for i, unit in enumerate(np.ones_like(a) for a in args):

        def slope(*args: Any, i: int = i, unit: Any = unit) -> Any:
            return agrad.jvp(lambda y: f(*args[:i], y, *args[i + 1 :]), (args[i],), (unit,))[1]

        gradient = agrad.grad(f, argnums=i)
        assert abs(gradient(*args)) == slope(*args) == 0
        with np.errstate(divide="ignore", invalid="ignore"):
            for j in range(len(args)):
                assert np.isnan(agrad.jacobian(gradient, argnums=j, mode="rev")(*args)) or name in ("abs", "sign")
                assert np.isnan(agrad.grad(slope, argnums=j)(*args))
                for g in (gradient, slope):
                    moved = agrad.jvp(lambda y, g=g, j=j: g(*args[:j], y, *args[j + 1 :]), (args[j],), (unit,))[1]
                    assert np.isnan(moved)


# Integers beside the argument -------------------------------------------------------------------------

BESIDE_INTEGERS: dict[str, Any] = {
    "pow": lambda xp, x, k: x**k,
    "pow, reflected": lambda xp, x, k: xp.maximum(k, xp.ones_like(k)) ** x,
    "divide": lambda xp, x, k: x / xp.where(k == 0, 3, k),
    "divide, reflected": lambda xp, x, k: k / x,
    "multiply": lambda xp, x, k: x * k,
    "subtract": lambda xp, x, k: k - x,
    "remainder": lambda xp, x, k: xp.remainder(x, xp.where(k == 0, 3, k)),
    "remainder, reflected": lambda xp, x, k: xp.remainder(k, x),
    "atan2": lambda xp, x, k: xp.atan2(x, k),
    "atan2, reflected": lambda xp, x, k: xp.atan2(k, x),
    "hypot": lambda xp, x, k: xp.hypot(x, k),
    "logaddexp": lambda xp, x, k: xp.logaddexp(x, k),
    "logaddexp, reflected": lambda xp, x, k: xp.logaddexp(k, x),
    "copysign": lambda xp, x, k: xp.copysign(x, k),
    "maximum": lambda xp, x, k: xp.maximum(x, k),
    "minimum": lambda xp, x, k: xp.minimum(k, x),
    "clip": lambda xp, x, k: xp.clip(x, k, None),
    "where": lambda xp, x, k: xp.where(x > 2, x, k),
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"])
@pytest.mark.parametrize("name", BESIDE_INTEGERS)
def test_integers_beside_the_argument_count_as_real_numbers(name: str, dtype: str) -> None:
    xp, f = agrad.namespace("numpy"), BESIDE_INTEGERS[name]
    k = np.asarray([0, 1, 2, 3, 100, np.iinfo(dtype).min], dtype)
    for real in (np.float32, np.float64):
        for size in (0.5, 1, 7, 1e3, 1e30):
            x = np.full(len(k), size, real)
            found, expected = (agrad.grad(lambda x, k=k: xp.sum(f(xp, x, k)))(x) for k in (k, k.astype(np.float64)))
            np.testing.assert_allclose(found, expected, rtol=4 * np.finfo(real).eps)
    if name == "pow":
        g = agrad.grad(lambda x: xp.sum(f(xp, x, k)))(np.full(len(k), 1e30, np.float32))
        np.testing.assert_allclose(g[:3], [0, 1, 2e30], rtol=1e-6)
