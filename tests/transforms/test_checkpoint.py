"""`checkpoint`: the same derivatives as without it, to every order and in every mode, for less memory."""

from __future__ import annotations

import gc
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.interpret.levels import Trace

xp = agrad.namespace("numpy")
GENERATOR = np.random.default_rng(8)
X = GENERATOR.normal(size=3)
W = GENERATOR.normal(size=(3, 3))


def leaf(data: Any) -> Any:
    return agrad.tensor(data, requires_grad=True)


def both(make: Callable[[Callable[[Any], Any]], Any]) -> tuple[Any, Any]:
    """What is made of `checkpoint`, and of nothing."""
    return make(agrad.checkpoint), make(lambda f: f)


WAYS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "value": lambda f: f,
    "grad": agrad.grad,
    "vjp": lambda f: lambda x: agrad.vjp(f, x)[1](1.0)[0],
    "jvp": lambda f: lambda x: agrad.jvp(f, (x,), (x,))[1],
    "linearize": lambda f: lambda x: agrad.linearize(f, x)[1](x),
    "hvp": lambda f: lambda x: agrad.hvp(f, (x,), (x,)),
    "hessian": agrad.hessian,
    "forward over reverse": lambda f: lambda x: agrad.jvp(agrad.grad(f), (x,), (x,))[1],
    "reverse over forward": lambda f: agrad.grad(lambda x: agrad.jvp(f, (x,), (X,))[1]),
    "third order": lambda f: agrad.grad(lambda x: xp.sum(agrad.hvp(f, (x,), (x,)))),
    "vmap": lambda f: lambda x: agrad.vmap(agrad.grad(f))(np.stack([X, 2 * X, X - 1])),
}


def one_block(around):
    block = around(lambda x: xp.tanh(W @ x) * x)
    return lambda x: xp.sum(block(x) ** 2)


def chain(around):
    block = around(lambda x: xp.sin(xp.tanh(W @ x) + x))
    return lambda x: xp.sum(block(block(block(x))))


def nested(around):
    inner = around(lambda x: xp.tanh(W @ x))
    outer = around(lambda x: inner(inner(x) * x) + x)
    return lambda x: xp.sum(outer(outer(x)) * x)


def several(around):
    block = around(lambda x, y: {"a": x * y, "b": [xp.sin(x), y, 2.0]})

    def f(x):
        out = block(x, x[::-1] * 2)
        return xp.sum(out["a"] * out["b"][0] + out["b"][1] * out["b"][2])

    return f


def closed_over(around):
    def f(x):
        scale = xp.sum(x * x)
        return xp.sum(around(lambda y: xp.exp(-y * y) * scale * x)(xp.sin(x)))

    return f


def in_place(around):
    def block(x):
        y = x * 1
        y[0] = x[1] * x[2]
        y[1:] *= x[:2]
        return y

    run = around(block)
    return lambda x: xp.sum(run(run(x)) * x)


def partly_stopped(around):
    def block(x):
        with agrad.no_grad():
            c = x * x
        return c * x + agrad.stop_gradient(x) * x

    return lambda x: xp.sum(around(block)(x))


def gradient_inside(around):
    run = around(agrad.grad(lambda x: xp.sum(xp.sin(x) * x**2)))
    return lambda x: xp.sum(run(x) * x)


def batch_inside(around):
    run = around(agrad.vmap(lambda row, x: xp.sum(xp.sin(row * x)), in_axes=(0, None)))
    return lambda x: xp.sum(run(W, x) ** 2)


PROGRAMS = [one_block, chain, nested, several, closed_over, in_place, partly_stopped, gradient_inside, batch_inside]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_derivatives_are_those_without(program, way):
    found, expected = both(lambda around: WAYS[way](program(around))(X))
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("outer", ["grad", "jvp"])
@pytest.mark.parametrize("inner", ["grad", "jvp", "vmap"])
def test_closures_of_every_level(outer, inner):
    """f closes over values of an inner transform, which has finished when the outer one walks back."""

    def program(around):
        def f(x):
            def g(w):
                return xp.sum(around(lambda h: xp.tanh(h * w) * x * h)(x * x))

            if inner == "grad":
                return xp.sum(agrad.grad(g)(xp.sin(x)) * x)
            if inner == "jvp":
                return agrad.jvp(g, (xp.sin(x),), (x,))[1]
            return xp.sum(agrad.vmap(g)(xp.stack([x, 2 * x])))

        return WAYS[outer](f)(X)

    found, expected = both(program)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_on_every_backend(space):
    x = space._raw.asarray(X.tolist(), dtype=space._raw.float64)

    def program(around):
        block = around(lambda x: space.sin(x) * space.exp(x))
        return agrad.grad(lambda x: space.sum(block(block(x))))(x)

    found, expected = (np.asarray(space._backend.host(g)) for g in both(program))
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_under_jit():
    jax = pytest.importorskip("jax")
    space = agrad.namespace("jax")
    block = agrad.checkpoint(lambda x: space.sin(x) * space.exp(x))
    g = agrad.grad(lambda x: space.sum(block(block(x))))
    x = jax.numpy.asarray(X, dtype="float32")
    np.testing.assert_allclose(jax.jit(g)(x), g(x), rtol=1e-5)


# Leaves and the imperative side -----------------------------------------------------------------------


def test_leaves_that_are_closed_over_get_gradients():
    def run(around):
        w, x = leaf(W), leaf(X)
        block = around(lambda h: xp.tanh(w @ h) + h)
        xp.sum(block(block(x))).backward()
        return w.grad.array, x.grad.array

    for found, expected in zip(*both(run), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_backward_frees_retains_and_creates_a_graph():
    def make():
        x = leaf(X)
        return x, xp.sum(agrad.checkpoint(lambda x: xp.sin(x) ** 2)(x))

    x, y = make()
    y.backward(retain_graph=True)
    y.backward()
    np.testing.assert_allclose(x.grad.array, 2 * np.sin(2 * X))
    with pytest.raises(agrad.GraphError, match="freed"):
        y.backward()
    x, y = make()
    y.backward(create_graph=True)
    g, x.grad = x.grad, None
    xp.sum(g).backward()
    np.testing.assert_allclose(x.grad.array, 2 * np.cos(2 * X), rtol=1e-12)


def test_a_pullback_may_be_called_often():
    runs = []

    def f(x):
        runs.append(None)
        return xp.sin(x)

    out, pullback = agrad.vjp(agrad.checkpoint(f), X)
    for k in (1.0, 2.0):
        np.testing.assert_allclose(pullback(np.full(3, k))[0], k * np.cos(X))
    np.testing.assert_allclose(out, np.sin(X))
    assert len(runs) == 3


def test_several_results_run_it_again_once():
    runs = []

    def f(x):
        runs.append(None)
        return x * x, xp.sin(x), x[0]

    a, b, c = agrad.checkpoint(f)(x := leaf(X))
    xp.sum(a * b + c).backward()
    assert len(runs) == 2
    np.testing.assert_allclose(x.grad.array, 2 * X * np.sin(X) + X**2 * np.cos(X) + [3.0, 0.0, 0.0])


def test_results_that_no_gradient_reaches():
    a, b = agrad.checkpoint(lambda x: (x * 2, x * 3))(x := leaf(X))
    xp.sum(b).backward()
    np.testing.assert_array_equal(x.grad.array, [3.0, 3.0, 3.0])
    assert a.requires_grad
    out = agrad.checkpoint(lambda x: (x, agrad.stop_gradient(x), 7, "text"))(x)
    assert out[0].is_leaf and not out[1].requires_grad and out[2:] == (7, "text")


def test_hooks():
    seen: list[str] = []

    def f(x):
        y = xp.sin(x)
        y.register_hook(lambda g: seen.append("inside"))
        return y * 2

    x = leaf(X)
    y = agrad.checkpoint(f)(x)
    y.register_hook(lambda g: g * 10)
    y.retain_grad()
    xp.sum(y).backward()
    assert seen == ["inside"]
    np.testing.assert_allclose(x.grad.array, 20 * np.cos(X))
    np.testing.assert_allclose(y.grad.array, np.full(3, 10.0))


def test_hooks_inside_alone():
    x = leaf(X)
    y = agrad.checkpoint(lambda x: _with_hook(xp.sin(x)) * 2)(x)
    xp.sum(y).backward()
    np.testing.assert_allclose(x.grad.array, 6 * np.cos(X))


def _with_hook(t):
    t.register_hook(lambda g: g * 3)
    return t


def test_arguments_may_be_rebound_afterwards():
    x, other = leaf(X), agrad.tensor(X)
    y = x * 1
    out = agrad.checkpoint(lambda y, other: xp.sin(y) * other)(y, other)
    y *= 7.0
    other += 1.0
    xp.sum(out).backward()
    np.testing.assert_allclose(x.grad.array, np.cos(X) * X)


def test_arguments_may_be_changed_inside():
    def f(y):
        y *= 2.0
        return y * y

    def run(around):
        x = leaf(X)
        y = x * 1
        out = around(f)(y)
        xp.sum(out + y).backward()
        return x.grad.array, y.detach().array

    for found, expected in zip(*both(run), strict=True):
        np.testing.assert_allclose(found, expected)


def test_keywords_and_name():
    def f(x, *, power=2):
        """Doc."""
        return x**power

    c = agrad.checkpoint(f)
    assert (c.__name__, c.__doc__) == ("f", "Doc.")
    np.testing.assert_allclose(agrad.grad(lambda x: xp.sum(c(x, power=3)))(X), 3 * X**2)
    y = leaf(X)
    xp.sum(agrad.checkpoint(lambda x, y: x * y)(X, y=y)).backward()
    np.testing.assert_allclose(y.grad.array, X)
    assert repr(c(leaf(X)).grad_fn) == "<CheckpointBackward>"


def test_nothing_followed_costs_nothing():
    runs = []
    c = agrad.checkpoint(lambda x: runs.append(None) or x * 2)
    assert type(c(X)) is np.ndarray
    with agrad.no_grad():
        assert not c(leaf(X)).requires_grad
    assert len(runs) == 2


# What has to be the same ------------------------------------------------------------------------------


def test_a_tensor_that_was_changed_in_between_is_refused():
    w = leaf(X)
    state = w * 2
    x = leaf(X)
    out = agrad.checkpoint(lambda x: x * state)(x)
    state += 1.0
    with pytest.raises(agrad.GraphError, match="read a Tensor that was changed in place"):
        xp.sum(out).backward()


@pytest.mark.parametrize("other", [lambda x: x[:2], lambda x: (), lambda x: 2.0, lambda x: xp.astype(x, xp.float32)])
def test_another_result_is_refused(other):
    runs: list[Any] = []

    def f(x):
        runs.append(None)
        return x * 2 if len(runs) == 1 else other(x)

    out = agrad.checkpoint(f)(leaf(X))
    with pytest.raises(agrad.GraphError, match="another result than before"):
        xp.sum(out).backward()


def test_an_error_of_the_second_run_is_raised():
    runs: list[Any] = []

    def f(x):
        runs.append(None)
        if len(runs) == 2:
            raise ValueError("the second time")
        return xp.sin(x)

    x = leaf(X)
    out = agrad.checkpoint(f)(x)
    with pytest.raises(ValueError, match="the second time"):
        xp.sum(out).backward()
    kept: list[Any] = []
    with pytest.raises(ValueError, match="the second time"):
        runs.clear()
        agrad.grad(lambda x: kept.append(x) or xp.sum(agrad.checkpoint(f)(x)))(X)
    with pytest.raises(agrad.EscapedTensorError):
        kept[0] * 2


def test_transforms_are_finished_again_afterwards():
    kept: list[Any] = []

    def f(x):
        kept.append(x)
        return xp.sin(x)

    agrad.grad(lambda x: xp.sum(agrad.checkpoint(f)(x)))(X)
    assert len(kept) == 2
    for t in kept:
        with pytest.raises(agrad.EscapedTensorError):
            t * 2
        assert isinstance(t._node.trace, Trace) and not t._node.trace.recording


def test_random_numbers_are_repeated(space):
    name = space._backend.name
    x = space._raw.asarray(X.tolist(), dtype=space._raw.float64)

    def program(around):
        g = agrad.random.Generator(4, backend=name)
        drawn = []

        def noisy(x):
            noise = space.astype(g.normal((3,)), x.dtype)
            drawn.append(noise)
            return x * noise * space.sin(x)

        block = around(noisy)
        gradient = agrad.grad(lambda x: space.sum(block(block(x)) * space.astype(g.uniform((3,)), x.dtype)))(x)
        return gradient, g.normal((2,)).array, len(drawn)

    (found, after, runs), (expected, as_after, plain_runs) = both(program)
    host = space._backend.host
    np.testing.assert_allclose(np.asarray(host(found)), np.asarray(host(expected)), rtol=1e-12)
    np.testing.assert_array_equal(np.asarray(host(after)), np.asarray(host(as_after)))
    assert (runs, plain_runs) == (4, 2)


def test_random_numbers_in_nested_checkpoints():
    def program(around):
        g = agrad.random.Generator(4, backend="numpy")
        inner = around(lambda x: xp.tanh(x * g.normal((3,))))
        outer = around(lambda x: inner(inner(x) + g.uniform((3,))) * x)
        return agrad.hessian(lambda x: xp.sum(outer(outer(x))))(X)

    found, expected = both(program)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13)


# Memory and threads -----------------------------------------------------------------------------------


def test_a_chain_of_blocks_takes_less_memory():
    """64 blocks in 8 pieces hold 8 results and the values of 8 blocks; of those, four to a block."""
    x = np.ones(50_000)

    def block(x):
        return xp.sin(x * 0.5) + xp.exp(-x * x)

    def piece(x):
        for _ in range(8):
            x = block(x)
        return x

    def peak(run: Callable[[Any], Any]) -> int:
        def loss(x):
            for _ in range(8):
                x = run(x)
            return xp.sum(x)

        gc.collect()
        tracemalloc.start()
        agrad.grad(loss)(x)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(agrad.checkpoint(piece)) <= 0.3 * peak(piece)


def test_what_is_dropped_is_freed():
    x = leaf(X)
    out = agrad.checkpoint(lambda x: xp.sin(x) * 2)(x)
    node = weakref.ref(out._node.parents)
    gc.disable()
    try:
        del out
        assert node() is None
    finally:
        gc.enable()


def test_two_threads_walk_one_graph():
    x = leaf(X)
    out, pullback = agrad.vjp(agrad.checkpoint(lambda x: xp.sin(xp.sin(x) * x)), X)
    expected = pullback(np.ones(3))[0]
    found: list[Any] = []

    def walk() -> None:
        for _ in range(50):
            found.append(pullback(np.ones(3))[0])

    threads = [threading.Thread(target=walk) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 200
    for g in found:
        np.testing.assert_array_equal(g, expected)
    assert out.shape == x.shape
