"""Hooks on Tensors: when they run, what they see and change, and how they go."""

import numpy as np
import pytest

import agrad
from leaves import leaf

xp = agrad.namespace("numpy")


# Hooks ------------------------------------------------------------------------------------------------


def test_hooks_see_the_whole_cotangent_once():
    x = leaf(2.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    x.register_hook(lambda g: seen.append(("leaf", g.item())))
    (y * y + y).backward()
    assert seen == [13.0, ("leaf", 39.0)]


def test_a_hook_replaces():
    x = leaf([1.0, 2.0])
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: np.asarray([7.0, 8.0]) + g.array)
    x.register_hook(lambda g: g + 1)
    xp.sum(y).backward()
    assert x.grad.tolist() == [35.0, 37.0]


def test_a_hook_is_removed():
    x = leaf(2.0)
    y = x * 3
    handle = y.register_hook(lambda g: g * 100)
    y.register_hook(lambda g: g * 2)
    y.backward(retain_graph=True)
    assert x.grad.item() == 600.0
    x.grad = None
    handle.remove()
    handle.remove()
    y.backward()
    assert x.grad.item() == 6.0


@pytest.mark.parametrize("replacement", [np.ones(3), np.ones(1), 1j], ids=repr)
def test_a_bad_replacement_is_refused(replacement):
    x = leaf([1.0, 2.0])
    y = x * 2
    y.register_hook(lambda g: replacement)
    with pytest.raises(agrad.AgradError, match="hook"):
        xp.sum(y).backward()
    assert x.grad is None


def test_a_hook_that_raises_changes_no_gradient():
    x = leaf(2.0)
    y = x * 3
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (y + x).backward()
    assert x.grad is None


def test_hooks_with_create_graph_are_differentiated():
    x = leaf(2.0)
    y = x * x
    y.register_hook(lambda g: g * 3)
    y.backward(create_graph=True)
    g = x.grad
    assert g.item() == 12.0
    x.grad = None
    g.backward()
    assert x.grad.item() == 6.0


def test_hooks_of_results_of_several():
    x = leaf([[2.0, 1.0], [1.0, 3.0]])
    values, vectors = xp.linalg.eigh(x)
    seen = []
    values.register_hook(lambda g: seen.append(g.tolist()))
    vectors.register_hook(lambda g: seen.append("vectors"))
    xp.sum(values).backward()
    assert seen == [[1.0, 1.0]]
    np.testing.assert_allclose(x.grad.array, np.eye(2), atol=1e-14)


def test_retain_grad():
    x = leaf([1.0, 2.0])
    y = x * 2
    z = xp.sum(y * y)
    y.retain_grad()
    y.retain_grad()
    z.retain_grad()
    x.retain_grad()
    z.backward(retain_graph=True)
    assert y.grad.tolist() == [4.0, 8.0]
    assert z.grad.item() == 1.0
    z.backward()
    assert y.grad.tolist() == [8.0, 16.0]
    y.grad = None
    assert y.grad is None


def test_retain_grad_of_one_of_several_results_and_with_create_graph():
    x = leaf([1.0, 2.0])
    a, b = xp.unstack(x * 2)
    a.retain_grad()
    b.retain_grad()
    (a * a + a * 3).backward()
    assert (a.grad.item(), b.grad) == (7.0, None)
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * y * y).backward(create_graph=True)
    g = y.grad
    x.grad = None
    g.backward()
    assert (g.item(), x.grad.item()) == (48.0, 96.0)


@pytest.mark.parametrize("attach", [lambda t: t.retain_grad(), lambda t: t.register_hook(print)])
def test_constants_take_no_hooks(attach):
    with pytest.raises(agrad.GraphError, match="requires_grad"):
        attach(agrad.tensor(1.0))
