"""The linear algebra extension in high precision.

Determinants and inverses are sums of products by their definitions; eigenvalues and singular values are mpmath's.
Factors have any phases: only what does not depend on them can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import Any

import numpy as np

from agrad_conformance.high.linear_algebra import FUNCTIONS as PRODUCTS
from agrad_conformance.high.numbers import COMPLEX, alike, is_complex
from agrad_conformance.high.statistical import FUNCTIONS as STATISTICS
from agrad_conformance.high.statistical import reduction

__all__ = ["FUNCTIONS"]


def _stacked(f: Callable[..., Any], *kinds: str) -> Callable[..., Any]:
    """A function ``f(mp, matrix, ...)`` of one matrix as one of stacks of them.

    Each result is "real", "complex", or of the "same" kind as the matrices.
    """

    def call(mp: Any, x: Any, *args: Any, **params: Any) -> Any:
        stack, complexes = x.shape[:-2], is_complex(mp, x)
        places = list(np.ndindex(*stack))
        # an empty stack has results, too: their shapes are those that some matrix leads to
        matrices = [x[place] for place in places] or [_identity(mp, *x.shape[-2:])]
        found = [f(mp, matrix, *args, **params) for matrix in matrices]
        results = []
        for i, kind in enumerate(kinds):
            parts = [np.asarray(r[i] if len(kinds) > 1 else r, dtype=object) for r in found]
            to_complex = kind == "complex" or (kind == "same" and complexes)
            y = np.empty((*stack, *parts[0].shape), dtype=COMPLEX if to_complex else object)
            for place, part in zip(places, parts, strict=False):
                y[place] = np.frompyfunc(mp.mpc if to_complex else mp.mpf, 1, 1)(part)
            results.append(y)
        return tuple(results) if len(kinds) > 1 else results[0]

    return call


def _identity(mp: Any, m: int, n: int | None = None) -> Any:
    return np.asarray(np.frompyfunc(mp.mpf, 1, 1)(np.eye(m, n, dtype=int)), dtype=object)


def _adjoint(x: Any) -> Any:
    return np.conj(x).T


def _matrix(mp: Any, x: Any) -> Any:
    return mp.matrix(x.tolist())


def _array(x: Any) -> Any:
    """An array of a matrix of mpmath."""
    y = np.empty((x.rows, x.cols), dtype=object)
    for place in np.ndindex(*y.shape):
        y[place] = x[place]
    return y


def _norm(mp: Any, xs: Any) -> Any:
    """The length of a vector."""
    return mp.sqrt(sum((abs(x) ** 2 for x in xs), mp.mpf(0)))


# Determinants and inverses ------------------------------------------------------------------------


def _det(mp: Any, x: Any) -> Any:
    """Laplace's expansion along the first row."""
    n = x.shape[0]
    return sum(((-1) ** j * x[0, j] * _det(mp, _without(x, 0, j)) for j in range(n)), mp.mpf(0)) if n else mp.mpf(1)


def _without(x: Any, i: int, j: int) -> Any:
    """A matrix without a row and a column."""
    return np.delete(np.delete(x, i, 0), j, 1)


def _inv(mp: Any, x: Any) -> Any:
    """Cramer's rule."""
    det, y = _det(mp, x), np.empty(x.shape, dtype=object)
    for i, j in np.ndindex(*x.shape):
        y[i, j] = (-1) ** (i + j) * _det(mp, _without(x, j, i)) / det
    return y


def _slogdet(mp: Any, x: Any) -> Any:
    det = _det(mp, x)
    size = abs(det)
    return (det / size, mp.log(size)) if size else (det, -mp.inf)


def _matrix_power(mp: Any, x: Any, n: int) -> Any:
    y, factor = _identity(mp, x.shape[0]), _inv(mp, x) if n < 0 else x
    for _ in range(abs(n)):
        y = y @ factor
    return y


def _solve(mp: Any, x1: Any, x2: Any) -> Any:
    """The inverse times a vector, where `x2` is one, or else a stack of matrices."""
    return PRODUCTS["matmul"](mp, _stacked(_inv, "same")(mp, x1), x2)


# Factors ------------------------------------------------------------------------------------------


def _cholesky(mp: Any, x: Any, upper: bool = False) -> Any:
    """Row by row, of the lower triangle."""
    n = x.shape[0]
    low = _identity(mp, n) * 0
    for i in range(n):
        for j in range(i):
            low[i, j] = (x[i, j] - sum(low[i, :j] * np.conj(low[j, :j]))) / low[j, j]
        low[i, i] = mp.sqrt(mp.re(x[i, i]) - sum(abs(v) ** 2 for v in low[i, :i]))
    return _adjoint(low) if upper else low


def _qr(mp: Any, x: Any, mode: str = "reduced") -> Any:
    """Householder's reflections."""
    m, n = x.shape
    q, r = _identity(mp, m), x.copy()
    for j in range(min(m, n)):
        v = r[j:, j].copy()
        size = _norm(mp, v)
        if size:
            v[0] += size * (v[0] / abs(v[0]) if v[0] else 1)
            v = v / _norm(mp, v)
            r[j:] = r[j:] - 2 * np.outer(v, np.conj(v) @ r[j:])
            q[:, j:] = q[:, j:] - 2 * np.outer(q[:, j:] @ v, np.conj(v))
    r[np.tril_indices(m, -1, n)] = mp.mpf(0)
    k = m if mode == "complete" else min(m, n)
    return q[:, :k], r[:k]


def _eigh(mp: Any, x: Any) -> Any:
    if not x.size:
        return x[0:0].ravel(), x
    w, v = mp.eigh(_matrix(mp, x))
    return _array(w).ravel(), _array(v)


def _eig(mp: Any, x: Any) -> Any:
    """Vectors of length 1."""
    if not x.size:
        return x[0:0].ravel(), x
    w, v = mp.eig(_matrix(mp, x))
    columns = [column / _norm(mp, column) for column in _array(v).T]
    return np.asarray(w, dtype=object), np.stack(columns, axis=-1)


def _svd(mp: Any, x: Any, full_matrices: bool = True) -> Any:
    m, n = x.shape
    if not x.size:
        k = None if full_matrices else 0
        return _identity(mp, m)[:, :k], np.empty(0, dtype=object), _identity(mp, n)[:k]
    u, s, vh = mp.svd(_matrix(mp, x), full_matrices=full_matrices)
    return _array(u), _array(s).ravel(), _array(vh)


def _svdvals(mp: Any, x: Any) -> Any:
    return _svd(mp, x, full_matrices=False)[1]


def _large(mp: Any, x: Any, s: Any, rtol: Any) -> Any:
    """Which singular values are larger than the largest one times a tolerance, by default of rounding errors."""
    smallest = (mp.eps * max(x.shape) if rtol is None else mp.mpf(float(rtol))) * max(s, default=0)
    return [value > smallest for value in s]


def _pinv(mp: Any, x: Any, rtol: Any = None) -> Any:
    u, s, vh = _svd(mp, x, full_matrices=False)
    kept = _large(mp, x, s, rtol)
    return (_adjoint(vh[kept]) / s[kept]) @ _adjoint(u[:, kept])


def _matrix_rank(mp: Any, x: Any, *, rtol: Any = None) -> Any:
    def of_one(mp: Any, x: Any) -> int:
        return sum(_large(mp, x, _svdvals(mp, x), rtol))

    return _stacked(of_one, "real")(mp, x).astype("int64")


# Norms, diagonals and products --------------------------------------------------------------------


def _vector_norm(mp: Any, x: Any, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    sizes = np.asarray(np.frompyfunc(abs, 1, 1)(x), dtype=object)
    return reduction(_norm_of_sizes)(mp, sizes, axis=axis, keepdims=keepdims, ord=ord)


def _norm_of_sizes(mp: Any, xs: list[Any], ord: float) -> Any:
    if ord in (inf, -inf):
        return max(xs) if ord > 0 else min(xs)
    if ord == 0:
        return mp.mpf(sum(x != 0 for x in xs))
    return mp.power(sum((mp.power(x, ord) for x in xs), mp.mpf(0)), 1 / mp.mpf(ord))


def _matrix_norm(mp: Any, x: Any, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    if ord == "fro":
        return _vector_norm(mp, x, axis=(-2, -1), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        s = FUNCTIONS["linalg.svdvals"](mp, x)
        y = reduction({"nuc": _sum, 2: _max, -2: _min}[ord])(mp, s, axis=-1)
    else:  # the largest or smallest sum of sizes, of columns for 1 and of rows for infinity
        sums = _vector_norm(mp, x, axis=-2 if abs(ord) == 1 else -1, ord=1)
        y = reduction(_max if ord > 0 else _min)(mp, sums, axis=-1)
    return y[..., None, None] if keepdims else y


def _sum(mp: Any, xs: list[Any]) -> Any:
    return sum(xs, mp.mpf(0))


def _max(mp: Any, xs: list[Any]) -> Any:
    return max(xs)


def _min(mp: Any, xs: list[Any]) -> Any:
    return min(xs)


def _diagonal(mp: Any, x: Any, *, offset: int = 0) -> Any:
    return np.diagonal(alike(mp, x)[0], offset, -2, -1)


def _trace(mp: Any, x: Any, *, offset: int = 0, dtype: str | None = None) -> Any:
    return STATISTICS["sum"](mp, _diagonal(mp, x, offset=offset), axis=-1, dtype=dtype)


def _cross(mp: Any, x1: Any, x2: Any, *, axis: int = -1) -> Any:
    a, b = (np.moveaxis(x, axis, 0) for x in np.broadcast_arrays(*alike(mp, x1, x2)))
    return np.stack([a[i - 2] * b[i - 1] - a[i - 1] * b[i - 2] for i in range(3)], axis)


def _outer(mp: Any, x1: Any, x2: Any) -> Any:
    a, b = alike(mp, x1, x2)
    return a[:, None] * b


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "linalg.cholesky": _stacked(_cholesky, "same"),
    "linalg.cross": _cross,
    "linalg.det": _stacked(_det, "same"),
    "linalg.diagonal": _diagonal,
    "linalg.eig": _stacked(_eig, "complex", "complex"),
    "linalg.eigh": _stacked(_eigh, "real", "same"),
    "linalg.eigvals": _stacked(lambda mp, x: _eig(mp, x)[0], "complex"),
    "linalg.eigvalsh": _stacked(lambda mp, x: _eigh(mp, x)[0], "real"),
    "linalg.inv": _stacked(_inv, "same"),
    "linalg.matmul": PRODUCTS["matmul"],
    "linalg.matrix_norm": _matrix_norm,
    "linalg.matrix_power": _stacked(_matrix_power, "same"),
    "linalg.matrix_rank": _matrix_rank,
    "linalg.matrix_transpose": PRODUCTS["matrix_transpose"],
    "linalg.outer": _outer,
    "linalg.pinv": _stacked(_pinv, "same"),
    "linalg.qr": _stacked(_qr, "same", "same"),
    "linalg.slogdet": _stacked(_slogdet, "same", "real"),
    "linalg.solve": _solve,
    "linalg.svd": _stacked(_svd, "same", "real", "same"),
    "linalg.svdvals": _stacked(_svdvals, "real"),
    "linalg.tensordot": PRODUCTS["tensordot"],
    "linalg.trace": _trace,
    "linalg.vecdot": PRODUCTS["vecdot"],
    "linalg.vector_norm": _vector_norm,
}
