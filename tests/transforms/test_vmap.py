"""`vmap` against the stack of single results: however it is called, whatever transform is around it or inside."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
from batches import SIZE, M, X, host, looped

xp = agrad.namespace("numpy")
GENERATOR = np.random.default_rng(5)
W = GENERATOR.normal(size=(5, 3))


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
