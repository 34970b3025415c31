"""The small programs of a beginners' course, with the results that it prints."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest


def test_cubic(torch: Any) -> None:
    x = torch.tensor(3.5, requires_grad=True)
    y = (x - 1) * (x - 2) * (x - 3)
    y.backward()
    assert y.item() == 1.875 and x.grad.item() == 5.75
    assert repr(y) == "tensor(1.8750, grad_fn=<MulBackward0>)" and repr(x.grad) == "tensor(5.7500)"


def test_parabola_and_functions_of_a_leaf(torch: Any) -> None:
    x = torch.tensor([2.0], requires_grad=True)
    z = 2 * x**2 + 3
    z.backward()
    assert x.grad.tolist() == [8.0] and x.grad_fn is None and callable(z.backward)
    x = torch.tensor(2.0, requires_grad=True)
    (x**3 + 5 * x**2 + 10).backward()
    assert x.grad.item() == 32.0


def test_two_paths(torch: Any) -> None:
    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(1.0, requires_grad=True)
    x = 2 * a + 3 * b
    y = 5 * a * a + 3 * b * b * b
    z = 2 * x + 3 * y
    z.backward()
    assert a.grad.item() == 64.0 and b.grad.item() == 33.0


def test_mean_of_squares_and_weights(torch: Any) -> None:
    x = torch.ones(2, requires_grad=True)
    out = (2 * (x + 2) ** 2).mean()
    out.backward()
    assert out.item() == 18.0 and x.grad.tolist() == [6.0, 6.0]
    x = torch.ones(2, requires_grad=True)
    y = 3 * x * x
    y.backward(torch.tensor([0.1, 10.0]))
    np.testing.assert_allclose(x.grad.tolist(), [0.6, 60.0], rtol=1e-6)
    x = torch.ones(2, 2, requires_grad=True)
    y = x * x
    y.backward(torch.ones_like(y))
    assert x.grad.tolist() == [[2.0, 2.0], [2.0, 2.0]]


def test_gradients_accumulate(torch: Any) -> None:
    weights, seen = torch.ones(4, requires_grad=True), []
    for _ in range(3):
        out = (weights * 3).sum()
        out.backward()
        seen.append(weights.grad[0].item())
        out.detach().zero_()  # the output's data, which have nothing to do with the weights' gradient
    assert seen == [3.0, 6.0, 9.0]
    weights, seen = torch.ones(4, requires_grad=True), []
    for _ in range(3):
        (weights * 3).sum().backward()
        seen.append(weights.grad[0].item())
        weights.grad.zero_()
    assert seen == [3.0, 3.0, 3.0]


@pytest.mark.parametrize(("start", "slope"), [([1.0, 2.0, 3.0], 2.0), ([-1.0, -2.0, -3.0], 3.0)])
def test_branches(torch: Any, start: list[float], slope: float) -> None:
    a = torch.tensor(start, requires_grad=True)
    c = a * 2 if a.sum() > 0 else a * 3
    c.sum().backward()
    assert a.grad.tolist() == [slope] * 3


def test_doubling_until_the_norm_is_large(torch: Any) -> None:
    x = torch.tensor([1.0, 2.0, 2.0], requires_grad=True)
    y, n = x * 2, 1
    while y.norm() <= 10:
        y, n = y * 2, n + 1
    y.backward(torch.tensor([1.0, 0.5, 0.25]))
    assert x.grad.tolist() == [2.0**n, 2.0 ** (n - 1), 2.0 ** (n - 2)]


def test_detach_is_a_constant(torch: Any) -> None:
    x = torch.tensor(3.0, requires_grad=True)
    y = x * x
    (y.detach() * x).backward()
    assert x.grad.item() == 9.0


def trained_with_numpy(x: Any, y: Any, w1: Any, w2: Any, epochs: int, rate: float) -> list[float]:
    losses = []
    for _ in range(epochs):
        h = x @ w1
        relu = np.maximum(h, 0)
        out = relu @ w2
        losses.append(float(((out - y) ** 2).sum()))
        d = 2 * (out - y)
        g2 = relu.T @ d
        g1 = np.maximum(d @ w2.T, 0)  # the course clamps the gradient, where a mask of h would be right
        w1, w2 = w1 - rate * (x.T @ g1), w2 - rate * g2
    return losses


def small_network() -> tuple[Any, ...]:
    rng = np.random.default_rng(0)
    shapes = ((100, 1000), (100, 10), (1000, 100), (100, 10))
    return tuple(rng.standard_normal(shape).astype(np.float32) for shape in shapes)


def test_network_by_hand(torch: Any) -> None:
    x, y, w1, w2 = small_network()
    expected = trained_with_numpy(x, y, w1, w2, 20, 1e-6)
    x, y, w1, w2 = (torch.from_numpy(a) for a in (x, y, w1, w2))
    losses = []
    for _ in range(20):
        relu = x.mm(w1).clamp(min=0)
        out = relu.mm(w2)
        losses.append((out - y).pow(2).sum().item())
        d = 2 * (out - y)
        g2 = relu.t().mm(d)
        g1 = d.mm(w2.t()).clamp(min=0)
        g1 = x.t().mm(g1)
        w1, w2 = w1 - 1e-6 * g1, w2 - 1e-6 * g2
    np.testing.assert_allclose(losses, expected, rtol=1e-3)


def test_network_with_variables(torch: Any) -> None:
    from agrad_torchlike.autograd import Variable

    x, y, w1, w2 = small_network()
    reference = []
    a, b = w1.astype(float), w2.astype(float)
    for _ in range(20):
        h = x @ a
        out = np.maximum(h, 0) @ b
        reference.append(float(((out - y) ** 2).sum()))
        d = 2 * (out - y)
        a, b = a - 1e-6 * x.T @ ((d @ b.T) * (h > 0)), b - 1e-6 * np.maximum(h, 0).T @ d
    x, y = (Variable(torch.from_numpy(v)) for v in (x, y))
    w1, w2 = (Variable(torch.from_numpy(v), requires_grad=True) for v in (w1, w2))
    losses = []
    for _ in range(20):
        loss = (x.mm(w1).clamp(min=0).mm(w2) - y).pow(2).sum()
        losses.append(loss.data.item())
        loss.backward()
        w1.data -= 1e-6 * w1.grad.data
        w2.data -= 1e-6 * w2.grad.data
        w1.grad.data.zero_()
        w2.grad.data.zero_()
    assert w1.is_leaf and w1.requires_grad and w1.data.grad is None and isinstance(x, Variable)
    np.testing.assert_allclose(losses, reference, rtol=1e-3)


def test_linear_regression_by_hand(torch: Any) -> None:
    x = torch.arange(11).float().reshape(-1, 1)
    y = 2 * x + 1
    w, b = torch.zeros(1, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    for _ in range(1000):
        loss = ((x @ w + b - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= 0.01 * w.grad
            b -= 0.01 * b.grad
        w.grad.zero_()
        b.grad.zero_()
    assert w.requires_grad and w.is_leaf
    assert w.item() == pytest.approx(2, abs=2e-3) and b.item() == pytest.approx(1, abs=2e-2)
    assert f"{loss:.4f}".startswith("0.000")


def test_the_derivative_of_sine(torch: Any) -> None:
    x = torch.linspace(-3, 3, 50, requires_grad=True)
    y = torch.sin(x)
    y.sum().backward()
    np.testing.assert_allclose(np.asarray(x.grad), np.cos(np.asarray(x.detach())), atol=1e-6)


def test_selection_statistics_and_broadcasting(torch: Any) -> None:
    x = torch.arange(12).reshape(3, 4)
    assert x[1, 2].item() == 6 and x[:, 1].tolist() == [1, 5, 9] and x[x > 8].tolist() == [9, 10, 11]
    assert x[[0, 2], [1, 3]].tolist() == [1, 11] and x[-1].tolist() == [8, 9, 10, 11]
    assert x.float().mean(dim=0).tolist() == [4.0, 5.0, 6.0, 7.0] and x.max(dim=1).indices.tolist() == [3, 3, 3]
    assert torch.cat((x, x), dim=0).shape == (6, 4) and torch.cat((x, x), dim=1).shape == torch.Size([3, 8])
    a, b = torch.arange(3).reshape((3, 1)), torch.arange(2).reshape((1, 2))
    assert (a + b).tolist() == [[0, 1], [1, 2], [2, 3]]
    before = id(x)
    x[:] = x + 1
    x += 1
    assert id(x) == before and x[0, 0].item() == 2
    x[0:2, :] = 12
    assert x.sum().item() == 12 * 8 + 10 + 11 + 12 + 13
