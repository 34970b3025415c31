"""What belongs to training beside networks, under PyTorch's names: data, and checkpoints of the backward pass."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    if name in ("checkpoint", "data"):
        return import_module(f"agrad_torchlike.utils.{name}")
    raise AttributeError(
        f"module 'agrad_torchlike.utils' has no attribute '{name}': it is not supported; it has checkpoint and data"
    )
