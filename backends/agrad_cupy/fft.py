"""The fft extension of the standard on CuPy arrays."""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import cupy
from cupy.fft import (  # these conform
    fft, fftshift, hfft, ifft, ifftshift, ihfft, irfft, rfft,
)  # fmt: skip

from agrad_cupy.place import on

Array: TypeAlias = Any


def _over_last_axes(transform: Callable[..., Array]) -> Callable[..., Array]:
    """``s`` without ``axes`` means the last axes."""

    def function(x: Array, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Array:
        if s is not None and axes is None:
            axes = tuple(range(-len(s), 0))
        return transform(x, s=s, axes=axes, norm=norm)

    return function


fftn = _over_last_axes(cupy.fft.fftn)
ifftn = _over_last_axes(cupy.fft.ifftn)
rfftn = _over_last_axes(cupy.fft.rfftn)
irfftn = _over_last_axes(cupy.fft.irfftn)


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Sample frequencies; CuPy has neither ``dtype=`` nor ``device=``."""
    with on(device):
        out = cupy.fft.fftfreq(n, d)
        return out if dtype is None else out.astype(dtype)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Sample frequencies of ``rfft``; CuPy has neither ``dtype=`` nor ``device=``."""
    with on(device):
        out = cupy.fft.rfftfreq(n, d)
        return out if dtype is None else out.astype(dtype)
