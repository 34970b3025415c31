"""Convolutions in the standard: a slice for each position of the kernel, then one product of matrices."""

from __future__ import annotations

from itertools import product
from typing import Any

from agrad_nn.compute.places import padded, stretched
from agrad_nn.geometry import Geometry

__all__ = ["conv", "transpose", "weight"]


def conv(xp: Any, x: Any, w: Any, g: Geometry) -> Any:
    """The convolution of x, (N, C, ...), with w, (O, C / groups, ...)."""
    rows = xp.reshape(w, (g.groups, w.shape[0] // g.groups, w.shape[1] * g.taps))
    y = xp.matmul(rows, _columns(xp, x, g))
    return xp.reshape(y, (x.shape[0], w.shape[0], *g.small))


def transpose(xp: Any, y: Any, w: Any, g: Geometry) -> Any:
    """Its transpose for x: y, (N, O, ...), with zeros between its numbers, convolved with the flipped kernel."""
    axes = range(2, y.ndim)
    for axis, s in zip(axes, g.stride, strict=True):
        y = stretched(xp, y, axis, s)
    before = [d * (k - 1) - p for d, k, (p, _) in zip(g.dilation, g.kernel, g.padding, strict=True)]
    reach = [d * (k - 1) for d, k in zip(g.dilation, g.kernel, strict=True)]
    after = [n + r - m - b for n, r, m, b in zip(g.large, reach, y.shape[2:], before, strict=True)]
    flipped = g._replace(
        stride=(1,) * len(g.kernel), padding=tuple(zip(before, after, strict=True)), small=g.large, large=y.shape[2:]
    )
    outer, inner = w.shape[0] // g.groups, w.shape[1]
    v = xp.reshape(w, (g.groups, outer, inner, *g.kernel))
    v = xp.permute_dims(v, (0, 2, 1, *range(3, v.ndim)))
    v = xp.flip(xp.reshape(v, (g.groups * inner, outer, *g.kernel)), axis=tuple(axes))
    return conv(xp, y, v, flipped)


def weight(xp: Any, x: Any, y: Any, g: Geometry) -> Any:
    """Its transpose for w: sums of products of y, (N, O, ...), and of what each of its positions sees of x."""
    rows = xp.reshape(y, (y.shape[0], g.groups, y.shape[1] // g.groups, g.places))
    w = xp.sum(xp.matmul(rows, xp.matrix_transpose(_columns(xp, x, g))), axis=0)
    return xp.reshape(w, (y.shape[1], x.shape[1] // g.groups, *g.kernel))


def _columns(xp: Any, x: Any, g: Geometry) -> Any:
    """For each position of the result, what it sees: (N, groups, C / groups * kernel, positions)."""
    x = padded(xp, x, g.padding)
    seen = [x[(..., *part)] for part in _slices(g)]
    return xp.reshape(xp.stack(seen, axis=2), (x.shape[0], g.groups, x.shape[1] // g.groups * g.taps, g.places))


def _slices(g: Geometry) -> list[tuple[slice, ...]]:
    """For each position of the kernel, what is seen through it of the padded large array."""
    parts = zip(g.stride, g.dilation, g.kernel, g.small, strict=True)
    lines = [[slice(d * k, d * k + s * (n - 1) + 1, s) for k in range(size)] for s, d, size, n in parts]
    return list(product(*lines))
