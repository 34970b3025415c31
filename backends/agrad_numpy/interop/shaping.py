"""Rows of the table about shape and order: `reshape`, `transpose`, `tile`, `rot90`, `diag`, `zeros_like`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import agrad
from agrad_numpy.interop.common import array_of, axes_of, axis_of, plain, refuse, write

__all__ = ["ROWS"]


def reshape(xp: Any, a: Any, shape: Any, order: str = "C", *, copy: Any = None) -> Any:
    """``numpy.reshape``."""
    a = array_of(xp, a)
    shape = (int(shape),) if np.ndim(shape) == 0 else tuple(int(n) for n in shape)
    if order == "F" and (a.ndim > 1 or len(shape) > 1):
        return transpose(xp, xp.reshape(transpose(xp, a), shape[::-1], copy=copy))
    _check_order("reshape", order, a.ndim)
    return xp.reshape(a, shape, copy=copy)


def ravel(xp: Any, a: Any, order: str = "C") -> Any:
    """``numpy.ravel``."""
    return reshape(xp, a, (-1,), order)


def _check_order(name: str, order: str, ndim: int) -> None:
    if order not in ("C", "F") and ndim > 1:
        raise refuse(f"numpy.{name} with order={order!r}", "whose memory has no order", "write order='C' or order='F'")


def transpose(xp: Any, a: Any, axes: Any = None) -> Any:
    """``numpy.transpose``."""
    a = array_of(xp, a)
    return xp.permute_dims(a, tuple(range(a.ndim))[::-1] if axes is None else axes_of(tuple(axes), a.ndim))


def swapaxes(xp: Any, a: Any, axis1: int, axis2: int) -> Any:
    """``numpy.swapaxes``."""
    a = array_of(xp, a)
    order = list(range(a.ndim))
    i, j = axis_of(axis1, a.ndim), axis_of(axis2, a.ndim)
    order[i], order[j] = j, i
    return xp.permute_dims(a, tuple(order))


def moveaxis(xp: Any, a: Any, source: Any, destination: Any) -> Any:
    """``numpy.moveaxis``."""
    return xp.moveaxis(array_of(xp, a), *[tuple(n) if isinstance(n, list) else n for n in (source, destination)])


def rollaxis(xp: Any, a: Any, axis: int, start: int = 0) -> Any:
    """``numpy.rollaxis``."""
    a = array_of(xp, a)
    axis, start = axis_of(axis, a.ndim), start + a.ndim if start < 0 else start
    return xp.moveaxis(a, axis, start - (axis < start))


def squeeze(xp: Any, a: Any, axis: Any = None) -> Any:
    """``numpy.squeeze``."""
    a = array_of(xp, a)
    if axis is None:
        axis = tuple(i for i, n in enumerate(a.shape) if n == 1)
    return xp.squeeze(a, axis=axis)


def flip(xp: Any, m: Any, axis: Any = None) -> Any:
    """``numpy.flip``."""
    m = array_of(xp, m)
    return xp.flip(m, axis=axes_of(axis, m.ndim))


def rot90(xp: Any, m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
    """``numpy.rot90``."""
    first, second = axes
    if k % 4 == 0:
        return array_of(xp, m)[...]
    if k % 4 == 2:
        return flip(xp, flip(xp, m, first), second)
    if k % 4 == 1:
        return swapaxes(xp, flip(xp, m, second), first, second)
    return flip(xp, swapaxes(xp, m, first, second), second)


def roll(xp: Any, a: Any, shift: Any, axis: Any = None) -> Any:
    """``numpy.roll``: a shift for all axes, or one for each."""
    a = array_of(xp, a)
    if axis is not None and (np.ndim(axis) or np.ndim(shift)):
        shift, axis = np.broadcast_arrays(shift, axis)
        shift, axis = tuple(shift.tolist()), tuple(axis.tolist())
    return xp.roll(a, shift, axis=axis)


def tile(xp: Any, A: Any, reps: Any) -> Any:  # noqa: N803 - NumPy's name
    """``numpy.tile``."""
    return xp.tile(array_of(xp, A), (int(reps),) if np.ndim(reps) == 0 else tuple(int(n) for n in reps))


def repeat(xp: Any, a: Any, repeats: Any, axis: Any = None) -> Any:
    """``numpy.repeat``."""
    repeats = plain(repeats)
    return xp.repeat(array_of(xp, a), int(repeats) if np.ndim(repeats) == 0 else np.asarray(repeats), axis=axis)


def resize(xp: Any, a: Any, new_shape: Any) -> Any:
    """``numpy.resize``: elements are repeated until it is full."""
    a = xp.reshape(array_of(xp, a), (-1,))
    shape = (new_shape,) if np.ndim(new_shape) == 0 else tuple(new_shape)
    if not a.size:
        return xp.zeros(shape, dtype=a.dtype)
    return xp.take(a, xp.asarray(np.resize(np.arange(a.size), shape).reshape(-1)), axis=0).reshape(shape)


def broadcast_to(xp: Any, array: Any, shape: Any, subok: bool = False) -> Any:
    """``numpy.broadcast_to``."""
    return xp.broadcast_to(array_of(xp, array), (shape,) if np.ndim(shape) == 0 else tuple(shape))


def diagonal(xp: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """``numpy.diagonal``."""
    return xp.linalg.diagonal(xp.moveaxis(array_of(xp, a), (axis1, axis2), (-2, -1)), offset=offset)


def diag(xp: Any, v: Any, k: int = 0) -> Any:
    """``numpy.diag``: of a matrix its diagonal, of a vector the matrix."""
    v = array_of(xp, v)
    if v.ndim == 2:
        return xp.linalg.diagonal(v, offset=k)
    if v.ndim != 1:
        raise ValueError("Input must be 1- or 2-d.")
    n, i = v.size + abs(k), np.arange(v.size)
    return xp.scatter(v, (i + max(-k, 0), i + max(k, 0)), shape=(n, n))


def fill_diagonal(xp: Any, a: Any, val: Any, wrap: bool = False) -> None:
    """``numpy.fill_diagonal``: in place."""
    if not isinstance(a, agrad.Tensor):
        write("numpy.fill_diagonal", a, None)
    labels = np.zeros(a.shape, dtype=np.int64)
    np.fill_diagonal(labels, 1 + np.arange(max(a.size, 1)), wrap=wrap)
    places = np.nonzero(labels)
    order = np.argsort(labels[places])
    places = tuple(p[order] for p in places)
    val = xp.reshape(array_of(xp, val), (-1,))
    a[places] = xp.take(val, xp.asarray(np.arange(places[0].size) % val.size), axis=0)


def meshgrid(xp: Any, *xi: Any, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Any:
    """``numpy.meshgrid``."""
    arrays = [xp.reshape(array_of(xp, x), (-1,)) for x in xi]
    if not sparse:
        return tuple(xp.meshgrid(*arrays, indexing=indexing))
    made = []
    for i, x in enumerate(arrays):
        axis = 1 - i if indexing == "xy" and i < 2 and len(arrays) > 1 else i
        made.append(xp.reshape(x, tuple(-1 if j == axis else 1 for j in range(len(arrays)))))
    return tuple(made)


def _like(maker: str) -> Callable[..., Any]:
    def row(
        xp: Any,
        a: Any,
        dtype: Any = None,
        order: str = "K",
        subok: bool = True,
        shape: Any = None,
        *,
        device: Any = None,
    ) -> Any:
        dtype = a.dtype if dtype is None else np.dtype(dtype)
        return getattr(xp, maker)(a.shape if shape is None else shape, dtype=dtype, device=device)

    return row


def full_like(
    xp: Any, a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True, shape: Any = None, *,
    device: Any = None,
) -> Any:  # fmt: skip
    """``numpy.full_like``."""
    a = array_of(xp, a)
    dtype = a.dtype if dtype is None else np.dtype(dtype)
    shape = a.shape if shape is None else (shape,) if np.ndim(shape) == 0 else tuple(shape)
    filled = xp.broadcast_to(xp.astype(array_of(xp, fill_value), dtype), shape)
    return xp.asarray(filled, copy=True)


def size(xp: Any, a: Any, axis: Any = None) -> int:
    """``numpy.size``."""
    a = array_of(xp, a)
    return int(np.prod([a.shape[i] for i in axes_of(axis, a.ndim)], dtype=int))


def trace(xp: Any, a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None) -> Any:
    """``numpy.trace``."""
    return xp.sum(diagonal(xp, a, offset, axis1, axis2), axis=-1, dtype=None if dtype is None else np.dtype(dtype))


ROWS: dict[str, Callable[..., Any]] = {
    "astype": lambda xp, x, dtype, *, copy=True, device=None: xp.astype(x, np.dtype(dtype), copy=copy, device=device),
    "broadcast_arrays": lambda xp, *args, subok=False: tuple(xp.broadcast_arrays(*[array_of(xp, a) for a in args])),
    "broadcast_to": broadcast_to,
    "copy": lambda xp, a, order="K", subok=False: xp.asarray(a, copy=True),
    "diag": diag,
    "diagflat": lambda xp, v, k=0: diag(xp, ravel(xp, v), k),
    "diagonal": diagonal,
    "empty_like": _like("empty"),
    "expand_dims": lambda xp, a, axis: xp.expand_dims(
        array_of(xp, a), axis=tuple(axis) if isinstance(axis, list) else axis
    ),
    "fill_diagonal": fill_diagonal,
    "flip": flip,
    "fliplr": lambda xp, m: flip(xp, m, 1),
    "flipud": lambda xp, m: flip(xp, m, 0),
    "full_like": full_like,
    "matrix_transpose": lambda xp, x: xp.matrix_transpose(x),
    "meshgrid": meshgrid,
    "moveaxis": moveaxis,
    "ndim": lambda xp, a: array_of(xp, a).ndim,
    "ones_like": _like("ones"),
    "ravel": ravel,
    "repeat": repeat,
    "reshape": reshape,
    "resize": resize,
    "roll": roll,
    "rollaxis": rollaxis,
    "rot90": rot90,
    "shape": lambda xp, a: array_of(xp, a).shape,
    "size": size,
    "squeeze": squeeze,
    "swapaxes": swapaxes,
    "tile": tile,
    "trace": trace,
    "transpose": transpose,
    "tril": lambda xp, m, k=0: xp.tril(array_of(xp, m), k=k),
    "triu": lambda xp, m, k=0: xp.triu(array_of(xp, m), k=k),
    "zeros_like": _like("zeros"),
}
