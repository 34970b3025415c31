"""A test backend that has the standard and nothing else: array_api_strict.

It brings no ways of its own to read, update and scatter, so that agrad's fallbacks are tried with it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from agrad.backend import Backend
from agrad.plugins import hookimpl, manager, register

__all__ = ["install"]

NAME = "array-api-strict"


def _load() -> Any:
    import array_api_strict

    array_api_strict.set_array_api_strict_flags(api_version="2025.12")
    return array_api_strict


def _owns(x: object) -> bool:
    module = sys.modules.get("array_api_strict")
    return module is not None and isinstance(x, module._array_object.Array)


def _own(array: Any) -> Any:
    return sys.modules["array_api_strict"].asarray(array, copy=True)


class StrictPlugin:
    """What registers the backend."""

    @hookimpl
    def agrad_backends(self) -> Iterable[Backend]:
        """The backend of array_api_strict."""
        return [Backend(name=NAME, load=_load, owns=_owns, own=_own)]


def install() -> None:
    """Make ``agrad.namespace("array-api-strict")`` known, once."""
    if manager().get_plugin(NAME) is None:
        register(StrictPlugin(), NAME)
