"""Conventions of dtype, shape and device, and of integers and booleans."""

from __future__ import annotations

from typing import Any

import numpy as np

from agrad_conformance.conventions.point import Point, raises, value

__all__ = ["POINTS"]

BESIDE = "a gradient is used beside its argument"
NONE = "no derivative exists; silence would hide a mistake"
CONSTANT = "the derivative of a constant"


def _double(xp: Any, x: Any) -> Any:
    return xp.astype(x, xp.float64)


def _of_state(xp: Any, state: Any) -> Any:
    return xp.where(xp.asarray(state["mask"]), state["w"] * state["step"], 0.0)


POINTS: tuple[Point, ...] = (
    value(
        "dtype-of-the-argument",
        "astype",
        ([1.0, 2.0],),
        ([3.0, 5.0],),
        BESIDE,
        call=_double,
        cotangent=np.asarray([3.0, 5.0]),
    ),
    value("dtype-of-the-argument", "multiply", ([1.0, 2.0],), ([0.5, 0.5],), BESIDE, call=lambda xp, x: 0.5 * x),
    value(
        "dtype-promotion",
        "multiply",
        (np.asarray([1.0, 2.0], "float32"), np.asarray([3.0, 4.0], "float64")),
        (np.asarray([3.0, 4.0], "float32"), np.asarray([1.0, 2.0], "float64")),
        BESIDE,
        dtypes=("float64",),
    ),
    value("dtype-promotion", "multiply", ([1.0, 2.0], [1j, 2 + 0j]), ([0.0, 2.0], [1 + 0j, 2 + 0j]), BESIDE),
    value("shape-and-device", "multiply", (2.0, [[1.0, 2.0], [3.0, 4.0]]), (10.0, [[2.0, 2.0], [2.0, 2.0]]), BESIDE),
    value("shape-and-device", "multiply", ([], 3.0), ([], 0.0), BESIDE),
    value(
        "shape-and-device",
        "multiply",
        ([[1.0, 2.0, 3.0]], [[1.0] * 3] * 2),
        ([[2.0] * 3], [[1.0, 2.0, 3.0]] * 2),
        BESIDE,
    ),
    value(
        "independent-result",
        "ones",
        ([1.0, 2.0],),
        ([0.0, 0.0],),
        CONSTANT,
        call=lambda xp, x: xp.ones(2, dtype=x.dtype),
    ),
    value("independent-result", "floor", ([1.5, 2.5],), ([0.0, 0.0],), CONSTANT),
    *(
        raises("integer-argument", "multiply", (x,), "DtypeError", transform, NONE, call=lambda xp, x: xp.sum(x * 1.5))
        for x in (np.asarray([1, 2]), np.asarray([True, False]))
        for transform in ("grad", "leaf")
    ),
    raises("integer-argument", "multiply", (3,), "DtypeError", "grad", NONE, call=lambda xp, x: 1.5 * x),
    value(
        "integer-leaf",
        "multiply",
        ({"w": [1.0, 2.0], "step": 3, "mask": np.asarray([True, False]), "name": "x"},),
        ({"w": [3.0, 0.0], "step": None, "mask": None, "name": None},),
        "state travels with parameters",
        call=_of_state,
    ),
    value(
        "integer-constant",
        "multiply",
        ([1.0, 1.0], np.asarray([2, 3])),
        ([2.0, 3.0],),
        "they need no derivative",
        call=lambda xp, x, k: x * xp.astype(k, x.dtype),
    ),
)
