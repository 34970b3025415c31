"""Functions of array libraries, by backend, where they do in one call what takes several of the standard's.

A library is imported when the first of its functions is called.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["functional", "torch_log_softmax", "torch_softmax"]


def functional(name: str, jax: str | None = None) -> dict[str, Callable[..., Any] | str]:
    """Where JAX and PyTorch have an activation of that name and of the op's signature."""
    return {"jax": f"jax.nn:{jax or name}", "torch": f"torch.nn.functional:{name}"}


def torch_softmax(x: Any, /, *, axis: int) -> Any:
    """The axis goes by another name."""
    import torch

    return torch.softmax(x, axis)


def torch_log_softmax(x: Any, /, *, axis: int) -> Any:
    """The axis goes by another name."""
    import torch

    return torch.log_softmax(x, axis)
