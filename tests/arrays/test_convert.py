"""Conversion between backends: what is kept, what is refused, and gradients that come back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np
import pytest

import agrad
import strict
from agrad.arrays.convert import asarray
from agrad.errors import BackendError, DtypeError, PluginError
from agrad.plugins import backends
from libraries import LIBRARIES

pytest.importorskip("array_api_strict")
strict.install()

PAIRS = [(a, b) for a, b in product(LIBRARIES, LIBRARIES) if a != b]
DTYPES = (
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float32", "float64", "complex64", "complex128",
)  # fmt: skip


@pytest.fixture(autouse=True, scope="module")
def x64() -> Iterator[None]:
    """Dtypes of 64 bits on JAX, too."""
    try:
        import jax
    except ImportError:
        yield
        return
    before = jax.config.read("jax_enable_x64")
    jax.config.update("jax_enable_x64", True)
    yield
    jax.config.update("jax_enable_x64", before)


def installed(*names: str) -> None:
    """Skip a test of a library that is not there."""
    for name in names:
        pytest.importorskip(LIBRARIES[name])
        if name not in backends():
            pytest.skip(f"no backend {name}")


pairs = pytest.mark.parametrize(("source", "target"), PAIRS, ids=["-".join(pair) for pair in PAIRS])


def to_numpy(t: Any) -> np.ndarray:
    """The values of a Tensor or of a plain array."""
    space = agrad.array_namespace(t)
    return np.asarray(space._backend.host(t.array if isinstance(t, agrad.Tensor) else t))


# What is kept -----------------------------------------------------------------------------------------

DATA = {
    "1-d": np.asarray([0.0, 1.0, 3.0]), "0-d": np.asarray(2.0), "empty": np.zeros((0, 3)),
    "transposed": np.arange(6.0).reshape(2, 3).T, "reversed": np.arange(4.0)[::-1], "every other": np.arange(6.0)[::2],
    "broadcast": np.broadcast_to(np.asarray([1.0, 2.0]), (3, 2)),
}  # fmt: skip


@pairs
def test_values_dtypes_and_shapes_are_kept(source: str, target: str) -> None:
    installed(source, target)
    xp, yp = agrad.namespace(source), agrad.namespace(target)
    for dtype, values in product(DTYPES, DATA.values()):
        values = values.astype(dtype) * (1 - 2j if "complex" in dtype else 1)
        values = values.astype(dtype)
        x = asarray(values, backend=source)
        assert type(x) is xp._tensor and x.dtype == getattr(xp, dtype)
        for given in (x, x.array):
            y = asarray(given, backend=target)
            assert type(y) is yp._tensor and not y.requires_grad
            assert (y.dtype, y.shape) == (getattr(yp, dtype), values.shape)
            np.testing.assert_array_equal(to_numpy(y), values)


@pairs
def test_steps_in_memory_do_not_matter(source: str, target: str) -> None:
    installed(source, target)
    xp = agrad.namespace(source)
    x = xp.asarray([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    for view in (
        x[:, ::-1],
        x.T,
        x[:, 1],
        xp.flip(x),
        xp.broadcast_to(x[0, :], (2, 3)),
        xp.conj(x + 1j),
        xp.imag(x + 1j),
    ):
        np.testing.assert_array_equal(to_numpy(asarray(view, backend=target)), to_numpy(view))


def aligned() -> np.ndarray:
    """An array that begins at a multiple of 64 bytes: JAX shares no others."""
    memory = np.zeros(24)
    start = -memory.ctypes.data % 64 // 8
    return memory[start : start + 16]


@pytest.mark.parametrize("target", ["jax", "torch", "array-api-strict"])
def test_memory_is_copied_unless_sharing_is_asked_for(target: str) -> None:
    installed(target)
    data = aligned()
    for copy in (None, True):
        separate = asarray(data, backend=target, copy=copy)
        data += 1
        assert to_numpy(separate)[0] == data[0] - 1
    shared = asarray(data, backend=target, copy=False)
    data += 1
    assert to_numpy(shared)[0] == data[0] == 3
    assert asarray(shared, backend="numpy", copy=False).array.ctypes.data == data.ctypes.data


def test_what_cannot_be_shared_is_refused() -> None:
    installed("jax", "torch")
    for given, target, message in (
        (np.broadcast_to(np.ones(1), (3,)), "jax", "share this array"),
        (np.ones(3)[::-1], "torch", "share this array.*negative step"),  # PyTorch itself would abort the process
        (np.ones(3), "torch", "share data of dtype float64 as float32"),
        ([np.ones(3), np.ones(3)], "torch", "share several arrays"),
    ):
        dtype = agrad.namespace("torch").float32 if "float32" in message else None
        with pytest.raises(ValueError, match=message):
            asarray(given, backend=target, dtype=dtype, copy=False)
    strict = agrad.namespace("array-api-strict")
    with pytest.raises(ValueError, match=r"share data on .*CPU_DEVICE.* with .*device1"):
        asarray(
            np.ones(3), backend="array-api-strict", device=strict.__array_namespace_info__().devices()[1], copy=False
        )


# Backend, dtype and device ----------------------------------------------------------------------------


def test_the_backend_is_that_of_the_data_unless_named(monkeypatch: pytest.MonkeyPatch) -> None:
    installed("jax", "torch")
    xp, jp = agrad.namespace("numpy"), agrad.namespace("jax")
    jax_array = jp.ones(2).array
    for given, space in ((np.ones(2), xp), (jax_array, jp), (jp.ones(2), jp), ([jax_array, 1.0 + jax_array], jp)):
        assert asarray(given).__array_namespace__() is space
    assert asarray([1.0, 2.0]).__array_namespace__() is asarray(3).__array_namespace__() is xp
    monkeypatch.setenv("AGRAD_BACKEND", "jax")
    assert asarray([1.0, 2.0]).__array_namespace__() is asarray(3).__array_namespace__() is jp
    assert asarray(np.ones(2)).__array_namespace__() is xp
    assert asarray([[1, 2], [3, 4]], backend="torch").tolist() == [[1, 2], [3, 4]]
    with pytest.raises(PluginError, match="no backend named 'nought'"):
        asarray(1.0, backend="nought")
    with pytest.raises(DtypeError, match="a str that is no array of numbers"):
        asarray("one", backend="numpy")
    with pytest.raises(BackendError):
        asarray([jp.ones(2), np.ones(2)])


def test_lists_of_arrays_become_one() -> None:
    installed("jax", "torch")
    xp, tp = agrad.namespace("numpy"), agrad.namespace("torch")
    x = xp.asarray([1.0, 2.0], requires_grad=True)
    y = asarray([x, [agrad.namespace("jax").ones(()), 4.0]], backend="torch")
    assert y.__array_namespace__() is tp and y.tolist() == [[1.0, 2.0], [1.0, 4.0]] and y.requires_grad
    gradient = agrad.grad(
        lambda x: asarray(tp.sum(asarray([[x, 2 * x], [x * x, x]], backend="torch")), backend="numpy")
    )
    assert gradient(3.0) == 1 + 2 + 6 + 1


@pairs
def test_a_dtype_is_changed_on_request(source: str, target: str) -> None:
    installed(source, target)
    xp, yp = agrad.namespace(source), agrad.namespace(target)
    x = xp.asarray([1.0, 2.5])
    for dtype in ("float32", "float64", "complex64", "int8"):
        y = asarray(x, backend=target, dtype=getattr(yp, dtype))
        assert y.dtype == getattr(yp, dtype) and to_numpy(y).tolist() == np.asarray([1.0, 2.5], dtype).tolist()
    single = asarray(x, backend=source, dtype=xp.float32)
    assert (single.dtype, asarray(single, backend=target).dtype) == (xp.float32, yp.float32)
    with pytest.raises(TypeError, match=r"complex|real"):
        asarray(xp.asarray([1j]), backend=target, dtype=yp.float64)


def test_nothing_is_narrowed_without_being_asked() -> None:
    jax = pytest.importorskip("jax")
    jp = agrad.namespace("jax")
    with jax.enable_x64(False):
        for values in (np.ones(2), np.arange(2), np.ones(2) * 1j, np.float64(3.0)):
            for copy in (None, False):
                with pytest.raises(DtypeError, match=rf"dtype {values.dtype}, which agrad\[jax\] does not have"):
                    asarray(values, backend="jax", copy=copy)
        with pytest.raises(DtypeError, match="dtype=float64, which"):
            asarray(np.ones(2, np.float32), backend="jax", dtype=jp.float64)
        y = asarray(np.asarray([0.1, 1e30]), backend="jax", dtype=jp.float32)
        assert y.dtype == jp.float32 and y.tolist() == [np.float32(0.1), np.float32(1e30)]
        gradient = agrad.grad(lambda x: asarray(asarray(x, backend="jax", dtype=jp.float32) ** 2, backend="numpy"))
        assert gradient(3.0).dtype == np.float64 and gradient(3.0) == 6.0
        wide = asarray(jp.asarray([1.0, 2.0]), backend="numpy", dtype=np.float64)
        assert (wide.dtype, wide.tolist()) == (np.float64, [1.0, 2.0])


def test_devices_are_kept_on_the_way_back() -> None:
    strict = agrad.namespace("array-api-strict")
    _, one, two, *_ = strict.__array_namespace_info__().devices()
    assert asarray([1.0, 2.0], backend="array-api-strict", device=one).device == one
    y = asarray(np.asarray([1.0, 2.0]), backend="array-api-strict", device=one)
    assert y.device == one and asarray(y, device=two).device == two
    np.testing.assert_array_equal(asarray(y, backend="numpy", device="cpu").array, [1.0, 2.0])
    gradient = agrad.grad(lambda x: strict.sum(asarray(asarray(x, backend="numpy") ** 2, backend="array-api-strict")))(
        y
    )
    assert gradient.device == one and to_numpy(gradient).tolist() == [2.0, 4.0]
    with pytest.raises(ValueError, match="cpu"):
        asarray(y, backend="numpy", device="gpu")


def test_zeros_are_on_the_device_of_their_leaf() -> None:
    strict = agrad.namespace("array-api-strict")
    _, one, two, *_ = strict.__array_namespace_info__().devices()
    x = strict.asarray([1.0, 2.0], device=one, requires_grad=True)
    seen: list[Any] = []
    x.register_hook(seen.append)
    strict.sum(strict.floor(x)).to_device(two).backward()
    assert x.grad.device == seen[0].device == one


# Gradients --------------------------------------------------------------------------------------------


def there_and_back(source: str, target: str) -> Callable[[Any], Any]:
    """A function of arrays of one backend that computes on another; its gradient is ``3 x**2 exp(x**3)``."""
    yp = agrad.namespace(target)

    def f(x: Any) -> Any:
        y = asarray(x, backend=target)
        return asarray(yp.sum(yp.exp(y**3)), backend=source)

    return f


@pairs
def test_derivatives_of_any_order_in_both_modes(source: str, target: str) -> None:
    installed(source, target)
    xp, f = agrad.namespace(source), there_and_back(source, target)
    values, v = np.asarray([0.3, -0.5]), np.asarray([1.0, 2.0])
    x, t = (xp.asarray(a.tolist(), dtype=xp.float64) for a in (values, v))
    first = 3 * values**2 * np.exp(values**3)
    second = np.diag((6 * values + 9 * values**4) * np.exp(values**3))
    found = {
        "grad": (agrad.grad(f)(x), first),
        "jvp": (agrad.jvp(f, (x,), (t,))[1], first @ v),
        "jacobian": (agrad.jacobian(f)(x), first),
        "forward over reverse": (agrad.hessian(f)(x), second),
        "reverse over reverse": (agrad.hvp(f, (x,), (t,)), second @ v),
        "reverse over forward": (agrad.grad(lambda x: agrad.jvp(f, (x,), (t,))[1])(x), second @ v),
        "forward over forward": (agrad.jvp(lambda x: agrad.jvp(f, (x,), (t,))[1], (x,), (t,))[1], v @ second @ v),
    }
    for name, (result, expected) in found.items():
        assert type(result) is xp._tensor, name
        np.testing.assert_allclose(to_numpy(result), expected, rtol=1e-12, err_msg=name)
    plain = agrad.grad(f)(x.array)
    assert agrad.array_namespace(plain) is xp and type(plain) is type(x.array)


def test_complex_gradients_are_not_conjugated() -> None:
    installed("torch")
    z = np.asarray([1 + 2j, -3j])
    for f in (lambda x: x * (2 - 1j), lambda x: (1 - 1j) * x * x):
        out, pullback = agrad.vjp(lambda x, f=f: asarray(f(asarray(x, backend="torch")), backend="numpy"), z)
        expected, own = agrad.vjp(f, z)
        np.testing.assert_allclose(out, expected)
        np.testing.assert_allclose(pullback(out)[0], own(out)[0])


def test_levels_are_not_confused() -> None:
    installed("torch")

    def moved(x: Any) -> Any:
        return asarray(x, backend="torch")

    def inner(x: Any) -> Any:
        return agrad.grad(lambda y: asarray(moved(x) * moved(y) + moved(y * y), backend="numpy"))(x)

    assert (
        agrad.grad(lambda x: x * agrad.grad(lambda y: asarray(moved(x) + moved(y), backend="numpy"))(2.0))(5.0) == 1.0
    )
    assert agrad.grad(inner)(5.0) == 3.0  # d/dx of x + 2 y, where y is x
    with agrad.no_grad():
        assert not moved(agrad.tensor(1.0, requires_grad=True)).requires_grad
    assert not asarray(agrad.tensor(1.0, requires_grad=True).detach(), backend="torch").requires_grad
    assert not asarray(np.asarray([1]), backend="torch").requires_grad


def test_backward_reaches_leaves_of_other_backends() -> None:
    installed("torch", "jax")
    x = agrad.tensor(np.asarray([1.0, 2.0]), requires_grad=True)
    w = agrad.namespace("jax").asarray([3.0, 5.0], requires_grad=True)
    unreached = agrad.namespace("jax").asarray([1.0, 1.0], requires_grad=True)
    y = asarray(x, backend="torch")
    y.retain_grad()
    seen: list[Any] = []
    x.register_hook(seen.append)
    z = agrad.namespace("torch").sum(y**2 * asarray(w, backend="torch"))
    z = z + asarray(agrad.namespace("jax").sum(agrad.namespace("jax").floor(unreached)), backend="torch")
    z.backward()
    for leaf, expected in ((x, [6.0, 20.0]), (y, [6.0, 20.0]), (w, [1.0, 4.0]), (unreached, [0.0, 0.0])):
        assert type(leaf.grad) is type(leaf) and leaf.grad.tolist() == expected
    assert [type(g) for g in seen] == [type(x)]
    with pytest.raises(agrad.GraphError, match="freed"):
        z.backward()
    x.grad = None
    cube = agrad.namespace("torch").sum(asarray(x, backend="torch") ** 3)
    cube.backward(create_graph=True)
    first, x.grad = x.grad, None
    assert type(first) is type(x) and first.tolist() == [3.0, 12.0]
    asarray(first, backend="torch").sum().backward()
    assert x.grad.tolist() == [6.0, 12.0]


@pytest.mark.parametrize(
    "transform",
    [
        lambda f, x: agrad.grad(f)(x), lambda f, x: agrad.value_and_grad(f)(x), lambda f, x: agrad.vjp(f, x),
        lambda f, x: agrad.jvp(f, (x,), (x,)), lambda f, x: agrad.jacobian(f)(x), lambda f, x: agrad.linearize(f, x),
    ],
    ids="grad value_and_grad vjp jvp jacobian linearize".split(),
)  # fmt: skip
def test_transforms_want_results_of_their_arguments_backend(transform: Callable[..., Any]) -> None:
    installed("torch")
    message = r"arguments of agrad\[numpy\] got a result of agrad\[torch\].*backend='numpy'"
    for constant in (False, True):

        def f(x: Any, constant: bool = constant) -> Any:
            y = asarray(x, backend="torch").sum()
            return agrad.stop_gradient(y) if constant else y

        with pytest.raises(BackendError, match=message):
            transform(f, np.ones(2))


def test_aux_may_be_of_any_backend() -> None:
    installed("torch")

    def f(x: Any) -> Any:
        y = asarray(x, backend="torch")
        return (x * x).sum(), y

    for x in (np.ones(2), agrad.tensor(np.ones(2))):
        _, aux = agrad.grad(f, has_aux=True)(x)
        assert aux.tolist() == [1.0, 1.0] and agrad.array_namespace(aux) is agrad.namespace("torch")
        assert isinstance(aux, agrad.Tensor) == isinstance(x, agrad.Tensor)


def test_gradients_share_memory_with_nothing() -> None:
    installed("torch")
    x = aligned() + 1
    out, pullback = agrad.vjp(
        lambda x: asarray(asarray(x, backend="torch", copy=False), backend="numpy", copy=False), x
    )
    ct = np.ones(16)
    (gradient,) = pullback(ct)
    gradient += 1
    out += 1
    assert x.tolist() == ct.tolist() == [1.0] * 16
    tensor = agrad.namespace("torch").ones(3).array
    y, t = agrad.jvp(
        lambda x: asarray(asarray(x, copy=False, backend="numpy"), copy=False, backend="torch"), (tensor,), (tensor,)
    )
    y += 1
    t += 1
    assert tensor.tolist() == [1.0] * 3


def test_a_finished_transform_is_noticed() -> None:
    installed("torch")
    kept: list[Any] = []
    agrad.grad(lambda x: (kept.append(x), x * x)[1])(2.0)
    with pytest.raises(agrad.EscapedTensorError):
        asarray(kept[0], backend="torch")


def test_values_that_jax_traces_are_not_converted() -> None:
    jax = pytest.importorskip("jax")
    with pytest.raises(TypeError, match="traced array"):
        jax.jit(lambda x: asarray(x, backend="numpy").array)(1.0)
    assert jax.jit(lambda x: asarray(x).array)(1.0) == 1.0
