"""Random numbers of the CuPy backend, from ``cupy.random``."""

from __future__ import annotations

from typing import Any, TypeAlias

import cupy

from agrad_cupy.place import on

__all__ = ["Generator"]

Array: TypeAlias = Any


class Generator:
    """A generator of CuPy's on each device where numbers are drawn, all from one seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._generators: dict[int, Any] = {}

    def uniform(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Array:
        """Draw from [0, 1)."""
        with on(device):
            return self._here().random(shape, cupy.float64 if dtype is None else dtype)

    def normal(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Array:
        """Draw from the standard normal distribution."""
        with on(device):
            return self._here().standard_normal(shape, cupy.float64 if dtype is None else dtype)

    def integers(self, low: int, high: int, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Array:
        """Draw integers from [low, high)."""
        with on(device):
            return self._here().integers(low, high, shape, cupy.int64 if dtype is None else dtype)

    def permutation(self, n: int, *, device: Any = None) -> Array:
        """Shuffle 0, ..., n - 1, by sorting random numbers: CuPy's generators have no permutations."""
        with on(device):
            return cupy.argsort(self._here().random(n))

    def _here(self) -> Any:
        """The generator of the current device."""
        device = cupy.cuda.Device().id
        if device not in self._generators:
            self._generators[device] = cupy.random.default_rng(self._seed)
        return self._generators[device]
