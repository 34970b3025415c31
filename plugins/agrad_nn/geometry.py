"""Strides, paddings and kernels of convolutions as numbers for each axis, checked; once for each kind of call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any, NamedTuple

from agrad.errors import ShapeError

__all__ = ["Geometry", "each_axis", "of_conv", "of_transpose", "of_weight"]

Shape = tuple[int, ...]
Pairs = tuple[tuple[int, int], ...]


class Geometry(NamedTuple):
    """How the positions of two arrays belong together: number i of the small one sees ``stride * i + dilation * k`` of
    the large one, which is padded first, through number k of the kernel."""

    stride: Shape
    padding: Pairs
    """How much is added before and after each axis of the large array; less than 0 cuts off."""
    dilation: Shape
    groups: int
    kernel: Shape
    small: Shape
    large: Shape

    @property
    def spans(self) -> Shape:
        """How many positions of the large array the small one sees, from the first to the last, along each axis."""
        axes = zip(self.stride, self.dilation, self.kernel, self.small, strict=True)
        return tuple(s * (n - 1) + d * (k - 1) + 1 for s, d, k, n in axes)

    @property
    def rest(self) -> Shape:
        """How many positions at the end of the padded large array nobody sees."""
        axes = zip(self.large, self.padding, self.spans, strict=True)
        return tuple(n + before + after - span for n, (before, after), span in axes)

    @property
    def taps(self) -> int:
        """How many positions the kernel has."""
        return prod(self.kernel)

    @property
    def places(self) -> int:
        """How many positions the small array has."""
        return prod(self.small)


# Convolutions -------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def of_conv(op: str, ndim: int, x: Shape, w: Shape, stride: Any, padding: Any, dilation: Any, groups: int) -> Geometry:
    """The geometry of a convolution of x, (N, C, ...), with w, (O, C / groups, ...).

    Examples
    --------
    >>> of_conv("conv1d", 1, (2, 3, 10), (4, 3, 3), 2, 0, 1, 1).small
    (4,)
    """
    kernel, large = _checked(op, ndim, x, w), x[-ndim:]
    steps, spread = each_axis(op, "stride", stride, ndim, 1), each_axis(op, "dilation", dilation, ndim, 1)
    pairs = _padding(op, padding, steps, spread, kernel)
    channels = x[-ndim - 1]
    _grouped(op, groups, w[0], "of the result, the first axis of w")
    if channels != w[1] * groups:
        raise ShapeError(
            f"{op} got x of shape {x}, with {channels} channels, and w of shape {w}, which is for "
            f"{_product(w[1], groups)} channels; the second axis of w must be the channels of x"
            + (" divided by groups" if groups != 1 else "")
        )
    small = []
    for n, k, s, d, (before, after) in zip(large, kernel, steps, spread, pairs, strict=True):
        span = d * (k - 1) + 1
        if n + before + after < span:
            raise ShapeError(
                f"{op} got x of shape {x} and a kernel of shape {kernel}, which reaches over {span} positions where x "
                f"has, padding included, {n + before + after}; give a smaller kernel or dilation, or more padding"
            )
        small.append((n + before + after - span) // s + 1)
    return Geometry(steps, pairs, spread, groups, kernel, tuple(small), large)


@lru_cache(maxsize=4096)
def of_transpose(
    op: str, ndim: int, x: Shape, w: Shape, stride: Any, padding: Any, output_padding: Any, dilation: Any, groups: int
) -> Geometry:
    """The geometry of the transpose of a convolution, of x, (N, O, ...), with w, (O, C / groups, ...).

    Examples
    --------
    >>> of_transpose("conv_transpose1d", 1, (2, 4, 4), (4, 3, 3), 2, 0, 1, 1, 1).large
    (10,)
    """
    kernel, small = _checked(op, ndim, x, w), x[-ndim:]
    steps, spread = each_axis(op, "stride", stride, ndim, 1), each_axis(op, "dilation", dilation, ndim, 1)
    extra = each_axis(op, "output_padding", output_padding, ndim, 0)
    if isinstance(padding, str) and padding != "valid":
        raise ValueError(f"{op} got padding={padding!r}; it takes integers, for it undoes a padding: give their number")
    pairs = _padding(op, padding, steps, spread, kernel)
    if x[-ndim - 1] != w[0]:
        raise ShapeError(
            f"{op} got x of shape {x}, with {x[-ndim - 1]} channels, and w of shape {w}, which is for {w[0]}; the "
            "first axis of w must be the channels of x"
        )
    _grouped(op, groups, w[0], "of x")
    found = Geometry(steps, pairs, spread, groups, kernel, small, small)
    large = tuple(n - before - after + more for n, (before, after), more in zip(found.spans, pairs, extra, strict=True))
    if min(large) < 1:
        raise ShapeError(
            f"{op} got x of shape {x}, a kernel of shape {kernel} and padding={padding!r}, which leave a result of "
            f"{large} positions; give less padding"
        )
    return found._replace(large=large)


@lru_cache(maxsize=4096)
def of_weight(
    op: str, ndim: int, x: Shape, y: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any, groups: int
) -> Geometry:
    """The geometry of a convolution's derivative in its weight: of x, (N, C, ...), and y, (N, O, ...).

    Examples
    --------
    >>> of_weight("conv1d_weight", 1, (2, 3, 10), (2, 4, 4), 3, 2, 0, 1, 1).kernel
    (3,)
    """
    sizes = each_axis(op, "kernel_size", kernel, ndim, 1)
    if len(x) not in (ndim + 1, ndim + 2) or len(y) != len(x) or x[: -ndim - 1] != y[: -ndim - 1]:
        raise ShapeError(
            f"{op} got x of shape {x} and y of shape {y}; they must be the argument and the result of one convolution, "
            f"with {ndim} axes behind those of the batch and the channels"
        )
    _grouped(op, groups, x[-ndim - 1], "of x")
    w = (y[-ndim - 1], x[-ndim - 1] // groups, *sizes)
    found = of_conv(op, ndim, x, w, stride, padding, dilation, groups)
    if found.small != y[-ndim:]:
        raise ShapeError(
            f"{op} got y of shape {y}; a convolution of x, of shape {x}, with such a kernel has {found.small} positions"
        )
    return found


def _checked(op: str, ndim: int, x: Shape, w: Shape) -> Shape:
    """The shape of the kernel, where the numbers of axes are right."""
    names = ("length", "height and width")[ndim - 1]
    if len(x) not in (ndim + 1, ndim + 2):
        raise ShapeError(
            f"{op} got x of shape {x}; it takes {ndim + 2} axes, batch, channels, {names}, or {ndim + 1}, without batch"
        )
    if len(w) != ndim + 2 or 0 in w[2:]:
        raise ShapeError(f"{op} got w of shape {w}; it must have {ndim + 2} axes, the last {ndim} those of the kernel")
    return w[2:]


def _grouped(op: str, groups: Any, channels: int, whose: str) -> None:
    if not isinstance(groups, int) or groups < 1 or channels % groups:
        raise ShapeError(
            f"{op} got groups={groups!r}, which must be a positive integer that divides the {channels} channels {whose}"
        )


def _product(channels: int, groups: int) -> str:
    return f"{channels}" if groups == 1 else f"{channels} * {groups}"


# Numbers for each axis ----------------------------------------------------------------------------


def each_axis(op: str, name: str, value: Any, ndim: int, least: int) -> Shape:
    """A parameter as a number for each axis."""
    given = (value,) * ndim if isinstance(value, int) else value
    if isinstance(given, Sequence) and len(given) == 1:
        given = (*given,) * ndim
    if not (
        isinstance(given, Sequence) and len(given) == ndim and all(isinstance(n, int) and n >= least for n in given)
    ):
        raise ValueError(
            f"{op} got {name}={value!r}; it takes an integer of at least {least}"
            + (f", or {ndim} of them, one for each axis" if ndim > 1 else "")
        )
    return tuple(given)


def _padding(op: str, padding: Any, stride: Shape, dilation: Shape, kernel: Shape) -> Pairs:
    """What is added before and after each axis."""
    if padding == "valid":
        return ((0, 0),) * len(kernel)
    if padding == "same":
        if max(stride) > 1:
            raise ValueError(
                f"{op} got padding='same' and stride={stride}; a result of the same size there is for stride 1 only: "
                "give the padding in numbers"
            )
        totals = [d * (k - 1) for d, k in zip(dilation, kernel, strict=True)]
        return tuple((n // 2, n - n // 2) for n in totals)
    ndim = len(kernel)
    given: Any = (padding,) * ndim if isinstance(padding, int) else padding
    if isinstance(given, Sequence) and not isinstance(given, str):
        if len(given) == 1:
            given = (*given,) * ndim
        if len(given) == ndim and all(isinstance(n, int) and n >= 0 for n in given):
            return tuple((n, n) for n in given)
        if len(given) == ndim and all(_is_pair(n) for n in given):
            return tuple((before, after) for before, after in given)
    raise ValueError(
        f"{op} got padding={padding!r}; it takes 'same', 'valid' or an integer of at least 0"
        + (f", or {ndim} of them, one for each axis" if ndim > 1 else "")
    )


def _is_pair(value: Any) -> bool:
    return isinstance(value, Sequence) and len(value) == 2 and all(isinstance(n, int) for n in value)
