"""Where the elements of a tensor are in the memory that it shares: strides and offsets, as PyTorch counts them."""

from __future__ import annotations

from math import prod
from typing import Any

from agrad_torchlike.tensors import View

__all__ = ["contiguous", "is_contiguous", "offset_of", "overlaps", "reshaped", "root_of", "stride_of", "view_of"]


def contiguous(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The strides of elements that lie one after the other."""
    strides, step = [], 1
    for n in reversed(shape):
        strides.append(step)
        step *= max(n, 1)
    return tuple(reversed(strides))


def stride_of(x: Any) -> tuple[int, ...]:
    """How many elements further the next one along each axis is."""
    return contiguous(x._t.shape) if x._view is None else x._view.stride


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
    if x._view is None:
        return True
    shape = x._t.shape
    if 0 in shape:
        return True
    usual = contiguous(shape)
    return all(n == 1 or s == u for n, s, u in zip(shape, x._view.stride, usual, strict=True))


def overlaps(x: Any) -> bool:
    """Whether several elements are in one place, as in an expanded tensor."""
    if x._view is None:
        return False
    return any(n > 1 and s == 0 for n, s in zip(x._t.shape, x._view.stride, strict=True))


def reshaped(shape: tuple[int, ...], stride: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[int, ...] | None:
    """The strides under which the same memory has another shape; None where it has to be copied."""
    if 0 in shape:
        return contiguous(wanted)
    axes = [(n, s) for n, s in zip(shape, stride, strict=True) if n != 1]
    blocks: list[tuple[int, int]] = []  # runs of axes that lie one after the other: their length, and the last stride
    for n, s in axes:
        if blocks and blocks[-1][1] == n * s:
            blocks[-1] = (blocks[-1][0] * n, s)
        else:
            blocks.append((n, s))
    made: list[int] = []
    left = list(reversed(blocks))
    for n in reversed(wanted):
        if n == 1:
            made.append(made[-1] if made else 1)
            continue
        if not left:
            return None
        length, step = left[0]
        if length % n:
            return None
        made.append(step)
        left[0] = (length // n, step * n)
        if left[0][0] == 1:
            left.pop(0)
    assert prod(wanted) == prod(shape)
    return _ones_filled(tuple(reversed(made)), wanted)


def _ones_filled(stride: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides in which an axis of length 1 has the one that it has in PyTorch: what is behind it, together."""
    filled = list(stride)
    for k in reversed(range(len(shape))):
        if shape[k] == 1:
            filled[k] = filled[k + 1] * shape[k + 1] if k + 1 < len(shape) else 1
    return tuple(filled)
