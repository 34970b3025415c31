"""Derivatives that no method is known for: an error where one is asked for, never a zero."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.errors import UnsupportedError

__all__ = ["refused"]


def refused(op: str, parameter: str, why: str) -> Callable[[], Any]:
    """Return a rule that raises; its attribute `refuses` says so.

    Examples
    --------
    >>> refused("jv", "v", "the order is a constant")()
    Traceback (most recent call last):
    ...
    agrad.errors.UnsupportedError: special.jv has no derivative for v: the order is a constant; wrap v in \
agrad.stop_gradient if that is meant
    """

    def rule() -> Any:
        raise UnsupportedError(
            f"special.{op} has no derivative for {parameter}: {why}; "
            f"wrap {parameter} in agrad.stop_gradient if that is meant"
        )

    rule.refuses = True  # type: ignore[attr-defined]
    return rule
