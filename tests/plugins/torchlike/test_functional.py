"""torch.nn.functional, torch.nn.init and torch.nn.utils: values, gradients and names of derivatives as PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad_torchlike as torch
from torchlike_samples import intel

CALLS = [
    "F.relu(x)", "F.relu(x, inplace=False)", "F.relu6(x)", "F.gelu(x)", "F.gelu(x, approximate='tanh')", "F.silu(x)",
    "F.mish(x)", "F.elu(x, 0.5)", "F.selu(x)", "F.leaky_relu(x, 0.2)", "F.leaky_relu(x, negative_slope=0.3)",
    "F.hardtanh(x, -0.5, 0.5)", "F.softplus(x)", "F.softsign(x)", "F.logsigmoid(x)", "F.sigmoid(x)", "F.tanh(x)",
    "F.softmax(x, dim=1)", "F.log_softmax(x, 0)", "F.softmax(x, dim=-1, dtype=torch.float64)",
    "F.linear(x, w)", "F.linear(x, w, b)", "F.linear(x[None], w, b)", "F.linear(x[None], w)",
    "F.conv1d(x[None], w[None].transpose(1, 2))", "F.conv2d(x[None, None], k, padding=1)",
    "F.conv2d(x[None, None], k, torch.ones(2), stride=2, padding=1)",
    "F.conv_transpose2d(x[None, None], k.transpose(0, 1), stride=2)",
    "F.max_pool2d(x[None, None], 2)", "F.avg_pool2d(x[None, None], 2, stride=1)", "F.max_pool1d(x[None], 2)",
    "F.adaptive_avg_pool2d(x[None, None], (1, 1))", "F.adaptive_max_pool1d(x[None], 2)",
    "F.layer_norm(x, (4,))", "F.layer_norm(x, [4], b, b)", "F.group_norm(x[None], 2)",
    "F.batch_norm(x, None, None, training=True)",
    "F.mse_loss(x, y)", "F.l1_loss(x, y, reduction='sum')", "F.smooth_l1_loss(x, y)", "F.huber_loss(x, y, delta=0.5)",
    "F.cross_entropy(x, i)", "F.cross_entropy(x, i, label_smoothing=0.1)", "F.nll_loss(F.log_softmax(x, 1), i)",
    "F.binary_cross_entropy(torch.sigmoid(x), s)", "F.binary_cross_entropy_with_logits(x, s)",
    "F.kl_div(F.log_softmax(x, 1), F.softmax(y, 1), reduction='batchmean')",
    "F.embedding(i, x)", "F.scaled_dot_product_attention(x[None], x[None], x[None])", "F.normalize(x)",
    "F.scaled_dot_product_attention(x[None, None], x[None, None], x[None, None], is_causal=True)",
]  # fmt: skip


def made(library: Any, call: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    names: dict[str, Any] = {"torch": library, "F": library.nn.functional}
    shapes = {"y": (4, 4), "w": (4, 4), "b": (4,), "k": (2, 1, 3, 3)}
    x = library.tensor(rng.standard_normal((4, 4)).astype(np.float32), requires_grad=True)
    for name, shape in shapes.items():
        names[name] = library.tensor(rng.standard_normal(shape).astype(np.float32))
    names |= {"x": x, "s": library.tensor(rng.random((4, 4)).astype(np.float32)), "i": library.tensor([0, 3, 1, 2])}
    return eval(call, names), x


@pytest.mark.parametrize("call", CALLS)
def test_functions(theirs: Any, call: str) -> None:
    (u, a), (v, b) = made(theirs, call), made(torch, call)
    assert u.shape == tuple(v.shape) and str(u.dtype) == str(v.dtype)
    np.testing.assert_allclose(v.detach().numpy(), u.detach().numpy(), rtol=1e-5, atol=1e-6)
    assert u.grad_fn.name() == v.grad_fn.name()
    (u * u).sum().backward()
    (v * v).sum().backward()
    np.testing.assert_allclose(b.grad.numpy(), a.grad.numpy(), rtol=2e-4, atol=1e-5)


def test_dropout(theirs: Any) -> None:
    if intel():
        pytest.skip("PyTorch takes masks from MKL on Intel's processors")
    for options in ({}, {"p": 0.2}, {"training": False}, {"p": 0.0}):
        masks = []
        for library in (theirs, torch):
            library.manual_seed(3)
            masks.append(library.nn.functional.dropout(library.ones(5, 7), **options).tolist())
        assert masks[0] == masks[1]
    with pytest.raises(ValueError, match="dropout probability has to be between 0 and 1, but got 2"):
        torch.nn.functional.dropout(torch.ones(2), 2)


def test_batch_norm_moves_the_running_statistics(theirs: Any) -> None:
    ends = []
    for library in (theirs, torch):
        mean, variance = library.zeros(2), library.ones(2)
        x = library.tensor([[1.0, 2.0], [3.0, 5.0], [4.0, 9.0]])
        library.nn.functional.batch_norm(x, mean, variance, training=True, momentum=0.3)
        ends.append([*mean.tolist(), *variance.tolist()])
    assert ends[1] == pytest.approx(ends[0], rel=1e-6)


def test_one_hot(theirs: Any) -> None:
    for n in (-1, 5):
        ours = torch.nn.functional.one_hot(torch.tensor([0, 2, 1]), n)
        assert ours.tolist() == theirs.nn.functional.one_hot(theirs.tensor([0, 2, 1]), n).tolist()
        assert ours.dtype is torch.int64


@pytest.mark.parametrize("shape", [(3, 4), (4, 2, 3, 3)])
@pytest.mark.parametrize(
    "call",
    [
        "uniform_(t)", "uniform_(t, -1, 2)", "uniform_(t, a=-1.0, b=0.0)", "normal_(t, 1.0, 2.0)",
        "normal_(t, std=0.02)",
        "xavier_uniform_(t)", "xavier_normal_(t, gain=2.0)", "kaiming_uniform_(t, nonlinearity='relu')",
        "kaiming_normal_(t, mode='fan_out', nonlinearity='relu')", "constant_(t, 0.5)", "constant_(t, val=2)",
        "zeros_(t)", "ones_(t)", "orthogonal_(t)", "trunc_normal_(t, std=0.8)",
    ],
)  # fmt: skip
def test_initialisers(theirs: Any, call: str, shape: tuple[int, ...]) -> None:
    filled = []
    for library in (theirs, torch):
        library.manual_seed(5)
        t = library.zeros(*shape, requires_grad=True)
        with library.no_grad():
            assert eval(f"init.{call}", {"init": library.nn.init, "t": t}) is t
        filled.append(t.detach().numpy())
    if call.startswith("orthogonal"):
        np.testing.assert_allclose(filled[1], filled[0], rtol=1e-4, atol=1e-6)
    else:
        assert (filled[0] == filled[1]).all()


def test_truncation_to_a_small_share_says_so() -> None:
    with pytest.raises(NotImplementedError, match="between which 4% of the numbers fall"):
        torch.nn.init.trunc_normal_(torch.zeros(3), a=-0.05, b=0.05)
