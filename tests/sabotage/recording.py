"""Mutants of the reverse interpretation of an op: what nodes keep, and how they pull cotangents back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from agrad.interpret.apply import stopped
from sabotage.mutant import Row
from sabotage.wrapping import each

__all__ = ["ROWS"]

RECORD, NODES = "interpret.record:", "interpret.nodes:"
Pull = Callable[[Any, Any], Any]


# The general node -----------------------------------------------------------------------------------


def _conj(f: Any, v: Any) -> Any:
    """The conjugate of a cotangent, or of each of several."""
    if isinstance(v, dict):
        return {k: _conj(f, item) for k, item in v.items()}
    if isinstance(v, list | tuple):
        return [_conj(f, item) for item in v]
    if v is None or not f.space._aval_of(v).complex:
        return v
    return (f.space if type(v) is f.space._tensor else f.space._raw).conj(v)


def _conjugated(before: bool, after: bool) -> Callable[[Any], Any]:
    """Around the pulls of linear and bilinear ops, a conjugation more, which undoes the one that is right."""

    def change(puller: Any) -> Any:
        def other(f: Any) -> Pull:
            pull = puller(f)
            if f.op.kind not in ("linear", "bilinear"):
                return pull  # type: ignore[no-any-return]

            def pulled(saved: Any, ct: Any) -> Any:
                gs = pull(saved, _conj(f, ct) if before else ct)
                return _conj(f, gs) if after else gs

            return pulled

        return other

    return change


def _first_for_all(puller: Any) -> Any:
    """Every item of a list, or every argument, gets the first one's cotangent."""

    def other(f: Any) -> Pull:
        pull = puller(f)

        def pulled(saved: Any, ct: Any) -> Any:
            gs = pull(saved, ct)
            return [gs[0]] * len(gs)

        return pulled if f.op.arity == 1 or f.op.joint else pull  # type: ignore[no-any-return]

    return other


def _shifted(cotangents: Any) -> Any:
    """The cotangents of several results, each given to the next one."""
    return lambda f, cts, avals: cotangents(f, {(k + 1) % len(avals): ct for k, ct in cts.items()}, avals)


def _first_branch(init: Any) -> Any:
    return lambda self, parent, index: init(self, parent, 0)


def _second_argument_lost(record: Any) -> Any:
    """Of what an op is given, only the first argument is followed."""

    def other(f: Any, trace: Any, args: Any, params: Any) -> Any:
        return record(f, trace, [*args[:1], *map(stopped, args[1:])], params)

    return other


# Nodes of the common cases --------------------------------------------------------------------------


def _pulling(change: Callable[[Any, Pull], Pull]) -> Callable[[Any], Any]:
    """Other pulls in the classes of nodes."""

    def other(make: Any) -> Any:
        return lambda f, pull, retrack, single=True: make(f, change(f, pull), retrack, single)

    return other


def _ones(f: Any, pull: Pull) -> Pull:
    return lambda saved, ct: pull(saved, ct * 0 + 1)


def _exchanged(f: Any, pull: Pull) -> Pull:
    def pulled(saved: Any, ct: Any) -> Any:
        g = pull(saved, ct)
        return (g[1], g[0]) if isinstance(g, tuple | list) else g

    return pulled


def _first_only(f: Any, pull: Pull) -> Pull:
    def pulled(saved: Any, ct: Any) -> Any:
        g = pull(saved, ct)
        return (g[0], None) if isinstance(g, tuple | list) else g

    return pulled


def _half(f: Any, pull: Pull) -> Pull:
    return lambda saved, ct: each(lambda g: g * 0.5, pull(saved, ct))


def _stale(f: Any, pull: Pull) -> Pull:
    """Answer with what the first node of the op has saved."""
    first: list[Any] = []

    def pulled(saved: Any, ct: Any) -> Any:
        if any(type(v) is f.space._tensor for v in (ct, *(saved if isinstance(saved, tuple) else (saved,)))):
            return pull(saved, ct)  # what is followed would be of a trace that has ended
        first.append(saved)
        return pull(first[0], ct)

    return pulled


def _writing(f: Any, pull: Pull) -> Pull:
    """Add 1, in place, to the cotangent when it has been used."""

    def pulled(saved: Any, ct: Any) -> Any:
        g = each(lambda part: part + 0 if part is ct else part, pull(saved, ct))
        if type(ct) is not f.space._tensor and getattr(ct, "ndim", 0):
            with suppress(TypeError, ValueError):  # read-only arrays
                ct += 1
        return g

    return pulled


def _constant_seed(f: Any, pull: Pull) -> Pull:
    return lambda saved, ct: pull(saved, f.space._wrap(stopped(ct)) if type(ct) is f.space._tensor else ct)


def _retracking(keep: Callable[[Any, Any], bool]) -> Callable[[Any], Any]:
    """For a second derivative, follow only those of the saved values that `keep` says, of the node and a value."""

    def thinned(node: Any, v: Any) -> Any:
        if isinstance(v, dict):
            return {n: thinned(node, item) for n, item in v.items()}
        if isinstance(v, list | tuple) and not hasattr(v, "_fields"):
            return type(v)([thinned(node, item) for item in v])
        return stopped(v) if getattr(v, "_node", None) is not None and not keep(node, v) else v

    def other(make: Any) -> Any:
        def made(f: Any, pull: Any, retrack: Any, single: bool = True) -> Any:
            return make(f, pull, lambda node: thinned(node, retrack(node)), single)

        return made

    return other


def _retracking_in_general(keep: Callable[[Any, Any], bool]) -> Callable[[Any], Any]:
    """The same in the general node."""

    def other(retrack: Any) -> Any:
        thin = _retracking(keep)(lambda f, pull, thinned, single: thinned)
        return lambda f, node: thin(f, None, lambda node: retrack(f, node))(node)

    return other


def _is_result(node: Any, v: Any) -> bool:
    return v._node is node or getattr(v._node, "parents", None) is node


ROWS = (
    Row("pull/conjugate", "conjugate", RECORD + "_puller", _conjugated(before=True, after=True)),
    Row("pull/conjugate-ct", "conjugate", RECORD + "_puller", _conjugated(before=True, after=False)),
    Row("pull/conjugate-back", "conjugate", RECORD + "_puller", _conjugated(before=False, after=True)),
    Row("pull/first-item", "dropped argument", RECORD + "_puller", _first_for_all),
    Row("pull/first-of-joint", "dropped argument", RECORD + "_joint_puller", _first_for_all),
    Row("pull/outputs-shifted", "missing cotangent", RECORD + "_cotangents", _shifted),
    Row("branch/first", "missing cotangent", "interpret.reverse:Branch.__init__", _first_branch),
    Row("record/second-argument", "dropped argument", RECORD + "record", _second_argument_lost),
    Row("retrack/arguments", "second order", RECORD + "_retrack", _retracking_in_general(_is_result)),
    Row(
        "retrack/out",
        "second order",
        RECORD + "_retrack",
        _retracking_in_general(lambda node, v: not _is_result(node, v)),
    ),
    Row("fast/ones", "missing cotangent", NODES + "_class", _pulling(_ones)),
    Row("fast/exchanged", "transposed argument", NODES + "_class", _pulling(_exchanged)),
    Row("fast/first-only", "dropped argument", NODES + "_class", _pulling(_first_only)),
    Row("fast/half", "factor", NODES + "_class", _pulling(_half)),
    Row("fast/stale", "stale cache", NODES + "_class", _pulling(_stale)),
    Row("fast/write-ct", "mutated input", NODES + "_class", _pulling(_writing)),
    Row("fast/constant-seed", "second order", NODES + "_class", _pulling(_constant_seed)),
    Row("fast/retrack-arguments", "second order", NODES + "_class", _retracking(_is_result)),
    Row("fast/retrack-out", "second order", NODES + "_class", _retracking(lambda node, v: not _is_result(node, v))),
    Row("fast/broadcast", "missing unbroadcast", NODES + "nodes_of_two", lambda two: lambda f, fits: two(f, True)),
)
