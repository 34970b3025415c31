"""Samplers under PyTorch's names, which give its orders after the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import agrad_nn.data as data
from agrad_nn.data import BatchSampler, SequentialSampler
from agrad_torchlike import random
from agrad_torchlike.utils.data.datasets import Order

__all__ = [
    "BatchSampler",
    "RandomSampler",
    "Sampler",
    "SequentialSampler",
    "SubsetRandomSampler",
    "WeightedRandomSampler",
]


class Sampler:
    """An order of samples: a class of one's own writes ``__iter__``, and ``__len__`` if it has one."""

    def __init__(self, data_source: Any = None) -> None:
        self.data_source = data_source

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has no method __iter__; write one")


class RandomSampler(Sampler):
    """Samples in another random order each time."""

    def __init__(
        self, data_source: Any, replacement: bool = False, num_samples: int | None = None, generator: Any = None
    ) -> None:
        super().__init__(data_source)
        self.replacement, self._given, self.generator = replacement, num_samples, generator
        if not isinstance(replacement, bool):
            raise TypeError(f"replacement should be a boolean value, but got replacement={replacement}")
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={self.num_samples}")

    @property
    def num_samples(self) -> int:
        """How many are drawn."""
        return len(self.data_source) if self._given is None else self._given

    def __len__(self) -> int:
        return self.num_samples

    def __iter__(self) -> Iterator[int]:
        n, left = len(self.data_source), self.num_samples
        generator = self.generator
        if generator is None:  # one of its own, which the default one seeds
            generator = random.Generator().manual_seed(int(random.whole(())))
        if self.replacement:
            for start in range(0, left, 32):  # PyTorch draws so many at once
                yield from random.integers(0, n, (min(32, left - start),), generator=generator).tolist()
            return
        for _ in range(left // n + 1):
            yield from random.permutation(n, generator=generator).tolist()[:left]
            left -= min(left, n)


class SubsetRandomSampler(data.SubsetRandomSampler):
    """Some samples, in another random order each time."""

    def __init__(self, indices: Sequence[int], generator: Any = None) -> None:
        super().__init__(indices, rng=Order(generator))


class WeightedRandomSampler(Sampler):
    """Samples with probabilities of their own."""

    def __init__(self, weights: Any, num_samples: int, replacement: bool = True, generator: Any = None) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(f"num_samples should be a positive integer value, but got num_samples={num_samples}")
        self.weights = np.asarray([float(w) for w in weights])
        self.num_samples, self.replacement, self.generator = num_samples, replacement, generator

    def __iter__(self) -> Iterator[int]:
        drawn = random.multinomial(self.weights, self.num_samples, self.replacement, self.generator)
        return iter(drawn.tolist())

    def __len__(self) -> int:
        return self.num_samples
