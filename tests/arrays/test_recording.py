"""What is recorded: `detach`, `requires_grad_`, `no_grad` and `enable_grad`."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import agrad
from leaves import leaf

xp = agrad.namespace("numpy")


# detach and requires_grad_ -------------------------------------------------------------------------------


def test_detach():
    x = leaf([1.0, 2.0])
    y = x * 3
    d = y.detach()
    assert (d.requires_grad, d.is_leaf, d.grad_fn) == (False, True, None)
    xp.sum(y * d).backward()
    assert x.grad.tolist() == [9.0, 18.0]
    d += 100
    assert y.tolist() == [3.0, 6.0]
    d = x.detach()
    d *= 0
    assert x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("make", [agrad.tensor, xp.asarray], ids=["tensor", "asarray"])
def test_a_leaf_of_a_result_is_refused_rather_than_left_without_grad(make):
    with pytest.raises(agrad.GraphError, match="detach") as caught:
        make(leaf([1.0, 2.0]) * 2, requires_grad=True)
    assert isinstance(caught.value, RuntimeError)
    made = make((leaf([1.0, 2.0]) * 2).detach(), requires_grad=True)
    xp.sum(made).backward()
    assert made.grad.tolist() == [1.0, 1.0]


def test_requires_grad_():
    x = agrad.tensor([1.0, 2.0])
    assert x.requires_grad_() is x
    assert x.requires_grad_().requires_grad
    xp.sum(x * x).backward()
    assert x.grad.tolist() == [2.0, 4.0]
    assert x.requires_grad_(False) is x
    assert not (x * 2).requires_grad
    assert not x.requires_grad_(False).requires_grad
    assert (x * 1).requires_grad_().is_leaf
    with pytest.raises(agrad.GraphError, match="detach"):
        (leaf(1.0) * 2).requires_grad_(False)


# no_grad and enable_grad ------------------------------------------------------------------------------------


def follows(x):
    """Whether operations are followed, on every path: specialised, general, composite, assigned."""
    buffer = xp.zeros(2)
    buffer[0] = x
    pair = xp.stack([x, x])
    made = [x * 2, 2.0 + x, xp.sin(x), xp.sum(pair), xp.var(pair), buffer, xp.asarray(x, copy=True)]
    found = {y.requires_grad for y in made}
    assert len(found) == 1
    return found.pop()


def test_no_grad_and_enable_grad_nest():
    x = leaf(3.0)
    assert follows(x)
    with agrad.no_grad():
        assert not follows(x)
        with agrad.enable_grad():
            assert follows(x)
            with agrad.no_grad():
                assert not follows(x)
            assert follows(x)
        assert not follows(x)
        with agrad.no_grad():
            assert not follows(x)
        assert not follows(x)
    assert follows(x)
    with agrad.enable_grad():
        assert follows(x)


def test_one_context_manager_entered_twice():
    x, off = leaf(3.0), agrad.no_grad()
    with off:
        with off:
            assert not follows(x)
        assert not follows(x)
    assert follows(x)
    with off:
        assert not follows(x)


def test_decorators():
    @agrad.no_grad()
    def constant(x):
        """Doc."""
        return x * 2, follows(x), followed(x)

    @agrad.enable_grad()
    def followed(x):
        return follows(x)

    x = leaf(3.0)
    assert (constant.__name__, constant.__doc__) == ("constant", "Doc.")
    y, inside, again = constant(x)
    assert (y.requires_grad, y.item(), inside, again) == (False, 6.0, False, True)
    with agrad.no_grad():
        assert followed(x)
    assert follows(x)


def test_exceptions_restore_the_state():
    x = leaf(3.0)

    @agrad.no_grad()
    def failing():
        raise KeyError

    for _ in range(2):
        with pytest.raises(KeyError):
            failing()
        with pytest.raises(KeyError), agrad.no_grad(), agrad.enable_grad():
            raise KeyError
    assert follows(x)


def test_no_grad_belongs_to_its_thread():
    x = leaf(3.0)
    entered, leave = threading.Event(), threading.Event()
    seen = []

    def other():
        with agrad.no_grad():
            entered.set()
            leave.wait(10)
            seen.append(follows(x))

    thread = threading.Thread(target=other)
    thread.start()
    assert entered.wait(10)
    assert follows(x)
    y = x * x
    y.backward()
    leave.set()
    thread.join()
    assert seen == [False]
    assert x.grad.item() == 6.0
    with agrad.no_grad(), ThreadPoolExecutor(1) as pool:
        assert pool.submit(follows, x).result()
        assert not follows(x)


def test_leaves_can_be_made_in_no_grad_and_backward_runs_there():
    x = leaf(3.0)
    y = x * x
    with agrad.no_grad():
        w = leaf(2.0)
        assert w.requires_grad
        assert not (w * 2).requires_grad
        y.backward()
    assert x.grad.item() == 6.0
    (w * 5).backward()
    assert w.grad.item() == 5.0


def test_values_read_in_no_grad_are_constants():
    x = leaf([1.0, 2.0])
    with agrad.no_grad():
        y = xp.sum(x * x)
        z = x[0]
    assert (y.is_leaf, z.is_leaf, y.requires_grad, z.requires_grad) == (True, True, False, False)
    xp.sum(x * y).backward()
    assert x.grad.tolist() == [5.0, 5.0]


def test_threads_build_and_walk_their_own_graphs():
    def work(i):
        x = leaf(float(i))
        y = x
        for _ in range(50):
            y = y * 1.01 + xp.sin(x)
        y.backward()
        return x.grad.item()

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(40)))
    growth = sum(1.01**k for k in range(50))
    np.testing.assert_allclose(found, [1.01**50 + np.cos(i) * growth for i in range(40)], rtol=1e-12)
