"""The ops in high precision, for the conformance suite: loops over all positions, as the definitions have them."""

from __future__ import annotations

from itertools import product
from typing import Any

from agrad_nn.geometry import Geometry, of_conv, of_transpose, of_weight

__all__ = [
    "adaptive_avg_pool",
    "adaptive_max_pool",
    "avg_pool",
    "conv",
    "max_pool",
    "transpose",
    "weight",
    "window_max",
    "window_max_transpose",
    "window_sum",
    "window_sum_transpose",
]


def conv(n: int, mp: Any, x: Any, w: Any, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1) -> Any:
    """Each number of the result as a sum over the kernel and the channels of a group."""
    g = of_conv("conv", n, x.shape, w.shape, stride, padding, dilation, groups)
    examples = x if x.ndim == n + 2 else x[None]
    y = _zeros(mp, (len(examples), w.shape[0], *g.small))
    for i, k, place in _pairs(g):
        for m, o, c in product(range(len(examples)), range(w.shape[0]), range(w.shape[1])):
            y[(m, o, *i)] += examples[(m, _channel(o, c, w, groups), *place)] * w[(o, c, *k)]
    return y if x.ndim == n + 2 else y[0]


def transpose(
    n: int,
    mp: Any,
    x: Any,
    w: Any,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Any:
    """The products are added to where a convolution reads."""
    g = of_transpose("conv_transpose", n, x.shape, w.shape, stride, padding, output_padding, dilation, groups)
    examples = x if x.ndim == n + 2 else x[None]
    y = _zeros(mp, (len(examples), w.shape[1] * groups, *g.large))
    for i, k, place in _pairs(g):
        for m, o, c in product(range(len(examples)), range(w.shape[0]), range(w.shape[1])):
            y[(m, _channel(o, c, w, groups), *place)] += examples[(m, o, *i)] * w[(o, c, *k)]
    return y if x.ndim == n + 2 else y[0]


def weight(
    n: int,
    mp: Any,
    x: Any,
    y: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Any:
    """Each number of the kernel as a sum over the examples and positions."""
    g = of_weight("conv_weight", n, x.shape, y.shape, kernel_size, stride, padding, dilation, groups)
    if x.ndim == n + 1:
        x, y = x[None], y[None]
    w = _zeros(mp, (y.shape[1], x.shape[1] // groups, *g.kernel))
    for i, k, place in _pairs(g):
        for m, o, c in product(range(len(x)), range(w.shape[0]), range(w.shape[1])):
            w[(o, c, *k)] += x[(m, _channel(o, c, w, groups), *place)] * y[(m, o, *i)]
    return w


def _channel(o: int, c: int, w: Any, groups: int) -> int:
    """The channel of the large array that number c of channel o of the small one belongs to."""
    return int(o // (w.shape[0] // groups) * w.shape[1] + c)


def _pairs(g: Geometry) -> Any:
    """Positions of the small array, of the kernel, and of what is seen there of the large array, padding left out."""
    for i in product(*map(range, g.small)):
        for k in product(*map(range, g.kernel)):
            axes = zip(g.stride, i, g.dilation, k, g.padding, strict=True)
            place = tuple(s * a + d * b - before for s, a, d, b, (before, _) in axes)
            if all(0 <= p < n for p, n in zip(place, g.large, strict=True)):
                yield i, k, place


def _zeros(mp: Any, shape: tuple[int, ...]) -> Any:
    import numpy as np

    y = np.empty(shape, dtype=object)
    y.fill(mp.mpf(0))
    return y


# Pools --------------------------------------------------------------------------------------------


def window_max(mp: Any, x: Any, kernel_size: Any, stride: Any, dilation: Any) -> Any:
    """The maxima and their positions."""
    n = len(kernel_size)
    windows = [_windows(*each, 0, False) for each in zip(x.shape[-n:], kernel_size, stride, dilation, strict=True)]
    return _greatest(x, windows), _greatest(x, windows, indices=True)


def window_max_transpose(
    mp: Any, y: Any, positions: Any, shape: Any, kernel_size: Any, stride: Any, dilation: Any
) -> Any:
    """Number by number."""
    import numpy as np

    lead = y.shape[: y.ndim - len(shape)]
    x = _zeros(mp, (*lead, int(np.prod(shape))))
    for i in np.ndindex(y.shape):
        x[(*i[: len(lead)], int(positions[i]))] += y[i]
    return x.reshape(*lead, *shape)


def window_sum(mp: Any, x: Any, axis: int, kernel_size: int, stride: int) -> Any:
    """Number by number."""
    import numpy as np

    windows = _windows(x.shape[axis], kernel_size, stride, 1, 0, False)
    return np.stack([np.take(x, window, axis=axis).sum(axis=axis) for window in windows], axis=axis)


def window_sum_transpose(mp: Any, y: Any, axis: int, kernel_size: int, stride: int, length: int) -> Any:
    """Number by number."""
    import numpy as np

    x = _zeros(mp, tuple(length if i == axis % y.ndim else n for i, n in enumerate(y.shape)))
    rows, sums = np.moveaxis(x, axis, 0), np.moveaxis(y, axis, 0)
    for i, window in enumerate(_windows(length, kernel_size, stride, 1, 0, False)):
        for place in window:
            rows[place] += sums[i]
    return x


def max_pool(n: int, indices: bool = False) -> Any:
    """Over n axes."""

    def reference(
        mp: Any,
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: Any = False,
    ) -> Any:
        settings = zip(
            x.shape[-n:],
            *(_each(v, n) for v in (kernel_size, stride or kernel_size, dilation, padding, ceil_mode)),
            strict=True,
        )
        return _greatest(x, [_windows(*each) for each in settings], indices)

    return reference


def adaptive_max_pool(n: int, indices: bool = False) -> Any:
    """Over n axes."""

    def reference(mp: Any, x: Any, output_size: Any) -> Any:
        windows = [_even(*each) for each in zip(x.shape[-n:], _each(output_size, n), strict=True)]
        return _greatest(x, windows, indices)

    return reference


def avg_pool(n: int) -> Any:
    """Over n axes."""

    def reference(
        mp: Any,
        x: Any,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: Any = False,
        count_include_pad: bool = True,
    ) -> Any:
        kernel, margins = _each(kernel_size, n), _each(padding, n)
        steps = _each(stride or kernel_size, n)
        settings = zip(x.shape[-n:], kernel, steps, _each(1, n), margins, _each(ceil_mode, n), strict=True)
        windows = [_windows(*each) for each in settings]
        counts = [[len(window) for window in line] for line in windows]
        if count_include_pad:
            counts = [
                [min(s * i - p + k, size + p) - (s * i - p) for i in range(len(line))]
                for line, size, k, s, p in zip(windows, x.shape[-n:], kernel, steps, margins, strict=True)
            ]
        return _mean(mp, x, windows, counts)

    return reference


def adaptive_avg_pool(n: int) -> Any:
    """Over n axes."""

    def reference(mp: Any, x: Any, output_size: Any) -> Any:
        windows = [_even(*each) for each in zip(x.shape[-n:], _each(output_size, n), strict=True)]
        return _mean(mp, x, windows, [[len(window) for window in line] for line in windows])

    return reference


Windows = list[list[list[int]]]
"""For each axis, for each window, the positions that it sees."""


def _windows(size: int, kernel: int, stride: int, dilation: int, padding: int, ceil_mode: bool) -> list[list[int]]:
    free = size + 2 * padding - dilation * (kernel - 1) - 1
    count = (-(-free // stride) if ceil_mode else free // stride) + 1
    if (count - 1) * stride >= size + padding:
        count -= 1
    seen = [[stride * i - padding + dilation * k for k in range(kernel)] for i in range(count)]
    return [[place for place in window if 0 <= place < size] for window in seen]


def _even(size: int, count: int | None) -> list[list[int]]:
    if count is None:
        count = size
    return [[p for p in range(size) if i * size // count <= p < -(-(i + 1) * size // count)] for i in range(count)]


def _greatest(x: Any, windows: Windows, indices: bool = False) -> Any:
    def of_one(v: Any, window: Any) -> Any:
        place = max(product(*window), key=lambda place: v[place])  # the first of equal ones
        return _flat(place, v.shape) if indices else v[place]

    return _pooled(x, windows, of_one, "int64" if indices else "object")


def _mean(mp: Any, x: Any, windows: Windows, counts: list[list[int]]) -> Any:
    totals = _pooled(x, windows, lambda v, window: sum((v[place] for place in product(*window)), mp.mpf(0)), "object")
    for axis, line in enumerate(counts, start=x.ndim - len(counts)):
        for i, count in enumerate(line):
            totals[(slice(None),) * axis + (i,)] = totals[(slice(None),) * axis + (i,)] / count
    return totals


def _pooled(x: Any, windows: Windows, of_one: Any, dtype: str) -> Any:
    """A function of what each window sees, for all that is in front of the axes of windows."""
    import numpy as np

    lead = x.ndim - len(windows)
    y = np.empty((*x.shape[:lead], *map(len, windows)), dtype=dtype)
    for i in np.ndindex(y.shape):
        y[i] = of_one(x[i[:lead]], [line[k] for line, k in zip(windows, i[lead:], strict=True)])
    return y


def _each(value: Any, n: int) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, tuple | list) else (value,) * n


def _flat(place: Any, shape: Any) -> int:
    found = 0
    for p, size in zip(place, shape, strict=True):
        found = found * size + p
    return found
