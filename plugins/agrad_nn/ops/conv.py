"""Convolutions, and what is linear in the third of their arrays: a family that is closed under differentiation.

The sum of y times the convolution of x with w is linear in each of the three. Its derivatives in y, x and w are the
convolution, its transpose and the op of its weight; so the derivatives of each of these ops are the two others.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

from agrad.declare import Op, bilinear
from agrad_nn import conv_natives, high, windows
from agrad_nn.cases.conv import CONV, TRANSPOSE, WEIGHT
from agrad_nn.compute import conv as standard
from agrad_nn.doc.conv import conv_doc, transpose_doc, weight_doc
from agrad_nn.geometry import Geometry, of_conv, of_transpose, of_weight

__all__ = ["OPS"]

Function = Callable[..., Any]


def _conv(n: int) -> Op:
    def at(x: Any, w: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Geometry:
        return of_conv(f"nn.conv{n}d", n, tuple(x.shape), tuple(w.shape), stride, padding, dilation, groups)

    return bilinear(
        f"conv{n}d(x, w, /, *, stride=1, padding=0, dilation=1, groups=1)",
        lambda xp, ct, x, w, stride, padding, dilation, groups: _back(
            xp, f"conv_transpose{n}d", ct, w, at(x, w, stride, padding, dilation, groups)
        ),
        lambda xp, ct, x, w, stride, padding, dilation, groups: _of_weight(
            xp, f"conv{n}d_weight", x, ct, at(x, w, stride, padding, dilation, groups)
        ),
        batch=lambda xp, x, w, stride, padding, dilation, groups, batched, size: _stacked(
            partial(getattr(xp.nn, f"conv{n}d"), stride=stride, padding=padding, dilation=dilation),
            xp, (x, w), batched, size, groups, (n, 0), ((0, 0), (0, 1), (1, 0, 1)),
        ),
        forward=lambda xp, x, w, stride, padding, dilation, groups: _run(
            partial(standard.conv, xp), x, w, at(x, w, stride, padding, dilation, groups)
        ),
        native=_natives("conv", at),
        reference=partial(high.conv, n),
        cases=CONV[n],
        doc=conv_doc(n),
    )  # fmt: skip


def _conv_transpose(n: int) -> Op:
    def at(
        x: Any, w: Any, stride: Any = 1, padding: Any = 0, output_padding: Any = 0, groups: int = 1, dilation: Any = 1
    ) -> Geometry:
        shapes = tuple(x.shape), tuple(w.shape)
        return of_transpose(f"nn.conv_transpose{n}d", n, *shapes, stride, padding, output_padding, dilation, groups)

    return bilinear(
        f"conv_transpose{n}d(x, w, /, *, stride=1, padding=0, output_padding=0, groups=1, dilation=1)",
        lambda xp, ct, x, w, stride, padding, output_padding, groups, dilation: _forth(
            xp, f"conv{n}d", ct, w, at(x, w, stride, padding, output_padding, groups, dilation)
        ),
        lambda xp, ct, x, w, stride, padding, output_padding, groups, dilation: _of_weight(
            xp, f"conv{n}d_weight", ct, x, at(x, w, stride, padding, output_padding, groups, dilation)
        ),
        batch=lambda xp, x, w, stride, padding, output_padding, groups, dilation, batched, size: _stacked(
            partial(
                getattr(xp.nn, f"conv_transpose{n}d"),
                stride=stride, padding=padding, output_padding=output_padding, dilation=dilation,
            ),
            xp, (x, w), batched, size, groups, (n, 0), ((0, 0), (1, 1), (1, 0, 1)),
        ),
        forward=lambda xp, x, w, stride, padding, output_padding, groups, dilation: _run(
            partial(standard.transpose, xp), x, w, at(x, w, stride, padding, output_padding, groups, dilation)
        ),
        native=_natives("transpose", at),
        reference=partial(high.transpose, n),
        cases=TRANSPOSE[n],
        doc=transpose_doc(n),
    )  # fmt: skip


def _conv_weight(n: int) -> Op:
    def at(
        x: Any, y: Any, kernel_size: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
    ) -> Geometry:
        shapes = tuple(x.shape), tuple(y.shape)
        return of_weight(f"nn.conv{n}d_weight", n, *shapes, kernel_size, stride, padding, dilation, groups)

    return bilinear(
        f"conv{n}d_weight(x, y, /, *, kernel_size, stride=1, padding=0, dilation=1, groups=1)",
        lambda xp, ct, x, y, kernel_size, stride, padding, dilation, groups: _back(
            xp, f"conv_transpose{n}d", y, ct, at(x, y, kernel_size, stride, padding, dilation, groups)
        ),
        lambda xp, ct, x, y, kernel_size, stride, padding, dilation, groups: _forth(
            xp, f"conv{n}d", x, ct, at(x, y, kernel_size, stride, padding, dilation, groups)
        ),
        batch=lambda xp, x, y, kernel_size, stride, padding, dilation, groups, batched, size: _stacked(
            partial(
                getattr(xp.nn, f"conv{n}d_weight"),
                kernel_size=kernel_size, stride=stride, padding=padding, dilation=dilation,
            ),
            xp, (x, y), batched, size, groups, (n, n), ((1, 1), (1, 0), (1, 1, 0)),
        ),
        forward=lambda xp, x, y, kernel_size, stride, padding, dilation, groups: _run(
            partial(standard.weight, xp), x, y, at(x, y, kernel_size, stride, padding, dilation, groups)
        ),
        native=_natives("weight", at),
        reference=partial(high.weight, n),
        cases=WEIGHT[n],
        doc=weight_doc(n),
    )  # fmt: skip


# Derivatives --------------------------------------------------------------------------------------


def _back(xp: Any, name: str, y: Any, w: Any, g: Geometry) -> Any:
    """From the result's side to the argument's, to its very shape."""
    return getattr(xp.nn, name)(
        y, w, stride=g.stride, padding=g.padding, output_padding=g.rest, groups=g.groups, dilation=g.dilation
    )


def _forth(xp: Any, name: str, x: Any, w: Any, g: Geometry) -> Any:
    """From the argument's side to the result's, to its very shape."""
    return getattr(xp.nn, name)(x, w, stride=g.stride, padding=_tight(g), dilation=g.dilation, groups=g.groups)


def _of_weight(xp: Any, name: str, x: Any, y: Any, g: Geometry) -> Any:
    return getattr(xp.nn, name)(
        x, y, kernel_size=g.kernel, stride=g.stride, padding=_tight(g), dilation=g.dilation, groups=g.groups
    )


def _tight(g: Geometry) -> tuple[tuple[int, int], ...]:
    """The padding without what nobody sees, where that is enough for another window."""
    sides = zip(g.padding, g.rest, g.stride, strict=True)
    return tuple((before, after if rest < s else after - rest) for (before, after), rest, s in sides)


# Stacks -------------------------------------------------------------------------------------------


def _stacked(
    f: Function,
    xp: Any,
    arrays: tuple[Any, Any],
    batched: tuple[bool, bool],
    size: int,
    groups: int,
    ndims: tuple[int, int],
    places: Sequence[tuple[int, ...]],
) -> Any:
    """An op of stacks as one op of larger arrays.

    A stack of one argument alone becomes part of an axis that the other does not have: `places` says of which axis, and
    of which one of the result. Stacks of both are more groups of channels. `ndims` are the numbers of axes behind the
    channels of what may lack an axis of examples, which is added.
    """
    a, b = arrays
    single = a.ndim - batched[0] == ndims[0] + 1
    if single:
        a = xp.expand_dims(a, axis=int(batched[0]))
        b = xp.expand_dims(b, axis=int(batched[1])) if ndims[1] else b
    between = groups > 1 and (ndims[1] > 0 or not batched[0])  # a group's channels would not lie together
    if all(batched) or between:
        a, b = (x if of else xp.broadcast_to(x, (size, *x.shape)) for x, of in zip((a, b), batched, strict=True))
        first, second, at = places[2]
        y = f(_merged(xp, a, first), _merged(xp, b, second), groups=groups * size)
    elif batched[0]:
        first, at = places[0]
        y = f(_merged(xp, a, first), b, groups=groups)
    else:
        second, at = places[1]
        y = f(a, _merged(xp, b, second), groups=groups)
    y = xp.reshape(y, (*y.shape[:at], size, y.shape[at] // size, *y.shape[at + 1 :]))
    y = xp.moveaxis(y, at, 0)
    return xp.squeeze(y, axis=1) if single and not ndims[1] else y


def _merged(xp: Any, x: Any, axis: int) -> Any:
    """The batch axis as part of another one of the example's, the slower one."""
    x = xp.moveaxis(x, 0, axis)
    return xp.reshape(x, (*x.shape[:axis], x.shape[axis] * x.shape[axis + 1], *x.shape[axis + 2 :]))


# What computes ------------------------------------------------------------------------------------


def _natives(name: str, at: Callable[..., Geometry]) -> dict[str, Function | str]:
    """By backend."""

    def made(compute: Function) -> Function:
        def function(a: Any, b: Any, /, **params: Any) -> Any:
            return _run(compute, a, b, at(a, b, **params))

        return function

    def strided(library: str) -> Function:
        def compute(a: Any, b: Any, g: Geometry) -> Any:
            return getattr(windows, name)(import_module(library), a, b, g)

        return made(compute)

    return {
        "numpy": strided("numpy"),
        "cupy": strided("cupy"),
        "jax": made(getattr(conv_natives, f"jax_{name}")),
        "torch": made(getattr(conv_natives, f"torch_{name}")),
    }


def _run(compute: Function, a: Any, b: Any, g: Geometry) -> Any:
    """With an axis of examples where there is none."""
    n = len(g.kernel) + 2
    if a.ndim == n:
        return compute(a, b, g)
    if b.ndim == n:  # of a weight
        return compute(a[None, ...], b, g)[0, ...]
    return compute(a[None, ...], b[None, ...], g)


OPS = tuple(make(n) for n in (1, 2) for make in (_conv, _conv_transpose, _conv_weight))
