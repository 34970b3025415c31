"""`view`: a Tensor that shares memory with another one, in a way of the caller's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from agrad.arrays.tensors import Tensor
from agrad.arrays.views import Lens, attach
from agrad.errors import BackendError
from agrad.interpret.apply import private

__all__ = ["view"]

Read = Callable[[Tensor], Any]
Write = Callable[[Tensor, Tensor], Any]


def view(base: Tensor, read: Read, write: Write | None = None) -> Tensor:
    """Return a Tensor that shares memory with another one: what changes one changes the other.

    Slices, and what a backend's functions return as views, do so by themselves; this is for layers that have views of
    their own. Gradients flow through reading and writing.

    Parameters
    ----------
    base : Tensor
    read : callable
        ``read(base)`` computes the view. It is called again, when somebody looks, after `base` has changed.
    write : callable, optional
        ``write(base, value)`` returns `base` with `value` in the view's place; without it the view is read-only.

    Returns
    -------
    Tensor

    Raises
    ------
    BackendError
        `base`, or what `read` returns, is no Tensor.

    Examples
    --------
    >>> import agrad
    >>> xp = agrad.namespace("numpy")
    >>> t = xp.asarray([1.0, 2.0, 3.0, 4.0])
    >>> turned = agrad.view(t, lambda t: xp.roll(t, 2), lambda t, value: xp.roll(value, -2))
    >>> turned *= 10.0
    >>> turned[:1] = 0.0
    >>> t
    Tensor([10. 20.  0. 40.], dtype=float64)
    """
    if not isinstance(base, Tensor):
        raise BackendError(f"agrad.view got a {type(base).__name__}; it takes a Tensor: make one with xp.asarray")
    out = read(base)
    if not isinstance(out, Tensor):
        raise BackendError(f"agrad.view takes a function that returns a Tensor; read returned a {type(out).__name__}")
    made: Tensor = private(out)
    attach(base, made, getattr(base, "_ties", None), _Own(read, write), None, write is not None)
    return made


class _Own(NamedTuple):
    """The way to a view that somebody else wrote."""

    look: Read
    put: Write | None

    def read(self, lens: Lens, base: Tensor) -> Any:
        return self.look(base)

    def write(self, lens: Lens, base: Tensor, value: Tensor) -> Any:
        assert self.put is not None  # a read-only view is never written
        return self.put(base, value)
