"""The loader under PyTorch's name, with its order of drawing, so that shuffles are PyTorch's after the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import agrad_nn.data as data
from agrad_torchlike import random
from agrad_torchlike.backends import space
from agrad_torchlike.registry import lift
from agrad_torchlike.tensors import Tensor, wrap
from agrad_torchlike.utils.data.samplers import RandomSampler, SequentialSampler

__all__ = ["DataLoader", "default_collate"]

_stacked = lift("stack", lambda xp, *parts: xp.stack(parts), "StackBackward0")


def default_collate(batch: Sequence[Any]) -> Any:
    """Make a batch of samples: tensors are stacked, numbers become a tensor, containers are gone through.

    Parameters
    ----------
    batch : sequence
        Samples that are built alike.

    Returns
    -------
    Any
        Built like a sample; a list for tuples, as in PyTorch.
    """
    first = batch[0]
    if isinstance(first, Tensor):
        if any(item.shape != first.shape for item in batch):
            other = next(i for i, item in enumerate(batch) if item.shape != first.shape)
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first.shape)} at entry 0 and "
                f"{list(batch[other].shape)} at entry {other}"
            )
        return _stacked(*batch)
    if isinstance(first, np.ndarray | np.generic):
        return wrap(space().asarray(np.stack([np.asarray(item) for item in batch])))
    if isinstance(first, bool | int | float):
        kind = np.bool_ if isinstance(first, bool) else (np.int64 if isinstance(first, int) else np.float64)
        return wrap(space().asarray(np.asarray(batch, kind)))
    if isinstance(first, str | bytes):
        return batch
    if isinstance(first, Mapping):
        return {key: default_collate([item[key] for item in batch]) for key in first}
    if isinstance(first, tuple) and hasattr(first, "_fields"):
        return type(first)(*[default_collate(part) for part in zip(*batch, strict=True)])
    if isinstance(first, tuple | list):
        if any(len(item) != len(first) for item in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        return [default_collate(part) for part in zip(*batch, strict=True)]
    raise TypeError(
        f"default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; found {type(first)}"
    )


class DataLoader(data.DataLoader):
    """Goes through a dataset in batches, as often as one loops over it; in one process.

    Parameters
    ----------
    dataset : Dataset
    batch_size, shuffle, sampler, batch_sampler, collate_fn, drop_last, generator
        As in PyTorch.
    num_workers, pin_memory, persistent_workers, prefetch_factor, timeout, worker_init_fn, multiprocessing_context
        Are taken, and change nothing: batches are made when they are asked for.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> from agrad_torchlike.utils.data import DataLoader, TensorDataset
    >>> data = TensorDataset(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([1, 2, 3]))
    >>> for x, y in DataLoader(data, batch_size=2):
    ...     print(x, y)
    tensor([1., 2.]) tensor([1, 2])
    tensor([3.]) tensor([3])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Any = None,
        batch_sampler: Any = None,
        num_workers: int = 0,
        collate_fn: Callable[[list[Any]], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Any = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        **unused: Any,
    ) -> None:
        unknown = unused.keys() - {"prefetch_factor", "persistent_workers", "pin_memory_device", "in_order"}
        if unknown:
            raise TypeError(f"DataLoader.__init__() got an unexpected keyword argument '{min(unknown)}'")
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None and (batch_size != 1 or shuffle or sampler is not None or drop_last):
            raise ValueError(
                "batch_sampler option is mutually exclusive with batch_size, shuffle, sampler, and drop_last"
            )
        if sampler is None and batch_sampler is None:
            sampler = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
        super().__init__(
            dataset, batch_size, sampler=sampler, batch_sampler=batch_sampler, drop_last=drop_last, collate=collate_fn
        )
        self.generator, self.num_workers = generator, num_workers
        self.collate_fn = collate_fn or default_collate

    def __iter__(self) -> Iterator[Any]:
        random.whole((), generator=self.generator)  # a seed for workers, which PyTorch draws in any case
        return super().__iter__()

    def _batch(self, indices: Sequence[int]) -> Any:
        if self.collate is None and hasattr(self.dataset, "take"):
            return self.dataset.take(indices)
        return self.collate_fn([self.dataset[i] for i in indices])
