"""Tensors that share memory, as lenses, and what changing one in place means for the others.

A view knows the Tensor whose memory it shows, its root, and the way to read itself from it and to write itself back.
Nothing is computed when one of a family changes: the others become stale, and who looks at one brings it up to date. A
stale Tensor is of another class, so that no fast path has to ask: a plain one is known to be current.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Any, Protocol
from weakref import ref

from agrad.errors import InPlaceError
from agrad.interpret.apply import private, raw_of, replaced
from agrad.interpret.levels import OFF, enable_grad, enabled
from agrad.interpret.record import BASE
from agrad.interpret.reverse import Leaf

__all__ = [
    "Family",
    "Lens",
    "Way",
    "arrayed",
    "attach",
    "current",
    "is_written",
    "key_of",
    "laid_out",
    "rebind",
    "refresh",
    "refuse_leaf",
]

Tensor = Any  # of `agrad.tensors`, which imports this module


class Way(Protocol):
    """How a view is read from a Tensor, and that Tensor made anew with another value in the view's place."""

    def read(self, base: Tensor) -> Tensor: ...

    def write(self, base: Tensor, value: Tensor) -> Tensor: ...


class Lens:
    """What a view knows: its root, the way to it and, of a view of a view, the lens of the one it was taken from."""

    __slots__ = ("key", "parent", "root", "way", "writable")

    def __init__(self, base: Tensor, way: Way, key: Any, writable: bool) -> None:
        self.parent: Lens | None = getattr(base, "_lens", None)
        self.root: Tensor = base if self.parent is None else self.parent.root
        self.way = way
        self.key = key
        """The index that made the view, where one did."""
        self.writable = writable and (self.parent is None or self.parent.writable)

    @property
    def of_slices(self) -> bool:
        """Whether indices alone lead from the root to the view."""
        return self.key is not None and (self.parent is None or self.parent.of_slices)

    def read(self, root: Tensor) -> Tensor:
        """The view's value, from the root."""
        return self.way.read(root if self.parent is None else self.parent.read(root))

    def write(self, root: Tensor, value: Tensor) -> Tensor:
        """The root with this value in the view's place."""
        if self.parent is None:
            return self.way.write(root, value)
        return self.parent.write(root, self.way.write(self.parent.read(root), value))


class Family:
    """What a root knows of its views: those that are current, and one that has changed since the root was."""

    __slots__ = ("current", "pending")

    def __init__(self) -> None:
        self.current: list[ref[Tensor]] = []
        self.pending: tuple[Lens, Tensor] | None = None


def attach(base: Tensor, view: Tensor, way: Way, key: Any = None, writable: bool = True) -> None:
    """Let a new Tensor be a view of another one; a view of a view sees the root through both."""
    view._lens = lens = Lens(base, way, key, writable)
    _join(lens.root, view)


def _join(root: Tensor, view: Tensor) -> None:
    """Enter a current view; forget those that are gone, at powers of two: amortised constant."""
    try:
        family = root._family
    except AttributeError:
        family = root._family = Family()
    family.current.append(ref(view))
    n = len(family.current)
    if n >= 16 and n & (n - 1) == 0:
        family.current = [r for r in family.current if r() is not None]


# Changing ------------------------------------------------------------------------------------------


def rebind(t: Tensor, new: Tensor) -> None:
    """Let a handle stand for a new value; whoever shares its memory becomes stale."""
    lens: Lens | None = getattr(t, "_lens", None)
    root = t if lens is None else lens.root
    family: Family | None = getattr(root, "_family", None)
    if lens is not None and not lens.writable:
        raise InPlaceError("an in-place change of a read-only view, such as broadcast_to makes; change a copy of it")
    if not t._aval.ndim and t._space._numbers:
        new = arrayed(new)
    if OFF:
        _rebind_now(t, new, lens, root, family)
        return
    t._value, t._aval, t._node = new._value, new._aval, new._node
    if family is None:
        return
    for r in family.current:
        view = r()
        if view is not None and view is not t:
            view.__class__ = view._space._stale
    if lens is None:
        family.current, family.pending = [], None
    else:
        family.current, family.pending = [ref(t)], (lens, private(t))
        root.__class__ = root._space._stale


def arrayed(t: Tensor) -> Tensor:
    """The same value, an array where the library made a number of it: what was changed in place can be so again."""
    space, value = t._space, t._value
    value = arrayed(value) if type(value) is space._tensor else space._backend.array(value)
    return space._box(value, t._aval, t._node)


def _rebind_now(t: Tensor, new: Tensor, lens: Lens | None, root: Tensor, family: Family | None) -> None:
    """Inside no_grad a followed Tensor keeps its place in the graph and only its data change, at once."""
    root._node  # noqa: B018 - brings it up to date
    _put(t, new)
    if lens is not None:
        _put(root, lens.write(root, t))
    for r in () if family is None else family.current:
        view = r()
        if view is not None and view is not t:
            _put(view, view._lens.read(root))


def _put(t: Tensor, new: Tensor) -> None:
    node = t._node
    if node is None or enabled(node.trace) or new._node is not None:
        t._value, t._aval, t._node = new._value, new._aval, new._node
    else:
        t._value = replaced(t._value, new._value)


def refresh(t: Tensor) -> None:
    """Bring a stale Tensor up to date. What was followed when it became stale is followed now."""
    lens: Lens | None = getattr(t, "_lens", None)
    stale, t.__class__ = t.__class__, t._space._tensor
    try:
        with enable_grad() if OFF else nullcontext():
            if lens is None:
                changed, value = t._family.pending
                new = changed.write(t, value)
                if not changed.of_slices:
                    new = _laid_like(raw_of(t), new)
                t._family.pending = None
            else:
                new = lens.read(lens.root)
                _join(lens.root, t)
    except BaseException:
        t.__class__ = stale
        raise
    t._value, t._aval, t._node = new._value, new._aval, new._node


def _laid_like(old: Any, t: Tensor) -> Tensor:
    """The same value with its elements where the old array had them: a rearranged one would be copied by `reshape`."""
    space, value = t._space, t._value
    value = _laid_like(old, value) if type(value) is space._tensor else space._raw.setitem(old, (Ellipsis,), value)
    return space._box(value, t._aval, t._node)


def laid_out(t: Tensor) -> None:
    """Read a view that was written again: its elements lie then as in the library, where `reshape` shares or copies."""
    lens: Lens | None = getattr(t, "_lens", None)
    if lens is not None and (pending := lens.root._family.pending) is not None and pending[0] is lens:
        new = lens.read(lens.root)  # which brings the root up to date
        t._value, t._aval, t._node = new._value, new._aval, new._node


def current(values: Iterable[Any]) -> None:
    """Bring up to date what is stale among a transform's results, while the transform still runs."""
    for v in values:
        if hasattr(type(v), "_node"):
            v._node  # noqa: B018 - looking is enough


def is_written(base: Tensor, key: Any, value: Any) -> bool:
    """Whether ``base[key] = value`` would only repeat what changing `value`, a view, has done: ``base[key] += ...``."""
    lens: Lens | None = getattr(value, "_lens", None)
    if lens is None or lens.key is None or lens.parent is not getattr(base, "_lens", None):
        return False
    if lens.parent is None and lens.root is not base:
        return False
    pending = lens.root._family.pending
    return pending is not None and pending[0] is lens and type(lens.key) is type(key) and bool(lens.key == key)


def refuse_leaf(t: Tensor) -> None:
    """Refuse to change a leaf that requires gradients, directly, through a view of it, or through its root."""
    if not enabled(BASE):
        return
    lens: Lens | None = getattr(t, "_lens", None)
    root = t if lens is None else lens.root
    family: Family | None = getattr(root, "_family", None)
    views = [] if family is None else [v for r in family.current if (v := r()) is not None]
    for one in (t, root, *views):
        if type(one._node) is Leaf and one._node.trace is BASE:
            raise InPlaceError(
                "an in-place change of a leaf that requires gradients; do it inside agrad.no_grad(), "
                "or make a new Tensor instead"
            )


# Indices -------------------------------------------------------------------------------------------


def key_of(key: Any) -> tuple[Any, bool]:
    """An index with Python's integers, and whether it selects a regular block: no arrays, no lists."""
    kind = type(key)
    if kind is int or kind is slice or key is None or key is Ellipsis:
        return key, True
    if kind is tuple:
        for k in key:
            if not (type(k) is int or type(k) is slice or k is None or k is Ellipsis):
                break
        else:
            return key, True
        pairs = [key_of(item) for item in key]
        return tuple([item for item, _ in pairs]), all(basic for _, basic in pairs)
    if hasattr(kind, "__index__") and kind is not bool and not hasattr(kind, "_node") and not getattr(key, "ndim", 0):
        try:
            return key.__index__(), True
        except TypeError:  # an array of truth values
            pass
    return key, False
