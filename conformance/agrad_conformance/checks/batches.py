"""What no single op shows of `vmap`: transforms inside and around it, views and changes in place, leaves, refusals."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground

__all__ = ["BATCHES"]

XS = np.asarray([[1.0, 2.0, -1.0], [0.5, -0.5, 2.0], [3.0, 1.0, 0.25], [-2.0, 0.75, 1.5]])


def gradients_of_each_example(g: Ground) -> None:
    """`vmap` of `grad`, of a function of what is shared and what is not."""
    w = np.asarray([0.5, -1.0, 2.0])
    found = agrad.vmap(agrad.grad(lambda w, x: g.xp.sum(w * x) ** 2), in_axes=(None, 0))(g.array(w), g.array(XS))
    g.expect(found, 2 * (XS @ w)[:, None] * XS, "the gradients")


def a_gradient_through_a_batch(g: Ground) -> None:
    """`grad` of the sum of a `vmap`, and its Hessian."""

    def total(xs: Any) -> Any:
        return g.xp.sum(agrad.vmap(lambda x: g.xp.sum(x**3))(xs))

    g.expect(agrad.grad(total)(g.array(XS)), 3 * XS**2, "the gradient")
    hessian = agrad.hessian(total)(g.array(XS[:2]))
    g.expect(hessian, np.reshape(np.diag(6 * XS[:2].ravel()), (2, 3, 2, 3)), "the Hessian")


def directions_of_each_example(g: Ground) -> None:
    """`jvp`, `linearize` and `hvp` inside."""

    def f(x: Any) -> Any:
        return g.xp.sum(x**3)

    xs = g.array(XS)
    g.expect(agrad.vmap(lambda x: agrad.jvp(f, (x,), (x,))[1])(xs), 3 * (XS**3).sum(axis=1), "the derivative")
    g.expect(agrad.vmap(lambda x: agrad.linearize(f, x)[1](x))(xs), 3 * (XS**3).sum(axis=1), "the linear map")
    g.expect(agrad.vmap(lambda x: agrad.hvp(f, (x,), (x,)))(xs), 6 * XS**2, "the product with the Hessian")


def a_batch_of_batches(g: Ground) -> None:
    """Each with each, by two that are nested, and the gradients of all."""
    a, b = XS[:2], XS

    def pair(x: Any, y: Any) -> Any:
        return g.xp.sum((x - y) ** 2)

    def each(f: Any) -> Any:
        return agrad.vmap(agrad.vmap(f, in_axes=(None, 0)), in_axes=(0, None))(g.array(a), g.array(b))

    differences = a[:, None] - b[None]
    g.expect(each(pair), (differences**2).sum(axis=-1), "the distances")
    g.expect(each(agrad.grad(pair)), 2 * differences, "the gradients")


def the_axes_of_a_batch(g: Ground) -> None:
    """Examples in any axis, of arguments and results; the caller's arrays stay as they are."""
    for at, end in ((0, 1), (1, 0), (-1, -2)):
        xs = g.array(np.moveaxis(XS, 0, at))
        found = agrad.vmap(lambda x: x * x[0], in_axes=at, out_axes=end)(xs)
        g.expect(found, np.moveaxis(XS * XS[:, :1], 0, end), f"what lies along axis {end}")
        g.expect(xs, np.moveaxis(XS, 0, at), "the argument")
    table, i = g.array([10.0, 20.0, 30.0]), g.xp.asarray([2, 0, 2]).array

    def entry(table: Any, i: Any) -> Any:
        table[0] = 7.0
        return table[i]

    g.expect(agrad.vmap(entry, in_axes=(None, 0))(table, i), [30.0, 7.0, 30.0], "the entries")
    g.expect(table, [10.0, 20.0, 30.0], "what all share")
    g.expect(agrad.vmap(lambda x: g.xp.asarray(table) + 0)(g.array(XS)), [[10.0, 20.0, 30.0]] * 4, "the same for all")


def changes_in_place_in_a_batch(g: Ground) -> None:
    """Assignments, masks and views, of an array that all examples share at first."""

    def f(x: Any) -> Any:
        y = g.xp.zeros(3, dtype=x.dtype)
        y[0] = x[1] ** 2
        y[1:] = x[1:] * x[0]
        y[x < 0] = 5.0
        return g.xp.sum(y * x)

    x0, x1, x2 = XS.T
    y = np.stack([x1**2, x1 * x0, x2 * x0], axis=1)
    below = XS < 0  # there its place is 5, whatever the other numbers are
    slopes = np.stack(
        [
            np.where(below[:, 0], 5.0, x1**2) + np.where(below[:, 1], 0.0, x1**2) + np.where(below[:, 2], 0.0, x2**2),
            np.where(below[:, 0], 0.0, 2 * x0 * x1) + np.where(below[:, 1], 5.0, 2 * x0 * x1),
            np.where(below[:, 2], 5.0, 2 * x0 * x2),
        ],
        axis=1,
    )
    g.expect(agrad.vmap(f)(g.array(XS)), (np.where(below, 5.0, y) * XS).sum(axis=1), "the sums")
    g.expect(agrad.vmap(agrad.grad(f))(g.array(XS)), slopes, "the gradients")


def leaves_that_a_batch_closes_over(g: Ground) -> None:
    """`backward` reaches a leaf through a `vmap`; what is not to be followed is not."""
    w = g.leaf([1.0, -1.0, 0.5])

    def f(x: Any) -> Any:
        with agrad.no_grad():
            scale = w[0] * 2
        return g.xp.sum(w * x * scale) + agrad.stop_gradient(w[1]) * x[0]

    g.xp.sum(agrad.vmap(f)(g.array(XS))).backward()
    g.expect(w.grad, 2 * XS.sum(axis=0), "the gradient")


def what_has_no_batch_is_refused(g: Ground) -> None:
    """Truth values, numbers and shapes that differ between the examples; arguments that do not fit."""
    xs = g.array(XS)
    refusals: dict[str, tuple[type[Exception], Callable[[Any], Any]]] = {
        "a branch": (agrad.ConcretizationError, lambda x: x if x[0] > 0 else -x),
        "float()": (agrad.ConcretizationError, lambda x: float(x[0])),
        "a parameter": (agrad.ConcretizationError, lambda x: g.xp.roll(x, g.xp.argmax(x))),
        "a mask as an index": (agrad.UnsupportedError, lambda x: x[x > 0]),
    }
    for what, (kind, f) in refusals.items():
        g.refused(what, kind, partial(agrad.vmap(f), xs))
    g.refused("another number of examples", agrad.ShapeError, lambda: agrad.vmap(lambda x, y: x)(xs, g.array(XS[:2])))
    kept: list[Any] = []

    def keeping(x: Any) -> Any:
        kept.append(x)
        return x

    agrad.vmap(keeping)(xs)
    g.refused("a value that outlives its vmap", agrad.EscapedTensorError, lambda: kept[0] * 2)


def blocks_in_chunks(g: Ground) -> None:
    """`jacobian` and `hessian` are the same in chunks of any size, by rows and by columns."""
    x = np.asarray([0.5, 1.5, -1.0])
    expected = np.stack([3 * x**2 * np.eye(3), 2.0 * np.eye(3)])

    def f(x: Any) -> Any:
        return g.xp.stack([x**3, 2 * x])

    for mode in ("rev", "fwd", None):
        for chunk in (1, 2, 4, None):
            found = agrad.jacobian(f, mode=mode, chunk_size=chunk)(g.array(x))
            g.expect(found, expected, f"the Jacobian with mode={mode!r} and chunk_size={chunk}")
    for chunk in (1, 2, 3):
        found = agrad.hessian(lambda x: g.xp.sum(x**3), chunk_size=chunk)(g.array(x))
        g.expect(found, np.diag(6 * x), f"the Hessian with chunk_size={chunk}")


BATCHES = {
    f.__name__: f
    for f in (
        gradients_of_each_example, a_gradient_through_a_batch, directions_of_each_example, a_batch_of_batches,
        the_axes_of_a_batch, changes_in_place_in_a_batch, leaves_that_a_batch_closes_over,
        what_has_no_batch_is_refused, blocks_in_chunks,
    )
}  # fmt: skip
