"""Linear algebra: the extension ``linalg``. Every function takes stacks of matrices.

Conventions. A function of a Hermitian matrix (``cholesky``, ``eigh``, ``eigvalsh``) is differentiated as a
function of the Hermitian part of its argument, whichever triangle the backend reads: gradients are Hermitian.

Factors are not unique. Singular vectors and eigenvectors move without turning along the directions that leave
the factorization valid (the zero component of the gauge), and so do the columns of ``qr`` and ``svd`` that
complete a basis: only functions of them that do not depend on that choice have a derivative, and it is right.

Where eigenvalues or singular values coincide, to the accuracy to which they can be known, vectors may turn
among themselves, too; their derivative is 0 in those directions. Right there are, in first order: functions of
the values that treat equal ones alike; projectors on whole eigenspaces; the polar factor U V^H. What depends on
how equal values part is nan: V f(w) V^H, which takes values and vectors, in reverse mode; in forward mode, which
cannot know what they will meet, the values that `eigh` and `svd` return beside vectors (`eigvalsh` and `svdvals`
are right); and second derivatives. `_factors` says where values begin to be close, and why.

A length has derivative 0 where it is 0, and its second derivative there is nan: norms, `svdvals`, as `abs` of a
complex number. Gradients of norms are x / |x| also where the squares in |x| over- or underflow.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import inf
from typing import Any

from agrad.declare import Core, Op, Over, composite, constant, general, linear
from agrad.ops import _batch
from agrad.ops._factors import (
    cholesky_jvp,
    cholesky_vjp,
    eig_jvp,
    eig_vjp,
    eigh_jvp,
    eigh_vjp,
    eigvalsh_and_vectors,
    eigvalsh_jvp,
    eigvalsh_vjp,
    qr_jvp,
    qr_vjp,
    singular_norm_gradient,
    svd_jvp,
    svd_vjp,
    svdvals_and_vectors,
    svdvals_jvp,
    svdvals_vjp,
)
from agrad.ops._guards import guarded, unit
from agrad.ops._matrices import (
    adjoint,
    conjugate,
    diagonal_matrix,
    eps_of,
    identity,
    place_diagonal,
    real_part,
    shares,
    sum_of_matrix,
)
from agrad.ops._shapes import device_of, keep


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
            cholesky_vjp(xp, adjoint(xp, ct), adjoint(xp, out), block) if upper else cholesky_vjp(xp, ct, out, block)
        ),
        jvp=lambda xp, t, out, upper: (
            adjoint(xp, cholesky_jvp(xp, t, adjoint(xp, out), block)) if upper else cholesky_jvp(xp, t, out, block)
        ),
        axes=Core(2, 2),
    )


OPS = (
    cholesky(block=64),
    composite("linalg.cross(x1, x2, /, *, axis=-1)", lambda xp, x1, x2, axis: _cross(xp, x1, x2, axis)),
    # Jacobi's formula: d det x = tr(adj(x) dx)
    general(
        "linalg.det(x, /)",
        vjp=lambda xp, ct, x: ct[..., None, None] * adjoint(xp, _adjugate(xp, x)),
        jvp=lambda xp, t, x: sum_of_matrix(xp, xp.matrix_transpose(_adjugate(xp, x)) * t),
        axes=Core(2, 0),
    ),
    linear(
        "linalg.diagonal(x, /, *, offset=0)",
        lambda xp, ct, x, offset: place_diagonal(xp, ct, x.shape[-2], x.shape[-1], offset),
        write=lambda xp, x, value, offset: xp.where(
            place_diagonal(xp, xp.ones_like(value), x.shape[-2], x.shape[-1], offset) != 0,
            place_diagonal(xp, value, x.shape[-2], x.shape[-1], offset),
            x,
        ),
        axes=Core(2, 1),
    ),
    # Boeddeker et al., On the computation of complex-valued gradients (2017): unit vectors, their phases kept
    general("linalg.eig(x, /)", vjp=eig_vjp, jvp=eig_jvp, outputs=2, axes=Core(2, (1, 2))),
    # Giles, Collected matrix derivative results (2008)
    general("linalg.eigh(x, /)", vjp=eigh_vjp, jvp=eigh_jvp, outputs=2, axes=Core(2, (1, 2))),
    # through eig: two routines of a backend need not agree on the order of eigenvalues
    composite("linalg.eigvals(x, /)", lambda xp, x: xp.linalg.eig(x)[0]),
    general(
        "linalg.eigvalsh(x, /)", vjp=eigvalsh_vjp, jvp=eigvalsh_jvp, residual=eigvalsh_and_vectors, axes=Core(2, 1)
    ),
    # Giles (2008)
    general(
        "linalg.inv(x, /)",
        vjp=lambda xp, ct, out: -(adjoint(xp, out) @ ct @ adjoint(xp, out)),
        jvp=lambda xp, t, out: -(out @ t @ out),
        axes=Core(2, 2),
    ),
    general(
        "linalg.matrix_norm(x, /, *, keepdims=False, ord='fro')",
        vjp=lambda xp, ct, out, x, ord: (
            _stretched(xp, ct, x) * _matrix_norm_gradient(xp, x, _stretched(xp, out, x), ord)
        ),
        jvp=lambda xp, t, out, x, keepdims, ord: _along(
            xp, _matrix_norm_gradient(xp, x, _stretched(xp, out, x), ord), t, (-2, -1), keepdims
        ),
        forward=lambda xp, x, keepdims, ord: _matrix_norm(xp, x, keepdims, ord),
        axes=Core(2, 0),
    ),
    composite("linalg.matrix_power(x, n, /)", lambda xp, x, n: _matrix_power(xp, x, n), data=("x",)),
    constant(
        "linalg.matrix_rank(x, /, *, rtol=None)", "a rank is an integer", data=("x", "rtol"), axes=Core((2, 0), 0)
    ),
    composite("linalg.outer(x1, x2, /)", lambda xp, x1, x2: _outer(xp, x1, x2)),
    # Golub and Pereyra, The differentiation of pseudo-inverses (1973), for perturbations that keep the rank
    general(
        "linalg.pinv(x, /, *, rtol=None)",
        vjp=lambda xp, ct, out, x: _pinv_vjp(xp, ct, out, x),
        jvp=lambda xp, t, out, x: _pinv_jvp(xp, t, out, x),
        data=("x", "rtol"),
        axes=Core((2, 0), 2),
    ),
    # Walter and Lehmann, Algorithmic differentiation of linear algebra functions (2010)
    general("linalg.qr(x, /, *, mode='reduced')", vjp=qr_vjp, jvp=qr_jvp, outputs=2, axes=Core(2, 2)),
    # Boeddeker et al. (2017): d log det x = tr(x^-1 dx), of which logabsdet takes the real part and the sign the other
    general(
        "linalg.slogdet(x, /)",
        vjp=lambda xp, ct, out, x: _slogdet_vjp(xp, ct, out[0], x),
        jvp=lambda xp, t, out, x: _slogdet_jvp(xp, t, out[0], x),
        outputs=2,
        axes=Core(2, 0),
    ),
    # Giles (2008)
    general(
        "linalg.solve(x1, x2, /)",
        vjp=lambda xp, ct, out, x1, x2: _solve_vjp(xp, ct, out, x1, x2.ndim == 1),
        jvp=(
            lambda xp, t, out, x1, x2: -_solve(xp, x1, _columns(t, False) @ _columns(out, x2.ndim == 1), x2.ndim == 1),
            lambda xp, t, x1: xp.linalg.solve(x1, t),
        ),
        batch=_batch.solve,
    ),
    # Townsend, Differentiating the SVD (2016); Wan and Zhang (2019) for the phases of complex vectors
    general("linalg.svd(x, /, *, full_matrices=True)", vjp=svd_vjp, jvp=svd_jvp, outputs=3, axes=Core(2, (2, 1, 2))),
    general("linalg.svdvals(x, /)", vjp=svdvals_vjp, jvp=svdvals_jvp, residual=svdvals_and_vectors, axes=Core(2, 1)),
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
        jvp=lambda xp, t, out, x, axis, keepdims, ord: _along(
            xp, _norm_gradient(xp, x, keep(xp, out, axis, x.ndim, keepdims), axis, ord), t, axis, keepdims
        ),
        axes=Over("axis", "all"),
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
        return xp.broadcast_to(identity(xp, x), x.shape)
    square = xp.linalg.inv(x) if n < 0 else x
    n, power = abs(n), None
    while True:
        if n % 2:
            power = square if power is None else power @ square
        n //= 2
        if n == 0:
            return power
        square = square @ square


def _stretched(xp: Any, y: Any, x: Any) -> Any:
    """One number a matrix, with or without axes of length one for rows and columns, as something that has them."""
    return keep(xp, y, (-2, -1), x.ndim)


def _along(xp: Any, gradient: Any, t: Any, axis: int | Sequence[int] | None, keepdims: bool) -> Any:
    """The derivative of a norm along t."""
    return xp.sum(real_part(xp, conjugate(xp, gradient) * t), axis=axis, keepdims=keepdims)


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
    if ord == 1:
        return xp.sign(x) * guarded(xp, xp.abs(x), 1.0)
    if ord == 2:
        return unit(xp, x, norm, axis)
    if ord in (inf, -inf):
        return xp.sign(x) * shares(xp, xp.abs(x) == norm, norm.dtype, axis) * guarded(xp, norm, 1.0)
    # a ratio to a power, and that of numbers near 1: powers of x could overflow where the norm does not
    if 0 in x.shape:
        return xp.zeros_like(x)
    extreme = (xp.max if ord > 0 else xp.min)(xp.abs(x), axis=axis, keepdims=True)
    y = x * xp.exp(-xp.round(xp.log(_nonzero(xp, extreme))))  # rounded numbers have no derivative
    r = xp.linalg.vector_norm(y, axis=axis, keepdims=True, ord=ord)
    tip = guarded(xp, r, 1.0) * (1.0 if ord > 2 else guarded(xp, xp.abs(x), 1.0))
    zero = (x == 0) | (r == 0)
    y, r = xp.where(zero, 1.0, y), xp.where(zero, 1.0, r)
    return xp.where(zero, 0.0, xp.sign(y) * (xp.abs(y) / r) ** (ord - 1)) * tip


def _matrix_norm_gradient(xp: Any, x: Any, norm: Any, ord: float | str | None) -> Any:
    """The gradient of a matrix norm: ties share evenly, what is 0 is left out."""
    if ord in ("fro", None):
        return unit(xp, x, norm, (-2, -1))
    if ord in (1, -1, inf, -inf):
        axis = -2 if ord in (1, -1) else -1
        sums = xp.sum(xp.abs(x), axis=axis, keepdims=True)
        extreme = xp.max if ord in (1, inf) else xp.min
        hits = sums == extreme(sums, axis=(-2, -1), keepdims=True)
        tip = guarded(xp, xp.where(hits, xp.abs(x), 1.0), 1.0)
        return xp.sign(x) * shares(xp, hits, sums.dtype, (-2, -1)) * tip
    return singular_norm_gradient(xp, x, norm, ord)


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
    missing = s <= n * eps_of(xp, s) * s[..., :1]
    last = xp.arange(n, device=device_of(x)) >= n - 3
    b = rows * (xp.round(4096 * u) / 4096)
    d = columns * (xp.round(4096 * vh) / 4096)
    shift = xp.astype(last | missing, x.dtype)
    y = x + (b * shift[..., None, :]) @ d
    inverse = xp.linalg.inv(y)
    b, d = inverse @ b[..., n - 3 :], d[..., n - 3 :, :]
    core = identity(xp, x, 3) - d @ b
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
        return diagonal_matrix(xp, xp.linalg.trace(x)[..., None] * xp.ones_like(x[..., 0])) - x
    a, b, c = (x[..., i] for i in range(3))
    return xp.stack([_cross(xp, b, c, -1), _cross(xp, c, a, -1), _cross(xp, a, b, -1)], axis=-2)


def _nonzero(xp: Any, x: Any) -> Any:
    return xp.where(x == 0, 1.0, x)


def _slogdet_vjp(xp: Any, ct: tuple[Any, Any], sign: Any, x: Any) -> Any:
    ct_sign, ct_log = ct
    turn = conjugate(xp, sign) * ct_sign
    weight = ct_log + (turn - conjugate(xp, turn)) / 2
    return weight[..., None, None] * adjoint(xp, xp.linalg.inv(x))


def _slogdet_jvp(xp: Any, t: Any, sign: Any, x: Any) -> tuple[Any, Any]:
    rate = sum_of_matrix(xp, xp.matrix_transpose(xp.linalg.inv(x)) * t)
    return sign * (rate - conjugate(xp, rate)) / 2, real_part(xp, rate)


def _columns(b: Any, is_vector: bool) -> Any:
    return b[..., None] if is_vector else b


def _solve(xp: Any, a: Any, columns: Any, is_vector: bool) -> Any:
    y = xp.linalg.solve(a, columns)
    return y[..., 0] if is_vector else y


def _solve_vjp(xp: Any, ct: Any, out: Any, x1: Any, is_vector: bool) -> tuple[Any, Any]:
    g2 = xp.linalg.solve(adjoint(xp, x1), _columns(ct, is_vector))
    g1 = -(g2 @ adjoint(xp, _columns(out, is_vector)))
    return g1, g2[..., 0] if is_vector else g2


def _pinv_vjp(xp: Any, ct: Any, p: Any, x: Any) -> Any:
    ph, cth = adjoint(xp, p), adjoint(xp, ct)
    left = cth @ p @ ph
    right = ph @ p @ cth
    return left - x @ (p @ left) + right - (right @ p) @ x - ph @ ct @ ph


def _pinv_jvp(xp: Any, t: Any, p: Any, x: Any) -> Any:
    ph, th = adjoint(xp, p), adjoint(xp, t)
    left = p @ ph @ th
    right = th @ ph @ p
    return left - (left @ x) @ p + right - p @ (x @ right) - p @ t @ p
