"""Softmax attention: 8 heads, 128 positions, 64 channels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload


def attention(xp: Any, softmax: Callable[[Any], Any], q: Any, k_transposed: Any, v: Any) -> Any:
    scores = xp.matmul(q, k_transposed) * q.shape[-1] ** -0.5
    return xp.sum(xp.matmul(softmax(scores), v) ** 2)


def loss(xp: Any, q: Any, k: Any, v: Any) -> Any:
    from agrad import stop_gradient

    def softmax(scores: Any) -> Any:
        weights = xp.exp(scores - stop_gradient(xp.max(scores, axis=-1, keepdims=True)))
        return weights / xp.sum(weights, axis=-1, keepdims=True)

    return attention(xp, softmax, q, k.mT, v)


def autograd_loss(anp: Any, q: Any, k: Any, v: Any) -> Any:
    from autograd.tracer import getval

    def softmax(scores: Any) -> Any:
        weights = anp.exp(scores - np.max(getval(scores), axis=-1, keepdims=True))
        return weights / anp.sum(weights, axis=-1, keepdims=True)

    return attention(anp, softmax, q, anp.swapaxes(k, -1, -2), v)


def torch_loss(torch: Any, q: Any, k: Any, v: Any) -> Any:
    return attention(torch, partial(torch.softmax, dim=-1), q, k.mT, v)


def jax_loss(jnp: Any, q: Any, k: Any, v: Any) -> Any:
    from jax.nn import softmax

    return attention(jnp, softmax, q, k.mT, v)


def by_hand(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> tuple[Any, ...]:
    scale = q.shape[-1] ** -0.5
    weights = (q * scale) @ k.swapaxes(-1, -2)
    weights -= np.maximum.reduce(weights, axis=-1, keepdims=True)
    np.exp(weights, out=weights)
    weights /= np.add.reduce(weights, axis=-1, keepdims=True)
    out = weights @ v
    value = np.vdot(out, out)
    out *= 2.0
    v_gradient = weights.swapaxes(-1, -2) @ out
    ct = out @ v.swapaxes(-1, -2)
    ct *= weights
    weights *= np.add.reduce(ct, axis=-1, keepdims=True)
    ct -= weights
    ct *= scale
    return value, ct @ k, ct.swapaxes(-1, -2) @ q, v_gradient


def workloads(tiny: bool) -> list[Workload]:
    shape = (2, 5, 3) if tiny else (8, 128, 64)
    q, k, v = np.random.default_rng(0).standard_normal((3, *shape))
    own = {"autograd": autograd_loss, "torch": torch_loss, "jax": jax_loss}
    return [
        Workload(
            name="attention",
            title="softmax attention, (8, 128, 64)",
            steps=differentiate(loss, [q, k, v], by_hand=by_hand, **own),
        )
    ]
