"""Rosenbrock's function in 1,000 dimensions: its gradient and its Hessian-vector product."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from contestants import Compiled, Prepare, Step, differentiate, eager, native
from workloads import Workload


def loss(xp: Any, x: Any) -> Any:
    a, b = x[:-1], x[1:]
    return xp.sum(100.0 * (b - a**2) ** 2 + (1.0 - a) ** 2)


def by_hand(x: np.ndarray) -> tuple[Any, ...]:
    a, b = x[:-1], x[1:]
    valley = a * a
    np.subtract(b, valley, out=valley)
    slope = 1.0 - a
    value = 100.0 * (valley @ valley) + slope @ slope
    gradient = np.empty_like(x)
    valley *= 200.0
    gradient[0] = 0.0
    gradient[1:] = valley
    valley *= a
    valley += slope
    valley *= 2.0
    gradient[:-1] -= valley
    return value, gradient


def product_by_hand(x: np.ndarray, v: np.ndarray) -> tuple[Any, ...]:
    a, b, va, vb = x[:-1], x[1:], v[:-1], v[1:]
    product = np.empty_like(x)
    product[0] = 0.0
    cross = a * va
    cross *= -400.0
    cross += 200.0 * vb
    product[1:] = cross
    diagonal = a * a
    diagonal *= 1200.0
    diagonal -= 400.0 * b
    diagonal += 2.0
    diagonal *= va
    vb_term = a * vb
    vb_term *= 400.0
    diagonal -= vb_term
    product[:-1] += diagonal
    return (product,)


def products(x: np.ndarray, v: np.ndarray) -> dict[str, Prepare]:
    """Steps that compute the Hessian of `loss` at `x` times `v`."""

    def agrad_imperative(backend: str) -> Step:
        import agrad

        xp = agrad.namespace(backend)
        leaf, vector = agrad.tensor(native(x, backend), requires_grad=True), agrad.tensor(native(v, backend))

        def step() -> tuple[Any, ...]:
            leaf.grad = None
            loss(xp, leaf).backward(create_graph=True)
            gradient = leaf.grad
            leaf.grad = None
            xp.sum(gradient * vector).backward()
            return (leaf.grad,)

        return step

    def agrad_hvp() -> Step:
        import agrad

        xp = agrad.namespace("numpy")
        return lambda: (agrad.hvp(partial(loss, xp), (x,), (v,)),)

    def autograd_hvp() -> Step:
        import autograd
        import autograd.numpy as anp

        function = autograd.hessian_vector_product(partial(loss, anp))
        return lambda: (function(x, v),)

    def torch_hvp() -> Step:
        import torch

        leaf, vector = torch.tensor(x, requires_grad=True), torch.tensor(v)

        def step() -> tuple[Any, ...]:
            (gradient,) = torch.autograd.grad(loss(torch, leaf), leaf, create_graph=True)
            return torch.autograd.grad(gradient, leaf, vector)

        return step

    def jax_hvp(step: Callable[..., Step]) -> Step:
        import jax
        import jax.numpy as jnp

        def product(x: Any, v: Any) -> Any:
            return jax.jvp(jax.grad(partial(loss, jnp)), (x,), (v,))[1]

        return step(product, [jnp.asarray(x), jnp.asarray(v)])

    def agrad_jax_hvp(step: Callable[..., Step]) -> Step:
        import agrad

        function = partial(loss, agrad.namespace("jax"))
        return step(lambda x, v: agrad.hvp(function, (x,), (v,)), [native(x, "jax"), native(v, "jax")])

    return {
        "numpy": lambda: partial(product_by_hand, x, v),
        "agrad": partial(agrad_imperative, "numpy"),
        "agrad.grad": agrad_hvp,
        "autograd": autograd_hvp,
        "torch": torch_hvp,
        "jax": partial(jax_hvp, eager),
        "jax.jit": partial(jax_hvp, Compiled),
        "agrad.jax": partial(agrad_jax_hvp, eager),
        "agrad.jax.jit": partial(agrad_jax_hvp, Compiled),
        "agrad.torch": partial(agrad_imperative, "torch"),
    }


def workloads(tiny: bool) -> list[Workload]:
    size = 10 if tiny else 1000
    x, v = np.random.default_rng(0).standard_normal((2, size))
    return [
        Workload(
            name="rosenbrock",
            title="Rosenbrock, 1,000 dimensions",
            steps=differentiate(loss, [x], by_hand=by_hand),
        ),
        Workload(
            name="rosenbrock-hvp",
            title="Rosenbrock, Hessian-vector product",
            steps=products(x, v),
        ),
    ]
