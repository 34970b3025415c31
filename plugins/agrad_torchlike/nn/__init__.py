"""Modules, parameters and functions of networks under PyTorch's names: ``import agrad_torchlike.nn as nn``."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_LATER = {
    "activations": "ELU GELU Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish PReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax "
    "Softplus Softsign Tanh",
    "containers": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "layers": "Dropout Dropout1d Dropout2d Embedding Flatten Identity Linear",
    "losses": "BCELoss BCEWithLogitsLoss CrossEntropyLoss HuberLoss KLDivLoss L1Loss MSELoss NLLLoss SmoothL1Loss",
    "module": "Module",
    "norms": "BatchNorm1d BatchNorm2d GroupNorm LayerNorm",
    "parameter": "Buffer Parameter",
    "recurrent": "GRU GRUCell LSTM LSTMCell MultiheadAttention RNN RNNCell",
    "windows": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AvgPool1d AvgPool2d Conv1d "
    "Conv2d ConvTranspose1d ConvTranspose2d MaxPool1d MaxPool2d",
}
"""Where the names are: imported when first used."""

_HOMES = {name: home for home, names in _LATER.items() for name in names.split()}
_ROOMS = ("functional", "init", "utils")


def __getattr__(name: str) -> Any:
    if name in _ROOMS or name == "modules":
        return import_module(f"agrad_torchlike.nn.{name}") if name in _ROOMS else import_module("agrad_torchlike.nn")
    if name not in _HOMES:
        raise AttributeError(
            f"module 'agrad_torchlike.nn' has no attribute '{name}': it is not supported; nn has "
            f"{', '.join(sorted(_HOMES))}"
        )
    value = getattr(import_module(f"agrad_torchlike.nn.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*_HOMES, *_ROOMS])
