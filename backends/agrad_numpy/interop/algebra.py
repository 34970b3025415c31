"""Rows of the table about products and matrices: `dot`, `einsum`, `kron`, `cross`, and `numpy.linalg`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from agrad_numpy.interop.common import array_of, axis_of, plain, promoted, refuse

__all__ = ["ROWS", "dot"]

MISSING: Any = np._NoValue


def dot(xp: Any, a: Any, b: Any, out: Any = None) -> Any:
    """``numpy.dot``."""
    a, b = array_of(xp, a), array_of(xp, b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if a.ndim <= 2 and b.ndim <= 2:
        return xp.matmul(a, b)
    return xp.tensordot(a, b, axes=((a.ndim - 1,), (max(b.ndim - 2, 0),)))


def inner(xp: Any, a: Any, b: Any) -> Any:
    """``numpy.inner``."""
    a, b = array_of(xp, a), array_of(xp, b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return xp.tensordot(a, b, axes=((a.ndim - 1,), (b.ndim - 1,)))


def outer(xp: Any, a: Any, b: Any, out: Any = None) -> Any:
    """``numpy.outer``."""
    return xp.reshape(array_of(xp, a), (-1, 1)) * xp.reshape(array_of(xp, b), (1, -1))


def vdot(xp: Any, a: Any, b: Any) -> Any:
    """``numpy.vdot``."""
    a, b = (xp.reshape(array_of(xp, x), (-1,)) for x in (a, b))
    return xp.matmul(xp.conj(a) if a.dtype.kind == "c" else a, b)


def tensordot(xp: Any, a: Any, b: Any, axes: Any = 2) -> Any:
    """``numpy.tensordot``."""
    if np.ndim(axes) or isinstance(axes, list | tuple):
        axes = tuple((int(x),) if np.ndim(x) == 0 else tuple(int(i) for i in x) for x in axes)
    return xp.tensordot(array_of(xp, a), array_of(xp, b), axes=axes)


def einsum(xp: Any, *operands: Any, out: Any = None, optimize: Any = False, **kwargs: Any) -> Any:
    """``numpy.einsum``."""
    if set(kwargs) - {"order", "casting"}:
        raise refuse("numpy.einsum with dtype=", "and takes no dtype", "convert the operands with astype")
    first, *rest = operands
    return xp.einsum.einsum(first, *rest, optimize="auto" if optimize is True else optimize)


def kron(xp: Any, a: Any, b: Any) -> Any:
    """``numpy.kron``."""
    a, b = array_of(xp, a), array_of(xp, b)
    ndim = max(a.ndim, b.ndim)
    a, b = (xp.reshape(x, (1,) * (ndim - x.ndim) + x.shape) for x in (a, b))
    pairs = [
        tuple(n for pair in zip(*shapes, strict=True) for n in pair)
        for shapes in ((a.shape, (1,) * ndim), ((1,) * ndim, b.shape))
    ]
    shape = tuple(n * m for n, m in zip(a.shape, b.shape, strict=True))
    return xp.reshape(xp.reshape(a, pairs[0]) * xp.reshape(b, pairs[1]), shape)


def cross(xp: Any, a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: Any = None) -> Any:
    """``numpy.cross``."""
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = array_of(xp, a), array_of(xp, b)
    a, b = xp.moveaxis(a, axisa, -1), xp.moveaxis(b, axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise refuse("numpy.cross", "and takes vectors of three dimensions", "append a zero to each vector")
    return xp.moveaxis(xp.linalg.cross(*xp.broadcast_arrays(a, b)), -1, axisc)


# numpy.linalg -----------------------------------------------------------------------------------------


def norm(xp: Any, x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """``numpy.linalg.norm``."""
    x = promoted(xp, x)
    if axis is None:
        if ord is None:
            out = xp.linalg.vector_norm(xp.reshape(x, (-1,)))
            return xp.reshape(out, (1,) * x.ndim) if keepdims else out
        axis = tuple(range(x.ndim))
    axes = tuple(axis_of(a, x.ndim) for a in (axis if isinstance(axis, tuple | list) else (axis,)))
    if len(axes) == 1:
        return xp.linalg.vector_norm(x, axis=axes[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    out = xp.linalg.matrix_norm(xp.moveaxis(x, axes, (-2, -1)), ord="fro" if ord is None else ord)
    return xp.expand_dims(out, axis=tuple(sorted(axes))) if keepdims else out


def eigh(xp: Any, a: Any, UPLO: str = "L") -> Any:  # noqa: N803 - NumPy's name
    """``numpy.linalg.eigh``."""
    return xp.linalg.eigh(_triangle(xp, a, UPLO))


def _triangle(xp: Any, a: Any, part: str) -> Any:
    """The matrix whose lower triangle is the one that is read."""
    a = promoted(xp, a)
    if part.upper() == "L":
        return a
    flipped = xp.matrix_transpose(a)
    return xp.conj(flipped) if a.dtype.kind == "c" else flipped


def qr(xp: Any, a: Any, mode: str = "reduced") -> Any:
    """``numpy.linalg.qr``."""
    if mode == "r":
        return xp.linalg.qr(promoted(xp, a), mode="reduced").R
    if mode not in ("reduced", "complete"):
        raise refuse(f"numpy.linalg.qr with mode={mode!r}", "and has no rule for it", "use mode='reduced'")
    return xp.linalg.qr(promoted(xp, a), mode=mode)


def svd(xp: Any, a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> Any:
    """``numpy.linalg.svd``."""
    a = promoted(xp, a)
    return xp.linalg.svd(a, full_matrices=full_matrices) if compute_uv else xp.linalg.svdvals(a)


def pinv(xp: Any, a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = MISSING) -> Any:
    """``numpy.linalg.pinv``."""
    a = promoted(xp, a)
    cut = rcond if rcond is not None else 1e-15 if rtol is MISSING else rtol
    cut = max(a.shape[-2:]) * np.finfo(a.dtype).eps if cut is None else plain(cut)
    return xp.linalg.pinv(a, rtol=cut)


def solve(xp: Any, a: Any, b: Any) -> Any:
    """``numpy.linalg.solve``."""
    return xp.linalg.solve(promoted(xp, a), promoted(xp, b))


def lstsq(xp: Any, a: Any, b: Any, rcond: Any = None) -> Any:
    """``numpy.linalg.lstsq``: the solution, its residuals, the rank and the singular values."""
    a, b = promoted(xp, a), promoted(xp, b)
    m, n = a.shape
    cut = np.finfo(a.dtype).eps * max(m, n) if rcond is None else rcond
    x = xp.matmul(xp.linalg.pinv(a, rtol=cut), b)
    s = xp.linalg.svdvals(a)
    values = plain(s)
    rank = int(np.sum(values > cut * values.max(initial=0.0)))
    if rank == n and m > n:
        rest = b - xp.matmul(a, x)
        squares = xp.real(rest * xp.conj(rest)) if rest.dtype.kind == "c" else rest * rest
        residuals = xp.sum(squares, axis=0, keepdims=b.ndim == 1)
    else:
        residuals = xp.zeros((0,), dtype=values.dtype)
    return x, residuals, rank, s


def cond(xp: Any, x: Any, p: Any = None) -> Any:
    """``numpy.linalg.cond``."""
    x = promoted(xp, x)
    if p in (None, 2, -2):
        s = xp.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return norm(xp, x, p, (-2, -1)) * norm(xp, xp.linalg.inv(x), p, (-2, -1))


def multi_dot(xp: Any, arrays: Any, *, out: Any = None) -> Any:
    """``numpy.linalg.multi_dot``: in the order that NumPy takes, the cheapest."""
    arrays = [array_of(xp, a) for a in arrays]
    letters = [chr(97 + i) for i in range(len(arrays) + 1)]
    terms, result = [], ""
    for i, a in enumerate(arrays):
        if a.ndim == 1:
            terms.append(letters[i + 1] if i == 0 else letters[i])
        else:
            terms.append(letters[i] + letters[i + 1])
    if arrays[0].ndim == 2:
        result += letters[0]
    if arrays[-1].ndim == 2:
        result += letters[len(arrays)]
    shapes = [np.broadcast_to(0.0, a.shape) for a in arrays]
    path = np.einsum_path(f"{','.join(terms)}->{result}", *shapes, optimize="optimal")[0]
    return xp.einsum.einsum(f"{','.join(terms)}->{result}", *arrays, optimize=[tuple(step) for step in path[1:]])


def tensorinv(xp: Any, a: Any, ind: int = 2) -> Any:
    """``numpy.linalg.tensorinv``."""
    a = promoted(xp, a)
    rows, columns = a.shape[:ind], a.shape[ind:]
    square = xp.reshape(a, (reduce(lambda m, n: m * n, rows, 1), -1))
    return xp.reshape(xp.linalg.inv(square), (*columns, *rows))


def _linalg(name: str) -> Callable[..., Any]:
    """A function that is the standard's, of floating-point matrices."""
    return lambda xp, *args, **more: getattr(xp.linalg, name)(*[promoted(xp, a) for a in args], **more)


def matrix_rank(xp: Any, A: Any, tol: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:  # noqa: N803
    """``numpy.linalg.matrix_rank``."""
    return xp.asarray(np.linalg.matrix_rank(plain(A), tol, hermitian, rtol=rtol))


def matrix_power(xp: Any, a: Any, n: int) -> Any:
    """``numpy.linalg.matrix_power``."""
    return xp.linalg.matrix_power(array_of(xp, a), int(n))


ROWS: dict[str, Callable[..., Any]] = {
    "cross": cross,
    "dot": dot,
    "einsum": einsum,
    "inner": inner,
    "kron": kron,
    "outer": outer,
    "tensordot": tensordot,
    "vdot": vdot,
    "linalg.cholesky": _linalg("cholesky"),
    "linalg.cond": cond,
    "linalg.cross": lambda xp, x1, x2, *, axis=-1: cross(xp, x1, x2, axis=axis),
    "linalg.det": _linalg("det"),
    "linalg.diagonal": lambda xp, x, *, offset=0: xp.linalg.diagonal(array_of(xp, x), offset=offset),
    "linalg.eig": _linalg("eig"),
    "linalg.eigh": eigh,
    "linalg.eigvals": _linalg("eigvals"),
    "linalg.eigvalsh": lambda xp, a, UPLO="L": xp.linalg.eigvalsh(_triangle(xp, a, UPLO)),  # noqa: N803
    "linalg.inv": _linalg("inv"),
    "linalg.lstsq": lstsq,
    "linalg.matmul": lambda xp, x1, x2: xp.matmul(array_of(xp, x1), array_of(xp, x2)),
    "linalg.matrix_norm": lambda xp, x, *, keepdims=False, ord="fro": xp.linalg.matrix_norm(
        promoted(xp, x), keepdims=keepdims, ord=ord
    ),
    "linalg.matrix_power": matrix_power,
    "linalg.matrix_rank": matrix_rank,
    "linalg.matrix_transpose": lambda xp, x: xp.matrix_transpose(x),
    "linalg.multi_dot": multi_dot,
    "linalg.norm": norm,
    "linalg.outer": lambda xp, x1, x2: xp.linalg.outer(array_of(xp, x1), array_of(xp, x2)),
    "linalg.pinv": pinv,
    "linalg.qr": qr,
    "linalg.slogdet": _linalg("slogdet"),
    "linalg.solve": solve,
    "linalg.svd": svd,
    "linalg.svdvals": _linalg("svdvals"),
    "linalg.tensordot": lambda xp, x1, x2, *, axes=2: tensordot(xp, x1, x2, axes),
    "linalg.tensorinv": tensorinv,
    "linalg.trace": lambda xp, x, *, offset=0, dtype=None: xp.linalg.trace(array_of(xp, x), offset=offset, dtype=dtype),
    "linalg.vecdot": lambda xp, x1, x2, *, axis=-1: xp.vecdot(array_of(xp, x1), array_of(xp, x2), axis=axis),
    "linalg.vector_norm": lambda xp, x, *, axis=None, keepdims=False, ord=2: xp.linalg.vector_norm(
        promoted(xp, x), axis=axis, keepdims=keepdims, ord=ord
    ),
}
