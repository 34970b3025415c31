"""Random numbers of the PyTorch backend, from ``torch.Generator``."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

__all__ = ["Generator"]


class Generator:
    """A generator of PyTorch's on each device where numbers are drawn, all from one seed."""

    def __init__(self, seed: int) -> None:
        # on the CPU, PyTorch reads the lower half of a seed only
        self._seed = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0]) if seed >> 32 else seed
        self._generators: dict[torch.device, torch.Generator] = {}

    def uniform(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from [0, 1)."""
        device, generator = self._on(device)
        return torch.rand(shape, dtype=dtype, device=device, generator=generator)

    def normal(self, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw from the standard normal distribution."""
        device, generator = self._on(device)
        return torch.randn(shape, dtype=dtype, device=device, generator=generator)

    def integers(self, low: int, high: int, shape: tuple[int, ...], *, dtype: Any = None, device: Any = None) -> Any:
        """Draw integers from [low, high)."""
        device, generator = self._on(device)
        shift = 2**63 if high > 2**63 else 0  # PyTorch draws signed integers; the upper half of the unsigned ones is
        values = torch.empty(shape, dtype=torch.int64, device=device)  # theirs with the other sign bit
        end = None if high - shift == 2**63 else high - shift
        values.random_(low - shift, end, generator=generator)
        if shift:
            values = values ^ -(2**63)
        dtype = dtype or torch.int64
        return values.view(dtype) if dtype == torch.uint64 else values.to(dtype)

    def permutation(self, n: int, *, device: Any = None) -> Any:
        """Shuffle 0, ..., n - 1."""
        device, generator = self._on(device)
        return torch.randperm(n, device=device, generator=generator)

    def _on(self, device: Any) -> tuple[torch.device, torch.Generator | None]:
        """The device, and the generator there; tensors on the device "meta" have no values to draw."""
        found = torch.get_default_device() if device is None else torch.device(device)
        if found.type == "meta":
            return found, None
        if found.index is None and found.type != "cpu":  # "cuda" is the current one of them
            found = torch.empty(0, device=found).device
        if found not in self._generators:
            self._generators[found] = torch.Generator(found).manual_seed(self._seed)
        return found, self._generators[found]
