"""``torch.special``: the functions of that name."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.errors import missing
from agrad_torchlike.registry import function

__all__: list[str] = []

_NAMES = {"expit": "sigmoid", "gammaln": "lgamma", "digamma": "digamma", "psi": "digamma", "xlogy": "xlogy"} | {
    name: name for name in "erf erfc erfinv exp2 expm1 log1p logit log_softmax logsumexp softmax round".split()
}
"""The names of the functions in ``torch``."""


def __getattr__(name: str) -> Any:
    made = function(_NAMES[name]) if name in _NAMES else None
    if made is None:
        raise AttributeError(missing(f"special.{name}", "function"))
    return made


def __dir__() -> list[str]:
    return sorted(_NAMES)
