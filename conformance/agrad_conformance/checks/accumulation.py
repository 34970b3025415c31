"""Sums of contributions to one value: arrays and followed values mixed, in every order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.known import Known, hold

__all__ = ["ACCUMULATION"]

POINT, DIRECTION = np.asarray([1.0, 2.0, -1.0]), np.asarray([1.0, 0.5, 2.0])


def mixed_contributions(g: Ground) -> None:
    """Contributions that are constant and contributions that are followed add up, whichever comes first."""
    terms: dict[str, tuple[Callable[[Any], Any], Any, Any]] = {
        "(x*x).sum()": (lambda x: g.xp.sum(x * x), 2 * POINT, 2.0),
        "(2*x).sum()": (lambda x: g.xp.sum(2 * x), 2.0, 0.0),
        "(3*x).sum()": (lambda x: g.xp.sum(3 * x), 3.0, 0.0),
    }
    values = {"(x*x).sum()": 6.0, "(2*x).sum()": 4.0, "(3*x).sum()": 6.0}
    names = list(terms)
    for order in (names, names[::-1], [*names[1:], names[0], *names[1:]], names * 2):

        def f(x: Any, order: list[str] = order) -> Any:
            return sum([terms[name][0](x) for name in order[1:]], terms[order[0]][0](x))

        known = Known(
            sum(values[name] for name in order),
            sum(terms[name][1] for name in order) + 0 * POINT,
            sum(terms[name][2] for name in order) * DIRECTION,
        )
        hold(g, f, POINT, DIRECTION, known, " + ".join(order))


def many_contributions(g: Ground) -> None:
    """One value that is used 40 times, in ways of all kinds."""

    def f(x: Any) -> Any:
        y = x * 1
        total = g.xp.sum(y)
        for k in range(10):
            total = total + g.xp.sum(y * k) + g.xp.sum(y * y) + y[k % 3] * k + g.xp.sum(y[1:])
        return total

    linear = 1 + 45 + np.asarray([0.0 + 3 + 6 + 9, 1.0 + 4 + 7, 2.0 + 5 + 8])
    gradient = linear + 20 * POINT + np.asarray([0.0, 10.0, 10.0])
    value = np.sum((linear + [0.0, 10.0, 10.0]) * POINT) + 10 * np.sum(POINT**2)
    hold(g, f, POINT, DIRECTION, Known(value, gradient, 20 * DIRECTION), "a sum of forty terms")


def nested_contributions(g: Ground) -> None:
    """A derivative inside a function adds to what comes past it."""
    x, v = POINT, DIRECTION

    def f(x: Any) -> Any:
        inner = agrad.grad(lambda y: g.xp.sum(y**3) + g.xp.sum(x * y) + g.xp.sum(2 * y))(x * 1)
        return g.xp.sum(inner * x) + g.xp.sum(x)

    # the inner gradient is 3 x**2 + x + 2
    known = Known(np.sum(3 * x**3 + x**2 + 3 * x), 9 * x**2 + 2 * x + 3, (18 * x + 2) * v)
    hold(g, f, x, v, known, "a gradient times x")


def owned_by_others(g: Ground) -> None:
    """Sums are made beside what was handed in: cotangents, and gradients of others, stay as they were."""
    x, ct = g.array(POINT), g.array([1.0, 1.0, 1.0])
    _, pull = agrad.vjp(lambda x: (x + x, x), x)
    for _ in range(2):
        g.expect(pull((ct, ct))[0], [3.0, 3.0, 3.0], "the cotangent")
    g.expect(ct, [1.0, 1.0, 1.0], "the cotangent that was given")
    leaf = g.leaf(POINT)
    gradient = g.xp.asarray(g.array([1.0, 2.0, 3.0]))
    for _ in range(3):
        (leaf + leaf).backward(gradient)
    g.expect(leaf.grad, [6.0, 12.0, 18.0], "the accumulated gradient")
    g.expect(gradient, [1.0, 2.0, 3.0], "the gradient that was given")


ACCUMULATION: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f for f in (mixed_contributions, many_contributions, nested_contributions, owned_by_others)
}
"""By name."""
