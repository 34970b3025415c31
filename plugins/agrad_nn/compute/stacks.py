"""Arguments of a stack of calls, whose batch axis is in front."""

from __future__ import annotations

from typing import Any

__all__ = ["full", "ranked"]


def full(xp: Any, x: Any, batched: bool, size: int) -> Any:
    """An argument with a batch axis: along it, one that is shared is the same everywhere."""
    if batched or x is None:
        return x
    x = x if hasattr(x, "shape") else xp.asarray(x)
    return xp.broadcast_to(x, (size, *x.shape))


def ranked(xp: Any, x: Any, rank: int) -> Any:
    """A stack whose examples have `rank` axes: what they lack is of length one, right after the batch axis."""
    missing = rank - (x.ndim - 1)
    return xp.reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:])) if missing > 0 else x
