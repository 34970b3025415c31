"""In place under `no_grad` the data change and the graph stays, as in PyTorch: to second order, in every transform."""

import numpy as np
import pytest

import agrad

BACKENDS = ["numpy", "torch", "jax", "array-api-strict"]
X, T = [1.0, 2.0], [0.5, -1.5]
VALUE = 27.0 * (1.0 + 8.0)
FIRST, SECOND = [27.0, 108.0], [18.0, 36.0]  # 3 y^2 and 6 y at y = 3 x: to the graph, y is still x


@pytest.fixture(params=BACKENDS)
def xp(request):
    library = pytest.importorskip(request.param.replace("-", "_"))
    if request.param == "jax":
        with library.enable_x64(True):
            yield agrad.namespace("jax")
    else:
        yield agrad.namespace(request.param)


def tripled(xp):
    def f(x):
        y = x * 1
        with agrad.no_grad():
            y[...] = y * 3
        return xp.sum(y**3)

    return f


def tripled_parts(xp):
    """The same, written through slices, and with a view that was there before."""

    def f(x):
        y = x * 1
        last = y[1:]
        with agrad.no_grad():
            y[:1] = y[:1] * 3
            last[:] = last * 3
        return xp.sum(y**3)

    return f


def host(x):
    return agrad.asarray(x, backend="numpy").array


def grad(f, x, t):
    return agrad.grad(f)(x)


def jvp(f, x, t):
    return agrad.jvp(f, (x,), (t,))[1]


def hvp(f, x, t):
    return agrad.hvp(f, (x,), (t,))


def hessian(f, x, t):
    return agrad.hessian(f)(x)


def jvp_of_grad(f, x, t):
    return agrad.jvp(agrad.grad(f), (x,), (t,))[1]


def grad_of_grad(f, x, t):
    xp = agrad.array_namespace(x)
    return agrad.grad(lambda x: xp.sum(agrad.grad(f)(x) * t))(x)


def grad_of_jvp(f, x, t):
    return agrad.grad(lambda x: agrad.jvp(f, (x,), (t,))[1])(x)


def jvp_of_jvp(f, x, t):
    return agrad.jvp(lambda x: agrad.jvp(f, (x,), (t,))[1], (x,), (t,))[1]


def backward_of_backward(f, x, t):
    xp = agrad.array_namespace(x)
    leaf = agrad.tensor(x, requires_grad=True)
    f(leaf).backward(create_graph=True)
    g = leaf.grad
    leaf.grad = None
    xp.sum(g * t).backward()
    return leaf.grad


EXPECTED = {
    grad: FIRST,
    jvp: np.dot(FIRST, T),
    hvp: np.multiply(SECOND, T),
    hessian: np.diag(SECOND),
    jvp_of_grad: np.multiply(SECOND, T),
    grad_of_grad: np.multiply(SECOND, T),
    grad_of_jvp: np.multiply(SECOND, T),
    jvp_of_jvp: np.dot(np.multiply(SECOND, T), T),
    backward_of_backward: np.multiply(SECOND, T),
}


@pytest.mark.parametrize("function", [tripled, tripled_parts])
def test_the_value_is_that_of_the_plain_function(xp, function):
    x = xp.asarray(X)
    value, gradient = agrad.value_and_grad(function(xp))(x.array)
    np.testing.assert_allclose(host(value), VALUE, rtol=1e-6)
    np.testing.assert_allclose(host(gradient), FIRST, rtol=1e-6)
    np.testing.assert_allclose(host(x.array), X)


@pytest.mark.parametrize("function", [tripled, tripled_parts])
@pytest.mark.parametrize("derivative", EXPECTED, ids=[d.__name__ for d in EXPECTED])
def test_the_graph_stays_in_every_transform(xp, function, derivative):
    x, t = (xp.asarray(v).array for v in (X, T))
    np.testing.assert_allclose(host(derivative(function(xp), x, t)), EXPECTED[derivative], rtol=1e-6)


def test_pytorch_says_the_same():
    torch = pytest.importorskip("torch")
    x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    y = x * 1
    with torch.no_grad():
        y *= 3
    value = (y**3).sum()
    (first,) = torch.autograd.grad(value, x, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), x)
    assert (value.item(), first.tolist(), second.tolist()) == (VALUE, FIRST, SECOND)


def test_an_operator_changes_what_the_library_changes(xp):
    """Where arrays are immutable, ``y *= 3`` makes a new value, under `no_grad` a constant."""

    def f(x):
        y = x * 1
        with agrad.no_grad():
            y *= 3
        return xp.sum(y**3)

    x = xp.asarray(X)
    value, gradient = agrad.value_and_grad(f)(x.array)
    np.testing.assert_allclose(host(value), VALUE, rtol=1e-6)
    immutable = repr(xp) == "agrad[jax]"
    np.testing.assert_allclose(host(gradient), np.multiply(FIRST, 0 if immutable else 1), rtol=1e-6)
