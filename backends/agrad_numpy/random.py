"""Random numbers of the NumPy backend, from ``numpy.random``."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["Generator"]


class Generator:
    """NumPy's default generator behind the methods that agrad asks of a backend; its arrays live on "cpu"."""

    def __init__(self, seed: int) -> None:
        self._generator = np.random.default_rng(seed)

    def uniform(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from [0, 1)."""
        return _placed(self._generator.random(shape, np.float64 if dtype is None else dtype), device)

    def normal(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from the standard normal distribution."""
        return _placed(self._generator.standard_normal(shape, np.float64 if dtype is None else dtype), device)

    def integers(self, low: int, high: int, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw integers from [low, high)."""
        return _placed(self._generator.integers(low, high, shape, np.int64 if dtype is None else dtype), device)

    def permutation(self, n: int, *, device: Any = None) -> Any:
        """Shuffle 0, ..., n - 1."""
        return _placed(self._generator.permutation(n), device)


def _placed(values: Any, device: Any) -> Any:
    return np.asarray(values, device=device)
