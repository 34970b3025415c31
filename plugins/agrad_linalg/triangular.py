"""Systems of equations with a triangular matrix: the op, its derivatives, and its portable fallback.

Of the matrix, one triangle is read; the derivative is that of a function of this triangle, 0 elsewhere.
"""

from __future__ import annotations

from typing import Any

from agrad.declare import general
from agrad_linalg import natives
from agrad_linalg.cases import CASES
from agrad_linalg.high import solve_triangular as reference
from agrad_linalg.modes import ADJOINT, PLAIN, TRANSPOSED, mode_of

__all__ = ["OPS"]

DOC = """
Solve a x = b, or the same with the transpose of a, for a triangular matrix a.

The parameters are those of ``scipy.linalg.solve_triangular`` and ``jax.scipy.linalg.solve_triangular``; stacks are
those of ``xp.linalg.solve``.

Parameters
----------
a : array, floating-point
    Square matrices, in the last two axes. Only one triangle is read, whatever stands in the other.
b : array, floating-point
    A vector, or matrices whose columns are right sides. The stacks of `a` and `b` broadcast.
trans : {0, 1, 2, 'N', 'T', 'C'}, optional
    The system: 0 or 'N', the default, is a x = b; 1 or 'T' is a^T x = b; 2 or 'C' is a^H x = b.
lower : bool, optional
    Whether the lower triangle of `a` is read; by default the upper one.
unit_diagonal : bool, optional
    Whether the diagonal of `a` is taken to be 1, and not read either.

Returns
-------
array
    The solution x, of the shape of `b` with the broadcast stack in front.

Raises
------
ValueError
    `trans` is something else.

Notes
-----
Derivative: one more solution of a triangular system, with the adjoint matrix. The triangle of `a` that is not read has
the derivative 0; so has the diagonal with `unit_diagonal`.

Where SciPy, JAX, PyTorch or CuPy is there, its own function is used; elsewhere the triangle is solved with as any
matrix, by ``xp.linalg.solve``. A matrix with a 0 on its diagonal raises or gives infinities, as the library does.

Examples
--------
>>> import agrad
>>> xp = agrad.namespace("numpy")
>>> a, b = xp.asarray([[2.0, 0.0], [1.0, 4.0]]), xp.asarray([2.0, 9.0])
>>> xp.linalgx.solve_triangular(a, b, lower=True)
Tensor([1. 2.], dtype=float64)
>>> agrad.grad(lambda a: xp.sum(xp.linalgx.solve_triangular(a, b, lower=True)))(a)
Tensor([[-0.375 -0.   ]
        [-0.25  -0.5  ]], dtype=float64)
"""


def _forward(xp: Any, a: Any, b: Any, trans: Any, lower: bool, unit_diagonal: bool) -> Any:
    """By the standard's solve, of a matrix with zeros in its other triangle."""
    mode, a = mode_of(trans), _triangle(xp, a, lower, unit_diagonal)
    if unit_diagonal:
        a = a + xp.triu(xp.tril(xp.ones_like(a)))
    return xp.linalg.solve(a if mode == PLAIN else _transposed(xp, a, mode), b)


def _vjp(xp: Any, ct: Any, out: Any, a: Any, b: Any, trans: Any, lower: bool, unit_diagonal: bool) -> tuple[Any, Any]:
    mode, vector = mode_of(trans), b.ndim == 1
    matrix = _conj(xp, a) if mode == TRANSPOSED else a
    back = ADJOINT if mode == PLAIN else PLAIN
    columns = _columns(ct, vector)
    g = xp.linalgx.solve_triangular(matrix, columns, trans=back, lower=lower, unit_diagonal=unit_diagonal)
    slope = -(g @ _conj(xp, xp.matrix_transpose(_columns(out, vector))))
    if mode != PLAIN:
        slope = _transposed(xp, slope, mode)
    slope = _triangle(xp, _summed(xp, slope, a.shape), lower, unit_diagonal)
    return slope, _summed(xp, g[..., 0] if vector else g, b.shape)


def _jvp_matrix(xp: Any, t: Any, out: Any, a: Any, b: Any, trans: Any, lower: bool, unit_diagonal: bool) -> Any:
    mode, vector = mode_of(trans), b.ndim == 1
    t = _triangle(xp, t, lower, unit_diagonal)
    turned = t if mode == PLAIN else _transposed(xp, t, mode)
    moved = xp.astype(turned, out.dtype, copy=False) @ _columns(out, vector)
    y = -xp.linalgx.solve_triangular(a, moved, trans=mode, lower=lower, unit_diagonal=unit_diagonal)
    return y[..., 0] if vector else y


def _jvp_right(xp: Any, t: Any, a: Any, trans: Any, lower: bool, unit_diagonal: bool) -> Any:
    return xp.linalgx.solve_triangular(a, t, trans=trans, lower=lower, unit_diagonal=unit_diagonal)


def _batch(xp: Any, a: Any, b: Any, trans: Any, lower: bool, unit_diagonal: bool, batched: tuple[bool, bool]) -> Any:
    """Vectors as columns; the stacks of both arguments have the batch axis in front."""
    given = {"trans": trans, "lower": lower, "unit_diagonal": unit_diagonal}
    vector = b.ndim - batched[1] == 1
    if vector and not batched[0] and a.ndim == 2:  # one matrix, and a column for each example
        return xp.matrix_transpose(xp.linalgx.solve_triangular(a, xp.matrix_transpose(b), **given))
    if vector:
        b = b[..., None]
    rank = max(x.ndim - own for x, own in zip((a, b), batched, strict=True))
    a, b = (_ranked(xp, x, rank) if own else x for x, own in zip((a, b), batched, strict=True))
    y = xp.linalgx.solve_triangular(a, b, **given)
    return y[..., 0] if vector else y


def _ranked(xp: Any, x: Any, rank: int) -> Any:
    """A batched argument whose examples have so many axes."""
    return xp.reshape(x, (x.shape[0], *(1,) * (rank + 1 - x.ndim), *x.shape[1:]))


def _summed(xp: Any, g: Any, shape: tuple[int, ...]) -> Any:
    """A cotangent summed over the axes of stacks that were broadcast."""
    new = g.ndim - len(shape)
    axes = (*range(new), *(new + i for i, n in enumerate(shape) if n == 1 and g.shape[new + i] != 1))
    return xp.reshape(xp.sum(g, axis=axes), shape) if axes else g


def _triangle(xp: Any, x: Any, lower: bool, without_diagonal: bool) -> Any:
    return xp.tril(x, k=-int(without_diagonal)) if lower else xp.triu(x, k=int(without_diagonal))


def _transposed(xp: Any, x: Any, mode: int) -> Any:
    turned = xp.matrix_transpose(x)
    return _conj(xp, turned) if mode == ADJOINT else turned


def _conj(xp: Any, x: Any) -> Any:
    return xp.conj(x) if xp.isdtype(x.dtype, "complex floating") else x


def _columns(x: Any, vector: bool) -> Any:
    return x[..., None] if vector else x


OPS = (
    general(
        "solve_triangular(a, b, /, *, trans=0, lower=False, unit_diagonal=False)",
        vjp=_vjp,
        jvp=(_jvp_matrix, _jvp_right),
        batch=_batch,
        forward=_forward,
        native={
            "numpy": natives.on_numpy,
            "cupy": natives.on_cupy,
            "jax": natives.on_jax,
            "torch": natives.on_torch,
        },
        reference=reference,
        cases=CASES,
        doc=DOC,
    ),
)
