"""Normalisation: data less their mean, over their deviation; forward and along a direction.

With d = x - mean and r = 1 / sqrt(variance + epsilon), the derivative of d r along t, which is its own adjoint, is

    r (t - mean(t) - d r^2 mean(d t))

Axes that are normalised together are laid behind the others, as the rows of a `matrix`. Where all axes but one are,
the data are `channels` instead, and nothing is moved.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from agrad.errors import ShapeError
from agrad_nn.compute.common import reals, summed_products

__all__ = [
    "axes_of",
    "batch_normalised",
    "beside",
    "channel_sums",
    "channels",
    "layer_normalised",
    "matrix",
    "projected",
    "rescale",
    "unlaid",
]


def axes_of(name: str, axis: int | Sequence[int], ndim: int) -> tuple[int, ...]:
    """The axes that are meant, counted from the front, in order."""
    given = (axis,) if isinstance(axis, int) else tuple(axis)
    if not given or any(not -ndim <= a < ndim for a in given) or len({a % ndim for a in given}) < len(given):
        raise ShapeError(
            f"nn.{name} got axis={axis} for an array of {ndim} dimensions; it takes different axes from {-ndim} to "
            f"{ndim - 1}"
        )
    return tuple(sorted(a % ndim for a in given))


def rescale(xp: Any, variance: Any, epsilon: float) -> Any:
    """One over the deviation."""
    return 1 / xp.sqrt(variance + epsilon)


# Over some axes -------------------------------------------------------------------------------------


def _order(axes: tuple[int, ...], ndim: int) -> tuple[int, ...]:
    return (*(i for i in range(ndim) if i not in axes), *axes)


def matrix(xp: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """x as a matrix, of which each row is to be normalised."""
    order = _order(axes, x.ndim)
    if order != tuple(range(x.ndim)):
        x = xp.permute_dims(x, order)
    width = prod(x.shape[x.ndim - len(axes) :])
    return x if x.ndim == 2 and len(axes) == 1 else xp.reshape(x, (prod(x.shape[: x.ndim - len(axes)]), width))


def unlaid(xp: Any, y: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """Such a matrix in the shape that it came from."""
    order = _order(axes, len(shape))
    y = xp.reshape(y, tuple(shape[i] for i in order))
    if order == tuple(range(len(shape))):
        return y
    return xp.permute_dims(y, tuple(order.index(i) for i in range(len(shape))))


def layer_normalised(xp: Any, x: Any, weight: Any, bias: Any, axis: Any, epsilon: float) -> tuple[Any, Any]:
    """The result, and the centred rows with their factors."""
    x, weight, bias = reals(xp, "layer_norm", x, weight, bias)
    axes = axes_of("layer_norm", axis, x.ndim)
    shape = tuple(x.shape[a] for a in axes)
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and tuple(v.shape) != shape:
            raise ShapeError(
                f"nn.layer_norm got a {name} of shape {tuple(v.shape)} and x of shape {tuple(x.shape)}; along axis "
                f"{axis} it takes one of shape {shape}"
            )
    x2 = matrix(xp, x, axes)
    d = x2 - xp.mean(x2, axis=-1, keepdims=True)
    r = rescale(xp, summed_products(xp, d, d) / d.shape[1], epsilon)
    y = d * r if weight is None else d * r * xp.reshape(weight, (-1,))
    return unlaid(xp, y if bias is None else y + xp.reshape(bias, (-1,)), tuple(x.shape), axes), (d, r)


def projected(xp: Any, t: Any, d: Any, r: Any) -> Any:
    """The derivative of ``d * r`` along t, for rows."""
    n = d.shape[1]
    return (t - xp.sum(t, axis=-1, keepdims=True) / n - d * (r * r * summed_products(xp, d, t) / n)) * r


# Over all axes but one ------------------------------------------------------------------------------


def channels(xp: Any, x: Any, axis: int) -> Any:
    """x as (before, channels, behind), or as (before, channels) where nothing is behind."""
    shape = x.shape
    if x.ndim == 2 and axis == 1:
        return x
    before, behind = prod(shape[:axis]), prod(shape[axis + 1 :])
    return xp.reshape(x, (before, shape[axis]) if axis == x.ndim - 1 else (before, shape[axis], behind))


def beside(xp: Any, v: Any, x3: Any) -> Any:
    """Numbers of channels, as they broadcast against `channels`."""
    return v if x3.ndim == 2 else xp.expand_dims(v, axis=-1)


def channel_sums(xp: Any, a: Any, b: Any = None) -> Any:
    """For each channel the sum of `a`, or of ``a * b``."""
    if a.ndim == 2:
        return xp.sum(a if b is None else a * b, axis=0)
    return xp.sum(xp.sum(a, axis=-1) if b is None else xp.vecdot(a, b), axis=0)


def batch_normalised(
    xp: Any, x: Any, mean: Any, variance: Any, weight: Any, bias: Any, axis: int, epsilon: float
) -> tuple[Any, Any]:
    """The result, and the centred data with the factors of the channels."""
    x, mean, variance, weight, bias = reals(xp, "batch_norm", x, mean, variance, weight, bias)
    (axis,) = axes_of("batch_norm", axis, x.ndim)
    count = x.shape[axis]
    for name, v in (("mean", mean), ("variance", variance), ("weight", weight), ("bias", bias)):
        if v is not None and tuple(v.shape) != (count,):
            raise ShapeError(
                f"nn.batch_norm got a {name} of shape {tuple(v.shape)} and x of shape {tuple(x.shape)}; with the "
                f"channels along axis {axis} it takes one of shape {(count,)}"
            )
    if (mean is None) != (variance is None):
        raise ValueError("nn.batch_norm got a mean or a variance alone; it takes both, or none for those of the batch")
    x3 = channels(xp, x, axis)
    n = prod(x3.shape) // count if count else 0
    if mean is None:
        if n == 1:
            raise ValueError(
                f"nn.batch_norm got x of shape {tuple(x.shape)}, one number a channel, which has no variance; give it "
                "more examples, or a mean and a variance"
            )
        d = x3 - beside(xp, channel_sums(xp, x3) / n, x3)
        variance = channel_sums(xp, d, d) / n
    else:
        d = x3 - beside(xp, mean, x3)
    r = rescale(xp, variance, epsilon)
    y = d * beside(xp, r if weight is None else r * weight, x3)
    if bias is not None:
        y = y + beside(xp, bias, x3)
    return y if y.ndim == x.ndim else xp.reshape(y, x.shape), (d, r)
