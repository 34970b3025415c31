"""What no single op shows: transforms that nest, containers, and what must raise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.problem import Unsupported

__all__ = ["SCENARIOS"]


class Ground:
    """A backend to play a scenario on, in one dtype."""

    def __init__(self, backend: str, dtype: str) -> None:
        self.backend = agrad.plugins.backends()[backend]
        self.xp = agrad.namespace(backend)
        self.dtype = dtype
        if dtype not in self.xp.__array_namespace_info__().dtypes():
            raise Unsupported(self.backend.lacks.get("float64") or f"there is no {dtype} here")
        self.tolerance = 64 * float(np.finfo(dtype).eps)

    def array(self, values: Any) -> Any:
        """A plain array of the backend."""
        return self.xp.asarray(values, dtype=getattr(self.xp, self.dtype)).array

    def expect(self, found: Any, wanted: Any, what: str) -> None:
        """Equal up to rounding, in this dtype, on this backend."""
        array = found.array if isinstance(found, agrad.Tensor) else found
        if not self.backend.owns(array):
            raise Wrong(f"{what} is a {type(array).__name__}, which is no array of the backend")
        host, wanted = np.asarray(self.backend.host(array)), np.asarray(wanted)
        if host.dtype.name != self.dtype or host.shape != wanted.shape:
            raise Wrong(f"{what} is {host.dtype}{list(host.shape)}; expected is {self.dtype}{list(wanted.shape)}")
        if not np.allclose(host, wanted, rtol=self.tolerance, atol=self.tolerance):
            raise Wrong(f"{what} is {host.tolist()}; expected is {wanted.tolist()}")


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
    parameters = {"w": g.array([1.0, 2.0]), "rest": [g.array(3.0), (g.array(4.0),)]}

    def f(p: Any) -> Any:
        return g.xp.sum(p["w"] ** 2) * p["rest"][0] * p["rest"][1][0]

    found = agrad.grad(f)(parameters)
    g.expect(found["w"], [24.0, 48.0], "the gradient for 'w'")
    g.expect(found["rest"][0], 20.0, "the gradient for the list's item")
    g.expect(found["rest"][1][0], 15.0, "the gradient for the tuple's item")


def control_flow(g: Ground) -> None:
    """Python's control flow is followed: a loop whose length depends on the value."""

    def f(x: Any) -> Any:
        while x < 100:
            x = x * x
        return x

    if "boolean values" not in g.backend.lacks:
        g.expect(agrad.grad(f)(g.array(2.0)), 8 * 2.0**7, "the derivative of x**8")


def lost_gradients_raise(g: Ground) -> None:
    """Inside a transform, what would drop the derivative raises."""
    for name, lossy in (("item", lambda x: x.item()), ("float", float), ("array", lambda x: x.array)):
        try:
            agrad.grad(lambda x, lossy=lossy: x * lossy(x))(g.array(2.0))
        except agrad.ConcretizationError:
            continue
        raise Wrong(f"{name} inside grad did not raise ConcretizationError")


def escaped_tensors_raise(g: Ground) -> None:
    """A Tensor that left its transform cannot be computed with."""
    kept: list[Any] = []

    def keep(x: Any) -> Any:
        kept.append(x * 2)
        return x

    agrad.grad(keep)(g.array(2.0))
    try:
        kept[0] + 1
    except agrad.EscapedTensorError:
        return
    raise Wrong("an operation on a Tensor whose transform has finished did not raise")


def shared_use(g: Ground) -> None:
    """Contributions add up where a value is used many times."""
    found = agrad.grad(lambda x: g.xp.sum(x * x + g.xp.sin(x) * x + x))(g.array([0.5, 1.0]))
    x = np.asarray([0.5, 1.0])
    g.expect(found, 2 * x + np.cos(x) * x + np.sin(x) + 1, "the gradient")


def assignment(g: Ground) -> None:
    """Assignment overwrites: what was there before has no gradient, what is written has."""
    x = g.xp.asarray(g.array([1.0, 2.0, 3.0]), requires_grad=True)
    y = x * 2
    y[0] = x[1] * x[2]
    g.xp.sum(y * y).backward()
    g.expect(x.grad, [0.0, 16.0 + 36.0, 24.0 + 24.0], "the gradient")


def higher_order_backward(g: Ground) -> None:
    """``create_graph=True`` makes gradients that can be differentiated."""
    x = g.xp.asarray(g.array([1.0, 2.0]), requires_grad=True)
    g.xp.sum(x**3).backward(create_graph=True)
    first = x.grad
    x.grad = None
    g.xp.sum(first * first).backward()
    g.expect(x.grad, 36 * np.asarray([1.0, 2.0]) ** 3, "the derivative of the squared gradient")


SCENARIOS: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (
        perturbation_confusion, independent_result, third_derivative, hessian_of_a_cubic, jacobians_in_both_modes,
        linearize_is_the_jvp, containers, control_flow, lost_gradients_raise, escaped_tensors_raise, shared_use,
        assignment, higher_order_backward,
    )
}  # fmt: skip
"""By name."""
