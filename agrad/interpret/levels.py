"""Levels: which interpretation follows a value, and where recording is switched off."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from contextlib import ContextDecorator
from contextvars import ContextVar, Token
from typing import Any, Self

__all__ = ["OFF", "Trace", "enable_grad", "enabled", "no_grad", "transforming"]

_levels = itertools.count(1)

_disabled_upto: ContextVar[int] = ContextVar("agrad_disabled_upto", default=-1)
_depth: ContextVar[int] = ContextVar("agrad_depth", default=0)

OFF: list[None] = []
"""One entry for each `no_grad` or `enable_grad` active in any thread: empty means "record"."""


class Trace:
    """One run of one interpretation; values that it follows are boxed in Tensors that point to it.

    Levels are process-unique and only grow, so that threads inside a transformed function are right.
    """

    __slots__ = ("__weakref__", "_token", "alive", "level", "recording")
    differentiates = True
    """Whether it takes derivatives: constants, `stop_gradient` and `no_grad` act on such levels only."""
    records = False
    """Whether this interpretation leaves nodes; the specialised code does so itself."""

    def __init__(self, level: int | None = None) -> None:
        self.level = next(_levels) if level is None else level
        self.alive = True
        self.recording = self.records
        """Alive and leaving nodes: what the specialised code checks before it records."""

    def process(self, f: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
        """Interpret an op whose innermost followed argument belongs to this trace."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        self._token = _depth.set(_depth.get() + 1)
        return self

    def __exit__(self, *exc: object) -> None:
        _depth.reset(self._token)
        self.alive = self.recording = False


def enabled(trace: Trace) -> bool:
    """Whether operations on this trace's values are followed, here and now."""
    return trace.level > _disabled_upto.get()


def transforming() -> bool:
    """Whether this thread is inside a functional transform."""
    return _depth.get() > 0


class _Switch(ContextDecorator):
    """A reusable, re-entrant context manager and decorator that sets the disabled range of levels."""

    def __init__(self) -> None:
        self._tokens: list[Token[int]] = []

    def _upto(self) -> int:
        raise NotImplementedError

    def _recreate_cm(self) -> Any:
        return type(self)()

    def __enter__(self) -> None:
        OFF.append(None)
        self._tokens.append(_disabled_upto.set(self._upto()))

    def __exit__(self, *exc: object) -> None:
        _disabled_upto.reset(self._tokens.pop())
        OFF.pop()


class no_grad(_Switch):  # noqa: N801 - PyTorch's name
    """Do not follow operations: a context manager and a decorator.

    Outside a transform it leaves the transform alone; inside, it stops gradients in both modes.

    Examples
    --------
    >>> import agrad
    >>> x = agrad.tensor(3.0, requires_grad=True)
    >>> with agrad.no_grad():
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def _upto(self) -> int:
        return next(_levels)


class enable_grad(_Switch):  # noqa: N801 - PyTorch's name
    """Follow operations again inside a `no_grad`: a context manager and a decorator.

    Examples
    --------
    >>> import agrad
    >>> x = agrad.tensor(3.0, requires_grad=True)
    >>> with agrad.no_grad(), agrad.enable_grad():
    ...     y = x * 2
    >>> y.requires_grad
    True
    """

    def _upto(self) -> int:
        return -1
