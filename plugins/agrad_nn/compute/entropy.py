"""Cross-entropies of two classes and divergences, place by place."""

from __future__ import annotations

from typing import Any

from agrad_nn.compute.activation import sigmoid

__all__ = ["binary", "binary_slope", "divergence", "logarithm", "logit_slope", "of_logits", "softplus_of_minus"]

LOWEST = -100.0
"""What the logarithm of 0 is taken for, as in PyTorch."""

NARROWEST = 1e-12
"""What x (1 - x) is at least taken for in a slope, as in PyTorch."""


def logarithm(xp: Any, x: Any) -> Any:
    """log(x), and no less than -100; libraries warn of the logarithm of 0."""
    none = x == 0
    return xp.where(none, LOWEST, xp.maximum(xp.log(xp.where(none, 1.0, x)), LOWEST))


def binary(xp: Any, x: Any, target: Any) -> Any:
    """Minus the logarithm of what is expected of the probability x."""
    return -(target * logarithm(xp, x) + (1 - target) * logarithm(xp, 1 - x))


def binary_slope(xp: Any, x: Any, target: Any) -> Any:
    """The derivative along x."""
    return (x - target) / xp.maximum(x * (1 - x), NARROWEST)


def softplus_of_minus(xp: Any, x: Any) -> Any:
    """Minus the logarithm of sigmoid(x): log(1 + exp(-x))."""
    return xp.log1p(xp.exp(-xp.abs(x))) - xp.minimum(x, 0)


def of_logits(xp: Any, x: Any, target: Any, pos_weight: Any) -> Any:
    """`binary` of the probability sigmoid(x)."""
    positive = softplus_of_minus(xp, x)
    if pos_weight is None:
        return (1 - target) * x + positive
    return (1 - target) * x + (1 + (pos_weight - 1) * target) * positive


def logit_slope(xp: Any, x: Any, target: Any, pos_weight: Any) -> Any:
    """The derivative of that along x."""
    p = sigmoid(xp, x)
    if pos_weight is None:
        return p - target
    return (1 - target) * p - pos_weight * target * sigmoid(xp, -x)


def divergence(xp: Any, x: Any, target: Any, log_target: bool) -> Any:
    """Kullback and Leibler's, of a distribution from the one whose logarithm is x; a probability of 0 adds nothing."""
    if log_target:
        return xp.exp(target) * (target - x)
    none = target == 0
    return target * (xp.log(xp.where(none, 1.0, target)) - xp.where(none, 0, x))
