"""The fft extension of the standard on NumPy's own arrays."""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.fft import (  # these conform
    fft, fftn, fftshift, hfft, ifft, ifftn, ifftshift, ihfft, irfft, irfftn, rfft, rfftn,
)  # fmt: skip

from agrad_numpy.namespace import Array


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Sample frequencies; NumPy has no ``dtype=``."""
    out = np.fft.fftfreq(n, d, device=device)
    return out if dtype is None else out.astype(dtype)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Sample frequencies of ``rfft``; NumPy has no ``dtype=``."""
    out = np.fft.rfftfreq(n, d, device=device)
    return out if dtype is None else out.astype(dtype)
