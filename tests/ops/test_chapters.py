"""The rules of the main namespace, chapter by chapter: each alone on plain arrays, then through the engine."""

from __future__ import annotations

import inspect
from typing import Any

import mpmath
import numpy as np
import pytest

import agrad
from agrad.ops import table
from plain import LIBRARIES, Call, array_of, inexact, numpy_of

rng = np.random.default_rng(0)
Case = tuple[str, tuple[Any, ...], dict[str, Any]]


def real(*shape: int) -> np.ndarray:
    return rng.normal(size=shape)


def complex_(*shape: int) -> np.ndarray:
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def apart(*shape: int) -> np.ndarray:
    """Values without near ties."""
    n = int(np.prod(shape))
    return (rng.permutation(n) * (4 / max(n, 1)) - 1.9).reshape(shape)


def case(name: str, *data: Any, **params: Any) -> Case:
    return name, data, params


x34, c34 = real(3, 4), complex_(3, 4)
ints = np.asarray([2, -1, 0, 2, -3])
grid = np.asarray([[0, -1, 1], [2, 2, -4]])
mask = x34 > 0

REDUCTIONS = [
    case(name, x, **params)
    for name in ("max", "mean", "min", "prod", "std", "sum", "var")
    for x, params in [
        (apart(2, 3, 4), {}),
        (apart(2, 3, 4), {"axis": 1}),
        (apart(2, 3, 4), {"axis": -1, "keepdims": True}),
        (apart(2, 3, 4), {"axis": (-1, 0)}),
        (apart(2, 3, 4), {"axis": (0, 2), "keepdims": True}),
        (apart(2, 3), {"axis": ()}),
        (apart(2, 3, 4).astype("float32"), {"axis": 1}),
        (apart(), {}),
        (apart(0, 3), {"axis": 1}),
    ]
] + [
    case("mean", c34, axis=0),
    case("prod", c34, axis=0),
    case("prod", c34),
    case("prod", real(0, 3), axis=0),
    case("prod", x34.astype("float32"), axis=0, dtype=np.float64),
    case("prod", x34, axis=0, dtype=np.complex128),
    case("std", x34, axis=1, correction=1.5),
    case("sum", c34, axis=(0,)),
    case("sum", real(0, 3), axis=0),
    case("sum", x34.astype("float32"), dtype=np.float64),
    case("sum", x34, dtype=np.complex128),
    case("var", x34, axis=0, correction=1, keepdims=True),
]  # fmt: skip

CUMULATIVE = [
    case(name, x, **params)
    for name in ("cumulative_prod", "cumulative_sum")
    for x, params in [
        (real(7), {}),
        (real(1), {}),
        (real(8), {"include_initial": True}),
        (real(3, 5), {"axis": 0}),
        (real(3, 5), {"axis": -1, "include_initial": True}),
        (complex_(5), {}),
        (complex_(2, 3), {"axis": 1, "include_initial": True}),
        (real(6).astype("float32"), {"dtype": np.float64}),
        (real(4), {"dtype": np.complex128}),
        (real(0), {}),
        (real(2, 0), {"axis": 1, "include_initial": True}),
    ]
]

MANIPULATION = [
    case("broadcast_to", real(3, 1), shape=(2, 3, 4)),
    case("broadcast_to", real(), shape=(2, 0)),
    case("concat", [real(2, 3), real(0, 3), real(1, 3)]),
    case("concat", [real(2, 3), complex_(2, 1)], axis=-1),
    case("concat", [real(2, 3), real(), real(2)], axis=None),
    case("expand_dims", x34, axis=(0, -1)),
    case("expand_dims", real(), axis=0),
    case("flip", x34),
    case("flip", c34, axis=(1,)),
    case("moveaxis", real(2, 3, 4, 5), source=(0, -1), destination=(2, 0)),
    case("moveaxis", x34, source=0, destination=-1),
    case("permute_dims", real(2, 3, 4), axes=(2, 0, 1)),
    case("permute_dims", real(2, 3, 4), axes=(-1, 0, 1)),
    case("permute_dims", real(), axes=()),
    case("repeat", x34, 2),
    case("repeat", x34, 3, axis=-1),
    case("repeat", x34, 0, axis=0),
    case("repeat", x34, np.asarray([2, 0, 3]), axis=0),
    case("repeat", real(2, 2), np.asarray([0, 2, 0, 1], dtype="uint8")),
    case("repeat", c34, np.asarray([2]), axis=1),
    case("repeat", real(0, 3), 2, axis=0),
    case("reshape", x34, shape=(2, -1)),
    case("reshape", real(0, 3), shape=(3, 0), copy=True),
    case("roll", x34, shift=5),
    case("roll", x34, shift=(1, -2), axis=(0, -1)),
    case("squeeze", real(1, 3, 1), axis=(0, -1)),
    case("squeeze", real(1), axis=0),
    case("stack", [real(2, 3), complex_(2, 3)], axis=-1),
    case("stack", [real(), real()]),
    case("tile", x34, repetitions=(2,)),
    case("tile", c34, repetitions=(2, 1, 3)),
    case("tile", real(), repetitions=(2, 2)),
    case("tile", x34, repetitions=(0, 2)),
    case("tile", x34, repetitions=()),
]  # fmt: skip

INDEXING = [
    case("take", real(4), ints),
    case("take", x34, ints[:3], axis=1),
    case("take", c34, ints, axis=-2),
    case("take", x34, ints[:0], axis=0),
    case("take_along_axis", x34, grid[:, :].T[:3], axis=1),
    case("take_along_axis", real(1, 4), grid),
    case("take_along_axis", x34, grid[:1, :3], axis=1),
    case("take_along_axis", real(4, 3), grid[:, :1], axis=-2),
    case("take_along_axis", c34[:, :1], grid % 3, axis=0),
    case("getitem", x34, (1, slice(None, None, -2))),
    case("getitem", x34, (Ellipsis, None, 2)),
    case("getitem", x34, mask),
    case("getitem", c34, (np.asarray([0, 2, 0]), np.asarray([1, -1, 1]))),
    case("getitem", x34, (slice(None), ints % 4)),
    case("getitem", x34, ()),
    case("getitem", real(), ()),
    case("scatter", real(2, 3), (slice(None), np.asarray([1, 1, 0])), shape=(2, 2)),
    case("scatter", complex_(3), slice(1, 4), shape=(5,)),
    case("setitem", x34, 1, real(4)),
    case("setitem", x34, (slice(None), slice(1, 3)), real()),
    case("setitem", x34, (slice(2), [0, 2]), real(2, 1)),
    case("setitem", x34, (slice(2), [1, 2, 1]), real(2, 3)),
    case("setitem", x34, mask, real(int(mask.sum()))),
    case("setitem", c34, (np.asarray([0, 1, 0, 2, 0]), np.asarray([1, 1, -3, 0, 1])), real(5)),
    case("setitem", x34, np.asarray([1, 1, 0]), real(3, 1)),
    case("setitem", x34, 0, real(1, 4)),
]  # fmt: skip

PRODUCTS = [
    case("matmul", make(*a), make(*b))
    for make in (real, complex_)
    for a, b in [
        ((3, 4), (4, 2)), ((4,), (4,)), ((4,), (4, 2)), ((3, 4), (4,)), ((4,), (5, 4, 2)), ((5, 3, 4), (4,)),
        ((5, 3, 4), (4, 2)), ((3, 4), (5, 4, 2)), ((5, 1, 3, 4), (2, 4, 2)), ((1, 3, 4), (5, 4, 2)),
        ((0, 4), (4, 2)), ((3, 0), (0, 2)), ((5, 3, 0), (0, 2)), ((0,), (0,)), ((5, 0, 4), (4, 2)),
    ]
] + [
    case("matmul", real(3, 4), complex_(4, 2)),
    case("matmul", real(3, 4).astype("float32"), real(4)),
    case("matrix_transpose", complex_(2, 3, 4)),
    case("tensordot", real(2, 3, 4), real(3, 4, 5)),
    case("tensordot", real(2, 3), complex_(3), axes=1),
    case("tensordot", real(2, 3), real(2), axes=0),
    case("tensordot", real(), real(2), axes=0),
    case("tensordot", complex_(3, 2, 4), complex_(4, 5, 3), axes=((0, -1), (2, 0))),
    case("tensordot", real(2, 3, 4), real(4, 2, 3), axes=((2, 0, 1), (0, 1, 2))),
    case("tensordot", real(3, 0), real(0, 2), axes=1),
    case("vecdot", real(3), real(3)),
    case("vecdot", complex_(2, 3), complex_(3)),
    case("vecdot", complex_(3, 1), real(5, 3, 4), axis=-2),
    case("vecdot", real(3), complex_(2, 3)),
    case("vecdot", real(2, 0), real(2, 0)),
]  # fmt: skip

OTHERS = [
    case("where", mask, x34, c34),
    case("where", mask, real(4), real(3, 1)),
    case("where", np.asarray(True), real(), real(2)),
    case("astype", x34, dtype=np.float32),
    case("astype", x34.astype("float32"), dtype=np.complex128),
    case("astype", c34, dtype=np.complex64, copy=False),
    case("to_device", c34, device="cpu", origin="cpu"),
    case("tril", x34, k=1),
    case("triu", complex_(2, 3, 3), k=-1),
    case("triu", real(0, 3)),
]

CASES = [*REDUCTIONS, *CUMULATIVE, *MANIPULATION, *INDEXING, *PRODUCTS, *OTHERS]
COMPOSITES = [
    case("broadcast_arrays", real(3, 1), real(4), complex_()),
    case("broadcast_arrays", real(3)),
    case("diff", x34),
    case("diff", c34, axis=0, n=2),
    case("diff", x34, n=0),
    case("diff", x34, n=9),
    case("diff", x34, n=2, prepend=real(3, 1), append=real(3, 2)),
    case("meshgrid", complex_(2), complex_(3), complex_(4)),
    case("meshgrid", real(2), real(3), indexing="ij"),
    case("meshgrid", real(2)),
    case("meshgrid", real(0), real(3)),
    case("sort", x34),
    case("sort", x34, axis=0, descending=True),
    case("sort", real(0)),
    case("unique_all", np.asarray([3.0, 1.0, 2.0])),
    case("unique_counts", np.asarray([[0.5, -1.0], [2.0, 0.25]])),
    case("unique_inverse", np.asarray([3.0, 1.0, 2.0])),
    case("unique_values", np.asarray([2.0, 4.0, -1.0])),
    case("unstack", x34),
    case("unstack", c34, axis=-1),
    case("unstack", real(2, 0)),
]
CHAPTERS = (
    "creation", "data_type", "indexing", "linear_algebra", "manipulation", "searching", "sets", "sorting",
    "statistical", "utility",
)  # fmt: skip


def label(c: Any) -> str:
    name, data, params = c
    shapes = [str(a.shape) + a.dtype.kind if isinstance(a, np.ndarray) else type(a).__name__ for a in data]
    return f"{name}-{'-'.join(shapes)}-{params if len(str(params)) < 60 else '...'}"


def tolerance(*arrays: Any) -> float:
    single = any(a.dtype.name in ("float32", "complex64") for a in arrays if isinstance(a, np.ndarray))
    return 1e-5 if single else 1e-12


def direction(x: Any) -> Any:
    """A random tangent or cotangent."""
    if isinstance(x, list):
        return [direction(item) for item in x]
    return np.asarray(real(*x.shape) + (1j * real(*x.shape) if x.dtype.kind == "c" else 0), dtype=x.dtype)


def inner(a: Any, b: Any) -> float:
    """Re<a, b>, which is what an adjoint is about."""
    if isinstance(a, list):
        return sum(inner(p, q) for p, q in zip(a, b, strict=True))
    return float(np.sum(a.conj() * b).real)


def moved(x: Any, t: Any, h: float) -> Any:
    return [a + h * b for a, b in zip(x, t, strict=True)] if isinstance(x, list) else np.asarray(x + h * t)


# The rules alone ----------------------------------------------------------------------------------


@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.parametrize("c", CASES, ids=label)
def test_vjp_is_the_adjoint_of_jvp(c: Case, library: str) -> None:
    name, data, params = c
    call = Call(LIBRARIES[library], name, *data, **params)
    assert call.active()
    for i in call.active():
        t, ct = direction(data[i]), direction(call.out)
        pushed, pulled = call.jvp(i, t), call.vjp(i, ct)
        assert pushed.shape == call.out.shape
        for g, x in zip(pulled, data[i], strict=True) if isinstance(data[i], list) else [(pulled, data[i])]:
            assert (g.shape, g.dtype) == (x.shape, x.dtype)
        rtol = tolerance(*data, call.out)
        assert inner(pulled, t) == pytest.approx(inner(ct, pushed), rel=rtol * 10, abs=rtol * 10)


@pytest.mark.parametrize("c", CASES, ids=label)
def test_jvp_is_the_directional_derivative(c: Case) -> None:
    name, data, params = c
    call = Call(LIBRARIES["numpy"], name, *data, **params)
    single = tolerance(*data, call.out) > 1e-9
    h = 1e-3 if single else 1e-6
    for i in call.active():
        t = direction(data[i])
        ahead, behind = (call(*data[:i], moved(data[i], t, s), *data[i + 1 :]) for s in (h, -h))
        np.testing.assert_allclose(
            call.jvp(i, t), (ahead - behind) / (2 * h), rtol=2e-2 if single else 1e-7, atol=2e-2 if single else 1e-8
        )


@pytest.mark.parametrize("c", [c for c in COMPOSITES if table[c[0]].decomposition], ids=label)
def test_decomposition_computes_the_function(c: Case) -> None:
    name, data, params = c
    xp = LIBRARIES["strict"]
    rule = table[name].decomposition
    defaults = {p.name: eval(p.default) for p in table[name].parameters if p.default is not None}
    star = table[name].parameters[0].kind == "star"
    values = {"xp": xp, **defaults, **params, table[name].parameters[0].name: data if star else data[0]}
    found = rule(**{n: array_of(xp, values[n]) for n in inspect.signature(rule).parameters})
    expected = getattr(xp, name)(*array_of(xp, data), **{k: array_of(xp, v) for k, v in params.items()})
    for a, b in zip(*(y if isinstance(y, tuple) else (y,) for y in (found, expected)), strict=True):
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_array_equal(numpy_of(a), numpy_of(b))


@pytest.mark.parametrize("c", CASES, ids=label)
def test_rules_add_no_floating_point_exception(c: Case) -> None:
    name, data, params = c
    with np.errstate(all="raise", under="ignore"):
        try:
            call = Call(LIBRARIES["numpy"], name, *data, **params)
        except FloatingPointError:
            pytest.skip("the function itself raises")
        for i in call.active():
            call.jvp(i, direction(data[i]))
            call.vjp(i, direction(call.out))


def test_every_op_of_the_chapters_is_tried_or_constant() -> None:
    tried = {name for name, _, _ in (*CASES, *COMPOSITES)}
    files = {f"agrad.ops.{chapter}" for chapter in CHAPTERS}
    for op in table.values():
        rule = op.decomposition or next((r for r in op.vjp if callable(r)), None)
        if rule is not None and rule.__module__ in files:
            assert op.name in tried
        elif op.kind == "constant":
            assert op.reason


def rule_jacobians(name: str, x: np.ndarray, **params: Any) -> tuple[np.ndarray, np.ndarray]:
    """The Jacobian by the VJP's rows and by the JVP's columns."""
    call = Call(LIBRARIES["numpy"], name, x, **params)
    rows = [call.vjp(0, e.reshape(call.out.shape)).ravel() for e in np.eye(call.out.size)]
    columns = [call.jvp(0, e.reshape(x.shape)).ravel() for e in np.eye(x.size)]
    return np.asarray(rows), np.asarray(columns).T


def assert_jacobian(expected: Any, name: str, x: Any, rtol: float = 1e-14, **params: Any) -> None:
    for found in rule_jacobians(name, np.asarray(x), **params):
        np.testing.assert_allclose(found, np.asarray(expected, dtype=float), rtol=rtol, atol=0)


@pytest.mark.parametrize("zeros", [(), (2,), (0, 3), (0, 1, 2, 4)])
def test_products_are_exact_with_zeros(zeros: tuple[int, ...]) -> None:
    x = np.asarray([2.0, -3.0, 0.5, 4.0, 8.0])
    x[list(zeros)] = 0
    n = len(x)
    assert_jacobian([[np.prod(np.delete(x, i)) for i in range(n)]], "prod", x, rtol=0)
    partial = [[np.prod(np.delete(x[: k + 1], i)) if i <= k else 0.0 for i in range(n)] for k in range(n)]
    assert_jacobian(partial, "cumulative_prod", x, rtol=0)


def test_products_survive_where_division_would_not() -> None:
    # the products are rounded to 0: dividing them would lose all
    assert_jacobian([[0.0, 1e-150, 0.0]], "prod", [1e-300, 0.0, 1e150], rtol=1e-14)
    assert_jacobian([[1e50, 1e50, 0.0]], "prod", [1e-200, 1e-200, 1e250], rtol=1e-14)


def test_long_cumulative_product_against_high_precision() -> None:
    x = 1 + 0.3 * real(257)
    ct = real(257)
    mpmath.mp.dps = 40
    values = [mpmath.mpf(v) for v in x]
    expected, total = [], mpmath.mpf(0)
    for i in reversed(range(257)):  # total = sum of ct[k] x[i+1] ... x[k] over k >= i
        total = mpmath.mpf(ct[i]) + (total * values[i + 1] if i < 256 else 0)
        expected.append(total * mpmath.fprod(values[:i]))
    found = Call(LIBRARIES["numpy"], "cumulative_prod", x).vjp(0, ct)
    np.testing.assert_allclose(found, np.asarray(expected[::-1], dtype=float), rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_share_evenly(name: str) -> None:
    sign = 1 if name == "max" else -1
    third = 1 / 3
    assert_jacobian([[0, third, third, 0, third]], name, sign * np.asarray([1.0, 2, 2, -5, 2]))
    assert_jacobian([[0.5, 0, 0.5]], name, sign * np.asarray([np.inf, 2, np.inf]))
    assert_jacobian([[0, 0.5, 0, 0.5]], name, [1.0, np.nan, np.inf, np.nan])
    assert_jacobian([[1, 0, 0, 0], [0, 0, 0.5, 0.5]], name, sign * np.asarray([[2.0, 1], [3, 3]]), axis=1)
    ct = np.asarray([np.inf])
    found = Call(LIBRARIES["numpy"], name, sign * np.asarray([[1.0, 2.0]]), axis=1).vjp(0, ct)
    np.testing.assert_array_equal(found, [[0, np.inf]])  # no inf * 0


def test_std_of_constant_data_has_zero_derivative() -> None:
    assert np.std(np.full(3, 0.1)) != 0  # the mean rounds: what makes this a case of its own
    assert_jacobian(np.zeros((1, 3)), "std", np.full(3, 0.1))
    assert_jacobian(np.zeros((1, 3)), "std", np.full(3, 0.1), correction=1)
    assert_jacobian([[0, 0, 0, 0], [0, 0, -0.5, 0.5]], "std", [[7.0, 7.0], [1.0, 3.0]], axis=1)
    assert_jacobian(np.zeros((2, 6)), "std", [[7.0, 7.0, 7.0], [0.1, 0.1, 0.1]], axis=-1)
    assert_jacobian([[0.0]], "std", 3.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["std", "var"])
def test_too_few_data_for_the_correction(name: str) -> None:
    for found in rule_jacobians(name, np.asarray([[2.0], [3.0]]), axis=1, correction=1):
        assert not np.any(np.isfinite(np.diag(found)))


@pytest.mark.parametrize("offset", [0.0, 1e6])
def test_moments_against_high_precision(offset: float) -> None:
    x = offset + real(9)
    mpmath.mp.dps = 50
    values = [mpmath.mpf(v) for v in x]
    centred = [v - mpmath.fsum(values) / 9 for v in values]
    variance = mpmath.fsum(d**2 for d in centred) / mpmath.mpf(7.5)
    # the mean is rounded to the precision of the data
    slack = {"rtol": 1e-13 * max(1.0, offset)}
    assert_jacobian([[d * 2 / mpmath.mpf(7.5) for d in centred]], "var", x, correction=1.5, **slack)
    assert_jacobian([[d / mpmath.mpf(7.5) / mpmath.sqrt(variance) for d in centred]], "std", x, correction=1.5, **slack)


@pytest.mark.parametrize("library", LIBRARIES)
def test_only_the_last_of_two_assignments_has_a_gradient(library: str) -> None:
    x, value = np.zeros(4), np.asarray([1.0, 2.0, 3.0, 4.0])
    call = Call(LIBRARIES[library], "setitem", x, np.asarray([1, 3, -3, 0]), value)
    np.testing.assert_array_equal(call.out, [4, 3, 0, 2])
    ct = np.asarray([10.0, 20.0, 30.0, 40.0])
    np.testing.assert_array_equal(call.vjp(0, ct), [0, 0, 30, 0])
    np.testing.assert_array_equal(call.vjp(2, ct), [0, 40, 20, 10])


def test_stacked_input_of_one_matrix_needs_no_stack_of_products() -> None:
    x1, x2 = real(100, 1, 30), real(30, 20)
    call = Call(LIBRARIES["numpy"], "matmul", x1, x2)
    g = call._run(call.op.vjp[1], ct=call.out)  # before the engine would sum a (100, 30, 20) stack
    assert g.shape == (30, 20)
    np.testing.assert_allclose(g, np.tensordot(x1, call.out, axes=((0, 1), (0, 1))), rtol=1e-12, atol=1e-12)


# Through the engine -------------------------------------------------------------------------------

SMOOTH = [
    c
    for c in (*CASES, *COMPOSITES)
    if all(a.dtype.name not in ("float32", "complex64") for a in c[1] if isinstance(a, np.ndarray))
    and c[2].get("dtype") not in (np.float32, np.complex64)
]


def through(c: Case) -> tuple[Any, list[Any]]:
    """A function of the differentiable arguments that calls the namespace, and those arguments."""
    name, data, params = c
    xp = agrad.namespace("numpy")
    keywords = {p.name for p in table[name].parameters if p.kind == "keyword"}
    followed = [i for i, a in enumerate(data) if inexact(a)]
    named = [k for k, v in params.items() if inexact(v)]

    def f(*args: Any) -> Any:
        full = list(data)
        for i, a in zip(followed, args, strict=False):
            full[i] = a
        given = {**params, **dict(zip(named, args[len(followed) :], strict=True))}
        full += [given.pop(p.name) for p in table[name].parameters if p.name in given and p.name not in keywords]
        return getattr(xp, name)(*full, **given)

    return f, [*(data[i] for i in followed), *(params[k] for k in named)]


@pytest.mark.parametrize("c", SMOOTH, ids=label)
def test_both_modes_to_second_order(c: Case) -> None:
    f, args = through(c)
    xp = agrad.namespace("numpy")

    def nonlinear(*xs: Any) -> Any:
        out = f(*xs)
        return [xp.sin(y) * y for y in (out if isinstance(out, tuple) else (out,))]

    agrad.check_grads(nonlinear, args, order=2)


@pytest.mark.parametrize("zeros", [(), (1,), (1, 3), (0, 1, 2), (0, 1, 2, 3)])
@pytest.mark.parametrize("name", ["prod", "cumulative_prod"])
def test_second_derivatives_of_products_are_exact_with_zeros(name: str, zeros: tuple[int, ...]) -> None:
    xp = agrad.namespace("numpy")
    x = np.asarray([2.0, -3.0, 0.5, 4.0])
    x[list(zeros)] = 0
    weights = np.asarray([1.0, -2.0, 0.25, 3.0])
    f = xp.prod if name == "prod" else lambda x: xp.sum(xp.cumulative_prod(x) * weights)

    def second(i: int, j: int) -> float:
        total = 0.0
        for k, w in enumerate(weights) if name != "prod" else [(3, 1.0)]:
            if i != j and max(i, j) <= k:
                total += w * np.prod(np.delete(x[: k + 1], [i, j]))
        return total

    expected = [[second(i, j) for j in range(4)] for i in range(4)]
    np.testing.assert_array_equal(agrad.hessian(f)(x), expected)
    rows = [agrad.grad(lambda x, e=e: agrad.jvp(f, (x,), (e,))[1])(x) for e in np.eye(4)]
    np.testing.assert_array_equal(rows, expected)


@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_have_a_zero_second_derivative(name: str) -> None:
    xp = agrad.namespace("numpy")
    x = np.asarray([1.0, 1.0, 1.0, 1.0])
    f = getattr(xp, name)
    np.testing.assert_array_equal(agrad.hessian(lambda x: f(x) ** 2)(x), np.full((4, 4), 2 / 16))


def test_std_of_constant_data_has_no_second_derivative() -> None:
    xp = agrad.namespace("numpy")
    for x in (np.full(3, 0.1), np.zeros(2)):
        np.testing.assert_array_equal(agrad.grad(xp.std)(x), np.zeros(x.shape))
        with np.errstate(divide="ignore", invalid="ignore"):
            for mode in ("fwd", "rev"):
                assert np.isnan(agrad.jacobian(agrad.grad(xp.std), mode=mode)(x)).all()
    for derivative in (agrad.grad(xp.std), agrad.hessian(xp.std)):  # of one number: 0 everywhere
        assert derivative(np.asarray(1.5)) == 0


@pytest.mark.parametrize("size", [1e-200, 1e200])
def test_std_whose_squares_over_or_underflow(size: float) -> None:
    xp, x = agrad.namespace("numpy"), np.asarray([1.0, 3.0, 7.0])
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(agrad.grad(xp.std)(size * x), agrad.grad(xp.std)(x), rtol=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", ["mean", "std", "var"])
def test_moments_of_nothing_have_an_empty_gradient(name: str) -> None:
    xp = agrad.namespace("numpy")
    assert agrad.grad(lambda x: xp.sum(getattr(xp, name)(x, axis=0)))(real(0, 3)).shape == (0, 3)
    assert agrad.grad(getattr(xp, name))(real(0)).shape == (0,)
    if name == "mean":
        call = Call(LIBRARIES["numpy"], name, real(0, 3), axis=0)
        with np.errstate(all="raise"):
            assert call.vjp(0, real(3)).shape == (0, 3)


@pytest.mark.parametrize("descending, expected", [(False, [3.0, 1.0, 4.0, 2.0]), (True, [1.0, 3.0, 2.0, 4.0])])
def test_sort_sends_ties_back_in_stable_order(descending: bool, expected: list[float]) -> None:
    xp = agrad.namespace("numpy")
    weights = np.asarray([1.0, 2.0, 3.0, 4.0])
    g = agrad.grad(lambda x: xp.sum(xp.sort(x, descending=descending) * weights))(np.asarray([5.0, 2.0, 5.0, 2.0]))
    np.testing.assert_array_equal(g, expected)


def test_an_overwritten_value_has_no_gradient() -> None:
    xp = agrad.namespace("numpy")
    key = np.asarray([0, 2, 0])
    x, value = real(3), real(3)
    gx, gv = agrad.grad(lambda x, v: xp.sum(xp.setitem(x, key, v) ** 2), argnums=(0, 1))(x, value)
    np.testing.assert_array_equal(gx, [0, 2 * x[1], 0])
    np.testing.assert_array_equal(gv, [0, 2 * value[1], 2 * value[2]])


def pairs_with_torch() -> list[Any]:
    x, y, k = real(3, 4), real(4, 3), np.asarray([0, 2, 1, 1])
    two_zeros = x.copy()
    two_zeros[0, 1] = two_zeros[2, 1] = two_zeros[1, 3] = 0
    return [
        ("prod", lambda xp, x: xp.prod(x, axis=0), lambda t, x: t.prod(x, 0), two_zeros),
        ("cumulative_prod", lambda xp, x: xp.cumulative_prod(x, axis=0), lambda t, x: t.cumprod(x, 0), two_zeros),
        ("max", lambda xp, x: xp.max(x, axis=1), lambda t, x: t.amax(x, 1), two_zeros * 0),
        ("var", lambda xp, x: xp.var(x, axis=0, correction=1), lambda t, x: t.var(x, 0), x),
        ("std", lambda xp, x: xp.std(x), lambda t, x: t.std(x, correction=0), x),
        ("sort", lambda xp, x: xp.sort(x, axis=0, descending=True), lambda t, x: t.sort(x, 0, True)[0], x),
        ("diff", lambda xp, x: xp.diff(x, n=2), lambda t, x: t.diff(x, 2), x),
        ("take", lambda xp, x: xp.take(x, k, axis=1), lambda t, x: t.index_select(x, 1, t.asarray(k)), x),
        ("tile", lambda xp, x: xp.tile(x, (2, 1, 3)), lambda t, x: t.tile(x, (2, 1, 3)), x),
        ("repeat", lambda xp, x: xp.repeat(x, k, axis=1), lambda t, x: t.repeat_interleave(x, t.asarray(k), 1), x),
        ("matmul", lambda xp, x: x @ xp.asarray(y) @ x, lambda t, x: x @ t.asarray(y) @ x, x),
        ("tensordot", lambda xp, x: xp.tensordot(x, x, axes=((1,), (1,))),
         lambda t, x: t.tensordot(x, x, ([1], [1])), x),
        ("unstack", lambda xp, x: xp.stack(xp.unstack(x, axis=1)[::-1]), lambda t, x: t.stack(t.unbind(x, 1)[::-1]), x),
    ]  # fmt: skip


@pytest.mark.parametrize("name, ours, theirs, x", pairs_with_torch(), ids=lambda v: v if isinstance(v, str) else "")
def test_gradient_and_hessian_product_agree_with_pytorch(name: str, ours: Any, theirs: Any, x: np.ndarray) -> None:
    torch = pytest.importorskip("torch")
    xp = agrad.namespace("numpy")
    v = real(*x.shape)

    def f(x: Any) -> Any:
        y = ours(xp, x)
        return xp.sum(xp.sin(y) + y * y)

    def g(x: Any) -> Any:
        y = theirs(torch, x)
        return torch.sum(torch.sin(y) + y * y)

    tx, tv = torch.asarray(x, copy=True).requires_grad_(), torch.asarray(v)
    (expected,) = torch.autograd.grad(g(tx), tx, create_graph=True)
    np.testing.assert_allclose(agrad.grad(f)(x), expected.detach().numpy(), rtol=1e-12, atol=1e-12)
    (product,) = torch.autograd.grad(torch.sum(expected * tv), tx)
    np.testing.assert_allclose(agrad.hvp(f, (x,), (v,)), product.numpy(), rtol=1e-11, atol=1e-11)
