"""The forward interpretation of an op: compute it one level further out and carry the tangent along."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.errors import GraphError
from agrad.interpret.apply import decompose, execute, raw_of, split
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.levels import Trace
from agrad.interpret.record import with_residual
from agrad.interpret.reverse import plus
from agrad.interpret.rules import caller, checked, environment, prepared, restore, times, zeros

__all__ = ["Dual", "ForwardTrace", "carried"]

Params = dict[str, Any]
Tangents = dict[tuple[int, int], Any]


class ForwardTrace(Trace):
    """A run of the forward interpretation."""

    __slots__ = ()
    carries = True

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


def carried(f: Bound, out: Any, aval: Any, trace: Trace, t: Any) -> Any:
    """What an op made, with its tangent; None stands for zeros."""
    return f.space._box(out, aval, None if t is None else Dual(trace, t))


def push(f: Bound, trace: Trace, args: Sequence[Any], params: Params) -> Any:
    """Compute one level out and carry the tangent along."""
    space, op = f.space, f.op
    values, slots, followed = split(f, trace, args)
    tangents = {s: a._node.tangent for s, a in zip(slots, followed, strict=True) if a._node.tangent is not None}
    if op.residual is None or not tangents:
        out, kept = execute(f, values, params), None
    else:
        out, kept = with_residual(f, values, params)
    if not tangents or (op.outputs == 1 and not space._aval_of(out).inexact):
        return space._wrap(out)
    if op.kind == "linear":
        t = _push_linear(f, values, params, tangents)
    elif op.kind == "bilinear":
        t = _push_bilinear(f, values, params, tangents)
    else:
        t = _push_rules(f, values, params, out, kept, tangents)
    if op.outputs == 1:
        return _dual(f, trace, out, t)
    return space._rebuild(out, [_dual(f, trace, o, ti) for o, ti in zip(out, t or [None] * len(out), strict=True)])


def _dual(f: Bound, trace: Trace, out: Any, t: Any) -> Any:
    space = f.space
    aval = space._aval_of(out)
    if t is None or not aval.inexact:
        return space._wrap(out)
    if t.shape != aval.shape or t.dtype != aval.dtype:
        t = restore(f, space if type(t) is space._tensor else space._raw, t, aval)
    return space._box(out, aval, Dual(trace, t))


def _push_linear(f: Bound, values: list[Any], params: Params, tangents: Tangents) -> Any:
    """The op itself on the tangents of all the arguments that it is linear in."""

    def direction(i: int, j: int, v: Any) -> Any:
        if (i, j) in tangents:
            return tangents[i, j]
        if type(v) in (int, float, complex, bool) or v is None:
            return 0.0
        return zeros(f.space._raw, f.space._aval_of(v), raw_of(v))

    moved = [
        v
        if f.rules[i] is None
        else [direction(i, j, item) for j, item in enumerate(v)]
        if type(v) is list or type(v) is tuple
        else direction(i, -1, v)
        for i, v in enumerate(values)
    ]
    return execute(f, moved, params)


def _push_bilinear(f: Bound, values: list[Any], params: Params, tangents: Tangents) -> Any:
    """The op on the tangent of one argument and the value of the other, in turn."""
    total: Any = None
    for (i, _), t in tangents.items():
        part = execute(f, [t if k == i else v for k, v in enumerate(values)], params)
        total = part if total is None else plus(total, part)
    return total


def _push_rules(f: Bound, values: list[Any], params: Params, out: Any, kept: Any, tangents: Tangents) -> Any:
    """The sum of what the rules make of each tangent; for several results, a tuple of sums."""
    total: Any = None
    for (i, _), t in tangents.items():
        needed, term = _pushing(f)[i]
        part = term(prepared(f, environment(f, needed, values, params, out, kept), {"t": t}), out)
        if total is None:
            total = part
        elif isinstance(part, tuple):
            total = tuple([plus(a, b) for a, b in zip(total, part, strict=True)])
        elif part is not None:
            total = plus(total, part)
    return total


def _pushing(f: Bound) -> list[tuple[frozenset[str], Callable[[Params, Any], Any]]]:
    """For each argument, what its forward rule names, and the rule as a function of that and of the result."""
    if f.pushing is None:
        f.pushing = [_pushed(f, i) for i in range(f.op.arity)]
    made: list[tuple[frozenset[str], Callable[[Params, Any], Any]]] = f.pushing
    return made


def _pushed(f: Bound, i: int) -> tuple[frozenset[str], Callable[[Params, Any], Any]]:
    op = f.op
    rule: Any = op.vjp[i] if op.kind == "elementwise" else op.jvp[i]
    needed = frozenset(names_of(rule)) - {"xp", "t"}
    if op.kind == "elementwise":
        scaled = times(rule)
        return needed, lambda env, out: scaled(env, env["t"], False)
    if rule is None:

        def refuse(env: Params, out: Any) -> Any:
            raise GraphError(f"{op.name!r} has no JVP rule: use reverse mode, or give it one (jvp=)")

        return needed, refuse
    call = caller(rule)
    if not op.custom:
        return needed, lambda env, out: call(env)
    from agrad.interpret.batch import by_example  # which most programs do without

    call = by_example(f, call)

    def careful(env: Params, out: Any) -> Any:
        avals = [f.space._aval_of(o) for o in (out if op.several else (out,))]
        return checked(f, env["t"], call(env), avals, f"the JVP rule for {f.arguments[i]!r}")

    return needed, careful
