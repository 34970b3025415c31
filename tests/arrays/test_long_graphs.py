"""Long chains, and the memory that graphs take and give back."""

import gc
import sys
import tracemalloc
import weakref

import numpy as np
import pytest

import agrad
from leaves import leaf

xp = agrad.namespace("numpy")


# Long chains and memory --------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)])
def test_a_long_chain(length):
    limit = sys.getrecursionlimit()
    x = leaf(1.0)
    y = x
    for _ in range(length):
        y = y + 1.0
    y.backward()
    assert x.grad.item() == 1.0
    del y
    assert sys.getrecursionlimit() == limit


def test_a_long_chain_that_is_only_dropped():
    y = leaf(1.0)
    for _ in range(100_000):
        y = y * 1.0
    node = weakref.ref(y.grad_fn)
    del y
    assert node() is None


@pytest.mark.parametrize(
    "step",
    [
        lambda y: xp.sin(y),
        lambda y: y * y,
        lambda y: y[...],
        lambda y: xp.reshape(y, ()),
        lambda y: xp.stack([y, y])[0],
        lambda y: y.clone(),
    ],
    ids=["sin", "square", "slice", "reshape", "stack", "clone"],
)
def test_long_chains_of_other_operations(step):
    x = leaf(0.5)
    y = x
    for _ in range(20_000):
        y = step(y)
    y.backward(retain_graph=True)
    assert np.isfinite(x.grad.item())
    del y


def test_a_long_chain_in_place_and_with_create_graph():
    x = leaf(1.0)
    y = x * 1
    for _ in range(20_000):
        y += 1.0
    y.backward()
    assert x.grad.item() == 1.0
    x.grad, y = None, x
    for _ in range(20_000):
        y = y * 1.0
    y.backward(create_graph=True)
    assert x.grad.item() == 1.0


def test_a_long_chain_inside_transforms():
    def f(x):
        y = x
        for _ in range(20_000):
            y = y * 1.0
        return y * x

    assert agrad.grad(f)(2.0) == 4.0
    assert agrad.jvp(f, (2.0,), (1.0,))[1] == 4.0
    assert agrad.hessian(f)(2.0) == 2.0


@pytest.mark.parametrize(
    "f",
    [
        xp.sin,
        xp.exp,
        lambda x: x * x,
        xp.linalg.vector_norm,
        xp.sum,
        lambda x: xp.linalg.eigh(xp.eye(2) * x)[0],
        xp.var,
    ],
)
def test_a_dropped_graph_frees_its_nodes_at_once(f):
    gc.collect()
    gc.disable()
    try:
        x = leaf([1.0, 2.0])
        y = f(x * 2)
        y.register_hook(lambda g: None)
        node = weakref.ref(y.grad_fn)
        del y
        assert node() is None
        y = xp.sum(f(x))
        y.backward(create_graph=True)
        node, inner = weakref.ref(y.grad_fn), weakref.ref(x.grad)
        x.grad = None
        del y
        assert node() is None
        assert inner() is None
    finally:
        gc.enable()


def test_hooks_and_retained_gradients_are_collected_with_their_graph():
    def hooked():
        y = leaf(2.0) * 3
        y.register_hook(lambda g: y.item())
        y.backward()
        return weakref.ref(y.grad_fn)

    def retained():
        x = leaf(2.0)
        y = x * x
        y.retain_grad()
        (y * y).backward(create_graph=True)
        return weakref.ref(y.grad_fn)

    nodes = [hooked(), retained()]
    gc.collect()
    assert [node() for node in nodes] == [None, None]


def test_transforms_leave_nothing_behind():
    gc.collect()
    gc.disable()
    try:
        seen = []

        def f(x):
            seen.append(weakref.ref(x))
            y = xp.sin(x) * x
            seen.append(weakref.ref(y))
            return xp.sum(y)

        agrad.grad(f)(np.ones(3))
        agrad.jvp(f, (np.ones(3),), (np.ones(3),))
        agrad.hessian(f)(np.ones(2))
        out, pullback = agrad.vjp(f, np.ones(3))
        pullback(1.0)
        del out, pullback
        assert [r for r in seen if r() is not None] == []
    finally:
        gc.enable()


def test_values_are_freed_as_backward_proceeds():
    n, size = 60, 50_000
    x = leaf(np.ones(size))
    y = x
    for _ in range(n):
        y = xp.sin(y) * 1.0001
    total = xp.sum(y)
    del y
    chain = [total.grad_fn]
    while chain[-1].parents:
        chain.append(chain[-1].parents)
    del chain[-1]  # the leaf
    assert len(chain) == 2 * n + 1
    gc.collect()
    tracemalloc.start()
    try:
        total.backward()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * size * 8, "cotangents pile up"
    assert all(node.saved is None and node.parents is None for node in chain)


def test_a_training_loop_does_not_grow():
    rng = np.random.default_rng(0)
    data, labels = rng.normal(size=(8, 4)), rng.normal(size=8)
    w, b = leaf(np.zeros(4)), leaf(0.0)

    def step():
        w.grad = b.grad = None
        prediction = data @ w + b
        residual = prediction - labels
        loss = xp.mean(residual[1:] ** 2) + residual[0] ** 2
        loss.backward()
        with agrad.no_grad():
            w[:] = w - 0.01 * w.grad
            b.__isub__(0.01 * b.grad)
        return loss

    first = step().item()
    for _ in range(500):
        step()
    gc.collect()
    objects, blocks = len(gc.get_objects()), sys.getallocatedblocks()
    for _ in range(9500):
        last = step()
    gc.collect()
    assert last.item() < first
    assert len(gc.get_objects()) - objects < 100
    assert sys.getallocatedblocks() - blocks < 500


def test_repeated_transforms_do_not_grow():
    grad = agrad.grad(lambda x: xp.sum(xp.sin(x[1:]) * x[0]))
    a = np.ones(4)

    def use():
        grad(a)
        agrad.hessian(lambda x: xp.sum(x**3))(a)
        with agrad.no_grad():
            grad(a)

    for _ in range(50):
        use()
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(200):
        use()
    gc.collect()
    assert len(gc.get_objects()) - before < 50


def test_slicing_one_tensor_often_does_not_grow_it():
    x = leaf(np.ones(10))
    gc.collect()
    tracemalloc.start()
    try:
        for i in range(5000):
            x[i % 10]
        before = tracemalloc.get_traced_memory()[0]
        for i in range(20_000):
            x[i % 10]
        assert tracemalloc.get_traced_memory()[0] - before < 10_000
    finally:
        tracemalloc.stop()
