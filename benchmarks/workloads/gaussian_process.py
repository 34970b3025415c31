"""The negative log marginal likelihood of a Gaussian process, and its gradient in three hyperparameters.

Every library factors the kernel matrix with its `cholesky` and solves with its general `solve`, the
only one that the standard has. In the second row the others use their best: a triangular `solve`, or, by
hand, LAPACK's potrf and potri, which read and write one triangle only.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log, pi
from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload


def likelihood(xp: Any, theta: Any, distances: Any, eye: Any, y: Any, solve: Callable[..., Any], diagonal: Any) -> Any:
    length, amplitude, noise = xp.exp(theta[0]), xp.exp(theta[1]), xp.exp(theta[2])
    kernel = amplitude * xp.exp(distances * (-0.5 / length)) + noise * eye
    factor = xp.linalg.cholesky(kernel)
    whitened = solve(factor, y)
    return 0.5 * xp.sum(whitened * whitened) + xp.sum(xp.log(diagonal(factor))) + 0.5 * y.shape[0] * log(2 * pi)


def loss(xp: Any, theta: Any, distances: Any, eye: Any, y: Any) -> Any:
    return likelihood(xp, theta, distances, eye, y, xp.linalg.solve, xp.linalg.diagonal)


def autograd_loss(anp: Any, theta: Any, distances: Any, eye: Any, y: Any) -> Any:
    return likelihood(anp, theta, distances, eye, y, anp.linalg.solve, anp.diag)


def torch_triangular(torch: Any, theta: Any, distances: Any, eye: Any, y: Any) -> Any:
    def solve(factor: Any, b: Any) -> Any:
        return torch.linalg.solve_triangular(factor, b[:, None], upper=False)[:, 0]

    return likelihood(torch, theta, distances, eye, y, solve, torch.linalg.diagonal)


def jax_triangular(jnp: Any, theta: Any, distances: Any, eye: Any, y: Any) -> Any:
    from jax.scipy.linalg import solve_triangular

    def solve(factor: Any, b: Any) -> Any:
        return solve_triangular(factor, b, lower=True)

    return likelihood(jnp, theta, distances, eye, y, solve, jnp.linalg.diagonal)


def autograd_triangular(anp: Any, theta: Any, distances: Any, eye: Any, y: Any) -> Any:
    from autograd.scipy.linalg import solve_triangular

    def solve(factor: Any, b: Any) -> Any:
        return solve_triangular(factor, b, lower=True)

    return likelihood(anp, theta, distances, eye, y, solve, anp.diag)


def by_hand(theta: np.ndarray, distances: np.ndarray, eye: np.ndarray, y: np.ndarray) -> tuple[Any, ...]:
    length, amplitude, noise = np.exp(theta)
    smooth = distances * (-0.5 / length)
    np.exp(smooth, out=smooth)
    smooth *= amplitude
    kernel = smooth.copy()
    kernel.flat[:: len(y) + 1] += noise
    factor = np.linalg.cholesky(kernel)
    inverse = np.linalg.inv(kernel)
    weights = inverse @ y
    value = 0.5 * (y @ weights) + np.log(factor.diagonal()).sum() + 0.5 * len(y) * log(2 * pi)
    inverse -= np.multiply.outer(weights, weights)  # twice the gradient in the kernel
    noise_gradient = 0.5 * noise * np.trace(inverse)
    inverse *= smooth
    amplitude_gradient = 0.5 * np.add.reduce(inverse, axis=None)
    length_gradient = 0.25 / length * np.vdot(inverse, distances)
    return value, np.stack([length_gradient, amplitude_gradient, noise_gradient])


def by_hand_lapack(theta: np.ndarray, distances: np.ndarray, eye: np.ndarray, y: np.ndarray) -> tuple[Any, ...]:
    from scipy.linalg.blas import dsymv
    from scipy.linalg.lapack import dpotrf, dpotri

    length, amplitude, noise = np.exp(theta)
    smooth = distances * (-0.5 / length)
    np.exp(smooth, out=smooth)
    smooth *= amplitude
    kernel = smooth.copy()
    kernel.flat[:: len(y) + 1] += noise
    factor, failed = dpotrf(kernel.T, lower=1, overwrite_a=1)  # zeros above the diagonal
    assert not failed
    log_determinant = np.log(factor.diagonal()).sum()
    inverse, failed = dpotri(factor, lower=1, overwrite_c=1)
    assert not failed
    weights = dsymv(1.0, inverse, y, lower=1)
    value = 0.5 * (y @ weights) + log_determinant + 0.5 * len(y) * log(2 * pi)
    noise_gradient = 0.5 * noise * (np.trace(inverse) - weights @ weights)
    # Twice a triangle less the diagonal is the whole; the diagonal of the distances is 0.
    inverse = inverse.T  # in the order of the other matrices
    inverse *= smooth
    whole = 2.0 * np.add.reduce(inverse, axis=None) - np.trace(inverse)
    amplitude_gradient = 0.5 * (whole - weights @ smooth @ weights)
    smooth *= distances
    length_gradient = 0.25 / length * (2.0 * np.vdot(inverse, distances) - weights @ smooth @ weights)
    return value, np.stack([length_gradient, amplitude_gradient, noise_gradient])


def workloads(tiny: bool) -> list[Workload]:
    n = 8 if tiny else 300
    rng = np.random.default_rng(0)
    points = rng.standard_normal((n, 3))
    distances = ((points[:, None, :] - points[None, :, :]) ** 2).sum(-1)
    y = np.sin(points.sum(-1)) + 0.1 * rng.standard_normal(n)
    theta = np.log(np.array([1.5, 1.2, 0.3]))
    arrays = [distances, np.eye(n), y]
    tolerance = {"float64": 1e-7}  # the condition number of the kernel matrix
    triangular = {"autograd": autograd_triangular, "torch": torch_triangular, "jax": jax_triangular}
    return [
        Workload(
            name="gaussian-process",
            title=f"Gaussian process, n={n}",
            steps=differentiate(loss, [theta], arrays, by_hand=by_hand, autograd=autograd_loss),
            tolerance=tolerance,
        ),
        Workload(
            name="gaussian-process-best",
            title=f"Gaussian process, n={n}, others at their best",
            steps=differentiate(loss, [theta], arrays, by_hand=by_hand_lapack, **triangular),
            needs=("scipy",),
            tolerance=tolerance,
        ),
    ]
