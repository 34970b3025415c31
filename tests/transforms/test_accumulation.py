"""Cotangents that are summed at a node: arrays and Tensors among one another, in every mode and to any order."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import pytest

import agrad

x0 = np.asarray([0.5, -1.0, 2.0])
v0 = np.asarray([1.0, 0.25, -2.0])
SQUARE, LINEAR, OTHER = "x * x", "2 * x", "3 * x"
TERMS = {SQUARE: lambda x: x * x, LINEAR: lambda x: 2 * x, OTHER: lambda x: 3 * x, "x^3": lambda x: x * x * x}


def sum_of(names: tuple[str, ...]) -> Callable[[Any], Any]:
    """A function that uses its argument once a term: a walk meets their cotangents in the reverse of this order."""

    def f(x: Any) -> Any:
        total = TERMS[names[0]](x).sum()
        for name in names[1:]:
            total = total + TERMS[name](x).sum()
        return total

    return f


def plain(space: Any, x: np.ndarray) -> Any:
    return space._raw.asarray(x.tolist(), dtype=space._raw.float64)


def numpy_of(space: Any, x: Any) -> np.ndarray:
    return np.asarray(space._backend.host(x.array if isinstance(x, agrad.Tensor) else x))


ways = {
    "hvp": lambda f, x, v: agrad.hvp(f, (x,), (v,)),
    "reverse over reverse": lambda f, x, v: agrad.vjp(agrad.grad(f), x)[1](v)[0],
    "forward over reverse": lambda f, x, v: agrad.jvp(agrad.grad(f), (x,), (v,))[1],
    "reverse over forward": lambda f, x, v: agrad.grad(lambda x: agrad.jvp(f, (x,), (v,))[1])(x),
    "linearize over reverse": lambda f, x, v: agrad.linearize(agrad.grad(f), x)[1](v),
    "reverse over linearize": lambda f, x, v: agrad.grad(lambda x: agrad.linearize(f, x)[1](v))(x),
}


def imperative(f: Callable[[Any], Any], x: Any, v: Any) -> Any:
    leaf = agrad.tensor(x, requires_grad=True)
    f(leaf).backward(create_graph=True)
    gradient, leaf.grad = leaf.grad, None
    (gradient * v).sum().backward()
    return leaf.grad


@pytest.mark.parametrize("order", [*permutations([SQUARE, LINEAR, OTHER])], ids=", ".join)
@pytest.mark.parametrize("way", [*ways, "imperative"])
def test_second_order(space: Any, way: str, order: tuple[str, ...]) -> None:
    found = ways.get(way, imperative)(sum_of(order), plain(space, x0), plain(space, v0))
    np.testing.assert_allclose(numpy_of(space, found), 2 * v0)


@pytest.mark.parametrize("order", [*permutations(TERMS)], ids=", ".join)
def test_third_order(space: Any, order: tuple[str, ...]) -> None:
    f, x, v = sum_of(order), plain(space, x0), plain(space, v0)

    def curvature(x: Any) -> Any:
        return agrad.hvp(f, (x,), (v,))

    for found in (agrad.vjp(curvature, x)[1](v)[0], agrad.jvp(curvature, (x,), (v,))[1]):
        np.testing.assert_allclose(numpy_of(space, found), 6 * v0 * v0)


def test_scalars(space: Any) -> None:
    x, one = space._raw.asarray(2.0, dtype=space._raw.float64), space._raw.asarray(1.0, dtype=space._raw.float64)
    for order in permutations([SQUARE, LINEAR, OTHER]):
        f = sum_of(order)
        for way in ways.values():
            assert float(numpy_of(space, way(f, x, one))) == 2.0


def test_a_sum_of_many_terms(space: Any) -> None:
    """More cotangents at one node than the walk sums without owning its sum, every other one a Tensor."""
    names = (LINEAR, SQUARE) * 4
    np.testing.assert_allclose(
        numpy_of(space, agrad.hvp(sum_of(names), (plain(space, x0),), (plain(space, v0),))), 8 * v0
    )


def test_no_cotangent_changes_while_it_is_summed(space: Any) -> None:
    """What a node was given stays the user's: only a sum that the walk made itself is added to in place."""
    x, ct = plain(space, x0), plain(space, v0)
    _, pullback = agrad.vjp(lambda x: (x + x + x + x) + x, x)
    for _ in range(2):
        np.testing.assert_allclose(numpy_of(space, pullback(ct)[0]), 5 * v0)
        np.testing.assert_array_equal(numpy_of(space, ct), v0)
