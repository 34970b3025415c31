"""What no single op shows on the imperative side: leaves, hooks, views, and what must raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.sampled import other_devices
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.problem import Unsupported

__all__ = ["IMPERATIVE"]


def assignment(g: Ground) -> None:
    """Assignment overwrites: what was there before has no gradient, what is written has."""
    x = g.leaf([1.0, 2.0, 3.0])
    y = x * 2
    y[0] = x[1] * x[2]
    g.xp.sum(y * y).backward()
    g.expect(x.grad, [0.0, 16.0 + 36.0, 24.0 + 24.0], "the gradient")


def higher_order_backward(g: Ground) -> None:
    """``create_graph=True`` makes gradients that can be differentiated."""
    x = g.leaf([1.0, 2.0])
    g.xp.sum(x**3).backward(create_graph=True)
    first = x.grad
    x.grad = None
    g.xp.sum(first * first).backward()
    g.expect(x.grad, 36 * np.asarray([1.0, 2.0]) ** 3, "the derivative of the squared gradient")
    a, b = g.leaf([0.5, -1.0]), g.leaf([2.0, 3.0])
    g.xp.sum(g.xp.exp(a) * b * b).backward(create_graph=True)
    first, second = a.grad, b.grad
    a.grad = b.grad = None
    g.xp.sum(first + second).backward()
    e, values = np.exp([0.5, -1.0]), np.asarray([2.0, 3.0])
    g.expect(a.grad, e * values**2 + 2 * e * values, "the second derivative by what went through exp")
    g.expect(b.grad, 2 * e * values + 2 * e, "the second derivative by what was squared")


def graphs_of_several_results(g: Ground) -> None:
    """``create_graph=True`` through the eigenvalues and eigenvectors of a symmetric matrix."""
    g.need("linalg.eigh", "linalg.slogdet")
    matrix = np.asarray([[2.0, 0.5], [0.5, -1.0]])
    weights, direction = np.asarray([[1.0, 2.0], [2.0, -1.0]]), np.asarray([[0.5, 1.0], [1.0, 3.0]])
    x, c = g.leaf(matrix), g.array(weights)
    values, vectors = g.xp.linalg.eigh(x)
    square = (vectors * values * values) @ g.xp.matrix_transpose(vectors)
    g.xp.sum(square * c).backward(create_graph=True)
    first = x.grad
    g.expect(first.detach(), weights @ matrix + matrix @ weights, "the gradient of <C, A^2>")
    x.grad = None
    g.xp.sum(first * g.array(direction)).backward()
    g.expect(x.grad, weights @ direction + direction @ weights, "its derivative along a direction")
    y = g.leaf(matrix)
    g.xp.linalg.slogdet(y)[1].backward(create_graph=True)
    first, y.grad = y.grad, None
    inverse = np.linalg.inv(matrix)
    g.expect(first.detach(), inverse, "the gradient of log |det A|")
    g.xp.sum(first * g.array(direction)).backward()
    g.expect(y.grad, -inverse @ direction @ inverse, "its derivative along a direction")


def backward_from_a_gradient(g: Ground) -> None:
    """``backward(gradient)`` of a result that is no scalar; its shape has to be right."""
    x = g.leaf([1.0, 2.0])
    (x * x).backward(g.array([1.0, 3.0]))
    g.expect(x.grad, [2.0, 12.0], "the gradient")
    (3 * x).backward(g.array([1.0, 1.0]))
    g.expect(x.grad, [5.0, 15.0], "the accumulated gradient")
    g.refused("a gradient of the wrong shape", agrad.ShapeError, lambda: (x * x).backward(g.array([[1.0, 1.0]])))
    g.refused("backward of an array without its gradient", agrad.ShapeError, (x * x).backward)


def gradients_are_separate(g: Ground) -> None:
    """No two gradients share memory, with each other or with what the user gave."""
    g.need("in-place")
    x, y = g.leaf([1.0, 2.0]), g.leaf([3.0, 4.0])
    given = g.array([1.0, 1.0])
    (x + y).backward(given)
    with agrad.no_grad():
        x.grad *= 5
    g.expect(x.grad, [5.0, 5.0], "the gradient that was changed")
    g.expect(y.grad, [1.0, 1.0], "the other gradient")
    g.expect(given, [1.0, 1.0], "the gradient that was given")
    try:
        g.array([1.0])[0] = 7.0
    except (TypeError, ValueError):  # arrays cannot be changed here
        return
    a, b = agrad.vjp(lambda x, y: x + y, g.array([1.0]), g.array([2.0]))[1](g.array([1.0]))
    a[0] = 7.0
    g.expect(b, [1.0], "the other gradient")
    square = g.array([[1.0, 2.0], [3.0, 4.0]])
    (turned,) = agrad.vjp(g.xp.matrix_transpose, square)[1](square)
    turned[0, 1] = 7.0
    g.expect(square, [[1.0, 2.0], [3.0, 4.0]], "the cotangent whose transpose was written to")
    spread = agrad.grad(g.xp.sum)(g.array([1.0, 2.0]))
    spread[0] = 7.0
    g.expect(spread, [7.0, 1.0], "the gradient of a sum that was written to")


def leaves_that_are_not_reached(g: Ground) -> None:
    """A leaf that a result does not depend on gets no gradient, and ``backward`` of a constant raises."""
    x, y = g.leaf([1.0, 2.0]), g.leaf([3.0])
    g.xp.sum(x * x).backward()
    if y.grad is not None:
        raise Wrong("a leaf that was not used has a gradient")
    g.xp.sum(g.xp.floor(y)).backward()
    g.expect(y.grad, [0.0], "the gradient through a step function")
    g.refused("backward of a constant", agrad.GraphError, g.xp.sum(g.xp.asarray(g.array([1.0]))).backward)


def one_of_several_results(g: Ground) -> None:
    """Of an op with several results, those that are not used have a cotangent of 0."""
    x = g.leaf([[2.0, 1.0], [1.0, 3.0]])
    g.xp.sum(g.xp.unstack(x * x)[1]).backward()
    g.expect(x.grad, [[0.0, 0.0], [2.0, 6.0]], "the gradient")
    y = g.leaf([1.0, 2.0, 3.0])
    first, _, last = g.xp.unstack(y)
    (first * last).backward()
    g.expect(y.grad, [3.0, 0.0, 1.0], "the gradient of a product of two of three")


def zeros_on_another_device(g: Ground) -> None:
    """Zeros that nobody computed are where their Tensor is, and `to_device` moves gradients back."""
    g.need("devices")
    if not (others := other_devices(g.backend.name)):
        raise Unsupported("there is one device only")
    place = others[0]
    x = g.leaf([1.0, 2.0, 3.0]).to_device(place)
    if x.device != place:
        raise Wrong(f"what to_device gave is on {x.device}; expected is {place}")
    leaf = g.xp.asarray(x.array, requires_grad=True)
    g.xp.sum(g.xp.floor(leaf)).backward()
    first, _, last = g.xp.unstack(leaf)
    (first * last).backward()
    if leaf.grad.device != place:
        raise Wrong(f"the gradient is on {leaf.grad.device}; expected is {place}")
    g.expect(leaf.grad, [3.0, 0.0, 1.0], "the gradient")
    here = g.leaf([1.0, 2.0])
    y = here.to_device(place)
    g.xp.sum(y * y).backward()
    if here.grad.device != here.device:
        raise Wrong(f"the gradient is on {here.grad.device}; expected is {here.device}")
    g.expect(here.grad, [2.0, 4.0], "the gradient that came back")


def hooks(g: Ground) -> None:
    """A hook sees the gradient, and may replace it."""
    x = g.leaf([1.0, 2.0])
    seen: list[Any] = []
    x.register_hook(seen.append)
    x.register_hook(lambda grad: 2 * grad)
    y = x * 3
    y.register_hook(lambda grad: 10 * grad)
    g.xp.sum(y).backward()
    g.expect(seen[0], [30.0, 30.0], "what the hook saw")
    g.expect(x.grad, [60.0, 60.0], "the gradient")


def views(g: Ground) -> None:
    """A change of a slice is one of its base, and is differentiated."""
    x = g.leaf([1.0, 2.0, 3.0])
    y = x * 2
    part = y[:2]
    part[...] = part * x[1:]
    g.expect(y.detach(), [4.0, 12.0, 6.0], "the base")
    g.xp.sum(y).backward()
    g.expect(x.grad, [4.0, 2.0 + 6.0, 4.0 + 2.0], "the gradient")
    z = x * 1
    part = z[1:]
    z[...] = z * x
    g.expect(part.detach(), [4.0, 9.0], "a slice of what has changed")
    x.grad = None
    g.xp.sum(part).backward()
    g.expect(x.grad, [0.0, 4.0, 6.0], "the gradient through that slice")


def leaves_are_protected(g: Ground) -> None:
    """A leaf that collects its gradient is not written to, but under ``no_grad``."""
    x = g.leaf([1.0, 2.0])

    def write() -> None:
        x[0] = 5.0

    g.refused("writing to a leaf", agrad.InPlaceError, write)
    with agrad.no_grad():
        x[0] = 5.0
        with agrad.enable_grad():
            y = x * x
        z = x * x
    if z.requires_grad or not y.requires_grad:
        raise Wrong("no_grad and enable_grad do not nest")
    y.backward(g.array([1.0, 1.0]))
    g.expect(x.grad, [10.0, 4.0], "the gradient")


def saved_values_stay(g: Ground) -> None:
    """What is written to after its use has the gradient of the value that was used."""
    x = g.leaf([1.0, 2.0])
    y = x * 3
    z = y * y
    y += 1
    g.xp.sum(z + y).backward()
    g.expect(x.grad, [21.0, 39.0], "the gradient")
    buffer = g.array([2.0, 3.0])
    t = g.xp.asarray(buffer)
    u = g.leaf([1.0, 1.0])
    product = u * t
    t *= 0
    g.xp.sum(product).backward()
    g.expect(u.grad, [2.0, 3.0], "the gradient")


def accumulated_graphs(g: Ground) -> None:
    """``create_graph=True`` adds to what is there, and the sum can be differentiated."""
    x = g.leaf(2.0)
    (x**3).backward(create_graph=True)
    (x**2).backward(create_graph=True)
    total = x.grad
    g.expect(total, 12.0 + 4.0, "the accumulated gradient")
    x.grad = None
    total.backward()
    g.expect(x.grad, 12.0 + 2.0, "the derivative of the accumulated gradient")


def backward_inside_a_transform(g: Ground) -> None:
    """``backward`` in a function that is being transformed would lose the derivative: it raises."""

    def f(x: Any) -> Any:
        y = x * x
        y.backward()
        return y

    outside = g.leaf(3.0) * 2

    def walked(x: Any) -> Any:
        outside.backward()
        return x * x

    g.refused("backward inside grad", agrad.NestingError, lambda: agrad.grad(f)(g.array(2.0)))
    g.refused("backward of another graph inside grad", agrad.NestingError, lambda: agrad.grad(walked)(g.array(2.0)))
    g.refused("float() of what is followed", agrad.AgradError, lambda: float(g.leaf(2.0) * 2))


IMPERATIVE: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (
        assignment, higher_order_backward, graphs_of_several_results, backward_from_a_gradient,
        gradients_are_separate, leaves_that_are_not_reached, one_of_several_results, zeros_on_another_device, hooks,
        views, leaves_are_protected, saved_values_stay, accumulated_graphs, backward_inside_a_transform,
    )
}  # fmt: skip
"""By name."""
