"""Normalisation as modules."""

from __future__ import annotations

from typing import Any, Unpack

import agrad
from agrad.errors import ShapeError
from agrad_nn import init
from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Options, placed

__all__ = ["BatchNorm1d", "BatchNorm2d", "GroupNorm", "LayerNorm"]


class _BatchNorm(Module):
    """Normalisation over all axes but the channels', with running statistics for use."""

    _ndims: tuple[int, ...]

    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
        **options: Unpack[Options],
    ) -> None:
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        place = placed(options)
        self.register_parameter("weight", place.parameter(num_features) if affine else None)
        self.register_parameter("bias", place.parameter(num_features) if affine and bias else None)
        self.weight: Any
        self.bias: Any
        if affine:
            init.ones(self.weight)
        statistics = (place.zeros(num_features), place.zeros(num_features) + 1, place.xp.asarray(0))
        for name, value in zip(("running_mean", "running_var", "num_batches_tracked"), statistics, strict=True):
            self.register_buffer(name, value if track_running_stats else None)
        self.running_mean: Any
        self.running_var: Any
        self.num_batches_tracked: Any

    def forward(self, x: Any) -> Any:
        """Normalise `x`: by the batch's statistics while training, and by the running ones in use."""
        if x.ndim not in self._ndims:
            expected = " or ".join(map(str, self._ndims))
            raise ShapeError(f"{type(self).__name__} got {x.ndim} axes; it takes {expected} of them")
        if x.shape[1] != self.num_features:
            raise ShapeError(
                f"{type(self).__name__} got shape {tuple(x.shape)}; its axis 1 must be of length {self.num_features}"
            )
        xp = agrad.array_namespace(x)
        mean = variance = None
        if self.training or self.running_mean is None:
            if self.training and x.size <= self.num_features:
                raise ShapeError(
                    f"{type(self).__name__} got shape {tuple(x.shape)} while training; it takes more than one value "
                    "a channel, to have a variance"
                )
            if self.training and self.running_mean is not None:
                self._track(xp, agrad.stop_gradient(x))
        else:
            mean, variance = self.running_mean, self.running_var
        return xp.nn.batch_norm(x, mean, variance, self.weight, self.bias, axis=1, epsilon=self.eps)

    def _track(self, xp: Any, x: Any) -> None:
        """Move the running statistics towards those of a batch."""
        axes = (0, *range(2, x.ndim))
        old = xp.asarray(self.running_mean), xp.asarray(self.running_var)
        new = xp.mean(x, axis=axes), xp.var(x, axis=axes, correction=1)
        kept, found = (type(agrad.stop_gradient(mean).array) for mean, _ in (old, new))
        if found is not kept:  # what stands for an array while a function is compiled, and must not outlive that
            raise agrad.UnsupportedError(
                f"{type(self).__name__} is training inside a function that is being compiled, as by jax.jit, and "
                "cannot keep running statistics there: call eval() first, pass the buffers to functional_call together "
                "with the parameters, or make it with track_running_stats=False"
            )
        self.num_batches_tracked = xp.asarray(self.num_batches_tracked) + 1
        share = 1.0 / self.num_batches_tracked.item() if self.momentum is None else self.momentum
        self.running_mean, self.running_var = (
            xp.asarray(o * (1 - share) + share * n, dtype=o.dtype) for o, n in zip(old, new, strict=True)
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """Normalise each channel of ``(N, C)`` or ``(N, C, L)``, then scale and shift it (Ioffe and Szegedy, 2015).

    While training, each batch is normalised by its own mean and variance, which are differentiated, and running
    means of them are kept. In use, after `eval`, those take their place.

    Parameters
    ----------
    num_features : int
        The number of channels.
    eps : float
        Added to the variance.
    momentum : float or None
        The share of a new batch in the running statistics; None keeps the plain means of all batches.
    affine : bool
        Whether there is a weight.
    track_running_stats : bool
        Without, the batch's statistics are used always.
    bias : bool
        Whether there is a bias, too, where there is a weight.
    **options
        ``backend=``, ``dtype=``, ``device=``, as for `Linear`.

    Attributes
    ----------
    weight, bias : Tensor or None
    running_mean, running_var, num_batches_tracked : Tensor or None
        Buffers.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> layer = nn.BatchNorm1d(2)
    >>> y = layer(agrad.tensor([[1.0, 5.0], [3.0, 5.0]]))
    >>> [[round(v, 2) for v in row] for row in y.tolist()]
    [[-1.0, 0.0], [1.0, 0.0]]
    >>> layer.running_mean.tolist()
    [0.2, 0.5]
    """

    _ndims = 2, 3


class BatchNorm2d(_BatchNorm):
    """Normalise each channel of ``(N, C, H, W)``, then scale and shift it.

    Parameters
    ----------
    num_features, eps, momentum, affine, track_running_stats, bias, **options
        As for `BatchNorm1d`.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> nn.BatchNorm2d(3)
    BatchNorm2d(3, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    """

    _ndims = (4,)


class GroupNorm(Module):
    """Normalise each group of channels of each sample, then scale and shift (Wu and He, 2018).

    Parameters
    ----------
    num_groups, num_channels : int
    eps : float
        Added to the variance.
    affine : bool
        Whether there is a weight, of each channel.
    bias : bool
        Whether there is a bias, too, where there is a weight.
    **options
        ``backend=``, ``dtype=``, ``device=``, as for `Linear`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.GroupNorm(2, 4)(agrad.namespace("numpy").ones((1, 4, 3))).shape
    (1, 4, 3)
    """

    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
        **options: Unpack[Options],
    ) -> None:
        if num_groups < 1 or num_channels % num_groups:
            raise ValueError(f"GroupNorm got {num_channels} channels, which {num_groups} groups cannot share equally")
        self.num_groups, self.num_channels, self.eps, self.affine = num_groups, num_channels, eps, affine
        place = placed(options)
        self.register_parameter("weight", place.parameter(num_channels) if affine else None)
        self.register_parameter("bias", place.parameter(num_channels) if affine and bias else None)
        self.weight: Any
        self.bias: Any
        if affine:
            init.ones(self.weight)

    def forward(self, x: Any) -> Any:
        """Normalise `x`."""
        return agrad.array_namespace(x).nn.group_norm(
            x, self.weight, self.bias, groups=self.num_groups, epsilon=self.eps
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}, "
            f"bias={self.bias is not None}"
        )


class LayerNorm(Module):
    """Normalise over the last axes, then scale and shift (Ba et al., 2016).

    Parameters
    ----------
    normalized_shape : int or tuple of int
        The lengths of those axes.
    eps : float
        Added to the variance.
    elementwise_affine : bool
        Whether there is a weight, of that shape.
    bias : bool
        Whether there is a bias, too.
    **options
        ``backend=``, ``dtype=``, ``device=``, as for `Linear`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> y = nn.LayerNorm(2)(agrad.tensor([[1.0, 3.0]]))
    >>> [round(v, 2) for v in y[0].tolist()]
    [-1.0, 1.0]
    """

    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
        **options: Unpack[Options],
    ) -> None:
        shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        self.normalized_shape = shape
        self.eps, self.elementwise_affine = eps, elementwise_affine
        place = placed(options)
        self.register_parameter("weight", place.parameter(*shape) if elementwise_affine else None)
        self.register_parameter("bias", place.parameter(*shape) if elementwise_affine and bias else None)
        self.weight: Any
        self.bias: Any
        if elementwise_affine:
            init.ones(self.weight)

    def forward(self, x: Any) -> Any:
        """Normalise `x`."""
        n = len(self.normalized_shape)
        if tuple(x.shape[-n:]) != self.normalized_shape:
            raise ShapeError(
                f"LayerNorm got shape {tuple(x.shape)}; its last axes must be of lengths {self.normalized_shape}"
            )
        return agrad.array_namespace(x).nn.layer_norm(
            x, self.weight, self.bias, axis=tuple(range(-n, 0)), epsilon=self.eps
        )

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )
