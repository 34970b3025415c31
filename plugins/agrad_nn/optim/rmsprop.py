"""RMSprop."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agrad_nn.optim.optimizer import Optimizer, copied

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Steps by the gradient over the root of a running mean of its square (Tieleman and Hinton, 2012).

    Parameters
    ----------
    params : iterable of Tensor, or of dict
        Parameters, or groups of them with settings of their own.
    lr : float
        The learning rate.
    alpha : float
        What is kept of the mean at each step.
    eps : float
        Added to the root.
    weight_decay : float
        A share of the parameter that is added to its gradient.
    momentum : float
        The share of the last step in the next.
    centered : bool
        Whether to use the variance in place of the mean of squares.
    maximize : bool
        Whether to climb.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> x = nn.Parameter([3.0, 4.0])
    >>> optimizer = nn.optim.RMSprop([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> [round(v, 6) for v in x.tolist()]
    [2.0, 3.0]
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ) -> None:
        defaults = {
            "lr": lr, "alpha": alpha, "eps": eps, "weight_decay": weight_decay, "momentum": momentum,
            "centered": centered, "maximize": maximize,
        }  # fmt: skip
        super().__init__(params, defaults)

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if not 0 <= group["alpha"] <= 1:
            raise ValueError(f"RMSprop got alpha={group['alpha']}; it is from 0 to 1")

    def _change(self, xp: Any, value: Any, g: Any, state: dict[str, Any], group: dict[str, Any]) -> Any:
        alpha = group["alpha"]
        if group["weight_decay"]:
            g = g + group["weight_decay"] * value
        state["step"] = state.get("step", 0) + 1
        square = _mean(state, "square_avg", alpha, g * g)
        if group["centered"]:
            mean = _mean(state, "grad_avg", alpha, g)
            square = square - mean * mean
        root = xp.sqrt(square)
        root += group["eps"]
        change = g / root
        if group["momentum"]:
            buffer = state.get("momentum_buffer")
            if buffer is None:
                buffer = copied(xp, change)
            else:
                buffer *= group["momentum"]
                buffer += change
            state["momentum_buffer"] = change = buffer
        return group["lr"] * change


def _mean(state: dict[str, Any], name: str, alpha: float, x: Any) -> Any:
    """Move a running mean, which starts from zeros, towards an array."""
    mean = state.get(name)
    if mean is None:
        mean = (1 - alpha) * x
    else:
        mean *= alpha
        mean += (1 - alpha) * x
    state[name] = mean
    return mean
