"""Overhead per operation: chains of small operations, forward and backward, and a very long one."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload


def multiply(steps: int, xp: Any, x: Any) -> Any:
    for _ in range(steps):
        x = x * 1.01
    return xp.sum(x) if x.shape else x


def multiply_by_hand(steps: int, x: Any) -> tuple[Any, ...]:
    for _ in range(steps):
        x = x * 1.01
    value = np.add.reduce(x) if x.shape else x
    ct = np.ones_like(x) if x.shape else np.float64(1.0)
    for _ in range(steps):
        ct = ct * 1.01
    return value, ct


def mixed(steps: int, xp: Any, x: Any, y: Any) -> Any:
    """Ten operations a turn: between arrays, with constants, and functions."""
    for _ in range(steps // 10):
        decay = xp.exp(-(xp.sin(x) * y + x))
        gate = decay / (decay + 1.0)
        x = gate * gate - 0.5 * y
    return xp.sum(x) if x.shape else x


def mixed_by_hand(steps: int, x: Any, y: Any) -> tuple[Any, ...]:
    saved = []
    for _ in range(steps // 10):
        wave = np.sin(x)
        decay = np.exp(-(wave * y + x))
        total = decay + 1.0
        gate = decay / total
        saved.append((x, wave, total, gate))
        x = gate * gate - 0.5 * y
    value = np.add.reduce(x) if x.shape else x
    ct = np.ones_like(x) if x.shape else np.float64(1.0)
    y_ct = 0.0
    for x, wave, total, gate in reversed(saved):
        y_ct = y_ct - 0.5 * ct
        ct = ct * (gate * gate) / total * -2.0
        y_ct = y_ct + ct * wave
        ct = ct + ct * y * np.cos(x)
    return value, ct, y_ct


def add(steps: int, xp: Any, x: Any) -> Any:
    for _ in range(steps):
        x = x + 1.0
    return x


def add_by_hand(steps: int, x: Any) -> tuple[Any, ...]:
    for _ in range(steps):
        x = x + 1.0
    ct = np.float64(1.0)
    for _ in range(steps):
        ct = ct * 1.0
    return x, ct


def workloads(tiny: bool) -> list[Workload]:
    steps, many = (20, 50) if tiny else (200, 100_000)
    rows = []
    for chain, hand, name, title in (
        (multiply, multiply_by_hand, "multiply", "x * 1.01"),
        (mixed, mixed_by_hand, "mixed", "mixed"),
    ):
        for shape in ((), (100,)):
            arrays = [np.full(shape, 0.7), np.full(shape, 0.3)][: 1 if chain is multiply else 2]
            arrays = [a if shape else a[()] for a in arrays]
            rows.append(
                Workload(
                    name=f"{name}-{shape[0] if shape else 'scalar'}",
                    title=f"per operation, {title}, shape {shape}",
                    steps=differentiate(partial(chain, steps), arrays, by_hand=partial(hand, steps)),
                    operations=steps,
                )
            )
    rows.append(
        Workload(
            name="adds",
            title="per operation, a chain of 1e5 adds, shape ()",
            steps=differentiate(partial(add, many), [np.float64(1.0)], by_hand=partial(add_by_hand, many)),
            operations=many,
            skipped=dict.fromkeys(
                ("jax", "jax.jit", "agrad.jax", "agrad.jax.jit"), "100,000 operations in one expression take it minutes"
            ),
        )
    )
    return rows
