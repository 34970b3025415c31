"""`compile`: every op and many programs replayed as eager runs compute them, and what becomes of everything else."""

from __future__ import annotations

import threading
import warnings
from typing import Any

import numpy as np
import pytest

import agrad
from graph_samples import FIRST, PROGRAMS, SMOOTH, USABLE, X, Y, called, double_precision, near, total, xp

BIG = np.random.default_rng(0).standard_normal(100_003)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("s", [s for s in USABLE if s.kind == "real"], ids=repr)
def test_ops(s: Any) -> None:
    f = called(s)
    compiled = agrad.compile(f)
    moved = [a * 1.03125 if s.case.smooth else a for a in s.followed]
    with np.errstate(all="ignore"):
        compiled(*s.followed)
        near(compiled(*moved), f(*map(agrad.asarray, moved)))
    assert compiled.stats()[:3] == (1, 2, 1)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "s", [s if s in FIRST.values() else pytest.param(s, marks=pytest.mark.slow) for s in SMOOTH], ids=repr
)
def test_gradients(s: Any) -> None:
    slope = agrad.grad(total(called(s)), list(range(len(s.followed))))
    moved = [a * 1.03125 for a in s.followed]
    with np.errstate(all="ignore"):
        near(agrad.compile(slope)(*moved), slope(*moved), 1e-9)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("backend", ["numpy", "array-api-strict", "torch", "jax", "dask"])
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_programs(f: Any, backend: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with double_precision(backend):
        space: Any = agrad.namespace(backend)
        monkeypatch.setitem(f.__globals__, "xp", space)
        compiled = agrad.compile(agrad.value_and_grad(f))
        for x in map(space._raw.asarray, (X, Y)):
            near(compiled(x), agrad.value_and_grad(f)(x), 1e-9)


# Blocks -----------------------------------------------------------------------------------------------


def expression(x: Any) -> Any:
    return xp.sum(xp.tanh(x) * xp.exp(-x * x)) + xp.sum(xp.sqrt(1 + x * x))


def with_masks(x: Any) -> Any:
    y = xp.where(x > 0, xp.log1p(xp.abs(x)), 0.0) + xp.clip(x, -1.0, 1.0)
    return xp.sum(y * xp.max(x)) + xp.mean(y) + y[3]


def with_rows(x: Any) -> Any:
    m = xp.reshape(x[:100_000], (400, 250))
    z = xp.exp(m - xp.max(m, axis=1, keepdims=True))
    p = z / xp.sum(z, axis=1, keepdims=True)
    return xp.sum(xp.sin(p) ** 2 + p.T[0, 0] * xp.cos(p)) + xp.sum(xp.exp(p) * 2.0 - p)


def used_later(x: Any) -> Any:
    a = xp.sin(x)
    b = a * 2.0 + x
    c = xp.cos(b) * xp.sum(a)
    d = xp.flip(b)
    return xp.sum(c * d) + xp.sum(a[::2])


def in_single(x: Any) -> Any:
    y = xp.astype(x, xp.float32)
    return xp.sum(xp.exp(-y * y) * y)


def with_complex(x: Any) -> Any:
    z = xp.exp(x * 1j) * (1 + 2j)
    return xp.sum(xp.real(z * xp.conj(z) + z))


@pytest.mark.parametrize("f", [expression, with_masks, with_rows, used_later, in_single, with_complex])
@pytest.mark.parametrize("size", [100_003, 8 * 8192, 100_000, 300])
def test_blocks(f: Any, size: int) -> None:
    x = np.resize(BIG, max(size, 100_000) if f is with_rows else size)
    compiled = agrad.compile(agrad.value_and_grad(f))
    tolerance = 1e-4 if f is in_single else 1e-9
    with np.errstate(all="ignore"):
        value, slope = compiled(x)
        expected, right = agrad.value_and_grad(f)(x)
        np.testing.assert_allclose(value, expected, rtol=tolerance)
        np.testing.assert_allclose(slope, right, rtol=tolerance, atol=1e-12)
        strided = np.repeat(x, 2)[::2]
        np.testing.assert_allclose(compiled(strided)[1], right, rtol=tolerance, atol=1e-12)
    assert value.dtype == expected.dtype


def test_what_was_handed_out_stays() -> None:
    compiled = agrad.compile(agrad.value_and_grad(expression))
    x = BIG.copy()
    first = compiled(x)[1]
    kept = first.copy()
    second = compiled(x + 1.0)[1]
    assert np.array_equal(first, kept) and not np.shares_memory(first, second) and np.array_equal(x, BIG)
    first += 1.0
    assert np.array_equal(compiled(x)[1], kept)


def test_results_share_nothing() -> None:
    compiled = agrad.compile(lambda x: (x, x, x[1:], x.T, xp.asarray(X)))
    x = np.ones((3, 3))
    a, b, c, d, e = compiled(x)
    for i, one in enumerate((x, a, b, c, d)):
        for other in (x, a, b, c, d)[i + 1 :]:
            assert not np.shares_memory(one, other)
    e += 1.0
    assert np.array_equal(compiled(x)[4], X)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("alias", [lambda x: xp.linalg.matrix_power(x, 1), lambda x: xp.diff(x, n=0), lambda x: x.T[:]])
def test_memory_that_a_result_may_share_is_not_used_again(alias: Any) -> None:
    def f(x: Any) -> Any:
        a = x * 2.0
        b = alias(a)
        c = a + 1.0  # the last to read a, and the first that could write into its memory
        return xp.sum(b * c)

    m = np.arange(16.0).reshape(4, 4)
    np.testing.assert_allclose(agrad.compile(f)(m), f(xp.asarray(m)).array)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "name", ["floor", "round", "ceil", "trunc", "real", "conj", "positive", "abs", "sign", "squeeze"]
)
def test_arguments_are_not_written_to(name: str) -> None:
    m = np.arange(16)
    agrad.compile(lambda x: getattr(xp, name)(x) + 1 if name != "squeeze" else xp.squeeze(x, axis=()) + 1)(m)
    assert np.array_equal(m, np.arange(16))


def test_threads() -> None:
    compiled = agrad.compile(agrad.value_and_grad(expression))
    arrays = [BIG + k for k in range(6)]
    expected = [agrad.value_and_grad(expression)(a)[1] for a in arrays]
    found: dict[int, Any] = {}

    def work(k: int) -> None:
        for _ in range(3):
            found[k] = compiled(arrays[k])[1]

    threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for k in range(6):
        np.testing.assert_allclose(found[k], expected[k], rtol=1e-12, atol=1e-15)


# What selects a graph -----------------------------------------------------------------------------------


def test_kinds() -> None:
    compiled = agrad.compile(lambda x, s=1.0, n=2: s * x**n)
    for given, graphs in [
        ((X,), 1),
        ((X, 2.0), 2),
        ((X, 3.0), 2),
        ((X, 3.0, 2), 3),
        ((X, 3.0, 3), 4),
        ((X[:2], 3.0, 3), 5),
        ((X.astype(np.float32), 3.0, 3), 6),
        ((X, np.float64(3.0), 3), 7),
    ]:
        np.testing.assert_allclose(compiled(*given), (lambda x, s=1.0, n=2: s * x**n)(*given))
        assert compiled.stats().graphs == graphs, given
    compiled.clear()
    assert compiled.stats().graphs == 0


def test_static_arguments() -> None:
    seen = []

    def f(x: Any, scale: Any, name: str = "a") -> Any:
        seen.append(scale)
        return x * scale

    compiled = agrad.compile(f, static_argnames=("scale",))
    for scale in (2.0, 3.0, 2.0):
        np.testing.assert_allclose(compiled(X, scale), X * scale)
        np.testing.assert_allclose(compiled(X, scale=scale, name="b"), X * scale)
    assert seen == [2.0, 2.0, 3.0, 3.0] and compiled.stats().graphs == 4
    with pytest.raises(ValueError, match=r"static_argnames names \['size'\]"):
        agrad.compile(f, static_argnames="size")(X, 1.0)


def test_branches() -> None:
    def f(x: Any) -> Any:
        n = 0
        while xp.sum(x) > 1.0:
            x = x * 0.5
            n += 1
        return x, n

    compiled = agrad.compile(f)
    for k in (1.0, 2.0, 4.0, 2.0, 1.0, 4.0, 0.1):
        near(compiled(np.full(3, k)), f(xp.asarray(np.full(3, k))))
    assert compiled.stats().graphs == 4
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for k in range(12):
            near(compiled(np.full(3, 2.0**k)), f(xp.asarray(np.full(3, 2.0**k))))
    assert len(caught) == 1 and "has branched in 8 ways" in str(caught[0].message)
    assert compiled.stats().graphs == 8


def test_what_python_does_once() -> None:
    calls = []
    compiled = agrad.compile(lambda x: calls.append(1) or x * 2.0)
    compiled(X), compiled(Y)
    assert calls == [1]


def test_frozen_and_current() -> None:
    c, w = np.ones(3), agrad.tensor([1.0, 2.0, 3.0], requires_grad=True)
    compiled = agrad.compile(lambda x: xp.sum(x * c * w))
    with agrad.no_grad():
        assert compiled(X).item() == np.sum(X * w.array)
        c *= 5.0
        w *= 2.0
        assert compiled(X).item() == np.sum(X * w.array)
        assert compiled.stats().hits == 2
    loss = compiled(X)
    loss.backward()
    np.testing.assert_allclose(w.grad.array, X * 5.0)


def test_tensors_and_transforms() -> None:
    compiled = agrad.compile(lambda x: xp.sum(x**3))
    assert isinstance(compiled(xp.asarray(X)), agrad.Tensor) and type(compiled(X)) is not agrad.Tensor
    np.testing.assert_allclose(agrad.grad(compiled)(X), 3 * X**2)
    np.testing.assert_allclose(agrad.hessian(compiled)(X), np.diag(6 * X))
    np.testing.assert_allclose(agrad.compile(agrad.hessian(lambda x: xp.sum(x**3)))(X), np.diag(6 * X))
    twice = agrad.compile(lambda x: compiled(x) * 2.0)
    np.testing.assert_allclose([twice(X), twice(Y)], [2 * np.sum(X**3), 2 * np.sum(Y**3)])
    x = agrad.tensor(X, requires_grad=True)
    compiled(x).backward()
    np.testing.assert_allclose(x.grad.array, 3 * X**2)


def test_methods_and_errors() -> None:
    class Model:
        @agrad.compile
        def double(self: Any, x: Any) -> Any:
            return x * 2.0

    with pytest.raises(TypeError, match="takes a function; it got a int"):
        agrad.compile(3)
    compiled = agrad.compile(lambda x: x * (1 // 0))
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            compiled(X)
    assert compiled.stats().graphs == 0


def test_a_guard_comes_before_what_it_guards() -> None:
    def f(a: Any) -> Any:
        big = xp.sum(xp.exp(xp.broadcast_to(a[0, 0], (50_000,)) + xp.ones(50_000)) * 2.0)
        return (xp.linalg.solve(a, xp.ones((2, 1))) if xp.linalg.det(a) != 0 else a) * big

    compiled = agrad.compile(f)
    for a in (np.eye(2), np.zeros((2, 2)), np.eye(2) * 2):
        np.testing.assert_allclose(compiled(a), f(xp.asarray(a)).array)
