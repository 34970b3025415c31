"""Mutants of graphs: what is written down of each op, and how graphs are recorded, changed, called and compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import agrad
from agrad.interpret.record import BASE
from agrad_conformance.run import keys
from sabotage.mutant import Damage, Mutant, Patch, Row

__all__ = ["ROWS", "graph_controls", "graph_mutants"]

REFEREE = "numpy"
RECORD, GRAPH, PASSES, COMPILE = "graph.record:", "graph.graph:", "graph.passes:", "graph.compile:"
CALL = "agrad.graph.record:Recorder._call"

# Of each op ------------------------------------------------------------------------------------------

WITHOUT_VALUES = {"empty_like", "full_like", "ones_like", "zeros_like"}
"""Ops of which the values of the first argument tell nothing."""

WITHOUT_PARAMETERS = {"ones_like", "zeros_like"}
"""Ops that no sample gives any."""


def graph_mutants() -> Iterator[Mutant]:
    """Every mutant of what a graph holds of an op.

    Examples
    --------
    >>> [m.name for m in graph_mutants() if m.op == "sum"]
    ['sum/graph/frozen', 'sum/graph/parameters']
    """
    for op in _recorded():
        if op.name not in WITHOUT_VALUES:
            yield _mutant(op.name, "frozen", _frozen)
        if op.parameters[len(op.arguments) :] and op.name not in WITHOUT_PARAMETERS:
            yield _mutant(op.name, "parameters", _without_parameters)


def graph_controls() -> Iterator[Mutant]:
    """Equations written down by another function, and nothing wrong."""
    for op in _recorded():
        make = partial(Damage, patches=(_of_op(op.name, lambda recorder, call: call),))
        yield Mutant(f"{op.name}/control-graph", op.name, "control", REFEREE, make)


def _recorded() -> list[Any]:
    """Ops of which there are graphs."""
    asked = [key for key in keys(REFEREE, "full") if key.property == "traced"]
    found = [agrad.plugins.find(name) for name in dict.fromkeys(key.op for key in asked)]
    return [op for op in found if op.name not in NO_GRAPH]


NO_GRAPH = {
    "can_cast", "finfo", "iinfo", "isdtype", "result_type", "distinct", "nonzero", "unique_all", "unique_counts",
    "unique_inverse", "unique_values",
}  # fmt: skip
"""Ops about dtypes, which leave nothing in a graph, and those whose shapes depend on values, which it refuses."""

Call = tuple[list[Any], dict[str, Any]]


def _mutant(op: str, name: str, change: Callable[[Any, Call], Call]) -> Mutant:
    return Mutant(f"{op}/graph/{name}", op, "recorded", REFEREE, partial(Damage, patches=(_of_op(op, change),)))


def _of_op(op: str, change: Callable[[Any, Call], Call]) -> Patch:
    """Change what is written down of one op: its arguments and its parameters."""

    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Any, space: Any, f: Any, known: Any, args: Any, params: Any) -> Any:
            if f.op.name == op:
                args, params = change(self, (list(args), dict(params)))
            return original(self, space, f, known, args, params)

        return call

    return Patch(CALL, patch)


def _frozen(recorder: Any, call: Call) -> Call:
    """The first array that depends on the inputs stays what it was."""
    left = [1]

    def frozen(a: Any) -> Any:
        if isinstance(a, tuple | list):
            return type(a)([frozen(item) for item in a])
        if isinstance(a, agrad.Tensor) and recorder._is_own(a) and left:
            left.clear()
            return recorder._opened(a)
        return a

    args, params = call
    return [frozen(a) for a in args], params


def _without_parameters(recorder: Any, call: Call) -> Call:
    """Parameters are lost: what stands for them is what one has who gives none."""
    return call[0], {}


# Of what all share -----------------------------------------------------------------------------------


def _lists_frozen(operand: Any) -> Any:
    """Arrays in lists and indices are constants."""

    def other(self: Any, space: Any, a: Any) -> Any:
        if isinstance(a, tuple | list):
            return type(a)([operand(self, space, self._opened(item)) for item in a])
        return operand(self, space, a)

    return other


def _masks_frozen(operand: Any) -> Any:
    """So are truth values."""

    def other(self: Any, space: Any, a: Any) -> Any:
        own = isinstance(a, agrad.Tensor) and self._is_own(a) and space.isdtype(a.dtype, "bool")
        return operand(self, space, self._opened(a) if own else a)

    return other


ROWS = (
    Row("graph/lists-frozen", "recorded", RECORD + "Recorder.operand", _lists_frozen),
    Row("graph/masks-frozen", "recorded", RECORD + "Recorder.operand", _masks_frozen),
    Row("graph/leaves-frozen", "recorded", RECORD + "Recorder.lifted", lambda _: lambda self, a: _held(a)),
    Row("graph/no-guards", "recorded", RECORD + "Recorder.decided", lambda _: lambda self, t, value: None),
    Row("graph/not-stopped", "recorded", RECORD + "Recorder.stopping", lambda _: lambda self, t: t),
    Row("graph/not-replaced", "recorded", RECORD + "Recorder.replacing", lambda _: lambda self, old, new: new),
    Row("graph/guards-hold", "recorded", GRAPH + "Graph._checked", lambda _: lambda self, guard, value: True),
    Row("graph/any-shape", "recorded", GRAPH + "Graph._fitting", lambda _: lambda self, v, leaf, i: leaf),
    Row(
        "graph/handed-out-as-it-is",
        "mutated input",
        GRAPH + "Graph.handed_out",
        lambda _: lambda self, space, results, given, boxed=False: results,
    ),
    Row(
        "graph/constants-shared", "mutated input", "graph.record:Recorder._constant", lambda constant: _shared(constant)
    ),
    Row("passes/any-shape", "recorded", PASSES + "_alike", lambda _: lambda a, v: True),
    Row("passes/not-substituted", "recorded", PASSES + "_with", lambda _: lambda e, instead: e),
    Row("passes/equal-keys", "recorded", PASSES + "_key", lambda _: lambda a: None),
    Row(
        "compile/any-kind", "recorded", COMPILE + "_looked_at", lambda looked: lambda *given: _one_kind(looked(*given))
    ),
    Row(
        "compile/leaves-frozen",
        "recorded",
        COMPILE + "Compiled._recorded",
        lambda recorded: lambda self, *given: _with_leaves_frozen(recorded(self, *given)),
    ),
)


def _held(a: Any) -> Any:
    """What a leaf holds, as a constant."""
    followed = isinstance(a, agrad.Tensor) and a._node is not None and a._node.trace is BASE
    return a._space._wrap(a._value) if followed else a


def _shared(constant: Any) -> Any:
    """A constant is the caller's own array."""

    def other(self: Any, space: Any, value: Any) -> Any:
        made = constant(self, space, value)
        if not isinstance(value, agrad.Tensor):
            made.value = value
        return made

    return other


def _one_kind(looked: Any) -> Any:
    """All arguments of one structure have one graph."""
    space, _, values, boxed = looked
    return space, (), values, boxed


def _with_leaves_frozen(entry: Any) -> Any:
    """What leaves held when they were recorded is used."""
    return entry._replace(leaves=[agrad.tensor(t.detach()) for t in entry.leaves])
