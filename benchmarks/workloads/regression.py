"""The linear regression of PyTorch's tutorials: 200 epochs of y = 2x + 1, a layer, a loss and an optimizer at work."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from contestants import Prepare, Step, native
from workloads import Workload

RATE = 0.01
START = 0.5
"""Of the weight and of the bias."""


def by_hand(x: np.ndarray, y: np.ndarray, epochs: int) -> tuple[Any, ...]:
    """The last loss, the weight and the bias."""
    w, b = np.full((1, 1), START, x.dtype), np.full((1,), START, x.dtype)
    scale = x.dtype.type(2 / x.size)
    rate = x.dtype.type(RATE)
    for _ in range(epochs):
        error = x @ w.T
        error += b
        error -= y
        loss = np.vdot(error, error) / x.dtype.type(x.size)
        error *= scale
        w -= rate * (error.T @ x)
        b -= rate * np.add.reduce(error)
    return loss, w, b


def agrad_nn(x: np.ndarray, y: np.ndarray, epochs: int, backend: str) -> Step:
    """With agrad's modules and optimizer."""
    import agrad
    import agrad_nn as nn

    def start(model: Any) -> None:
        for parameter in model.parameters():
            nn.init.constant(parameter, START)

    xp = agrad.namespace(backend)
    model = nn.Linear(1, 1, backend=backend, dtype="float32")
    inputs, targets = xp.asarray(native(x, backend)), xp.asarray(native(y, backend))
    return partial(_train, model, nn.MSELoss(), nn.optim.SGD, start, inputs, targets, epochs)


def torch_nn(x: np.ndarray, y: np.ndarray, epochs: int) -> Step:
    """With PyTorch's."""
    import torch

    def start(model: Any) -> None:
        for parameter in model.parameters():
            torch.nn.init.constant_(parameter, START)

    model = torch.nn.Linear(1, 1)
    return partial(_train, model, torch.nn.MSELoss(), torch.optim.SGD, start, torch.tensor(x), torch.tensor(y), epochs)


def _train(
    model: Any, criterion: Any, optimizer_class: Any, start: Callable[[Any], None], x: Any, y: Any, epochs: int
) -> tuple[Any, ...]:
    """The tutorials' loop, which both libraries write alike."""
    start(model)
    optimizer = optimizer_class(model.parameters(), lr=RATE)
    for _ in range(epochs):
        optimizer.zero_grad()
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
    return loss, model.weight, model.bias


def workloads(tiny: bool) -> list[Workload]:
    epochs = 5 if tiny else 200
    x = np.linspace(0, 4, 20, dtype="float32")[:, None]
    noise = np.random.default_rng(0).standard_normal(x.shape).astype("float32") / 10
    y = 2 * x + 1 + noise
    steps: dict[str, Prepare] = {
        "numpy": lambda: partial(by_hand, x, y, epochs),
        "agrad": partial(agrad_nn, x, y, epochs, "numpy"),
        "torch": partial(torch_nn, x, y, epochs),
        "agrad.torch": partial(agrad_nn, x, y, epochs, "torch"),
    }
    return [
        Workload(
            name="linear-regression",
            title=f"linear regression, {epochs} epochs",
            steps=steps,
        )
    ]
