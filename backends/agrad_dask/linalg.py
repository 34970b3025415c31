"""The linalg extension of the standard on dask arrays.

Matrices are computed in one block each, stacks of them in blocks. Tall matrices with several blocks of rows keep them
in ``qr`` and ``svd``. dask's own ``inv`` and ``solve`` exchange no rows between blocks, and fail for some regular
matrices; its ``cholesky`` and ``lu`` need SciPy.
"""

# ruff: noqa: F401 - what is imported is what others find here

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from math import inf
from typing import Any

import dask.array as da
import numpy as np
from dask.array import matmul, tensordot

from agrad import Tensor
from agrad.ops.results import EighResult, EigResult, QRResult, SlogdetResult, SVDResult
from agrad_dask.blocks import Array, on_stacks
from agrad_dask.namespace import Axes, Flag, matrix_transpose, vecdot
from agrad_numpy import linalg as block


def _real(x: Array) -> Any:
    return np.finfo(x.dtype).dtype


def _complex(x: Array) -> Any:
    return np.result_type(x.dtype, np.complex64)


def _square(x: Array) -> int:
    """How many rows and columns matrices have."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ValueError(f"got an array of shape {x.shape}; its last two axes must be those of square matrices")
    return int(x.shape[-1])


def cholesky(x: Array, /, *, upper: Flag = False) -> Array:
    """Triangular factors of positive definite matrices."""
    n = _square(x)
    return on_stacks(np.linalg.cholesky, [x], [2], ((n, n), x.dtype), upper=upper)


def det(x: Array, /) -> Array:
    """Determinants."""
    _square(x)
    return on_stacks(np.linalg.det, [x], [2], ((), x.dtype))


def diagonal(x: Array, /, *, offset: int = 0) -> Array:
    """Diagonals of matrices."""
    return da.diagonal(x, offset, -2, -1)


def eig(x: Array, /) -> EigResult:
    """Eigenvalues and eigenvectors."""
    n, dtype = _square(x), _complex(x)
    return EigResult(*on_stacks(block.eig, [x], [2], ((n,), dtype), ((n, n), dtype)))


def eigh(x: Array, /) -> EighResult:
    """Eigenvalues and eigenvectors of Hermitian matrices."""
    n = _square(x)
    return EighResult(*on_stacks(np.linalg.eigh, [x], [2], ((n,), _real(x)), ((n, n), x.dtype)))


def eigvals(x: Array, /) -> Array:
    """Eigenvalues."""
    return on_stacks(block.eigvals, [x], [2], ((_square(x),), _complex(x)))


def eigvalsh(x: Array, /) -> Array:
    """Eigenvalues of Hermitian matrices."""
    return on_stacks(np.linalg.eigvalsh, [x], [2], ((_square(x),), _real(x)))


def inv(x: Array, /) -> Array:
    """Inverses."""
    n = _square(x)
    return on_stacks(np.linalg.inv, [x], [2], ((n, n), x.dtype))


def matrix_rank(x: Array, /, *, rtol: Any = None) -> Array:
    """Ranks; a tolerance may be given for each matrix."""
    if isinstance(rtol, da.Array):
        return on_stacks(_matrix_rank, [x, rtol], [2, 0], ((), np.intp))
    return on_stacks(_matrix_rank, [x], [2], ((), np.intp), rtol=rtol)


def _matrix_rank(x: Any, rtol: Any) -> Any:
    return np.asarray(np.linalg.matrix_rank(x, rtol=rtol))  # Python's integer, of one matrix


def pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """Pseudo-inverses; a tolerance may be given for each matrix."""
    core = tuple(x.shape[:-3:-1]), x.dtype
    if isinstance(rtol, Tensor):
        rtol = rtol.detach().array
    if isinstance(rtol, da.Array):
        return on_stacks(_pinv, [x, rtol], [2, 0], core)
    return on_stacks(_pinv, [x], [2], core, rtol=rtol)


def _pinv(x: Any, rtol: Any) -> Any:
    return block.pinv(x, rtol=rtol)


def qr(x: Array, /, *, mode: str = "reduced") -> QRResult:
    """Orthonormal times triangular."""
    m, n = x.shape[-2:]
    if mode == "reduced" and _is_tall(x):
        return QRResult(*da.linalg.qr(x))
    k = min(m, n) if mode == "reduced" else m
    return QRResult(*on_stacks(np.linalg.qr, [x], [2], ((m, k), x.dtype), ((k, n), x.dtype), mode=mode))


def slogdet(x: Array, /) -> SlogdetResult:
    """Sign and logarithm of the determinant."""
    _square(x)
    return SlogdetResult(*on_stacks(np.linalg.slogdet, [x], [2], ((), x.dtype), ((), _real(x))))


def solve(x1: Array, x2: Array, /) -> Array:
    """Solve linear equations, for one right-hand side if `x2` has one dimension, or for those in its columns."""
    n, dtype = _square(x1), np.result_type(x1.dtype, x2.dtype)
    if x2.ndim == 1:
        return on_stacks(np.linalg.solve, [x1, x2], [2, 1], ((n,), dtype))
    return on_stacks(np.linalg.solve, [x1, x2], [2, 2], ((n, x2.shape[-1]), dtype))


def svd(x: Array, /, *, full_matrices: Flag = True) -> SVDResult:
    """Singular values and vectors."""
    m, n = x.shape[-2:]
    k = min(m, n)
    if not full_matrices and _is_tall(x):
        return SVDResult(*da.linalg.svd(x, coerce_signs=False))
    u, vh = ((m, m), (n, n)) if full_matrices else ((m, k), (k, n))
    cores = ((u, x.dtype), ((k,), _real(x)), (vh, x.dtype))
    return SVDResult(*on_stacks(np.linalg.svd, [x], [2], *cores, full_matrices=full_matrices))


def svdvals(x: Array, /) -> Array:
    """Singular values."""
    if _is_tall(x):
        return svd(x, full_matrices=False).S
    return on_stacks(np.linalg.svdvals, [x], [2], ((min(x.shape[-2:]),), _real(x)))


def _is_tall(x: Array) -> bool:
    """Whether a matrix is in several blocks of rows, each with all columns."""
    return bool(x.ndim == 2 and x.shape[0] >= x.shape[1] > 0 and x.numblocks[0] > 1 and x.numblocks[1] == 1)


def vector_norm(x: Array, /, *, axis: Axes = None, keepdims: Flag = False, ord: Any = 2) -> Array:
    """Norms of vectors, by reductions that go block by block."""
    x = da.abs(x)
    if ord in (inf, -inf):
        return (da.max if ord > 0 else da.min)(x, axis=axis, keepdims=keepdims)
    if ord == 0:
        return da.sum((x != 0).astype(x.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return da.sum(x, axis=axis, keepdims=keepdims)
    if ord == 2:
        return da.sqrt(da.sum(x * x, axis=axis, keepdims=keepdims))
    return da.sum(x**ord, axis=axis, keepdims=keepdims) ** (1 / ord)
