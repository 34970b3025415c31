"""Activations and their slopes, without overflow and without the loss of digits where they saturate."""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

from agrad_nn.compute.common import reals

__all__ = [
    "SELU_ALPHA",
    "SELU_SCALE",
    "below",
    "elu",
    "elu_slope",
    "gelu",
    "gelu_slope",
    "leaky",
    "log_sigmoid",
    "sigmoid",
    "softplus",
    "softplus_slope",
]

SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946
"""Klambauer et al., Self-normalizing neural networks (2017), appendix A.1."""

SATURATED = 40.0
"""From here on ``y / (1 + y)`` of ``y = exp(x)`` is 1 in double precision."""

CUBE = 0.044715
"""Hendrycks and Gimpel, Gaussian error linear units (2016), section 2."""


def sigmoid(xp: Any, x: Any) -> Any:
    """``y / (1 + y)`` of ``y = exp(x)``, which does not overflow where x is cut."""
    y = xp.exp(xp.minimum(x, SATURATED))
    return y / (1 + y)


def log_sigmoid(xp: Any, x: Any) -> Any:
    """``-log(1 + exp(-x))``."""
    return xp.minimum(x, 0) - xp.log1p(xp.exp(-xp.abs(x)))


def below(xp: Any, x: Any) -> Any:
    """x where it is negative, 0 elsewhere; its derivative at 0 is 0."""
    return xp.where(x < 0, x, 0)


def leaky(xp: Any, x: Any, v: Any, slope: float) -> Any:
    """v where x is positive, `slope` times v elsewhere: two masks, for one of the two terms is 0."""
    up = x > 0
    return xp.where(up, v, 0) + slope * xp.where(up, 0, v)


def elu(xp: Any, x: Any, alpha: float) -> Any:
    """One of the two terms is 0."""
    return xp.maximum(x, 0) + alpha * xp.expm1(below(xp, x))


def elu_slope(xp: Any, x: Any, alpha: float) -> Any:
    """1 where x is positive, ``alpha * exp(x)`` elsewhere."""
    fall = xp.exp(below(xp, x))
    return fall if alpha == 1 else xp.where(x > 0, 1.0, alpha * fall)


def softplus(xp: Any, x: Any, beta: float, threshold: float) -> Any:
    """``log(1 + exp(beta * x)) / beta``, and x itself where ``beta * x`` is beyond the threshold."""
    z = x if beta == 1 else beta * x
    bent = xp.maximum(z, 0) + xp.log1p(xp.exp(-xp.abs(z)))
    return xp.where(z > threshold, x, bent if beta == 1 else bent / beta)


def softplus_slope(xp: Any, x: Any, beta: float, threshold: float) -> Any:
    """The logistic function of ``beta * x``, 1 beyond the threshold."""
    z = x if beta == 1 else beta * x
    return xp.where(z > threshold, 1.0, sigmoid(xp, z))


def gelu(xp: Any, x: Any, approximate: str) -> tuple[Any, Any]:
    """The result, and the weight that x has in it, which the slope is made of."""
    if approximate not in ("none", "tanh"):
        raise ValueError(f"nn.gelu got approximate={approximate!r}; it takes 'none' or 'tanh'")
    (x,) = reals(xp, "gelu", x)
    # (1 + tanh(z)) / 2 is sigmoid(2 z)
    weight = xp.special.ndtr(x) if approximate == "none" else sigmoid(xp, sqrt(8 / pi) * (x + CUBE * x * x * x))
    return x * weight, weight


def gelu_slope(xp: Any, x: Any, weight: Any, approximate: str) -> Any:
    """``weight + x * weight'``."""
    if approximate == "none":
        return weight + x * xp.exp(-0.5 * x * x) * (1 / sqrt(2 * pi))
    return weight + x * weight * (1 - weight) * (sqrt(8 / pi) * (1 + 3 * CUBE * x * x))
