"""The linalg extension of the standard on CuPy arrays.

CuPy does not look whether a factorisation succeeded, for that would copy a flag to the host: of a singular matrix
the results are not finite. ``cupyx.errstate(linalg="raise")`` makes it look.
"""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from math import inf
from typing import Any, TypeAlias

import cupy
from cupy import matmul, outer
from cupy.linalg import (  # these conform
    det, eigvalsh, inv, matrix_power, matrix_transpose,
)  # fmt: skip

from agrad.ops.results import EighResult, EigResult, QRResult, SlogdetResult, SVDResult

Array: TypeAlias = Any

# CuPy's results are no namedtuples ---------------------------------------------------------------------


def eig(x: Array, /) -> EigResult:
    """Eigenvalues and eigenvectors, complex even of empty matrices; cuSOLVER has it since CUDA 12.6."""
    w, v = cupy.linalg.eig(x)
    return EigResult(_complex(w), _complex(v))


def eigh(x: Array, /) -> EighResult:
    """Eigenvalues and eigenvectors of Hermitian matrices."""
    return EighResult(*cupy.linalg.eigh(x))


def eigvals(x: Array, /) -> Array:
    """Eigenvalues, complex even of empty matrices; cuSOLVER has them since CUDA 12.6."""
    return _complex(cupy.linalg.eigvals(x))


def qr(x: Array, /, *, mode: str = "reduced") -> QRResult:
    """Orthonormal times triangular."""
    return QRResult(*cupy.linalg.qr(x, mode))


def slogdet(x: Array, /) -> SlogdetResult:
    """Sign and logarithm of the determinant."""
    return SlogdetResult(*cupy.linalg.slogdet(x))


def svd(x: Array, /, *, full_matrices: bool = True) -> SVDResult:
    """Singular values and vectors."""
    return SVDResult(*cupy.linalg.svd(x, full_matrices))


def _complex(x: Array) -> Array:
    return x.astype(cupy.result_type(x.dtype, cupy.complex64), copy=False)


# Functions of other signatures, or that CuPy lacks -----------------------------------------------------


def cholesky(x: Array, /, *, upper: bool = False) -> Array:
    """Triangular factor; CuPy has the lower one."""
    factor = cupy.linalg.cholesky(x)
    return matrix_transpose(cupy.conj(factor)) if upper else factor


def cross(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Cross product; of those that CuPy has, one does not broadcast and the other takes vectors of two elements."""
    n1, n2 = x1.shape[axis], x2.shape[axis]
    if n1 != 3 or n2 != 3:
        raise ValueError(f"cross takes vectors of 3 elements; axis {axis} has {n1} and {n2}")
    return cupy.cross(x1, x2, axis=axis)


def diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """Diagonals of stacked matrices."""
    return cupy.diagonal(x, offset, -2, -1)


def matrix_norm(x: Array, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """Norms of stacked matrices."""
    return cupy.linalg.norm(x, ord, (-2, -1), keepdims)


def matrix_rank(x: Array, /, *, rtol: Any = None) -> Array:
    """Number of singular values above a part of the greatest; to CuPy the tolerance is absolute."""
    if x.ndim < 2:
        raise ValueError(f"matrix_rank got an array of {x.ndim} dimensions; a matrix has two")
    s = svdvals(x)
    return cupy.sum(s > _cutoff(x, s, rtol), axis=-1)


def pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """Pseudo-inverse; the tolerance grows with the matrix, which it does not in CuPy."""
    u, s, vh = cupy.linalg.svd(x, False)
    kept = s > _cutoff(x, s, rtol)
    inverse = cupy.where(kept, 1 / cupy.where(kept, s, 1), 0)[..., None, :]
    return cupy.matmul(matrix_transpose(cupy.conj(vh)) * inverse, matrix_transpose(cupy.conj(u)))


def _cutoff(x: Array, s: Array, rtol: Any) -> Array:
    """The singular values up to here count as zero."""
    if rtol is None:
        rtol = max(x.shape[-2:]) * float(cupy.finfo(s.dtype).eps)
    if isinstance(rtol, cupy.ndarray):
        rtol = rtol[..., None]
    return rtol * s[..., :1]  # they come in descending order; of an empty matrix there is none


def solve(x1: Array, x2: Array, /) -> Array:
    """Solve linear systems; CuPy does not broadcast stacks of them."""
    if x2.ndim > 1:
        stack = cupy.broadcast_shapes(x1.shape[:-2], x2.shape[:-2])
        x1, x2 = (cupy.broadcast_to(x, (*stack, *x.shape[-2:])) for x in (x1, x2))
    return cupy.linalg.solve(x1, x2)


def svdvals(x: Array, /) -> Array:
    """Singular values."""
    return cupy.linalg.svd(x, compute_uv=False)


def tensordot(x1: Array, x2: Array, /, *, axes: Any = 2) -> Array:
    """Contract axes; CuPy compares them with tuples."""
    return cupy.tensordot(x1, x2, axes if isinstance(axes, int) else tuple(map(tuple, axes)))


def trace(x: Array, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """Sums of the diagonals of stacked matrices."""
    return cupy.trace(x, offset, -2, -1, dtype)


def vecdot(x1: Array, x2: Array, /, *, axis: int = -1) -> Array:
    """Inner products along an axis, conjugating the first; CuPy has none."""
    n1, n2 = x1.shape[axis], x2.shape[axis]
    if n1 != n2:
        raise ValueError(f"vecdot got axes of lengths {n1} and {n2}; they must be equal")
    return cupy.sum(cupy.conj(x1) * x2, axis=axis)


def vector_norm(x: Array, /, *, axis: Any = None, keepdims: bool = False, ord: Any = 2) -> Array:
    """Norms over any axes; CuPy's are over one, or of matrices over two."""
    x = cupy.abs(x)
    if ord == inf:
        return cupy.max(x, axis=axis, keepdims=keepdims)
    if ord == -inf:
        return cupy.min(x, axis=axis, keepdims=keepdims)
    if ord == 0:
        return cupy.sum((x != 0).astype(x.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return cupy.sum(x, axis=axis, keepdims=keepdims)
    if ord == 2:
        return cupy.sqrt(cupy.sum(x * x, axis=axis, keepdims=keepdims))
    return cupy.sum(x**ord, axis=axis, keepdims=keepdims) ** (1 / ord)
