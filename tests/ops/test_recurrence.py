"""The recurrence behind `cumulative_prod`'s derivatives: both ways to solve it, zeros, shapes, orders and backends."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import agrad
from agrad.ops import statistical
from libraries import LIBRARIES

xp = agrad.namespace("numpy")
rng = np.random.default_rng(0)


def exact(x: np.ndarray, ct: np.ndarray) -> np.ndarray:
    """The cotangent of the factors: the recurrence as it stands, with 40 digits."""
    mpmath.mp.dps = 40
    before, products = mpmath.mpf(1), []
    for value in x.tolist():
        products.append(before)
        before *= value
    after, found = mpmath.mpf(0), []
    for k in reversed(range(x.size)):
        after = ct[k].item() + (x[k + 1].item() * after if k + 1 < x.size else 0)
        found.append(float(products[k] * after))
    return np.asarray(found[::-1])


@pytest.mark.parametrize("zeros", [(), (0,), (700,), (3, 900), (-1,)], ids=str)
@pytest.mark.parametrize("n", [1024, 1025, 1026, 2047, 4099])
def test_long_axes(n: int, zeros: tuple[int, ...]) -> None:
    x, ct, t = rng.uniform(0.9, 1.1, n), rng.standard_normal(n), rng.standard_normal(n)
    x[list(zeros)] = 0
    out, pullback = agrad.vjp(lambda x: xp.cumulative_prod(x), x)
    found, expected = pullback(ct)[0], exact(x, ct)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12 * np.max(np.abs(expected)))
    moved = agrad.jvp(lambda x: xp.cumulative_prod(x), (x,), (t,))[1]
    np.testing.assert_allclose(moved @ ct, expected @ t, rtol=1e-9)
    np.testing.assert_allclose(out, np.cumprod(x))


@pytest.fixture
def halved(monkeypatch: pytest.MonkeyPatch) -> None:
    """Short axes take the way of long ones."""
    monkeypatch.setattr(statistical, "SMALL", 0)


@pytest.mark.usefixtures("halved")
@pytest.mark.parametrize("n", range(1, 12))
def test_every_length(n: int) -> None:
    x, ct = rng.standard_normal(n), rng.standard_normal(n)
    for zeros in ([], [0], [n // 2], [n - 1, n // 2]):
        x[zeros] = 0
        found = agrad.vjp(lambda x: xp.cumulative_prod(x), x)[1](ct)[0]
        np.testing.assert_allclose(found, exact(x, ct), rtol=1e-12, atol=1e-14)


@pytest.mark.usefixtures("halved")
@pytest.mark.parametrize("backend", ["numpy", "jax", "torch", "dask"])
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -2])
def test_axes_and_backends(backend: str, axis: int) -> None:
    pytest.importorskip(LIBRARIES[backend])
    space = agrad.namespace(backend)
    raw = space._raw
    values, ct = rng.standard_normal((3, 5, 4)), rng.standard_normal((3, 5, 4))
    values[1, 2, 3] = values[0, 0, 0] = 0
    x, w = (raw.asarray(v.tolist(), dtype=raw.float32) for v in (values, ct))
    found = space._backend.host(agrad.vjp(lambda x: space.cumulative_prod(x, axis=axis), x)[1](w)[0])
    expected = np.apply_along_axis(
        lambda row: exact(row[: row.size // 2], row[row.size // 2 :]), axis, np.concatenate([values, ct], axis=axis)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.usefixtures("halved")
@pytest.mark.parametrize("n", [3, 6, 7])
def test_higher_orders(n: int) -> None:
    x = rng.standard_normal(n)
    for include_initial in (False, True):

        def f(x: Any, include_initial: bool = include_initial) -> Any:
            return xp.cumulative_prod(x, include_initial=include_initial)

        agrad.check_grads(f, (x,), order=3)
        agrad.check_grads(f, (x * (1 + 0.5j),), order=2)
    x[n // 2] = 0
    weights = rng.standard_normal(n)
    h = agrad.hessian(lambda x: xp.sum(xp.cumulative_prod(x) * weights))(x)
    for i in range(n):
        for j in range(n):  # of a product of distinct factors: those without i and j
            others = [np.prod([x[k] for k in range(m + 1) if k not in (i, j)]) for m in range(max(i, j), n)]
            expected = 0.0 if i == j else others @ weights[max(i, j) :]
            np.testing.assert_allclose(h[i, j], expected, rtol=1e-10, atol=1e-13)
