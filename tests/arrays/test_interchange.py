"""How Tensors are made of other things, and how they get on with other code."""

import copy
import math
import operator
import pickle

import array_api_compat
import numpy as np
import pytest

import agrad
from leaves import array, gradient, leaf

xp = agrad.namespace("numpy")


# asarray, full and the other creators -------------------------------------------------------------------


def test_asarray_keeps_the_graph():
    x = leaf()
    for made in (
        xp.asarray(x),
        xp.asarray(x * 1),
        xp.asarray(x, copy=True),
        xp.asarray(x, dtype=xp.float64),
        xp.asarray(x, device="cpu"),
        xp.asarray([x[0], x[1]]),
        xp.asarray([[x[0, 0], x[0, 1], x[0, 2]], [x[1, 0], x[1, 1], x[1, 2]]]),
        xp.asarray(list(x)),
    ):
        np.testing.assert_array_equal(made.array, array)
        np.testing.assert_allclose(gradient(made, x), np.cos(np.arange(6)).reshape(2, 3))
    single = xp.asarray(x, dtype=xp.float32)
    assert single.dtype == xp.float32
    assert gradient(single, x).dtype == xp.float64
    with pytest.raises(ValueError, match="copy"):
        xp.asarray(x, dtype=xp.float32, copy=False)
    mixed = xp.asarray([x[0, 0], 2.0, np.float64(3)])
    assert mixed.tolist() == [1.5, 2.0, 3.0]
    assert mixed.requires_grad


def test_asarray_copies_when_asked():
    a = np.asarray([1.0, 2.0])
    t = xp.asarray(a, copy=True)
    a[0] = 9.0
    assert t.tolist() == [1.0, 2.0]
    u = xp.asarray(t, copy=True)
    u += 1
    assert t.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("shape", [(2, 2), 3, (), (0,)])
def test_full_of_a_tensor_keeps_the_graph(shape):
    x = leaf(3.0)
    y = xp.full(shape, x * x)
    np.testing.assert_array_equal(y.array, np.full(shape, 9.0))
    xp.sum(y).backward()
    assert x.grad.item() == 6.0 * y.size
    z = xp.full_like(xp.ones(shape, dtype=xp.float32), x)
    assert (z.dtype, z.shape) == (xp.float32, y.shape)
    assert z.requires_grad
    assert xp.full(shape, x, dtype=xp.float32).dtype == xp.float32
    assert not xp.full(shape, agrad.tensor(3.0)).requires_grad


def test_creation_functions_take_requires_grad():
    for made in (
        xp.asarray([1.0], requires_grad=True),
        xp.zeros(2, requires_grad=True),
        xp.ones((2, 2), requires_grad=True),
        xp.full(2, 1.0, requires_grad=True),
        xp.arange(3.0, requires_grad=True),
        xp.linspace(0.0, 1.0, 3, requires_grad=True),
        xp.eye(2, requires_grad=True),
        xp.zeros_like(agrad.tensor([1.0]), requires_grad=True),
        xp.ones_like(leaf(), requires_grad=True),
    ):
        assert made.is_leaf
        assert made.requires_grad
        xp.sum(made * made).backward()
        np.testing.assert_array_equal(made.grad.array, 2 * made.array)
    with pytest.raises(agrad.DtypeError, match="int64"):
        xp.arange(3, requires_grad=True)


def test_creation_from_a_followed_scalar_is_refused_not_silent():
    x = leaf(3.0)
    for make in (lambda: xp.arange(x), lambda: xp.linspace(0.0, x, 3), lambda: xp.linspace(x, 5.0, 3)):
        with pytest.raises(agrad.ConcretizationError, match="detach"):
            make()
    assert xp.arange(agrad.tensor(3)).tolist() == [0, 1, 2]


def test_like_functions_do_not_follow():
    for make in (xp.zeros_like, xp.ones_like, xp.empty_like):
        made = make(leaf())
        assert not made.requires_grad
        assert made.shape == (2, 3)


def test_tensor_copies_data():
    a = np.asarray([1.0, 2.0])
    t = agrad.tensor(a)
    a[0] = 9.0
    assert t.tolist() == [1.0, 2.0]
    t += 1
    assert a.tolist() == [9.0, 2.0]


@pytest.mark.parametrize(
    ("data", "dtype", "shape"),
    [
        (1.0, "float64", ()),
        (2, "int64", ()),
        (True, "bool", ()),
        (1j, "complex128", ()),
        ([1.0, 2], "float64", (2,)),
        ([[1, 2], [3, 4]], "int64", (2, 2)),
        ((1.0, 2.0), "float64", (2,)),
        ([], "float64", (0,)),
        (np.float32(1), "float32", ()),
        (np.ones(2, np.float32), "float32", (2,)),
    ],
    ids=str,
)
def test_tensor_takes_arrays_lists_and_scalars(data, dtype, shape):
    t = agrad.tensor(data)
    assert (t.dtype, t.shape, t.requires_grad) == (getattr(xp, dtype), shape, False)
    made = agrad.tensor(data, dtype=xp.complex64, requires_grad=True, backend="numpy", device="cpu")
    assert (made.dtype, made.requires_grad) == (xp.complex64, True)


@pytest.mark.parametrize("data", [None, "abc", object(), {"a": 1.0}], ids=lambda d: type(d).__name__)
def test_tensor_refuses_what_is_no_array(data):
    with pytest.raises(agrad.AgradError) as caught:
        agrad.tensor(data)
    assert isinstance(caught.value, TypeError)


def test_tensor_refuses_an_unknown_backend():
    with pytest.raises(agrad.PluginError, match="nope"):
        agrad.tensor([1.0], backend="nope")


# Other libraries ------------------------------------------------------------------------------------


def test_array_api_compat_accepts_tensors():
    x = leaf()
    assert array_api_compat.array_namespace(x) is xp
    assert array_api_compat.array_namespace(x, agrad.tensor([1]), 2.0) is xp
    assert array_api_compat.is_array_api_obj(x)
    assert array_api_compat.device(x) == "cpu"
    assert array_api_compat.size(x) == 6
    moved = array_api_compat.to_device(x, "cpu")
    np.testing.assert_array_equal(gradient(moved * 2, x), 2 * np.cos(np.arange(6)).reshape(2, 3))


def test_array_namespace():
    x = leaf()
    assert x.__array_namespace__() is xp
    assert x.__array_namespace__(api_version="2025.12") is xp
    with pytest.raises(ValueError, match=r"1999\.01"):
        x.__array_namespace__(api_version="1999.01")
    for arrays in ((x,), (x, array), (array,), (array, 2.0), (2.0, x, 1, None), (), (1.0,), (np.float64(1),)):
        assert agrad.array_namespace(*arrays) is xp
    with pytest.raises(agrad.BackendError) as caught:
        agrad.array_namespace("a")
    assert isinstance(caught.value, TypeError)


def test_the_namespace_is_one_object():
    assert agrad.namespace() is agrad.namespace("numpy") is xp
    assert hash(xp) == hash(agrad.namespace("numpy"))
    assert xp == agrad.namespace("numpy")
    assert xp != np
    assert xp != array_api_compat.array_namespace(array)
    assert {xp: 1}[xp] == 1
    assert (xp.__name__, repr(xp), str(xp)) == ("agrad[numpy]",) * 3
    for made in (pickle.loads(pickle.dumps(xp)), copy.copy(xp), copy.deepcopy(xp)):
        assert made is xp


def test_the_default_namespace_comes_from_the_environment(monkeypatch):
    monkeypatch.setenv("AGRAD_BACKEND", "numpy")
    assert agrad.namespace() is xp
    monkeypatch.setenv("AGRAD_BACKEND", "nope")
    with pytest.raises(agrad.PluginError, match="nope"):
        agrad.namespace()
    assert agrad.namespace("numpy") is xp


LOSING = {
    "float": float,
    "int": int,
    "complex": complex,
    "math.sin": math.sin,
    "numpy.asarray": np.asarray,
    "numpy.array": np.array,
    "list into numpy": lambda t: np.asarray([t, t]),
    "dlpack": lambda t: t.__dlpack__(),
    "numpy.from_dlpack": np.from_dlpack,
    "percent": lambda t: "%.2f" % t,  # noqa: UP031 - the old way is the test
    "index": lambda t: range(t),
}


@pytest.mark.parametrize("convert", LOSING.values(), ids=LOSING)
def test_losing_a_gradient_is_never_silent(convert):
    for t in (leaf(1.0), leaf(1.0) * 2):
        with pytest.raises(agrad.ConcretizationError, match=r"detach\(\).*\.item\(\)") as caught:
            convert(t)
        assert isinstance(caught.value, TypeError)


@pytest.mark.parametrize("convert", LOSING.values(), ids=LOSING)
def test_inside_a_transform_the_error_names_stop_gradient(convert):
    def f(x):
        convert(x)
        return x

    with pytest.raises(agrad.ConcretizationError, match="stop_gradient"):
        agrad.grad(f)(1.0)
    with pytest.raises(agrad.ConcretizationError, match="stop_gradient"):
        agrad.jvp(f, (1.0,), (1.0,))


@pytest.mark.parametrize(
    "read",
    [lambda t: t.item(), lambda t: t.array, lambda t: t.tolist(), lambda t: t.detach()],
    ids=["item", "array", "tolist", "detach"],
)
def test_reading_inside_a_transform_raises_and_on_own_leaves_works(read):
    w = leaf(3.0)

    def f(x):
        read(x)
        return x

    def g(x):
        assert read(w * 2) == 6.0
        return x * w.item()

    for transform in (lambda f: agrad.grad(f)(1.0), lambda f: agrad.jvp(f, (1.0,), (1.0,))[1]):
        with pytest.raises(agrad.ConcretizationError, match="stop_gradient") as caught:
            transform(f)
        assert isinstance(caught.value, TypeError)
        assert transform(g) == 3.0


def test_conversions_of_constants():
    c = agrad.tensor(2.0)
    assert (float(c), int(c), complex(c), math.sin(c)) == (2.0, 2, 2 + 0j, math.sin(2.0))
    t = agrad.tensor(array)
    np.testing.assert_array_equal(np.asarray(t), array)
    assert np.asarray(t, dtype=np.float32).dtype == np.float32
    np.testing.assert_array_equal(np.from_dlpack(t), array)
    np.testing.assert_array_equal(xp.from_dlpack(t).array, array)
    np.testing.assert_array_equal(xp.from_dlpack(array).array, array)
    assert t.__dlpack_device__() == array.__dlpack_device__()
    np.testing.assert_array_equal(np.asarray(leaf().detach()), array)


def test_plain_arrays_in_a_namespaces_functions():
    assert isinstance(xp.sum(array), np.ndarray | np.generic)
    y = xp.sin(leaf()) + xp.cos(array)
    assert isinstance(y, agrad.Tensor)
    assert isinstance(xp.concat([leaf(), array]), agrad.Tensor)
    assert isinstance(xp.where(array > 0, leaf(), array), agrad.Tensor)


def test_arrays_of_another_library_are_refused():
    strict = pytest.importorskip("array_api_strict")
    foreign = strict.ones((2, 3))
    x = leaf()
    for call in (
        lambda: xp.add(x, foreign),
        lambda: xp.concat([x, foreign]),
        lambda: agrad.array_namespace(x, foreign),
        lambda: agrad.grad(lambda t: xp.sum(xp.multiply(t, foreign)))(array),
    ):
        with pytest.raises(agrad.BackendError) as caught:
            call()
        assert isinstance(caught.value, TypeError)
    for op in (operator.add, operator.mul):
        with pytest.raises(TypeError):
            op(x, foreign)


def test_code_written_for_the_standard_is_differentiated_by_passing_a_tensor():
    def softmax(x):  # knows array_api_compat only
        ns = array_api_compat.array_namespace(x)
        x = ns.asarray(x, dtype=ns.float64, device=array_api_compat.device(x))
        e = ns.exp(x - ns.max(x))
        out = ns.zeros(x.shape, dtype=x.dtype)
        out[...] = e
        return out / ns.sum(out)

    a = np.asarray([0.5, -1.0, 2.0])
    p = softmax(a)
    np.testing.assert_allclose(agrad.jacobian(softmax)(a), np.diag(p) - np.outer(p, p), atol=1e-15)
