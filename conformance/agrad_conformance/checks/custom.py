"""What no single op shows of `custom_op`: rules that leave work to the engine, and one that loses a derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground

__all__ = ["CUSTOM"]


def smaller_cotangents(g: Ground) -> None:
    """A cotangent that a rule returns smaller than its argument counts for every element."""

    @agrad.custom_op(vjp=lambda ct: ct / 3, jvp=lambda xp, t: xp.sum(t) / 3)
    def average(x: Any) -> Any:
        return g.xp.mean(x)

    found = agrad.grad(lambda x: average(x) ** 2)(g.array([1.0, 2.0, 6.0]))
    g.expect(found, [2.0, 2.0, 2.0], "the gradient of a squared mean")


def several_of_each(g: Ground) -> None:
    """An op with two results of two arguments, in both modes and second order."""

    @agrad.custom_op(
        vjp=lambda ct, x, y: (ct[0] * y + ct[1], ct[0] * x + ct[1]),
        jvp=(lambda t, y: (t * y, t), lambda t, x: (t * x, t)),
        outputs=2,
    )
    def both(x: Any, y: Any) -> Any:
        return x * y, x + y

    def f(x: Any, y: Any) -> Any:
        product, total = both(x, y)
        return g.xp.sum(product * total)

    x, y, s, t = (np.asarray(v) for v in ([1.0, 2.0], [3.0, -1.0], [1.0, 0.5], [2.0, -3.0]))
    primals, tangents = (g.array(x), g.array(y)), (g.array(s), g.array(t))
    slopes = 2 * x * y + y * y, x * x + 2 * x * y
    for found, wanted in zip(agrad.grad(f, argnums=(0, 1))(*primals), slopes, strict=True):
        g.expect(found, wanted, "the gradient")
    g.expect(agrad.jvp(f, primals, tangents)[1], slopes[0] @ s + slopes[1] @ t, "the tangent")
    products = 2 * y * s + (2 * x + 2 * y) * t, (2 * x + 2 * y) * s + 2 * x * t
    for found, wanted in zip(agrad.hvp(f, primals, tangents), products, strict=True):
        g.expect(found, wanted, "the product with the Hessian")


def differentiable_once(g: Ground) -> None:
    """A rule that returns a constant for something followed would end the derivative in silence: it raises."""

    @agrad.custom_op(vjp=lambda ct, x: g.array([1.0, 1.0]), jvp=lambda t, x: g.array([1.0, 1.0]))
    def forgetful(x: Any) -> Any:
        return x

    def f(x: Any) -> Any:
        return g.xp.sum(forgetful(x) ** 2)

    x = g.array([1.0, 2.0])
    g.refused("grad of grad", agrad.GraphError, lambda: agrad.hvp(f, (x,), (x,)))
    g.refused("jvp of grad", agrad.GraphError, lambda: agrad.jvp(agrad.grad(f), (x,), (x,)))
    g.refused("jvp of jvp", agrad.GraphError, lambda: agrad.jvp(lambda x: agrad.jvp(f, (x,), (x,))[1], (x,), (x,)))


CUSTOM: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f for f in (smaller_cotangents, several_of_each, differentiable_once)
}
"""By name."""
