"""The dask backend of agrad: its records, made without importing dask."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from math import isnan
from typing import Any

from agrad.backend import Backend, BackendRule
from agrad.errors import BackendError
from agrad.plugins import hookimpl
from agrad_dask.rules import RULES

__all__ = ["agrad_backends", "agrad_rules"]

UNKNOWN = "how many elements there are depends on values, which dask computes only when asked to"


@hookimpl
def agrad_backends() -> Iterable[Backend]:
    """Return the record of the dask backend."""
    return [
        Backend(
            name="dask",
            load=_load,
            owns=_owns,
            mutable=False,
            own=_own,
            lean=_known,
            admit=_known,
            array=_known,
            host=_host,
            guard=_guard,
            library="dask",
            methods={
                "__array_ufunc__": None,  # both dask and NumPy leave operators to an object with this
                "device": property(lambda self: "cpu", doc="Where the blocks are: the host's memory."),
            },
            lacks={
                "boolean indexing": f"{UNKNOWN}; a mask that is a NumPy array is taken",
                "data-dependent shapes": UNKNOWN,
                **dict.fromkeys(
                    ("nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"),
                    f"{UNKNOWN}; call dask.array's function on t.array, and x.compute_chunk_sizes() on the result",
                ),
            },
        )
    ]


@hookimpl
def agrad_rules() -> Iterable[BackendRule]:
    """Return rules that keep cotangents in the blocks of the data."""
    return [BackendRule("dask", op) for op in RULES]


def _load() -> Any:
    from agrad_dask import namespace

    return namespace


def _owns(x: object) -> bool:
    array = sys.modules.get("dask.array")  # where it was never imported, nothing is an array of its
    if array is None or not isinstance(x, array.Array):
        return False
    _known(x)
    return True


def _known(array: Any) -> Any:
    """The same array, unless its shape is unknown: nan is no length, and would broadcast with any."""
    if any(isnan(n) for n in array.shape):
        raise BackendError(
            f"agrad got a dask array of unknown shape {array.shape}, as boolean indexing and unique return; call "
            "x.compute_chunk_sizes(), which computes the array once, and pass x then"
        )
    return array


def _own(array: Any) -> Any:
    return _known(array).copy()  # no data: a handle of its own, for assignment changes a handle


def _guard() -> AbstractContextManager[Any]:
    import dask

    return dask.config.set(scheduler=_refuse)


def _refuse(*args: Any, **options: Any) -> Any:
    raise BackendError("dask was asked to compute where all has to stay lazy")


def _host(array: Any) -> Any:
    import numpy

    return numpy.asarray(_known(array).compute())
