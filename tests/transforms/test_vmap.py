"""`vmap` against the stack of single results: however it is called, whatever transform is around it or inside."""

from __future__ import annotations

import dataclasses
import itertools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.axes import POINTWISE, Unbatchable
from agrad.interpret import batch

xp = agrad.namespace("numpy")
GENERATOR = np.random.default_rng(3)
SIZE = 4
X = GENERATOR.normal(size=(SIZE, 3))
M = GENERATOR.normal(size=(SIZE, 3, 3))
W = GENERATOR.normal(size=(5, 3))


def host(space: Any, y: Any) -> Any:
    y = y.array if isinstance(y, agrad.Tensor) else y
    return np.asarray(space._backend.host(y)) if space._owns(y) else np.asarray(y)


def looped(f: Callable[..., Any], *stacks: Any) -> Any:
    """What `vmap` has to equal."""
    results = [f(*[x[k] for x in stacks]) for k in range(len(stacks[0]))]
    return np.stack([y.array if isinstance(y, agrad.Tensor) else y for y in results])


# Programs ---------------------------------------------------------------------------------------------


def plain(space, x):
    return space.sum(space.tanh(space.asarray(x) * 2.0 + 1.0) ** 3)


def matrices(space, x):
    m = space.linalg.outer(x, x) + 3.0 * space.eye(3, dtype=x.dtype)
    return space.sum(space.linalg.solve(m, x)) + space.linalg.det(m) / space.linalg.trace(space.linalg.inv(m))


def indices(space, x):
    i = space.argsort(x)
    return x[i[0]] * x[1] + space.sum(space.take(x, i[1:]) ** 2) + space.sum(space.sort(x) * x)


def choices(space, x):
    y = space.where(x > 0, space.exp(x), x**3)
    return space.sum(space.clip(y, -1.0, 1.5) * space.maximum(x, y)) + space.max(y) * space.cumulative_sum(y)[-1]


def in_place(space, x):
    y = space.zeros(3, dtype=x.dtype)
    y[0] += x[1]
    part = y[1:]
    part *= 2
    part += x[0] * x[1:]
    y[x > 0] = 0.5
    y[-1:] = x[:1] ** 2
    return space.sum(y * space.sin(x))


def matrix_in_place(space, x):
    m = space.zeros((3, 3), dtype=x.dtype)
    m[1, :] = x
    m[:, 0] += x**2
    turned = m.T
    turned[2, ...] = 1.5 * x
    flat = space.reshape(m, (-1,))
    flat[0] = x[2]
    return space.sum(m @ (m @ x))


def reductions(space, x):
    return space.mean(x) * space.std(x) + space.prod(x) + space.linalg.vector_norm(x) + space.var(x, correction=1)


def stopped(space, x):
    with agrad.no_grad():
        c = x * 2
    return space.sum(c * x * agrad.stop_gradient(x))


PROGRAMS = [plain, matrices, indices, choices, in_place, matrix_in_place, reductions, stopped]

WAYS: dict[str, Callable[[Any], Callable[[Any], Any]]] = {
    "value": lambda f: f,
    "grad": agrad.grad,
    "value_and_grad": lambda f: lambda x: agrad.value_and_grad(f)(x)[1],
    "vjp": lambda f: lambda x: agrad.vjp(f, x)[1](f(x) * 0 + 2.0)[0],
    "jvp": lambda f: lambda x: agrad.jvp(f, (x,), (x,))[1],
    "linearize": lambda f: lambda x: agrad.linearize(f, x)[1](x),
    "hvp": lambda f: lambda x: agrad.hvp(f, (x,), (x,)),
    "hessian": agrad.hessian,
    "jacobian rev": lambda f: agrad.jacobian(agrad.grad(f), mode="rev"),
    "jacobian fwd": lambda f: agrad.jacobian(agrad.grad(f), mode="fwd"),
}


def _skip(space: Any, program: Any, way: str) -> None:
    if space._backend.name == "array-api-strict" and program is indices:
        pytest.skip("it reads no array at an index of no axes")
    if space._backend.name == "jax" and way not in ("value", "grad", "hvp"):
        pytest.skip("JAX compiles every operation of every shape, and the levels are the same for all backends")


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_every_transform_inside(space, program, way):
    """vmap(grad(f)) and its kind: the derivatives of each example."""
    _skip(space, program, way)
    xs = space._raw.asarray(X, dtype=space._raw.float64)
    f = WAYS[way](lambda x: program(space, x))
    found = agrad.vmap(f)(xs)
    assert space._owns(found)
    expected = np.stack([host(space, f(space.asarray(xs[k, ...]))) for k in range(SIZE)])
    np.testing.assert_allclose(host(space, found), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("way", [w for w in WAYS if w not in ("value", "vjp")])
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_every_transform_around(space, program, way):
    """grad(sum of vmap(f)) and its kind."""
    _skip(space, program, way)
    xs = space._raw.asarray(X, dtype=space._raw.float64)

    def total(xs: Any) -> Any:
        return space.sum(space.sin(agrad.vmap(lambda x: program(space, x))(xs)))

    def one_by_one(xs: Any) -> Any:
        return sum(space.sin(space.asarray(program(space, space.asarray(xs)[k, ...]))) for k in range(SIZE))

    found, expected = WAYS[way](total)(xs), WAYS[way](one_by_one)(xs)
    np.testing.assert_allclose(host(space, found), host(space, expected), rtol=1e-8, atol=1e-11)


def test_nested():
    a, b = X, GENERATOR.normal(size=(6, 3))

    def kernel(x: Any, y: Any) -> Any:
        return xp.exp(-xp.sum((x - y) ** 2))

    gram = agrad.vmap(lambda x: agrad.vmap(lambda y: kernel(x, y))(b))(a)
    np.testing.assert_allclose(gram, [[kernel(x, y) for y in b] for x in a])
    both = agrad.vmap(agrad.vmap(kernel, in_axes=(None, 0)), in_axes=(0, None))
    np.testing.assert_allclose(both(a, b), gram)
    slopes = agrad.vmap(agrad.vmap(agrad.grad(kernel), in_axes=(None, 0)), in_axes=(0, None))(a, b)
    np.testing.assert_allclose(slopes, [[agrad.grad(kernel)(x, y) for y in b] for x in a])
    mixed = agrad.vmap(lambda x: agrad.grad(lambda s: xp.sum(agrad.vmap(lambda y: kernel(s * x, y))(b)))(2.0))(a)
    np.testing.assert_allclose(mixed, [agrad.grad(lambda s, x=x: sum(kernel(s * x, y) for y in b))(2.0) for x in a])


def test_against_jax_and_pytorch():
    jax, torch = pytest.importorskip("jax"), pytest.importorskip("torch")

    def loss(ns: Any, w: Any, x: Any) -> Any:
        return ns.sum(ns.tanh(ns.matmul(w, x)) ** 2 * ns.exp(-x[0]))

    before = jax.config.read("jax_enable_x64")
    jax.config.update("jax_enable_x64", True)
    try:
        for at in ((None, 0), (0, None), (0, 0)):
            given = [np.stack([x * (1 + k / 7) for k in range(SIZE)]) if a == 0 else x for x, a in zip((W, X[0]), at)]  # noqa: B905
            per_sample = agrad.vmap(agrad.grad(lambda w, x: loss(xp, w, x), argnums=(0, 1)), in_axes=at)(*given)
            of_jax = jax.vmap(jax.grad(lambda w, x: loss(jax.numpy, w, x), argnums=(0, 1)), in_axes=at)(*given)
            of_torch = torch.func.vmap(torch.func.grad(lambda w, x: loss(torch, w, x), argnums=(0, 1)), in_dims=at)(
                *map(torch.tensor, given)
            )
            for found, one, other in zip(per_sample, of_jax, of_torch, strict=True):
                np.testing.assert_allclose(found, one, rtol=1e-8, atol=1e-12)
                np.testing.assert_allclose(found, other.numpy(), rtol=1e-8, atol=1e-12)
        seconds = agrad.vmap(agrad.hessian(lambda x: loss(xp, W, x)))(X)
        np.testing.assert_allclose(seconds, jax.vmap(jax.hessian(lambda x: loss(jax.numpy, W, x)))(X), rtol=1e-9)
    finally:
        jax.config.update("jax_enable_x64", before)


def test_under_jit():
    jax = pytest.importorskip("jax")
    space = agrad.namespace("jax")
    xs = jax.numpy.asarray(X, dtype="float32")
    f = agrad.vmap(agrad.grad(lambda x: choices(space, x) + in_place(space, x)))
    np.testing.assert_allclose(jax.jit(f)(xs), f(xs), rtol=1e-4, atol=1e-5)
    twice = agrad.vmap(agrad.hessian(lambda x: plain(space, x)))
    np.testing.assert_allclose(jax.jit(twice)(xs), twice(xs), rtol=1e-4, atol=1e-5)


# Arguments and results --------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "end"), list(itertools.product((0, 1, 2, -1, -2, -3), (0, 1, 2, -1, -2, -3))))
def test_axes_from_either_end(at, end):
    stack = np.moveaxis(M, 0, at)
    found = agrad.vmap(lambda m: m @ m, in_axes=at, out_axes=end)(stack)
    np.testing.assert_allclose(found, np.moveaxis(M @ M, 0, end))


def test_shared_arguments_and_keywords():
    w, table = W[0], np.arange(10.0)
    f = agrad.vmap(lambda w, x, i, scale=1.0, shift=None: xp.sum(w * x) * scale + table_of(shift)[i], (None, 0, 0))

    def table_of(shift: Any) -> Any:
        return xp.asarray(table) if shift is None else xp.asarray(shift)

    i = np.asarray([1, 0, 3, 3])
    np.testing.assert_allclose(f(w, X, i), X @ w + table[i])
    np.testing.assert_allclose(f(w, X, i, scale=2.0, shift=-table), 2 * X @ w - table[i])
    shared = agrad.vmap(lambda table, i: table[i], in_axes=(None, 0))(table, i)
    np.testing.assert_array_equal(shared, table[i])
    assert agrad.vmap(lambda x, name, f: f(x) if name == "sin" else x)(X, "sin", xp.sin)[0, 0] == np.sin(X[0, 0])


@dataclasses.dataclass
class Point:
    x: Any
    y: Any


def test_containers():
    p = {"w": W, "parts": [X, (M, None)], "name": "n"}
    found = agrad.vmap(
        lambda p: {"a": p["w"] @ p["parts"][0], "b": (p["parts"][1][0], p["name"], None)},
        in_axes=({"w": None, "parts": 0, "name": None},),
    )(p)
    np.testing.assert_allclose(found["a"], X @ W.T)
    np.testing.assert_array_equal(found["b"][0], M)
    assert found["b"][1:] == ("n", None)
    point = agrad.vmap(lambda p: Point(p.x * p.y, p.y), in_axes=(Point(0, None),), out_axes=Point(1, None))(
        Point(X, X[0])
    )
    np.testing.assert_allclose(point.x, (X * X[0]).T)
    np.testing.assert_array_equal(point.y, X[0])
    several = agrad.vmap(lambda x: (x, x[0], 1.0, np.ones(2)), out_axes=(1, 0, 0, -1))(X)
    np.testing.assert_array_equal(several[0], X.T)
    np.testing.assert_array_equal(several[2], np.ones(SIZE))
    np.testing.assert_array_equal(several[3], np.ones((2, SIZE)))


def test_named_results():
    found = agrad.vmap(lambda m: xp.linalg.eigh(m + m.T))(M)
    expected = np.linalg.eigh(M + np.moveaxis(M, 1, 2))
    np.testing.assert_allclose(found.eigenvalues, expected.eigenvalues)


def test_axis_size():
    np.testing.assert_array_equal(agrad.vmap(lambda: xp.ones(2), axis_size=3)(), np.ones((3, 2)))
    np.testing.assert_array_equal(agrad.vmap(lambda x: x, in_axes=None, axis_size=2)(X[0]), np.stack([X[0]] * 2))
    np.testing.assert_array_equal(agrad.vmap(lambda x: x * 2, axis_size=np.int64(SIZE))(X), X * 2)


def test_no_examples_and_one():
    assert agrad.vmap(lambda x: xp.sum(xp.tanh(W @ x)))(np.zeros((0, 3))).shape == (0,)
    assert agrad.vmap(agrad.grad(lambda x: xp.sum(xp.tanh(W @ x))))(np.zeros((0, 3))).shape == (0, 3)
    np.testing.assert_allclose(agrad.vmap(lambda x: W @ x)(X[:1]), X[:1] @ W.T)


def test_dtypes_stay():
    for dtype in ("float32", "complex64", "complex128", "int64", "int8", "bool"):
        x = np.ones((2, 3), dtype=dtype)
        assert agrad.vmap(lambda x: x)(x).dtype == dtype
        if dtype != "bool":
            assert agrad.vmap(lambda x: x * x + 1)(x).dtype == (np.ones(1, dtype=dtype) + 1).dtype
    z = GENERATOR.normal(size=(3, 2)) + 1j * GENERATOR.normal(size=(3, 2))
    f = agrad.jacobian(lambda z: xp.exp(z) * z[0])
    np.testing.assert_allclose(agrad.vmap(f)(z), looped(f, z))
    bits = np.arange(6).reshape(3, 2)
    np.testing.assert_array_equal(agrad.vmap(lambda i: (i & 1) | (i << 2))(bits), (bits & 1) | (bits << 2))


def test_results_own_their_memory():
    x = X.copy()
    same, part, twice = agrad.vmap(lambda x: (x, x[1:], (x, x)))(x)
    for y in (same, part, *twice, agrad.vmap(lambda x: 1.0)(x), agrad.vmap(lambda x: x.T, out_axes=1)(M)):
        assert y.flags.writeable
        y += 1
    np.testing.assert_array_equal(x, X)
    assert twice[0] is not twice[1]


def test_arguments_are_never_changed():
    def f(x: Any, w: Any) -> Any:
        x *= 2
        w[0] = 7.0
        x[0] = w[0]
        return x + w

    x, w = X.copy(), W[0].copy()
    found = agrad.vmap(f, in_axes=(0, None))(x, w)
    np.testing.assert_array_equal(x, X)
    np.testing.assert_array_equal(w, W[0])
    np.testing.assert_allclose(found, [[14.0, 2 * r[1] + w[1], 2 * r[2] + w[2]] for r in X])


def test_tensors_give_tensors():
    assert isinstance(agrad.vmap(lambda x: x * 2)(agrad.tensor(X)), agrad.Tensor)
    assert isinstance(agrad.vmap(lambda x, w: x * w, in_axes=(0, None))(X, agrad.tensor(W[0])), agrad.Tensor)
    assert type(agrad.vmap(lambda x: x * 2)(X)) is np.ndarray


def test_it_keeps_name_and_docstring():
    def f(x: Any) -> Any:
        """Doc."""
        return x

    assert (agrad.vmap(f).__name__, agrad.vmap(f).__doc__) == ("f", "Doc.")


# Leaves -----------------------------------------------------------------------------------------------


def test_closed_over_leaves_get_gradients(space):
    w = space.asarray(W.tolist(), dtype=space.float64, requires_grad=True)
    xs = space._raw.asarray(X, dtype=space._raw.float64)
    out = agrad.vmap(lambda x: space.sum(space.tanh(w @ x) ** 2))(xs)
    assert isinstance(out, agrad.Tensor) and out.requires_grad
    space.sum(out).backward()
    expected = agrad.grad(lambda w: sum(xp.sum(xp.tanh(w @ x) ** 2) for x in X))(W)
    np.testing.assert_allclose(host(space, w.grad), expected)


def test_a_batch_of_leaves():
    xs = agrad.tensor(X, requires_grad=True)
    y = agrad.vmap(lambda x: agrad.grad(lambda x: xp.sum(x**3))(x))(xs)
    y.sum().backward(create_graph=True)
    np.testing.assert_allclose(xs.grad.array, 6 * X)
    seen: list[Any] = []

    def f(x: Any) -> Any:
        seen.append((x.requires_grad, agrad.stop_gradient(x).requires_grad, x.detach().requires_grad))
        return x.detach() * x

    agrad.vmap(f)(xs).sum().backward()
    assert seen == [(True, False, False)]
    np.testing.assert_allclose(xs.grad.array, 7 * X)
    agrad.vmap(lambda x: seen.append(x.requires_grad) or x)(X)
    assert seen[-1] is False


def test_leaves_are_not_made_or_walked_inside():
    with pytest.raises(agrad.NestingError):
        agrad.vmap(lambda x: xp.asarray(x, requires_grad=True))(X)
    with pytest.raises(agrad.NestingError):
        agrad.vmap(lambda x: x.requires_grad_())(X)
    w = agrad.tensor(W[0], requires_grad=True)
    with pytest.raises(agrad.NestingError):
        agrad.vmap(lambda x: xp.sum(x * w).backward())(X)
    with pytest.raises(agrad.InPlaceError, match="inside vmap"), agrad.no_grad():
        agrad.vmap(lambda x: w.__isub__(x))(X)
    np.testing.assert_array_equal(w.detach().array, W[0])
    kept = agrad.tensor(np.zeros(3))
    agrad.vmap(lambda x: kept.__iadd__(x))(X)
    with pytest.raises(agrad.EscapedTensorError):
        kept.sum()


def test_no_grad_inside_a_gradient_inside():
    def f(x: Any) -> Any:
        y = x * 1
        with agrad.no_grad():
            y *= 2.0
        return xp.sum(y * x)

    g = agrad.grad(f)
    np.testing.assert_allclose(agrad.vmap(g)(X), looped(g, X))


# Numbers and arrays -----------------------------------------------------------------------------------


def test_elements_are_numbers_and_arrays_of_no_axes_are_arrays():
    """On NumPy ``+=`` makes a new number, and changes an array of no axes."""

    def elements(x: Any) -> Any:
        a = x[0]
        b = a
        a += x[1]
        return b * 10 + a

    def arrays(x: Any) -> Any:
        a = xp.asarray(x[0])
        b = a
        a += x[1]
        a += x[1]
        return b * 10 + a

    def zero(x: Any) -> Any:
        a = xp.asarray(0.0)
        b = a
        a += x[1]
        a += x[0]
        return b

    for f in (elements, arrays, zero):
        np.testing.assert_allclose(agrad.vmap(f)(X), looped(lambda x, f=f: f(xp.asarray(x)), X))
        np.testing.assert_allclose(agrad.vmap(agrad.grad(f))(X), looped(agrad.grad(f), X))


def test_reshaping_shares_or_copies_as_one_example_does():
    def f(m: Any) -> Any:
        kept = m * 1
        flat = xp.reshape(kept, (-1,))
        flat *= 2.0
        turned = xp.reshape(kept.T, (9,))
        turned += 1.0
        return kept

    def started(m: Any) -> Any:
        kept = xp.asarray(np.asfortranarray(np.zeros((3, 3))))
        kept[0, :] = m[0]
        flat = xp.reshape(kept, (-1,))
        flat += m[1, 0]
        return kept

    for g in (f, started):
        np.testing.assert_allclose(agrad.vmap(g)(M), looped(lambda m, g=g: g(xp.asarray(m)), M))


# What there is one value of ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "match"),
    [
        (lambda x: x if x[0] > 0 else -x, r"^bool\(\) of a Tensor that vmap batches .* xp\.where\(condition, a, b\)"),
        (lambda x: x[0].item(), r"^\.item\(\)"),
        (lambda x: float(x[0]), r"^float\(\)"),
        (lambda x: x.tolist(), r"^\.tolist\(\)"),
        (lambda x: x.array, r"^\.array"),
        (lambda x: np.asarray(x), r"^numpy\.asarray\(\)"),
        (lambda x: 1.0 in x, r"^bool\(\)"),
        (lambda x: x[: xp.argmax(x)], r"^an index"),
        (lambda x: np.arange(3.0)[xp.argmax(x)], r"xp\.asarray\(table\)\[i\]"),
        (lambda x: agrad.grad(lambda y: y if y[0] > 0 else -y)(x), r"^bool\(\)"),
        (lambda x: xp.sum(x, axis=xp.argmax(x)), r"the same 'axis' for all examples"),
        (lambda x: xp.roll(x, xp.argmax(x)), r"the same 'shift' for all examples"),
        (lambda x: xp.arange(xp.argmax(x)), r"the same 'start' for all examples"),
    ],
)
def test_what_needs_one_value_says_what_to_write(f, match):
    with pytest.raises(agrad.ConcretizationError, match=match):
        agrad.vmap(f)(X)


@pytest.mark.parametrize(
    ("f", "match"),
    [
        (lambda x: x[x > 0], "over a mask.*xp.where"),
        (xp.nonzero, "how many positions there are depends on the data"),
        (xp.unique_values, "how many distinct values"),
        (lambda x: xp.repeat(xp.ones(3), xp.astype(x, xp.int64)), "over its counts"),
    ],
)
def test_shapes_that_depend_on_the_data_are_refused(f, match):
    with pytest.raises(agrad.UnsupportedError, match=match):
        agrad.vmap(f)(X)


def test_a_batched_value_is_shown():
    shown: list[str] = []
    agrad.vmap(lambda x: shown.append(f"{x[0]!r} {x[0]:.2f}") or x)(X)
    assert shown[0].startswith("Tensor([") and "dtype=float64" in shown[0]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: agrad.vmap(xp.sin)(1.0), agrad.ShapeError, r"shape \(\) as args\[0\], which has no axis 0"),
        (lambda: agrad.vmap(xp.sin, in_axes=2)(X), agrad.ShapeError, r"\(4, 3\) as args\[0\], which has no axis 2"),
        (lambda: agrad.vmap(xp.sin, out_axes=2)(X), agrad.ShapeError, r"out_axes=2 for result, which has 1 axes"),
        (lambda: agrad.vmap(xp.sin, out_axes=None)(X), agrad.ShapeError, "out_axes=None for result, which differs"),
        (lambda: agrad.vmap(lambda x, y: x)(X, M[:2]), agrad.ShapeError, r"4 \(args\[0\]\) and 2 \(args\[1\]\)"),
        (lambda: agrad.vmap(xp.sin, axis_size=3)(X), agrad.ShapeError, r"3 \(axis_size\) and 4 \(args\[0\]\)"),
        (lambda: agrad.vmap(lambda: 1.0)(), ValueError, "no argument with an axis of examples"),
        (lambda: agrad.vmap(xp.sin, in_axes=(0, 0))(X), ValueError, "2 in_axes for a call with 1 positional"),
        (lambda: agrad.vmap(xp.sin, in_axes="0")(X), TypeError, "takes an integer, None, or a tuple"),
        (lambda: agrad.vmap(xp.sin, in_axes=(1.5,))(X), TypeError, "integers and None"),
        (lambda: agrad.vmap(xp.sin, in_axes=([0, 0],))(X), ValueError, "not in the form of the arguments"),
        (lambda: agrad.vmap(xp.sin, out_axes=(0, 0))(X), ValueError, "not in the form of the result"),
        (lambda: agrad.vmap(lambda x: object())(X), agrad.BackendError, "returns a object"),
        (lambda: agrad.vmap(lambda o: 1.0)([object(), X]), agrad.BackendError, r"a object as args\[0\]\[0\]"),
        (lambda: agrad.vmap(xp.sin, randomness="new")(X), ValueError, "randomness='new'"),
    ],
)
def test_errors_say_what_was_given(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_a_value_does_not_outlive_its_vmap():
    kept: list[Any] = []
    agrad.vmap(lambda x: kept.append(x) or x)(X)
    with pytest.raises(agrad.EscapedTensorError):
        kept[0] + 1
    with pytest.raises(agrad.EscapedTensorError):
        agrad.vmap(lambda x: kept[0])(X)
    with pytest.raises(ValueError, match="once"):
        agrad.vmap(lambda x: (_ for _ in ()).throw(ValueError("once")))(X)
    np.testing.assert_allclose(agrad.vmap(xp.sin)(X), np.sin(X))


def test_another_backend_inside():
    torch = pytest.importorskip("torch")
    other = agrad.namespace("torch")

    def f(x: Any) -> Any:
        return agrad.asarray(other.sin(agrad.asarray(x, backend="torch")), backend="numpy")

    np.testing.assert_allclose(agrad.vmap(f)(X), torch.sin(torch.tensor(X)).numpy())
    np.testing.assert_allclose(agrad.vmap(agrad.grad(lambda x: xp.sum(f(x))))(X), np.cos(X))
    with pytest.raises(agrad.BackendError, match="got a result of"):
        agrad.vmap(lambda x: agrad.asarray(x, backend="torch"))(X)


# Random numbers ---------------------------------------------------------------------------------------


def test_random_numbers(space):
    name = space._backend.name
    xs = space._raw.asarray(X, dtype=space._raw.float64)

    def noisy(x: Any, draw: Any) -> Any:
        return x + space.astype(draw(agrad.random.Generator(1, backend=name)), x.dtype)

    draws = {
        "uniform": (lambda g: g.uniform((3,)), lambda g: g.uniform((SIZE, 3))),
        "normal": (lambda g: g.normal((3,)), lambda g: g.normal((SIZE, 3))),
        "integers": (lambda g: g.integers(0, 9, (3,)), lambda g: g.integers(0, 9, (SIZE, 3))),
    }
    for inside, outside in draws.values():
        with pytest.raises(agrad.UnsupportedError, match='randomness="different"'):
            agrad.vmap(lambda x, inside=inside: noisy(x, inside))(xs)
        for randomness, drawn in (("different", outside), ("same", inside)):
            found = agrad.vmap(lambda x, inside=inside: noisy(x, inside), randomness=randomness)(xs)
            expected = X + host(space, drawn(agrad.random.Generator(1, backend=name)))
            np.testing.assert_allclose(host(space, found), expected)


def test_random_numbers_of_their_own_in_nested_batches():
    g = agrad.random.Generator(5, backend="numpy")
    rows = agrad.vmap(
        lambda x: agrad.vmap(lambda y: y * 0 + g.normal(()), randomness="different")(x), randomness="different"
    )(X)
    np.testing.assert_array_equal(rows, agrad.random.Generator(5, backend="numpy").normal(X.shape).array)
    g = agrad.random.Generator(5, backend="numpy")
    rows = agrad.vmap(
        lambda x: agrad.vmap(lambda y: y * 0 + g.normal(()), randomness="different")(x), randomness="same"
    )(X)
    np.testing.assert_array_equal(rows[0], rows[1])
    assert len({*rows[0].tolist()}) == 3
    orders = agrad.vmap(
        lambda x: agrad.random.Generator(2, backend="numpy").permutation(3) + 0 * x, randomness="different"
    )(X)
    assert {tuple(sorted(row)) for row in orders.tolist()} == {(0, 1, 2)}
    assert len({tuple(row) for row in orders.tolist()}) > 1
    moved = agrad.vmap(
        agrad.grad(lambda m: agrad.random.Generator(2, backend="numpy").normal((), mean=m) * m), randomness="different"
    )(X[:, 0])
    noise = agrad.random.Generator(2, backend="numpy").normal((SIZE,)).array
    np.testing.assert_allclose(moved, 2 * X[:, 0] + noise)


# Ops of a user's --------------------------------------------------------------------------------------


def sine_of(**options: Any) -> Any:
    calls: list[Any] = []

    @agrad.custom_op(vjp=lambda xp, ct, x: ct * xp.cos(x), jvp=lambda xp, t, x: t * xp.cos(x), **options)
    def sine(x):
        calls.append(x.shape)
        return np.sin(x)

    return sine, calls


def test_a_custom_op_runs_in_a_loop_and_is_named_once(monkeypatch):
    monkeypatch.setattr(batch, "_named", set())
    sine, calls = sine_of()
    with pytest.warns(UserWarning, match=r"vmap runs 'sine' once for each example.*axes= or batch="):
        found = agrad.vmap(sine)(X)
    np.testing.assert_allclose(found, np.sin(X))
    assert calls == [(3,)] * SIZE
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for f in (sine, lambda x: agrad.jvp(sine, (x,), (x,))[1], agrad.hessian(lambda x: sine(x).sum())):
            np.testing.assert_allclose(agrad.vmap(f)(X), looped(f, X))
        np.testing.assert_allclose(agrad.grad(lambda x: agrad.vmap(sine)(x).sum())(X), np.cos(X))


@pytest.mark.parametrize(
    "options",
    [{"axes": POINTWISE}, {"batch": lambda x: np.sin(x)}, {"batch": lambda xp, x, batched, size: xp.sin(x)}],
    ids=["axes", "its own function", "xp"],
)
def test_a_custom_op_may_say_how_it_treats_axes(options):
    sine, calls = sine_of(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = agrad.vmap(sine)(X)
        slopes = agrad.vmap(agrad.grad(lambda x: sine(x).sum()))(X)
    np.testing.assert_allclose(found, np.sin(X))
    np.testing.assert_allclose(slopes, np.cos(X))
    assert calls == ([(SIZE, 3)] * 2 if "axes" in options else [])


def test_what_a_custom_op_says_is_checked():
    with pytest.raises(TypeError, match=r"the batch rule of sine\(x\) names 'ct'"):
        sine_of(batch=lambda x, ct: x)
    sine, _ = sine_of(axes=Unbatchable("it is of one example"))
    with pytest.raises(agrad.UnsupportedError, match="'sine' cannot be batched: it is of one example"):
        agrad.vmap(sine)(X)


def test_rules_that_leave_xp_get_one_example_at_a_time(monkeypatch):
    monkeypatch.setattr(batch, "_named", set())

    def cosine(v: Any) -> Any:
        assert type(v) is np.ndarray, type(v)
        return np.cos(v)

    @agrad.custom_op(
        vjp=lambda ct, x: cosine(x) * np.asarray(ct), jvp=lambda t, x: cosine(x) * np.asarray(t), axes=POINTWISE
    )
    def sine(x):
        return np.sin(x)

    with pytest.warns(UserWarning, match="its rule for derivatives fails on many at once"):
        np.testing.assert_allclose(agrad.vmap(agrad.grad(lambda x: sine(x).sum()))(X), np.cos(X))
    np.testing.assert_allclose(agrad.vmap(lambda x: agrad.jvp(sine, (x,), (x,))[1])(X), np.cos(X) * X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for mode in ("rev", "fwd", None):
            np.testing.assert_allclose(agrad.jacobian(sine, mode=mode)(X[0]), np.diag(np.cos(X[0])))
            wide = agrad.jacobian(lambda x: xp.stack([sine(x)] * 2), mode=mode)(X[0])
            np.testing.assert_allclose(wide, np.stack([np.diag(np.cos(X[0]))] * 2))


def test_several_results_of_a_custom_op(monkeypatch):
    monkeypatch.setattr(batch, "_named", set())

    @agrad.custom_op(
        vjp=lambda xp, ct, x, y: (ct[0] * y, ct[0] * x + ct[1]),
        jvp=(lambda t, y: (t * y, 0 * t), lambda t, x: (t * x, t)),
        outputs=2,
    )
    def both(x, y):
        return x * y, y + 0.0

    def f(x: Any, y: Any) -> Any:
        a, b = both(x, y)
        return xp.sum(a * b)

    with pytest.warns(UserWarning, match="'both'"):
        for at in ((0, 0), (0, None), (None, 0)):
            given = [X if a == 0 else X[1] for a in at]
            found = agrad.vmap(agrad.grad(f, argnums=(0, 1)), in_axes=at)(*given)
            for k in range(SIZE):
                one = agrad.grad(f, argnums=(0, 1))(*[x[k] if a == 0 else x for x, a in zip(given, at, strict=True)])
                np.testing.assert_allclose([g[k] for g in found], one)
