"""Views: what shares memory in the library shares it on its Tensors, and what does not, does not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.known import same
from agrad_conformance.problem import Unsupported

__all__ = ["VIEWS"]

POINT = [[1.0, 2.0], [3.0, 4.0]]

MADE: Mapping[str, Callable[[Any, Any], Any]] = {
    "x[1:]": lambda xp, x: x[1:, :],
    "x[..., ::-1]": lambda xp, x: x[..., ::-1],
    "x[None]": lambda xp, x: x[None, :, :],
    "reshape": lambda xp, x: xp.reshape(x, (-1,)),
    "permute_dims": lambda xp, x: xp.permute_dims(x, (1, 0)),
    "matrix_transpose": lambda xp, x: xp.matrix_transpose(x),
    ".T": lambda xp, x: x.T,
    ".mT": lambda xp, x: x.mT,
    "flip": lambda xp, x: xp.flip(x, axis=0),
    "expand_dims": lambda xp, x: xp.expand_dims(x, axis=1),
    "squeeze": lambda xp, x: xp.squeeze(xp.expand_dims(x, axis=0), axis=0),
    "moveaxis": lambda xp, x: xp.moveaxis(x, 0, 1),
    "unstack": lambda xp, x: xp.unstack(x)[1],
    "asarray": lambda xp, x: xp.asarray(x),
    "astype(copy=False)": lambda xp, x: xp.astype(x, x.dtype, copy=False),
    "astype": lambda xp, x: xp.astype(x, x.dtype),
    "roll": lambda xp, x: xp.roll(x, 1, axis=0),
    "concat": lambda xp, x: xp.concat([x, x]),
    "positive": lambda xp, x: xp.positive(x),
    "a transpose of a slice": lambda xp, x: xp.permute_dims(x[:, 1:], (1, 0)),
    "a slice of a transpose": lambda xp, x: xp.permute_dims(x, (1, 0))[1:, :],
    "a slice of a slice": lambda xp, x: x[1:, :][:, 1:],
    "a reshaped flip": lambda xp, x: xp.reshape(xp.flip(x), (-1,)),
}
"""What makes something of a matrix that may share its memory; some of these never do."""


FEW = ("x[1:]", "reshape", "asarray")
"""What is tried of it where no array can be changed, so that nothing can be seen through another one."""


def _each(g: Ground, what: str, program: Callable[[Callable[[Any, Any], Any], Any, Any], Any]) -> None:
    for name in MADE if g.backend.mutable else FEW:
        if _possible(g, MADE[name]):
            same(g, f"{name} {what}", partial(program, MADE[name]), POINT)


def _possible(g: Ground, make: Callable[[Any, Any], Any]) -> bool:
    """Whether the library can do this at all: PyTorch's slices take no negative steps, for one."""
    try:
        make(g.backend.load(), g.array(POINT))
    except (AttributeError, ValueError):
        return False
    return True


def views_written_through(g: Ground) -> None:
    """A change of what was made of an array is one of the array where, and only where, the library shares memory."""

    def program(make: Any, xp: Any, x: Any) -> Any:
        base = x * 1
        y = make(xp, base)
        y += 1
        y *= 2
        return xp.sum(base * base * x) + xp.sum(y * y)

    _each(g, "that is changed", program)


def views_of_what_changes(g: Ground) -> None:
    """A change of an array is seen in what was made of it before, and in what is made of that."""

    def program(make: Any, xp: Any, x: Any) -> Any:
        base = x * 1
        y = make(xp, base)
        base *= x
        z = xp.reshape(y, (-1,))[:1]
        base -= 1
        z *= 2
        return xp.sum(base * x) + xp.sum(y * y) + 3 * xp.sum(z)

    _each(g, "of what changes", program)


def views_beside_each_other(g: Ground) -> None:
    """Two views of one array overlap: each sees what the other was changed to, in the order of the changes."""

    def program(xp: Any, x: Any) -> Any:
        y = x * 1
        upper, left = y[:1, :], y[:, :1]
        upper *= 2
        left += upper[:, 1:]
        y += 1
        upper -= left[1:, :]
        return xp.sum(y * y) + xp.sum(upper * left) * x[0, 0]

    same(g, "two overlapping slices", program, POINT)

    def rows(xp: Any, x: Any) -> Any:
        y = x * 1
        for i in range(2):
            row = y[i, :]
            row += i + 1
            row *= x[0, :]
        return xp.sum(y * y)

    same(g, "rows changed in a loop over a matrix", rows, POINT)


def read_only_views(g: Ground) -> None:
    """What was broadcast from an array sees its changes."""

    def program(xp: Any, x: Any) -> Any:
        base = x * 1
        y = xp.broadcast_to(base, (3, 2, 2))
        base *= x
        return xp.sum(y * y) + xp.sum(base)

    same(g, "a broadcast of what changes", program, POINT)


def diagonals_and_parts(g: Ground) -> None:
    """Diagonals of a matrix, and the parts of complex numbers."""
    g.need("linalg", "complex")
    dtype = {"float32": "complex64", "float64": "complex128"}[g.dtype]
    g.need_dtype(dtype)

    def diagonal(xp: Any, x: Any) -> Any:
        base = x * 1
        y = xp.linalg.diagonal(base)
        base *= 2
        return xp.sum(y * y) + xp.sum(base * x)

    def part(xp: Any, x: Any) -> Any:
        z = xp.astype(x, getattr(xp, dtype)) * (2 + 1j)
        a, b = xp.real(z), xp.imag(z)
        a += 1
        b *= a
        z *= 1j
        return xp.sum(a * b) + xp.sum(xp.real(z) * x)

    same(g, "a diagonal of what changes", diagonal, POINT)
    same(g, "real and imag, changed", part, POINT)


def assigned_through_views(g: Ground) -> None:
    """Assignment to an index works on every backend, and goes through slices of slices."""

    def f(x: Any) -> Any:
        y = x * 1
        part = y[1:, :][0, :]
        part[0] = x[0, 0] * x[1, 1]
        y[0, :] = part
        return g.xp.sum(y * y)

    x = g.array(POINT)
    # y = [[4, 4], [4, 4]], of which the first column is x00 * x11
    g.expect(agrad.value_and_grad(f)(x)[0], 64.0, "the value inside grad")
    g.expect(agrad.grad(f)(x), [[64.0, 0.0], [0.0, 32.0]], "the gradient")
    g.expect(agrad.jvp(f, (x,), (g.array([[1.0, 5.0], [5.0, 1.0]]),))[1], 96.0, "the tangent")
    found = agrad.hvp(f, (x,), (g.array([[1.0, 0.0], [0.0, 0.0]]),))
    # 2 (x00 x11)**2 + 2 x11**2, where the second column is x11
    g.expect(found, [[64.0, 0.0], [0.0, 32.0]], "the product with the Hessian")


def protected_leaves(g: Ground) -> None:
    """A leaf is not changed through a view of it either."""
    if not g.backend.mutable:
        raise Unsupported("arrays of this library share no memory that could be changed")
    x = g.leaf(POINT)

    def change(part: Any) -> None:
        part *= 2

    g.refused("a change of a slice of a leaf", agrad.InPlaceError, lambda: change(x[1:, :]))
    g.refused("a change of a leaf's transpose", agrad.InPlaceError, lambda: change(x.T))
    with agrad.no_grad():
        change(x[1:, :])
    g.expect(x.detach(), [[1.0, 2.0], [6.0, 8.0]], "the leaf")
    g.xp.sum(x * x).backward()
    g.expect(x.grad, [[2.0, 4.0], [12.0, 16.0]], "the gradient")


VIEWS: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f
    for f in (
        views_written_through, views_of_what_changes, views_beside_each_other, read_only_views, diagonals_and_parts,
        assigned_through_views, protected_leaves,
    )
}  # fmt: skip
"""By name."""
