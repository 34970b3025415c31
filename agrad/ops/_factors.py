"""Derivatives of factorizations: triangular factors, eigenvectors and singular vectors."""

from __future__ import annotations

from typing import Any

from agrad.ops._matrices import adjoint, conjugate, diagonal_matrix, eps_of, hermitian_part, real_part, skew_part

__all__ = [
    "cholesky_jvp",
    "cholesky_vjp",
    "eig_jvp",
    "eig_vjp",
    "eigh_jvp",
    "eigh_vjp",
    "eigvalsh_jvp",
    "eigvalsh_vjp",
    "qr_jvp",
    "qr_vjp",
    "svd_jvp",
    "svd_vjp",
    "svdvals_jvp",
    "svdvals_vjp",
]

# Triangular factors -------------------------------------------------------------------------------


def cholesky_vjp(xp: Any, ct: Any, factor: Any, block: int) -> Any:
    return _cholesky_blocks(xp, ct, factor, _lower_inverse(xp, factor, block), block)


def _cholesky_blocks(xp: Any, ct: Any, factor: Any, inverse: Any, block: int) -> Any:
    """The Hermitian cotangent of the matrix, a quarter at a time: half of the products would be with zeros."""
    n = factor.shape[-1]
    if n <= block:
        return hermitian_part(xp, adjoint(xp, inverse) @ _half_lower(xp, adjoint(xp, factor) @ ct) @ inverse)
    k = n // 2
    off = factor[..., k:, :k]
    last = _cholesky_blocks(xp, ct[..., k:, k:], factor[..., k:, k:], inverse[..., k:, k:], block)
    side = (ct[..., k:, :k] - 2 * (last @ off)) @ inverse[..., :k, :k]
    rest = ct[..., :k, :k] - adjoint(xp, side) @ off
    first = _cholesky_blocks(xp, rest, factor[..., :k, :k], inverse[..., :k, :k], block)
    return _blocks(xp, first, adjoint(xp, side) / 2, side / 2, last)


def cholesky_jvp(xp: Any, t: Any, factor: Any, block: int) -> Any:
    inverse = _lower_inverse(xp, factor, block)
    return factor @ _half_lower(xp, inverse @ hermitian_part(xp, t) @ adjoint(xp, inverse))


def _lower_inverse(xp: Any, x: Any, block: int) -> Any:
    """The inverse of a lower triangular matrix, by halves: the standard has no triangular solve."""
    n = x.shape[-1]
    if n <= block:
        return xp.linalg.inv(x)
    k = n // 2
    first, last = _lower_inverse(xp, x[..., :k, :k], block), _lower_inverse(xp, x[..., k:, k:], block)
    return _blocks(xp, first, xp.zeros_like(x[..., :k, k:]), -(last @ x[..., k:, :k] @ first), last)


def _blocks(xp: Any, a: Any, b: Any, c: Any, d: Any) -> Any:
    """The matrix [[a, b], [c, d]]."""
    return xp.concat([xp.concat([a, b], axis=-1), xp.concat([c, d], axis=-1)], axis=-2)


def _half_lower(xp: Any, x: Any) -> Any:
    """The lower triangle, its diagonal halved."""
    return (xp.tril(x) + xp.tril(x, k=-1)) / 2


def qr_vjp(xp: Any, ct: tuple[Any, Any], out: tuple[Any, Any]) -> Any:
    (q, r), (ct_q, ct_r) = out, ct
    k = min(q.shape[-2], r.shape[-1])
    rest = r[..., :k, k:]  # of a wide matrix, whose q depends on its leading columns: rest = q^H (other columns)
    ct_rest = ct_r[..., :k, k:]
    q1, r1 = q[..., :k], r[..., :k, :k]
    ct_q1 = ct_q[..., :k] + q1 @ (rest @ adjoint(xp, ct_rest)) if r.shape[-1] > k else ct_q[..., :k]
    if q.shape[-1] > k:
        ct_q1 = ct_q1 - q[..., k:] @ (adjoint(xp, ct_q[..., k:]) @ q1)
    w = ct_r[..., :k, :k] @ adjoint(xp, r1) - adjoint(xp, q1) @ ct_q1
    upper = xp.triu(w) + xp.triu(w, k=1)
    g = adjoint(xp, xp.linalg.solve(r1, adjoint(xp, ct_q1 + q1 @ hermitian_part(xp, upper))))
    return xp.concat([g, q1 @ ct_rest], axis=-1) if r.shape[-1] > k else g


def qr_jvp(xp: Any, t: Any, out: tuple[Any, Any]) -> tuple[Any, Any]:
    q, r = out
    k = min(q.shape[-2], r.shape[-1])
    q1, r1 = q[..., :k], r[..., :k, :k]
    step = adjoint(xp, xp.linalg.solve(adjoint(xp, r1), adjoint(xp, t[..., :k])))
    c = adjoint(xp, q1) @ step
    lower = xp.tril(c) + xp.tril(c, k=-1)
    turn = skew_part(xp, lower)
    t_q = step - q1 @ (c - turn)
    t_r = (c - turn) @ r1
    if r.shape[-1] > k:
        t_r = xp.concat([t_r, adjoint(xp, q1) @ t[..., k:] - turn @ r[..., :k, k:]], axis=-1)
    if q.shape[-1] > k:
        q2 = q[..., k:]
        t_q = xp.concat([t_q, -(q1 @ (adjoint(xp, t_q) @ q2))], axis=-1)
        t_r = xp.concat([t_r, xp.zeros_like(r[..., k:, :])], axis=-2)
    return t_q, t_r


# Eigenvalues and singular values ------------------------------------------------------------------


def eig_vjp(xp: Any, ct: tuple[Any, Any], out: tuple[Any, Any]) -> Any:
    (w, v), (ct_w, ct_v) = out, ct
    vh = adjoint(xp, v)
    ct_x = ct_v - v * xp.sum(conjugate(xp, v) * ct_v, axis=-2, keepdims=True)
    ct_c = conjugate(xp, _inverse_gaps(xp, w)) * (vh @ ct_x) + diagonal_matrix(xp, ct_w)
    return xp.linalg.solve(vh, ct_c @ vh)


def eig_jvp(xp: Any, t: Any, out: tuple[Any, Any]) -> tuple[Any, Any]:
    w, v = out
    c = xp.linalg.solve(v, xp.matmul(t, v))
    x = v @ (_inverse_gaps(xp, w) * c)
    # unit length and a fixed phase: no component along the vector itself
    return xp.linalg.diagonal(c), x - v * xp.sum(conjugate(xp, v) * x, axis=-2, keepdims=True)


def eigh_vjp(xp: Any, ct: tuple[Any, Any], out: tuple[Any, Any]) -> Any:
    (w, v), (ct_w, ct_v) = out, ct
    vh = adjoint(xp, v)
    return v @ hermitian_part(xp, _inverse_gaps(xp, w) * (vh @ ct_v) + diagonal_matrix(xp, ct_w)) @ vh


def eigh_jvp(xp: Any, t: Any, out: tuple[Any, Any]) -> tuple[Any, Any]:
    w, v = out
    c = adjoint(xp, v) @ hermitian_part(xp, t) @ v
    return real_part(xp, xp.linalg.diagonal(c)), v @ (_inverse_gaps(xp, w) * c)


def eigvalsh_vjp(xp: Any, ct: Any, x: Any) -> Any:
    _, v = xp.linalg.eigh(x)
    return (v * ct[..., None, :]) @ adjoint(xp, v)


def eigvalsh_jvp(xp: Any, t: Any, x: Any) -> Any:
    _, v = xp.linalg.eigh(x)
    return real_part(xp, xp.sum(conjugate(xp, v) * (hermitian_part(xp, t) @ v), axis=-2))


def _inverse_gaps(xp: Any, w: Any) -> Any:
    """The matrix 1 / (w_j - w_i), 0 where the two are equal."""
    return _reciprocal(xp, w[..., None, :] - w[..., :, None], _resolution(xp, w, w.shape[-1])[..., None])


def svd_vjp(xp: Any, ct: tuple[Any, Any, Any], out: tuple[Any, Any, Any]) -> Any:
    (u, s, vh), (ct_u, ct_s, ct_vh) = out, ct
    k = s.shape[-1]
    v, ct_v = adjoint(xp, vh), adjoint(xp, ct_vh)
    u1, v1 = u[..., :k], v[..., :k]
    p, q = adjoint(xp, u1) @ ct_u[..., :k], adjoint(xp, v1) @ ct_v[..., :k]
    gaps, sums, inverse = _svd_reciprocals(xp, s, max(u.shape[-2], v.shape[-2]))
    e = hermitian_part(xp, gaps * (p + q)) + skew_part(xp, sums * (p - q)) + diagonal_matrix(xp, ct_s)
    g = u1 @ e @ adjoint(xp, v1)
    if u.shape[-2] > k:
        g = g + (_outside_vjp(xp, ct_u, u, p) * inverse) @ adjoint(xp, v1)
    if v.shape[-2] > k:
        g = g + u1 @ adjoint(xp, _outside_vjp(xp, ct_v, v, q) * inverse)
    return g


def svd_jvp(xp: Any, t: Any, out: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    u, s, vh = out
    k = s.shape[-1]
    v = adjoint(xp, vh)
    u1, v1 = u[..., :k], v[..., :k]
    gaps, sums, inverse = _svd_reciprocals(xp, s, max(u.shape[-2], v.shape[-2]))
    e = adjoint(xp, u1) @ t @ v1
    apart, turn = gaps * hermitian_part(xp, e), sums * skew_part(xp, e)
    t_u = _outside_jvp(xp, u1 @ (apart + turn), (t @ v1) * inverse, u, k)
    t_v = _outside_jvp(xp, v1 @ (apart - turn), (adjoint(xp, t) @ u1) * inverse, v, k)
    return t_u, real_part(xp, xp.linalg.diagonal(e)), adjoint(xp, t_v)


def _svd_reciprocals(xp: Any, s: Any, size: int) -> tuple[Any, Any, Any]:
    """1 / (s_j - s_i), 1 / (s_j + s_i) and, as a row, 1 / s_j; each 0 where its denominator is.

    Kept apart, rather than as 1 / (s_j^2 - s_i^2), they leave the polar factor U V^H right where s_i = s_j. The
    diagonal of the second one shares the turn of a complex pair's phases between both vectors.
    """
    row, column, tiny = s[..., None, :], s[..., :, None], _resolution(xp, s, size)[..., None]
    return _reciprocal(xp, row - column, tiny), _reciprocal(xp, row + column, tiny), _reciprocal(xp, row, tiny)


def _outside_vjp(xp: Any, ct: Any, u: Any, inside: Any) -> Any:
    """The part of the cotangent of u's leading columns, those completing the basis included, outside their span."""
    k = inside.shape[-1]
    u1, u2 = u[..., :k], u[..., k:]
    if u.shape[-1] > k:
        return u2 @ (adjoint(xp, u2) @ ct[..., :k] - adjoint(xp, ct[..., k:]) @ u1)
    return ct - u1 @ inside


def _outside_jvp(xp: Any, inside: Any, step: Any, u: Any, k: int) -> Any:
    """Add to the tangent of u's leading columns its part outside their span; further columns stay orthogonal."""
    if u.shape[-2] == k:
        return inside
    u1, u2 = u[..., :k], u[..., k:]
    outside = step - u1 @ (adjoint(xp, u1) @ step)
    t = inside + outside
    return xp.concat([t, -(u1 @ (adjoint(xp, outside) @ u2))], axis=-1) if u.shape[-1] > k else t


def svdvals_vjp(xp: Any, ct: Any, x: Any) -> Any:
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    return (u * (_nonzero_values(xp, s, x) * ct)[..., None, :]) @ vh


def svdvals_jvp(xp: Any, t: Any, x: Any) -> Any:
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    rate = real_part(xp, xp.sum(conjugate(xp, u) * (t @ adjoint(xp, vh)), axis=-2))
    return _nonzero_values(xp, s, x) * rate


def _nonzero_values(xp: Any, s: Any, x: Any) -> Any:
    """1 for the singular values that count for the rank, 0 for the others."""
    return xp.astype(s > _resolution(xp, s, max(x.shape[-2:])), s.dtype)


def _resolution(xp: Any, values: Any, size: int) -> Any:
    """What eigenvalues or singular values must differ by to be told apart, as one value a matrix."""
    largest = xp.max if values.shape[-1] else xp.sum
    return size * eps_of(xp, values) * largest(xp.abs(values), axis=-1, keepdims=True)


def _reciprocal(xp: Any, x: Any, tiny: Any) -> Any:
    """1 / x, but 0 where x is 0 within `tiny`."""
    zero = xp.abs(x) <= tiny
    return xp.where(zero, 0.0, 1 / xp.where(zero, 1.0, x))
