"""Changing a Tensor in place: the handle is rebound to a new value, and slices and their bases follow."""

from __future__ import annotations

from typing import Any
from weakref import ref

from agrad.errors import InPlaceError
from agrad.interpret.apply import raw_of
from agrad.interpret.levels import enabled
from agrad.interpret.record import BASE
from agrad.interpret.reverse import Leaf

__all__ = ["derive", "plain_key", "rebind", "refuse_leaf"]


def plain_key(key: Any) -> tuple[Any, bool]:
    """An index with constant Tensors taken out of their boxes, and whether it selects a regular block."""
    kind = type(key)
    if kind is int or kind is slice or key is None or key is Ellipsis:
        return key, True
    if kind is tuple:
        for k in key:
            if not (type(k) is int or type(k) is slice or k is None or k is Ellipsis):
                break
        else:
            return key, True
        pairs = [plain_key(item) for item in key]
        return tuple(item for item, _ in pairs), all(basic for _, basic in pairs)
    if hasattr(type(key), "_node"):
        return raw_of(key), False
    if isinstance(key, list):
        return [plain_key(item)[0] for item in key], False
    return key, hasattr(key, "__index__") and not getattr(key, "ndim", 0) and not isinstance(key, bool)


def derive(base: Any, out: Any) -> None:
    """Remember a slice, so that it follows when its base changes; forget those that are gone."""
    try:
        derived = base._derived
    except AttributeError:
        base._derived = [ref(out)]
        return
    derived.append(ref(out))
    n = len(derived)
    if n >= 16 and n & (n - 1) == 0:  # at powers of two: amortised constant
        base._derived = [r for r in derived if r() is not None]


def refuse_leaf(t: Any) -> None:
    """Refuse to change a leaf that requires gradients, directly, through a slice of it, or through its base."""
    if not enabled(BASE):
        return
    while (view := getattr(t, "_view", None)) is not None:
        _refuse_leaf(t)
        t = view[0]
    queue = [t]
    while queue:
        t = queue.pop()
        _refuse_leaf(t)
        queue += [v for r in getattr(t, "_derived", ()) if (v := r()) is not None]


def _refuse_leaf(t: Any) -> None:
    if type(t._node) is Leaf and t._node.trace is BASE:
        raise InPlaceError(
            "an in-place change of a leaf that requires gradients; do it inside agrad.no_grad(), "
            "or make a new Tensor instead"
        )


def rebind(t: Any, new: Any) -> None:
    """Let a handle stand for a new value; what it is a slice of, and its slices, follow."""
    _set(t, new)
    while (view := getattr(t, "_view", None)) is not None:
        base, key = view
        _set(base, base._space._setitem(base, key, t))
        _refresh(base, t)
        t = base
    _refresh(t, None)


def _refresh(t: Any, source: Any | None) -> None:
    """Read the slices of a changed Tensor again, those of slices included; `source` is right already."""
    queue = [(t, source)]
    while queue:
        base, skip = queue.pop()
        for r in getattr(base, "_derived", ()):
            view = r()
            if view is not None and view is not skip:
                _set(view, base._space._getitem(base, view._view[1]))
                queue.append((view, None))


def _set(t: Any, new: Any) -> None:
    node = t._node
    if node is not None and not enabled(node.trace):
        # Inside no_grad a followed Tensor keeps its place in the graph and only its data change.
        t._value = new._value if new._node is None else new
        return
    t._value, t._aval, t._node = new._value, new._aval, new._node
