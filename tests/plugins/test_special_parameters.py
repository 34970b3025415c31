"""Special functions that are followed in their parameters too, in all arguments, against mpmath."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from math import comb, prod
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import agrad
import strict
from agrad.errors import UnsupportedError
from special import OPS

strict.install()

POINTS: dict[str, list[tuple[float, ...]]] = {
    "gammainc": [(1e-3, 1e-6), (0.2, 0.1), (0.3, 0.5), (1.0, 1e-9), (2.5, 3.0), (11.0, 9.0), (40.0, 80.0),
                 (300.0, 290.0)],
    "gammaincc": [(1e-6, 1e-3), (0.2, 0.1), (0.3, 0.5), (2.5, 30.0), (11.0, 12.0), (40.0, 80.0), (300.0, 310.0)],
    "betainc": [(1e-3, 2.0, 1e-4), (0.5, 0.5, 0.3), (2.0, 3.0, 0.9), (5.0, 1e-2, 0.7), (60.0, 40.0, 0.55),
                (7.0, 3.0, 1e-3), (0.4, 0.003, 0.999)],
    "betaincc": [(1e-2, 2.0, 0.3), (0.5, 0.5, 0.3), (2.0, 3.0, 0.9), (60.0, 40.0, 0.8), (3.0, 90.0, 0.2)],
    "stdtr": [(0.4, -3.0), (1.0, 1e-3), (2.5, 0.7), (9.0, -4.0), (40.0, 1.5)],
    "fdtr": [(1.0, 2.0, 0.4), (5.0, 3.0, 2.0), (20.0, 30.0, 1.2)],
    "kv": [(0.3, 1e-6), (1.5, 2.0), (3.0, 0.2), (20.0, 5.0), (2.5, 30.0)],
    "kve": [(0.3, 1e-6), (1.5, 2.0), (20.0, 5.0), (2.5, 300.0)],
    "iv": [(0.3, 1e-6), (1.5, 2.0), (3.0, 5.9), (3.0, 6.1), (20.0, 9.0), (2.5, 30.0)],
    "ive": [(0.3, 1e-6), (1.5, 2.0), (3.0, 5.9), (3.0, 6.1), (20.0, 9.0), (2.5, 300.0)],
    "chdtrc": [(1.0, 0.5), (4.0, 12.0), (50.0, 70.0)],
}  # fmt: skip

FAR = {
    "gammainc": [(1e5, 1e5 - 500.0), (1e5, 1e5 + 20.0), (1e-8, 1e-3), (1e3, 300.0)],
    "gammaincc": [(1e5, 1e5 + 900.0), (3e4, 3e4 - 20.0), (1e-8, 1e-3), (2.0, 600.0)],
}
"""Where the reference is slow and its derivatives are more so: one for each argument alone."""


def exact(name: str, point: tuple[float, ...], orders: tuple[int, ...]) -> mpf:
    """A partial derivative, by central differences in 90 digits."""
    reference = OPS[name].reference
    assert reference is not None
    with mp.workdps(90):
        steps = [abs(mpf(v)) * mpf(10) ** -20 for v in point]
        total = mpf(0)
        for shift in product(*(range(n + 1) for n in orders)):
            x = [v + (k - mpf(n) / 2) * h for v, k, n, h in zip(point, shift, orders, steps, strict=True)]
            weight = prod((-1) ** (n - k) * comb(n, k) for n, k in zip(orders, shift, strict=True))
            value = reference(mp, *x)
            total += weight * mpf(value.item() if hasattr(value, "item") else value)
        for h, n in zip(steps, orders, strict=True):
            total /= h**n
        return total


def derivative(xp: Any, name: str, orders: tuple[int, ...]) -> Callable[..., Any]:
    f = getattr(xp.special, name)
    for i, n in enumerate(orders):
        for _ in range(n):
            f = agrad.grad(lambda *x, f=f: xp.sum(f(*x)), argnums=i)
    return f


def unit(n: int, i: int, size: int = 1) -> tuple[int, ...]:
    return tuple(size * (k == i) for k in range(n))


def assert_close(
    backend: str, name: str, points: list[tuple[float, ...]], orders: tuple[int, ...], limit: float
) -> None:
    xp = agrad.namespace(backend)
    columns = [xp.asarray(list(column), dtype=xp.float64).array for column in zip(*points, strict=True)]
    found = [float(v) for v in derivative(xp, name, orders)(*columns)]
    for point, y in zip(points, found, strict=True):
        e = exact(name, point, orders)
        size = abs(e)
        for i, v in enumerate(point):
            size += abs(v * exact(name, point, tuple(n + (k == i) for k, n in enumerate(orders))))
        assert abs(mpf(y) - e) < limit * np.finfo("float64").eps * size, (point, orders, y, float(e))


@pytest.mark.parametrize("backend", ["numpy", "array-api-strict", pytest.param("torch", marks=pytest.mark.slow)])
@pytest.mark.parametrize("name", POINTS)
def test_values_and_first_derivatives(name: str, backend: str) -> None:
    pytest.importorskip(backend.replace("-", "_"))
    n = len(POINTS[name][0])
    for orders in [(0,) * n, *(unit(n, i) for i in range(n))]:
        assert_close(backend, name, POINTS[name], orders, 200)


QUICK = ("gammainc", "iv", "stdtr")
CANCELLING = {"gammaincc": 100_000, "betainc": 20_000}
"""Units of rounding where more digits cancel: by a parameter near 0, twice, eleven of them are left."""


@pytest.mark.parametrize("name", [n if n in QUICK else pytest.param(n, marks=pytest.mark.slow) for n in POINTS])
def test_second_derivatives(name: str) -> None:
    n = len(POINTS[name][0])
    for i, j in product(range(n), range(n)):
        if i <= j:
            orders = tuple(a + b for a, b in zip(unit(n, i), unit(n, j), strict=True))
            assert_close("numpy", name, POINTS[name], orders, CANCELLING.get(name, 2000))


@pytest.mark.parametrize("name", FAR)
def test_far_out(name: str) -> None:
    for orders in ((0, 0), (1, 0), (0, 1)):
        assert_close("numpy", name, FAR[name], orders, 200)
        if orders == (0, 0):
            assert_close("array-api-strict", name, FAR[name], orders, 200)


def test_agrees_with_scipy_for_all_sizes() -> None:
    special = pytest.importorskip("scipy.special")
    draw = np.random.default_rng(3)
    a, b = 10 ** draw.uniform(-2, 5, 400), 10 ** draw.uniform(-2, 5, 400)
    mean = a / (a + b)
    x = np.clip(mean + draw.uniform(-4, 4, 400) * np.sqrt(mean * (1 - mean) / (a + b + 1)), 1e-6, 1 - 1e-6)
    space = agrad.namespace("array-api-strict")
    strictly = lambda *v: [space.asarray(c.tolist(), dtype=space.float64) for c in v]  # noqa: E731
    for name in ("betainc", "betaincc"):
        found = np.asarray([float(v) for v in getattr(space.special, name)(*strictly(a, b, x))])
        np.testing.assert_allclose(found, getattr(special, name)(a, b, x), rtol=1e-10, atol=1e-200)
    found = np.asarray([float(v) for v in space.special.gammainc(*strictly(a, b))])
    np.testing.assert_allclose(found, special.gammainc(a, b), rtol=1e-11, atol=1e-200)


@pytest.mark.parametrize(
    ("inverse", "function", "arguments"),
    [
        ("gammaincinv", "gammainc", (2.5,)),
        ("gammainccinv", "gammaincc", (0.4,)),
        ("betaincinv", "betainc", (2.5, 0.7)),
        ("betainccinv", "betaincc", (2.5, 0.7)),
        ("stdtrit", "stdtr", (3.5,)),
    ],
)
def test_inverses_undo_the_functions(inverse: str, function: str, arguments: tuple[float, ...]) -> None:
    """To second order: the composition is the identity in its last argument and constant in the others."""
    pytest.importorskip("scipy")
    xp = agrad.namespace("numpy")
    f, g = getattr(xp.special, function), getattr(xp.special, inverse)
    y = 0.3
    both = lambda *v: f(*v[:-1], g(*v))  # noqa: E731
    n = len(arguments) + 1
    gradient = agrad.grad(both, argnums=tuple(range(n)))(*arguments, y)
    np.testing.assert_allclose([float(v) for v in gradient], [0.0] * (n - 1) + [1.0], atol=1e-13)
    for i in range(n):
        second = agrad.grad(agrad.grad(both, argnums=i), argnums=0)(*arguments, y)
        assert abs(float(second)) < 1e-11
    with pytest.raises(UnsupportedError, match=f"special.{inverse}"):
        strictly = agrad.namespace("array-api-strict")
        getattr(strictly.special, inverse)(*(strictly.asarray(v) for v in (*arguments, y)))


@pytest.mark.parametrize("backend", ["numpy", "array-api-strict"])
def test_counts_may_be_arrays_of_integers(backend: str) -> None:
    xp = agrad.namespace(backend)
    k, n, p = xp.asarray([0, 1, 2]), xp.asarray([2, 2, 2]), xp.asarray(0.25)
    np.testing.assert_allclose([float(v) for v in xp.special.bdtr(k, n, p)], [0.5625, 0.9375, 1.0])
    slope = agrad.grad(lambda p: xp.special.bdtr(k, n, p)[0])(p)
    assert float(slope) == pytest.approx(-1.5)
    np.testing.assert_allclose([float(v) for v in xp.special.pdtr(k, xp.asarray(1.0))], np.cumsum([1, 1, 0.5]) / np.e)
