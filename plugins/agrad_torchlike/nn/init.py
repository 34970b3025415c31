"""Initial values with PyTorch's names and numbers: functions that fill a tensor in place and return it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from math import erf, sqrt
from typing import Any

import agrad
import agrad_nn.init as init
from agrad_nn.init import calculate_gain
from agrad_torchlike.inplace import settle
from agrad_torchlike.layout import root_of
from agrad_torchlike.nn.drawing import Initial
from agrad_torchlike.versions import changed

__all__ = [
    "calculate_gain",
    "constant_",
    "eye_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "orthogonal_",
    "trunc_normal_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def _filled(tensor: Any, fill: Callable[[Any], Any], word: str) -> None:
    """Fill a tensor: where NumPy has its memory, too, by way of a copy."""
    if not root_of(tensor)._memory:
        fill(tensor._t)
        changed(tensor, word)
        return
    t = tensor._t.detach().clone()
    fill(t)
    settle(tensor, t, word)


def _drawn(fill: Callable[..., Any], rename: dict[str, str]) -> Callable[..., Any]:
    """A function of agrad_nn's that draws, with a ``generator=``."""

    @wraps(fill)
    def call(tensor: Any, *args: Any, generator: Any = None, **options: Any) -> Any:
        options = {rename.get(name, name): value for name, value in options.items()}
        _filled(tensor, lambda t: fill(t, *args, rng=Initial(generator), **options), f"{fill.__name__}_")
        return tensor

    return call


def _plain(fill: Callable[..., Any]) -> Callable[..., Any]:
    """A function of agrad_nn's that does not draw."""

    @wraps(fill)
    def call(tensor: Any, *args: Any, **options: Any) -> Any:
        options = {{"val": "value"}.get(name, name): value for name, value in options.items()}
        _filled(tensor, lambda t: fill(t, *args, **options), f"{fill.__name__}_")
        return tensor

    return call


constant_, zeros_, ones_, eye_ = _plain(init.constant), _plain(init.zeros), _plain(init.ones), _plain(init.eye)
uniform_ = _drawn(init.uniform, {"a": "low", "b": "high"})
normal_ = _drawn(init.normal, {})
xavier_uniform_, xavier_normal_ = _drawn(init.xavier_uniform, {}), _drawn(init.xavier_normal, {})
kaiming_uniform_, kaiming_normal_ = _drawn(init.kaiming_uniform, {}), _drawn(init.kaiming_normal, {})
orthogonal_ = _drawn(init.orthogonal, {})


def trunc_normal_(
    tensor: Any, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0, generator: Any = None
) -> Any:
    """Draw from the normal distribution between two bounds, anew where a number falls outside."""
    share = (erf((b - mean) / std / sqrt(2.0)) - erf((a - mean) / std / sqrt(2.0))) / 2.0
    if share <= 0.3:
        raise NotImplementedError(
            f"trunc_normal_ got the bounds {a} and {b}, between which {share:.0%} of the numbers fall; it "
            "takes 30 % or more"
        )
    source = Initial(generator)
    with agrad.no_grad():
        t = tensor._t
        xp = t.__array_namespace__()
        init.fill(t, source.normal(t.shape, mean=mean, std=std, dtype=t.dtype))
        outside = (t < a) | (t > b)
        while bool(xp.any(outside)):
            init.fill(t, xp.where(outside, source.normal(t.shape, mean=mean, std=std, dtype=t.dtype), t))
            outside = (t < a) | (t > b)
    changed(tensor, "trunc_normal_")
    return tensor
