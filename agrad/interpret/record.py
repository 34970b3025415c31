"""The reverse interpretation of an op: compute it one level further out and leave a node."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from typing import Any

from agrad.interpret.apply import apply, decompose, execute, split
from agrad.interpret.aval import Aval
from agrad.interpret.bound import Bound
from agrad.interpret.levels import LIFT, LIFTING, Trace
from agrad.interpret.reverse import Branch, Node, rank
from agrad.interpret.rules import caller, checked, environment, own, prepared, restore, times, zeros
from agrad.interpret.watching import NODES

__all__ = ["BASE", "ReverseTrace", "node_class", "node_name", "recording", "watching_leaves", "with_residual"]

Params = dict[str, Any]


class ReverseTrace(Trace):
    """A run of the reverse interpretation."""

    __slots__ = ()
    records = True

    def process(self, f: Bound, args: Sequence[Any], params: Params) -> Any:
        """Compute one level out and leave a node."""
        return decompose(f, args, params) if f.op.kind == "composite" else record(f, self, args, params)


class _Base(ReverseTrace):
    """The level of leaves that users made, whose operations a recorder may take for its own."""

    __slots__ = ()

    def process(self, f: Bound, args: Sequence[Any], params: Params) -> Any:
        """Leave a node, or pass the op on to the trace that records it."""
        lift = LIFT.get()
        return super().process(f, args, params) if lift is None else apply(f, [lift(a) for a in args], params)

    def decided(self, t: Any, value: bool) -> None:
        """Pass on, too, that Python has asked for a truth value."""
        if (lift := LIFT.get()) is not None:
            lifted = lift(t)
            lifted._node.trace.decided(lifted, value)


BASE = _Base(0)
"""The level of leaves that users made: ``requires_grad`` and ``backward()``."""


_lifting = Lock()


def recording() -> bool:
    """Whether this thread runs a function to write it down as a graph."""
    return LIFT.get() is not None


@contextmanager
def watching_leaves(lift: Callable[[Any], Any]) -> Iterator[None]:
    """Hand every op on users' leaves, of this thread, over to a trace, with its arguments as `lift` makes them."""
    token = LIFT.set(lift)
    with _lifting:
        LIFTING.append(None)
        BASE.recording = False  # so that fast paths leave the op to the general one
    try:
        yield
    finally:
        LIFT.reset(token)
        with _lifting:
            LIFTING.pop()
            BASE.recording = not LIFTING


def record(f: Bound, trace: Trace, args: Sequence[Any], params: Params) -> Any:
    """Compute one level out and leave a node."""
    space, op = f.space, f.op
    if f.keeps:
        args = [own(f, a) if i in f.keeps else a for i, a in enumerate(args)]
    values, slots, followed = split(f, trace, args)
    if not slots:
        return space._wrap(execute(f, values, params))
    out, kept = (execute(f, values, params), None) if op.residual is None else with_residual(f, values, params)
    out_avals = [space._aval_of(o) for o in (out if op.outputs != 1 else (out,))]
    if not any(aval.inexact for aval in out_avals):
        return space._wrap(out)
    node = node_class(f)()
    node.rank = rank()
    node.trace = trace
    node.parents = [a._node for a in followed]
    needed = {*f.arguments, *params, "kept", "out"} if op.residual else f.needs(tuple([i for i, _ in slots]))
    env = environment(f, needed, values, params, out, kept)
    node.saved = env, slots, [a._aval for a in followed], out_avals
    for watch in NODES:
        node = watch(f, node)
    return _boxed(f, out, out_avals, node)


def with_residual(f: Bound, values: Sequence[Any], params: Params) -> tuple[Any, Any]:
    """The result, and what the op's rules take from the forward computation."""
    env = prepared(f, dict(zip(f.arguments, values, strict=True)) | params, {})
    found: tuple[Any, Any] = caller(f.op.residual)(env)
    return found


def _boxed(f: Bound, out: Any, avals: Sequence[Aval], node: Node) -> Any:
    """What the op returned, followed by its node; each of several results by a branch of it."""
    box = f.space._box
    if f.op.outputs == 1:
        return box(out, avals[0], node)
    branches = [Branch(node, k) if aval.inexact else None for k, aval in enumerate(avals)]
    return f.space._rebuild(out, [box(o, a, b) for o, a, b in zip(out, avals, branches, strict=True)])


def node_class(f: Bound) -> type[Node]:
    """The node class of an op, for whatever of its arguments is followed."""
    if f.node is None:
        body = {"__slots__": (), "pull": staticmethod(_puller(f)), "retrack": lambda node: _retrack(f, node)}
        f.node = type(node_name(f.op.name), (Node,), body)
    made: type[Node] = f.node
    return made


def node_name(op: str) -> str:
    """``"linalg.matrix_norm"`` becomes ``"MatrixNormBackward"``."""
    return "".join(part[:1].upper() + part[1:] for part in op.split(".")[-1].split("_")) + "Backward"


def _retrack(f: Bound, node: Node) -> Any:
    """Box the saved values again with the nodes they came from."""
    env, slots, avals, out_avals = node.saved
    env = dict(env)
    for (i, _), parent, aval in zip(slots, node.parents, avals, strict=True):
        name = f.arguments[i]
        if name in env and not f.own[i] and type(env[name]) not in (Aval, list):
            env[name] = f.space._box(env[name], aval, parent)
    if "out" in env:
        env["out"] = _boxed(f, env["out"], out_avals, node)
    if "kept" in env:
        params = {name: value for name, value in env.items() if name not in f.arguments}
        env["kept"] = with_residual(f, [env[name] for name in f.arguments], params)[1]
    return env, slots, avals, out_avals


def _puller(f: Bound) -> Callable[[Any, Any], list[Any]]:
    """A function of what a node saved and of the cotangent: the cotangents of the followed arguments."""
    op, names = f.op, f.arguments
    if op.joint:
        return _joint_puller(f)
    terms = [times(rule) if op.kind == "elementwise" else _called(f, rule) for rule in op.vjp]

    def pull(saved: Any, ct: Any) -> list[Any]:
        env, slots, avals, out_avals = saved
        if op.outputs != 1 and not ct:
            return [None] * len(slots)
        env = prepared(f, env, {"ct": ct} if op.outputs == 1 else _cotangents(f, ct, out_avals))
        xp, ct = env["xp"], env["ct"]
        conjugate = out_avals[0].complex
        if op.kind == "elementwise":
            gs = [terms[i](env, ct, conjugate) for i, _ in slots]
        else:
            conjugate = conjugate and op.kind != "general"
            if conjugate:
                env["ct"] = xp.conj(ct)
            found: dict[int, Any] = {}
            for (i, j), aval in zip(slots, avals, strict=True):
                if i not in found:
                    g = terms[i]({**env, names[i]: aval} if op.kind == "bilinear" else env)
                    found[i] = g if j >= 0 else checked(f, ct, g, (aval,), f"the VJP rule for {names[i]!r}")
            gs = [found[i] if j < 0 else found[i][j] for i, j in slots]
            if conjugate:
                gs = [None if g is None else xp.conj(g) for g in gs]
        return [restore(f, xp, g, aval) for g, aval in zip(gs, avals, strict=True)]

    return pull


def _called(f: Bound, rule: Any) -> Callable[[Params], Any]:
    """A rule as a function of all names there are; a user's own may leave its xp."""
    if not f.op.custom:
        return caller(rule)
    from agrad.interpret.batch import by_example  # which most programs do without

    return by_example(f, caller(rule))


def _joint_puller(f: Bound) -> Callable[[Any, Any], list[Any]]:
    """The same for a rule that returns the cotangents of all arguments at once."""
    rule = _called(f, f.op.vjp[0])

    def pull(saved: Any, ct: Any) -> list[Any]:
        env, slots, avals, out_avals = saved
        if f.op.outputs != 1 and not ct:
            return [None] * len(slots)
        env = prepared(f, env, {"ct": ct} if f.op.outputs == 1 else _cotangents(f, ct, out_avals))
        wanted: list[Any] = [None] * f.op.arity
        for (i, _), aval in zip(slots, avals, strict=True):
            wanted[i] = aval
        found = checked(f, env["ct"], rule(env), wanted, "the VJP rule")
        return [restore(f, env["xp"], found[i], aval) for (i, _), aval in zip(slots, avals, strict=True)]

    return pull


def _cotangents(f: Bound, cts: dict[int, Any], avals: Sequence[Aval]) -> Params:
    """The cotangents of several results, and which there are; zeros stand for those that nothing depends on."""
    like = next(iter(cts.values()))
    filled = tuple([cts[k] if k in cts else zeros(f.space._raw, aval, like) for k, aval in enumerate(avals)])
    return {"ct": filled, "given": tuple([k in cts for k in range(len(avals))])}
