"""The linalg extension of the standard on PyTorch's own tensors."""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from typing import Any

import torch
from array_api_compat.torch.linalg import cross, matmul, matrix_transpose, solve, trace, vecdot
from torch import outer
from torch.linalg import (  # these conform
    cholesky, det, diagonal, eigvals, eigvalsh, inv, matrix_power, matrix_rank, pinv, svdvals,
)  # fmt: skip

from agrad.ops.results import EighResult, EigResult, QRResult, SlogdetResult, SVDResult
from agrad_torch.namespace import Array, Flag, tensordot

# PyTorch's results are no namedtuples -----------------------------------------------------------------


def eig(x: Array, /) -> EigResult:
    """Eigenvalues and eigenvectors."""
    return EigResult(*torch.linalg.eig(x))


def eigh(x: Array, /) -> EighResult:
    """Eigenvalues and eigenvectors of Hermitian matrices."""
    return EighResult(*torch.linalg.eigh(x))


def qr(x: Array, /, *, mode: str = "reduced") -> QRResult:
    """Orthonormal times triangular."""
    return QRResult(*torch.linalg.qr(x, mode))


def slogdet(x: Array, /) -> SlogdetResult:
    """Sign and logarithm of the determinant."""
    return SlogdetResult(*torch.linalg.slogdet(x))


def svd(x: Array, /, *, full_matrices: Flag = True) -> SVDResult:
    """Singular values and vectors."""
    return SVDResult(*torch.linalg.svd(x, full_matrices=full_matrices))


def matrix_norm(x: Array, /, *, keepdims: Flag = False, ord: Any = "fro") -> Array:
    """Norms of stacked matrices."""
    return torch.linalg.matrix_norm(x, ord, keepdim=keepdims)


def vector_norm(x: Array, /, *, axis: Any = None, keepdims: Flag = False, ord: Any = 2) -> Array:
    """Norms of vectors; PyTorch has no others of complex ones, and takes no axes for all of them."""
    x = torch.abs(x)
    if axis == ():
        return (x != 0).to(x.dtype) if ord == 0 else x
    return torch.linalg.vector_norm(x, ord, axis, keepdims)
