"""agrad's plugin of neural networks: ``xp.nn.conv2d`` and its kind, with derivatives of every order on every backend.

Arrays are laid out as PyTorch has them: (N, C, L) and (N, C, H, W), weights with the channels of the result first.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from itertools import chain
from typing import Any

from agrad.declare import Op
from agrad.plugins import hookimpl

__all__ = ["agrad_ops"]


@hookimpl
def agrad_ops() -> Iterable[Op]:
    """Return the records of the ops."""
    from agrad_nn.ops import (
        activation,
        attention,
        classification,
        conv,
        embedding,
        loss,
        norm,
        pool,
        softmax,
    )

    return list(
        chain(
            activation.OPS,
            attention.OPS,
            classification.OPS,
            conv.OPS,
            embedding.OPS,
            loss.OPS,
            norm.OPS,
            pool.OPS,
            softmax.OPS,
        )
    )


_LATER = {
    "errors": "StateError",
    "functional": "dropout functional_call",
    "modules.activation": "ELU GELU Hardtanh LeakyReLU LogSigmoid LogSoftmax Mish PReLU ReLU ReLU6 SELU SiLU Sigmoid "
    "Softmax Softplus Softsign Tanh",
    "modules.attention": "MultiheadAttention",
    "modules.cells": "GRUCell LSTMCell RNNCell",
    "modules.containers": "ModuleDict ModuleList ParameterList Sequential",
    "modules.conv": "Conv1d Conv2d ConvTranspose1d ConvTranspose2d",
    "modules.dropout": "Dropout Dropout1d Dropout2d",
    "modules.embedding": "Embedding",
    "modules.linear": "Flatten Identity Linear",
    "modules.loss": "BCELoss BCEWithLogitsLoss CrossEntropyLoss HuberLoss KLDivLoss L1Loss MSELoss NLLLoss "
    "SmoothL1Loss",
    "modules.module": "Module",
    "modules.norm": "BatchNorm1d BatchNorm2d GroupNorm LayerNorm",
    "modules.parameter": "Parameter",
    "modules.pool": "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveMaxPool1d AdaptiveMaxPool2d AvgPool1d AvgPool2d "
    "MaxPool1d MaxPool2d",
    "modules.rnn": "GRU LSTM RNN",
    "optim.clipping": "clip_grad_norm clip_grad_value",
    "rng": "seed",
    "state": "load save",
    "summaries": "Summary summary",
}
"""Where the public names are: imported when first used, since the ops do without."""

_HOMES = {name: home for home, names in _LATER.items() for name in names.split()}
_ROOMS = ("data", "init", "optim")


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return import_module(f"agrad_nn.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module 'agrad_nn' has no attribute {name!r}")
    value = getattr(import_module(f"agrad_nn.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*__all__, *_HOMES, *_ROOMS])
