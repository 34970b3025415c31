"""Fast paths are cases of the one door: with them and without them, the whole table gives the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.arrays import namespaces
from agrad.declare import elementwise, select
from agrad.interpret.bound import Bound
from samples import Sample, followed
from test_table import SAMPLES, assert_equal, derivatives, precision, thinned

FAST = namespaces.closure, namespaces.reflected, namespaces.block, namespaces.by_number


def general(f: Bound, other: Callable[..., Any], operator: bool = False) -> Callable[..., Any]:
    """What `closure` makes, without a short way."""
    if len(f.op.parameters) == len(f.arguments):
        return lambda *args: other(f, args, {})
    return lambda *args: other(f, args[:-1], args[-1])


def turned(f: Bound, run: Callable[..., Any], other: Callable[..., Any]) -> Callable[..., Any]:
    """What `reflected` makes, without a short way."""
    return lambda x2, x1, /: run(x1, x2)


def read(f: Bound, door: Callable[..., Any]) -> Callable[..., Any]:
    """What `block` makes, without a short way."""
    return lambda x, key: door(f, (x,), {"key": key})


def numbered(
    f: Bound, run: Callable[..., Any], scalar: Bound, power: Callable[..., Any], operator: bool
) -> Callable[..., Any]:
    """What `by_number` makes, without a short way."""
    name = scalar.op.parameters[-1].name

    def chosen(x1: Any, x2: Any, /) -> Any:
        tensor = isinstance(x1, agrad.Tensor) and not (operator and x1._aval.weak)
        if tensor and (type(x2) is int or (type(x2) is float and x1._aval.inexact)):
            return power(x1, {name: x2})
        return run(x1, x2)

    return chosen


@pytest.fixture(scope="module")
def ways() -> Callable[[str], Any]:
    """Two NumPy namespaces of their own: entered by name, "fast" or "slow", each is the one there is."""
    caches: dict[str, tuple[dict[Any, Any], dict[Any, Any]]] = {"fast": ({}, {}), "slow": ({}, {})}

    @contextmanager
    def entered(name: str) -> Iterator[Any]:
        made, owners = caches[name]
        chosen = FAST if name == "fast" else (general, turned, read, numbered)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(namespaces, "_made", made)
            patch.setattr(namespaces, "_owners", owners)
            for part, made_by in zip(("closure", "reflected", "block", "by_number"), chosen, strict=True):
                patch.setattr(namespaces, part, made_by)  # functions are made as they are used
            yield agrad.namespace("numpy")

    return entered


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("s", thinned(SAMPLES))
def test_the_table_is_the_same_without_fast_paths(s: Sample, ways: Callable[[str], Any]) -> None:
    found = {}
    for name in ("fast", "slow"):
        with ways(name):
            found[name] = derivatives.__wrapped__(s, "numpy")
    eps = precision([*followed((s.args, s.params)), *found["fast"]["out"]])
    assert_equal(found["slow"], found["fast"], eps)


X = np.asarray([0.5, 1.5, 2.0])
OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "x + 2": lambda xp, x: x + 2, "2.0 - x": lambda xp, x: 2.0 - x, "1 / x": lambda xp, x: 1 / x,
    "x / 0.5": lambda xp, x: x / 0.5, "2.0 ** x": lambda xp, x: 2.0**x, "x ** 3": lambda xp, x: x**3,
    "x * x": lambda xp, x: x * x, "x - array": lambda xp, x: x - X, "array / x": lambda xp, x: X / x,
    "-x": lambda xp, x: -x, "abs": lambda xp, x: abs(x), "x % 0.7": lambda xp, x: x % 0.7,
    "x @ x": lambda xp, x: x @ x * x, "x * x[0]": lambda xp, x: x * x[0],
    "where": lambda xp, x: xp.where(x > 1, x, 1.0),
    "row * column": lambda xp, x: x * x[:, None], "numbers": lambda xp, x: xp.atan2(2.0, x) + xp.maximum(x, 1.0),
    "float32": lambda xp, x: x * np.asarray([1, 2, 3], np.float32), "integers": lambda xp, x: x * np.asarray([1, 2, 3]),
    "in place": lambda xp, x: _changed(x), "x ** 0": lambda xp, x: x**0 * x, "x + x * 1": lambda xp, x: x + x * 1,
    "slices": lambda xp, x: xp.concat([x[1:] * x[:-1], x[1, None]]), "sums": lambda xp, x: xp.sum(x) * xp.flip(x),
    "functions": lambda xp, x: xp.exp(-xp.sin(x)) + xp.sqrt(x) * xp.square(x) + xp.reciprocal(x),
}  # fmt: skip


def _changed(x: Any) -> Any:
    y = x * 1
    y += x
    y[0] *= 2
    part = y[1:]
    part -= x[0]
    return y


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128"])
@pytest.mark.parametrize("what", OPERATORS)
def test_operators_are_the_same_without_fast_paths(what: str, dtype: str, ways: Callable[[str], Any]) -> None:
    if dtype == "complex128" and what in ("x % 0.7", "where", "numbers"):
        pytest.skip("real numbers only")
    x, v = X.astype(dtype), np.flip(X).astype(dtype)
    found = {}
    for name in ("fast", "slow"):
        with ways(name) as xp:

            def f(x: Any, xp: Any = xp) -> Any:
                y = OPERATORS[what](xp, x)
                return xp.sum(xp.real(y * y * xp.conj(y)))

            found[name] = {
                "value": agrad.value_and_grad(f)(x)[0], "vjp": agrad.grad(f)(x), "jvp": agrad.jvp(f, (x,), (v,))[1],
                "hvp": agrad.hvp(f, (x,), (v,)), "vjp of vjp": agrad.vjp(agrad.grad(f), x)[1](v)[0],
                "jvp of vjp": agrad.jvp(agrad.grad(f), (x,), (v,))[1],
                "jvp of jvp": agrad.jvp(lambda x, f=f: agrad.jvp(f, (x,), (v,))[1], (x,), (v,))[1],
            }  # fmt: skip
    lists = [{k: [np.asarray(y)] for k, y in found[name].items()} for name in ("slow", "fast")]
    assert_equal(*lists, float(np.finfo("float32" if what == "float32" else dtype).eps))


@pytest.mark.parametrize("plain", [False, True], ids=["fast", "slow"])
def test_a_choice_of_one_argument(plain: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    rectified = elementwise("rectified(x, /)", select(lambda x: x > 0), forward=lambda xp, x: xp.where(x > 0, x, 0))
    if plain:
        monkeypatch.setattr(namespaces, "closure", general)
    agrad.plugins.register(
        type("Mine", (), {"agrad_ops": staticmethod(agrad.hookimpl(lambda: [rectified], specname="agrad_ops"))})(),
        "mine",
    )
    try:
        xp, x, v = agrad.namespace("numpy"), np.asarray([-1.0, 2.0, 3.0]), np.asarray([1.0, 2.0, 4.0])
        assert agrad.grad(lambda x: xp.sum(xp.mine.rectified(x)))(x).tolist() == [0, 1, 1]
        assert agrad.jvp(xp.mine.rectified, (x,), (v,))[1].tolist() == [0, 2, 4]
        assert agrad.hvp(lambda x: xp.sum(xp.mine.rectified(x) ** 2), (x,), (v,)).tolist() == [0, 4, 8]
    finally:
        agrad.plugins.block("mine")
