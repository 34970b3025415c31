"""Datasets under PyTorch's names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import isclose
from typing import Any

from agrad_nn.data import ConcatDataset, Dataset, Subset
from agrad_nn.data import random_split as split
from agrad_torchlike import random
from agrad_torchlike.registry import lift

__all__ = ["ConcatDataset", "Dataset", "Order", "Subset", "TensorDataset", "random_split"]


class Order:
    """Puts samples in PyTorch's random order, with the method that agrad_nn's samplers call."""

    def __init__(self, generator: random.Generator | None) -> None:
        self.generator = generator

    def permutation(self, n: int) -> Any:
        """Return 0, ..., n - 1 in random order."""
        return random.permutation(n, generator=self.generator)


class TensorDataset(Dataset):
    """Tensors of the same length: a sample is the tuple of their elements at one index."""

    def __init__(self, *tensors: Any) -> None:
        if any(t.shape[0] != tensors[0].shape[0] for t in tensors):
            raise AssertionError("Size mismatch between tensors")
        self.tensors = tensors

    def __len__(self) -> int:
        return int(self.tensors[0].shape[0])

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple([t[index] for t in self.tensors])

    def take(self, indices: Sequence[int]) -> list[Any]:
        """Return the samples at several indices as one batch."""
        return [_taken(t, list(indices)) for t in self.tensors]


_taken = lift("index_select", lambda xp, x, i: xp.take(x, xp.asarray(i), axis=0), "StackBackward0")


def random_split(dataset: Any, lengths: Iterable[float], generator: Any = None) -> list[Subset]:
    """Divide a dataset at random, as PyTorch does after the same seed, into parts without common samples."""
    lengths = list(lengths)
    if sum(lengths) != len(dataset) and not isclose(sum(lengths), 1):
        raise ValueError("Sum of input lengths does not equal the length of the input dataset!")
    if isclose(sum(lengths), 1) and sum(lengths) <= 1:
        lengths = [float(share) for share in lengths]
    return split(dataset, lengths, rng=Order(generator))
