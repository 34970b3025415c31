"""``torch.autograd``: gradients asked for by name, functions with derivatives of one's own, and the switches."""

from __future__ import annotations

from importlib import import_module
from typing import Any

__all__ = [
    "Function",
    "Variable",
    "anomaly_mode",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "function",
    "functional",
    "grad",
    "grad_mode",
    "gradcheck",
    "gradgradcheck",
    "inference_mode",
    "no_grad",
    "set_detect_anomaly",
    "set_grad_enabled",
]

_HOMES = {
    "Function": "function",
    "Variable": "variable",
    "backward": "calls",
    "grad": "calls",
    "gradcheck": "check",
    "gradgradcheck": "check",
    **dict.fromkeys(("detect_anomaly", "set_detect_anomaly"), "anomaly_mode"),
    **dict.fromkeys(("enable_grad", "inference_mode", "no_grad", "set_grad_enabled"), "grad_mode"),
}


def __getattr__(name: str) -> Any:
    if name in ("anomaly_mode", "function", "functional", "grad_mode", "variable"):
        return import_module(f"agrad_torchlike.autograd.{name}")
    if name not in _HOMES:
        from agrad_torchlike.errors import missing

        raise AttributeError(missing(f"autograd.{name}", "function"))
    value = getattr(import_module(f"agrad_torchlike.autograd.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
