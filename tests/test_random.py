"""Random numbers: every backend's generator, the fallback against its publication, and gradients of parameters."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
import hostile
import strict
from agrad.errors import BackendError, DtypeError, GraphError, ShapeError, UnsupportedError
from agrad.plugins import backends
from agrad.random import Generator
from agrad.random.fallback import Generator as Fallback
from agrad.random.fallback import threefry2x32
from libraries import LIBRARIES

pytest.importorskip("array_api_strict")
strict.install()
hostile.install()

DRAWS: dict[str, Callable[[Generator], Any]] = {
    "uniform": lambda g: g.uniform((3, 2), low=-1),
    "normal": lambda g: g.normal((3,), mean=1, std=2),
    "scalar": lambda g: g.normal(),
    "integers": lambda g: g.integers(-5, 10**6, 4),
    "permutation": lambda g: g.permutation(20),
}


@pytest.fixture(params=LIBRARIES)
def backend(request: pytest.FixtureRequest) -> str:
    """The name of a backend whose library is installed."""
    name: str = request.param
    pytest.importorskip(LIBRARIES[name])
    if name not in backends():
        pytest.skip(f"no backend {name}")
    return name


def to_numpy(t: Any) -> np.ndarray:
    """The values of a Tensor."""
    return np.asarray(t.__array_namespace__()._backend.host(t.array))


# Every backend ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", DRAWS)
def test_the_seed_and_the_calls_decide(backend: str, draw: str) -> None:
    def drawn(seed: int, skip: int = 0) -> list[float]:
        g = Generator(seed, backend=backend)
        for _ in range(skip):
            g.integers(0, 10, 3)
        made = DRAWS[draw](g)
        assert type(made) is agrad.namespace(backend)._tensor and not made.requires_grad
        return to_numpy(made).ravel().tolist()

    first = drawn(5)
    assert first == drawn(5)
    assert first != drawn(6) and first != drawn(5 + 2**32) and first != drawn(5, skip=1)
    g = Generator(5, backend=backend)
    assert first == to_numpy(DRAWS[draw](g)).ravel().tolist() != to_numpy(DRAWS[draw](g)).ravel().tolist()


def test_another_process_draws_the_same() -> None:
    names = [name for name in ("numpy", "jax", "torch") if name in backends()]
    for name in names:
        pytest.importorskip(name)
    code = f"""
from agrad.random import Generator
for name in {names}:
    g = Generator(2**63 + 1, backend=name)
    drawn = [g.uniform((2,)), g.normal((2,)), g.integers(0, 100, (3,)), g.permutation(5)]
    print(name, [t.tolist() for t in drawn])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    for name, line in zip(names, found.splitlines(), strict=True):
        g = Generator(2**63 + 1, backend=name)
        drawn = [g.uniform((2,)), g.normal((2,)), g.integers(0, 100, (3,)), g.permutation(5)]
        assert line == f"{name} {[t.tolist() for t in drawn]}"


def test_shapes_and_dtypes(backend: str) -> None:
    g, xp = Generator(1, backend=backend), agrad.namespace(backend)
    defaults = xp.__array_namespace_info__().default_dtypes()
    for made in (g.uniform((2, 3)), g.normal((2, 3)), g.integers(0, 9, (2, 3))):
        assert made.shape == (2, 3)
    assert g.uniform().shape == g.normal().shape == g.integers(0, 9).shape == ()
    assert g.uniform(4).shape == g.normal((4,)).shape == g.integers(0, 9, 4).shape == g.permutation(4).shape == (4,)
    assert g.uniform((0, 2)).shape == g.normal((0, 2)).shape == g.integers(0, 9, (0, 2)).shape == (0, 2)
    assert g.permutation(0).shape == (0,)
    assert g.uniform(2).dtype == g.normal(2).dtype == defaults["real floating"]
    assert g.integers(0, 9, 2).dtype == defaults["integral"]
    for draw in (g.uniform, g.normal):
        assert draw(2, dtype=xp.float32).dtype == draw(dtype=xp.float32).dtype == xp.float32
    device = g.uniform().device
    assert g.uniform(3, device=device).device == g.permutation(3, device=device).device == device
    assert g.normal(3, device=device).device == g.integers(0, 9, 3, device=device).device == device


SLOW = [pytest.param(name, marks=pytest.mark.slow) for name in ("int16", "int32", "uint8", "uint16")]


@pytest.mark.parametrize("dtype", ["int8", "int64", "uint32", "uint64", *SLOW])
def test_integers_of_every_dtype(backend: str, dtype: str) -> None:
    g, xp = Generator(2, backend=backend), agrad.namespace(backend)
    try:
        own = getattr(xp, dtype)
        dice = g.integers(1, 7, (1000,), dtype=own)
    except DtypeError:
        assert backend == "jax" and "64" in dtype  # without x64
        return
    assert dice.dtype == own and set(to_numpy(dice).tolist()) == {1, 2, 3, 4, 5, 6}
    limits = np.iinfo(dtype)
    least, most = int(limits.min), int(limits.max)
    assert set(to_numpy(g.integers(least, least + 2, 100, dtype=own)).tolist()) == {least, least + 1}
    assert set(to_numpy(g.integers(most - 1, most + 1, 100, dtype=own)).tolist()) == {most - 1, most}
    if backend != "array-api-strict" or limits.bits < 64:
        values = to_numpy(g.integers(least, most + 1, 1000, dtype=own)).astype(object)
        quarters = (values - least) * 4 // (most - least + 1)
        assert np.bincount(quarters.astype(int), minlength=4).min() > 180  # 250 expected, 14 the standard deviation


def distance(values: np.ndarray, cumulative: Callable[[float], float]) -> float:
    """The statistic of Kolmogorov and Smirnov, times the square root of the number of values."""
    n = values.size
    expected = np.asarray([cumulative(v) for v in np.sort(values)])
    steps = np.arange(n + 1) / n
    return float(max(np.max(expected - steps[:-1]), np.max(steps[1:] - expected)) * math.sqrt(n))


CRITICAL = 1.95  # exceeded once in a thousand


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_distributions(backend: str, dtype: str) -> None:
    g, xp = Generator(3, backend=backend), agrad.namespace(backend)
    try:
        uniform = to_numpy(g.uniform((101, 50), low=2, high=6, dtype=getattr(xp, dtype))).astype(float).ravel()
    except DtypeError:
        assert (backend, dtype) == ("jax", "float64")
        return
    normal = to_numpy(g.normal(5051, mean=1, std=3, dtype=getattr(xp, dtype))).astype(float)
    assert uniform.min() >= 2 and uniform.max() < 6
    assert distance(uniform, lambda v: (v - 2) / 4) < CRITICAL
    assert distance(normal, lambda v: 0.5 * math.erfc((1 - v) / 3 / math.sqrt(2))) < CRITICAL
    assert abs(np.corrcoef(normal[:2525], normal[2525:5050])[0, 1]) < 0.07  # the halves of Box and Muller's pairs
    first = np.asarray([to_numpy(g.permutation(4)) for _ in range(400)])
    assert (np.sort(first, axis=1) == np.arange(4)).all()
    for column in first.T:
        assert np.bincount(column, minlength=4).min() > 65  # 100 expected, 9 the standard deviation


def test_the_fallback_looks_at_no_value() -> None:
    g = Fallback(4, agrad.namespace("hostile")._raw)
    drawn = [g.uniform((2, 3)), g.normal((3,)), g.integers(0, 7, (3,)), g.permutation(6)]
    assert [x.shape for x in drawn] == [(2, 3), (3,), (3,), (6,)]
    same = Generator(4, backend="array-api-strict").uniform((2, 3))
    np.testing.assert_array_equal(to_numpy(same), drawn[0]._array)


# Parameters -------------------------------------------------------------------------------------------


def test_gradients_reach_the_parameters(backend: str) -> None:
    xp = agrad.namespace(backend)
    low = xp.asarray([0.0, 1.0], requires_grad=True)
    high = xp.asarray([[1.0], [3.0], [9.0]], requires_grad=True)
    weights = xp.reshape(xp.arange(6, dtype=low.dtype), (3, 2))
    x = Generator(0, backend=backend).uniform(low=low, high=high)
    assert x.shape == (3, 2)
    xp.sum(x * weights).backward()
    u = to_numpy(Generator(0, backend=backend).uniform((3, 2)))
    w = to_numpy(weights)
    np.testing.assert_allclose(to_numpy(x), to_numpy(low) + (to_numpy(high) - to_numpy(low)) * u, rtol=1e-6)
    np.testing.assert_allclose(to_numpy(low.grad), np.sum(w * (1 - u), axis=0), rtol=1e-5)
    np.testing.assert_allclose(to_numpy(high.grad), np.sum(w * u, axis=1, keepdims=True), rtol=1e-5)

    def f(mean: Any, std: Any) -> Any:
        return xp.sum(Generator(1, backend=backend).normal((50, 1), mean=mean, std=std) ** 2)

    z = to_numpy(Generator(1, backend=backend).normal((50, 2))).astype(float)
    mean, std = np.asarray([1.0, 2.0]), np.asarray([0.5, 3.0])
    found = agrad.grad(f, argnums=(0, 1))(*(xp.asarray(v.tolist()) for v in (mean, std)))
    np.testing.assert_allclose(to_numpy(found[0]), np.sum(2 * (mean + std * z), axis=0), rtol=1e-4)
    np.testing.assert_allclose(to_numpy(found[1]), np.sum(2 * (mean + std * z) * z, axis=0), rtol=1e-4)


def test_parameters_decide_dtype_and_leaves_are_made() -> None:
    xp = agrad.namespace("numpy")
    g = Generator(0, backend="numpy")
    single = np.ones(2, np.float32)
    assert g.uniform(low=single).dtype == g.normal((3, 2), std=single).dtype == xp.float32
    assert g.normal(mean=single, std=np.ones(2)).dtype == g.normal(mean=single, dtype=xp.float64).dtype == xp.float64
    assert g.normal(mean=np.arange(3)).dtype == xp.float64 and g.uniform(high=2, dtype=xp.float32).dtype == xp.float32
    leaf = g.normal((2,), mean=5.0, requires_grad=True)
    assert leaf.is_leaf and leaf.requires_grad
    xp.sum(leaf * leaf).backward()
    np.testing.assert_array_equal(leaf.grad.array, 2 * leaf.detach().array)
    assert g.uniform(requires_grad=True).is_leaf
    assert repr(g) == "Generator(0, backend='numpy')" and type(g.uniform().array) is np.ndarray
    assert Generator(np.int64(3), backend="numpy").uniform() == Generator(3, backend="numpy").uniform()


def test_the_default_backend_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGRAD_BACKEND", "array-api-strict")
    assert Generator(0).uniform().__array_namespace__() is agrad.namespace("array-api-strict")


ERRORS: list[tuple[Callable[[Generator, Any], Any], type[Exception], str]] = [
    (lambda g, xp: Generator(-1), ValueError, "at least 0 and less than 2\\*\\*64; this one is -1"),
    (lambda g, xp: Generator(2**64), ValueError, "less than 2\\*\\*64"),
    (lambda g, xp: Generator(1.0), TypeError, "an integer; this one is a float"),  # type: ignore[arg-type]
    (lambda g, xp: Generator(True), TypeError, "a bool"),
    (lambda g, xp: g.uniform(low=2, high=1), ValueError, "low=2 and high=1"),
    (lambda g, xp: g.normal(std=-1.0), ValueError, "std=-1.0"),
    (lambda g, xp: g.uniform(dtype=xp.complex128), DtypeError, "complex128; it takes real floating ones"),
    (lambda g, xp: g.normal(dtype=xp.int64), DtypeError, "int64; it takes real floating ones"),
    (lambda g, xp: g.normal(mean=np.ones(2) + 1j), DtypeError, "complex128; it takes real floating ones"),
    (lambda g, xp: g.integers(0, 5, dtype=xp.bool), DtypeError, "bool; it takes integral ones"),
    (lambda g, xp: g.integers(0, 5, dtype=xp.float64), DtypeError, "float64; it takes integral ones"),
    (lambda g, xp: g.integers(3, 3), ValueError, "low must be below high"),
    (lambda g, xp: g.integers(-1, 5, dtype=xp.uint8), ValueError, "uint8 holds integers from 0 to 255"),
    (lambda g, xp: g.integers(0, 257, dtype=xp.uint8), ValueError, "uint8 holds integers from 0 to 255"),
    (lambda g, xp: g.integers(0.5, 3), TypeError, "float"),  # type: ignore[arg-type]
    (lambda g, xp: g.permutation(-1), ValueError, "n=-1"),
    (lambda g, xp: g.uniform((2,), low=np.ones(3)), ShapeError, r"do not broadcast: \[\(2,\), \(3,\)\]"),
    (lambda g, xp: g.uniform(low=agrad.namespace("hostile").ones(2)), BackendError, "agrad\\[hostile\\]"),
    (
        lambda g, xp: g.normal(mean=xp.ones(2, requires_grad=True), requires_grad=True),
        GraphError,
        "leave out requires_grad=True, or .detach",
    ),
]


@pytest.mark.parametrize(("call", "error", "message"), ERRORS, ids=[str(i) for i in range(len(ERRORS))])
def test_what_cannot_be_drawn(call: Callable[[Generator, Any], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        call(Generator(0, backend="numpy"), agrad.namespace("numpy"))


# JAX --------------------------------------------------------------------------------------------------


def test_drawn_while_jax_compiles() -> None:
    jax = pytest.importorskip("jax")
    g, inner = Generator(5, backend="jax"), []

    @jax.jit
    def f(x: Any) -> Any:
        inner.append(Generator(6, backend="jax"))
        return (g.normal((3,), mean=agrad.namespace("jax").asarray(x)) + inner[0].uniform((3,))).array

    with jax.checking_leaks():
        found = f(2.0)
    again = Generator(5, backend="jax"), Generator(6, backend="jax")
    np.testing.assert_allclose(found, (again[0].normal((3,), mean=2.0) + again[1].uniform((3,))).array, rtol=1e-6)
    np.testing.assert_array_equal(f(2.0), found)  # as documented: a compiled function drew when it was traced
    assert g.normal().array == again[0].normal().array and inner[0].normal().array == again[1].normal().array


def test_jax_does_not_narrow() -> None:
    jax = pytest.importorskip("jax")
    with jax.enable_x64(False), pytest.raises(DtypeError, match=r"float64, which agrad\[jax\] does not have"):
        Generator(0, backend="jax").uniform(dtype=agrad.namespace("jax").float64)
    with jax.enable_x64(True):
        xp = agrad.namespace("jax")
        g = Generator(0, backend="jax")
        assert g.uniform(dtype=xp.float64).dtype == xp.float64
        wide = to_numpy(g.integers(-(2**63), 2**63, 1000, dtype=xp.int64)).astype(object)
        assert np.bincount(((wide + 2**63) // 2**62).astype(int), minlength=4).min() > 180


# The fallback -----------------------------------------------------------------------------------------

# the known answers that Random123 1.14, the authors' library, comes with (threefry2x32, 20 rounds)
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("key", "counter", "answer"), KNOWN)
def test_threefry_gives_the_published_answers(
    key: tuple[int, int], counter: tuple[int, int], answer: tuple[int, int]
) -> None:
    assert threefry2x32(key, counter) == answer
    xp = agrad.namespace("array-api-strict")._raw
    x, y = threefry2x32(key, tuple(xp.asarray([word, 0], dtype=xp.int64) for word in counter))
    assert (int(x[0]), int(y[0])) == answer and (int(x[1]), int(y[1])) == threefry2x32(key, (0, 0))


def fallback(seed: int) -> Fallback:
    """The fallback on NumPy, to look into it."""
    return Fallback(seed, agrad.namespace("numpy")._raw)


def test_bits_of_the_fallback() -> None:
    double = fallback(1).uniform((2000,)) * 2.0**53
    single = fallback(1).uniform((2000,), dtype=np.dtype("float32")).astype(float) * 2.0**24
    for values, bits in ((double, 53), (single, 24)):
        whole = values.astype(np.int64)
        assert (whole == values).all() and whole.min() >= 0 and whole.max() < 2**bits
        ones = (whole[:, None] >> np.arange(bits) & 1).mean(axis=0)
        assert abs(ones - 0.5).max() < 4 * 0.5 / math.sqrt(2000)
    x, y = fallback(7)._words(1000, None)
    key = threefry2x32((0, 7), (0, 0))
    assert [(int(a), int(b)) for a, b in zip(x, y, strict=True)] == [threefry2x32(key, (0, i)) for i in range(1000)]
    assert len({*x.tolist()} | {*y.tolist()}) == 2000


@pytest.mark.parametrize("span", [1, 2, 6, 10**6, 2**31, 2**32 + 1, 3 * 2**60, 2**62])
def test_integers_of_the_fallback(span: int) -> None:
    (x, y), low = fallback(9)._words(200, None), -5
    words = (int(a) for a in (x[0], y[0], x[100], y[100]))
    number = 0
    for word in words:
        number = number << 32 | word
    values = fallback(9).integers(low, low + span, (100,))
    assert int(values[0]) - low == number % span
    shares = np.bincount(((values - low).astype(object) * 4 // span).astype(int), minlength=4)
    assert shares.min() > 8 if span > 6 else (values >= low).all() and (values < low + span).all()


def test_wide_ranges_are_refused_by_the_fallback() -> None:
    with pytest.raises(UnsupportedError, match=r"range of 4611686018427387905 numbers.*up to 2\*\*62"):
        fallback(0).integers(0, 2**62 + 1, (1,))
