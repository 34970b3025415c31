"""Memory that NumPy has, too, and that was changed in place after an operation had kept it for its derivative.

Elsewhere an in-place change makes a new array, and what a graph has kept stays as it was. An array that was handed out
is written into, so that its holder sees the change; a backward pass that needs what it was must fail, as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from weakref import ref

import agrad

__all__ = ["check", "write"]

_written: list[tuple[Any, int]] = []
"""The arrays that own such memory, and the creation order of nodes at the time of the last change."""


def _owner(array: Any) -> Any:
    while getattr(array, "base", None) is not None and hasattr(array.base, "__array_interface__"):
        array = array.base
    return array


def write(array: Any, key: Any, value: Any) -> None:
    """Change an array that was handed out."""
    array[key] = value
    owner = _owner(array)
    _written[:] = [(r, at) for r, at in _written if (kept := r()) is not None and kept is not owner]
    _written.append((ref(owner), agrad.tensor(0.0, requires_grad=True).node.rank))  # the newest of all


def check(roots: Iterable[Any]) -> None:
    """Raise where a graph needs the former values of memory that was written into."""
    _written[:] = [(r, at) for r, at in _written if r() is not None]
    if not _written:
        return
    changed = {id(r()): at for r, at in _written}
    seen: set[int] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        for array in _arrays(node.saved):
            at = changed.get(id(_owner(array)))
            if at is not None and node.rank > at:  # ranks count down: it was there before the change
                raise RuntimeError(
                    "one of the variables needed for gradient computation has been modified by an inplace "
                    f"operation: a tensor of shape {list(array.shape)} that {node!r} needs, whose memory a "
                    "NumPy array shares; change a clone() of it, or take the NumPy array of a clone()"
                )
        waiting += [before for before, _ in node.next_functions]


def _arrays(saved: Any) -> Iterator[Any]:
    if isinstance(saved, dict):
        saved = list(saved.values())
    if isinstance(saved, tuple | list):
        for item in saved:
            yield from _arrays(item)
    elif hasattr(saved, "__array_interface__"):
        yield saved
