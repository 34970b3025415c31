"""The linalg extension of the standard on NumPy's own arrays."""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from typing import Any

import numpy as np
from numpy import matmul, tensordot, vecdot
from numpy.linalg import (  # these conform
    cholesky, cross, det, diagonal, eigh, eigvalsh, inv, matrix_norm, matrix_power, outer, qr, slogdet,
    solve, svd, svdvals, trace, vector_norm,
)  # fmt: skip

from agrad_numpy.namespace import Array, matrix_transpose


def eig(x: Array, /) -> Any:
    """Eigenvalues and eigenvectors, complex even where NumPy finds them all real."""
    result = np.linalg.eig(x)
    return type(result)(_complex(result.eigenvalues), _complex(result.eigenvectors))


def eigvals(x: Array, /) -> Array:
    """Eigenvalues, complex even where NumPy finds them all real."""
    return _complex(np.linalg.eigvals(x))


def matrix_rank(x: Array, /, *, rtol: Any = None) -> Array:
    """Number of singular values above a part of the greatest; before NumPy 2.4 there had to be one."""
    if x.ndim > 1 and 0 in x.shape[-2:]:
        return np.zeros(x.shape[:-2], np.intp)
    return np.linalg.matrix_rank(x, rtol=rtol)


def pinv(x: Array, /, *, rtol: Any = None) -> Array:
    """Pseudo-inverse; by default the tolerance grows with the matrix, which NumPy does for an explicit None."""
    return np.linalg.pinv(x, rtol=rtol)


def _complex(x: Array) -> Array:
    return x.astype(np.result_type(x.dtype, np.complex64), copy=False)
