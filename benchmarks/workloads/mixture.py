"""The log-likelihood of 2,000 points in 10 dimensions under 20 Gaussians, logsumexp by hand with `max`."""

from __future__ import annotations

from math import log, pi
from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload


def logsumexp(xp: Any, a: Any, maximum: str) -> Any:
    peak = getattr(xp, maximum)(a, axis=-1, keepdims=True)
    return peak + xp.log(xp.sum(xp.exp(a - peak), axis=-1, keepdims=True))


def loss(xp: Any, logits: Any, means: Any, log_scales: Any, points: Any, maximum: str = "max") -> Any:
    z = (points[:, None, :] - means) * xp.exp(-log_scales)
    weights = logits - logsumexp(xp, logits, maximum)
    joint = weights - xp.sum(log_scales, axis=-1) - 0.5 * xp.sum(z * z, axis=-1)
    return xp.sum(logsumexp(xp, joint, maximum)) - 0.5 * log(2 * pi) * points.shape[0] * points.shape[1]


def torch_loss(torch: Any, *arrays: Any) -> Any:
    return loss(torch, *arrays, maximum="amax")  # torch.max returns the indices, too


def by_hand(logits: np.ndarray, means: np.ndarray, log_scales: np.ndarray, points: np.ndarray) -> tuple[Any, ...]:
    precision = np.exp(-log_scales)
    z = points[:, None, :] - means
    z *= precision
    weights = np.exp(logits - logits.max())
    total = weights.sum()
    joint = np.einsum("nkd,nkd->nk", z, z)
    joint *= -0.5
    joint += logits - logits.max() - np.log(total) - log_scales.sum(-1)
    peak = np.maximum.reduce(joint, axis=-1, keepdims=True)
    joint -= peak
    np.exp(joint, out=joint)
    sums = np.add.reduce(joint, axis=-1, keepdims=True)
    value = peak.sum() + np.log(sums).sum() - 0.5 * log(2 * pi) * points.size
    joint /= sums  # how far each component is responsible for each point
    counts = np.add.reduce(joint)
    weights *= len(points) / total
    means_gradient = np.einsum("nk,nkd->kd", joint, z)
    means_gradient *= precision
    z *= z
    scales_gradient = np.einsum("nk,nkd->kd", joint, z)
    scales_gradient -= counts[:, None]
    return value, counts - weights, means_gradient, scales_gradient


def workloads(tiny: bool) -> list[Workload]:
    size, components, dimensions = (7, 3, 2) if tiny else (2000, 20, 10)
    rng = np.random.default_rng(0)
    means = rng.standard_normal((components, dimensions))
    points = means[rng.integers(components, size=size)] + 0.5 * rng.standard_normal((size, dimensions))
    parameters = [
        rng.standard_normal(components) / 4,
        means + rng.standard_normal(means.shape) / 4,
        rng.standard_normal(means.shape) / 4 - 0.5,
    ]
    return [
        Workload(
            name="mixture",
            title="Gaussian mixture, 2,000 x 10, 20 components",
            steps=differentiate(loss, parameters, [points], by_hand=by_hand, torch=torch_loss),
        )
    ]
