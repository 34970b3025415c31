"""Elements in order: sorted, the greatest ones, running sums."""

from __future__ import annotations

from typing import Any

from agrad_torchlike import dtypes
from agrad_torchlike.errors import axis_of
from agrad_torchlike.reductions import named
from agrad_torchlike.registry import op, tensor_op

__all__: list[str] = []

_Sort, _Topk, _Kth = named("sort"), named("topk"), named("kthvalue")


def _ordered(xp: Any, x: Any, dim: int, descending: bool) -> tuple[int, Any]:
    axis = axis_of(dim, x.ndim)
    return axis, xp.argsort(x, axis=axis, descending=descending, stable=True)


@op("SortBackward0")
def sort(xp: Any, x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The elements along an axis in order, and where they were."""
    if not x.ndim:
        return _Sort(xp.positive(x), xp.zeros((), dtype=xp.int64))
    axis, order = _ordered(xp, x, dim, descending)
    return _Sort(xp.take_along_axis(x, order, axis=axis), xp.astype(order, xp.int64))


@op()
def argsort(xp: Any, x: Any, dim: int = -1, descending: bool = False, stable: bool = False) -> Any:
    """The indices that put the elements in order."""
    return xp.astype(_ordered(xp, x, dim, descending)[1], xp.int64) if x.ndim else xp.zeros((), dtype=xp.int64)


@op("TopkBackward0")
def topk(xp: Any, x: Any, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Any:
    """The greatest elements along an axis, and where they are."""
    if not x.ndim:
        return _Topk(xp.positive(x), xp.zeros((), dtype=xp.int64))
    axis, order = _ordered(xp, x, dim, largest)
    if not 0 <= k <= x.shape[axis]:
        raise RuntimeError("selected index k out of range")
    order = order[(*[slice(None)] * axis, slice(k))]
    return _Topk(xp.take_along_axis(x, order, axis=axis), xp.astype(order, xp.int64))


@op("KthvalueBackward0")
def kthvalue(xp: Any, x: Any, k: int, dim: int = -1, keepdim: bool = False) -> Any:
    """The k-th smallest element along an axis, and where it is."""
    axis, order = _ordered(xp, x, dim, False)
    if not 1 <= k <= x.shape[axis]:
        raise RuntimeError(f"kthvalue(): selected number k out of range for dimension {axis}")
    at = order[(*[slice(None)] * axis, slice(k - 1, k))]
    values, at = xp.take_along_axis(x, at, axis=axis), xp.astype(at, xp.int64)
    return _Kth(values, at) if keepdim else _Kth(xp.squeeze(values, axis=axis), xp.squeeze(at, axis=axis))


def _running(name: str, core: str, node: str) -> None:
    def compute(xp: Any, x: Any, dim: int, *, dtype: Any = None) -> Any:
        if dtype is not None:
            x = xp.astype(x, dtypes.to_backend(dtype, xp))
        elif dtypes.rank(x) < 2:
            x = xp.astype(x, xp.int64)
        axis = axis_of(dim, x.ndim)
        return getattr(xp, core)(x, axis=axis) if x.ndim else xp.positive(x)

    op(node, name=name)(compute)


_running("cumsum", "cumulative_sum", "CumsumBackward0")
_running("cumprod", "cumulative_prod", "CumprodBackward0")


@tensor_op()
def diff(input: Any, n: int = 1, dim: int = -1) -> Any:
    """The differences of neighbours, `n` times."""
    k = axis_of(dim, input.ndim)
    front = (slice(None),) * k
    for _ in range(n):
        input = input[(*front, slice(1, None))] - input[(*front, slice(-1))] if input.shape[k] else input
    return input
