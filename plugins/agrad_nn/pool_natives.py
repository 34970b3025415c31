"""Pools of array libraries that have them, and NumPy's own in few passes over the windows.

A library is imported when the first of its functions is called.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from math import prod
from typing import Any

from agrad_nn.compute import pool
from agrad_nn.lines import Line, pooled

__all__ = ["MAX_POOL", "MAX_POOL_INDICES", "WINDOW_MAX", "WINDOW_MAX_TRANSPOSE", "WINDOW_SUM", "WINDOW_SUM_TRANSPOSE"]

Shape = tuple[int, ...]
Function = Callable[..., Any]
Natives = dict[str, Function | str]

# NumPy --------------------------------------------------------------------------------------------


def _numpy_window_max(x: Any, /, *, kernel_size: Shape, stride: Shape, dilation: Shape) -> tuple[Any, Any]:
    """Without branches for each number: of the positions where there was more than before, the last is the greatest."""
    import numpy as np

    if prod(kernel_size) > 127:
        return pool.maxima(np, x, kernel_size, stride, dilation)
    size = x.shape[-len(kernel_size) :]
    number = pool.counts(size, kernel_size, stride, dilation)
    parts = _seen(x, kernel_size, stride, dilation, number)
    best = np.array(next(parts))
    line, more, which = np.empty_like(best), np.empty(best.shape, "bool"), np.zeros(best.shape, "int8")
    found = more.view("int8")
    for k, part in enumerate(parts, start=1):
        np.copyto(line, part)
        np.greater(line, best, out=more)
        np.multiply(found, np.int8(k), out=found)
        np.maximum(which, found, out=which)
        np.maximum(best, line, out=best)
    if best.size and np.isnan(np.max(best)):  # nothing is greater than nan
        return pool.maxima(np, x, kernel_size, stride, dilation)
    at = np.empty(best.shape, "int64")
    at[...] = pool.starts(np, x, size, number, stride)
    step = 1
    for n, k, d in zip(size[::-1], kernel_size[::-1], dilation[::-1], strict=True):
        if k > 1:
            rest = which // np.int8(k)
            at += np.multiply(which - rest * np.int8(k), d * step, dtype="int64")
            which = rest
        step *= n
    return best, at


def _numpy_window_max_transpose(
    y: Any, at: Any, /, *, shape: Shape, kernel_size: Shape, stride: Shape, dilation: Shape
) -> Any:
    import numpy as np

    lead = y.shape[: y.ndim - len(shape)]
    out = np.zeros((prod(lead) * prod(shape),), y.dtype)
    places = at.reshape(prod(lead), -1) + prod(shape) * np.arange(prod(lead))[:, None] if out.size else at
    if any(k > s for k, s in zip(kernel_size, stride, strict=True)) or max(dilation) > 1:
        np.add.at(out, places.reshape(-1), y.reshape(-1))
    else:
        out[places.reshape(-1)] = y.reshape(-1)
    return out.reshape(*lead, *shape)


def _numpy_max_pool(ndim: int) -> Function:
    """Of numbers alone: without their positions."""

    def compute(x: Any, lines: tuple[Line, ...]) -> Any:
        import numpy as np

        if any(line.before > 0 or line.after > 0 for line in lines):
            least = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
            shape = [line.size + line.before + max(line.after, 0) for line in lines]
            wide: Any = np.full((*x.shape[:-ndim], *shape), least, x.dtype)
            wide[(..., *(slice(line.before, line.before + line.size) for line in lines))] = x
            x = wide
        number = tuple(line.number for line in lines)
        parts = _seen(x, *_settings(lines), number)
        best = np.array(next(parts))
        for part in parts:
            np.maximum(best, part, out=best)
        return best

    return _of_lines("max_pool", ndim, compute)


def _seen(x: Any, kernel: Shape, stride: Shape, dilation: Shape, number: Shape) -> Iterator[Any]:
    """What all windows see at each of their positions."""
    for offset in product(*map(range, kernel)):
        axes = zip(offset, dilation, stride, number, strict=True)
        yield x[(..., *(slice(o * d, o * d + s * (m - 1) + 1, s) for o, d, s, m in axes))]


def _numpy_window_sum(x: Any, /, *, axis: int, kernel_size: int, stride: int) -> Any:
    import numpy as np

    lead = (slice(None),) * (axis % x.ndim)
    reach = stride * ((x.shape[axis] - kernel_size) // stride) + 1
    total = np.array(x[(*lead, slice(0, reach, stride))])
    for k in range(1, kernel_size):
        total += x[(*lead, slice(k, k + reach, stride))]
    return total


def _numpy_window_sum_transpose(y: Any, /, *, axis: int, kernel_size: int, stride: int, length: int) -> Any:
    import numpy as np

    axis %= y.ndim
    lead = (slice(None),) * axis
    out = np.zeros((*y.shape[:axis], length, *y.shape[axis + 1 :]), y.dtype)
    reach = stride * (y.shape[axis] - 1) + 1
    for k in range(kernel_size):
        out[(*lead, slice(k, k + reach, stride))] += y
    return out


# JAX ----------------------------------------------------------------------------------------------


def _jax_max_pool(ndim: int) -> Function:
    def compute(x: Any, lines: tuple[Line, ...]) -> Any:
        import numpy as np
        from jax import lax

        least = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
        lead = (1,) * (x.ndim - ndim)
        kernel, stride, dilation = ((*lead, *setting) for setting in _settings(lines))
        padding = [*((0, 0) for _ in lead), *((line.before, max(line.after, 0)) for line in lines)]
        return lax.reduce_window(x, np.asarray(least, x.dtype), lax.max, kernel, stride, padding, None, dilation)

    return _of_lines("max_pool", ndim, compute)


# PyTorch ------------------------------------------------------------------------------------------


def _torch_max_pool(ndim: int, indices: bool) -> Function:
    def compute(x: Any, lines: tuple[Line, ...]) -> Any:
        kernel, stride, dilation = _settings(lines)
        padding = tuple(line.before for line in lines)
        rounded_up = any(line.after > line.before for line in lines)
        found = _torch_pool(x, kernel, stride, dilation, padding, rounded_up, indices)
        return found[1] if indices else found

    return _of_lines("max_pool", ndim, compute)


def _torch_window_max(x: Any, /, *, kernel_size: Shape, stride: Shape, dilation: Shape) -> Any:
    return _torch_pool(x, kernel_size, stride, dilation, (0,) * len(stride), False, True)


def _torch_pool(
    x: Any, kernel: Shape, stride: Shape, dilation: Shape, padding: Shape, rounded_up: bool, both: bool
) -> Any:
    """PyTorch's pool over two axes, which takes integers too; `both` gives positions as well."""
    from torch.nn import functional

    f: Any = functional.max_pool2d
    n = len(kernel)
    lead, fill = x.shape[: x.ndim - n], (1,) * (2 - n)
    found = f(
        x.reshape(prod(lead), 1, *fill, *x.shape[x.ndim - n :]),
        (*fill, *kernel),
        (*fill, *stride),
        (*(0 for _ in fill), *padding),
        (*fill, *dilation),
        rounded_up,
        both,
    )
    parts = [y.reshape(*lead, *y.shape[4 - n :]) for y in (found if both else (found,))]
    return tuple(parts) if both else parts[0]


def _torch_window_max_transpose(
    y: Any, at: Any, /, *, shape: Shape, kernel_size: Shape, stride: Shape, dilation: Shape
) -> Any:
    lead = y.shape[: y.ndim - len(shape)]
    out = y.new_zeros(prod(lead), prod(shape))
    return out.scatter_add_(1, at.reshape(prod(lead), -1), y.reshape(prod(lead), -1)).reshape(*lead, *shape)


# By backend ---------------------------------------------------------------------------------------


def _of_lines(name: str, ndim: int, compute: Function) -> Function:
    """A function of an array and its windows, called as the op is."""

    def function(
        x: Any,
        /,
        *,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        ceil_mode: bool = False,
    ) -> Any:
        lines = pooled(
            f"nn.{name}{ndim}d", ndim, tuple(x.shape), kernel_size, stride, padding, dilation, bool(ceil_mode)
        )
        return compute(x, lines)

    return function


def _settings(lines: tuple[Line, ...]) -> tuple[Shape, Shape, Shape]:
    """Kernel, stride and dilation of each axis."""
    kernel, stride, dilation = zip(*((line.kernel, line.stride, line.dilation) for line in lines), strict=True)
    return kernel, stride, dilation


WINDOW_MAX: Natives = {"numpy": _numpy_window_max, "torch": _torch_window_max}
WINDOW_MAX_TRANSPOSE: Natives = {"numpy": _numpy_window_max_transpose, "torch": _torch_window_max_transpose}
WINDOW_SUM: Natives = {"numpy": _numpy_window_sum}
WINDOW_SUM_TRANSPOSE: Natives = {"numpy": _numpy_window_sum_transpose}
MAX_POOL: dict[int, Natives] = {
    n: {"numpy": _numpy_max_pool(n), "jax": _jax_max_pool(n), "torch": _torch_max_pool(n, False)} for n in (1, 2)
}
MAX_POOL_INDICES: dict[int, Natives] = {n: {"torch": _torch_max_pool(n, True)} for n in (1, 2)}
