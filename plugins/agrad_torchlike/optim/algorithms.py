"""PyTorch's optimizers: agrad_nn's rules, with PyTorch's arguments and settings."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

import agrad_nn.optim as optim
from agrad_torchlike.inplace import settle
from agrad_torchlike.optim.optimizer import STEP, Optimizer

__all__ = ["LBFGS", "SGD", "Adagrad", "Adam", "AdamW", "RMSprop"]

EXECUTION = {"foreach": None, "differentiable": False}
ADAM = {**EXECUTION, "fused": None, "capturable": False}


def _unused(name: str, given: dict[str, Any]) -> None:
    """Refuse settings that are none of PyTorch's."""
    unknown = given.keys() - {"foreach", "differentiable", "fused", "capturable"}
    if unknown:
        raise TypeError(f"{name}.__init__() got an unexpected keyword argument '{min(unknown)}'")


class SGD(optim.SGD, Optimizer):
    """Stochastic gradient descent, with momentum.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> w = torch.tensor([3.0, 4.0], requires_grad=True)
    >>> optimizer = torch.optim.SGD([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w
    tensor([1.5000, 2.0000], requires_grad=True)
    """

    _plain: ClassVar[dict[str, Any]] = {**EXECUTION, "fused": None}

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False, **plain: Any,
    ) -> None:  # fmt: skip
        _unused("SGD", plain)
        if nesterov and (momentum <= 0 or dampening != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")
        optim.SGD.__init__(self, params, lr, momentum, dampening, weight_decay, nesterov, maximize=maximize)


class Adam(optim.Adam, Optimizer):
    """Adam (Kingma and Ba, 2015)."""

    _plain: ClassVar[dict[str, Any]] = {
        **EXECUTION,
        "fused": None,
        "capturable": False,
        "decoupled_weight_decay": False,
    }

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, amsgrad: bool = False, *, maximize: bool = False, **plain: Any,
    ) -> None:  # fmt: skip
        _unused("Adam", plain)
        optim.Adam.__init__(self, params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


class AdamW(optim.AdamW, Optimizer):
    """Adam with the decay of weights apart (Loshchilov and Hutter, 2019)."""

    _plain: ClassVar[dict[str, Any]] = {**ADAM, "decoupled_weight_decay": True}

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 1e-2, amsgrad: bool = False, *, maximize: bool = False, **plain: Any,
    ) -> None:  # fmt: skip
        _unused("AdamW", plain)
        optim.AdamW.__init__(self, params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)


class RMSprop(optim.RMSprop, Optimizer):
    """Gradients divided by a running mean of their size."""

    _plain: ClassVar[dict[str, Any]] = {**EXECUTION, "capturable": False}

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8, weight_decay: float = 0,
        momentum: float = 0, centered: bool = False, *, maximize: bool = False, **plain: Any,
    ) -> None:  # fmt: skip
        _unused("RMSprop", plain)
        optim.RMSprop.__init__(self, params, lr, alpha, eps, weight_decay, momentum, centered, maximize=maximize)


class Adagrad(optim.Adagrad, Optimizer):
    """Gradients divided by the root of the sum of their squares (Duchi et al., 2011)."""

    _plain: ClassVar[dict[str, Any]] = {**EXECUTION, "fused": None}

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, *, maximize: bool = False, **plain: Any,
    ) -> None:  # fmt: skip
        _unused("Adagrad", plain)
        optim.Adagrad.__init__(
            self, params, lr, lr_decay, weight_decay, initial_accumulator_value, eps, maximize=maximize
        )


class LBFGS(optim.LBFGS, Optimizer):
    """A quasi-Newton method of limited memory."""

    def __init__(
        self, params: Iterable[Any], lr: float = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        optim.LBFGS.__init__(
            self, params, lr, max_iter, max_eval, tolerance_grad, tolerance_change, history_size, line_search_fn
        )

    def add_param_group(self, group: Any) -> None:
        """Take over the parameters; there is one group."""
        if self.param_groups:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")
        Optimizer.add_param_group(self, group)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make up to `max_iter` steps; the closure clears the gradients, computes the loss and its gradient."""
        return self._raw_state(lambda: optim.LBFGS.step(self, closure))

    def _fill(self, p: Any, value: Any) -> None:
        settle(self._wrappers[p], value, STEP)

    def _values(self) -> list[Any]:
        return [p.detach().clone() for p in self._parameters()]  # what NumPy shares will be written into
