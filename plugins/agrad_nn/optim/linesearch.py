"""A line search for the strong Wolfe conditions (Nocedal and Wright, 2006, algorithms 3.5 and 3.6)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import sqrt
from typing import Any

__all__ = ["Point", "strong_wolfe"]

ARMIJO = 1e-4
CURVATURE = 0.9


@dataclass
class Point:
    """A step along a direction: its length, the function there, the gradient, and the slope."""

    t: float
    f: float
    g: Any
    slope: float


def strong_wolfe(
    evaluate: Callable[[float], Point], start: Point, t: float, size: float, tolerance: float, limit: int
) -> tuple[Point, int]:
    """Find a step that lessens a function enough, and at which it is flat enough.

    Parameters
    ----------
    evaluate : callable
        The function at a step.
    start : Point
        Before the step, at ``t = 0``.
    t : float
        The first step to try.
    size : float
        The largest element of the direction.
    tolerance : float
        An interval shorter than this, times `size`, is not divided further.
    limit : int
        How often to try.

    Returns
    -------
    Point, int
        The best step that was found, and how many were tried.

    Examples
    --------
    >>> square = lambda t: Point(t, (t - 3) ** 2, None, 2 * (t - 3))
    >>> found, tried = strong_wolfe(square, square(0.0), 0.1, 1.0, 1e-9, 25)
    >>> found.t, tried
    (1.0, 2)
    """
    bracket, tried, done = _bracketed(evaluate, start, t, limit)
    if done:
        return min(bracket, key=lambda point: point.f), tried
    return _zoomed(evaluate, start, bracket, size, tolerance, tried, limit)


def _enough(start: Point, now: Point) -> bool:
    """Armijo's condition."""
    return now.f <= start.f + ARMIJO * now.t * start.slope


def _flat(start: Point, now: Point) -> bool:
    """The condition on the curvature."""
    return abs(now.slope) <= -CURVATURE * start.slope


def _bracketed(evaluate: Callable[[float], Point], start: Point, t: float, limit: int) -> tuple[list[Point], int, bool]:
    """Two steps between which there is a good one; or a good one, and that it is so."""
    before, now, tried = start, evaluate(t), 1
    for k in range(limit):
        if not _enough(start, now) or (k > 1 and now.f >= before.f):
            return [before, now], tried, False
        if _flat(start, now):
            return [now], tried, True
        if now.slope >= 0:
            return [before, now], tried, False
        further = _lowest(before, now, now.t + 0.01 * (now.t - before.t), now.t * 10)
        before, now, tried = now, evaluate(further), tried + 1
    return [start, now], tried, True


def _zoomed(
    evaluate: Callable[[float], Point],
    start: Point,
    bracket: list[Point],
    size: float,
    tolerance: float,
    tried: int,
    limit: int,
) -> tuple[Point, int]:
    """Divide the interval until its lower end is a good step."""
    low, high = sorted(bracket, key=lambda point: point.f)
    stuck = False
    while tried <= limit and abs(high.t - low.t) * size >= tolerance:
        left, right = min(low.t, high.t), max(low.t, high.t)
        t = _lowest(low, high, left, right)
        margin = 0.1 * (right - left)
        close = min(right - t, t - left) < margin
        if close and (stuck or t >= right or t <= left):
            t = right - margin if abs(t - right) < abs(t - left) else left + margin
            stuck = False
        else:
            stuck = close
        now, tried = evaluate(t), tried + 1
        if not _enough(start, now) or now.f >= low.f:
            low, high = sorted((low, now), key=lambda point: point.f)
            continue
        if _flat(start, now):
            return now, tried
        if now.slope * (high.t - low.t) >= 0:
            high = low
        low = now
    return low, tried


def _lowest(a: Point, b: Point, left: float, right: float) -> float:
    """Where the cubic through two points with their slopes is lowest, within an interval (equation 3.59)."""
    d1 = a.slope + b.slope - 3 * (a.f - b.f) / (a.t - b.t)
    square = d1 * d1 - a.slope * b.slope
    if square < 0:
        return (left + right) / 2
    d2 = sqrt(square)
    if a.t <= b.t:
        t = b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2))
    else:
        t = a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2 * d2))
    return min(max(t, left), right)
