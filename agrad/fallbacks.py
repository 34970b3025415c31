"""What gradients need and the standard leaves out, written in the standard alone.

A backend that has its own ways to read, update and scatter defines functions of the same names.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

__all__ = ["with_fallbacks"]


class Raw:
    """A backend's namespace, completed by the functions below; attributes are looked up once."""

    def __init__(self, namespace: Any) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        try:
            value = getattr(self._namespace, name)
        except AttributeError:
            if name not in FALLBACKS:
                raise
            value = FALLBACKS[name](self._namespace)
        setattr(self, name, value)
        return value


def with_fallbacks(namespace: Any) -> Any:
    """A namespace that has ``getitem``, ``setitem`` and ``scatter`` whether or not the library does."""
    return Raw(namespace)


def _getitem(xp: Any) -> Callable[..., Any]:
    def getitem(x: Any, key: Any) -> Any:
        return _read(xp, x, key)

    return getitem


def _setitem(xp: Any) -> Callable[..., Any]:
    def setitem(x: Any, key: Any, value: Any) -> Any:
        y = xp.asarray(x, copy=True)
        y[key] = value
        return y

    return setitem


def _scatter(xp: Any) -> Callable[..., Any]:
    def scatter(values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
        size = prod(shape)
        index = _read(xp, xp.reshape(xp.arange(size, device=values.device), shape), key)
        if index.shape != values.shape:
            values = xp.broadcast_to(values, index.shape)
        flat, index = xp.reshape(values, (-1,)), xp.reshape(index, (-1,))
        zero = xp.zeros((), dtype=values.dtype, device=values.device)
        # where and sum, not a product with a one-hot matrix: 0 * inf would pollute the other positions
        hits = xp.expand_dims(xp.arange(size, device=values.device), axis=1) == xp.expand_dims(index, axis=0)
        return xp.reshape(xp.sum(xp.where(hits, xp.expand_dims(flat, axis=0), zero), axis=1), shape)

    return scatter


def _read(xp: Any, x: Any, key: Any) -> Any:
    """``x[key]``, with `take` where the standard's indexing does not go: one array of integers among full slices."""
    if isinstance(key, tuple):
        arrays = [i for i, k in enumerate(key) if hasattr(k, "dtype") and k.ndim]
        if len(arrays) == 1 and all(k == slice(None) for i, k in enumerate(key) if i not in arrays):
            return xp.take(x, key[arrays[0]], axis=arrays[0])
    return x[key]


def _to_device(xp: Any) -> Callable[..., Any]:
    def to_device(x: Any, device: Any, *, origin: Any = None, stream: Any = None) -> Any:
        return x.to_device(device, stream=stream)

    return to_device


FALLBACKS: dict[str, Callable[[Any], Callable[..., Any]]] = {
    "getitem": _getitem,
    "setitem": _setitem,
    "scatter": _scatter,
    "to_device": _to_device,
}
