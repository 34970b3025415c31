"""Random numbers of the JAX backend, from ``jax.random``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

__all__ = ["Generator"]


class Generator:
    """A key, and the number of draws so far, which is folded into it: no state that ``jax.jit`` could trace."""

    def __init__(self, seed: int) -> None:
        with jax.ensure_compile_time_eval():  # or a generator that a compiled function makes would hold a tracer
            low, high = seed & 0xFFFFFFFF, seed >> 32  # without x64, JAX would ignore the upper half
            self._key = jax.random.fold_in(jax.random.key(low), high) if high else jax.random.key(low)
        self._draws = 0

    def uniform(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from [0, 1)."""
        return self._draw(device, jax.random.uniform, shape, dtype or float)

    def normal(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from the standard normal distribution."""
        return self._draw(device, jax.random.normal, shape, dtype or float)

    def integers(self, low: int, high: int, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw integers from [low, high)."""
        return self._draw(device, _integers, low, high, shape, jnp.result_type(int) if dtype is None else dtype)

    def permutation(self, n: int, *, device: Any = None) -> Any:
        """Shuffle 0, ..., n - 1."""
        return self._draw(device, jax.random.permutation, n)

    def _draw(self, device: Any, sample: Callable[..., Any], *args: Any) -> Any:
        key = jax.random.fold_in(self._key, self._draws)
        self._draws += 1
        values = sample(key, *args)
        return values if device is None else jax.device_put(values, device)


def _integers(key: Any, low: int, high: int, shape: tuple[int, ...], dtype: Any) -> Any:
    """Unsigned integers below the length of the range, and `low` added modulo 2**bits: no bound overflows so."""
    bits = jnp.iinfo(dtype).bits  # type: ignore[no-untyped-call]
    unsigned = np.dtype(f"uint{bits}")
    if high - low == 2**bits:
        values = jax.random.bits(key, shape, unsigned)
    else:
        values = jax.random.randint(key, shape, 0, np.asarray(high - low, unsigned), unsigned)
    return jax.lax.bitcast_convert_type(values + np.asarray(low % 2**bits, unsigned), dtype)
