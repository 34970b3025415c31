"""Which arguments a failed check speaks of."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from agrad_conformance.arguments import names_of
from agrad_conformance.compare import ALLOWED, error_of
from agrad_conformance.detail import FOUND
from agrad_conformance.problem import Problem
from agrad_conformance.reference import Pair, Reference

__all__ = ["blamed"]

Array = np.ndarray[Any, np.dtype[Any]]

FIRST = ("vjp", "jvp")
"""The checks whose numbers belong to one argument each."""


def blamed(p: Problem, r: Reference, property: str) -> list[str]:
    """The arguments for which derivatives are wrong.

    Parameters
    ----------
    p : Problem
    r : Reference
        What is right at the problem's sample.
    property : str
        The check that failed. All but those of the Jacobian mix the arguments: such a failure is of the arguments
        whose columns of the Jacobian are wrong, else of those by which its derivative is.

    Returns
    -------
    list of str
        Their names; none, where no derivative is found to be wrong.

    Examples
    --------
    >>> from agrad_conformance.cases import standard_samples
    >>> from agrad_conformance.data import reference_of
    >>> sample = next(s for s in standard_samples(["elementwise"]) if s.id == "multiply-0-real")
    >>> blamed(Problem(sample, "float64", "numpy"), reference_of(sample, "elementwise"), "vjp")
    []
    """
    for ways in ((property,),) if property in FIRST else (FIRST, ("second",)):
        off = [_off_by(p, r, way) for way in ways]
        names = [name for name, *wrong in zip(names_of(p.sample), *off, strict=True) if any(wrong)]
        if names:
            return names
    return []


def _off_by(p: Problem, r: Reference, way: str) -> list[bool]:
    """For each argument, whether its derivatives are off; where they cannot be computed, nothing is known."""
    try:
        with np.errstate(all="ignore"):
            return list(_errors(p, r, way))
    except Exception:  # what the check failed of, maybe, and then the record has it
        return [False] * len(p.inputs)


def _errors(p: Problem, r: Reference, way: str) -> Iterator[bool]:
    found = [x for _, x in FOUND[way](p, r)]
    expected, scale = (r.second, r.second_scale) if way == "second" else (r.jacobian, r.slope_scale)
    start = 0
    for x in p.inputs:
        block = (..., slice(start, start + p.size([x])))
        start += p.size([x])
        yield expected is not None and any(_off(p, f[block], expected, scale, block, way) for f in found)


def _off(p: Problem, found: Array, expected: Pair, scale: Any, block: Any, way: str) -> bool:
    high, low = expected.high[block], expected.low[block]
    whole = np.full(high.shape, (np.abs(expected.high) + scale).max(initial=0.0))
    return error_of(found, Pair(high, low), whole, p.eps) > ALLOWED[way] * p.sample.case.condition
