"""Mutants of the forward interpretation of an op."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.interpret.aval import Aval
from sabotage.mutant import Row

__all__ = ["ROWS"]

FORWARD = "interpret.forward"


def _first_slot(split: Any) -> Any:
    def other(f: Any, trace: Any, args: Any) -> Any:
        values, slots, followed = split(f, trace, args)
        return values, slots[:1], followed[:1]

    return other


def _affine(of: tuple[type, ...]) -> Callable[[Any], Any]:
    """Constants of these types stay in the tangent of an op that is linear: it is affine then."""

    def change(push: Any) -> Any:
        def other(f: Any, values: Any, params: Any, tangents: Any) -> Any:
            full = dict(tangents)
            for i, v in enumerate(values):
                items = list(enumerate(v)) if isinstance(v, list | tuple) else [(-1, v)]
                for j, item in items if f.rules[i] is not None else ():
                    if type(item) in of or not of:
                        full.setdefault((i, j), item)
            return push(f, values, params, full)

        return other

    return change


def _first_of_list(push: Any) -> Any:
    def other(f: Any, values: Any, params: Any, tangents: Any) -> Any:
        first = next(iter(tangents.values()))
        return push(f, values, params, {(i, j): first if j >= 0 else t for (i, j), t in tangents.items()})

    return other


def _all_at_once(push: Any) -> Any:
    """Every argument of a bilinear op moved in one term: the product of the tangents."""

    def other(f: Any, values: Any, params: Any, tangents: Any) -> Any:
        moved = [tangents.get((i, -1), v) for i, v in enumerate(values)]
        (last, t) = list(tangents.items())[-1]
        return push(f, moved, params, {last: t})

    return other


def _first_rule(push: Any) -> Any:
    """The rule of the first argument for all of them."""

    def other(f: Any, values: Any, params: Any, out: Any, kept: Any, tangents: Any) -> Any:
        return push(f, values, params, out, kept, {(0, j): t for (_, j), t in tangents.items()})

    return other


def _first_result(push: Any) -> Any:
    """The tangent of the first of several results for all of them."""

    def other(f: Any, values: Any, params: Any, out: Any, kept: Any, tangents: Any) -> Any:
        t = push(f, values, params, out, kept, tangents)
        return (t[0],) * len(t) if isinstance(t, tuple | list) else t

    return other


def _last(a: Any, b: Any) -> Any:
    return b


def _shape_left(restore: Any) -> Any:
    return lambda f, xp, t, aval: restore(f, xp, t, Aval(tuple(t.shape), aval.dtype, aval.real, aval.complex))


def _dtype_left(restore: Any) -> Any:
    return lambda f, xp, t, aval: restore(f, xp, t, Aval(aval.shape, t.dtype, aval.real, aval.complex))


ROWS = (
    Row("push/first-only", "dropped argument", "interpret.apply:split", _first_slot, FORWARD),
    Row("push/affine", "one mode wrong", FORWARD + ":_push_linear", _affine(())),
    Row("push/affine-scalar", "one mode wrong", FORWARD + ":_push_linear", _affine((int, float))),
    Row("push/list", "dropped argument", FORWARD + ":_push_linear", _first_of_list),
    Row("push/bilinear", "one mode wrong", FORWARD + ":_push_bilinear", _all_at_once),
    Row("push/partial", "one mode wrong", FORWARD + ":_push_rules", _first_rule),
    Row("push/sum", "accumulation", "interpret.reverse:plus", lambda _: _last, FORWARD),
    Row("push/shape", "missing unbroadcast", "interpret.rules:restore", _shape_left, FORWARD),
    Row("push/dtype", "float64 leak", "interpret.rules:restore", _dtype_left, FORWARD),
    Row("push/outputs", "missing cotangent", FORWARD + ":_push_rules", _first_result),
)
