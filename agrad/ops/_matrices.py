"""What the rules of ``linalg`` say of matrices, which come in stacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad.ops._shapes import device_of, is_complex

__all__ = [
    "adjoint",
    "conjugate",
    "diagonal_matrix",
    "eps_of",
    "hermitian_part",
    "identity",
    "place_diagonal",
    "real_part",
    "shares",
    "skew_part",
    "sum_of_matrix",
]


def conjugate(xp: Any, x: Any) -> Any:
    return xp.conj(x) if is_complex(xp, x) else x


def real_part(xp: Any, x: Any) -> Any:
    return xp.real(x) if is_complex(xp, x) else x


def adjoint(xp: Any, x: Any) -> Any:
    """The conjugate transpose."""
    return conjugate(xp, xp.matrix_transpose(x))


def hermitian_part(xp: Any, x: Any) -> Any:
    return (x + adjoint(xp, x)) / 2


def skew_part(xp: Any, x: Any) -> Any:
    return (x - adjoint(xp, x)) / 2


def sum_of_matrix(xp: Any, x: Any) -> Any:
    return xp.sum(x, axis=(-2, -1))


def eps_of(xp: Any, x: Any) -> float:
    return float(xp.finfo(x.dtype).eps)


def identity(xp: Any, like: Any, n: int | None = None) -> Any:
    return xp.eye(like.shape[-1] if n is None else n, dtype=like.dtype, device=device_of(like))


def diagonal_matrix(xp: Any, values: Any) -> Any:
    """Diagonal matrices."""
    return values[..., None] * identity(xp, values)


def place_diagonal(xp: Any, values: Any, rows: int, columns: int, offset: int) -> Any:
    """Matrices of zeros but for one diagonal: value i stands in the i-th row that the diagonal passes."""
    before = min(max(0, -offset), rows)
    after = rows - before - values.shape[-1]
    padded = values
    if before or after:  # not for all the diagonal of a square matrix
        zeros = xp.zeros((*values.shape[:-1], max(before, after)), dtype=values.dtype, device=device_of(values))
        padded = xp.concat([zeros[..., :before], values, zeros[..., :after]], axis=-1)
    i, j = (xp.arange(size, device=device_of(values)) for size in (rows, columns))
    return xp.where(j - i[:, None] == offset, padded[..., None], 0.0)


def shares(xp: Any, hits: Any, dtype: Any, axis: int | Sequence[int] | None) -> Any:
    """One over their number along axes where there are hits, 0 elsewhere."""
    hits = xp.astype(hits, dtype)
    number = xp.sum(hits, axis=axis, keepdims=True)
    return hits / xp.maximum(number, xp.ones_like(number))
