"""Mutants that programs show: each is found by a scenario of the suite or by a program here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad

pytest.importorskip("mpmath")

from sabotage.applying import applied
from sabotage.judging import judge
from sabotage.mutant import PROGRAMS
from sabotage.running import every_mutant


def _array(*values: float) -> Any:
    return agrad.namespace("numpy").asarray(list(values))


def of_functions() -> Any:
    """``reshape`` makes a view."""
    x = _array(1.0, 2.0, 3.0, 4.0)
    y = agrad.namespace("numpy").reshape(x, (2, 2))
    y += 1
    return x.tolist()


def several_views() -> Any:
    """Two slices of an array that changes."""
    x = _array(1.0, 2.0, 3.0)
    a, b = x[:2], x[1:]
    x += 1
    return a.tolist(), b.tolist()


def view_of_a_view_read() -> Any:
    """A slice of a slice, when the array changes."""
    x = _array(1.0, 2.0, 3.0)
    b = x[1:][1:]
    x += 1
    return b.tolist()


def view_of_a_view_written() -> Any:
    """A slice of a slice changes the array."""
    x = _array(1.0, 2.0, 3.0)
    b = x[1:][1:]
    b *= 10
    return x.tolist()


def elements() -> Any:
    """A sum that starts with an element."""
    x = _array(1.0, 2.0, 3.0)
    s = x[0]
    s += x[1]
    return x.tolist()


def numbers() -> Any:
    """``+=`` of a number leaves its other name alone."""

    def f(x: Any) -> Any:
        y = x
        y += 1
        return x * y

    return float(agrad.grad(f)(2.0))


def reused_index() -> Any:
    """An index that changes after its use."""
    x = agrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    i = np.asarray([0, 1])
    y = x[(i,)]
    i += 1
    y.sum().backward()
    return x.grad.tolist()


def changed_further_out() -> Any:
    """What an outer transform follows changes when an inner one has used it."""
    x = np.asarray([2.0])

    def f(x: Any) -> Any:
        y = x * 3
        _, pull = agrad.vjp(lambda t: t * y, x * 1)
        y += 1
        return (pull(np.asarray([1.0]))[0] * y).sum()

    return float(agrad.value_and_grad(f)(x)[0])


def changed_primal() -> Any:
    """An argument that changes before the pullback is called."""
    x = np.asarray([1.0, 2.0])
    _, pull = agrad.vjp(lambda x: x * x, x)
    x += 1
    return pull(np.asarray([1.0, 1.0]))[0].tolist()


def changed_result() -> Any:
    """A result that changes before the pullback is called."""
    out, pull = agrad.vjp(lambda x: agrad.namespace("numpy").exp(x), np.asarray([0.0]))
    out += 1
    return pull(np.asarray([1.0]))[0].tolist()


def reciprocal_twice() -> Any:
    """The second derivative of ``(1.0 / x) ** 2``."""
    return agrad.hvp(lambda x: ((1.0 / x) ** 2).sum(), (np.asarray([0.5]),), (np.asarray([1.0]),)).tolist()


def difference_of_constants() -> Any:
    """A number on the right of a constant."""
    return (_array(5.0, 1.0) - 2).tolist()


def product_twice() -> Any:
    """The second derivative of ``(x * 2.0) * x``."""
    return agrad.hvp(lambda x: (x * 2.0 * x).sum(), (np.asarray([0.5]),), (np.asarray([1.0]),)).tolist()


def weak_numbers() -> Any:
    """A Python number that is followed takes the precision of what it meets."""
    seen = []

    def f(s: Any) -> Any:
        y = s * np.asarray([1.0, 2.0], dtype=np.float32)
        seen.append(y.dtype.name)
        return y.sum()

    agrad.grad(f)(2.0)
    return seen


def generators() -> Any:
    """Each step of a decorated generator is run inside its block."""
    x = agrad.tensor(2.0, requires_grad=True)

    @agrad.no_grad()
    def steps() -> Any:
        yield x * 2

    return [y.requires_grad for y in steps()]


def lists() -> Any:
    """Lists of followed arrays inside ``no_grad``."""
    x = agrad.tensor([1.0], requires_grad=True)
    with agrad.no_grad():
        return agrad.namespace("numpy").concat([x, x]).requires_grad


def changed_without_recording() -> Any:
    """An in-place change inside ``no_grad``, to second order."""

    def f(x: Any) -> Any:
        y = x * 1
        with agrad.no_grad():
            y *= 3
        return (y**3).sum()

    return agrad.hvp(f, (np.asarray([1.0, 2.0]),), (np.asarray([1.0, 1.0]),)).tolist()


FOUND: dict[str, tuple[Callable[[], Any], Any]] = {
    "views/of-functions": (of_functions, [2.0, 3.0, 4.0, 5.0]),
    "views/newest-only": (several_views, ([2.0, 3.0], [3.0, 4.0])),
    "views/of-views-read": (view_of_a_view_read, [4.0]),
    "views/of-views-write": (view_of_a_view_written, [1.0, 2.0, 30.0]),
    "elements/shared": (elements, [1.0, 2.0, 3.0]),
    "in-place/numbers": (numbers, 5.0),
    "own/key": (reused_index, [1.0, 1.0, 0.0]),
    "own/copy": (reused_index, [1.0, 1.0, 0.0]),
    "private/shared": (changed_further_out, 42.0),
    "inputs/keep": (changed_primal, [2.0, 4.0]),
    "inputs/results-shared": (changed_result, [1.0]),
    "reflected/other-way-nested": (reciprocal_twice, [96.0]),
    "operate/number-first": (difference_of_constants, [3.0, -1.0]),
    "operators/first-order": (product_twice, [4.0]),
    "weak/lost": (weak_numbers, ["float32"]),
    "weak/kept": (weak_numbers, ["float32"]),
    "no_grad/generators": (generators, [False]),
    "no_grad/lists": (lists, False),
    "no_grad/in-place-outermost": (changed_without_recording, [18.0, 36.0]),
}
"""Mutants with a program that finds each, and what it returns with nothing broken."""

MUTANTS = {m.name.removeprefix("engine/"): m for m in every_mutant() if m.kind in PROGRAMS}


def test_programs_are_of_mutants() -> None:
    assert set(FOUND) <= set(MUTANTS)


def thinned() -> list[Any]:
    """Those that the scenarios judge take seconds each: one in three of them now, the others among the slow tests."""
    judged = sorted(set(MUTANTS) - set(FOUND))
    later = {name for i, name in enumerate(judged) if i % 3}
    return [pytest.param(name, marks=pytest.mark.slow) if name in later else name for name in MUTANTS]


@pytest.mark.parametrize("name", thinned())
def test_each_is_found(name: str) -> None:
    if name not in FOUND:
        assert judge(MUTANTS[name]).killed
        return
    program, right = FOUND[name]
    assert program() == right
    with applied(MUTANTS[name].make(), "numpy"):
        try:
            found = program()
        except agrad.AgradError:
            return
    assert found != right
