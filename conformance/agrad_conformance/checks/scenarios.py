"""What no single op shows: transforms that nest, containers, and what must raise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.accumulation import ACCUMULATION
from agrad_conformance.checks.batches import BATCHES
from agrad_conformance.checks.checkpoints import CHECKPOINTS
from agrad_conformance.checks.custom import CUSTOM
from agrad_conformance.checks.dtypes import DTYPES
from agrad_conformance.checks.graphs import GRAPHS
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.imperative import IMPERATIVE
from agrad_conformance.checks.numbers import NUMBERS
from agrad_conformance.checks.operators import OPERATORS
from agrad_conformance.checks.parameters import PARAMETERS
from agrad_conformance.checks.programs import PROGRAMS
from agrad_conformance.checks.recording import RECORDING
from agrad_conformance.checks.sharing import SHARING
from agrad_conformance.checks.views import VIEWS
from agrad_conformance.checks.wrong import Wrong

__all__ = ["SCENARIOS", "Ground"]


def perturbation_confusion(g: Ground) -> None:
    """d/dx [x d/dy (x + y)] = 1: levels are not mixed up, in any pair of modes."""
    one = g.array(1.0)

    def slope(f: Callable[..., Any], x: Any) -> Any:
        return agrad.jvp(f, (x,), (g.xp.ones_like(x),))[1]

    for name, outer in (("grad", agrad.grad), ("jvp", lambda f: lambda x: slope(f, x))):
        for inner_name, inner in (("grad", agrad.grad), ("jvp", lambda f: lambda x: slope(f, x))):
            found = outer(lambda x, inner=inner: x * inner(lambda y: x + y)(x * 1))(one)
            g.expect(found, 1.0, f"{name} over {inner_name}")


def independent_result(g: Ground) -> None:
    """What does not depend on the argument has the derivative 0: d/dx [d/dy (x * x)] = 0."""
    found = agrad.grad(lambda x: agrad.grad(lambda y: x * x)(x * 1) + 0 * x)(g.array(3.0))
    g.expect(found, 0.0, "the derivative")


def third_derivative(g: Ground) -> None:
    """grad of grad of grad."""
    found = agrad.grad(agrad.grad(agrad.grad(lambda x: g.xp.exp(2 * x))))(g.array(0.5))
    g.expect(found, 8 * np.exp(1.0), "the third derivative of exp(2 x)")


def hessian_of_a_cubic(g: Ground) -> None:
    """`hessian` and `hvp` agree with the formula."""
    x = np.asarray([1.0, 2.0, -1.0])
    v = np.asarray([1.0, 0.0, 2.0])

    def f(x: Any) -> Any:
        return g.xp.sum(x**3)

    g.expect(agrad.hessian(f)(g.array(x)), np.diag(6 * x), "the Hessian")
    g.expect(agrad.hvp(f, (g.array(x),), (g.array(v),)), 6 * x * v, "the product with the Hessian")


def jacobians_in_both_modes(g: Ground) -> None:
    """`jacobian` by rows and by columns."""
    x = np.asarray([0.5, 1.5])
    expected = np.asarray([[1.5, 0.5], [np.cos(0.5), 0.0]])

    def f(x: Any) -> Any:
        return g.xp.stack([x[0] * x[1], g.xp.sin(x[0])])

    for mode in ("rev", "fwd"):
        g.expect(agrad.jacobian(f, mode=mode)(g.array(x)), expected, f"the Jacobian with mode {mode!r}")


def linearize_is_the_jvp(g: Ground) -> None:
    """`linearize` gives a map that may be used again."""
    x, t = g.array([1.0, 2.0]), np.asarray([0.5, -1.0])
    y, push = agrad.linearize(lambda x: x * x, x)
    g.expect(y, [1.0, 4.0], "the value")
    for factor in (1.0, 3.0):
        g.expect(push(g.array(factor * t)), 2 * factor * t * np.asarray([1.0, 2.0]), "the tangent")


def containers(g: Ground) -> None:
    """Arguments may be nested containers; the gradient is one of the same kind."""
    parameters = {"w": g.array([1.0, 2.0]), "rest": [g.array(3.0), (g.array(4.0),)], "power": 2}

    def f(p: Any) -> Any:
        return g.xp.sum(p["w"] ** p["power"]) * p["rest"][0] * p["rest"][1][0]

    found = agrad.grad(f)(parameters)
    g.expect(found["w"], [24.0, 48.0], "the gradient for 'w'")
    g.expect(found["rest"][0], 20.0, "the gradient for the list's item")
    g.expect(found["rest"][1][0], 15.0, "the gradient for the tuple's item")
    if found["power"] is not None:
        raise Wrong(f"the gradient for an integer is {found['power']!r}; expected is None")


def control_flow(g: Ground) -> None:
    """Python's control flow is followed: a loop whose length depends on the value."""

    def f(x: Any) -> Any:
        while x < 100:
            x = x * x
        return x

    g.expect(agrad.grad(f)(g.array(2.0)), 8 * 2.0**7, "the derivative of x**8")


def lost_gradients_raise(g: Ground) -> None:
    """Inside a transform, what would drop the derivative raises."""
    for name, lossy in (("item", lambda x: x.item()), ("float", float), ("array", lambda x: x.array)):
        function = agrad.grad(lambda x, lossy=lossy: x * lossy(x))
        g.refused(f"{name} inside grad", agrad.ConcretizationError, partial(function, g.array(2.0)))


def escaped_tensors_raise(g: Ground) -> None:
    """A Tensor that left its transform cannot be computed with."""
    kept: list[Any] = []

    def keep(x: Any) -> Any:
        kept.append(x * 2)
        return x

    agrad.grad(keep)(g.array(2.0))
    g.refused("an operation on a Tensor of a finished transform", agrad.EscapedTensorError, lambda: kept[0] + 1)
    g.refused("a comparison of one", agrad.EscapedTensorError, lambda: kept[0] > 1)
    g.refused("the array of one", agrad.EscapedTensorError, lambda: kept[0].array)


def shared_use(g: Ground) -> None:
    """Contributions add up where a value is used many times."""
    found = agrad.grad(lambda x: g.xp.sum(x * x + g.xp.sin(x) * x + x))(g.array([0.5, 1.0]))
    x = np.asarray([0.5, 1.0])
    g.expect(found, 2 * x + np.cos(x) * x + np.sin(x) + 1, "the gradient")


def arguments_by_number(g: Ground) -> None:
    """``argnums`` chooses what the derivative is taken of, and the other arguments stay as they are."""

    def f(x: Any, n: Any, y: Any) -> Any:
        if isinstance(n, agrad.Tensor):
            raise Wrong("an argument that was not asked for came as a Tensor")
        return y * x * x

    x, y = g.array(2.0), g.array(5.0)
    g.expect(agrad.grad(f, argnums=2)(x, 3, y), 4.0, "the gradient for the last argument")
    first, last = agrad.grad(f, argnums=(0, 2))(x, 3, y)
    g.expect(first, 20.0, "the gradient for the first of two")
    g.expect(last, 4.0, "the gradient for the second of two")


def jacobians_of_matrices(g: Ground) -> None:
    """The Jacobian has the axes of the result, then those of the argument."""
    x = np.asarray([[1.0, 2.0, 3.0]])
    weights = np.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    w = g.array(weights)
    expected = weights.T.reshape(1, 2, 1, 3)
    for mode in ("rev", "fwd"):
        g.expect(agrad.jacobian(lambda x: x @ w, mode=mode)(g.array(x)), expected, f"the Jacobian with mode {mode!r}")


def cotangents_are_checked(g: Ground) -> None:
    """A cotangent of another shape is refused, before it could be broadcast."""
    _, pull = agrad.vjp(lambda x: x * x, g.array([1.0, 2.0]))
    g.expect(pull(g.array([1.0, 3.0]))[0], [2.0, 12.0], "the gradient")
    g.expect(pull(g.array([1.0, 0.0]))[0], [2.0, 0.0], "the gradient of the second pull")
    g.refused("a cotangent of the wrong shape", agrad.ShapeError, lambda: pull(g.array([[1.0, 3.0]])))
    g.refused("a cotangent of the wrong size", agrad.ShapeError, lambda: pull(g.array(1.0)))


def stopped_at_every_level(g: Ground) -> None:
    """`stop_gradient` stops all transforms around it."""
    x = g.array(3.0)
    g.expect(agrad.grad(agrad.grad(lambda x: agrad.stop_gradient(x) * x * x))(x), 6.0, "the second derivative")
    found = agrad.grad(lambda x: agrad.grad(lambda y: agrad.stop_gradient(x) * y)(x * 1))(x)
    g.expect(found, 0.0, "the derivative of a stopped outer value")


def values_of_an_outer_transform(g: Ground) -> None:
    """An inner transform takes values of an outer one for constants, and the outer one does not."""
    x = g.array(2.0)

    def product(x: Any) -> Any:
        x = g.xp.asarray(x)
        return agrad.vjp(lambda y: x * x, x * 1)[1](g.array(1.0))[0] + agrad.grad(lambda y: x * y)(x * 1)

    g.expect(product(x), 2.0, "the inner derivatives")
    g.expect(agrad.grad(product)(x), 1.0, "the derivative of the inner derivatives")

    def pushed(x: Any) -> Any:
        x = g.xp.asarray(x)
        return agrad.jvp(lambda y: x * x, (x * 1,), (g.array(1.0),))[1] + agrad.grad(lambda y: x * x * x)(x * 1)

    g.expect(pushed(x), 0.0, "the derivatives of constants")
    g.expect(agrad.jvp(pushed, (x,), (g.array(1.0),))[0], 0.0, "the derivatives of what is followed further out")
    g.expect(agrad.jvp(lambda y: x, (x,), (x,))[1], 0.0, "the tangent of a constant")


def graphs_of_others(g: Ground) -> None:
    """A transform whose function returns what it does not follow leaves the graph of that alone."""
    leaf, x, one = g.leaf(3.0), g.array(2.0), g.array(1.0)
    y = leaf * leaf
    g.expect(agrad.grad(lambda x: y)(x), 0.0, "the gradient of what a leaf gave")
    y.backward()
    g.expect(leaf.grad, 6.0, "the gradient of the leaf")
    g.expect(agrad.vjp(lambda x: y, x)[1](one)[0], 0.0, "the cotangent from a graph that has been freed")


def changed_further_out(g: Ground) -> None:
    """What an outer transform follows may be changed in place when an inner one has used it."""
    x, one = g.array(2.0), g.array(1.0)

    def f(x: Any) -> Any:
        y = x * 3
        _, pull = agrad.vjp(lambda t: t * y, x * 1)
        y += 1
        return pull(one)[0] * y

    g.expect(f(g.xp.asarray(x)), 6.0 * 7.0, "the value")
    value, slope = agrad.value_and_grad(f)(x)
    g.expect(value, 6.0 * 7.0, "the value inside grad")
    g.expect(slope, 3.0 * 7.0 + 6.0 * 3.0, "the derivative")


def no_grad_and_transforms(g: Ground) -> None:
    """Inside a transform `no_grad` stops gradients in both modes, outside it leaves the transform alone."""
    x, one = g.array(3.0), g.array(1.0)

    def f(x: Any) -> Any:
        with agrad.no_grad():
            constant = x * x
        return constant * x

    with agrad.no_grad():
        g.expect(agrad.grad(lambda x: x * x)(x), 6.0, "the gradient inside no_grad")
        g.expect(agrad.jvp(lambda x: x * x, (x,), (one,))[1], 6.0, "the tangent inside no_grad")
    g.expect(agrad.grad(f)(x), 9.0, "the gradient around no_grad")
    g.expect(agrad.jvp(f, (x,), (one,))[1], 9.0, "the tangent around no_grad")


def kept_by_pullbacks(g: Ground) -> None:
    """What `vjp` and `linearize` keep is their own, whatever becomes of the argument and of the result."""
    for transform, f in product((agrad.vjp, agrad.linearize), (g.xp.square, g.xp.sqrt)):
        x = g.array([4.0, 9.0])
        y, derivative = transform(f, x)
        for array, what in ((x, "an argument"), (y, "a result")):
            if _changed(array) and not g.backend.mutable:
                raise Wrong(f"{what} was changed in place; expected is that arrays never change, for mutable=False")
        found = derivative(g.array([1.0, 3.0]))
        wanted = [8.0, 54.0] if f is g.xp.square else [0.25, 0.5]
        g.expect(found[0] if transform is agrad.vjp else found, wanted, f"what {transform.__name__} kept")


def _changed(array: Any) -> bool:
    """Change an array in place, if its library lets that happen."""
    try:
        array[...] = 7.0
    except Exception:  # each library has its own
        return False
    return True


def in_lists(g: Ground) -> None:
    """An array made of followed numbers is followed."""
    found = agrad.grad(lambda x: g.xp.sum(g.xp.asarray([x * x, 3 * x]) * g.xp.asarray(g.array([1.0, 2.0]))))
    g.expect(found(g.array(2.0)), 10.0, "the gradient")


SCENARIOS: dict[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (
        perturbation_confusion, independent_result, third_derivative, hessian_of_a_cubic, jacobians_in_both_modes,
        linearize_is_the_jvp, containers, control_flow, lost_gradients_raise, escaped_tensors_raise, shared_use,
        arguments_by_number, jacobians_of_matrices, cotangents_are_checked, stopped_at_every_level,
        values_of_an_outer_transform, graphs_of_others, changed_further_out, no_grad_and_transforms, in_lists,
        kept_by_pullbacks,
    )
}  # fmt: skip
for _more in (
    IMPERATIVE, NUMBERS, CUSTOM, PROGRAMS, VIEWS, OPERATORS, SHARING, PARAMETERS, RECORDING, ACCUMULATION, DTYPES,
    BATCHES, CHECKPOINTS, GRAPHS,
):  # fmt: skip
    SCENARIOS.update(_more)
