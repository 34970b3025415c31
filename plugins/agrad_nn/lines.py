"""The windows of a pool along each of its axes, checked; made once for each kind of call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from agrad.errors import ShapeError
from agrad_nn.geometry import each_axis

__all__ = ["Line", "adaptive", "pooled"]

Shape = tuple[int, ...]


class Line(NamedTuple):
    """Windows along one axis: `number` of them, of which window i sees ``stride * i + dilation * k`` of an axis that is
    padded by `before` and `after`; or `uneven` ones, which are lists of positions."""

    size: int
    kernel: int
    stride: int
    dilation: int
    number: int
    before: int = 0
    after: int = 0
    uneven: tuple[Shape, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether all windows are within the axis, and alike."""
        return self.before == 0 >= self.after and not self.uneven

    @property
    def windows(self) -> tuple[Shape, ...]:
        """The positions that each window sees of the axis itself."""
        if self.uneven:
            return self.uneven
        starts = [self.stride * i - self.before for i in range(self.number)]
        reach = self.dilation * self.kernel
        return tuple(tuple(n for n in range(i, i + reach, self.dilation) if 0 <= n < self.size) for i in starts)

    @property
    def table(self) -> tuple[list[int], int]:
        """All windows in a row, with the last position repeated where one is shorter, and the length of the longest."""
        windows = self.windows
        width = max(map(len, windows))
        return [n for window in windows for n in (*window, *window[-1:] * (width - len(window)))], width

    def divisors(self, include_padding: bool) -> list[int]:
        """How many numbers each window counts."""
        if not include_padding or self.uneven:
            return [len(window) for window in self.windows]
        end = self.size + 2 * self.before  # of the padding that was asked for; what is beyond counts for nobody
        return [min(self.kernel, end - self.stride * i) for i in range(self.number)]


@lru_cache(maxsize=4096)
def pooled(
    op: str, ndim: int, x: Shape, kernel: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
) -> tuple[Line, ...]:
    """The windows along each of the last `ndim` axes.

    Examples
    --------
    >>> [line.number for line in pooled("max_pool2d", 2, (1, 1, 5, 6), 2, None, 0, 1, False)]
    [2, 3]
    """
    sizes = each_axis(op, "kernel_size", kernel, ndim, 1)
    steps = sizes if stride is None else each_axis(op, "stride", stride, ndim, 1)
    margins, spread = each_axis(op, "padding", padding, ndim, 0), each_axis(op, "dilation", dilation, ndim, 1)
    lines = []
    for n, k, s, p, d in zip(_last(op, ndim, x), sizes, steps, margins, spread, strict=True):
        span = d * (k - 1) + 1
        if p > span // 2:
            raise ValueError(
                f"{op} got padding={padding!r} for windows that reach over {span} positions; give at most half of "
                "that, so that every window sees a number"
            )
        if n + 2 * p < span:
            raise ShapeError(
                f"{op} got x of shape {x} and windows that reach over {span} positions of an axis that has, padding "
                f"included, {n + 2 * p}; give smaller windows or more padding"
            )
        count = (n + 2 * p - span) // s + 1
        if ceil_mode and (count - 1) * s + span < n + 2 * p and count * s < n + p:
            count += 1  # what is left over has a window, too, if that starts within the axis
        line = Line(n, k, s, d, count, p, (count - 1) * s + span - n - p)
        if d > 1 and not all(line.windows):
            raise ShapeError(
                f"{op} got x of shape {x}, kernel_size={kernel!r} and dilation={dilation!r}, with a window that sees "
                "nothing but padding; give less padding"
            )
        lines.append(line)
    return tuple(lines)


@lru_cache(maxsize=4096)
def adaptive(op: str, ndim: int, x: Shape, output_size: Any) -> tuple[Line, ...]:
    """So many windows along each of the last `ndim` axes that cover it evenly; they overlap where they must.

    Examples
    --------
    >>> adaptive("adaptive_avg_pool1d", 1, (1, 5), 3)[0].windows
    ((0, 1), (1, 2, 3), (3, 4))
    """
    sizes = _last(op, ndim, x)
    given = (output_size,) * ndim if output_size is None or isinstance(output_size, int) else output_size
    if isinstance(given, Sequence) and len(given) == ndim:
        given = [n if count is None else count for n, count in zip(sizes, given, strict=True)]
    if not isinstance(given, list) or not all(isinstance(count, int) and count > 0 for count in given):
        raise ValueError(
            f"{op} got output_size={output_size!r}; it takes a positive integer, or None for the size that there is"
            + (f", or {ndim} of these, one for each axis" if ndim > 1 else "")
        )
    lines = []
    for n, count in zip(sizes, given, strict=True):
        if n < 1:
            raise ShapeError(f"{op} got x of shape {x}, of which nothing can be made; its last axes must not be empty")
        if n % count == 0:
            lines.append(Line(n, n // count, n // count, 1, count))
        else:
            windows = tuple(tuple(range(i * n // count, -((i + 1) * n // -count))) for i in range(count))
            lines.append(Line(n, 0, 0, 1, count, uneven=windows))
    return tuple(lines)


def _last(op: str, ndim: int, x: Shape) -> Shape:
    if len(x) < ndim:
        raise ShapeError(f"{op} got x of shape {x}; it takes windows of the last {ndim} axes: give an array with these")
    return x[-ndim:]
