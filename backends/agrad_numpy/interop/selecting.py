"""Rows of the table that pick and put elements: `take`, `where`, `select`, `piecewise`, `put_along_axis`, `nonzero`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import agrad
from agrad_numpy.interop.common import along, array_of, axis_of, constant, plain, refuse, write

__all__ = ["ROWS", "take"]


def where(xp: Any, condition: Any, x: Any = None, y: Any = None) -> Any:
    """``numpy.where``."""
    if x is None and y is None:
        return xp.nonzero(array_of(xp, condition))
    listed = [array_of(xp, v) if isinstance(v, list | tuple) else v for v in (x, y)]
    if not any(hasattr(v, "dtype") for v in listed):
        listed = [array_of(xp, v) for v in listed]
    return xp.where(_truths(xp, condition), *listed)


def _truths(xp: Any, condition: Any) -> Any:
    condition = array_of(xp, condition)
    return condition if condition.dtype.kind == "b" else condition != 0


def take(xp: Any, a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    """``numpy.take``: indices of any shape."""
    a = array_of(xp, a)
    indices = indices if isinstance(indices, agrad.Tensor) else np.asarray(indices)
    if axis is None:
        a, axis = xp.reshape(a, (-1,)), 0
    axis = axis_of(axis, a.ndim)
    return a[along(a.ndim, axis, _wrapped(xp, indices, a.shape[axis], mode))]


def _wrapped(xp: Any, indices: Any, n: int, mode: str) -> Any:
    """Indices that are in bounds, as ``mode`` says."""
    if mode == "wrap":
        return indices % n
    if mode == "clip":
        return xp.clip(indices, 0, n - 1) if isinstance(indices, agrad.Tensor) else np.clip(indices, 0, n - 1)
    return indices


def take_along_axis(xp: Any, arr: Any, indices: Any, axis: Any = -1) -> Any:
    """``numpy.take_along_axis``."""
    arr = array_of(xp, arr)
    if axis is None:
        return xp.take_along_axis(xp.reshape(arr, (-1,)), array_of(xp, indices), axis=0)
    return xp.take_along_axis(arr, array_of(xp, indices), axis=axis)


def put_along_axis(xp: Any, arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """``numpy.put_along_axis``: in place."""
    _check_target("numpy.put_along_axis", arr)
    indices = plain(array_of(xp, indices))
    if axis is None:
        flat = xp.reshape(arr, (-1,))
        arr[...] = xp.reshape(xp.setitem(flat, (indices,), values), arr.shape)
        return
    grid = list(np.ogrid[tuple(slice(n) for n in indices.shape)])
    grid[axis_of(axis, arr.ndim)] = indices
    arr[tuple(grid)] = values


def _check_target(name: str, x: Any) -> None:
    """What is changed in place must be a Tensor."""
    if not isinstance(x, agrad.Tensor):
        write(name, x, None)


def put(xp: Any, a: Any, ind: Any, v: Any, mode: str = "raise") -> None:
    """``numpy.put``: in place, at positions in the flattened array."""
    _check_target("numpy.put", a)
    ind = _wrapped(xp, np.asarray(plain(ind)).reshape(-1), a.size, mode)
    flat = xp.setitem(xp.reshape(a, (-1,)), (ind,), xp.astype(_repeated(xp, v, ind.size), a.dtype, copy=False))
    a[...] = xp.reshape(flat, a.shape)


def _repeated(xp: Any, values: Any, count: int) -> Any:
    """As many values as there are places."""
    values = xp.reshape(array_of(xp, values), (-1,))
    return xp.take(values, xp.asarray(np.arange(count) % values.size), axis=0)


def putmask(xp: Any, a: Any, mask: Any, values: Any) -> None:
    """``numpy.putmask``: in place, each place from the same one of the values."""
    _check_target("numpy.putmask", a)
    a[...] = xp.where(_truths(xp, mask), xp.astype(xp.reshape(_repeated(xp, values, a.size), a.shape), a.dtype), a)


def place(xp: Any, arr: Any, mask: Any, vals: Any) -> None:
    """``numpy.place``: in place, one value after the other."""
    _check_target("numpy.place", arr)
    mask = np.asarray(plain(mask), dtype=bool)
    arr[mask] = _repeated(xp, vals, int(mask.sum()))


def copyto(xp: Any, dst: Any, src: Any, casting: str = "same_kind", where: Any = True) -> None:
    """``numpy.copyto``: in place."""
    _check_target("numpy.copyto", dst)
    src = array_of(xp, src)
    write("numpy.copyto", dst, xp.broadcast_to(src, dst.shape) if where is True else xp.where(where, src, dst), casting)


def select(xp: Any, condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """``numpy.select``: the first choice whose condition holds."""
    if len(condlist) != len(choicelist):
        raise ValueError("list of cases must be same length as list of conditions")
    dtype = np.result_type(*[c.dtype if hasattr(c, "dtype") else c for c in (*choicelist, default)])
    out = xp.astype(array_of(xp, default), dtype)
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        out = xp.where(array_of(xp, condition), xp.astype(array_of(xp, choice), dtype, copy=False), out)
    return out


def piecewise(xp: Any, x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """``numpy.piecewise``: each function gets the elements of its condition alone."""
    x = array_of(xp, x)
    if np.ndim(condlist[0] if isinstance(condlist, list | tuple) else condlist) < max(x.ndim, 1) and x.ndim:
        condlist = [condlist]
    conditions = [np.asarray(plain(c), dtype=bool) for c in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    if len(funclist) != len(conditions):
        raise ValueError(f"with {len(condlist)} condition(s), either {len(condlist)} or one more function is expected")
    out = xp.zeros_like(x) if x.ndim else xp.zeros((1,), dtype=x.dtype)
    flat = x if x.ndim else xp.reshape(x, (1,))
    for condition, function in zip(conditions, funclist, strict=True):
        at = np.broadcast_to(condition, out.shape)
        if not callable(function):
            out[at] = function
        elif at.any():
            out[at] = function(flat[at], *args, **kw)
    return xp.reshape(out, x.shape)


def choose(xp: Any, a: Any, choices: Any, out: Any = None, mode: str = "raise") -> Any:
    """``numpy.choose``."""
    choices = [array_of(xp, c) for c in choices]
    a = _wrapped(xp, array_of(xp, a), len(choices), mode)
    if mode == "raise" and bool(xp.any((a < 0) | (a >= len(choices)))):
        raise ValueError("invalid entry in choice array")
    value = choices[-1]
    for k, choice in reversed(list(enumerate(choices[:-1]))):
        value = xp.where(a == k, choice, value)
    return xp.broadcast_to(value, np.broadcast_shapes(a.shape, value.shape))


def compress(xp: Any, condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    """``numpy.compress``."""
    return take(xp, a, np.flatnonzero(plain(condition)), axis)


def extract(xp: Any, condition: Any, arr: Any) -> Any:
    """``numpy.extract``."""
    return take(xp, arr, np.flatnonzero(plain(condition)))


def trim_zeros(xp: Any, filt: Any, trim: str = "fb", axis: Any = None) -> Any:
    """``numpy.trim_zeros`` of one axis."""
    filt = array_of(xp, filt)
    if filt.ndim != 1:
        raise refuse("numpy.trim_zeros", "of which it trims one axis alone", "slice it by positions of your own")
    places = np.flatnonzero(plain(filt))
    if not places.size:
        return filt[:0]
    lower = trim.lower()
    return filt[int(places[0]) if "f" in lower else 0 : int(places[-1]) + 1 if "b" in lower else filt.size]


ROWS: dict[str, Callable[..., Any]] = {
    "argwhere": lambda xp, a: constant(xp, np.argwhere, a),
    "choose": choose,
    "compress": compress,
    "copyto": copyto,
    "diag_indices_from": lambda xp, arr: np.diag_indices(arr.shape[0], arr.ndim),
    "extract": extract,
    "flatnonzero": lambda xp, a: xp.nonzero(xp.reshape(array_of(xp, a), (-1,)))[0],
    "ix_": lambda xp, *args: np.ix_(*[plain(a) for a in args]),
    "nonzero": lambda xp, a: xp.nonzero(array_of(xp, a)),
    "piecewise": piecewise,
    "place": place,
    "put": put,
    "put_along_axis": put_along_axis,
    "putmask": putmask,
    "select": select,
    "take": take,
    "take_along_axis": take_along_axis,
    "tril_indices_from": lambda xp, arr, k=0: np.tril_indices(arr.shape[-2], k, arr.shape[-1]),
    "trim_zeros": trim_zeros,
    "triu_indices_from": lambda xp, arr, k=0: np.triu_indices(arr.shape[-2], k, arr.shape[-1]),
    "where": where,
}
