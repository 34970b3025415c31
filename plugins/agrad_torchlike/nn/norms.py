"""Normalisation, with PyTorch's arguments."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.nn import messages
from agrad_torchlike.nn.drawing import place
from agrad_torchlike.nn.layer import Layer

__all__ = [
    "BatchNorm1d",
    "BatchNorm2d",
    "GroupNorm",
    "LayerNorm",
]


class _BatchNorm(Layer):
    _node = "NativeBatchNormBackward0"
    _ndims: tuple[int, ...] = (4,)

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        return messages.normalisation(args[0], self.num_features, self._ndims, self.training)

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, bias: bool = True,
    ) -> None:  # fmt: skip
        self._build(num_features, eps, momentum, affine, track_running_stats, bias=bias, **place(device, dtype))


class BatchNorm1d(_BatchNorm):
    """Normalises each channel of ``(N, C)`` or ``(N, C, L)``."""

    _ndims = (2, 3)


class BatchNorm2d(_BatchNorm):
    """Normalises each channel of ``(N, C, H, W)``."""


class GroupNorm(Layer):
    """Normalises each group of channels of each sample."""

    _node = "NativeGroupNormBackward0"

    def __init__(
        self, num_groups: int, num_channels: int, eps: float = 1e-5, affine: bool = True, device: Any = None,
        dtype: Any = None, bias: bool = True,
    ) -> None:  # fmt: skip
        self._build(num_groups, num_channels, eps, affine, bias=bias, **place(device, dtype))


class LayerNorm(Layer):
    """Normalises over the last axes."""

    _node = "NativeLayerNormBackward0"

    def __init__(
        self, normalized_shape: Any, eps: float = 1e-5, elementwise_affine: bool = True, bias: bool = True,
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        self._build(normalized_shape, eps, elementwise_affine, bias, **place(device, dtype))
