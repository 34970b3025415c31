"""Arrays that are changed in place: one element after the other, and through a thousand slices that are alive."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload

IMMUTABLE = "its arrays cannot be changed in place"
NOT_VIEWS = "a slice of its arrays is not a view"


def add_at(count: int, xp: Any, x: Any, v: Any) -> Any:
    y = x * 1.0
    for k in range(count):
        y[k] += v
    return xp.sum(y * y)


def jax_add_at(count: int, jnp: Any, x: Any, v: Any) -> Any:
    y = x * 1.0
    for k in range(count):
        y = y.at[k].add(v)
    return jnp.sum(y * y)


def add_at_by_hand(count: int, x: np.ndarray, v: Any) -> tuple[Any, ...]:
    y = x * 1.0
    for k in range(count):
        y[k] += v
    value = np.vdot(y, y)
    y *= 2.0
    ct = 0.0
    for k in range(count):
        ct = ct + y[k]
    return value, y, ct


def slices(count: int, xp: Any, x: Any) -> Any:
    y = x * 1.0
    parts = [y[2 * i : 2 * i + 2] for i in range(count)]
    for part in parts:
        part *= 1.5
    return xp.sum(y * y)


def slices_by_hand(count: int, x: np.ndarray) -> tuple[Any, ...]:
    y = x * 1.0
    parts = [y[2 * i : 2 * i + 2] for i in range(count)]
    for part in parts:
        part *= 1.5
    value = np.vdot(y, y)
    y *= 2.0
    for part in parts:
        part *= 1.5
    return value, y


def workloads(tiny: bool) -> list[Workload]:
    updates, size, count = (3, 5, 4) if tiny else (100, 100_000, 1000)
    rng = np.random.default_rng(0)
    x, v = rng.standard_normal(size), np.float64(0.3)
    steps = differentiate(
        partial(add_at, updates), [x, v], by_hand=partial(add_at_by_hand, updates), jax=partial(jax_add_at, updates)
    )
    sliced = differentiate(
        partial(slices, count), [rng.standard_normal(2 * count)], by_hand=partial(slices_by_hand, count)
    )
    return [
        Workload(
            name="add-at",
            title="per update, y[k] += v, 1e5 elements",
            steps=steps,
            operations=updates,
            skipped={"autograd": IMMUTABLE},
        ),
        Workload(
            name="slices",
            title="1,000 live slices, each changed once",
            steps=sliced,
            skipped={
                "autograd": IMMUTABLE,
                **dict.fromkeys(("jax", "jax.jit", "agrad.jax", "agrad.jax.jit"), NOT_VIEWS),
            },
        ),
    ]
