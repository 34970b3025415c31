"""What no single op shows of dtypes: numbers of two precisions, Python's numbers, and complex ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground

__all__ = ["NUMBERS"]

COMPLEX = {"float32": "complex64", "float64": "complex128"}
OTHER = {"float32": "float64", "float64": "float32"}


def two_precisions(g: Ground) -> None:
    """A gradient has the dtype of its argument, a tangent that of its result, whatever they meet on the way."""
    g.need_dtype(OTHER[g.dtype])
    x, y = g.array([1.0, 2.0], "float32"), g.array([3.0, 4.0], "float64")
    first, second = agrad.grad(lambda x, y: g.xp.sum(x * y), argnums=(0, 1))(x, y)
    g.expect(first, [3.0, 4.0], "the gradient for float32", "float32")
    g.expect(second, [1.0, 2.0], "the gradient for float64", "float64")
    ones = g.array([1.0, 1.0], "float32")
    bound = g.array([1.5, 0.5], "float64")
    g.expect(g.xp.clip(x, max=bound), [1.0, 0.5], "what is clipped to bounds of double precision", "float32")
    for name, f in (("sum", lambda x: g.xp.asarray(x) + y), ("product", lambda x: g.xp.asarray(x) * y)):
        wanted = [1.0, 1.0] if name == "sum" else [3.0, 4.0]
        g.expect(agrad.jvp(f, (x,), (ones,))[1], wanted, f"the tangent of a {name}", "float64")


def given_in_another_precision(g: Ground) -> None:
    """Cotangents and tangents may be of another precision; what comes of them is of the argument's."""
    g.need_dtype(OTHER[g.dtype])
    given = g.array([1.0, 3.0], OTHER[g.dtype])
    x = g.leaf([1.0, 2.0])
    x.backward(given)
    g.expect(x.grad, [1.0, 3.0], "the gradient of a leaf itself")
    g.expect(agrad.vjp(lambda x: x, g.array([1.0, 2.0]))[1](given)[0], [1.0, 3.0], "the pulled cotangent")
    g.expect(agrad.jvp(lambda x: x, (g.array([1.0, 2.0]),), (given,))[1], [1.0, 3.0], "the pushed tangent")


def scalars(g: Ground) -> None:
    """A Python number, an integer too, takes the dtype of the array that it meets."""
    x = g.array(1.0)

    def f(x: Any) -> Any:
        return g.xp.atan2(g.xp.asarray(x) * 2, 2)

    g.expect(agrad.grad(f)(x), 0.5, "the derivative")
    g.expect(agrad.jvp(f, (x,), (x,))[1], 0.5, "the tangent")
    g.expect(agrad.grad(agrad.grad(f))(x), -0.5, "the second derivative")


def broadcast_tangents(g: Ground) -> None:
    """A tangent has the shape of its result, where only a smaller argument is followed."""
    x, y = g.array([1.0]), g.array([[1.0, 2.0], [3.0, 4.0]])
    t = g.array([5.0])
    g.expect(agrad.jvp(lambda x: g.xp.asarray(x) + y, (x,), (t,))[1], np.full((2, 2), 5.0), "the tangent of a sum")
    found = agrad.jvp(lambda x: -2 * g.xp.asarray(x) + y, (x,), (t,))[1]
    g.expect(found, np.full((2, 2), -10.0), "the tangent of a difference")


def complex_jacobians(g: Ground) -> None:
    """Of a holomorphic function the Jacobian is df/dz; of another it is refused; of a real argument it is complex."""
    dtype = _complex(g)
    z, w = np.asarray([1.0 + 2.0j, -0.5j]), np.asarray([2.0 - 1.0j, 3.0j])
    factors = g.array(w, dtype)
    for mode in ("rev", "fwd"):
        of = partial(agrad.jacobian, mode=mode)
        found = of(lambda z: g.xp.asarray(z) ** 2 * factors)(g.array(z, dtype))
        g.expect(found, np.diag(2 * w * z), f"df/dz with mode {mode!r}", dtype)
        f = of(lambda z: g.xp.conj(z) * z * factors)
        g.refused(f"the Jacobian of z conj(z) with mode {mode!r}", agrad.DtypeError, partial(f, g.array(z, dtype)))
        found = of(lambda x: g.xp.asarray(x) ** 2 * factors)(g.array([1.0, 3.0]))
        g.expect(found, np.diag([2.0, 6.0] * w), f"the Jacobian of a real argument with mode {mode!r}", dtype)


def complex_graphs(g: Ground) -> None:
    """``create_graph=True`` through complex numbers: |exp(z)|**2 = exp(2 Re z)."""
    dtype = _complex(g)
    x = g.leaf([0.5, -1.0])
    y = g.xp.exp(x + g.array([1.0j, 2.0j], dtype))
    g.xp.sum(g.xp.real(y * g.xp.conj(y))).backward(create_graph=True)
    first = x.grad
    e = np.exp([1.0, -2.0])
    g.expect(first.detach(), 2 * e, "the gradient")
    x.grad = None
    g.xp.sum(first).backward()
    g.expect(x.grad, 4 * e, "the second derivative")


def _complex(g: Ground) -> str:
    g.need("complex")
    g.need_dtype(COMPLEX[g.dtype])
    return COMPLEX[g.dtype]


NUMBERS: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (
        two_precisions, given_in_another_precision, scalars, broadcast_tangents, complex_jacobians, complex_graphs,
    )
}  # fmt: skip
"""By name."""
