"""Cases of the data type functions, and of `to_device`, a method of the array object."""

from __future__ import annotations

from agrad.cases import Case
from agrad_conformance.cases.row import ALL, REAL, row

__all__ = ["CASES"]


def _to_device(*shape: int) -> Case:
    return row("to_device", lambda g: (g(*shape),), call=lambda xp, x: x.to_device(x.device))


CASES: list[Case] = [
    row("astype", lambda g: (g(2, 3), "float32"), REAL),
    row("astype", lambda g: (g(2, 3), "float64"), REAL),
    row("astype", lambda g: (g(3), "complex128"), ALL),
    row("astype", lambda g: (g(), "complex64"), ALL, copy=False),
    row("astype", lambda g: (g(0, 2), "float32"), REAL, copy=True),
    _to_device(2, 3),
    _to_device(),
    _to_device(0, 2),
]
