"""`backward` and what belongs to it: leaves, accumulation, hooks, no_grad, errors, long chains and memory."""

import gc
import sys
import threading
import tracemalloc
import weakref
from concurrent.futures import ThreadPoolExecutor

import mpmath
import numpy as np
import pytest

import agrad

xp = agrad.namespace("numpy")


def leaf(data, dtype=None):
    return agrad.tensor(data, requires_grad=True, dtype=dtype)


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


# Hooks ------------------------------------------------------------------------------------------------


def test_hooks_see_the_whole_cotangent_once():
    x = leaf(2.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.item()))
    x.register_hook(lambda g: seen.append(("leaf", g.item())))
    (y * y + y).backward()
    assert seen == [13.0, ("leaf", 39.0)]


def test_a_hook_replaces():
    x = leaf([1.0, 2.0])
    y = x * 2
    y.register_hook(lambda g: g * 10)
    y.register_hook(lambda g: np.asarray([7.0, 8.0]) + g.array)
    x.register_hook(lambda g: g + 1)
    xp.sum(y).backward()
    assert x.grad.tolist() == [35.0, 37.0]


def test_a_hook_is_removed():
    x = leaf(2.0)
    y = x * 3
    handle = y.register_hook(lambda g: g * 100)
    y.register_hook(lambda g: g * 2)
    y.backward(retain_graph=True)
    assert x.grad.item() == 600.0
    x.grad = None
    handle.remove()
    handle.remove()
    y.backward()
    assert x.grad.item() == 6.0


@pytest.mark.parametrize("replacement", [np.ones(3), np.ones(1), 1j], ids=repr)
def test_a_bad_replacement_is_refused(replacement):
    x = leaf([1.0, 2.0])
    y = x * 2
    y.register_hook(lambda g: replacement)
    with pytest.raises(agrad.AgradError, match="hook"):
        xp.sum(y).backward()
    assert x.grad is None


def test_a_hook_that_raises_changes_no_gradient():
    x = leaf(2.0)
    y = x * 3
    y.register_hook(lambda g: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        (y + x).backward()
    assert x.grad is None


def test_hooks_with_create_graph_are_differentiated():
    x = leaf(2.0)
    y = x * x
    y.register_hook(lambda g: g * 3)
    y.backward(create_graph=True)
    g = x.grad
    assert g.item() == 12.0
    x.grad = None
    g.backward()
    assert x.grad.item() == 6.0


def test_hooks_of_results_of_several():
    x = leaf([[2.0, 1.0], [1.0, 3.0]])
    values, vectors = xp.linalg.eigh(x)
    seen = []
    values.register_hook(lambda g: seen.append(g.tolist()))
    vectors.register_hook(lambda g: seen.append("vectors"))
    xp.sum(values).backward()
    assert seen == [[1.0, 1.0]]
    np.testing.assert_allclose(x.grad.array, np.eye(2), atol=1e-14)


def test_retain_grad():
    x = leaf([1.0, 2.0])
    y = x * 2
    z = xp.sum(y * y)
    y.retain_grad()
    y.retain_grad()
    z.retain_grad()
    x.retain_grad()
    z.backward(retain_graph=True)
    assert y.grad.tolist() == [4.0, 8.0]
    assert z.grad.item() == 1.0
    z.backward()
    assert y.grad.tolist() == [8.0, 16.0]
    y.grad = None
    assert y.grad is None


def test_retain_grad_of_one_of_several_results_and_with_create_graph():
    x = leaf([1.0, 2.0])
    a, b = xp.unstack(x * 2)
    a.retain_grad()
    b.retain_grad()
    (a * a + a * 3).backward()
    assert (a.grad.item(), b.grad) == (7.0, None)
    x = leaf(2.0)
    y = x * x
    y.retain_grad()
    (y * y * y).backward(create_graph=True)
    g = y.grad
    x.grad = None
    g.backward()
    assert (g.item(), x.grad.item()) == (48.0, 96.0)


@pytest.mark.parametrize("attach", [lambda t: t.retain_grad(), lambda t: t.register_hook(print)])
def test_constants_take_no_hooks(attach):
    with pytest.raises(agrad.GraphError, match="requires_grad"):
        attach(agrad.tensor(1.0))


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
