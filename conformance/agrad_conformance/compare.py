"""Errors in units of what rounding explains, and how many of them a check allows."""

from __future__ import annotations

from typing import Any

import numpy as np

from agrad_conformance.reference import Pair

__all__ = ["ALLOWED", "error_of"]

Array = np.ndarray[Any, np.dtype[Any]]

ALLOWED = {"value": 8.0, "vjp": 16.0, "jvp": 16.0, "adjoint": 16.0, "second": 64.0, "chained": 64.0}
"""Tolerances by property, in units of eps times the scale that `error_of` takes; a case's `condition` multiplies them.

They count roundings, not luck: a function of the standard may be wrong by a few units, a rule is a handful of
functions, a second derivative a rule of a rule.
"""


def error_of(found: Array, expected: Pair, scale: Array, eps: float) -> float:
    """The largest error in units of eps times scale; inf where one of both is not finite, or not of one shape.

    Parameters
    ----------
    found : array
        In double precision.
    expected : Pair
        Numbers that are right to 32 digits.
    scale : array
        By how much each number would change, for a relative change of 1 in what it is made from.
    eps : float
        The distance from 1 to the next number, in the dtype that was computed in.

    Examples
    --------
    >>> error_of(np.asarray([1.0]), Pair(np.asarray([1.0]), np.asarray([2.0**-53])), np.ones(1), 2.0**-52)
    0.5
    """
    if found.shape != expected.high.shape:
        return float("inf")
    if not found.size:
        return 0.0
    with np.errstate(all="ignore"):
        same = (found == expected.high) | (np.isnan(found) & np.isnan(expected.high))
        difference = np.abs((found - expected.high) - expected.low)
        tiny = np.finfo("float32" if eps > 1e-10 else "float64").smallest_normal
        errors = np.where(same & ~np.isfinite(expected.high), 0.0, difference / (eps * np.maximum(scale, tiny)))
    return float("inf") if np.isnan(errors).any() else float(errors.max())
