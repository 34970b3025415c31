"""The JAX backend: the table of ops in both modes, eager and compiled, against NumPy and against ``jax.grad``."""

from __future__ import annotations

import itertools
import subprocess
import sys
import textwrap
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import optree
import pytest

import agrad
import agrad_jax
from agrad.ops import table
from agrad.plugins import manager, register
from samples import Sample, filled, followed, samples

jax = pytest.importorskip("jax")
import jax.numpy as jnp  # noqa: E402

if manager().get_plugin("jax") is None:
    register(agrad_jax, "jax")

xp = agrad.namespace("jax")
SAMPLES = list(samples())
FIRST = list({s.op: s for s in reversed(SAMPLES)}.values())
"""Of every op, one sample: what is tried by default."""


@pytest.fixture(autouse=True, scope="module")
def x64() -> Iterator[None]:
    """Dtypes of 64 bits, as NumPy has them, and a compiler that is done soon."""
    before = {name: jax.config.read(name) for name in ("jax_enable_x64", "jax_disable_most_optimizations")}
    for name in before:
        jax.config.update(name, True)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


def cases() -> list[Any]:
    """Samples eager and compiled; by default every op compiled, and some eager, where each step is compiled alone."""
    compiled, eager = set(map(id, FIRST)), set(map(id, FIRST[::4]))
    return [
        pytest.param(s, mode == "compiled", id=f"{s.label}-{mode}", marks=() if id(s) in fast else pytest.mark.slow)
        for mode, fast in (("eager", eager), ("compiled", compiled))
        for s in SAMPLES
        if s.row.static or mode == "eager"
    ]


# Every op, in both modes ----------------------------------------------------------------------------


def function(s: Sample, space: Any) -> Callable[..., Any]:
    """The sample as a function of its followed arrays alone, in terms that no choice of factors changes."""

    def constant(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            return space.asarray(leaf).array
        known = isinstance(leaf, str) and leaf.startswith(("float", "complex"))
        return getattr(space, leaf) if known else leaf

    given = filled((s.args, s.params), iter(s.followed), constant)

    def f(*xs: Any) -> Any:
        args, params = filled(given, iter(xs))
        return s.invariant(space, *args, **params)

    return f


def random_like(x: Any, name: str) -> np.ndarray:
    g = np.random.default_rng(zlib.crc32(name.encode()))
    values, imaginary = g.normal(size=x.shape), g.normal(size=x.shape)
    return np.asarray(values + 1j * imaginary if x.dtype.kind == "c" else values, dtype=x.dtype)


def both_modes(s: Sample, space: Any, convert: Callable[[Any], Any], compiled: bool) -> list[Any]:
    """Results, gradients and tangents as leaves."""
    f = function(s, space)
    xs = tuple(followed((s.args, s.params)))
    ts = tuple(convert(random_like(x, f"{s.label}-t-{i}")) for i, x in enumerate(xs))

    def derivatives(xs: Any, ts: Any) -> list[Any]:
        out, pullback = agrad.vjp(f, *xs)
        count = itertools.count()
        ct = optree.tree_map(lambda y: convert(random_like(y, f"{s.label}-ct-{next(count)}")), out)
        pushed = agrad.jvp(f, xs, ts)
        found: list[Any] = optree.tree_leaves((out, pullback(ct), pushed))
        return found

    given = tuple(map(convert, xs))
    return jax.jit(derivatives)(given, ts) if compiled else derivatives(given, ts)


def assert_equal(found: list[Any], expected: list[Any], eps: float) -> None:
    """Equal up to the order of summation."""
    for a, b in zip(found, expected, strict=True):
        assert isinstance(a, jax.Array)
        assert (a.shape, a.dtype) == (b.shape, b.dtype)
        atol = 1000 * eps * float(np.max(np.abs(b), initial=0))
        np.testing.assert_allclose(np.asarray(a), b, rtol=1000 * eps, atol=atol)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("s", "compiled"), cases())
def test_values_and_both_modes_equal_numpy(s: Sample, compiled: bool) -> None:
    expected = both_modes(s, agrad.namespace("numpy"), np.asarray, compiled=False)
    eps = max(float(np.finfo(y.dtype).eps) for y in [*followed((s.args, s.params)), *expected])
    found = both_modes(s, xp, jnp.asarray, compiled)
    assert_equal(found, expected, eps)


INTEGERS = np.asarray([[3, 1, 2], [3, 0, 3]])
REALS = np.asarray([[0.5, -0.0, 2.0], [0.0, np.nan, -np.inf]])
ANSWERS: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {
    "all": ((INTEGERS,), {"axis": 1}),
    "any": ((INTEGERS,), {"keepdims": True}),
    "arange": ((1, 7, 2), {}),
    "argmax": ((INTEGERS,), {"axis": 1, "keepdims": True}),
    "argmin": ((INTEGERS,), {}),
    "argsort": ((INTEGERS,), {"descending": True}),
    "bitwise_left_shift": ((INTEGERS, 2), {}),
    "count_nonzero": ((INTEGERS,), {"axis": 0}),
    "cumulative_prod": ((INTEGERS.astype("int8"),), {"axis": 1}),
    "cumulative_sum": ((INTEGERS.astype("uint8"),), {"axis": 0, "include_initial": True}),
    "equal": ((INTEGERS, 3), {}),
    "eye": ((2, 3), {"k": 1}),
    "floor_divide": ((-INTEGERS, 2), {}),
    "full": ((2, 3.0), {}),
    "isin": ((INTEGERS, np.asarray([0, 3])), {"invert": True}),
    "isnan": ((REALS,), {}),
    "less_equal": ((REALS, 0.0), {}),
    "linspace": ((0.0, 1.0, 4), {"endpoint": False}),
    "logical_xor": ((INTEGERS > 1, INTEGERS > 2), {}),
    "mean": ((INTEGERS.astype(float),), {"axis": 0}),
    "nextafter": ((INTEGERS.astype(float), REALS[0]), {}),
    "nonzero": ((INTEGERS,), {}),
    "prod": ((INTEGERS.astype("int16"),), {}),
    "remainder": ((-INTEGERS, 2), {}),
    "searchsorted": ((np.asarray([1, 2, 3]), INTEGERS), {"side": "right"}),
    "signbit": ((REALS,), {}),
    "sort": ((REALS,), {"descending": True}),
    "sum": ((INTEGERS > 1,), {"axis": 0}),
    "take": ((INTEGERS, np.asarray([-1, 0])), {"axis": 1}),
    "unique_all": ((INTEGERS,), {}),
    "unique_counts": ((INTEGERS,), {}),
    "unique_inverse": ((INTEGERS,), {}),
    "unique_values": ((REALS[0],), {}),
    "zeros": ((3,), {"dtype": "int16"}),
    "linalg.matrix_rank": ((np.asarray([[1.0, 2.0], [2.0, 4.0]]),), {}),
    "fft.fftfreq": ((5,), {"d": 0.5}),
    "fft.rfftfreq": ((4,), {}),
}
"""Calls without a derivative, and ones in dtypes that have none."""


@pytest.mark.parametrize("name", ANSWERS)
def test_what_has_no_derivative_equals_numpy(name: str) -> None:
    args, options = ANSWERS[name]
    results = []
    for space, convert in ((xp, of_jax), (agrad.namespace("numpy"), np.asarray)):
        f: Any = space
        for part in name.split("."):
            f = getattr(f, part)
        given = [convert(a) if isinstance(a, np.ndarray) else a for a in args]
        results.append(optree.tree_leaves(f(*given, **options)))
    for a, b in zip(*results, strict=True):
        a, b = (y.array if isinstance(y, agrad.Tensor) else y for y in (a, b))
        assert isinstance(a, jax.Array) and (a.shape, a.dtype) == (b.shape, b.dtype)
        np.testing.assert_allclose(np.asarray(a), b)


def of_jax(x: Any) -> Any:
    return jnp.asarray(x) if isinstance(x, np.ndarray) else x


def test_every_function_of_the_table_is_there() -> None:
    for name in table:
        owner: Any = xp._raw
        for part in name.split("."):
            owner = getattr(owner, part, None)
        assert callable(owner) or name == "pow_scalar", name


# Against JAX's own derivatives ------------------------------------------------------------------------

MODELS: dict[str, tuple[Callable[..., Any], tuple[Any, ...]]] = {
    "network": (
        lambda xp, w, v, x: xp.mean((xp.tanh(x @ w) @ v) ** 2),
        (np.ones((3, 4)) / 3, np.linspace(-1, 1, 4), np.linspace(-2, 2, 15).reshape(5, 3)),
    ),
    "softmax": (
        lambda xp, x, y: xp.sum(xp.log(xp.sum(xp.exp(x - xp.max(x, axis=1, keepdims=True)), axis=1)) * y),
        (np.sin(np.arange(12.0)).reshape(3, 4), np.asarray([0.5, 1.0, -1.0])),
    ),
    "slices": (lambda xp, x: xp.sum((x[1:] - x[:-1]) ** 2 * x[::-2][0]), (np.linspace(0, 1, 7) ** 2,)),
    "gather": (lambda xp, x, i: xp.sum(xp.take(x, i) ** 3), (np.linspace(0, 1, 5), np.asarray([0, 3, 3, -1]))),
    "branch": (lambda xp, x: xp.sum(xp.where(x > 0, x * x, -x)), (np.asarray([-1.5, 0.5, 2.0]),)),
    "solve": (
        lambda xp, a, b: xp.sum(xp.linalg.solve(a, b) ** 2) + xp.linalg.slogdet(a)[1],
        (np.eye(3) * 2 + np.arange(9.0).reshape(3, 3) / 9, np.asarray([1.0, 2.0, 3.0])),
    ),
}


@pytest.mark.parametrize("name", MODELS)
def test_gradients_equal_those_of_jax(name: str) -> None:
    model, args = MODELS[name]
    args = tuple(map(jnp.asarray, args))
    numbers = tuple(i for i, a in enumerate(args) if a.dtype.kind == "f")
    ours = agrad.value_and_grad(lambda *xs: model(xp, *xs), argnums=numbers)
    expected, gradients = jax.value_and_grad(lambda *xs: model(jnp, *xs), argnums=numbers)(*args)
    for derivatives in (ours, jax.jit(ours)):
        value, found = derivatives(*args)
        np.testing.assert_allclose(value, expected, rtol=1e-14)
        for a, b in zip(found, gradients, strict=True):
            assert isinstance(a, jax.Array) and (a.dtype, a.shape) == (b.dtype, b.shape)
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", MODELS)
def test_compiled_programs_stay_on_the_device(name: str) -> None:
    model, args = MODELS[name]
    compiled = jax.jit(agrad.value_and_grad(lambda *xs: model(xp, *xs)))
    given = tuple(map(jnp.asarray, args))
    expected = compiled(*given)
    assert "callback" not in str(compiled.trace(*given).jaxpr)
    with jax.transfer_guard("disallow"):
        found = compiled(*given)
    np.testing.assert_array_equal(found[1], expected[1])


def test_the_guard_against_transfers_notices_them() -> None:
    with jax.transfer_guard("disallow"), pytest.raises(Exception, match="host-to-device"):
        jax.jit(lambda x: x + 1)(np.ones(3))


def test_second_order_compiles() -> None:
    def f(x: Any) -> Any:
        return xp.sum(xp.sin(x) * x[0]) + xp.prod(x)

    x = jnp.asarray([0.3, -0.7, 1.1])
    expected = jax.hessian(lambda x: jnp.sum(jnp.sin(x) * x[0]) + jnp.prod(x))(x)
    np.testing.assert_allclose(jax.jit(agrad.hessian(f))(x), expected, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(jax.jit(agrad.jacobian(agrad.grad(f)))(x), expected, rtol=1e-12, atol=1e-14)


def test_jax_transforms_go_around_ours() -> None:
    gradient = agrad.grad(lambda x: xp.sum(x**3))
    x = jnp.asarray([[1.0, 2.0], [3.0, 4.0]])
    np.testing.assert_allclose(jax.vmap(gradient)(x), 3 * x**2)
    np.testing.assert_allclose(jax.grad(lambda x: jnp.sum(gradient(x)))(x), 6 * x)


def test_backward_compiles() -> None:
    @jax.jit  # type: ignore[untyped-decorator]
    def gradient(array: Any) -> Any:
        x = xp.asarray(array, requires_grad=True)
        y = x * 2.0
        y[0] = x[1]
        xp.sum(y * y).backward()
        return x.grad.array

    np.testing.assert_allclose(gradient(jnp.asarray([1.0, 2.0, 3.0])), [0.0, 20.0, 24.0])


# Indexing -------------------------------------------------------------------------------------------

KEYS: dict[str, Any] = {
    "integer": 1,
    "last": (-1, -2),
    "slice": slice(1, 3),
    "steps": (slice(None, None, 2), slice(-1, None, -2)),
    "backwards": (slice(3, 0, -2), 2),
    "empty": (slice(2, 2), slice(0, 3)),
    "outside": slice(-9, 99, 3),
    "ellipsis": (..., 1),
    "new axes": (None, 1, None, slice(1, 4), None),
    "nothing": (),
    "everything": ...,
    "bool": True,
    "scalar": (np.int64(1), slice(1, 3)),
    "array": np.asarray([3, 0, 3]),
    "arrays": (np.asarray([[0], [2]]), np.asarray([1, 1, 4])),
    "list": [0, 2, 2],
    "lists": (slice(1, 3), [0, 0]),
    "mask": np.arange(20).reshape(4, 5) % 3 == 0,
    "rows": np.asarray([True, False, True, True]),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_reading_adding_and_writing_equal_numpy(key: Any) -> None:
    raw = xp._raw
    numpy = agrad.namespace("numpy")._raw
    x = np.arange(20.0).reshape(4, 5)
    ours = tuple(map(of_jax, key)) if isinstance(key, tuple) else of_jax(key)
    part = x[key]
    values = np.cos(np.arange(part.size)).reshape(part.shape)
    np.testing.assert_array_equal(raw.getitem(jnp.asarray(x), ours), part)
    found = raw.scatter(jnp.asarray(values), ours, shape=x.shape)
    np.testing.assert_allclose(found, numpy.scatter(values, key, shape=x.shape), rtol=1e-14)
    arrays = [values] if np.unique(part).size == part.size else []  # where written twice, either value may be there
    if part.ndim and not (isinstance(key, np.ndarray) and key.dtype.kind == "b"):
        arrays += [values[None] for values in arrays]
    for value in (7.0, *arrays):
        np.testing.assert_array_equal(raw.setitem(jnp.asarray(x), ours, of_jax(value)), numpy.setitem(x, key, value))


def test_a_mask_of_traced_values_can_be_written_at() -> None:
    def f(x: Any) -> Any:
        y = x * x
        y[x < 0] = 0.0
        return xp.sum(y)

    np.testing.assert_array_equal(jax.jit(agrad.grad(f))(jnp.asarray([-1.0, 2.0])), [0.0, 4.0])


def test_written_values_take_the_dtype_of_the_array() -> None:
    x = xp.asarray([1.0, 2.0], dtype=xp.float32)
    x[0] = xp.asarray(5.0, dtype=xp.float64)
    assert x.dtype == xp.float32 and x.tolist() == [5.0, 2.0]


def test_indices_outside_behave_as_in_jax() -> None:
    x = jnp.asarray([1.0, 2.0, 3.0])
    for f in (lambda x: x[7], lambda x: x[jnp.asarray([7])][0]):
        assert agrad.grad(f)(x).tolist() == jax.grad(f)(x).tolist()


# Types and mixing -----------------------------------------------------------------------------------


def test_numbers_become_arrays_that_count_in_promotion() -> None:
    one = jnp.ones(2, dtype="float32")
    for t in (xp.asarray(1.0), xp.full((), 1.0), agrad.tensor(jnp.asarray(1.0, dtype="float64"))):
        assert (t * one).dtype == xp.float64
    assert (agrad.namespace("jax").asarray(one) * 2.0).dtype == xp.float32
    assert agrad.grad(lambda x: x * 2.0)(one[0]).dtype == xp.float32


@pytest.mark.parametrize("op", ["+", "-", "*", "/", "@", "==", "<", "**"])
def test_operators_of_jax_arrays_defer_to_tensors(op: str) -> None:
    a, b = jnp.asarray([1.0, 2.0]), jnp.asarray([3.0, 0.5])
    scope = {"a": a, "b": b, "t": xp.asarray(b, requires_grad=True)}
    found = eval(f"a {op} t", scope)
    assert isinstance(found, agrad.Tensor)
    np.testing.assert_array_equal(np.asarray(found.detach().array), eval(f"a {op} b", scope))


def test_numpy_arrays_are_refused() -> None:
    t = xp.asarray([1.0, 2.0])
    for f in (lambda: np.ones(2) * t, lambda: t * np.ones(2), lambda: np.sin(t), lambda: np.float64(2.0) * t):
        with pytest.raises(TypeError):
            f()


def test_other_functions_of_the_standard() -> None:
    raw = xp._raw
    x = jnp.asarray([1 + 2j])
    with pytest.raises(TypeError, match="real"):
        raw.astype(x, raw.float32)
    with pytest.raises(ValueError, match="axis"):
        raw.take(jnp.ones((2, 2)), jnp.asarray([0]))
    with pytest.raises(ValueError, match="copy"):
        raw.asarray([1.0], copy=False)
    with pytest.raises(ValueError, match="stream"):
        raw.to_device(x, jax.devices()[0], stream=1)
    assert raw.cumulative_prod(jnp.ones(2, "int8")).dtype == raw.int64
    assert raw.searchsorted(jnp.arange(3.0), jnp.ones(2)).dtype == raw.int64
    assert raw.clip(jnp.arange(3, dtype="int8"), -300, 1).tolist() == [0, 1, 1]
    assert raw.clip(jnp.ones(1, "float32"), jnp.zeros(1)).dtype == raw.float32
    assert not raw.isdtype(jax.random.key(0).dtype, "numeric") and raw.isdtype(jnp.bfloat16, "real floating")
    assert raw.finfo(x).dtype == raw.float64 and raw.iinfo(jnp.arange(2)).bits == 64
    assert raw.can_cast(jnp.ones(1, "int8"), raw.int16)
    info = xp.__array_namespace_info__()
    assert info.default_device() in info.devices()
    assert set(info.dtypes(kind="real floating")) == {"float32", "float64"}
    assert info.default_dtypes()["real floating"] == xp.float64 and info.capabilities()["boolean indexing"]


def test_data_may_be_random_keys_and_trees() -> None:
    key = jax.random.key(0)
    gradient = agrad.grad(lambda p, key: xp.sum(p["w"] * jax.random.normal(key, (3,))))
    found = jax.jit(gradient)({"w": jnp.ones(3)}, key)
    np.testing.assert_array_equal(found["w"], jax.random.normal(key, (3,)))


def test_values_while_tracing_are_refused_by_jax() -> None:
    with pytest.raises(jax.errors.ConcretizationTypeError):
        jax.jit(agrad.grad(lambda x: x if x > 0 else -x))(1.0)


# In processes of their own ----------------------------------------------------------------------------


def run(program: str, **environment: str) -> None:
    environment = {"PYTHONPATH": ":".join(p for p in sys.path if p), "JAX_PLATFORMS": "cpu", **environment}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(program)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr


REGISTER = """
import agrad, agrad_jax
from agrad.ops import table
from agrad.plugins import manager, register
if manager().get_plugin("jax") is None:
    register(agrad_jax, "jax")
"""


def test_importing_the_plugin_imports_no_jax() -> None:
    program = REGISTER + "import sys; agrad.grad(lambda x: x * x)(2.0); assert 'jax' not in sys.modules"
    run(program)


def test_without_64_bits() -> None:
    program = """
        import jax, jax.numpy as jnp
        xp = agrad.namespace("jax")
        def f(x, i):
            return xp.sum(xp.sin(x[i]) * 2.0 + xp.std(x)) + xp.sum(xp.sort(x)[1:] ** 2) + xp.prod(x)
        x, i = jnp.asarray([0.5, -1.0, 2.0]), jnp.asarray([0, 2, 2])
        eager, compiled = agrad.grad(f)(x, i), jax.jit(agrad.grad(f))(x, i)
        assert eager.dtype == compiled.dtype == jnp.float32 == xp.asarray(1.0).dtype
        g = jax.grad(lambda x: jnp.sum(jnp.sin(x[i]) * 2 + jnp.std(x)) + jnp.sum(jnp.sort(x)[1:] ** 2) + jnp.prod(x))(x)
        assert jnp.allclose(eager, g, rtol=1e-5) and jnp.allclose(compiled, g, rtol=1e-5)
    """
    run(REGISTER + textwrap.dedent(program))


def test_sharded_arrays_keep_their_sharding() -> None:
    program = """
        import jax, jax.numpy as jnp
        from jax.sharding import NamedSharding, PartitionSpec as P
        xp = agrad.namespace("jax")
        mesh = jax.make_mesh((4,), ("data",), axis_types=(jax.sharding.AxisType.Auto,))
        spread, whole = NamedSharding(mesh, P("data", None)), NamedSharding(mesh, P())
        x = jax.device_put(jnp.linspace(-1, 1, 24).reshape(8, 3), spread)
        w = jax.device_put(jnp.linspace(0, 1, 6).reshape(3, 2), whole)
        def model(xp, x, w):
            y = xp.tanh(x @ w) * x[:, :1] + xp.sum(x, axis=1, keepdims=True)
            return xp.mean(xp.where(y > 0, y * y, y) * xp.exp(-y))
        expected = jax.grad(lambda x, w: model(jnp, x, w), argnums=(0, 1))(x, w)
        ours = agrad.grad(lambda x, w: model(xp, x, w), argnums=(0, 1))
        out = agrad.tensor(x, requires_grad=True)
        assert (out * 2 + xp.sin(out)).array.sharding.is_equivalent_to(spread, 2)
        for run in (ours, jax.jit(ours)):
            for g, e in zip(run(x, w), expected):
                assert jnp.allclose(g, e, rtol=1e-4, atol=1e-6)
            found = run(x, w)
            assert found[0].sharding.is_equivalent_to(spread, 2), found[0].sharding
            assert found[1].sharding.is_equivalent_to(whole, 2), found[1].sharding
    """
    flags = "--xla_force_host_platform_device_count=4 --xla_cpu_multi_thread_eigen=false"
    run(REGISTER + textwrap.dedent(program), XLA_FLAGS=flags)
