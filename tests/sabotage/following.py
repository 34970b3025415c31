"""Mutants of who follows what: levels, constants, and the door of every op."""

from __future__ import annotations

import itertools
from typing import Any

from agrad.interpret.apply import stopped
from sabotage.mutant import Row

__all__ = ["ROWS", "split_by"]

LEVELS, APPLY = "interpret.levels:", "interpret.apply:"


def _one_level(init: Any) -> Any:
    return lambda self, level=None: init(self, 1 if level is None else level)


def _downwards(init: Any) -> Any:
    levels = itertools.count(-1, -1)
    return lambda self, level=None: init(self, next(levels) if level is None else level)


def _immortal(leave: Any) -> Any:
    def other(self: Any, *exc: object) -> None:
        leave(self, *exc)
        self.alive, self.recording = True, self.records

    return other


def _tensors(args: Any) -> Any:
    for a in args:
        if type(a) in (list, tuple):
            yield from _tensors(a)
        elif hasattr(type(a), "_node"):
            yield a


def _outermost(survey: Any) -> Any:
    """Let the outermost transform interpret an op first."""

    def other(f: Any, args: Any, strict: Any = None) -> Any:
        boxed, _ = survey(f, args, strict)
        traces = [t._node.trace for t in _tensors(args) if t._node is not None]
        return boxed, min(traces, key=lambda trace: trace.level, default=None)

    return other


def _lists_skipped(survey: Any) -> Any:
    """Look for what is followed outside lists only."""

    def other(f: Any, args: Any, strict: Any = None) -> Any:
        boxed, top = survey(f, args, strict)
        traces = [t._node.trace for t in _tensors([a for a in args if type(a) is not list]) if t._node is not None]
        return boxed, top if top in traces else None

    return other


def _escaping(survey: Any) -> Any:
    """Compute with what a finished transform has followed."""

    def other(f: Any, args: Any, strict: Any = None) -> Any:
        tensors = list(_tensors(args))
        if all(t._node is None or t._node.trace.alive for t in tensors):
            return survey(f, args, strict)
        traces = [t._node.trace for t in tensors if t._node is not None]
        return True, max(traces, key=lambda trace: trace.level)

    return other


def _raw_of_anything(raw_of: Any) -> Any:
    def other(a: Any) -> Any:
        if type(a) in (list, tuple):
            return type(a)(other(item) for item in a)
        while hasattr(type(a), "_node"):
            a = a._value
        return a

    return other


def split_by(every_level: bool) -> Any:
    """Our own `split`, for a control; with `every_level` it takes what any trace follows for what its own follows."""

    def change(split: Any) -> Any:
        def opened(f: Any, trace: Any, a: Any) -> tuple[Any, bool]:
            if type(a) is list or type(a) is tuple:
                return type(a)([opened(f, trace, item)[0] for item in a]), False
            if type(a) is not f.space._tensor:
                return a, False
            if a._node is not None and not (every_level or a._node.trace is trace):
                return f.space._box(a._value, a._aval, a._node), False
            return a._value, a._node is not None

        def other(f: Any, trace: Any, args: Any) -> Any:
            values: list[Any] = []
            found: list[tuple[tuple[int, int], Any]] = []
            for i, (a, rule) in enumerate(zip(args, f.rules, strict=True)):
                value, own = opened(f, trace, a)
                values.append(value)
                if own:
                    found.append(((i, -1), a))
                elif type(a) is list or type(a) is tuple:
                    found += [((i, j), item) for j, item in enumerate(a) if opened(f, trace, item)[1]]
                if rule is None:
                    found = [pair for pair in found if pair[0][0] != i]
            return values, [slot for slot, _ in found], [a for _, a in found]

        return other

    return change


def _outer_lost(closure: Any) -> Any:
    """Where two transforms meet in one op, the outer one's value is a constant."""

    def other(f: Any, door: Any, operator: bool = False) -> Any:
        run = closure(f, door, operator)

        def running(*args: Any) -> Any:
            followed = [a for a in args if getattr(type(a), "_node", None) is not None and a._node is not None]
            if len({id(a._node.trace) for a in followed}) < 2:
                return run(*args)
            top = max((a._node.trace for a in followed), key=lambda trace: trace.level)
            lost = {id(a) for a in followed if a._node.trace is not top}
            return run(*[f.space._wrap(stopped(a)) if id(a) in lost else a for a in args])

        return running

    return other


def _one_level_stopped(stopped: Any) -> Any:
    return lambda a: a._value if getattr(a, "_node", None) is not None else a


ROWS = (
    Row("level/one", "levels", LEVELS + "Trace.__init__", _one_level),
    Row("level/downwards", "levels", LEVELS + "Trace.__init__", _downwards),
    Row("level/immortal", "levels", LEVELS + "Trace.__exit__", _immortal),
    Row("level/depth", "levels", LEVELS + "transforming", lambda _: lambda: False),
    Row("level/forward-records", "levels", "interpret.forward:ForwardTrace.records", lambda _: True),
    Row("survey/outermost", "levels", APPLY + "survey", _outermost),
    Row("survey/lists", "dropped argument", APPLY + "survey", _lists_skipped),
    Row("survey/escaped", "graph", APPLY + "survey", _escaping),
    Row("raw/escaped", "graph", APPLY + "raw_of", _raw_of_anything),
    Row("tracked/never", "second order", APPLY + "is_tracked", lambda _: lambda a: False),
    Row("split/levels", "levels", APPLY + "split", split_by(every_level=True)),
    Row("fast/outer-lost", "levels", "interpret.fast:closure", _outer_lost),
    Row("stop_gradient/ignored", "levels", APPLY + "stopped", lambda _: lambda a: a),
    Row("stop_gradient/one-level", "levels", APPLY + "stopped", _one_level_stopped),
)
