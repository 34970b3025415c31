"""Optimizers under PyTorch's names: ``import agrad_torchlike.optim as optim``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {
    "Optimizer": "optimizer",
    **dict.fromkeys(("LBFGS", "SGD", "Adagrad", "Adam", "AdamW", "RMSprop"), "algorithms"),
}


def __getattr__(name: str) -> Any:
    if name == "lr_scheduler":
        return import_module("agrad_torchlike.optim.lr_scheduler")
    if name not in _HOMES:
        raise AttributeError(
            f"module 'agrad_torchlike.optim' has no attribute '{name}': it is not supported; optim has "
            f"{', '.join(sorted(_HOMES))}"
        )
    value = getattr(import_module(f"agrad_torchlike.optim.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_HOMES, "lr_scheduler"])
