"""A backend's namespace made complete: what gradients need and the standard leaves out, and the ops of plugins.

A backend that has its own ways to read, update and scatter defines functions of the same names.
"""

from __future__ import annotations

from ast import literal_eval
from collections.abc import Callable
from importlib import import_module
from math import prod
from typing import Any

from agrad import plugins
from agrad.backend import Backend
from agrad.declare import Op
from agrad.errors import UnsupportedError
from agrad.interpret.bound import names_of
from agrad.ops import EXTENSIONS

__all__ = ["Raw"]


class Raw:
    """A backend's namespace, or an extension of it, complete; attributes are looked up once.

    What the library lacks comes from the functions below, or is computed as the table of ops says; the ops of a plugin
    are an extension named as the plugin is. What cannot be had raises when it is called, and says why.
    """

    def __init__(self, backend: Backend, namespace: Any, root: Raw | None = None, prefix: str = "") -> None:
        self._backend = backend
        self._namespace = namespace
        self._root = root or self
        self._prefix = prefix

    def __getattr__(self, name: str) -> Any:
        op = plugins.rules(self._backend.name).get(self._prefix + name) or plugins.find(self._prefix + name)
        value: Any
        if op is not None:
            value = self._resolve(op)[1]
        elif self._root is self and name in EXTENSIONS:
            value = Raw(self._backend, getattr(self._namespace, name, None), self, name + ".")
        elif self._root is self and plugins.ops(name):
            value = Raw(self._backend, None, self, name + ".")
        else:
            value = getattr(self._namespace, name)
        setattr(self, name, value)
        return value

    def _resolve(self, op: Op) -> tuple[str, Callable[..., Any]]:
        """How an op is computed, "native", "computed" or "unsupported: why", and the function that does it."""
        backend, name = self._backend, op.name.rpartition(".")[2]
        why = backend.reason(op.name)
        if not why:
            native: Callable[..., Any] | None = _imported(op.native.get(backend.name))
            native = native or getattr(self._namespace, name, None)
            if native is not None:
                return "native", native
            if name in FALLBACKS and self._root is self:
                return "computed", FALLBACKS[name](self._namespace)
            if computed := _computed(self._root, op):
                return "computed", computed
            why = f"it has no such function; the op has one for {', '.join(op.native) or 'none'}"
        return f"unsupported: {why}", _refused(f"the backend {backend.name!r} cannot compute {op.name!r}: {why}")


def _refused(why: str) -> Callable[..., Any]:
    def refused(*args: Any, **kwargs: Any) -> Any:
        raise UnsupportedError(why)

    return refused


def _imported(native: Callable[..., Any] | str | None) -> Callable[..., Any] | None:
    """A plugin's function for one backend; None where the library that it is from is not installed, or too old."""
    if not isinstance(native, str):
        return native
    module, _, name = native.partition(":")
    try:
        found: Callable[..., Any] = getattr(import_module(module), name)
    except (ImportError, AttributeError):
        return None
    return found


def _computed(root: Raw, op: Op) -> Callable[..., Any] | None:
    """A function that the library lacks, computed from others where the table says how."""
    rule = op.forward or op.decomposition
    if rule is None:
        return None
    names = names_of(rule)
    listed = [p.name for p in op.parameters if p.kind in ("positional", "either")]
    if tuple(listed) == names == tuple(p.name for p in op.parameters if p.default is None):
        return rule
    star = next((p.name for p in op.parameters if p.kind == "star"), None)
    defaults = {p.name: literal_eval(p.default) for p in op.parameters if p.default is not None}

    def computed(*args: Any, **options: Any) -> Any:
        given = {**defaults, **dict(zip(listed, args, strict=False)), **options, "xp": root}
        if star is not None:
            given[star] = args[len(listed) :]
        return rule(**{n: given[n] for n in names})

    return computed


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
        whole = all(k == slice(None) for i, k in enumerate(key) if i not in arrays)
        if len(arrays) == 1 and key[arrays[0]].ndim == 1 and whole:
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
