"""Layers and losses against PyTorch's: values, gradients of inputs and parameters, and text, from one state."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn as nn
from agrad.errors import ShapeError

random = np.random.default_rng(5)


def real(*shape: int) -> Any:
    return random.normal(size=shape)


INTEGERS = np.asarray([[1, 0, 3], [2, 2, 0]])

# What differs in the name or settings of PyTorch's stands in braces: {ours|theirs}.
LAYERS = [
    ("Linear(4, 3)", (real(5, 4),)),
    ("Linear(4, 3, bias=False)", (real(2, 5, 4),)),
    ("Linear(4, 3)", (real(4),)),
    ("Flatten()", (real(2, 3, 4),)),
    ("Flatten({start_axis|start_dim}=0, {end_axis|end_dim}=1)", (real(2, 3, 4),)),
    ("Identity()", (real(2, 3),)),
    *[
        (f"{name}", (real(3, 4) * 3,))
        for name in (
            "ReLU() ReLU6() Hardtanh() LeakyReLU(0.2) PReLU() ELU(0.7) SELU() GELU() GELU(approximate='tanh') SiLU() "
            "Mish() Softplus() Softplus(beta=2.0) Softsign() Sigmoid() LogSigmoid() Tanh()"
        ).split(" ")
    ],
    ("PReLU(4)", (real(3, 4, 2),)),
    ("Softmax({axis|dim}=1)", (real(3, 4),)),
    ("LogSoftmax({axis|dim}=0)", (real(3, 4),)),
    ("Dropout(0.5).eval()", (real(3, 4),)),
    ("Embedding(5, 3)", (INTEGERS,)),
    ("Embedding(5, 3, padding_idx=0)", (INTEGERS,)),
    ("Embedding(5, 3, padding_idx=-2)", (INTEGERS,)),
    ("RNN(3, 4)", (real(5, 2, 3),)),
    ("RNN(3, 4, num_layers=2, nonlinearity='relu', bidirectional=True)", (real(5, 2, 3), real(4, 2, 4))),
    ("RNN(3, 4, bias=False)", (real(5, 3),)),
    ("LSTM(3, 4)", (real(5, 2, 3),)),
    ("LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)", (real(2, 5, 3),)),
    ("LSTM(3, 4)", (real(5, 3), (real(1, 4), real(1, 4)))),
    ("LSTM(3, 4, bias=False)", (real(5, 2, 3), (real(1, 2, 4), real(1, 2, 4)))),
    ("GRU(3, 4)", (real(5, 2, 3),)),
    ("GRU(3, 4, num_layers=2, bidirectional=True)", (real(5, 2, 3), real(4, 2, 4))),
    ("GRU(3, 4, batch_first=True)", (real(2, 5, 3), real(1, 2, 4))),
    ("RNNCell(3, 4)", (real(2, 3),)),
    ("RNNCell(3, 4, nonlinearity='relu')", (real(3), real(4))),
    ("LSTMCell(3, 4)", (real(2, 3),)),
    ("LSTMCell(3, 4, bias=False)", (real(2, 3), (real(2, 4), real(2, 4)))),
    ("GRUCell(3, 4)", (real(2, 3), real(2, 4))),
    ("Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))", (real(5, 3),)),
    ("Conv1d(4, 6, 3)", (real(2, 4, 8),)),
    ("Conv1d(4, 6, 3, stride=2, padding=1, dilation=2, groups=2, bias=False)", (real(2, 4, 9),)),
    ("Conv1d(4, 6, 4, padding='same')", (real(4, 7),)),
    ("Conv2d(4, 6, 3)", (real(2, 4, 6, 7),)),
    ("Conv2d(4, 6, (3, 2), stride=(1, 2), padding=(2, 1), groups=2)", (real(2, 4, 6, 7),)),
    ("Conv2d(4, 4, 3, padding='same', dilation=2)", (real(4, 6, 7),)),
    ("ConvTranspose1d(4, 6, 3, stride=2, output_padding=1)", (real(2, 4, 5),)),
    ("ConvTranspose2d(4, 6, 3)", (real(2, 4, 3, 4),)),
    ("ConvTranspose2d(4, 6, 3, stride=2, padding=1, output_padding=1, groups=2, bias=False)", (real(2, 4, 3, 4),)),
    ("MaxPool1d(2)", (real(2, 3, 7),)),
    ("MaxPool1d(3, stride=1, padding=1, return_indices=True)", (real(2, 3, 7),)),
    ("MaxPool2d(2)", (real(2, 3, 6, 7),)),
    ("MaxPool2d((2, 3), stride=2, ceil_mode=True)", (real(3, 6, 7),)),
    ("MaxPool2d(2, dilation=2, return_indices=True)", (real(2, 3, 6, 7),)),
    ("AvgPool1d(2)", (real(2, 3, 7),)),
    ("AvgPool2d(3, stride=2, padding=1, count_include_pad=False)", (real(2, 3, 6, 7),)),
    ("AvgPool2d(2, ceil_mode=True)", (real(3, 6, 7),)),
    ("AdaptiveAvgPool1d(3)", (real(2, 3, 7),)),
    ("AdaptiveAvgPool2d((2, 3))", (real(2, 3, 6, 7),)),
    ("AdaptiveMaxPool1d(3)", (real(2, 3, 7),)),
    ("AdaptiveMaxPool2d((2, 3))", (real(2, 3, 6, 7),)),
    ("BatchNorm1d(3)", (real(5, 3),)),
    ("BatchNorm1d(3, momentum=None)", (real(5, 3, 4),)),
    ("BatchNorm1d(3, affine=False, eps=0.1)", (real(5, 3),)),
    ("BatchNorm1d(3, track_running_stats=False)", (real(5, 3),)),
    ("BatchNorm2d(3)", (real(2, 3, 4, 5),)),
    ("BatchNorm2d(3, momentum=0.7).eval()", (real(2, 3, 4, 5),)),
    ("BatchNorm1d(3, bias=False)", (real(5, 3),)),
    ("GroupNorm(2, 4)", (real(3, 4, 5),)),
    ("GroupNorm(2, 4, bias=False)", (real(3, 4, 5),)),
    ("GroupNorm(1, 4, affine=False, eps=0.1)", (real(3, 4),)),
    ("LayerNorm(4)", (real(3, 4),)),
    ("LayerNorm((3, 4), eps=0.1)", (real(2, 3, 4),)),
    ("LayerNorm(4, bias=False)", (real(3, 4),)),
    ("LayerNorm(4, elementwise_affine=False)", (real(3, 4),)),
    ("MultiheadAttention(6, 3)", (real(5, 2, 6), real(4, 2, 6), real(4, 2, 6))),
    ("MultiheadAttention(6, 2, bias=False, batch_first=True)", (real(2, 5, 6), real(2, 4, 6), real(2, 4, 6))),
    ("MultiheadAttention(6, 2, kdim=3, vdim=5)", (real(5, 6), real(4, 3), real(4, 5))),
]

PROBABILITIES = random.uniform(0.1, 0.9, size=(5, 4))
CLASSES = np.asarray([0, 3, 1, 3, 2])

LOSSES = [
    *[
        (f"{name}(reduction='{reduction}')", (real(5, 4), real(5, 4)))
        for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
        for reduction in ("mean", "sum", "none")
    ],
    ("SmoothL1Loss(beta=0.3)", (real(5, 4), real(5, 4))),
    ("HuberLoss(delta=0.3)", (real(5, 4), real(5, 4))),
    ("KLDivLoss(reduction='batchmean')", (real(5, 4), PROBABILITIES)),
    ("KLDivLoss(reduction='sum', log_target=True)", (real(5, 4), real(5, 4))),
    ("CrossEntropyLoss()", (real(5, 4), CLASSES)),
    ("CrossEntropyLoss()", (real(5, 4), PROBABILITIES)),
    ("CrossEntropyLoss(np.asarray([1.0, 2.0, 0.5, 3.0]), label_smoothing=0.2)", (real(5, 4), CLASSES)),
    ("CrossEntropyLoss(ignore_index=3, reduction='sum')", (real(5, 4), CLASSES)),
    ("NLLLoss(np.asarray([1.0, 2.0, 0.5, 3.0]), ignore_index=1)", (real(5, 4), CLASSES)),
    ("BCELoss()", (PROBABILITIES, PROBABILITIES[::-1].copy())),
    ("BCELoss(np.asarray([1.0, 2.0, 0.5, 3.0]))", (PROBABILITIES, PROBABILITIES[::-1].copy())),
    ("BCEWithLogitsLoss(pos_weight=np.asarray([1.0, 2.0, 0.5, 3.0]))", (real(5, 4), PROBABILITIES)),
    ("BCEWithLogitsLoss(np.asarray([1.0, 2.0, 0.5, 3.0]), reduction='none')", (real(5, 4), PROBABILITIES)),
]

EVERYWHERE = (
    "Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))",
    "Embedding(5, 3, padding_idx=0)",
    "LSTMCell(3, 4)",
    "GELU()",
    "BatchNorm2d(3)",
    "Conv2d(4, 6, 3)",
    "LayerNorm(4)",
    "MaxPool2d(2)",
)

OWN_TEXT = (
    "Flatten",
    "Softmax",
    "LogSoftmax",
    "Dropout",
    "RNN(",
    "LSTM(",
    "GRU(",
    "RNNCell",
    "MultiheadAttention",
    "AvgPool1d",
)
"""Layers whose settings have other names, or whose text says more than PyTorch's."""


def sides(text: str) -> tuple[str, str]:
    """Our expression and PyTorch's."""
    ours = theirs = text
    while "{" in ours:
        a, _, rest = ours.partition("{")
        choice, _, b = rest.partition("}")
        ours = a + choice.split("|")[0] + b
    while "{" in theirs:
        a, _, rest = theirs.partition("{")
        choice, _, b = rest.partition("}")
        theirs = a + choice.split("|")[1] + b
    return ours, theirs


def leaves(value: Any) -> list[Any]:
    """The arrays of nested tuples."""
    if isinstance(value, tuple | list):
        return [leaf for item in value for leaf in leaves(item)]
    return [value]


def mapped(function: Any, value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(mapped(function, item) for item in value)
    return function(value)


def compare(text: str, inputs: tuple[Any, ...], space: Any) -> None:
    """Run a layer and PyTorch's, from PyTorch's state, forwards and backwards."""
    torch = pytest.importorskip("torch")
    ours, theirs = sides(text)
    torch.manual_seed(1)
    array = type("", (), {"asarray": staticmethod(torch.tensor)})
    with_torch = eval(f"nn.{theirs}", {"nn": torch.nn, "np": array}).double()
    module = eval(f"nn.{ours}", {"nn": nn, "np": np})
    module.load_state_dict({k: v.numpy() for k, v in with_torch.state_dict().items()})
    floating = lambda a: a.dtype.kind == "f"  # noqa: E731
    given = mapped(lambda a: torch.tensor(a, requires_grad=floating(a)), inputs)
    own = mapped(lambda a: agrad.tensor(a, floating(a), backend=space._backend.name), inputs)
    expected, found = leaves(with_torch(*given)), leaves(module(*own))
    total = own_total = 0.0
    for k, (e, f) in enumerate(zip(expected, found, strict=True)):
        np.testing.assert_allclose(f.tolist(), e.detach().numpy(), rtol=1e-9, atol=1e-12)
        assert tuple(f.shape) == tuple(e.shape)
        if floating(e.detach().numpy()):
            weights = np.cos(np.arange(e.numel()) + k).reshape(e.shape)
            total = total + (e * torch.asarray(weights)).sum()
            own_total = own_total + (f * space.asarray(weights)).sum()
    total.backward()
    own_total.backward()
    pairs = [
        *zip(leaves(given), leaves(own), strict=True),
        *((p, dict(module.named_parameters())[name]) for name, p in with_torch.named_parameters()),
    ]
    for t, a in pairs:
        assert (t.grad is None) == (a.grad is None)
        if t.grad is not None:
            np.testing.assert_allclose(a.grad.tolist(), t.grad.numpy(), rtol=1e-8, atol=1e-11)
    for (name, t), (own_name, a) in zip(with_torch.named_buffers(), module.named_buffers(), strict=True):
        assert name == own_name
        np.testing.assert_allclose(a.tolist(), t.numpy(), rtol=1e-12)


@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")  # PyTorch's, of its speed
@pytest.mark.parametrize(("text", "inputs"), LAYERS, ids=[f"{i}-{text}" for i, (text, _) in enumerate(LAYERS)])
def test_layers_are_pytorchs(text: str, inputs: tuple[Any, ...]) -> None:
    compare(text, inputs, agrad.namespace("numpy"))


@pytest.mark.parametrize(("text", "inputs"), LOSSES, ids=[f"{i}-{text}" for i, (text, _) in enumerate(LOSSES)])
def test_losses_are_pytorchs(text: str, inputs: tuple[Any, ...]) -> None:
    compare(text, inputs, agrad.namespace("numpy"))


@pytest.mark.parametrize("text", EVERYWHERE)
def test_layers_on_every_backend(text: str, space: Any) -> None:
    compare(text, dict(LAYERS)[text], space)


@pytest.mark.parametrize("text", sorted({text for text, _ in LAYERS if not text.startswith(OWN_TEXT)}))
def test_text_is_pytorchs(text: str) -> None:
    torch = pytest.importorskip("torch")
    ours, theirs = sides(text)
    assert repr(eval(f"nn.{ours}", {"nn": nn})) == repr(eval(f"nn.{theirs}", {"nn": torch.nn}))


def test_parameters_are_pytorchs() -> None:
    torch = pytest.importorskip("torch")
    for text, _ in LAYERS:
        ours, theirs = sides(text)
        own = eval(f"nn.{ours}", {"nn": nn}).state_dict()
        given = eval(f"nn.{theirs}", {"nn": torch.nn}).state_dict()
        assert [(k, tuple(v.shape)) for k, v in own.items()] == [(k, tuple(v.shape)) for k, v in given.items()]


def test_recurrent_networks_refuse_what_does_not_fit() -> None:
    xp = agrad.namespace("numpy")
    with pytest.raises(ShapeError, match="3 features"):
        nn.GRU(3, 4)(xp.ones((5, 2, 4)))
    with pytest.raises(ShapeError, match=r"1 of shape \(1, 2, 4\)"):
        nn.GRU(3, 4)(xp.ones((5, 2, 3)), xp.ones((2, 2, 4)))
    with pytest.raises(ShapeError, match="3 features"):
        nn.LSTMCell(3, 4)(xp.ones((2, 2)))
    with pytest.raises(ValueError, match="num_layers=0"):
        nn.LSTM(3, 4, 0)
    with pytest.raises(ValueError, match="'tanh' or 'relu'"):
        nn.RNN(3, 4, nonlinearity="sine")


def test_dropout_between_recurrent_layers() -> None:
    xp = agrad.namespace("numpy")
    net, x = nn.RNN(3, 4, num_layers=2, dropout=0.5, rng=3), xp.ones((5, 2, 3))
    assert net(x)[0].tolist() != net(x)[0].tolist()
    net.eval()
    assert net(x)[0].tolist() == net(x)[0].tolist()


def test_embeddings(space: Any) -> None:
    table = nn.Embedding(4, 2, padding_idx=1, rng=1)
    assert table.weight[1, ...].tolist() == [0.0, 0.0]
    frozen = nn.Embedding.from_pretrained(np.asarray([[1.0, 2.0], [3.0, 4.0]]))
    assert not frozen(np.asarray([1])).requires_grad and list(frozen.state_dict()) == ["weight"]
    free = nn.Embedding.from_pretrained([[1.0, 2.0], [3.0, 4.0]], freeze=False, padding_idx=0)
    free(space.asarray([0, 1, 1])).sum().backward()
    assert free.weight.grad.tolist() == [[0.0, 0.0], [2.0, 2.0]]
    with pytest.raises(ValueError, match="padding_idx=4"):
        nn.Embedding(4, 2, padding_idx=4)
    with pytest.raises(ValueError, match=r"shape \(2,\)"):
        nn.Embedding.from_pretrained([1.0, 2.0])


def test_losses_refuse_other_reductions() -> None:
    for name in ("MSELoss", "CrossEntropyLoss", "BCELoss"):
        with pytest.raises(ValueError, match=f"{name} got reduction='average'"):
            getattr(nn, name)(reduction="average")


def test_batch_norm_in_use_and_in_transforms(space: Any) -> None:
    norm, x = nn.BatchNorm1d(2, momentum=0.5), space.asarray([[1.0, 4.0], [3.0, 8.0]])
    norm(x)
    assert norm.running_mean.tolist() == [1.0, 3.0] and norm.running_var.tolist() == [1.5, 4.5]
    assert norm.num_batches_tracked.item() == 1
    norm.eval()
    expected = (np.asarray(x.tolist()) - [1.0, 3.0]) / np.sqrt(np.asarray([1.5, 4.5]) + 1e-5)
    np.testing.assert_allclose(norm(x).tolist(), expected, rtol=1e-12)
    assert norm.num_batches_tracked.item() == 1
    norm.train()

    def loss(state: Any) -> Any:
        return (nn.functional_call(norm, state, x) ** 3).sum()

    gradient = agrad.grad(loss)({"weight": norm.weight.detach(), "bias": norm.bias.detach()})
    assert norm.num_batches_tracked.item() == 2 and not norm.running_mean.requires_grad
    assert gradient["bias"].shape == (2,)
    state = norm.state_dict()
    counted = state.pop("num_batches_tracked")
    nn.functional_call(norm, {**state, "num_batches_tracked": counted}, x)
    assert norm.num_batches_tracked.item() == 2, "buffers that are given are put back"
    agrad.jvp(lambda x: norm(x).sum(), (x,), (x,))
    assert norm.num_batches_tracked.item() == 3 and norm.running_mean.tolist() == [1.75, 5.25]


def test_batch_norm_in_a_function_that_jax_compiles() -> None:
    jax = pytest.importorskip("jax")
    x = jax.numpy.asarray([[1.0, 4.0], [3.0, 8.0]])
    model = nn.Sequential(nn.Linear(2, 2, backend="jax", dtype="float32"), nn.BatchNorm1d(2, backend="jax"))
    state = {name: t.array for name, t in model.state_dict().items()}
    buffers = {name: state.pop(name) for name in list(state) if name.split(".")[-1].startswith(("running", "num"))}
    tracked = model[1].running_mean

    def loss(parameters: Any, buffers: Any) -> Any:
        return (nn.functional_call(model, {**parameters, **buffers}, x) ** 3).sum()

    compiled = jax.jit(agrad.grad(loss))
    with pytest.raises(agrad.UnsupportedError, match=r"BatchNorm1d is training inside a function that is being compi"):
        compiled(state, {})
    assert model[1].running_mean is tracked and model[1].num_batches_tracked.item() == 0
    eager, jitted = agrad.grad(loss)(state, buffers), compiled(state, buffers)
    for name in state:
        np.testing.assert_allclose(jitted[name], eager[name], rtol=1e-4, atol=1e-4)
    assert model[1].running_mean is tracked, "what was given is put back"
    model.eval()
    assert compiled(state, {})["0.weight"].shape == (2, 2)


def test_normalisation_refuses_what_does_not_fit() -> None:
    xp = agrad.namespace("numpy")
    for make, x, text in [
        (lambda: nn.BatchNorm1d(3), (2, 3, 4, 5), "takes 2 or 3 of them"),
        (lambda: nn.BatchNorm2d(3), (2, 3), "takes 4 of them"),
        (lambda: nn.BatchNorm1d(3), (2, 4), "must be of length 3"),
        (lambda: nn.BatchNorm1d(3), (1, 3), "more than one value"),
        (lambda: nn.LayerNorm((3, 4)), (2, 3), r"of lengths \(3, 4\)"),
    ]:
        with pytest.raises(ShapeError, match=text):
            make()(xp.ones(x))
    with pytest.raises(ValueError, match="3 groups"):
        nn.GroupNorm(3, 4)


def test_attention_with_masks_is_pytorchs(space: Any) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(2)
    theirs = torch.nn.MultiheadAttention(6, 2, batch_first=True).double()
    ours = nn.MultiheadAttention(6, 2, batch_first=True)
    ours.load_state_dict({k: v.numpy() for k, v in theirs.state_dict().items()})
    q, k = real(3, 5, 6), real(3, 4, 6)
    seen = np.tril(np.ones((5, 4), bool))
    added = real(5, 4)
    keys = np.asarray([[True, True, True, False], [True] * 4, [True, False, True, True]])
    boolean = {"attn_mask": torch.asarray(~seen), "key_padding_mask": torch.asarray(~keys)}
    tq, tk = torch.asarray(q), torch.asarray(k)
    xq, xk = space.asarray(q), space.asarray(k)
    for own, given in [
        ({"mask": space.asarray(seen), "key_mask": space.asarray(keys)}, boolean),
        ({"is_causal": True, "key_mask": space.asarray(keys)}, boolean),
        (
            {"mask": space.asarray(added), "key_mask": space.asarray(keys)},
            {
                "attn_mask": torch.asarray(added),
                "key_padding_mask": torch.zeros(3, 4, dtype=torch.float64).masked_fill(torch.asarray(~keys), -np.inf),
            },
        ),
        ({}, {}),
    ]:
        expected, weights = theirs(tq, tk, tk, average_attn_weights=False, **given)
        out, found = ours(xq, xk, xk, average_weights=False, **own)
        np.testing.assert_allclose(out.tolist(), expected.detach().numpy(), rtol=1e-9)
        np.testing.assert_allclose(found.tolist(), weights.detach().numpy(), rtol=1e-9, atol=1e-14)
        out, found = ours(xq, xk, xk, need_weights=False, **own)
        np.testing.assert_allclose(out.tolist(), expected.detach().numpy(), rtol=1e-9)
        assert found is None


def test_attention_drops_weights_and_refuses() -> None:
    xp = agrad.namespace("numpy")
    layer, x = nn.MultiheadAttention(4, 2, dropout=0.5, rng=1), xp.asarray(real(5, 2, 4))
    assert layer(x, x, x)[0].tolist() != layer(x, x, x)[0].tolist()
    layer.eval()
    assert layer(x, x, x)[0].tolist() == layer(x, x, x)[0].tolist()
    with pytest.raises(ValueError, match="a multiple of"):
        nn.MultiheadAttention(5, 2)
    with pytest.raises(ShapeError, match=r"keys of shape \(2, 5, 3\); they have 4 features"):
        layer(x, xp.ones((5, 2, 3)), x)


def test_convolutions_refuse_what_does_not_fit() -> None:
    with pytest.raises(ValueError, match="both are multiples of groups"):
        nn.Conv2d(3, 4, 3, groups=2)
    with pytest.raises(ValueError, match=r"Conv2d got \(1, 2, 3\); it takes an integer or 2 of them"):
        nn.Conv2d(3, 4, (1, 2, 3))
    with pytest.raises(TypeError, match="biased"):
        nn.Conv2d(3, 4, 3, biased=True)  # type: ignore[call-arg]
