"""The backend of array-api-strict: the standard and nothing else, to see whether code keeps to it.

It brings no ways of its own to read, update, scatter and draw random numbers, so that agrad's fallbacks are used.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from operator import attrgetter
from typing import Any

from agrad.backend import Backend
from agrad.plugins import hookimpl

__all__ = ["agrad_backends"]


VIEWS = (
    "astype", "broadcast_to", "expand_dims", "flip", "imag", "linalg.diagonal", "matrix_transpose", "moveaxis",
    "permute_dims", "real", "reshape", "squeeze", "unstack",
)  # fmt: skip
"""Functions whose results share memory with their argument, unless they have to copy it."""


@hookimpl
def agrad_backends() -> Iterable[Backend]:
    """Return the record of the backend, which imports array-api-strict when it is first used."""
    return [
        Backend(
            name="array-api-strict",
            load=_load,
            owns=_owns,
            own=_own,
            defers=False,
            methods={"__array_ufunc__": None},  # as its arrays, a Tensor does not mix with those of NumPy
            host=_host,
            views=VIEWS,
            read_only=("broadcast_to", "linalg.diagonal"),
            shares=_shares,
            layout=attrgetter("_array.strides"),
            library="array-api-strict",
            lacks={"beyond the standard": "it takes what the standard says, and no more"},
            expected_failures={
                "linalg.cross-2-*": "it takes no positive axis, which the standard leaves open",
                **dict.fromkeys(
                    (f"isin-*-{what}-*" for what in ("value", "batched", "traced")), "it takes integers only"
                ),
                "assignment-repeats-*": "it assigns at no arrays of integers, which the standard leaves open",
                "extreme: clip-2-*": "it refuses bounds that cross, which the standard leaves open",
            },
        )
    ]


def _load() -> Any:
    from agrad_strict import namespace

    return namespace


def _owns(x: object) -> bool:
    strict = sys.modules.get("array_api_strict")  # where it was never imported, nothing is an array of its
    return strict is not None and isinstance(x, strict._array_object.Array)


def _own(array: Any) -> Any:
    return sys.modules["array_api_strict"].asarray(array, copy=True)


def _shares(out: Any, x: Any) -> bool:
    import numpy

    return numpy.may_share_memory(out._array, x._array)


def _host(array: Any) -> Any:
    import numpy

    strict = sys.modules["array_api_strict"]
    return numpy.array(array.to_device(strict.Device("CPU_DEVICE")))  # NumPy reads arrays of that device only
