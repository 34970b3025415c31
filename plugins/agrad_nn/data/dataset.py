"""Datasets: what has a length and gives a sample for each index."""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from math import floor, isclose
from typing import Any

import agrad
from agrad.errors import ShapeError
from agrad_nn.rng import generator

__all__ = ["ArrayDataset", "ConcatDataset", "Dataset", "Subset", "TensorDataset", "random_split"]


class Dataset:
    """Samples by their number: a class of one's own writes ``__len__`` and ``__getitem__``.

    With a method ``take(indices)`` it can make a whole batch at once, which loaders use then.

    Examples
    --------
    >>> from agrad_nn.data import Dataset
    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...
    ...     def __getitem__(self, i):
    ...         return i * i
    >>> list(Squares())
    [0, 1, 4, 9]
    """

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} has no method __len__; write one")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has no method __getitem__; write one")

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))


class ArrayDataset(Dataset):
    """Arrays of the same length: a sample is the tuple of their elements at one index.

    Parameters
    ----------
    *arrays : Tensor or array
        Of the same length.

    Examples
    --------
    >>> import agrad
    >>> from agrad_nn.data import ArrayDataset
    >>> x, y = agrad.tensor([[1.0, 2.0], [3.0, 4.0]]), agrad.tensor([0, 1])
    >>> a, b = ArrayDataset(x, y)[1]
    >>> a.tolist(), b.item()
    ([3.0, 4.0], 1)
    """

    def __init__(self, *arrays: Any) -> None:
        lengths = [tuple(a.shape)[:1] for a in arrays]
        if not arrays or () in lengths or len(set(lengths)) > 1:
            shapes = ", ".join(str(tuple(a.shape)) for a in arrays) or "none"
            raise ShapeError(f"{type(self).__name__} takes arrays with first axes of one length; got {shapes}")
        self.arrays = arrays

    def __len__(self) -> int:
        return int(self.arrays[0].shape[0])

    def __getitem__(self, index: Any) -> tuple[Any, ...]:
        return tuple(a[index, ...] if a.ndim > 1 else a[index] for a in self.arrays)

    def take(self, indices: Sequence[int]) -> tuple[Any, ...]:
        """Return the samples at several indices as one batch: a tuple of Tensors."""
        return tuple(_taken(a, indices) for a in self.arrays)


TensorDataset = ArrayDataset
"""The same, under PyTorch's name."""


class Subset(Dataset):
    """Some samples of another dataset.

    Parameters
    ----------
    dataset : Dataset
    indices : sequence of int

    Examples
    --------
    >>> from agrad_nn.data import Subset
    >>> list(Subset("abcdef", [1, 3]))
    ['b', 'd']
    """

    def __init__(self, dataset: Any, indices: Iterable[int]) -> None:
        self.dataset = dataset
        self.indices = list(indices)
        if hasattr(dataset, "take"):
            self.take = lambda chosen: dataset.take([self.indices[i] for i in chosen])

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]


class ConcatDataset(Dataset):
    """Datasets one after the other.

    Parameters
    ----------
    datasets : iterable of Dataset

    Examples
    --------
    >>> from agrad_nn.data import ConcatDataset
    >>> "".join(ConcatDataset(["abc", "de"]))
    'abcde'
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        self._ends = list(accumulate(len(d) for d in self.datasets))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __getitem__(self, index: int) -> Any:
        i = operator.index(index)
        i = i + len(self) if i < 0 else i
        if not 0 <= i < len(self):
            raise IndexError(f"index {index} of a dataset of {len(self)} samples")
        k = bisect_right(self._ends, i)
        return self.datasets[k][i - (self._ends[k - 1] if k else 0)]


def random_split(dataset: Any, lengths: Sequence[float], *, rng: Any = None) -> list[Subset]:
    """Divide a dataset at random into parts without common samples.

    Parameters
    ----------
    dataset : Dataset
    lengths : sequence of int, or of float
        The lengths of the parts; or shares that add up to 1, where samples that are left over go to the first parts.
    rng : Generator or int, optional
        The generator or its seed; by default NumPy's, see `agrad_nn.seed`.

    Returns
    -------
    list of Subset

    Raises
    ------
    ValueError
        The lengths do not add up.

    Examples
    --------
    >>> from agrad_nn.data import random_split
    >>> parts = random_split("abcdefghij", [0.7, 0.3], rng=7)
    >>> [len(part) for part in parts], "".join(sorted(letter for part in parts for letter in part))
    ([7, 3], 'abcdefghij')
    """
    n = len(dataset)
    if any(isinstance(k, float) for k in lengths):
        if not isclose(sum(lengths), 1) or min(lengths) < 0:
            raise ValueError(f"random_split got the shares {list(lengths)}; they add up to 1")
        counts = [floor(n * share) for share in lengths]
        for i in range(n - sum(counts)):
            counts[i % len(counts)] += 1
    else:
        counts = [operator.index(k) for k in lengths]  # type: ignore[arg-type] # no floats are left
        if sum(counts) != n or min(counts, default=0) < 0:
            raise ValueError(f"random_split got the lengths {counts} for {n} samples; they add up to that")
    order = generator(rng, "numpy").permutation(n).tolist()
    ends = list(accumulate(counts))
    return [Subset(dataset, order[end - k : end]) for end, k in zip(ends, counts, strict=True)]


def _taken(array: Any, indices: Sequence[int]) -> Any:
    xp = agrad.array_namespace(array)
    return xp.take(xp.asarray(array), xp.asarray(list(indices), dtype=xp.int64 if not indices else None), axis=0)
