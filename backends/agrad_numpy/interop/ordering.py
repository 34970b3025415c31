"""Rows of the table about order and sets: `sort`, `argsort`, `partition`, `unique`, `searchsorted`, `histogram`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from agrad_numpy.interop.common import array_of, axis_of, constant, plain, refuse

__all__ = ["ROWS"]

MISSING: Any = np._NoValue


def sort(xp: Any, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """``numpy.sort``."""
    a = array_of(xp, a)
    return xp.sort(xp.reshape(a, (-1,)) if axis is None else a, axis=-1 if axis is None else axis)


def argsort(xp: Any, a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """``numpy.argsort``."""
    a = array_of(xp, a)
    return xp.argsort(xp.reshape(a, (-1,)) if axis is None else a, axis=-1 if axis is None else axis)


def partition(xp: Any, a: Any, kth: Any, axis: Any = -1, kind: str = "introselect", order: Any = None) -> Any:
    """``numpy.partition``: in the order that NumPy leaves."""
    a = array_of(xp, a)
    if axis is None:
        a, axis = xp.reshape(a, (-1,)), 0
    return xp.take_along_axis(a, constant(xp, np.argpartition, a, kth, axis=axis, kind=kind), axis=axis)


def _position(name: str, nan: bool = False) -> Callable[..., Any]:
    """``numpy.argmax`` and its kind."""

    def row(xp: Any, a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = MISSING) -> Any:
        a = array_of(xp, a)
        keep = keepdims is not MISSING and bool(keepdims)
        if nan:
            return constant(xp, getattr(np, f"nan{name}"), a, axis=axis, keepdims=keep)
        return getattr(xp, name)(a, axis=axis, keepdims=keep)

    return row


def searchsorted(xp: Any, a: Any, v: Any, side: str = "left", sorter: Any = None) -> Any:
    """``numpy.searchsorted``."""
    return xp.searchsorted(array_of(xp, a), array_of(xp, v), side=side, sorter=sorter)


def digitize(xp: Any, x: Any, bins: Any, right: bool = False) -> Any:
    """``numpy.digitize``: the bins in rising or falling order."""
    bins = np.asarray(plain(bins))
    if bins.size > 1 and np.all(np.diff(bins) <= 0) and bins[0] != bins[-1]:
        return bins.size - xp.searchsorted(xp.asarray(bins[::-1]), array_of(xp, x), side="left" if right else "right")
    if np.any(np.diff(bins) < 0):
        raise ValueError("bins must be monotonically increasing or decreasing")
    return xp.searchsorted(xp.asarray(bins), array_of(xp, x), side="left" if right else "right")


# Counting: weights have derivatives, places have none -------------------------------------------------


def bincount(xp: Any, x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """``numpy.bincount``."""
    x = np.asarray(plain(x))
    if weights is None:
        return xp.asarray(np.bincount(x, minlength=minlength))
    weights = xp.astype(array_of(xp, weights), np.dtype(np.float64), copy=False)
    return xp.scatter(weights, (x,), shape=(max(int(x.max(initial=-1)) + 1, minlength),))


def histogram_bin_edges(xp: Any, a: Any, bins: Any = 10, range: Any = None, weights: Any = None) -> Any:
    """``numpy.histogram_bin_edges``: from the least element to the greatest, with their derivatives."""
    if isinstance(bins, str):
        raise refuse("numpy.histogram with bins='...'", "and cannot choose a number of bins", "give a number or edges")
    if np.ndim(bins):
        return array_of(xp, bins)
    a = array_of(xp, a)
    if range is not None:
        low, high = (xp.asarray(float(plain(end))) for end in range)
    else:
        low, high = (xp.min(a), xp.max(a)) if a.size else (xp.asarray(0.0), xp.asarray(1.0))
    if bool(low == high):
        low, high = low - 0.5, high + 0.5
    part = xp.asarray(np.linspace(0.0, 1.0, int(bins) + 1))
    dtype = np.result_type(low.dtype, np.float32) if low.dtype.kind == "f" else np.dtype(np.float64)
    edges = low + (high - low) * part
    return xp.astype(xp.concat([edges[:-1], xp.reshape(high * xp.ones_like(edges[-1]), (1,))]), dtype, copy=False)


def histogram(
    xp: Any, a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None
) -> tuple[Any, Any]:
    """``numpy.histogram``: how many elements are in a bin has no derivative, the sum of their weights has one."""
    edges = histogram_bin_edges(xp, a, bins, range)
    values, ends = np.asarray(plain(a)).reshape(-1), np.asarray(plain(edges))
    limits = None if range is None else tuple(map(plain, range))
    if weights is None:
        counts = xp.asarray(np.histogram(values, bins=plain(bins), range=limits)[0])
    else:
        at = np.clip(np.searchsorted(ends, values, side="right") - 1, 0, ends.size - 2)
        inside = (values >= ends[0]) & (values <= ends[-1])
        weights = xp.reshape(array_of(xp, weights), (-1,))
        counts = xp.scatter(weights[inside], (at[inside],), shape=(ends.size - 1,))
    if density:
        counts = xp.astype(counts, np.result_type(counts.dtype, np.float64)) / xp.sum(counts) / xp.diff(edges)
    return counts, edges


# Sets: which elements are there has no derivative, their values have one -----------------------------


def unique(
    xp: Any, ar: Any, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
    axis: Any = None, *, equal_nan: bool = True, sorted: bool = True,
) -> Any:  # fmt: skip
    """``numpy.unique``."""
    ar = array_of(xp, ar)
    found = np.unique(
        plain(ar), return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=equal_nan
    )
    index = xp.asarray(found[1])
    if axis is None:
        values = xp.take(xp.reshape(ar, (-1,)), index, axis=0)
    else:
        values = xp.take(ar, index, axis=axis_of(axis, ar.ndim))
    wanted = (return_index, return_inverse, return_counts)
    more = [xp.asarray(part) for part, want in zip(found[1:], wanted, strict=True) if want]
    return (values, *more) if more else values


def union1d(xp: Any, ar1: Any, ar2: Any) -> Any:
    """``numpy.union1d``."""
    return unique(xp, xp.concat([xp.reshape(array_of(xp, a), (-1,)) for a in (ar1, ar2)]))


def intersect1d(xp: Any, ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False) -> Any:
    """``numpy.intersect1d``: the elements are those of the first array."""
    first = xp.reshape(array_of(xp, ar1), (-1,))
    _, index, other = np.intersect1d(plain(first), plain(ar2), assume_unique, return_indices=True)
    values = xp.take(first, xp.asarray(index), axis=0)
    return (values, xp.asarray(index), xp.asarray(other)) if return_indices else values


def setdiff1d(xp: Any, ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """``numpy.setdiff1d``."""
    first = xp.reshape(array_of(xp, ar1), (-1,))
    first = first if assume_unique else unique(xp, first)
    return first[~np.isin(plain(first), plain(ar2))]


def setxor1d(xp: Any, ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    """``numpy.setxor1d``."""
    parts = [xp.reshape(array_of(xp, a), (-1,)) for a in (ar1, ar2)]
    both = xp.concat(parts if assume_unique else [unique(xp, p) for p in parts])
    values, counts = unique(xp, both, return_counts=True)
    return values[np.asarray(plain(counts)) == 1]


ROWS: dict[str, Callable[..., Any]] = {
    "argmax": _position("argmax"),
    "argmin": _position("argmin"),
    "argpartition": lambda xp, *args, **more: constant(xp, np.argpartition, *args, **more),
    "argsort": argsort,
    "bincount": bincount,
    "digitize": digitize,
    "histogram": histogram,
    "histogram_bin_edges": histogram_bin_edges,
    "intersect1d": intersect1d,
    "isin": lambda xp, *args, **more: constant(xp, np.isin, *args, **more),
    "lexsort": lambda xp, *args, **more: constant(xp, np.lexsort, *args, **more),
    "nanargmax": _position("argmax", nan=True),
    "nanargmin": _position("argmin", nan=True),
    "partition": partition,
    "searchsorted": searchsorted,
    "setdiff1d": setdiff1d,
    "setxor1d": setxor1d,
    "sort": sort,
    "union1d": union1d,
    "unique": unique,
    "unique_all": lambda xp, x: xp.unique_all(array_of(xp, x)),
    "unique_counts": lambda xp, x: xp.unique_counts(array_of(xp, x)),
    "unique_inverse": lambda xp, x: xp.unique_inverse(array_of(xp, x)),
    "unique_values": lambda xp, x: xp.unique_values(array_of(xp, x)),
}
