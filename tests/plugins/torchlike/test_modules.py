"""The Module's methods as PyTorch's: names, registration, modes, hooks, states, copies and messages."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

import agrad_torchlike as torch

nn = torch.nn


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(2, 3)
        self.b = nn.Sequential(nn.ReLU(), nn.BatchNorm1d(3))
        self.scale = nn.Parameter(torch.tensor(2.0))
        self.register_buffer("shift", torch.tensor([1.0]))
        self.c = self.a

    def forward(self, x: Any) -> Any:
        return self.b(self.a(x)) * self.scale + self.shift


def test_names() -> None:
    net = Net()
    assert [n for n, _ in net.named_parameters()] == ["scale", "a.weight", "a.bias", "b.1.weight", "b.1.bias"]
    assert [n for n, _ in net.named_buffers()] == ["shift", "b.1.running_mean", "b.1.running_var",
                                                   "b.1.num_batches_tracked"]  # fmt: skip
    assert [n for n, _ in net.named_modules()] == ["", "a", "b", "b.0", "b.1"]
    assert [n for n, _ in net.named_children()] == ["a", "b"]
    assert list(net.state_dict()) == ["scale", "shift", "a.weight", "a.bias", "b.1.weight", "b.1.bias",
                                      "b.1.running_mean", "b.1.running_var", "b.1.num_batches_tracked", "c.weight",
                                      "c.bias"]  # fmt: skip
    assert sum(p.numel() for p in net.parameters()) == 16
    assert net.get_submodule("b.1") is net.b[1] and net.get_parameter("a.weight") is net.a.weight
    assert all(isinstance(p, torch.Tensor) and isinstance(p, nn.Parameter) for p in net.parameters())
    assert set(net._parameters) == {"scale"} and set(net._buffers) == {"shift"} and set(net._modules) == {"a", "b", "c"}


def test_texts() -> None:
    assert repr(Net()).endswith("  (c): Linear(in_features=2, out_features=3, bias=True)\n)")
    assert repr(nn.Parameter(torch.tensor([1.0, 2.5]))) == (
        "Parameter containing:\ntensor([1.0000, 2.5000], requires_grad=True)"
    )

    class Scaled(nn.Module):
        def extra_repr(self) -> str:
            return "factor=2"

    assert repr(nn.Sequential(Scaled())) == "Sequential(\n  (0): Scaled(factor=2)\n)"


def test_modes_gradients_and_freezing() -> None:
    net = Net()
    assert net.eval() is net and not any(m.training for m in net.modules())
    net.train()
    net(torch.ones(4, 2)).sum().backward()
    assert net.scale.grad is not None
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.requires_grad_(False)
    assert not net.a(torch.ones(1, 2)).requires_grad
    net.a.weight.requires_grad = True
    assert net.a(torch.ones(1, 2)).requires_grad


def test_parameters_that_are_set_are_used() -> None:
    layer = nn.Linear(2, 1)
    layer.weight = nn.Parameter(torch.tensor([[1.0, 2.0]]))
    layer.bias.data.fill_(0.5)
    assert layer(torch.tensor([[1.0, 1.0]])).item() == 3.5
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[0.0, 1.0]]))
        layer.weight[0, 0] = 4.0
    assert layer(torch.tensor([[1.0, 1.0]])).item() == 5.5
    layer.weight.data = torch.tensor([[2.0, 2.0]])
    assert layer(torch.tensor([[1.0, 1.0]])).item() == 4.5
    other = nn.Linear(2, 1)
    other.weight = layer.weight
    assert len(list(nn.Sequential(layer, other).parameters())) == 3


def test_dtypes() -> None:
    net = Net().double()
    weight = net.a.weight
    assert weight.dtype is torch.float64 and net.b[1].num_batches_tracked.dtype is torch.int64
    assert net.float().a.weight is weight and weight.dtype is torch.float32
    assert net.to("cpu") is net and net.to(torch.device("cpu"), torch.float64).a.weight.dtype is torch.float64
    assert nn.Linear(2, 1, dtype=torch.float64)(torch.ones(1, 2, dtype=torch.float64)).dtype is torch.float64
    with pytest.raises(TypeError, match="only accepts floating point or complex dtypes"):
        net.to(torch.int64)


def test_hooks() -> None:
    layer, seen = nn.Linear(2, 1), []
    handle = layer.register_forward_hook(lambda module, args, out: seen.append((module is layer, out.shape)))
    before = layer.register_forward_pre_hook(lambda module, args: (args[0] * 2,))
    twice = layer(torch.ones(1, 2))
    handle.remove()
    before.remove()
    assert seen == [(True, (1, 1))] and not torch.equal(layer(torch.ones(1, 2)), twice)
    with pytest.raises(NotImplementedError, match="register_hook"):
        layer.register_full_backward_hook(print)


def test_copies_are_apart() -> None:
    net = Net()
    twin = copy.deepcopy(net)
    assert twin.c is twin.a and twin.a is not net.a
    x = torch.ones(3, 2)
    assert torch.equal(net.eval()(x), twin.eval()(x))
    with torch.no_grad():
        twin.a.weight.zero_()
    assert not torch.equal(net(x), twin(x))
    twin(x).sum().backward()
    assert net.scale.grad is None and twin.scale.grad is not None


def test_copies_of_attention_and_pickled_layers() -> None:
    x = torch.rand(3, 2, 4)
    layer = nn.MultiheadAttention(4, 2)
    twin = copy.deepcopy(layer)
    with torch.no_grad():
        layer.out_proj.weight.zero_()
        twin.out_proj.weight.fill_(1.0)
    assert layer(x, x, x)[0].abs().sum().item() == 0 and twin(x, x, x)[0].abs().sum().item() > 0
    loaded = pickle.loads(pickle.dumps(nn.Linear(2, 3)))
    assert loaded(torch.ones(1, 2)).requires_grad and len(list(loaded.parameters())) == 2


def test_apply_and_containers() -> None:
    def still(module: Any) -> None:
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)

    net = nn.Sequential(nn.Linear(1, 2), nn.Sequential(nn.Linear(2, 2))).apply(still)
    assert net[0].weight.tolist() == [[0.0], [0.0]] and net[1][0].weight.sum().item() == 0
    assert repr(net[:1]) == "Sequential(\n  (0): Linear(in_features=1, out_features=2, bias=True)\n)"
    layers = nn.ModuleList([nn.Linear(1, 1)])
    layers.extend([nn.ReLU()]).append(nn.Tanh())
    assert len(layers) == 3 and isinstance(layers[-1], nn.Tanh)
    table = nn.ModuleDict({"a": nn.ReLU()})
    table["b"] = nn.Tanh()
    assert list(table) == ["a", "b"] and isinstance(table.pop("a"), nn.ReLU) and list(table.keys()) == ["b"]
    held = nn.ParameterDict({"w": nn.Parameter(torch.ones(2))})
    assert "w" in held and [n for n, _ in held.named_parameters()] == ["w"]
    values = nn.ParameterList([nn.Parameter(torch.ones(2)), torch.zeros(1)])
    assert [p.tolist() for p in values] == [[1.0, 1.0], [0.0]] and len(list(values.parameters())) == 2


def test_functional_call() -> None:
    layer = nn.Linear(2, 1)
    weights = {"weight": torch.tensor([[1.0, 2.0]]), "bias": torch.tensor([0.5])}
    assert torch.func.functional_call(layer, weights, (torch.tensor([[1.0, 1.0]]),)).item() == 3.5


@pytest.mark.parametrize(
    "call, error, text",
    [
        (lambda m: m(1), NotImplementedError, 'Module [Module] is missing the required "forward" function'),
        (lambda m: m.nothing, AttributeError, "'Module' object has no attribute 'nothing'"),
        (
            lambda m: setattr(m, "p", 3),
            TypeError,
            "cannot assign 'int' as parameter 'p' (torch.nn.Parameter or None expected)",
        ),
        (lambda m: setattr(m, "b", 3), TypeError, "cannot assign 'int' as buffer 'b' (torch.Tensor or None expected)"),
        (lambda m: m.register_buffer("p", None), KeyError, "attribute 'p' already exists"),
        (lambda m: m.register_parameter("x.y", None), KeyError, "parameter name can"),
        (lambda m: m.add_module("", None), KeyError, "be empty string"),
        (lambda m: m.load_state_dict([1]), TypeError, "Expected state_dict to be dict-like"),
    ],
)
def test_messages(call: Any, error: type[Exception], text: str) -> None:
    module = nn.Module()
    module.p = nn.Parameter(torch.ones(1))
    module.register_buffer("b", torch.ones(1))
    with pytest.raises(error) as found:
        call(module)
    assert text in str(found.value)


def test_transforms_take_parameters_as_a_container() -> None:
    layer, x = nn.Linear(2, 1), torch.tensor([[1.0, 2.0], [3.0, 4.0]])

    def loss(weights: Any) -> Any:
        return torch.func.functional_call(layer, weights, (x,)).sum()

    found = torch.func.grad(loss)({name: p.detach() for name, p in layer.named_parameters()})
    assert found["weight"].tolist() == [[4.0, 6.0]] and found["bias"].tolist() == [2.0]
    assert layer.weight.grad is None and layer(x).requires_grad
