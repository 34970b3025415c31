"""What no single op shows of `custom_op`: rules that leave work to the engine, and one that loses a derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.wrong import Wrong

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


def numbers_for_arrays(g: Ground) -> None:
    """A Python number that the function or a rule returns is an array of no axes."""

    @agrad.custom_op(vjp=lambda ct, x: 2.0, jvp=lambda t, x: 2.0)
    def seven(x: Any) -> Any:
        return 7.0

    x = g.array(3.0)
    value, slope = agrad.value_and_grad(lambda x: seven(x) + x)(x)
    g.expect(slope, 3.0, "the gradient")
    tangent = agrad.jvp(lambda x: seven(x) + x, (x,), (g.array(1.0),))[1]
    for what, found, wanted in (("value", value, 10.0), ("tangent", tangent, 3.0)):
        if float(np.asarray(g.backend.host(found))) != wanted:
            raise Wrong(f"the {what} is {found}; expected is {wanted}")


def rules_that_do_not_fit(g: Ground) -> None:
    """A rule that returns another shape, or a complex number for a real one, is refused, and named."""
    x, v = g.array([1.0, 2.0, 3.0]), g.array([1.0, 1.0, 1.0])

    def refused(what: str, name: str, error: type[Exception], action: Callable[[], Any]) -> None:
        try:
            action()
        except error as problem:
            if "doubled" not in str(problem) or name not in str(problem):
                raise Wrong(f"{what} raised an error that does not name the op and its rule: {problem}") from problem
            return
        raise Wrong(f"{what} did not raise {error.__name__}")

    def tried(vjp: Any, jvp: Any) -> Callable[[Any], Any]:
        @agrad.custom_op(vjp=vjp, jvp=jvp)
        def doubled(x: Any) -> Any:
            return x * 2

        return lambda x: g.xp.sum(doubled(x))

    def good(ct: Any) -> Any:
        return ct * 2

    def moved(t: Any) -> Any:
        return t * 2

    def both(what: str, bad: Callable[[Any], Any], error: type[Exception]) -> None:
        def pull(ct: Any) -> Any:
            return bad(ct)

        def push(t: Any) -> Any:
            return bad(t)

        refused(f"{what} from a VJP rule", "VJP", error, lambda: agrad.grad(tried(pull, moved))(x))
        refused(f"{what} from a JVP rule", "JVP", error, lambda: agrad.jvp(tried(good, push), (x,), (v,)))

    both("a column for a vector", lambda v: v[:, None] * 2, agrad.ShapeError)
    both("a vector of another length", lambda v: v[:2] * 2, agrad.ShapeError)
    both("a matrix for a vector", lambda v: v[:, None] * v, agrad.ShapeError)
    if not g.backend.reason("complex"):
        both("a complex number for a real one", lambda v: v * (2 + 1j), agrad.DtypeError)
    f = tried(good, moved)
    g.expect(agrad.grad(f)(x), [2.0, 2.0, 2.0], "the gradient by rules that fit")


def foreign_results(g: Ground) -> None:
    """What is no array of the backend is refused."""

    @agrad.custom_op(vjp=lambda ct: ct, jvp=lambda t: t)
    def texts(x: Any) -> Any:
        return "an array"

    @agrad.custom_op(vjp=lambda ct: "a cotangent", jvp=lambda t: "a tangent")
    def rules(x: Any) -> Any:
        return x * 1

    x = g.array([1.0, 2.0])
    g.refused("a text from a custom op", agrad.BackendError, lambda: agrad.grad(lambda x: g.xp.sum(texts(x)))(x))
    g.refused("a text from a VJP rule", agrad.BackendError, lambda: agrad.grad(lambda x: g.xp.sum(rules(x)))(x))
    g.refused("a text from a JVP rule", agrad.BackendError, lambda: agrad.jvp(rules, (x,), (x,)))


CUSTOM: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (
        smaller_cotangents, several_of_each, differentiable_once, numbers_for_arrays, rules_that_do_not_fit,
        foreign_results,
    )
}  # fmt: skip
"""By name."""
