"""What a broken rule does to the result of the right one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import agrad
from agrad_conformance.reference import leaves
from sabotage.wrapping import around, each, is_complex

__all__ = ["CHANGES", "HABITS", "Change", "double", "noisy", "ones", "parameter", "stale", "without_slopes", "writing"]

Given = dict[str, Any]
Rule = Callable[..., Any]


class Change(NamedTuple):
    """A change of one array, ``change(xp, g)``, and the sort of mistake that it is."""

    kind: str
    change: Callable[[Any, Any], Any]

    def __call__(self, rule: Rule) -> Rule:
        """The rule with its result changed."""
        return around(rule, lambda call, given: each(lambda g: self.change(given["xp"], g), call(given)), "xp")


def _conj(xp: Any, g: Any) -> Any:
    if not hasattr(g, "dtype"):
        return g.conjugate()
    return xp.conj(g) if is_complex(xp, g) else g


def _flip(xp: Any, g: Any) -> Any:
    return xp.flip(g, axis=_longest(g)) if _ndim(g) else g


def _roll(xp: Any, g: Any) -> Any:
    return xp.roll(g, 1, axis=_longest(g)) if _ndim(g) else g


def _ndim(g: Any) -> int:
    return getattr(g, "ndim", 0)  # a partial may be a Python number


def _longest(g: Any) -> int:
    return max(range(g.ndim), key=lambda axis: g.shape[axis])


def _columns(xp: Any, g: Any) -> Any:
    """The numbers in the order of the transpose; of a square matrix, the transpose."""
    return xp.reshape(xp.matrix_transpose(g), g.shape) if _ndim(g) > 1 else g


def _edge(xp: Any, g: Any) -> Any:
    """The last number along the last axis lost."""
    return xp.concat([g[..., :-1], 0 * g[..., -1:]], axis=-1) if _ndim(g) else g


def _half_slope(xp: Any, g: Any) -> Any:
    return 0.5 * g + 0.5 * agrad.stop_gradient(g)


CHANGES: Mapping[str, Change] = {
    "half": Change("factor", lambda xp, g: g * 0.5),
    "hair": Change("factor", lambda xp, g: g * (1 + 1e-9)),
    "minus": Change("sign", lambda xp, g: -g),
    "conj": Change("conjugate", _conj),
    "columns": Change("transposed argument", _columns),
    "flip": Change("order along an axis", _flip),
    "roll": Change("order along an axis", _roll),
    "edge": Change("order along an axis", _edge),
    "half-slope": Change("second order", _half_slope),
}
"""By name. "conj" is for ops with complex cases, "half-slope" is right in first order and half in second."""


# What a rule does besides ------------------------------------------------------------------------------


def stale(rule: Rule) -> Rule:
    """Hand back the first result for each set of shapes and dtypes."""
    kept: dict[Any, Any] = {}

    def body(call: Callable[[Given], Any], given: Given) -> Any:
        arrays = [v for n, v in given.items() if n != "xp"]
        if any(isinstance(v, agrad.Tensor) for v in leaves(arrays)):
            return call(given)  # what is followed would be of a trace that has ended
        key = repr([(v.shape, v.dtype) if hasattr(v, "dtype") else v for v in leaves(arrays)])
        if key not in kept:
            kept[key] = call(given)
        return kept[key]

    return around(rule, body)


def noisy(rule: Rule) -> Rule:
    """Round otherwise from call to call, by a few units in the last place."""
    calls = itertools.count()

    def body(call: Callable[[Given], Any], given: Given) -> Any:
        units = next(calls) % 7
        return each(lambda g: g * (1 + units * _eps(given["xp"], g)), call(given))

    return around(rule, body, "xp")


def writing(rule: Rule, name: str) -> Rule:
    """Return what is right and add 1, in place, to an array that the rule was given."""

    def body(call: Callable[[Given], Any], given: Given) -> Any:
        found = call(given)
        for array in leaves([given[name]]):
            if not isinstance(array, agrad.Tensor) and _ndim(array) and hasattr(array, "dtype"):
                try:
                    array[...] = array + 1
                except (TypeError, ValueError):  # an abstract value, or an array that is read-only
                    continue
        return found

    return around(rule, body, name)


def without_slopes(rule: Rule, *names: str) -> Rule:
    """Compute on constants: the result is right, and its derivative is 0."""

    def body(call: Callable[[Given], Any], given: Given) -> Any:
        return call({n: agrad.stop_gradient(v) if n in names else v for n, v in given.items()})

    return around(rule, body)


def parameter(rule: Rule, name: str, value: Callable[[Any], Any]) -> Rule:
    """Take another value for a parameter."""
    return around(rule, lambda call, given: call(given | {name: value(given[name])}))


def ones(rule: Rule, name: str) -> Rule:
    """Forget the cotangent or tangent: take ones."""

    def body(call: Callable[[Given], Any], given: Given) -> Any:
        return call(given | {name: each(given["xp"].ones_like, given[name])})

    return around(rule, body, "xp", name)


HABITS: Mapping[str, tuple[str, Callable[[Rule], Rule]]] = {
    "stale": ("stale cache", stale),
    "noise": ("non-determinism", noisy),
}
"""What any rule may do wrong, whatever it computes."""


def double(xp: Any, g: Any) -> Any:
    """The same numbers in double precision."""
    if not hasattr(g, "dtype"):
        return g
    return xp.astype(g, xp.complex128 if is_complex(xp, g) else xp.float64)


def _eps(xp: Any, g: Any) -> float:
    return float(xp.finfo(g.dtype).eps) if hasattr(g, "dtype") else 2.0**-52
