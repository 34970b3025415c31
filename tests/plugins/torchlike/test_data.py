"""Data under PyTorch's names: orders, splits and batches are PyTorch's after one seed."""

from __future__ import annotations

from collections import namedtuple
from typing import Any

import numpy as np
import pytest

import agrad_torchlike as torch
from agrad_torchlike.utils import data

STORED = [[[1, 2, 3], [6, 4, 5], [0]], [[4, 6, 1], [2, 0, 3], [5]]]
"""The first two of `orders`, by PyTorch."""


def orders(torch: Any) -> list[Any]:
    """What a program with a seed draws, one after the other."""
    data = torch.utils.data
    torch.manual_seed(42)
    found: list[Any] = []
    loader = data.DataLoader(list(range(7)), batch_size=3, shuffle=True)
    for _ in range(2):
        found.append([batch.tolist() for batch in loader])
    found.append([batch.tolist() for batch in data.DataLoader(list(range(4)), batch_size=3, drop_last=True)])
    seeded = data.DataLoader(list(range(7)), batch_size=3, shuffle=True, generator=torch.Generator().manual_seed(1))
    found += [[batch.tolist() for batch in seeded] for _ in range(2)]
    found.append([part.indices for part in data.random_split(range(10), [7, 3])])
    found.append(
        [part.indices for part in data.random_split(range(10), [0.55, 0.45], torch.Generator().manual_seed(3))]
    )
    found.append(list(data.RandomSampler(range(5), num_samples=12)))
    found.append(list(data.RandomSampler(range(5), replacement=True, num_samples=40)))
    found.append(list(data.SubsetRandomSampler([3, 5, 7, 9])))
    found.append(list(data.WeightedRandomSampler([0.1, 0.5, 0.4], 6)))
    found.append(torch.utils.data.DataLoader(list(range(3)), batch_size=None, shuffle=True).__iter__().__next__())
    found.append([round(x, 4) for x in torch.nn.Linear(1, 1).weight.flatten().tolist()])
    return found


def test_orders_are_pytorchs(theirs: Any, backend: str) -> None:
    assert orders(torch) == orders(theirs)


def test_stored_orders() -> None:
    """What PyTorch draws after ``manual_seed(42)``."""
    assert orders(torch)[:2] == STORED


@pytest.mark.parametrize("weights", [[0.1, 0.5, 0.4], [1.0, 0.0, 3.0, 2.0]])
def test_weighted_draws_without_replacement(theirs: Any, weights: list[float]) -> None:
    from torchlike_samples import intel

    if intel():
        pytest.skip("PyTorch takes these from MKL on Intel's processors")
    draws = []
    for library in (theirs, torch):
        library.manual_seed(5)
        draws.append(list(library.utils.data.WeightedRandomSampler(weights, 3, replacement=False)))
    assert draws[0] == draws[1]


def test_batches_are_built_as_pytorchs(theirs: Any) -> None:
    pair = namedtuple("pair", "a b")
    samples = [
        lambda torch, i: (torch.tensor([1.0, i]), i, 0.5 * i, f"name {i}", bool(i % 2)),
        lambda torch, i: {"x": np.array([i, 2]), "deep": [torch.tensor(i), (i, "s")]},
        lambda torch, i: pair(i, torch.tensor([[float(i)]])),
        lambda torch, i: np.float32(i),
    ]
    for sample in samples:
        kept = [[sample(library, i) for i in range(3)] for library in (theirs, torch)]
        expected, found = (
            next(iter(library.utils.data.DataLoader(held, batch_size=3)))
            for library, held in zip((theirs, torch), kept, strict=True)
        )
        assert repr(expected) == repr(found)


def test_tensor_datasets() -> None:
    x, y = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), torch.tensor([0, 1, 2])
    held = data.TensorDataset(x, y)
    assert len(held) == 3 and held[1][0].tolist() == [3.0, 4.0] and held[-1][1].item() == 2
    batches = list(data.DataLoader(held, batch_size=2))
    assert [b.tolist() for b in batches[0]] == [[[1.0, 2.0], [3.0, 4.0]], [0, 1]] and len(batches) == 2
    part = data.Subset(held, [2, 0])
    assert next(iter(data.DataLoader(part, batch_size=2)))[1].tolist() == [2, 0]
    assert len(data.ConcatDataset([held, part])) == 5
    with pytest.raises(AssertionError, match="Size mismatch"):
        data.TensorDataset(x, y[:2])


def test_datasets_and_collation_of_ones_own() -> None:
    class Squares(data.Dataset):
        def __len__(self) -> int:
            return 5

        def __getitem__(self, i: int) -> Any:
            return torch.tensor(float(i)), torch.tensor(float(i * i))

    loader = data.DataLoader(Squares(), batch_size=2, num_workers=2, pin_memory=True)
    assert len(loader) == 3
    x, y = next(iter(loader))
    assert x.tolist() == [0.0, 1.0] and y.tolist() == [0.0, 1.0]
    assert next(iter(data.DataLoader(Squares(), batch_size=2, collate_fn=len))) == 2


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda: data.DataLoader([1], shuffle=True, sampler=[0]), ValueError, "mutually exclusive with shuffle"),
        (
            lambda: data.DataLoader([1], batch_sampler=[[0]], batch_size=2),
            ValueError,
            "mutually exclusive with batch_size",
        ),
        (lambda: data.DataLoader([1], batchsize=2), TypeError, "unexpected keyword argument 'batchsize'"),
        (lambda: data.RandomSampler([], num_samples=0), ValueError, "num_samples should be a positive integer"),
        (lambda: data.RandomSampler([1], replacement=1), TypeError, "replacement should be a boolean"),
        (lambda: data.random_split(range(10), [3, 3]), ValueError, "does not equal the length of the input dataset"),
        (lambda: data.default_collate([(1, 2), (1,)]), RuntimeError, "should be of equal size"),
        (lambda: data.default_collate([{1}, {2}]), TypeError, "batch must contain tensors"),
        (lambda: data.default_collate([torch.zeros(2), torch.zeros(3)]), RuntimeError, "at entry 1"),
    ],
)
def test_messages(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call()
