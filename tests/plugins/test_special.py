"""The special functions on every backend: values and derivatives to mpmath's digits, out to the extremes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import agrad
import hostile
import strict
from special import OPS, POINTS, columns, distance

strict.install()
hostile.install()

LOOSE = {("i0e", 1): 4, ("i1e", 1): 4, ("i0e", 2): 80, ("i1e", 2): 80, ("betaln", 2): 8, ("kl_div", 0): 1e4,
         ("beta", 2): 30, ("erfcx", 2): 4, ("dawsn", 1): 10, ("dawsn", 2): 100}  # fmt: skip
"""Where a result is a difference of larger numbers, as SciPy's `kl_div` is: how many times less exact it may be."""

SCALE = {("expit", 2): 0.01}
"""Results below this are exact to digits of this only."""


@pytest.fixture(scope="module")
def jax() -> Iterator[Any]:
    """JAX with dtypes of 64 bits, and a compiler that is done soon."""
    jax = pytest.importorskip("jax")
    before = {name: jax.config.read(name) for name in ("jax_enable_x64", "jax_disable_most_optimizations")}
    for name in before:
        jax.config.update(name, True)
    yield jax
    for name, value in before.items():
        jax.config.update(name, value)


def orders_of(name: str, order: int) -> list[tuple[int, ...]]:
    """The partial derivatives of an order."""
    if OPS[name].arity == 1:
        return [(order,)]
    return [(i, order - i) for i in range(order + 1)]


def derivative(xp: Any, name: str, orders: tuple[int, ...]) -> Callable[..., Any]:
    """The partial derivative as a function of arrays."""
    f = getattr(xp.special, name)
    for i, n in enumerate(orders):
        for _ in range(n):
            f = agrad.grad(lambda *x, f=f: xp.sum(f(*x)), argnums=i)
    return f


def assert_close(backend: str, name: str, dtype: str, order: int, limit: float, compiled: Any = None) -> None:
    """All partial derivatives of an order at all points."""
    xp = agrad.namespace(backend)
    x = columns(name, dtype)
    arrays = [xp.asarray(column.tolist(), dtype=getattr(xp, dtype)).array for column in x]
    for orders in orders_of(name, order):
        f = derivative(xp, name, orders)
        found = (compiled or (lambda f: f))(f)(*arrays)
        assert str(found.dtype).endswith(dtype)
        for *column, value in zip(*x, [float(v) for v in found], strict=True):
            point = tuple(map(float, column))
            off = distance(name, point, orders, value, dtype, SCALE.get((name, order), 0.0))
            assert off < limit * LOOSE.get((name, order), 1), (point, orders, value, off)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", POINTS)
def test_numpy(name: str, order: int) -> None:
    with np.errstate(all="raise", under="ignore"):
        assert_close("numpy", name, "float64", order, 30)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", POINTS)
def test_the_standard_alone(name: str, order: int) -> None:
    assert_close("array-api-strict", name, "float64", order, 30)


@pytest.mark.parametrize("order", [0, 1, pytest.param(2, marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", POINTS)
def test_torch(name: str, order: int) -> None:
    pytest.importorskip("torch")
    assert_close("torch", name, "float64", order, 60)


COMPILED = ("log_ndtr", "kl_div")
"""What is compiled by default; all of them take half a minute."""


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", [n if n in COMPILED else pytest.param(n, marks=pytest.mark.slow) for n in POINTS])
def test_jax_compiled(name: str, order: int, jax: Any) -> None:
    assert_close("jax", name, "float64", order, 80, jax.jit)


@pytest.mark.parametrize("order", [0, 1])
@pytest.mark.parametrize("name", POINTS)
@pytest.mark.parametrize("backend", ["numpy", "array-api-strict", "torch", pytest.param("jax", marks=pytest.mark.slow)])
def test_single_precision(backend: str, name: str, order: int) -> None:
    pytest.importorskip(backend.replace("-", "_"))
    with np.errstate(over="ignore"):
        assert_close(backend, name, "float32", order, 80)


@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", POINTS)
def test_no_value_is_asked_for(name: str, order: int) -> None:
    xp = agrad.namespace("hostile")
    x = [xp.asarray(column) for column in columns(name, "float64")]
    for orders in orders_of(name, order):
        derivative(xp, name, orders)(*x)
