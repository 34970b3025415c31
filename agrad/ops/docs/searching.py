"""Docstrings of the functions that search, treat arrays as sets, and sort."""

from __future__ import annotations

from .record import BOOLEAN, INTEGER, ONE_AXIS, Doc

__all__ = ["SEARCHING", "SETS", "SORTING"]

_REAL = "integer or real floating-point"
_FIRST = {"axis": ("int", "The axis to search; by default the flattened array is searched.")}
_SORTED = "The distinct values in sorted order, each nan by itself."
_VALUES = "That of reading each value where it first occurs; positions and counts are constants."

SEARCHING: dict[str, Doc] = {
    "argmax": Doc(
        "Position of the largest element; the first of several.",
        INTEGER,
        ">>> int(xp.argmax(xp.asarray([1.0, 7.0, 7.0])))\n1",
        _REAL,
        _FIRST,
        returns="Positions along the axis.",
    ),
    "argmin": Doc(
        "Position of the smallest element; the first of several.",
        INTEGER,
        ">>> int(xp.argmin(xp.asarray([3.0, 1.0, 1.0])))\n1",
        _REAL,
        _FIRST,
        returns="Positions along the axis.",
    ),
    "count_nonzero": Doc(
        "How many elements are not zero.",
        INTEGER,
        ">>> int(xp.count_nonzero(xp.asarray([0, 3, 0, 5])))\n2",
        returns="The counts.",
    ),
    "nonzero": Doc(
        "Positions of the elements that are not zero.",
        INTEGER,
        ">>> [i.tolist() for i in xp.nonzero(xp.asarray([[0, 3], [5, 0]]))]\n[[0, 1], [1, 0]]",
        returns={"tuple of arrays": "One array of positions for each axis, in row-major order."},
    ),
    "searchsorted": Doc(
        "Positions at which values would have to be inserted to keep an array sorted.",
        INTEGER,
        ">>> xp.searchsorted(xp.asarray([1.0, 2.0, 4.0]), xp.asarray([2.0, 3.0])).tolist()\n[1, 2]",
        _REAL,
        {
            "x1": ("array", "The sorted values, on one axis; in any order where `sorter` is given."),
            "x2": ("array or scalar", "The values to place."),
            "side": ("{'left', 'right'}", "Whether equal values are found behind ('left') or before the position."),
            "sorter": ("array", "The positions that sort `x1`, as `argsort` gives them."),
        },
        returns="One position for each value of `x2`.",
    ),
    "where": Doc(
        "Elements of x1 where a condition holds and of x2 where it does not.",
        "The cotangent goes to the operand that was taken, and 0 to the other. Both operands are computed everywhere, "
        "so that an infinite derivative inside the one not taken still turns into nan: give it a harmless argument.",
        ">>> xp.where(xp.asarray([True, False]), xp.asarray([1.0, 2.0]), 0.0).tolist()\n[1.0, 0.0]",
        params={
            "condition": ("array", "Boolean; it broadcasts with the operands."),
            "x1": ("array or scalar", "What to take where the condition is true."),
            "x2": ("array or scalar", "What to take where it is false."),
        },
        returns="The chosen elements, of the dtype that the operands promote to.",
    ),
}

SETS: dict[str, Doc] = {
    "isin": Doc(
        "Whether each element of x1 occurs in x2.",
        BOOLEAN,
        ">>> xp.isin(xp.asarray([1, 2, 3]), xp.asarray([3, 1])).tolist()\n[True, False, True]",
        "integer",
        {
            "x1": ("array or scalar", "The elements to look for."),
            "x2": ("array or scalar", "The elements to look among."),
            "invert": ("bool", "Whether to answer the opposite question."),
        },
        returns="Answers, of the shape of `x1`.",
    ),
    "unique_all": Doc(
        "Distinct values with first positions, counts, and the way back to the array.",
        _VALUES,
        ">>> found = xp.unique_all(xp.asarray([3, 1, 3]))\n"
        ">>> found.values.tolist(), found.indices.tolist(), found.counts.tolist()\n([1, 3], [1, 0], [1, 2])",
        returns={
            "values : array": _SORTED,
            "indices : array": "Where each value first occurs in the flattened input.",
            "inverse_indices : array": "For each element of `x`, of its shape, the position of its value.",
            "counts : array": "How often each value occurs.",
        },
    ),
    "unique_counts": Doc(
        "Distinct values, and how often each occurs.",
        _VALUES,
        ">>> found = xp.unique_counts(xp.asarray([3, 1, 3]))\n"
        ">>> found.values.tolist(), found.counts.tolist()\n([1, 3], [1, 2])",
        returns={"values : array": _SORTED, "counts : array": "How often each value occurs."},
    ),
    "unique_inverse": Doc(
        "Distinct values, and the way back to the array.",
        _VALUES,
        ">>> found = xp.unique_inverse(xp.asarray([3, 1, 3]))\n"
        ">>> xp.take(found.values, found.inverse_indices).tolist()\n[3, 1, 3]",
        returns={
            "values : array": _SORTED,
            "inverse_indices : array": "For each element of `x`, of its shape, the position of its value.",
        },
    ),
    "unique_values": Doc(
        "Distinct values.",
        _VALUES,
        ">>> xp.unique_values(xp.asarray([3, 1, 3])).tolist()\n[1, 3]",
        returns=_SORTED,
    ),
}

SORTING: dict[str, Doc] = {
    "argsort": Doc(
        "Positions that sort an array along an axis.",
        INTEGER,
        ">>> xp.argsort(xp.asarray([3.0, 1.0, 2.0])).tolist()\n[1, 2, 0]",
        _REAL,
        ONE_AXIS,
        returns="Positions along the axis, of the shape of `x`.",
    ),
    "sort": Doc(
        "Elements in order along an axis.",
        "The cotangent carried back to where each element came from; equal elements keep their order.",
        ">>> xp.sort(xp.asarray([3.0, 1.0, 2.0]), descending=True).tolist()\n[3.0, 2.0, 1.0]",
        _REAL,
        ONE_AXIS,
        returns="The sorted array.",
    ),
}
