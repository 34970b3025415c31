"""What compiling does on NumPy: memory that is used again, blocks of rows, threads, Python's floats, rewriting."""

from __future__ import annotations

import gc
import threading
import warnings
import weakref
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.graph.passes import simplified
from agrad_numpy.compiling import program, sizes
from agrad_numpy.compiling.calls import CONTRACT, TOTAL, Source
from agrad_numpy.compiling.memory import TAKES_BACK, Arena, Results
from agrad_numpy.compiling.rewriting import rewritten
from graph_samples import near, xp

RNG = np.random.default_rng(0)
LARGE = RNG.standard_normal(50_001)
takes_back = pytest.mark.skipif(not TAKES_BACK, reason="reference counts tell nothing here")


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks, and memory that is used again, for arrays of a few elements."""
    for name, size in {"BLOCK": 8, "WORTH": 12, "SMALL": 2, "LARGE": 4}.items():
        monkeypatch.setattr(sizes, name, size)


def same(f: Any, *args: Any, tolerance: float = 1e-11, **options: Any) -> Any:
    """The compiled function, which computes what the function does, twice, and again with other arrays."""
    compiled = agrad.compile(f, **options)
    with np.errstate(all="ignore"):
        for _ in range(2):
            near(compiled(*args), f(*map(xp.asarray, args)), tolerance)
        others = [a * 0.75 if a.dtype.kind in "fc" else a for a in args]
        near(compiled(*others), f(*map(xp.asarray, others)), tolerance)
    return compiled


# Blocks of rows ---------------------------------------------------------------------------------------

SHAPES = [
    ((7, 5), (7, 1)),
    ((7, 5), (5,)),
    ((7, 5), (1, 5)),
    ((13, 1), (13, 3)),
    ((6, 4, 3), (6, 1, 3)),
    ((6, 4, 3), (4, 3)),
    ((6, 4, 3), (6, 4, 1)),
    ((6, 4, 3), (1, 1, 3)),
    ((3, 3), (3,)),
    ((9, 9), (9, 1)),
    ((2, 11, 2), (2, 1, 1)),
    ((31,), (31,)),
]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128"])
@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_operands_that_broadcast(shapes: Any, dtype: str, threads: int) -> None:
    x, y = [(RNG.standard_normal(s) + (1j * RNG.standard_normal(s) if dtype[0] == "c" else 0)) for s in shapes]
    last = -1

    def f(a: Any, b: Any) -> Any:
        c = xp.exp(a * b) - b * 2
        d = xp.sum(c, axis=last, keepdims=True)
        e = (c - d) / (1 + xp.abs(d))
        g = xp.sum(e * b, axis=0) + xp.mean(e, axis=0)
        return e, xp.sum(e), g, xp.sum(xp.real(c * c)), xp.sum(a * e, axis=last)

    tolerance = 1e-3 if dtype == "float32" else 1e-10
    same(f, x.astype(dtype), y.astype(dtype), tolerance=tolerance, threads=threads)


@pytest.mark.usefixtures("small")
def test_a_softmax_is_one_run_with_its_gradient() -> None:
    def f(a: Any) -> Any:
        e = xp.exp(a - agrad.stop_gradient(xp.max(a, axis=1, keepdims=True)))
        return xp.sum(xp.log(xp.sum(e, axis=1))) + xp.sum((e / xp.sum(e, axis=1, keepdims=True)) ** 3)

    same(agrad.value_and_grad(f), RNG.standard_normal((23, 5)), tolerance=1e-9)


@pytest.mark.usefixtures("small")
def test_an_axis_as_long_as_the_rows_is_not_taken_for_them() -> None:
    m = RNG.standard_normal((9, 9))

    def f(a: Any) -> Any:
        s = xp.sum(xp.sin(a), axis=1)  # (9,), which lies along the last axis here
        return xp.sin(a) * s, xp.sin(a) * xp.reshape(s, (9, 1)), xp.sum(xp.cos(a) * s, axis=0)

    same(f, m)


@pytest.mark.usefixtures("small")
def test_shapes_change_within_rows() -> None:
    def f(a: Any) -> Any:
        b = xp.reshape(xp.exp(a), (10, 2, 3))
        c = xp.expand_dims(xp.sum(b, axis=2), axis=2)
        return xp.sum(b * c, axis=0), b, c, xp.squeeze(c, axis=2) * 2.0

    same(f, RNG.standard_normal((10, 6)))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("threads", [1, 2])
def test_conditions_and_not_a_number(threads: int) -> None:
    x = LARGE[:53].copy()
    x[[3, 17, 50]] = np.nan, np.inf, -np.inf
    counts = np.arange(53) % 3

    def f(a: Any, n: Any) -> Any:
        b = xp.where(n, a, 0.0) + xp.where(a > 0, a, -a)  # a condition of whole numbers, and one of truth values
        c = xp.where(xp.isfinite(b), xp.clip(b, -1.0, 1.5), 7.0)
        return b, c, xp.max(a), xp.sum(c), xp.maximum(a, b), xp.astype(a > 0, xp.int64) + n

    same(f, x, counts, threads=threads)


@pytest.mark.parametrize("size", [40_000, 50_001, 5 * 8192])
def test_threads_give_the_same_bits(size: int) -> None:
    def f(a: Any) -> Any:
        m = xp.reshape(a[:40_000], (400, 100))
        p = xp.exp(m - xp.max(m, axis=1, keepdims=True))
        return xp.sum(xp.sin(a) * a) + xp.sum(xp.sum(p, axis=0) ** 2) + xp.sum(p / xp.sum(p, axis=1, keepdims=True))

    step = agrad.value_and_grad(f)
    alone, together = agrad.compile(step), agrad.compile(step, threads=4)
    a = np.resize(LARGE, size)
    expected = step(a)
    for _ in range(3):
        one, many = alone(a), together(a)
        assert one[0] == many[0] and np.array_equal(one[1], many[1])
    near(many, expected, 1e-9)


def test_what_a_thread_raises_is_raised() -> None:
    compiled = agrad.compile(lambda a: xp.sum(xp.log(a) * 2.0), threads=3)
    compiled(np.abs(LARGE) + 1.0)
    with np.errstate(invalid="raise"), pytest.raises(FloatingPointError):
        compiled(LARGE)
    assert np.isfinite(compiled(np.abs(LARGE) + 1.0))


# Memory -----------------------------------------------------------------------------------------------


def test_places_do_not_overlap() -> None:
    arena = Arena()
    taken: dict[int, int] = {}
    for _ in range(2000):
        if taken and RNG.random() < 0.5:
            begin = list(taken)[RNG.integers(len(taken))]
            arena.give(begin, taken.pop(begin))
        else:
            n = int(RNG.integers(0, 1000))
            begin = arena.take(n)
            assert begin % 64 == 0 and begin + n <= arena.size
            assert all(begin + max(n, 1) <= b or b + max(m, 1) <= begin for b, m in taken.items())
            taken[begin] = n
    for begin, n in taken.items():
        arena.give(begin, n)
    assert arena.take(arena.size) == 0  # all gaps have become one


@takes_back
def test_results_that_are_dropped_are_used_again() -> None:
    step = agrad.compile(agrad.grad(lambda a: xp.sum(xp.exp(a) * a)))
    places = set()
    for _ in range(6):
        places.add(step(LARGE).ctypes.data)
    assert len(places) <= 2


@takes_back
@pytest.mark.parametrize(
    "keep",
    [
        lambda g: g,
        lambda g: g[5:],
        lambda g: memoryview(g),
        lambda g: (g.T, weakref.ref(g))[0],
        lambda g: {"a": [g.reshape(-1, 1)]},
        lambda g: np.asarray(g).view("int64"),
        lambda g: np.from_dlpack(g),
    ],
)
def test_results_that_are_held_stay_as_they_are(keep: Any) -> None:
    def array(held: Any) -> Any:
        return np.asarray(held["a"][0] if isinstance(held, dict) else held)

    step = agrad.compile(agrad.grad(lambda a: xp.sum(xp.exp(a) * a)))
    held = [keep(step(LARGE * k)) for k in range(5)]
    copies = [array(h).copy() for h in held]
    for k in range(5):
        step(LARGE + k)
    for h, copy in zip(held, copies, strict=True):
        assert np.array_equal(array(h), copy, equal_nan=copy.dtype.kind == "f")


@takes_back
def test_what_a_user_did_to_a_result_is_no_matter() -> None:
    step = agrad.compile(agrad.grad(lambda a: xp.sum(xp.exp(a) * a)))
    expected = step(LARGE).copy()
    g = step(LARGE)
    g.flags.writeable = False
    del g
    g = step(LARGE)
    g.shape = (3, -1)
    del g
    seen = weakref.ref(step(LARGE))
    before = seen()
    for _ in range(4):
        assert np.array_equal(step(LARGE), expected)
    assert before is None or np.array_equal(before, expected)


@takes_back
def test_a_result_known_to_a_weak_reference_alone_is_left_alone() -> None:
    results = Results((4,), "float64", agrad.graph.compile.Budget(None))
    a = results.take()
    known = weakref.ref(a)
    results.give(a)
    del a
    assert results.take() is not known()


def test_calls_within_calls_have_their_own_memory() -> None:
    inner: list[Any] = []

    @agrad.custom_op(vjp=lambda ct: ct * 2.0)
    def doubled(x: Any) -> Any:
        if inner == [None]:
            inner.append(0)
            inner[1] = compiled(LARGE * 2.0)  # the same program, while it runs
        return x * 2.0

    def f(a: Any) -> Any:
        b = xp.exp(-a * a)
        c = doubled(b + 1.0)
        return xp.sum(b * c), xp.sin(b) * c

    compiled = agrad.compile(f)
    compiled(LARGE)
    inner.append(None)
    found = compiled(LARGE)
    near(found, f(xp.asarray(LARGE)), 1e-10)
    near(inner[1], f(xp.asarray(LARGE * 2.0)), 1e-10)


def test_an_op_that_keeps_its_argument_keeps_what_it_saw() -> None:
    kept = []

    @agrad.custom_op(vjp=lambda ct: ct)
    def noted(x: Any) -> Any:
        kept.append(x)
        return x.copy()

    compiled = agrad.compile(lambda a: xp.sum(noted(a * 2.0) * 3.0))
    for k in range(3):
        compiled(LARGE[:500] + k)
    for k in range(3):
        np.testing.assert_array_equal(kept[k - 3], (LARGE[:500] + k) * 2.0)


def test_many_threads_call_one_program() -> None:
    step = agrad.compile(agrad.value_and_grad(lambda a: xp.sum(xp.exp(-a * a) * a)), threads=2)
    inputs = [LARGE + k for k in range(4)]
    expected = [agrad.value_and_grad(lambda a: xp.sum(xp.exp(-a * a) * a))(a) for a in inputs]
    wrong: list[int] = []

    def work(k: int) -> None:
        for _ in range(5):
            value, slope = step(inputs[k])
            if not (np.isclose(value, expected[k][0]) and np.allclose(slope, expected[k][1], rtol=1e-11, atol=1e-13)):
                wrong.append(k)

    workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()
    assert not wrong


def test_memory_has_a_limit() -> None:
    step = agrad.value_and_grad(lambda a: xp.sum(xp.exp(-a * a) * xp.sin(a)))
    free = agrad.compile(step)
    free(LARGE), free(LARGE)
    size = free.stats().bytes
    assert size > LARGE.nbytes
    free.clear()
    gc.collect()
    assert free.stats()[:2] == (0, 2) and free.stats().bytes == 0
    near(free(LARGE), step(LARGE), 1e-10)

    tight = agrad.compile(step, memory=size // 2)
    for n in (50_001, 300, 40_000, 500, 50_001, 45_000):
        near(tight(LARGE[:n]), step(LARGE[:n]), 1e-10)
        assert 0 <= tight.stats().bytes <= size // 2

    few = agrad.compile(step, memory=60_000)  # some graphs of small arrays, and not all of them
    for n in range(2, 22):
        near(few(LARGE[:n]), step(LARGE[:n]), 1e-10)
        assert few.stats().bytes <= 60_000
    assert 1 <= few.stats().graphs < 20
    few(LARGE[:21])
    assert few.stats().misses == 20  # the last one was kept

    none = agrad.compile(step, memory=0)
    with pytest.warns(UserWarning, match="more than memory= allows"):
        near(none(LARGE[:9]), step(LARGE[:9]), 1e-10)
    near(none(LARGE[:9]), step(LARGE[:9]), 1e-10)
    assert none.stats().graphs == 0 and none.stats().bytes == 0


@pytest.mark.parametrize("options", [{"threads": 0}, {"threads": 1.5}, {"memory": -1}, {"memory": "1 MB"}])
def test_options_are_checked(options: Any) -> None:
    with pytest.raises(ValueError, match="was expected"):
        agrad.compile(lambda a: a, **options)


@pytest.mark.usefixtures("small")
def test_parts_are_written_in_place_and_arguments_are_not() -> None:
    x = RNG.standard_normal(20)

    def f(a: Any) -> Any:
        b = a * 1.0
        c = b
        for k in range(5):
            b[k] += a[k + 1]
            b[2 * k : 2 * k + 3] *= 1.5
        d = b[::2]
        e = b + 0.0
        e[3] = 1.0
        b[7:9] = 2.0
        return c, d, e, b * 2.0, a

    before = x.copy()
    same(f, x)
    same(agrad.grad(lambda a: sum(xp.sum(y * y) for y in f(a))), x)
    assert np.array_equal(x, before)


@pytest.mark.usefixtures("small")
def test_views_of_memory_that_is_used_again() -> None:
    m = RNG.standard_normal((6, 4))

    def f(a: Any) -> Any:
        b = a * 2.0
        t, r, c = b.T, xp.reshape(b, (8, 3)), b[1:, ::2]
        d = b + 1.0
        e = xp.matmul(t, d)
        return t * 1.0, r, c, xp.flip(d), e, xp.broadcast_to(c[:1], (3, 2)), xp.matmul(d, t).T

    same(f, m)


# Python's floats --------------------------------------------------------------------------------------


def scalars(x: Any, y: Any) -> Any:
    for _ in range(3):
        x = xp.sin(x) * y + xp.exp(-x * x) / (1 + xp.abs(x)) - xp.maximum(x, 0) + xp.where(x > y, x, y) ** 3
    return x * xp.sqrt(y), x > y


@pytest.mark.parametrize("values", [(0.5, 0.25), (-1.5, 2.0), (3.0, 4.0)])
def test_numbers_are_computed_by_python(values: Any) -> None:
    x, y = map(np.float64, values)
    compiled = agrad.compile(agrad.value_and_grad(lambda x, y: scalars(x, y)[0]))
    near(compiled(x, y), agrad.value_and_grad(lambda x, y: scalars(x, y)[0])(x, y), 1e-12)
    value, truth = agrad.compile(scalars)(x, y)
    assert type(value) is np.float64 and type(truth) is np.bool
    near(agrad.compile(scalars)(np.asarray(values[0]), y), scalars(x, y), 1e-12)


@pytest.mark.parametrize("number", [800.0, -1.0, 0.0, np.inf, np.nan])
def test_numbers_that_python_refuses_are_numpys(number: float) -> None:
    def f(x: Any) -> Any:
        a = xp.exp(x) * 2.0 + 1.0
        b = xp.sqrt(x) + xp.log(x) - 1.0 / x
        return a, b, a * b - a / b, x**-2

    compiled = agrad.compile(f)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        compiled(np.float64(1.5))
        found, expected = compiled(np.float64(number)), f(xp.asarray(np.float64(number)))
        near(found, expected)
    with np.errstate(all="raise"), pytest.raises(FloatingPointError):
        compiled(np.float64(-1.0))


def test_numbers_that_decide() -> None:
    def f(x: Any) -> Any:
        n = 0
        while x:  # a float as a truth value
            x = xp.floor(x * 0.5) if x > 100 else x * 1.0 - 1.0
            n += 1
        return x * 1.0 + 2.0 * (x * 3.0 + 1.0) - x * x * x + n

    compiled = agrad.compile(f)
    for k in (2.0, 3.0, 2.0, 3.0):
        assert compiled(np.float64(k)) == f(xp.asarray(np.float64(k))).item()
    assert compiled.stats()[:2] == (2, 4)


# Rewriting --------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("small")
def test_arrays_changed_one_element_after_the_other_are_copied_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def f(a: Any, v: Any) -> Any:
        b = a * 1.0
        for k in range(20):
            b[k] += v * b[k - 1]
        c = b[3:7] * 1.0
        b[4] = c[0]
        b[::3] *= 2.0
        return xp.sum(b * b) + xp.sum(c)

    x = RNG.standard_normal(24)
    lines: list[str] = []
    written = program.function_of
    monkeypatch.setattr(program, "function_of", lambda h, body, *rest: lines.extend(body) or written(h, body, *rest))
    same(agrad.value_and_grad(f, argnums=(0, 1)), x, np.asarray(0.5), tolerance=1e-9)
    assert sum("copyto" in line for line in lines) <= 4


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_choices_of_zero_and_ties(dtype: str) -> None:
    x = np.asarray([0.0, -1.0, 2.0, np.nan, np.inf, -np.inf, 0.0, 3.0] * 3, dtype)
    g = np.asarray([1.0, np.nan, 2.0, 1.0, np.inf, -np.inf, -2.0, 0.5] * 3, dtype)

    def f(a: Any, b: Any) -> Any:
        positive, zero = a > 0, a == 0
        c = b * 0.5
        return (
            xp.where(positive, b, 0) + xp.where(zero, c, 0),
            xp.where(positive, 0.0, b),
            xp.where(positive, 0.0, xp.sin(b)),
            xp.where(positive, xp.cos(b), 0.0),
            xp.where(positive, 1.0, xp.sinh(b)),
            xp.where(positive, b, 0) + xp.where(zero, b * 3.0, 0),
            xp.where(zero, b, 0) + xp.where(a == b, b, 0.0),
            xp.where(positive, b, -0.0),
            c,
        )

    compiled = same(f, x, g)
    with np.errstate(all="ignore"):
        signs = np.signbit(compiled(x, g)[7]) == np.signbit(f(xp.asarray(x), xp.asarray(g))[7].array)
    assert np.all(signs | np.isnan(g))

    def relu(a: Any) -> Any:
        return xp.sum(xp.maximum(a, 0.0) ** 2) + xp.sum(xp.maximum(a, a * 1.0)) + xp.sum(xp.maximum(a * 2.0, 0.0))

    same(agrad.grad(relu), np.nan_to_num(x, posinf=1.0, neginf=-2.0))


@pytest.mark.usefixtures("small")
def test_elements_that_are_read_twice_get_both_gradients() -> None:
    x = RNG.standard_normal((4, 3))

    def f(a: Any) -> Any:
        b = a * 2.0
        picked = xp.sum(xp.sin(b[[0, 2, 2]])) + xp.sum(xp.cos(a[[3, 3], 1:])) + xp.sum(b[1] * b[[1, 1, 0], 2])
        b[[0, 2], 1:] = b[[3, 3], :2] * a[0, 0]
        return picked + xp.sum(b**2)

    same(agrad.grad(f), x)


def ops(f: Any, *args: Any) -> list[str]:
    """The ops of a function's graph as NumPy computes it."""
    graph = simplified(agrad.trace(f, *args))
    return [e.op for e in rewritten(graph, Source(agrad.namespace("numpy"))).equations]


M, N = RNG.standard_normal((4, 3)), RNG.standard_normal((4, 3))
COLUMN, ROW = RNG.standard_normal((4, 1)), RNG.standard_normal(3)

REWRITTEN = [
    (lambda m, n: m + (-n), ["subtract"]),
    (lambda m, n: (-m) + n, ["subtract"]),
    (lambda m, n: m - (-n), ["add"]),
    (lambda m, n: (-m) * n + m * m, ["multiply", "multiply", "subtract"]),
    (lambda m, n: m / (-n), ["divide", "negative"]),
    (lambda m, n: (-m) / (-n), ["negative", "negative", "divide"]),
    (lambda m, n: (m * 2.0) * 3.0, ["multiply"]),
    (lambda m, n: -(m * 2.0), ["multiply"]),
    (lambda m, n: (m * 0.5) * 2.0 * n, ["multiply"]),
    (lambda m, n: (1 / m) * n, ["divide"]),
    (lambda m, n: xp.sum(m * n), [TOTAL]),
    (lambda m, n: xp.sum(m**2), [TOTAL]),
    (lambda m, n: xp.sum(3.0 * m**2 + n**2), [TOTAL, TOTAL, "multiply", "add"]),
    (lambda m, n: xp.sum(m * n, axis=1), [CONTRACT]),
    (lambda m, n: xp.sum(-m), ["sum", "negative"]),
    (lambda m, n: xp.sum(m * n * 2.0, axis=0, keepdims=True), [CONTRACT, "multiply"]),
    (lambda m, n: xp.broadcast_to(xp.reshape(m[:, 0], (4, 1)), (4, 3)) * n, ["getitem", "reshape", "multiply"]),
    (lambda m, n: xp.matmul(m, n.T).T, ["matrix_transpose", "matmul"]),
    (lambda m, n: (xp.zeros_like(m) + n).T.T * m, ["add", "multiply"]),
]


@pytest.mark.parametrize("f, expected", REWRITTEN, ids=[str(i) for i in range(len(REWRITTEN))])
def test_rewriting(f: Any, expected: list[str]) -> None:
    found = [op for op in ops(f, M, N) if op != "matrix_transpose" or "matrix_transpose" in expected]
    assert sorted(set(found) - {"matrix_transpose"}) == sorted(set(expected) - {"matrix_transpose"})
    assert len(found) <= len(expected) + 1
    same(f, M, N)


def test_a_constant_and_its_transpose_are_one() -> None:
    c = RNG.standard_normal((120, 90))
    c[0, 0] = np.nan

    def f(w: Any) -> Any:
        return xp.sum(xp.matmul(xp.asarray(c)[1:], w) ** 2)

    graph = simplified(agrad.trace(agrad.grad(f), np.ones(90)))
    made = rewritten(graph, Source(agrad.namespace("numpy")))
    first, second = [v.value for v in made.constants if v.value.size > 1000]
    assert np.shares_memory(first, second)
    same(agrad.value_and_grad(f), RNG.standard_normal(90), tolerance=1e-9)


@pytest.mark.parametrize("axis", [0, 1, None, (0, 1), ()])
@pytest.mark.parametrize("keepdims", [True, False])
def test_factors_of_sums(axis: Any, keepdims: bool) -> None:
    def f(m: Any, n: Any, column: Any, row: Any) -> Any:
        def s(a: Any) -> Any:
            return xp.sum(a, axis=axis, keepdims=keepdims)

        return [
            s(m * column),
            s(row * m * 2.0),
            s(m * n / column),
            s(-(m * n) * row * column),
            s(column * row),
            s(m / row),
        ]

    same(f, M, N, COLUMN, ROW)


def test_terms_that_are_scaled_to_be_summed_do_not_overflow() -> None:
    x = np.asarray([3e200, 4e200])

    def f(a: Any) -> Any:
        peak = xp.max(xp.abs(a))
        return peak * xp.sqrt(xp.sum((a / peak) ** 2)), xp.sum(a / peak)

    assert agrad.compile(f)(x)[0] == pytest.approx(5e200)


def test_an_op_of_the_users_with_the_name_of_one_of_the_standard() -> None:
    @agrad.custom_op(vjp=lambda ct, x: ct + 0.0 * x)
    def sum(x: Any) -> Any:
        return np.asarray(x).max()

    compiled = agrad.compile(lambda a: sum(a * 2.0) + 1.0)
    assert compiled(LARGE) == (LARGE * 2.0).max() + 1.0


SCALED = {
    "divided": lambda x, y, m: xp.sum((x / m) * (y / m)),
    "times a reciprocal": lambda x, y, m: xp.sum((x * (1 / m)) * (y / m)),
    "times a small number": lambda x, y, m: xp.sum(x * 1e-200 * y),
    "squared": lambda x, y, m: xp.sum(1e-200 * x * x),
    "times nothing": lambda x, y, m: xp.sum(x * m * 0.0 * y),
    "a safe norm": lambda x, y, m: xp.sqrt(xp.sum((x / m) ** 2)) * m[0],
    "a mean": lambda x, y, m: xp.mean(x * 1e-190 * y),
}
"""Sums of products whose factors keep them from overflowing."""


@pytest.mark.parametrize("shape", [(200,), (10, 20)])
@pytest.mark.parametrize("scale", [1e200, np.inf, 0.0])
@pytest.mark.parametrize("name", SCALED)
def test_sums_overflow_where_they_do_uncompiled(name: str, scale: float, shape: tuple[int, ...]) -> None:
    f, m = SCALED[name], np.full(1, scale)
    slope = agrad.grad(f, (0, 1))
    for value in (1e200, 0.0):
        given = np.full(shape, value), np.full(shape, 1e200), m
        with np.errstate(all="ignore"):
            for g in (f, slope):
                near(agrad.compile(g)(*given), g(*given), 1e-12)
