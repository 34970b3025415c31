"""A test backend whose arrays keep their values to themselves, as arrays do while a compiler traces a function.

`HostileArray` wraps a NumPy array. It raises on whatever turns values into Python's (``bool``, ``int``, ``float``,
``item``, iteration, ...), on results whose shape depends on values (boolean indexing apart), on in-place change and
on being mixed with arrays of another library.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

import numpy as np

from agrad.backend import Backend
from agrad.plugins import hookimpl, manager, register
from agrad_numpy import namespace as numpy_namespace

__all__ = ["HostileArray", "HostileError", "hostile", "install"]

NAME = "hostile"


class HostileError(TypeError):
    """A value, or a shape that depends on values, was asked for."""


def _refused(what: str) -> Callable[..., Any]:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise HostileError(f"{what}: a hostile array does not show its values and does not change")

    return refuse


class HostileArray:
    """An immutable array of which shape, dtype and device are known, and values are not; ``x += y`` rebinds x."""

    __slots__ = ("_array",)

    def __init__(self, array: Any) -> None:
        self._array = np.asarray(array)

    @property
    def shape(self) -> tuple[int, ...]:
        return self._array.shape

    @property
    def ndim(self) -> int:
        return self._array.ndim

    @property
    def size(self) -> int:
        return self._array.size

    @property
    def dtype(self) -> Any:
        return self._array.dtype

    @property
    def device(self) -> str:
        return "cpu"

    @property
    def T(self) -> HostileArray:  # noqa: N802
        return wrapped(self._array.T)

    @property
    def mT(self) -> HostileArray:  # noqa: N802
        return wrapped(self._array.mT)

    def to_device(self, device: Any, /, *, stream: Any = None) -> HostileArray:
        if device != "cpu":
            raise ValueError(f"hostile arrays live on 'cpu', not on {device!r}")
        return self

    def __array_namespace__(self, *, api_version: str | None = None) -> Any:
        return hostile

    def __getitem__(self, key: Any) -> HostileArray:
        return wrapped(self._array[unwrapped(key)])

    def __len__(self) -> int:
        return len(self._array)

    def __repr__(self) -> str:
        return f"HostileArray({self.dtype}{list(self.shape)})"


REFUSED = (
    "__array__", "__array_ufunc__", "__bool__", "__complex__", "__contains__", "__delitem__", "__dlpack__", "__float__",
    "__index__", "__int__", "__iter__", "__round__", "__setitem__", "item", "tobytes", "tolist",
)  # fmt: skip
UNARY = ("abs", "invert", "neg", "pos")
BINARY = (
    "add", "and", "floordiv", "lshift", "matmul", "mod", "mul", "or", "pow", "rshift", "sub", "truediv", "xor",
)  # fmt: skip
COMPARISONS = ("eq", "ge", "gt", "le", "lt", "ne")


def _binary(name: str, reflected: bool = False) -> Callable[..., Any]:
    compute = getattr(operator, f"__{name}__")

    def method(self: HostileArray, other: Any) -> Any:
        if not isinstance(other, HostileArray | bool | int | float | complex):
            return NotImplemented
        pair = (unwrapped(other), self._array) if reflected else (self._array, unwrapped(other))
        return wrapped(compute(*pair))

    return method


def _unary(name: str) -> Callable[..., Any]:
    compute = getattr(operator, f"__{name}__")
    return lambda self: wrapped(compute(self._array))


for _name in REFUSED:
    setattr(HostileArray, _name, _refused(_name))
for _name in UNARY:
    setattr(HostileArray, f"__{_name}__", _unary(_name))
for _name in BINARY:
    setattr(HostileArray, f"__{_name}__", _binary(_name))
    setattr(HostileArray, f"__r{_name}__", _binary(_name, reflected=True))
for _name in COMPARISONS:
    setattr(HostileArray, f"__{_name}__", _binary(_name))
setattr(HostileArray, "__hash__", None)  # noqa: B010 - as that of NumPy's arrays


def wrapped(y: Any) -> Any:
    """NumPy's arrays and scalars as hostile ones, inside tuples, lists and named tuples too."""
    if isinstance(y, np.ndarray | np.generic):
        return HostileArray(y)
    if isinstance(y, tuple | list):
        items = [wrapped(item) for item in y]
        return type(y)(*items) if hasattr(y, "_fields") else type(y)(items)
    return y


def unwrapped(x: Any) -> Any:
    """What NumPy may see of an argument; its own arrays are refused: they do not belong here."""
    if isinstance(x, HostileArray):
        return x._array
    if isinstance(x, tuple | list):
        return type(x)(unwrapped(item) for item in x)
    if isinstance(x, np.ndarray | np.generic):
        raise HostileError(f"a {type(x).__name__} among hostile arrays")
    return x


def _function(f: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        return wrapped(f(*(unwrapped(a) for a in args), **{k: unwrapped(v) for k, v in kwargs.items()}))

    return call


def asarray(obj: Any, /, *, dtype: Any = None, device: Any = None, copy: bool | None = None) -> HostileArray:
    """The one door for data: NumPy's arrays and Python's numbers may come in."""
    if isinstance(obj, HostileArray | list | tuple):
        obj = unwrapped(obj)
    return HostileArray(np.array(obj, dtype=dtype, copy=copy))


def repeat(x: HostileArray, repeats: Any, /, *, axis: int | None = None) -> Any:
    """As the standard's; counts in an array would decide the shape."""
    if not isinstance(repeats, int):
        raise HostileError("repeat: the shape of the result depends on the values of an array")
    return wrapped(np.repeat(x._array, repeats, axis=axis))


class Hostile:
    """The functions of a namespace of NumPy's, or of one of its extensions, on hostile arrays."""

    def __init__(self, namespace: Any, **own: Any) -> None:
        self._namespace = namespace
        self.__dict__.update(own)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._namespace, name)
        if isinstance(value, ModuleType):  # an extension
            value = Hostile(value)
        elif callable(value) and not isinstance(value, type):
            value = _function(value)
        setattr(self, name, value)
        return value


DATA_DEPENDENT = ("from_dlpack", "nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values")

hostile = Hostile(
    numpy_namespace, asarray=asarray, repeat=repeat, **{name: _refused(name) for name in DATA_DEPENDENT}
)  # fmt: skip
"""The namespace of hostile arrays."""


class HostilePlugin:
    """What registers the backend."""

    @hookimpl
    def agrad_backends(self) -> Iterable[Backend]:
        """The hostile backend."""
        return [Backend(name=NAME, load=lambda: hostile, owns=lambda x: isinstance(x, HostileArray), mutable=False)]


def install() -> None:
    """Make ``agrad.namespace("hostile")`` known, once."""
    if manager().get_plugin(NAME) is None:
        register(HostilePlugin(), NAME)
