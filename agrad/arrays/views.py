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
from agrad.interpret.apply import is_batched, private, raw_of, replaced
from agrad.interpret.levels import OFF, enable_grad, enabled
from agrad.interpret.record import BASE, recording
from agrad.interpret.reverse import Leaf

__all__ = [
    "SLICE",
    "Family",
    "Lens",
    "Way",
    "arrayed",
    "attach",
    "current",
    "is_number",
    "is_written",
    "key_of",
    "laid_like",
    "laid_out",
    "lens_of",
    "rebind",
    "refresh",
    "refuse_leaf",
]

Tensor = Any  # of `agrad.arrays.tensors`, which imports this module


class Way(Protocol):
    """How a view is read from a Tensor, and that Tensor made anew with another value in the view's place.

    What is of this view alone, such as its index, is in its lens.
    """

    def read(self, lens: Lens, base: Tensor) -> Tensor: ...

    def write(self, lens: Lens, base: Tensor, value: Tensor) -> Tensor: ...


class Lens:
    """What a view knows: its root, the way to it and, of a view of a view, the lens of the one it was taken from."""

    __slots__ = ("data", "parent", "root", "way", "writable")

    root: Tensor
    parent: Lens | None
    way: Way
    data: Any
    """What the way needs to know of this view: of a slice, its index."""
    writable: bool

    @property
    def of_slices(self) -> bool:
        """Whether indices alone lead from the root to the view."""
        return self.way is SLICE and (self.parent is None or self.parent.of_slices)

    def read(self, root: Tensor) -> Tensor:
        """The view's value, from the root."""
        return self.way.read(self, root if self.parent is None else self.parent.read(root))

    def write(self, root: Tensor, value: Tensor) -> Tensor:
        """The root with this value in the view's place."""
        if self.parent is None:
            return self.way.write(self, root, value)
        return self.parent.write(root, self.way.write(self, self.parent.read(root), value))


class Slice:
    """The way to what an index without arrays selects."""

    __slots__ = ()

    def read(self, lens: Lens, base: Tensor) -> Tensor:
        """``base[key]``."""
        return base._space._slice(base, lens.data)

    def write(self, lens: Lens, base: Tensor, value: Tensor) -> Tensor:
        """What ``base[key] = value`` makes of it."""
        space, key = base._space, lens.data
        if key is None or (type(key) is tuple and None in key):  # new axes are for reading
            key = tuple([k for k in (() if key is None else key) if k is not None]) or (Ellipsis,)
            value = space.reshape(value, space._slice(base, key).shape)
        return space._setitem(base, key, value)


SLICE = Slice()


class Family(list["ref[Tensor]"]):
    """What a root knows of its views: those that are current, and one that has changed since the root was."""

    __slots__ = ("pending",)

    pending: tuple[Lens, Tensor] | None


def lens_of(t: Tensor) -> Lens | None:
    """How a view knows its root; None for any other Tensor."""
    ties = getattr(t, "_ties", None)
    return ties if type(ties) is Lens else None


def attach(
    base: Tensor, view: Tensor, ties: Lens | Family | None, way: Way, data: Any = None, writable: bool = True
) -> None:
    """Let a new Tensor be a view of another one, which has these ties; a view of a view sees the root through both."""
    view._ties = lens = Lens()
    lens.way = way
    lens.data = data
    if ties is None:
        lens.parent = None
        lens.root = base
        lens.writable = writable
        base._ties = family = Family((ref(view),))
        family.pending = None
        return
    if isinstance(ties, Family):
        lens.parent = None
        lens.root = base
        lens.writable = writable
        family = ties
    else:
        lens.parent = ties
        lens.root = ties.root
        lens.writable = writable and ties.writable
        family = ties.root._ties
    family.append(ref(view))
    if len(family) >= 16:
        _tidied(family)


def _tidied(family: Family) -> None:
    """Forget the views that are gone, at powers of two: amortised constant."""
    n = len(family)
    if n & (n - 1) == 0:
        family[:] = [r for r in family if r() is not None]


# Changing ------------------------------------------------------------------------------------------


def rebind(t: Tensor, new: Tensor) -> None:
    """Let a handle stand for a new value; whoever shares its memory becomes stale."""
    lens = lens_of(t)
    root = t if lens is None else lens.root
    family: Family | None = getattr(root, "_ties", None)
    if lens is not None and not lens.writable:
        raise InPlaceError("an in-place change of a read-only view, such as broadcast_to makes; change a copy of it")
    if t._aval.ndim > 1:
        new = laid_like(raw_of(t), new)
    elif not t._aval.ndim and t._space._numbers and not _is_leaf(t):
        new = arrayed(new)
    if OFF:
        _rebind_now(t, new, lens, root, family)
        return
    t._value, t._aval, t._node = new._value, new._aval, new._node
    if family is None:
        return
    for r in family:
        view = r()
        if view is not None and view is not t:
            view.__class__ = view._space._stale
    if lens is None:
        family[:], family.pending = [], None
    else:
        family[:], family.pending = [ref(t)], (lens, private(t))
        root.__class__ = root._space._stale


def is_number(t: Tensor) -> bool:
    """Whether a Tensor of no axes holds a number of the library's, which never changes, and no array."""
    space = t._space
    if t._aval.ndim or not space._numbers:
        return False
    while type(t) is space._tensor:
        if t._node is not None and t._node.trace.batches:
            return not t._node.array
        t = t._value
    return type(t) in space._numbers


def arrayed(t: Tensor) -> Tensor:
    """The same value, an array where the library made a number of it: what was changed in place can be so again."""
    space, value = t._space, t._value
    if t._node is not None and t._node.trace.batches:
        return space._box(value, t._aval, type(t._node)(t._node.trace, array=True))
    value = arrayed(value) if type(value) is space._tensor else space._backend.array(value)
    return space._box(value, t._aval, t._node)


def _rebind_now(t: Tensor, new: Tensor, lens: Lens | None, root: Tensor, family: Family | None) -> None:
    """Inside no_grad a followed Tensor keeps its place in the graph and only its data change, at once."""
    root._node  # noqa: B018 - brings it up to date
    _put(t, new)
    if lens is not None:
        written = lens.write(root, private(t))
        _put(root, laid_like(raw_of(root), written) if root._aval.ndim > 1 else written)
    for r in family or ():
        view = r()
        if view is not None and view is not t:
            _put(view, view._ties.read(root))


def _put(t: Tensor, new: Tensor) -> None:
    node = t._node
    if node is None or enabled(node.trace) or (new._node is not None and new._node.trace.differentiates):
        new = new if node is None else node.trace.replacing(t, new)
        t._value, t._aval, t._node = new._value, new._aval, new._node
        return
    if _is_leaf(t) and recording():
        raise InPlaceError(
            "an in-place change of a leaf in a function that is recorded (agrad.trace, agrad.compile) would be lost to "
            "the graph; return the new values, and change the leaf outside"
        )
    if _is_leaf(t) and is_batched(new):
        raise InPlaceError(
            "an in-place change of a leaf inside vmap would give it another value for each example; return the new "
            "values, and change the leaf outside"
        )
    t._value = replaced(t._value, new._value if new._node is None else new)


def refresh(t: Tensor) -> None:
    """Bring a stale Tensor up to date. What was followed when it became stale is followed now."""
    lens = lens_of(t)
    stale, t.__class__ = t.__class__, t._space._tensor
    try:
        with enable_grad() if OFF else nullcontext():
            if lens is None:
                changed, value = t._ties.pending
                new = changed.write(t, value)
                if new._aval.ndim > 1:
                    new = laid_like(raw_of(t), new)
                apart = new._node is None and value._node is not None  # from the graph, and stays so
                if not changed.of_slices and not apart:
                    for r in t._ties:  # what was written is read again: its elements lie then as in the library
                        if (view := r()) is not None:
                            view.__class__ = view._space._stale
                    t._ties.clear()
                t._ties.pending = None
            else:
                new = lens.read(lens.root)
                lens.root._ties.append(ref(t))
    except BaseException:
        t.__class__ = stale
        raise
    t._value, t._aval, t._node = new._value, new._aval, new._node


def laid_like(old: Any, t: Tensor) -> Tensor:
    """The same value with its elements where the old array had them: by that, `reshape` shares memory or copies."""
    space, value = t._space, t._value
    if (layout := space._backend.layout) is None:
        return t
    if type(value) is space._tensor:
        laid = laid_like(old, value)
    elif layout(value) == layout(old):
        return t
    elif value.ndim > old.ndim:  # of many examples, where the old one was the same for all
        if layout(value)[value.ndim - old.ndim :] == layout(old):
            return t
        laid = space._raw.asarray(space._raw.broadcast_to(old, value.shape), copy=True)
        laid[...] = value
    else:
        laid = space._raw.asarray(old, copy=True)
        laid[...] = value
    return t if laid is value else space._box(laid, t._aval, t._node)


def laid_out(t: Tensor, lens: Lens) -> None:
    """Read a view that was written again: its elements lie then as in the library, where `reshape` shares or copies."""
    space, root = t._space, lens.root
    if type(t) is space._stale:
        return  # it is read before anything is made of it
    if (pending := root._ties.pending) is None:
        written = not space._backend.shares(raw_of(t), raw_of(root))
    else:
        written = pending[0] is lens
    if written:
        with enable_grad() if OFF and t._node is not None else nullcontext():
            new = lens.read(root)  # which brings the root up to date
        if new._node is not None or t._node is None:  # what is followed stays so, whatever its layout
            t._value, t._aval, t._node = new._value, new._aval, new._node


def current(values: Iterable[Any]) -> None:
    """Bring up to date what is stale among a transform's results, while the transform still runs."""
    for v in [*values] * 2:  # a root that is brought up to date may have its views read again
        if hasattr(type(v), "_node"):
            v._node  # noqa: B018 - looking is enough


def is_written(base: Tensor, key: Any, value: Any) -> bool:
    """Whether ``base[key] = value`` would only repeat what changing `value`, a view, has done: ``base[key] += ...``."""
    lens = lens_of(value)
    if lens is None or lens.way is not SLICE or lens.parent is not lens_of(base):
        return False
    if lens.parent is None and lens.root is not base:
        return False
    pending = lens.root._ties.pending
    return pending is not None and pending[0] is lens and type(lens.data) is type(key) and bool(lens.data == key)


def refuse_leaf(t: Tensor) -> None:
    """Refuse to change a leaf that requires gradients, directly, through a view of it, or through its root."""
    if not enabled(BASE):
        return
    lens = lens_of(t)
    root = t if lens is None else lens.root
    family: Family | None = getattr(root, "_ties", None)
    views = [v for r in family or () if (v := r()) is not None]
    for one in (t, root, *views):
        if _is_leaf(one):
            raise InPlaceError(
                "an in-place change of a leaf that requires gradients; do it inside agrad.no_grad(), "
                "or make a new Tensor instead"
            )


def _is_leaf(t: Tensor) -> bool:
    """Whether this is a leaf of the user's, which stays the same one whatever it holds."""
    return type(t._node) is Leaf and t._node.trace is BASE


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
