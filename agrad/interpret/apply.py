"""The general path of every op: find the innermost transform, let it interpret the op one level further out.

`specialise` generates shorter ways for what is common; whatever it does not cover comes through here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agrad.errors import BackendError, EscapedTensorError
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.levels import OFF, Trace, enabled

__all__ = ["apply", "compose", "escaped", "evaluate", "execute", "is_tracked", "private", "raw_of", "split"]

Params = dict[str, Any]


def apply(f: Bound, args: Sequence[Any], params: Params) -> Any:
    """Apply an op to data arguments, any of which may be followed at any level."""
    tensor = f.space._tensor
    boxed, top = _survey(f, tensor, args)
    if top is not None and OFF:
        args = [_unfollowed(tensor, a) for a in args]
        top = _survey(f, tensor, args)[1]
    if top is None:
        out = f.call(f.impl, [constant(tensor, a) for a in args], params)
        return f.space._wrap(out) if boxed else out
    return top.process(f, args, params)


def compose(f: Bound, arguments: Params) -> Any:
    """Apply a composite: its decomposition where something is tracked, else the backend's own function."""
    values = list(arguments.values())
    boxed, top = _survey(f, f.space._tensor, values, strict=False)
    if top is not None and any(is_tracked(f.space._tensor, a) for a in values):
        rule = f.op.decomposition
        assert rule is not None
        # constants are boxed, so that a decomposition's operators never meet an array that does not know Tensors
        return rule(**{n: f.space if n == "xp" else f.space._wrap(arguments[n]) for n in names_of(rule)})
    return _untracked(f, arguments, boxed)


def evaluate(f: Bound, arguments: Params) -> Any:
    """Apply an op that has no derivative: every level sees the same constant."""
    boxed, _ = _survey(f, f.space._tensor, arguments.values(), strict=False)
    return _untracked(f, arguments, boxed)


def _untracked(f: Bound, arguments: Params, boxed: bool) -> Any:
    out = f.call(f.impl, (), {k: raw_of(v) for k, v in arguments.items()})
    return f.space._wrap(out) if boxed else out


def is_tracked(tensor: Any, a: Any) -> bool:
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


def _survey(f: Bound, tensor: Any, args: Iterable[Any], strict: bool = True) -> tuple[bool, Trace | None]:
    """Whether there is a Tensor, and the innermost trace that follows one."""
    boxed = False
    top: Trace | None = None
    plain = f.space._plain
    admit = f.space._backend.admit
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
            if admit is not None and kind in f.space._array_types:
                admit(a)
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
        f"scalars; convert first, with agrad.asarray(x, backend={f.space._backend.name!r})"
    )


def private(a: Any) -> Any:
    """Another handle on the same value: the user may rebind theirs by an in-place change."""
    return a._space._box(a._value, a._aval, a._node)


def constant(tensor: Any, a: Any) -> Any:
    """Take constant Tensors out of their boxes; leave followed ones."""
    if type(a) is tensor:
        return a if a._node is not None else a._value
    if type(a) is list or type(a) is tuple:
        return [constant(tensor, item) for item in a]
    return a


def _unfollowed(tensor: Any, a: Any) -> Any:
    """Drop the levels at which recording is switched off."""
    if type(a) in (list, tuple):
        return [_unfollowed(tensor, item) for item in a]
    while type(a) is tensor and a._node is not None and not enabled(a._node.trace):
        a = a._value
    return a


def execute(f: Bound, tensor: Any, args: Sequence[Any], params: Params) -> Any:
    """Run an op one level further out."""
    for a in args:
        if type(a) is tensor or (type(a) is list and any(type(item) is tensor for item in a)):
            return apply(f, args, params)
    return f.call(f.impl, args, params)


def split(tensor: Any, trace: Trace, args: Sequence[Any]) -> tuple[list[Any], list[tuple[int, int]], list[Any]]:
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
                values.append(a._value if a._node is None else private(a))
        elif type(a) is list or type(a) is tuple:
            items, where, inner = split(tensor, trace, a)
            slots += [(i, j) for j, _ in where]
            followed += inner
            values.append(items)
        else:
            values.append(a)
    return values, slots, followed
