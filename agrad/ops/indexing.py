"""Indexing functions, and the internal ops behind ``x[key]`` and ``x[key] = value``."""

from __future__ import annotations

from math import prod
from typing import Any

from agrad.declare import Over, linear
from agrad.ops import _keys
from agrad.ops._shapes import along, place_of

OPS = (
    linear(
        "take(x, indices, /, *, axis=None)",
        lambda xp, ct, x, indices, axis: _put(xp, ct, x, indices, axis),
        None,
        batch=_keys.take,
    ),
    linear(
        "take_along_axis(x, indices, /, *, axis=-1)",
        lambda xp, ct, x, indices, axis: _put_along_axis(xp, ct, x, indices, axis % x.ndim),
        None,
        axes=Over("axis"),
    ),
    linear(
        "getitem(x, key, /)",
        lambda xp, ct, x, key: xp.scatter(ct, key, shape=x.shape),
        None,
        write=lambda xp, x, key, value: xp.setitem(x, key, value),
        batch=_keys.getitem,
    ),
    linear(
        "setitem(x, key, value, /)",
        lambda xp, ct, key: xp.setitem(ct, key, 0),
        None,
        lambda xp, ct, key, value: _written(xp, ct, value, key),
        batch=_keys.setitem,
    ),
    linear("scatter(values, key, /, *, shape)", lambda xp, ct, key: xp.getitem(ct, key), None, batch=_keys.scatter),
)


def _put(xp: Any, ct: Any, x: Any, indices: Any, axis: int | None) -> Any:
    """Add `ct` up where `take` read; without an axis it read the flattened array."""
    if axis is None:
        return xp.reshape(xp.scatter(ct, (indices,), shape=(x.size,)), x.shape)
    return xp.scatter(ct, along(x.ndim, axis, indices), shape=x.shape)


def _put_along_axis(xp: Any, ct: Any, x: Any, indices: Any, axis: int) -> Any:
    """Add `ct` up where `take_along_axis` read, by an open grid of indices over the other axes."""
    n, device = ct.ndim, place_of(indices)
    grid = tuple(
        indices
        if i == axis
        else xp.reshape(xp.arange(ct.shape[i], device=device), (1,) * i + (-1,) + (1,) * (n - i - 1))
        for i in range(n)
    )
    return xp.scatter(ct, grid, shape=(*ct.shape[:axis], x.shape[axis], *ct.shape[axis + 1 :]))


def _written(xp: Any, ct: Any, value: Any, key: Any) -> Any:
    """The part of `ct` that an assignment wrote. Where it wrote twice, only the last value is still there."""
    mask = key[0] if isinstance(key, tuple) and len(key) == 1 else key
    if getattr(mask, "ndim", 0) and xp.isdtype(mask.dtype, "bool") and value.ndim <= ct.ndim - mask.ndim:
        # the same value at all places: what is summed need not be picked out, and has a shape that is known
        mask = xp.asarray(mask)  # dask takes NumPy's
        wide = xp.reshape(mask, (*mask.shape, *(1,) * (ct.ndim - mask.ndim)))
        return xp.sum(xp.where(wide, ct, 0), axis=tuple(range(mask.ndim)))
    g = xp.getitem(ct, key)
    if _may_repeat(xp, key):
        ids = xp.reshape(xp.arange(prod(g.shape), device=place_of(g)), g.shape)
        last = xp.getitem(xp.setitem(xp.zeros_like(ct, dtype=ids.dtype), key, ids), key)
        g = xp.where(last == ids, g, 0)
    extra = value.ndim - g.ndim  # a value may have more axes, of length one
    return xp.expand_dims(g, axis=tuple(range(extra))) if extra > 0 else g


def _may_repeat(xp: Any, key: Any) -> bool:
    """Whether a key may name a position twice: only lists and arrays of integers can."""
    return any(
        isinstance(k, list) or (getattr(k, "ndim", 0) > 0 and not xp.isdtype(k.dtype, "bool"))
        for k in (key if isinstance(key, tuple) else (key,))
    )
