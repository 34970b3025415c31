"""Abstract values: what is known of an array without its data."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

__all__ = ["Aval", "interning"]


class Aval:
    """Shape and dtype of a value. Equal ones are mostly the same object, so ``is`` is a fast test.

    A `weak` one is of a Python number that is followed: under operators it takes the dtype of what it meets.
    """

    __slots__ = ("_weakened", "complex", "dtype", "inexact", "ndim", "real", "shape", "size", "strong", "weak")

    def __init__(self, shape: tuple[int, ...], dtype: Any, real: bool, complex: bool) -> None:
        self.shape = shape
        self.dtype = dtype
        self.ndim = len(shape)
        self.size = prod(shape)
        self.real = real
        self.complex = complex
        self.inexact = real or complex
        self.weak = False
        self.strong = self
        self._weakened: Aval | None = None

    @property
    def weakened(self) -> Aval:
        """The same, of a Python number."""
        if self._weakened is None:
            made = Aval(self.shape, self.dtype, self.real, self.complex)
            made.weak = True
            made.strong = self
            self._weakened = made._weakened = made
        return self._weakened

    def __repr__(self) -> str:
        return f"{self.dtype}{list(self.shape)}"


def interning(isdtype: Callable[[Any, str], bool], limit: int = 4096) -> Callable[[Any], Aval]:
    """A function from arrays of one library to their shared avals."""
    known: dict[tuple[Any, ...], Aval] = {}

    def aval_of(x: Any) -> Aval:
        key = (x.shape, x.dtype)
        try:
            return known[key]
        except KeyError:
            if len(known) >= limit:
                known.clear()
            shape, dtype = key
            aval = Aval(tuple(shape), dtype, isdtype(dtype, "real floating"), isdtype(dtype, "complex floating"))
            known[key] = aval
            return aval

    return aval_of
