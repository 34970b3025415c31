"""Optimizers, schedules and clipping under PyTorch's names: ten steps as PyTorch's, texts, states and messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad_torchlike as torch

OPTIMIZERS = [
    "SGD(p, lr=0.1)",
    "SGD(p, lr=0.1, momentum=0.9, dampening=0.1, weight_decay=0.01)",
    "SGD(p, lr=0.1, momentum=0.9, nesterov=True)",
    "SGD(p, lr=0.1, maximize=True)",
    "Adam(p)",
    "Adam(p, lr=0.1, betas=(0.8, 0.9), weight_decay=0.1, amsgrad=True)",
    "AdamW(p, lr=0.1)",
    "RMSprop(p, centered=True, momentum=0.5)",
    "Adagrad(p, lr_decay=0.1)",
]


def made(library: Any, call: str, p: Any) -> Any:
    return eval(f"optim.{call}", {"optim": library.optim, "p": p})


def stepped(library: Any, call: str) -> tuple[Any, Any]:
    """The parameter after ten steps, and the optimizer."""
    w = library.tensor([1.0, -2.0, 3.0], dtype=library.float64, requires_grad=True)
    optimizer = made(library, call, [w])
    for _ in range(10):
        optimizer.zero_grad()
        (0.01 * w * w * w * w).sum().backward()
        optimizer.step()
    return w, optimizer


@pytest.mark.parametrize("call", OPTIMIZERS)
def test_ten_steps_and_texts(theirs: Any, call: str) -> None:
    (a, twin), (b, optimizer) = stepped(theirs, call), stepped(torch, call)
    np.testing.assert_allclose(b.detach().numpy(), a.detach().numpy(), rtol=1e-12)
    assert repr(optimizer) == repr(twin)
    known, found = twin.state_dict(), optimizer.state_dict()
    assert known["param_groups"] == found["param_groups"]
    for name, value in known["state"].get(0, {}).items():
        if value is None:
            continue
        np.testing.assert_allclose(np.asarray(found["state"][0][name]), np.asarray(value), rtol=1e-12)
    assert all(held is b for held in optimizer.state)


@pytest.mark.parametrize("search", [None, "strong_wolfe"])
def test_lbfgs(theirs: Any, search: str | None) -> None:
    ends = []
    for library in (theirs, torch):
        w = library.tensor([-1.0, 2.0], dtype=library.float64, requires_grad=True)
        optimizer = library.optim.LBFGS([w], lr=0.1, max_iter=9, line_search_fn=search)

        def closure(library: Any = library, w: Any = w, optimizer: Any = optimizer) -> Any:
            optimizer.zero_grad()
            loss = (1 - w[0]) ** 2 + 5 * (w[1] - w[0] ** 2) ** 2
            loss.backward()
            return loss

        first = optimizer.step(closure)
        ends.append((w.detach().numpy(), first.item(), repr(optimizer)))
    np.testing.assert_allclose(ends[1][0], ends[0][0], rtol=1e-9)
    assert ends[1][1:] == ends[0][1:]


def test_groups_and_states() -> None:
    model = torch.nn.Sequential(torch.nn.Linear(2, 3), torch.nn.Linear(3, 1))
    optimizer = torch.optim.SGD(
        [{"params": model[0].parameters(), "lr": 0.5}, {"params": model[1].parameters()}], lr=0.1, momentum=0.9
    )
    assert [g["lr"] for g in optimizer.param_groups] == [0.5, 0.1]
    assert optimizer.param_groups[0]["params"][0] is model[0].weight
    model(torch.ones(1, 2)).sum().backward()
    optimizer.step()
    other = torch.optim.SGD([{"params": m.parameters()} for m in model], lr=1.0, momentum=0.9)
    other.load_state_dict(optimizer.state_dict())
    assert other.param_groups[0]["lr"] == 0.5
    held = other.state[model[0].weight]["momentum_buffer"]
    assert np.asarray(held).tolist() == np.asarray(optimizer.state[model[0].weight]["momentum_buffer"]).tolist()
    with pytest.raises(ValueError, match="groups"):
        torch.optim.SGD(model.parameters(), lr=1.0).load_state_dict(optimizer.state_dict())


def test_zero_grad() -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    optimizer = torch.optim.SGD([w], lr=0.1)
    (w * 3).sum().backward()
    optimizer.zero_grad(set_to_none=False)
    assert w.grad.tolist() == [0.0, 0.0]
    optimizer.zero_grad()
    assert w.grad is None


def test_an_optimizer_of_ones_own() -> None:
    class Signs(torch.optim.Optimizer):  # type: ignore[misc, name-defined]
        def __init__(self, params: Any, lr: float) -> None:
            super().__init__(params, {"lr": lr})

        @torch.no_grad()  # type: ignore[untyped-decorator]
        def step(self) -> None:
            for group in self.param_groups:
                for p in group["params"]:
                    p -= group["lr"] * p.grad.sign()

    w = torch.tensor([1.0, -2.0], requires_grad=True)
    optimizer = Signs([w], 0.5)
    (w * w).sum().backward()
    optimizer.step()
    assert w.tolist() == [0.5, -1.5]


def test_schedules(theirs: Any) -> None:
    calls = ("StepLR(o, 2)", "MultiStepLR(o, [1, 3])", "ExponentialLR(o, 0.9)", "LambdaLR(o, lambda e: 0.5**e)",
             "LinearLR(o)", "CosineAnnealingLR(o, 4)")  # fmt: skip
    for call in calls:
        rates = []
        for library in (theirs, torch):
            o = library.optim.SGD([library.tensor([1.0], requires_grad=True)], lr=0.1)
            schedule = eval(f"s.{call}", {"s": library.optim.lr_scheduler, "o": o})
            rates.append([])
            for _ in range(6):
                o.step()
                schedule.step()
                rates[-1].append(schedule.get_last_lr()[0])
        assert rates[1] == pytest.approx(rates[0], rel=1e-12), call


def test_clipping_and_vectors(theirs: Any) -> None:
    norms, vectors = [], []
    for library in (theirs, torch):
        library.manual_seed(2)
        model = library.nn.Linear(3, 2)
        (model(library.ones(4, 3)) * 5).sum().backward()
        utils = library.nn.utils
        norms.append(utils.clip_grad_norm_(model.parameters(), 2.0).item())
        utils.clip_grad_value_(model.parameters(), 0.5)
        vector = utils.parameters_to_vector(model.parameters())
        utils.vector_to_parameters(vector * 2, model.parameters())
        vectors.append([vector.tolist(), model.weight.tolist(), model.weight.grad.tolist()])
    assert norms[1] == pytest.approx(norms[0], rel=1e-6)
    for a, b in zip(*vectors, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-6)
    with pytest.raises(ValueError, match="got 3 numbers; the parameters have 8"):
        torch.nn.utils.vector_to_parameters(torch.ones(3), model.parameters())


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda w: torch.optim.SGD(w, lr=0.1), TypeError, "iterable of Tensors or dicts"),
        (lambda w: torch.optim.SGD([], lr=0.1), ValueError, "optimizer got an empty parameter list"),
        (lambda w: torch.optim.SGD([w], lr=-1), ValueError, "Invalid learning rate: -1"),
        (lambda w: torch.optim.SGD([w], lr=0.1, nesterov=True), ValueError, "Nesterov momentum requires"),
        (lambda w: torch.optim.SGD([{"params": w}, {"params": [w]}]), ValueError, "more than one parameter group"),
        (lambda w: torch.optim.SGD([w * 2], lr=0.1), ValueError, "can't optimize a non-leaf Tensor"),
        (
            lambda w: torch.optim.SGD([3.0], lr=0.1),
            TypeError,
            "one of the params is float",
        ),
        (lambda w: torch.optim.SGD([w], rate=0.1), TypeError, "unexpected keyword argument 'rate'"),
        (lambda w: torch.optim.Rprop([w]), AttributeError, "'Rprop': it is not supported"),
    ],
)
def test_messages(call: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        call(torch.tensor([1.0], requires_grad=True))
