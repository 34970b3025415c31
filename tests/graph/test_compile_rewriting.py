"""What compiling makes of a graph on NumPy before it is written: Python's floats, fewer and cheaper equations."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.graph.passes import simplified
from agrad_numpy.compiling import program
from agrad_numpy.compiling.calls import CONTRACT, TOTAL, Source
from agrad_numpy.compiling.rewriting import rewritten
from graph_samples import near, same_compiled, xp

RNG = np.random.default_rng(0)
LARGE = RNG.standard_normal(50_001)

# Python's floats --------------------------------------------------------------------------------------


def scalars(x: Any, y: Any) -> Any:
    for _ in range(3):
        x = xp.sin(x) * y + xp.exp(-x * x) / (1 + xp.abs(x)) - xp.maximum(x, 0) + xp.where(x > y, x, y) ** 3
    return x * xp.sqrt(y), x > y


@pytest.mark.parametrize("values", [(0.5, 0.25), (-1.5, 2.0), (3.0, 4.0)])
def test_numbers_are_computed_by_python(values: Any) -> None:
    x, y = map(np.float64, values)
    compiled = agrad.compile(agrad.value_and_grad(lambda x, y: scalars(x, y)[0]))
    near(compiled(x, y), agrad.value_and_grad(lambda x, y: scalars(x, y)[0])(x, y), 1e-12)
    value, truth = agrad.compile(scalars)(x, y)
    assert type(value) is np.float64 and type(truth) is np.bool
    near(agrad.compile(scalars)(np.asarray(values[0]), y), scalars(x, y), 1e-12)


@pytest.mark.parametrize("number", [800.0, -1.0, 0.0, np.inf, np.nan])
def test_numbers_that_python_refuses_are_numpys(number: float) -> None:
    def f(x: Any) -> Any:
        a = xp.exp(x) * 2.0 + 1.0
        b = xp.sqrt(x) + xp.log(x) - 1.0 / x
        return a, b, a * b - a / b, x**-2

    compiled = agrad.compile(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled(np.float64(1.5))
        found, expected = compiled(np.float64(number)), f(xp.asarray(np.float64(number)))
        near(found, expected)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        compiled(np.float64(-1.0))


def test_numbers_that_decide() -> None:
    def f(x: Any) -> Any:
        n = 0
        while x:  # a float as a truth value
            x = xp.floor(x * 0.5) if x > 100 else x * 1.0 - 1.0
            n += 1
        return x * 1.0 + 2.0 * (x * 3.0 + 1.0) - x * x * x + n

    compiled = agrad.compile(f)
    for k in (2.0, 3.0, 2.0, 3.0):
        assert compiled(np.float64(k)) == f(xp.asarray(np.float64(k))).item()
    assert compiled.stats()[:2] == (2, 4)


# Rewriting --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_arrays_changed_one_element_after_the_other_are_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(a: Any, v: Any) -> Any:
        b = a * 1.0
        for k in range(20):
            b[k] += v * b[k - 1]
        c = b[3:7] * 1.0
        b[4] = c[0]
        b[::3] *= 2.0
        return xp.sum(b * b) + xp.sum(c)

    x = RNG.standard_normal(24)
    lines: list[str] = []
    written = program.function_of
    monkeypatch.setattr(program, "function_of", lambda h, body, *rest: lines.extend(body) or written(h, body, *rest))
    same_compiled(agrad.value_and_grad(f, argnums=(0, 1)), x, np.asarray(0.5), tolerance=1e-9)
    assert sum("copyto" in line for line in lines) <= 4


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_choices_of_zero_and_ties(dtype: str) -> None:
    x = np.asarray([0.0, -1.0, 2.0, np.nan, np.inf, -np.inf, 0.0, 3.0] * 3, dtype)
    g = np.asarray([1.0, np.nan, 2.0, 1.0, np.inf, -np.inf, -2.0, 0.5] * 3, dtype)

    def f(a: Any, b: Any) -> Any:
        positive, zero = a > 0, a == 0
        c = b * 0.5
        return (
            xp.where(positive, b, 0) + xp.where(zero, c, 0),
            xp.where(positive, 0.0, b),
            xp.where(positive, 0.0, xp.sin(b)),
            xp.where(positive, xp.cos(b), 0.0),
            xp.where(positive, 1.0, xp.sinh(b)),
            xp.where(positive, b, 0) + xp.where(zero, b * 3.0, 0),
            xp.where(zero, b, 0) + xp.where(a == b, b, 0.0),
            xp.where(positive, b, -0.0),
            c,
        )

    compiled = same_compiled(f, x, g)
    with np.errstate(all="ignore"):
        signs = np.signbit(compiled(x, g)[7]) == np.signbit(f(xp.asarray(x), xp.asarray(g))[7].array)
    assert np.all(signs | np.isnan(g))

    def relu(a: Any) -> Any:
        return xp.sum(xp.maximum(a, 0.0) ** 2) + xp.sum(xp.maximum(a, a * 1.0)) + xp.sum(xp.maximum(a * 2.0, 0.0))

    same_compiled(agrad.grad(relu), np.nan_to_num(x, posinf=1.0, neginf=-2.0))


@pytest.mark.usefixtures("small")
def test_elements_that_are_read_twice_get_both_gradients() -> None:
    x = RNG.standard_normal((4, 3))

    def f(a: Any) -> Any:
        b = a * 2.0
        picked = xp.sum(xp.sin(b[[0, 2, 2]])) + xp.sum(xp.cos(a[[3, 3], 1:])) + xp.sum(b[1] * b[[1, 1, 0], 2])
        b[[0, 2], 1:] = b[[3, 3], :2] * a[0, 0]
        return picked + xp.sum(b**2)

    same_compiled(agrad.grad(f), x)


def ops(f: Any, *args: Any) -> list[str]:
    """The ops of a function's graph as NumPy computes it."""
    graph = simplified(agrad.trace(f, *args))
    return [e.op for e in rewritten(graph, Source(agrad.namespace("numpy"))).equations]


M, N = RNG.standard_normal((4, 3)), RNG.standard_normal((4, 3))
COLUMN, ROW = RNG.standard_normal((4, 1)), RNG.standard_normal(3)

REWRITTEN = [
    (lambda m, n: m + (-n), ["subtract"]),
    (lambda m, n: (-m) + n, ["subtract"]),
    (lambda m, n: m - (-n), ["add"]),
    (lambda m, n: (-m) * n + m * m, ["multiply", "multiply", "subtract"]),
    (lambda m, n: m / (-n), ["divide", "negative"]),
    (lambda m, n: (-m) / (-n), ["negative", "negative", "divide"]),
    (lambda m, n: (m * 2.0) * 3.0, ["multiply"]),
    (lambda m, n: -(m * 2.0), ["multiply"]),
    (lambda m, n: (m * 0.5) * 2.0 * n, ["multiply"]),
    (lambda m, n: (1 / m) * n, ["divide"]),
    (lambda m, n: xp.sum(m * n), [TOTAL]),
    (lambda m, n: xp.sum(m**2), [TOTAL]),
    (lambda m, n: xp.sum(3.0 * m**2 + n**2), [TOTAL, TOTAL, "multiply", "add"]),
    (lambda m, n: xp.sum(m * n, axis=1), [CONTRACT]),
    (lambda m, n: xp.sum(-m), ["sum", "negative"]),
    (lambda m, n: xp.sum(m * n * 2.0, axis=0, keepdims=True), [CONTRACT, "multiply"]),
    (lambda m, n: xp.broadcast_to(xp.reshape(m[:, 0], (4, 1)), (4, 3)) * n, ["getitem", "reshape", "multiply"]),
    (lambda m, n: xp.matmul(m, n.T).T, ["matrix_transpose", "matmul"]),
    (lambda m, n: (xp.zeros_like(m) + n).T.T * m, ["add", "multiply"]),
]


@pytest.mark.parametrize("f, expected", REWRITTEN, ids=[str(i) for i in range(len(REWRITTEN))])
def test_rewriting(f: Any, expected: list[str]) -> None:
    found = [op for op in ops(f, M, N) if op != "matrix_transpose" or "matrix_transpose" in expected]
    assert sorted(set(found) - {"matrix_transpose"}) == sorted(set(expected) - {"matrix_transpose"})
    assert len(found) <= len(expected) + 1
    same_compiled(f, M, N)


def test_a_constant_and_its_transpose_are_one() -> None:
    c = RNG.standard_normal((120, 90))
    c[0, 0] = np.nan

    def f(w: Any) -> Any:
        return xp.sum(xp.matmul(xp.asarray(c)[1:], w) ** 2)

    graph = simplified(agrad.trace(agrad.grad(f), np.ones(90)))
    made = rewritten(graph, Source(agrad.namespace("numpy")))
    first, second = [v.value for v in made.constants if v.value.size > 1000]
    assert np.shares_memory(first, second)
    same_compiled(agrad.value_and_grad(f), RNG.standard_normal(90), tolerance=1e-9)


@pytest.mark.parametrize("axis", [0, 1, None, (0, 1), ()])
@pytest.mark.parametrize("keepdims", [True, False])
def test_factors_of_sums(axis: Any, keepdims: bool) -> None:
    def f(m: Any, n: Any, column: Any, row: Any) -> Any:
        def s(a: Any) -> Any:
            return xp.sum(a, axis=axis, keepdims=keepdims)

        return [
            s(m * column),
            s(row * m * 2.0),
            s(m * n / column),
            s(-(m * n) * row * column),
            s(column * row),
            s(m / row),
        ]

    same_compiled(f, M, N, COLUMN, ROW)


def test_terms_that_are_scaled_to_be_summed_do_not_overflow() -> None:
    x = np.asarray([3e200, 4e200])

    def f(a: Any) -> Any:
        peak = xp.max(xp.abs(a))
        return peak * xp.sqrt(xp.sum((a / peak) ** 2)), xp.sum(a / peak)

    assert agrad.compile(f)(x)[0] == pytest.approx(5e200)


def test_an_op_of_the_users_with_the_name_of_one_of_the_standard() -> None:
    @agrad.custom_op(vjp=lambda ct, x: ct + 0.0 * x)
    def sum(x: Any) -> Any:
        return np.asarray(x).max()

    compiled = agrad.compile(lambda a: sum(a * 2.0) + 1.0)
    assert compiled(LARGE) == (LARGE * 2.0).max() + 1.0


SCALED = {
    "divided": lambda x, y, m: xp.sum((x / m) * (y / m)),
    "times a reciprocal": lambda x, y, m: xp.sum((x * (1 / m)) * (y / m)),
    "times a small number": lambda x, y, m: xp.sum(x * 1e-200 * y),
    "squared": lambda x, y, m: xp.sum(1e-200 * x * x),
    "times nothing": lambda x, y, m: xp.sum(x * m * 0.0 * y),
    "a safe norm": lambda x, y, m: xp.sqrt(xp.sum((x / m) ** 2)) * m[0],
    "a mean": lambda x, y, m: xp.mean(x * 1e-190 * y),
}
"""Sums of products whose factors keep them from overflowing."""


@pytest.mark.parametrize("shape", [(200,), (10, 20)])
@pytest.mark.parametrize("scale", [1e200, np.inf, 0.0])
@pytest.mark.parametrize("name", SCALED)
def test_sums_overflow_where_they_do_uncompiled(name: str, scale: float, shape: tuple[int, ...]) -> None:
    f, m = SCALED[name], np.full(1, scale)
    slope = agrad.grad(f, (0, 1))
    for value in (1e200, 0.0):
        given = np.full(shape, value), np.full(shape, 1e200), m
        with np.errstate(all="ignore"):
            for g in (f, slope):
                near(agrad.compile(g)(*given), g(*given), 1e-12)
