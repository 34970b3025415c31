"""The whole table of ops on three backends: both modes, second order, dtypes, exceptions, independent references."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import optree
import pytest

import agrad
import hostile
import strict
from agrad.ops import table
from agrad_conformance.cases.elementwise import BINARY, UNARY
from agrad_conformance.systems import Torch
from samples import PRECISE, Arrays, Sample, filled, followed, samples

hostile.install()
strict.install()

SAMPLES = list(samples())
FIRST = [next(rest) for _, rest in itertools.groupby(SAMPLES, key=lambda s: id(s.row))]
"""Of every row, its sample in one dtype: what is tried by default."""
BACKENDS = ("numpy", "array-api-strict", "hostile")


def thinned(found: list[Sample]) -> list[Any]:
    """Samples as test parameters: those that are not the first of their row are slow."""
    first = set(map(id, FIRST))
    return [pytest.param(s, id=s.label, marks=() if id(s) in first else pytest.mark.slow) for s in found]


def cases() -> list[Any]:
    """Samples by backend, where the backend has the call."""
    return [
        pytest.param(p.values[0], backend, id=f"{backend}-{p.id}", marks=p.marks)
        for backend in BACKENDS
        for p in thinned(SAMPLES)
        if has(backend, p.values[0])
    ]


def has(backend: str, s: Sample) -> bool:
    if backend == "hostile":
        return s.row.static or s.op == "getitem"  # its arrays may be masks
    return s.row.standard or backend == "numpy"


# Data -----------------------------------------------------------------------------------------------


def of_backend(backend: str, x: Any) -> Any:
    """A NumPy array, or the name of a dtype, as the backend's own."""
    if isinstance(x, str) and x.startswith(("float", "complex")):
        return getattr(agrad.namespace(backend), x)
    if not isinstance(x, np.ndarray):
        return x
    return x.copy() if backend == "numpy" else agrad.namespace(backend).asarray(x).array


def of_numpy(y: Any) -> np.ndarray:
    """Any backend's array, in a Tensor or not, as NumPy's."""
    y = y.array if isinstance(y, agrad.Tensor) else y
    return np.asarray(y if isinstance(y, np.ndarray | np.generic) else y._array)


def function(s: Sample, backend: str = "numpy", invariant: bool = False) -> Callable[..., Any]:
    """The sample as a function of its followed arrays alone."""
    xp = agrad.namespace(backend)
    call = s.invariant if invariant else s.call

    def f(*xs: Any) -> Any:
        values = iter(xs)
        args = filled(s.args, values, lambda x: of_backend(backend, x))
        params = filled(s.params, values, lambda x: of_backend(backend, x))
        return call(xp, *args, **params)

    return f


def random_like(x: Any, name: str) -> np.ndarray:
    """Normal numbers of the same shape and dtype; the same ones for the same name."""
    g = np.random.default_rng(zlib.crc32(name.encode()))
    dtype = str(x.dtype).split(".")[-1]
    values, imaginary = g.normal(size=x.shape), g.normal(size=x.shape)
    return np.asarray(values + 1j * imaginary if "complex" in dtype else values, dtype=dtype)


def directions(s: Sample, name: str) -> tuple[np.ndarray, ...]:
    """A tangent for each followed array."""
    return tuple(random_like(x, f"{s.label}-{name}-{i}") for i, x in enumerate(followed((s.args, s.params))))


def inner(a: Arrays, b: Arrays) -> float:
    """Re<a, b>, which is what an adjoint is about."""
    return sum(float(np.vdot(x, y).real) for x, y in zip(a, b, strict=True))


def size(a: Arrays, b: Arrays) -> float:
    return sum(float(np.linalg.norm(x) * np.linalg.norm(y)) for x, y in zip(a, b, strict=True))


def precision(arrays: Arrays) -> float:
    return max((float(np.finfo(x.dtype).eps) for x in arrays), default=0.0)


# Both modes and both orders, on every backend -------------------------------------------------------


@cache
def derivatives(s: Sample, backend: str) -> dict[str, Arrays]:
    """Results and derivatives as lists of NumPy arrays, after a check that they were arrays of the backend."""
    xp = agrad.namespace(backend)
    f = function(s, backend)
    xs = tuple(of_backend(backend, x) for x in followed((s.args, s.params)))
    ts, us = (tuple(of_backend(backend, t) for t in directions(s, name)) for name in ("t", "u"))
    found: dict[str, Arrays] = {}

    def keep(name: str, tree: Any) -> None:
        leaves = optree.tree_leaves(tree)
        for leaf in leaves:
            assert not isinstance(leaf, agrad.Tensor) and agrad.array_namespace(leaf) is xp
        found[name] = [of_numpy(leaf) for leaf in leaves]

    out, pullback = agrad.vjp(f, *xs)
    count = itertools.count()
    ct = optree.tree_map(lambda y: of_backend(backend, random_like(y, f"{s.label}-ct-{next(count)}")), out)
    keep("out", out)
    keep("ct", ct)
    keep("vjp", pullback(ct))
    again, pushed = agrad.jvp(f, xs, ts)
    keep("out of jvp", again)
    keep("jvp", pushed)
    if s.row.smooth:

        def g(*xs: Any) -> Any:  # of linear ops, too, every rule is then differentiated
            return optree.tree_map(lambda y: y + 0.5 * y * y, f(*xs))

        def pull(*xs: Any) -> Any:
            return agrad.vjp(g, *xs)[1](ct)

        def push(*xs: Any) -> Any:
            return agrad.jvp(g, xs, us)[1]

        keep("vjp of vjp", agrad.vjp(pull, *xs)[1](us))
        keep("jvp of jvp", agrad.jvp(push, xs, ts)[1])
        if backend == "numpy":
            keep("jvp of vjp", agrad.jvp(pull, xs, ts)[1])
            keep("vjp of jvp", agrad.vjp(push, *xs)[1](ct))
    return found


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("s", "backend"), cases())
def test_both_modes_to_second_order(s: Sample, backend: str) -> None:
    d = derivatives(s, backend)
    xs, ts, us = followed((s.args, s.params)), list(directions(s, "t")), list(directions(s, "u"))
    eps = precision([*xs, *d["out"]])
    assert [(g.shape, g.dtype) for g in d["vjp"]] == [(x.shape, x.dtype) for x in xs]
    assert [(t.shape, t.dtype) for t in d["jvp"]] == [(y.shape, y.dtype) for y in d["out"]]
    scale = size(d["ct"], d["jvp"]) + size(d["vjp"], ts)
    assert abs(inner(d["ct"], d["jvp"]) - inner(d["vjp"], ts)) <= 10 * eps * scale
    if s.row.smooth:
        # Re<ct, D2g[u, t]>, in which each mode is used inside and outside
        ways = {"jvp of jvp": d["ct"], "vjp of vjp": ts, "jvp of vjp": us, "vjp of jvp": ts}
        found = {name: inner(direction, d[name]) for name, direction in ways.items() if name in d}
        scale = sum(size(direction, d[name]) for name, direction in ways.items() if name in d)
        for name, value in found.items():
            like = d["out"] if name == "jvp of jvp" else xs
            assert [(g.shape, g.dtype) for g in d[name]] == [(x.shape, x.dtype) for x in like]
            assert abs(value - found["jvp of jvp"]) <= 100 * eps * scale, name
    if backend != "numpy":
        assert_equal(d, {name: y for name, y in derivatives(s, "numpy").items() if name in d}, eps)


def assert_equal(found: dict[str, Arrays], expected: dict[str, Arrays], eps: float) -> None:
    """Equal up to the order of summation."""
    assert found.keys() == expected.keys()
    for name in found:
        for a, b in zip(found[name], expected[name], strict=True):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)
            atol = 1000 * eps * float(np.max(np.abs(b), initial=0))
            np.testing.assert_allclose(a, b, rtol=1000 * eps, atol=atol, err_msg=name)


# Parts of a call, and the imperative side -----------------------------------------------------------


def only_numpy_by_default(found: list[Any]) -> list[Any]:
    return [p if p.values[1] == "numpy" else pytest.param(*p.values, id=p.id, marks=pytest.mark.slow) for p in found]


SEVERAL = [p for p in cases() if len(followed((p.values[0].args, p.values[0].params))) > 1]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("s", "backend"), only_numpy_by_default(SEVERAL))
def test_arguments_can_be_followed_alone(s: Sample, backend: str) -> None:
    """The others are constants: plain arrays, and Tensors that need no gradient."""
    d = derivatives(s, backend)
    f = function(s, backend)
    xp = agrad.namespace(backend)
    xs = [of_backend(backend, x) for x in followed((s.args, s.params))]
    ts = [of_backend(backend, t) for t in directions(s, "t")]
    eps = precision([*followed((s.args, s.params)), *d["out"]])
    pushed = []
    for i, (x, t) in enumerate(zip(xs, ts, strict=True)):
        for constant in (lambda x: x, xp.asarray):
            others = [constant(x) for x in xs]

            def alone(x: Any, i: int = i, others: list[Any] = others) -> Any:
                return f(*others[:i], x, *others[i + 1 :])

            out, pullback = agrad.vjp(alone, x)
            ct = optree.tree_unflatten(optree.tree_structure(out), [of_backend(backend, c) for c in d["ct"]])
            g = pullback(ct)[0]
            assert_equal({"vjp": [of_numpy(g)]}, {"vjp": [d["vjp"][i]]}, eps)
        tangents = [of_numpy(y) for y in optree.tree_leaves(agrad.jvp(alone, (x,), (t,))[1])]
        pushed.append([np.zeros_like(y) if t is None else t for y, t in zip(d["out"], tangents, strict=True)])
    for parts, total in zip(zip(*pushed, strict=True), d["jvp"], strict=True):
        atol = 1000 * eps * max(float(np.max(np.abs(p), initial=0)) for p in parts)
        np.testing.assert_allclose(sum(parts), total, rtol=1000 * eps, atol=atol)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    ("s", "backend"),
    only_numpy_by_default([p for p in cases() if table[p.values[0].op].several or p.values[0].op == "meshgrid"]),
)
def test_results_can_be_used_alone(s: Sample, backend: str) -> None:
    """The cotangents of the others are symbolic zeros."""
    d = derivatives(s, backend)
    f = function(s, backend)
    xs = tuple(of_backend(backend, x) for x in followed((s.args, s.params)))
    ts = tuple(of_backend(backend, t) for t in directions(s, "t"))
    eps = precision([*followed((s.args, s.params)), *d["out"]])
    total = [np.zeros_like(g) for g in d["vjp"]]
    scale = [np.zeros(g.shape) for g in d["vjp"]]
    for k, ct in enumerate(d["ct"]):

        def alone(*xs: Any, k: int = k) -> Any:
            return optree.tree_leaves(f(*xs))[k]

        gs = [of_numpy(g) for g in agrad.vjp(alone, *xs)[1](of_backend(backend, ct))]
        total = [a + g for a, g in zip(total, gs, strict=True)]
        scale = [a + abs(g) for a, g in zip(scale, gs, strict=True)]
        tangent = of_numpy(agrad.jvp(alone, xs, ts)[1])
        assert_equal({"jvp": [tangent]}, {"jvp": [d["jvp"][k]]}, eps)
    for g, expected, size in zip(total, d["vjp"], scale, strict=True):
        assert np.all(abs(g - expected) <= 1000 * eps * np.max(size, initial=0))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("s", "backend"), only_numpy_by_default(cases()))
def test_backward_agrees_with_vjp(s: Sample, backend: str) -> None:
    """Leaves, ``backward``, and for smooth functions a second one through ``create_graph=True``."""
    d = derivatives(s, backend)
    xp = agrad.namespace(backend)
    f = function(s, backend)
    xs = followed((s.args, s.params))
    eps = precision([*xs, *d["out"]])
    leaves = [xp.asarray(of_backend(backend, x), requires_grad=True) for x in xs]
    smooth = s.row.smooth
    total: Any = 0.0
    for y, ct in zip(optree.tree_leaves(f(*leaves)), d["ct"], strict=True):
        y = y + 0.5 * y * y if smooth else y
        term = xp.asarray(of_backend(backend, ct)) * (xp.conj(y) if "complex" in str(y.dtype) else y)
        total = total + xp.sum(xp.real(term) if "complex" in str(term.dtype) else term)
    if not leaves or not total.requires_grad:
        assert all(not np.any(g) for g in d["vjp"])
        return
    total.backward(create_graph=smooth)
    if not smooth:
        assert_equal({"vjp": gradients(leaves, xs)}, {"vjp": d["vjp"]}, eps)
        return
    again: Any = 0.0
    for x, u in zip(leaves, directions(s, "u"), strict=True):
        if x.grad is None:
            continue
        term = xp.asarray(of_backend(backend, u)) * (xp.conj(x.grad) if "complex" in str(x.dtype) else x.grad)
        again = again + xp.sum(xp.real(term) if "complex" in str(term.dtype) else term)
        x.grad = None
    if again.requires_grad:
        again.backward()
    assert_equal({"vjp of vjp": gradients(leaves, xs)}, {"vjp of vjp": d["vjp of vjp"]}, eps)


def gradients(leaves: list[agrad.Tensor], xs: Arrays) -> Arrays:
    """What ``backward`` left; nothing stands for zeros."""
    return [np.zeros_like(x) if leaf.grad is None else of_numpy(leaf.grad) for leaf, x in zip(leaves, xs, strict=True)]


# Numbers, on NumPy ----------------------------------------------------------------------------------

STEP = 1e-3


def difference(f: Callable[..., Arrays], xs: Arrays, ts: tuple[np.ndarray, ...]) -> Arrays:
    """The derivative along a direction, by differences of fourth order."""

    def at(h: float) -> Arrays:
        return f(*(np.asarray(x + h * t) for x, t in zip(xs, ts, strict=True)))

    near, far = zip(at(STEP), at(-STEP), strict=True), zip(at(2 * STEP), at(-2 * STEP), strict=True)
    return [(8 * (a - b) - (c - d)) / (12 * STEP) for (a, b), (c, d) in zip(near, far, strict=True)]


def assert_close(found: Any, expected: Any, rtol: float) -> None:
    """Equal up to a fraction of the largest element."""
    found, expected = ([of_numpy(y) for y in optree.tree_leaves(tree)] for tree in (found, expected))
    scale = max([1e-3, *(float(np.max(np.abs(y), initial=0)) for y in expected)])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * scale)


def scalar(s: Sample) -> Callable[..., Any]:
    """A real nonlinear function of all results, so that linear ops have second derivatives too."""
    xp = agrad.namespace("numpy")
    f = function(s, invariant=True)

    def g(*xs: Any) -> Any:
        total: Any = 0.0
        for i, y in enumerate(optree.tree_leaves(f(*xs))):
            term = random_like(y, f"{s.label}-w-{i}") * (y + 0.5 * y * y)
            total = total + xp.sum(xp.real(term))
        return total

    return g


def precise(s: Sample) -> bool:
    """Whether nothing of a sample is in single precision."""
    dtypes = [*(str(a) for a in s.args), *map(str, s.params.values())]
    dtypes += [x.dtype.name for x in followed((s.args, s.params))]
    return s.dtype in PRECISE and "float32" not in dtypes and "complex64" not in dtypes


SMOOTH = thinned([s for s in SAMPLES if s.row.smooth and precise(s)])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("s", SMOOTH)
def test_derivatives_agree_with_differences(s: Sample) -> None:
    f = function(s, invariant=True)
    xs, ts = followed((s.args, s.params)), directions(s, "t")
    pushed = agrad.jvp(f, xs, ts)[1]
    assert_close(pushed, difference(lambda *xs: optree.tree_leaves(f(*xs)), xs, ts), 1e-7)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("s", SMOOTH)
def test_hessian_products_agree_with_differences(s: Sample) -> None:
    xs, vs = followed((s.args, s.params)), directions(s, "v")
    gradient = agrad.grad(scalar(s), argnums=tuple(range(len(xs))))
    expected = difference(lambda *xs: list(gradient(*xs)), xs, vs)
    assert_close(agrad.jvp(gradient, xs, vs)[1], expected, 1e-6)
    assert_close(agrad.vjp(gradient, *xs)[1](vs), expected, 1e-6)


@pytest.mark.filterwarnings(
    *(f"ignore:.*{text}:UserWarning" for text in ("degrees of freedom", "Casting complex", "requires_grad now"))
)
@pytest.mark.parametrize("s", thinned([s for s in SAMPLES if s.row.smooth and not s.torch and s.dtype in PRECISE]))
def test_gradients_agree_with_pytorch(s: Sample) -> None:
    torch = pytest.importorskip("torch")
    xp = Torch(torch)
    leaves = [torch.asarray(x, copy=True).requires_grad_() for x in followed((s.args, s.params))]

    def constant(x: Any) -> Any:
        if isinstance(x, str) and x.startswith(("float", "complex")):
            return getattr(torch, x)
        return torch.asarray(x, copy=True) if isinstance(x, np.ndarray) else x

    values = iter(leaves)
    args, params = filled(s.args, values, constant), filled(s.params, values, constant)
    theirs = optree.tree_leaves(s.invariant(xp, *args, **params))
    f = function(s, invariant=True)
    out, pullback = agrad.vjp(lambda *xs: optree.tree_leaves(f(*xs)), *followed((s.args, s.params)))
    ct = [random_like(y, f"{s.label}-ct-{i}") for i, y in enumerate(out)]
    assert_close(out, [y.detach().resolve_conj().resolve_neg().numpy() for y in theirs], 1e-10)
    pairs = [(y, torch.asarray(c, copy=True)) for y, c in zip(theirs, ct, strict=True) if y.requires_grad]
    if not pairs:
        expected = [np.zeros(x.shape) for x in leaves]
    else:
        expected = [
            np.zeros(x.shape) if g is None else g.resolve_conj().resolve_neg().numpy()
            for x, g in zip(
                leaves,
                torch.autograd.grad([y for y, _ in pairs], leaves, [c for _, c in pairs], allow_unused=True),
                strict=True,
            )
        ]
    assert_close(list(pullback(ct)), expected, max(1e-10, 100 * precision(followed((s.args, s.params)))))


# Floating-point exceptions, on NumPy ----------------------------------------------------------------


def pulled(f: Callable[..., Any], xs: Arrays, cts: Callable[[Any], Any]) -> str:
    """Walk back under ``errstate(all="raise")``: "" where nothing is wrong, else what was raised, or "nan".

    Nothing is wrong where the function itself raises, or where an exception comes with an infinite derivative
    (``tests/ops/test_elementwise.py`` knows whether it ought to be infinite).
    """
    with np.errstate(all="ignore"):
        out, pullback = agrad.vjp(f, *xs)
        ct = cts(out)
        gs = pullback(ct)
    with np.errstate(all="raise"):
        try:
            f(*xs)
        except FloatingPointError:
            return ""
        if any(np.any(np.isnan(g)) for g in gs):
            return "nan"
        try:
            pullback(ct)
        except FloatingPointError as error:
            return "" if any(np.any(np.isinf(g)) for g in gs) else str(error)
    return ""


@pytest.mark.parametrize("s", thinned(SAMPLES))
def test_backward_adds_no_floating_point_exception(s: Sample) -> None:
    xs = followed((s.args, s.params))
    assert pulled(function(s), xs, lambda out: optree.tree_map(lambda y: random_like(y, s.label), out)) == ""


EXTREMES = {
    "float64": [
        0.0,
        5e-324,
        2.3e-308,
        1e-200,
        1e-17,
        1e-8,
        0.5,
        1 - 2**-53,
        1.0,
        1 + 2**-52,
        2.0,
        3.0,
        36.0,
        400.0,
        709.0,
    ]
    + [1e8, 1e16, 1e154, 1e200, float(np.finfo("float64").max), np.inf],
    "float32": [0.0, 1e-45, 1.2e-38, 1e-25, 1e-8, 1e-4, 0.5, 1 - 2**-24, 1.0, 1 + 2**-23, 2.0, 3.0, 17.0, 50.0, 88.0]
    + [1e4, 1e8, 1e19, 1e30, float(np.finfo("float32").max), np.inf],
}


def extremes(dtype: str, shape: tuple[int, ...]) -> Arrays:
    return [np.full(shape, sign * v, dtype=dtype) for v in EXTREMES[dtype] for sign in (1, -1)]


@pytest.mark.parametrize("shape", [(), pytest.param((1,), marks=pytest.mark.slow)], ids=str)
@pytest.mark.parametrize("dtype", EXTREMES)
@pytest.mark.parametrize("name", [name for name in (*UNARY, "pow_scalar", *BINARY) if name != "imag"])
def test_extremes_add_no_floating_point_exception(name: str, dtype: str, shape: tuple[int, ...]) -> None:
    xp = agrad.namespace("numpy")
    points = extremes(dtype, shape)
    calls: list[tuple[Callable[..., Any], Arrays]] = []
    if name in BINARY:
        calls = [(getattr(xp, name), [a, b]) for a in points for b in points]
    elif name == "pow_scalar":
        calls = [(lambda x, e=e: x**e, [a]) for a in points for e in (0, 1, 2, 3, -1, -2, 0.5, -0.5, 2.5)]
    else:
        calls = [(getattr(xp, name), [a]) for a in points]
    wrong = []
    for f, xs in calls:
        for i in range(len(xs)):
            found = pulled(lambda x, f=f, xs=xs, i=i: f(*xs[:i], x, *xs[i + 1 :]), [xs[i]], np.ones_like)
            values = [x.item() for x in xs]
            if found and not (found == "nan" and nan_is_right(name, i, dtype, *values)):
                wrong.append((found, i, *values))
    assert wrong == []


def nan_is_right(name: str, argument: int, dtype: str, *x: float) -> bool:
    """Infinite arguments may have no derivative. Negative numbers have no powers around a whole exponent."""
    if name == "pow" and abs(x[0]) < np.finfo(dtype).tiny and x[1] == 0:
        return True  # 0 times an overflow
    return not all(map(np.isfinite, x)) or (name == "pow" and argument == 1 and x[0] < 0)


# Completeness ---------------------------------------------------------------------------------------


def test_every_op_with_a_derivative_has_samples() -> None:
    tried = {s.op for s in SAMPLES}
    assert {name for name, op in table.items() if op.kind not in ("constant", "creation")} - tried == set()
    assert tried - set(table) == set()


@pytest.mark.parametrize("op", sorted({s.op for s in SAMPLES}))
def test_samples_have_every_dtype_that_the_op_takes(op: str) -> None:
    """Both precisions; real and complex ones unless array_api_strict refuses them."""
    found = {s.dtype for s in SAMPLES if s.op == op}
    for double, single in (("float64", "float32"), ("complex128", "complex64")):
        assert (double in found) == (single in found)
        if double not in found:
            s = next(s for s in SAMPLES if s.op == op and s.row.standard)
            xs = [of_backend("array-api-strict", np.asarray(x.real, double)) for x in followed((s.args, s.params))]
            with pytest.raises((TypeError, ValueError)):
                function(s, "array-api-strict")(*xs)


def test_hostile_arrays_show_nothing() -> None:
    xp = agrad.namespace("hostile")
    x = xp.asarray(np.ones(3)).array
    for look in (
        bool,
        int,
        float,
        complex,
        list,
        np.asarray,
        lambda x: x.item(),
        lambda x: x.tolist(),
        lambda x: 1 in x,
    ):
        with pytest.raises(hostile.HostileError):
            look(x)
    for f in (hostile.hostile.nonzero, hostile.hostile.unique_values, lambda x: hostile.hostile.repeat(x, x)):
        with pytest.raises(hostile.HostileError):
            f(x)
    with pytest.raises(hostile.HostileError):
        x[0] = 1.0
    with pytest.raises(hostile.HostileError):
        hostile.hostile.add(x, np.ones(3))
    before = y = x
    y += 1
    assert y is not before
    np.testing.assert_array_equal(of_numpy(before), np.ones(3))
