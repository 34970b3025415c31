"""Adagrad."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agrad_nn.optim.optimizer import Optimizer

__all__ = ["Adagrad"]


class Adagrad(Optimizer):
    """Steps by the gradient over the root of the sum of all its squares (Duchi et al., 2011).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Parameters, or groups of them with settings of their own.
    lr : float
        The learning rate.
    lr_decay : float
        How fast it falls: it is divided by ``1 + lr_decay * n`` after `n` steps.
    weight_decay : float
        A share of the parameter that is added to its gradient.
    initial_accumulator_value : float
        What the sum starts from.
    eps : float
        Added to the root.
    maximize : bool
        Whether to climb.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> x = nn.Parameter([3.0, 4.0])
    >>> optimizer = nn.optim.Adagrad([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> [round(v, 6) for v in x.tolist()]
    [2.5, 3.5]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "lr_decay": lr_decay, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "eps": eps, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def _change(self, xp: Any, value: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        if group["weight_decay"]:
            g = g + group["weight_decay"] * value
        step = state["step"] = state.get("step", 0) + 1
        total = state.get("sum")
        if total is None:
            total = g * g + group["initial_accumulator_value"]
        else:
            total += g * g
        state["sum"] = total
        root = xp.sqrt(total)
        root += group["eps"]
        change = g / root
        change *= group["lr"] / (1 + (step - 1) * group["lr_decay"])
        return change
