"""Linear algebra of the main namespace: products and the matrix transpose."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from agrad.declare import Core, bilinear, general, linear
from agrad.ops._shapes import is_complex
from agrad.ops._stacks import aligned, shifted

Axes = int | Sequence[Sequence[int]]

OPS = (
    bilinear(
        "matmul(x1, x2, /)",
        lambda xp, ct, x2: _matmul_transpose_1(xp, ct, x2),
        lambda xp, ct, x1, x2: _matmul_transpose_2(xp, ct, x1, x2),
        batch=lambda xp, x1, x2, batched, size: _matmul_batch(xp, x1, x2, batched, size),
    ),
    linear(
        "matrix_transpose(x, /)",
        lambda xp, ct: xp.matrix_transpose(ct),
        write=lambda xp, value: xp.matrix_transpose(value),
        axes=Core(2, 2),
    ),
    bilinear(
        "tensordot(x1, x2, /, *, axes=2)",
        lambda xp, ct, x2, axes: _tensordot_transpose_1(xp, ct, x2, axes),
        lambda xp, ct, x1, axes: _tensordot_transpose_2(xp, ct, x1, axes),
        batch=lambda xp, x1, x2, axes, batched, size: _tensordot_batch(xp, x1, x2, axes, batched, size),
    ),
    # not bilinear: it conjugates its first argument
    general(
        "vecdot(x1, x2, /, *, axis=-1)",
        vjp=(
            lambda xp, ct, x2, axis: xp.expand_dims(xp.conj(ct) if is_complex(xp, ct) else ct, axis=axis) * x2,
            lambda xp, ct, x1, axis: xp.expand_dims(ct, axis=axis) * x1,
        ),
        jvp=(
            lambda xp, t, x2, axis: xp.vecdot(t, x2, axis=axis),
            lambda xp, t, x1, axis: xp.vecdot(x1, t, axis=axis),
        ),
        batch=lambda xp, x1, x2, axis, batched, size: _vecdot_batch(xp, x1, x2, axis, batched, size),
    ),
)


def _matmul_transpose_1(xp: Any, ct: Any, x2: Any) -> Any:
    if ct.ndim >= x2.ndim > 1:
        return xp.matmul(ct, x2.mT)
    if x2.ndim == 1:
        return xp.expand_dims(ct, axis=-1) * x2
    return xp.squeeze(xp.matmul(x2, xp.expand_dims(ct, axis=-1)), axis=-1)  # x1 is a vector


def _matmul_transpose_2(xp: Any, ct: Any, x1: Any, x2: Any) -> Any:
    if x1.ndim == 1:
        return xp.expand_dims(x1, axis=-1) * xp.expand_dims(ct, axis=-2) if x2.ndim > 1 else x1 * ct
    if x1.ndim == 2 or x2.ndim > 2:
        return xp.matmul(x1.mT, ct)
    # a stack times one matrix or vector: one product sums over the stack too
    rows = xp.reshape(x1, (prod(x1.shape[:-1]), x1.shape[-1]))
    return xp.matmul(rows.mT, xp.reshape(ct, (rows.shape[0], *ct.shape[x1.ndim - 1 :])))


def _matmul_batch(xp: Any, x1: Any, x2: Any, batched: tuple[bool, bool], size: int) -> Any:
    vectors = x1.ndim - batched[0] == 1, x2.ndim - batched[1] == 1
    if vectors[0] and not batched[1] and x2.ndim <= 2:  # the rows of one matrix
        return xp.matmul(x1, x2)
    if vectors[1] and not batched[0] and x1.ndim <= 2:
        return xp.matmul(x2, x1 if vectors[0] else xp.matrix_transpose(x1))
    if vectors[0]:
        x1 = xp.expand_dims(x1, axis=-2)
    if vectors[1]:
        x2 = xp.expand_dims(x2, axis=-1)
    y = xp.matmul(*aligned(xp, (x1, x2), batched, (2, 2), size))
    gone = tuple(axis for axis, is_vector in zip((-2, -1), vectors, strict=True) if is_vector)
    return xp.squeeze(y, axis=gone) if gone else y


def _vecdot_batch(xp: Any, x1: Any, x2: Any, axis: int, batched: tuple[bool, bool], size: int) -> Any:
    x1, x2 = (xp.moveaxis(x, shifted(axis, x.ndim - b) - (not b), -1) for x, b in zip((x1, x2), batched, strict=True))
    return xp.vecdot(*aligned(xp, (x1, x2), batched, (1, 1), size), axis=-1)


def _tensordot_batch(xp: Any, x1: Any, x2: Any, axes: Axes, batched: tuple[bool, bool], size: int) -> Any:
    used1, free1, used2, free2 = _axes_of_both(axes, x1.ndim - batched[0], x2.ndim - batched[1])
    if not batched[1]:
        return xp.tensordot(x1, x2, axes=([a + 1 for a in used1], used2))
    if not batched[0]:
        return xp.moveaxis(xp.tensordot(x1, x2, axes=(used1, [a + 1 for a in used2])), len(free1), 0)
    x1 = xp.permute_dims(x1, (0, *(a + 1 for a in (*free1, *used1))))
    x2 = xp.permute_dims(x2, (0, *(a + 1 for a in (*used2, *free2))))
    rows, inner, columns = x1.shape[1 : 1 + len(free1)], x2.shape[1 : 1 + len(used2)], x2.shape[1 + len(used2) :]
    y = xp.matmul(xp.reshape(x1, (size, prod(rows), prod(inner))), xp.reshape(x2, (size, prod(inner), prod(columns))))
    return xp.reshape(y, (size, *rows, *columns))


def _tensordot_transpose_1(xp: Any, ct: Any, x2: Any, axes: Axes) -> Any:
    """Contract `ct` with the free axes of x2, then put the axes in the order of x1."""
    axes = _sequences(axes)
    count = axes if isinstance(axes, int) else len(axes[0])
    used1, free1, used2, free2 = _axes_of_both(axes, ct.ndim - x2.ndim + 2 * count, x2.ndim)
    g = xp.tensordot(ct, x2, axes=(range(len(free1), ct.ndim), free2))
    return xp.permute_dims(g, _order([*free1, *(used1[i] for i in _order(used2))]))


def _tensordot_transpose_2(xp: Any, ct: Any, x1: Any, axes: Axes) -> Any:
    """Contract the free axes of x1 with `ct`, then put the axes in the order of x2."""
    axes = _sequences(axes)
    count = axes if isinstance(axes, int) else len(axes[0])
    used1, free1, used2, free2 = _axes_of_both(axes, x1.ndim, ct.ndim - x1.ndim + 2 * count)
    g = xp.tensordot(x1, ct, axes=(free1, range(len(free1))))
    return xp.permute_dims(g, _order([*(used2[i] for i in _order(used1)), *free2]))


def _sequences(axes: Any) -> Axes:
    """The axes of both as sequences, where single ones were given by their numbers."""
    return axes if isinstance(axes, int) else [[a] if isinstance(a, int) else a for a in axes]


def _axes_of_both(axes: Axes, ndim1: int, ndim2: int) -> tuple[list[int], list[int], list[int], list[int]]:
    """The contracted and the free axes of x1, then those of x2."""
    pair = (range(ndim1 - axes, ndim1), range(axes)) if isinstance(axes, int) else axes
    used1, used2 = [a % ndim1 for a in pair[0]], [a % ndim2 for a in pair[1]]
    return (
        used1,
        [a for a in range(ndim1) if a not in used1],
        used2,
        [a for a in range(ndim2) if a not in used2],
    )


def _order(keys: Sequence[int]) -> tuple[int, ...]:
    """Positions in the order of their keys; of a permutation, its inverse."""
    return tuple(sorted(range(len(keys)), key=keys.__getitem__))
