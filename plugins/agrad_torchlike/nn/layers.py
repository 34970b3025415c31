"""Linear maps, convolutions, pools, normalisation, embeddings and dropout, with PyTorch's arguments."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.nn import messages
from agrad_torchlike.nn.drawing import Masks, place
from agrad_torchlike.nn.layer import Layer
from agrad_torchlike.nn.messages import same_dtypes, tensor_first
from agrad_torchlike.nn.module import Module
from agrad_torchlike.nn.parameter import Parameter

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv1d",
    "Conv2d",
    "ConvTranspose1d",
    "ConvTranspose2d",
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Embedding",
    "Flatten",
    "GroupNorm",
    "Identity",
    "LayerNorm",
    "Linear",
    "MaxPool1d",
    "MaxPool2d",
]

Size = int | tuple[int, ...]


class Identity(Module):
    """Returns what it is given; its own arguments are ignored."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Return `input`."""
        return input


class Linear(Layer):
    """The map ``x @ weight.T + bias``, with PyTorch's initial values.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.manual_seed(42) and torch.nn.Linear(2, 1).weight.tolist()
    [[0.5406103730201721, 0.5869042277336121]]
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        self._build(in_features, out_features, bias, **place(device, dtype))

    def forward(self, input: Any) -> Any:
        """Map the last axis."""
        tensor_first("linear", input)
        same_dtypes(input, self.weight)
        return super().forward(input)

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        return messages.linear(args[0], self.weight)

    def _node_of(self, args: tuple[Any, ...]) -> str:
        biased, ndim = self.bias is not None, args[0].ndim
        if ndim == 2:
            return "AddmmBackward0" if biased else "MmBackward0"
        if ndim == 1:
            return "ViewBackward0" if biased else "SqueezeBackward4"
        return "ViewBackward0" if biased else "UnsafeViewBackward0"


class Flatten(Module):
    """Makes one axis of several."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        """Reshape `input`."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


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


class Embedding(Layer):
    """A table of vectors, looked up by integers."""

    _node = "EmbeddingBackward0"

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        return IndexError("index out of range in self") if not args[0].dtype.is_floating_point else None

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if max_norm is not None:
            raise NotImplementedError("Embedding got max_norm; leave it out and scale the weight")
        self._build(num_embeddings, embedding_dim, padding_idx, **place(device, dtype))

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Embedding:
        """Make one of vectors that are known."""
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, length = embeddings.shape
        made = cls(rows, length, padding_idx)
        made.weight = Parameter(embeddings, requires_grad=not freeze)
        return made


class _Dropout(Layer):
    _node = "MulBackward0"

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self._build(p, rng=Masks())
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Drop elements while training."""
        if not self.training or self.p == 0:
            return input
        result = super().forward(input)
        return overwritten(input, result) if self.inplace else result

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"p={self.p}, inplace={self.inplace}"


class Dropout(_Dropout):
    """Sets elements to zero at random while training: those that PyTorch sets, after the same seed."""


class Dropout1d(_Dropout):
    """Dropout of whole channels of ``(N, C, L)``."""


class Dropout2d(_Dropout):
    """Dropout of whole channels of ``(N, C, H, W)``."""


def overwritten(x: Any, y: Any) -> Any:
    """What ``inplace=True`` returns: the tensor itself with other values."""
    x.copy_(y)
    x._op = y._op
    return x
