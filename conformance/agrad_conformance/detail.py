"""The numbers of a failed check as short texts, for a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.pinned import curved
from agrad_conformance.conventions import Point
from agrad_conformance.problem import Problem
from agrad_conformance.reference import Reference
from agrad_conformance.sample import followed

__all__ = ["LENGTH", "detail"]

Array = np.ndarray[Any, np.dtype[Any]]

LENGTH = 800
"""No text is longer, in characters."""

Numbers = Sequence[tuple[str, Array]]


def detail(problem: Problem | None, reference: Reference | Point | None, property: str) -> dict[str, str]:
    """Describe what a check was given, what it expected and what it found; computed again, for the eye.

    Parameters
    ----------
    problem : Problem or None
        None gives no texts.
    reference : Reference, Point or None
        What is right at the problem's sample.
    property : str
        The check that failed.

    Returns
    -------
    dict of str
        "call", "inputs" and, where the property compares numbers, "expected", "found" and "largest difference". What
        cannot be computed is a text that says why; nothing is raised.

    Examples
    --------
    >>> from agrad_conformance.cases import standard_samples
    >>> from agrad_conformance.data import reference_of
    >>> sample = next(s for s in standard_samples(["statistical"]) if s.id == "sum-0-real")
    >>> texts = detail(Problem(sample, "float64", "numpy"), reference_of(sample, "statistical"), "vjp")
    >>> list(texts)
    ['call', 'inputs', 'expected', 'found', 'largest difference']
    """
    if problem is None:
        return {}
    p = problem
    texts = {"call": _safely(lambda: _call(p)), "inputs": _safely(lambda: _shown(_inputs(p)))}
    ways: Mapping[str, Callable[[Any, Any], Numbers | str]]
    ways = EXPECTED_AT_POINT if isinstance(reference, Point) else EXPECTED
    if reference is None or property not in ways:
        return {name: text for name, text in texts.items() if text}
    expected = _attempt(lambda: ways[property](p, reference))
    texts["expected"] = expected if isinstance(expected, str) else _safely(lambda: _shown(expected))
    if property in FOUND and not (isinstance(reference, Point) and reference.outcome == "error"):
        found = _attempt(lambda: FOUND[property](p, reference))
        texts["found"] = found if isinstance(found, str) else _safely(lambda: _shown(found))
        if not isinstance(expected, str) and not isinstance(found, str):
            texts["largest difference"] = _safely(lambda: _largest(expected, found))
    return {name: text for name, text in texts.items() if text}


def _attempt(compute: Callable[[], Numbers | str]) -> Numbers | str:
    try:
        with np.errstate(all="ignore"):
            return compute()
    except Exception as problem:  # what failed in the check fails here again
        return _short(f"{type(problem).__name__}: {problem}")


def _safely(show: Callable[[], str]) -> str:
    try:
        return _short(show())
    except Exception as problem:
        return _short(f"cannot be shown: {type(problem).__name__}: {problem}")


def _short(text: str) -> str:
    return text if len(text) <= LENGTH else text[: LENGTH - 2] + " …"


def _shown(numbers: Numbers) -> str:
    return "\n".join(f"{name}: {_array(x)}" for name, x in numbers)


def _array(x: Array) -> str:
    digits = np.array2string(x, separator=", ", threshold=48, edgeitems=3, max_line_width=100, floatmode="unique")
    return f"{x.dtype}{list(x.shape)}" + ("\n" if "\n" in digits else " ") + digits


def _call(p: Problem) -> str:
    shown = [f"{name}={_argument(value)}" for name, value in p.params.items()]
    return f"{p.sample.op}({', '.join([*map(_argument, p.args), *shown])})"


def _argument(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"{x.dtype}{list(x.shape)}"
    if isinstance(x, tuple | list):
        inner = ", ".join(map(_argument, x))
        return f"[{inner}]" if isinstance(x, list) else f"({inner}{',' * (len(x) == 1)})"
    return repr(x)


def _inputs(p: Problem) -> Numbers:
    return _numbered("input", p.inputs)


def _numbered(name: str, xs: Sequence[Array]) -> Numbers:
    return [(f"{name} {i}" if len(xs) > 1 else name, np.asarray(x)) for i, x in enumerate(xs)]


def _value(p: Problem, r: Reference) -> Numbers:
    return _numbered("result", r.outputs)


def _jacobian(p: Problem, r: Reference) -> Numbers:
    return [("Jacobian", r.jacobian.high)]


def _paired(p: Problem, r: Reference) -> Numbers:
    pushed = p.packed(_pushed(p, r.v))
    return [("<w, J v>", np.asarray(r.w @ pushed))]


def _second(p: Problem, r: Reference) -> Numbers:
    return [("derivative of <w, J v>", np.zeros(0) if r.second is None else r.second.high)]


def _gradients(p: Problem, r: Reference) -> Numbers:
    return _numbered("gradient", p.shaped(r.w @ r.jacobian.high, p.inputs))


def _accumulated(p: Problem, r: Reference) -> Numbers:
    return [(f"{name}, twice", 2 * x) for name, x in _gradients(p, r)]


def _pushed(p: Problem, packed: Array) -> list[Any]:
    return list(agrad.jvp(p, tuple(p.arrays), tuple(p.tangents(packed)))[1])


def _found_vjp(p: Problem, r: Reference) -> Numbers:
    pull = p.pulled()
    rows = [p.packed(pull(p.cotangents(unit))) for unit in np.eye(len(r.w))]
    return [("Jacobian, by rows", np.reshape(rows, r.jacobian.high.shape))]


def _found_jvp(p: Problem, r: Reference) -> Numbers:
    columns = [p.packed(_pushed(p, unit)) for unit in np.eye(len(r.v))]
    return [("Jacobian, by columns", np.reshape(columns, r.jacobian.high.shape[::-1]).T)]


def _found_paired(p: Problem, r: Reference) -> Numbers:
    pulled = p.packed(p.pulled()(p.cotangents(r.w)))
    return [("<J* w, v>", np.asarray(pulled @ r.v))]


def _found_second(p: Problem, r: Reference) -> Numbers:
    w, v = p.cotangents(r.w), tuple(p.tangents(r.v))

    def gradient(*xs: Any) -> Any:
        return agrad.vjp(p, *xs)[1](w)

    def slope(*xs: Any) -> Any:
        return agrad.jvp(p, xs, v)[1]

    return [
        ("reverse over reverse", p.packed(list(agrad.vjp(gradient, *p.arrays)[1](v)))),
        ("forward over reverse", p.packed(list(agrad.jvp(gradient, tuple(p.arrays), v)[1]))),
        ("reverse over forward", p.packed(list(agrad.vjp(slope, *p.arrays)[1](w)))),
    ]


def _pinned(p: Problem, point: Point, forward: bool = False) -> Numbers | str:
    if point.outcome == "error":
        return f"{point.transform} raises {point.error}: {point.reason}"
    return _numbered("gradient", followed(point.expected(p.dtype, forward)))


def _found_pinned(p: Problem, point: Point) -> Numbers:
    if point.transform == "jacobian":
        found = list(agrad.jacobian(lambda *xs: p(*xs)[0], argnums=tuple(range(len(p.arrays))))(*p.arrays))
    else:
        given = point.weights(p.dtype)
        listed = given if isinstance(given, tuple | list) else [given]
        weights = [np.ones_like(y) for y in p.floating] if given is None else [np.asarray(w) for w in listed]
        found = p.pulled()([p.to_backend(w) for w in weights])
    return _numbered("gradient", [p.to_host(g) for g in found])


def _found_twice(p: Problem, point: Point) -> Numbers:
    return [(f"{way}, {name}", g) for way, gs in curved(p, point).items() for name, g in _numbered("gradient", gs)]


EXPECTED: Mapping[str, Callable[[Problem, Reference], Numbers]] = {
    "value": _value,
    "vjp": _jacobian,
    "jvp": _jacobian,
    "adjoint": _paired,
    "second": _second,
    "layout": _gradients,
    "imperative": _accumulated,
}

EXPECTED_AT_POINT: Mapping[str, Callable[[Problem, Point], Numbers | str]] = {
    "reverse": _pinned,
    "forward": lambda p, point: _pinned(p, point, forward=True),
    "twice": lambda p, point: [*_numbered("gradient", followed(point.curved(p.dtype)))] * 3,
}

FOUND: Mapping[str, Callable[[Problem, Any], Numbers]] = {
    "value": lambda p, r: _numbered("result", p.outputs),
    "vjp": _found_vjp,
    "jvp": _found_jvp,
    "adjoint": _found_paired,
    "second": _found_second,
    "reverse": _found_pinned,
    "twice": _found_twice,
}


def _largest(expected: Numbers, found: Numbers) -> str:
    """Where the numbers are furthest apart; several ways to one number are compared with it in turn."""
    wanted = list(expected) if len(expected) > 1 else [expected[0]] * len(found)
    pairs = zip(wanted, found, strict=False)
    places = [_place(name, a, b) for (_, b), (name, a) in pairs if a.shape == b.shape and a.size]
    return max(places)[1] if places else ""


def _place(name: str, found: Array, expected: Array) -> tuple[float, str]:
    with np.errstate(all="ignore"):
        same = (found == expected) | (np.isnan(found) & np.isnan(expected))
        off = np.where(same, 0.0, np.abs(found.astype(complex) - expected.astype(complex)))
    off = np.where(np.isnan(off), np.inf, off)
    at = np.unravel_index(int(np.argmax(off)), off.shape)
    place = f"{name}[{', '.join(map(str, map(int, at)))}]" if at else name
    return float(off[at]), f"{place}: expected {expected[at]!s}, found {found[at]!s}"
