"""The fft extension of the standard on dask arrays: one axis after the other, that one in one block."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dask.array as da
import numpy as np

from agrad_dask.blocks import Array, along
from agrad_dask.namespace import asarray


def _transform(function: Callable[..., Any], size: Callable[[int], int], dtype: Any) -> Callable[..., Array]:
    """A transform of one axis; `size` is that of the result for one of the signal, `dtype` that for small precision."""

    def transform(x: Array, /, *, n: int | None = None, axis: int = -1, norm: Any = "backward") -> Array:
        if n is None:
            n = x.shape[axis] if function not in (np.fft.irfft, np.fft.hfft) else 2 * (x.shape[axis] - 1)
        precise = np.result_type(x.dtype, dtype) if dtype == np.complex64 else np.finfo(x.dtype).dtype
        return along(function, x, axis, dtype=precise, size=size(n), n=n, norm=norm)

    return transform


def _all(n: int) -> int:
    return n


def _half(n: int) -> int:
    return n // 2 + 1


fft, ifft = (_transform(f, _all, np.complex64) for f in (np.fft.fft, np.fft.ifft))
rfft, ihfft = (_transform(f, _half, np.complex64) for f in (np.fft.rfft, np.fft.ihfft))
irfft, hfft = (_transform(f, _all, np.float32) for f in (np.fft.irfft, np.fft.hfft))


def _each(x: Array, s: Any, axes: Any) -> list[tuple[int, int | None]]:
    """The axes of a transform of several, each with the size of its signal or None for that of `x`."""
    if axes is None:
        axes = range(x.ndim) if s is None else range(-len(s), 0)
    return list(zip(axes, (None,) * len(axes) if s is None else s, strict=True))


def fftn(x: Array, /, *, s: Any = None, axes: Any = None, norm: Any = "backward") -> Array:
    """Transform several axes."""
    for axis, n in reversed(_each(x, s, axes)):
        x = fft(x, n=n, axis=axis, norm=norm)
    return x


def ifftn(x: Array, /, *, s: Any = None, axes: Any = None, norm: Any = "backward") -> Array:
    """Transform several axes back."""
    for axis, n in reversed(_each(x, s, axes)):
        x = ifft(x, n=n, axis=axis, norm=norm)
    return x


def rfftn(x: Array, /, *, s: Any = None, axes: Any = None, norm: Any = "backward") -> Array:
    """Transform several axes of real numbers, the last one to half of its spectrum."""
    *others, (axis, n) = _each(x, s, axes)
    x = rfft(x, n=n, axis=axis, norm=norm)
    for axis, n in reversed(others):
        x = fft(x, n=n, axis=axis, norm=norm)
    return x


def irfftn(x: Array, /, *, s: Any = None, axes: Any = None, norm: Any = "backward") -> Array:
    """Transform several axes back to real numbers, the last one from half of its spectrum."""
    *others, (axis, n) = _each(x, s, axes)
    for other, size in others:
        x = ifft(x, n=size, axis=other, norm=norm)
    return irfft(x, n=n, axis=axis, norm=norm)


def fftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Sample frequencies."""
    return asarray(np.fft.fftfreq(n, d), dtype=dtype, device=device)


def rfftfreq(n: int, /, *, d: float = 1.0, dtype: Any = None, device: Any = None) -> Array:
    """Sample frequencies of ``rfft``."""
    return asarray(np.fft.rfftfreq(n, d), dtype=dtype, device=device)


def fftshift(x: Array, /, *, axes: Any = None) -> Array:
    """Put the zero frequency in the middle."""
    return da.fft.fftshift(x, axes)


def ifftshift(x: Array, /, *, axes: Any = None) -> Array:
    """Put the zero frequency first."""
    return da.fft.ifftshift(x, axes)
