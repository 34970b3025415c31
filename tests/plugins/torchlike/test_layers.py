"""Layers as in PyTorch: initial values and masks to the last bit, results, gradients, names of derivatives, texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad_torchlike as torch
from torchlike_layers import CALLS, TEXTS
from torchlike_samples import intel


def made(library: Any, call: str) -> Any:
    return eval(call if call[0].islower() else f"nn.{call}", {"nn": library.nn, "torch": library})


def flat(result: Any) -> list[Any]:
    return [each for part in result for each in flat(part)] if isinstance(result, tuple) else [result]


def values(t: Any) -> Any:
    return np.asarray(t.detach().numpy())


def check(theirs: Any, call: str, x: Any, seed: int = 7) -> None:
    """A layer and its twin: parameters, results, buffers and gradients."""
    theirs.manual_seed(seed)
    twin, a = made(theirs, call), theirs.from_numpy(x).requires_grad_()
    expected = flat(twin(a))
    torch.manual_seed(seed)
    layer, b = made(torch, call), torch.tensor(x, requires_grad=True)
    for (name, p), (other, q) in zip(twin.named_parameters(), layer.named_parameters(), strict=True):
        assert name == other and (values(p) == values(q)).all()
    found = flat(layer(b))
    for u, v in zip(expected, found, strict=True):
        assert tuple(u.shape) == tuple(v.shape) and str(u.dtype) == str(v.dtype)
        assert u.grad_fn is None or u.grad_fn.name() == v.grad_fn.name()
        np.testing.assert_allclose(values(u), values(v), rtol=2e-5, atol=2e-6)
    for (name, p), (other, q) in zip(twin.named_buffers(), layer.named_buffers(), strict=True):
        assert name == other
        np.testing.assert_allclose(values(p), values(q), rtol=1e-5, atol=1e-6)
    (expected[0] * expected[0]).sum().backward()
    (found[0] * found[0]).sum().backward()
    np.testing.assert_allclose(values(b.grad), values(a.grad), rtol=2e-4, atol=1e-5)
    for p, q in zip(twin.parameters(), layer.parameters(), strict=True):
        np.testing.assert_allclose(values(q.grad), values(p.grad), rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("call, shape", CALLS)
def test_layers(theirs: Any, call: str, shape: tuple[int, ...]) -> None:
    if "dropout" in call.lower() and intel():
        pytest.skip("PyTorch takes masks from MKL on Intel's processors")
    check(theirs, call, np.random.default_rng(0).standard_normal(shape).astype(np.float32))


@pytest.mark.parametrize("call", ["Linear(4, 3)", "Conv2d(2, 4, 3, padding=1)", "LSTM(3, 4)", "BatchNorm2d(2)"])
def test_layers_on_every_backend(theirs: Any, backend: str, call: str) -> None:
    shape = next(shape for known, shape in [*CALLS, ("BatchNorm2d(2)", (3, 2, 4, 4))] if known == call)
    check(theirs, call, np.random.default_rng(0).standard_normal(shape).astype(np.float32))


@pytest.mark.parametrize("options", [{}, {"batch_first": True}, {"kdim": 5, "vdim": 3}, {"bias": False}])
def test_attention(theirs: Any, options: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    sizes = (4, options.get("kdim", 4), options.get("vdim", 4))
    xs = [rng.standard_normal((3, 3, n)).astype(np.float32) for n in sizes]
    hidden = np.array([[False, True, False]] * 3)
    theirs.manual_seed(1)
    torch.manual_seed(1)
    twin, layer = theirs.nn.MultiheadAttention(4, 2, **options), torch.nn.MultiheadAttention(4, 2, **options)
    for (name, p), (other, q) in zip(twin.named_parameters(), layer.named_parameters(), strict=True):
        assert name == other and (values(p) == values(q)).all()
    for mask in ({}, {"key_padding_mask": hidden}, {"attn_mask": np.triu(np.ones((3, 3), bool), 1)}):
        theirs_mask = {k: theirs.from_numpy(m) for k, m in mask.items()}
        expected = twin(*map(theirs.from_numpy, xs), **theirs_mask)
        found = layer(*map(torch.tensor, xs), **{k: torch.tensor(m) for k, m in mask.items()})
        for u, v in zip(expected, found, strict=True):
            np.testing.assert_allclose(values(u), values(v), rtol=1e-5, atol=1e-6)


def test_embeddings(theirs: Any) -> None:
    i = np.array([[0, 2], [1, 0]])
    for options in ({}, {"padding_idx": 0}):
        theirs.manual_seed(3)
        torch.manual_seed(3)
        twin, layer = theirs.nn.Embedding(4, 3, **options), torch.nn.Embedding(4, 3, **options)
        assert (values(twin.weight) == values(layer.weight)).all()
        a, b = twin(theirs.from_numpy(i)), layer(torch.tensor(i))
        assert (values(a) == values(b)).all()
        a.sum().backward()
        b.sum().backward()
        assert (values(twin.weight.grad) == values(layer.weight.grad)).all()
    known = torch.nn.Embedding.from_pretrained(torch.tensor([[1.0, 2.0], [3.0, 4.0]]))
    assert known(torch.tensor([1])).tolist() == [[3.0, 4.0]] and not known.weight.requires_grad


@pytest.mark.parametrize("call", TEXTS)
def test_texts(theirs: Any, call: str) -> None:
    assert repr(made(torch, call)) == repr(made(theirs, call))


LOSSES = [
    *[(f"{name}(reduction='{how}')", "numbers") for name in ("MSELoss", "L1Loss", "SmoothL1Loss", "HuberLoss")
      for how in ("mean", "sum", "none")],
    ("CrossEntropyLoss()", "classes"),
    ("CrossEntropyLoss(label_smoothing=0.1)", "classes"),
    ("CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 0.5]), reduction='sum')", "classes"),
    ("CrossEntropyLoss(ignore_index=1)", "classes"),
    ("CrossEntropyLoss()", "shares"),
    ("NLLLoss()", "classes"),
    ("KLDivLoss(reduction='batchmean')", "shares"),
    ("BCEWithLogitsLoss()", "shares"),
    ("BCEWithLogitsLoss(pos_weight=torch.tensor([1.0, 2.0, 0.5]))", "shares"),
]  # fmt: skip


@pytest.mark.parametrize("call, kind", LOSSES)
def test_losses(theirs: Any, call: str, kind: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 3)).astype(np.float32)
    target = {
        "numbers": rng.standard_normal((4, 3)).astype(np.float32),
        "classes": np.array([0, 2, 1, 1]),
        "shares": rng.dirichlet([1.0] * 3, 4).astype(np.float32),
    }[kind]
    a, b = theirs.from_numpy(x).requires_grad_(), torch.tensor(x, requires_grad=True)
    u = made(theirs, call)(a, theirs.from_numpy(target))
    v = made(torch, call)(b, torch.tensor(target))
    assert u.grad_fn.name() == v.grad_fn.name()
    np.testing.assert_allclose(values(u), values(v), rtol=1e-5, atol=1e-6)
    u.sum().backward()
    v.sum().backward()
    np.testing.assert_allclose(values(a.grad), values(b.grad), rtol=1e-4, atol=1e-6)


def test_losses_of_other_shapes_warn_or_refuse() -> None:
    x, y = torch.zeros(3, 1), torch.zeros(3)
    with pytest.warns(UserWarning, match=r"Using a target size \(torch.Size\(\[3\]\)\) that is different"):
        assert torch.nn.MSELoss(reduction="none")(x, y).shape == (3, 3)
    with pytest.raises(ValueError, match="Using a target size"):
        torch.nn.BCELoss()(x, y)
    with pytest.raises(ValueError, match="Target size"):
        torch.nn.BCEWithLogitsLoss()(x, y)
    with pytest.warns(UserWarning, match="please use reduction='sum' instead"):
        assert torch.nn.MSELoss(size_average=False)(x, x + 1).item() == 3
    with pytest.raises(ValueError, match="not a valid value for reduction"):
        torch.nn.MSELoss(reduction="max")


def test_inplace_activations_change_their_argument() -> None:
    x = torch.tensor([-1.0, 2.0], requires_grad=True)
    y = x * 3
    z = torch.nn.ReLU(inplace=True)(y)
    assert z is y and y.tolist() == [0.0, 6.0]
    z.sum().backward()
    assert x.grad.tolist() == [0.0, 3.0]


def test_what_is_not_supported_says_so() -> None:
    for call in ("Conv2d(1, 1, 3, padding_mode='reflect')", "Embedding(3, 4, max_norm=1.0)", "LSTM(3, 4, proj_size=2)",
                 "AvgPool2d(2, divisor_override=3)", "MultiheadAttention(4, 2, add_zero_attn=True)"):  # fmt: skip
        with pytest.raises(NotImplementedError):
            made(torch, call)
    with pytest.raises(AttributeError, match="'Transformer': it is not supported"):
        _ = torch.nn.Transformer
    with pytest.raises(AttributeError, match="'grid_sample': it is not supported"):
        _ = torch.nn.functional.grid_sample


# Without PyTorch ---------------------------------------------------------------------------------

STORED = {
    "Linear.weight": [
        [0.4414065182209015, 0.47920528054237366, -0.1352572739124298],
        [0.5303604602813721, -0.1264995038509369, 0.11650390923023224],
    ],
    "Linear.bias": [-0.28108587861061096, 0.3390677869319916],
    "Conv2d.weight": [0.3822692632675171, 0.4150039553642273, -0.11713624000549316, 0.45930564403533936],
    "Embedding.weight": [[0.33669036626815796, 0.12880940735340118], [0.23446236550807953, 0.23033303022384644]],
    "GRU.bias": [-0.48685503005981445, 0.587282657623291, 0.8815429210662842],
}


def test_stored_initial_values() -> None:
    """What PyTorch's layers start with after ``manual_seed(42)``."""
    torch.manual_seed(42)
    layer = torch.nn.Linear(3, 2)
    assert layer.weight.tolist() == STORED["Linear.weight"] and layer.bias.tolist() == STORED["Linear.bias"]
    torch.manual_seed(42)
    assert torch.nn.Conv2d(1, 1, 2).weight.flatten().tolist() == STORED["Conv2d.weight"]
    torch.manual_seed(42)
    assert torch.nn.Embedding(2, 2).weight.tolist() == STORED["Embedding.weight"]
    torch.manual_seed(42)
    assert torch.nn.GRU(1, 1).bias_ih_l0.tolist() == STORED["GRU.bias"]
