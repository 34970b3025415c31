"""The CuPy backend of agrad: its one record, made without importing CuPy."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from operator import attrgetter
from typing import Any

from agrad.backend import Backend
from agrad.errors import BackendError
from agrad.plugins import hookimpl

__all__ = ["agrad_backends"]

DISTRIBUTIONS = ("cupy-cuda12x", "cupy-cuda13x", "cupy")
"""What CuPy is distributed as: wheels for a version of CUDA, or its source."""

LACKS = {
    "devices": (
        "CuPy computes on the current device, wherever the arrays are; enter `with cupy.cuda.Device(i):` around the "
        "function and its backward pass"
    ),
    "determinism": "contributions to one position are added by atomic operations, whose order differs between runs",
}


VIEWS = (
    "astype", "broadcast_to", "expand_dims", "flip", "imag", "linalg.diagonal", "matrix_transpose", "moveaxis",
    "permute_dims", "real", "reshape", "squeeze", "unstack",
)  # fmt: skip
"""Functions whose results share memory with their argument, unless they have to copy it."""


@hookimpl
def agrad_backends() -> Iterable[Backend]:
    """Return the record of the CuPy backend."""
    return [
        Backend(
            name="cupy",
            load=_load,
            owns=_owns,
            own=_own,
            methods={"__array_ufunc__": None},  # CuPy's operators leave those with a Tensor to the Tensor
            host=_host,
            views=VIEWS,
            read_only=("broadcast_to",),
            shares=_shares,
            layout=attrgetter("strides"),
            guard=_guard,
            lacks=LACKS,
            library=_distribution(),
        )
    ]


def _load() -> Any:
    import cupy

    try:
        found, problem = cupy.cuda.runtime.getDeviceCount(), "there is none"
    except cupy.cuda.runtime.CUDARuntimeError as error:
        found, problem = 0, str(error)
    if not found:
        raise BackendError(f"the backend 'cupy' needs a CUDA device, and CuPy found none ({problem}); use 'numpy' here")
    from agrad_cupy import namespace

    return namespace


def _owns(x: object) -> bool:
    cupy = sys.modules.get("cupy")  # where CuPy was never imported, nothing is an array of its
    return cupy is not None and isinstance(x, cupy.ndarray)


FOREIGN = ("DLPackMemory", "UnownedMemory")
"""What CuPy calls memory of other libraries."""


def _own(array: Any) -> Any:
    if array.base is None and type(array.data.mem).__name__ not in FOREIGN:
        return array
    with array.device:  # copies go to the current device
        return array.copy()


@contextmanager
def _guard() -> Iterator[None]:
    """Every copy of CuPy's goes through one method, those of item, bool, int, asnumpy and boolean masks included."""
    import cupy

    get = cupy.ndarray.get
    cupy.ndarray.get = _refuse
    try:
        yield
    finally:
        cupy.ndarray.get = get


def _refuse(*args: Any, **options: Any) -> Any:
    raise BackendError("an array of CuPy's was copied from the device to the host where all has to stay")


def _shares(out: Any, x: Any) -> bool:
    base = getattr(out, "base", None)  # the owner of the memory, however many views it is away
    return out is x or (base is not None and (base is x or base is getattr(x, "base", None)))


def _host(array: Any) -> Any:
    return array.get()


def _distribution() -> str:
    for name in DISTRIBUTIONS:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
        return name
    return DISTRIBUTIONS[0]
