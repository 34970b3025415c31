"""Makes the backend of array-api-strict known to a test, installed or not."""

from __future__ import annotations

import agrad_strict
from agrad.plugins import manager, register

__all__ = ["install"]

NAME = "array-api-strict"


def install() -> None:
    """Make ``agrad.namespace("array-api-strict")`` known, once."""
    if manager().get_plugin(NAME) is None:
        register(agrad_strict, NAME)
