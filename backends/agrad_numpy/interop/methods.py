"""Methods and attributes of NumPy's arrays that the standard does not have, or has with fewer options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import agrad
from agrad_numpy.interop.functions import array_function, call, rows

__all__ = ["METHODS"]

REDUCTIONS = ("all", "any", "argmax", "argmin", "max", "mean", "min", "prod", "std", "sum", "var")
BY_ROW = (
    "argpartition", "argsort", "choose", "clip", "cumprod", "cumsum", "diagonal", "dot", "nonzero", "put", "ravel",
    "repeat", "round", "searchsorted", "squeeze", "swapaxes", "take", "trace",
)  # fmt: skip
"""Methods whose arguments are those of the function of that name, after the array."""
USUAL = frozenset({"correction", "keepdims"})
"""Options of reductions that are the standard's."""


def _by_row(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        return call(
            self.__array_namespace__(), f"numpy.ndarray.{name}", rows()[f"numpy.{name}"], (self, *args), options
        )

    return _named(method, name)


def _reduction(name: str) -> Callable[..., Any]:
    """A reduction: straight to the standard's where its options are the standard's."""
    by_row = _by_row(name)

    def method(self: Any, axis: Any = None, *args: Any, **options: Any) -> Any:
        if not args and options.keys() <= USUAL:
            return getattr(self.__array_namespace__(), name)(self, axis=axis, **options)
        return by_row(self, axis, *args, **options)

    return _named(method, name)


def _named(method: Any, name: str) -> Callable[..., Any]:
    method.__name__ = name
    method.__doc__ = f"``numpy.ndarray.{name}``."
    named: Callable[..., Any] = method
    return named


def _row(name: str, *args: Any, **options: Any) -> Any:
    return rows()[f"numpy.{name}"](args[0].__array_namespace__(), *args, **options)


# Shape ------------------------------------------------------------------------------------------------


def transposed(self: Any) -> Any:
    """The axes in the other order, a view."""
    return self.__array_namespace__().permute_dims(self, tuple(range(self.ndim))[::-1])


def transpose(self: Any, *axes: Any) -> Any:
    """``numpy.ndarray.transpose``: the axes as one tuple or as separate integers."""
    order: Any = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], tuple | list)) else axes
    return _row("transpose", self, order or None)


def reshape(self: Any, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
    """``numpy.ndarray.reshape``: the shape as one tuple or as separate integers."""
    if len(shape) == 1 and isinstance(shape[0], tuple | list):
        shape = tuple(shape[0])
    if order == "C":
        return self.__array_namespace__().reshape(self, shape, copy=copy)
    return _row("reshape", self, shape, order, copy=copy)


def flatten(self: Any, order: str = "C") -> Any:
    """``numpy.ndarray.flatten``: a copy."""
    return self.__array_namespace__().asarray(_row("ravel", self, order), copy=True)


def compress(self: Any, condition: Any, axis: Any = None, out: Any = None) -> Any:
    """``numpy.ndarray.compress``."""
    return call(
        self.__array_namespace__(), "numpy.ndarray.compress", rows()["numpy.compress"], (condition, self, axis, out), {}
    )


# Values -----------------------------------------------------------------------------------------------


def astype(
    self: Any, dtype: Any, order: str = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
) -> Any:
    """``numpy.ndarray.astype``."""
    dtype = np.dtype(dtype)
    if not np.can_cast(self.dtype, dtype, casting):
        raise TypeError(f"astype got casting={casting!r}, which does not allow {self.dtype} as {dtype}")
    return self.__array_namespace__().astype(self, dtype, copy=copy)


def copy(self: Any, order: str = "C") -> Any:
    """``numpy.ndarray.copy``, which stays in the graph."""
    return self.__array_namespace__().asarray(self, copy=True)


def item(self: Any, *args: Any) -> Any:
    """``numpy.ndarray.item``: of one element, or of that at a position."""
    if args:
        key = args[0] if len(args) == 1 else args
        return item(self[tuple(key)] if isinstance(key, tuple) else self.reshape(-1)[key])
    return agrad.Tensor.item(self)


def view(self: Any, dtype: Any = None) -> Any:
    """``numpy.ndarray.view`` of the same dtype."""
    if dtype is not None and np.dtype(dtype) != self.dtype:
        raise TypeError(f"view of a Tensor of dtype {self.dtype} as {np.dtype(dtype)}; write .astype, .real or .imag")
    return self[...]


def real(self: Any) -> Any:
    """The real part, a view."""
    return self.__array_namespace__().real(self) if self.dtype.kind == "c" else self[...]


def imag(self: Any) -> Any:
    """The imaginary part, a view of a complex Tensor; zeros of a real one."""
    return _row("imag", self)


def fill(self: Any, value: Any) -> None:
    """``numpy.ndarray.fill``: in place."""
    self[...] = value


def sort(self: Any, axis: int = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
    """``numpy.ndarray.sort``: in place."""
    self[...] = self.__array_namespace__().sort(self, axis=axis)


def partition(self: Any, kth: Any, axis: int = -1, kind: str = "introselect", order: Any = None) -> None:
    """``numpy.ndarray.partition``: in place."""
    self[...] = _row("partition", self, kth, axis, kind)


def divided(self: Any, other: Any) -> Any:
    """``divmod(x, y)``."""
    return np.divmod(self, other)


def divides(self: Any, other: Any) -> Any:
    """``divmod(y, x)``, of a number."""
    return np.divmod(other, self)


# Memory -----------------------------------------------------------------------------------------------


class Flat:
    """``numpy.ndarray.flat``: the elements one after the other, to read and to write."""

    def __init__(self, x: Any) -> None:
        self.base = x

    def __getitem__(self, key: Any) -> Any:
        return self.base.reshape(-1)[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        flat = copy(self.base.reshape(-1))
        flat[key] = value
        self.base[...] = flat.reshape(self.base.shape)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.base.reshape(-1))

    def __len__(self) -> int:
        return int(self.base.size)


def _fill_flat(self: Any, values: Any) -> None:
    _row("put", self, np.arange(self.size), values)


METHODS: dict[str, Any] = {
    "__array_function__": array_function,
    "__divmod__": divided,
    "__rdivmod__": divides,
    "T": property(transposed),
    "astype": astype,
    "compress": compress,
    "conjugate": lambda self: self.__array_namespace__().conj(self),
    "copy": copy,
    "fill": fill,
    "flat": property(Flat, _fill_flat),
    "flatten": flatten,
    "imag": property(imag),
    "item": item,
    "itemsize": property(lambda self: self.dtype.itemsize),
    "nbytes": property(lambda self: self.size * self.dtype.itemsize),
    "partition": partition,
    "real": property(real),
    "reshape": reshape,
    "sort": sort,
    "strides": property(lambda self: agrad.stop_gradient(self).array.strides),
    "transpose": transpose,
    "view": view,
    **{name: _reduction(name) for name in REDUCTIONS},
    **{name: _by_row(name) for name in BY_ROW},
}
"""By name: what the Tensor class of the NumPy backend has."""
