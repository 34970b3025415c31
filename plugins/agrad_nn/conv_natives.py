"""Convolutions of array libraries that have them, as functions of two arrays and a geometry.

A library is imported when the first of its functions is called.
"""

from __future__ import annotations

from typing import Any

from agrad_nn.geometry import Geometry

__all__ = ["jax_conv", "jax_transpose", "jax_weight", "torch_conv", "torch_transpose", "torch_weight"]

# JAX ----------------------------------------------------------------------------------------------


def jax_conv(x: Any, w: Any, g: Geometry) -> Any:
    """The convolution, which takes any padding."""
    return _general(x, w, g.stride, g.padding, (1,) * len(g.kernel), g.dilation, groups=g.groups)


def jax_transpose(y: Any, w: Any, g: Geometry) -> Any:
    """Its transpose for x: a convolution of y, with zeros between its numbers, with the flipped kernel."""
    outer, inner = w.shape[0] // g.groups, w.shape[1]
    v = w.reshape(g.groups, outer, inner, *g.kernel).swapaxes(1, 2).reshape(g.groups * inner, outer, *g.kernel)
    v = v[(..., *(slice(None, None, -1),) * len(g.kernel))]
    padding = []
    for n, span, d, k, (before, _) in zip(g.large, g.spans, g.dilation, g.kernel, g.padding, strict=True):
        reach = d * (k - 1)
        padding.append((reach - before, n - span + reach + before))
    return _general(y, v, (1,) * len(g.kernel), padding, g.stride, g.dilation, groups=g.groups)


def jax_weight(x: Any, y: Any, g: Geometry) -> Any:
    """Its transpose for w: a convolution of x with y, in which channels are the batch and examples are added up."""
    padding = [(before, after - rest) for (before, after), rest in zip(g.padding, g.rest, strict=True)]
    return _general(x, y, g.dilation, padding, (1,) * len(g.kernel), g.stride, batch_groups=g.groups)


def _general(
    x: Any, w: Any, stride: Any, padding: Any, spread: Any, dilation: Any, groups: int = 1, batch_groups: int = 0
) -> Any:
    import jax.numpy as jnp
    from jax import lax

    dtype = jnp.result_type(x, w)
    order = (1, 0, *range(2, x.ndim)) if batch_groups else tuple(range(x.ndim))
    return lax.conv_general_dilated(
        x.astype(dtype),
        w.astype(dtype),
        stride,
        padding,
        spread,
        dilation,
        lax.ConvDimensionNumbers(order, order, order),
        groups,
        batch_groups or 1,
    )


# PyTorch ------------------------------------------------------------------------------------------


def torch_conv(x: Any, w: Any, g: Geometry) -> Any:
    """The convolution; what is not the same on both sides is padded before."""
    import torch

    f = (torch.nn.functional.conv1d, torch.nn.functional.conv2d)[len(g.kernel) - 1]
    x, padding = _evenly(x, g)
    return _of_real(lambda a, b: f(a, b, None, g.stride, padding, g.dilation, g.groups), x, w)


def torch_transpose(y: Any, w: Any, g: Geometry) -> Any:
    """Its transpose for x; what PyTorch does not take as a padding is cut off, or added, afterwards."""
    import torch

    f = (torch.nn.functional.conv_transpose1d, torch.nn.functional.conv_transpose2d)[len(g.kernel) - 1]
    rest, padding = g.rest, [before for before, _ in g.padding]
    even = all(before == after >= 0 for before, after in g.padding)
    if even and all(0 <= n < max(s, d) for n, s, d in zip(rest, g.stride, g.dilation, strict=True)):
        return _of_real(lambda a, b: f(a, b, None, g.stride, padding, rest, g.groups, g.dilation), y, w)
    whole = _of_real(lambda a, b: f(a, b, None, g.stride, 0, 0, g.groups, g.dilation), y, w)
    margins = [(-before, rest - after) for (before, after), rest in zip(g.padding, rest, strict=True)]
    return torch.nn.functional.pad(whole, [n for pair in reversed(margins) for n in pair])


def torch_weight(x: Any, y: Any, g: Geometry) -> Any:
    """Its transpose for w, as PyTorch itself computes it."""
    from torch.nn import grad

    f: Any = (grad.conv1d_weight, grad.conv2d_weight)[len(g.kernel) - 1]
    x, padding = _evenly(x, g)
    shape = (y.shape[1], x.shape[1] // g.groups, *g.kernel)
    return _of_real(lambda a, b: f(a, shape, b, g.stride, padding, g.dilation, g.groups), x, y)


def _evenly(x: Any, g: Geometry) -> tuple[Any, list[int]]:
    """x, padded where the two sides differ, and how much is left to add on both."""
    import torch

    if all(before == after >= 0 for before, after in g.padding):
        return x, [before for before, _ in g.padding]
    return torch.nn.functional.pad(x, [n for pair in reversed(g.padding) for n in pair]), [0] * len(g.kernel)


def _of_real(f: Any, a: Any, b: Any) -> Any:
    """A bilinear function of real arrays, of complex ones by their parts."""
    import torch

    dtype = torch.result_type(a, b)
    if not dtype.is_complex:
        return f(a.to(dtype), b.to(dtype))
    a, b = a.to(dtype), b.to(dtype)
    return torch.complex(f(a.real, b.real) - f(a.imag, b.imag), f(a.real, b.imag) + f(a.imag, b.real))
