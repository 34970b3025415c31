"""What belongs to training beside networks: data under PyTorch's names."""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    if name == "data":
        return import_module("agrad_torchlike.utils.data")
    raise AttributeError(f"module 'agrad_torchlike.utils' has no attribute '{name}': it is not supported; it has data")
