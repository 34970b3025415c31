"""What compiling does on NumPy with memory: blocks of rows, threads, arrays that are used again."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import agrad
from agrad_numpy.compiling.memory import TAKES_BACK, Arena, Results
from graph_samples import near, same_compiled, xp

RNG = np.random.default_rng(0)
LARGE = RNG.standard_normal(50_001)
takes_back = pytest.mark.skipif(
    not TAKES_BACK, reason="reference counts of this interpreter do not tell whether an array is in use"
)


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
    same_compiled(f, x.astype(dtype), y.astype(dtype), tolerance=tolerance, threads=threads)


@pytest.mark.usefixtures("small")
def test_a_softmax_is_one_run_with_its_gradient() -> None:
    def f(a: Any) -> Any:
        e = xp.exp(a - agrad.stop_gradient(xp.max(a, axis=1, keepdims=True)))
        return xp.sum(xp.log(xp.sum(e, axis=1))) + xp.sum((e / xp.sum(e, axis=1, keepdims=True)) ** 3)

    same_compiled(agrad.value_and_grad(f), RNG.standard_normal((23, 5)), tolerance=1e-9)


@pytest.mark.usefixtures("small")
def test_an_axis_as_long_as_the_rows_is_not_taken_for_them() -> None:
    m = RNG.standard_normal((9, 9))

    def f(a: Any) -> Any:
        s = xp.sum(xp.sin(a), axis=1)  # (9,), which lies along the last axis here
        return xp.sin(a) * s, xp.sin(a) * xp.reshape(s, (9, 1)), xp.sum(xp.cos(a) * s, axis=0)

    same_compiled(f, m)


@pytest.mark.usefixtures("small")
def test_shapes_change_within_rows() -> None:
    def f(a: Any) -> Any:
        b = xp.reshape(xp.exp(a), (10, 2, 3))
        c = xp.expand_dims(xp.sum(b, axis=2), axis=2)
        return xp.sum(b * c, axis=0), b, c, xp.squeeze(c, axis=2) * 2.0

    same_compiled(f, RNG.standard_normal((10, 6)))


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

    same_compiled(f, x, counts, threads=threads)


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
    same_compiled(f, x)
    same_compiled(agrad.grad(lambda a: sum(xp.sum(y * y) for y in f(a))), x)
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

    same_compiled(f, m)
