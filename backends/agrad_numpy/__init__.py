"""The NumPy backend of agrad: its one record, made without importing NumPy."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager, nullcontext
from operator import attrgetter
from typing import Any

from agrad.backend import Backend
from agrad.errors import BackendError
from agrad.plugins import hookimpl

__all__ = ["agrad_backends"]

DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float32", "float64", "complex64", "complex128",
)  # fmt: skip

UFUNCS = {
    "absolute": "abs", "arccos": "acos", "arccosh": "acosh", "arcsin": "asin", "arcsinh": "asinh", "arctan": "atan",
    "arctan2": "atan2", "arctanh": "atanh", "conjugate": "conj", "fabs": "abs", "invert": "bitwise_invert",
    "left_shift": "bitwise_left_shift", "mod": "remainder", "power": "pow", "right_shift": "bitwise_right_shift",
    "rint": "round", "true_divide": "divide",
}  # fmt: skip
"""NumPy's names of ufuncs that the standard calls something else."""

OPERATORS = {
    "add": "add", "divide": "truediv", "floor_divide": "floordiv", "matmul": "matmul", "multiply": "mul",
    "power": "pow", "remainder": "mod", "subtract": "sub",
}  # fmt: skip
"""Ufuncs that NumPy's arrays call for an operator of Python."""


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
            methods={"__array_ufunc__": _array_ufunc, "__array_priority__": 1000},
        )
    ]


def _load() -> Any:
    from agrad_numpy import namespace

    return namespace


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


def _array_ufunc(self: Any, ufunc: Any, method: str, *inputs: Any, **options: Any) -> Any:
    """What NumPy calls for a ufunc, or an operator of its own arrays, that meets a Tensor."""
    given = f"numpy.{ufunc.__name__}" if method == "__call__" else f"numpy.{ufunc.__name__}.{method}"
    if "out" in options:
        raise BackendError(
            f"{given} was to write its result into a NumPy array (out=, or an in-place operator such as "
            "array += t), but the array cannot follow the gradients of a Tensor; "
            "write array = array + t, which makes a new Tensor"
        )
    if method != "__call__" or options:
        options_given = f" with {', '.join(f'{name}=' for name in options)}" if options else ""
        raise BackendError(
            f"{given}{options_given} got a Tensor, which takes plain calls of ufuncs only; use the function of "
            "the array API standard instead, for example xp.sum for numpy.add.reduce, with xp = "
            "agrad.array_namespace(t), or give NumPy the constant t.detach().array"
        )
    if len(inputs) == 2 and ufunc.__name__ in OPERATORS:
        # Python's numbers are weak in operators and in their ufuncs, and not in the standard's functions
        left, right = inputs
        name = OPERATORS[ufunc.__name__]
        out = getattr(left, f"__{name}__")(right) if hasattr(left, "grad_fn") else getattr(right, f"__r{name}__")(left)
        if out is not NotImplemented:
            return out
    space = self.__array_namespace__()
    name = UFUNCS.get(ufunc.__name__, ufunc.__name__)
    function = getattr(space, name, None)
    if function is None:
        raise BackendError(
            f"{given} got a Tensor, but the array API standard has no function of that name, so that agrad knows no "
            "derivative of it; write it with functions of agrad.array_namespace(t), or give NumPy the constant "
            "t.detach().array"
        )
    return function(*inputs)
