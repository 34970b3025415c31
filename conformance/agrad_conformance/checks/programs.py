"""A transform changes no value, whatever Python a function is made of: aliases, swaps, kept values, loops."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.known import same

__all__ = ["PROGRAMS"]

POINT = [1.0, 2.0, 3.0]


def _read(xp: Any, x: Any, i: int) -> Any:
    """An element, which is a value: PyTorch's plain ones are views, so that its plain run copies them."""
    return x[i] if isinstance(x, agrad.Tensor) else xp.asarray(x[i], copy=True)


def accumulated_elements(g: Ground) -> None:
    """A sum that starts at an element, or at what iteration gives, leaves the array alone."""

    def by_index(xp: Any, x: Any) -> Any:
        s = _read(xp, x, 0)
        s += x[1]
        s += x[2]
        return s * x[0]

    def by_iteration(xp: Any, x: Any) -> Any:
        it = iter([_read(xp, x, i) for i in range(3)] if not isinstance(x, agrad.Tensor) else x)
        s = next(it)
        for item in it:
            s += item
            s *= item
        return s * x[0]

    def of_rows(xp: Any, x: Any) -> Any:
        rows = xp.reshape(x, (1, 3)) * 1
        total = rows[0, :] * 0
        for row in (rows[0, :], rows[0, :] * x):
            total += row
            row *= 2
        return xp.sum(total * rows[0, :])

    same(g, "s = x[0]; s += x[1]; s * x[0]", by_index, POINT)
    same(g, "s = next(iter(x)); s += ...; s * x[0]", by_iteration, POINT)
    same(g, "a sum of rows, each of which is then doubled", of_rows, POINT)


def swapped_elements(g: Ground) -> None:
    """A swap reads both elements before it writes one."""

    def swap(x: Any) -> Any:
        y = x * 1
        y[0], y[2] = y[2], y[0]
        first = y[1]
        y[1] = y[0] * first
        y[0] = first
        return g.xp.sum(y * g.xp.asarray(g.array([1.0, 10.0, 100.0])))

    x = g.array(POINT)
    g.expect(agrad.value_and_grad(swap)(x)[0], 2.0 + 60.0 + 100.0, "the value inside grad")
    g.expect(agrad.grad(swap)(x), [100.0, 31.0, 20.0], "the gradient")
    g.expect(agrad.jvp(swap, (x,), (g.array([1.0, 2.0, 3.0]),))[1], 100.0 + 62.0 + 60.0, "the tangent")
    g.expect(agrad.hvp(swap, (x,), (x,)), [0.0, 30.0, 20.0], "the product with the Hessian")


def aliases(g: Ground) -> None:
    """Two names of one array: what ``+=`` does to the other one depends on the library alone."""

    def second_name(xp: Any, x: Any) -> Any:
        y = x
        y += 1
        return xp.sum(x * y)

    def of_a_result(xp: Any, x: Any) -> Any:
        y = z = x * x
        z -= x
        z *= 2
        return xp.sum(y * z)

    def of_a_sum(xp: Any, x: Any) -> Any:
        y = z = xp.sum(x * x)
        z += 1
        return y * z

    same(g, "y = x; y += 1; x * y", second_name, POINT)
    same(g, "y = x; y += 1; x * y of a number", second_name, 2.0, leaf=False)
    same(g, "y = z = x * x; z -= x; y * z", of_a_result, POINT)
    same(g, "y = z = sum(x * x); z += 1; y * z", of_a_sum, POINT, leaf=False)


def kept_values(g: Ground) -> None:
    """A best value, or a previous state, stays what it was when its place is overwritten."""

    def best(xp: Any, x: Any) -> Any:
        y = x * 1
        kept = _read(xp, y, 0)
        for i in range(1, 3):
            if y[i] > kept:
                kept = _read(xp, y, i)
        previous = y * y
        y *= 0
        y -= kept
        return xp.sum(y * previous)

    def states(xp: Any, x: Any) -> Any:
        state = (x * 1, x * 2)
        for _ in range(2):
            p, v = state
            v -= p
            p += 2 * v
            state = (p, v)
        return xp.sum(state[0] * state[1])

    def history(xp: Any, x: Any) -> Any:
        y, kept = x * 1, []
        for k in range(3):
            kept.append(y)
            y = y + k
            y *= 2
        return xp.sum(kept[0] * kept[1]) + xp.sum(kept[2] * y)

    same(g, "a best element whose array is overwritten", best, [10.0, 50.0, 30.0])
    same(g, "p, v = state; v -= p; p += v", states, POINT)
    same(g, "states in a list, and an array that goes on", history, POINT)


def returned_arguments(g: Ground) -> None:
    """A function may change its argument in place and return it, or something it kept of it."""

    def changed(xp: Any, x: Any) -> Any:
        z = x * x
        x *= 3
        return xp.sum(z * x)

    def unchanged(xp: Any, x: Any) -> Any:
        y = xp.asarray(x, copy=True)
        y *= 3
        return xp.sum(x * x * y)

    same(g, "z = x * x; x *= 3; z * x", changed, POINT)
    same(g, "y = asarray(x, copy=True); y *= 3; x * x * y", unchanged, POINT)


def branches_and_masks(g: Ground) -> None:
    """Python's branches on values, and masks that were made before what they are about is changed."""

    def branch(xp: Any, x: Any) -> Any:
        y = x * 1
        large = xp.sum(y) > 5.0
        y -= 2
        if large:
            y *= x
        return xp.sum(y * x)

    def mask(xp: Any, x: Any) -> Any:
        y = x * 10
        high = y > 15.0
        y *= -1
        return xp.sum(xp.where(high, y, x) * x)

    same(g, "a branch on a sum", branch, [1.0, 20.0, 30.0])
    same(g, "a mask made before a change of sign", mask, [-5.0, 20.0, 30.0])


PROGRAMS: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (accumulated_elements, swapped_elements, aliases, kept_values, returned_arguments, branches_and_masks)
}
"""By name."""
