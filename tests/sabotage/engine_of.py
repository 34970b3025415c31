"""What the engine does to one op's tangents and cotangents, changed for that op alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sabotage.changes import double
from sabotage.mutant import Patch
from sabotage.wrapping import each

__all__ = ["dropped_shapes", "leaking", "leaking_tangent", "pushed"]

DUAL, RESTORE = "agrad.interpret.forward:_dual", "agrad.interpret.rules:restore"
REVERSE = ("agrad.interpret.record", "agrad.interpret.nodes")
"""Where cotangents get their arguments' shapes and dtypes; forward mode does so with the same function."""


def pushed(op: str, change: Callable[[Any, Any], Any]) -> Patch:
    """Change the tangents that one op, of whatever kind, pushes forward."""

    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def push(f: Any, trace: Any, out: Any, t: Any) -> Any:
            if f.op.name == op:
                t = each(lambda part: change(f.space, part), t)
            return original(f, trace, out, t)

        return push

    return Patch(DUAL, patch)


def leaking_tangent(op: str) -> Patch:
    """Push tangents of double precision, which nothing casts back."""

    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def push(f: Any, trace: Any, out: Any, t: Any) -> Any:
            made = original(f, trace, out, t)
            node = getattr(made, "_node", None)
            if f.op.name == op and node is not None:
                node.tangent = double(f.space, node.tangent)
            return made

        return push

    return Patch(DUAL, patch)


def leaking(op: str, change: Callable[[Any, Any], Any]) -> tuple[Patch, ...]:
    """Change what has been given its argument's shape and dtype already."""

    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def restore(f: Any, xp: Any, g: Any, aval: Any) -> Any:
            g = original(f, xp, g, aval)
            return change(xp, g) if f.op.name == op and g is not None else g

        return restore

    return tuple([Patch(RESTORE, patch, module) for module in REVERSE])


def dropped_shapes(op: str) -> tuple[Patch, ...]:
    """Give cotangents their arguments' dtype, and leave them in the shape of the result."""

    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def restore(f: Any, xp: Any, g: Any, aval: Any) -> Any:
            return g if f.op.name == op else original(f, xp, g, aval)

        return restore

    return tuple([Patch(RESTORE, patch, module) for module in REVERSE])
