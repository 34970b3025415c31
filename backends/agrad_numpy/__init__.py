"""The NumPy backend of agrad: its one record, made without importing NumPy."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from operator import attrgetter
from typing import Any

from agrad.backend import Backend
from agrad.plugins import hookimpl

__all__ = ["agrad_backends"]

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float32", "float64", "complex64", "complex128",
)  # fmt: skip

VIEWS = (
    "astype", "broadcast_to", "expand_dims", "flip", "imag", "linalg.diagonal", "matrix_transpose", "moveaxis",
    "permute_dims", "real", "reshape", "squeeze", "unstack",
)  # fmt: skip
"""Functions whose results share memory with their argument, unless they have to copy it."""


@hookimpl
def agrad_backends() -> Iterable[Backend]:
    """Return the record of the NumPy backend."""
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
            views=VIEWS,
            read_only=("broadcast_to", "linalg.diagonal"),
            shares=_shares,
            layout=attrgetter("strides"),
            compile=_compile,
            library="numpy",
            install="pip install numpy",
            methods=_methods,
        )
    ]


def _load() -> Any:
    from agrad_numpy import namespace

    return namespace


def _methods() -> dict[str, Any]:
    from agrad_numpy.interop import members

    return members()


def _compile(graph: Any, space: Any, threads: int = 1, budget: Any = None) -> Any:
    from agrad_numpy.compiling import compiled

    return compiled(graph, space, threads, budget)


def _owns(x: object) -> bool:
    """Arrays and numbers; classes derived from NumPy's array (`matrix`, masked arrays, units) compute otherwise."""
    numpy = sys.modules.get("numpy")  # where NumPy was never imported, nothing is an array of its
    if numpy is None:
        return False
    return type(x) in (numpy.ndarray, numpy.memmap) or isinstance(x, (numpy.number, numpy.bool_))


def _scalars() -> tuple[type, ...]:
    import numpy

    return tuple(getattr(numpy, name) for name in DTYPES)


def _own(array: Any) -> Any:
    import numpy

    if isinstance(array, numpy.ndarray) and (array.base is not None or not array.flags.writeable):
        return array.copy()
    return array


def _shares(out: Any, x: Any) -> bool:
    base = getattr(out, "base", None)  # the owner of the memory, however many views it is away
    return out is x or (base is not None and (base is x or base is x.base))


def _lean(array: Any) -> Any:
    return array[()]


def _array(array: Any) -> Any:
    import numpy

    return numpy.asarray(array)


def _quiet() -> AbstractContextManager[Any]:
    global _calm
    if _calm is not None and _calm[0].get() is _calm[1]:
        return UNCHANGED
    import numpy

    if numpy.geterr()["under"] == "ignore":  # as it is by default; entering a state slows every ufunc down
        state = getattr(sys.modules.get("numpy._core.umath"), "_extobj_contextvar", None)
        _calm = None if state is None else (state, state.get())
        return UNCHANGED
    return numpy.errstate(under="ignore")


UNCHANGED = nullcontext()
_calm: Any = None
"""Where NumPy keeps how it treats errors, and a state that ignores underflow: asking by name takes a microsecond."""
