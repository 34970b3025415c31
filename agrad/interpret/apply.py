"""The one door of every op: find the innermost transform, let it interpret the op one level further out.

Whatever an op's derivative, a call of it comes through `apply`; what `fast` inlines are cases of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agrad.errors import BackendError, EscapedTensorError
from agrad.interpret.bound import Bound, names_of
from agrad.interpret.levels import LIFT, LIFTING, OFF, Trace, enabled
from agrad.interpret.watching import CALLS

__all__ = [
    "apply",
    "decompose",
    "escaped",
    "execute",
    "is_batched",
    "is_tracked",
    "private",
    "raw_of",
    "replaced",
    "split",
    "stopped",
]

Params = dict[str, Any]


def apply(f: Bound, args: Sequence[Any], params: Params) -> Any:
    """Apply an op to data arguments, any of which may be followed at any level."""
    boxed, top = survey(f, args)
    if OFF:
        if CALLS and (out := CALLS[-1](apply, f, args, params)) is not None:
            return out
        if top is not None:
            if LIFTING and (lift := LIFT.get()) is not None:
                args = [lift(a) for a in args]
            args = [_unfollowed(a) for a in args]
            top = survey(f, args)[1]
    if top is not None:
        return top.process(f, args, params)
    out = f.call([constant(a) for a in args], params)
    return f.space._wrap(out) if boxed else out


def survey(f: Bound, args: Iterable[Any], strict: bool | None = None) -> tuple[bool, Trace | None]:
    """Whether there is a Tensor, and the innermost trace that follows one."""
    boxed = False
    top: Trace | None = None
    space = f.space
    tensor, plain = space._tensor, space._plain
    for i, a in enumerate(args):
        kind = type(a)
        if kind is tensor or kind is space._stale:
            boxed = True
            node = a._node
            if node is not None:
                trace = node.trace
                if not trace.alive:
                    raise escaped(a)
                if top is None or trace.level > top.level:
                    top = trace
        elif kind in plain:
            if kind in space._array_types and space._backend.admit is not None:
                space._backend.admit(a)
        elif kind is list or kind is tuple:
            inner, trace_inside = survey(f, a, f.rules[i] is not None if strict is None else strict)
            boxed |= inner
            if trace_inside is not None and (top is None or trace_inside.level > top.level):
                top = trace_inside
        elif space._owns(a):
            plain.add(kind)
            space._array_types.add(kind)
        elif hasattr(kind, "_node") or (f.rules[i] is not None if strict is None else strict):
            raise _foreign(f, a)
    return boxed, top


def _foreign(f: Bound, a: Any) -> BackendError:
    what = f"a Tensor of {a.__array_namespace__()!r}" if hasattr(type(a), "_node") else f"a {type(a).__name__}"
    return BackendError(
        f"{f!r} got {what}; it takes Tensors and arrays of the {f.space._backend.name!r} backend and Python "
        f"scalars; convert first, with agrad.asarray(x, backend={f.space._backend.name!r})"
    )


def execute(f: Bound, args: Sequence[Any], params: Params) -> Any:
    """Run an op one level further out."""
    tensor = f.space._tensor
    for a in args:
        if type(a) is tensor or ((type(a) is list or type(a) is tuple) and _holds(tensor, a)):
            return apply(f, args, params)
    return f.call(args, params)


def _holds(tensor: Any, items: Iterable[Any]) -> bool:
    return any(type(i) is tensor or (type(i) in (list, tuple) and _holds(tensor, i)) for i in items)


def decompose(f: Bound, args: Sequence[Any], params: Params) -> Any:
    """Compute a composite from the functions that it is made of."""
    rule: Any = f.op.decomposition
    space = f.space
    # constants are boxed, so that a decomposition's operators never meet an array that does not know Tensors
    wrap = space._wrap
    boxed = [[wrap(i) for i in a] if isinstance(a, list | tuple) else wrap(a) for a in args]
    names = dict(zip(f.arguments, boxed, strict=True)) | params
    names["xp"] = space
    out = rule(**{n: names[n] for n in names_of(rule)})
    return space._own_results(f, boxed, params, out) if space._backend.mutable else out


# What stands in the boxes -------------------------------------------------------------------------


def split(f: Bound, trace: Trace, args: Sequence[Any]) -> tuple[list[Any], list[tuple[int, int]], list[Any]]:
    """Values one level out; where the trace's own Tensors stood that have a rule (argument, item or -1); those."""
    values: list[Any] = []
    slots: list[tuple[int, int]] = []
    followed: list[Any] = []
    for i, (a, rule) in enumerate(zip(args, f.rules, strict=True)):
        if type(a) is list or type(a) is tuple:
            pairs = [_opened(trace, item) for item in a]
            values.append(type(a)([value for value, _ in pairs]))
            if rule is not None:
                for j, (item, (_, own)) in enumerate(zip(a, pairs, strict=True)):
                    if own:
                        slots.append((i, j))
                        followed.append(item)
        elif not hasattr(type(a), "_node"):
            values.append(a)
        elif a._node is not None and a._node.trace is trace:
            values.append(a._value)
            if rule is not None:
                slots.append((i, -1))
                followed.append(a)
        else:
            values.append(a._value if a._node is None else private(a))
    return values, slots, followed


def _opened(trace: Trace, a: Any) -> tuple[Any, bool]:
    """A value one level out, and whether this trace follows it."""
    if type(a) is list or type(a) is tuple:
        return type(a)([_opened(trace, item)[0] for item in a]), False
    if not hasattr(type(a), "_node"):
        return a, False
    node = a._node
    if node is None or node.trace is trace:
        return a._value, node is not None
    return private(a), False


def private(a: Any) -> Any:
    """Another handle on the same value: the user may rebind theirs by an in-place change."""
    return a._space._box(a._value, a._aval, a._node)


def constant(a: Any) -> Any:
    """Constant Tensors out of their boxes, in lists and indices too."""
    if type(a) is list or type(a) is tuple:
        return type(a)([constant(item) for item in a])
    return a._value if hasattr(type(a), "_node") else a


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


def is_tracked(a: Any) -> bool:
    """Whether a value, or an item of a list, is followed by a trace that differentiates and is switched on."""
    if type(a) is list or type(a) is tuple:
        return any(is_tracked(item) for item in a)
    while hasattr(type(a), "_node") and a._node is not None:
        if a._node.trace.differentiates and enabled(a._node.trace):
            return True
        a = a._value
    return False


def is_batched(a: Any) -> bool:
    """Whether a value, or an item of a list, stands for those of many examples, at any level."""
    if type(a) is list or type(a) is tuple:
        return any(is_batched(item) for item in a)
    while hasattr(type(a), "_node"):
        if a._node is not None and a._node.trace.batches:
            return True
        a = a._value
    return False


def _unfollowed(a: Any) -> Any:
    """Drop the levels at which recording is switched off."""
    if type(a) is list or type(a) is tuple:
        return type(a)([_unfollowed(item) for item in a])
    if not hasattr(type(a), "_node") or a._node is None:
        return a
    value = a._value if type(a._value) is not type(a) else _unfollowed(a._value)
    if not enabled(a._node.trace):
        return value
    return a if value is a._value else a._space._box(value, a._aval, a._node)


def stopped(a: Any) -> Any:
    """The same value, followed by no level that differentiates."""
    if LIFTING and (lift := LIFT.get()) is not None:
        a = lift(a)
    if not hasattr(type(a), "_node") or a._node is None:
        return a
    if not a._node.trace.alive:
        raise escaped(a)
    value = stopped(a._value)
    if a._node.trace.differentiates:
        return value
    return a._node.trace.stopping(a if value is a._value else a._space._box(value, a._aval, a._node))


def replaced(old: Any, new: Any) -> Any:
    """Other data in a followed value's place in every graph that recording is switched off for."""
    node = getattr(old, "_node", None)
    if node is None or enabled(node.trace):
        return new if node is None else node.trace.replacing(old, new)
    return old._space._box(replaced(old._value, new), old._aval, node)
