"""The PyTorch backend: every sample against NumPy in both modes, and what is PyTorch's own."""

from __future__ import annotations

import operator
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import optree
import pytest

import agrad
import agrad_torch
from agrad.errors import BackendError
from agrad.plugins import backends, register
from samples import Arrays, Sample, filled, followed, samples

torch = pytest.importorskip("torch")
if "torch" not in backends():
    register(agrad_torch, "torch")
xp = agrad.namespace("torch")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore:.*degrees of freedom:UserWarning")

# Samples ----------------------------------------------------------------------------------------------


def of_numpy(x: Any) -> Any:
    """A NumPy array, or the name of a dtype, as PyTorch's own."""
    if isinstance(x, str) and x.startswith(("float", "complex")):
        return getattr(torch, x)
    return torch.asarray(np.ascontiguousarray(x).reshape(x.shape), copy=True) if isinstance(x, np.ndarray) else x


def to_numpy(y: Any) -> np.ndarray:
    """A result of either library as NumPy's."""
    y = y.array if isinstance(y, agrad.Tensor) else y
    return y.resolve_conj().resolve_neg().numpy() if isinstance(y, torch.Tensor) else np.asarray(y)


def random_like(x: Any, seed: int) -> np.ndarray:
    """Normal numbers of the same shape and dtype."""
    g = np.random.default_rng(seed)
    dtype = str(x.dtype).split(".")[-1]
    values, imaginary = g.normal(size=x.shape), g.normal(size=x.shape)
    return np.asarray(values + 1j * imaginary if "complex" in dtype else values, dtype=dtype)


def derivatives(s: Sample, backend: str) -> dict[str, Arrays]:
    """Results, and derivatives in both modes and orders, of what no choice of factors changes."""
    space = agrad.namespace(backend)
    own = of_numpy if backend == "torch" else (lambda x: x)

    def f(*xs: Any) -> Any:
        values = iter(xs)
        args, params = filled(s.args, values, own), filled(s.params, values, own)
        return optree.tree_leaves(s.invariant(space, *args, **params))

    primals = followed((s.args, s.params))
    xs, ts = tuple(map(own, primals)), tuple(own(random_like(x, i)) for i, x in enumerate(primals))
    found: dict[str, Any] = {}
    out, pullback = agrad.vjp(f, *xs)
    ct = [own(random_like(y, 10 + i)) for i, y in enumerate(out)]
    found["out"], found["vjp"] = out, pullback(ct)
    found["jvp"] = agrad.jvp(f, xs, ts)[1]
    if s.row.smooth:

        def pull(*xs: Any) -> Any:
            return agrad.vjp(lambda *xs: [y + 0.5 * y * y for y in f(*xs)], *xs)[1](ct)

        found["vjp of vjp"] = agrad.vjp(pull, *xs)[1](ts)
        found["jvp of vjp"] = agrad.jvp(pull, xs, ts)[1]
    kind = torch.Tensor if backend == "torch" else np.ndarray | np.generic
    leaves = optree.tree_leaves(found)
    assert all(isinstance(y, kind) for y in leaves)
    return {name: [to_numpy(y) for y in optree.tree_leaves(tree)] for name, tree in found.items()}


SAMPLES = list(samples())
FIRST = {id(s.row): s for s in reversed(SAMPLES)}


def cases() -> Iterator[Any]:
    """Samples as test parameters: those that are not the first of their row are slow."""
    for s in SAMPLES:
        marks = [] if FIRST[id(s.row)] is s else [pytest.mark.slow]
        yield pytest.param(s, id=s.label, marks=marks)


@pytest.mark.parametrize("s", list(cases()))
def test_agrees_with_numpy(s: Sample) -> None:
    found, expected = derivatives(s, "torch"), derivatives(s, "numpy")
    eps = max(float(np.finfo(x.dtype).eps) for x in [*followed((s.args, s.params)), *expected["out"]])
    assert found.keys() == expected.keys()
    for name in found:
        for a, b in zip(found[name], expected[name], strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype), name
            scale = max(float(np.max(np.abs(y), initial=1)) for y in expected[name])  # samples are of order one
            np.testing.assert_allclose(a, b, rtol=1e4 * eps, atol=1e4 * eps * scale, err_msg=name)


def test_backward_and_a_second_one() -> None:
    x = agrad.tensor(torch.asarray([1.0, 2.0, 3.0], dtype=torch.float64), requires_grad=True)
    y = xp.sum(xp.exp(x) * x[::-1] + x[0])
    y.backward(create_graph=True)
    g = x.grad
    x.grad = None
    xp.sum(g * g).backward()
    theirs = torch.asarray([1.0, 2.0, 3.0], dtype=torch.float64).requires_grad_()
    value = torch.sum(torch.exp(theirs) * theirs.flip(0) + theirs[0])
    (first,) = torch.autograd.grad(value, theirs, create_graph=True)
    (second,) = torch.autograd.grad(torch.sum(first * first), theirs)
    torch.testing.assert_close(y.detach().array, value.detach())
    torch.testing.assert_close(g.detach().array, first.detach())
    torch.testing.assert_close(x.grad.array, second)


def test_contributions_add_up_without_touching_what_others_hold() -> None:
    x = torch.ones(3)
    ct = torch.asarray([1.0, 2.0, 3.0])
    out, pullback = agrad.vjp(lambda x: x + x + x + x, x)
    torch.testing.assert_close(pullback(ct)[0], 4 * torch.asarray([1.0, 2.0, 3.0]))
    torch.testing.assert_close(pullback(ct)[0], 4 * torch.asarray([1.0, 2.0, 3.0]))
    assert (ct.tolist(), x.tolist(), out.tolist()) == ([1.0, 2.0, 3.0], [1.0] * 3, [4.0] * 3)


# Tensors of both libraries together -------------------------------------------------------------------


def test_found_without_importing_pytorch() -> None:
    code = (
        "import sys, agrad, agrad_torch\n"
        "(backend,) = agrad_torch.agrad_backends()\n"
        "assert not backend.owns(1.0) and not backend.owns([]) and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})
    assert agrad.array_namespace(torch.ones(3), 2.0) is xp


@pytest.mark.parametrize("name", "add sub mul truediv floordiv mod pow matmul lt eq".split())
def test_operators_take_pytorch_tensors_on_either_side(name: str) -> None:
    f = getattr(operator, name)
    a, b = torch.asarray([3.0, 5.0]), torch.asarray([2.0, 4.0])
    expected = f(a, b)
    for left, right in ((a, xp.asarray(b)), (xp.asarray(a), b), (a, agrad.tensor(b, requires_grad=True))):
        found = f(left, right)
        assert type(found) is type(xp.asarray(a))
        assert torch.equal(found.detach().array, expected)


def test_gradients_through_the_operators_of_pytorch_tensors() -> None:
    weights = torch.asarray([1.0, 2.0])
    assert agrad.grad(lambda x: xp.sum(weights * x - weights / x))(torch.ones(2)).tolist() == [2.0, 4.0]


@pytest.mark.parametrize(
    "call",
    [torch.sin, torch.linalg.inv, lambda t: torch.mul(torch.ones(2), t), lambda t: torch.ones(2)[t]],
    ids=["sin", "inv", "mul", "index"],
)
def test_functions_of_pytorch_name_the_way_out(call: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"got a Tensor of agrad's.*agrad\.array_namespace.*detach"):
        call(xp.asarray([0, 1]))


def test_assignment_into_a_pytorch_tensor_is_refused() -> None:
    target = torch.zeros(2)
    with pytest.raises(TypeError, match=r"__setitem__ got a Tensor of agrad's"):
        target[0] = agrad.tensor(torch.ones(()), requires_grad=True)
    assert target.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "call",
    [xp.asarray, agrad.tensor, agrad.grad(lambda x: xp.sum(x)), lambda p: agrad.jvp(xp.sin, (torch.ones(2),), (p,)),
     lambda p: agrad.grad(lambda x: xp.sum(x * p))(torch.ones(2)), lambda p: (xp.asarray(torch.ones(2)) * p).array],
    ids=["asarray", "tensor", "grad", "tangent", "constant", "array"],
)  # fmt: skip
def test_tensors_that_pytorch_follows_are_refused(call: Callable[[Any], Any]) -> None:
    with pytest.raises(BackendError, match=r"requires_grad=True.*x\.detach\(\)"):
        call(torch.ones(2, requires_grad=True))
    with pytest.raises(BackendError, match=r"requires_grad=True.*x\.detach\(\)"):
        call(torch.nn.Parameter(torch.ones(2)))
    call(torch.ones(2))


MEETINGS: dict[str, Callable[[Any, Any], Any]] = {
    "left": lambda x, p: x * p, "right": lambda x, p: p * x, "function": xp.hypot,
    "where": lambda x, p: xp.where(x > 0, x, p),
    "list": lambda x, p: xp.concat([x, p]), "matmul": xp.matmul, "clip": lambda x, p: xp.clip(x, p, p),
    "composite": lambda x, p: xp.linalg.cross(x, p),
}  # fmt: skip


@pytest.mark.parametrize("name", MEETINGS)
def test_tensors_that_pytorch_follows_are_refused_where_they_meet_tensors(name: str) -> None:
    f, x, q = MEETINGS[name], agrad.tensor(torch.ones(3), requires_grad=True), torch.ones(3)
    f(x, q)  # the type is known from now on
    for t in (x, x.detach()):
        with pytest.raises(BackendError, match=r"requires_grad=True.*x\.detach\(\)"):
            f(t, torch.ones(3, requires_grad=True))


# What is handed out -------------------------------------------------------------------------------------


def test_gradients_share_memory_with_nothing() -> None:
    (own,) = (b.own for b in agrad_torch.agrad_backends())
    x = torch.arange(6.0).reshape(2, 3)
    fresh = x.clone()
    assert own(fresh) is fresh
    with torch.inference_mode():
        inferred = torch.ones(3)[1:]
    shared = torch.from_dlpack(np.ones(3))  # type: ignore[attr-defined]
    for view in (x[0], x.mT, x[:, ::2], torch.ones(1).expand(3), torch.real(torch.ones(2) + 0j), inferred, shared):
        made = own(view)
        assert torch.equal(made, view) and made.is_contiguous()
        assert made.untyped_storage().data_ptr() != view.untyped_storage().data_ptr()
    gradient = agrad.grad(lambda x: xp.sum(x))(x)
    gradient += 1
    assert gradient.tolist() == [[2.0] * 3] * 2


def test_dtypes_shapes_and_devices_are_kept() -> None:
    for dtype in (torch.float32, torch.float64, torch.complex64, torch.complex128):
        x = torch.ones((2, 3), dtype=dtype)
        gradient = agrad.grad(lambda x: xp.sum(xp.abs(x * 2.5)))(x)
        assert (gradient.dtype, tuple(gradient.shape), gradient.device) == (dtype, (2, 3), x.device)
    t = xp.asarray(torch.ones((2, 3)))
    assert (type(t.shape), t.shape, t.device, t.dtype) == (tuple, (2, 3), torch.device("cpu"), xp.float32)
    assert t.to_device("cpu").device == torch.device("cpu")
    with pytest.raises(ValueError, match="stream"):
        t.to_device("cpu", stream=1)


def test_gradients_stay_on_a_device_and_need_no_values() -> None:
    """Tensors on the device "meta" have no data, so that any look at them fails."""

    def f(x: Any) -> Any:
        y = xp.matmul(x[::-1], xp.sin(x)) * xp.take(x, torch.zeros(3, dtype=torch.int64, device="meta"), axis=0)
        return xp.sum(y[1:, [0, 0]] ** 2) + 3 * xp.max(x)

    x = torch.ones((3, 3), device="meta")
    assert agrad.grad(f)(x).device.type == "meta"
    assert agrad.jvp(f, (x,), (x,))[1].device.type == "meta"
    assert agrad.grad(lambda x: xp.sum(agrad.grad(f)(x) * x))(x).device.type == "meta"


def test_moves_between_devices_keep_the_graph() -> None:
    x = agrad.tensor(torch.ones(3), requires_grad=True)
    y = xp.sum(x.to_device("meta") * torch.ones(3, device="meta"))
    assert (y.device.type, y.requires_grad) == ("meta", True)
    found = agrad.jvp(lambda x: x.to_device("meta") ** 2, (torch.ones(3),), (torch.ones(3),))[1]
    assert found.device.type == "meta"
    with pytest.raises(NotImplementedError, match="no data"):  # the gradient goes to where x is
        y.backward()


def test_host_copies() -> None:
    (host,) = (b.host for b in agrad_torch.agrad_backends())
    for x in (
        torch.ones(3)[::2],
        torch.ones(2, dtype=torch.complex64).conj() * 1j,
        torch.ones(()),
        torch.zeros((0, 2)),
    ):
        assert type(host(x)) is np.ndarray and host(x).tolist() == x.tolist()
    x = torch.asarray([1 + 2j]).conj()
    assert x.is_conj() and host(x).tolist() == [1 - 2j] and host(torch.imag(x)).tolist() == [-2.0]


def test_random_numbers_need_no_values_on_the_device_meta() -> None:
    g = agrad.random.Generator(2**40, backend="torch")
    for made in (g.uniform(3, device="meta"), g.normal(3, device="meta"), g.integers(0, 5, 3, device="meta")):
        assert made.device.type == "meta" and made.shape == (3,)
    assert g.permutation(3, device="meta").device.type == "meta"
    assert g.uniform(3, device="cpu") is not None and g.uniform(low=torch.zeros(2, device="meta")).device.type == "meta"
    assert agrad.random.Generator(3, backend="torch").uniform().item() == torch.rand(
        (), generator=torch.Generator().manual_seed(3)
    )


# The namespace where it is not PyTorch's or array_api_compat's -------------------------------------------

KEYS = [
    slice(None, None, -1), (slice(None), slice(3, 0, -2)), (..., slice(None, None, -3)), (slice(0, 0, -1), 2),
    (None, 1, slice(None, None, -1)), (slice(5, 1, -1), slice(-1, None)), ([0, 2, 2], slice(None, None, -1)), [1, 1, 0],
    1, (1, -2), ..., (np.asarray([[True, False, True, True]] * 3),), (np.asarray([0, 2, 0]), np.asarray([1, 3, 1])),
    (np.asarray([True, False, True]), slice(None, None, -2)), np.asarray([0, 2], dtype=np.uint8),
    (slice(2), np.asarray([2, 0, 2])),
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_indexing_agrees_with_numpy(key: Any) -> None:
    raw, numpy = xp._raw, agrad.namespace("numpy")._raw
    x = np.arange(12.0).reshape(3, 4)
    own = tuple(map(of_numpy, key)) if isinstance(key, tuple) else of_numpy(key)
    expected = x[key]
    np.testing.assert_array_equal(to_numpy(raw.getitem(of_numpy(x), own)), expected)
    values = random_like(expected, 3)
    found = raw.scatter(of_numpy(values), own, shape=(3, 4))
    np.testing.assert_allclose(to_numpy(found), numpy.scatter(values, key, shape=(3, 4)))
    target = of_numpy(x)
    changed = raw.setitem(target, own, 7.0)
    np.testing.assert_array_equal(to_numpy(changed), numpy.setitem(x, key, 7.0))
    np.testing.assert_array_equal(to_numpy(target), x)


def test_arrays_of_other_libraries_come_in_whatever_their_steps() -> None:
    data = np.arange(4.0)
    assert xp.from_dlpack(data).array.data_ptr() == data.ctypes.data
    assert xp.from_dlpack(data[::-1]).tolist() == [3.0, 2.0, 1.0, 0.0]  # PyTorch would abort the process
    assert xp.from_dlpack(data.reshape(2, 2)[:, ::-1]).tolist() == [[1.0, 0.0], [3.0, 2.0]]
    strict = pytest.importorskip("array_api_strict")
    assert xp.from_dlpack(strict.flip(strict.asarray(data))).tolist() == [3.0, 2.0, 1.0, 0.0]
    own = torch.ones(3)
    assert xp.from_dlpack(own).array.data_ptr() == own.data_ptr()
    with pytest.raises(ValueError, match="negative step"):
        xp.from_dlpack(data[::-1], copy=False)


def test_functions_that_pytorch_lacks_or_has_otherwise() -> None:
    x = xp.asarray([3, 1, 3, 2, 1])
    found = xp.unique_all(x)
    assert [y.tolist() for y in found] == [[1, 2, 3], [1, 3, 0], [2, 0, 2, 1, 0], [2, 1, 2]]
    assert found._fields == ("values", "indices", "inverse_indices", "counts")
    assert xp.isin(x, xp.asarray([1, 2], dtype=xp.int8), invert=True).tolist() == [True, False, True, False, False]
    ordered = xp.asarray([1.0, 2.0], dtype=xp.float32)
    assert xp.searchsorted(ordered, xp.asarray([1.5, 2.0], dtype=xp.float64)).tolist() == [1, 1]
    assert xp.count_nonzero(xp.asarray([[0, 1], [2, 3]]), axis=(), keepdims=True).tolist() == [[0, 1], [1, 1]]
    assert xp.broadcast_shapes((2, 1), (3,)) == (2, 3) and type(xp.broadcast_shapes((2, 1), (3,))) is tuple
    assert xp.take(x, xp.asarray([-1, 0], dtype=xp.int8)).tolist() == [1, 3]
    clipped = xp.clip(xp.asarray([-300, 0, 300], dtype=xp.int16), xp.asarray(-5, dtype=xp.int64), 10**6)
    assert (clipped.tolist(), clipped.dtype) == ([-5, 0, 300], xp.int16)
    assert np.isnan(xp.clip(xp.asarray([1.0]), float("nan")).tolist()).all()
    assert xp.std(xp.asarray([1.0, 2.0, 4.0]), correction=0.5).item() == pytest.approx(np.sqrt(14 / 3 / 2.5))
    assert xp.can_cast(xp.int8, xp.int16) and not xp.can_cast(xp.asarray([1.0], dtype=xp.float64), xp.float32)
    assert (xp.finfo(xp.complex64).dtype, xp.iinfo(xp.int8).max) == (xp.float32, 127)
    assert xp.fft.fft(xp.zeros((0, 4))).shape == (0, 4)
    assert xp.fft.rfftn(xp.zeros((0, 2)), s=(3, 2), axes=(0, 1)).tolist() == [[0j, 0j]] * 3
    assert xp.astype(xp.asarray([0j, 1j]), xp.bool).tolist() == [False, True]
    with pytest.raises(TypeError, match=r"astype got torch.complex64 and torch.float32; .*real\(x\)"):
        xp.astype(xp.asarray([1j]), xp.float32)
    for name in ("eig", "eigh", "qr", "slogdet", "svd"):
        assert hasattr(getattr(xp.linalg, name)(xp.eye(2)), "_fields")
    assert xp.linalg.vector_norm(xp.asarray([0.0, -2.0]), axis=(), ord=0).tolist() == [0.0, 1.0]
