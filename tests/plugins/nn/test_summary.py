"""The summary of a module."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn as nn

xp = agrad.namespace("numpy")


class Net(nn.Module):
    def __init__(self) -> None:
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
        self.head = nn.Linear(16, 2)
        self.head.bias.requires_grad_(False)
        self.memory = nn.LSTM(2, 3)
        self.unused = nn.Linear(1, 1)

    def forward(self, x: Any) -> Any:
        return self.memory(self.head(self.body(x)))


def test_rows() -> None:
    net = Net()
    net.body.eval()
    before = {k: v.tolist() for k, v in net.state_dict().items()}
    found = nn.summary(net, np.ones((5, 1, 4, 4)))
    rows = {row.name: row for row in found.rows}
    assert rows["body.0"].shapes == ((5, 4, 2, 2),) and rows["body.0"].parameters == 40
    assert rows["head"].shapes == ((5, 2),) and (rows["head"].parameters, rows["head"].trained) == (34, 32)
    assert rows["memory"].shapes == (((5, 3), ((1, 3), (1, 3))),)
    assert rows["unused"].shapes == () and rows["body.0"].depth == 2
    assert found.parameters == sum(p.size for p in net.parameters()) == found.trained + 2
    assert {k: v.tolist() for k, v in net.state_dict().items()} == before
    assert net.training and not net.body.training and not net.head._after


def test_a_failing_call_leaves_the_module_as_it_was() -> None:
    net = Net()
    with pytest.raises(agrad.ShapeError):
        nn.summary(net, np.ones((5, 2, 4, 4)))
    assert net.training and not net.head._after


def test_shared_layers_count_once() -> None:
    layer = nn.Linear(2, 2)
    found = nn.summary(nn.Sequential(layer, nn.Tanh(), layer), xp.ones((1, 2)))
    assert found.parameters == 6 and [row.kind for row in found.rows] == ["Sequential", "Linear", "Tanh"]


def test_the_table() -> None:
    pytest.importorskip("rich")
    found = nn.summary(Net(), np.ones((5, 1, 4, 4)))
    text = str(found)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert "0: Conv2d (5, 4, 2, 2) 40" in lines
    assert "head: Linear (5, 2) 34 (2 frozen)" in lines
    assert any(f"{found.parameters:,}" in line and "are trained" in line for line in lines)
    assert repr(found) == text and "Conv2d" in found._repr_html_()
