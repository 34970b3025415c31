"""Derivatives that JAX computes faster than agrad's own: they suit its compiler, or save calls, which are dear."""

from __future__ import annotations

from math import prod
from typing import Any

from agrad.backend import BackendRule
from agrad.declare import bilinear
from agrad.ops.linalg import cholesky

__all__ = ["RULES"]


def _matmul_transpose_1(xp: Any, ct: Any, x2: Any) -> Any:
    if x2.ndim == 1:
        return xp.expand_dims(ct, axis=-1) * x2
    if x2.ndim == 2:
        return xp.tensordot(ct, x2, axes=((ct.ndim - 1,), (1,)))
    if ct.ndim >= x2.ndim:
        return xp.matmul(ct, x2.mT)
    return xp.squeeze(xp.matmul(x2, xp.expand_dims(ct, axis=-1)), axis=-1)  # x1 is a vector


def _matmul_transpose_2(xp: Any, ct: Any, x1: Any, x2: Any) -> Any:
    if x1.ndim == 1:
        return xp.expand_dims(x1, axis=-1) * xp.expand_dims(ct, axis=-2) if x2.ndim > 1 else x1 * ct
    if x2.ndim > 2:
        return xp.matmul(x1.mT, ct)
    # of a stack times one matrix or vector, the sum is over the stack too
    rows = xp.reshape(x1, (prod(x1.shape[:-1]), x1.shape[-1]))
    return xp.tensordot(rows, xp.reshape(ct, (rows.shape[0], *ct.shape[x1.ndim - 1 :])), axes=((0,), (0,)))


RULES = [
    # Contracted axes are named: a transposed matrix would be copied wherever XLA computes it together with its elements
    BackendRule(
        "jax",
        bilinear(
            "matmul(x1, x2, /)",
            lambda xp, ct, x2: _matmul_transpose_1(xp, ct, x2),
            lambda xp, ct, x1, x2: _matmul_transpose_2(xp, ct, x1, x2),
        ),
    ),
    BackendRule("jax", cholesky(block=160)),
]
