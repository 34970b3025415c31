"""Linear algebra: the extension ``linalg``. Every function takes stacks of matrices.

Conventions. A function of a Hermitian matrix (``cholesky``, ``eigh``, ``eigvalsh``) is differentiated as a
function of the Hermitian part of its argument, whichever triangle the backend reads: gradients are Hermitian.

Factors are not unique. Singular vectors and eigenvectors move without turning along the directions that leave
the factorization valid (the zero component of the gauge), and so do the columns of ``qr`` and ``svd`` that
complete a basis: only functions of them that do not depend on that choice have a derivative, and it is right.

Where eigenvalues or singular values coincide, to the accuracy to which they can be known, vectors may turn
among themselves, too; their derivative is 0 in those directions. Right there are: functions of the values
that treat equal ones alike, in first order; projectors on whole eigenspaces; the polar factor U V^H. Lost is
what depends on how equal values part: V f(w) V^H for an f that is not constant there, and second derivatives
of functions of such values. A singular value of 0 has derivative 0 in ``svdvals``, as ``abs`` has at 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from agrad.declare import Op, composite, constant, general, linear
from agrad.ops._shapes import device_of, is_complex, keep


def cholesky(block: int) -> Op:
    """The record of the Cholesky decomposition.

    Parameters
    ----------
    block : int
        The size below which a product of matrices costs less than the calls that splitting them takes: the dearer a
        call is, the larger.

    References
    ----------
    Murray, Differentiation of the Cholesky decomposition (2016)
    """
    return general(
        "linalg.cholesky(x, /, *, upper=False)",
        vjp=lambda xp, ct, out, upper: (
            _cholesky_vjp(xp, _h(xp, ct), _h(xp, out), block) if upper else _cholesky_vjp(xp, ct, out, block)
        ),
        jvp=lambda xp, t, out, upper: (
            _h(xp, _cholesky_jvp(xp, t, _h(xp, out), block)) if upper else _cholesky_jvp(xp, t, out, block)
        ),
    )


OPS = (
    cholesky(block=64),
    composite("linalg.cross(x1, x2, /, *, axis=-1)", lambda xp, x1, x2, axis: _cross(xp, x1, x2, axis)),
    # Jacobi's formula: d det x = tr(adj(x) dx)
    general(
        "linalg.det(x, /)",
        vjp=lambda xp, ct, x: ct[..., None, None] * _h(xp, _adjugate(xp, x)),
        jvp=lambda xp, t, x: _sum2(xp, xp.matrix_transpose(_adjugate(xp, x)) * t),
    ),
    linear(
        "linalg.diagonal(x, /, *, offset=0)",
        lambda xp, ct, x, offset: _place_diagonal(xp, ct, x.shape[-2], x.shape[-1], offset),
    ),
    # Boeddeker et al., On the computation of complex-valued gradients (2017): unit vectors, their phases kept
    general(
        "linalg.eig(x, /)",
        vjp=lambda xp, ct, out: _eig_vjp(xp, ct, out),
        jvp=lambda xp, t, out: _eig_jvp(xp, t, out),
        outputs=2,
    ),
    # Giles, Collected matrix derivative results (2008)
    general(
        "linalg.eigh(x, /)",
        vjp=lambda xp, ct, out: _eigh_vjp(xp, ct, out),
        jvp=lambda xp, t, out: _eigh_jvp(xp, t, out),
        outputs=2,
    ),
    # through eig: two routines of a backend need not agree on the order of eigenvalues
    composite("linalg.eigvals(x, /)", lambda xp, x: xp.linalg.eig(x)[0]),
    general(
        "linalg.eigvalsh(x, /)",
        vjp=lambda xp, ct, x: _eigvalsh_vjp(xp, ct, x),
        jvp=lambda xp, t, x: _eigvalsh_jvp(xp, t, x),
    ),
    # Giles (2008)
    general(
        "linalg.inv(x, /)",
        vjp=lambda xp, ct, out: -(_h(xp, out) @ ct @ _h(xp, out)),
        jvp=lambda xp, t, out: -(out @ t @ out),
    ),
    composite(
        "linalg.matrix_norm(x, /, *, keepdims=False, ord='fro')",
        lambda xp, x, keepdims, ord: _matrix_norm(xp, x, keepdims, ord),
    ),
    composite("linalg.matrix_power(x, n, /)", lambda xp, x, n: _matrix_power(xp, x, n)),
    constant("linalg.matrix_rank(x, /, *, rtol=None)", "a rank is an integer"),
    composite("linalg.outer(x1, x2, /)", lambda xp, x1, x2: _outer(xp, x1, x2)),
    # Golub and Pereyra, The differentiation of pseudo-inverses (1973), for perturbations that keep the rank
    general(
        "linalg.pinv(x, /, *, rtol=None)",
        vjp=lambda xp, ct, out, x: _pinv_vjp(xp, ct, out, x),
        jvp=lambda xp, t, out, x: _pinv_jvp(xp, t, out, x),
    ),
    # Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2010)
    general(
        "linalg.qr(x, /, *, mode='reduced')",
        vjp=lambda xp, ct, out: _qr_vjp(xp, ct, out),
        jvp=lambda xp, t, out: _qr_jvp(xp, t, out),
        outputs=2,
    ),
    # Boeddeker et al. (2017): d log det x = tr(x^-1 dx), of which logabsdet takes the real part and the sign the other
    general(
        "linalg.slogdet(x, /)",
        vjp=lambda xp, ct, out, x: _slogdet_vjp(xp, ct, out[0], x),
        jvp=lambda xp, t, out, x: _slogdet_jvp(xp, t, out[0], x),
        outputs=2,
    ),
    # Giles (2008)
    general(
        "linalg.solve(x1, x2, /)",
        vjp=lambda xp, ct, out, x1, x2: _solve_vjp(xp, ct, out, x1, x2.ndim == 1),
        jvp=(
            lambda xp, t, out, x1, x2: -_solve(xp, x1, _columns(t, False) @ _columns(out, x2.ndim == 1), x2.ndim == 1),
            lambda xp, t, x1: xp.linalg.solve(x1, t),
        ),
    ),
    # Townsend, Differentiating the SVD (2016); Wan and Zhang (2019) for the phases of complex vectors
    general(
        "linalg.svd(x, /, *, full_matrices=True)",
        vjp=lambda xp, ct, out: _svd_vjp(xp, ct, out),
        jvp=lambda xp, t, out: _svd_jvp(xp, t, out),
        outputs=3,
    ),
    general(
        "linalg.svdvals(x, /)",
        vjp=lambda xp, ct, x: _svdvals_vjp(xp, ct, x),
        jvp=lambda xp, t, x: _svdvals_jvp(xp, t, x),
    ),
    composite(
        "linalg.trace(x, /, *, offset=0, dtype=None)",
        lambda xp, x, offset, dtype: xp.sum(xp.linalg.diagonal(x, offset=offset), axis=-1, dtype=dtype),
    ),
    general(
        "linalg.vector_norm(x, /, *, axis=None, keepdims=False, ord=2)",
        vjp=lambda xp, ct, out, x, axis, keepdims, ord: (
            keep(xp, ct, axis, x.ndim, keepdims)
            * _norm_gradient(xp, x, keep(xp, out, axis, x.ndim, keepdims), axis, ord)
        ),
        jvp=lambda xp, t, out, x, axis, keepdims, ord: xp.sum(
            _real(xp, _conj(xp, _norm_gradient(xp, x, keep(xp, out, axis, x.ndim, keepdims), axis, ord)) * t),
            axis=axis,
            keepdims=keepdims,
        ),
    ),
)


# Products and norms -------------------------------------------------------------------------------


def _cross(xp: Any, x1: Any, x2: Any, axis: int) -> Any:
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        raise ValueError(f"cross takes vectors of 3 elements; axis {axis} has {x1.shape[axis]} and {x2.shape[axis]}")
    next1, last1 = xp.roll(x1, -1, axis=axis), xp.roll(x1, 1, axis=axis)
    next2, last2 = xp.roll(x2, -1, axis=axis), xp.roll(x2, 1, axis=axis)
    return next1 * last2 - last1 * next2


def _outer(xp: Any, x1: Any, x2: Any) -> Any:
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"outer takes two vectors; it got arrays with {x1.ndim} and {x2.ndim} dimensions")
    return xp.expand_dims(x1, axis=1) * xp.expand_dims(x2, axis=0)


def _matrix_power(xp: Any, x: Any, n: int) -> Any:
    """Repeated squaring."""
    if n == 0:
        return xp.broadcast_to(_eye(xp, x), x.shape)
    square = xp.linalg.inv(x) if n < 0 else x
    n, power = abs(n), None
    while True:
        if n % 2:
            power = square if power is None else power @ square
        n //= 2
        if n == 0:
            return power
        square = square @ square


def _matrix_norm(xp: Any, x: Any, keepdims: bool, ord: float | str | None) -> Any:
    if ord in ("fro", None):
        return xp.linalg.vector_norm(x, axis=(-2, -1), keepdims=keepdims)
    if ord in (1, -1, inf, -inf):
        sums = xp.sum(xp.abs(x), axis=-2 if ord in (1, -1) else -1)
        y = xp.max(sums, axis=-1) if ord in (1, inf) else xp.min(sums, axis=-1)
    elif ord in ("nuc", 2, -2):
        s = xp.linalg.svdvals(x)
        y = xp.sum(s, axis=-1) if ord == "nuc" else xp.max(s, axis=-1) if ord == 2 else xp.min(s, axis=-1)
    else:
        raise ValueError(f"matrix_norm knows ord 'fro', 'nuc', 1, -1, 2, -2, inf and -inf, not {ord!r}")
    return xp.expand_dims(xp.expand_dims(y, axis=-1), axis=-1) if keepdims else y


def _norm_gradient(xp: Any, x: Any, norm: Any, axis: int | Sequence[int] | None, ord: float) -> Any:
    """The gradient of a vector norm; 0 where the norm is 0 and, but for ord=2, at elements that are 0."""
    if ord == 0:
        return xp.zeros_like(x)
    if ord in (inf, -inf):
        hits = xp.astype(xp.abs(x) == norm, norm.dtype)
        return xp.sign(x) * (hits / xp.maximum(xp.sum(hits, axis=axis, keepdims=True), xp.ones_like(norm)))
    if ord == 1:
        return xp.sign(x)
    safe = xp.where(norm == 0, 1.0, norm)
    if ord == 2:
        return xp.where(norm == 0, 0.0, x) / safe
    # a ratio to a power: a power of x could overflow where the norm does not
    zero = (norm == 0) | (x == 0)
    ratio = xp.where(zero, 1.0, xp.abs(xp.where(zero, 1.0, x)) / safe)
    return xp.where(zero, 0.0, xp.sign(x) * ratio ** (ord - 1))


# Determinants and inverses ------------------------------------------------------------------------


def _adjugate(xp: Any, x: Any) -> Any:
    """adj(x) = det(x) x^-1 where there is one: a polynomial of the elements, right at singular matrices as well.

    With constants B and D chosen so that y = x + B D is far from singular, the Sherman-Morrison-Woodbury formula
    for x = y - B D, times det(x) = det(y) det(I - D y^-1 B), has no denominators. It holds for any B and D; of rank
    3 along the last three singular vectors they make this, and its first two derivatives, right at every matrix.
    """
    n = x.shape[-1]
    if n <= 3:
        return _small_adjugate(xp, x)
    # rounded numbers have no derivative, which is how B and D become constants
    rows = xp.exp(xp.round(xp.log(_nonzero(xp, xp.max(xp.abs(x), axis=-1, keepdims=True)))))
    columns = xp.exp(xp.round(xp.log(_nonzero(xp, xp.max(xp.abs(x / rows), axis=-2, keepdims=True)))))
    u, s, vh = xp.linalg.svd(x / rows / columns, full_matrices=False)
    missing = s <= n * _eps(xp, s) * s[..., :1]
    last = xp.arange(n, device=device_of(x)) >= n - 3
    b = rows * (xp.round(4096 * u) / 4096)
    d = columns * (xp.round(4096 * vh) / 4096)
    shift = xp.astype(last | missing, x.dtype)
    y = x + (b * shift[..., None, :]) @ d
    inverse = xp.linalg.inv(y)
    b, d = inverse @ b[..., n - 3 :], d[..., n - 3 :, :]
    core = _eye(xp, x, 3) - d @ b
    core_adjugate = _small_adjugate(xp, core)
    core_det = xp.sum(core[..., 0, :] * core_adjugate[..., :, 0], axis=-1)
    adjugate = core_det[..., None, None] * inverse + b @ core_adjugate @ (d @ inverse)
    # of rank n - 4 or less: all minors vanish, and so do their first two derivatives
    return xp.where(missing[..., n - 4, None, None], 0.0, xp.linalg.det(y)[..., None, None] * adjugate)


def _small_adjugate(xp: Any, x: Any) -> Any:
    """The adjugate of matrices up to 3 by 3, by cofactors."""
    n = x.shape[-1]
    if n < 2:
        return xp.ones_like(x)
    if n == 2:
        return _diag(xp, xp.linalg.trace(x)[..., None] * xp.ones_like(x[..., 0])) - x
    a, b, c = (x[..., i] for i in range(3))
    return xp.stack([_cross(xp, b, c, -1), _cross(xp, c, a, -1), _cross(xp, a, b, -1)], axis=-2)


def _nonzero(xp: Any, x: Any) -> Any:
    return xp.where(x == 0, 1.0, x)


def _slogdet_vjp(xp: Any, ct: tuple[Any, Any], sign: Any, x: Any) -> Any:
    ct_sign, ct_log = ct
    turn = _conj(xp, sign) * ct_sign
    weight = ct_log + (turn - _conj(xp, turn)) / 2
    return weight[..., None, None] * _h(xp, xp.linalg.inv(x))


def _slogdet_jvp(xp: Any, t: Any, sign: Any, x: Any) -> tuple[Any, Any]:
    rate = _sum2(xp, xp.matrix_transpose(xp.linalg.inv(x)) * t)
    return sign * (rate - _conj(xp, rate)) / 2, _real(xp, rate)


def _columns(b: Any, is_vector: bool) -> Any:
    return b[..., None] if is_vector else b


def _solve(xp: Any, a: Any, columns: Any, is_vector: bool) -> Any:
    y = xp.linalg.solve(a, columns)
    return y[..., 0] if is_vector else y


def _solve_vjp(xp: Any, ct: Any, out: Any, x1: Any, is_vector: bool) -> tuple[Any, Any]:
    g2 = xp.linalg.solve(_h(xp, x1), _columns(ct, is_vector))
    g1 = -(g2 @ _h(xp, _columns(out, is_vector)))
    return g1, g2[..., 0] if is_vector else g2


def _pinv_vjp(xp: Any, ct: Any, p: Any, x: Any) -> Any:
    ph, cth = _h(xp, p), _h(xp, ct)
    left = cth @ p @ ph
    right = ph @ p @ cth
    return left - x @ (p @ left) + right - (right @ p) @ x - ph @ ct @ ph


def _pinv_jvp(xp: Any, t: Any, p: Any, x: Any) -> Any:
    ph, th = _h(xp, p), _h(xp, t)
    left = p @ ph @ th
    right = th @ ph @ p
    return left - (left @ x) @ p + right - p @ (x @ right) - p @ t @ p


# Triangular factors -------------------------------------------------------------------------------


def _cholesky_vjp(xp: Any, ct: Any, factor: Any, block: int) -> Any:
    return _cholesky_blocks(xp, ct, factor, _lower_inverse(xp, factor, block), block)


def _cholesky_blocks(xp: Any, ct: Any, factor: Any, inverse: Any, block: int) -> Any:
    """The Hermitian cotangent of the matrix, a quarter at a time: half of the products would be with zeros."""
    n = factor.shape[-1]
    if n <= block:
        return _hermitian(xp, _h(xp, inverse) @ _half_lower(xp, _h(xp, factor) @ ct) @ inverse)
    k = n // 2
    off = factor[..., k:, :k]
    last = _cholesky_blocks(xp, ct[..., k:, k:], factor[..., k:, k:], inverse[..., k:, k:], block)
    side = (ct[..., k:, :k] - 2 * (last @ off)) @ inverse[..., :k, :k]
    rest = ct[..., :k, :k] - _h(xp, side) @ off
    first = _cholesky_blocks(xp, rest, factor[..., :k, :k], inverse[..., :k, :k], block)
    return _blocks(xp, first, _h(xp, side) / 2, side / 2, last)


def _cholesky_jvp(xp: Any, t: Any, factor: Any, block: int) -> Any:
    inverse = _lower_inverse(xp, factor, block)
    return factor @ _half_lower(xp, inverse @ _hermitian(xp, t) @ _h(xp, inverse))


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


def _qr_vjp(xp: Any, ct: tuple[Any, Any], out: tuple[Any, Any]) -> Any:
    (q, r), (ct_q, ct_r) = out, ct
    k = min(q.shape[-2], r.shape[-1])
    rest = r[..., :k, k:]  # of a wide matrix, whose q depends on its leading columns: rest = q^H (other columns)
    ct_rest = ct_r[..., :k, k:]
    q1, r1 = q[..., :k], r[..., :k, :k]
    ct_q1 = ct_q[..., :k] + q1 @ (rest @ _h(xp, ct_rest)) if r.shape[-1] > k else ct_q[..., :k]
    if q.shape[-1] > k:
        ct_q1 = ct_q1 - q[..., k:] @ (_h(xp, ct_q[..., k:]) @ q1)
    w = ct_r[..., :k, :k] @ _h(xp, r1) - _h(xp, q1) @ ct_q1
    upper = xp.triu(w) + xp.triu(w, k=1)
    g = _h(xp, xp.linalg.solve(r1, _h(xp, ct_q1 + q1 @ _hermitian(xp, upper))))
    return xp.concat([g, q1 @ ct_rest], axis=-1) if r.shape[-1] > k else g


def _qr_jvp(xp: Any, t: Any, out: tuple[Any, Any]) -> tuple[Any, Any]:
    q, r = out
    k = min(q.shape[-2], r.shape[-1])
    q1, r1 = q[..., :k], r[..., :k, :k]
    step = _h(xp, xp.linalg.solve(_h(xp, r1), _h(xp, t[..., :k])))
    c = _h(xp, q1) @ step
    lower = xp.tril(c) + xp.tril(c, k=-1)
    turn = _skew(xp, lower)
    t_q = step - q1 @ (c - turn)
    t_r = (c - turn) @ r1
    if r.shape[-1] > k:
        t_r = xp.concat([t_r, _h(xp, q1) @ t[..., k:] - turn @ r[..., :k, k:]], axis=-1)
    if q.shape[-1] > k:
        q2 = q[..., k:]
        t_q = xp.concat([t_q, -(q1 @ (_h(xp, t_q) @ q2))], axis=-1)
        t_r = xp.concat([t_r, xp.zeros_like(r[..., k:, :])], axis=-2)
    return t_q, t_r


# Eigenvalues and singular values ------------------------------------------------------------------


def _eig_vjp(xp: Any, ct: tuple[Any, Any], out: tuple[Any, Any]) -> Any:
    (w, v), (ct_w, ct_v) = out, ct
    vh = _h(xp, v)
    ct_x = ct_v - v * xp.sum(_conj(xp, v) * ct_v, axis=-2, keepdims=True)
    ct_c = _conj(xp, _inverse_gaps(xp, w)) * (vh @ ct_x) + _diag(xp, ct_w)
    return xp.linalg.solve(vh, ct_c @ vh)


def _eig_jvp(xp: Any, t: Any, out: tuple[Any, Any]) -> tuple[Any, Any]:
    w, v = out
    c = xp.linalg.solve(v, xp.matmul(t, v))
    x = v @ (_inverse_gaps(xp, w) * c)
    # unit length and a fixed phase: no component along the vector itself
    return xp.linalg.diagonal(c), x - v * xp.sum(_conj(xp, v) * x, axis=-2, keepdims=True)


def _eigh_vjp(xp: Any, ct: tuple[Any, Any], out: tuple[Any, Any]) -> Any:
    (w, v), (ct_w, ct_v) = out, ct
    vh = _h(xp, v)
    return v @ _hermitian(xp, _inverse_gaps(xp, w) * (vh @ ct_v) + _diag(xp, ct_w)) @ vh


def _eigh_jvp(xp: Any, t: Any, out: tuple[Any, Any]) -> tuple[Any, Any]:
    w, v = out
    c = _h(xp, v) @ _hermitian(xp, t) @ v
    return _real(xp, xp.linalg.diagonal(c)), v @ (_inverse_gaps(xp, w) * c)


def _eigvalsh_vjp(xp: Any, ct: Any, x: Any) -> Any:
    _, v = xp.linalg.eigh(x)
    return (v * ct[..., None, :]) @ _h(xp, v)


def _eigvalsh_jvp(xp: Any, t: Any, x: Any) -> Any:
    _, v = xp.linalg.eigh(x)
    return _real(xp, xp.sum(_conj(xp, v) * (_hermitian(xp, t) @ v), axis=-2))


def _inverse_gaps(xp: Any, w: Any) -> Any:
    """The matrix 1 / (w_j - w_i), 0 where the two are equal."""
    return _reciprocal(xp, w[..., None, :] - w[..., :, None], _resolution(xp, w, w.shape[-1])[..., None])


def _svd_vjp(xp: Any, ct: tuple[Any, Any, Any], out: tuple[Any, Any, Any]) -> Any:
    (u, s, vh), (ct_u, ct_s, ct_vh) = out, ct
    k = s.shape[-1]
    v, ct_v = _h(xp, vh), _h(xp, ct_vh)
    u1, v1 = u[..., :k], v[..., :k]
    p, q = _h(xp, u1) @ ct_u[..., :k], _h(xp, v1) @ ct_v[..., :k]
    gaps, sums, inverse = _svd_reciprocals(xp, s, max(u.shape[-2], v.shape[-2]))
    e = _hermitian(xp, gaps * (p + q)) + _skew(xp, sums * (p - q)) + _diag(xp, ct_s)
    g = u1 @ e @ _h(xp, v1)
    if u.shape[-2] > k:
        g = g + (_outside_vjp(xp, ct_u, u, p) * inverse) @ _h(xp, v1)
    if v.shape[-2] > k:
        g = g + u1 @ _h(xp, _outside_vjp(xp, ct_v, v, q) * inverse)
    return g


def _svd_jvp(xp: Any, t: Any, out: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
    u, s, vh = out
    k = s.shape[-1]
    v = _h(xp, vh)
    u1, v1 = u[..., :k], v[..., :k]
    gaps, sums, inverse = _svd_reciprocals(xp, s, max(u.shape[-2], v.shape[-2]))
    e = _h(xp, u1) @ t @ v1
    apart, turn = gaps * _hermitian(xp, e), sums * _skew(xp, e)
    t_u = _outside_jvp(xp, u1 @ (apart + turn), (t @ v1) * inverse, u, k)
    t_v = _outside_jvp(xp, v1 @ (apart - turn), (_h(xp, t) @ u1) * inverse, v, k)
    return t_u, _real(xp, xp.linalg.diagonal(e)), _h(xp, t_v)


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
        return u2 @ (_h(xp, u2) @ ct[..., :k] - _h(xp, ct[..., k:]) @ u1)
    return ct - u1 @ inside


def _outside_jvp(xp: Any, inside: Any, step: Any, u: Any, k: int) -> Any:
    """Add to the tangent of u's leading columns its part outside their span; further columns stay orthogonal."""
    if u.shape[-2] == k:
        return inside
    u1, u2 = u[..., :k], u[..., k:]
    outside = step - u1 @ (_h(xp, u1) @ step)
    t = inside + outside
    return xp.concat([t, -(u1 @ (_h(xp, outside) @ u2))], axis=-1) if u.shape[-1] > k else t


def _svdvals_vjp(xp: Any, ct: Any, x: Any) -> Any:
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    return (u * (_nonzero_values(xp, s, x) * ct)[..., None, :]) @ vh


def _svdvals_jvp(xp: Any, t: Any, x: Any) -> Any:
    u, s, vh = xp.linalg.svd(x, full_matrices=False)
    rate = _real(xp, xp.sum(_conj(xp, u) * (t @ _h(xp, vh)), axis=-2))
    return _nonzero_values(xp, s, x) * rate


def _nonzero_values(xp: Any, s: Any, x: Any) -> Any:
    """1 for the singular values that count for the rank, 0 for the others."""
    return xp.astype(s > _resolution(xp, s, max(x.shape[-2:])), s.dtype)


def _resolution(xp: Any, values: Any, size: int) -> Any:
    """What eigenvalues or singular values must differ by to be told apart, as one value a matrix."""
    largest = xp.max if values.shape[-1] else xp.sum
    return size * _eps(xp, values) * largest(xp.abs(values), axis=-1, keepdims=True)


def _reciprocal(xp: Any, x: Any, tiny: Any) -> Any:
    """1 / x, but 0 where x is 0 within `tiny`."""
    zero = xp.abs(x) <= tiny
    return xp.where(zero, 0.0, 1 / xp.where(zero, 1.0, x))


# Shared -------------------------------------------------------------------------------------------


def _conj(xp: Any, x: Any) -> Any:
    return xp.conj(x) if is_complex(xp, x) else x


def _real(xp: Any, x: Any) -> Any:
    return xp.real(x) if is_complex(xp, x) else x


def _h(xp: Any, x: Any) -> Any:
    """The conjugate transpose."""
    return _conj(xp, xp.matrix_transpose(x))


def _hermitian(xp: Any, x: Any) -> Any:
    return (x + _h(xp, x)) / 2


def _skew(xp: Any, x: Any) -> Any:
    return (x - _h(xp, x)) / 2


def _sum2(xp: Any, x: Any) -> Any:
    return xp.sum(x, axis=(-2, -1))


def _eps(xp: Any, x: Any) -> float:
    return float(xp.finfo(x.dtype).eps)


def _eye(xp: Any, like: Any, n: int | None = None) -> Any:
    return xp.eye(like.shape[-1] if n is None else n, dtype=like.dtype, device=device_of(like))


def _diag(xp: Any, values: Any) -> Any:
    """Diagonal matrices."""
    return values[..., None] * _eye(xp, values)


def _place_diagonal(xp: Any, values: Any, rows: int, columns: int, offset: int) -> Any:
    """Matrices of zeros but for one diagonal: value i stands in the i-th row that the diagonal passes."""
    before = min(max(0, -offset), rows)
    after = rows - before - values.shape[-1]
    padded = values
    if before or after:  # not for all the diagonal of a square matrix
        zeros = xp.zeros((*values.shape[:-1], max(before, after)), dtype=values.dtype, device=device_of(values))
        padded = xp.concat([zeros[..., :before], values, zeros[..., :after]], axis=-1)
    i, j = (xp.arange(size, device=device_of(values)) for size in (rows, columns))
    return xp.where(j - i[:, None] == offset, padded[..., None], 0.0)
