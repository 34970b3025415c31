"""Ten steps of every optimizer and schedule, as PyTorch takes them: the problems, and its numbers.

    python tests/nn_training.py

writes ``tests/data/nn_training.json`` anew, with the PyTorch that is installed.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["OPTIMIZERS", "SCHEDULES", "STORED", "by_pytorch", "loss", "rates", "start", "trained"]

STORED = Path(__file__).parent / "data" / "nn_training.json"

OPTIMIZERS: dict[str, tuple[str, dict[str, Any]]] = {
    "sgd": ("SGD", {"lr": 0.1}),
    "sgd-momentum": ("SGD", {"lr": 0.05, "momentum": 0.9}),
    "sgd-dampening": ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.01}),
    "sgd-nesterov": ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}),
    "sgd-maximize": ("SGD", {"lr": 0.001, "maximize": True, "weight_decay": 0.1, "momentum": 0.5}),
    "adam": ("Adam", {"lr": 0.1}),
    "adam-amsgrad": ("Adam", {"lr": 0.1, "betas": (0.8, 0.9), "eps": 1e-4, "weight_decay": 0.1, "amsgrad": True}),
    "adam-maximize": ("Adam", {"lr": 0.01, "maximize": True, "weight_decay": 0.1}),
    "adamw": ("AdamW", {"lr": 0.1}),
    "adamw-amsgrad": ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True}),
    "rmsprop": ("RMSprop", {"lr": 0.05}),
    "rmsprop-centered": (
        "RMSprop",
        {"lr": 0.02, "alpha": 0.9, "momentum": 0.8, "centered": True, "weight_decay": 0.1, "eps": 1e-3},
    ),
    "adagrad": ("Adagrad", {"lr": 0.3}),
    "adagrad-decay": (
        "Adagrad",
        {"lr": 0.3, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5, "maximize": True},
    ),
    "lbfgs": ("LBFGS", {"lr": 0.2, "max_iter": 3, "history_size": 2}),
    "lbfgs-wolfe": ("LBFGS", {"max_iter": 2, "line_search_fn": "strong_wolfe"}),
}

SCHEDULES: dict[str, tuple[str, dict[str, Any]]] = {
    "step": ("StepLR", {"step_size": 3, "gamma": 0.5}),
    "multi-step": ("MultiStepLR", {"milestones": [2, 5, 5], "gamma": 0.3}),
    "lambda": ("LambdaLR", {"lr_lambda": lambda epoch: 0.9**epoch / (1 + epoch)}),
    "linear": ("LinearLR", {"start_factor": 0.25, "end_factor": 0.75, "total_iters": 4}),
    "exponential": ("ExponentialLR", {"gamma": 0.8}),
    "cosine": ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.01}),
    "plateau": ("ReduceLROnPlateau", {"factor": 0.5, "patience": 1, "cooldown": 1, "min_lr": 0.02}),
    "plateau-max": (
        "ReduceLROnPlateau",
        {"mode": "max", "factor": 0.5, "patience": 0, "threshold": 0.3, "threshold_mode": "abs"},
    ),
    "plateau-max-rel": ("ReduceLROnPlateau", {"mode": "max", "factor": 0.5, "patience": 0, "threshold": 0.2}),
    "one-cycle": ("OneCycleLR", {"max_lr": 1.0, "total_steps": 12}),
    "one-cycle-linear": (
        "OneCycleLR",
        {"max_lr": [1.0, 2.0], "total_steps": 12, "anneal_strategy": "linear", "three_phase": True, "pct_start": 0.4},
    ),
}

MEASURES = [1.0, 0.9, 0.95, 0.91, 0.93, 1.5, 1.2, 1.1, 1.4, 1.0]
"""What the schedules on a plateau look at."""


def start() -> tuple[Any, Any]:
    """A matrix and a vector to start from."""
    return np.linspace(-1.0, 1.5, 12).reshape(4, 3), np.asarray([0.3, -0.2, 0.7])


X = np.sin(np.arange(20.0)).reshape(5, 4)
Y = np.cos(np.arange(15.0)).reshape(5, 3)


def loss(w: Any, b: Any, array: Any) -> Any:
    """A function of both with operators alone, so that it is the same for every library."""
    r = array(X) @ w + b * b - array(Y)
    return (r * r * r * r).mean() + (b * b).sum()


def trained(optim: Any, case: str, w: Any, b: Any, array: Any) -> Any:
    """Take ten steps; return the optimizer."""
    name, settings = OPTIMIZERS[case]
    optimizer = getattr(optim, name)([w, b], **settings)

    def closure() -> Any:
        optimizer.zero_grad()
        value = loss(w, b, array)
        value.backward()
        return value

    for _ in range(10):
        optimizer.step(closure)
    return optimizer


def rates(optim: Any, schedules: Any, case: str, parameters: list[Any]) -> list[list[float]]:
    """Learning rates and momenta of two groups, before and after each of ten steps."""
    name, settings = SCHEDULES[case]
    groups = [{"params": [p], "lr": lr} for p, lr in zip(parameters, (0.1, 0.4), strict=True)]
    betas = case == "one-cycle-linear"
    optimizer = optim.Adam(groups) if betas else optim.SGD(groups, lr=0.1, momentum=0.9)
    schedule = getattr(schedules, name)(optimizer, **settings)

    def now() -> list[float]:
        return [
            number for g in optimizer.param_groups for number in (g["lr"], g["betas"][0] if betas else g["momentum"])
        ]

    seen = [now()]
    for measure in MEASURES:
        optimizer.step()
        schedule.step(measure) if "plateau" in case else schedule.step()
        seen.append(now())
    return seen


def by_pytorch() -> dict[str, Any]:
    """All of it by PyTorch."""
    import torch

    made: dict[str, Any] = {"version": torch.__version__.partition("+")[0], "optimizers": {}, "schedules": {}}
    for case in OPTIMIZERS:
        w, b = (torch.tensor(x, requires_grad=True) for x in start())
        trained(torch.optim, case, w, b, torch.asarray)
        made["optimizers"][case] = [w.tolist(), b.tolist()]
    for case in SCHEDULES:
        parameters = [torch.ones(1, requires_grad=True) for _ in range(2)]
        made["schedules"][case] = rates(torch.optim, torch.optim.lr_scheduler, case, parameters)
    return made


if __name__ == "__main__":
    STORED.write_text(json.dumps(by_pytorch(), indent=1) + "\n")
