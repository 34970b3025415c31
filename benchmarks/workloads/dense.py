"""Whole matrices of derivatives in 50 inputs: the Hessian of a scalar, and the Jacobian of a two-layer network."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from contestants import Compiled, Expression, Prepare, Step, eager, native
from workloads import Workload


def scalar(xp: Any, x: Any, w: Any) -> Any:
    return xp.sum(xp.exp(xp.tanh(xp.matmul(w, x)))) + 0.1 * xp.sum(x**4)


def hessian_by_hand(x: np.ndarray, w: np.ndarray) -> tuple[Any, ...]:
    t = np.tanh(w @ x)
    slope = 1.0 - t * t
    curvature = np.exp(t) * slope * (slope - 2.0 * t)
    hessian = w.T @ (curvature[:, None] * w)
    hessian.flat[:: len(x) + 1] += 1.2 * x * x
    return (hessian,)


def network(xp: Any, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
    return xp.tanh(xp.matmul(w2, xp.tanh(xp.matmul(w1, x) + b1)) + b2)


def jacobian_by_hand(x: np.ndarray, w1: np.ndarray, b1: np.ndarray, w2: np.ndarray, b2: np.ndarray) -> tuple[Any, ...]:
    hidden = np.tanh(w1 @ x + b1)
    out = np.tanh(w2 @ hidden + b2)
    inner = (1.0 - hidden * hidden)[:, None] * w1
    jacobian = w2 @ inner
    jacobian *= (1.0 - out * out)[:, None]
    return (jacobian,)


def matrices(
    name: str, expression: Expression, x: np.ndarray, *constants: np.ndarray, by_hand: Callable[..., tuple[Any, ...]]
) -> dict[str, Prepare]:
    """Steps that apply each library's `hessian` or `jacobian`, whichever is named."""

    def agrad_matrix(backend: str) -> Step:
        import agrad

        at, *others = (native(a, backend) for a in (x, *constants))
        function = getattr(agrad, name)(lambda x: expression(agrad.namespace(backend), x, *others))
        return lambda: (function(at),)

    def agrad_jax_matrix(step: Callable[..., Step]) -> Step:
        import agrad

        function = getattr(agrad, name)(partial(expression, agrad.namespace("jax")))
        return step(function, [native(a, "jax") for a in (x, *constants)])

    def autograd_matrix() -> Step:
        import autograd
        import autograd.numpy as anp

        function = getattr(autograd, name)(partial(expression, anp))
        return lambda: (function(x, *constants),)

    def torch_matrix() -> Step:
        import torch

        at, *others = (torch.tensor(a) for a in (x, *constants))
        transform = {"hessian": torch.func.hessian, "jacobian": torch.func.jacrev}[name]
        function = transform(partial(expression, torch))
        return lambda: (function(at, *others),)

    def jax_matrix(step: Callable[..., Step]) -> Step:
        import jax
        import jax.numpy as jnp

        function = getattr(jax, name)(partial(expression, jnp))
        return step(function, [jnp.asarray(a) for a in (x, *constants)])

    return {
        "numpy": lambda: partial(by_hand, x, *constants),
        "agrad": partial(agrad_matrix, "numpy"),
        "autograd": autograd_matrix,
        "torch": torch_matrix,
        "jax": partial(jax_matrix, eager),
        "jax.jit": partial(jax_matrix, Compiled),
        "agrad.jax": partial(agrad_jax_matrix, eager),
        "agrad.jax.jit": partial(agrad_jax_matrix, Compiled),
        "agrad.torch": partial(agrad_matrix, "torch"),
    }


def workloads(tiny: bool) -> list[Workload]:
    size, hidden = (4, 5) if tiny else (50, 64)
    rng = np.random.default_rng(0)
    x = rng.standard_normal(size)
    w = rng.standard_normal((size, size)) / size**0.5
    w1, w2 = rng.standard_normal((hidden, size)) / size**0.5, rng.standard_normal((size, hidden)) / hidden**0.5
    b1, b2 = rng.standard_normal(hidden) / 10, rng.standard_normal(size) / 10
    return [
        Workload(
            name="hessian",
            title="Hessian, 50 inputs",
            steps=matrices("hessian", scalar, x, w, by_hand=hessian_by_hand),
        ),
        Workload(
            name="jacobian",
            title="Jacobian, 50 x 50",
            steps=matrices("jacobian", network, x, w1, b1, w2, b2, by_hand=jacobian_by_hand),
        ),
    ]
