"""What an op keeps is its own: arrays, masks and lists that are changed after the call change no derivative."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import agrad
from agrad_conformance.checks.ground import Ground

__all__ = ["SHARING"]

POINT = [1.0, 2.0, 3.0]


def index_arrays(g: Ground) -> None:
    """An index array, plain or in a Tensor, that is changed when it has been used."""
    xp, x = g.xp, g.array(POINT)
    for wrap in (lambda i: i, xp.asarray):

        def f(x: Any, wrap: Callable[[Any], Any] = wrap) -> Any:
            x = xp.asarray(x)
            i = wrap(xp.asarray([0, 1], dtype=xp.int64).array)
            first = xp.take(x, i)
            second = x[i]
            i += 1
            return xp.sum(first * second) + xp.sum(x[i] * x[i])

        # 2 x0**2 + 4 x1**2 + 2 x2**2, halved: the first pair and the second overlap at x1
        g.expect(agrad.value_and_grad(f)(x)[0], 18.0, "the value")
        g.expect(agrad.grad(f)(x), [2.0, 8.0, 6.0], "the gradient")
        g.expect(agrad.hvp(f, (x,), (x,)), [2.0, 8.0, 6.0], "the product with the Hessian")


def masks(g: Ground) -> None:
    """A mask that is used in ``where``, changed, and used again."""
    xp, x = g.xp, g.array(POINT)

    def f(x: Any) -> Any:
        mask = xp.asarray([True, False, True])
        first = xp.where(mask, x * x, x)
        mask[0] = False
        return xp.sum(first) + xp.sum(xp.where(mask, x, 2 * x))

    g.expect(agrad.value_and_grad(f)(x)[0], 12.0 + 9.0, "the value")
    g.expect(agrad.grad(f)(x), [2.0 + 2.0, 1.0 + 2.0, 6.0 + 1.0], "the gradient")
    g.expect(agrad.hvp(f, (x,), (x,)), [2.0, 0.0, 6.0], "the product with the Hessian")


def masks_as_indices(g: Ground) -> None:
    """A mask that is an index, and changed when it has been one."""
    g.need("boolean indexing")
    xp, x = g.xp, g.array(POINT)

    def f(x: Any) -> Any:
        y = xp.asarray(x) * 1
        mask = xp.asarray([True, False, True])
        first = y[mask]
        y[mask] = first * first
        mask[0] = False
        return xp.sum(y * x) + xp.sum(y[mask])

    g.expect(agrad.value_and_grad(f)(x)[0], 1.0 + 4.0 + 27.0 + 9.0, "the value")
    g.expect(agrad.grad(f)(x), [3.0, 4.0, 27.0 + 6.0], "the gradient")
    g.expect(agrad.hvp(f, (x,), (x,)), [6.0, 4.0, 54.0 + 6.0], "the product with the Hessian")


def lists(g: Ground) -> None:
    """A list of arrays, and lists of numbers, that are changed when they have been used."""
    xp, x = g.xp, g.array(POINT)

    def f(x: Any) -> Any:
        parts, shape, axes = [x * x, x], [2, 3], [0, 1]
        y = xp.stack(parts)
        z = xp.permute_dims(xp.broadcast_to(x, shape), axes)
        total = xp.sum(y * z, axis=axes)
        parts[0] = parts[1] = xp.zeros_like(x)
        shape[0], axes[0], axes[1] = 7, 1, 0
        parts.clear()
        return total

    g.expect(agrad.value_and_grad(f)(x)[0], 36.0 + 14.0, "the value")
    g.expect(agrad.grad(f)(x), [3.0 + 2.0, 12.0 + 4.0, 27.0 + 6.0], "the gradient")
    g.expect(agrad.jvp(f, (x,), (x,))[1], 108.0 + 28.0, "the tangent")


def primals_of_a_pullback(g: Ground) -> None:
    """What `vjp` and `linearize` were given may change before their results are used."""
    results: list[tuple[str, Callable[..., Any]]] = [("vjp", agrad.vjp), ("linearize", agrad.linearize)]
    for name, transform in results:
        x, one = g.array(POINT), g.array([1.0, 1.0, 1.0])
        _, linear = transform(lambda x: x * x * x, x)
        x += 1
        found = linear(one)
        g.expect(found[0] if name == "vjp" else found, [3.0, 12.0, 27.0], f"what {name} gave, of changed primals")
        x = g.array(POINT)
        out, linear = transform(lambda x: g.xp.exp(x * 0) * x, x)
        out *= 0
        found = linear(one)
        g.expect(found[0] if name == "vjp" else found, [1.0, 1.0, 1.0], f"what {name} gave, of a changed result")


def results_are_new(g: Ground) -> None:
    """What a transform hands out shares no memory with what it was given."""
    x = g.array(POINT)
    gradient = agrad.grad(lambda x: g.xp.sum(x))(x)
    gradient *= 0
    out, pull = agrad.vjp(lambda x: x, x)
    ct = g.array(POINT)
    found = pull(ct)[0]
    found *= 0
    out *= 0
    moved = agrad.jvp(lambda x: x, (x,), (ct,))[1]
    moved *= 0
    g.expect(x, POINT, "the argument")
    g.expect(ct, POINT, "the cotangent")


SHARING: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f for f in (index_arrays, masks, masks_as_indices, lists, primals_of_a_pullback, results_are_new)
}
"""By name."""
