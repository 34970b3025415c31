"""Black-Scholes prices of 100,000 call options, and their gradients in the spot price and the volatility."""

from __future__ import annotations

from collections.abc import Callable
from math import pi
from typing import Any

import numpy as np

from contestants import differentiate
from workloads import Workload

RATE = 0.03


def prices(
    erf: Callable[[Any], Any], xp: Any, spot: Any, volatility: Any, strike: Any, expiry: Any, discounted: Any
) -> Any:
    """The sum of the prices; `discounted` is the strike, discounted over the time to expiry."""
    deviation = volatility * xp.sqrt(expiry)
    upper = (xp.log(spot / strike) + (RATE + 0.5 * volatility**2) * expiry) / deviation
    lower = upper - deviation
    return xp.sum(0.5 * (spot * (1.0 + erf(upper * 0.5**0.5)) - discounted * (1.0 + erf(lower * 0.5**0.5))))


def loss(xp: Any, *arrays: Any) -> Any:
    return prices(xp.special.erf, xp, *arrays)


def autograd_loss(anp: Any, *arrays: Any) -> Any:
    from autograd.scipy.special import erf

    return prices(erf, anp, *arrays)


def torch_loss(torch: Any, *arrays: Any) -> Any:
    return prices(torch.erf, torch, *arrays)


def jax_loss(jnp: Any, *arrays: Any) -> Any:
    from jax.scipy.special import erf

    return prices(erf, jnp, *arrays)


def by_hand(
    spot: np.ndarray, volatility: np.ndarray, strike: np.ndarray, expiry: np.ndarray, discounted: np.ndarray
) -> tuple[Any, ...]:
    from scipy.special import erf

    root = np.sqrt(expiry)
    deviation = volatility * root
    upper = spot / strike
    np.log(upper, out=upper)
    drift = volatility * volatility
    drift *= 0.5
    drift += RATE
    drift *= expiry
    upper += drift
    upper /= deviation
    upper *= 0.5**0.5
    lower = np.multiply(deviation, -(0.5**0.5), out=drift)
    lower += upper
    erf(lower, out=lower)
    lower += 1.0
    delta = erf(upper)
    delta += 1.0
    delta *= 0.5
    value = spot @ delta - 0.5 * (discounted @ lower)
    # The derivative in the volatility is the spot price times the normal density times the root.
    np.multiply(upper, upper, out=upper)
    np.negative(upper, out=upper)
    vega = np.exp(upper, out=upper)
    vega *= spot
    vega *= root
    vega *= (2.0 * pi) ** -0.5
    return value, delta, vega


def workloads(tiny: bool) -> list[Workload]:
    size = 10 if tiny else 100_000
    rng = np.random.default_rng(0)
    spot, strike = rng.uniform(80.0, 120.0, (2, size))
    volatility, expiry = rng.uniform(0.1, 0.5, size), rng.uniform(0.2, 2.0, size)
    discounted = strike * np.exp(-RATE * expiry)
    own = {"autograd": autograd_loss, "torch": torch_loss, "jax": jax_loss}
    return [
        Workload(
            name="black-scholes",
            title="Black-Scholes, 100,000 options",
            steps=differentiate(loss, [spot, volatility], [strike, expiry, discounted], by_hand=by_hand, **own),
            needs=("scipy",),
        )
    ]
