"""Transforms inside transforms, inside threads, around leaves and inside no_grad: free of perturbation confusion."""

import functools
import itertools
import operator
import threading
from concurrent.futures import ThreadPoolExecutor

import mpmath
import numpy as np
import pytest

import agrad

xp = agrad.namespace("numpy")
one = np.ones(())


def by_vjp(f):
    return lambda x: agrad.vjp(f, x)[1](one)[0]


def by_jvp(f):
    return lambda x: agrad.jvp(f, (x,), (one,))[1]


def by_linearize(f):
    return lambda x: agrad.linearize(f, x)[1](one)


def by_hvp(f):
    """The derivative as a mixed second derivative: of s * f(t)."""
    return lambda x: agrad.hvp(lambda s, t: s * f(t), (one, x), (one, 0 * one))[1]


DERIVATIVES = {
    "grad": agrad.grad,
    "vjp": by_vjp,
    "jvp": by_jvp,
    "linearize": by_linearize,
    "jacobian rev": functools.partial(agrad.jacobian, mode="rev"),
    "jacobian fwd": functools.partial(agrad.jacobian, mode="fwd"),
    "hvp": by_hvp,
}


def compose(names, f):
    for name in names:
        f = DERIVATIVES[name](f)
    return f


@pytest.mark.parametrize("names", list(itertools.product(DERIVATIVES, repeat=2)), ids="/".join)
def test_every_pair_of_modes_gives_the_second_derivative(names):
    def f(x):
        return xp.sin(x) * x**4 / (1 + x)

    exact = float(mpmath.diff(lambda t: mpmath.sin(t) * t**4 / (1 + t), 1.3, 2))
    np.testing.assert_allclose(compose(names, f)(1.3), exact, rtol=1e-11)


@pytest.mark.parametrize("names", list(itertools.product(DERIVATIVES, repeat=3)), ids="/".join)
def test_every_triple_of_modes_gives_the_third_derivative(names):
    def f(x):
        return xp.exp(x * x) * xp.sin(x)

    exact = float(mpmath.diff(lambda t: mpmath.exp(t * t) * mpmath.sin(t), 0.7, 3))
    np.testing.assert_allclose(compose(names, f)(0.7), exact, rtol=1e-11)


@pytest.mark.parametrize("inner", DERIVATIVES)
@pytest.mark.parametrize("outer", DERIVATIVES)
def test_perturbation_confusion(outer, inner):
    d, e = DERIVATIVES[outer], DERIVATIVES[inner]
    assert float(d(lambda x: x * e(lambda y: x + y)(1.0))(3.0)) == pytest.approx(1.0)
    assert float(d(lambda x: e(lambda y: x * x)(1.0))(3.0)) == 0.0
    assert float(d(lambda x: e(lambda y: x * y)(2.0))(3.0)) == pytest.approx(1.0)
    assert float(d(lambda x: x * e(lambda y: x * x * y * y)(x))(3.0)) == pytest.approx(216.0)
    assert float(d(lambda x: e(lambda x: x * x)(x) * x)(3.0)) == pytest.approx(12.0)
    assert float(d(lambda x: e(lambda y: e(lambda w: w * y * x)(y) * y)(x))(3.0)) == pytest.approx(12.0)


def test_a_known_trap_of_closures_that_escape_as_functions():
    """d/dx of a function that returns a function (Manzyuk et al., 2019)."""

    def curried(f):
        return agrad.jvp(lambda x: f(x), (2.0,), (1.0,))[1]

    assert curried(lambda x: curried(lambda y: x * y)) == 1.0
    assert curried(lambda x: x * curried(lambda y: x * y * y)) == 4 * 2 * 2.0


def test_mixed_shapes_through_levels():
    x = np.asarray([0.5, -1.0, 2.0])

    def f(x, s):
        return xp.sum(xp.sin(x * s) * x[::-1])

    def inner(s):
        return xp.sum(agrad.grad(f)(x, s) ** 2)

    h = 1e-6
    np.testing.assert_allclose(agrad.grad(inner)(1.1), (inner(1.1 + h) - inner(1.1 - h)) / (2 * h), rtol=1e-8)
    np.testing.assert_allclose(agrad.jvp(inner, (1.1,), (1.0,))[1], agrad.grad(inner)(1.1), rtol=1e-13)

    def again(v):
        return xp.sum(agrad.jvp(lambda t: agrad.grad(f)(t, v[0]), (v,), (v * 2,))[1])

    agrad.check_grads(again, (x,), order=2)


def test_inner_results_of_several_and_composites():
    def inner(s):
        m = xp.asarray([[2.0, 0.5], [0.5, 1.0]]) * s
        return agrad.grad(lambda m: xp.sum(xp.linalg.eigh(m)[0] ** 2) + xp.var(m) * s)(m)

    agrad.check_grads(lambda s: xp.sum(inner(s) * inner(s)), (1.3,), order=2)


def test_pullbacks_are_differentiable_in_their_cotangents():
    x = np.asarray([0.5, -1.0])
    _, pullback = agrad.vjp(xp.sin, x)
    j = agrad.jacobian(lambda ct: pullback(ct)[0])(np.ones(2))
    np.testing.assert_allclose(j, np.diag(np.cos(x)))

    def outer(s):
        _, pullback = agrad.vjp(lambda t: xp.sin(t * s), x)
        return xp.sum(pullback(x * s)[0])

    agrad.check_grads(outer, (1.2,), order=2)


def test_a_pullback_made_outside_used_inside():
    _, pullback = agrad.vjp(lambda t: t * t, 3.0)
    assert agrad.grad(lambda x: pullback(x)[0] * x)(2.0) == 24.0
    assert agrad.jvp(lambda x: pullback(x)[0] * x, (2.0,), (1.0,)) == (24.0, 24.0)


# Leaves of the user ---------------------------------------------------------------------------------------


def test_leaves_inside_transforms():
    w = agrad.tensor(2.0, requires_grad=True)
    x = np.asarray([1.0, 3.0])
    value, g = agrad.value_and_grad(lambda x: xp.sum(w * x * x))(x)
    assert isinstance(g, agrad.Tensor)
    assert g.requires_grad
    assert value.requires_grad
    xp.sum(g).backward()
    assert w.grad.item() == 8.0
    for make, expected in (
        (lambda: xp.sum(agrad.hessian(lambda x: xp.sum(w * x**3))(x)), 24.0),
        (lambda: xp.sum(agrad.jacobian(lambda x: w * x * x)(x)), 8.0),
        (lambda: xp.sum(agrad.jvp(lambda x: w * w * x, (x,), (x,))[1]), 16.0),
        (lambda: xp.sum(agrad.hvp(lambda x: xp.sum(w * x**3), (x,), (x,))), 60.0),
        (lambda: xp.sum(agrad.vjp(lambda x: w * x, x)[1](x)[0]), 4.0),
        (lambda: agrad.grad(lambda x: x**3 * w)(w), 36.0),
        (lambda: agrad.grad(lambda x: xp.sum(w * w * x[0]))(x)[0], 4.0),
    ):
        w.grad = None
        make().backward()
        assert w.grad.item() == pytest.approx(expected)


def test_create_graph_through_transforms():
    w = agrad.tensor(2.0, requires_grad=True)
    agrad.grad(lambda x: x**3 * w**3)(1.5).backward(create_graph=True)
    g = w.grad
    assert g.item() == 3 * 1.5**2 * 3 * 4
    w.grad = None
    g.backward()
    assert w.grad.item() == 3 * 1.5**2 * 6 * 2


def test_closures_over_outer_values():
    outer = np.asarray([1.0, 2.0])
    constant = agrad.tensor(outer)

    def f(x, w):  # the sum of w (2 w w x)
        return xp.sum(w * agrad.grad(lambda y: xp.sum(w * y * y * x))(w))

    np.testing.assert_allclose(agrad.grad(lambda x: f(x, outer))(outer), 2 * outer**3)
    np.testing.assert_allclose(agrad.grad(lambda x: f(x, constant))(outer), 2 * outer**3)


# no_grad ----------------------------------------------------------------------------------------------

MODES = {"rev": agrad.grad, "fwd": by_jvp}
modes = pytest.mark.parametrize("d", MODES.values(), ids=MODES)


@modes
def test_no_grad_inside_stops_gradients(d):
    def f(x):
        with agrad.no_grad():
            y = x * x
        return x * y

    def followed(x):
        with agrad.no_grad(), agrad.enable_grad():
            return x * x

    @agrad.no_grad()
    def decorated(x):
        return x * x

    assert d(f)(3.0) == 9.0
    assert d(followed)(3.0) == 6.0
    assert d(lambda x: decorated(x) * x)(3.0) == 9.0
    assert d(lambda x: agrad.no_grad()(lambda: x * x)())(3.0) == 0.0


@modes
def test_no_grad_outside_does_not_disable_a_transform(d):
    with agrad.no_grad():
        assert d(lambda x: x * x)(3.0) == 6.0
        assert d(d(lambda x: x**3))(3.0) == 18.0
        assert agrad.hessian(lambda x: x**3)(3.0) == 18.0
        assert agrad.linearize(lambda x: x * x, 3.0)[1](1.0) == 6.0
    _, pullback = agrad.vjp(lambda x: x * x, 3.0)
    with agrad.no_grad():
        assert pullback(1.0) == (6.0,)


@modes
def test_no_grad_between_two_transforms(d):
    for e in MODES.values():

        def around(x, e=e):
            with agrad.no_grad():
                inner = e(lambda y: y * y * x)(2.0)  # 4 x, a constant to the outer one
            return inner * x

        def within(x, e=e):
            def f(y):
                with agrad.no_grad():
                    z = y * x
                return z * y  # d/dy = y x, at 2: 2 x, a constant to the outer one

            return e(f)(2.0) * x

        assert d(around)(3.0) == 12.0
        assert d(within)(3.0) == 6.0


@modes
def test_no_grad_outside_keeps_leaves_out(d):
    w = agrad.tensor(2.0, requires_grad=True)
    with agrad.no_grad():
        g = d(lambda x: x * x * w)(3.0)
    assert g == 12.0
    assert not getattr(g, "requires_grad", False)


# Tensors that outlive their transform -----------------------------------------------------------------------

USES = {
    "operator": lambda t: t + 1,
    "reflected": lambda t: 2.0 * t,
    "function": xp.sin,
    "general": lambda t: xp.linalg.vector_norm(t),
    "composite": xp.var,
    "list": lambda t: xp.stack([t, t]),
    "no derivative": xp.isnan,
    "comparison": lambda t: t > 0,
    "index": lambda t: t[...],
    "write": lambda t: t.__setitem__(..., 0.0),
    "into another": lambda t: xp.zeros(2).__setitem__(0, t),
    "in place": lambda t: operator.iadd(t, 1),
    "item": lambda t: t.item(),
    "array": lambda t: t.array,
    "bool": bool,
    "backward": lambda t: t.backward(),
    "argument": lambda t: agrad.grad(lambda x: x * t)(1.0),
    "in no_grad": lambda t: agrad.no_grad()(lambda: t * 2)(),
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
@modes
def test_escaped_tensors_raise(d, use):
    kept = []

    def f(x):
        kept.extend([x, x * 2])
        return x * x

    d(f)(1.0)
    for t in kept:
        with pytest.raises(agrad.AgradError) as caught:
            use(t)
        assert isinstance(caught.value, RuntimeError | TypeError)
    assert "Tensor(" in repr(kept[1])


def test_escaped_tensors_raise_after_a_failure_too():
    kept = []

    def f(x):
        kept.append(x * 2)
        raise KeyError

    with pytest.raises(KeyError):
        agrad.grad(f)(1.0)
    with pytest.raises(agrad.EscapedTensorError) as caught:
        kept[0] + 1
    assert isinstance(caught.value, RuntimeError)


def test_an_inner_tensor_in_the_outer_function():
    kept = []

    def outer(x):
        agrad.grad(lambda y: (kept.append(y * x), y * y)[1])(1.0)
        return x * kept[0]

    with pytest.raises(agrad.EscapedTensorError):
        agrad.grad(outer)(2.0)
    assert agrad.grad(lambda x: x * x)(2.0) == 4.0


def test_stale_pullbacks_and_linearizations():
    kept = []

    def f(x):
        kept.append(agrad.vjp(lambda y: y * x, 1.0)[1])
        kept.append(agrad.linearize(lambda y: y * y * x, 1.0)[1])
        return x * x

    agrad.grad(f)(2.0)
    agrad.jvp(f, (2.0,), (1.0,))
    for function in kept:
        with pytest.raises(agrad.EscapedTensorError):
            function(1.0)


@modes
def test_an_escaped_tensor_as_result_or_argument(d):
    kept = []
    d(lambda x: (kept.append(x * 2), x)[1])(1.0)
    with pytest.raises(agrad.EscapedTensorError):
        d(lambda x: kept[0])(1.0)
    with pytest.raises(agrad.EscapedTensorError):
        d(lambda x: x)(kept[0])


def test_exceptions_restore_state_at_every_level():
    def failing(x):
        if x > 0:
            raise KeyError
        return x

    def nested(x):
        with agrad.no_grad():
            return agrad.jvp(lambda y: agrad.vjp(failing, y * x)[0], (x,), (1.0,))

    for transform in (agrad.grad(nested), agrad.jacobian(nested), agrad.hessian(nested)):
        with pytest.raises(KeyError):
            transform(1.0)
    x = agrad.tensor(3.0, requires_grad=True)
    y = x * x
    assert y.requires_grad
    y.backward()
    assert x.grad.item() == 6.0


def test_an_exception_caught_inside():
    def f(x):
        with pytest.raises(IndexError):
            agrad.grad(lambda y: y[5])(x * np.ones(2))
        return x * x

    assert agrad.grad(f)(3.0) == 6.0


# Threads ----------------------------------------------------------------------------------------------


@modes
def test_threads_inside_a_transformed_function(d):
    def f(x):
        with ThreadPoolExecutor(4) as pool:
            parts = list(pool.map(lambda i: d(lambda y: y * y * x * i)(2.0), range(8)))  # 4 x i
        return functools.reduce(operator.add, parts) * x  # 112 x^2

    assert agrad.grad(f)(3.0) == 672.0
    assert agrad.jvp(f, (3.0,), (1.0,)) == (1008.0, 672.0)
    assert agrad.grad(agrad.grad(f))(3.0) == 224.0


def test_threads_each_with_their_own_transforms():
    def work(i):
        x = 0.1 * i
        return [
            float(agrad.hessian(lambda t: t**4)(x)),
            float(agrad.grad(lambda t: t * agrad.grad(lambda y: t + y)(1.0))(x)),
            float(agrad.jvp(agrad.grad(xp.sin), (x,), (1.0,))[1]),
        ]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(work, range(60)))
    x = 0.1 * np.arange(60)
    np.testing.assert_allclose(found, np.stack([12 * x**2, np.ones(60), -np.sin(x)], axis=1), rtol=1e-12, atol=1e-15)


def test_a_thread_that_meets_a_finished_transform():
    ready, done = threading.Event(), threading.Event()
    kept, caught = [], []

    def late():
        ready.set()
        done.wait(10)
        try:
            kept[0] * 2
        except agrad.EscapedTensorError as error:
            caught.append(error)

    thread = threading.Thread(target=late)

    def f(x):
        kept.append(x)
        thread.start()
        ready.wait(10)
        return x * x

    assert agrad.grad(f)(3.0) == 6.0
    done.set()
    thread.join()
    assert len(caught) == 1


def test_no_grad_in_one_thread_and_a_transform_in_another():
    inside, leave = threading.Event(), threading.Event()

    def hold():
        with agrad.no_grad():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(10)
    try:
        assert agrad.grad(lambda x: x * x)(3.0) == 6.0
        assert agrad.hessian(lambda x: x**3)(3.0) == 18.0
    finally:
        leave.set()
        thread.join()


def test_transforms_leave_plain_arguments_alone():
    x = np.asarray([1.0, 2.0])
    x.flags.writeable = False
    agrad.hessian(lambda x: xp.sum(x**3))(x)
    agrad.linearize(lambda x: x * x, x)[1](x)
    agrad.jvp(agrad.grad(lambda x: xp.sum(x**3)), (x,), (x,))
    np.testing.assert_array_equal(x, [1.0, 2.0])
