"""The Tensor as the standard's array object: attributes, methods, text, Python's control flow, identity."""

import copy
import math
import pickle

import numpy as np
import pytest

import agrad
from leaves import array, gradient, leaf

xp = agrad.namespace("numpy")


# Attributes and methods -----------------------------------------------------------------------------


def test_attributes():
    x = leaf()
    assert (x.shape, x.ndim, x.size, x.dtype, x.device) == ((2, 3), 2, 6, xp.float64, "cpu")
    assert len(x) == 2
    assert x.T.shape == x.mT.shape == (3, 2)
    assert xp.ones((4, 2, 3)).mT.shape == (4, 3, 2)
    weights = np.cos(np.arange(6))
    np.testing.assert_allclose(gradient(x.T, x), weights.reshape(3, 2).T)
    np.testing.assert_allclose(gradient(x.mT, x), weights.reshape(3, 2).T)
    assert xp.ones((2, 3, 4)).T.shape == (4, 3, 2)  # as NumPy's
    with pytest.raises(AttributeError):
        x.shape = (3, 2)


@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (1, 1)])
def test_attributes_of_small_shapes(shape):
    t = xp.ones(shape)
    assert (t.shape, t.ndim, t.size) == (shape, len(shape), math.prod(shape))
    assert isinstance(t.array, np.ndarray)
    assert t.array.shape == shape


def test_leaf_and_graph_attributes():
    x, c = leaf(), agrad.tensor(array)
    y = x * 2
    assert (x.requires_grad, x.is_leaf, x.grad_fn, x.grad) == (True, True, None, None)
    assert (c.requires_grad, c.is_leaf, c.grad_fn, c.grad) == (False, True, None, None)
    assert (y.requires_grad, y.is_leaf, y.grad) == (True, False, None)
    assert repr(y.grad_fn) == "<MultiplyBackward>"
    assert repr(xp.cumulative_sum(x, axis=0).grad_fn) == "<CumulativeSumBackward>"


METHODS = {
    "sum": lambda t: (t.sum(), t.sum(axis=0), t.sum(1, keepdims=True)),
    "mean": lambda t: (t.mean(), t.mean(axis=1)),
    "prod": lambda t: (t.prod(), t.prod(axis=0)),
    "std": lambda t: (t.std(), t.std(axis=1)),
    "var": lambda t: (t.var(), t.var(axis=0)),
    "max": lambda t: (t.max(), t.max(axis=0)),
    "min": lambda t: (t.min(), t.min(axis=1)),
    "argmax": lambda t: (t.argmax(), t.argmax(axis=1)),
    "argmin": lambda t: (t.argmin(), t.argmin(axis=1)),
    "any": lambda t: ((t > 0).any(), (t > 0).any(axis=0)),
    "all": lambda t: ((t > 0).all(), (t > 0).all(axis=0)),
    "reshape": lambda t: (t.reshape(3, 2), t.reshape((3, 2)), t.reshape(-1)),
    "flatten": lambda t: (t.flatten(),),
    "astype": lambda t: (t.astype(np.float32), t.astype(np.int64)),
    "squeeze": lambda t: (t.reshape(1, 6).squeeze(0),),
    "clip": lambda t: (t.clip(-1.0, 1.0),),
    "conj": lambda t: (t.conj(),),
    "round": lambda t: (t.round(),),
}


@pytest.mark.parametrize("name", METHODS)
def test_everyday_methods_equal_numpys_and_follow(name):
    x = leaf()
    for y, expected in zip(METHODS[name](x), METHODS[name](array), strict=True):
        assert y.dtype == expected.dtype
        np.testing.assert_allclose(y.array, expected, rtol=1e-14)
        assert y.requires_grad == (y.dtype in (xp.float32, xp.float64))


def test_variance_takes_numpys_and_the_standards_correction():
    np.testing.assert_allclose(leaf().var(correction=1).item(), array.var(ddof=1))


def test_clone_stays_in_the_graph():
    x = leaf()
    y = x.clone()
    y *= 3
    assert x.tolist() == array.tolist()
    np.testing.assert_allclose(gradient(y, x), 3 * np.cos(np.arange(6)).reshape(2, 3))


def test_item_and_tolist():
    x = leaf()
    assert type(x.sum().item()) is float
    assert x[0, 0].item() == 1.5
    assert xp.asarray([[7]]).item() == 7
    assert type(xp.asarray(True).item()) is bool
    assert xp.asarray(1 + 2j).item() == 1 + 2j
    assert x.tolist() == array.tolist()
    assert xp.asarray(2.0).tolist() == 2.0
    with pytest.raises(agrad.ShapeError, match="shape") as caught:
        x.item()
    assert isinstance(caught.value, ValueError)


def test_to_device():
    x = leaf()
    y = x.to_device("cpu") * 2
    np.testing.assert_array_equal(gradient(y, x), 2 * np.cos(np.arange(6)).reshape(2, 3))
    with pytest.raises(ValueError, match="gpu"):
        x.to_device("gpu")


# repr and format ------------------------------------------------------------------------------------


def test_repr_shows_values_dtype_and_graph():
    assert repr(agrad.tensor([1.0, 2.0])) == "Tensor([1. 2.], dtype=float64)"
    assert repr(leaf([1.0, 2.0])) == "Tensor([1. 2.], dtype=float64, requires_grad=True)"
    assert repr(leaf([1.0, 2.0]) * 2) == "Tensor([2. 4.], dtype=float64, grad_fn=<MultiplyBackward>)"
    assert repr(xp.sum(leaf([1.0, 2.0]))) == "Tensor(3.0, dtype=float64, grad_fn=<SumBackward>)"
    assert repr(xp.asarray([True])) == "Tensor([ True], dtype=bool)"
    assert repr(agrad.tensor([[1, 2], [3, 4]])) == "Tensor([[1 2]\n        [3 4]], dtype=int64)"
    assert str(agrad.tensor(1.5)) == "Tensor(1.5, dtype=float64)"


def test_repr_inside_transforms_shows_values():
    seen = []

    def f(x):
        seen.append(repr(x * 2))
        return x * x

    agrad.grad(agrad.grad(f))(3.0)
    agrad.jvp(f, (3.0,), (1.0,))
    assert all(text.startswith("Tensor(6.0, dtype=float64") for text in seen)


def test_format():
    x = leaf(1.23456)
    assert f"{x:.2f}" == "1.23"
    assert f"{x * 2:8.3f}" == "   2.469"
    assert f"{x}" == repr(x)
    assert f"{xp.asarray(7):03d}" == "007"
    with pytest.raises((TypeError, ValueError)):
        format(leaf(), ".2f")
    assert agrad.grad(lambda t: t * float(f"{t:.1f}"))(2.0) == 2.0


# Python control flow --------------------------------------------------------------------------------


def test_control_flow_follows_values():
    def f(x):
        y = x
        while xp.sum(y) < 10:
            y = y * 2 if y[0] > 0 else -y
        return xp.sum(y)

    np.testing.assert_array_equal(agrad.grad(f)(np.asarray([1.0, 2.0])), [4.0, 4.0])
    np.testing.assert_array_equal(agrad.grad(f)(np.asarray([-1.0, -2.0])), [-4.0, -4.0])
    assert agrad.jvp(f, (np.asarray([1.0, 2.0]),), (np.ones(2),))[1] == 8.0


def test_truth_values():
    assert leaf(2.0)
    assert not leaf(0.0)
    assert bool(leaf([[1.0]]))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf())
    assert 1.5 in leaf()
    assert 7.0 not in leaf()


def test_integers_serve_as_indices():
    i = xp.asarray(1)
    assert [10, 20][i] == 20
    assert list(range(xp.asarray(2))) == [0, 1]
    assert int(i) == 1
    with pytest.raises(TypeError):
        _ = [10, 20][agrad.tensor(1.0)]


def test_iteration():
    x = leaf()
    total = xp.asarray(0.0)
    for i, row in enumerate(x):
        total = total + (i + 1) * xp.sum(row)
    total.backward()
    np.testing.assert_array_equal(x.grad.array, [[1.0] * 3, [2.0] * 3])
    a, b = x
    assert (a.shape, b.shape) == ((3,), (3,))
    for f in (iter, len, list):
        with pytest.raises(TypeError, match="0-d"):
            f(agrad.tensor(1.0))


# Identity -------------------------------------------------------------------------------------------


def test_hash_by_identity():
    x, y = leaf([1.0]), leaf([1.0])
    assert {x: "x", y: "y"}[x] == "x"
    assert len({x, y, x}) == 2
    before = hash(x)
    with agrad.no_grad():
        x += 1
    assert hash(x) == before


def test_a_tensor_is_never_made_by_calling_the_class():
    with pytest.raises(TypeError):
        agrad.Tensor([1.0])
    assert isinstance(leaf(), agrad.Tensor)
    with pytest.raises(AttributeError):
        leaf().colour = 1


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_copies_of_leaves(duplicate):
    x = leaf()
    xp.sum(x * x).backward()
    made = duplicate(x)
    assert made is not x
    assert (made.requires_grad, made.is_leaf, made.dtype, made.shape) == (True, True, x.dtype, x.shape)
    np.testing.assert_array_equal(made.array, x.array)
    np.testing.assert_array_equal(made.grad.array, x.grad.array)
    with agrad.no_grad():
        made += 1
        made.grad *= 5
    np.testing.assert_array_equal(x.array, array)
    np.testing.assert_array_equal(x.grad.array, 2 * array)
    made.grad = None
    xp.sum(made * 3).backward()
    np.testing.assert_array_equal(made.grad.array, np.full((2, 3), 3.0))
    np.testing.assert_array_equal(x.grad.array, 2 * array)


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))])
def test_copies_of_constants_and_refusal_of_results(duplicate):
    c = agrad.tensor(array)
    made = duplicate(c)
    made *= 0
    np.testing.assert_array_equal(c.array, array)
    assert not made.requires_grad
    with pytest.raises(agrad.GraphError, match="detach"):
        duplicate(leaf() * 2)
    with pytest.raises(agrad.AgradError):
        agrad.grad(lambda x: duplicate(x) * x)(1.0)


def test_deepcopy_shares_no_memory_and_keeps_shared_leaves_shared():
    w = leaf()
    model = {"a": w, "b": [w, None, 3]}
    made = copy.deepcopy(model)
    assert made["a"] is made["b"][0]
    assert made["a"] is not w
    assert not np.shares_memory(made["a"].array, w.array)
