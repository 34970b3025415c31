"""The dask backend: every sample against NumPy in both modes without computing, and what is dask's own."""

from __future__ import annotations

import copy
import operator
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import optree
import pytest

import agrad
import agrad_dask
from agrad.errors import BackendError, UnsupportedError
from agrad.plugins import backends, register
from samples import Arrays, Sample, filled, followed, samples

dask = pytest.importorskip("dask")
da = pytest.importorskip("dask.array")
if "dask" not in backends():
    register(agrad_dask, "dask")
xp = agrad.namespace("dask")

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Compute in this thread."""
    with dask.config.set(scheduler="sync"):
        yield


lazily = agrad_dask._guard
"""Let whatever computes fail."""


def blocks(x: Any) -> Any:
    """A NumPy array as one of dask's, in two blocks along each axis."""
    return da.from_array(x, chunks=tuple(max((n + 1) // 2, min(n, 1)) for n in x.shape)) if x.ndim else da.asarray(x)


# Samples ----------------------------------------------------------------------------------------------


def of_numpy(x: Any, known_masks: bool = True) -> Any:
    """A NumPy array as dask's; a mask that is a key as it is, for its values have to be known."""
    if not isinstance(x, np.ndarray) or (known_masks and x.dtype == bool and x.ndim):
        return x
    return blocks(x)


def random_like(x: Any, seed: int) -> np.ndarray:
    """Normal numbers of the same shape and dtype."""
    g = np.random.default_rng(seed)
    values, imaginary = g.normal(size=x.shape), g.normal(size=x.shape)
    return np.asarray(values + 1j * imaginary if x.dtype.kind == "c" else values, dtype=x.dtype)


def derivatives(s: Sample, backend: str) -> dict[str, Arrays]:
    """Results, and derivatives in both modes and orders, of what no choice of factors changes."""
    space = agrad.namespace(backend)

    def own(x: Any) -> Any:
        return x if backend == "numpy" else of_numpy(x, known_masks=s.op != "where")

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
    return {name: optree.tree_leaves(tree) for name, tree in found.items()}


COUNTS = "repeat with counts in an array"
SAMPLES = [
    s
    for s in samples()
    if not (s.op == "repeat" and isinstance(s.args[1], np.ndarray)) and not s.op.startswith("unique_")
]
"""All but those whose result has a shape that dask does not know; see `test_unknown_shapes_are_refused_by_name`."""
FIRST = {s.op: s for s in reversed(SAMPLES)}


def cases() -> Iterator[Any]:
    """Samples as test parameters: those that are not the first of their op are slow."""
    for s in SAMPLES:
        marks = [] if FIRST[s.op] is s else [pytest.mark.slow]
        yield pytest.param(s, id=s.label, marks=marks)


@pytest.mark.parametrize("s", list(cases()))
def test_agrees_with_numpy_and_computes_nothing_before(s: Sample) -> None:
    with lazily():
        lazy = derivatives(s, "dask")
    found, expected = dask.compute(lazy)[0], derivatives(s, "numpy")
    eps = max(float(np.finfo(x.dtype).eps) for x in [*followed((s.args, s.params)), *expected["out"]])
    assert found.keys() == expected.keys()
    for name in found:
        for x, a, b in zip(lazy[name], found[name], expected[name], strict=True):
            assert isinstance(x, da.Array) and (x.shape, x.dtype) == (b.shape, b.dtype), name
            assert (np.shape(a), a.dtype) == (b.shape, b.dtype), name
            scale = max(float(np.max(np.abs(y), initial=1)) for y in expected[name])  # samples are of order one
            np.testing.assert_allclose(a, b, rtol=1e4 * eps, atol=1e4 * eps * scale, err_msg=name)


# Lazy, in blocks, with small graphs ---------------------------------------------------------------------


def test_backward_leaves_lazy_gradients_and_items_are_computed_when_asked_for() -> None:
    with lazily():
        x = agrad.tensor(blocks(np.arange(6.0)), requires_grad=True)
        y = xp.sum(xp.exp(x) * x[::-1] + x[0])
        y.backward(create_graph=True)
        g = x.grad
        x.grad = None
        xp.sum(g * g).backward()
        assert isinstance(g.detach().array, da.Array) and isinstance(x.grad.array, da.Array)
        for ask in (float, bool, lambda t: t.item(), lambda t: t.tolist(), np.asarray):
            with pytest.raises(BackendError, match="asked to compute"):
                ask(y.detach())
    n = np.arange(6.0)
    assert y.item() == pytest.approx(np.sum(np.exp(n) * n[::-1] + n[0]))
    assert bool(y > 0) and isinstance(np.asarray(g.detach()), np.ndarray)


def logistic(x: Any, y: Any, w: Any) -> Any:
    margins = y * (x @ w)
    return xp.mean(xp.logaddexp(xp.zeros_like(margins), -margins))


def tasks(*arrays: Any) -> int:
    """How many tasks there are before dask fuses any."""
    return len(set().union(*(dict(a.dask) for a in arrays)))


@pytest.mark.parametrize("n", [10, 40])
def test_a_gradient_takes_few_tasks_more(n: int) -> None:
    random = np.random.default_rng(0)
    x = da.from_array(random.normal(size=(5 * n, 3)), chunks=(5, 3))
    y = da.from_array(np.sign(random.normal(size=5 * n)), chunks=5)
    w = da.from_array(random.normal(size=3))
    forward = logistic(x, y, xp.asarray(w)).array
    value, gradient = agrad.value_and_grad(lambda w: logistic(x, y, w))(w)
    assert tasks(value, gradient) <= 3 * tasks(forward)
    assert tasks(*dask.optimize(value, gradient)) <= 1.5 * tasks(*dask.optimize(forward))


def test_the_gradient_is_the_closed_form() -> None:
    random = np.random.default_rng(1)
    x, y, w = random.normal(size=(50, 3)), np.sign(random.normal(size=50)), random.normal(size=3)
    found = agrad.grad(lambda v: logistic(da.from_array(x, chunks=(7, 2)), da.from_array(y, chunks=8), v))(
        da.asarray(w)
    )
    np.testing.assert_allclose(found.compute(), -(x.T @ (y / (1 + np.exp(y * (x @ w))))) / 50, rtol=1e-12)


KEEPING: dict[str, Callable[[Any], Any]] = {
    "sum": xp.sum, "sum of an axis": lambda x: xp.sum(x, axis=1) ** 2, "mean": lambda x: xp.mean(x, axis=0),
    "elementwise": lambda x: xp.exp(x) * x, "matmul": lambda x: x @ da.ones((6, 2), chunks=3),
    "transpose": lambda x: xp.sin(x.T),
    "std": lambda x: xp.std(x, axis=0), "max": lambda x: xp.max(x, axis=1), "norm": xp.linalg.vector_norm,
    "softmax": lambda x: xp.exp(x - xp.max(x, axis=1, keepdims=True)), "concat": lambda x: xp.concat([x, x]) ** 2,
    "cumulative": lambda x: xp.cumulative_sum(x, axis=0) ** 2, "broadcast": lambda x: xp.broadcast_to(x, (2, 8, 6)),
    "where": lambda x: xp.where(x > 0, x, 2 * x), "clip": lambda x: xp.clip(x, -0.5, 0.5),
    "new axis": lambda x: x[None] * 2,
}  # fmt: skip


@pytest.mark.parametrize("name", KEEPING)
def test_gradients_are_in_the_blocks_of_the_data(name: str) -> None:
    x = da.from_array(np.random.default_rng(0).normal(size=(8, 6)), chunks=(2, 3))
    assert agrad.grad(lambda x: xp.sum(KEEPING[name](x)))(x).chunks == x.chunks


STACKS: dict[str, Callable[[Any], Any]] = {
    "det": xp.linalg.det, "inv": xp.linalg.inv, "eigh": lambda x: xp.linalg.eigh(x).eigenvalues,
    "svdvals": xp.linalg.svdvals, "pinv": xp.linalg.pinv, "fft": lambda x: xp.real(xp.fft.fft(x)),
    "solve": lambda x: xp.linalg.solve(x, xp.ones((3, 1))), "cholesky": lambda x: xp.linalg.cholesky(x @ x.mT),
    "qr": lambda x: xp.linalg.qr(x).R, "slogdet": lambda x: xp.linalg.slogdet(x).logabsdet,
}  # fmt: skip


@pytest.mark.parametrize("name", STACKS)
def test_stacks_stay_in_blocks(name: str) -> None:
    x = da.from_array(np.random.default_rng(0).normal(size=(6, 3, 3)) + 3 * np.eye(3), chunks=(2, 2, 3))
    y = STACKS[name](xp.asarray(x)).array
    assert y.chunks[0] == (2, 2, 2)
    assert agrad.grad(lambda x: xp.sum(STACKS[name](x)))(x).chunks[0] == (2, 2, 2)


def test_tall_matrices_keep_their_rows_in_blocks() -> None:
    data = np.random.default_rng(0).normal(size=(12, 3))
    x = da.from_array(data, chunks=(4, 3))
    q, r = xp.linalg.qr(xp.asarray(x))
    assert q.array.chunks == x.chunks
    np.testing.assert_allclose((q @ r).array.compute(), data)
    u, s, vh = xp.linalg.svd(xp.asarray(x), full_matrices=False)
    assert u.array.chunks == x.chunks
    np.testing.assert_allclose(((u * s) @ vh).array.compute(), data)
    np.testing.assert_allclose(xp.linalg.svdvals(xp.asarray(x)).array.compute(), np.linalg.svdvals(data))
    f = lambda space: lambda x: space.sum(space.linalg.qr(x).R ** 2 * space.asarray([[1.0], [2.0], [3.0]]))  # noqa: E731
    expected = agrad.grad(f(agrad.namespace("numpy")))(data)
    np.testing.assert_allclose(agrad.grad(f(xp))(x).compute(), expected, rtol=1e-10)


def test_blocks_of_matrices_are_exchanged() -> None:
    x = np.kron([[0.0, 1.0], [1.0, 0.0]], np.eye(2))  # dask's own inv fails: it looks for pivots in a block only
    np.testing.assert_array_equal(xp.linalg.inv(xp.asarray(da.from_array(x, chunks=2))).tolist(), x)
    np.testing.assert_array_equal(xp.linalg.solve(xp.asarray(da.from_array(x, chunks=2)), xp.arange(4.0)), [2, 3, 0, 1])


def test_what_is_new_keeps_to_the_limit_of_dask() -> None:
    with dask.config.set({"array.chunk-size": "1kB"}):
        x = da.from_array(np.zeros((100, 1)), chunks=(10, 1))
        raw = xp._raw
        made = [raw.zeros((100, 50)), raw.asarray(np.zeros((100, 50))), raw.broadcast_to(x, (100, 50)),
                raw.full((100, 50), 2.0), raw.scatter(x[:5], slice(3, 8), shape=(10**4, 1)),
                raw.scatter(x[:2], (np.asarray([1, 1]),), shape=(10**4, 1))]  # fmt: skip
        assert all(np.prod([max(sizes) for sizes in a.chunks]) * 8 <= 1000 for a in made)


# Shapes that depend on values ----------------------------------------------------------------------------

UNKNOWN: dict[str, Callable[[Any], Any]] = {
    "asarray": xp.asarray, "tensor": agrad.tensor, "function": xp.sin, "grad": agrad.grad(xp.sum),
    "left": lambda u: u * xp.ones((3, 4)), "right": lambda u: xp.ones((3, 4)) * u,
    "leaf": lambda u: agrad.tensor(da.ones((3, 4)), requires_grad=True) * u,
    "list": lambda u: xp.concat([xp.ones((3, 4)), u]), "where": lambda u: xp.where(u > 0, xp.ones((3, 4)), 0.0),
    "matmul": lambda u: xp.matmul(xp.ones((4, 3)), u), "setitem": lambda u: xp.setitem(xp.ones((3, 4)), ..., u),
}  # fmt: skip


@pytest.mark.parametrize("name", UNKNOWN)
def test_arrays_of_unknown_shape_are_refused_until_it_is_computed(name: str) -> None:
    x = blocks(np.arange(12.0).reshape(3, 4))
    unknown = x[x[:, 0] >= 0]
    for _ in range(2):  # the type is known the second time
        with lazily(), pytest.raises(BackendError, match=r"unknown shape \(nan, 4\).*x\.compute_chunk_sizes\(\)"):
            UNKNOWN[name](unknown)
    unknown.compute_chunk_sizes()
    UNKNOWN[name](unknown)


def test_tangents_and_cotangents_of_unknown_shape_are_refused() -> None:
    x = blocks(np.ones((3, 4)))
    with pytest.raises(agrad.errors.ShapeError, match="nan"):
        agrad.jvp(xp.sin, (x,), (x[x[:, 0] > 0],))
    with pytest.raises(agrad.errors.ShapeError, match="nan"):
        agrad.vjp(xp.sin, x)[1](x[x[:, 0] > 0])


REFUSED: dict[str, tuple[Callable[[Any], Any], str]] = {
    "mask": (lambda x: x[x > 1], r"mask of shape \(3, 4\).*mask\.compute\(\).*compute_chunk_sizes"),
    "nonzero": (xp.nonzero, r"'nonzero'.*compute_chunk_sizes"),
    **{n: (getattr(xp, n), rf"'(unique_all|{n})'") for n in dir(xp) if n.startswith("unique_")},
    "repeat": (lambda x: xp.repeat(x, xp.asarray([1, 0, 2]), axis=0), r"repeat with counts in an array.*take"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_unknown_shapes_are_refused_by_name(name: str) -> None:
    call, message = REFUSED[name]
    x = agrad.tensor(blocks(np.arange(12.0).reshape(3, 4)), requires_grad=True)
    for t in (x, x.detach()):
        with lazily(), pytest.raises(UnsupportedError, match=message):
            call(t)


def test_masks_that_write_need_not_be_known() -> None:
    data = np.arange(12.0).reshape(3, 4)
    x, mask = blocks(data), blocks(data > 4)
    with lazily():
        changed = xp.setitem(xp.asarray(x), mask, 0.0).array
        gradient = agrad.grad(lambda x: xp.sum(xp.setitem(x, mask, 0.0) ** 2))(x)
        rows = xp.setitem(xp.asarray(x), mask[:, 0], 7.0).array
        several = xp.setitem(xp.asarray(x), mask, xp.arange(7.0)).array
        added = xp._raw.scatter(da.ones(7, chunks=2), mask, shape=(3, 4))
    assert changed.chunks == x.chunks
    np.testing.assert_array_equal(changed, np.where(data > 4, 0, data))
    np.testing.assert_array_equal(gradient, np.where(data > 4, 0, 2 * data))
    np.testing.assert_array_equal(rows, np.where(data[:, :1] > 4, 7, data))
    data[data > 4] = np.arange(7.0)
    np.testing.assert_array_equal(several, data)
    np.testing.assert_array_equal(added, np.arange(12).reshape(3, 4) > 4)


# Keys ----------------------------------------------------------------------------------------------------


SPREADS = ((), (2,), (3,), (2, 1), (2, 3))


def random_key(g: np.random.Generator, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key with slices, integers, new axes, an ellipsis and arrays of integers, in some order."""
    spread = SPREADS[g.integers(len(SPREADS))]  # that of the arrays, broadcast together

    def item(n: int) -> Any:
        kind = g.choice(["slice", "integer", "array"], p=[0.4, 0.2, 0.4])
        if kind == "array":
            return g.integers(-n, n, size=spread[int(g.integers(0, len(spread) + 1)) :])
        if kind == "integer":
            return int(g.integers(-n, n))
        start, stop = (None if g.random() < 0.4 else int(b) for b in g.integers(-n - 1, n + 2, size=2))
        return slice(start, stop, (None, 1, 2, 3, -1, -2)[g.integers(6)])

    items = [item(n) for n in shape[: g.integers(len(shape) + 1)]]
    if len(items) < len(shape) and g.random() < 0.5:
        items.insert(int(g.integers(len(items) + 1)), Ellipsis)
    for _ in range(g.integers(3)):
        items.insert(int(g.integers(len(items) + 1)), None)
    try:
        np.empty(shape)[tuple(items)]
    except IndexError:  # an ellipsis moved an index to another axis, too short for it
        return random_key(g, shape)
    return tuple(items)


def as_dask(key: Any, chunk: int) -> Any:
    return tuple(da.from_array(k, chunks=chunk) if isinstance(k, np.ndarray) else k for k in key)


@pytest.mark.parametrize("seed", [*range(20), *[pytest.param(n, marks=pytest.mark.slow) for n in range(20, 60)]])
def test_keys_agree_with_numpy(seed: int) -> None:
    g = np.random.default_rng(seed)
    raw, numpy = xp._raw, agrad.namespace("numpy")._raw
    shape = tuple(int(n) for n in g.integers(1, 6, size=g.integers(1, 4)))
    data = g.normal(size=shape).astype("float32")
    x = da.from_array(data, chunks=tuple(int(c) for c in g.integers(1, 4, size=len(shape))))
    key = random_key(g, shape)
    expected = data[key]
    values = g.normal(size=expected.shape).astype("float32")
    with dask.config.set({"array.chunk-size": "16B"}):
        for own in (key, as_dask(key, int(g.integers(1, 3)))):
            with lazily():
                found = [raw.getitem(x, own), raw.setitem(x, own, raw.asarray(values)), raw.setitem(x, own, 2.5),
                         raw.scatter(da.from_array(values, chunks=2), own, shape=shape)]  # fmt: skip
            answers = [expected, numpy.setitem(data, key, values), numpy.setitem(data, key, 2.5),
                       numpy.scatter(values, key, shape=shape)]  # fmt: skip
            for a, b in zip(found, answers, strict=True):
                assert (a.shape, a.dtype) == (np.shape(b), np.float32)
                np.testing.assert_allclose(a.compute(), b, rtol=1e-5, atol=1e-5)
    np.testing.assert_array_equal(x.compute(), data)


def test_integers_out_of_bounds_are_errors() -> None:
    x = xp.asarray(da.from_array(np.arange(6.0), chunks=2))
    outside = xp.asarray(blocks(np.asarray([0, 7])))  # dask itself would read something else
    for bad in (xp.take(x, outside), x[outside], xp.setitem(x, outside, 0.0), xp.stack([x, x])[[0, 1], outside],
                xp.scatter(xp.ones(2), outside, shape=(6,))):  # fmt: skip
        with pytest.raises(IndexError, match="out of bounds"):
            bad.array.compute()
    with pytest.raises(IndexError, match="out of bounds"):
        xp.setitem(x, 6, 0.0)
    with pytest.raises(IndexError, match="2 indices for an array of 1"):
        x[0, 0]
    with pytest.raises(IndexError, match="masks of one or more dimensions"):
        x[True]
    with pytest.raises(IndexError, match="mask of shape"):
        x[..., np.asarray([True, False])]
    assert xp.take(x, xp.asarray(np.asarray([250, 5], dtype=np.uint8) % 6)).tolist() == [4.0, 5.0]


# Tensors ---------------------------------------------------------------------------------------------------


def test_found_without_importing_dask() -> None:
    code = (
        "import sys, agrad, agrad_dask\n"
        "(backend,) = agrad_dask.agrad_backends()\n"
        "assert not backend.owns(1.0) and not backend.owns([]) and 'dask' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={"PYTHONPATH": ":".join(filter(None, sys.path))})
    assert agrad.array_namespace(da.ones(3), 2.0) is xp


@pytest.mark.parametrize("name", "add sub mul truediv floordiv mod pow matmul lt eq".split())
def test_operators_take_dask_arrays_on_either_side(name: str) -> None:
    f = getattr(operator, name)
    a, b = da.asarray([3.0, 5.0]), da.asarray([2.0, 4.0])
    for left, right in ((a, xp.asarray(b)), (xp.asarray(a), b), (a, agrad.tensor(b, requires_grad=True))):
        found = f(left, right)
        assert type(found) is type(xp.asarray(a))
        np.testing.assert_array_equal(found.detach().array.compute(), f(a, b).compute())


@pytest.mark.parametrize("call", [da.sin, np.sin, lambda t: np.ones(2) * t])
def test_functions_of_dask_and_numpy_compute_nothing_in_silence(call: Callable[[Any], Any]) -> None:
    with lazily(), pytest.raises(TypeError):
        call(agrad.tensor(da.ones(2), requires_grad=True))


def test_functions_of_dask_lose_no_gradient_in_silence() -> None:
    hidden = da.add(da.ones(2), agrad.tensor(da.ones(2), requires_grad=True))  # dask looks at the Tensor later
    with pytest.raises(TypeError, match="Tensor"):
        hidden.compute()


def test_gradients_are_handles_of_their_own() -> None:
    x = da.ones(3)
    g = agrad.grad(xp.sum)(x)
    g[0] = 7.0
    ct = da.ones(3)
    (same,) = agrad.vjp(lambda x: x, x)[1](ct)
    same[0] = 7.0
    assert g.compute().tolist() == [7, 1, 1] and same.compute().tolist() == [7, 1, 1]
    assert x.compute().tolist() == ct.compute().tolist() == [1, 1, 1]
    assert agrad.grad(xp.sum)(x).compute().tolist() == [1, 1, 1]


def test_tensors_change_in_place_and_are_copied() -> None:
    y = xp.asarray(da.zeros((3, 4), chunks=2), copy=True)
    row = y[1]
    y[0] = 1.0
    y[:, 1] += 2.0
    assert y.tolist() == [[1, 3, 1, 1], [0, 2, 0, 0], [0, 2, 0, 0]] and row.tolist() == [0, 2, 0, 0]
    leaf = agrad.tensor(da.arange(3.0), requires_grad=True)
    for copied in (copy.deepcopy(leaf), pickle.loads(pickle.dumps(leaf))):
        assert copied.tolist() == [0, 1, 2] and copied.requires_grad


def test_dtypes_shapes_and_devices_are_kept() -> None:
    for dtype in ("float32", "float64", "complex64", "complex128"):
        x = da.ones((2, 3), dtype=dtype, chunks=2)
        gradient = agrad.grad(lambda x: xp.sum(xp.abs(x * 2.5)))(x)
        assert (gradient.dtype, gradient.shape) == (x.dtype, (2, 3))
    t = xp.asarray(da.ones(3))
    assert (t.device, t.to_device("cpu").device, xp.asarray(t, device="cpu").device) == ("cpu",) * 3
    for call in (
        lambda: t.to_device("gpu"),
        lambda: xp.zeros(3, device="gpu"),
        lambda: xp.astype(t, xp.float32, device=1),
        lambda: t.to_device("cpu", stream=1),
        lambda: agrad.random.Generator(0, backend="dask").normal(device=1),
    ):
        with pytest.raises(ValueError, match=r"device|stream"):
            call()


def test_conversions_compute_when_asked() -> None:
    t = xp.asarray(blocks(np.arange(6.0).reshape(2, 3)))
    assert agrad.asarray(t, backend="numpy").tolist() == t.tolist()
    made = agrad.asarray(np.arange(6.0), backend="dask")
    assert isinstance(made.array, da.Array) and xp.from_dlpack(np.arange(3.0)).tolist() == [0, 1, 2]
    with lazily(), pytest.raises(BackendError, match="asked to compute"):
        agrad.asarray(t, backend="numpy")


def test_random_numbers_are_lazy_and_come_again() -> None:
    with lazily():
        drawn = [
            (g.uniform((4, 3)), g.normal(5, dtype=xp.float32), g.integers(-3, 3, 20), g.permutation(9))
            for g in (agrad.random.Generator(seed, backend="dask") for seed in (1, 1, 2))
        ]
    first, again, other = ([t.tolist() for t in made] for made in drawn)
    assert first == again and all(a != b for a, b in zip(first, other, strict=True))
    assert sorted(first[3]) == list(range(9)) and drawn[0][1].dtype == xp.float32
    assert all(-3 <= i < 3 for i in first[2]) and all(0 <= u < 1 for row in first[0] for u in row)


# The namespace where it is not dask's ------------------------------------------------------------------------

CALLS: dict[str, Callable[[Any, Any], Any]] = {
    "eye": lambda xp, x: xp.eye(3, 5, k=1), "eye below": lambda xp, x: xp.eye(5, 2, k=-2, dtype=xp.float32),
    "linspace": lambda xp, x: xp.linspace(0, 1, 7, endpoint=False, dtype=xp.float32),
    "arange": lambda xp, x: xp.arange(7, 0, -2), "full": lambda xp, x: xp.full(3, True),
    "full_like": lambda xp, x: xp.full_like(x, 2), "roll": lambda xp, x: xp.roll(x, 5, axis=(0, 1)),
    "roll flat": lambda xp, x: xp.roll(x, -3), "clip": lambda xp, x: xp.clip(xp.astype(x * 100, xp.int8), -500, 7),
    "clip copies": lambda xp, x: xp.clip(x), "count": lambda xp, x: xp.count_nonzero(x > 0, axis=0, keepdims=True),
    "floor": lambda xp, x: xp.floor(xp.astype(x, xp.int8)),
    "isin": lambda xp, x: xp.isin(xp.round(x), xp.asarray([0.0, 1.0])),
    "searchsorted": lambda xp, x: xp.searchsorted(xp.asarray([3.0, 1.0, 2.0]), x, sorter=xp.asarray([1, 2, 0])),
    "argsort": lambda xp, x: xp.argsort(x, axis=0, descending=True), "empty max": lambda xp, x: xp.max(x[:0], axis=1),
    "tile": lambda xp, x: xp.tile(x, (0, 2)), "repeat": lambda xp, x: xp.repeat(x, 0, axis=1),
    "reshape": lambda xp, x: xp.reshape(x, (3, -1)), "reshape empty": lambda xp, x: xp.reshape(x[:0], (0, 2, 3)),
    "initial": lambda xp, x: xp.cumulative_prod(x, axis=1, include_initial=True),
    "rank": lambda xp, x: xp.linalg.matrix_rank(x),
    "ranks": lambda xp, x: xp.linalg.matrix_rank(xp.stack([x, x]), rtol=xp.asarray([1e-9, 2.0])),
    "pinv": lambda xp, x: xp.linalg.pinv(xp.stack([x, x]), rtol=xp.asarray([1e-9, 0.5])),
    "fftfreq": lambda xp, x: xp.fft.fftfreq(5, d=0.5, dtype=xp.float32), "rfftfreq": lambda xp, x: xp.fft.rfftfreq(6),
    "irfftn": lambda xp, x: xp.fft.irfftn(x + 0j, s=(5,), axes=(0,)), "bool": lambda xp, x: xp.astype(x, xp.bool),
}  # fmt: skip


@pytest.mark.parametrize("name", CALLS)
def test_adapters_agree_with_numpy(name: str) -> None:
    data = np.random.default_rng(0).normal(size=(4, 6))
    numpy = agrad.namespace("numpy")
    with lazily():
        found = CALLS[name](xp, xp.asarray(da.from_array(data, chunks=(3, 4)))).array
    expected = np.asarray(CALLS[name](numpy, numpy.asarray(data)).array)
    assert (found.shape, found.dtype) == (expected.shape, expected.dtype)
    computed = np.asarray(found.compute())
    assert computed.dtype == expected.dtype
    np.testing.assert_allclose(computed, expected, rtol=1e-6, atol=1e-12)


def test_lists_of_dask_arrays_are_stacked() -> None:
    with lazily():
        made = xp.asarray([[da.ones(()), 2.0], [3.0, da.zeros(())]]).array
    assert made.compute().tolist() == [[1, 2], [3, 0]]
    for given in ([1.0, 2.0], np.ones(2)):
        with pytest.raises(ValueError, match="without a copy"):
            xp.asarray(given, copy=False)


ERRORS: dict[str, tuple[Callable[[Any], Any], type[Exception], str]] = {
    "complex": (lambda x: xp.astype(x + 1j, xp.float32), TypeError, r"astype got complex128.*real\(x\)"),
    "square": (xp.linalg.inv, ValueError, r"shape \(2, 3\).*square"),
    "axis": (lambda x: xp.sort(x, axis=2), IndexError, "no axis 2"),
    "cumulative": (lambda x: xp.cumulative_sum(x), ValueError, "needs axis="),
    "take": (lambda x: xp.take(x, xp.asarray([0])), ValueError, "needs axis="),
    "max": (lambda x: xp.max(x[:0]), ValueError, "no identity"),
    "unstack": (lambda x: xp.unstack(x[0, 0]), ValueError, "no axis"),
    "transpose": (lambda x: xp.matrix_transpose(x[0]), ValueError, "two or more"),
}  # fmt: skip


@pytest.mark.parametrize("name", ERRORS)
def test_errors_come_before_anything_is_computed(name: str) -> None:
    call, error, message = ERRORS[name]
    with lazily(), pytest.raises(error, match=message):
        call(xp.asarray(blocks(np.ones((2, 3)))))


def test_what_it_can_do() -> None:
    capabilities = xp.__array_namespace_info__().capabilities()
    assert not capabilities["boolean indexing"] and not capabilities["data-dependent shapes"]
    (backend,) = agrad_dask.agrad_backends()
    assert {"boolean indexing", "data-dependent shapes", "nonzero", "unique_all"} <= backend.lacks.keys()
    assert {rule.op.name for rule in agrad_dask.agrad_rules()} == {"matmul", "mean", "sum"}
    assert xp.finfo(xp.asarray(da.ones(2, dtype="float32"))).bits == 32 and xp.can_cast(xp.int8, xp.int16)
