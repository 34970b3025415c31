"""Functions of array libraries, fitted to the signature of the op; a library is imported when it is first called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad_linalg.modes import ADJOINT, PLAIN, mode_of

__all__ = ["on_cupy", "on_jax", "on_numpy", "on_torch"]


def on_numpy(a: Any, b: Any, /, *, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """SciPy's function, one matrix at a time."""
    import numpy as np
    from scipy.linalg import solve_triangular

    def solve(a: Any, b: Any) -> Any:
        return solve_triangular(a, b, mode_of(trans), lower, unit_diagonal, check_finite=False)

    return _of_stacks(np, solve, a, b)


def on_cupy(a: Any, b: Any, /, *, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """CuPy's function, one matrix at a time."""
    import cupy
    from cupyx.scipy.linalg import solve_triangular

    def solve(a: Any, b: Any) -> Any:
        return solve_triangular(a, b, mode_of(trans), lower, unit_diagonal)

    return _of_stacks(cupy, solve, a, b)


def _of_stacks(np: Any, solve: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """A function of one matrix on stacks of them."""
    dtype = np.result_type(a, b)
    a, b = a.astype(dtype, copy=False), b.astype(dtype, copy=False)
    vector = b.ndim == 1
    columns = b[:, None] if vector else b
    stack = np.broadcast_shapes(a.shape[:-2], columns.shape[:-2])
    shape = (*stack, *columns.shape[-2:])
    if a.shape[-1] != a.shape[-2] or a.shape[-1] != columns.shape[-2]:
        raise ValueError(f"solve_triangular got matrices of shape {a.shape} and right sides of shape {b.shape}")
    if 0 in shape:
        y = np.zeros(shape, dtype=dtype)
    elif stack:
        a, columns = (np.broadcast_to(x, (*stack, *x.shape[-2:])) for x in (a, columns))
        y = np.empty(shape, dtype=dtype)
        for place in np.ndindex(*stack):
            y[place] = solve(a[place], columns[place])
    else:
        y = solve(a, columns)
    return y[..., 0] if vector else y


def on_jax(a: Any, b: Any, /, *, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """What ``jax.scipy.linalg.solve_triangular`` calls, which takes stacks that broadcast as they are."""
    import jax.numpy as jnp
    from jax.lax.linalg import triangular_solve

    mode, vector = mode_of(trans), b.ndim == 1
    columns = b[:, None] if vector else b
    stack = jnp.broadcast_shapes(a.shape[:-2], columns.shape[:-2])
    dtype = jnp.result_type(a, b)
    a, columns = (jnp.broadcast_to(x, (*stack, *x.shape[-2:])).astype(dtype) for x in (a, columns))
    y = triangular_solve(
        a,
        columns,
        left_side=True,
        lower=bool(lower),
        transpose_a=mode != PLAIN,
        conjugate_a=mode == ADJOINT,
        unit_diagonal=bool(unit_diagonal),
    )
    return y[..., 0] if vector else y


def on_torch(a: Any, b: Any, /, *, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False) -> Any:
    """PyTorch's function, which takes transposed matrices as such."""
    import torch

    mode, vector = mode_of(trans), b.ndim == 1
    dtype = torch.promote_types(a.dtype, b.dtype)
    a, columns = a.to(dtype), (b[:, None] if vector else b).to(dtype)
    if mode != PLAIN:
        a = a.mH if mode == ADJOINT else a.mT
    upper = bool(lower) != (mode == PLAIN)
    y = torch.linalg.solve_triangular(a, columns, upper=upper, unitriangular=bool(unit_diagonal))
    return y[..., 0] if vector else y
