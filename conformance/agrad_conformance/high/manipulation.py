"""Manipulation functions in high precision: NumPy moves objects without looking at them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_conformance.high.numbers import alike

__all__ = ["FUNCTIONS"]


def _concat(mp: Any, xs: Any, axis: int | None = 0) -> Any:
    return np.concatenate(alike(mp, *xs), axis=axis)


def _stack(mp: Any, xs: Any, axis: int = 0) -> Any:
    return np.stack(alike(mp, *xs), axis=axis)


def _unstack(mp: Any, x: Any, axis: int = 0) -> Any:
    return tuple(np.moveaxis(x, axis, 0)[i] for i in range(x.shape[axis]))


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "broadcast_arrays": lambda mp, *xs: tuple(np.broadcast_arrays(*xs)),
    "broadcast_to": lambda mp, x, shape: np.broadcast_to(x, shape),
    "concat": _concat,
    "expand_dims": lambda mp, x, axis: np.expand_dims(x, axis),
    "flip": lambda mp, x, axis=None: np.flip(x, axis),
    "moveaxis": lambda mp, x, source, destination: np.moveaxis(x, source, destination),
    "permute_dims": lambda mp, x, axes: np.transpose(x, axes),
    "repeat": lambda mp, x, repeats, axis=None: np.repeat(x, repeats, axis),
    "reshape": lambda mp, x, shape, copy=None: np.reshape(x, shape),
    "roll": lambda mp, x, shift, axis=None: np.roll(x, shift, axis),
    "squeeze": lambda mp, x, axis: np.squeeze(x, axis),
    "stack": _stack,
    "tile": lambda mp, x, repetitions: np.tile(x, repetitions),
    "unstack": _unstack,
}
