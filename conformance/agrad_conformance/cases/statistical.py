"""Cases of the statistical functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from agrad.cases import Case
from agrad_conformance.cases.row import ALL, REAL, row

__all__ = ["CASES"]

REDUCTIONS: list[tuple[tuple[int, ...], Mapping[str, Any]]] = [
    ((2, 3), {}),
    ((2, 3), {"axis": 1}),
    ((2, 3, 2), {"axis": -2, "keepdims": True}),
    ((2, 2, 3), {"axis": (-1, 0)}),
    ((2, 3), {"axis": ()}),
    ((0, 3), {"axis": 1}),
    ((3, 1), {"axis": 1}),
    ((), {}),
]


def _dtypes(op: str) -> Sequence[str]:
    return ALL if op in ("mean", "prod", "sum") else REAL


def _reduction(op: str) -> list[Case]:
    def lone(shape: tuple[int, ...], params: Mapping[str, Any]) -> bool:
        """The deviation of a single number: 0 everywhere, but the root of 0."""
        return op == "std" and (params.get("axis") == () or shape in ((), (3, 1)))

    def of(shape: tuple[int, ...], params: Mapping[str, Any]) -> Case:
        return row(op, lambda g: (g.apart(*shape),), _dtypes(op), smooth=not lone(shape, params), **params)

    return [of(shape, params) for shape, params in REDUCTIONS]


def _accumulation(op: str) -> list[Case]:
    return [
        row(op, lambda g: (g(7),)),
        row(op, lambda g: (g(1),)),
        row(op, lambda g: (g(8),), include_initial=True),
        row(op, lambda g: (g(3, 2),), axis=0),
        row(op, lambda g: (g(2, 5),), axis=-1, include_initial=True),
        row(op, lambda g: (g(2, 3, 2),), axis=1),
        row(op, lambda g: (g(3),), ["float32"], dtype="float64"),
        row(op, lambda g: (g(3),), REAL, dtype="complex128"),
        row(op, lambda g: (g(0),)),
        row(op, lambda g: (g(2, 0),), axis=1, include_initial=True),
    ]


def _with_zeros(op: str, where: list[int], **params: Any) -> Case:
    def make(g: Any) -> tuple[Any, ...]:
        x = g(4)
        x[where] = 0
        return (x,)

    return row(op, make, **params)


CASES: list[Case] = [
    *(case for op in ("cumulative_prod", "cumulative_sum") for case in _accumulation(op)),
    *(case for op in ("max", "mean", "min", "prod", "std", "sum", "var") for case in _reduction(op)),
]
for _op in ("prod", "sum"):
    CASES += [
        row(_op, lambda g: (g(0, 3),), axis=0),
        row(_op, lambda g: (g(0),)),
        row(_op, lambda g: (g(2, 3),), ["float32"], dtype="float64", axis=0),
        row(_op, lambda g: (g(2, 2),), [*REAL, "complex64"], dtype="complex128"),
    ]
for _op in ("std", "var"):
    CASES += [
        row(_op, lambda g: (g(4, 3),), REAL, axis=0, correction=1),
        row(_op, lambda g: (g(2, 3),), REAL, correction=1.5, keepdims=True),
    ]
for _zeros in ([1], [0, 2], [0, 1, 2, 3]):
    CASES += [_with_zeros("prod", _zeros), _with_zeros("cumulative_prod", _zeros, axis=0)]
for _op in ("max", "mean", "min", "prod", "std", "sum", "var"):
    CASES.append(row(_op, lambda g: (g.apart(2, 3, 2),), _dtypes(_op), axis=(0, 2), keepdims=True))
for _op in ("max", "mean", "min", "prod", "sum"):
    CASES.append(row(_op, lambda g: (g.apart(2, 3),), _dtypes(_op), keepdims=True))
