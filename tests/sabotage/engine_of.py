"""What the engine does to one op's tangents and cotangents, changed for that op alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sabotage.changes import double
from sabotage.mutant import Patch
from sabotage.wrapping import each

__all__ = ["dropped_shapes", "leaking", "leaking_tangent", "pushed"]

DUAL, CARRIED = "agrad.interpret.forward:_dual", "agrad.interpret.forward:carried"
RESTORE = "agrad.interpret.rules:restore"
FAST, GENERAL = "agrad.interpret.nodes:_class", "agrad.interpret.record:_puller"
REVERSE = ("agrad.interpret.record", "agrad.interpret.nodes")
"""Where cotangents get their arguments' shapes and dtypes; forward mode does so with the same function."""


def pushed(op: str, change: Callable[[Any, Any], Any]) -> tuple[Patch, ...]:
    """Change the tangents that one op, of whatever kind, pushes forward."""
    return _tangents(op, change, lambda f, made: None)


def leaking_tangent(op: str) -> tuple[Patch, ...]:
    """Push tangents of double precision, which nothing casts back."""

    def leak(f: Any, made: Any) -> None:
        node = getattr(made, "_node", None)
        if node is not None:
            node.tangent = double(f.space, node.tangent)

    return _tangents(op, lambda xp, t: t, leak)


def _tangents(op: str, before: Callable[[Any, Any], Any], after: Callable[[Any, Any], None]) -> tuple[Patch, ...]:
    """Change what one op pushes forward, on its general way and on the fast one: before it is boxed, and after."""

    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def boxed(f: Any, *given: Any) -> Any:
            *others, t = given
            if f.op.name != op:
                return original(f, *given)
            made = original(f, *others, each(lambda part: before(f.space, part), t))
            after(f, made)
            return made

        return boxed

    return Patch(DUAL, patch), Patch(CARRIED, patch)


def leaking(op: str, change: Callable[[Any, Any], Any]) -> tuple[Patch, ...]:
    """Change what one op's pulls return, on its general way and on the fast ones: nothing casts it any more."""

    def pulling(f: Any, pull: Callable[..., Any]) -> Callable[..., Any]:
        def changed(g: Any) -> Any:
            return change(f.space if type(g) is f.space._tensor else f.space._raw, g)

        return (lambda saved, ct: each(changed, pull(saved, ct))) if f.op.name == op else pull

    def classes(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda f, pull, *rest: original(f, pulling(f, pull), *rest)

    def pullers(original: Callable[..., Any]) -> Callable[..., Any]:
        return lambda f: pulling(f, original(f))

    return Patch(FAST, classes), Patch(GENERAL, pullers)


def dropped_shapes(op: str) -> tuple[Patch, ...]:
    """Give cotangents their arguments' dtype, and leave them in the shape of the result."""

    def patch(original: Callable[..., Any]) -> Callable[..., Any]:
        def restore(f: Any, xp: Any, g: Any, aval: Any) -> Any:
            return g if f.op.name == op else original(f, xp, g, aval)

        return restore

    return tuple([Patch(RESTORE, patch, module) for module in REVERSE])
