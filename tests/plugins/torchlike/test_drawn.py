"""Random tensors are PyTorch's, called as its programs call them, on every backend."""

from __future__ import annotations

from typing import Any

import pytest

import agrad_torchlike as torch
from torchlike_samples import intel

CALLS = [
    "torch.rand(3)",
    "torch.rand(2, 3)",
    "torch.rand((2, 3), dtype=torch.float64)",
    "torch.rand([4], requires_grad=True)",
    "torch.rand(size=(2,))",
    "torch.randn(5, 5)",
    "torch.randn(torch.Size([2, 2]))",
    "torch.randn(2, generator=torch.Generator().manual_seed(3))",
    "torch.rand_like(torch.zeros(2, 3))",
    "torch.randn_like(torch.zeros(20, dtype=torch.float64))",
    "torch.randint(10, (5,))",
    "torch.randint(-3, 10, (2, 3))",
    "torch.randint(low=2, high=5, size=(4,))",
    "torch.randint(high=5, size=(2,))",
    "torch.randint(0, 5, (3,), dtype=torch.float32)",
    "torch.randint_like(torch.ones(4), 2, 9)",
    "torch.randperm(9)",
    "torch.randperm(4, dtype=torch.float32)",
    "torch.normal(2.0, 3.0, size=(2, 3))",
    "torch.normal(torch.arange(20.0), 2.0)",
    "torch.normal(1.0, torch.arange(1.0, 4.0))",
    "torch.normal(torch.arange(4.0)[:, None], torch.arange(5.0))",
    "torch.normal(torch.ones(3, requires_grad=True), 1.0)",
    "torch.bernoulli(torch.full((8,), 0.4))",
    "torch.bernoulli(torch.full((3,), 0.5, requires_grad=True))",
    "torch.multinomial(torch.tensor([0.1, 0.5, 0.4]), 20, replacement=True)",
    "torch.empty(3, 4).uniform_()",
    "torch.empty(3, 4).uniform_(-1, 2)",
    "torch.empty(3, 4).t().uniform_(0, 5)",
    "torch.empty(30).normal_()",
    "torch.empty(5, 6).t().normal_(1, 2)",
    "torch.zeros(4, 10)[:, ::2].normal_()",
    "torch.empty(2, 3, 4).permute(2, 0, 1).random_(100)",
    "torch.empty(3, dtype=torch.int64).random_()",
    "torch.empty(5).random_(2, 7)",
    "torch.zeros(2, 3).bernoulli_(torch.full((3,), 0.5))",
    "(torch.ones(3, requires_grad=True) * 2).uniform_()",
    "(torch.ones(3, requires_grad=True) * 2).normal_()",
]
MKL = ["torch.zeros(30).bernoulli_(0.3)", "torch.empty(5).exponential_(2.0)", "torch.bernoulli(torch.zeros(9), 0.5)",
       "torch.multinomial(torch.tensor([[0.1, 0.5, 0.4], [1.0, 1.0, 1.0]]), 2)"]  # fmt: skip
WRONG = [
    "torch.rand(2, dtype=torch.int64)",
    "torch.randn(2, dtype=torch.int32)",
    "torch.randint(5, 5, (2,))",
    "torch.empty(3).uniform_(2, 1)",
    "torch.empty(3).normal_(0, -1)",
    "torch.ones(3).expand(2, 3).uniform_()",
    "torch.ones(3, requires_grad=True).normal_()",
    "torch.empty(2).bernoulli_(2.0)",
    "torch.randperm(-1)",
]


def outcome(torch: Any, call: str) -> str:
    """What two calls after a seed print, and what is drawn next."""
    torch.manual_seed(7)
    results = [eval(call, {"torch": torch}) for _ in range(2)]
    return f"{results} {results[0].tolist()} {torch.rand(1).item()}"


@pytest.mark.parametrize("call", CALLS)
def test_calls(theirs: Any, call: str) -> None:
    assert outcome(torch, call) == outcome(theirs, call)


@pytest.mark.skipif(intel(), reason="PyTorch takes these from MKL on Intel's processors")
@pytest.mark.parametrize("call", MKL)
def test_calls_that_mkl_may_serve(theirs: Any, call: str) -> None:
    assert outcome(torch, call) == outcome(theirs, call)


@pytest.mark.parametrize("call", ["torch.randn(2, 30)", "torch.randint(10, (5,))", "torch.empty(4, 5).t().normal_()"])
def test_every_backend(theirs: Any, backend: str, call: str) -> None:
    assert outcome(torch, call) == outcome(theirs, call)


@pytest.mark.parametrize("call", WRONG)
def test_messages(theirs: Any, call: str) -> None:
    with pytest.raises(Exception) as known:
        eval(call, {"torch": theirs})
    with pytest.raises(type(known.value)) as found:
        eval(call, {"torch": torch})
    assert str(found.value)[:35].lower().replace("int64", "'long'").replace("int32", "'int'") == (
        str(known.value)[:35].lower()
    )


def test_states() -> None:
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = torch.rand(3)
    torch.set_rng_state(state)
    assert state.dtype is torch.uint8 and torch.equal(torch.rand(3), first)
    assert torch.initial_seed() == 1 and torch.random.initial_seed() == 1


def test_gradients_of_what_is_drawn_are_zero() -> None:
    p = torch.full((3,), 0.5, requires_grad=True)
    torch.bernoulli(p).sum().backward()
    assert p.grad.tolist() == [0.0, 0.0, 0.0]


def test_stored_numbers() -> None:
    torch.manual_seed(42)
    assert repr(torch.rand(2, 2)) == "tensor([[0.8823, 0.9150],\n        [0.3829, 0.9593]])"
    assert repr(torch.randint(0, 10, (3,))) == "tensor([6, 5, 0])"
