"""Samplers: in which order samples are taken, and which together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Sized
from itertools import islice
from typing import Any

from agrad_nn.rng import generator

__all__ = ["BatchSampler", "RandomSampler", "SequentialSampler", "SubsetRandomSampler", "WeightedRandomSampler"]


class SequentialSampler:
    """All samples in their order.

    Parameters
    ----------
    dataset : sized

    Examples
    --------
    >>> from agrad_nn.data import SequentialSampler
    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, dataset: Sized) -> None:
        self.dataset = dataset

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.dataset)))

    def __len__(self) -> int:
        return len(self.dataset)


class RandomSampler:
    """Samples in another random order each time.

    Parameters
    ----------
    dataset : sized
    replacement : bool
        Whether a sample may come again.
    num_samples : int, optional
        How many are drawn, by default as many as there are.
    rng : Generator or int, optional
        The generator or its seed; by default NumPy's, see `agrad_nn.seed`.

    Examples
    --------
    >>> from agrad_nn.data import RandomSampler
    >>> sorted(RandomSampler("abc", rng=7))
    [0, 1, 2]
    """

    def __init__(
        self, dataset: Sized, replacement: bool = False, num_samples: int | None = None, *, rng: Any = None
    ) -> None:
        if num_samples is not None and num_samples < 1:
            raise ValueError(f"RandomSampler got num_samples={num_samples}; it draws at least 1")
        self.dataset, self.replacement, self.num_samples = dataset, replacement, num_samples
        self.rng = generator(rng, "numpy") if isinstance(rng, int) else rng

    def __iter__(self) -> Iterator[int]:
        n, rng = len(self.dataset), generator(self.rng, "numpy")
        if self.replacement:
            if n:
                yield from rng.integers(0, n, (len(self),)).tolist()
            return
        left = len(self) if n else 0
        while left > 0:
            yield from rng.permutation(n).tolist()[:left]
            left -= n

    def __len__(self) -> int:
        return len(self.dataset) if self.num_samples is None else self.num_samples


class SubsetRandomSampler:
    """Some samples, in another random order each time.

    Parameters
    ----------
    indices : sequence of int
    rng : Generator or int, optional
        As for `RandomSampler`.

    Examples
    --------
    >>> from agrad_nn.data import SubsetRandomSampler
    >>> sorted(SubsetRandomSampler([3, 5]))
    [3, 5]
    """

    def __init__(self, indices: Sequence[int], *, rng: Any = None) -> None:
        self.indices = indices
        self.rng = generator(rng, "numpy") if isinstance(rng, int) else rng

    def __iter__(self) -> Iterator[int]:
        order = generator(self.rng, "numpy").permutation(len(self.indices)).tolist()
        return (self.indices[i] for i in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler:
    """Samples with probabilities of their own.

    Parameters
    ----------
    weights : sequence of float
        They need not add up to 1.
    num_samples : int
        How many are drawn.
    replacement : bool
        Whether a sample may come again.
    rng : Generator or int, optional
        As for `RandomSampler`.

    Examples
    --------
    >>> from agrad_nn.data import WeightedRandomSampler
    >>> list(WeightedRandomSampler([0.0, 1.0, 0.0], 3))
    [1, 1, 1]
    """

    def __init__(
        self, weights: Iterable[float], num_samples: int, replacement: bool = True, *, rng: Any = None
    ) -> None:
        import numpy as np

        self.weights = np.asarray([float(w) for w in weights])
        self.num_samples, self.replacement = num_samples, replacement
        self.rng = generator(rng, "numpy") if isinstance(rng, int) else rng
        if not np.all(np.isfinite(self.weights)) or np.any(self.weights < 0) or not np.any(self.weights > 0):
            raise ValueError("WeightedRandomSampler got weights that are not numbers from 0 on, one of them above 0")
        positive = int(np.sum(self.weights > 0))
        if not replacement and num_samples > positive:
            raise ValueError(
                f"WeightedRandomSampler is to draw {num_samples} samples without replacement; {positive} have a weight"
            )

    def __iter__(self) -> Iterator[int]:
        import numpy as np

        rng = generator(self.rng, "numpy")
        if self.replacement:
            ends = np.cumsum(self.weights)
            u = np.asarray(rng.uniform((self.num_samples,)).tolist()) * ends[-1]
            # the last sample with a weight takes what rounding carries to the end
            last = int(np.flatnonzero(self.weights)[-1])
            return iter(np.minimum(np.searchsorted(ends, u, side="right"), last).tolist())
        u = np.asarray(rng.uniform((len(self.weights),)).tolist())
        with np.errstate(divide="ignore"):
            times = -np.log1p(-u) / self.weights  # waiting times: the first to come are drawn
        times[self.weights == 0] = np.inf
        return iter(np.argsort(times)[: self.num_samples].tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler:
    """What a sampler gives, in lists.

    Parameters
    ----------
    sampler : iterable of int
    batch_size : int
    drop_last : bool
        Whether to leave out a last list that is shorter.

    Examples
    --------
    >>> from agrad_nn.data import BatchSampler
    >>> list(BatchSampler(range(5), 2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False) -> None:
        if isinstance(batch_size, bool) or not isinstance(batch_size, int) or batch_size < 1:
            raise ValueError(f"batch_size is an integer from 1 on; it was {batch_size!r}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:
        items = iter(self.sampler)
        while batch := list(islice(items, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        n = len(self.sampler)
        return n // self.batch_size if self.drop_last else -(-n // self.batch_size)
