"""Passes: each takes a Graph and returns one that computes the same, by fewer or cheaper equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.arrays.convert import dtype_name
from agrad.arrays.namespaces import namespace
from agrad.arrays.tensors import Tensor
from agrad.graph.graph import GUARD, Constant, Equation, Graph, Var, mapped, needed, variables
from agrad.graph.structure import triangular

__all__ = ["PASSES", "common_subexpressions", "dead_code", "peepholes", "simplified", "uniform_constants"]

Substitution = dict[Any, Any]


def simplified(graph: Graph) -> Graph:
    """All passes, in order.

    Examples
    --------
    >>> import agrad, numpy
    >>> graph = agrad.trace(lambda x: (x * 2.0, x * 2.0, x + 3.0)[:2], numpy.ones(3))
    >>> len(graph.equations), len(simplified(graph).equations)
    (3, 1)
    """
    for change in PASSES:
        graph = change(graph)
    return graph


def dead_code(graph: Graph) -> Graph:
    """Without equations whose results nobody reads; guards are read."""
    alive = set(variables(graph.outputs))
    kept = []
    for e in reversed(graph.equations):
        if e.op == GUARD or any(v in alive for v in e.outputs):
            kept.append(e)
            alive.update(needed(e))
    return graph.replaced(kept[::-1])


def common_subexpressions(graph: Graph) -> Graph:
    """Each op on the same operands once, and each guard."""
    known: dict[Any, Equation] = {}
    made: list[Equation] = []
    instead: Substitution = {}
    for e in graph.equations:
        e = _with(e, instead)
        given = _key(e.inputs)
        if e.op in COMMUTATIVE:
            given = frozenset(given[1:])
        key = (e.op, id(e.own), given, _key(tuple(sorted(e.params.items()))))
        before = known.get(key)
        if before is None:
            known[key] = e
            made.append(e)
        else:
            instead.update(zip(e.outputs, before.outputs, strict=True))
    return _finished(graph, made, instead)


COMMUTATIVE = ("add", "multiply")
"""Ops of two numbers that give the same bits either way round."""


def peepholes(graph: Graph) -> Graph:
    """Without equations that return what they are given, and with pairs that undo each other taken out."""
    made: list[Equation] = []
    instead: Substitution = {}
    by: dict[Any, Equation] = {}
    for e in graph.equations:
        e = _with(e, instead)
        rule = RULES.get(e.op)
        found = rule(e, by) if rule is not None and len(e.outputs) == 1 else None
        if found is not None and _alike(found, e.outputs[0]):
            instead[e.outputs[0]] = found
        else:
            made.append(e)
            by.update(dict.fromkeys(e.outputs, e))
    return _finished(graph, made, instead)


def uniform_constants(graph: Graph) -> Graph:
    """With Python numbers in place of arrays of one number, in arithmetic that gives the same with either."""
    numbers = {c: _one_number(graph, c) for c in graph.constants}

    def changed(e: Equation) -> Equation:
        if e.op not in ("add", "subtract", "multiply", "divide"):
            return e
        (v,) = e.outputs
        x1, x2 = e.inputs
        if numbers.get(x2) is not None and _alike(x1, v) and _dtype_of(graph, x2) == v.dtype:
            return e._replace(inputs=(x1, numbers[x2]))
        if numbers.get(x1) is not None and _alike(x2, v) and _dtype_of(graph, x1) == v.dtype:
            return e._replace(inputs=(numbers[x1], x2))
        return e

    numbers = {c: n for c, n in numbers.items() if n is not None}
    return graph.replaced([changed(e) for e in graph.equations]) if numbers else graph


def _one_number(graph: Graph, c: Constant) -> float | None:
    """The number that a real constant is full of; None where it is not, or is a zero, of which there are two."""
    if isinstance(c.value, Tensor) or not c.value.shape or 0 in c.value.shape:
        return None
    xp = namespace(graph.backend)._raw
    if not xp.isdtype(c.value.dtype, "real floating"):
        return None
    first = c.value[(0,) * len(c.value.shape)]
    return float(first) or None if bool(xp.all(c.value == first)) else None


def _dtype_of(graph: Graph, c: Constant) -> str:
    return dtype_name(namespace(graph.backend), c.value.dtype)


PASSES: Sequence[Callable[[Graph], Graph]] = (
    dead_code,
    uniform_constants,
    peepholes,
    common_subexpressions,
    triangular,
    dead_code,
)


# Peepholes: what an equation's result is, where it is one that is known already; `by` names the maker of a value ------


def _argument(e: Equation) -> Any:
    return e.inputs[0]


def _twice(e: Equation, by: dict[Any, Equation]) -> Any:
    """The argument's argument, where the op undoes itself."""
    inner = by.get(e.inputs[0]) if isinstance(e.inputs[0], Var) else None
    return inner.inputs[0] if inner is not None and inner.op == e.op and inner.params == e.params else None


def _permuted(e: Equation, by: dict[Any, Equation]) -> Any:
    axes = e.params["axes"]
    if tuple(axes) == tuple(range(len(axes))):
        return e.inputs[0]
    inner = by.get(e.inputs[0]) if isinstance(e.inputs[0], Var) else None
    if inner is None or inner.op != e.op:
        return None
    return inner.inputs[0] if [inner.params["axes"][i] for i in axes] == list(range(len(axes))) else None


def _neutral(number: float, either: bool) -> Callable[[Equation, dict[Any, Equation]], Any]:
    """The other operand, where one is Python's neutral number."""

    def rule(e: Equation, by: dict[Any, Equation]) -> Any:
        x1, x2 = e.inputs
        if _is_number(x2, number):
            return x1
        return x2 if either and _is_number(x1, number) else None

    return rule


def _is_number(a: Any, number: float) -> bool:
    return type(a) in (int, float) and a == number


def _is_cast(e: Equation, by: dict[Any, Equation]) -> Any:
    return e.inputs[0] if e.params["dtype"] == getattr(e.inputs[0], "dtype", None) else None


RULES: dict[str, Callable[[Equation, dict[Any, Equation]], Any]] = {
    "astype": _is_cast,
    "broadcast_to": lambda e, by: _argument(e),
    "conj": _twice,
    "divide": _neutral(1, either=False),
    "expand_dims": lambda e, by: _argument(e),
    "matrix_transpose": _twice,
    "multiply": _neutral(1, either=True),
    "negative": _twice,
    "permute_dims": _permuted,
    "positive": lambda e, by: _argument(e),
    "reshape": lambda e, by: _argument(e),
    "squeeze": lambda e, by: _argument(e),
}
"""What may be known already; where it has another shape or dtype, it is not."""


def _alike(a: Any, v: Var) -> bool:
    return isinstance(a, Var) and not a.weak and (a.shape, a.dtype) == (v.shape, v.dtype)


# Replacing --------------------------------------------------------------------------------------------


def _with(e: Equation, instead: Substitution) -> Equation:
    if not instead:
        return e

    def change(a: Any) -> Any:
        return instead.get(a, a) if type(a) is Var else a

    return e._replace(inputs=mapped(change, e.inputs), params={n: mapped(change, v) for n, v in e.params.items()})


def _finished(graph: Graph, equations: list[Equation], instead: Substitution) -> Graph:
    outputs = [mapped(lambda a: instead.get(a, a) if type(a) is Var else a, a) for a in graph.outputs]
    return graph.replaced(equations, outputs)


def _key(a: Any) -> Any:
    """What tells operands apart: 1, 1.0 and True are three, and so are the two zeros."""
    kind = type(a)
    if kind is tuple or kind is list:
        return kind.__name__, *[_key(item) for item in a]
    if kind is slice:
        return "slice", a.start, a.stop, a.step
    if kind is Var or kind is Constant:
        return a
    return kind.__name__, repr(a)
