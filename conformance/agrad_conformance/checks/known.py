"""Functions of which value and derivatives are known, held to them in every mode, to second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.wrong import Wrong

__all__ = ["Known", "Program", "hold", "same"]

Program = Callable[[Any, Any], Any]
"""A function of a namespace and of an array of it, to a scalar."""


class Known(NamedTuple):
    """What a scalar function has at a point, and along a direction."""

    value: Any
    gradient: Any
    product: Any
    """The Hessian times the direction."""


def hold(
    g: Ground, f: Callable[[Any], Any], x: Any, v: Any, known: Known, what: str, dtype: str = "", leaf: bool = True
) -> None:
    """Each mode alone, and each inside each, gives what is known; the user's array stays as it was.

    `leaf`: a leaf and ``backward`` do, too.
    """
    x, v = np.asarray(x), np.asarray(v)
    value, gradient, product = known
    dtype = dtype or g.dtype
    real = str(np.finfo(dtype).dtype)
    point, direction, one = g.array(x, dtype), g.array(v, dtype), g.array(1.0, real)

    def along(x: Any) -> Any:
        return agrad.jvp(f, (x,), (direction,))[1]

    def pulled(x: Any) -> Any:
        return agrad.vjp(agrad.grad(f), x)[1](direction)[0]

    found, slope = agrad.value_and_grad(f)(point)
    g.expect(found, value, f"the value of {what} inside grad", real)
    g.expect(slope, gradient, f"the gradient of {what}", dtype)
    found, pull = agrad.vjp(f, point)
    g.expect(found, value, f"the value of {what} inside vjp", real)
    g.expect(pull(one)[0], gradient, f"the cotangent of {what}", dtype)
    found, tangent = agrad.jvp(f, (point,), (direction,))
    g.expect(found, value, f"the value of {what} inside jvp", real)
    g.expect(tangent, np.sum((np.conj(v) * gradient).real), f"the tangent of {what}", real)
    g.expect(agrad.hvp(f, (point,), (direction,)), product, f"the product with the Hessian of {what}", dtype)
    g.expect(pulled(point), product, f"the gradient of the gradient of {what}", dtype)
    g.expect(agrad.grad(along)(point), product, f"the gradient of the tangent of {what}", dtype)
    second = agrad.jvp(along, (point,), (direction,))[1]
    g.expect(second, np.sum((np.conj(v) * product).real), f"the tangent of the tangent of {what}", real)
    if not np.array_equal(np.asarray(g.backend.host(point)), x.astype(dtype)):
        raise Wrong(f"{what} inside transforms changed the array that was given to them")
    if leaf:
        _leaf(g, f, g.xp.asarray(g.array(x, dtype), requires_grad=True), direction, known, what, dtype)


def _leaf(g: Ground, f: Callable[[Any], Any], x: Any, direction: Any, known: Known, what: str, dtype: str) -> None:
    """The same with ``backward``, twice."""
    y = f(x * 1)
    g.expect(y.detach(), known.value, f"the value of {what} on a leaf", str(np.finfo(dtype).dtype))
    if not y.requires_grad and not np.any(known.gradient):
        return  # a step function
    y.backward(create_graph=True)
    first, x.grad = x.grad, None
    g.expect(first.detach(), known.gradient, f"the gradient of {what} on a leaf", dtype)
    if first.requires_grad or np.any(known.product):
        first.backward(direction)
    if x.grad is not None or np.any(known.product):
        g.expect(x.grad, known.product, f"the second backward of {what}", dtype)


def same(g: Ground, what: str, f: Program, x: Any, leaf: bool = True) -> None:
    """A program means followed what it means plain, on arrays of the backend itself.

    Its result has to be a polynomial of degree 4 at most with small integers for coefficients: differences of its
    values at integers are then exact derivatives, whatever the program does on its way.
    """
    x = np.asarray(x, dtype=np.float64)
    v = np.resize([1.0, -1.0, 2.0], x.shape)
    units = [np.where(np.arange(x.size).reshape(x.shape) == i, 1.0, 0.0) for i in range(x.size)]
    directions = [v, *units, *(e + v for e in units)]
    raw = g.backend.load()
    points = [x, *(x + k * d for d in directions for k in (-2, -1, 1, 2))]
    values = np.asarray(g.backend.host(raw.stack([raw.asarray(f(raw, g.array(p))) for p in points])), np.float64)
    far_below, below, above, far_above = values[1:].reshape(-1, 4).T
    first = (8 * (above - below) - (far_above - far_below)) / 12
    second = (16 * (above + below) - (far_above + far_below) - 30 * values[0]) / 12
    n = x.size + 1
    product = (second[n:] - second[1:n] - second[0]) / 2
    known = Known(values[0], first[1:n].reshape(x.shape), product.reshape(x.shape))
    hold(g, lambda x: f(g.xp, x), x, v, known, what, leaf=leaf)
