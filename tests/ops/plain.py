"""Runs the rules of the table on plain arrays, without the engine: a second, simple reading of the contract."""

from __future__ import annotations

import inspect
from types import SimpleNamespace
from typing import Any

import array_api_strict
import numpy as np

from agrad.ops import table

array_api_strict.set_array_api_strict_flags(api_version="2025.12")


class Library:
    """An array library, completed by the functions that the standard leaves out."""

    def __init__(self, library: Any) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Any:
        return getattr(self._library, name)

    def getitem(self, x: Any, key: Any) -> Any:
        return self._library.asarray(numpy_of(x)[numpy_of(key)])

    def setitem(self, x: Any, key: Any, value: Any) -> Any:
        y = numpy_of(x).copy()
        y[numpy_of(key)] = numpy_of(value)
        return self._library.asarray(y)

    def to_device(self, x: Any, device: str, *, origin: str, stream: None = None) -> Any:
        assert device == origin == "cpu"  # there is one
        return x

    def distinct(self, x: Any) -> Any:
        return self._library.unique_all(x)[1:]

    def scatter(self, values: Any, key: Any, *, shape: tuple[int, ...]) -> Any:
        values = numpy_of(values)
        y = np.zeros(shape, dtype=values.dtype)
        np.add.at(y, numpy_of(key), values)
        return self._library.asarray(y)


LIBRARIES = {"numpy": Library(np), "strict": Library(array_api_strict)}


def numpy_of(x: Any) -> Any:
    """Arrays of any library as NumPy's, inside lists and tuples too."""
    if isinstance(x, tuple | list):
        return type(x)(numpy_of(item) for item in x)
    return np.asarray(np.from_dlpack(x)) if isinstance(x, array_api_strict._array_object.Array) else x


def array_of(xp: Library, x: Any) -> Any:
    """NumPy arrays as those of a library, inside lists and tuples too."""
    if isinstance(x, tuple | list):
        return type(x)(array_of(xp, item) for item in x)
    return xp.asarray(x) if isinstance(x, np.ndarray | np.generic) else x


def inexact(x: Any) -> bool:
    """Whether a value can have a derivative."""
    return isinstance(x, list) or (isinstance(x, np.ndarray) and x.dtype.kind in "fc")


class Call:
    """One call of an op on NumPy data; its rules run on any library."""

    def __init__(self, xp: Library, name: str, *data: Any, **params: Any) -> None:
        self.xp = xp
        self.op = table[name]
        self.data = data
        defaults = {p.name: eval(p.default) for p in self.op.parameters if p.default is not None}
        self.params = {**defaults, **params}
        self.out = self(*data)

    def __call__(self, *data: Any) -> Any:
        """The op itself, on NumPy."""
        args, kwargs = [], {}
        values = {**self.params, **dict(zip(self.op.arguments, data, strict=True))}
        for p in self.op.parameters:
            if p.kind == "keyword":
                kwargs[p.name] = values[p.name]
            else:
                args.append(values[p.name])
        return np.asarray(getattr(LIBRARIES["numpy"], self.op.name)(*args, **kwargs))

    def active(self) -> list[int]:
        """The arguments that a derivative can be taken of."""
        return [i for i, a in enumerate(self.data) if inexact(a) and self.op.vjp[i] is not None]

    def jvp(self, i: int, t: Any) -> Any:
        """The tangent of the result for a tangent of one argument."""
        if self.op.kind in ("linear", "bilinear"):
            moved = list(self.data)
            for k in self.active() if self.op.kind == "linear" else [i]:
                moved[k] = t if k == i else _zeros(moved[k])
            return self(*moved)
        out = self._run(self.op.jvp[i], t=t)
        return out if self.out.dtype.kind == "c" else out.real

    def vjp(self, i: int, ct: Any) -> Any:
        """The cotangent of one argument."""
        conj = np.conj if self.op.kind != "general" else (lambda a: a)
        lists = isinstance(self.data[i], list)
        found = self._run(self.op.vjp[i], ct=conj(ct))
        pairs = zip(found, self.data[i], strict=True) if lists else [(found, self.data[i])]
        restored = [_restore(np.asarray(conj(g)), x) for g, x in pairs]
        return restored if lists else restored[0]

    def _run(self, rule: Any, **given: Any) -> Any:
        values = {**dict(zip(self.op.arguments, self.data, strict=True)), "out": self.out, **given, **self.params}
        names = {n: self.xp if n == "xp" else array_of(self.xp, values[n]) for n in inspect.signature(rule).parameters}
        if self.op.kind == "linear":
            names |= {
                self.op.arguments[i]: _shape(names[self.op.arguments[i]])
                for i in self.active()
                if self.op.arguments[i] in names
            }
        return numpy_of(rule(**names))


def _shape(x: Any) -> Any:
    """All that a transpose may know of an argument that its op is linear in."""
    if isinstance(x, list):
        return [_shape(item) for item in x]
    return SimpleNamespace(shape=x.shape, dtype=x.dtype, ndim=x.ndim, size=x.size)


def _zeros(x: Any) -> Any:
    return [np.zeros_like(item) for item in x] if isinstance(x, list) else np.zeros_like(x)


def _restore(g: Any, x: Any) -> Any:
    """Sum over broadcast axes, take the real part for a real argument, and cast."""
    g = g.sum(axis=tuple(range(g.ndim - x.ndim)))
    g = g.sum(axis=tuple(i for i, n in enumerate(x.shape) if n == 1), keepdims=True)
    return np.broadcast_to(g if x.dtype.kind == "c" else g.real, x.shape).astype(x.dtype)
