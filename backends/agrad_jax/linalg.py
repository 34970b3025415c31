"""The linalg extension of the standard on JAX arrays."""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax.numpy import matmul, matrix_transpose, vecdot
from jax.numpy.linalg import (  # these conform
    cholesky, cross, det, diagonal, eig, eigh, eigvals, eigvalsh, inv, matrix_norm, matrix_power, outer, pinv,
    qr, slogdet, solve, svd, svdvals, trace, vector_norm,
)  # fmt: skip


def matrix_rank(x: jax.Array, /, *, rtol: Any = None) -> jax.Array:
    """Number of singular values above a part of the greatest; to JAX a given tolerance is absolute."""
    s = svdvals(x)
    eps = jnp.finfo(s.dtype).eps  # type: ignore[no-untyped-call]
    part = max(x.shape[-2:]) * eps if rtol is None else jnp.asarray(rtol)[..., None]
    return jnp.sum(s > part * jnp.max(s, axis=-1, keepdims=True, initial=0), axis=-1)
