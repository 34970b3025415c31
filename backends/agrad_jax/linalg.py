"""The linalg extension of the standard on JAX arrays."""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from jax.numpy import matmul, matrix_transpose, vecdot
from jax.numpy.linalg import (  # these conform
    cholesky, cross, det, diagonal, eig, eigh, eigvals, eigvalsh, inv, matrix_norm, matrix_power, matrix_rank, outer,
    pinv, qr, slogdet, solve, svd, svdvals, trace, vector_norm,
)  # fmt: skip
