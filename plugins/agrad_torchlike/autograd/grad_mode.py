"""The switches that say whether operations are followed."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import agrad

__all__ = [
    "enable_grad",
    "inference_mode",
    "is_grad_enabled",
    "is_inference_mode_enabled",
    "no_grad",
    "set_grad_enabled",
]


class no_grad(agrad.no_grad):  # noqa: N801 - PyTorch's name
    """Do not follow operations: a context manager and a decorator, with or without parentheses.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad():
    ...     (x * 2).requires_grad
    False
    """

    __slots__ = ()


class enable_grad(agrad.enable_grad):  # noqa: N801
    """Follow operations again inside a `no_grad`.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> with torch.no_grad(), torch.enable_grad():
    ...     (x * 2).requires_grad
    True
    """

    __slots__ = ()


class set_grad_enabled:  # noqa: N801
    """Follow operations or do not: from now on, or within a ``with`` block or a decorated function.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> before = torch.set_grad_enabled(False)
    >>> torch.is_grad_enabled()
    False
    >>> with torch.set_grad_enabled(True):
    ...     torch.is_grad_enabled()
    True
    >>> before = torch.set_grad_enabled(True)
    """

    def __init__(self, mode: bool) -> None:
        self.mode = bool(mode)
        self._before = agrad.is_grad_enabled()
        _lasting(self.mode)

    def __enter__(self) -> None:
        """Nothing: the switch is set already."""

    def __exit__(self, *exc: object) -> None:
        _lasting(self._before)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Decorate a function; what is outside of it stays as it was."""
        _lasting(self._before)
        mode = self.mode

        @wraps(function)
        def called(*args: Any, **options: Any) -> Any:
            with set_grad_enabled(mode):
                return function(*args, **options)

        return called


_blocks: ContextVar[tuple[Any, ...]] = ContextVar("agrad_torchlike_grad_mode", default=())
"""The blocks that were entered to stay, the innermost last."""


def _lasting(mode: bool) -> None:
    """Set the switch without a block, by one that is left when it is set back."""
    if agrad.is_grad_enabled() is mode:
        return
    blocks = _blocks.get()
    if blocks:
        blocks[-1].__exit__(None, None, None)
        _blocks.set(blocks[:-1])
        if agrad.is_grad_enabled() is mode:
            return
        blocks = blocks[:-1]
    block = agrad.enable_grad() if mode else agrad.no_grad()
    block.__enter__()
    _blocks.set((*blocks, block))


class inference_mode:  # noqa: N801
    """As `no_grad`; the tensors that are made in it are like any others.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> with torch.inference_mode():
    ...     (torch.ones(2, requires_grad=True) * 2).requires_grad
    False
    """

    def __new__(cls, mode: Any = True) -> Any:
        if callable(mode):
            return no_grad()(mode)
        return (no_grad if mode else enable_grad)()


def is_grad_enabled() -> bool:
    """Return whether operations are followed.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.is_grad_enabled()
    True
    """
    return agrad.is_grad_enabled()


def is_inference_mode_enabled() -> bool:
    """Return False: this layer's `inference_mode` is a `no_grad`."""
    return False
