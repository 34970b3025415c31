"""Memory that calls use again: one piece for all temporaries of a call, and results that users have dropped."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any
from weakref import getweakrefcount

import numpy as np

__all__ = ["TAKES_BACK", "Arena", "Results", "Workspaces"]

ALIGN = 64
"""Bytes at whose multiples arrays begin, as lines of a cache do."""


class Arena:
    """Places in one piece of memory, given out and taken back while a program is written."""

    def __init__(self) -> None:
        self.size = 0
        self._gaps: list[tuple[int, int]] = []
        """Where nothing is, in order: begin and end."""

    def take(self, nbytes: int) -> int:
        """The place of so many bytes: in the smallest gap that has them, else at the end."""
        n = _rounded(nbytes)
        fitting = [(end - begin, k) for k, (begin, end) in enumerate(self._gaps) if end - begin >= n]
        if fitting:
            _, k = min(fitting)
            begin, end = self._gaps[k]
            self._gaps[k : k + 1] = [(begin + n, end)] if end - begin > n else []
            return begin
        begin = self._gaps.pop()[0] if self._gaps and self._gaps[-1][1] == self.size else self.size
        self.size = begin + n
        return begin

    def give(self, begin: int, nbytes: int) -> None:
        """What is there is needed no longer."""
        end = begin + _rounded(nbytes)
        k = sum(1 for gap in self._gaps if gap[0] < begin)
        if k < len(self._gaps) and self._gaps[k][0] == end:
            end = self._gaps.pop(k)[1]
        if k and self._gaps[k - 1][1] == begin:
            k -= 1
            begin = self._gaps.pop(k)[0]
        self._gaps.insert(k, (begin, end))


def _rounded(nbytes: int) -> int:
    return max(-(-nbytes // ALIGN), 1) * ALIGN


class Workspaces:
    """The memory of calls that are not running; each running call has one of its own."""

    def __init__(self, make: Callable[[], Sequence[Any]], size: int, budget: Any) -> None:
        self._make = make
        self._size = size
        self._budget = budget
        self._free: list[Sequence[Any]] = []
        self._loose: set[int] = set()
        """Those in use for which there is no room once they are not."""

    def take(self) -> Sequence[Any]:
        """One that no call uses."""
        try:
            return self._free.pop()
        except IndexError:
            made = self._make()
            if not self._budget.take(self._size):
                self._loose.add(id(made))
            return made

    def give(self, workspace: Sequence[Any]) -> None:
        """A call has ended: keep its memory for the next one, where there is room."""
        if self._loose and id(workspace) in self._loose:
            self._loose.discard(id(workspace))
        else:
            self._free.append(workspace)

    def clear(self) -> None:
        """Keep none."""
        while self._free:
            try:
                self._free.pop()
            except IndexError:  # another thread was faster
                return
            self._budget.give(self._size)

    __del__ = clear


class Results:
    """Arrays that were handed out as one result, for another call to write into when their user has dropped them."""

    def __init__(self, shape: tuple[int, ...], dtype: Any, budget: Any) -> None:
        self._shape = shape
        self._dtype = np.dtype(dtype)
        self._budget = budget
        self._size = int(np.prod(shape, dtype=object)) * self._dtype.itemsize
        self._given: list[Any] = []

    def take(self) -> Any:
        """An array that nobody else knows."""
        given = self._given
        while given:
            try:
                array = given.pop(0)
            except IndexError:  # another thread was faster
                break
            self._budget.give(self._size)
            alone = getrefcount(array) == ALONE and not getweakrefcount(array)
            if alone and array.flags.carray and (array.shape, array.dtype) == (self._shape, self._dtype):
                return array
        return np.empty(self._shape, self._dtype)

    def give(self, array: Any) -> None:
        """An array is handed out; two are remembered, for the last one is often alive while the next is computed."""
        if len(self._given) < 2 and self._budget.take(self._size):
            self._given.append(array)

    def clear(self) -> None:
        """Remember none."""
        while self._given:
            try:
                self._given.pop()
            except IndexError:
                return
            self._budget.give(self._size)

    __del__ = clear


def _calibrated() -> int:
    """The reference count that `Results.take` sees of an array that nobody else has; zero where counts tell nothing."""
    if sys.implementation.name != "cpython" or not getattr(sys, "_is_gil_enabled", lambda: True)():
        return 0
    counts = []
    for known in (False, True):
        given = [np.empty(1)]
        other = given[0] if known else None
        array = given.pop(0)
        counts.append(getrefcount(array))
        del other
    alone, shared = counts
    return alone if shared == alone + 1 else 0


getrefcount: Callable[[Any], int] = getattr(sys, "getrefcount", lambda array: -1)
ALONE = _calibrated()
TAKES_BACK = ALONE > 0
"""Whether reference counts tell that a user has dropped a result."""
