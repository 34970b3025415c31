"""The loader: goes through a dataset in batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from agrad_nn.data.collate import collate as usual
from agrad_nn.data.sampler import BatchSampler, RandomSampler, SequentialSampler

__all__ = ["DataLoader"]


class DataLoader:
    """Goes through a dataset in batches, as often as one loops over it.

    Parameters
    ----------
    dataset : Dataset
        Anything with a length and samples by index.
    batch_size : int or None
        None gives the samples themselves.
    shuffle : bool
        Whether in another random order each time.
    sampler : iterable of int, optional
        An order of one's own.
    batch_sampler : iterable of list of int, optional
        Batches of one's own.
    collate : callable, optional
        Makes a batch of a list of samples, by default `agrad_nn.data.collate`; where there is none, a dataset that has
        a method ``take`` makes the batches.
    drop_last : bool
        Whether to leave out a last batch that is smaller.
    rng : Generator or int, optional
        Shuffles: the generator or its seed; by default NumPy's, see `agrad_nn.seed`.

    Examples
    --------
    >>> import agrad
    >>> from agrad_nn.data import ArrayDataset, DataLoader
    >>> data = ArrayDataset(agrad.tensor([1.0, 2.0, 3.0]), agrad.tensor([1, 2, 3]))
    >>> for x, y in DataLoader(data, batch_size=2):
    ...     print(x.tolist(), y.tolist())
    [1.0, 2.0] [1, 2]
    [3.0] [3]
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool = False,
        *,
        sampler: Any = None,
        batch_sampler: Any = None,
        collate: Callable[[list[Any]], Any] | None = None,
        drop_last: bool = False,
        rng: Any = None,
    ) -> None:
        if sampler is not None and shuffle:
            raise ValueError("DataLoader got a sampler, which says the order, and shuffle=True; give one of them")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                "DataLoader got a batch_sampler, which says all about the batches; leave out batch_size, shuffle, "
                "sampler and drop_last"
            )
        if batch_size is None and drop_last:
            raise ValueError("DataLoader got drop_last=True without batches, batch_size=None")
        self.dataset, self.batch_size, self.drop_last, self.collate = dataset, batch_size, drop_last, collate
        if sampler is None:
            sampler = RandomSampler(dataset, rng=rng) if shuffle else SequentialSampler(dataset)
        self.sampler = sampler
        if batch_sampler is None and batch_size is not None:
            batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.batch_sampler = batch_sampler

    def __iter__(self) -> Iterator[Any]:
        if self.batch_sampler is None:
            return (self.dataset[i] for i in self.sampler)
        return (self._batch(indices) for indices in self.batch_sampler)

    def __len__(self) -> int:
        return len(self.sampler if self.batch_sampler is None else self.batch_sampler)

    def _batch(self, indices: Sequence[int]) -> Any:
        if self.collate is None and hasattr(self.dataset, "take"):
            return self.dataset.take(indices)
        return (self.collate or usual)([self.dataset[i] for i in indices])
