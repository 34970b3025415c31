"""Modules: what belongs to them, their state, hooks and text; containers; functional_call; initial values."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn as nn
from agrad.errors import BackendError, DtypeError, ShapeError
from agrad_nn.errors import StateError
from agrad_nn.rng import generator

numpy = agrad.namespace("numpy")


class Net(nn.Module):
    """A module with a bit of everything."""

    def __init__(self, backend: str | None = None) -> None:
        self.first = nn.Linear(3, 4, backend=backend, rng=1)
        self.layers = nn.ModuleList([nn.Linear(4, 4, backend=backend, rng=2), nn.Tanh()])
        self.factor = nn.Parameter(2.0, backend=backend)
        self.register_buffer("shift", agrad.namespace(backend).asarray([1.0, 1.0, 1.0, 1.0]))
        self.register_buffer("scratch", None, persistent=False)
        self.name = "net"

    def forward(self, x: Any) -> Any:
        x = self.first(x)
        for layer in self.layers:
            x = layer(x)
        return self.factor * x + self.shift


NAMES = ["factor", "first.weight", "first.bias", "layers.0.weight", "layers.0.bias"]


def test_what_belongs_to_a_module() -> None:
    net = Net()
    assert [name for name, _ in net.named_parameters()] == NAMES
    assert [name for name, _ in net.named_parameters("net")] == [f"net.{name}" for name in NAMES]
    assert [name for name, _ in net.named_parameters(recurse=False)] == ["factor"]
    assert [name for name, _ in net.named_buffers()] == ["shift"]
    assert [name for name, _ in net.named_children()] == ["first", "layers"]
    assert [name for name, _ in net.named_modules()] == ["", "first", "layers", "layers.0", "layers.1"]
    assert next(net.modules()) is net
    assert all(p.requires_grad and p.is_leaf and isinstance(p, nn.Parameter) for p in net.parameters())
    assert list(net.state_dict()) == ["factor", "shift", *NAMES[1:]]


def test_plain_tensors_are_no_parameters() -> None:
    net = nn.Module()
    net.w = agrad.tensor([1.0], requires_grad=True)
    assert list(net.parameters()) == []
    net.w = nn.Parameter([1.0])
    assert len(list(net.parameters())) == 1
    with pytest.raises(TypeError, match=r"Module\.w is a parameter; it was set to a Tensor"):
        net.w = agrad.tensor([1.0])
    net.w = None
    assert list(net.parameters()) == []
    net.w = nn.Parameter([2.0])
    del net.w
    net.w = 3
    assert net.w == 3 and list(net.parameters()) == []


def test_shared_parameters_count_once() -> None:
    net = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    net[1].weight = net[0].weight
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert list(net.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    shared = nn.Linear(1, 1)
    twice = nn.Sequential(shared, shared)
    assert [name for name, _ in twice.named_modules()] == ["", "0"]
    assert list(twice.state_dict()) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    x = agrad.tensor([[1.0]])
    nn.init.constant(shared.weight, 3.0)
    nn.init.zeros(shared.bias)
    assert twice(x).item() == 9


@pytest.mark.parametrize(
    ("name", "error", "text"),
    [
        ("", ValueError, "not empty"),
        ("a.b", ValueError, "no dot"),
        ("forward", ValueError, "has an attribute 'forward'"),
    ],
)
def test_names_that_are_refused(name: str, error: type, text: str) -> None:
    with pytest.raises(error, match=text):
        nn.Linear(1, 1).register_buffer(name, agrad.tensor(1.0))


def test_roles_are_checked() -> None:
    with pytest.raises(TypeError, match="must be a Parameter or None"):
        nn.Module().register_parameter("w", agrad.tensor([1.0]))
    with pytest.raises(TypeError, match="must be a Module or None"):
        nn.Sequential(3)
    with pytest.raises(NotImplementedError, match="no method forward"):
        nn.Module()(1)


def test_train_eval_zero_grad_apply_and_freezing() -> None:
    net = Net()
    assert net.eval() is net and not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    net(numpy.ones((2, 3))).sum().backward()
    assert all(p.grad is not None for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    seen: list[nn.Module] = []
    assert net.apply(seen.append) is net
    assert seen[-1] is net and len(seen) == 5
    net.requires_grad_(False)
    assert not net(numpy.ones((2, 3))).requires_grad
    net.requires_grad_()
    assert net(numpy.ones((2, 3))).requires_grad


def test_hooks() -> None:
    layer = nn.Linear(2, 2)
    x = numpy.ones((1, 2))
    plain = layer(x).tolist()
    before = layer.register_forward_pre_hook(lambda module, args: args[0] * 0)
    after = layer.register_forward_hook(lambda module, args, out: out + 1)
    np.testing.assert_allclose(layer(x)[0].tolist(), np.asarray(layer.bias.tolist()) + 1)
    before.remove()
    before.remove()
    np.testing.assert_allclose(layer(x).tolist(), np.asarray(plain) + 1)
    after.remove()
    calls: list[Any] = []
    layer.register_forward_hook(lambda module, args, out: calls.append((module, args[0].shape, out.shape)))
    assert layer(x).tolist() == plain
    assert calls == [(layer, (1, 2), (1, 2))]


def test_state_is_a_snapshot(space: Any) -> None:
    layer = nn.Linear(2, 1)
    state = layer.state_dict()
    kept = state["weight"].tolist()
    layer(space.ones((3, 2))).sum().backward()
    nn.optim.SGD(layer.parameters(), lr=1.0).step()
    assert state["weight"].tolist() == kept != layer.weight.tolist()
    weight = layer.weight
    layer.load_state_dict(state)
    assert layer.weight is weight and weight.tolist() == kept and weight.requires_grad
    assert not state["weight"].requires_grad


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda s: s.pop("first.bias"), "lacks 'first.bias'"),
        (lambda s: s.update(extra=1.0), "unknown 'extra'"),
        (lambda s: s.update({"layers.0.bias": [1.0]}), r"entry 'layers.0.bias' has shape \(1,\).*\(4,\)"),
        (lambda s: s.update({"layers.0.bias": [1j] * 4}), "entry 'layers.0.bias' has dtype complex128"),
        (lambda s: s.update({"layers.0.bias": "text"}), "entry 'layers.0.bias' is a str"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: Any, text: str) -> None:
    net = Net()
    before = {k: v.tolist() for k, v in net.state_dict().items()}
    state = {k: v + 1 for k, v in net.state_dict().items()}
    change(state)
    with pytest.raises(StateError, match=text):
        net.load_state_dict(state)
    assert {k: v.tolist() for k, v in net.state_dict().items()} == before


def test_loading_what_there_is() -> None:
    net = Net()
    found = net.load_state_dict({"factor": 5, "other": 1.0}, strict=False)
    assert net.factor.item() == 5.0
    assert found.unexpected_keys == ["other"] and "first.bias" in found.missing_keys


def test_a_state_of_another_backend_and_precision(space: Any) -> None:
    net = nn.Linear(2, 1, dtype="float32")
    net.load_state_dict({"weight": np.asarray([[1.0, 2.0]]), "bias": numpy.asarray([3.0])})
    assert net.weight.dtype == space.float32
    assert net.weight.tolist() == [[1.0, 2.0]]


def test_conversion() -> None:
    net = Net().to(dtype="float32")
    assert {str(p.dtype) for p in net.parameters()} == {"float32"} and str(net.shift.dtype) == "float32"
    assert all(isinstance(p, nn.Parameter) and p.is_leaf for p in net.parameters())
    counting = nn.Module()
    counting.register_buffer("count", numpy.asarray(0))
    assert str(counting.to(dtype=numpy.float32).count.dtype) == "int64"
    tied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    tied[1].weight = tied[0].weight
    tied(numpy.ones((1, 2))).sum().backward()
    grad = tied[0].weight.grad.tolist()
    tied.to(dtype="float64")
    assert tied[0].weight is tied[1].weight and tied[0].weight.grad.tolist() == grad


def test_conversion_to_another_backend(space: Any) -> None:
    net = Net("numpy")
    x = np.ones((2, 3))
    expected = net(numpy.asarray(x)).tolist()
    net.to(backend=space._backend.name)
    np.testing.assert_allclose(net(space.asarray(x)).tolist(), expected, rtol=1e-12)


def test_integers_of_64_bits_on_a_backend_without() -> None:
    jax = pytest.importorskip("jax")
    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", False)
    try:
        moved = nn.BatchNorm1d(2, backend="numpy").to(backend="jax", dtype="float32")
        assert (str(moved.num_batches_tracked.dtype), str(moved.weight.dtype)) == ("int32", "float32")
        large = nn.Module()
        large.register_buffer("count", numpy.asarray(2**40))
        with pytest.raises(DtypeError, match="int64"):  # rather than other values
            large.to(backend="jax")
    finally:
        jax.config.update("jax_enable_x64", before)


def test_copies_and_pickles() -> None:
    net = Net()
    for made in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert [name for name, _ in made.named_parameters()] == NAMES
        assert made.factor is not net.factor and made.factor.requires_grad
        assert all(isinstance(p, nn.Parameter) for p in made.parameters())
        x = numpy.ones((2, 3))
        assert made(x).tolist() == net(x).tolist()
        nn.init.zeros(made.factor)
        assert net.factor.item() == 2.0


def test_text() -> None:
    assert repr(Net()) == (
        "Net(\n"
        "  (first): Linear(in_features=3, out_features=4, bias=True)\n"
        "  (layers): ModuleList(\n"
        "    (0): Linear(in_features=4, out_features=4, bias=True)\n"
        "    (1): Tanh()\n"
        "  )\n"
        ")"
    )


def test_containers() -> None:
    model = nn.Sequential({"a": nn.Linear(1, 2), "b": nn.Tanh(), "c": nn.Linear(2, 1)})
    assert [name for name, _ in model.named_children()] == ["a", "b", "c"]
    assert isinstance(model[:2], nn.Sequential) and list(model[:2].state_dict()) == ["a.weight", "a.bias"]
    assert model[-1] is model.c and len(model) == 3
    model[1] = nn.Sigmoid()
    assert isinstance(model.b, nn.Sigmoid)
    layers = nn.ModuleList([nn.Tanh(), nn.Tanh()])
    layers.insert(0, nn.Sigmoid()).extend([nn.Identity()])
    assert [type(m).__name__ for m in layers] == ["Sigmoid", "Tanh", "Tanh", "Identity"]
    del layers[1:3]
    assert [name for name, _ in layers.named_children()] == ["0", "1"] and isinstance(layers[1], nn.Identity)
    heads = nn.ModuleDict({"x": nn.Tanh()})
    heads.update({"y": nn.Sigmoid()})
    assert "y" in heads and heads.keys() == ["x", "y"] and len(heads) == 2 and list(heads) == ["x", "y"]
    del heads["x"]
    assert "x" not in heads
    with pytest.raises(KeyError):
        heads["x"]
    assert isinstance(heads.values()[0], nn.Sigmoid)
    factors = nn.ParameterList([1.0, nn.Parameter([2.0])])
    assert [name for name, _ in factors.named_parameters()] == ["0", "1"]
    factors.append([3.0])
    assert [p.tolist() for p in factors] == [1.0, [2.0], [3.0]] and isinstance(factors[0], nn.Parameter)


def test_functional_call_takes_parameters_as_a_container(space: Any) -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x = space.asarray(np.linspace(-1, 1, 6).reshape(2, 3))

    def loss(parameters: Any) -> Any:
        return (nn.functional_call(model, parameters, x) ** 2).sum()

    state = model.state_dict()
    value, gradient = agrad.value_and_grad(loss)(state)
    (model(x) ** 2).sum().backward()
    assert value.item() == pytest.approx(loss(state).item())
    for name, p in model.named_parameters():
        np.testing.assert_allclose(gradient[name].tolist(), p.grad.tolist(), rtol=1e-12)
    tangent = {k: space.ones_like(v) for k, v in state.items()}
    slope = agrad.jvp(loss, (state,), (tangent,))[1]
    expected = sum(float(g.sum().item()) for g in gradient.values())
    assert slope.item() == pytest.approx(expected)
    hvp = agrad.hvp(loss, (state,), (tangent,))
    assert hvp is not None
    assert all(isinstance(p, nn.Parameter) for p in model.parameters())


def test_functional_call_with_shared_parameters_and_errors() -> None:
    model = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False))
    model[1].weight = model[0].weight
    x = numpy.ones((1, 1))
    assert nn.functional_call(model, {"0.weight": np.asarray([[3.0]])}, x).item() == 9
    assert nn.functional_call(model, {"1.weight": np.asarray([[3.0]])}, x).item() == 9
    both = {"0.weight": np.asarray([[3.0]]), "1.weight": np.asarray([[2.0]])}
    assert nn.functional_call(model, both, x).item() == 6
    with pytest.raises(KeyError, match=r"no parameter or buffer 'weight'"):
        nn.functional_call(model, {"weight": 1.0}, x)
    weight = model[0].weight
    with pytest.raises(BackendError):
        nn.functional_call(model, {"0.weight": object()}, x)
    assert model[0].weight is weight is model[1].weight


def test_dropout(space: Any) -> None:
    x = space.ones((200, 100))
    y = nn.dropout(x, 0.25, rng=3)
    values = np.asarray(y.tolist())
    assert set(np.unique(values)) == {0.0, 1 / 0.75}
    assert abs(np.mean(values == 0) - 0.25) < 0.02
    assert nn.dropout(x, 0.25, rng=3).tolist() == y.tolist()
    assert nn.dropout(x, 0.5, training=False) is x and nn.dropout(x, 0.0) is x
    assert not bool(nn.dropout(x, 1.0).any())
    layer = nn.Dropout(0.5, rng=3)
    assert layer(x).tolist() != layer(x).tolist()
    assert layer.eval()(x) is x
    channels = nn.Dropout2d(0.5, rng=3)(space.ones((4, 8, 3, 3)))
    each = np.asarray(channels.tolist()).reshape(32, 9)
    assert (each == each[:, :1]).all() and len(np.unique(each)) == 2
    leaf = agrad.tensor(np.ones(50), requires_grad=True, backend=space._backend.name)
    out = nn.dropout(leaf, 0.5, rng=1)
    out.sum().backward()
    assert leaf.grad.tolist() == out.tolist()
    for wrong in (-0.1, 1.5):
        with pytest.raises(ValueError, match="probability"):
            nn.dropout(x, wrong)
        with pytest.raises(ValueError, match="probability"):
            nn.Dropout(wrong)


def test_seeds(space: Any) -> None:
    def drawn() -> list[Any]:
        return [nn.Linear(3, 2).weight.tolist(), nn.dropout(space.ones((20,))).tolist()]

    nn.seed(11)
    first = drawn()
    assert drawn() != first
    nn.seed(11)
    assert drawn() == first
    assert nn.Linear(2, 2, rng=5).weight.tolist() == nn.Linear(2, 2, rng=5).weight.tolist()
    source = generator(5)
    assert nn.Linear(2, 2, rng=source).weight.tolist() != nn.Linear(2, 2, rng=source).weight.tolist()
    with pytest.raises(ValueError, match="seed"):
        nn.seed(-1)


SPREADS = {
    "uniform": (lambda w: nn.init.uniform(w, -0.3, 0.3, rng=1), 0.3 / 3**0.5),
    "normal": (lambda w: nn.init.normal(w, 0.0, 0.2, rng=1), 0.2),
    "xavier_uniform": (lambda w: nn.init.xavier_uniform(w, 2.0, rng=1), 2 * (2 / 500) ** 0.5),
    "xavier_normal": (lambda w: nn.init.xavier_normal(w, rng=1), (2 / 500) ** 0.5),
    "kaiming_uniform": (lambda w: nn.init.kaiming_uniform(w, rng=1), (2 / 200) ** 0.5),
    "kaiming_normal": (
        lambda w: nn.init.kaiming_normal(w, mode="fan_out", nonlinearity="tanh", rng=1),
        5 / 3 / 300**0.5,
    ),
}


@pytest.mark.parametrize("name", SPREADS)
def test_initial_values_have_their_spread(name: str, space: Any) -> None:
    fill, spread = SPREADS[name]
    w = nn.Parameter(np.zeros((300, 200)), backend=space._backend.name)
    assert fill(w) is w and w.requires_grad
    values = np.asarray(w.tolist())
    assert abs(values.mean()) < 0.02 * spread
    assert values.std() == pytest.approx(spread, rel=0.02)


@pytest.mark.parametrize("shape", [(3, 5), (5, 3), (4, 2, 2)])
def test_orthogonal(shape: tuple[int, ...], space: Any) -> None:
    w = nn.init.orthogonal(nn.Parameter(np.zeros(shape), backend=space._backend.name), gain=2.0, rng=3)
    m = np.asarray(w.tolist()).reshape(shape[0], -1)
    product = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)


def test_other_initial_values_and_errors() -> None:
    w = nn.Parameter(np.zeros((2, 3)))
    assert nn.init.eye(w).tolist() == np.eye(2, 3).tolist()
    assert nn.init.ones(w).tolist() == np.ones((2, 3)).tolist()
    assert nn.init.constant(w, 0.5).tolist() == np.full((2, 3), 0.5).tolist()
    assert nn.init.zeros(w).tolist() == np.zeros((2, 3)).tolist()
    assert nn.init.calculate_gain("leaky_relu") == pytest.approx((2 / (1 + 1e-4)) ** 0.5)
    for name in ("xavier_uniform", "kaiming_normal", "orthogonal", "eye"):
        with pytest.raises(ShapeError, match="takes"):
            getattr(nn.init, name)(nn.Parameter([1.0]))
    with pytest.raises(ValueError, match="no gain is known for 'sine'"):
        nn.init.calculate_gain("sine")
    with pytest.raises(ValueError, match="'fan_in' or 'fan_out'"):
        nn.init.kaiming_normal(w, mode="fan")


def test_linear_starts_as_pytorch_does() -> None:
    layer = nn.Linear(400, 300, rng=1)
    for p in (layer.weight, layer.bias):
        values = np.asarray(p.tolist())
        assert abs(values).max() <= 1 / 20
        assert values.std() == pytest.approx(1 / 20 / 3**0.5, rel=0.1)


def test_public_names() -> None:
    for name in dir(nn):
        assert getattr(nn, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'Linea'"):
        nn.Linea  # noqa: B018
