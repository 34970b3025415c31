"""The cumulative product of four million elements: the time of its backward pass."""

from __future__ import annotations

from typing import Any

import numpy as np

from contestants import Prepare, Step, differentiate, native
from workloads import Workload


def loss(xp: Any, x: Any, w: Any) -> Any:
    return xp.sum(xp.cumulative_prod(x) * w)


def torch_loss(torch: Any, x: Any, w: Any) -> Any:
    return torch.sum(torch.cumprod(x, 0) * w)


def jax_loss(jnp: Any, x: Any, w: Any) -> Any:
    return jnp.sum(jnp.cumprod(x) * w)


def by_hand(x: np.ndarray, w: np.ndarray) -> tuple[Any, ...]:
    products = np.multiply.accumulate(x)
    products *= w
    value = np.add.reduce(products)
    gradient = np.empty_like(x)
    np.add.accumulate(products[::-1], out=gradient[::-1])
    gradient /= x
    return value, gradient


def forward(x: np.ndarray, w: np.ndarray) -> dict[str, Prepare]:
    """Steps that compute the value alone, recorded where the library records."""

    def plain() -> Step:
        return lambda: (np.add.reduce(np.multiply.accumulate(x) * w),)

    def agrad_forward(backend: str) -> Step:
        import agrad

        xp = agrad.namespace(backend)
        leaf, other = agrad.tensor(native(x, backend), requires_grad=True), xp.asarray(native(w, backend))
        return lambda: (loss(xp, leaf, other),)

    def torch_forward() -> Step:
        import torch

        leaf, other = torch.tensor(x, requires_grad=True), torch.tensor(w)
        return lambda: (torch_loss(torch, leaf, other),)

    return {
        "numpy": plain,
        "agrad": lambda: agrad_forward("numpy"),
        "torch": torch_forward,
        "agrad.torch": lambda: agrad_forward("torch"),
    }


def workloads(tiny: bool) -> list[Workload]:
    size = 10 if tiny else 4_000_000
    rng = np.random.default_rng(0)
    x = np.exp(rng.standard_normal(size) * size**-0.5)  # the products stay near 1
    w = rng.standard_normal(size)
    steps = differentiate(loss, [x], [w], by_hand=by_hand, torch=torch_loss, jax=jax_loss)
    baseline = forward(x, w)
    return [
        Workload(
            name="cumulative-prod",
            title="cumulative_prod, 4e6 elements, backward alone",
            steps={name: steps[name] for name in baseline},
            baseline=baseline,
        )
    ]
