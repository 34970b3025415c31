"""The debug switch that stops at the first nan or inf, and says which operation made it, of what, and where it stands.

While it is on, every op takes the general path; its results are looked at, and so is each cotangent on the way back.
Nothing of it is in the way while it is off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import local
from typing import Any, ClassVar, NamedTuple
from weakref import WeakKeyDictionary

from agrad.errors import AnomalyError, UnsupportedError
from agrad.interpret.bound import Bound
from agrad.interpret.levels import OFF
from agrad.interpret.reverse import Branch, Leaf, Node
from agrad.interpret.watching import CALLS, NODES, WALKS, Line, line_of_user, shown

__all__ = ["detect_anomaly"]

_active: list[detect_anomaly] = []
"""The blocks that are entered, in any thread; the last one says what is looked for."""


class _Here(local):
    inside = False
    """Whether this thread is inside an op or a walk that is being looked at as a whole."""


_here = _Here()


class detect_anomaly:  # noqa: N801 - called as a function
    """Stop at the first nan or inf: a context manager, for all threads.

    An operation that makes one from arguments that have none is an error, in the computation, in its tangents, and in
    the backward pass. It says which operation that was, the shapes, and the line of your source that called it. Enter
    the block before what is to be differentiated, so that the lines are known. The environment variable
    ``AGRAD_DEBUG=anomaly`` does so for a whole program.

    All values are looked at, which takes time, and has lazy libraries compute; under ``jax.jit`` there are none, which
    is an error, too.

    Raises
    ------
    AnomalyError
        A nan or an inf was made.
    UnsupportedError
        Values cannot be looked at.

    Examples
    --------
    >>> import agrad, numpy
    >>> xp = agrad.namespace("numpy")
    >>> def f(x):
    ...     return xp.sum(xp.where(x > 0, xp.sqrt(x), 0.0))
    >>> with numpy.errstate(all="ignore"), agrad.detect_anomaly():
    ...     agrad.grad(f)(numpy.asarray([0.0, 4.0]))
    Traceback (most recent call last):
        ...
    agrad.errors.AnomalyError: a nan was made by the backward pass of 'sqrt' ... as 0 * inf: ...
    """

    forward: ClassVar[bool] = True
    """Whether the computation and sums of cotangents are looked at, too, and only what is made of values without."""
    kinds: ClassVar[frozenset[str]] = frozenset({"nan", "inf"})
    """What is looked for."""

    def __enter__(self) -> None:
        if not _active:
            CALLS.append(_called)
            NODES.append(_noted)
            WALKS.append(_walked)
        _active.append(self)
        OFF.append(None)  # fast paths look here, and leave the op to the general one

    def __exit__(self, *exc: object) -> None:
        OFF.pop()
        _active.remove(self)
        if not _active:
            CALLS.remove(_called)
            NODES.remove(_noted)
            WALKS.remove(_walked)

    def error(self, message: str, node: Node | None, place: int) -> Exception:
        """The error to raise: `node` made it for its argument `place`, or, where it is None, the computation did."""
        return AnomalyError(message)

    @staticmethod
    def called_from(node: Node) -> str:
        """The line of the user's source that recorded a node; empty where it is not known."""
        while type(node) is Branch:
            node = node.parents
        note = _notes.get(node)
        return shown(note.line) if note else ""


# The computation --------------------------------------------------------------------------------------


def _called(apply: Callable[..., Any], f: Bound, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """An op, whose result and tangents are looked at. What it is made of may have what it hides itself."""
    if _here.inside:
        return None
    _here.inside = True
    try:
        out = apply(f, args, params)
    finally:
        _here.inside = False
    found = _active[-1]
    if not found.forward or f.op.kind == "creation":
        return out
    new = _kinds(f, [out])
    if new and (new := new & found.kinds - _kinds(f, [args, params])):
        raise found.error(
            f"{_a(new)} was made by {_op(f.op.name, _shapes(args), line_of_user())}, whose arguments have none; if "
            "xp.where hides it later, gradients may be nan all the same: apply xp.where to the argument",
            None,
            0,
        )
    tangents = _kinds(f, [*_tangents([out])])
    if tangents and (new := tangents & found.kinds - _kinds(f, [args, params, *_tangents(args)])):
        raise found.error(
            f"{_a(new)} was made by the tangent of {_op(f.op.name, _shapes(args), line_of_user())}: neither the "
            "arguments nor their tangents have one, and the derivative is not finite there",
            None,
            0,
        )
    return out


def _tangents(values: Any) -> Iterator[Any]:
    """The tangents of the Tensors in a value, of all levels."""
    for v in values:
        if isinstance(v, tuple | list):
            yield from _tangents(v)
        while hasattr(type(v), "_node"):
            if (t := getattr(v._node, "tangent", None)) is not None:
                yield t
                yield from _tangents([t])
            v = v._value


# The way back -----------------------------------------------------------------------------------------


class _Note(NamedTuple):
    """What is known of a node: its op, the shapes of its arguments, and who called it."""

    f: Bound
    shapes: list[Any]
    line: Line


_notes: WeakKeyDictionary[Node, _Note] = WeakKeyDictionary()


def _noted(f: Bound, node: Node) -> Node:
    _notes[node] = _Note(f, [aval.shape for aval in node.saved[2]], line_of_user())
    return node


CHOOSING = frozenset({"where", "clip", "maximum", "minimum", "max", "min", "setitem", "nn.relu"})
"""Ops whose backward pass is 0 where they have taken another value."""


class _Step(NamedTuple):
    """A node that was visited: what it was given, and what it knew."""

    node: Node
    ct: Any
    saved: Any
    parents: Sequence[Node]
    behind: Node | None
    """The op after it that has chosen between values."""
    kinds: frozenset[str]


def _walked(
    walk: Callable[..., Any],
    roots: Iterable[tuple[Node, Any]],
    *,
    retain: bool,
    retrack: bool,
    visit: Callable[[Node, Any], Any] | None,
) -> Any:
    """A walk, whose cotangents are looked at."""
    if _here.inside:
        return None
    makers: dict[Node, list[_Step]] = {}

    def looked(node: Node, ct: Any) -> Any:
        before = makers.pop(node, [])
        kinds = _seen(ct)
        known = frozenset[str]().union(*[s.kinds for s in before]) if _active[-1].forward else frozenset[str]()
        if before and (new := kinds & _active[-1].kinds - known):
            _explain(node, new, before)
        if visit is not None:
            ct, old = visit(node, ct), kinds
            kinds = _seen(ct)
            if new := kinds & _active[-1].kinds - old:
                raise _active[-1].error(f"{_a(new)} was made by a hook on the result of {_named(node)}", node, 0)
        if type(node) is not Leaf and node.parents is not None:
            parents = [node.parents] if isinstance(node.parents, Node) else list(node.parents)
            behind = node if _name(node) in CHOOSING else next((s.behind for s in before if s.behind), None)
            step = _Step(node, ct, None if type(node) is Branch else node.saved, parents, behind, kinds)
            for p in dict.fromkeys(parents):
                makers.setdefault(p, []).append(step)
        return ct

    _here.inside = True
    try:
        return walk(roots, retain=retain, retrack=retrack, visit=looked)
    finally:
        _here.inside = False


def _explain(node: Node, new: frozenset[str], before: Sequence[_Step]) -> None:
    """Raise for a cotangent that has what nothing before it had, unless an op knew such a value."""
    found, known = _active[-1], frozenset[str]()
    for step in before:
        gs = _pulled(step, step.ct)
        if found.forward:
            known |= _seen(step.saved)  # a nan that an op was given is not made by it
        for place, (p, g) in enumerate(zip(step.parents, gs, strict=False)):
            if p is node and (kinds := new & _seen(g) - known):
                argument = 0 if type(step.node) is Branch else step.saved[1][place][0] if _name(step.node) else place
                raise found.error(f"{_a(kinds)} was made by {_reason(step, place, g)}", step.node, argument)
    if found.forward and new - known:
        ops = ", ".join(_named(step.node) for step in before)
        text = f"{_a(new)} was made where the cotangents add up that reach {_named(node)} from {ops}"
        raise found.error(text, before[0].node, 0)


def _pulled(step: _Step, ct: Any) -> Sequence[Any]:
    """What a node makes of a cotangent, once more."""
    if type(step.node) is Branch:
        return [ct]
    gs = step.node.pull(step.saved, ct)  # type: ignore[call-arg]
    return [gs] if step.node.single else gs or ()


def _reason(step: _Step, place: int, g: Any) -> str:
    """Which backward pass, and whether it was 0 times an infinite derivative."""
    text = f"the backward pass of {_named(step.node)}"
    space, g, ct = _space(g), _raw(g), step.ct
    if space is not None and type(ct) is not dict and (zero := _raw(ct)) is not None:
        xp = space._raw
        alone = _raw(_pulled(step, xp.ones_like(zero))[place])
        if (
            alone is not None
            and _true(xp.any(xp.isnan(g) & xp.isinf(alone)), space)
            and _true(xp.any(zero == 0), space)
        ):
            text += ", as 0 * inf: its derivative is infinite where its cotangent is 0"
            if step.behind is not None:
                text += f", for {_named(step.behind)} takes another value there"
            return (
                text + "; apply xp.where to the argument, too, so that no infinite derivative is taken: "
                "xp.where(ok, f(xp.where(ok, x, 1.0)), 0.0)"
            )
    return text + ", whose cotangent has none"


# What is in a value -----------------------------------------------------------------------------------


def _raw(v: Any) -> Any:
    while hasattr(type(v), "_node"):
        v = v._value
    return v


def _space(v: Any) -> Any:
    """The namespace of a Tensor or of a backend's array."""
    if hasattr(type(v), "_node"):
        return v._space
    from agrad.arrays.namespaces import owner

    return owner(v)


def _true(x: Any, space: Any) -> bool:
    try:
        return bool(x)
    except Exception as error:
        raise UnsupportedError(
            f"agrad.detect_anomaly cannot look at values of {space!r}, which are not known yet, as inside jax.jit; run "
            "the function without compiling it"
        ) from error


def _seen(values: Any) -> frozenset[str]:
    """Which of "nan" and "inf" there are in what a walk carries or a node has saved."""
    return frozenset(_looked_at(values, None))


def _kinds(f: Bound, values: Any) -> frozenset[str]:
    """Which of "nan" and "inf" there are in arguments or results of an op."""
    return frozenset(_looked_at(values, f.space))


def _looked_at(v: Any, space: Any) -> Iterator[str]:
    v = _raw(v)
    if v is None or isinstance(v, bool | int | str):
        return
    if isinstance(v, float | complex) and not hasattr(v, "dtype"):
        parts = (v.real, v.imag)
        yield from ["nan"] * any(map(math.isnan, parts)) + ["inf"] * any(map(math.isinf, parts))
    elif isinstance(v, dict):
        for item in v.values():
            yield from _looked_at(item, space)
    elif isinstance(v, tuple | list):
        for item in v:
            yield from _looked_at(item, space)
    elif hasattr(v, "dtype") and hasattr(v, "shape"):
        if space is None or not space._owns(v):
            space = _space(v)
        if space is None or not space._aval_of(v).inexact:
            return
        xp = space._raw
        if not _true(xp.all(xp.isfinite(v)), space):
            if _true(xp.any(xp.isnan(v)), space):
                yield "nan"
            if _true(xp.any(xp.isinf(v)), space):
                yield "inf"


# Words ------------------------------------------------------------------------------------------------


def _a(kinds: frozenset[str]) -> str:
    return "a nan" if "nan" in kinds else "an inf"


def _shapes(args: Iterable[Any]) -> list[Any]:
    found = []
    for a in args:
        if isinstance(a, tuple | list):
            found += _shapes(a)
        elif hasattr(a, "shape"):
            found.append(tuple(a.shape))
    return found


def _op(name: str, shapes: Sequence[Any], line: Line) -> str:
    """An op in a message: its name, the shapes of its arguments, and the line."""
    return f"{name!r} of shape{'s' * (len(shapes) != 1)} {', '.join(map(str, shapes))}{shown(line)}"


def _name(node: Node) -> str:
    note = _notes.get(node)
    return note.f.op.name if note else ""


def _named(node: Node) -> str:
    while type(node) is Branch:
        node = node.parents
    if type(node) is Leaf:
        return f"an argument of shape {node.aval.shape}"
    note = _notes.get(node)
    if note is None:
        return f"{node!r}, which was recorded while agrad.detect_anomaly was off,"
    return _op(note.f.op.name, note.shapes, note.line)
