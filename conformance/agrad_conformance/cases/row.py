"""How the modules of this package enter a case: what is not an option of `Case` is a parameter of the op."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.cases import Case

__all__ = ["ALL", "COMPLEX", "REAL", "adjoint", "row"]

REAL = ("float64", "float32")
COMPLEX = ("complex128", "complex64")
ALL = REAL + COMPLEX

OPTIONS = ("call", "of", "smooth", "static", "standard", "condition")


def row(op: str, make: Callable[[Any], tuple[Any, ...]], dtypes: Sequence[str] = ALL, **options: Any) -> Case:
    """A case; options that `Case` does not know are the op's parameters."""
    known = {name: options.pop(name) for name in OPTIONS if name in options}
    return Case(make, options, dtypes, op=op, **known)


def adjoint(xp: Any, x: Any) -> Any:
    """The conjugate transpose."""
    return xp.conj(xp.matrix_transpose(x))
