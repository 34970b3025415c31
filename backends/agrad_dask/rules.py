"""Rules of a few ops for dask arrays, which keep cotangents in the blocks of the data."""

from __future__ import annotations

from math import prod
from typing import Any

from agrad.declare import Op, bilinear, general

__all__ = ["RULES"]


def _axes(x: Any, axis: Any) -> tuple[int, ...]:
    """The axes that a reduction runs over."""
    if axis is None:
        return tuple(range(x.ndim))
    return tuple(a % max(x.ndim, 1) for a in (axis if isinstance(axis, tuple) else (axis,)))


def _spread(xp: Any, ct: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """The cotangent of a sum for each element of `x`, in blocks as those of `x`, not as a mere shape would give."""
    if not keepdims and ct.ndim:
        ct = xp.expand_dims(ct, axis=_axes(x, axis))
    return ct * xp.ones_like(x, dtype=ct.dtype)


def _mean_vjp(xp: Any, ct: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    n = prod(x.shape[a] for a in _axes(x, axis))
    return _spread(xp, ct / (n or 1), x, axis, keepdims)


def _matmul_transpose_1(xp: Any, ct: Any, x2: Any) -> Any:
    if x2.ndim == 1:
        return xp.expand_dims(ct, axis=-1) * x2
    if ct.ndim < x2.ndim:  # x1 is a vector
        return xp.squeeze(xp.matmul(x2, xp.expand_dims(ct, axis=-1)), axis=-1)
    return xp.matmul(ct, xp.matrix_transpose(x2))


def _matmul_transpose_2(xp: Any, ct: Any, x1: Any, x2: Any) -> Any:
    if x1.ndim == 1:
        return ct * x1 if x2.ndim == 1 else xp.expand_dims(x1, axis=-1) * xp.expand_dims(ct, axis=-2)
    if x2.ndim > 2:
        return xp.matmul(xp.matrix_transpose(x1), ct)
    rows = tuple(range(x1.ndim - 1))
    return xp.tensordot(x1, ct, axes=(rows, rows))  # block by block, whatever the axes; a reshape would merge blocks


RULES: tuple[Op, ...] = (
    bilinear(
        "matmul(x1, x2, /)",
        lambda xp, ct, x2: _matmul_transpose_1(xp, ct, x2),
        lambda xp, ct, x1, x2: _matmul_transpose_2(xp, ct, x1, x2),
    ),
    general(
        "mean(x, /, *, axis=None, keepdims=False)",
        vjp=lambda xp, ct, x, axis, keepdims: _mean_vjp(xp, ct, x, axis, keepdims),
        jvp=lambda xp, t, axis, keepdims: xp.mean(t, axis=axis, keepdims=keepdims),
    ),
    general(
        "sum(x, /, *, axis=None, dtype=None, keepdims=False)",
        vjp=lambda xp, ct, x, axis, keepdims: _spread(xp, ct, x, axis, keepdims),
        jvp=lambda xp, t, axis, dtype, keepdims: xp.sum(t, axis=axis, dtype=dtype, keepdims=keepdims),
    ),
)
