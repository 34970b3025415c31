"""The debug switch that stops at the first nan or inf: what it finds, what it says, and what it leaves alone."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

import agrad
from agrad.interpret.levels import OFF
from agrad.interpret.watching import CALLS, NODES, WALKS
from libraries import LIBRARIES
from strict import install

install()

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(params=["numpy", "torch", "array-api-strict", "jax", "dask"])
def xp(request):
    pytest.importorskip(LIBRARIES[request.param])
    return agrad.namespace(request.param)


@pytest.fixture(autouse=True)
def off_again():
    before = len(OFF)
    yield
    assert (CALLS, NODES, WALKS, len(OFF)) == ([], [], [], before)


def array(xp, *numbers, dtype="float32"):
    return xp.asarray(list(numbers), dtype=getattr(xp, dtype)).array


def raised(function):
    with pytest.raises(agrad.AnomalyError) as caught, agrad.detect_anomaly():
        function()
    return str(caught.value)


def here(back):
    """Where the line is that stands `back` lines above the caller's."""
    frame = inspect.currentframe().f_back
    return f"{frame.f_code.co_filename}:{frame.f_lineno - back}"


# What is found ----------------------------------------------------------------------------------------


def test_born_in_the_computation(xp):
    lines = []

    def f(x):
        y = xp.exp(x) * 2
        lines.append(here(-1))
        z = xp.log(x) * y
        return xp.sum(z)

    message = raised(lambda: agrad.grad(f)(array(xp, 0.0, 1.0)))
    assert message.startswith("an inf was made by 'log' of shape (2,) at ")
    assert lines[0] in message and "(z = xp.log(x) * y)" in message
    assert "apply xp.where to the argument" in message
    assert raised(lambda: agrad.grad(f)(array(xp, -1.0, 1.0))).startswith("a nan was made by 'log'")


MADE = {
    "divide": lambda xp, x: x / (x - x),
    "pow": lambda xp, x: (x - x) ** -1.0,
    "multiply": lambda xp, x: x * 3e38 * 3.0,
    "sqrt": lambda xp, x: xp.sqrt(-x),
    "mean": lambda xp, x: xp.mean(x[:0]) + xp.sum(x),
    "subtract": lambda xp, x: x * np.inf - x * np.inf,
    "vector_norm": lambda xp, x: xp.linalg.vector_norm(x * 1e30),
    "logaddexp": lambda xp, x: xp.sum(xp.logaddexp(x, x)) / 0.0,
}


@pytest.mark.parametrize("f", MADE.values(), ids=MADE)
@pytest.mark.parametrize("way", ["grad", "jvp", "leaf", "constant"])
def test_in_every_interpretation(f, way):
    xp = agrad.namespace("numpy")
    x = array(xp, 1.0, 2.0)
    made = {
        "grad": lambda: agrad.grad(lambda x: xp.sum(f(xp, x)))(x),
        "jvp": lambda: agrad.jvp(lambda x: f(xp, x), (x,), (x,)),
        "leaf": lambda: f(xp, agrad.tensor(x, requires_grad=True)),
        "constant": lambda: f(xp, agrad.tensor(x)),
    }[way]
    assert "test_anomaly.py" in raised(made)


def test_born_on_the_way_back(xp):
    def f(x):
        y = xp.sqrt(x)
        return xp.sum(y)

    line = here(3)
    message = raised(lambda: agrad.grad(f)(array(xp, 0.0, 4.0)))
    assert message.startswith("an inf was made by the backward pass of 'sqrt' of shape (2,) at ")
    assert line in message and message.endswith("(y = xp.sqrt(x)), whose cotangent has none")


def guarded(xp, x):
    root = xp.sqrt(x)
    return xp.sum(xp.where(x > 0, root * 2, 0.0))


def safe(xp, x):
    return xp.sum(xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, 1.0)) * 2, 0.0))


def test_zero_times_infinity_behind_a_where(xp):
    x = array(xp, 0.0, 4.0)
    message = raised(lambda: agrad.grad(lambda x: guarded(xp, x))(x))
    assert message.startswith("a nan was made by the backward pass of 'sqrt'") and "(root = xp.sqrt(x))" in message
    assert "as 0 * inf: its derivative is infinite where its cotangent is 0, for 'where' of shape" in message
    assert "(return xp.sum(xp.where(x > 0, root * 2, 0.0))) takes another value there" in message
    assert "xp.where(ok, f(xp.where(ok, x, 1.0)), 0.0)" in message
    with agrad.detect_anomaly():  # the way that it names
        found = agrad.grad(lambda x: safe(xp, x))(x)
    np.testing.assert_allclose(np.asarray(found), [0.0, 0.5])


def test_zero_times_infinity_without_a_where(xp):
    message = raised(lambda: agrad.grad(lambda x: xp.sum(xp.sqrt(x) * 0.0))(array(xp, 0.0, 4.0)))
    assert "as 0 * inf: its derivative is infinite where its cotangent is 0; apply xp.where" in message


@pytest.mark.parametrize("choose", ["maximum", "clip", "max"])
def test_other_ops_that_choose(choose):
    xp = agrad.namespace("numpy")
    chosen = {
        "maximum": lambda y: xp.maximum(y, 1.0),
        "clip": lambda y: xp.clip(y, 1.0, 9.0),
        "max": lambda y: xp.max(y),
    }[choose]
    message = raised(lambda: agrad.grad(lambda x: xp.sum(chosen(xp.sqrt(x))))(array(xp, 0.0, 4.0)))
    assert "0 * inf" in message and f"for {choose!r} of shape" in message


def test_imperative_second_order_and_pullbacks(xp):
    def cube_root(x):
        return xp.sum(x**1.5)

    x = agrad.tensor(array(xp, 0.0, 1.0), requires_grad=True)
    with agrad.detect_anomaly():
        cube_root(x).backward(create_graph=True)
    message = raised(lambda: xp.sum(x.grad).backward())
    assert "by the backward pass of 'pow_scalar'" in message and "test_anomaly.py" in message
    assert "pow_scalar" in raised(lambda: agrad.grad(lambda x: xp.sum(agrad.grad(cube_root)(x)))(array(xp, 0.0, 1.0)))
    with agrad.detect_anomaly():
        _, pullback = agrad.vjp(xp.sqrt, array(xp, 0.0, 1.0))
    assert "'sqrt'" in raised(lambda: pullback(array(xp, 1.0, 1.0)))


def test_recorded_before(xp):
    x = agrad.tensor(array(xp, 0.0, 1.0), requires_grad=True)
    y = xp.sum(xp.sqrt(x))
    message = raised(y.backward)
    assert "<SqrtBackward>, which was recorded while agrad.detect_anomaly was off" in message


def test_sums_of_cotangents(xp):
    def f(x):
        return xp.sum(x * 2e38) + xp.sum(x * 2e38)

    message = raised(lambda: agrad.grad(f)(array(xp, 1e-10)))
    assert "an inf was made where the cotangents add up that reach an argument of shape (1,) from 'multiply'" in message


def test_tangents(xp):
    f = lambda x: xp.sum(xp.sqrt(x))  # noqa: E731
    x = array(xp, 0.0, 1.0)
    assert "an inf was made by the tangent of 'sqrt' of shape (2,)" in raised(lambda: agrad.jvp(f, (x,), (x + 1,)))
    assert "a nan was made by the tangent of 'sqrt'" in raised(lambda: agrad.jvp(f, (x,), (x,)))


def test_several_results_and_hooks():
    xp = agrad.namespace("numpy")

    @agrad.custom_op(vjp=lambda xp, ct, x: (ct[0] + ct[1]) / x, outputs=2)
    def pair(x):
        return x * 2, x * 3

    x = np.asarray([0.0, 1.0])
    assert "by the backward pass of 'pair' of shape (2,)" in raised(
        lambda: agrad.grad(lambda x: xp.sum(pair(x)[0]) + xp.sum(pair(x)[1]))(x)
    )
    leaf = agrad.tensor(x, requires_grad=True)
    y = leaf * 2
    y.register_hook(lambda g: g * np.nan)
    assert "a nan was made by a hook on the result of" in raised(lambda: xp.sum(y).backward())


def test_functions():
    class Wrong(agrad.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 1.0

        @staticmethod
        def backward(ctx, ct):
            return ct / 0.0

    assert "backward pass of 'Wrong'" in raised(lambda: agrad.grad(lambda x: Wrong.apply(x).sum())(np.ones(2)))


# What is left alone -----------------------------------------------------------------------------------


def test_what_was_there_before_is_not_born(xp):
    x, inf = array(xp, 1.0, 2.0), array(xp, np.inf, 1.0)
    with agrad.detect_anomaly():
        agrad.grad(lambda x: xp.sum(x * inf))(x)
        agrad.grad(lambda x: xp.sum(x))(array(xp, np.nan, np.inf))
        agrad.grad(lambda x: xp.sum(xp.where(x > 1, x, -xp.inf)))(x)
        xp.full((2,), xp.nan)
        xp.exp(xp.asarray(-inf))
        agrad.jvp(lambda x: x * 2, (x,), (inf,))
        agrad.vjp(lambda x: x * 2, x)[1](inf)
    with pytest.raises(agrad.AnomalyError, match="a nan was made by 'subtract'"), agrad.detect_anomaly():
        agrad.grad(lambda x: xp.sum(x * inf - x * inf))(x)


def test_what_a_composite_hides_itself():
    xp = agrad.namespace("numpy")
    zero = np.zeros(3)
    with agrad.detect_anomaly():
        for f in (xp.linalg.vector_norm, xp.std, lambda x: xp.hypot(x, x), lambda x: xp.abs(x + 0j)):
            agrad.grad(lambda x, f=f: xp.sum(f(x)))(zero)
            agrad.jvp(f, (zero,), (zero,))


def test_right_programs_are_as_ever(xp):
    def f(x):
        y = x * 1
        y[0] = y[1] * x[0]
        y += x
        return xp.sum(xp.tanh(y) / (1 + y * y)) + xp.prod(y)

    x = array(xp, 0.5, 1.5)
    with agrad.detect_anomaly():
        on = [agrad.grad(f)(x), agrad.hvp(f, (x,), (x,)), agrad.jvp(f, (x,), (x,))[1]]
    for a, b in zip(on, [agrad.grad(f)(x), agrad.hvp(f, (x,), (x,)), agrad.jvp(f, (x,), (x,))[1]], strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_under_jit_it_says_that_it_cannot_look():
    jax = pytest.importorskip("jax")
    xp = agrad.namespace("jax")
    with pytest.raises(agrad.UnsupportedError, match=r"inside jax\.jit"), agrad.detect_anomaly():
        jax.jit(agrad.grad(lambda x: xp.sum(xp.sin(x))))(jax.numpy.ones(2))


# The switch -------------------------------------------------------------------------------------------


def test_switching():
    x = agrad.tensor([0.0], requires_grad=True)
    xp = agrad.namespace("numpy")
    detection = agrad.detect_anomaly()
    with detection, detection, agrad.debug(mutation=True):
        found = []
        thread = threading.Thread(target=lambda: found.append(raised(lambda: xp.log(x))))
        thread.start()
        thread.join()
        assert "'log'" in found[0]
    xp.log(x)
    with agrad.no_grad(), pytest.raises(agrad.AnomalyError), agrad.detect_anomaly():
        xp.log(x)


def test_with_the_other_switch():
    xp = agrad.namespace("numpy")
    a = np.asarray([1.0, 2.0])
    with agrad.detect_anomaly(), agrad.debug(mutation=True):
        x = agrad.tensor([0.0, 4.0], requires_grad=True)
        y = xp.sum(xp.sqrt(x) * a)
        with pytest.raises(agrad.AnomalyError, match=r"'sqrt' of shape \(2,\) at "):
            y.backward()
        y = xp.sum(x * a)
        a += 1
        with pytest.raises(agrad.InPlaceError, match="'multiply' kept"):
            y.backward()


def test_off_it_leaves_nothing_on_a_node():
    xp = agrad.namespace("numpy")
    x = agrad.tensor([1.0, 2.0], requires_grad=True)
    before = type(xp.sin(x).grad_fn)
    with agrad.detect_anomaly():
        pass
    assert type(xp.sin(x).grad_fn) is before


SCRIPT = """
import agrad
x = agrad.tensor([0.0], requires_grad=True)
y = x.log()
"""


@pytest.mark.parametrize(("value", "fails"), [("anomaly", True), ("mutation,anomaly", True), ("mutation", False)])
def test_the_environment_variable(value, fails):
    environment = {**os.environ, "AGRAD_DEBUG": value, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
    done = subprocess.run([sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True, check=False)
    assert ("AnomalyError: an inf was made by 'log' of shape (1,)" in done.stderr) is fails
    assert (done.returncode != 0) is fails


def test_a_walk_that_fails_leaves_it_on():
    xp = agrad.namespace("numpy")
    x = agrad.tensor([1.0], requires_grad=True)
    with agrad.detect_anomaly():
        y = xp.sum(x * 2)
        y.backward()
        with pytest.raises(agrad.GraphError), warnings.catch_warnings():
            y.backward()
        with pytest.raises(agrad.AnomalyError):
            xp.log(x - 1)
