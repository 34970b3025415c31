"""An elementwise expression of a million elements: memory traffic, not overhead, decides."""

from __future__ import annotations

from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload


def loss(xp: Any, x: Any) -> Any:
    return xp.sum(xp.sin(x) * xp.exp(-x * x) + 0.5 * x)


def by_hand(x: np.ndarray) -> tuple[Any, ...]:
    wave = np.sin(x)
    bell = x * x
    np.negative(bell, out=bell)
    np.exp(bell, out=bell)
    wave *= bell  # both the first term of the value and a factor of its derivative
    half = 0.5 * x
    value = np.add.reduce(np.add(wave, half, out=half))
    gradient = np.cos(x)
    gradient *= bell
    wave *= x
    wave *= 2.0
    gradient -= wave
    gradient += 0.5
    return value, gradient


def workloads(tiny: bool) -> list[Workload]:
    size = 100 if tiny else 1_000_000
    x = np.random.default_rng(0).standard_normal(size)
    return [
        Workload(
            name="expression",
            title="elementwise expression, 1e6 elements",
            steps=differentiate(loss, [x], by_hand=by_hand),
        )
    ]
