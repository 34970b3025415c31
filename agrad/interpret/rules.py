"""Calling rules: what each asks for by name, and what the engine does to what it returns."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from agrad.aval import Aval
from agrad.declare import select
from agrad.errors import GraphError
from agrad.interpret.apply import is_tracked
from agrad.interpret.bound import Bound, names_of
from agrad.ops._shapes import device_of, place_of

__all__ = ["SYMBOLS", "call", "checked", "environment", "prepared", "restore", "times", "zeros"]

Params = dict[str, Any]
SYMBOLS = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
"""Ops that are computed as operators, and whose rules consist of operators, so that Python scalars stay as they are."""


def prepared(f: Bound, env: Params, given: Params) -> Params:
    """The names for a rule, the namespace to compute in among them.

    That is the backend's own unless a value is still followed: then it is agrad's, and constants are boxed too,
    so that a rule's operators never meet an array that does not know Tensors.
    """
    op, tensor = f.op, f.space._tensor
    names = env | given
    for n, v in names.items():
        if type(v) is tensor or (isinstance(v, tuple) and n in ("out", "ct", "t") and tensor in map(type, v)):
            boxable = {"out", *given, *(a for i, a in enumerate(f.arguments) if op.joint or op.vjp[i] is not None)}
            return {n: f.space._wrap(v) if n in boxable else v for n, v in names.items()} | {"xp": f.space}
    names["xp"] = f.space._raw
    return names


def environment(f: Bound, needed: Iterable[str], values: Sequence[Any], params: Params, out: Any) -> Params:
    """The named values that rules ask for; a linear op's rules get avals."""
    op = f.op
    env: Params = {}
    aval_of = f.space._aval_of
    for name in needed:
        if name in params:
            env[name] = params[name]
        elif name == "out":
            env[name] = out
        elif (i := f.places.get(name)) is not None:
            v = values[i]
            if op.kind == "linear" and op.vjp[i] is not None:
                v = [aval_of(item) for item in v] if type(v) is list else aval_of(v)
            elif (
                op.kind == "elementwise" and type(v) in (float, int, complex) and (op.name not in SYMBOLS or v == 0)
            ):  # 1 / 0 is an error in Python, and inf as an array
                v = f.space._raw.asarray(v, dtype=out.dtype, device=place_of(out))
            env[name] = v
    return env


def call(rule: Any, names: Params) -> Any:
    """Call a rule with what it names."""
    return rule(*[names[n] for n in names_of(rule)])


def times(xp: Any, partial: Any, names: Params, v: Any, conjugate: bool = False) -> Any:
    """An elementwise partial times a tangent, or, conjugated where it is complex, times a cotangent."""
    if not callable(partial) and not isinstance(partial, select):
        if partial is None or partial == 0:
            return None
        return v if partial == 1 else v * partial
    if isinstance(partial, select):
        taken = xp.where(call(partial.condition, names), v, 0)
        return taken if partial.tie is None else taken + xp.where(call(partial.tie, names), v * 0.5, 0)
    d = call(partial, names)
    if type(d) in (int, float, complex):
        return v * (d.conjugate() if conjugate else d)
    return (xp.conj(d) if conjugate else d) * v


def checked(f: Bound, given: Any, found: Any) -> Any:
    """What a user's own rule returned; a constant for something followed would end the derivative in silence."""
    followed = f.op.custom and is_tracked(f.space._tensor, given)
    parts = found if isinstance(found, tuple) else (found,)
    if followed and not any(part is None or is_tracked(f.space._tensor, part) for part in parts):
        raise GraphError(
            f"the rule of {f.op.name!r} is differentiable once: it returned a constant for a cotangent or tangent that "
            "is itself followed; compute with the rule's xp and operators alone to go to higher orders"
        )
    return found


def zeros(xp: Any, aval: Aval, like: Any) -> Any:
    """Zeros on the device of another array."""
    return xp.zeros(aval.shape, dtype=aval.dtype, device=device_of(like))


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
    if len(g.shape) < len(shape):
        g = xp.reshape(g, (1,) * (len(shape) - len(g.shape)) + tuple(g.shape))
    extra = len(g.shape) - len(shape)
    if g.shape[extra:] == shape:
        return xp.sum(g, axis=tuple(range(extra)))
    axes = tuple(range(extra)) + tuple(extra + i for i, n in enumerate(shape) if n == 1 and g.shape[extra + i] != 1)
    if axes:
        g = xp.sum(g, axis=axes, keepdims=True)
    if extra > 0:
        g = xp.reshape(g, g.shape[extra:])
    return g if g.shape == shape else xp.broadcast_to(g, shape)
