"""In-place changes under ``no_grad``: data change and the graph does not, to second order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import agrad
from agrad_conformance.checks.ground import Ground

__all__ = ["RECORDING"]


def _scale(y: Any, factor: float) -> None:
    with agrad.no_grad():
        y[...] = y * factor


def changed_under_no_grad(g: Ground) -> None:
    """``y = x``, tripled under ``no_grad``, cubed: the derivative takes y for x, at every order."""
    xp, x, v = g.xp, g.array([1.0, 2.0]), g.array([1.0, 1.0])

    def f(x: Any) -> Any:
        y = x * 1
        _scale(y, 3.0)
        return xp.sum(y**3)

    value, slope = agrad.value_and_grad(f)(x)
    g.expect(value, 27.0 + 216.0, "the value")
    g.expect(slope, [27.0, 108.0], "the gradient, 3 (3 x)**2")
    g.expect(agrad.jvp(f, (x,), (v,))[1], 135.0, "the tangent")
    g.expect(agrad.hvp(f, (x,), (v,)), [18.0, 36.0], "the product with the Hessian")
    g.expect(agrad.vjp(agrad.grad(f), x)[1](v)[0], [18.0, 36.0], "the gradient of the gradient")
    g.expect(agrad.grad(lambda x: agrad.jvp(f, (x,), (v,))[1])(x), [18.0, 36.0], "the gradient of the tangent")
    found = agrad.jvp(lambda x: agrad.jvp(f, (x,), (v,))[1], (x,), (v,))[1]
    g.expect(found, 54.0, "the tangent of the tangent")
    g.expect(agrad.hessian(f)(x), [[18.0, 0.0], [0.0, 36.0]], "the Hessian")


def views_under_no_grad(g: Ground) -> None:
    """The same through a slice, and of an array whose slice is looked at later."""
    xp, x, v = g.xp, g.array([1.0, 2.0]), g.array([1.0, 1.0])

    def through(x: Any) -> Any:
        y = x * 1
        _scale(y[1:], 3.0)
        return xp.sum(y**3)

    def below(x: Any) -> Any:
        y = x * 1
        part = y[1:]
        _scale(y, 3.0)
        return xp.sum(part**3) + y[0]

    g.expect(agrad.grad(through)(x), [3.0, 108.0], "the gradient after a change of a slice")
    g.expect(agrad.hvp(through, (x,), (v,)), [6.0, 36.0], "the product with the Hessian after a change of a slice")
    g.expect(agrad.grad(below)(x), [1.0, 108.0], "the gradient of a slice of what changed")
    g.expect(agrad.hvp(below, (x,), (v,)), [0.0, 36.0], "the product with the Hessian for that slice")


def steps_of_an_optimiser(g: Ground) -> None:
    """A leaf that is changed under ``no_grad`` stays the leaf that it is."""
    x = g.leaf([1.0, 2.0])
    for wanted in ([2.0, 4.0], [1.0, 2.0]):
        x.grad = None
        g.xp.sum(x * x).backward()
        g.expect(x.grad, wanted, "the gradient")
        with agrad.no_grad():
            x -= 0.25 * x.grad
    g.expect(x.detach(), [0.25, 0.5], "the leaf")


def switched_on_again(g: Ground) -> None:
    """``enable_grad`` inside ``no_grad`` inside a transform follows again."""
    x = g.array(3.0)

    def f(x: Any) -> Any:
        with agrad.no_grad():
            constant = x * x
            with agrad.enable_grad():
                followed = x * x
        return constant * followed

    g.expect(agrad.grad(f)(x), 54.0, "the gradient")
    g.expect(agrad.grad(agrad.grad(f))(x), 18.0, "the second derivative")


RECORDING: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f for f in (changed_under_no_grad, views_under_no_grad, steps_of_an_optimiser, switched_on_again)
}
"""By name."""
