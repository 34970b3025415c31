"""The layer among Python's and other libraries' things: NumPy's functions, copies, formats, constructors."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest


def test_numpy_functions_take_tensors(torch: Any) -> None:
    t = torch.ones(3)
    assert isinstance(np.sin(t), torch.Tensor) and torch.allclose(np.sin(t), torch.sin(t))
    assert (np.ones(3) * t).dtype is torch.float64 and (np.float32(2) * t).dtype is torch.float32
    assert (t + np.float64(1)).tolist() == [2.0, 2.0, 2.0] and (t * np.ones(3)).dtype is torch.float64
    assert float(np.mean(t)) == 1.0 and np.asarray(t).dtype == np.float32
    assert torch.tensor(np.array([1.5, 2.5])).dtype is torch.float64
    w = torch.ones(2, requires_grad=True)
    for convert in (np.asarray, np.sin, lambda t: t.numpy()):
        with pytest.raises(RuntimeError, match=r"Use tensor.detach\(\).numpy\(\) instead."):
            convert(w)


def test_copies(torch: Any) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    (w * 2).sum().backward()
    for made in (copy.deepcopy(w), pickle.loads(pickle.dumps(w))):
        assert made.tolist() == [1.0, 2.0] and made.requires_grad and made.is_leaf
    twin = copy.deepcopy(w)
    assert twin.grad.tolist() == [2.0, 2.0] and twin.grad is not w.grad
    with torch.no_grad():
        twin[0] = 9
    assert w.tolist() == [1.0, 2.0]
    with pytest.raises(RuntimeError, match="graph leaves"):
        copy.deepcopy(w * 2)


def test_numbers(torch: Any) -> None:
    t = torch.tensor(2.5)
    assert (float(t), int(t), f"{t:.3f}", bool(t), t.item()) == (2.5, 2, "2.500", True, 2.5)
    assert [10, 20, 30][torch.tensor(1)] == 20 and list(range(torch.tensor(2))) == [0, 1]
    with pytest.raises(TypeError, match="only integer tensors of a single element"):
        [1, 2][t]
    assert [v.item() for v in torch.arange(3)] == [0, 1, 2] and 2 in torch.arange(3)
    assert torch.Size([2, 3]).numel() == 6 and torch.zeros(2, 3).shape[1:] == torch.Size([3])
    assert repr(torch.zeros(2, 3).shape) == "torch.Size([2, 3])" and repr(torch.device("cpu")) == "device(type='cpu')"


def test_freezing_keeps_the_leaf(torch: Any) -> None:
    w = torch.ones(2, requires_grad=True)
    y = (w * 3).sum()
    w.requires_grad_(False)
    assert not w.requires_grad
    w.requires_grad_(True)
    y.backward()
    assert w.grad.tolist() == [3.0, 3.0]


def test_results_are_put_where_asked(torch: Any) -> None:
    out = torch.empty(2)
    assert torch.add(torch.ones(2), 1, out=out) is out and out.tolist() == [2.0, 2.0]
    assert torch.exp(torch.zeros(2), out=out) is out and out.tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match="leave out out="):
        torch.add(torch.ones(3), 1, out=out)


def test_default_dtype(torch: Any) -> None:
    torch.set_default_dtype(torch.float64)
    try:
        assert torch.tensor([0.5]).dtype is torch.float64 and torch.zeros(1).dtype is torch.float64
    finally:
        torch.set_default_dtype(torch.float32)
    assert torch.get_default_dtype() is torch.float32
