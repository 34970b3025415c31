"""Losses as modules, with PyTorch's arguments."""

from __future__ import annotations

import warnings
from typing import Any

from agrad_torchlike.nn import messages
from agrad_torchlike.nn.layer import Layer
from agrad_torchlike.registry import record
from agrad_torchlike.tensors import raw

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
    "reduced",
]


def reduced(size_average: bool | None, reduce: bool | None, reduction: str) -> str:
    """The reduction, which older programs say with two truth values."""
    if size_average is None and reduce is None:
        if reduction not in ("mean", "sum", "none", "batchmean"):
            raise ValueError(f"{reduction} is not a valid value for reduction")
        return reduction
    made = "none" if reduce is False else ("sum" if size_average is False else "mean")
    warnings.warn(
        f"size_average and reduce args will be deprecated, please use reduction='{made}' instead.",
        UserWarning,
        stacklevel=4,
    )
    return made


class _Loss(Layer):
    def __init__(self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean") -> None:
        self._build(reduction=reduced(size_average, reduce, reduction))

    def extra_repr(self) -> str:
        """Return nothing, as PyTorch does."""
        return ""

    def _node_of(self, args: tuple[Any, ...]) -> str:
        return self._node or {"mean": "MeanBackward0", "sum": "SumBackward0"}.get(self.reduction, "AbsBackward0")


class _Pairwise(_Loss):
    """One of two tensors of one shape."""

    def forward(self, input: Any, target: Any) -> Any:
        """Return the loss."""
        if input._t.shape == target._t.shape:
            return super().forward(input, target)
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size ({input.shape}). This will "
            "likely lead to incorrect results due to broadcasting. Please ensure they have the same size.",
            UserWarning,
            stacklevel=3,
        )
        x, y = input._t.__array_namespace__().broadcast_arrays(input._t, target._t)
        return record(self._lend()[0].forward(x, y), self._node_of(()), (input, target))


class MSELoss(_Pairwise):
    """The mean of the squared differences."""

    _node = "MseLossBackward0"


class L1Loss(_Pairwise):
    """The mean of the absolute differences."""


class SmoothL1Loss(_Pairwise):
    """The mean of a square near 0 and an absolute value elsewhere."""

    _node = "SmoothL1LossBackward0"

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean", beta: float = 1.0
    ) -> None:
        self._build(reduction=reduced(size_average, reduce, reduction), beta=beta)


class HuberLoss(_Pairwise):
    """The mean of a square near 0 and a straight line elsewhere."""

    _node = "HuberLossBackward0"

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        self._build(reduction=reduced(None, None, reduction), delta=delta)


class KLDivLoss(_Loss):
    """The Kullback-Leibler divergence from logarithms of probabilities."""

    def __init__(
        self, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
        log_target: bool = False,
    ) -> None:  # fmt: skip
        self._build(reduction=reduced(size_average, reduce, reduction), log_target=log_target)

    def _node_of(self, args: tuple[Any, ...]) -> str:
        names = {"mean": "MeanBackward0", "sum": "SumBackward0", "batchmean": "DivBackward0"}
        return names.get(self.reduction, "SubBackward0")


class CrossEntropyLoss(_Loss):
    """The cross-entropy of scores, before any softmax, and the right classes or their probabilities."""

    def __init__(
        self, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean", label_smoothing: float = 0.0,
    ) -> None:  # fmt: skip
        self._build(
            raw(weight), reduction=reduced(size_average, reduce, reduction), ignore_index=ignore_index,
            label_smoothing=label_smoothing,
        )  # fmt: skip

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        return messages.classes(args[0], args[1], self.ignore_index)

    def _node_of(self, args: tuple[Any, ...]) -> str:
        if args[1].dtype.is_floating_point:
            return {"mean": "DivBackward1", "sum": "NegBackward0"}.get(self.reduction, "NegBackward0")
        if self.label_smoothing:
            return "AddBackward0"
        return "NllLossBackward0" if args[0].ndim <= 2 else "NllLoss2DBackward0"


class NLLLoss(_Loss):
    """The negative logarithm of the right class's probability, of logarithms."""

    _plan = "nll"

    def __init__(
        self, weight: Any = None, size_average: bool | None = None, ignore_index: int = -100,
        reduce: bool | None = None, reduction: str = "mean",
    ) -> None:  # fmt: skip
        self._build(raw(weight), reduction=reduced(size_average, reduce, reduction), ignore_index=ignore_index)

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        return messages.classes(args[0], args[1], self.ignore_index)

    def _node_of(self, args: tuple[Any, ...]) -> str:
        return "NllLossBackward0" if args[0].ndim <= 2 else "NllLoss2DBackward0"


class BCELoss(_Loss):
    """The cross-entropy of probabilities and targets from 0 to 1."""

    _node = "BinaryCrossEntropyBackward0"

    def __init__(
        self, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean"
    ) -> None:
        self._build(raw(weight), reduction=reduced(size_average, reduce, reduction))

    def forward(self, input: Any, target: Any) -> Any:
        """Return the loss."""
        if input.shape != target.shape:
            raise ValueError(
                f"Using a target size ({target.shape}) that is different to the input size ({input.shape}) is "
                "deprecated. Please ensure they have the same size."
            )
        return super().forward(input, target)


class BCEWithLogitsLoss(_Loss):
    """The cross-entropy of scores, before the sigmoid, and targets from 0 to 1."""

    _node = "BinaryCrossEntropyWithLogitsBackward0"

    def __init__(
        self, weight: Any = None, size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
        pos_weight: Any = None,
    ) -> None:  # fmt: skip
        self._build(raw(weight), reduction=reduced(size_average, reduce, reduction), pos_weight=raw(pos_weight))

    def forward(self, input: Any, target: Any) -> Any:
        """Return the loss."""
        if input.shape != target.shape:
            raise ValueError(f"Target size ({target.shape}) must be the same as input size ({input.shape})")
        return super().forward(input, target)
