"""What a graph is made into before it is written: fewer and cheaper equations that compute the same on NumPy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from agrad.graph.graph import REPLACE, STOP, VALUES, Constant, Equation, Graph, Var, mapped, needed, variables
from agrad.graph.passes import dead_code
from agrad_numpy.compiling.calls import (
    ADD_WHERE,
    BITS,
    WRITE_AT,
    Source,
    dtype_of,
    is_basic,
    shape_of,
)
from agrad_numpy.compiling.parts import is_pointwise
from agrad_numpy.compiling.sums import is_factor, is_inexact, mean_of, same, sum_of

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


def _without_sign(r: _Rewriter, a: Any) -> Any:
    """What a value is the negative of, where nobody else reads it."""
    e = r.only(a, "negative")
    return None if e is None else e.inputs[0]


def _add(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    x1, x2 = e.inputs
    if e.params or not (is_inexact(x1, v) and is_inexact(x2, v)):
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
        if zero != 0 or shape_of(condition) != v.shape or type(term) not in VALUES or not is_inexact(term, v):
            continue
        number: float = 1.0
        scaled = r.only(term, "multiply")
        if scaled is not None and type(scaled.inputs[0]) in VALUES and is_factor(scaled.inputs[1]):
            term, number = scaled.inputs[0], float(scaled.inputs[1])
        if shape_of(term) == v.shape and dtype_of(term) == v.dtype:
            r.uses[term] += 1
            return Equation(ADD_WHERE, (b, condition, term, number), {}, (v,))
    return None


def _subtract(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    x1, x2 = e.inputs
    if is_inexact(x1, v) and is_inexact(x2, v) and (y := _without_sign(r, x2)) is not None:
        return e._replace(op="add", inputs=(x1, y))
    return None


def _multiply(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    x1, x2 = e.inputs
    if not (is_inexact(x1, v) and is_inexact(x2, v)):
        return None
    for a, b in ((x1, x2), (x2, x1)):
        if (y := _without_sign(r, a)) is not None:
            if is_factor(b):
                return e._replace(inputs=(y, -b))
            return e._replace(op="negative", inputs=(r.make("multiply", (y, b), v),))
        inner = r.only(a, "multiply", "divide")
        if inner is None or not v.dtype.startswith("float"):
            continue
        u, w = inner.inputs
        if inner.op == "multiply" and is_factor(b):
            for number, x in ((u, w), (w, u)):
                if is_factor(number) and type(x) in VALUES and is_inexact(x, v):
                    factor = number * b
                    if factor == 1 and type(x) is Var and x.shape == v.shape and not x.weak:
                        return same(x, v)
                    return e._replace(inputs=(x, factor)) if is_factor(factor) else None
        if inner.op == "divide" and type(u) in (int, float) and u == 1 and shape_of(w) == v.shape:
            return e._replace(op="divide", inputs=(b, w)) if is_inexact(w, v) else None
    return None


def _divide(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    x1, x2 = e.inputs
    if not (is_inexact(x1, v) and is_inexact(x2, v)):
        return None
    over, under = _without_sign(r, x1), _without_sign(r, x2)
    if (over is None) == (under is None):
        return None
    given = (x1 if over is None else over, x2 if under is None else under)
    return e._replace(op="negative", inputs=(r.make("divide", given, v),))


def _negative(r: _Rewriter, e: Equation) -> Equation | None:
    (v,) = e.outputs
    if (y := _without_sign(r, e.inputs[0])) is not None and is_inexact(y, v):
        return same(y, v)
    inner = r.only(e.inputs[0], "multiply")
    if inner is None or not all(is_inexact(a, v) for a in inner.inputs):
        return None
    for number, x in (inner.inputs, inner.inputs[::-1]):
        if is_factor(number) and type(x) in VALUES:
            return e._replace(op="multiply", inputs=(x, -number))
    return None


def _signless(r: _Rewriter, e: Equation) -> Equation | None:
    """A linear op of a negative: the negative of its result, where that has no more elements."""
    (v,) = e.outputs
    x = e.inputs[0]
    if not is_inexact(x, v) or type(x) is not Var or prod(v.shape) > prod(x.shape) or e.params.get("dtype"):
        return None
    y = _without_sign(r, x)
    if y is None:
        return None
    return Equation("negative", (r.make(e.op, (y, *e.inputs[1:]), v, **e.params),), {}, (v,))


# Sums, products and parts of arrays -------------------------------------------------------------------


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
    "mean": mean_of,
    "multiply": _multiply,
    "negative": _negative,
    "permute_dims": _permuted,
    "reshape": _signless,
    "setitem": _setitem,
    "squeeze": _signless,
    "subtract": _subtract,
    "sum": lambda r, e: None if e.params.pop("plain", False) else _signless(r, e) or sum_of(r, e),
    "zeros_like": _zeros,
}
"""What an op may become, by its name: another equation that computes the same, or None."""
