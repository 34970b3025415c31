"""Pooling as modules."""

from __future__ import annotations

from typing import Any

import agrad
from agrad_nn.modules.module import Module

__all__ = [
    "AdaptiveAvgPool1d",
    "AdaptiveAvgPool2d",
    "AdaptiveMaxPool1d",
    "AdaptiveMaxPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "MaxPool1d",
    "MaxPool2d",
]

Size = int | tuple[int, ...]


class _Pool(Module):
    """An op on the last axes of ``(N, C, ...)`` or ``(C, ...)``."""

    _axes: int

    def _apply(self, name: str, x: Any, **settings: Any) -> Any:
        xp = agrad.array_namespace(x)
        op = getattr(xp.nn, name)
        if x.ndim != self._axes + 1:
            return op(x, **settings)
        return xp.squeeze(op(xp.expand_dims(x, axis=0), **settings), axis=0)


class _MaxPool(_Pool):
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        dilation: Size = 1,
        *,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.dilation = dilation
        self.return_indices = return_indices
        self.ceil_mode = ceil_mode

    def forward(self, x: Any) -> Any:
        """Pool `x`; with ``return_indices=True``, return flat positions, too."""
        settings: dict[str, Any] = {
            "kernel_size": self.kernel_size, "stride": self.stride, "padding": self.padding,
            "dilation": self.dilation, "ceil_mode": self.ceil_mode,
        }  # fmt: skip
        out = self._apply(f"max_pool{self._axes}d", x, **settings)
        return (out, self._apply(f"max_pool{self._axes}d_indices", x, **settings)) if self.return_indices else out

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, "
            f"dilation={self.dilation}, ceil_mode={self.ceil_mode}"
        )


class MaxPool1d(_MaxPool):
    """The largest element of each window: ``xp.nn.max_pool1d``.

    Parameters
    ----------
    kernel_size : int or tuple of int
    stride : int or tuple of int, optional
        By default the kernel's size.
    padding, dilation : int or tuple of int
    return_indices : bool
        Whether to return flat positions of the elements, too.
    ceil_mode : bool
        Whether a window may reach beyond the end.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.MaxPool1d(2)(agrad.tensor([[[1.0, 3.0, 5.0, 2.0]]])).tolist()
    [[[3.0, 5.0]]]
    """

    _axes = 1


class MaxPool2d(_MaxPool):
    """The largest element of each window: ``xp.nn.max_pool2d``.

    Parameters
    ----------
    kernel_size, stride, padding, dilation, return_indices, ceil_mode
        As for `MaxPool1d`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.MaxPool2d(2)(agrad.tensor([[[[1.0, 3.0], [5.0, 2.0]]]])).tolist()
    [[[[5.0]]]]
    """

    _axes = 2


class _AvgPool(_Pool):
    def __init__(
        self,
        kernel_size: Size,
        stride: Size | None = None,
        padding: Size = 0,
        *,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ) -> None:
        self.kernel_size = kernel_size
        self.stride = kernel_size if stride is None else stride
        self.padding = padding
        self.ceil_mode = ceil_mode
        self.count_include_pad = count_include_pad

    def forward(self, x: Any) -> Any:
        """Pool `x`."""
        return self._apply(
            f"avg_pool{self._axes}d",
            x,
            kernel_size=self.kernel_size,
            stride=self.stride,
            padding=self.padding,
            ceil_mode=self.ceil_mode,
            count_include_pad=self.count_include_pad,
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_AvgPool):
    """The mean of each window: ``xp.nn.avg_pool1d``.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode
        As for `MaxPool1d`.
    count_include_pad : bool
        Whether padding counts in the mean.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.AvgPool1d(2)(agrad.tensor([[[1.0, 3.0, 5.0, 2.0]]])).tolist()
    [[[2.0, 3.5]]]
    """

    _axes = 1


class AvgPool2d(_AvgPool):
    """The mean of each window: ``xp.nn.avg_pool2d``.

    Parameters
    ----------
    kernel_size, stride, padding, ceil_mode, count_include_pad
        As for `AvgPool1d`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.AvgPool2d(2)(agrad.tensor([[[[1.0, 3.0], [5.0, 3.0]]]])).tolist()
    [[[[3.0]]]]
    """

    _axes = 2


class _Adaptive(_Pool):
    _kind: str

    def __init__(self, output_size: Any) -> None:
        self.output_size = output_size

    def forward(self, x: Any) -> Any:
        """Pool `x`."""
        return self._apply(f"adaptive_{self._kind}_pool{self._axes}d", x, output_size=self.output_size)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"output_size={self.output_size}"


class AdaptiveAvgPool1d(_Adaptive):
    """The means of as many windows as the result is to have elements: ``xp.nn.adaptive_avg_pool1d``.

    Parameters
    ----------
    output_size : int

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.AdaptiveAvgPool1d(2)(agrad.tensor([[[1.0, 3.0, 5.0, 2.0]]])).tolist()
    [[[2.0, 3.5]]]
    """

    _axes, _kind = 1, "avg"


class AdaptiveAvgPool2d(_Adaptive):
    """The means of as many windows as the result is to have elements: ``xp.nn.adaptive_avg_pool2d``.

    Parameters
    ----------
    output_size : int or tuple of int

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.AdaptiveAvgPool2d(1)(agrad.tensor([[[[1.0, 3.0], [5.0, 3.0]]]])).tolist()
    [[[[3.0]]]]
    """

    _axes, _kind = 2, "avg"


class AdaptiveMaxPool1d(_Adaptive):
    """The largest elements of as many windows as the result is to have: ``xp.nn.adaptive_max_pool1d``.

    Parameters
    ----------
    output_size : int

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.AdaptiveMaxPool1d(2)(agrad.tensor([[[1.0, 3.0, 5.0, 2.0]]])).tolist()
    [[[3.0, 5.0]]]
    """

    _axes, _kind = 1, "max"


class AdaptiveMaxPool2d(_Adaptive):
    """The largest elements of as many windows as the result is to have: ``xp.nn.adaptive_max_pool2d``.

    Parameters
    ----------
    output_size : int or tuple of int

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.AdaptiveMaxPool2d(1)(agrad.tensor([[[[1.0, 3.0], [5.0, 3.0]]]])).tolist()
    [[[[5.0]]]]
    """

    _axes, _kind = 2, "max"
