"""Losses as modules."""

from __future__ import annotations

from typing import Any

import agrad
from agrad_nn.modules.module import Module

__all__ = [
    "BCELoss",
    "BCEWithLogitsLoss",
    "CrossEntropyLoss",
    "HuberLoss",
    "KLDivLoss",
    "L1Loss",
    "MSELoss",
    "NLLLoss",
    "SmoothL1Loss",
]


class _Loss(Module):
    """What all losses have: how their terms are reduced."""

    def __init__(self, *, reduction: str = "mean") -> None:
        if reduction not in self._reductions:
            raise ValueError(
                f"{type(self).__name__} got reduction={reduction!r}; it is one of {', '.join(self._reductions)}"
            )
        self.reduction = reduction

    _reductions: tuple[str, ...] = ("mean", "sum", "none")


class MSELoss(_Loss):
    """The mean of the squared differences.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.MSELoss()(agrad.tensor([1.0, 2.0]), agrad.tensor([1.0, 4.0])).item()
    2.0
    """

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.mse_loss(x, target, reduction=self.reduction)


class L1Loss(_Loss):
    """The mean of the absolute differences.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.L1Loss(reduction="sum")(agrad.tensor([1.0, 2.0]), agrad.tensor([1.0, 4.0])).item()
    2.0
    """

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.l1_loss(x, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """The mean of ``d * d / (2 * beta)`` where ``abs(d) < beta``, and of ``abs(d) - beta / 2`` elsewhere.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    beta : float

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.SmoothL1Loss()(agrad.tensor([1.0]), agrad.tensor([2.0])).item()
    0.5
    """

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.beta = beta

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.smooth_l1_loss(x, target, beta=self.beta, reduction=self.reduction)


class HuberLoss(_Loss):
    """The mean of ``d * d / 2`` where ``abs(d) < delta``, and of ``delta * (abs(d) - delta / 2)`` elsewhere.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
    delta : float

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.HuberLoss(delta=2.0)(agrad.tensor([1.0]), agrad.tensor([4.0])).item()
    4.0
    """

    def __init__(self, *, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction=reduction)
        self.delta = delta

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.huber_loss(x, target, delta=self.delta, reduction=self.reduction)


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence of probabilities from `x`, logarithms of them: ``xp.nn.kl_div``.

    Parameters
    ----------
    reduction : {"mean", "batchmean", "sum", "none"}
        The divergence of a batch of distributions is its ``"batchmean"``; the mean is over all elements.
    log_target : bool

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> p = agrad.tensor([[0.25, 0.75]])
    >>> nn.KLDivLoss()(agrad.namespace("numpy").log(p), p).item()
    0.0
    """

    _reductions = ("mean", "batchmean", "sum", "none")

    def __init__(self, *, reduction: str = "mean", log_target: bool = False) -> None:
        super().__init__(reduction=reduction)
        self.log_target = log_target

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.kl_div(
            x, target, log_target=self.log_target, reduction=self.reduction
        )


class _Weighted(_Loss):
    """A loss with the weights of the classes or elements."""

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction=reduction)
        self._keep("weight", weight)
        self.weight: Any

    def _keep(self, name: str, value: Any) -> None:
        if value is not None and not isinstance(value, agrad.Tensor):
            value = agrad.tensor(value)
        self.register_buffer(name, value)


class CrossEntropyLoss(_Weighted):
    """The cross-entropy of scores, before any softmax, and the classes that are right: ``xp.nn.cross_entropy``.

    Parameters
    ----------
    weight : array, optional
        Of each class.
    ignore_index : int
        A target that does not count.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        The share of the target that is spread over all classes.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> loss = nn.CrossEntropyLoss()(agrad.tensor([[0.0, 0.0]]), agrad.tensor([1]))
    >>> round(loss.item(), 6)
    0.693147
    """

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index
        self.label_smoothing = label_smoothing

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.cross_entropy(
            x,
            target,
            self.weight,
            reduction=self.reduction,
            ignore_index=self.ignore_index,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(_Weighted):
    """The negative logarithm of the right class's probability, of logarithms: ``xp.nn.nll``.

    Parameters
    ----------
    weight : array, optional
        Of each class.
    ignore_index : int
        A target that does not count.
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.NLLLoss()(agrad.tensor([[-3.0, -1.0]]), agrad.tensor([1])).item()
    1.0
    """

    def __init__(self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean") -> None:
        super().__init__(weight, reduction=reduction)
        self.ignore_index = ignore_index

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.nll(
            x, target, self.weight, reduction=self.reduction, ignore_index=self.ignore_index
        )


class BCELoss(_Weighted):
    """The cross-entropy of probabilities and of what is true, from 0 to 1: ``xp.nn.binary_cross_entropy``.

    Parameters
    ----------
    weight : array, optional
        Of each element.
    reduction : {"mean", "sum", "none"}

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> round(nn.BCELoss()(agrad.tensor([0.5]), agrad.tensor([1.0])).item(), 6)
    0.693147
    """

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.binary_cross_entropy(
            x, target, self.weight, reduction=self.reduction
        )


class BCEWithLogitsLoss(_Weighted):
    """The same of scores, before any sigmoid: ``xp.nn.binary_cross_entropy_with_logits``.

    Parameters
    ----------
    weight : array, optional
        Of each element.
    reduction : {"mean", "sum", "none"}
    pos_weight : array, optional
        Of what is true.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> round(nn.BCEWithLogitsLoss()(agrad.tensor([0.0]), agrad.tensor([1.0])).item(), 6)
    0.693147
    """

    def __init__(self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None) -> None:
        super().__init__(weight, reduction=reduction)
        self._keep("pos_weight", pos_weight)
        self.pos_weight: Any

    def forward(self, x: Any, target: Any) -> Any:
        """Return the loss."""
        return agrad.array_namespace(x, target).nn.binary_cross_entropy_with_logits(
            x, target, self.weight, self.pos_weight, reduction=self.reduction
        )
