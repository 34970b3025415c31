"""JAX's own rules: the gradients compile to programs that move no more bytes than those of JAX."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest

import agrad

jax = pytest.importorskip("jax")
jnp = jax.numpy


def loss(xp: Any, w: Any, x: Any) -> Any:
    return xp.sum(xp.matmul(xp.tanh(x), w) ** 2)


@pytest.mark.parametrize("rows", [(100,), (2, 50)])
@pytest.mark.parametrize("columns", [(), (10,)])
def test_products_are_differentiated_without_transposed_copies(rows: tuple[int, ...], columns: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    found = agrad.value_and_grad(partial(loss, agrad.namespace("jax")), argnums=(0, 1))
    expected = jax.value_and_grad(partial(loss, jnp), argnums=(0, 1))
    with jax.enable_x64(True):
        arrays = [jnp.asarray(rng.standard_normal(shape)) for shape in ((100, *columns), (*rows, 100))]
        costs = [jax.jit(f).lower(*arrays).compile().cost_analysis()["bytes accessed"] for f in (found, expected)]
    assert costs[0] <= 1.02 * costs[1]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ((3,), (3,)),
        ((3,), (3, 2)),
        ((3,), (4, 3, 2)),
        ((2, 3), (3,)),
        ((4, 2, 3), (3,)),
        ((4, 2, 3), (3, 5)),
        ((2, 3), (3, 5)),
        ((2, 3), (4, 3, 5)),
        ((4, 2, 3), (4, 3, 5)),
    ],
)
def test_products_of_every_shape(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    xp = agrad.namespace("jax")
    rng = np.random.default_rng(0)
    x1, x2 = (jnp.asarray(rng.standard_normal(shape), "float32") for shape in (a, b))
    found = agrad.grad(lambda x1, x2: xp.sum(xp.matmul(x1, x2) ** 2), argnums=(0, 1))(x1, x2)
    expected = jax.grad(lambda x1, x2: jnp.sum(jnp.matmul(x1, x2) ** 2), argnums=(0, 1))(x1, x2)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)
