"""Mutants of the walk back through a graph: a walk of our own, plain and slow, that can be told to make mistakes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from agrad.errors import GraphError
from agrad.interpret.reverse import Branch, Leaf
from sabotage.mutant import Row

__all__ = ["RIGHT", "ROWS", "Walk"]

REVERSE = "interpret.reverse:"


def _sum(old: Any, new: Any) -> Any:
    return new + old if hasattr(type(new), "_node") else old + new


@dataclass(frozen=True)
class Walk:
    """A walk as `agrad.interpret.reverse.walk` is called; each field is one thing that can be done otherwise.

    Examples
    --------
    >>> RIGHT([], retain=False)
    {}
    """

    add: Callable[[Any, Any, int], Any] = lambda old, new, count: _sum(old, new)
    """The sum of what was there and what comes, when so many have come before."""
    newest_first: bool = True
    waits: bool = True
    """Whether a node is done when all that was recorded later is done."""
    frees: Callable[[bool], bool] = lambda retain: not retain
    raises: bool = True
    """Whether a graph that was freed is noticed."""
    retracks: bool = True
    visits: bool = True
    joins: Callable[[dict[int, Any], int, Any], dict[int, Any]] = lambda parts, k, ct: (
        parts | {k: _sum(parts[k], ct) if k in parts else ct}
    )
    """The cotangents of an op's results with another one of the result number `k`."""

    def __call__(self, roots: Any, retain: bool, retrack: bool = False, visit: Any = None) -> dict[Any, Any]:
        cts: dict[Any, Any] = {}
        counts: dict[Any, int] = {}
        leaves: dict[Any, Any] = {}

        def arrive(node: Any, ct: Any) -> None:
            old = cts.get(node)
            cts[node] = ct if old is None else old if ct is None else self.add(old, ct, counts[node])
            counts[node] = counts.get(node, 0) + (ct is not None)

        for node, ct in roots:
            arrive(node, ct)
        while cts:
            if not self.waits:
                node = next(reversed(cts))
            else:
                node = (min if self.newest_first else max)(cts, key=lambda node: node.rank)
            ct = cts.pop(node)
            counts[node] = 0
            if visit is not None:
                seen = visit(node, ct)
                ct = seen if self.visits else ct
            if type(node) is Leaf:
                leaves[node] = ct if leaves.get(node) is None or ct is None else _sum(leaves[node], ct)
                continue
            parents = node.parents
            if parents is None:
                if self.raises:
                    raise GraphError(f"the graph of {node!r} was freed")
                continue
            if type(node) is Branch:
                parts = cts.get(parents)
                cts[parents] = (parts or {}) if ct is None else self.joins(parts or {}, node.index, ct)
                continue
            if ct is not None:
                ct = node.pull(node.retrack() if retrack and self.retracks else node.saved, ct)
            if self.frees(retain):
                node.parents = node.saved = None
            if node.single:
                arrive(parents, ct)
            else:
                found = (ct or ()) if node.late else zip(parents, ct or (None,) * len(parents), strict=True)
                for parent, g in found:
                    arrive(parent, g)
        return leaves


RIGHT = Walk()
"""The walk without a mistake: a control."""


def _instead(**fields: Any) -> Callable[[Any], Any]:
    walk = replace(RIGHT, **fields)
    return lambda _: lambda *given, **options: walk(*given, **options)


def _in_place(old: Any, new: Any, count: int) -> Any:
    if hasattr(type(old), "_node") or hasattr(type(new), "_node"):
        return _sum(old, new)
    old += new
    return old


def _difference(plus: Any) -> Any:
    return lambda a, b: plus(a, -b)


ROWS = (
    Row("walk/overwrite", "accumulation", REVERSE + "walk", _instead(add=lambda old, new, count: new)),
    Row("walk/first-only", "accumulation", REVERSE + "walk", _instead(add=lambda old, new, count: old)),
    Row(
        "walk/third-lost",
        "accumulation",
        REVERSE + "walk",
        _instead(add=lambda old, new, count: _sum(old, new) if count < 2 else old),
    ),
    Row("walk/in-place", "mutated input", REVERSE + "walk", _instead(add=_in_place)),
    Row("walk/oldest-first", "graph", REVERSE + "walk", _instead(newest_first=False)),
    Row("walk/depth-first", "graph", REVERSE + "walk", _instead(waits=False)),
    Row("walk/frees-nothing", "graph", REVERSE + "walk", _instead(frees=lambda retain: False)),
    Row("walk/frees-always", "graph", REVERSE + "walk", _instead(frees=lambda retain: True)),
    Row("walk/no-error", "graph", REVERSE + "walk", _instead(raises=False)),
    Row("walk/no-retrack", "second order", REVERSE + "walk", _instead(retracks=False)),
    Row("walk/no-visit", "graph", REVERSE + "walk", _instead(visits=False)),
    Row(
        "join/overwrite",
        "accumulation",
        REVERSE + "walk",
        _instead(joins=lambda parts, k, ct: parts | {k: ct}),
    ),
    Row(
        "join/first",
        "missing cotangent",
        REVERSE + "walk",
        _instead(joins=lambda parts, k, ct: {0: _sum(parts[0], ct) if parts else ct}),
    ),
    Row("plus/difference", "accumulation", REVERSE + "plus", _difference),
    Row("plus/first", "accumulation", REVERSE + "plus", lambda _: lambda a, b: a),
    Row("plus/last", "accumulation", REVERSE + "plus", lambda _: lambda a, b: b),
)
