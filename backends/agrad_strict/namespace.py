"""The functions of array-api-strict, set to the standard 2025.12."""

from __future__ import annotations

from typing import Any, TypeAlias

import array_api_strict

Array: TypeAlias = Any

array_api_strict.set_array_api_strict_flags(api_version="2025.12")


def astype(x: Array, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Array:
    """Convert; the library takes an explicit None for its first device, and the standard for the array's own."""
    if device is not None:
        x = x.to_device(device)
    return array_api_strict.astype(x, dtype, copy=copy)


def __getattr__(name: str) -> Any:
    return getattr(array_api_strict, name)
