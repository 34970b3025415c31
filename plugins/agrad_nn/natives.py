"""Functions of array libraries, by backend, where they do in one call what takes several of the standard's.

A library is imported when the first of its functions is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad_nn.compute.classes import Setting, checked, no_class, rows, targets

__all__ = ["functional", "numpy_nll", "torch_log_softmax", "torch_softmax"]


def functional(name: str, jax: str | None = None) -> dict[str, Callable[..., Any] | str]:
    """Where JAX and PyTorch have an activation of that name and of the op's signature."""
    return {"jax": f"jax.nn:{jax or name}", "torch": f"torch.nn.functional:{name}"}


def numpy_nll(x: Any, target: Any, weight: Any = None, /, *, reduction: str = "mean", ignore_index: int = -100) -> Any:
    """NumPy's values can be looked at: what is to be ignored costs something only where there is any."""
    import numpy as np

    setting = Setting(reduction, ignore_index)
    x, weight = checked(np, "nll", x, target, weight, setting)
    logs = rows(np, x)
    classes, index = targets(np, target, logs), np.arange(logs.shape[0])
    taking_part = None
    if classes.size and (classes.min() < 0 or classes.max() >= logs.shape[1] or 0 <= ignore_index < logs.shape[1]):
        taking_part = classes != ignore_index
        classes = np.where(taking_part, classes, 0)
        if classes.min() < 0 or classes.max() >= logs.shape[1]:
            raise no_class(logs.shape[1], ignore_index)
    found = -(logs[index, classes] if logs.ndim == 2 else logs[index[:, None], classes, np.arange(logs.shape[2])])
    weights = None if weight is None else weight[classes]
    if weights is not None:
        found *= weights
    if taking_part is not None:
        found = np.where(taking_part, found, 0)
        weights = taking_part.astype(logs.dtype) if weights is None else np.where(taking_part, weights, 0)
    if reduction == "none":
        return found.reshape(target.shape)
    total = np.add.reduce(found, axis=None)
    if reduction == "sum":
        return total
    with np.errstate(invalid="ignore"):  # the mean of nothing is nan
        return total / (found.dtype.type(found.size) if weights is None else np.add.reduce(weights, axis=None))


def torch_softmax(x: Any, /, *, axis: int = -1) -> Any:
    """The axis goes by another name."""
    import torch

    return torch.softmax(x, axis)


def torch_log_softmax(x: Any, /, *, axis: int = -1) -> Any:
    """The axis goes by another name."""
    import torch

    return torch.log_softmax(x, axis)
