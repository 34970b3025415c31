"""Tensors are written as PyTorch writes them: thousands of random ones against PyTorch, and stored texts."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from agrad_torchlike.printing import get_printoptions, printoptions, set_printoptions, tensor_text
from torchlike_samples import STORED, pytorchs, samples


@pytest.fixture(autouse=True)
def restored() -> Any:
    yield
    set_printoptions(profile="default")


@pytest.mark.parametrize("seed", range(10))
def test_random_tensors_read_as_pytorchs(seed: int) -> None:
    torch = pytest.importorskip("torch")
    for x, end, options in samples(300, seed):
        with printoptions(**options):
            assert tensor_text(x, **end) == pytorchs(torch, x, end, options), (x.dtype, x.shape, options)


def test_stored_texts() -> None:
    texts = json.loads(STORED.read_text())
    assert len(texts) == 200
    for (x, end, options), text in zip(samples(200, 99), texts, strict=True):
        with printoptions(**options):
            assert tensor_text(x, **end) == text, (x.dtype, x.shape, options)


@pytest.mark.parametrize(
    "values, dtype, text",
    [
        (3.0, "float32", "tensor(3.)"),
        ([1, 2, 3], "int64", "tensor([1, 2, 3])"),
        ([1, 2, 3], "uint8", "tensor([1, 2, 3], dtype=torch.uint8)"),
        ([1.0, np.nan, -np.inf], "float32", "tensor([1., nan, -inf])"),
        ([1e-5, 1.0], "float32", "tensor([1.0000e-05, 1.0000e+00])"),
        ([0.1, 20000.0], "float32", "tensor([1.0000e-01, 2.0000e+04])"),
        ([1 + 2j], "complex64", "tensor([1.+2.j])"),
        ([True, False], "bool", "tensor([ True, False])"),
        ([], "float32", "tensor([])"),
        ([], "int64", "tensor([], dtype=torch.int64)"),
        ([[], []], "float64", "tensor([], size=(2, 0), dtype=torch.float64)"),
    ],
)
def test_well_known_texts(values: Any, dtype: str, text: str) -> None:
    assert tensor_text(np.array(values, dtype)) == text


def test_default_dtype_device_and_prefix() -> None:
    x = np.array([1.5])
    assert tensor_text(x, default="float64") == "tensor([1.5000])"
    assert tensor_text(x + 0j, default="float64") == "tensor([1.5000+0.j])"
    assert tensor_text(x, device="cuda:0") == "tensor([1.5000], device='cuda:0', dtype=torch.float64)"
    assert tensor_text(np.eye(2), prefix="Mine(") == "Mine([[1., 0.],\n      [0., 1.]], dtype=torch.float64)"
    assert tensor_text(x.astype("float32"), dtype="bfloat16") == "tensor([1.5000], dtype=torch.bfloat16)"


def test_options() -> None:
    assert get_printoptions() == {
        "precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80, "sci_mode": None
    }  # fmt: skip
    set_printoptions(profile="short", precision=3)
    assert get_printoptions()["precision"] == 3 and get_printoptions()["edgeitems"] == 2
    with printoptions(sci_mode=True):
        assert tensor_text(np.array([1.5], "float32")) == "tensor([1.500e+00])"
    assert tensor_text(np.array([1.5], "float32")) == "tensor([1.500])"
