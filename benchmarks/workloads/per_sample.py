"""A gradient for each example: the two-layer network, batch 100, by `vmap` of the gradient and by a loop."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from contestants import Compiled, Prepare, Step, eager, native
from workloads import Workload
from workloads.network import loss, torch_loss

IN_AXES = (None, None, 0, 0)


def by_hand(w1: np.ndarray, w2: np.ndarray, x: np.ndarray, y: np.ndarray) -> tuple[Any, ...]:
    hidden = x @ w1
    active = hidden > 0
    np.maximum(hidden, 0, out=hidden)
    error = hidden @ w2
    error -= y
    error *= 2
    ct = error @ w2.T
    ct *= active
    return x[:, :, None] * ct[:, None, :], hidden[:, :, None] * error[:, None, :]


def _agrad(arrays: list[np.ndarray], looped: bool, backend: str = "numpy") -> Step:
    import agrad

    given = [native(a, backend) for a in arrays]
    gradient = agrad.grad(partial(loss, agrad.namespace(backend)), argnums=(0, 1))
    if not looped:
        batched = agrad.vmap(gradient, in_axes=IN_AXES)
        return lambda: batched(*given)
    w1, w2, x, y = given

    def step() -> tuple[Any, ...]:
        each = [gradient(w1, w2, x[k], y[k]) for k in range(len(x))]
        return tuple(np.stack(gradients) for gradients in zip(*each, strict=True))

    return step


def _torch(arrays: list[np.ndarray]) -> Step:
    import torch

    given = [torch.tensor(a) for a in arrays]

    def one(w1: Any, w2: Any, x: Any, y: Any) -> Any:
        return torch_loss(torch, w1, w2, x[None], y[None])

    batched = torch.func.vmap(torch.func.grad(one, argnums=(0, 1)), in_dims=IN_AXES)
    return lambda: batched(*given)


def _jax(arrays: list[np.ndarray], step: Callable[..., Step]) -> Step:
    import jax
    import jax.numpy as jnp

    batched = jax.vmap(jax.grad(partial(loss, jnp), argnums=(0, 1)), in_axes=IN_AXES)
    return _pair(step, batched, [jnp.asarray(a) for a in arrays])


def _agrad_jax(arrays: list[np.ndarray], step: Callable[..., Step]) -> Step:
    import agrad

    gradient = agrad.grad(partial(loss, agrad.namespace("jax")), argnums=(0, 1))
    return _pair(step, agrad.vmap(gradient, in_axes=IN_AXES), [native(a, "jax") for a in arrays])


def _pair(step: Callable[..., Step], gradients: Callable[..., Any], arrays: list[Any]) -> Step:
    """The step of two gradients, as one of a value and a tuple of others."""

    def function(*given: Any) -> Any:
        first, second = gradients(*given)
        return first, (second,)

    return step(function, arrays)


def workloads(tiny: bool) -> list[Workload]:
    batch, inputs, hidden, outputs = (5, 7, 4, 3) if tiny else (100, 1000, 100, 10)
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((batch, inputs)), rng.standard_normal((batch, outputs))
    w1 = rng.standard_normal((inputs, hidden)) / inputs**0.5
    w2 = rng.standard_normal((hidden, outputs)) / hidden**0.5
    arrays = [a.astype("float32") for a in (w1, w2, x, y)]
    batched: dict[str, Prepare] = {
        "numpy": lambda: partial(by_hand, *arrays),
        "agrad": lambda: _agrad(arrays, looped=False),
        "agrad.plain": lambda: _agrad(arrays, looped=True),
        "torch": lambda: _torch(arrays),
        "jax": lambda: _jax(arrays, eager),
        "jax.jit": lambda: _jax(arrays, Compiled),
        "agrad.jax": lambda: _agrad_jax(arrays, eager),
        "agrad.jax.jit": lambda: _agrad_jax(arrays, Compiled),
        "agrad.torch": lambda: _agrad(arrays, looped=False, backend="torch"),
    }
    return [Workload(name="per-sample", title="two-layer network, a gradient for each example", steps=batched)]
