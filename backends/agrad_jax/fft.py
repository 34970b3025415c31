"""The fft extension of the standard on JAX arrays."""

# ruff: noqa: F401, I001 - what is imported is what others find here; a block reads better than a column

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import jax.numpy as jnp
from jax.numpy.fft import (  # these conform
    fft, fftfreq, fftshift, hfft, ifft, ifftshift, ihfft, irfft, rfft, rfftfreq,
)  # fmt: skip

Array: TypeAlias = Any


def _over_last_axes(transform: Callable[..., Array]) -> Callable[..., Array]:
    """``s`` without ``axes`` means the last axes."""

    def function(x: Array, /, *, s: Any = None, axes: Any = None, norm: str = "backward") -> Array:
        if s is not None and axes is None:
            axes = tuple(range(-len(s), 0))
        return transform(x, s=s, axes=axes, norm=norm)

    return function


fftn = _over_last_axes(jnp.fft.fftn)
ifftn = _over_last_axes(jnp.fft.ifftn)
rfftn = _over_last_axes(jnp.fft.rfftn)
irfftn = _over_last_axes(jnp.fft.irfftn)
