"""Random numbers drawn again as they were: what `checkpoint` needs to run a function twice."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from copy import deepcopy
from typing import Any

__all__ = ["Draws", "source_of"]

_noting: ContextVar[tuple[Draws, ...]] = ContextVar("agrad_draws", default=())

_again: ContextVar[dict[int, Any]] = ContextVar("agrad_drawn_again", default={})  # noqa: B039 - never changed
"""Sources that take the place of a generator's own, by the generator's identity."""


class Draws:
    """The generators that a run has drawn from, and where each stood when it was first asked."""

    def __init__(self) -> None:
        self._met: dict[int, tuple[Any, Any]] = {}

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Note which generators are drawn from."""
        outer = _noting.set((*_noting.get(), self))
        try:
            yield
        finally:
            _noting.reset(outer)

    @contextmanager
    def repeated(self) -> Iterator[None]:
        """Draw the same numbers again; the generators themselves stay where they are."""
        outer = _again.set(_again.get() | {key: deepcopy(start) for key, (_, start) in self._met.items()})
        try:
            yield
        finally:
            _again.reset(outer)

    def meet(self, generator: Any, source: Any) -> None:
        """Note where a generator stands, before it draws."""
        if id(generator) not in self._met:
            self._met[id(generator)] = generator, deepcopy(source)


def source_of(generator: Any, own: Any) -> Any:
    """The source that a generator draws from here and now."""
    source = _again.get().get(id(generator), own)
    for draws in _noting.get():
        draws.meet(generator, source)
    return source
