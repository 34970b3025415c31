"""A Graph on plain arrays of any backend: one call after the other, with everything looked up before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.arrays.namespaces import Namespace
from agrad.graph.graph import REPLACE, STOP, VALUES, Equation, Graph
from agrad.interpret.bound import Bound

__all__ = ["jitted", "replayed"]

Replay = Callable[[Sequence[Any]], list[Any] | None]
"""Takes the values of inputs and captured leaves, and returns those of the outputs, or None: a guard does not hold."""

PLAIN: dict[str, Callable[..., Any]] = {STOP: lambda x: x, REPLACE: lambda old, new: new}
"""What is about derivatives, where nothing is followed."""


def replayed(graph: Graph, space: Namespace) -> Replay:
    """The graph by calls of the backend's functions."""
    given = [*graph.inputs, *graph.captures]

    def replay(values: Sequence[Any]) -> list[Any] | None:
        return graph.evaluated(space, dict(zip(given, values, strict=True)), _called, _holds, PLAIN)

    return replay


def jitted(graph: Graph, space: Namespace, jit: Callable[[Callable[..., Any]], Callable[..., Any]]) -> Replay:
    """The same through a library's own compiler of functions of arrays; guards are asked afterwards."""
    arrays = [v for v in graph.outputs if type(v) in VALUES]
    inner = graph.replaced(graph.equations, arrays)
    given = [*graph.inputs, *graph.captures]

    @jit
    def whole(values: Sequence[Any]) -> tuple[Any, list[Any]]:
        conditions: list[Any] = []

        def noted(guard: Equation, value: Any) -> bool:
            conditions.append(value)
            return True

        return inner.evaluated(space, dict(zip(given, values, strict=True)), _called, noted, PLAIN), conditions

    def replay(values: Sequence[Any]) -> list[Any] | None:
        out, conditions = whole(values)
        if not all(map(_holds, graph.guards, conditions)):
            return None
        found = iter(out)
        return [next(found) if type(v) in VALUES else v for v in graph.outputs]

    return replay


def _called(f: Bound, args: list[Any], params: dict[str, Any]) -> Any:
    return f.call(args, params)


def _holds(guard: Equation, value: Any) -> bool:
    return bool(bool(value) == guard.params["is"])
