"""Parameters are made the same once: integers of other libraries, lists, and what must not be followed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.wrong import Wrong

__all__ = ["PARAMETERS"]

MATRIX = np.asarray([[1.0, 2.0, 3.0], [0.5, -1.0, 4.0]])


def _alike(g: Ground, f: Callable[[Any, Any, Any], Any], plain: Any, given: Any, what: str) -> None:
    """A function of a matrix and of a parameter has one value and one derivative however the parameter is written."""
    try:
        f(g.backend.load(), g.array(MATRIX), given)
    except (IndexError, TypeError, ValueError, agrad.AgradError):
        return  # the library itself wants it otherwise
    x, v = g.array(MATRIX), g.array(MATRIX[:, ::-1])
    functions = [lambda x, p=p: g.xp.sum(f(g.xp, g.xp.asarray(x), p) ** 3) for p in (plain, given)]
    expected, found = (
        [
            *agrad.value_and_grad(h)(x), agrad.jvp(h, (x,), (v,))[1], agrad.hvp(h, (x,), (v,)),
            agrad.vjp(agrad.grad(h), x)[1](v)[0],
        ]
        for h in functions
    )  # fmt: skip
    for name, a, b in zip(("value", "gradient", "tangent", "hvp", "second gradient"), found, expected, strict=True):
        g.expect(a, g.backend.host(b), f"the {name} of {what} with {given!r}")


def integers_of_other_libraries(g: Ground) -> None:
    """A NumPy integer is an integer, alone and in a tuple."""
    one = np.int64(1)
    calls: dict[str, Callable[[Any, Any, Any], Any]] = {
        "sum": lambda xp, x, a: xp.sum(x, axis=a),
        "mean": lambda xp, x, a: xp.mean(x, axis=a),
        "max": lambda xp, x, a: xp.max(x, axis=a),
        "prod": lambda xp, x, a: xp.prod(x, axis=a),
        "var": lambda xp, x, a: xp.var(x, axis=a),
        "cumulative_sum": lambda xp, x, a: xp.cumulative_sum(x, axis=a),
        "flip": lambda xp, x, a: xp.flip(x, axis=a) * x,
        "roll": lambda xp, x, a: xp.roll(x, a, axis=a) * x,
        "expand_dims": lambda xp, x, a: xp.expand_dims(x, axis=a) * xp.expand_dims(x, axis=a),
        "concat": lambda xp, x, a: xp.concat([x, x * x], axis=a),
        "stack": lambda xp, x, a: xp.stack([x, x * x], axis=a),
        "repeat": lambda xp, x, a: xp.repeat(x, a + 1, axis=a),
        "moveaxis": lambda xp, x, a: xp.moveaxis(x, 0, a),
        "an index": lambda xp, x, a: x[a, :] * x[a - 1, :],
        "take": lambda xp, x, a: xp.take(x, xp.asarray([0, 1]), axis=a),
        "unstack": lambda xp, x, a: xp.unstack(x, axis=a)[1],
    }
    for name, call in calls.items():
        _alike(g, call, 1, one, name)
    _alike(g, lambda xp, x, a: xp.sum(x, axis=a), (0, 1), (np.int64(0), np.int32(1)), "sum")
    _alike(g, lambda xp, x, s: xp.reshape(x, s), (3, 2), (np.int64(3), np.int64(-1)), "reshape")
    _alike(g, lambda xp, x, s: x[s], slice(1, 3), slice(np.int64(1), np.int64(3)), "a slice")


def lists_for_tuples(g: Ground) -> None:
    """A list stands for a tuple, as it does in the libraries."""
    _alike(g, lambda xp, x, a: xp.sum(x, axis=a), (0, 1), [0, 1], "sum")
    _alike(g, lambda xp, x, a: xp.max(x, axis=a), (0, 1), [0, 1], "max")
    _alike(g, lambda xp, x, s: xp.reshape(x, s), (3, 2), [3, 2], "reshape")
    _alike(g, lambda xp, x, a: xp.permute_dims(x, a), (1, 0), [1, 0], "permute_dims")
    _alike(g, lambda xp, x, s: xp.broadcast_to(x, s), (2, 2, 3), [2, 2, 3], "broadcast_to")
    _alike(g, lambda xp, x, s: xp.roll(x, s, axis=s), (1, 0), [1, 0], "roll")
    _alike(g, lambda xp, x, s: xp.tile(x, s), (2, 1), [2, 1], "tile")
    _alike(g, lambda xp, x, a: xp.flip(x, axis=a) * x, (0, 1), [0, 1], "flip")
    counts = g.xp.asarray([1, 0, 2], dtype=g.xp.int64).array
    _alike(g, lambda xp, x, n: xp.repeat(x, n, axis=1), counts, [1, 0, 2], "repeat")


def axes_in_other_words(g: Ground) -> None:
    """``tensordot`` takes a number, pairs of sequences and pairs of numbers; ``roll`` one shift for all axes."""
    y = g.array(MATRIX.T)

    def product(xp: Any, x: Any, axes: Any) -> Any:
        return xp.tensordot(x, y, axes=axes)

    _alike(g, product, ((1,), (0,)), ([1], [0]), "tensordot")
    _alike(g, product, ((1,), (0,)), (1, 0), "tensordot")
    _alike(g, product, 1, np.int64(1), "tensordot")
    _alike(g, lambda xp, x, axis: xp.roll(x, 1, axis=axis), (0,), 0, "roll")


def followed_parameters(g: Ground) -> None:
    """A followed value where a parameter has no derivative is an error that names the parameter."""
    xp, x = g.xp, g.array(MATRIX)
    g.need("linalg")

    def named(what: str, name: str, action: Callable[[], Any]) -> None:
        try:
            action()
        except agrad.AgradError as error:
            if name not in str(error):
                raise Wrong(f"{what} raised {type(error).__name__}, which does not name {name!r}: {error}") from error
            return
        raise Wrong(f"{what} did not raise; its derivative would be lost")

    def norm(t: Any) -> Any:
        return xp.linalg.vector_norm(xp.asarray(x), ord=t)

    t, one = g.array(3.0), g.array(1.0)
    named("a followed order of a norm inside grad", "ord", lambda: agrad.grad(norm)(t))
    named("a followed order of a norm inside jvp", "ord", lambda: agrad.jvp(norm, (t,), (one,)))
    named("a followed order of a norm inside grad of grad", "ord", lambda: agrad.grad(agrad.grad(norm))(t))
    named("a followed order of a norm of a leaf", "ord", lambda: norm(g.leaf(3.0)))
    named("an order that the transform further out follows", "ord", lambda: agrad.grad(
        lambda t: agrad.grad(lambda y: xp.linalg.vector_norm(xp.asarray(x) * y, ord=t))(t * 1)
    )(t))  # fmt: skip

    @agrad.custom_op(vjp=lambda ct, factor: ct * factor, jvp=lambda t, factor: t * factor)
    def scaled(x: Any, factor: Any) -> Any:
        return x * factor

    named("a followed parameter of a custom op", "factor", lambda: agrad.grad(lambda t: xp.sum(scaled(x, t)))(t))
    g.expect(agrad.grad(lambda x: xp.sum(scaled(x, 3.0)))(x), np.full((2, 3), 3.0), "the gradient of a custom op")


PARAMETERS: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f for f in (integers_of_other_libraries, lists_for_tuples, axes_in_other_words, followed_parameters)
}
"""By name."""
