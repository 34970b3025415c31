"""An op bound to a namespace: the backend's function, the compiled call, and what its rules need."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from agrad.declare import Op, Partial, select
from agrad.interpret.space import Space

__all__ = ["Bound", "names_of"]


@cache
def names_of(rule: Partial) -> tuple[str, ...]:
    """The names that a rule asks for, in its own order."""
    if isinstance(rule, select):
        return tuple(dict.fromkeys(names_of(rule.condition) + names_of(rule.tie)))
    if callable(rule):
        code = rule.__code__
        return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return ()


class Bound:
    """What the interpretations know of one op in one namespace."""

    __slots__ = ("arguments", "call", "impl", "node", "op", "places", "space", "vjp_names")

    def __init__(self, op: Op, space: Space, impl: Callable[..., Any]) -> None:
        self.op = op
        self.space = space
        self.impl = impl
        self.call = _caller(op)
        self.arguments = op.arguments
        self.places = {name: i for i, name in enumerate(op.arguments)}
        own = op.arguments if op.kind == "bilinear" else ()  # of its own argument, such a rule gets the aval
        self.vjp_names = tuple(frozenset(names_of(rule)) - {*own[i : i + 1]} for i, rule in enumerate(op.vjp))
        self.node: Any = None
        """The node class of the general path, made when first needed."""

    def needs(self, argument: int) -> frozenset[str]:
        """Names that the VJP of one argument asks for."""
        return self.vjp_names[0 if self.op.joint else argument]

    def __repr__(self) -> str:
        return f"{self.space!r}.{self.op.name}"


def _caller(op: Op) -> Callable[[Callable[..., Any], Any, dict[str, Any]], Any]:
    """A function ``call(f, args, params)`` that passes everything as the standard's signature wants it."""
    parts = []
    for i, p in enumerate(op.parameters):
        value = f"a[{i}]" if i < op.arity else f"p[{p.name!r}]"
        parts.append({"star": f"*{value}", "keyword": f"{p.name}={value}"}.get(p.kind, value))
    return eval(f"lambda f, a, p: f({', '.join(parts)})")  # type: ignore[no-any-return]
