"""The record by which a backend plugin describes an array library to agrad."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from types import MappingProxyType
from typing import Any, NamedTuple

__all__ = ["Backend"]


def _same(array: Any) -> Any:
    return array


class Backend(NamedTuple):
    """An array library, as agrad needs to know it.

    Parameters
    ----------
    name : str
        What users call it: ``agrad.namespace(name)``.
    load : callable
        Imports the library and returns its namespace: every function, constant, dtype and extension
        of the standard under its standard name, on the library's own arrays. It may also define
        ``getitem(x, key)``, ``setitem(x, key, value)`` (a new array) and ``scatter(values, key, *,
        shape)`` (zeros with values added at key); each has a fallback in the standard alone.
    owns : callable
        Whether an object is an array (or array scalar) of this library. It is called with objects of
        any type and must not import the library.
    scalars : callable
        Returns the types, if any, whose instances are 0-d values of one fixed dtype each.
    own : callable
        Makes an array safe to hand to a user: writable, sharing memory with nothing.
    lean : callable
        Makes a 0-d array as cheap to compute with as the library allows (NumPy: its scalar).
    array : callable
        Makes what an operation returned an instance of the library's array type (NumPy returns scalars).
    quiet : callable
        Returns a context manager in which underflow, which is harmless, is not reported.
    methods : mapping
        Further attributes for the backend's Tensor class (protocols of the library itself).
    """

    name: str
    load: Callable[[], Any]
    owns: Callable[[object], bool]
    scalars: Callable[[], tuple[type, ...]] = tuple
    own: Callable[[Any], Any] = _same
    lean: Callable[[Any], Any] = _same
    array: Callable[[Any], Any] = _same
    quiet: Callable[[], AbstractContextManager[Any]] = nullcontext
    methods: Mapping[str, Any] = MappingProxyType({})
