"""The two-layer network of PyTorch's tutorials: batch 100, 1000 -> 100 -> 10, squared error."""

from __future__ import annotations

from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload


def loss(xp: Any, w1: Any, w2: Any, x: Any, y: Any) -> Any:
    hidden = xp.maximum(xp.matmul(x, w1), 0.0)
    return xp.sum((xp.matmul(hidden, w2) - y) ** 2)


def torch_loss(torch: Any, w1: Any, w2: Any, x: Any, y: Any) -> Any:
    hidden = x.mm(w1).clamp(min=0)
    return (hidden.mm(w2) - y).pow(2).sum()


def by_hand(w1: np.ndarray, w2: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[Any, ...]:
    hidden = x @ w1
    active = hidden > 0
    np.maximum(hidden, 0, out=hidden)
    error = hidden @ w2
    error -= y
    value = np.vdot(error, error)
    error *= 2
    w2_gradient = hidden.T @ error
    ct = error @ w2.T
    ct *= active
    return value, x.T @ ct, w2_gradient


def workloads(tiny: bool) -> list[Workload]:
    batch, inputs, hidden, outputs = (5, 7, 4, 3) if tiny else (100, 1000, 100, 10)
    rows = []
    for dtype in ("float32", "float64"):
        rng = np.random.default_rng(0)
        x, y = rng.standard_normal((batch, inputs)), rng.standard_normal((batch, outputs))
        w1 = rng.standard_normal((inputs, hidden)) / inputs**0.5
        w2 = rng.standard_normal((hidden, outputs)) / hidden**0.5
        w1, w2, x, y = (a.astype(dtype) for a in (w1, w2, x, y))
        rows.append(
            Workload(
                name=f"network-{dtype}",
                title=f"two-layer network, {dtype}",
                steps=differentiate(loss, [w1, w2], [x, y], by_hand=by_hand, torch=torch_loss),
            )
        )
    return rows
