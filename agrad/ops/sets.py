"""Set functions: membership, and distinct values in sorted order, each taken from where it first occurs."""

from __future__ import annotations

from typing import Any

from agrad.declare import Unbatchable, composite, constant
from agrad.ops import _batch
from agrad.ops.results import UniqueAllResult, UniqueCountsResult, UniqueInverseResult

OPS = (
    constant("isin(x1, x2, /, *, invert=False)", "a truth value has no derivative", batch=_batch.isin),
    composite("unique_all(x, /)", lambda xp, x: _all(xp, x)),
    composite("unique_counts(x, /)", lambda xp, x: UniqueCountsResult(*_all(xp, x)[::3])),
    composite("unique_inverse(x, /)", lambda xp, x: UniqueInverseResult(*_all(xp, x)[::2])),
    composite("unique_values(x, /)", lambda xp, x: _all(xp, x)[0]),
    constant(
        "distinct(x, /)",
        "positions and counts are integers",
        outputs=3,
        forward=lambda xp, x: tuple(xp.unique_all(x)[1:]),
        axes=Unbatchable("how many distinct values there are depends on the data"),
    ),
)


def _all(xp: Any, x: Any) -> UniqueAllResult:
    indices, inverse_indices, counts = xp.distinct(x)
    values = xp.take(xp.reshape(x, (-1,)), indices, axis=0)
    return UniqueAllResult(values, indices, inverse_indices, counts)
