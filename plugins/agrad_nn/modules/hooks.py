"""The handle of a hook: what takes it off again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Handle"]


class Handle:
    """A hook among others; ``remove()`` takes it off.

    Parameters
    ----------
    hooks : dict
        The hooks of one kind, by number: the new one is entered.
    hook : callable

    Examples
    --------
    >>> hooks = {}
    >>> handle = Handle(hooks, print)
    >>> handle.remove()
    >>> hooks
    {}
    """

    def __init__(self, hooks: dict[int, Any], hook: Callable[..., Any]) -> None:
        self._hooks = hooks
        self._key = max(hooks, default=-1) + 1
        hooks[self._key] = hook

    def remove(self) -> None:
        """Take the hook off; doing so twice is harmless."""
        self._hooks.pop(self._key, None)
        self._hooks = {}
