"""Convolutions and their transposes as modules."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any, Unpack

import agrad
from agrad_nn import init
from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Options, placed

__all__ = ["Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d"]

Size = int | tuple[int, ...]


class _Convolution(Module):
    """What the four have in common: the parameters, and the settings of the op."""

    _axes: int
    _transposed = False

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        *,
        output_padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        **options: Unpack[Options],
    ) -> None:
        name = type(self).__name__
        if groups < 1 or in_channels % groups or out_channels % groups:
            raise ValueError(
                f"{name} got in_channels={in_channels}, out_channels={out_channels} and groups={groups}; "
                "both are multiples of groups"
            )
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = self._each(kernel_size)
        self.stride, self.dilation = self._each(stride), self._each(dilation)
        self.padding = padding if isinstance(padding, str) else self._each(padding)
        self.output_padding = self._each(output_padding)
        place = placed(options)
        shape = (in_channels, out_channels) if self._transposed else (out_channels, in_channels)
        self.weight: Any = place.parameter(shape[0], shape[1] // groups, *self.kernel_size)
        self.register_parameter("bias", place.parameter(out_channels) if bias else None)
        self.bias: Any
        self.reset_parameters(place.generator)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        init.kaiming_uniform(self.weight, a=sqrt(5), rng=rng)
        if self.bias is not None:
            fan = prod(self.weight.shape[1:])
            bound = fan**-0.5 if fan else 0.0
            init.uniform(self.bias, -bound, bound, rng=rng)

    def _each(self, size: Size) -> tuple[int, ...]:
        """A setting for each axis."""
        made = (size,) * self._axes if isinstance(size, int) else tuple(size)
        if len(made) != self._axes:
            raise ValueError(f"{type(self).__name__} got {size}; it takes an integer or {self._axes} of them")
        return made

    def forward(self, x: Any) -> Any:
        """Convolve `x`."""
        xp = agrad.array_namespace(x, self.weight)
        settings: dict[str, Any] = {
            "stride": self.stride, "padding": self.padding, "dilation": self.dilation, "groups": self.groups
        }  # fmt: skip
        if self._transposed:
            settings["output_padding"] = self.output_padding
        op = getattr(xp.nn, f"conv{'_transpose' if self._transposed else ''}{self._axes}d")
        single = x.ndim == self._axes + 1
        out = op(xp.expand_dims(x, axis=0) if single else x, self.weight, **settings)
        if single:
            out = xp.squeeze(out, axis=0)
        return out if self.bias is None else out + xp.reshape(self.bias, (-1, *[1] * self._axes))

    def extra_repr(self) -> str:
        """Return the settings that are not the default ones."""
        text = f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        for name, usual in (("padding", 0), ("dilation", 1), ("output_padding", 0)):
            value = getattr(self, name)
            if value != self._each(usual):
                text += f", {name}={value}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        return text if self.bias is not None else text + ", bias=False"


class _Plain(_Convolution):
    """A convolution that is no transpose."""

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Size,
        stride: Size = 1,
        padding: Size | str = 0,
        *,
        dilation: Size = 1,
        groups: int = 1,
        bias: bool = True,
        **options: Unpack[Options],
    ) -> None:
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding,
            dilation=dilation, groups=groups, bias=bias, **options,
        )  # fmt: skip


class Conv1d(_Plain):
    """A convolution along one axis: ``xp.nn.conv1d``, plus a bias, on ``(N, C, L)`` or ``(C, L)``.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, dilation : int or tuple of int
    padding : int, tuple of int, "same" or "valid"
    groups : int
        In how many parts the channels are convolved apart.
    bias : bool
    **options
        ``backend=``, ``dtype=``, ``device=``, ``rng=``, as for `Linear`.

    Attributes
    ----------
    weight : Tensor
        Of shape ``(out_channels, in_channels // groups, *kernel_size)``.
    bias : Tensor or None

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.Conv1d(2, 4, 3, padding="same")(agrad.namespace("numpy").zeros((1, 2, 8))).shape
    (1, 4, 8)
    """

    _axes = 1


class Conv2d(_Plain):
    """A convolution along two axes: ``xp.nn.conv2d``, plus a bias, on ``(N, C, H, W)`` or ``(C, H, W)``.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, **options
        As for `Conv1d`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> layer = nn.Conv2d(1, 6, 3, stride=2)
    >>> layer
    Conv2d(1, 6, kernel_size=(3, 3), stride=(2, 2))
    >>> layer(agrad.namespace("numpy").zeros((5, 1, 9, 9))).shape
    (5, 6, 4, 4)
    """

    _axes = 2


class ConvTranspose1d(_Convolution):
    """The transpose of a convolution along one axis: ``xp.nn.conv_transpose1d``, plus a bias.

    Parameters
    ----------
    in_channels, out_channels : int
    kernel_size, stride, padding, output_padding, dilation : int or tuple of int
        Those of the convolution that it is the transpose of; `output_padding` is added to the result's length.
    groups, bias, **options
        As for `Conv1d`.

    Attributes
    ----------
    weight : Tensor
        Of shape ``(in_channels, out_channels // groups, *kernel_size)``.
    bias : Tensor or None

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.ConvTranspose1d(2, 4, 2, stride=2)(agrad.namespace("numpy").zeros((1, 2, 8))).shape
    (1, 4, 16)
    """

    _axes = 1
    _transposed = True


class ConvTranspose2d(_Convolution):
    """The transpose of a convolution along two axes: ``xp.nn.conv_transpose2d``, plus a bias.

    Parameters
    ----------
    in_channels, out_channels, kernel_size, stride, padding, output_padding, dilation, groups, bias, **options
        As for `ConvTranspose1d`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.ConvTranspose2d(2, 4, 2, stride=2)(agrad.namespace("numpy").zeros((1, 2, 4, 4))).shape
    (1, 4, 8, 8)
    """

    _axes = 2
    _transposed = True
