"""The forward interpretation of an op: compute it one level further out and carry the tangent along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agrad.errors import GraphError
from agrad.interpret.apply import execute, raw_of, split
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.levels import Trace
from agrad.interpret.reverse import plus
from agrad.interpret.rules import call, checked, environment, prepared, restore, times

__all__ = ["Dual", "ForwardTrace"]

Params = dict[str, Any]
Tangents = dict[tuple[int, int], Any]


class ForwardTrace(Trace):
    """A run of the forward interpretation."""

    __slots__ = ()

    def process(self, f: Bound, args: Sequence[Any], params: Params) -> Any:
        """Compute one level out and carry the tangent along."""
        return push(f, self, args, params)


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
    tensor = f.space._tensor
    values, slots, followed = split(tensor, trace, args)
    out = execute(f, tensor, values, params)
    space, op = f.space, f.op
    if not op.several and not space._aval_of(out).inexact:
        return space._wrap(out)
    tangents = {
        s: a._node.tangent
        for s, a in zip(slots, followed, strict=True)
        if a._node.tangent is not None and (op.joint or op.vjp[s[0]] is not None)
    }
    if not tangents:
        return space._wrap(out)
    rule = {"linear": _push_linear, "bilinear": _push_bilinear}.get(op.kind, _push_rule)
    t = rule(f, tensor, values, params, out, tangents)
    if t is None:
        return space._wrap(out)
    if not op.several:
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


def _push_linear(f: Bound, tensor: Any, values: list[Any], params: Params, out: Any, tangents: Tangents) -> Any:
    def direction(i: int, j: int, v: Any) -> Any:
        if (i, j) in tangents:
            return tangents[i, j]
        if type(v) in (int, float, complex, bool) or v is None:
            return 0.0
        return f.space._raw.zeros_like(raw_of(v))

    moved = [
        v
        if f.op.vjp[i] is None
        else [direction(i, j, item) for j, item in enumerate(v)]
        if type(v) is list
        else direction(i, -1, v)
        for i, v in enumerate(values)
    ]
    return execute(f, tensor, moved, params)


def _push_bilinear(f: Bound, tensor: Any, values: list[Any], params: Params, out: Any, tangents: Tangents) -> Any:
    return _sum(
        execute(f, tensor, [t if k == i else v for k, v in enumerate(values)], params) for (i, _), t in tangents.items()
    )


def _push_rule(f: Bound, tensor: Any, values: list[Any], params: Params, out: Any, tangents: Tangents) -> Any:
    op = f.op
    parts = []
    for (i, _), t in tangents.items():
        rule: Any = op.vjp[i] if op.kind == "elementwise" else op.jvp[i]
        if rule is None:
            raise GraphError(f"{op.name!r} has no JVP rule: use reverse mode, or give it one (jvp=)")
        env = environment(f, names_of(rule), values, params, out)
        names = prepared(f, env, {"t": t})
        parts.append(
            times(names["xp"], rule, names, names["t"])
            if op.kind == "elementwise"
            else checked(f, t, call(rule, names))
        )
    return _sum(parts)


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
