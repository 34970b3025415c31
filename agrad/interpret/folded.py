"""A stretch of a graph that is not kept: one node in its place, which records it again when a walk reaches it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.errors import GraphError
from agrad.interpret.levels import Trace
from agrad.interpret.reverse import Branch, Leaf, Node, folded, rank

__all__ = ["Folded", "fold"]

Way = tuple[int, tuple[str, ...]]
"""Where a followed value is in what a function returned: in which leaf, and through which boxes."""


class Folded(Node):
    """What a function recorded at one level. ``saved`` is (the function that runs it again, ways, avals)."""

    __slots__ = ()
    late = True

    @staticmethod
    def pull(saved: Any, ct: Any) -> Any:  # type: ignore[override] # other classes are made with theirs
        """Record again, and go on from the results; there is a cotangent for each that one reached."""
        again, trace, ways, avals, made = saved
        begin = rank()
        leaves = again()
        roots = []
        for k, own in ct.items():
            found = _reached(leaves, ways[k])
            if found is None or (found.shape, found.dtype) != (avals[k].shape, avals[k].dtype):
                raise GraphError(
                    "checkpoint ran its function again and got another result than before; it has to compute the same "
                    "whenever it is called, from arguments and closed-over values that do not change in between"
                )
            node = found._node
            if node is not None and node.trace is trace:
                roots.append((node, own))
        _check_unchanged([node for node, _ in roots], begin, made)
        return roots

    def retrack(self) -> Any:
        """The values are followed again already."""
        return self.saved

    @property
    def name(self) -> str:
        """What users call it."""
        return "CheckpointBackward"

    def __repr__(self) -> str:
        return f"<{self.name}>"


def _reached(leaves: Sequence[Any], way: Way) -> Any:
    """The Tensor at the end of a way; None where it leads elsewhere."""
    k, steps = way
    if k >= len(leaves):
        return None
    value = leaves[k]
    for step in steps:
        if not hasattr(type(value), "_node"):
            return None
        value = value._value if step == "value" else getattr(value._node, "tangent", None)
    return value if hasattr(type(value), "_node") else None


def _check_unchanged(roots: list[Node], begin: int, made: int) -> None:
    """Refuse what reads values that came to be after the function first ran, and before it ran again.

    Ranks count down: what was recorded now has a rank below `begin`; what there was before, one above `made`.
    """
    seen: set[Node] = set()
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node in seen:
            continue
        seen.add(node)
        if node.rank >= begin:
            if node.rank < made and type(node) is not Leaf:
                raise GraphError(
                    "checkpoint ran its function again and it read a Tensor that was changed in place after it ran "
                    "first; pass such a Tensor as an argument, or change a copy of it"
                )
            continue
        parents = node.parents
        if parents is not None:
            waiting += (parents,) if node.single else parents


def fold(leaves: Sequence[Any], start: int, again: Callable[[], Sequence[Any]]) -> None:
    """Let results forget what was recorded since rank `start`, at every level, and know how to record it again."""
    folding, done = _Folding(start, again), set[int]()
    for k, t in enumerate(leaves):
        if hasattr(type(t), "_node") and t._node is not None and id(t) not in done:
            done.add(id(t))
            t._value, t._aval, t._node = folding.forgotten(t, (k, ()))


class _Folding:
    """One node for each level, and a branch of it for each value that is followed there."""

    def __init__(self, start: int, again: Callable[[], Sequence[Any]]) -> None:
        self.start = start
        self.again = again
        self.nodes: dict[Trace, Folded] = {}

    def forgotten(self, t: Any, way: Way) -> tuple[Any, Any, Any]:
        """What a Tensor holds, all of it forgotten."""
        k, steps = way
        value, node = self._inside(t._value, (k, (*steps, "value"))), t._node
        if isinstance(node, Node):
            if node.rank < self.start and type(node) is not Leaf:
                node = self._branch(t, way)
        elif getattr(node, "tangent", None) is not None:
            node = type(node)(node.trace, self._inside(node.tangent, (k, (*steps, "tangent"))))
        return value, t._aval, node

    def _inside(self, value: Any, way: Way) -> Any:
        """A value one level further out, forgotten there as well."""
        if not hasattr(type(value), "_node") or value._node is None:
            return value
        return value._space._box(*self.forgotten(value, way))

    def _branch(self, t: Any, way: Way) -> Branch:
        trace = t._node.trace
        node = self.nodes.get(trace)
        if node is None:
            node = self.nodes[trace] = Folded()
            node.rank = rank()
            node.trace = trace
            node.parents = ()
            node.saved = self.again, trace, [], [], node.rank
            folded.add(node)
        ways, avals = node.saved[2:4]
        ways.append(way)
        avals.append(t._aval)
        return Branch(node, len(ways) - 1)
