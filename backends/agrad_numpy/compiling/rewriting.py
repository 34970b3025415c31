"""What a graph is made into before it is written: fewer and cheaper equations that compute the same on NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import isfinite, prod
from typing import Any

import numpy as np

from agrad.graph.graph import REPLACE, STOP, VALUES, Constant, Equation, Graph, Var, mapped, needed, variables
from agrad.graph.passes import dead_code
from agrad_numpy.compiling.calls import (
    ADD_WHERE,
    BITS,
    CONTRACT,
    TOTAL,
    WRITE_AT,
    Source,
    dtype_of,
    is_basic,
    reduced_axes,
    shape_of,
)
from agrad_numpy.compiling.parts import is_pointwise

__all__ = ["rewritten"]


def rewritten(graph: Graph, source: Source) -> Graph:
    """The graph with all of it done."""
    graph = dead_code(_Rewriter(_with_shared_constants(graph), source).graph())
    return graph.replaced(_with_late_writes(graph.equations))


def _with_shared_constants(graph: Graph) -> Graph:
    """A large constant that is the transpose of another one as its view: the same memory, and cache, serve both."""
    known: list[Any] = []
    instead: dict[Any, Any] = {}
    for c in graph.constants:
        a = c.value
        if not isinstance(a, np.ndarray) or a.ndim < 2 or a.nbytes < 2**16 or a.dtype.kind != "f":
            continue
        turned = [b.swapaxes(-1, -2) for b in known]
        same = [b for b in turned if b.shape == a.shape and b.dtype == a.dtype and np.array_equal(_bits(b), _bits(a))]
        if same:
            instead[c] = Constant(same[0])
        else:
            known.append(a)
    if not instead:
        return graph

    def change(a: Any) -> Any:
        return instead.get(a, a) if type(a) is Constant else a

    return graph.replaced([e._replace(inputs=mapped(change, e.inputs)) for e in graph.equations])


def _bits(a: Any) -> Any:
    return a.view(BITS[str(a.dtype)]) if str(a.dtype) in BITS else a


def _with_late_writes(equations: list[Equation]) -> list[Equation]:
    """Each change of an array right before it is read, so that the array as it was has been read by then."""
    made: list[Equation] = []
    waiting: dict[Any, Equation] = {}
    for e in equations:
        made += [waiting.pop(a) for a in dict.fromkeys(needed(e)) if a in waiting]
        if e.op == WRITE_AT:
            waiting[e.outputs[0]] = e
        else:
            made.append(e)
    return made + [*waiting.values()]


class _Rewriter:
    """Goes through the equations once; each may become others, or the name of a value that is known."""

    def __init__(self, graph: Graph, source: Source) -> None:
        self.old = graph
        self.source = source
        self.made: list[Equation] = []
        self.by: dict[Any, Equation] = {}
        """The makers of values."""
        self.instead: dict[Any, Any] = {}
        self.uses = Counter(v for e in graph.equations for v in needed(e))
        self.uses.update(variables(graph.outputs))

    def graph(self) -> Graph:
        for e in self.old.equations:
            if self.instead:
                e = e._replace(inputs=mapped(self._now, e.inputs))
            if e.op in (STOP, REPLACE):  # both are about derivatives alone
                self.instead[e.outputs[0]] = e.inputs[-1]
                self.uses[e.inputs[-1]] += self.uses[e.outputs[0]] - 1
                continue
            self._put(e)
        return self.old.replaced(self.made, mapped(self._now, self.old.outputs))

    def _now(self, a: Any) -> Any:
        while type(a) is Var and a in self.instead:
            a = self.instead[a]
        return a

    def _put(self, e: Equation) -> None:
        """Add an equation, in the form that it is found to have."""
        rule = RULES.get(e.op)
        if rule is not None and self.source.is_standard(e) and len(e.outputs) == 1:
            e = rule(self, e) or e
        if e.op == "positive" and type(e.inputs[0]) is Var and e.inputs[0].dtype == e.outputs[0].dtype:
            self.instead[e.outputs[0]] = e.inputs[0]
            self.uses[e.inputs[0]] += self.uses[e.outputs[0]] - 1
            return
        if is_pointwise(self.source, e):
            e = self._narrowed(e)
        self.made.append(e)
        self.by.update(dict.fromkeys(e.outputs, e))

    def make(self, op: str, inputs: tuple[Any, ...], like: Var, **params: Any) -> Var:
        """The result of a new equation, with the shape and dtype of another value.

        It reads what equations have read that are not needed any more: that is not counted again.
        """
        v = Var(like.shape, like.dtype)
        self.uses[v] = 1
        self._put(Equation(op, inputs, params, (v,)))
        made: Var = self._now(v)
        return made

    def only(self, a: Any, *ops: str) -> Equation | None:
        """The maker of a value that is read once, where it is one of these ops."""
        e = self.by.get(a) if type(a) is Var and self.uses[a] == 1 else None
        return e if e is not None and e.op in ops and self.source.is_standard(e) else None

    def _narrowed(self, e: Equation) -> Equation:
        """A pointwise op of what was broadcast: it broadcasts itself, or what it computes is broadcast afterwards."""
        (v,) = e.outputs
        spread = {a: b.inputs[0] for a in variables(e.inputs) if (b := self.by.get(a)) and b.op == "broadcast_to"}
        spread = {a: x for a, x in spread.items() if type(x) in VALUES}
        if not spread or not v.shape:
            return e
        inputs = mapped(lambda a: spread.get(a, a) if type(a) in VALUES else a, e.inputs)
        shapes = [shape_of(a) for a in variables(inputs)]
        shape = np.broadcast_shapes(*shapes)
        if shape == v.shape:
            return e._replace(inputs=inputs)
        if not shape or any(not s for s in shapes):
            return e  # NumPy's numbers are not all of one kind with its arrays
        small = Var(shape, v.dtype)
        self._put(Equation(e.op, inputs, e.params, (small,)))
        self.uses[small] += 1
        return Equation("broadcast_to", (self._now(small),), {"shape": v.shape}, (v,))


# Signs and factors ------------------------------------------------------------------------------------


def _is_inexact(a: Any, v: Var) -> bool:
    """Whether an operand is a number, or has the floating-point dtype of the result."""
    if type(a) not in VALUES:
        return type(a) in (int, float)
    return v.dtype.startswith(("float", "complex")) and dtype_of(a) == v.dtype


def _is_factor(a: Any) -> bool:
    return type(a) in (int, float) and isfinite(a) and 1e-30 < abs(a) < 1e30


def _without_sign(r: _Rewriter, a: Any) -> Any:
    """What a value is the negative of, where nobody else reads it."""
    e = r.only(a, "negative")
    return None if e is None else e.inputs[0]


def _add(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    x1, x2 = e.inputs
    if e.params or not (_is_inexact(x1, v) and _is_inexact(x2, v)):
        return _scattered(r, e)
    if x1 is x2 and type(x1) is Var:
        r.uses[x1] -= 1
        return _multiply(r, again := e._replace(op="multiply", inputs=(x1, 2))) or again
    if (y := _without_sign(r, x2)) is not None:
        return e._replace(op="subtract", inputs=(x1, y))
    if (y := _without_sign(r, x1)) is not None:
        return e._replace(op="subtract", inputs=(x2, y))
    return _tied(r, e) or _scattered(r, e)


def _tied(r: _Rewriter, e: Equation) -> Equation | None:
    """What is added only where two values are equal, as derivatives of `maximum` are, is looked for first."""
    (v,) = e.outputs
    for a, b in (e.inputs, e.inputs[::-1]):
        chosen = r.only(a, "where")
        if chosen is None or type(b) not in VALUES or shape_of(b) != v.shape or v.dtype not in ("float32", "float64"):
            continue
        condition, term, zero = chosen.inputs
        equal = r.by.get(condition) if type(condition) is Var else None
        if equal is None or equal.op != "equal" or not r.source.is_standard(equal) or type(zero) not in (int, float):
            continue
        if zero != 0 or shape_of(condition) != v.shape or type(term) not in VALUES or not _is_inexact(term, v):
            continue
        number: float = 1.0
        scaled = r.only(term, "multiply")
        if scaled is not None and type(scaled.inputs[0]) in VALUES and _is_factor(scaled.inputs[1]):
            term, number = scaled.inputs[0], float(scaled.inputs[1])
        if shape_of(term) == v.shape and dtype_of(term) == v.dtype:
            r.uses[term] += 1
            return Equation(ADD_WHERE, (b, condition, term, number), {}, (v,))
    return None


def _subtract(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    x1, x2 = e.inputs
    if _is_inexact(x1, v) and _is_inexact(x2, v) and (y := _without_sign(r, x2)) is not None:
        return e._replace(op="add", inputs=(x1, y))
    return None


def _multiply(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    x1, x2 = e.inputs
    if not (_is_inexact(x1, v) and _is_inexact(x2, v)):
        return None
    for a, b in ((x1, x2), (x2, x1)):
        if (y := _without_sign(r, a)) is not None:
            if _is_factor(b):
                return e._replace(inputs=(y, -b))
            return e._replace(op="negative", inputs=(r.make("multiply", (y, b), v),))
        inner = r.only(a, "multiply", "divide")
        if inner is None or not v.dtype.startswith("float"):
            continue
        u, w = inner.inputs
        if inner.op == "multiply" and _is_factor(b):
            for number, x in ((u, w), (w, u)):
                if _is_factor(number) and type(x) in VALUES and _is_inexact(x, v):
                    factor = number * b
                    if factor == 1 and type(x) is Var and x.shape == v.shape and not x.weak:
                        return _same(x, v)
                    return e._replace(inputs=(x, factor)) if _is_factor(factor) else None
        if inner.op == "divide" and type(u) in (int, float) and u == 1 and shape_of(w) == v.shape:
            return e._replace(op="divide", inputs=(b, w)) if _is_inexact(w, v) else None
    return None


def _divide(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    x1, x2 = e.inputs
    if not (_is_inexact(x1, v) and _is_inexact(x2, v)):
        return None
    over, under = _without_sign(r, x1), _without_sign(r, x2)
    if (over is None) == (under is None):
        return None
    given = (x1 if over is None else over, x2 if under is None else under)
    return e._replace(op="negative", inputs=(r.make("divide", given, v),))


def _negative(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    if (y := _without_sign(r, e.inputs[0])) is not None and _is_inexact(y, v):
        return _same(y, v)
    inner = r.only(e.inputs[0], "multiply")
    if inner is None or not all(_is_inexact(a, v) for a in inner.inputs):
        return None
    for number, x in (inner.inputs, inner.inputs[::-1]):
        if _is_factor(number) and type(x) in VALUES:
            return e._replace(op="multiply", inputs=(x, -number))
    return None


def _signless(r: _Rewriter, e: Equation) -> Equation | None:
    """A linear op of a negative: the negative of its result, where that has no more elements."""
    (v,) = e.outputs
    x = e.inputs[0]
    if not _is_inexact(x, v) or type(x) is not Var or prod(v.shape) > prod(x.shape) or e.params.get("dtype"):
        return None
    y = _without_sign(r, x)
    if y is None:
        return None
    return Equation("negative", (r.make(e.op, (y, *e.inputs[1:]), v, **e.params),), {}, (v,))


# Sums, products and parts of arrays -------------------------------------------------------------------


def _sum(r: _Rewriter, e: Equation) -> Equation | None:
    """Factors that are the same along the summed axes go out of a sum; what is left, a product, is one pass."""
    (v,) = e.outputs
    (x,) = e.inputs
    axes = reduced_axes(e) if type(x) is Var else ()
    if not axes or v.dtype not in ("float32", "float64") or not _is_inexact(x, v) or e.params.get("dtype"):
        return None
    if (found := _squares(r, e, axes)) is not None:
        return found
    over, under, number = _factors(r, x, v)
    inner = [a for a in over if _varies(a, x.shape, axes)]
    outer = [a for a in over if not _varies(a, x.shape, axes)]
    if any(_varies(a, x.shape, axes) for a in under) or len(inner) < 1 + bool(under):
        return None  # what divides a sum's terms may be there to keep them from overflowing
    short = axes[0] > 0 and prod([x.shape[a] for a in axes]) <= SHORT and axes[-1] == len(x.shape) - 1
    if not (outer or under or number != 1.0 or len(inner) > 1 or short):
        return None
    shape = np.broadcast_shapes(*[shape_of(a) for a in inner])
    shape = (1,) * (len(x.shape) - len(shape)) + shape
    while len(inner) > 2:
        first, second, *rest = inner
        both = Var(np.broadcast_shapes(shape_of(first), shape_of(second)), v.dtype)
        inner = [*rest, r.make("multiply", (first, second), both)]
    keepdims = bool(e.params.get("keepdims") or outer or under)
    left = tuple([1 if a in axes else n for a, n in enumerate(shape) if keepdims or a not in axes])
    total = _summed(r, tuple(inner), shape, axes, keepdims, Var(left, v.dtype), short)
    factors: list[Any] = [*outer, *([number] if number != 1.0 else [])]
    for op, others in (("multiply", factors), ("divide", under)):
        for a in others:
            shape = np.broadcast_shapes(total.shape, shape_of(a) if type(a) in VALUES else ())
            total = r.make(op, (total, a), Var(shape, v.dtype))
    if total.shape == v.shape:
        return _same(total, v)
    return Equation("reshape", (total,), {"shape": v.shape, "copy": None}, (v,))


SHORT = 64
"""Up to how many numbers along the last axes are summed by `einsum`, which NumPy's `sum` is slow at."""


def _same(a: Var, v: Var) -> Equation:
    return Equation("positive", (a,), {}, (v,))


def _summed(
    r: _Rewriter,
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


def _factors(r: _Rewriter, a: Any, v: Var) -> tuple[list[Any], list[Any], float]:
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
        whole = e is not None and all(_is_inexact(b, v) and (type(b) in VALUES or _is_factor(b)) for b in e.inputs)
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
    return (over, under, number) if _is_factor(number) else ([a], [], 1.0)


def _squares(r: _Rewriter, e: Equation, axes: tuple[int, ...]) -> Equation | None:
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
        if len(over) != 2 or over[0] is not over[1] or under or number <= 0 or shape_of(over[0]) != x.shape:
            return None
        parts.append((over[0], number))
    total: Any = None
    for a, number in parts:
        one = r.make(TOTAL, (a, a), Var((), v.dtype))
        one = one if number == 1.0 else r.make("multiply", (one, number), Var((), v.dtype))
        total = one if total is None else r.make("add", (total, one), Var((), v.dtype))
    return _same(total, v)


def _mean(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    (x,) = e.inputs
    if not v.shape or not _is_inexact(x, v) or 0 in shape_of(x):
        return None
    n = prod([shape_of(x)[a] for a in reduced_axes(e)])
    return Equation("divide", (r.make("sum", (x,), v, dtype=None, **e.params), n), {}, (v,))


def _scattered(r: _Rewriter, e: Equation) -> Equation | None:
    """``scatter(v, key) + y`` adds to a part of y."""
    (v,) = e.outputs
    x1, x2 = e.inputs
    for a, y in ((x1, x2), (x2, x1)):
        spread = r.only(a, "scatter")
        if spread is None or not is_basic(spread.inputs[1]) or not v.shape:
            continue
        if type(y) is Var and (y.shape, y.dtype) == (v.shape, v.dtype):
            zeroed = r.by.get(y) if r.uses[y] == 1 else None
            if zeroed is not None and zeroed.op == WRITE_AT and _is_zeroed(zeroed, spread.inputs[1]):
                return Equation(WRITE_AT, (zeroed.inputs[0], *spread.inputs[1::-1]), {"how": "="}, (v,))
            return Equation(WRITE_AT, (y, spread.inputs[1], spread.inputs[0]), {"how": "+="}, (v,))
    return None


def _is_zeroed(e: Equation, key: Any) -> bool:
    """Whether zeros were written at an index."""
    _, own, value = e.inputs
    zero = type(value) in (int, float) and value == 0
    return e.params["how"] == "=" and zero and is_basic(own) and repr(own) == repr(key)


def _setitem(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    y = e.inputs[0]
    if type(y) in VALUES and v.shape and (shape_of(y), dtype_of(y)) == (v.shape, v.dtype):
        return Equation(WRITE_AT, e.inputs, {"how": "="}, e.outputs)
    return None


def _zeros(r: _Rewriter, e: Equation) -> Equation | None:
    """Zeros of a known shape are a constant."""
    (v,) = e.outputs
    if v.shape:
        r.instead[v] = Constant(np.zeros(v.shape, v.dtype))
    return None


def _transpose(r: _Rewriter, e: Equation) -> Equation | None:
    """The transpose of a product is the product of the transposes, which are views; that of a transpose is known."""
    twice = r.by.get(e.inputs[0]) if type(e.inputs[0]) is Var else None
    if twice is not None and twice.op == e.op and type(twice.inputs[0]) is Var:
        r.instead[e.outputs[0]] = twice.inputs[0]
        return None
    inner = r.only(e.inputs[0], "matmul")
    if inner is None or any(type(a) is not Var or len(a.shape) < 2 for a in inner.inputs):
        return None
    given = []
    for a in reversed(inner.inputs):
        turned = Var((*a.shape[:-2], a.shape[-1], a.shape[-2]), a.dtype)
        given.append(r.make("matrix_transpose", (a,), turned))
    return Equation("matmul", tuple(given), {}, e.outputs)


def _permuted(r: _Rewriter, e: Equation) -> Equation | None:
    """A permutation that turns matrices round is their transpose."""
    axes = e.params["axes"]
    n = len(axes)
    if n > 1 and [a % n for a in axes] == [*range(n - 2), n - 1, n - 2]:
        e = e._replace(op="matrix_transpose", params={})
        return _turned(r, e) or e
    return _signless(r, e)


def _turned(r: _Rewriter, e: Equation) -> Equation | None:
    return _signless(r, e) or _transpose(r, e)


Rule = Callable[[_Rewriter, Equation], Equation | None]

RULES: dict[str, Rule] = {
    "add": _add,
    "divide": _divide,
    "expand_dims": _signless,
    "matmul": _signless,
    "matrix_transpose": _turned,
    "mean": _mean,
    "multiply": _multiply,
    "negative": _negative,
    "permute_dims": _permuted,
    "reshape": _signless,
    "setitem": _setitem,
    "squeeze": _signless,
    "subtract": _subtract,
    "sum": lambda r, e: None if e.params.pop("plain", False) else _signless(r, e) or _sum(r, e),
    "zeros_like": _zeros,
}
"""What an op may become, by its name: another equation that computes the same, or None."""
