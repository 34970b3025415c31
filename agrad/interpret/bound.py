"""An op bound to a namespace: the backend's function, how it is called, and what its rules ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from agrad.declare import Op, Partial, select
from agrad.interpret.space import Space

__all__ = ["Bound", "Call", "names_of"]

Params = dict[str, Any]
Call = Callable[[Sequence[Any], Params], Any]


@cache
def names_of(rule: Partial) -> tuple[str, ...]:
    """The names that a rule asks for, in its own order; a rule of any number of values says them by ``rule.names``."""
    if (names := getattr(rule, "names", None)) is not None:
        return tuple(names)
    if isinstance(rule, select):
        return tuple(dict.fromkeys(names_of(rule.condition) + names_of(rule.tie)))
    if callable(rule):
        code = rule.__code__
        return code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return ()


class Bound:
    """What the interpretations know of one op in one namespace."""

    __slots__ = (
        "_needs",
        "arguments",
        "call",
        "impl",
        "keeps",
        "lies",
        "needed",
        "node",
        "op",
        "own",
        "pushing",
        "rules",
        "space",
        "values",
    )

    def __init__(self, op: Op, space: Space, impl: Callable[..., Any]) -> None:
        self.op = op
        self.space = space
        self.impl = impl
        self.call = _caller(op, impl)
        """The backend's function, called with data arguments and a dict of parameters."""
        self.arguments = op.arguments
        self.rules = op.rules
        self.own = [op.kind == "linear" and rule is not None for rule in self.rules]
        """Of which arguments rules get shape and dtype, not the value."""
        own = op.arguments if op.kind == "bilinear" else ()  # of its own argument, such a rule gets the aval
        words = {"xp", "ct", *(("given",) if op.several else ())}
        self.needed = [frozenset(names_of(rule)) - words - {*own[i : i + 1]} for i, rule in enumerate(self.rules)]
        """What the reverse rule of each argument names of values and parameters."""
        self.values = {
            "out",
            "kept",
            *(n for n, rule in zip(self.arguments, self.rules, strict=True) if rule is not None),
        }
        """Names of what may be followed when a rule is called."""
        named = frozenset[str]().union(*self.needed)
        self.keeps = frozenset(
            i
            for i, (name, rule) in enumerate(zip(self.arguments, self.rules, strict=True))
            if rule is None and name in named
        )
        """Indices, masks and lists, which rules read later."""
        self._needs: dict[tuple[int, ...], frozenset[str]] = {}
        self.pushing: Any = None
        """The forward rules, made ready when first needed."""
        self.lies: dict[Any, Any] = {}
        """Of a composite: what is known of its results' memory, by what its arguments are."""
        self.node: Any = None
        """The node class of the general path, made when first needed."""

    def needs(self, followed: tuple[int, ...]) -> frozenset[str]:
        """What the reverse rules of these arguments name."""
        found = self._needs.get(followed)
        if found is None:
            found = self._needs[followed] = frozenset[str]().union(*[self.needed[i] for i in followed])
        return found

    def __repr__(self) -> str:
        return f"{self.space!r}.{self.op.name}"


def _caller(op: Op, impl: Callable[..., Any]) -> Call:
    """A function of data and parameters that passes everything as the standard's signature wants it."""
    leading = [p for p in op.parameters if p.kind != "keyword"]
    if op.keywords or any(p.kind == "star" for p in leading) or not op.arguments:
        return _by_name(op, impl)
    rest = [p.name for p in leading[op.arity :]]
    if not rest:
        return lambda args, params: impl(*args, **params)
    if len(leading) == len(op.parameters):
        if len(rest) == 1:
            (name,) = rest
            return lambda args, params: impl(*args, params[name])
        return lambda args, params: impl(*args, *[params[n] for n in rest])

    if len(rest) == 1:
        (first,) = rest

        def one(args: Sequence[Any], params: Params) -> Any:
            named = params.copy()
            return impl(*args, named.pop(first), **named)

        return one

    def call(args: Sequence[Any], params: Params) -> Any:
        named = params.copy()
        return impl(*args, *[named.pop(n) for n in rest], **named)

    return call


def _by_name(op: Op, impl: Callable[..., Any]) -> Call:
    """The same where data do not come first, or come in any number."""
    arguments = op.arguments
    places = [(p.name, p.kind) for p in op.parameters]

    def call(args: Sequence[Any], params: Params) -> Any:
        given = dict(zip(arguments, args, strict=True)) | params
        listed: list[Any] = []
        named: Params = {}
        for name, kind in places:
            if kind == "keyword":
                named[name] = given[name]
            elif kind == "star":
                listed += given[name]
            else:
                listed.append(given[name])
        return impl(*listed, **named)

    return call
