"""``torch.linalg``: the functions of that name."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.errors import missing
from agrad_torchlike.registry import FUNCTIONS, function

__all__: list[str] = []

_OUTSIDE = {"inv": "inverse", "cross": "cross", "diagonal": "diagonal", "matmul": "matmul"}
"""Names that are those of functions in ``torch``."""


def __getattr__(name: str) -> Any:
    made = function(f"linalg.{name}")
    if made is None and name in _OUTSIDE:
        made = function(_OUTSIDE[name])
    if made is None:
        raise AttributeError(missing(f"linalg.{name}", "function"))
    return made


def __dir__() -> list[str]:
    function("exp")
    return sorted([*_OUTSIDE, *[name[7:] for name in FUNCTIONS if name.startswith("linalg.")]])
