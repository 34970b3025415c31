"""Functions with derivatives that their users give them."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.special

import agrad

xp = agrad.namespace("numpy")
x0 = np.asarray([0.3, 1.2, 2.5])


@agrad.custom_op(vjp=lambda xp, ct, x: ct * xp.cos(x), jvp=lambda xp, t, x: t * xp.cos(x))
def sine(x):
    return np.vectorize(math.sin)(x)


@agrad.custom_op(
    vjp=lambda ct, x, y, power: (ct * power * x ** (power - 1) * y, ct * x**power),
    jvp=(lambda t, x, y, power: t * power * x ** (power - 1) * y, lambda t, x, power: t * x**power),
)
def weighted(x, y, *, power=2):
    return x**power * y


@agrad.custom_op(
    vjp=lambda ct, out, x: ct[0] * out[1] - ct[1] * out[0],
    jvp=lambda t, out, x: (t * out[1], -t * out[0]),
    outputs=2,
)
def sine_and_cosine(x):
    return np.sin(x), np.cos(x)


@agrad.custom_op(
    vjp=lambda ct, x: ct * scipy.special.digamma(agrad.stop_gradient(x)),
    jvp=lambda t, x: t * scipy.special.digamma(np.asarray(x)),
)
def log_gamma(x):
    return scipy.special.gammaln(x)


@agrad.custom_op(vjp=lambda ct, x: np.cos(x))
def forgetful(x):
    return np.sin(x)


def test_both_modes_to_third_order():
    agrad.check_grads(lambda x: sine(x) * x, (x0,), order=3)


def test_values_for_arrays_tensors_and_floats():
    np.testing.assert_allclose(sine(x0), np.sin(x0), rtol=1e-15)
    assert isinstance(sine(agrad.tensor(x0)), agrad.Tensor)
    assert math.isclose(agrad.grad(lambda x: sine(x) * 2)(0.3), 2 * math.cos(0.3))


def test_backward():
    x = agrad.tensor(x0, requires_grad=True)
    y = sine(x)
    assert repr(y.grad_fn) == "<SineBackward>"
    xp.sum(y).backward()
    np.testing.assert_allclose(x.grad.array, np.cos(x0), rtol=1e-15)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_shared_work_several_arguments_and_parameters(power):
    y0 = np.asarray([[0.5], [2.0]])  # broadcasts against x0: its cotangent is summed
    agrad.check_grads(lambda x, y: weighted(x, y, power=power), (x0, y0), order=2)
    gx, gy = agrad.grad(lambda x, y: xp.sum(weighted(x, y, power=power)), argnums=(0, 1))(x0, y0)
    np.testing.assert_allclose(gx, power * x0 ** (power - 1) * 2.5)
    np.testing.assert_allclose(gy, [[np.sum(x0**power)]] * 2)


def test_one_argument_followed_alone():
    np.testing.assert_allclose(agrad.grad(lambda y: xp.sum(weighted(x0, y)))(x0), x0**2)


def test_several_results():
    agrad.check_grads(lambda x: sine_and_cosine(x)[0] * sine_and_cosine(x)[1], (x0,), order=3)
    np.testing.assert_allclose(agrad.grad(lambda x: xp.sum(sine_and_cosine(x)[1]))(x0), -np.sin(x0))


@pytest.mark.parametrize(
    ("f", "expected"),
    [
        (lambda s, c: s, (True, False)),
        (lambda s, c: c, (False, True)),
        (lambda s, c: s * c, (True, True)),
        (lambda s, c: s + 0 * c, (True, True)),
        (lambda s, c: s + agrad.stop_gradient(c), (True, False)),
    ],
)
def test_a_rule_knows_which_cotangents_there_are(f, expected):
    seen = []

    def vjp(ct, out, given):
        seen.append(given)
        return ct[0] * out[1] - ct[1] * out[0]

    op = agrad.custom_op(vjp=vjp, jvp=lambda t, out: (t * out[1], -t * out[0]), outputs=2)(
        lambda x: (np.sin(x), np.cos(x))
    )
    agrad.grad(lambda x: xp.sum(f(*op(x))))(x0)
    agrad.hvp(lambda x: xp.sum(f(*op(x))), (x0,), (x0,))
    assert seen[:2] == [expected] * 2


def test_a_black_box_is_right_in_first_order():
    np.testing.assert_allclose(agrad.grad(lambda x: xp.sum(log_gamma(x)))(x0), scipy.special.digamma(x0))
    np.testing.assert_allclose(agrad.jvp(log_gamma, (x0,), (np.ones(3),))[1], scipy.special.digamma(x0))


@pytest.mark.parametrize("mode", [agrad.grad, lambda f: lambda x: agrad.jvp(f, (x,), (1.0,))[1]], ids=["rev", "fwd"])
def test_what_leaves_the_namespace_cannot_be_differentiated_twice(mode):
    sine = agrad.custom_op(vjp=lambda ct, x: ct * math.cos(x))(lambda x: math.sin(x))
    assert agrad.grad(sine)(0.5) == pytest.approx(math.cos(0.5))
    with pytest.raises(agrad.AgradError):
        mode(agrad.grad(sine))(0.5)


@pytest.mark.parametrize("mode", [agrad.grad, lambda f: lambda x: agrad.jvp(f, (x,), (1.0,))[1]], ids=["rev", "fwd"])
def test_a_rule_of_ufuncs_can_be_differentiated_twice(mode):
    rules = {"vjp": lambda ct, x: ct * scipy.special.digamma(x), "jvp": lambda t, x: t * scipy.special.digamma(x)}
    f = agrad.custom_op(**rules)(lambda x: scipy.special.gammaln(x))
    assert mode(agrad.grad(f))(0.5) == pytest.approx(scipy.special.polygamma(1, 0.5))


def test_a_rule_that_drops_its_cotangent_is_differentiable_once():
    _, pullback = agrad.vjp(forgetful, x0)
    np.testing.assert_allclose(pullback(np.ones(3))[0], np.cos(x0))
    with pytest.raises(agrad.GraphError, match="'forgetful' is differentiable once"):
        agrad.vjp(lambda ct: pullback(ct)[0], np.ones(3))


def test_forward_mode_needs_a_jvp():
    with pytest.raises(agrad.GraphError, match=r"'forgetful' has no JVP.*jvp="):
        agrad.jvp(forgetful, (x0,), (np.ones(3),))


def test_float32_stays_float32():
    g = agrad.grad(lambda x: xp.sum(sine_and_cosine(x)[0]))(x0.astype("float32"))
    assert g.dtype == np.float32


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: agrad.custom_op(vjp=lambda ct: ct)(lambda *x: x),
        lambda: agrad.custom_op(vjp=lambda ct: ct, jvp=(lambda t: t, lambda t: t))(lambda x: x),
    ],
    ids=["star", "too many rules"],
)
def test_wrong_declarations_are_refused(wrong):
    with pytest.raises(TypeError, match=r"custom_op got .*it takes"):
        wrong()
