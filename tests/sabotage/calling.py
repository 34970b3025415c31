"""Mutants of how rules are called, and of what is done to their results."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

from agrad.declare import select
from agrad.interpret.apply import stopped
from agrad.interpret.aval import Aval
from sabotage.mutant import Row

__all__ = ["ROWS"]

RULES = "interpret.rules:"


def _like(aval: Aval, shape: Any = None, dtype: Any = None) -> Aval:
    return Aval(tuple(aval.shape if shape is None else shape), dtype or aval.dtype, aval.real, aval.complex)


def _any_dtype(restore: Any) -> Any:
    return lambda f, xp, g, aval: restore(f, xp, g, aval if g is None else _like(aval, dtype=g.dtype))


def _real_part_by(part: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    """Another real number than the real part."""

    def change(restore: Any) -> Any:
        def other(f: Any, xp: Any, g: Any, aval: Aval) -> Any:
            if g is not None and aval.real and f.space._aval_of(g).complex:
                g = part(xp, g)
            return restore(f, xp, g, aval)

        return other

    return change


def _first_along_new_axes(unbroadcast: Any) -> Any:
    def other(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
        while len(g.shape) > len(shape):
            g = g[0, ...]
        return g if g.shape == shape else unbroadcast(xp, g, shape)

    return other


def _first_along_ones(unbroadcast: Any) -> Any:
    def other(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
        extra = max(0, len(g.shape) - len(shape))
        if len(g.shape) >= len(shape):
            g = g[(*[slice(None)] * extra, *[slice(0, 1) if n == 1 else slice(None) for n in shape])]
        return g if g.shape == shape else unbroadcast(xp, g, shape)

    return other


def _mean_over(new_axes: bool) -> Callable[[Any], Any]:
    """The mean over axes that came with broadcasting, or over those of length one, where the sum is right."""

    def change(unbroadcast: Any) -> Any:
        def other(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
            extra = max(0, len(g.shape) - len(shape))
            new, old = g.shape[:extra], g.shape[extra:]
            stretched = [m for n, m in zip(shape, old, strict=False) if n == 1]
            return unbroadcast(xp, g, shape) / max(1, prod(new if new_axes else stretched))

        return other

    return change


def _never_up(unbroadcast: Any) -> Any:
    def other(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
        return g if prod(g.shape) < prod(shape) else unbroadcast(xp, g, shape)

    return other


def _conjugating(always: bool) -> Callable[[Any], Any]:
    def change(times: Any) -> Any:
        def other(partial: Any) -> Any:
            product = times(partial)
            return lambda env, v, conjugate: product(env, v, always)

        return other

    return change


def _whole_ties(times: Any) -> Any:
    def other(partial: Any) -> Any:
        if not isinstance(partial, select) or partial.tie is None:
            return times(partial)
        clear, tie = times(select(partial.condition)), times(select(partial.tie))
        return lambda env, v, conjugate: clear(env, v, conjugate) + tie(env, v, conjugate)

    return other


def _unsigned(times: Any) -> Any:
    return lambda partial: times(abs(partial) if type(partial) in (int, float) else partial)


def _ones(zeros: Any) -> Any:
    return lambda xp, aval, like: zeros(xp, aval, like) + 1


def _first_argument(environment: Any) -> Any:
    def other(f: Any, needed: Any, values: Any, params: Any, out: Any, kept: Any) -> Any:
        env = environment(f, needed, values, params, out, kept)
        same = [n for n, rule in zip(f.arguments, f.rules, strict=True) if n in env and rule is not None]
        return env | ({n: env[same[0]] for n in same} if same else {})

    return other


def _double_numbers(environment: Any) -> Any:
    def other(f: Any, needed: Any, values: Any, params: Any, out: Any, kept: Any) -> Any:
        env = environment(f, needed, values, params, out, kept)
        if f.op.kind != "elementwise":
            return env
        numbers = [n for n, v in zip(f.arguments, values, strict=True) if n in env and type(v) in (int, float)]
        return env | {n: f.space._raw.asarray(env[n], dtype=f.space.float64) for n in numbers}

    return other


def _constants(prepared: Any) -> Any:
    """Values of the forward computation as constants: right in first order."""

    def other(f: Any, env: Any, given: Any) -> Any:
        names = prepared(f, env, given)
        if names["xp"] is not f.space:
            return names
        wrap = f.space._wrap
        return {n: wrap(stopped(v)) if type(v) is f.space._tensor and n not in given else v for n, v in names.items()}

    return other


def _seeds_as_constants(prepared: Any) -> Any:
    """The cotangent or tangent as a constant."""

    def other(f: Any, env: Any, given: Any) -> Any:
        names = prepared(f, env, given)
        wrap = f.space._wrap
        return {n: wrap(stopped(v)) if type(v) is f.space._tensor and n in given else v for n, v in names.items()}

    return other


ROWS = (
    Row("restore/dtype", "float64 leak", RULES + "restore", _any_dtype),
    Row("restore/imaginary", "conjugate", RULES + "restore", _real_part_by(lambda xp, g: xp.imag(g))),
    Row("restore/modulus", "conjugate", RULES + "restore", _real_part_by(lambda xp, g: xp.abs(g))),
    Row("unbroadcast/nothing", "missing unbroadcast", RULES + "_unbroadcast", lambda _: lambda xp, g, shape: g),
    Row("unbroadcast/first-of-new", "missing unbroadcast", RULES + "_unbroadcast", _first_along_new_axes),
    Row("unbroadcast/first-of-ones", "missing unbroadcast", RULES + "_unbroadcast", _first_along_ones),
    Row("unbroadcast/mean-of-new", "missing unbroadcast", RULES + "_unbroadcast", _mean_over(new_axes=True)),
    Row("unbroadcast/mean-of-ones", "missing unbroadcast", RULES + "_unbroadcast", _mean_over(new_axes=False)),
    Row("unbroadcast/not-back", "missing unbroadcast", RULES + "_unbroadcast", _never_up),
    Row("times/never-conjugate", "conjugate", RULES + "times", _conjugating(False)),
    Row("times/conjugate-both", "conjugate", RULES + "times", _conjugating(True)),
    Row("times/tie", "wrong tie rule", RULES + "times", _whole_ties),
    Row("times/sign", "sign", RULES + "times", _unsigned),
    Row("zeros/ones", "missing cotangent", RULES + "zeros", _ones),
    Row("environment/first", "dropped argument", RULES + "environment", _first_argument),
    Row("environment/double", "float64 leak", RULES + "environment", _double_numbers),
    Row("prepared/constants", "second order", RULES + "prepared", _constants),
    Row("prepared/constant-seeds", "second order", RULES + "prepared", _seeds_as_constants),
    Row("checked/never", "second order", RULES + "checked", lambda _: lambda f, given, found, avals, what: found),
)
