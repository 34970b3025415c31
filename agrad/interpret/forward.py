"""The forward interpretation of an op: compute it one level further out and carry the tangent along."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from agrad.errors import GraphError
from agrad.interpret.apply import decompose, execute, raw_of, split
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.levels import Trace
from agrad.interpret.record import with_residual
from agrad.interpret.reverse import plus
from agrad.interpret.rules import caller, checked, environment, prepared, restore, times

__all__ = ["Dual", "ForwardTrace"]

Params = dict[str, Any]
Tangents = dict[tuple[int, int], Any]


class ForwardTrace(Trace):
    """A run of the forward interpretation."""

    __slots__ = ()

    def process(self, f: Bound, args: Sequence[Any], params: Params) -> Any:
        """Compute one level out and carry the tangent along."""
        return decompose(f, args, params) if f.op.kind == "composite" else push(f, self, args, params)


class Dual:
    """What a forward trace knows of a value: its tangent."""

    __slots__ = ("__weakref__", "tangent", "trace")

    def __init__(self, trace: Trace, tangent: Any) -> None:
        self.trace = trace
        self.tangent = tangent

    def __repr__(self) -> str:
        return "<Dual>"


def push(f: Bound, trace: Trace, args: Sequence[Any], params: Params) -> Any:
    """Compute one level out and carry the tangent along."""
    space, op = f.space, f.op
    values, slots, followed = split(f, trace, args)
    tangents = {
        s: a._node.tangent
        for s, a in zip(slots, followed, strict=True)
        if a._node.tangent is not None
    }
    if op.residual is None or not tangents:
        out, kept = execute(f, values, params), None
    else:
        out, kept = with_residual(f, values, params)
    if not tangents or (op.outputs == 1 and not space._aval_of(out).inexact):
        return space._wrap(out)
    push_it: Callable[..., Any] = PUSHES.get(op.kind, _push_rule)
    t = push_it(f, values, params, (out, kept), tangents)
    if t is None:
        return space._wrap(out)
    if op.outputs == 1:
        return _dual(f, trace, out, t)
    return space._rebuild(out, [_dual(f, trace, o, ti) for o, ti in zip(out, t, strict=True)])


def _dual(f: Bound, trace: Trace, out: Any, t: Any) -> Any:
    space = f.space
    aval = space._aval_of(out)
    if t is None or not aval.inexact:
        return space._wrap(out)
    if t.shape != aval.shape or t.dtype != aval.dtype:
        t = restore(f, space if type(t) is space._tensor else space._raw, t, aval)
    return space._box(out, aval, Dual(trace, t))


def _push_linear(f: Bound, values: list[Any], params: Params, results: Any, tangents: Tangents) -> Any:
    def direction(i: int, j: int, v: Any) -> Any:
        if (i, j) in tangents:
            return tangents[i, j]
        if type(v) in (int, float, complex, bool) or v is None:
            return 0.0
        return f.space._raw.zeros_like(raw_of(v))

    moved = [
        v
        if f.rules[i] is None
        else [direction(i, j, item) for j, item in enumerate(v)]
        if type(v) is list or type(v) is tuple
        else direction(i, -1, v)
        for i, v in enumerate(values)
    ]
    return execute(f, moved, params)


def _push_bilinear(f: Bound, values: list[Any], params: Params, results: Any, tangents: Tangents) -> Any:
    return _sum(
        execute(f, [t if k == i else v for k, v in enumerate(values)], params) for (i, _), t in tangents.items()
    )


def _push_elementwise(f: Bound, values: list[Any], params: Params, results: Any, tangents: Tangents) -> Any:
    def term(i: int, t: Any) -> Any:
        rule = f.op.vjp[i]
        env = prepared(f, environment(f, frozenset(names_of(rule)) - {"xp"}, values, params, *results), {"t": t})
        return times(rule)(env, env["t"], False)

    return _sum(term(i, t) for (i, _), t in tangents.items())


def _push_rule(f: Bound, values: list[Any], params: Params, results: Any, tangents: Tangents) -> Any:
    def term(i: int, t: Any) -> Any:
        rule = f.op.jvp[i]
        if rule is None:
            raise GraphError(f"{f.op.name!r} has no JVP rule: use reverse mode, or give it one (jvp=)")
        env = prepared(f, environment(f, frozenset(names_of(rule)) - {"xp", "t"}, values, params, *results), {"t": t})
        out = results[0]
        avals = [f.space._aval_of(o) for o in (out if f.op.several else (out,))]
        return checked(f, env["t"], caller(rule)(env), avals, f"the JVP rule for {f.arguments[i]!r}")

    return _sum(term(i, t) for (i, _), t in tangents.items())


PUSHES: dict[str, Callable[..., Any]] = {
    "linear": _push_linear,
    "bilinear": _push_bilinear,
    "elementwise": _push_elementwise,
}
"""How the tangents of an op's arguments make that of its result, by the kind of its declaration."""


def _sum(parts: Iterable[Any]) -> Any:
    total: Any = None
    for p in parts:
        if total is None:
            total = p
        elif isinstance(p, tuple):
            total = tuple(plus(a, b) for a, b in zip(total, p, strict=True))
        elif p is not None:
            total = plus(total, p)
    return total
