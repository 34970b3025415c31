"""The reverse interpretation of an op: compute it one level further out and leave a node."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad.aval import Aval
from agrad.interpret.apply import execute, split
from agrad.interpret.bound import Bound
from agrad.interpret.levels import Trace
from agrad.interpret.mutation import WATCHING, watched
from agrad.interpret.reverse import Branch, Node, rank
from agrad.interpret.rules import call, checked, environment, prepared, restore, times, zeros

__all__ = ["BASE", "ReverseTrace", "node_name"]

Params = dict[str, Any]


class ReverseTrace(Trace):
    """A run of the reverse interpretation."""

    __slots__ = ()
    records = True

    def process(self, f: Bound, args: Sequence[Any], params: Params) -> Any:
        """Compute one level out and leave a node."""
        return record(f, self, args, params)


BASE = ReverseTrace(0)
"""The level of leaves that users made: ``requires_grad`` and ``backward()``."""


def record(f: Bound, trace: Trace, args: Sequence[Any], params: Params) -> Any:
    """Compute one level out and leave a node."""
    tensor, space, op = f.space._tensor, f.space, f.op
    values, slots, followed = split(tensor, trace, args)
    out = execute(f, tensor, values, params)
    live = [(s, a) for s, a in zip(slots, followed, strict=True) if op.joint or op.vjp[s[0]] is not None]
    out_avals = [space._aval_of(o) for o in (out if op.several else (out,))]
    if not live or not any(aval.inexact for aval in out_avals):
        return space._wrap(out)
    if f.node is None:
        f.node = _node_class(f)
    node = f.node()
    node.rank = rank()
    node.trace = trace
    node.parents = tuple(a._node for _, a in live)
    env = environment(f, {n for (i, _), _ in live for n in f.needs(i)}, values, params, out)
    node.saved = env, [s for s, _ in live], [a._aval for _, a in live], out_avals
    if WATCHING:
        node = watched(f, node)
    return _boxed(f, out, out_avals, node)


def _boxed(f: Bound, out: Any, avals: Sequence[Aval], node: Node) -> Any:
    """What the op returned, followed by its node; each of several results by a branch of it."""
    box = f.space._box
    if not f.op.several:
        return box(out, avals[0], node)
    branches = [Branch(node, k) if aval.inexact else None for k, aval in enumerate(avals)]
    return f.space._rebuild(out, [box(o, a, b) for o, a, b in zip(out, avals, branches, strict=True)])


def _node_class(f: Bound) -> type[Node]:
    def pull(saved: Any, ct: Any) -> list[Any]:
        return _pull(f, saved, ct)

    def retrack(node: Node) -> Any:
        return _retrack(f, node)

    return type(node_name(f.op.name), (Node,), {"__slots__": (), "pull": staticmethod(pull), "retrack": retrack})


def node_name(op: str) -> str:
    """``"linalg.matrix_norm"`` becomes ``"MatrixNormBackward"``."""
    return "".join(part.capitalize() for part in op.split(".")[-1].split("_")) + "Backward"


def _retrack(f: Bound, node: Node) -> Any:
    """Box the saved values again with the nodes they came from."""
    env, slots, avals, out_avals = node.saved
    env = dict(env)
    for (i, _), parent, aval in zip(slots, node.parents, avals, strict=True):
        name = f.arguments[i]
        if name in env and type(env[name]) not in (Aval, list):
            env[name] = f.space._box(env[name], aval, parent)
    if "out" in env:
        env["out"] = _boxed(f, env["out"], out_avals, node)
    return env, slots, avals, out_avals


def _pull(f: Bound, saved: Any, ct: Any) -> list[Any]:
    """The cotangents of the tracked arguments, each with its argument's shape and dtype."""
    env, slots, avals, out_avals = saved
    op = f.op
    cts = list(ct.values()) if op.several else [ct]
    if not cts:
        return [None] * len(slots)
    if op.several:
        ct = tuple(ct[k] if k in ct else zeros(f.space._raw, a, cts[0]) for k, a in enumerate(out_avals))
    names = prepared(f, env, {"ct": ct})
    xp, ct = names["xp"], names["ct"]
    if op.joint:
        found = checked(f, ct, call(op.vjp[0], names))
        return [restore(f, xp, found[i], aval) for (i, _), aval in zip(slots, avals, strict=True)]
    conjugate = op.kind in ("linear", "bilinear") and out_avals[0].complex
    if conjugate:
        names["ct"] = xp.conj(ct)
    found = {}
    for (i, _), aval in zip(slots, avals, strict=True):
        if i in found:
            continue
        if op.kind == "elementwise":
            found[i] = times(xp, op.vjp[i], names, ct, out_avals[0].complex)
        else:
            own = {f.arguments[i]: aval} if op.kind == "bilinear" else {}
            found[i] = checked(f, ct, call(op.vjp[i], names | own))
    gs = [found[i] if j < 0 else found[i][j] for i, j in slots]
    if conjugate:
        gs = [None if g is None else xp.conj(g) for g in gs]
    return [restore(f, xp, g, aval) for g, aval in zip(gs, avals, strict=True)]
