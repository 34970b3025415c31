"""A Graph on plain arrays of any backend: one call after the other, with everything looked up before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.arrays.namespaces import Namespace
from agrad.graph.graph import GUARD, HERE, PASSING, REPLACE, Capture, Constant, Dtype, Graph, Var, at_home, mapped
from agrad.ops._shapes import device_of

__all__ = ["jitted", "replayed"]


def replayed(graph: Graph, space: Namespace) -> Callable[[Sequence[Any]], list[Any] | None]:
    """A function of the values of inputs and captured leaves that returns those of the outputs.

    It returns None where a guard does not hold.
    """
    run = _steps(graph, space)

    def replay(values: Sequence[Any]) -> list[Any] | None:
        return run(values, lambda value, expected: bool(value) == expected)

    return replay


def jitted(
    graph: Graph, space: Namespace, jit: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[[Sequence[Any]], list[Any] | None]:
    """The same through a library's own compiler of functions of arrays; guards are asked afterwards."""
    arrays = [v for v in graph.outputs if type(v) in (Var, Constant, Capture)]
    run = _steps(graph.replaced(graph.equations, arrays), space)
    expected = [e.params["is"] for e in graph.guards]

    @jit
    def whole(values: Sequence[Any]) -> tuple[Any, list[Any]]:
        conditions: list[Any] = []

        def noted(value: Any, expected: bool) -> bool:
            conditions.append(value)
            return True

        return run(values, noted), conditions

    def replay(values: Sequence[Any]) -> list[Any] | None:
        out, conditions = whole(values)
        if any(bool(c) != e for c, e in zip(conditions, expected, strict=True)):
            return None
        found = iter(out)
        return [next(found) if type(v) in (Var, Constant, Capture) else v for v in graph.outputs]

    return replay


def _steps(graph: Graph, space: Namespace) -> Callable[[Sequence[Any], Callable[[Any, bool], bool]], list[Any] | None]:
    """What runs a graph on plain arrays, given what decides whether a guard holds."""
    steps = []
    for e in graph.equations:
        f = None if e.op == GUARD or e.op in PASSING else e.own or space._bind(e.op)
        params = {n: getattr(space._raw, v) if type(v) is Dtype else v for n, v in e.params.items()}
        steps.append((e, f, params, HERE in params.values()))
    constants = {c: at_home(space, c) for c in graph.constants}
    given = [*graph.inputs, *graph.captures]

    def run(values: Sequence[Any], holds: Callable[[Any, bool], bool]) -> list[Any] | None:
        known: dict[Any, Any] = constants | dict(zip(given, values, strict=True))

        def value(a: Any) -> Any:
            return known[a] if type(a) in (Var, Constant, Capture) else a

        for e, f, params, located in steps:
            args = [known[a] if type(a) is Var else mapped(value, a) for a in e.inputs]
            if f is None:
                if e.op != GUARD:
                    known[e.outputs[0]] = args[-1] if e.op == REPLACE else args[0]
                elif not holds(args[0], params["is"]):
                    return None
                continue
            if located:
                here = next(device_of(x) for x in values if hasattr(x, "dtype"))
                params = {n: here if v is HERE else v for n, v in params.items()}
            out = f.call(args, params)
            for v, item in zip(e.outputs, out if e.several else (out,), strict=True):
                known[v] = item
        return [mapped(value, a) for a in graph.outputs]

    return run
