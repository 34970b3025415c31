"""The reverse interpretation: nodes linked by reference, and the walk back through them.

A node is created for every tracked operation and holds what its VJP needs: raw values and parent nodes.
`walk` visits nodes in reverse creation order with a heap: no recursion, no tape, and a graph that nobody
holds any more frees itself.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from typing import Any, ClassVar
from weakref import WeakSet

from agrad.errors import GraphError
from agrad.interpret.aval import Aval
from agrad.interpret.levels import Trace
from agrad.interpret.watching import WALKS

__all__ = [
    "STOP",
    "Branch",
    "Hooks",
    "Leaf",
    "Node",
    "folded",
    "hooked",
    "leading",
    "parents_of",
    "plus",
    "rank",
    "walk",
]

rank: Callable[[], int] = itertools.count(0, -1).__next__
"""Creation order, counting down: the heap's smallest is the newest node."""


class Node:
    """One recorded operation. Each op has subclasses of its own, which name it and know its VJP."""

    __slots__ = ("__weakref__", "hooks", "parents", "rank", "saved", "trace")

    rank: int
    """Creation order, counting down: a newer node's is smaller."""
    trace: Trace
    parents: Any
    """The parent node where `single`, else a tuple of them."""
    saved: Any
    """What `pull` needs of the primal values: one value, or a tuple."""
    hooks: Hooks
    """Set on nodes that are in `hooked` only."""
    single: ClassVar[bool] = False
    late: ClassVar[bool] = False
    """Whether `pull` returns the parents, too, each with its cotangent: they are not known before."""
    pull: ClassVar[Callable[[Any, Any], Any]]
    """``pull(saved, ct)``: the cotangent of the parent where `single`, else one a parent."""

    def retrack(self) -> Any:
        """`saved` with its values followed again, so that the VJP can itself be differentiated."""
        raise NotImplementedError

    @property
    def name(self) -> str:
        """What it is the derivative of: ``"SinBackward"``."""
        return type(self).__name__

    @property
    def next_functions(self) -> tuple[tuple[Node, int], ...]:
        """Where cotangents go next: nodes, each with the number of its result; none once the graph is freed.

        Examples
        --------
        >>> import agrad
        >>> x = agrad.tensor(3.0, requires_grad=True)
        >>> y = agrad.namespace("numpy").sin(x) * 2
        >>> ((node, index),) = y.grad_fn.next_functions
        >>> node.name, index
        ('SinBackward', 0)
        >>> node.next_functions[0][0].variable is x
        True
        """
        return tuple([(p.parents, p.index) if type(p) is Branch else (p, 0) for p in parents_of(self)])

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Leaf(Node):
    """Where a walk ends: an input of a transform, or a Tensor that the user asked gradients for."""

    __slots__ = ("aval", "device", "grad", "of", "tensor")

    aval: Aval
    grad: Any
    of: Callable[[], Any]
    """A weak reference to the user's Tensor: set on leaves of the lowest level."""
    tensor: type
    """The class of the user's Tensor, and its device: set on leaves of the lowest level, which need not be alike."""
    device: Any

    def __init__(self, trace: Trace, aval: Aval) -> None:
        self.rank = rank()
        self.trace = trace
        self.parents = ()
        self.saved = None
        self.aval = aval
        self.grad = None

    @property
    def accumulates(self) -> bool:
        """Whether ``backward()`` adds to its gradient: of a user's leaf, and not of an input of a transform."""
        return hasattr(self, "of")

    @property
    def variable(self) -> Any:
        """The user's Tensor that gradients are accumulated in; None for an input of a transform, or if it is gone."""
        return self.of() if self.accumulates else None


class Branch(Node):
    """One result of an op that has several; its only parent is that op's node."""

    __slots__ = ("index",)

    index: int
    single = True

    def __init__(self, parent: Node, index: int) -> None:
        self.rank = rank()
        self.trace = parent.trace
        self.parents = parent
        self.saved = None
        self.index = index

    @property
    def name(self) -> str:
        """That of its op."""
        name: str = self.parents.name
        return name

    @property
    def next_functions(self) -> tuple[tuple[Node, int], ...]:
        """Those of its op."""
        nodes: tuple[tuple[Node, int], ...] = self.parents.next_functions
        return nodes


class Hooks:
    """What a user attached to a node: functions of its cotangent, and whether to keep it."""

    __slots__ = ("aval", "device", "functions", "grad", "retain", "tensor")

    def __init__(self, aval: Aval, tensor: type, device: Any) -> None:
        self.aval = aval
        self.device = device
        self.tensor = tensor
        self.functions: dict[int, Callable[[Any], Any]] = {}
        self.retain = False
        self.grad: Any = None


folded: WeakSet[Node] = WeakSet()
"""Nodes that stand for a stretch of graph: what they record again may have hooks, of which nobody knows before."""

hooked: WeakSet[Node] = WeakSet()
"""Nodes that have hooks: a walk looks for them only while there are any."""


STOP: Any = object()
"""What the `visit` of a walk returns where it is not to go on."""


def walk(
    roots: Iterable[tuple[Node, Any]],
    *,
    retain: bool,
    retrack: bool = False,
    visit: Callable[[Node, Any], Any] | None = None,
) -> dict[Leaf, Any]:
    """Carry cotangents from the roots back to the leaves.

    Parameters
    ----------
    roots : iterable of (Node, cotangent)
        Where to start. A cotangent of None stands for zeros, here and everywhere.
    retain : bool
        Keep the graph. Otherwise each node is freed once it is done.
    retrack : bool
        Run the rules on followed values, so that the results have a graph themselves.
    visit : callable, optional
        ``visit(node, ct)`` is called at every node and returns the cotangent to go on with, or STOP.

    Returns
    -------
    dict
        The summed cotangent of each leaf that was reached.
    """
    if WALKS and (found := WALKS[-1](walk, roots, retain=retain, retrack=retrack, visit=visit)) is not None:
        return found  # type: ignore[no-any-return]
    heap: list[tuple[int, Node]] = []
    cts: dict[Node, Any] = {}
    owned: set[Node] = set()  # nodes whose cotangent is a sum made here, which nobody else holds
    leaves: dict[Leaf, Any] = {}
    pending: Iterable[tuple[Node, Any]] = roots
    while True:
        for node, ct in pending:
            if node not in cts:
                cts[node] = ct
                heappush(heap, (node.rank, node))
            elif ct is not None:
                old = cts[node]
                if old is None:
                    cts[node] = ct
                elif ct.__class__ is old.__class__ and node in owned:
                    old += ct  # arrays only: a Tensor added to one in place would not be followed
                    cts[node] = old
                else:
                    cts[node] = total = plus(old, ct)
                    if hasattr(type(total), "_node"):
                        owned.discard(node)
                    else:
                        owned.add(node)
        if not heap:
            return leaves
        node = heappop(heap)[1]
        ct = cts.pop(node)
        if owned:
            owned.discard(node)
        while True:  # along single parents, without the heap, while the next one is newer than all that wait
            if visit is not None:
                ct = visit(node, ct)
                if ct is STOP:
                    pending = ()
                    break
            kind = node.__class__
            if kind is Leaf:
                leaves[node] = ct  # type: ignore[index]
                pending = ()
                break
            parents = node.parents
            if parents is None:
                raise _freed(node)
            if kind is Branch:
                pending = _join(cts, parents, node.index, ct)  # type: ignore[attr-defined]
                break
            if ct is not None:
                ct = node.pull(node.retrack() if retrack else node.saved, ct)  # type: ignore[call-arg]
            if not retain:
                node.parents = node.saved = None
            if not node.single:
                # as long as each other
                pending = (ct or ()) if node.late else zip(parents, ct or (None,) * len(parents))  # noqa: B905
                break
            if parents in cts or (heap and heap[0][0] < parents.rank):
                pending = ((parents, ct),)
                break
            node = parents


def parents_of(node: Node) -> Sequence[Node]:
    """The nodes that a walk goes to next; none once the graph is freed."""
    held = node.parents
    return () if held is None else (held,) if node.single else held


def leading(roots: Iterable[Node], wanted: set[Node]) -> set[Node] | None:
    """The nodes between roots and wanted ones, both included: others need not be visited.

    None where all have to be, since some are recorded when a walk gets there.

    Where a part of the graph was freed, nobody knows what it led to: a walk is to go there, and to say so.
    """
    parents: dict[Node, Sequence[Node]] = {}
    waiting = list(roots)
    while waiting:
        node = waiting.pop()
        if node.late:
            return None
        if node not in parents:
            parents[node] = parents_of(node)
            waiting += parents[node]
    found: set[Node] = set()
    for node in sorted(parents, key=lambda node: -node.rank):  # the oldest first
        if node in wanted or node.parents is None or any(parent in found for parent in parents[node]):
            found.add(node)
    return found


def _join(cts: dict[Node, Any], op: Node, index: int, ct: Any) -> Iterable[tuple[Node, Any]]:
    """Put one result's cotangent in its place among those of its op; what is left to add."""
    parts = cts.get(op)
    if parts is None:
        return ((op, {} if ct is None else {index: ct}),)
    if ct is not None:
        parts[index] = plus(parts[index], ct) if index in parts else ct
    return ()


def plus(a: Any, b: Any) -> Any:
    """The sum of two cotangents, a Tensor's operator first: a plain array's need not know Tensors."""
    return b + a if hasattr(type(b), "_node") else a + b


def _freed(node: Node) -> GraphError:
    return GraphError(
        f"backward reached {node!r}, whose graph an earlier backward has freed; "
        "pass retain_graph=True to that first backward to walk the graph twice"
    )
