"""Convolutions and pools, with PyTorch's arguments."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.nn import messages
from agrad_torchlike.nn.drawing import place
from agrad_torchlike.nn.layer import Layer
from agrad_torchlike.nn.messages import tensor_first

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "MaxPool1d",
    "MaxPool2d",
]

Size = int | tuple[int, ...]


class _Convolution(Layer):
    _node = "ConvolutionBackward0"
    _transposed = False

    def forward(self, input: Any) -> Any:
        """Convolve `input`."""
        name = type(self).__name__.lower()
        tensor_first(name.replace("transpose", "_transpose"), input)
        if input._t.dtype != self.weight._t.dtype:
            given, own = input.dtype.word.lower(), self.weight.dtype.word.lower()
            raise RuntimeError(f"Input type ({given}) and bias type ({own}) should be the same")
        return super().forward(input)

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        axes = len(self.kernel_size)
        return messages.convolution(args[0], self.weight, self.groups, axes, self._transposed)


class _Conv(_Convolution):
    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        zeros_only(type(self).__name__, padding_mode)
        self._build(
            in_channels, out_channels, kernel_size, stride, padding,
            dilation=dilation, groups=groups, bias=bias, **place(device, dtype),
        )  # fmt: skip


class _ConvTranspose(_Convolution):
    _transposed = True

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Size = 1,
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        zeros_only(type(self).__name__, padding_mode)
        self._build(
            in_channels, out_channels, kernel_size, stride, padding, output_padding=output_padding,
            groups=groups, bias=bias, dilation=dilation, **place(device, dtype),
        )  # fmt: skip


def zeros_only(name: str, padding_mode: str) -> None:
    """Refuse padding by anything else."""
    if padding_mode != "zeros":
        raise NotImplementedError(f"{name} got padding_mode={padding_mode!r}; 'zeros' is what this layer has")


class Conv1d(_Conv):
    """A convolution along one axis."""


class Conv2d(_Conv):
    """A convolution along two axes."""


class ConvTranspose1d(_ConvTranspose):
    """The transpose of a convolution along one axis."""


class ConvTranspose2d(_ConvTranspose):
    """The transpose of a convolution along two axes."""


class _MaxPool(Layer):
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self._build(kernel_size, stride, padding, dilation, return_indices=return_indices, ceil_mode=ceil_mode)


class MaxPool1d(_MaxPool):
    """The largest element of each window along one axis."""

    _node = "SqueezeBackward1"


class MaxPool2d(_MaxPool):
    """The largest element of each window along two axes."""

    _node = "MaxPool2DWithIndicesBackward0"


class AvgPool1d(Layer):
    """The mean of each window along one axis."""

    _node = "SqueezeBackward1"

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:  # fmt: skip
        one = [(k,) if isinstance(k, int) else k for k in (kernel_size, stride or kernel_size, padding)]
        self._build(*one, ceil_mode=ceil_mode, count_include_pad=count_include_pad)


class AvgPool2d(Layer):
    """The mean of each window along two axes."""

    _node = "AvgPool2DBackward0"

    def __init__(
        self, kernel_size: Size, stride: Size | None = None, padding: Size = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ) -> None:  # fmt: skip
        if divisor_override is not None:
            raise NotImplementedError("AvgPool2d got divisor_override; leave it out and scale the result")
        self._build(kernel_size, stride, padding, ceil_mode=ceil_mode, count_include_pad=count_include_pad)


class _AdaptiveAvgPool(Layer):
    def __init__(self, output_size: Any) -> None:
        self._build(output_size)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Means of as many windows as are asked for."""

    _node = "SqueezeBackward1"


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Means of as many windows as are asked for, along two axes."""

    def _node_of(self, args: tuple[Any, ...]) -> str:
        single = self.output_size in (1, (1, 1))
        return "MeanBackward1" if single else "AdaptiveAvgPool2DBackward0"


class _AdaptiveMaxPool(Layer):
    def __init__(self, output_size: Any, return_indices: bool = False) -> None:
        if return_indices:
            raise NotImplementedError(f"{type(self).__name__} got return_indices=True; MaxPool1d and MaxPool2d have it")
        self._build(output_size)


class AdaptiveMaxPool1d(_AdaptiveMaxPool):
    """The largest elements of as many windows as are asked for."""

    _node = "SqueezeBackward1"


class AdaptiveMaxPool2d(_AdaptiveMaxPool):
    """The largest elements of as many windows as are asked for, along two axes."""

    _node = "AdaptiveMaxPool2DBackward0"
