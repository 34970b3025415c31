"""A recurrent network unrolled over 100 steps: many small operations, weights used at every step."""

from __future__ import annotations

from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload


def loss(xp: Any, u: Any, w: Any, b: Any, x: Any, h: Any) -> Any:
    for t in range(x.shape[0]):
        h = xp.tanh(xp.matmul(x[t, ...], u) + xp.matmul(h, w) + b)
    return xp.sum(h * h)


def by_hand(u: np.ndarray, w: np.ndarray, b: np.ndarray, x: np.ndarray, h: np.ndarray) -> tuple[Any, ...]:
    states = [h]
    for step in x:
        h = step @ u
        h += states[-1] @ w
        h += b
        states.append(np.tanh(h, out=h))
    value = np.vdot(h, h)
    du, dw, db = np.zeros_like(u), np.zeros_like(w), np.zeros_like(b)
    ct = 2.0 * h
    slope = np.empty_like(h)
    for t in range(len(x) - 1, -1, -1):
        h = states[t + 1]
        np.multiply(h, h, out=slope)
        np.subtract(1.0, slope, out=slope)
        ct *= slope
        du += x[t].T @ ct
        dw += states[t].T @ ct
        db += np.add.reduce(ct)
        if t:
            ct = ct @ w.T
    return value, du, dw, db


def workloads(tiny: bool) -> list[Workload]:
    length, batch, inputs, hidden = (4, 3, 2, 5) if tiny else (100, 32, 32, 64)
    rng = np.random.default_rng(0)
    u = rng.standard_normal((inputs, hidden)) / inputs**0.5
    w = rng.standard_normal((hidden, hidden)) / hidden**0.5
    b = rng.standard_normal(hidden) / 10
    x = rng.standard_normal((length, batch, inputs))
    h = np.zeros((batch, hidden))
    return [
        Workload(
            name="recurrent",
            title="recurrent loop, 100 steps",
            steps=differentiate(loss, [u, w, b], [x, h], by_hand=by_hand),
        )
    ]
