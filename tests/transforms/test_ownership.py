"""What a transform keeps is its own: arrays and results that change after a call, arguments that are one array."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import agrad

x0, v0 = [1.0, 2.0, 3.0], [1.0, 0.5, -2.0]


def plain(space: Any, values: Any, dtype: str = "float64") -> Any:
    return space._raw.asarray(values, dtype=getattr(space._raw, dtype))


def numpy_of(space: Any, x: Any) -> np.ndarray:
    return np.asarray(space._backend.host(x.array if isinstance(x, agrad.Tensor) else x))


def change(space: Any, *arrays: Any) -> None:
    """Change arrays in place, where their library can."""
    if space._backend.mutable:
        for x in arrays:
            x[...] = 7


def f(p: Any) -> Any:
    xp = agrad.array_namespace(p["x"])
    return {"y": xp.exp(p["x"]) * p["k"], "x": p["x"], "taken": xp.take(p["x"], p["i"])}


def taken(values: Any) -> np.ndarray:
    return np.asarray(values)[[2, 0]]


def test_vjp_and_linearize_copy_what_may_change(space: Any) -> None:
    """The arguments, the index arrays among them and the results, each changed before the pullback is called."""
    expected = np.exp(x0)
    for transform in (agrad.vjp, agrad.linearize):
        p = {"x": plain(space, x0), "k": 2.0, "i": plain(space, [2, 0], "int64")}
        out, linear = transform(f, p)
        np.testing.assert_allclose(numpy_of(space, out["y"]), 2 * expected)
        change(space, p["x"], p["i"], *out.values())
        for _ in range(2):
            if transform is agrad.vjp:
                ct = {"y": plain(space, v0), "x": plain(space, [0.0, 0.0, 0.0]), "taken": plain(space, [0.0, 5.0])}
                g = linear(ct)[0]
                np.testing.assert_allclose(numpy_of(space, g["x"]), 2 * expected * v0 + [5.0, 0.0, 0.0])
                np.testing.assert_allclose(numpy_of(space, g["k"]), expected @ v0)
                change(space, g["x"], *ct.values())
            else:
                t = linear({"x": plain(space, v0), "k": 0.0, "i": p["i"]})
                np.testing.assert_allclose(numpy_of(space, t["y"]), 2 * expected * v0)
                np.testing.assert_allclose(numpy_of(space, t["taken"]), taken(v0))
                change(space, *t.values())


def test_scalars_that_are_changed(space: Any) -> None:
    x = plain(space, 3.0)
    out, pullback = agrad.vjp(lambda x: x * x, x)
    if space._backend.mutable:
        x += 1
        out += 1
    assert float(numpy_of(space, pullback(1.0)[0])) == 6.0


def test_arrays_that_cannot_change_are_not_copied() -> None:
    jax = pytest.importorskip("jax")
    xp = agrad.namespace("jax")
    x, seen = jax.numpy.asarray([1.0, 2.0]), []

    def same(x: Any) -> Any:
        seen.append(x._value)
        return xp.sum(x * x)

    agrad.vjp(same, x)
    assert seen[0] is x


def test_grad_takes_no_copy() -> None:
    x, seen = np.asarray(x0), []

    def same(x: Any) -> Any:
        seen.append(x._value)
        return (x * x).sum()

    for transform in (agrad.grad, agrad.value_and_grad, agrad.hessian):
        transform(same)(x)
    agrad.jvp(same, (x,), (x,))
    agrad.hvp(same, (x,), (x,))
    assert all(np.shares_memory(x, getattr(value, "_value", value)) for value in seen)


def test_a_tensor_that_is_rebound(space: Any) -> None:
    x = space.asarray(x0, dtype=space.float64)
    out, pullback = agrad.vjp(lambda x: x * x, x)
    x += 1
    out += 1
    np.testing.assert_array_equal(numpy_of(space, pullback(plain(space, v0))[0]), 2 * np.asarray(x0) * v0)


def test_one_array_for_several_arguments_is_several_arguments(space: Any) -> None:
    """Each argument has its own gradient, and no change of one is seen through the other."""

    def f(a: Any, b: Any) -> Any:
        a[0] = 5.0
        return (a * b).sum()

    x = plain(space, x0)
    value, (ga, gb) = agrad.value_and_grad(f, argnums=(0, 1))(x, x)
    assert float(numpy_of(space, value)) == 5.0 + 4.0 + 9.0
    np.testing.assert_array_equal(numpy_of(space, ga), [0.0, 2.0, 3.0])
    np.testing.assert_array_equal(numpy_of(space, gb), [5.0, 2.0, 3.0])
    np.testing.assert_array_equal(numpy_of(space, x), x0)
    g = agrad.grad(lambda p: f(*p))([x, x])
    np.testing.assert_array_equal(numpy_of(space, g[0]), [0.0, 2.0, 3.0])
    np.testing.assert_array_equal(numpy_of(space, g[1]), [5.0, 2.0, 3.0])
