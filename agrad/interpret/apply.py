"""The general path of every op: find the innermost transform, let it interpret the op one level further out.

`specialise` generates shorter ways for what is common; whatever it does not cover comes through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agrad.aval import Aval
from agrad.errors import BackendError, EscapedTensorError
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.levels import OFF, Trace, enabled
from agrad.interpret.reverse import Branch, Node, rank
from agrad.ops.declare import select

__all__ = ["Dual", "ForwardTrace", "apply", "compose", "escaped", "evaluate", "is_tracked", "node_name", "raw_of"]

Params = dict[str, Any]
OPERATORS = frozenset({"add", "subtract", "multiply", "divide"})
"""Ops whose rules take Python scalars as they are."""


class ForwardTrace(Trace):
    """A run of the forward interpretation."""

    __slots__ = ()
    reverse = False


class Dual:
    """What a forward trace knows of a value: its tangent."""

    __slots__ = ("tangent", "trace")

    def __init__(self, trace: Trace, tangent: Any) -> None:
        self.trace = trace
        self.tangent = tangent

    def __repr__(self) -> str:
        return "<Dual>"


def apply(f: Bound, args: Sequence[Any], params: Params) -> Any:
    """Apply an op to data arguments, any of which may be followed at any level."""
    tensor = f.space._tensor
    boxed, top = _survey(f, tensor, args)
    if top is not None and OFF:
        args = [_unfollowed(tensor, a) for a in args]
        top = _survey(f, tensor, args)[1]
    if top is None:
        out = f.call(f.impl, [_constant(tensor, a) for a in args], params)
        return f.space._wrap(out) if boxed else out
    return (_record if top.reverse else _push)(f, tensor, top, args, params)


def compose(f: Bound, arguments: Params) -> Any:
    """Apply a composite: its decomposition where something is tracked, else the backend's own function."""
    values = list(arguments.values())
    boxed, top = _survey(f, f.space._tensor, values, strict=False)
    if top is not None and any(is_tracked(f.space._tensor, a) for a in values):
        rule = f.op.decomposition
        assert rule is not None
        return rule(**{n: f.space if n == "xp" else arguments[n] for n in names_of(rule)})
    return _untracked(f, arguments, boxed)


def evaluate(f: Bound, arguments: Params) -> Any:
    """Apply an op that has no derivative: every level sees the same constant."""
    boxed, _ = _survey(f, f.space._tensor, arguments.values(), strict=False)
    return _untracked(f, arguments, boxed)


def _untracked(f: Bound, arguments: Params, boxed: bool) -> Any:
    out = f.call(f.impl, (), {k: raw_of(v) for k, v in arguments.items()})
    return f.space._wrap(out) if boxed else out


def is_tracked(tensor: type, a: Any) -> bool:
    """Whether an argument, or an item of a list of them, is followed by an enabled trace."""
    if type(a) is tensor:
        while type(a) is tensor and a._node is not None:
            if enabled(a._node.trace):
                return True
            a = a._value
        return False
    return type(a) in (list, tuple) and any(is_tracked(tensor, item) for item in a)


def raw_of(a: Any) -> Any:
    """The backend's array inside any number of levels; containers are searched."""
    if type(a) in (list, tuple):
        return type(a)(raw_of(item) for item in a)
    while hasattr(type(a), "_node"):
        if a._node is not None and not a._node.trace.alive:
            raise escaped(a)
        a = a._value
    return a


def escaped(a: Any) -> EscapedTensorError:
    """The error for a Tensor that outlived its transform."""
    return EscapedTensorError(
        f"a Tensor of shape {a.shape} was used after the transform (agrad.grad, jvp, ...) that followed it "
        "had finished; return it from the function, or keep agrad.stop_gradient(x) of it instead"
    )


def _survey(f: Bound, tensor: type, args: Iterable[Any], strict: bool = True) -> tuple[bool, Trace | None]:
    """Whether there is a Tensor, and the innermost trace that follows one."""
    boxed = False
    top: Trace | None = None
    plain = f.space._plain
    for a in args:
        kind = type(a)
        if kind is tensor:
            boxed = True
            node = a._node
            if node is not None:
                trace = node.trace
                if not trace.alive:
                    raise escaped(a)
                if top is None or trace.level > top.level:
                    top = trace
        elif kind in plain:
            pass
        elif kind is list or kind is tuple:
            inner, trace = _survey(f, tensor, a, strict)
            boxed |= inner
            if trace is not None and (top is None or trace.level > top.level):
                top = trace
        elif f.space._owns(a):
            plain.add(kind)
            f.space._array_types.add(kind)
        elif strict or hasattr(kind, "_node"):
            raise _foreign(f, a)
    return boxed, top


def _foreign(f: Bound, a: Any) -> BackendError:
    what = f"a Tensor of {a.__array_namespace__()!r}" if hasattr(type(a), "_node") else f"a {type(a).__name__}"
    return BackendError(
        f"{f!r} got {what}; it takes Tensors and arrays of the {f.space._backend.name!r} backend and Python "
        f"scalars; convert first, for example with xp.asarray(x)"
    )


def _constant(tensor: type, a: Any) -> Any:
    """Take constant Tensors out of their boxes; leave followed ones."""
    if type(a) is tensor:
        return a if a._node is not None else a._value
    if type(a) is list or type(a) is tuple:
        return [_constant(tensor, item) for item in a]
    return a


def _unfollowed(tensor: type, a: Any) -> Any:
    """Drop the levels at which recording is switched off."""
    if type(a) in (list, tuple):
        return [_unfollowed(tensor, item) for item in a]
    while type(a) is tensor and a._node is not None and not enabled(a._node.trace):
        a = a._value
    return a


def _execute(f: Bound, tensor: type, args: Sequence[Any], params: Params) -> Any:
    """Run an op one level further out."""
    for a in args:
        if type(a) is tensor or (type(a) is list and any(type(item) is tensor for item in a)):
            return apply(f, args, params)
    return f.call(f.impl, args, params)


def _split(tensor: type, trace: Trace, args: Sequence[Any]) -> tuple[list[Any], list[tuple[int, int]], list[Any]]:
    """Values one level out; where the trace's own Tensors stood (argument, item or -1); those Tensors."""
    values: list[Any] = []
    slots: list[tuple[int, int]] = []
    followed: list[Any] = []
    for i, a in enumerate(args):
        if type(a) is tensor:
            if a._node is not None and a._node.trace is trace:
                slots.append((i, -1))
                followed.append(a)
                values.append(a._value)
            else:
                values.append(_constant(tensor, a))
        elif type(a) is list or type(a) is tuple:
            items, where, inner = _split(tensor, trace, a)
            slots += [(i, j) for j, _ in where]
            followed += inner
            values.append(items)
        else:
            values.append(a)
    return values, slots, followed


def _rule_space(f: Bound, values: Iterable[Any]) -> Any:
    """The namespace a rule computes in: the backend's own unless a value is still followed."""
    tensor = f.space._tensor
    for v in values:
        if type(v) is tensor or (isinstance(v, list | tuple) and any(type(item) is tensor for item in v)):
            return f.space
    return f.space._raw


def _environment(f: Bound, needed: Iterable[str], values: Sequence[Any], params: Params, out: Any) -> Params:
    """The named values that rules ask for; a linear op's rules get avals."""
    op = f.op
    env: Params = {}
    aval_of = f.space._aval_of
    for name in needed:
        if name in params:
            env[name] = params[name]
        elif name == "out":
            env[name] = out
        elif name in op.arguments:
            i = op.arguments.index(name)
            v = values[i]
            if op.kind == "linear" and op.vjp[i] is not None:
                v = [aval_of(item) for item in v] if type(v) is list else aval_of(v)
            elif op.kind == "elementwise" and type(v) in (float, int, complex) and op.name not in OPERATORS:
                v = f.space._raw.asarray(v, dtype=out.dtype)
            env[name] = v
    return env


# Reverse ------------------------------------------------------------------------------------------


def _record(f: Bound, tensor: type, trace: Trace, args: Sequence[Any], params: Params) -> Any:
    """Compute one level out and leave a node."""
    values, slots, followed = _split(tensor, trace, args)
    out = _execute(f, tensor, values, params)
    space = f.space
    live = [(s, a) for s, a in zip(slots, followed, strict=True) if f.op.joint or f.op.vjp[s[0]] is not None]
    first = out if f.op.outputs == 1 else out[0]
    if not live or not (f.op.outputs > 1 or space._aval_of(first).inexact):
        return space._wrap(out)
    if f.node is None:
        f.node = _node_class(f)
    node = f.node()
    node.rank = rank()
    node.trace = trace
    node.parents = tuple(a._node for _, a in live)
    needed = {n for (i, _), _ in live for n in f.needs(i)}
    env = _environment(f, needed, values, params, out)
    avals = tuple(space._aval_of(o) for o in out) if f.op.outputs > 1 else space._aval_of(out)
    node.saved = (env, tuple(s for s, _ in live), tuple(a._aval for _, a in live), avals)
    if f.op.outputs == 1:
        return space._box(out, avals, node)
    return space._rebuild(
        out,
        [
            space._box(o, a, Branch(node, k) if a.inexact else None)
            for k, (o, a) in enumerate(zip(out, avals, strict=True))
        ],
    )


def _node_class(f: Bound) -> type[Node]:
    def pull(saved: Any, ct: Any) -> tuple[Any, ...]:
        return _pull(f, saved, ct)

    def retrack(node: Node) -> Any:
        return _retrack(f, node)

    return type(
        node_name(f.op.name), (Node,), {"__slots__": (), "pull": staticmethod(pull), "retrack": retrack, "bound": f}
    )


def node_name(op: str) -> str:
    """``"linalg.matrix_norm"`` becomes ``"MatrixNormBackward"``."""
    return "".join(part.capitalize() for part in op.split(".")[-1].split("_")) + "Backward"


def _retrack(f: Bound, node: Node) -> Any:
    """Box the saved values again with the nodes they came from."""
    env, slots, avals, out_avals = node.saved
    box = f.space._box
    env = dict(env)
    for (i, _), parent, aval in zip(slots, node.parents, avals, strict=True):
        name = f.op.arguments[i]
        if name in env and type(env[name]) not in (Aval, list):
            env[name] = box(env[name], aval, parent)
    if "out" in env:
        if f.op.outputs == 1:
            env["out"] = box(env["out"], out_avals, node)
        else:
            env["out"] = f.space._rebuild(
                env["out"],
                [
                    box(o, a, Branch(node, k) if a.inexact else None)
                    for k, (o, a) in enumerate(zip(env["out"], out_avals, strict=True))
                ],
            )
    return env, slots, avals, out_avals


def _pull(f: Bound, saved: Any, ct: Any) -> tuple[Any, ...]:
    """The cotangents of the tracked arguments, each with its argument's shape and dtype."""
    env, slots, avals, out_avals = saved
    op = f.op
    cts = list(ct.values()) if op.outputs > 1 else [ct]
    xp = _rule_space(f, [*cts, *env.values()])
    if op.outputs > 1:
        if not ct:
            return (None,) * len(slots)
        ct = tuple(ct[k] if k in ct else _zeros(xp, a, cts[0]) for k, a in enumerate(out_avals))
    names = {**env, "xp": xp, "ct": ct}
    if op.joint:
        gs = _call(op.vjp[0], names)
        found = [gs[i] for i, _ in slots]
    elif op.kind == "elementwise":
        found = [_times(xp, op.vjp[i], names, ct, out_avals, adjoint=True) for i, _ in slots]
    else:
        conjugate = op.kind != "general" and out_avals.complex
        if conjugate:
            names["ct"] = xp.conj(ct)
        found = []
        lists: dict[int, Any] = {}
        for i, j in slots:
            if j < 0:
                g = _call(op.vjp[i], names)
            else:
                if i not in lists:
                    lists[i] = _call(op.vjp[i], names)
                g = lists[i][j]
            found.append(xp.conj(g) if conjugate and g is not None else g)
    return tuple(restore(f, xp, g, aval) for g, aval in zip(found, avals, strict=True))


def _call(rule: Any, names: Params) -> Any:
    return rule(*[names[n] for n in names_of(rule)])


def _times(xp: Any, partial: Any, names: Params, v: Any, out: Aval, adjoint: bool) -> Any:
    """An elementwise partial times a cotangent (conjugated: `adjoint`) or a tangent."""
    if not callable(partial) and not isinstance(partial, select):
        if partial is None or partial == 0:
            return None
        return v if partial == 1 else v * partial
    if isinstance(partial, select):
        return xp.where(_call(partial.condition, names), v, 0)
    d = _call(partial, names)
    if adjoint and out.complex and not isinstance(d, int | float):
        d = xp.conj(d)
    return d * v


def _zeros(xp: Any, aval: Aval, like: Any) -> Any:
    return xp.zeros(aval.shape, dtype=aval.dtype, device=like.device)


def restore(f: Bound, xp: Any, g: Any, aval: Aval) -> Any:
    """Give a cotangent its argument's shape and dtype: undo broadcasting, take the real part, cast."""
    if g is None:
        return None
    if g.shape != aval.shape:
        g = _unbroadcast(xp, g, aval.shape)
    if g.dtype != aval.dtype:
        if aval.real and f.space._aval_of(g).complex:
            g = xp.real(g)
        g = xp.astype(g, aval.dtype)
    return g


def _unbroadcast(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    extra = len(g.shape) - len(shape)
    axes = tuple(range(extra)) + tuple(
        extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1
    )
    if extra >= 0 and axes:
        g = xp.sum(g, axis=axes, keepdims=True)
    if extra > 0:
        g = xp.reshape(g, g.shape[extra:])
    return g if g.shape == shape else xp.broadcast_to(g, shape)


# Forward ------------------------------------------------------------------------------------------


def _push(f: Bound, tensor: type, trace: Trace, args: Sequence[Any], params: Params) -> Any:
    """Compute one level out and carry the tangent along."""
    values, slots, followed = _split(tensor, trace, args)
    out = _execute(f, tensor, values, params)
    space, op = f.space, f.op
    if op.outputs == 1 and not space._aval_of(out).inexact:
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
    if op.outputs == 1:
        return _dual(f, trace, out, t)
    return space._rebuild(out, [_dual(f, trace, o, ti) for o, ti in zip(out, t, strict=True)])


def _dual(f: Bound, trace: Trace, out: Any, t: Any) -> Any:
    space = f.space
    aval = space._aval_of(out)
    if t is None or not aval.inexact:
        return space._wrap(out)
    if t.shape != aval.shape or t.dtype != aval.dtype:
        t = restore(f, _rule_space(f, (t,)), t, aval)
    return space._box(out, aval, Dual(trace, t))


Tangents = dict[tuple[int, int], Any]


def _push_linear(f: Bound, tensor: type, values: list[Any], params: Params, out: Any, tangents: Tangents) -> Any:
    def direction(i: int, j: int, v: Any) -> Any:
        if (i, j) in tangents:
            return tangents[i, j]
        if type(v) in (int, float, complex, bool) or v is None:
            return 0.0
        xp = _rule_space(f, (v,))
        return xp.zeros_like(v)

    moved = [
        v
        if f.op.vjp[i] is None
        else [direction(i, j, item) for j, item in enumerate(v)]
        if type(v) is list
        else direction(i, -1, v)
        for i, v in enumerate(values)
    ]
    return _execute(f, tensor, moved, params)


def _push_bilinear(f: Bound, tensor: type, values: list[Any], params: Params, out: Any, tangents: Tangents) -> Any:
    return _sum(
        _execute(f, tensor, [t if k == i else v for k, v in enumerate(values)], params)
        for (i, _), t in tangents.items()
    )


def _push_rule(f: Bound, tensor: type, values: list[Any], params: Params, out: Any, tangents: Tangents) -> Any:
    op = f.op
    parts = []
    for (i, _), t in tangents.items():
        rule: Any = op.vjp[i] if op.kind == "elementwise" else op.jvp[i]
        env = _environment(f, names_of(rule), values, params, out)
        xp = _rule_space(f, [t, *env.values()])
        names = {**env, "xp": xp, "t": t}
        if op.kind == "elementwise":
            parts.append(_times(xp, rule, names, t, f.space._aval_of(out), adjoint=False))
        else:
            parts.append(_call(rule, names))
    return _sum(parts)


def _sum(parts: Iterable[Any]) -> Any:
    total: Any = None
    for p in parts:
        if total is None:
            total = p
        elif isinstance(p, tuple):
            total = tuple(a + b for a, b in zip(total, p, strict=True))
        elif p is not None:
            total = total + p
    return total
