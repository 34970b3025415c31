"""The CuPy backend: on a GPU where there is one, and the adapter's logic on a stand-in for CuPy everywhere."""

from __future__ import annotations

import importlib
import importlib.util
import json
import operator
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import optree
import pytest

import agrad
import agrad_cupy
from agrad.arrays.convert import asarray
from agrad.arrays.namespaces import Namespace
from agrad.errors import BackendError
from agrad.plugins import hookimpl, manager, register
from samples import Arrays, Sample, filled, followed, samples

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:.*degrees of freedom:UserWarning")

# The two CuPys ------------------------------------------------------------------------------------------

NAMES = ("agrad_cupy.namespace", "agrad_cupy.linalg", "agrad_cupy.fft", "agrad_cupy.random", "agrad_cupy.place")


def gpu() -> bool:
    """Whether there is CuPy, and a device for it."""
    try:
        import cupy

        return bool(cupy.is_available())
    except ImportError:
        return False


def stand_in() -> ModuleType:
    """The module of the stand-in, which is beside this one."""
    if "fake_cupy" not in sys.modules:
        path = Path(__file__).with_name("fake_cupy.py")
        spec = importlib.util.spec_from_file_location("fake_cupy", path)
        assert spec is not None and spec.loader is not None
        sys.modules["fake_cupy"] = made = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(made)
    return sys.modules["fake_cupy"]


class StandIn:
    """The backend with the stand-in in the place of CuPy."""

    def __init__(self) -> None:
        self.fake = stand_in()
        replaced = self.fake.namespaces
        before = {name: sys.modules.pop(name, None) for name in (*replaced, *NAMES)}
        sys.modules.update(replaced)
        try:
            (record,) = agrad_cupy.agrad_backends()
            self.namespace = record.load()
        finally:
            for name, module in before.items():
                sys.modules.pop(name, None)
                if module is not None:
                    sys.modules[name] = module
                if name.startswith("agrad_cupy.") and hasattr(agrad_cupy, name.partition(".")[2]):
                    delattr(agrad_cupy, name.partition(".")[2])
        owns = lambda x: isinstance(x, self.fake.ndarray)  # noqa: E731
        self.record = record._replace(name="stand-in", load=lambda: self.namespace, owns=owns)

    @hookimpl
    def agrad_backends(self) -> Any:
        return [self.record]


@pytest.fixture(scope="module", params=["device", "stand-in"])
def lib(request: pytest.FixtureRequest) -> Iterator[SimpleNamespace]:
    """CuPy, or the stand-in, with agrad's namespace and the backend's own."""
    if request.param == "device":
        if not gpu():
            pytest.skip("no CUDA device")
        import cupy

        if manager().get_plugin("cupy") is None:
            register(agrad_cupy, "cupy")
        xp = agrad.namespace("cupy")
        yield SimpleNamespace(cupy=cupy, xp=xp, raw=xp._raw, record=xp._backend, fake=None)
        return
    plugin = StandIn()
    register(plugin, "stand-in")
    xp = agrad.namespace("stand-in")
    yield SimpleNamespace(
        cupy=plugin.fake.namespaces["cupy"], xp=xp, raw=xp._raw, record=plugin.record, fake=plugin.fake
    )
    agrad.plugins.block("stand-in")


class Stays:
    """A ``with`` block in which a copy from the device to the host fails."""

    def __init__(self, lib: SimpleNamespace) -> None:
        self.lib = lib
        self.guard = nullcontext() if lib.fake is not None else agrad_cupy._guard()

    def __enter__(self) -> None:
        if self.lib.fake is not None:
            self.lib.fake.copied_to_host.clear()
        self.guard.__enter__()

    def __exit__(self, *error: Any) -> None:
        self.guard.__exit__(*error)
        if self.lib.fake is not None and error[0] is None:
            assert self.lib.fake.copied_to_host == []


def of_numpy(lib: SimpleNamespace, x: Any) -> Any:
    """A NumPy array, or the name of a dtype, as the library's own."""
    if isinstance(x, str) and x.startswith(("float", "complex")):
        return getattr(lib.cupy, x)
    return lib.raw.asarray(x) if isinstance(x, np.ndarray) else x


def to_numpy(lib: SimpleNamespace, y: Any) -> np.ndarray:
    """A result as NumPy's, after a check that it is an array of the library."""
    y = y.array if isinstance(y, agrad.Tensor) else y
    assert isinstance(y, lib.cupy.ndarray)
    return y.get()


def same(lib: SimpleNamespace, found: Any, expected: Any) -> None:
    """Equal in shape, dtype and value."""
    a, b = to_numpy(lib, found), np.asarray(expected)
    assert (a.shape, a.dtype) == (b.shape, b.dtype)
    np.testing.assert_allclose(a, b, rtol=1e-6 if a.dtype.char in "fF" else 1e-12, atol=1e-12)


# The table of ops ---------------------------------------------------------------------------------------

SAMPLES = list(samples())
FIRST = {s.op: s for s in reversed(SAMPLES)}


def cases() -> list[Any]:
    """Samples as test parameters: by default one of each op."""
    return [pytest.param(s, id=s.label, marks=() if FIRST[s.op] is s else pytest.mark.slow) for s in SAMPLES]


def random_like(x: np.ndarray, seed: int) -> np.ndarray:
    """Normal numbers of the same shape and dtype."""
    g = np.random.default_rng(seed)
    values, imaginary = g.normal(size=x.shape), g.normal(size=x.shape)
    return np.asarray(values + 1j * imaginary if x.dtype.kind == "c" else values, dtype=x.dtype)


def derivatives(s: Sample, xp: Any, convert: Callable[[Any], Any], back: Callable[[Any], Any]) -> dict[str, Arrays]:
    """Results, and derivatives in both modes and orders, of what no choice of factors changes."""

    def f(*xs: Any) -> Any:
        values = iter(xs)
        args, params = filled(s.args, values, convert), filled(s.params, values, convert)
        return optree.tree_leaves(s.invariant(xp, *args, **params))

    primals = followed((s.args, s.params))
    xs, ts = tuple(map(convert, primals)), tuple(convert(random_like(x, i)) for i, x in enumerate(primals))
    found: dict[str, Any] = {}
    out, pullback = agrad.vjp(f, *xs)
    ct = [convert(random_like(back(y), 10 + i)) for i, y in enumerate(out)]
    found["out"], found["vjp"] = out, pullback(ct)
    found["jvp"] = agrad.jvp(f, xs, ts)[1]
    if s.row.smooth:

        def pull(*xs: Any) -> Any:
            return agrad.vjp(lambda *xs: [y + 0.5 * y * y for y in f(*xs)], *xs)[1](ct)

        found["vjp of vjp"] = agrad.vjp(pull, *xs)[1](ts)
        found["jvp of vjp"] = agrad.jvp(pull, xs, ts)[1]
    return {name: [back(y) for y in optree.tree_leaves(tree)] for name, tree in found.items()}


@pytest.mark.parametrize("s", cases())
def test_agrees_with_numpy(s: Sample, lib: SimpleNamespace) -> None:
    found = derivatives(s, lib.xp, lambda x: of_numpy(lib, x), lambda y: to_numpy(lib, y))
    expected = derivatives(s, agrad.namespace("numpy"), lambda x: x, np.asarray)
    eps = max(float(np.finfo(x.dtype).eps) for x in [*followed((s.args, s.params)), *expected["out"]])
    assert found.keys() == expected.keys()
    for name in found:
        for a, b in zip(found[name], expected[name], strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype), name
            scale = max(float(np.max(np.abs(y), initial=1)) for y in expected[name])  # samples are of order one
            np.testing.assert_allclose(a, b, rtol=1e4 * eps, atol=1e4 * eps * scale, err_msg=name)


def test_every_function_of_the_standard_is_there(lib: SimpleNamespace) -> None:
    space: Namespace = lib.xp
    for name in dir(space):
        getattr(space, name)
    for extension in (space.linalg, space.fft):
        for name in dir(extension):
            getattr(extension, name)
    lacked = [name for name in lib.record.lacks if name not in agrad.backend.CAPABILITIES]
    assert lacked == []


# Everything stays on the device -------------------------------------------------------------------------


def through_many_ops(xp: Any, x: Any, i: Any, mask: Any) -> Any:
    """Linear algebra, transforms, reductions, indexing by integers and by a mask, sorting, in one number."""
    y = xp.linalg.solve(x @ xp.matrix_transpose(x) + 4 * xp.eye(x.shape[0], dtype=x.dtype), x)
    y = y + xp.linalg.inv(x + 4 * xp.eye(x.shape[0], dtype=x.dtype)) + xp.take(x, i, axis=0)
    y = xp.where(mask, y, xp.exp(-y)) + x[i, :] * x[:, i] + xp.cumulative_sum(y, axis=1)
    y = y + xp.real(xp.fft.ifft(xp.fft.fft(y, axis=0) ** 2, axis=0)) + xp.sort(y, axis=1)
    y[mask] = 0.5
    return xp.sum(y**2) / xp.std(x) + xp.linalg.det(x) + xp.max(y) + xp.linalg.vector_norm(y, ord=3)


@pytest.fixture
def data(lib: SimpleNamespace) -> tuple[Any, Any, Any]:
    g = np.random.default_rng(3)
    x = g.normal(size=(4, 4))
    return tuple(of_numpy(lib, a) for a in (x, np.asarray([2, 0, 2, -1]), x > 0.3))  # type: ignore[return-value]


def test_forward_and_backward_copy_nothing_to_the_host(lib: SimpleNamespace, data: Any) -> None:
    x, i, mask = data
    with Stays(lib):
        t = lib.xp.asarray(x, requires_grad=True)
        y = through_many_ops(lib.xp, t, i, mask)
        y.backward(create_graph=True)
        first = t.grad
        t.grad = None
        lib.xp.sum(first * first).backward()
        pushed = agrad.jvp(lambda x: through_many_ops(lib.xp, x, i, mask), (x,), (x,))[1]
    assert y.ndim == 0 and isinstance(y.detach().array, lib.cupy.ndarray) and isinstance(pushed, lib.cupy.ndarray)
    own = tuple(a.get() for a in data)
    expected = agrad.grad(lambda x: through_many_ops(agrad.namespace("numpy"), x, *own[1:]))(own[0])
    np.testing.assert_allclose(to_numpy(lib, first.detach()), expected, rtol=1e-8)


def test_backward_through_a_read_mask_copies_nothing(lib: SimpleNamespace, data: Any) -> None:
    x, _, mask = data
    y, pullback = agrad.vjp(lambda x: x[mask] ** 2 * 3, x)  # reading needs to know how many there are
    ct = lib.raw.ones_like(y)
    with Stays(lib):
        (gradient,) = pullback(ct)
    own, chosen = x.get(), mask.get()
    same(lib, gradient, np.where(chosen, 6 * own, 0))


@pytest.mark.parametrize(
    "copy",
    [bool, int, float, lambda x: x.item(), lambda x: x.get(), lambda x: x.tolist(), lambda x: x.reshape(1)[x > 0]],
    ids="bool int float item get tolist mask".split(),
)
def test_what_copies_is_noticed(lib: SimpleNamespace, copy: Callable[[Any], Any]) -> None:
    x = lib.raw.ones(())
    with pytest.raises(BackendError if lib.fake is None else AssertionError), Stays(lib):
        copy(x.reshape(1) if copy.__name__ == "<lambda>" else x)


def test_the_records_guard_refuses_copies_and_goes_again(lib: SimpleNamespace, monkeypatch: Any) -> None:
    monkeypatch.setitem(sys.modules, "cupy", lib.cupy)
    x = lib.raw.ones(2)
    with agrad_cupy._guard(), pytest.raises(BackendError, match="copied from the device"):
        x.get()
    assert x.get().tolist() == [1.0, 1.0]


def test_numpy_gets_no_array_in_passing(lib: SimpleNamespace) -> None:
    with pytest.raises(TypeError, match="conversion"):
        np.asarray(lib.xp.ones(2))
    with pytest.raises((TypeError, BackendError)):
        np.ones(2) * lib.xp.ones(2)
    copied = lib.record.host(lib.raw.ones(2))
    assert type(copied) is np.ndarray and copied.tolist() == [1.0, 1.0]


def test_conversion_is_differentiable(lib: SimpleNamespace) -> None:
    def f(x: Any) -> Any:
        y = asarray(x, backend=lib.xp._backend.name) * 2
        assert isinstance(y, type(lib.xp.ones(1)))
        return agrad.namespace("numpy").sum(asarray(y, backend="numpy") ** 2)

    gradient = agrad.grad(f)(np.asarray([1.0, 2.0], np.float32))
    assert type(gradient) is np.ndarray and gradient.dtype == np.float32 and gradient.tolist() == [8.0, 16.0]


# Devices ------------------------------------------------------------------------------------------------


def test_arrays_are_made_where_they_are_asked_for(lib: SimpleNamespace) -> None:
    raw, device = lib.raw, lib.raw.__array_namespace_info__().devices()[-1]
    source = raw.ones((2, 2))
    made = [
        raw.asarray(1.0, device=device), raw.asarray([1, 2], device=device), raw.asarray(source, device=device),
        raw.asarray(np.ones(2), device=device), raw.arange(3, device=device), raw.empty(2, device=device),
        raw.empty_like(source, device=device), raw.eye(2, device=device), raw.full((2,), 3, device=device),
        raw.full_like(source, 3, device=device), raw.linspace(0, 1, 3, device=device), raw.ones(2, device=device),
        raw.linspace(0, 1j, 3, device=device), raw.ones_like(source, device=device), raw.zeros(2, device=device),
        raw.zeros_like(source, device=device), raw.astype(source, lib.cupy.float32, device=device),
        raw.fft.fftfreq(3, device=device), raw.fft.rfftfreq(3, device=device), raw.to_device(source, device),
        raw.from_dlpack(source, device=device), raw.Generator(0).normal((2,), device=device),
    ]  # fmt: skip
    assert [x.device for x in made] == [device] * len(made)
    assert source.device == lib.raw.__array_namespace_info__().default_device()
    with device:  # an array stays on its own device
        kept = raw.asarray(source), raw.asarray(source, dtype=lib.cupy.float32), raw.asarray(source, copy=True)
        assert [x.device for x in kept] == [source.device] * 3


def test_moving_keeps_the_graph(lib: SimpleNamespace) -> None:
    first, last = (lib.raw.__array_namespace_info__().devices()[i] for i in (0, -1))
    x = lib.xp.asarray(lib.raw.asarray([1.0, 2.0]), requires_grad=True)
    moved = x.to_device(last)
    assert moved.device == last and moved.requires_grad
    with last:
        y = lib.xp.sum(moved * 3)
        ct = lib.raw.ones_like(y.detach().array)
        y.backward(ct)
    assert x.grad.device == first
    same(lib, x.grad, [3.0, 3.0])


@pytest.mark.parametrize("device", ["cpu", "cuda:0", True, 1.5])
def test_other_devices_are_refused(lib: SimpleNamespace, device: Any) -> None:
    for call in (lambda: lib.xp.ones(2).to_device(device), lambda: lib.raw.zeros(2, device=device)):
        with pytest.raises(ValueError, match=r"cupy\.cuda\.Device"):
            call()


# Indexing -----------------------------------------------------------------------------------------------

KEYS: list[Any] = [
    1, (1, -2), ..., slice(None, None, -1), (slice(None), slice(3, 0, -2)), (None, 1, slice(None, None, -1)),
    [1, 1, 0], np.asarray([2, 0, 2]), (np.asarray([0, 2, 0]), np.asarray([1, 3, 1])), (slice(2), np.asarray([2, 0, 2])),
    (np.asarray([0, 0]), slice(None), None), (np.asarray([[0], [2]]), np.asarray([1, 1])), np.asarray([1, 1], np.uint8),
    np.asarray([True, False, True]), np.asarray([[True, False, True, True]] * 3), np.asarray([False] * 3),
    (slice(None), np.asarray([True, False, True, True])), (np.asarray([False, True, True]), ...),
    (np.asarray([False, True, True]), slice(1, 3)), (..., np.asarray([True, False, True, False])),
    (np.asarray([True, False, True]), np.asarray([0, 0])),
]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float64", "float32", "complex128", "complex64", "int8", "int64", "uint16", "bool"])
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing_agrees_with_numpy(lib: SimpleNamespace, key: Any, dtype: str) -> None:
    own = tuple(of_numpy(lib, k) for k in key) if isinstance(key, tuple) else of_numpy(lib, key)
    numpy = agrad.namespace("numpy")._raw
    x = (np.arange(12.0).reshape(3, 4) - 4).astype(dtype)
    target = of_numpy(lib, x)
    expected = np.asarray(x[key])
    same(lib, lib.raw.getitem(target, own), expected)
    values = np.random.default_rng(1).integers(0, 9, size=expected.shape).astype(dtype)
    narrow = values[..., :1] if values.ndim else values
    for given in (values, narrow):
        added = numpy.scatter(np.broadcast_to(given, values.shape), key, shape=(3, 4))
        same(lib, lib.raw.scatter(of_numpy(lib, given), own, shape=(3, 4)), added)
    for value in (np.asarray(7, dtype), values, narrow):  # of several values at one position, the last stays
        changed = lib.raw.setitem(target, own, of_numpy(lib, value))
        same(lib, changed, numpy.setitem(x, key, value))
    same(lib, lib.raw.setitem(target, own, 1), numpy.setitem(x, key, 1))
    same(lib, target, x)


def test_contributions_at_one_position_add_up(lib: SimpleNamespace) -> None:
    i = lib.raw.asarray([1, 1, 0, 1])
    x = lib.raw.asarray([1.0, 2.0, 3.0])
    w = lib.raw.asarray([1.0, 10.0, 100.0, 1000.0])
    with Stays(lib):
        gradient = agrad.grad(lambda x: lib.xp.sum(x[i] * w))(x)
        unequal = agrad.grad(lambda z: lib.xp.real(lib.xp.sum(z[i] * w)))(x + 0j)
    same(lib, gradient, [100.0, 1011.0, 0.0])
    same(lib, unequal, [100 + 0j, 1011, 0])


def test_the_last_of_several_assigned_values_stays(lib: SimpleNamespace) -> None:
    x, values, i = lib.raw.zeros(3), lib.raw.asarray([[1.0, 2.0, 3.0, 4.0]]), lib.raw.asarray([1, 1, 2, 1])

    def f(x: Any, values: Any) -> Any:
        y = lib.xp.asarray(x, copy=True)
        y[i] = values
        return lib.xp.sum(y * lib.raw.asarray([1.0, 10.0, 100.0]))

    with Stays(lib):
        changed = lib.raw.setitem(x, i, values)
        gradients = agrad.grad(f, argnums=(0, 1))(x, values)
    same(lib, changed, [0.0, 4.0, 3.0])
    same(lib, gradients[0], [1.0, 0.0, 0.0])
    same(lib, gradients[1], [[0.0, 0.0, 100.0, 10.0]])


def test_masks_of_another_shape_are_refused(lib: SimpleNamespace) -> None:
    x = lib.raw.ones((3, 4))
    for mask in (lib.raw.asarray([True]), lib.raw.asarray([[True], [False], [True]])):
        with pytest.raises(IndexError):
            lib.raw.setitem(x, mask, 1.0)


# Tensors and CuPy's arrays ------------------------------------------------------------------------------


def test_operators_take_arrays_on_either_side(lib: SimpleNamespace) -> None:
    a, b = (lib.raw.asarray(values) for values in ([3.0, 5.0], [2.0, 4.0]))
    for name in "add sub mul truediv floordiv mod pow matmul lt le gt ge eq ne".split():
        f = getattr(operator, name)
        expected = f(a, b).get()
        for left, right in ((a, lib.xp.asarray(b)), (lib.xp.asarray(a), b)):
            found = f(left, right)
            assert type(found) is type(lib.xp.asarray(a)), name
            same(lib, found, expected)
    gradient = agrad.grad(lambda x: lib.xp.sum(a * x - a / x))(lib.raw.ones(2))
    same(lib, gradient, [6.0, 10.0])


def test_gradients_share_memory_with_nothing(lib: SimpleNamespace) -> None:
    x = lib.raw.ones((2, 3))
    fresh = x.copy()
    assert lib.record.own(fresh) is fresh
    shared = lib.raw.from_dlpack(x)
    for array in (x[0], shared):
        own = lib.record.own(array)
        assert own is not array and own.base is None
    ct = lib.raw.ones((2, 3))
    pullback = agrad.vjp(lambda x: x + x, x)[1]
    (gradient,) = pullback(ct)
    gradient += 1
    same(lib, ct, np.ones((2, 3)))
    same(lib, pullback(ct)[0], np.full((2, 3), 2.0))
    gradient = agrad.grad(lambda x: lib.xp.sum(x))(x)
    gradient += 1
    same(lib, gradient, np.full((2, 3), 2.0))


# The namespace where it is not CuPy's ---------------------------------------------------------------------


def arguments() -> list[Any]:
    """Calls whose results are to be NumPy's, of which CuPy's own would not all be."""
    g = np.random.default_rng(0)
    a, b, z = g.normal(size=(2, 3, 3)), g.normal(size=(3, 2)), g.normal(size=(3, 3)) + 1j * g.normal(size=(3, 3))
    spd = a @ a.swapaxes(1, 2) + 2 * np.eye(3)
    n = np.asarray([[3, 1, 3], [2, 1, 1]])
    f32 = a.astype(np.float32)
    return [
        ("clip", (n.astype(np.int8), -300, 2), {}),
        ("clip", (f32, np.asarray(-0.5), np.asarray(0.5)), {}),
        ("clip", (a, float("nan"), None), {}),
        ("clip", (a,), {}),
        ("count_nonzero", (n,), {"keepdims": True}),
        ("count_nonzero", (n,), {"axis": ()}),
        ("count_nonzero", (z,), {"axis": 1}),
        ("std", (a,), {"correction": 0.5, "axis": (0, 2)}),
        ("var", (f32,), {"correction": 1}),
        ("isin", (n, 1), {"invert": True}),
        ("isin", (3, n), {}),
        ("take", (n, np.asarray([-1, 0])), {"axis": 1}),
        ("take", (n[0], np.asarray([1])), {}),
        ("take_along_axis", (n, np.asarray([[-1], [0]])), {}),
        ("sort", (a,), {"descending": True, "axis": 0}),
        ("argsort", (n,), {"descending": True}),
        ("argsort", (n,), {"axis": 0}),
        ("sort", (n,), {}),
        ("reshape", (n, (3, 2)), {"copy": True}),
        ("unstack", (n,), {"axis": 1}),
        ("meshgrid", (n[0], n[1]), {"indexing": "ij"}),
        ("broadcast_arrays", (n, n[0]), {}),
        ("linspace", (0, 1 + 2j, 4), {}),
        ("linspace", (0, 1, 3), {"dtype": np.float32}),
        ("linspace", (5, 0, 4), {"endpoint": False}),
        ("searchsorted", (np.sort(a[0, 0]), 0.0), {"side": "right"}),
        ("repeat", (n, np.asarray([1, 0, 2])), {"axis": 1}),
        ("tensordot", (a, b), {"axes": ([1], [0])}),
        ("tensordot", (np.asarray(2.0), b), {"axes": ([], [])}),
        ("vecdot", (z, z[0]), {}),
        ("vecdot", (a, a[0]), {"axis": -2}),
        ("cumulative_sum", (n.astype(np.int8),), {"axis": 0, "include_initial": True}),
        ("cumulative_prod", (a,), {"axis": 2, "include_initial": True}),
        ("diff", (n,), {"n": 2, "prepend": n[:, :1]}),
        ("unique_all", (n,), {}),
        ("unique_counts", (n,), {}),
        ("unique_inverse", (n,), {}),
        ("unique_values", (n,), {}),
        ("nonzero", (n > 1,), {}),
        ("astype", (n, np.float32), {}),
        ("sign", (z,), {}),
        ("where", (n > 1, f32[0, :2], 0), {}),
        ("linalg.cholesky", (spd,), {"upper": True}),
        ("linalg.cross", (a, z), {"axis": -1}),
        ("linalg.diagonal", (a,), {"offset": -1}),
        ("linalg.eigvals", (spd[0],), {}),
        ("linalg.eigvals", (np.ones((0, 2, 2)),), {}),
        ("linalg.eig", (np.ones((2, 0, 0), np.float32),), {}),
        ("linalg.matrix_norm", (a,), {"ord": "nuc", "keepdims": True}),
        ("linalg.matrix_norm", (f32,), {}),
        ("linalg.matrix_rank", (a * [1, 0, 0],), {}),
        ("linalg.matrix_rank", (spd,), {"rtol": np.asarray([0.1, 1e-9])}),
        ("linalg.matrix_rank", (np.ones((2, 0, 3)),), {}),
        ("linalg.outer", (n[0], n[1]), {}),
        ("linalg.pinv", (a * [1, 1, 0],), {}),
        ("linalg.pinv", (b,), {"rtol": 0.5}),
        ("linalg.pinv", (f32[:, :2],), {}),
        ("linalg.pinv", (np.ones((2, 0, 3)),), {}),
        ("linalg.solve", (spd, b), {}),
        ("linalg.solve", (spd, b[:, 0]), {}),
        ("linalg.solve", (spd[0], spd), {}),
        ("linalg.svdvals", (a,), {}),
        ("linalg.trace", (n.astype(np.int8),), {"offset": 1}),
        ("linalg.trace", (a,), {"dtype": np.float32}),
        *[
            ("linalg.vector_norm", (x,), {"ord": ord, "axis": axis, "keepdims": True})
            for x in (a, z[None])
            for axis in (None, 1, (0, -1))
            for ord in (0, 1, 2, 3.5, -1, float("inf"), -float("inf"))
        ],
        ("fft.fftn", (a,), {"s": (2, 4)}),
        ("fft.irfftn", (z,), {"s": (3, 5)}),
        ("fft.fftfreq", (5,), {"d": 0.5, "dtype": np.float32}),
        ("fft.rfftfreq", (5,), {}),
        ("fft.fft", (f32,), {"n": 2, "axis": 0}),
        ("fft.hfft", (z,), {"norm": "ortho"}),
    ]


@pytest.mark.parametrize(
    ("name", "args", "options"), [pytest.param(*c, id=f"{i}-{c[0]}") for i, c in enumerate(arguments())]
)
def test_functions_that_cupy_has_otherwise(lib: SimpleNamespace, name: str, args: Any, options: Any) -> None:
    def call(raw: Any, convert: Callable[[Any], Any]) -> Any:
        for part in name.split("."):
            raw = getattr(raw, part)
        return raw(*map(convert, args), **{k: convert(v) for k, v in options.items()})

    found = call(lib.raw, lambda x: of_numpy(lib, x))
    expected = call(agrad.namespace("numpy")._raw, lambda x: x)
    assert isinstance(found, tuple) == isinstance(expected, tuple)
    assert getattr(found, "_fields", None) == getattr(expected, "_fields", None)
    if not isinstance(found, tuple):
        found, expected = (found,), (expected,)
    for a, b in zip(found, expected, strict=True):
        same(lib, a, b)


def test_what_is_refused(lib: SimpleNamespace) -> None:
    raw, c = lib.raw, lib.cupy
    x, z = raw.ones((2, 3)), raw.ones((2, 3), dtype=c.complex128)
    with pytest.raises(TypeError, match=r"real\(x\)"):
        raw.astype(z, c.float64)
    assert raw.astype(x, c.float64, copy=False) is x and raw.astype(x, c.float64) is not x
    for obj in (1.0, [1.0], np.ones(2), np.float64(1)):
        with pytest.raises(ValueError, match="copied"):
            raw.asarray(obj, copy=False)
    with pytest.raises(ValueError, match="copied"):
        raw.asarray(x, copy=False, dtype=c.float32)
    assert raw.asarray(x, copy=False) is x and raw.asarray(x, copy=True) is not x
    for call in (
        lambda: raw.take(x, raw.asarray([0])),
        lambda: raw.unstack(raw.ones(())),
        lambda: raw.nonzero(raw.ones(())),
        lambda: raw.linalg.cross(x, raw.ones((2, 1))),
        lambda: raw.linalg.matrix_rank(raw.ones(3)),
        lambda: raw.vecdot(x, raw.ones((2, 1))),
    ):
        with pytest.raises(ValueError):
            call()


def test_data_types(lib: SimpleNamespace) -> None:
    raw, c = lib.raw, lib.cupy
    info = raw.__array_namespace_info__()
    assert set(info.dtypes(kind="complex floating")) == {"complex64", "complex128"} and len(info.dtypes()) == 13
    assert info.default_dtypes()["real floating"] == np.float64 and info.capabilities()["boolean indexing"]
    assert raw.isdtype(np.dtype("int8"), ("bool", "signed integer")) and not raw.isdtype(c.float32, "complex floating")
    assert type(raw.finfo(raw.ones(1, dtype=c.complex64)).eps) is float and raw.finfo(c.complex64).dtype == np.float32
    assert raw.iinfo(raw.ones(1, dtype=c.int8)).max == 127
    assert (
        raw.can_cast(raw.ones(1, dtype=c.int8), c.int16)
        and raw.result_type(raw.ones(1, dtype=c.float32), 1.0) == np.float32
    )
    for value, dtype in ((True, bool), (1, np.int64), (1.0, np.float64), (1j, np.complex128), ([1, 2], np.int64)):
        assert raw.asarray(value).dtype == dtype


def test_random_numbers(lib: SimpleNamespace) -> None:
    raw, c = lib.raw, lib.cupy
    drawn = []
    for _ in range(2):
        g = raw.Generator(7)
        drawn.append(
            [
                g.uniform((1000,)),
                g.normal((1000,), dtype=c.float32),
                g.integers(-2, 3, (1000,), dtype=c.int8),
                g.permutation(1000),
            ]
        )
    for a, b in zip(*drawn, strict=True):
        same(lib, a, b.get())
    uniform, normal, integers, order = (a.get() for a in drawn[0])
    assert uniform.dtype == np.float64 and uniform.min() >= 0 and uniform.max() < 1 and abs(uniform.mean() - 0.5) < 0.05
    assert normal.dtype == np.float32 and abs(normal.mean()) < 0.2 and abs(normal.std() - 1) < 0.1
    assert integers.dtype == np.int8 and set(integers) == {-2, -1, 0, 1, 2}
    assert order.dtype == np.int64 and sorted(order) == list(range(1000)) and list(order) != list(range(1000))
    assert raw.Generator(8).uniform((3,)).tolist() != raw.Generator(7).uniform((3,)).tolist()


# The record, and where there is no GPU --------------------------------------------------------------------


def test_found_without_importing_cupy() -> None:
    code = (
        "import sys, agrad, agrad_cupy\n"
        "(backend,) = agrad_cupy.agrad_backends()\n"
        "assert not backend.owns(1.0) and not backend.owns([]) and 'cupy' not in sys.modules\n"
        "assert backend.how_to_install == agrad.origin.install_command('cupy')\n"
        "assert backend.library.startswith('cupy')"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})


@pytest.mark.parametrize("problem", ["none", "driver"])
def test_without_a_device_the_backend_says_so(monkeypatch: pytest.MonkeyPatch, problem: str) -> None:
    fake = stand_in()
    runtime = fake.namespaces["cupy"].cuda.runtime

    def count() -> int:
        if problem == "driver":
            raise fake.CUDARuntimeError("cudaErrorInsufficientDriver")
        return 0

    monkeypatch.setattr(runtime, "getDeviceCount", count)
    monkeypatch.setitem(sys.modules, "cupy", fake.namespaces["cupy"])
    (record,) = agrad_cupy.agrad_backends()
    with pytest.raises(BackendError, match="needs a CUDA device"):
        record.load()


def test_the_stand_in_has_nothing_that_cupy_lacks() -> None:
    fake = stand_in()
    for name in ("cupy", "cupy.linalg", "cupy.fft", "cupyx"):
        public = {n for n in vars(fake.namespaces[name]) if not n.startswith("_")}
        assert public == set(fake.LISTING[name])
    assert {n for n in dir(fake.ndarray) if not n.startswith("_")} <= set(fake.LISTING["ndarray"])
    assert {n for n in dir(fake.Random) if not n.startswith("_")} <= set(fake.LISTING["Generator"])


def test_the_listing_is_that_of_cupy() -> None:
    cupy = pytest.importorskip("cupy", exc_type=ImportError)
    fake = stand_in()
    if cupy.__version__ != fake.LISTING["version"]:
        pytest.skip(f"the listing is that of CuPy {fake.LISTING['version']}")
    path = Path(__file__).with_name("cupy_listing.py")
    code = f"import json, runpy; print(json.dumps(runpy.run_path({str(path)!r})['listed']()))"
    found = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert json.loads(found.stdout) == fake.LISTING
