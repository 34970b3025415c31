"""The conformance suite of agrad: a verdict on any backend or op plugin, against high-precision reference gradients.

Cases (`agrad_conformance.cases`) say how ops are called, `agrad_conformance.sample` gives them numbers, and
`agrad_conformance.data` holds the values and derivatives there, which `agrad_conformance.generate` computed with mpmath
and compared with two other systems. `agrad_conformance.conventions` pins what mathematics leaves open.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agrad_conformance.run import check, keys
    from agrad_conformance.verdict import verify

__all__ = ["DATA_VERSION", "check", "keys", "verify"]

DATA_VERSION = 1
"""Version of the stored references: another one means that cases, seeds or their layout have changed."""

_HOMES = {"check": "run", "keys": "run", "verify": "verdict"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:  # which import all of the suite
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"agrad_conformance.{_HOMES[name]}"), name)
    return value
