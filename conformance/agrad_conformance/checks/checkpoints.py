"""What no single op shows of `checkpoint`: the same derivatives to any order, of a function that runs once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.wrong import Wrong

__all__ = ["CHECKPOINTS"]

X, W = np.asarray([0.5, -1.0, 2.0]), np.asarray([1.5, 0.5, -1.0])


def derivatives_through_checkpoints(g: Ground) -> None:
    """Value, gradient, Hessian and directional derivatives, of checkpoints in a row and in each other."""

    @agrad.checkpoint
    def cube(x: Any) -> Any:
        return x * agrad.checkpoint(lambda x: x * x)(x)

    def f(x: Any) -> Any:
        return g.xp.sum(cube(cube(x)))

    value, gradient = agrad.value_and_grad(f)(g.array(X))
    g.expect(value, (X**9).sum(), "the value")
    g.expect(gradient, 9 * X**8, "the gradient")
    g.expect(agrad.hessian(f)(g.array(X)), np.diag(72 * X**7), "the Hessian")
    g.expect(agrad.jvp(f, (g.array(X),), (g.array(W),))[1], (9 * X**8 * W).sum(), "the derivative along a direction")
    found = agrad.hvp(f, (g.array(X),), (g.array(W),))
    g.expect(found, 72 * X**7 * W, "the product with the Hessian")


def several_results_of_a_checkpoint(g: Ground) -> None:
    """Each result has its own gradient, whichever of them are used, and so has a leaf that is closed over."""
    w = g.leaf(W)
    runs: list[None] = []

    @agrad.checkpoint
    def f(x: Any) -> Any:
        runs.append(None)
        return w * x, {"square": x * x, "constant": g.xp.ones(3, dtype=x.dtype)}

    x = g.leaf(X)
    product, rest = f(x)
    if len(runs) != 1:
        raise Wrong(f"the function ran {len(runs)} times before the backward pass")
    g.xp.sum(product * rest["square"] * rest["constant"]).backward()
    if len(runs) != 2:
        raise Wrong(f"the function ran {len(runs)} times in all; it should run once more in the backward pass")
    g.expect(x.grad, 3 * W * X**2, "the gradient of the argument")
    g.expect(w.grad, X**3, "that of the leaf")
    x.grad = None
    g.xp.sum(f(x)[1]["square"]).backward()
    g.expect(x.grad, 2 * X, "the gradient of one result")


def random_numbers_of_a_checkpoint(g: Ground) -> None:
    """Numbers that are drawn inside are the same in both runs, and those that come after are not changed by that."""
    generator = agrad.random.Generator(7, backend=g.backend.name)
    dtype = getattr(g.xp, g.dtype)

    @agrad.checkpoint
    def noisy(x: Any) -> Any:
        return x * x * generator.uniform((3,), dtype=dtype)

    value, gradient = agrad.value_and_grad(lambda x: g.xp.sum(noisy(x)))(g.array(X))
    after = generator.uniform((3,), dtype=dtype)
    again = agrad.random.Generator(7, backend=g.backend.name)
    drawn = np.asarray(g.backend.host(again.uniform((3,), dtype=dtype).array))
    g.expect(value, (X * X * drawn).sum(), "the value")
    g.expect(gradient, 2 * X * drawn, "the gradient")
    g.expect(after, np.asarray(g.backend.host(again.uniform((3,), dtype=dtype).array)), "what is drawn next")


def what_changed_between_both_runs_is_refused(g: Ground) -> None:
    """A value that the function closes over, changed in place after it ran, and another result than before."""
    x, kept = g.leaf(X), g.leaf(W) * 1.0

    def changed() -> None:
        y = agrad.checkpoint(lambda x: x * kept)(x)
        kept[0] = 5.0
        g.xp.sum(y).backward()

    g.refused("a Tensor that was changed in between", agrad.GraphError, changed)
    runs: list[None] = []

    def other(x: Any) -> Any:
        runs.append(None)
        return x * x if len(runs) == 1 else (x * x)[:2]

    g.refused("another result", agrad.GraphError, lambda: g.xp.sum(agrad.checkpoint(other)(x)).backward())


CHECKPOINTS: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (
        derivatives_through_checkpoints, several_results_of_a_checkpoint, random_numbers_of_a_checkpoint,
        what_changed_between_both_runs_is_refused,
    )
}  # fmt: skip
"""By name."""
