"""Pure helpers of batch rules: a batch axis in front, beside which all axes of one example keep their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad.errors import ShapeError

__all__ = ["aligned", "flat", "full", "ranked", "shifted"]


def shifted(axis: int | Sequence[int], ndim: int) -> Any:
    """Axes of an example, in a stack of them; one that the example does not have is an error, not the batch axis."""
    if not isinstance(axis, int):
        return tuple(shifted(a, ndim) for a in axis)
    if not -ndim <= axis < ndim:
        raise ShapeError(f"axis {axis} was given for an array of {ndim} dimensions; it must be in [{-ndim}, {ndim})")
    return axis % ndim + 1


def full(xp: Any, x: Any, batched: bool, size: int) -> Any:
    """An argument with a batch axis: along it, one that is shared is the same everywhere."""
    if batched:
        return x
    x = x if hasattr(x, "shape") else xp.asarray(x)
    return xp.broadcast_to(x, (size, *x.shape))


def flat(xp: Any, x: Any, size: int) -> Any:
    """A stack of arrays as one of vectors."""
    count = 1
    for n in x.shape[1:]:
        count *= n
    return xp.reshape(x, (size, count))


def ranked(xp: Any, x: Any, rank: int) -> Any:
    """A stack whose examples have `rank` axes: more or fewer of length one, right after the batch axis."""
    have = x.ndim - 1
    if have == rank:
        return x
    return xp.reshape(x, (x.shape[0], *(1,) * (rank - have), *x.shape[1 + max(have - rank, 0) :]))


def aligned(xp: Any, args: Sequence[Any], batched: Sequence[bool], cores: Sequence[int], size: int) -> list[Any]:
    """Arguments whose stacks broadcast: all that are batched have as many axes in front of their last `cores` ones.

    Numbers and None stay as they are, and so does what is shared and has no core, which broadcasts by itself.
    """
    found: list[Any] = []
    ranks: list[int] = []
    for a, b, core in zip(args, batched, cores, strict=True):
        if hasattr(a, "shape"):
            found.append(full(xp, a, b, size) if core else a)
            ranks.append(a.ndim - b - core)
        else:
            found.append(a)
    if min(ranks) < 0:
        raise ShapeError(f"the op takes {max(cores)} axes together; an argument has {max(cores) + min(ranks)}")
    return [
        ranked(xp, a, max(ranks) + core) if b or (core and hasattr(a, "shape")) else a
        for a, b, core in zip(found, batched, cores, strict=True)
    ]
