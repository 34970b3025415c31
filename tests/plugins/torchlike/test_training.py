"""The programs of a course with networks: the logs that PyTorch prints for them are printed again."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad_torchlike as torch

nn = torch.nn

LOG = """\
epoch 20: loss 0.0058, tensor(0.0058, grad_fn=<MseLossBackward0>)
epoch 40: loss 0.0017
epoch 60: loss 0.0005
epoch 80: loss 0.0002
epoch 100: loss 0.0000
weight 1.9960, bias 1.0113
"""
"""What PyTorch 2.13 prints for `regression`."""

NETWORK = """\
Net(
  (features): Sequential(
    (0): Conv2d(1, 6, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))
    (1): BatchNorm2d(6, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)
    (2): ReLU(inplace=True)
    (3): MaxPool2d(kernel_size=2, stride=2, padding=0, dilation=1, ceil_mode=False)
  )
  (heads): ModuleDict(
    (left): Linear(in_features=96, out_features=2, bias=True)
    (right): Sequential(
      (hidden): Linear(in_features=96, out_features=8, bias=False)
      (act): GELU(approximate='none')
      (out): Linear(in_features=8, out_features=1, bias=True)
    )
  )
  (blocks): ModuleList(
    (0-2): 3 x Linear(in_features=4, out_features=4, bias=True)
    (3): Dropout(p=0.5, inplace=False)
  )
  (loss): CrossEntropyLoss()
)"""
"""What PyTorch 2.13 prints for `network`."""


def regression(torch: Any) -> str:
    """y = 2 x + 1, learned."""
    torch.manual_seed(42)
    x = torch.tensor([[0.0], [1.0], [2.0], [3.0], [4.0]])
    y = 2 * x + 1
    model, criterion = torch.nn.Linear(1, 1), torch.nn.MSELoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.05)
    log = ""
    for epoch in range(1, 101):
        loss = criterion(model(x), y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if epoch % 20 == 0:
            log += f"epoch {epoch}: loss {loss:.4f}" + (f", {loss!r}\n" if epoch == 20 else "\n")
    return log + f"weight {model.weight.item():.4f}, bias {model.bias.item():.4f}\n"


def network(torch: Any) -> Any:
    """A network of nested parts."""
    nn = torch.nn

    class Net(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(
                nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.MaxPool2d(2)
            )
            right = nn.Sequential()
            right.add_module("hidden", nn.Linear(96, 8, bias=False))
            right.add_module("act", nn.GELU())
            right.add_module("out", nn.Linear(8, 1))
            self.heads = nn.ModuleDict({"left": nn.Linear(96, 2), "right": right})
            self.blocks = nn.ModuleList([nn.Linear(4, 4) for _ in range(3)])
            self.blocks.append(nn.Dropout())
            self.loss = nn.CrossEntropyLoss()

    return Net()


def test_regression_prints_pytorchs_log(backend: str) -> None:
    assert regression(torch) == LOG


def test_stored_log_is_pytorchs(theirs: Any) -> None:
    assert regression(theirs) == LOG


def test_networks_print_as_pytorchs() -> None:
    assert repr(network(torch)) == NETWORK


def test_stored_text_is_pytorchs(theirs: Any) -> None:
    assert repr(network(theirs)) == NETWORK


class TwoLayers(nn.Module):
    """A module without parameters, whose forward takes weights, and whose backward calls the result's."""

    def forward(self, x: Any, w1: Any, w2: Any) -> Any:
        return torch.mm(torch.clamp(torch.mm(x, w1), min=0), w2)

    def backward(self, delta: int = 1) -> None:
        pass


def test_the_network_of_a_hundred_rows_as_a_module(backend: str) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((100, 1000)), rng.standard_normal((100, 10))
    w1, w2 = 1e-1 * rng.standard_normal((1000, 100)), 1e-1 * rng.standard_normal((100, 10))
    tx, ty = torch.tensor(x), torch.tensor(y)
    t1, t2 = torch.tensor(w1, requires_grad=True), torch.tensor(w2, requires_grad=True)
    model, lr = TwoLayers(), 1e-5
    assert list(model.parameters()) == [] and repr(model) == "TwoLayers()"
    for _ in range(20):
        loss = (model(tx, t1, t2) - ty).pow(2).sum()
        loss.backward()
        t1.data -= lr * t1.grad.data
        t2.data -= lr * t2.grad.data
        t1.grad.data.zero_()
        t2.grad.data.zero_()
        hidden = x @ w1
        out = np.maximum(hidden, 0) @ w2
        delta = 2 * (out - y)
        g2, g1 = np.maximum(hidden, 0).T @ delta, x.T @ ((delta @ w2.T) * (hidden > 0))
        assert loss.item() == pytest.approx(((out - y) ** 2).sum(), rel=1e-10)
        w1, w2 = w1 - lr * g1, w2 - lr * g2
    np.testing.assert_allclose(t1.detach().numpy(), w1, rtol=1e-8, atol=1e-12)


def convolutional(torch: Any) -> list[float]:
    """Two epochs of a small network with dropout, shuffled batches, momentum, clipping and a schedule."""
    data = torch.utils.data
    rng = np.random.default_rng(0)
    x = torch.tensor(rng.standard_normal((50, 1, 8, 8)).astype(np.float32))
    y = torch.tensor(rng.integers(0, 3, 50))
    torch.manual_seed(1)
    nn = torch.nn
    net = nn.Sequential(
        nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Dropout(0.25), nn.Linear(36, 3)
    )
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1, momentum=0.9, nesterov=True, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.StepLR(optimizer, 1, 0.5)
    losses = []
    for _ in range(2):
        for inputs, classes in data.DataLoader(data.TensorDataset(x, y), batch_size=16, shuffle=True):
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(net(inputs), classes)
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
    return losses


@pytest.mark.parametrize("backend", ["numpy", "torch", pytest.param("jax", marks=pytest.mark.slow)], indirect=True)
def test_a_convolutional_network_learns_as_pytorchs(theirs: Any, backend: str) -> None:
    from torchlike_samples import intel

    if intel():
        pytest.skip("PyTorch takes masks from MKL on Intel's processors")
    assert convolutional(torch) == pytest.approx(convolutional(theirs), rel=1e-4)
