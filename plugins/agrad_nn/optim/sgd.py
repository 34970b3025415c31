"""Stochastic gradient descent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agrad_nn.optim.optimizer import Optimizer, copied

__all__ = ["SGD"]


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum.

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Parameters, or groups of them with settings of their own.
    lr : float
        The learning rate.
    momentum : float
        The share of the last step in the next.
    dampening : float
        What the gradient's share in the momentum is lessened by.
    weight_decay : float
        A share of the parameter that is added to its gradient.
    nesterov : bool
        Whether to look ahead (Nesterov, 1983).
    maximize : bool
        Whether to climb.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> x = nn.Parameter([3.0, 4.0])
    >>> optimizer = nn.optim.SGD([x], lr=0.25)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x.tolist()
    [1.5, 2.0]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "momentum": momentum, "dampening": dampening, "weight_decay": weight_decay,
            "nesterov": nesterov, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("SGD got nesterov=True, which needs momentum and no dampening")

    def _change(self, xp: Any, value: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        momentum = group["momentum"]
        if group["weight_decay"]:
            g = g + group["weight_decay"] * value
        if momentum:
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = copied(xp, g)
            else:
                buffer *= momentum
                buffer += (1 - group["dampening"]) * g
            state["momentum_buffer"] = buffer
            g = g + momentum * buffer if group["nesterov"] else buffer
        return group["lr"] * g
