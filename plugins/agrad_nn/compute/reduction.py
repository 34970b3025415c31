"""How a loss is made of losses, one a place, and how they get their cotangents back."""

from __future__ import annotations

from math import prod
from typing import Any

from agrad.errors import ShapeError
from agrad_nn.compute.common import reals
from agrad_nn.compute.stacks import full, ranked

__all__ = ["checked_reduction", "pair", "per_example", "reduced", "spread", "stack", "summed_to"]

REDUCTIONS = ("none", "mean", "sum")


def checked_reduction(name: str, reduction: str, allowed: tuple[str, ...] = REDUCTIONS) -> None:
    """Refuse what is no way to make one loss of many."""
    if reduction not in allowed:
        listed = ", ".join(map(repr, allowed[:-1]))
        raise ValueError(f"nn.{name} got reduction={reduction!r}; it takes {listed} or {allowed[-1]!r}")


def pair(xp: Any, name: str, x: Any, target: Any, *factors: Any) -> tuple[Any, ...]:
    """Predictions and targets of one shape, and factors that broadcast to it."""
    found = reals(xp, name, x, target, *factors)
    x, target = found[:2]
    if x.shape != target.shape:
        raise ShapeError(
            f"nn.{name} got x of shape {tuple(x.shape)} and a target of shape {tuple(target.shape)}; they must be "
            "equal: reshape one of them, or broadcast it with xp.broadcast_to"
        )
    for factor in found[2:]:
        if factor is not None and not _broadcasts(factor.shape, x.shape):
            raise ShapeError(
                f"nn.{name} got a weight of shape {tuple(factor.shape)}, which does not broadcast to the shape of x, "
                f"{tuple(x.shape)}"
            )
    return found


def _broadcasts(small: tuple[int, ...], large: tuple[int, ...]) -> bool:
    if len(small) > len(large):
        return False
    return all(m in (n, 1) for m, n in zip(reversed(small), reversed(large), strict=False))


def reduced(xp: Any, losses: Any, reduction: str) -> Any:
    """All of them, their sum, their mean, or their sum over the number of examples."""
    if reduction == "none":
        return losses
    if reduction == "sum":
        return xp.sum(losses)
    if reduction == "batchmean":
        return xp.sum(losses) / (losses.shape[0] if losses.ndim else 1)
    return xp.mean(losses)


def spread(ct: Any, x: Any, reduction: str) -> Any:
    """The cotangent of each loss: it broadcasts to the shape of x."""
    if reduction == "mean":
        return ct / (prod(x.shape) or 1)
    if reduction == "batchmean":
        return ct / ((x.shape[0] if x.ndim else 1) or 1)
    return ct


def summed_to(xp: Any, parts: Any, like: Any) -> Any:
    """The cotangent of what was broadcast: the sum of its parts."""
    extra = parts.ndim - like.ndim
    axes = (*range(extra), *(extra + i for i, n in enumerate(like.shape) if n == 1 != parts.shape[extra + i]))
    return xp.reshape(xp.sum(parts, axis=axes), like.shape) if axes else parts


def stack(xp: Any, arguments: tuple[Any, ...], batched: tuple[bool, ...], size: int) -> list[Any]:
    """Arguments of a stack of calls: the first two have the batch axis, the others broadcast against them."""
    ndim = arguments[0].ndim - batched[0]
    found = []
    for i, (a, flag) in enumerate(zip(arguments, batched, strict=True)):
        if i < 2:
            found.append(full(xp, a, flag, size))
        else:
            found.append(ranked(xp, a, ndim) if flag else a)
    return found


def per_example(xp: Any, losses: Any, reduction: str) -> Any:
    """`reduced`, of each example of a stack by itself."""
    if reduction == "none":
        return losses
    axes = tuple(range(1, losses.ndim))
    if not axes:
        return losses
    if reduction == "mean":
        return xp.mean(losses, axis=axes)
    total = xp.sum(losses, axis=axes)
    return total / losses.shape[1] if reduction == "batchmean" else total
