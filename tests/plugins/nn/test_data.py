"""Datasets, samplers, collation and the loader."""

from __future__ import annotations

from collections import Counter, namedtuple
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn as nn
from agrad.errors import ShapeError
from agrad_nn.data import (
    ArrayDataset,
    BatchSampler,
    ConcatDataset,
    DataLoader,
    Dataset,
    RandomSampler,
    Subset,
    SubsetRandomSampler,
    TensorDataset,
    WeightedRandomSampler,
    collate,
    random_split,
)

Pair = namedtuple("Pair", "x y")


def test_batches_of_arrays(space: Any) -> None:
    x, y = space.reshape(space.asarray(np.arange(14.0)), (7, 2)), space.asarray(np.arange(7))
    loader = DataLoader(TensorDataset(x, y), batch_size=3)
    batches = list(loader)
    assert len(loader) == 3 and [b[0].shape for b in batches] == [(3, 2), (3, 2), (1, 2)]
    assert all(isinstance(a, agrad.Tensor) and agrad.array_namespace(a) is space for b in batches for a in b)
    assert batches[1][1].tolist() == [3, 4, 5] and batches[1][0].tolist() == [[6, 7], [8, 9], [10, 11]]
    assert [b[1].tolist() for b in DataLoader(TensorDataset(x, y), 3, drop_last=True)] == [[0, 1, 2], [3, 4, 5]]
    assert len(DataLoader(TensorDataset(x, y), 3, drop_last=True)) == 2
    sample = list(DataLoader(TensorDataset(x, y), None))[2]
    assert sample[0].tolist() == [4.0, 5.0] and len(sample) == 2


def test_batches_of_plain_numpy_arrays() -> None:
    data = ArrayDataset(np.arange(4.0))
    (batch,) = next(iter(DataLoader(data, batch_size=3)))
    assert isinstance(batch, agrad.Tensor) and batch.tolist() == [0.0, 1.0, 2.0]
    assert Subset(data, [3, 1]).take([1])[0].tolist() == [1.0]
    assert data.take([])[0].shape == (0,)


def test_shuffling_and_seeds() -> None:
    data = list(range(50))

    def epochs(**options: Any) -> list[list[int]]:
        loader = DataLoader(data, batch_size=7, shuffle=True, **options)
        return [[i for batch in loader for i in batch.tolist()] for _ in range(2)]

    first, second = epochs(rng=3)
    assert sorted(first) == sorted(second) == data and len({tuple(data), tuple(first), tuple(second)}) == 3
    assert epochs(rng=3) == [first, second] != epochs(rng=4)
    nn.seed(9)
    by_default = epochs()
    nn.seed(9)
    assert epochs() == by_default != epochs()


def test_collation_of_containers(space: Any) -> None:
    def sample(i: int) -> Any:
        array = space.asarray([float(i), 0.0])
        return {"a": (array, i, f"text {i}"), "b": [Pair(np.float64(i), True)], "c": b"x"}

    batch = collate([sample(i) for i in range(3)])
    array, numbers, texts = batch["a"]
    assert array.shape == (3, 2) and agrad.array_namespace(array) is space
    assert numbers.tolist() == [0, 1, 2] and agrad.array_namespace(numbers) is space
    assert texts == ["text 0", "text 1", "text 2"] and batch["c"] == [b"x"] * 3
    (pair,) = batch["b"]
    assert isinstance(pair, Pair) and pair.x.tolist() == [0.0, 1.0, 2.0] and pair.y.tolist() == [True] * 3


@pytest.mark.parametrize(
    ("samples", "error", "text"),
    [
        ([{"a": 1}, {"b": 1}], ValueError, "different keys, at sample"),
        ([(1, 2), (1,)], ValueError, r"different lengths, \[2, 1\], at sample"),
        ([{"a": [np.ones(2)]}, {"a": [np.ones(3)]}], ShapeError, r"\[\(2,\), \(3,\)\], at sample\['a'\]\[0\]"),
        ([{"a": None}], TypeError, r"a batch of NoneType cannot be made, at sample\['a'\]"),
    ],
)
def test_collation_says_where_it_fails(samples: Any, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        collate(samples)


def test_datasets() -> None:
    class Letters(Dataset):
        def __len__(self) -> int:
            return 3

        def __getitem__(self, i: int) -> Any:
            return "abc"[i]

    assert list(Letters()) == ["a", "b", "c"]
    assert list(DataLoader(Letters(), batch_size=2)) == [["a", "b"], ["c"]]
    both = ConcatDataset([Letters(), "xy"])
    assert list(both) == list("abcxy") and both[-1] == "y" and len(both) == 5 and len(ConcatDataset([])) == 0
    with pytest.raises(IndexError, match="index 5"):
        both[5]
    with pytest.raises(NotImplementedError, match="__len__"):
        len(Dataset())
    with pytest.raises(NotImplementedError, match="__getitem__"):
        Dataset()[0]
    for arrays in ((), (np.ones(2), np.ones(3)), (np.asarray(1.0),)):
        with pytest.raises(ShapeError, match="one length"):
            ArrayDataset(*arrays)


def test_random_split() -> None:
    parts = random_split(range(10), [3, 7], rng=1)
    assert [len(p) for p in parts] == [3, 7] and sorted(i for p in parts for i in p) == list(range(10))
    assert [len(p) for p in random_split(range(10), [0.33, 0.33, 0.34])] == [4, 3, 3]
    for wrong in ([3, 3], [0.5, 0.4], [11, -1]):
        with pytest.raises(ValueError, match="add up"):
            random_split(range(10), wrong)


def test_samplers() -> None:
    assert sorted(RandomSampler(range(4), rng=1)) == [0, 1, 2, 3]
    assert len(list(RandomSampler(range(4), num_samples=10, rng=1))) == 10
    drawn = Counter(RandomSampler(range(4), replacement=True, num_samples=4000, rng=1))
    assert all(abs(n - 1000) < 150 for n in drawn.values()) and len(drawn) == 4
    assert list(RandomSampler([])) == list(RandomSampler([], replacement=True)) == []
    assert sorted(SubsetRandomSampler([2, 5, 7], rng=1)) == [2, 5, 7] and len(SubsetRandomSampler([1])) == 1
    weighted = Counter(WeightedRandomSampler([1.0, 0.0, 3.0], 4000, rng=1))
    assert weighted[1] == 0 and abs(weighted[2] - 3000) < 150
    assert sorted(WeightedRandomSampler([1.0, 0.0, 3.0], 2, replacement=False, rng=1)) == [0, 2]
    first = Counter(next(iter(WeightedRandomSampler([1.0, 3.0], 1, False, rng=seed))) for seed in range(400))
    assert abs(first[1] - 300) < 50
    assert len(BatchSampler(range(5), 2)) == 3 and list(BatchSampler(range(5), 2, True)) == [[0, 1], [2, 3]]
    batches = DataLoader(list("abcd"), batch_sampler=[[3], [0, 1]])
    assert list(batches) == [["d"], ["a", "b"]] and len(batches) == 2
    assert list(DataLoader(list("abcd"), 2, sampler=[3, 1])) == [["d", "b"]]


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: DataLoader([1], shuffle=True, sampler=[0]), "shuffle=True"),
        (lambda: DataLoader([1], batch_size=2, batch_sampler=[[0]]), "batch_sampler"),
        (lambda: DataLoader([1], batch_size=None, drop_last=True), "drop_last"),
        (lambda: DataLoader([1], batch_size=0), "from 1 on; it was 0"),
        (lambda: RandomSampler([1], num_samples=0), "num_samples=0"),
        (lambda: WeightedRandomSampler([-1.0], 1), "from 0 on"),
        (lambda: WeightedRandomSampler([1.0, 0.0], 2, replacement=False), "1 have a weight"),
    ],
)
def test_what_is_refused(make: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make()
