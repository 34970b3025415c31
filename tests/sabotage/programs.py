"""Mutants that programs show: what shares memory, what operators do with numbers, and where recording is off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.arrays.views import lens_of
from agrad.interpret.apply import stopped
from agrad.interpret.levels import enable_grad
from sabotage.mutant import Row

__all__ = ["ROWS"]

VIEWS, TENSORS, OPERATORS, NAMESPACE = (
    "arrays.views:",
    "arrays.tensors:",
    "arrays.operators:",
    "arrays.namespaces:Namespace.",
)


# Aliasing -------------------------------------------------------------------------------------------


def _alone(which: Callable[[Any], bool]) -> Callable[[Any], Any]:
    """Change a Tensor and tell nobody, where `which` says so."""

    def change(rebind: Any) -> Any:
        def other(t: Any, new: Any) -> None:
            if which(t):
                t._value, t._aval, t._node = new._value, new._aval, new._node
            else:
                rebind(t, new)

        return other

    return change


def _is_view(t: Any) -> bool:
    return lens_of(t) is not None


def _never_refreshed(refresh: Any) -> Any:
    def other(t: Any) -> None:
        t.__class__ = t._space._tensor

    return other


class _Element:
    """The way to one element, as if it were a view."""

    def read(self, lens: Any, base: Any) -> Any:
        return base._space._getitem(base, lens.data)

    def write(self, lens: Any, base: Any, value: Any) -> Any:
        return base._space._setitem(base, lens.data, value)


def _shared_elements(getitem: Any) -> Any:
    """An element read is an array without axes, and a view."""

    def other(self: Any, key: Any) -> Any:
        from agrad.arrays.views import arrayed, attach

        out = getitem(self, key)
        if not out.ndim and not _is_view(out) and (type(key) is int or type(key) is tuple):
            out = arrayed(out)
            attach(self, out, getattr(self, "_ties", None), _Element(), key)
        return out

    return other


def _newest_only(attach: Any) -> Any:
    """A root that knows the last of its views only."""

    def other(base: Any, view: Any, *given: Any) -> None:
        attach(base, view, *given)
        family = view._ties.root._ties
        family[:] = family[-1:]

    return other


def _parent_skipped(way: str) -> Callable[[Any], Any]:
    """A view of a view that takes itself for a view of the root."""
    if way == "read":
        return lambda read: lambda self, root: self.way.read(self, root)
    return lambda write: lambda self, root, value: self.way.write(self, root, value)


def _data_only(replaced: Any) -> Any:
    """Change the outermost box, and not the values further out that it holds."""
    return lambda old, new: new


def _unchanged(replaced: Any) -> Any:
    return lambda old, new: old


def _graph_dropped(put: Any) -> Any:
    def other(t: Any, new: Any) -> None:
        t._value, t._aval, t._node = new._value, new._aval, new._node

    return other


def _not_kept(init: Any) -> Any:
    def other(self: Any, *args: Any, keep: bool = False, **options: Any) -> None:
        init(self, *args, **options)

    return other


def _results_shared(results: Any) -> Any:
    """Hand out results that the graph holds, too."""

    def other(self: Any, *args: Any, **options: Any) -> Any:
        keep, self.keep = self.keep, False
        try:
            return results(self, *args, **options)
        finally:
            self.keep = keep

    return other


def _itself(private: Any) -> Any:
    return lambda a: a


ALIASING = (
    Row("rebind/alone", "aliasing", VIEWS + "rebind", _alone(lambda t: True)),
    Row("rebind/view-alone", "aliasing", VIEWS + "rebind", _alone(_is_view)),
    Row("rebind/root-alone", "aliasing", VIEWS + "rebind", _alone(lambda t: not _is_view(t))),
    Row("refresh/nothing", "aliasing", VIEWS + "refresh", _never_refreshed),
    Row("attach/nothing", "aliasing", VIEWS + "attach", lambda _: lambda *given: None),
    Row("views/of-functions", "aliasing", NAMESPACE + "_viewing", lambda _: lambda self, f, run: run),
    Row("views/newest-only", "aliasing", VIEWS + "attach", _newest_only),
    Row("views/of-views-read", "aliasing", VIEWS + "Lens.read", _parent_skipped("read")),
    Row("views/of-views-write", "aliasing", VIEWS + "Lens.write", _parent_skipped("write")),
    Row("elements/shared", "aliasing", TENSORS + "Tensor.__getitem__", _shared_elements),
    Row("in-place/numbers", "aliasing", OPERATORS + "_is_handle", lambda _: lambda t: True),
    Row("in-place/never", "aliasing", OPERATORS + "_is_handle", lambda _: lambda t: False),
    Row("setitem/written", "aliasing", VIEWS + "is_written", lambda _: lambda base, key, value: True),
    Row("setitem/leaf", "aliasing", VIEWS + "refuse_leaf", lambda _: lambda t: None),
    Row("own/key", "aliasing", "interpret.rules:own", lambda _: lambda f, v: v),
    Row("own/copy", "aliasing", NAMESPACE + "_copied", lambda _: lambda self, array: array),
    Row("private/shared", "aliasing", "interpret.apply:private", _itself),
    Row("inputs/keep", "aliasing", "transforms.boxing:Inputs.__init__", _not_kept),
    Row("inputs/results-shared", "aliasing", "transforms.boxing:Inputs.results", _results_shared),
)


# Operators ------------------------------------------------------------------------------------------


def _other_way_round(reflected: Any) -> Any:
    """``1.0 / x`` computed as ``x / 1.0``."""
    return lambda f, run, door: lambda x2, x1, /: run(x2, x1)


def _nested_other_way_round(reflected: Any) -> Any:
    """The same, one level further out only: right in first order."""

    def other(f: Any, run: Any, door: Any) -> Any:
        right = reflected(f, run, door)

        def swapped(x2: Any, x1: Any, /) -> Any:
            y = right(x2, x1)
            if type(getattr(x2, "_value", None)) is f.space._tensor and type(x1) in (int, float):
                y._value = run(x2._value, x1)
            return y

        return swapped

    return other


def _number_first(operate: Any) -> Any:
    """A number on the right taken for one on the left."""

    def other(f: Any, args: Any, params: Any) -> Any:
        if len(args) == 2 and type(args[1]) in (int, float):
            args = args[1], args[0]
        return operate(f, args, params)

    return other


def _without_slope(closure: Any) -> Any:
    """Operators with numbers, of values that an outer transform follows too, have first derivatives only."""

    def other(f: Any, door: Any, operator: bool = False) -> Any:
        run = closure(f, door, operator)

        def running(*args: Any) -> Any:
            y = run(*args)
            nested = type(getattr(y, "_value", None)) is f.space._tensor
            if operator and nested and any(type(a) in (int, float) for a in args):
                y._value = f.space._wrap(stopped(y._value))
            return y

        return running

    return other


OPERATORS = (
    Row("reflected/other-way", "operators", "interpret.pairs:reflected", _other_way_round),
    Row("reflected/other-way-nested", "operators", "interpret.pairs:reflected", _nested_other_way_round),
    Row("operate/number-first", "operators", OPERATORS + "operate", _number_first),
    Row("operators/first-order", "operators", "interpret.fast:closure", _without_slope),
    Row("weak/lost", "operators", "interpret.aval:Aval.weakened", lambda _: lambda self: self),
    Row("weak/kept", "operators", OPERATORS + "_strengthened", lambda _: lambda space, args: args),
)


# Recording ------------------------------------------------------------------------------------------


def _recording(closure: Any) -> Any:
    """Functions and operators record as if nothing were switched off."""

    def other(f: Any, door: Any, operator: bool = False) -> Any:
        run = closure(f, door, operator)

        def running(*args: Any) -> Any:
            with enable_grad():
                return run(*args)

        return running

    return other


def _for_ever(leave: Any) -> Any:
    """Leave a block and enter another one of its kind."""

    def other(self: Any, *exc: object) -> None:
        leave(self, *exc)
        type(self)().__enter__()

    return other


def _lists_followed(unfollowed: Any) -> Any:
    return lambda a: a if type(a) in (list, tuple) else unfollowed(a)


def _decorated_once(decorated: Any) -> Any:
    """Decorate generators and coroutines as plain functions: their steps are run outside."""

    def other(block: Any, function: Any) -> Any:
        def calling(*args: Any, **options: Any) -> Any:
            with block():
                return function(*args, **options)

        return calling

    return other


def _reverse_only(enabled: Any) -> Any:
    return lambda trace: True if not trace.records else enabled(trace)


LEVELS = "interpret.levels:"

RECORDING = (
    Row("no_grad/ignored", "recording", LEVELS + "no_grad._upto", lambda _: lambda self: -1),
    Row("no_grad/base-only", "recording", LEVELS + "no_grad._upto", lambda _: lambda self: 0),
    Row("no_grad/for-ever", "recording", LEVELS + "_Switch.__exit__", _for_ever),
    Row("no_grad/generators", "recording", LEVELS + "_decorated", _decorated_once),
    Row("no_grad/closures", "recording", "interpret.fast:closure", _recording),
    Row("no_grad/apply", "recording", "interpret.apply:_unfollowed", lambda _: lambda a: a),
    Row("no_grad/lists", "recording", "interpret.apply:_unfollowed", _lists_followed),
    Row("no_grad/in-place-lost", "recording", VIEWS + "_put", _graph_dropped),
    Row("no_grad/in-place-unchanged", "recording", "interpret.apply:replaced", _unchanged),
    Row("no_grad/in-place-outermost", "recording", "interpret.apply:replaced", _data_only),
    Row("enable_grad/ignored", "recording", LEVELS + "enable_grad._upto", lambda _: lambda self: 10**9),
    Row("enabled/always", "recording", LEVELS + "enabled", lambda _: lambda trace: True),
    Row("enabled/forward", "recording", LEVELS + "enabled", _reverse_only),
)

ROWS = (*ALIASING, *OPERATORS, *RECORDING)
