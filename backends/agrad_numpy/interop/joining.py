"""Rows of the table that join arrays and take them apart: `concatenate`, `stack`, `split`, `block`, `insert`."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from agrad_numpy.interop.common import along, array_of, axis_of, plain

__all__ = ["ROWS"]


def concatenate(
    xp: Any, arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """``numpy.concatenate``."""
    return _typed(xp, xp.concat([array_of(xp, a) for a in arrays], axis=axis), dtype)


def stack(
    xp: Any, arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    """``numpy.stack``."""
    return _typed(xp, xp.stack([array_of(xp, a) for a in arrays], axis=axis), dtype)


def _typed(xp: Any, x: Any, dtype: Any) -> Any:
    return x if dtype is None else xp.astype(x, np.dtype(dtype))


def atleast_1d(xp: Any, *arrays: Any) -> Any:
    """``numpy.atleast_1d``."""
    made = [x if x.ndim else xp.reshape(x, (1,)) for x in (array_of(xp, a) for a in arrays)]
    return made[0] if len(made) == 1 else tuple(made)


def atleast_2d(xp: Any, *arrays: Any) -> Any:
    """``numpy.atleast_2d``."""
    made = [x if x.ndim > 1 else xp.reshape(x, (1, x.size)) for x in (array_of(xp, a) for a in arrays)]
    return made[0] if len(made) == 1 else tuple(made)


def atleast_3d(xp: Any, *arrays: Any) -> Any:
    """``numpy.atleast_3d``: axes are added on both sides."""
    made = []
    for a in arrays:
        x = array_of(xp, a)
        if x.ndim < 2:
            x = xp.reshape(x, (1, x.size, 1))
        made.append(xp.expand_dims(x, axis=2) if x.ndim == 2 else x)
    return made[0] if len(made) == 1 else tuple(made)


def vstack(xp: Any, tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """``numpy.vstack``."""
    return concatenate(xp, [atleast_2d(xp, a) for a in tup], 0, dtype=dtype)


def hstack(xp: Any, tup: Any, *, dtype: Any = None, casting: str = "same_kind") -> Any:
    """``numpy.hstack``."""
    arrays = [atleast_1d(xp, a) for a in tup]
    return concatenate(xp, arrays, 0 if arrays and arrays[0].ndim == 1 else 1, dtype=dtype)


def dstack(xp: Any, tup: Any) -> Any:
    """``numpy.dstack``."""
    return concatenate(xp, [atleast_3d(xp, a) for a in tup], 2)


def column_stack(xp: Any, tup: Any) -> Any:
    """``numpy.column_stack``."""
    columns = [array_of(xp, a) for a in tup]
    return concatenate(xp, [c if c.ndim > 1 else xp.reshape(c, (c.size, 1)) for c in columns], 1)


def block(xp: Any, arrays: Any) -> Any:
    """``numpy.block``: innermost lists along the last axis, lists of them along the one before."""
    depth = _depth(arrays)
    ndim = max([depth, *[array_of(xp, a).ndim for a in _leaves(arrays)]])

    def joined(item: Any, level: int) -> Any:
        if not isinstance(item, list):
            x = array_of(xp, item)
            return xp.reshape(x, (1,) * (ndim - x.ndim) + x.shape)
        return xp.concat([joined(i, level - 1) for i in item], axis=-level)

    return joined(arrays, depth)


def _depth(item: Any) -> int:
    return 1 + max(map(_depth, item)) if isinstance(item, list) else 0


def _leaves(item: Any) -> list[Any]:
    return [leaf for i in item for leaf in _leaves(i)] if isinstance(item, list) else [item]


def append(xp: Any, arr: Any, values: Any, axis: Any = None) -> Any:
    """``numpy.append``."""
    arr, values = array_of(xp, arr), array_of(xp, values)
    if axis is None:
        arr, values, axis = xp.reshape(arr, (-1,)), xp.reshape(values, (-1,)), 0
    return xp.concat([arr, values], axis=axis)


def delete(xp: Any, arr: Any, obj: Any, axis: Any = None) -> Any:
    """``numpy.delete``: what is left is found on numbers."""
    arr = array_of(xp, arr)
    if axis is None:
        arr, axis = xp.reshape(arr, (-1,)), 0
    left = np.delete(np.arange(arr.shape[axis_of(axis, arr.ndim)]), plain(obj))
    return xp.take(arr, xp.asarray(left), axis=axis_of(axis, arr.ndim))


def insert(xp: Any, arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """``numpy.insert``: where each element goes is found on numbers."""
    arr, values = array_of(xp, arr), array_of(xp, values)
    if axis is None:
        arr, axis = xp.reshape(arr, (-1,)), 0
    axis = axis_of(axis, arr.ndim)
    n, where = arr.shape[axis], plain(obj)
    if isinstance(where, slice):
        where = np.arange(n)[where]
    one = np.ndim(where) == 0
    if one:  # then NumPy broadcasts the values against whole slices
        values = xp.moveaxis(xp.reshape(values, (1,) * (arr.ndim - values.ndim) + values.shape), 0, axis)
        count = values.shape[axis]
    else:
        where = np.asarray(where)
        count = int(np.count_nonzero(where)) if where.dtype == bool else where.size
        where = np.flatnonzero(where) if where.dtype == bool else where
    shape = (*arr.shape[:axis], count, *arr.shape[axis + 1 :])
    values = xp.astype(xp.broadcast_to(values, shape), arr.dtype, copy=False)
    order = np.insert(np.arange(n), where, n + np.arange(count))
    return xp.take(xp.concat([arr, values], axis=axis), xp.asarray(order), axis=axis)


def array_split(xp: Any, ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """``numpy.array_split``: the parts are views."""
    ary = array_of(xp, ary)
    n = ary.shape[axis_of(axis, ary.ndim)]
    if np.ndim(indices_or_sections):
        ends = [0, *[int(i) for i in indices_or_sections], n]
    else:
        each, extra = divmod(n, int(indices_or_sections))
        ends = [0, *np.cumsum([each + 1] * extra + [each] * (int(indices_or_sections) - extra)).tolist()]
    return [ary[along(ary.ndim, axis, slice(start, stop))] for start, stop in pairwise(ends)]


def split(xp: Any, ary: Any, indices_or_sections: Any, axis: int = 0) -> list[Any]:
    """``numpy.split``."""
    ary = array_of(xp, ary)
    if not np.ndim(indices_or_sections) and ary.shape[axis_of(axis, ary.ndim)] % int(indices_or_sections):
        raise ValueError("array split does not result in an equal division")
    return array_split(xp, ary, indices_or_sections, axis)


def _split_along(axis: int, least: int) -> Callable[..., Any]:
    def row(xp: Any, ary: Any, indices_or_sections: Any) -> Any:
        ary = array_of(xp, ary)
        if ary.ndim < least:
            raise ValueError(f"this split takes arrays of {least} or more dimensions, and got one of {ary.ndim}")
        return split(xp, ary, indices_or_sections, 0 if axis == 1 and ary.ndim == 1 else axis)

    return row


ROWS: dict[str, Callable[..., Any]] = {
    "append": append,
    "array_split": array_split,
    "atleast_1d": atleast_1d,
    "atleast_2d": atleast_2d,
    "atleast_3d": atleast_3d,
    "block": block,
    "column_stack": column_stack,
    "concatenate": concatenate,
    "delete": delete,
    "dsplit": _split_along(2, 3),
    "dstack": dstack,
    "hsplit": _split_along(1, 1),
    "hstack": hstack,
    "insert": insert,
    "split": split,
    "stack": stack,
    "unstack": lambda xp, x, *, axis=0: xp.unstack(x, axis=axis),
    "vsplit": _split_along(0, 2),
    "vstack": vstack,
}
