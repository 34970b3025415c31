"""Threads that share leaves, hooks and retained gradients lose nothing."""

import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import agrad

xp = agrad.namespace("numpy")
N = 8


@pytest.fixture
def hasty():
    """Threads take turns as often as Python lets them."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.fixture
def meeting(monkeypatch):
    """Additions of Tensors in which two threads wait for each other: both have read what they are going to replace."""
    together = threading.Barrier(2)
    cls = type(agrad.tensor(1.0))
    agrad.tensor(1.0) + 1.0  # so that the operator is the one that is made at first use
    add, met = cls.__add__, []

    def meeting_add(self, other):
        try:
            together.wait(1)
            met.append(True)
        except threading.BrokenBarrierError:  # the other one is done, or has to wait its turn
            pass
        return add(self, other)

    monkeypatch.setattr(cls, "__add__", meeting_add)
    yield met
    assert met, "no two threads were ever adding at the same time"


def everywhere(work, n=N):
    """Run `work(i)` in n threads that start together."""
    start = threading.Barrier(n)

    def one(i):
        start.wait(10)
        return work(i)

    with ThreadPoolExecutor(n) as pool:
        return list(pool.map(one, range(n)))


@pytest.mark.parametrize("create_graph", [False, True])
def test_two_that_accumulate_at_once(meeting, create_graph):
    x = agrad.tensor([1.0, 2.0], requires_grad=True)
    x.grad = np.zeros(2)
    graphs = [xp.sum(x * x), xp.sum(x * 10.0)]
    everywhere(lambda i: graphs[i].backward(create_graph=create_graph), 2)
    assert x.grad.tolist() == [12.0, 14.0]
    if create_graph:
        total = xp.sum(x.grad)
        x.grad = None
        total.backward()
        assert x.grad.tolist() == [2.0, 2.0]


def test_two_that_retain_at_once(meeting):
    x = agrad.tensor([1.0, 2.0], requires_grad=True)
    y = x * 3.0
    y.retain_grad()
    xp.sum(y).backward(retain_graph=True)
    graphs = [xp.sum(y * 10.0), xp.sum(y * 100.0)]
    everywhere(lambda i: graphs[i].backward(retain_graph=True), 2)
    assert y.grad.tolist() == [111.0, 111.0]
    assert x.grad.tolist() == [333.0, 333.0]


def test_eight_threads_on_one_large_leaf(hasty):
    size, rounds = 200_000, 5
    x = agrad.tensor(np.ones(size), requires_grad=True)

    def work(i):
        for _ in range(rounds):
            xp.sum(x * float(i)).backward()

    everywhere(work)
    np.testing.assert_array_equal(x.grad.array, np.full(size, rounds * sum(range(N)), float))


def test_eight_threads_on_many_small_leaves(hasty):
    leaves = [agrad.tensor(1.0, requires_grad=True) for _ in range(20)]

    def work(i):
        for k in range(20):
            (xp.sum(xp.stack(leaves)) * float(i + 1)).backward(create_graph=bool(k % 2))

    everywhere(work)
    assert [x.grad.item() for x in leaves] == [20.0 * sum(range(1, N + 1))] * 20


def test_hooks_registered_at_once_are_all_called(hasty):
    for _ in range(20):
        y = agrad.tensor(2.0, requires_grad=True) * 1.0
        seen = []
        handles = everywhere(lambda i, y=y, seen=seen: y.register_hook(lambda g: seen.append(i)))
        handles[3].remove()
        y.backward()
        assert sorted(seen) == [0, 1, 2, 4, 5, 6, 7]


def test_hooks_run_without_a_lock():
    """A hook that has another thread do a backward of its own, into the same leaf, waits for nobody."""
    x = agrad.tensor(2.0, requires_grad=True)

    def elsewhere(g):
        with ThreadPoolExecutor(1) as pool:
            pool.submit(lambda: (x * 10.0).backward()).result(10)

    y = x * 1.0
    y.register_hook(elsewhere)
    x.register_hook(elsewhere_once := Once(elsewhere))
    y.backward()
    assert elsewhere_once.done
    assert x.grad.item() == 21.0


class Once:
    """Call a function the first time only."""

    def __init__(self, function):
        self.function = function
        self.done = False

    def __call__(self, g):
        if not self.done:
            self.done = True
            self.function(g)


def test_threads_walk_one_graph(hasty):
    x = agrad.tensor(np.linspace(0.0, 1.0, 1000), requires_grad=True)
    y = xp.sum(xp.sin(x) * x)
    everywhere(lambda i: y.backward(retain_graph=True))
    np.testing.assert_allclose(x.grad.array, N * (np.cos(x.array) * x.array + np.sin(x.array)), rtol=1e-13)
