"""The debug switch that notices arrays which are changed in place, behind agrad's back, while a derivative needs them.

While it is on, every op takes the general path, and the node that it records keeps a digest of each array that can
change. Nothing of it is in the way while it is off.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from agrad.errors import InPlaceError
from agrad.interpret.bound import Bound
from agrad.interpret.levels import OFF
from agrad.interpret.reverse import Node
from agrad.interpret.watching import NODES, line_of_user, shown

__all__ = ["debug"]


class debug:  # noqa: N801 - called as a function
    """Switch checks on or off that find mistakes and take time: for the whole process, or for a ``with`` block.

    The environment variable ``AGRAD_DEBUG=mutation`` switches them on from the start.

    Parameters
    ----------
    mutation : bool
        Whether backward checks that no array which an op has kept for its derivative was changed since. The error
        names the op and the line of your source that called it. Arrays of libraries that never change them are not
        looked at, nor are dask's, whose values are not known yet.

    Examples
    --------
    >>> import agrad, numpy
    >>> a = numpy.asarray([1.0, 2.0])
    >>> with agrad.debug(mutation=True):
    ...     x = agrad.tensor([3.0, 4.0], requires_grad=True)
    ...     y = (x * a).sum()
    ...     a += 1
    ...     y.backward()
    Traceback (most recent call last):
        ...
    agrad.errors.InPlaceError: backward found that an array of shape (2,) that 'multiply' kept ...
    """

    def __init__(self, *, mutation: bool) -> None:
        self._before = _watched in NODES
        _switch(mutation)

    def __enter__(self) -> None:
        """Nothing: the switch is set already."""

    def __exit__(self, *exc: object) -> None:
        _switch(self._before)


def _switch(on: bool) -> None:
    if on and _watched not in NODES:
        NODES.insert(0, _watched)
        OFF.append(None)  # fast paths look here, and leave the op to the general one
    elif not on and _watched in NODES:
        NODES.remove(_watched)
        OFF.pop()


class _Kept:
    """What a node remembers of what it saved: digests in order, the op's name, and who called it."""

    __slots__ = ("digests", "f", "line")

    def __init__(self, f: Bound, saved: Any) -> None:
        self.f = f
        self.line = line_of_user()
        self.digests = [_digest(f, array) for array in _arrays(f, saved)]

    def check(self, saved: Any) -> None:
        """Raise where an array is not what it was."""
        for array, digest in zip(_arrays(self.f, saved), self.digests, strict=True):
            if _digest(self.f, array) != digest:
                raise InPlaceError(
                    f"backward found that an array of shape {tuple(array.shape)} that {self.f.op.name!r} kept for its "
                    f"derivative was changed in place after the operation{shown(self.line)}; copy the array before you "
                    "change it, or change it as a Tensor"
                )


def _watched(f: Bound, node: Node) -> Node:
    """The same node, remembering what it saved; its pull looks first whether that has changed."""
    kind: Any = type(node)
    made = _watching(kind)()
    for name in ("rank", "trace", "parents", "saved"):
        setattr(made, name, getattr(node, name))
    made.kept = _Kept(f, node.saved)  # type: ignore[attr-defined]
    return made


@cache
def _watching(kind: Any) -> type[Node]:
    def pull(self: Any, saved: Any, ct: Any) -> Any:
        self.kept.check(saved if self.saved is None else self.saved)  # freed, where another check asks again
        return kind.pull(saved, ct)

    return type(kind.__name__, (kind,), {"__slots__": ("kept",), "pull": pull})


def _arrays(f: Bound, saved: Any) -> Iterator[Any]:
    """The arrays in what a node saved, Tensors of enclosing levels opened, that can be changed in place."""
    if isinstance(saved, dict):
        saved = list(saved.values())
    if isinstance(saved, list | tuple):
        for item in saved:
            yield from _arrays(f, item)
        return
    while type(saved) is f.space._tensor:
        saved = saved._value
    if hasattr(type(saved), "__iadd__") and f.space._owns(saved):  # else the library's += makes a new array
        yield saved


def _digest(f: Bound, array: Any) -> bytes:
    from hashlib import blake2b  # slow to import

    return blake2b(f.space._backend.host(array).tobytes(), digest_size=16).digest()
