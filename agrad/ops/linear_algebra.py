"""Linear algebra of the main namespace: products and the matrix transpose."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from agrad.declare import bilinear, general, linear
from agrad.ops._shapes import is_complex

Axes = int | Sequence[Sequence[int]]

OPS = (
    bilinear(
        "matmul(x1, x2, /)",
        lambda xp, ct, x2: _matmul_transpose_1(xp, ct, x2),
        lambda xp, ct, x1, x2: _matmul_transpose_2(xp, ct, x1, x2),
    ),
    linear(
        "matrix_transpose(x, /)",
        lambda xp, ct: xp.matrix_transpose(ct),
        write=lambda xp, value: xp.matrix_transpose(value),
    ),
    bilinear(
        "tensordot(x1, x2, /, *, axes=2)",
        lambda xp, ct, x2, axes: _tensordot_transpose_1(xp, ct, x2, axes),
        lambda xp, ct, x1, axes: _tensordot_transpose_2(xp, ct, x1, axes),
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
