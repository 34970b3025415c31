"""`backward` and what belongs to it: leaves, accumulation, graphs that are kept, second derivatives, errors."""

import mpmath
import numpy as np
import pytest

import agrad
from leaves import leaf

xp = agrad.namespace("numpy")


# backward and .grad -----------------------------------------------------------------------------------


def test_backward_of_a_scalar():
    x = leaf([1.0, 2.0, 3.0])
    y = xp.sum(xp.sin(x) ** 2)
    assert y.backward() is None
    np.testing.assert_allclose(x.grad.array, np.sin(2 * np.asarray([1.0, 2.0, 3.0])), rtol=1e-14)
    assert isinstance(x.grad, agrad.Tensor)
    assert not x.grad.requires_grad
    assert isinstance(x.grad.array, np.ndarray)


def test_a_diamond_and_a_fan():
    x = leaf(0.7)
    a = xp.sin(x)
    b = a * a + a
    c = b * a + x
    (c * b).backward()

    def exact(t):
        a = mpmath.sin(t)
        b = a * a + a
        return (b * a + t) * b

    np.testing.assert_allclose(x.grad.item(), float(mpmath.diff(exact, 0.7)), rtol=1e-12)


def test_gradients_accumulate_until_cleared():
    x = leaf([1.0, 2.0])
    xp.sum(x * 3).backward()
    first = x.grad
    xp.sum(x * x).backward()
    assert x.grad.tolist() == [5.0, 7.0]
    assert first.tolist() == [3.0, 3.0]
    x.grad = None
    assert x.grad is None
    xp.sum(x).backward()
    assert x.grad.tolist() == [1.0, 1.0]


def test_grad_can_be_set():
    x = leaf([1.0, 2.0])
    x.grad = np.asarray([10.0, 20.0])
    xp.sum(x).backward()
    assert x.grad.tolist() == [11.0, 21.0]
    with pytest.raises(agrad.ShapeError, match="shape"):
        x.grad = np.ones(3)
    with pytest.raises(agrad.GraphError, match="leaves"):
        (x * 2).grad = np.ones(2)
    with pytest.raises(agrad.GraphError):
        agrad.tensor([1.0]).grad = np.ones(1)


def test_only_what_was_reached_gets_a_gradient():
    x, w, unused = leaf(2.0), leaf(3.0), leaf(4.0)
    y = x * w
    _ = unused * 2
    y.backward()
    assert (x.grad.item(), w.grad.item(), unused.grad, y.grad) == (3.0, 2.0, None, None)


def test_a_given_cotangent():
    plain = np.asarray([1.0, 10.0])
    for ct in (plain.tolist(), plain, agrad.tensor(plain), [1, 10], plain.astype(np.float32), plain.astype(int)):
        x = leaf([1.0, 2.0])
        (x * x).backward(ct)
        assert x.grad.tolist() == [2.0, 40.0]
        assert x.grad.dtype == xp.float64
    x = leaf(3.0)
    (x * x).backward(gradient=2.0)
    assert x.grad.item() == 12.0


def test_a_cotangent_shares_no_memory_with_the_gradient():
    ct = np.asarray([1.0, 10.0])
    x, w = leaf([1.0, 2.0]), leaf([1.0, 2.0])
    (x + w).backward(ct)
    x.backward(ct)
    grads = [x.grad.array, w.grad.array, ct]
    for i, a in enumerate(grads):
        assert a.flags.writeable
        assert not any(np.shares_memory(a, b) for b in grads[:i])
    other = leaf([1.0, 2.0])
    other.backward(ct)
    ct[0] = 99.0
    assert other.grad.tolist() == [1.0, 10.0]


def test_backward_of_a_leaf_itself():
    x = leaf(3.0)
    x.backward()
    x.backward()
    assert x.grad.item() == 2.0


def test_size_one_counts_as_scalar():
    x = leaf([[2.0]])
    (x * x).backward()
    assert x.grad.tolist() == [[4.0]]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex64", "complex128"])
def test_gradients_have_their_leafs_dtype_and_shape(dtype):
    x = leaf([[1.0, 2.0]], getattr(xp, dtype))
    other = leaf(np.ones((3, 1)))
    y = xp.sum(xp.abs(x * x * 1.5 + np.float64(2)) * other)
    y.backward()
    assert (x.grad.dtype, x.grad.shape) == (x.dtype, x.shape)
    assert (other.grad.dtype, other.grad.shape) == (xp.float64, (3, 1))


def test_complex_gradients_descend():
    z = leaf([1 + 2j, -3 + 0.5j])
    target = np.asarray([2 - 1j, 1j])
    xp.sum(xp.abs(z - target) ** 2).backward()
    np.testing.assert_allclose(z.grad.array, 2 * (z.array - target), rtol=1e-14)


@pytest.mark.parametrize("empty", [(0,), (3, 0)])
def test_empty_leaves(empty):
    x = leaf(np.ones(empty))
    xp.sum(x * 2).backward()
    assert x.grad.shape == empty


# The same graph twice -----------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [lambda x: x * x, lambda x: x + 1, lambda x: xp.sum(xp.stack([x, x * 2])), xp.exp])
def test_a_second_backward_through_a_freed_graph(f):
    x = leaf(3.0)
    y = f(x)
    y.backward()
    first = x.grad.item()
    with pytest.raises(agrad.GraphError, match="retain_graph") as caught:
        y.backward()
    assert isinstance(caught.value, RuntimeError)
    assert x.grad.item() == first


def test_a_freed_part_shared_by_a_second_graph():
    x = leaf(3.0)
    y = x * x
    z, w = y + 1, y * 2
    z.backward()
    with pytest.raises(agrad.GraphError, match="retain_graph"):
        w.backward()
    with pytest.raises(agrad.GraphError, match="retain_graph"):
        (y * 3).backward()
    assert x.grad.item() == 6.0


def test_retain_graph():
    x = leaf(3.0)
    y = x * x * x
    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()
    assert x.grad.item() == 81.0
    with pytest.raises(agrad.GraphError):
        y.backward()


def test_a_failing_backward_accumulates_nothing():
    x, w = leaf(3.0), leaf(2.0)
    y = x * x
    (y + 0).backward()
    with pytest.raises(agrad.GraphError):
        (w * 2 + y).backward()
    assert w.grad is None
    assert x.grad.item() == 6.0


# create_graph -----------------------------------------------------------------------------------------


def power(x):
    return x**4 * xp.sin(x)


def mixture(x):
    return xp.tanh(x) / (1 + x * x) + xp.exp(x * xp.log(x))


def norms(x):
    return xp.linalg.vector_norm(xp.stack([x, x * x, xp.sin(x)])) * xp.prod(xp.stack([x, x + 1]))


def in_place(x):
    y = xp.zeros(3)
    y[0] = x * x
    y[1:] = y[0] * xp.sin(x)
    y *= x
    return xp.sum(y)


REFERENCES = {
    power: lambda t: t**4 * mpmath.sin(t),
    mixture: lambda t: mpmath.tanh(t) / (1 + t * t) + mpmath.exp(t * mpmath.log(t)),
    norms: lambda t: mpmath.sqrt(t**2 + t**4 + mpmath.sin(t) ** 2) * t * (t + 1),
    in_place: lambda t: (t**2 + 2 * t**2 * mpmath.sin(t)) * t,
}


@pytest.mark.parametrize("f", REFERENCES, ids=lambda f: f.__name__)
def test_create_graph_to_third_order(f):
    x = leaf(1.3)
    y = f(x)
    for order in (1, 2, 3):
        x.grad = None
        y.backward(create_graph=True)
        y = x.grad
        assert y.requires_grad
        np.testing.assert_allclose(y.item(), float(mpmath.diff(REFERENCES[f], 1.3, order)), rtol=1e-9)


def test_gradient_penalty():
    x, w = leaf([0.5, -1.0]), leaf([2.0, 3.0])
    y = xp.sum(xp.sin(w * x))
    y.backward(create_graph=True)
    g = x.grad
    x.grad = w.grad = None
    xp.sum(g**2).backward()
    a, b = x.array, w.array
    np.testing.assert_allclose(x.grad.array, -2 * b**3 * np.cos(a * b) * np.sin(a * b))
    np.testing.assert_allclose(w.grad.array, 2 * b * np.cos(a * b) ** 2 - 2 * b**2 * a * np.cos(a * b) * np.sin(a * b))


def test_create_graph_follows_the_cotangent_too():
    x, v = leaf([0.5, -1.0]), leaf([2.0, 3.0])
    xp.sin(x).backward(v, create_graph=True)
    g = x.grad
    xp.sum(g).backward()
    np.testing.assert_allclose(v.grad.array, np.cos(x.array))


def test_create_graph_accumulates_followed_gradients():
    x = leaf(2.0)
    (x**3).backward(create_graph=True)
    (x**2).backward(create_graph=True)
    total = x.grad
    assert total.item() == 16.0
    x.grad = None
    total.backward()
    assert x.grad.item() == 14.0


def test_against_pytorch():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(0)
    a, b, c = rng.normal(size=(4, 3)), rng.normal(size=(3, 5)), rng.normal(size=5)

    def network(ns, tanh, a, b, c):
        h = tanh(a @ b + c)
        return (h * h[::1, :1] - h.mean(0)).sum() / (1 + (a * a).sum())

    ours = [leaf(v) for v in (a, b, c)]
    theirs = [torch.tensor(v, requires_grad=True) for v in (a, b, c)]
    network(xp, xp.tanh, *ours).backward(create_graph=True)
    first = torch.autograd.grad(network(torch, torch.tanh, *theirs), theirs, create_graph=True)
    for t, g in zip(ours, first, strict=True):
        np.testing.assert_allclose(t.grad.array, g.detach().numpy(), rtol=1e-12)
    gradients = [t.grad for t in ours]
    for t in ours:
        t.grad = None
    sum((g * g).sum() for g in gradients).backward()
    sum((g * g).sum() for g in first).backward()
    for t, s in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(t.grad.array, s.grad.numpy(), rtol=1e-10)


# Errors -----------------------------------------------------------------------------------------------


def foreign():
    strict = pytest.importorskip("array_api_strict")
    return strict.ones(2)


@agrad.no_grad()
def untracked():
    return leaf(1.0) * 2


ERRORS = {
    "non-scalar": (lambda: (leaf([1.0, 2.0]) * 2).backward(), agrad.NonScalarError, ValueError, "gradient="),
    "non-scalar, empty": (lambda: leaf([]).backward(), agrad.NonScalarError, RuntimeError, "gradient="),
    "wrong shape": (lambda: (leaf([1.0, 2.0]) * 2).backward(np.ones(3)), agrad.ShapeError, ValueError, r"\(3,\)"),
    "no broadcasting": (lambda: (leaf([1.0, 2.0]) * 2).backward(np.ones(1)), agrad.ShapeError, ValueError, r"\(1,\)"),
    "scalar cotangent": (lambda: (leaf([1.0, 2.0]) * 2).backward(1.0), agrad.ShapeError, ValueError, r"\(2,\)"),
    "complex cotangent": (lambda: leaf([1.0]).backward(np.asarray([1j])), agrad.DtypeError, TypeError, "real"),
    "complex result": (lambda: (leaf(1j) * 2).backward(), agrad.DtypeError, TypeError, "xp.real"),
    "integer leaf": (lambda: leaf([1, 2]), agrad.DtypeError, TypeError, "int64"),
    "boolean leaf": (lambda: leaf([True]), agrad.DtypeError, TypeError, "bool"),
    "requires_grad_ of integers": (lambda: xp.asarray([1]).requires_grad_(), agrad.DtypeError, TypeError, "int64"),
    "constant": (lambda: agrad.tensor(1.0).backward(), agrad.GraphError, RuntimeError, "requires_grad"),
    "no_grad result": (lambda: untracked().backward(), agrad.GraphError, RuntimeError, "requires_grad"),
    "mixed backends": (lambda: xp.add(leaf([1.0, 2.0]), foreign()), agrad.BackendError, TypeError, "asarray"),
    "mixed in a cotangent": (lambda: xp.concat([leaf([1.0]), foreign()]), agrad.BackendError, TypeError, "asarray"),
    "integer result": (lambda: xp.argmax(leaf([1.0, 2.0])).backward(), agrad.GraphError, RuntimeError, "requires_grad"),
    "an object": (lambda: xp.sin("a"), agrad.BackendError, TypeError, "str"),
}


@pytest.mark.parametrize(("call", "error", "builtin", "message"), ERRORS.values(), ids=ERRORS)
def test_errors_are_agrads_and_built_in_ones(call, error, builtin, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, agrad.AgradError)
    assert isinstance(caught.value, builtin)


def test_every_error_class_is_a_built_in_one_too():
    for name in dir(agrad):
        made = getattr(agrad, name)
        if isinstance(made, type) and issubclass(made, Exception) and made is not agrad.AgradError:
            assert issubclass(made, agrad.AgradError)
            builtins = {c for c in made.__mro__ if c.__module__ == "builtins"}
            assert builtins - {Exception, BaseException, object}, name


def test_backward_inside_a_transform():
    w = leaf(2.0)

    def f(x):
        (w * 2).backward()
        return x

    for transform in (lambda: agrad.grad(f)(1.0), lambda: agrad.jvp(f, (1.0,), (1.0,)), lambda: agrad.vjp(f, 1.0)):
        with pytest.raises(agrad.NestingError, match="inside") as caught:
            transform()
        assert isinstance(caught.value, RuntimeError)
    assert w.grad is None


@pytest.mark.parametrize(
    "make",
    [
        lambda x: xp.asarray(x, requires_grad=True),
        lambda x: xp.asarray(x * 2, requires_grad=True),
        lambda x: agrad.tensor(x, requires_grad=True),
        lambda x: x.requires_grad_(),
        lambda x: (x * 2).requires_grad_(),
    ],
)
def test_a_leaf_of_a_traced_value(make):
    with pytest.raises(agrad.NestingError) as caught:
        agrad.grad(make)(1.0)
    assert isinstance(caught.value, RuntimeError)
    with pytest.raises(agrad.NestingError):
        agrad.jvp(make, (1.0,), (1.0,))
