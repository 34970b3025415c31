"""The fft extension of the standard on NumPy's own arrays."""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.fft import (  # these conform
    fft, fftshift, hfft, ifft, ifftshift, ihfft, irfft, rfft,
)  # fmt: skip

from agrad_numpy.namespace import Array


def _over_last_axes(transform: Callable[..., Array]) -> Callable[..., Array]:
    """``s`` without ``axes`` means the last axes, which NumPy wants to be told."""

    def function(x: Array, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Array:
        if s is not None and axes is None:
            axes = tuple(range(-len(s), 0))
        return transform(x, s=s, axes=axes, norm=norm)

    return function


fftn = _over_last_axes(np.fft.fftn)
ifftn = _over_last_axes(np.fft.ifftn)
rfftn = _over_last_axes(np.fft.rfftn)
irfftn = _over_last_axes(np.fft.irfftn)


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Sample frequencies; NumPy has no ``dtype=``."""
    out = np.fft.fftfreq(n, d, device=device)
    return out if dtype is None else out.astype(dtype)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Sample frequencies of ``rfft``; NumPy has no ``dtype=``."""
    out = np.fft.rfftfreq(n, d, device=device)
    return out if dtype is None else out.astype(dtype)
