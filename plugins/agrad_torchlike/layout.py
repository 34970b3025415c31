"""Where the elements of a tensor are in the memory that it shares: strides and offsets, as PyTorch counts them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from agrad_torchlike.graph import refuse_part
from agrad_torchlike.tensors import View

__all__ = [
    "arranged",
    "contiguous",
    "is_contiguous",
    "is_dense",
    "like",
    "offset_of",
    "overlaps",
    "reshaped",
    "root_of",
    "stride_of",
    "view_of",
]


@lru_cache(4096)
def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of elements that lie one after the other."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def stride_of(x: Any) -> tuple[int, ...]:
    """How many elements further the next one along each axis is."""
    return x._strides or contiguous(x._t.shape) if x._view is None else x._view.stride


def offset_of(x: Any) -> int:
    """At which element of its memory a tensor begins."""
    return 0 if x._view is None else x._view.offset


def root_of(x: Any) -> Any:
    """The tensor whose memory it is."""
    return x if x._view is None else x._view.root


def view_of(x: Any, stride: tuple[int, ...], offset: int, detached: bool = False) -> View:
    """What a view of a tensor knows."""
    view = x._view
    if view is None:
        return View(x, stride, offset, detached)
    return View(view.root, stride, offset, detached or view.detached)


def is_contiguous(x: Any) -> bool:
    """Whether the elements lie one after the other."""
    if x._view is None and x._strides is None:
        return True
    shape = x._t.shape
    if 0 in shape:
        return True
    usual = contiguous(shape)
    return all(n == 1 or s == u for n, s, u in zip(shape, stride_of(x), usual, strict=True))


def arranged(y: Any, *operands: Any) -> Any:
    """Note how the elements of an elementwise result lie: in the order of its operands', as PyTorch has them."""
    shape = y._t.shape
    n = len(shape)
    tensors = [x for x in operands if getattr(x, "_t", None) is not None]
    for x in tensors:
        if x._part is not None:
            refuse_part(x)
    if all(x._t.shape == shape for x in tensors):
        if all(is_contiguous(x) for x in tensors):
            return y
        if all(stride_of(x) == stride_of(tensors[0]) for x in tensors) and is_dense(tensors[0]):
            return like(y, tensors[0])
    tables = []
    for x in tensors:
        own = stride_of(x)
        held = [0 if m == 1 and k > 1 else s for m, s, k in zip(x._t.shape, own, shape[n - len(own) :], strict=True)]
        tables.append([0] * (n - len(own)) + held)
    order = list(reversed(range(n)))  # the axes, that of the nearest elements first
    for i in range(1, n):
        for j in range(i - 1, -1, -1):
            swap = _compared(tables, shape, order[j], order[j + 1])
            if swap > 0:
                order[j], order[j + 1] = order[j + 1], order[j]
            elif swap < 0:
                break
    made, step = [0] * n, 1
    for axis in order:
        made[axis] = step
        step *= max(shape[axis], 1)
    if tuple(made) != contiguous(shape):
        y._strides = tuple(made)
    return y


def like(y: Any, x: Any) -> Any:
    """Note that the elements of a copy lie as those of a tensor, where they fill a block of memory."""
    if not is_dense(x):
        return arranged(y, x)
    if stride_of(x) != contiguous(x._t.shape):
        y._strides = stride_of(x)
    return y


def _compared(tables: list[list[int]], shape: tuple[int, ...], a: int, b: int) -> int:
    """Whether axis `a` has its elements farther apart than `b`: 1, -1, or 0 where nothing says so."""
    for strides in tables:
        if strides[a] and strides[b]:
            if strides[a] != strides[b]:
                return -1 if strides[a] < strides[b] else 1
            if shape[a] > shape[b]:
                return 1
    return 0


def is_dense(x: Any) -> bool:
    """Whether the elements fill a block of memory, each its own place."""
    axes = sorted([(s, n) for s, n in zip(stride_of(x), x._t.shape, strict=True) if n != 1])
    step = 1
    for s, n in axes:
        if s != step:
            return False
        step *= n
    return True


def overlaps(x: Any) -> bool:
    """Whether several elements are in one place, as in an expanded tensor."""
    if x._view is None:
        return False
    return any(n > 1 and s == 0 for n, s in zip(x._t.shape, x._view.stride, strict=True))


def reshaped(shape: tuple[int, ...], stride: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...] | None:
    """The strides under which the same memory has another shape; None where it has to be copied."""
    if not shape:
        return (1,) * len(wanted)
    if 0 in shape:
        return stride if shape == wanted else contiguous(wanted)
    made = [0] * len(wanted)
    at, base, block, filled = len(wanted) - 1, stride[-1], 1, 1
    for axis in range(len(shape) - 1, -1, -1):
        block *= shape[axis]
        if axis and (shape[axis - 1] == 1 or stride[axis - 1] == block * base):
            continue  # the next axis goes on where this one ends
        while at >= 0 and (filled < block or wanted[at] == 1):
            made[at] = filled * base
            filled *= wanted[at]
            at -= 1
        if filled != block:
            return None
        if axis:
            base, block, filled = stride[axis - 1], 1, 1
    return tuple(made) if at == -1 else None
