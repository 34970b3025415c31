"""What the interpretations know of a namespace, so that they need not import it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from agrad.backend import Backend
from agrad.interpret.aval import Aval

__all__ = ["Space"]


class Space(Protocol):
    """The part of `agrad.arrays.namespaces.Namespace` that computing and differentiating take."""

    _backend: Backend
    _raw: Any
    """The backend's own namespace, completed by the fallbacks."""
    _tensor: Any
    """The Tensor class of this namespace."""
    _stale: Any
    """The class of its Tensors that are to be brought up to date."""
    _aval_of: Callable[[Any], Aval]
    _owns: Callable[[object], bool]
    _plain: set[type]
    """Types that ops take besides Tensors: Python numbers, and arrays seen so far."""
    _array_types: set[type]
    """Types of the backend's arrays seen so far."""
    _numbers: frozenset[type]
    """Types of its arrays that are numbers: 0-d values that never change."""
    _settings: set[type]
    """Types of parameters that are passed on as they are."""

    def __getattr__(self, name: str) -> Any:
        """A function of the standard."""

    def _box(self, value: Any, aval: Aval, node: Any) -> Any: ...

    def _wrap(self, out: Any) -> Any: ...

    def _copied(self, array: Any) -> Any: ...

    def _own_results(self, f: Any, args: Sequence[Any], params: dict[str, Any], out: Any) -> Any: ...

    def _one(self, value: Any, aval: Aval) -> Any: ...

    @staticmethod
    def _rebuild(like: Any, items: Sequence[Any]) -> Any: ...
