"""Parameters as rules expect them, made so once, before any interpretation sees a call."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from agrad.errors import ConcretizationError
from agrad.interpret.apply import apply, is_batched, is_tracked, raw_of
from agrad.interpret.bound import Bound

__all__ = ["PLAIN", "enter", "settled"]

Params = dict[str, Any]
PLAIN: tuple[type, ...] = (bool, int, float, complex, str, type(None), slice, type(Ellipsis))
"""Types of parameters that are as they should be."""


def enter(f: Bound, args: Sequence[Any], params: Params) -> Any:
    """Apply an op as a user calls it."""
    if f.keeps:
        args = [_integer(f, a) if i in f.keeps else a for i, a in enumerate(args)]
    return apply(f, args, settled(f, params) if params else params)


def _integer(f: Bound, value: Any) -> Any:
    """A count or an index as Python's integer, where it is an integer of a library that is not the backend's."""
    kind = type(value)
    if kind in f.space._plain or not hasattr(kind, "__index__") or hasattr(kind, "_node") or f.space._owns(value):
        return value
    return value if getattr(value, "ndim", 0) else operator.index(value)


def settled(f: Bound, params: Params) -> Params:
    """Integers of every library as Python's, lists as tuples, constant Tensors as what they hold."""
    known = f.space._settings
    return {n: v if type(v) in known else _settled(f, n, v) for n, v in params.items()}


def _settled(f: Bound, name: str, value: Any) -> Any:
    kind = type(value)
    if hasattr(kind, "_node"):
        if is_tracked(value) and f.op.kind != "constant":
            raise ConcretizationError(
                f"{f!r} has no derivative for its parameter {name!r}, and got a Tensor there that requires gradients; "
                f"pass a number, or agrad.stop_gradient({name}) if a constant is meant"
            )
        if is_batched(value):
            raise ConcretizationError(
                f"{f!r} takes the same {name!r} for all examples of vmap, and got a Tensor there that differs between "
                "them; pass a number, or compute with arrays of positions, for example xp.take(x, i + xp.arange(n))"
            )
        return _settled(f, name, raw_of(value))
    if kind is tuple or kind is list:
        items = [_settled(f, name, item) for item in value]
        return items if f.op.custom and kind is list else tuple(items)
    if kind in PLAIN or f.op.custom:
        return value
    if hasattr(kind, "__index__") and not getattr(value, "ndim", 0):
        try:
            return operator.index(value)
        except TypeError:  # an array that is no integer
            return value
    if not f.space._owns(value):
        f.space._settings.add(kind)
    return value
