"""torch.func.vmap and torch.utils.checkpoint against PyTorch's."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_torchlike as torch

theirs = pytest.importorskip("torch")

RNG = np.random.default_rng(2)
X, W = RNG.standard_normal((4, 3)).astype(np.float32), RNG.standard_normal((2, 3)).astype(np.float32)


def loss(library: Any, w: Any, x: Any) -> Any:
    return (library.tanh(w @ x) ** 2).sum() * x[0].exp()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # PyTorch's own
@pytest.mark.parametrize("dims", [(None, 0), (None, 1), (0, 0)])
@pytest.mark.parametrize("transform", ["grad", "jacrev", "hessian"])
def test_vmap(transform: str, dims: Any) -> None:
    found = []
    for library in (torch, theirs):
        w, x = library.tensor(W), library.tensor(X if dims[1] == 0 else X.T.copy())
        w = library.stack([w * k for k in (1.0, 0.5, -1.0, 2.0)]) if dims[0] == 0 else w
        made = getattr(library.func, transform)(lambda w, x, library=library: loss(library, w, x))
        found.append(library.func.vmap(made, in_dims=dims, out_dims=-1)(w, x))
    np.testing.assert_allclose(found[0].numpy(), found[1].numpy(), rtol=1e-4, atol=1e-5)


def test_vmap_refuses_what_it_has_not() -> None:
    with pytest.raises(agrad.UnsupportedError, match="chunk_size"):
        torch.func.vmap(torch.sin, chunk_size=2)
    with pytest.raises(agrad.ConcretizationError):
        torch.func.vmap(lambda x: x if x[0] > 0 else -x)(torch.tensor(X))


@pytest.mark.parametrize(
    "draw",
    [
        lambda x: x + torch.rand(3),
        lambda x: x * torch.randn_like(x),
        lambda x: x + torch.randperm(3),
        lambda x: torch.nn.functional.dropout(x, 0.5),
        lambda x: torch.bernoulli(torch.full((3,), 0.5)) * x,
    ],
)
def test_random_numbers_inside_vmap_mean_what_it_says(draw: Any) -> None:
    xs = torch.tensor(X)
    with pytest.raises(agrad.UnsupportedError, match='randomness="different" or randomness="same"'):
        torch.func.vmap(draw)(xs)
    with pytest.raises(agrad.UnsupportedError, match='give it randomness="same"'):
        torch.func.vmap(draw, randomness="different")(xs)
    torch.manual_seed(3)
    found = torch.func.vmap(draw, randomness="same")(xs)
    for k in range(4):
        torch.manual_seed(3)
        np.testing.assert_array_equal(found[k].numpy(), draw(xs[k]).numpy())


def gradients(library: Any, checkpointed: bool, preserve: bool = True) -> tuple[Any, ...]:
    library.manual_seed(0)
    checkpoint = import_module(f"{library.__name__}.utils.checkpoint")
    net = library.nn.Sequential(library.nn.Linear(3, 3), library.nn.Tanh(), library.nn.Dropout(0.5))
    x = library.tensor(X, requires_grad=True)
    if checkpointed:
        h = checkpoint.checkpoint(net, x, use_reentrant=False, preserve_rng_state=preserve)
        h = checkpoint.checkpoint_sequential([net] * 3, 2, h, use_reentrant=False)
    else:
        h = net(net(net(net(x))))
    h.sum().backward()
    after = library.rand(2)
    return (x.grad, *[p.grad for p in net.parameters()], after)


def test_checkpoint_gives_the_gradients_of_the_plain_run() -> None:
    ours, plain, others = gradients(torch, True), gradients(torch, False), gradients(theirs, True)
    for a, b, c in zip(ours, plain, others, strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-5, atol=1e-7)
        np.testing.assert_allclose(a.numpy(), c.numpy(), rtol=1e-4, atol=1e-6)


def test_utils_say_what_they_have() -> None:
    with pytest.raises(AttributeError, match="it has checkpoint and data"):
        getattr(torch.utils, "tensorboard")  # noqa: B009 - as an attribute that is not there
