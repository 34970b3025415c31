"""The inputs that the conformance suite tries the ops on, and references over arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.cases import Case

__all__ = ["binary", "each", "few", "root", "unary"]


def unary(low: float, high: float, condition: float = 1.0) -> tuple[Case, ...]:
    """Numbers of an interval: two-dimensional, 0-d and none."""
    return (
        Case(lambda draw: (draw.within(low, high, 3, 4),), condition=condition),
        Case(lambda draw: (draw.within(low, high),), condition=condition),
        Case(lambda draw: (draw.within(low, high, 0, 2),), condition=condition),
    )


def binary(low: float, high: float, condition: float = 1.0) -> tuple[Case, ...]:
    """Two arguments of an interval: of one shape, broadcast against each other, 0-d and none."""
    shapes: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...] = (
        ((2, 3), (2, 3)),
        ((3, 1), (4,)),
        ((), (3,)),
        ((), ()),
        ((0, 2), (2,)),
    )
    return tuple(
        Case(
            lambda draw, a=a, b=b: (draw.within(low, high, *a), draw.within(low, high, *b)),  # type: ignore[misc]
            condition=condition,
        )
        for a, b in shapes
    )


def each(function: Callable[..., Any], *arrays: Any) -> Any:
    """A function of mpmath's numbers for each number of arrays."""
    import numpy as np

    return np.frompyfunc(function, len(arrays), 1)(*arrays)


def few(*ranges: tuple[float, float], condition: float = 1.0) -> tuple[Case, ...]:
    """A few numbers an argument, each of an interval of its own, where the reference takes its time."""
    shapes: tuple[tuple[int, ...], ...] = ((), (2,), (0, 2))
    return tuple(
        Case(lambda draw, s=s: tuple(draw.within(*r, *s) for r in ranges), condition=condition)  # type: ignore[misc]
        for s in shapes
    )


def root(mp: Any, f: Callable[[Any], Any], slope: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Where f is 0 between two numbers: in single steps to 15 digits, then by Newton's method to all of them."""
    with mp.workdps(15):
        x = mp.findroot(f, (mp.mpf(low), mp.mpf(high)), solver="anderson", verify=False)
    digits = 12
    while digits < mp.dps:
        x, digits = x - f(x) / slope(x), 2 * digits
    return x
