"""Normalisation over axes of each example, over the batch, and over groups of channels."""

from __future__ import annotations

from math import prod
from typing import Any

from agrad.cases import Case
from agrad.declare import composite, general
from agrad.errors import ShapeError
from agrad_nn.compute.norm import (
    axes_of,
    batch_normalised,
    beside,
    channel_sums,
    channels,
    layer_normalised,
    matrix,
    projected,
    rescale,
    unlaid,
)
from agrad_nn.compute.stacks import full
from agrad_special.text import described

__all__ = ["OPS"]

EPSILON = ("float, optional", "What is added to variances, so that none is 0.")
SCALE = "What the result is multiplied by"
SHIFT = "What is added to it, of the same shape."
SAME = "Of the dtype and shape of x."


def _times(v: Any, weight: Any) -> Any:
    return v if weight is None else v * weight


# layer_norm -----------------------------------------------------------------------------------------


def _layer_x_vjp(xp: Any, ct: Any, kept: Any, x: Any, weight: Any, axis: Any) -> Any:
    axes = axes_of("layer_norm", axis, x.ndim)
    g = matrix(xp, ct, axes)
    g = g if weight is None else g * xp.reshape(weight, (-1,))
    return unlaid(xp, projected(xp, g, *kept), tuple(x.shape), axes)


def _layer_x_jvp(xp: Any, t: Any, kept: Any, x: Any, weight: Any, axis: Any) -> Any:
    axes = axes_of("layer_norm", axis, x.ndim)
    t = projected(xp, matrix(xp, t, axes), *kept)
    t = t if weight is None else t * xp.reshape(weight, (-1,))
    return unlaid(xp, t, tuple(x.shape), axes)


def _layer_weight_vjp(xp: Any, ct: Any, kept: Any, weight: Any, axis: Any) -> Any:
    d, r = kept
    ct = matrix(xp, ct, axes_of("layer_norm", axis, ct.ndim))
    return xp.reshape(xp.reshape(r, (-1,)) @ (ct * d), weight.shape)  # the factors of the rows go with the sum


def _layer_bias_vjp(xp: Any, ct: Any, bias: Any, axis: Any) -> Any:
    return xp.reshape(xp.sum(matrix(xp, ct, axes_of("layer_norm", axis, ct.ndim)), axis=0), bias.shape)


def _along_axes(xp: Any, v: Any, axes: tuple[int, ...], ndim: int) -> Any:
    """An array of some axes as it broadcasts against one of all."""
    lengths = iter(v.shape)
    return xp.reshape(v, tuple(next(lengths) if i in axes else 1 for i in range(ndim)))


def _layer_weight_jvp(xp: Any, t: Any, kept: Any, x: Any, axis: Any) -> Any:
    d, r = kept
    axes = axes_of("layer_norm", axis, x.ndim)
    return unlaid(xp, d * r * xp.reshape(t, (-1,)), tuple(x.shape), axes)


def _layer_bias_jvp(xp: Any, t: Any, x: Any, axis: Any) -> Any:
    axes = axes_of("layer_norm", axis, x.ndim)
    return xp.broadcast_to(_along_axes(xp, t, axes, x.ndim), x.shape)


def _layer_stack(xp: Any, x: Any, weight: Any, bias: Any, axis: Any, epsilon: float, batched: Any, size: int) -> Any:
    """The scale and the shift are the same for the whole stack, or come after."""
    x = full(xp, x, batched[0], size)
    axes = tuple(a + 1 for a in axes_of("layer_norm", axis, x.ndim - 1))
    if not batched[1] and not batched[2]:
        return xp.nn.layer_norm(x, weight, bias, axis=axes, epsilon=epsilon)
    y = xp.nn.layer_norm(x, axis=axes, epsilon=epsilon)
    if weight is not None:
        y = y * _along_axes(xp, full(xp, weight, batched[1], size), (0, *axes), x.ndim)
    return y if bias is None else y + _along_axes(xp, full(xp, bias, batched[2], size), (0, *axes), x.ndim)


# batch_norm -----------------------------------------------------------------------------------------


def _batch_vjp(xp: Any, ct: Any, kept: Any, x: Any, mean: Any, weight: Any, axis: int) -> tuple[Any, ...]:
    """All cotangents at once: two sums over the data serve all of them."""
    d, r = kept
    ct = channels(xp, ct, axis % x.ndim)
    sums, products = channel_sums(xp, ct), channel_sums(xp, ct, d)
    scale = _times(r, weight)
    if mean is None:
        n = prod(d.shape) // d.shape[1] if d.shape[1] else 0
        g = ct - d * beside(xp, r * r * products / n, d) - beside(xp, sums / n, d)
    else:
        g = ct
    g = g * beside(xp, scale, d)
    return xp.reshape(g, x.shape), -scale * sums, -0.5 * scale * r * r * products, r * products, sums


def _batch_x_jvp(xp: Any, t: Any, kept: Any, x: Any, mean: Any, weight: Any, axis: int) -> Any:
    d, r = kept
    t = channels(xp, t, axis % x.ndim)
    if mean is None:
        n = prod(d.shape) // d.shape[1] if d.shape[1] else 0
        products = channel_sums(xp, t, d)
        t = t - d * beside(xp, r * r * products / n, d) - beside(xp, channel_sums(xp, t) / n, d)
    return xp.reshape(t * beside(xp, _times(r, weight), d), x.shape)


def _spread(xp: Any, v: Any, d: Any, x: Any) -> Any:
    """Numbers of channels, at all places."""
    return xp.broadcast_to(xp.reshape(xp.broadcast_to(beside(xp, v, d), d.shape), x.shape), x.shape)


def _batch_stack(
    xp: Any, args: tuple[Any, ...], axis: int, epsilon: float, batched: tuple[bool, ...], size: int
) -> Any:
    """Each example of the stack is normalised by itself."""
    x = full(xp, args[0], batched[0], size)
    (axis,) = axes_of("batch_norm", axis, x.ndim - 1)
    mean, variance, weight, bias = (
        None if a is None else _along_axes(xp, full(xp, a, flag, size), (0, axis + 1), x.ndim)
        for a, flag in zip(args[1:], batched[1:], strict=True)
    )
    if mean is None:
        y = xp.nn.layer_norm(x, axis=tuple(i for i in range(1, x.ndim) if i != axis + 1), epsilon=epsilon)
    else:
        y = (x - mean) * rescale(xp, variance, epsilon)
    y = _times(y, weight)
    return y if bias is None else y + bias


# group_norm -----------------------------------------------------------------------------------------


def _group_norm(xp: Any, x: Any, weight: Any, bias: Any, groups: int, epsilon: float) -> Any:
    if x.ndim < 2 or groups < 1 or x.shape[1] % groups:
        raise ShapeError(
            f"nn.group_norm got x of shape {tuple(x.shape)} and {groups} groups; it takes (N, C, ...) with a number C "
            "of channels that the groups divide"
        )
    for name, v in (("weight", weight), ("bias", bias)):
        if v is not None and tuple(v.shape) != (x.shape[1],):
            raise ShapeError(
                f"nn.group_norm got a {name} of shape {tuple(v.shape)} and x of shape {tuple(x.shape)}; it takes one "
                f"of shape {(x.shape[1],)}"
            )
    n, count = x.shape[0], x.shape[1]
    y = xp.reshape(x, (n, groups, prod(x.shape[1:]) // groups))
    y = xp.reshape(xp.nn.layer_norm(y, epsilon=epsilon), x.shape)
    shape = (count, *(1,) * (x.ndim - 2))
    if weight is not None:
        y = y * xp.reshape(weight, shape)
    return y if bias is None else y + xp.reshape(bias, shape)


# In high precision ----------------------------------------------------------------------------------


def _high(mp: Any, x: Any, axes: tuple[int, ...], epsilon: float) -> Any:
    """Normalised over axes."""
    import numpy as np

    n = mp.mpf(prod(x.shape[a] for a in axes))
    d = x - np.sum(x, axis=axes, keepdims=True) / n
    variance = np.sum(d * d, axis=axes, keepdims=True) / n
    return d / np.frompyfunc(mp.sqrt, 1, 1)(variance + mp.mpf(epsilon))


def _high_affine(y: Any, weight: Any, bias: Any, axes: tuple[int, ...]) -> Any:
    """Scaled and shifted along axes."""
    shape = tuple(n if i in axes else 1 for i, n in enumerate(y.shape))
    y = y if weight is None else y * weight.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


def _high_layer(mp: Any, x: Any, weight: Any = None, bias: Any = None, axis: Any = -1, epsilon: float = 1e-5) -> Any:
    axes = tuple(sorted(a % x.ndim for a in ((axis,) if isinstance(axis, int) else axis)))
    return _high_affine(_high(mp, x, axes, epsilon), weight, bias, axes)


def _high_batch(
    mp: Any,
    x: Any,
    mean: Any = None,
    variance: Any = None,
    weight: Any = None,
    bias: Any = None,
    axis: int = 1,
    epsilon: float = 1e-5,
) -> Any:
    import numpy as np

    axis %= x.ndim
    if mean is None:
        y = _high(mp, x, tuple(i for i in range(x.ndim) if i != axis), epsilon)
    else:
        shape = tuple(-1 if i == axis else 1 for i in range(x.ndim))
        deviation = np.frompyfunc(mp.sqrt, 1, 1)(variance + mp.mpf(epsilon))
        y = (x - mean.reshape(shape)) / deviation.reshape(shape)
    return _high_affine(y, weight, bias, (axis,))


def _high_group(mp: Any, x: Any, weight: Any = None, bias: Any = None, groups: int = 1, epsilon: float = 1e-5) -> Any:
    y = _high(mp, x.reshape(x.shape[0], groups, -1), (2,), epsilon).reshape(x.shape)
    return _high_affine(y, weight, bias, (1,))


OPS = (
    general(
        "layer_norm(x, weight=None, bias=None, /, *, axis=-1, epsilon=1e-5)",
        residual=layer_normalised,
        forward=lambda xp, x, weight, bias, axis, epsilon: layer_normalised(xp, x, weight, bias, axis, epsilon)[0],
        vjp=(_layer_x_vjp, _layer_weight_vjp, _layer_bias_vjp),
        jvp=(_layer_x_jvp, _layer_weight_jvp, _layer_bias_jvp),
        batch=_layer_stack,
        reference=_high_layer,
        cases=(
            Case(lambda draw: (draw(2, 3),)),
            Case(lambda draw: (draw(2, 3), draw(3), draw(3))),
            Case(lambda draw: (draw(2, 2, 2), draw(2, 2)), {"axis": (0, 2), "epsilon": 0.125}),
            Case(lambda draw: (draw(2, 3), None, draw(2)), {"axis": 0}),
            Case(lambda draw: (draw(1, 2, 2), draw(2, 2), draw(2, 2)), {"axis": (1, 2)}),
            Case(lambda draw: (draw(4), draw(4), draw(4))),
        ),
        doc=described(
            "Numbers less their mean, over the root of their variance, along axes of each example.",
            "r * (t - mean(t) - d * r**2 * mean(d * t)) along t, for d = x - mean(x) and r = 1 / sqrt(variance + "
            "epsilon).",
            ">>> x = xp.asarray([[1.0, 3.0], [0.0, 4.0]])\n"
            ">>> [[round(v, 4) for v in row] for row in xp.nn.layer_norm(x).tolist()]\n[[-1.0, 1.0], [-1.0, 1.0]]\n"
            ">>> xp.nn.layer_norm(x, xp.asarray([2.0, 2.0]), xp.asarray([1.0, 1.0]), epsilon=0.0).tolist()\n"
            "[[-1.0, 3.0], [-1.0, 3.0]]",
            x="The numbers.",
            weight=("array, optional", SCALE + ", of the shape that x has along `axis`."),
            bias=("array, optional", SHIFT),
            axis=("int or tuple of int, optional", "The axes that are normalised together: the last one by default."),
            epsilon=EPSILON,
            returns=SAME,
            raises=("ShapeError", "The shapes do not fit."),
        ),
    ),
    general(
        "batch_norm(x, mean=None, variance=None, weight=None, bias=None, /, *, axis=1, epsilon=1e-5)",
        residual=batch_normalised,
        forward=lambda xp, x, mean, variance, weight, bias, axis, epsilon: batch_normalised(
            xp, x, mean, variance, weight, bias, axis, epsilon
        )[0],
        vjp=_batch_vjp,
        jvp=(
            _batch_x_jvp,
            lambda xp, t, kept, x, weight: -_spread(xp, t * _times(kept[1], weight), kept[0], x),
            lambda xp, t, kept, x, weight: xp.reshape(
                -0.5 * kept[0] * beside(xp, t * _times(kept[1] ** 3, weight), kept[0]), x.shape
            ),
            lambda xp, t, kept, x: xp.reshape(kept[0] * beside(xp, t * kept[1], kept[0]), x.shape),
            lambda xp, t, kept, x: _spread(xp, t, kept[0], x),
        ),
        batch=lambda xp, x, mean, variance, weight, bias, axis, epsilon, batched, size: _batch_stack(
            xp, (x, mean, variance, weight, bias), axis, epsilon, batched, size
        ),
        reference=_high_batch,
        cases=(
            Case(lambda draw: (draw(3, 2),)),
            Case(lambda draw: (draw(2, 2, 2), None, None, draw(2), draw(2))),
            Case(lambda draw: (draw(3, 2), draw(2), draw.positive(2), draw(2), draw(2))),
            Case(lambda draw: (draw(2, 2, 1, 2), draw(2), draw.positive(2))),
            Case(lambda draw: (draw(2, 3), None, None, draw(2)), {"axis": 0, "epsilon": 0.125}),
            Case(lambda draw: (draw(2, 2, 2), None, None, None, draw(2)), {"axis": -1}),
        ),
        doc=described(
            "Numbers less their mean, over the root of their variance, for each channel over the batch.",
            "As that of layer_norm where mean and variance are those of the batch; that of the formula where they are "
            "given.",
            ">>> x = xp.asarray([[1.0, 0.0], [3.0, 4.0]])\n"
            ">>> [[round(v, 4) for v in row] for row in xp.nn.batch_norm(x).tolist()]\n[[-1.0, -1.0], [1.0, 1.0]]\n"
            ">>> xp.nn.batch_norm(x, xp.zeros(2), xp.asarray([1.0, 4.0]), epsilon=0.0).tolist()\n"
            "[[1.0, 0.0], [3.0, 2.0]]",
            x="The numbers, of shape (N, C) or (N, C, ...), for C channels.",
            mean=("array of shape (C,), optional", "The means to take off; without them, those of the batch."),
            variance=(
                "array of shape (C,), optional",
                "The variances; without them, those of the batch, divided by the number of data.",
            ),
            weight=("array of shape (C,), optional", SCALE + "."),
            bias=("array of shape (C,), optional", SHIFT),
            axis=("int, optional", "The axis of the channels."),
            epsilon=EPSILON,
            returns=SAME,
            raises=(
                "ShapeError, ValueError",
                "The shapes do not fit; a mean without a variance; or a batch of one number a channel.",
            ),
        ),
    ),
    composite(
        "group_norm(x, weight=None, bias=None, /, *, groups, epsilon=1e-5)",
        _group_norm,
        reference=_high_group,
        cases=(
            Case(lambda draw: (draw(2, 4),), {"groups": 2, "epsilon": 0.5}),
            Case(lambda draw: (draw(1, 4, 2), draw(4), draw(4)), {"groups": 2}),
            Case(lambda draw: (draw(2, 2, 1, 2), None, draw(2)), {"groups": 1, "epsilon": 0.125}),
        ),
        doc=described(
            "layer_norm over groups of channels and all places.",
            "That of layer_norm.",
            ">>> x = xp.asarray([[1.0, 3.0, 0.0, 4.0]])\n"
            ">>> [round(v, 4) for v in xp.nn.group_norm(x, groups=2)[0].tolist()]\n[-1.0, 1.0, -1.0, 1.0]",
            x="The numbers, of shape (N, C, ...), for C channels.",
            weight=("array of shape (C,), optional", SCALE + "."),
            bias=("array of shape (C,), optional", SHIFT),
            groups=("int", "Into how many groups the channels are divided, neighbours together."),
            epsilon=EPSILON,
            returns=SAME,
            raises=("ShapeError", "The shapes do not fit."),
        ),
    ),
)
