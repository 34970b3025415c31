"""Sums, as the passes that NumPy is fastest at: numbers go out of them, and products of two are one pass."""

from __future__ import annotations

from math import isfinite, prod
from typing import Any, Protocol

import numpy as np

from agrad.graph.graph import VALUES, Equation, Var
from agrad_numpy.compiling.calls import CONTRACT, TOTAL, dtype_of, reduced_axes, shape_of

__all__ = ["is_factor", "is_inexact", "mean_of", "same", "sum_of"]


class Rewriter(Protocol):
    """What goes through the equations, as rules see it."""

    def only(self, a: Any, *ops: str) -> Equation | None: ...

    def make(self, op: str, inputs: tuple[Any, ...], like: Var, **params: Any) -> Var: ...


def is_inexact(a: Any, v: Var) -> bool:
    """Whether an operand is a number, or has the floating-point dtype of the result."""
    if type(a) not in VALUES:
        return type(a) in (int, float)
    return v.dtype.startswith(("float", "complex")) and dtype_of(a) == v.dtype


def is_factor(a: Any) -> bool:
    return type(a) in (int, float) and isfinite(a) and 1e-30 < abs(a) < 1e30


def sum_of(r: Rewriter, e: Equation) -> Equation | None:
    """A number goes out of the sum of a product, and what is left is one pass.

    Arrays stay where they are: they may be there to keep the terms from overflowing, or be infinite where those are 0.
    """
    (v,) = e.outputs
    (x,) = e.inputs
    axes = reduced_axes(e) if type(x) is Var else ()
    if not axes or v.dtype not in ("float32", "float64") or not is_inexact(x, v) or e.params.get("dtype"):
        return None
    if (found := _squares(r, e, axes)) is not None:
        return found
    inner, under, number = _factors(r, x, v)
    if under or not inner or not all(_varies(a, x.shape, axes) for a in inner) or not _is_harmless(number, v):
        return None
    short = axes[0] > 0 and prod([x.shape[a] for a in axes]) <= SHORT and axes[-1] == len(x.shape) - 1
    if not (len(inner) > 1 or short):
        return None
    shape = np.broadcast_shapes(*[shape_of(a) for a in inner])
    shape = (1,) * (len(x.shape) - len(shape)) + shape
    while len(inner) > 2:
        first, second, *rest = inner
        both = Var(np.broadcast_shapes(shape_of(first), shape_of(second)), v.dtype)
        inner = [*rest, r.make("multiply", (first, second), both)]
    keepdims = bool(e.params.get("keepdims"))
    left = tuple([1 if a in axes else n for a, n in enumerate(shape) if keepdims or a not in axes])
    total = _summed(r, tuple(inner), shape, axes, keepdims, Var(left, v.dtype), short)
    if number != 1.0:
        total = r.make("multiply", (total, number), Var(total.shape, v.dtype))
    if total.shape == v.shape:
        return same(total, v)
    return Equation("reshape", (total,), {"shape": v.shape, "copy": None}, (v,))


def _is_harmless(number: float, v: Var) -> bool:
    """Whether a sum may do without a factor until it is there: without a small one it overflows sooner."""
    return abs(number) >= (1e-9 if v.dtype == "float64" else 1e-3)


SHORT = 64
"""Up to how many numbers along the last axes are summed by `einsum`, which NumPy's `sum` is slow at."""


def same(a: Var, v: Var) -> Equation:
    return Equation("positive", (a,), {}, (v,))


def _summed(
    r: Rewriter,
    given: tuple[Any, ...],
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    keepdims: bool,
    v: Var,
    short: bool,
) -> Var:
    """The sum of a product over axes, as a new equation."""
    if len(given) == 2 and len(axes) == len(shape) and not keepdims and shape_of(given[0]) == shape_of(given[1]):
        return r.make(TOTAL, given, v)
    if len(given) == 2 or short:
        return r.make(CONTRACT, given, v, axis=axes, shape=shape, keepdims=keepdims)
    return r.make("sum", given, v, axis=axes, dtype=None, keepdims=keepdims, plain=True)


def _varies(a: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> bool:
    """Whether an operand differs along an axis of what it is broadcast to."""
    full = (1,) * (len(shape) - len(shape_of(a))) + shape_of(a)
    return any(full[d] != 1 for d in axes)


def _factors(r: Rewriter, a: Any, v: Var) -> tuple[list[Any], list[Any], float]:
    """What a product consists of, of values that nobody else reads: numerators, denominators and a number."""
    over: list[Any] = []
    under: list[Any] = []
    number = 1.0
    pending = [(a, False)]
    while pending:
        a, below = pending.pop()
        if type(a) not in VALUES:
            number = number / a if below else number * a
            continue
        e = r.only(a, "multiply", "divide", "negative", "pow_scalar")
        whole = e is not None and all(is_inexact(b, v) and (type(b) in VALUES or is_factor(b)) for b in e.inputs)
        if e is None or not whole or len(over) + len(under) + len(pending) > 6:
            (under if below else over).append(a)
        elif e.op == "negative":
            number = -number
            pending.append((e.inputs[0], below))
        elif e.op == "pow_scalar":
            squared = e.params["exponent"] == 2 and not below
            over += [e.inputs[0]] * 2 if squared else []
            if not squared:
                (under if below else over).append(a)
        else:
            x1, x2 = e.inputs
            pending += [(x2, below != (e.op == "divide")), (x1, below)]
    return (over, under, number) if is_factor(number) else ([a], [], 1.0)


def _squares(r: Rewriter, e: Equation, axes: tuple[int, ...]) -> Equation | None:
    """The sum of a sum of squares, none of which is negative, is the sum of each, and those are products."""
    (v,) = e.outputs
    (x,) = e.inputs
    if len(axes) != len(x.shape) or v.shape or r.only(x, "add") is None:
        return None
    parts: list[tuple[Any, float]] = []
    pending = [x]
    while pending:
        a = pending.pop()
        both = r.only(a, "add")
        if both is not None and len(parts) + len(pending) < 6:
            pending += both.inputs
            continue
        over, under, number = _factors(r, a, v) if type(a) is Var else ([], [], 0.0)
        whole = len(over) == 2 and over[0] is over[1] and not under and shape_of(over[0]) == x.shape
        if not whole or number <= 0 or not _is_harmless(number, v):
            return None
        parts.append((over[0], number))
    total: Any = None
    for a, number in parts:
        one = r.make(TOTAL, (a, a), Var((), v.dtype))
        one = one if number == 1.0 else r.make("multiply", (one, number), Var((), v.dtype))
        total = one if total is None else r.make("add", (total, one), Var((), v.dtype))
    return same(total, v)


def mean_of(r: Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    (x,) = e.inputs
    if not v.shape or not is_inexact(x, v) or 0 in shape_of(x):
        return None
    n = prod([shape_of(x)[a] for a in reduced_axes(e)])
    return Equation("divide", (r.make("sum", (x,), v, dtype=None, **e.params), n), {}, (v,))
