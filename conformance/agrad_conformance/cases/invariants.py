"""Functions of factors that no choice of signs, phases, order or completing columns changes: what has a derivative."""

from __future__ import annotations

from typing import Any

from agrad_conformance.cases.row import adjoint

__all__ = ["of_eig", "of_eigenvalues", "of_eigh", "of_hermitian", "of_qr", "of_svd"]


def of_hermitian(xp: Any, call: Any, x: Any) -> Any:
    """A function of the Hermitian part, which is what the derivative is taken of."""
    return call((x + adjoint(xp, x)) / 2)


def of_eigh(xp: Any, call: Any, x: Any) -> Any:
    """The eigenvalues, and a function of the matrix by way of its eigenvectors."""
    w, v = call((x + adjoint(xp, x)) / 2)
    return w, (v * xp.sin(w)[..., None, :]) @ adjoint(xp, v)


def of_eig(xp: Any, call: Any, x: Any) -> Any:
    """Symmetric functions of the eigenvalues, and a sum of the eigenvectors' outer products."""
    w, v = call(x)
    return *_symmetric(xp, w), (v * w[..., None, :] ** 2) @ adjoint(xp, v)


def of_eigenvalues(xp: Any, call: Any, x: Any) -> Any:
    """Symmetric functions of the eigenvalues."""
    return _symmetric(xp, call(x))


def _symmetric(xp: Any, w: Any) -> Any:
    return xp.sum(w**3, axis=-1), xp.sum(xp.abs(w) ** 2, axis=-1)


def of_qr(xp: Any, call: Any, x: Any) -> Any:
    """Each column of Q and row of R with itself, and the projector on the completing columns."""
    q, r = call(x)
    k = min(x.shape[-2:])
    q1, rest, r1 = q[..., :k], q[..., k:], r[..., :k, :]
    alone = (q1[..., :, None, :] * xp.conj(q1)[..., None, :, :], r1[..., :, :, None] * xp.conj(r1)[..., :, None, :])
    return (*alone, rest @ adjoint(xp, rest)) if rest.shape[-1] else alone


def of_svd(xp: Any, call: Any, x: Any) -> Any:
    """The singular values, a function of the matrix by way of its vectors, and projectors on completing ones."""
    u, s, vh = call(x)
    k = s.shape[-1]
    rests = u[..., k:], adjoint(xp, vh[..., k:, :])
    projectors = (rest @ adjoint(xp, rest) for rest in rests if rest.shape[-1])
    return s, (u[..., :k] * xp.exp(-s)[..., None, :]) @ vh[..., :k, :], *projectors
