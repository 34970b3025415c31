"""The cases of the conformance suite as samples for tests: each with its numbers, in each of its dtypes."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

import numpy as np

from agrad.cases import Case
from agrad.ops import table
from agrad_conformance.cases import standard_cases
from agrad_conformance.cases.row import ALL, REAL, row
from agrad_conformance.crosscheck import KNOWN
from agrad_conformance.sample import KINDS, filled, followed, identified
from agrad_conformance.sample import Sample as AnySample

__all__ = ["PRECISE", "TIES", "Arrays", "Sample", "filled", "followed", "samples"]

Arrays = list[np.ndarray]

PRECISE = tuple(dtypes[0] for dtypes in KINDS.values())
"""The dtypes of double precision."""

TIES = [
    row("maximum", lambda g: (np.asarray([1, 2, 3], g.dtype), np.asarray([2, 2, 1], g.dtype)), REAL, smooth=False),
    row("minimum", lambda g: (np.asarray([1, 2, 3], g.dtype), np.asarray([2, 2, 1], g.dtype)), REAL, smooth=False),
    row("clip", lambda g: (np.asarray([-1, 0, 1], g.dtype), np.asarray(-1, g.dtype), np.asarray([1], g.dtype)), REAL,
        smooth=False),
    row("max", lambda g: (np.asarray([[1, 2, 2], [3, 3, 3], [5, 4, 5]], g.dtype),), REAL, axis=1, smooth=False),
    row("min", lambda g: (np.asarray([[1, 2, 2], [3, 3, 3], [5, 4, 5]], g.dtype),), REAL, axis=1, smooth=False),
    row("std", lambda g: (np.asarray([[7, 7, 7], [1, 3, 4]], g.dtype),), REAL, axis=1, smooth=False),
    row("sort", lambda g: (np.asarray([5, 2, 5, 2], g.dtype),), REAL, descending=True, smooth=False),
    row("linalg.vector_norm", lambda g: (np.zeros((2, 3), g.dtype),), ALL, axis=1, smooth=False),
    row("linalg.vector_norm", lambda g: (np.asarray([0, 3, -4], g.dtype),), ALL, ord=3, smooth=False),
]  # fmt: skip
"""Points without a derivative, of which the suite has no references: both modes and all backends agree there, too."""


class Sample(AnySample):
    """A case in one dtype.

    Parameters
    ----------
    case : Case
        How the op is called.
    name : str
        The case's name, ``"linalg.qr-3"``; the numbers depend on it.
    dtype : str
        One of those that the case is tried in.
    """

    def __init__(self, case: Case, name: str, dtype: str) -> None:
        super().__init__(case, "complex" if dtype in KINDS["complex"] else "real", name)
        self.row = case
        self.dtype = dtype
        self.label = f"{name}-{dtype}"
        self.args, self.params = self.at(dtype)

    def __repr__(self) -> str:
        return self.label

    @property
    def torch(self) -> str:
        """Why PyTorch cannot be compared with, where it cannot."""
        return next((k.reason for k in KNOWN if k.system == "torch" and fnmatchcase(self.id, k.pattern)), "")


def samples() -> Iterator[Sample]:
    """All cases that have derivatives, in all their dtypes; the first of a case is the one to try if only one is."""
    for name, case in [*standard_cases(), *((f"tie-{name}", case) for name, case in identified(TIES))]:
        if table[case.op].kind == "constant":
            continue
        # the cases of an op take turns in which of their precise dtypes comes first
        k = int(name.rpartition("-")[2])
        first = [d for d in case.dtypes if d in PRECISE] or list(case.dtypes)
        first = first[k % len(first) :] + first[: k % len(first)]
        for dtype in [*first, *(d for d in case.dtypes if d not in first)]:
            sample = Sample(case, name, dtype)
            if sample.followed:
                yield sample
