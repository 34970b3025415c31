"""Docstrings of the statistical and the utility functions."""

from __future__ import annotations

from .record import BOOLEAN, ONE_AXIS, Doc

__all__ = ["STATISTICAL", "UTILITY"]

_REAL = "integer or real floating-point"
_NUMERIC = "integer, real or complex floating-point"
_FLOAT = "real or complex floating-point"
_ACCUMULATOR = {"dtype": ("dtype", "Dtype of the result; by default that of `x`, or for small integers a wider one.")}
_REDUCED = "One number for each position on the axes that are not reduced."
_CUMULATIVE = {
    **_ACCUMULATOR,
    "axis": ("int", "The axis to run along; it may be left out where `x` has one axis only."),
    "include_initial": ("bool", "Whether the result starts with the neutral element and is one longer."),
}

STATISTICAL: dict[str, Doc] = {
    "cumulative_prod": Doc(
        "Running product along an axis.",
        "Exact, zeros among the factors included: products that leave a factor out are formed without dividing by it.",
        ">>> xp.cumulative_prod(xp.asarray([1.0, 2.0, 3.0])).tolist()\n[1.0, 2.0, 6.0]",
        _NUMERIC,
        _CUMULATIVE,
        returns="The running products.",
    ),
    "cumulative_sum": Doc(
        "Running sum along an axis.",
        "The running sum of the cotangent, from the end.",
        ">>> xp.cumulative_sum(xp.asarray([1.0, 2.0, 3.0]), include_initial=True).tolist()\n[0.0, 1.0, 3.0, 6.0]",
        _NUMERIC,
        _CUMULATIVE,
        returns="The running sums.",
    ),
    "max": Doc(
        "Largest element.",
        "The cotangent at the largest element, split evenly between several equal ones; forward mode averages their "
        "tangents.",
        ">>> agrad.grad(xp.max)(xp.asarray([1.0, 3.0, 3.0])).tolist()\n[0.0, 0.5, 0.5]",
        _REAL,
        returns=_REDUCED,
    ),
    "mean": Doc(
        "Arithmetic mean.",
        "1/N for each of the N elements.",
        ">>> float(xp.mean(xp.asarray([1.0, 2.0, 6.0])))\n3.0",
        _FLOAT,
        returns=_REDUCED,
    ),
    "min": Doc(
        "Smallest element.",
        "The cotangent at the smallest element, split evenly between several equal ones; forward mode averages their "
        "tangents.",
        ">>> float(xp.min(xp.asarray([2.0, 1.0])))\n1.0",
        _REAL,
        returns=_REDUCED,
    ),
    "prod": Doc(
        "Product of the elements.",
        "For each element the product of the others, formed without dividing: exact where elements are zero.",
        ">>> agrad.grad(xp.prod)(xp.asarray([0.0, 2.0, 3.0])).tolist()\n[6.0, 0.0, 0.0]",
        _NUMERIC,
        _ACCUMULATOR,
        returns=_REDUCED,
    ),
    "std": Doc(
        "Standard deviation.",
        "(x - mean(x)) / (std(x) * (N - correction)); 0 for constant data, where it has a kink.",
        ">>> float(xp.std(xp.asarray([1.0, 3.0])))\n1.0",
        "real floating-point",
        returns=_REDUCED,
    ),
    "sum": Doc(
        "Sum of the elements.",
        "1 for each element.",
        ">>> xp.sum(xp.asarray([[1.0, 2.0], [3.0, 4.0]]), axis=0).tolist()\n[4.0, 6.0]",
        _NUMERIC,
        _ACCUMULATOR,
        returns=_REDUCED,
    ),
    "var": Doc(
        "Variance.",
        "2 * (x - mean(x)) / (N - correction).",
        ">>> float(xp.var(xp.asarray([1.0, 3.0]), correction=1))\n2.0",
        "real floating-point",
        returns=_REDUCED,
    ),
}

UTILITY: dict[str, Doc] = {
    "all": Doc(
        "Whether all elements are true, or not zero.",
        BOOLEAN,
        ">>> bool(xp.all(xp.asarray([True, False])))\nFalse",
        returns="One answer for each position on the axes that are not reduced; true for no elements.",
    ),
    "any": Doc(
        "Whether at least one element is true, or not zero.",
        BOOLEAN,
        ">>> bool(xp.any(xp.asarray([True, False])))\nTrue",
        returns="One answer for each position on the axes that are not reduced; false for no elements.",
    ),
    "diff": Doc(
        "Differences between neighbours along an axis.",
        "The negative differences of the cotangent, with zeros beyond its ends.",
        ">>> xp.diff(xp.asarray([1.0, 4.0, 9.0])).tolist()\n[3.0, 5.0]",
        _NUMERIC,
        {
            **ONE_AXIS,
            "n": ("int", "How many times differences are taken."),
            "prepend": ("array", "Values to put in front first."),
            "append": ("array", "Values to put behind first."),
        },
        returns="The differences, `n` fewer along the axis than there were elements.",
    ),
}
