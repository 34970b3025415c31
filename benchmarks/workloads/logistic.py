"""Logistic regression on 10,000 samples of 100 features, with the loss in its stable form."""

from __future__ import annotations

from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload


def loss(xp: Any, w: Any, x: Any, y: Any) -> Any:
    z = xp.matmul(x, w)
    return xp.mean(xp.maximum(z, 0.0) + xp.log1p(xp.exp(-xp.abs(z))) - y * z)


def torch_loss(torch: Any, w: Any, x: Any, y: Any) -> Any:
    return torch.nn.functional.binary_cross_entropy_with_logits(torch.mv(x, w), y)


def by_hand(w: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[Any, ...]:
    z = x @ w
    terms = np.abs(z)
    np.negative(terms, out=terms)
    np.exp(terms, out=terms)
    np.log1p(terms, out=terms)
    value = np.add.reduce(terms)
    value = (value + np.add.reduce(np.maximum(z, 0.0, out=terms)) - y @ z) / y.size
    z *= 0.5  # the sigmoid of z is (tanh(z / 2) + 1) / 2
    np.tanh(z, out=z)
    z += 1.0
    z *= 0.5
    z -= y
    z /= y.size
    return value, x.T @ z


def workloads(tiny: bool) -> list[Workload]:
    samples, features = (20, 3) if tiny else (10_000, 100)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((samples, features))
    y = (x @ rng.standard_normal(features) + rng.standard_normal(samples) > 0).astype("float64")
    w = rng.standard_normal(features) / features**0.5
    return [
        Workload(
            name="logistic",
            title="logistic regression, 10,000 x 100",
            steps=differentiate(loss, [w], [x, y], by_hand=by_hand, torch=torch_loss),
        )
    ]
