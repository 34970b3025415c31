"""Layers without a window: Linear, Flatten, Identity."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any, Unpack

import agrad
from agrad_nn import init
from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Options, placed

__all__ = ["Flatten", "Identity", "Linear"]


class Linear(Module):
    """The map ``x @ weight.T + bias``, on the last axis.

    Parameters
    ----------
    in_features, out_features : int
    bias : bool
        Whether something is added.
    backend : str, optional
        Where the parameters live; by default the default namespace.
    dtype : dtype or str, optional
        By default the backend's default floating-point one.
    device : device, optional
    rng : Generator or int, optional
        Draws the initial values; by default the backend's generator, see `agrad_nn.seed`.

    Attributes
    ----------
    weight : Tensor
        Of shape ``(out_features, in_features)``, drawn from the uniform distribution within ``in_features**-0.5``.
    bias : Tensor or None
        Of shape ``(out_features,)``, drawn alike.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> layer = nn.Linear(3, 2)
    >>> layer
    Linear(in_features=3, out_features=2, bias=True)
    >>> layer(agrad.tensor([[1.0, 2.0, 3.0]])).shape
    (1, 2)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, **options: Unpack[Options]) -> None:
        self.in_features = in_features
        self.out_features = out_features
        place = placed(options)
        self.weight: Any = place.parameter(out_features, in_features)
        self.register_parameter("bias", place.parameter(out_features) if bias else None)
        self.bias: Any
        self.reset_parameters(place.generator)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the initial values anew."""
        init.kaiming_uniform(self.weight, a=sqrt(5), rng=rng)
        if self.bias is not None:
            bound = self.in_features**-0.5 if self.in_features else 0.0
            init.uniform(self.bias, -bound, bound, rng=rng)

    def forward(self, x: Any) -> Any:
        """Map the last axis."""
        return affine(x, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


def affine(x: Any, weight: Any, bias: Any = None) -> Any:
    """``x @ weight.T + bias``."""
    out = x @ agrad.array_namespace(x, weight).matrix_transpose(weight)
    return out if bias is None else out + bias


class Identity(Module):
    """Return what it is given.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> nn.Identity()(3.0)
    3.0
    """

    def forward(self, x: Any) -> Any:
        """Return `x`."""
        return x


class Flatten(Module):
    """Make one axis of several.

    Parameters
    ----------
    start_axis, end_axis : int
        The first and the last of them; by default all but the first axis of the array.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.Flatten()(agrad.namespace("numpy").zeros((2, 3, 4))).shape
    (2, 12)
    """

    def __init__(self, start_axis: int = 1, end_axis: int = -1) -> None:
        self.start_axis = start_axis
        self.end_axis = end_axis

    def forward(self, x: Any) -> Any:
        """Reshape `x`."""
        first, last = self.start_axis % x.ndim, self.end_axis % x.ndim
        shape = (*x.shape[:first], prod(x.shape[first : last + 1]), *x.shape[last + 1 :])
        return agrad.array_namespace(x).reshape(x, shape)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"start_axis={self.start_axis}, end_axis={self.end_axis}"
