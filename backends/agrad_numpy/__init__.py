"""NumPy for agrad. This module is imported with the plugin; NumPy itself only when it is used."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from agrad.backend import Backend
from agrad.plugins import hookimpl

__all__ = ["agrad_backends"]


def _load() -> Any:
    from agrad_numpy import namespace

    return namespace


def _owns(x: object) -> bool:
    numpy = sys.modules.get("numpy")
    return numpy is not None and isinstance(x, (numpy.ndarray, numpy.generic))


def _scalars() -> tuple[type, ...]:
    import numpy as np

    return (np.float32, np.float64, np.complex64, np.complex128)


def _own(array: Any) -> Any:
    return array if _is_scalar(array) or (array.flags.writeable and array.base is None) else array.copy()


def _is_scalar(array: Any) -> bool:
    return isinstance(array, sys.modules["numpy"].generic)


def _lean(array: Any) -> Any:
    return array[()]


def _array(value: Any) -> Any:
    return sys.modules["numpy"].asarray(value)


def _quiet() -> AbstractContextManager[Any]:
    return sys.modules["numpy"].errstate(under="ignore")  # type: ignore[no-any-return]


UFUNCS = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "conjugate": "conj", "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift", "power": "pow", "right_shift": "bitwise_right_shift", "rint": "round",
    "true_divide": "divide",
}  # fmt: skip
"""NumPy's names of ufuncs where the standard's differ."""


def _array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
    """``ndarray @ t``, ``numpy.float64(2) * t`` and ``numpy.sin(t)`` mean the standard's functions."""
    space = self.__array_namespace__()
    function = getattr(space, UFUNCS.get(ufunc.__name__, ufunc.__name__), None)
    if method != "__call__" or kwargs or function is None:
        what = f"numpy.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
        options = f" with {', '.join(kwargs)}=" if kwargs else ""
        raise TypeError(
            f"{what}{options} got a Tensor; a Tensor takes plain calls of ufuncs that are in the array API standard: "
            f"use the function of {space!r} instead (and y = y + t for an array y, not y += t)"
        )
    return function(*inputs)


@hookimpl
def agrad_backends() -> Iterable[Backend]:
    """The NumPy backend."""
    return [
        Backend(
            name="numpy",
            load=_load,
            owns=_owns,
            scalars=_scalars,
            own=_own,
            lean=_lean,
            array=_array,
            quiet=_quiet,
            methods={"__array_ufunc__": _array_ufunc, "__array_priority__": 1000.0},
        )
    ]
