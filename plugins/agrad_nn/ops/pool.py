"""Pools: the greatest or the mean number of each window.

All are compositions of two ops of windows without padding, one with maxima and one with sums. What is padded, or what
windows of several lengths see, is written out first.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from agrad.declare import Core, Op, Over, composite, constant, general, linear
from agrad_nn import high, pool_natives
from agrad_nn.cases import pool as cases
from agrad_nn.compute import pool
from agrad_nn.compute.places import padded
from agrad_nn.doc import pool as doc
from agrad_nn.lines import Line, adaptive, pooled

__all__ = ["OPS"]

WINDOWS = (
    general(
        "window_max(x, /, *, kernel_size, stride, dilation)",
        vjp=lambda xp, ct, out, x, kernel_size, stride, dilation: xp.nn.window_max_transpose(
            ct[0], out[1], shape=tuple(x.shape[-len(stride) :]), kernel_size=kernel_size, stride=stride,
            dilation=dilation,
        ),
        jvp=lambda xp, t, out, stride: (pool.pick(xp, t, out[1], len(stride)), None),
        outputs=2,
        batch=lambda xp, x, kernel_size, stride, dilation: xp.nn.window_max(
            x, kernel_size=kernel_size, stride=stride, dilation=dilation
        ),
        forward=lambda xp, x, kernel_size, stride, dilation: pool.maxima(xp, x, kernel_size, stride, dilation),
        native=pool_natives.WINDOW_MAX,
        reference=high.window_max,
        cases=cases.WINDOW_MAX,
        doc=doc.WINDOW_MAX,
    ),
    linear(
        "window_max_transpose(y, positions, /, *, shape, kernel_size, stride, dilation)",
        lambda xp, ct, positions, shape: pool.pick(xp, ct, positions, len(shape)),
        None,
        batch=lambda xp, y, positions, shape, kernel_size, stride, dilation, batched, size: xp.nn.window_max_transpose(
            y if batched[0] else xp.broadcast_to(y, (size, *y.shape)),
            positions if batched[1] else xp.broadcast_to(positions, (size, *positions.shape)),
            shape=shape, kernel_size=kernel_size, stride=stride, dilation=dilation,
        ),
        forward=lambda xp, y, positions, shape, kernel_size, stride, dilation: pool.maxima_transpose(
            xp, y, positions, shape, kernel_size, stride, dilation
        ),
        native=pool_natives.WINDOW_MAX_TRANSPOSE,
        reference=high.window_max_transpose,
        cases=cases.WINDOW_MAX_TRANSPOSE,
        doc=doc.WINDOW_MAX_TRANSPOSE,
    ),
    linear(
        "window_sum(x, /, *, axis, kernel_size, stride)",
        lambda xp, ct, x, axis, kernel_size, stride: xp.nn.window_sum_transpose(
            ct, axis=axis, kernel_size=kernel_size, stride=stride, length=x.shape[axis]
        ),
        axes=Over("axis"),
        forward=lambda xp, x, axis, kernel_size, stride: pool.sums(xp, x, axis, kernel_size, stride),
        native=pool_natives.WINDOW_SUM,
        reference=high.window_sum,
        cases=cases.WINDOW_SUM,
        doc=doc.WINDOW_SUM,
    ),
    linear(
        "window_sum_transpose(y, /, *, axis, kernel_size, stride, length)",
        lambda xp, ct, axis, kernel_size, stride: xp.nn.window_sum(
            ct, axis=axis, kernel_size=kernel_size, stride=stride
        ),
        axes=Over("axis"),
        forward=lambda xp, y, axis, kernel_size, stride, length: pool.sums_transpose(
            xp, y, axis, kernel_size, stride, length
        ),
        native=pool_natives.WINDOW_SUM_TRANSPOSE,
        reference=high.window_sum_transpose,
        cases=cases.WINDOW_SUM_TRANSPOSE,
        doc=doc.WINDOW_SUM_TRANSPOSE,
    ),
)  # fmt: skip


def _max_pool(n: int) -> tuple[Op, ...]:
    def at(
        name: str, x: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any, ceil_mode: bool
    ) -> tuple[Line, ...]:
        op = f"nn.{name}"
        return pooled(op, n, tuple(x.shape), kernel_size, stride, padding, dilation, bool(ceil_mode))

    settings = "kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False"
    return (
        composite(
            f"max_pool{n}d(x, /, *, {settings})",
            lambda xp, x, kernel_size, stride, padding, dilation, ceil_mode: _maxima(
                xp, x, at(f"max_pool{n}d", x, kernel_size, stride, padding, dilation, ceil_mode)
            )[0],
            native=pool_natives.MAX_POOL[n],
            reference=high.max_pool(n),
            cases=cases.MAX_POOL[n],
            doc=doc.max_pool(n),
        ),
        constant(
            f"max_pool{n}d_indices(x, /, *, {settings})",
            "positions are integers",
            forward=lambda xp, x, kernel_size, stride, padding, dilation, ceil_mode: _positions(
                xp, x, at(f"max_pool{n}d_indices", x, kernel_size, stride, padding, dilation, ceil_mode)
            ),
            axes=Core(n, n),
            native=pool_natives.MAX_POOL_INDICES[n],
            reference=high.max_pool(n, indices=True),
            cases=cases.MAX_POOL[n],
            doc=doc.max_pool_indices(n),
        ),
        composite(
            f"adaptive_max_pool{n}d(x, /, *, output_size)",
            lambda xp, x, output_size: _maxima(
                xp, x, adaptive(f"nn.adaptive_max_pool{n}d", n, tuple(x.shape), output_size)
            )[0],
            reference=high.adaptive_max_pool(n),
            cases=cases.ADAPTIVE[n],
            doc=doc.adaptive_max_pool(n),
        ),
        constant(
            f"adaptive_max_pool{n}d_indices(x, /, *, output_size)",
            "positions are integers",
            forward=lambda xp, x, output_size: _positions(
                xp, x, adaptive(f"nn.adaptive_max_pool{n}d_indices", n, tuple(x.shape), output_size)
            ),
            axes=Core(n, n),
            reference=high.adaptive_max_pool(n, indices=True),
            cases=cases.ADAPTIVE[n],
            doc=doc.adaptive_max_pool_indices(n),
        ),
    )


def _avg_pool(n: int) -> tuple[Op, ...]:
    def at(x: Any, kernel_size: Any, stride: Any, padding: Any, ceil_mode: bool) -> tuple[Line, ...]:
        return pooled(f"nn.avg_pool{n}d", n, tuple(x.shape), kernel_size, stride, padding, 1, bool(ceil_mode))

    return (
        composite(
            f"avg_pool{n}d(x, /, *, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True)",
            lambda xp, x, kernel_size, stride, padding, ceil_mode, count_include_pad: _means(
                xp, x, at(x, kernel_size, stride, padding, ceil_mode), count_include_pad
            ),
            reference=high.avg_pool(n),
            cases=cases.AVG_POOL[n],
            doc=doc.avg_pool(n),
        ),
        composite(
            f"adaptive_avg_pool{n}d(x, /, *, output_size)",
            lambda xp, x, output_size: _means(
                xp, x, adaptive(f"nn.adaptive_avg_pool{n}d", n, tuple(x.shape), output_size), False
            ),
            reference=high.adaptive_avg_pool(n),
            cases=cases.ADAPTIVE[n],
            doc=doc.adaptive_avg_pool(n),
        ),
    )


# Maxima -------------------------------------------------------------------------------------------


def _maxima(xp: Any, x: Any, lines: Sequence[Line]) -> tuple[Any, Any]:
    """The maxima, and their positions in what is written out."""
    kernel, stride, dilation = [], [], []
    for axis, line in enumerate(lines, start=x.ndim - len(lines)):
        width, step, spread = line.kernel, line.stride, line.dilation
        if _at_edges(line):
            x = _with_edges(xp, x, axis, line)
        elif not line.plain:
            x, width = _in_a_row(xp, x, axis, line)
            step, spread = width, 1
        kernel.append(width)
        stride.append(step)
        dilation.append(spread)
    values, positions = xp.nn.window_max(x, kernel_size=tuple(kernel), stride=tuple(stride), dilation=tuple(dilation))
    return values, positions


def _positions(xp: Any, x: Any, lines: Sequence[Line]) -> Any:
    """Where the maxima are in x, its axes of windows made flat."""
    at = _maxima(xp, x, lines)[1]
    if all(line.plain for line in lines):
        return at
    total: Any = None
    sizes = [_length(line) for line in lines]
    for axis, line in enumerate(lines):
        place = at // prod(sizes[axis + 1 :]) % sizes[axis]
        if _at_edges(line):
            place = xp.clip(place - line.before, 0, line.size - 1)
        elif not line.plain:
            table = xp.asarray(line.table[0], dtype=at.dtype, device=getattr(at, "device", None))
            place = xp.reshape(xp.take(table, xp.reshape(place, (prod(place.shape),)), axis=0), at.shape)
        total = place if total is None else total * line.size + place
    return total


def _at_edges(line: Line) -> bool:
    """Whether padding may be copies of the number at the edge, which each window that sees padding sees, too."""
    return not line.plain and not line.uneven and line.dilation == 1


def _length(line: Line) -> int:
    """Of the axis, written out."""
    if _at_edges(line):
        return line.before + line.size + max(line.after, 0)
    return line.size if line.plain else len(line.table[0])


def _with_edges(xp: Any, x: Any, axis: int, line: Line) -> Any:
    parts = [x]
    lead = (slice(None),) * axis
    if line.before:
        first = x[(*lead, slice(0, 1), ...)]
        parts.insert(0, xp.broadcast_to(first, (*x.shape[:axis], line.before, *x.shape[axis + 1 :])))
    if line.after > 0:
        last = x[(*lead, slice(line.size - 1, line.size), ...)]
        parts.append(xp.broadcast_to(last, (*x.shape[:axis], line.after, *x.shape[axis + 1 :])))
    return xp.concat(parts, axis=axis)


def _in_a_row(xp: Any, x: Any, axis: int, line: Line) -> tuple[Any, int]:
    """What the windows see, one behind the other, and how long each is then."""
    places, width = line.table
    return xp.take(x, xp.asarray(places, device=getattr(x, "device", None)), axis=axis), width


# Means --------------------------------------------------------------------------------------------


def _means(xp: Any, x: Any, lines: Sequence[Line], include_padding: bool) -> Any:
    """Sums along one axis after the other, over the product of what windows count along each."""
    divisor: Any = 1
    device = getattr(x, "device", None)
    for axis, line in enumerate(lines, start=x.ndim - len(lines)):
        width, step = line.kernel, line.stride
        behind = (1,) * (x.ndim - axis - 1)
        if line.uneven:
            x, width = _in_a_row(xp, x, axis, line)
            real = [k < len(window) for window in line.windows for k in range(width)]
            if not all(real):
                x = xp.where(xp.reshape(xp.asarray(real, device=device), (len(real), *behind)), x, 0)
            step = width
        elif not line.plain:
            x = padded(xp, x, ((line.before, max(line.after, 0)), *((0, 0) for _ in behind)))
        if width == x.shape[axis]:
            x = xp.sum(x, axis=axis, keepdims=True)
        else:
            x = xp.nn.window_sum(x, axis=axis, kernel_size=width, stride=step)
        counts = line.divisors(include_padding)
        if len(set(counts)) == 1:
            divisor = divisor * counts[0]
        else:
            divisor = divisor * xp.reshape(xp.asarray(counts, dtype=x.dtype, device=device), (len(counts), *behind))
    return x / divisor


OPS = (*WINDOWS, *(op for n in (1, 2) for op in (*_max_pool(n), *_avg_pool(n))))
