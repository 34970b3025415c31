"""Where arrays are made, and how they move: CuPy makes them on the current device."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any, TypeAlias

import cupy

Array: TypeAlias = Any


def on(device: Any) -> AbstractContextManager[Any]:
    """Make arrays on a device; on the current one where it is None."""
    if device is None:
        return nullcontext()
    if not isinstance(device, int | cupy.cuda.Device) or isinstance(device, bool):
        raise ValueError(
            f"the devices of CuPy are cupy.cuda.Device(i), or i for short; got {device!r}; "
            "a NumPy array of a Tensor's values is agrad.asarray(t, backend='numpy')"
        )
    place: AbstractContextManager[Any] = cupy.cuda.Device(device)
    return place


def placed(create: Callable[..., Array]) -> Callable[..., Array]:
    """A function of CuPy's that makes an array, with ``device=``."""

    @wraps(create)
    def created(*args: Any, device: Any = None, **options: Any) -> Array:
        if device is None:
            return create(*args, **options)
        with on(device):
            return create(*args, **options)

    return created


def moved(x: Array, device: Any) -> Array:
    """The same values on another device; the array itself where it is there already."""
    with on(device):
        return x if device is None or x.device == cupy.cuda.Device(device) else x.copy()
