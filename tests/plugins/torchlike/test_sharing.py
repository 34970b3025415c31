"""Tensors that share memory: what is written through one is seen through the others, gradients included."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad_torchlike

VIEWS = {
    "slice": lambda x: x[1:],
    "step": lambda x: x[::2],
    "row": lambda x: x[1],
    "column": lambda x: x[:, 1],
    "element": lambda x: x[1, 2],
    "new axis": lambda x: x[:, None, 1:],
    "view": lambda x: x.view(-1),
    "reshape": lambda x: x.reshape(4, 3),
    "t": lambda x: x.t(),
    "T": lambda x: x.T,
    "transpose": lambda x: x.transpose(0, 1),
    "permute": lambda x: x.permute(1, 0),
    "squeeze": lambda x: x[:1].squeeze(),
    "unsqueeze": lambda x: x.unsqueeze(1),
    "expand": lambda x: x.expand(3, 4),
    "detach": lambda x: x.detach(),
    "data": lambda x: x.data,
    "diagonal": lambda x: x.diagonal(1),
    "chunk": lambda x: x.chunk(2)[1],
    "unbind": lambda x: x.unbind(1)[2],
    "view of view": lambda x: x.t()[1:].unsqueeze(0)[0, :, 1],
    "flatten": lambda x: x.flatten(),
    "narrow": lambda x: x.narrow(1, 1, 2),
}


@pytest.mark.parametrize("name", VIEWS)
def test_writes_are_seen(torch: Any, name: str) -> None:
    view = VIEWS[name]
    x = torch.arange(12.0).reshape(3, 4).clone()
    a, plain = view(x), np.arange(12.0).reshape(3, 4)
    a.mul_(10)
    numbers = np.asarray(a.tolist())
    assert view(x).tolist() == numbers.tolist()
    assert sorted(np.asarray(x.tolist()).ravel()) == sorted(
        [v for v in plain.ravel() if v * 10 not in numbers.ravel()] + list(numbers.ravel())
    )
    x.add_(1)
    assert a.tolist() == (numbers + 1).tolist()
    x[...] = 5
    assert set(np.ravel(a.tolist())) == {5.0}


@pytest.mark.parametrize("name", [n for n in VIEWS if n not in ("detach", "data", "chunk", "unbind")])
def test_gradients_flow_through_writes(torch: Any, name: str) -> None:
    w = torch.full((3, 4), 2.0, requires_grad=True)
    x = w * 1
    VIEWS[name](x).mul_(3)
    (x * torch.arange(12.0).reshape(3, 4)).sum().backward()
    touched = torch.ones(3, 4)
    VIEWS[name](touched).mul_(3)
    assert w.grad.tolist() == (touched * torch.arange(12.0).reshape(3, 4)).tolist()


def test_numpy_shares_on_numpy_and_is_read_only_elsewhere(torch: Any) -> None:
    array = np.zeros(3, np.float32)
    t = torch.from_numpy(array)
    if torch.get_default_backend() == "numpy":
        array[0] = 1
        t[1:].add_(2)
        assert t.tolist() == [1, 2, 2] and array.tolist() == [1, 2, 2]
        x = torch.zeros(2, 2)
        row, handed = x[0], x.numpy()
        row += 1
        handed[1, 1] = 5
        assert x.tolist() == [[1, 1], [0, 5]] and handed.tolist() == [[1, 1], [0, 5]] and row.tolist() == [1, 1]
        w = torch.ones(2, requires_grad=True)
        seen = w.detach().numpy()
        with torch.no_grad():
            w.add_(1)
        assert seen.tolist() == [2, 2]
    else:
        handed = torch.zeros(2).numpy()
        with pytest.raises(ValueError, match="read-only"):
            handed[0] = 1


def test_memory_that_numpy_has_is_not_changed_under_a_graph() -> None:
    import agrad_torchlike as torch

    w, x = torch.ones(2, requires_grad=True), torch.ones(2)
    x.numpy()
    y = (w * x).sum()
    x.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    z = (w * x).sum()
    z.backward()
    assert w.grad.tolist() == [2.0, 2.0]


def test_data_is_assignable_and_keeps_the_leaf(torch: Any) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    before = id(w)
    w.data -= 0.5 * w.data
    w.data[0] = 7
    assert w.tolist() == [7.0, 1.0] and w.is_leaf and w.requires_grad and id(w) == before
    w.data = torch.zeros(3)
    assert w.tolist() == [0.0, 0.0, 0.0] and w.requires_grad and w.is_leaf


def test_detached_leaves_share(torch: Any) -> None:
    x = torch.zeros(3)
    leaf = x.detach().requires_grad_()
    x.add_(1)
    assert leaf.tolist() == [1.0, 1.0, 1.0] and leaf.requires_grad
    (leaf * 2).sum().backward()
    with torch.no_grad():
        leaf -= 0.5 * leaf.grad
    assert x.tolist() == [0.0, 0.0, 0.0] and leaf.is_leaf


def test_a_detached_alias_changes_values_and_no_graph(torch: Any) -> None:
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    y = w * 3
    y.detach().zero_()
    assert y.tolist() == [0.0, 0.0] and y.requires_grad
    y.sum().backward()
    assert w.grad.tolist() == [3.0, 3.0]


def test_places_in_memory(torch: Any) -> None:
    x = torch.arange(6.0).view(2, 3)
    y = x.t()
    assert y.stride() == (1, 3) and not y.is_contiguous() and y.contiguous().is_contiguous()
    assert x[1].storage_offset() == 3 and x.data_ptr() == y.data_ptr() != x[1].data_ptr()
    assert x.view(3, 2).data_ptr() == x.data_ptr() and x.clone().data_ptr() != x.data_ptr()
    z = y.reshape(6)
    z[0] = 9
    assert x[0, 0] == 0 and z.tolist() == [9, 3, 1, 4, 2, 5]


OPTIMIZERS = {
    "SGD": {},
    "SGD, momentum": {"momentum": 0.9, "nesterov": True},
    "Adam": {},
    "AdamW": {"weight_decay": 0.1},
    "RMSprop": {},
    "Adagrad": {},
    "LBFGS": {"max_iter": 3},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_numpy_sees_the_steps_of_an_optimizer(theirs: Any, name: str) -> None:
    def run(m: Any) -> list[Any]:
        seen = []
        held = np.asarray([3.0, 4.0], dtype=np.float32)
        w, p = m.tensor([1.0, 2.0], requires_grad=True), m.from_numpy(held).requires_grad_()
        whole, part, twin = w.detach().numpy(), w.data[1:].numpy(), w.detach()
        optimizer = getattr(m.optim, name.partition(",")[0])([w, p], lr=0.1, **OPTIMIZERS[name])

        def closure() -> Any:
            optimizer.zero_grad()
            loss = (w * w).sum() + (p**4).sum()
            loss.backward()
            return loss

        for _ in range(3):
            optimizer.step(closure)
            assert whole.tolist() == w.tolist() == twin.tolist() and part.tolist() == w.tolist()[1:]
            assert held.tolist() == p.tolist()
            seen += [*w.tolist(), *p.tolist()]
        return seen

    np.testing.assert_allclose(run(agrad_torchlike), run(theirs), rtol=1e-4)


def test_numpy_sees_what_layers_and_their_helpers_write(theirs: Any) -> None:
    def run(m: Any) -> list[Any]:
        layer, norm = m.nn.Linear(2, 1), m.nn.BatchNorm1d(2)
        weight, bias, mean = layer.weight.detach().numpy(), layer.bias.detach().numpy(), norm.running_mean.numpy()
        m.nn.init.constant_(layer.weight, 3.0)
        seen = [weight.tolist()]
        layer.load_state_dict({"weight": m.ones(1, 2), "bias": m.zeros(1)})
        seen += [weight.tolist(), bias.tolist()]
        norm(m.tensor([[1.0, 2.0], [3.0, 4.0]]))
        seen.append(np.round(mean, 6).tolist())
        m.nn.functional.batch_norm(m.ones(3, 2), norm.running_mean, norm.running_var, training=True)
        seen.append(np.round(mean, 6).tolist())
        layer(m.ones(3, 2)).sum().backward()
        gradient = layer.weight.grad.numpy()
        m.nn.utils.clip_grad_norm_(layer.parameters(), 1.0)
        seen.append(np.round(gradient, 5).tolist())
        m.nn.utils.clip_grad_value_(layer.parameters(), 0.25)
        seen += [gradient.tolist(), layer.weight.grad.tolist()]
        m.nn.utils.vector_to_parameters(m.ones(3) * 7, layer.parameters())
        return [*seen, weight.tolist(), layer.weight.tolist()]  # other memory from now on

    assert run(agrad_torchlike) == run(theirs)


def test_a_graph_that_needs_the_values_before_a_step_says_so(theirs: Any) -> None:
    def run(m: Any) -> None:
        w = m.tensor([1.0, 2.0], requires_grad=True)
        w.detach().numpy()
        optimizer = m.optim.SGD([w], lr=0.1)
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        optimizer.step()
        loss.backward()

    for m in (agrad_torchlike, theirs):
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            run(m)
