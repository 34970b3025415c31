"""Adam, and AdamW."""

from __future__ import annotations

from collections.abc import Iterable
from math import sqrt
from typing import Any

from agrad_nn.optim.optimizer import Optimizer, copied

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Steps by running means of the gradient and of its square (Kingma and Ba, 2015).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Parameters, or groups of them with settings of their own.
    lr : float
        The learning rate.
    betas : tuple of float
        What is kept of the two means at each step.
    eps : float
        Added to the root of the second.
    weight_decay : float
        A share of the parameter that is added to its gradient.
    amsgrad : bool
        Whether the second mean never falls (Reddi et al., 2018).
    maximize : bool
        Whether to climb.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> x = nn.Parameter([3.0, 4.0])
    >>> optimizer = nn.optim.Adam([x], lr=0.5)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> [round(v, 6) for v in x.tolist()]
    [2.5, 3.5]
    """

    _decoupled = False

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad,
            "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def _change(self, xp: Any, value: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        lr, decay = group["lr"], group["weight_decay"]
        beta1, beta2 = group["betas"]
        if decay and not self._decoupled:
            g = g + decay * value
        step = state["step"] = state.get("step", 0) + 1
        if step == 1:
            mean, square = (1 - beta1) * g, (1 - beta2) * (g * g)
        else:
            mean, square = state["exp_avg"], state["exp_avg_sq"]
            mean *= beta1
            mean += (1 - beta1) * g
            square *= beta2
            square += (1 - beta2) * (g * g)
        state["exp_avg"], state["exp_avg_sq"] = mean, square
        if group["amsgrad"]:
            largest = state.get("max_exp_avg_sq")
            square = copied(xp, square) if largest is None else xp.maximum(largest, square)
            state["max_exp_avg_sq"] = square
        root = xp.sqrt(square)
        root /= sqrt(1 - beta2**step)
        root += group["eps"]
        change = mean / root
        change *= lr / (1 - beta1**step)
        return change + (lr * decay) * value if decay and self._decoupled else change


class AdamW(Adam):
    """Adam with a weight decay that is apart from the gradient (Loshchilov and Hutter, 2019).

    Parameters
    ----------
    params, lr, betas, eps, amsgrad, maximize
        As for `Adam`.
    weight_decay : float
        The share of a parameter that is taken off at each step, times the learning rate.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> x = nn.Parameter([3.0, 4.0])
    >>> optimizer = nn.optim.AdamW([x], lr=0.5, weight_decay=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> [round(v, 6) for v in x.tolist()]
    [2.35, 3.3]
    """

    _decoupled = True

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
