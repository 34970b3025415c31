"""Random numbers of the dask backend, drawn block by block when they are computed."""

# mypy: disallow-untyped-calls=False

from __future__ import annotations

from typing import Any

import dask.array as da
import numpy as np

__all__ = ["Generator"]


class Generator:
    """A sequence of seeds, one a draw; the numbers depend on the blocks, too, which dask's settings decide."""

    def __init__(self, seed: int) -> None:
        self._seeds = np.random.SeedSequence(seed)

    def uniform(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from [0, 1)."""
        return self._draw(device).random(shape, dtype=np.float64 if dtype is None else dtype)

    def normal(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from the standard normal distribution."""
        values = self._draw(device).standard_normal(shape)
        return values if dtype is None else values.astype(dtype)

    def integers(self, low: int, high: int, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw integers from [low, high)."""
        return self._draw(device).integers(low, high, shape, dtype=np.int64 if dtype is None else dtype)

    def permutation(self, n: int, *, device: Any = None) -> Any:
        """Shuffle 0, ..., n - 1, in one block."""
        seed = self._next(device).generate_state(4)
        return da.map_blocks(_permutation, chunks=((n,),), dtype=np.int64, meta=np.empty(0, np.int64), n=n, seed=seed)

    def _draw(self, device: Any) -> Any:
        return da.random.default_rng(self._next(device))

    def _next(self, device: Any) -> np.random.SeedSequence:
        if device is not None and device != "cpu":
            raise ValueError(f'dask draws random numbers on the device "cpu"; got {device!r}')
        return self._seeds.spawn(1)[0]


def _permutation(n: int, seed: Any) -> Any:
    return np.random.default_rng(seed).permutation(n)
