"""Leaves that are changed in place: refused where they require gradients, and done under `no_grad`."""

import numpy as np
import pytest

import agrad
from leaves import leaf_of_four as leaf
from leaves import start

xp = agrad.namespace("numpy")


# Leaves ---------------------------------------------------------------------------------------------


def change_element(t):
    t[0] = 5.0


def change_all(t):
    t *= 2


def change_slice(t):
    view = t[:2]
    view += 1


def change_mask(t):
    t[t > 1] -= 1


def change_slice_of_slice(t):
    t[1:][0] = 3.0


CHANGES = [change_element, change_all, change_slice, change_mask, change_slice_of_slice]


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_a_leaf_refuses_and_stays_as_it_was(change):
    x = leaf()
    with pytest.raises(agrad.InPlaceError, match="no_grad") as caught:
        change(x)
    assert isinstance(caught.value, RuntimeError)
    assert x.tolist() == start.tolist()
    assert x.is_leaf


@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_inside_no_grad_it_stays_the_same_leaf(change):
    x, plain = leaf(), start.copy()
    change(plain)
    with agrad.no_grad():
        change(x)
    assert (x.is_leaf, x.requires_grad, x.dtype) == (True, True, xp.float64)
    np.testing.assert_array_equal(x.array, plain)
    xp.sum(x * x).backward()
    np.testing.assert_allclose(x.grad.array, 2 * plain)


def test_a_training_step():
    x = leaf()
    for _ in range(50):
        x.grad = None
        loss = xp.sum((x - 1) ** 2)
        loss.backward()
        with agrad.no_grad():
            x -= 0.25 * x.grad
    np.testing.assert_allclose(x.array, np.ones(4), atol=1e-12)


def test_a_leaf_changed_after_its_use_does_not_change_the_gradient():
    x = leaf()
    y = xp.sum(x**3)
    with agrad.no_grad():
        x *= 10
    y.backward(create_graph=True)
    g = x.grad
    np.testing.assert_allclose(g.array, 3 * start**2)
    x.grad = None
    xp.sum(g).backward()
    np.testing.assert_allclose(x.grad.array, 6 * start)


def test_a_slice_of_a_leaf_made_earlier_follows_a_change():
    x = leaf()
    view = x[:2]
    with agrad.no_grad():
        x *= 2
        view += 1
    assert x.tolist() == [3.0, 5.0, 6.0, 8.0]
    assert view.tolist() == [3.0, 5.0]
    xp.sum(view * view).backward()
    assert x.grad.tolist() == [6.0, 10.0, 0.0, 0.0]


def test_a_leaf_that_is_a_slice_is_protected_from_its_base():
    x = xp.asarray(start)
    view = x[1:].requires_grad_()
    with pytest.raises(agrad.InPlaceError):
        x *= 2
    with pytest.raises(agrad.InPlaceError):
        x[2] = 5.0
    assert view.is_leaf
    assert view.requires_grad
    assert x.tolist() == start.tolist()
    xp.sum(view * view).backward()
    assert view.grad.tolist() == [4.0, 6.0, 8.0]
    with agrad.no_grad():
        x *= 2
    assert view.tolist() == [4.0, 6.0, 8.0]
    assert view.requires_grad


def test_a_constant_slice_of_what_became_a_leaf_is_refused():
    x = xp.asarray(start)
    view = x[1:]
    x.requires_grad_()
    with pytest.raises(agrad.InPlaceError):
        view *= 2
    assert x.tolist() == start.tolist()
    assert view.tolist() == start[1:].tolist()


def test_enable_grad_inside_no_grad_refuses_again():
    x = leaf()
    with agrad.no_grad(), agrad.enable_grad(), pytest.raises(agrad.InPlaceError):
        x *= 2
