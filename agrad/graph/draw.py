"""Pictures of graphs and of Tensors' histories: SVG and DOT."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

from agrad.arrays.tensors import Tensor
from agrad.errors import GraphError
from agrad.graph.graph import GUARD, Graph, variables
from agrad.graph.text import named, shown
from agrad.interpret.reverse import Leaf

__all__ = ["Drawing", "draw"]

GROUPED = 60
"""From how many equations on those of one source line are drawn as one."""
COLOURS = {"input": "#dbe9f6", "constant": "#eeeeee", "op": "#ffffff", "output": "#fde8cf"}
LETTER, LINE, GAP, PAD = 7.2, 16, 26, 9
"""Of the plain layout, in pixels: a letter's width, a line's height, what is between layers, and around text."""


class Node(NamedTuple):
    """A box of a picture: its lines of text, and what it is."""

    lines: tuple[str, ...]
    kind: str


class Drawing:
    """A picture, which notebooks show by itself.

    Attributes
    ----------
    nodes : list of Node
    edges : list of (int, int)
        From the number of a node to that of one which uses it.
    """

    def __init__(self, nodes: list[Node], edges: Iterable[tuple[int, int]]) -> None:
        self.nodes = nodes
        self.edges = sorted(set(edges))

    @property
    def dot(self) -> str:
        """The picture in graphviz's language."""

        def quoted(node: Node) -> str:
            return '"' + "\\n".join(node.lines).replace('"', '\\"') + '"'

        lines = ["digraph {", '  node [shape=box, style="rounded,filled", fontname="monospace", fontsize=10];']
        lines += [f'  n{i} [label={quoted(n)}, fillcolor="{COLOURS[n.kind]}"];' for i, n in enumerate(self.nodes)]
        lines += [f"  n{a} -> n{b};" for a, b in self.edges]
        return "\n".join([*lines, "}"])

    @property
    def svg(self) -> str:
        """The picture as SVG: by graphviz's ``dot`` where that is installed, else in plain layers."""
        if program := shutil.which("dot"):
            try:
                made = subprocess.run([program, "-Tsvg"], input=self.dot, capture_output=True, text=True, check=True)
                return made.stdout[made.stdout.index("<svg") :]
            except (OSError, ValueError, subprocess.CalledProcessError):  # a program of that name that is none
                pass
        return self.layered

    @property
    def layered(self) -> str:
        """SVG without graphviz: each node below all that it uses."""
        rows = _ordered(_layers(len(self.nodes), self.edges), self.edges)
        sizes = [(max(map(len, n.lines)) * LETTER + 2 * PAD, len(n.lines) * LINE + 2 * PAD) for n in self.nodes]
        widths = [sum(sizes[i][0] for i in row) + GAP * (len(row) - 1) for row in rows]
        width = max(widths, default=0) + 2 * PAD
        place: dict[int, tuple[float, float]] = {}
        y: float = PAD
        for row, total in zip(rows, widths, strict=True):
            x = (width - total) / 2
            for i in row:
                place[i] = (x, y)
                x += sizes[i][0] + GAP
            y += max(sizes[i][1] for i in row) + GAP
        parts = [_curve(place[a], sizes[a], place[b], sizes[b]) for a, b in self.edges]
        parts += [_box(n, *place[i], *sizes[i]) for i, n in enumerate(self.nodes)]
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{y:.0f}" '
            f'viewBox="0 0 {width:.0f} {y:.0f}" font-family="monospace" font-size="12">'
        )
        return "\n".join([head, *parts, "</svg>"])

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | Path) -> None:
        """Write the picture to a file: DOT where its name ends in ``.dot``, else SVG."""
        path = Path(path)
        path.write_text(self.dot if path.suffix == ".dot" else self.svg, encoding="utf-8")

    def __repr__(self) -> str:
        return f"<Drawing of {len(self.nodes)} nodes>"


def draw(what: Graph | Tensor, names: Mapping[str, Tensor] | None = None) -> Drawing:
    """Draw a graph, or the history of a Tensor.

    Parameters
    ----------
    what : Graph or Tensor
        Of a Graph, operations with shapes and dtypes; more than 60 are grouped by the source line that they come from.
        Of a Tensor, the nodes that ``backward()`` would walk.
    names : mapping, optional
        Of a Tensor's history: what to call the leaves, such as ``dict(model.named_parameters())``.

    Returns
    -------
    Drawing
        A notebook shows it; ``.svg`` and ``.dot`` are text, and ``.save(path)`` writes either.

    Raises
    ------
    GraphError
        The Tensor has no history.

    Examples
    --------
    >>> import agrad, numpy
    >>> picture = agrad.draw(agrad.trace(lambda x: (x * 2.0).sum(), numpy.ones(3)))
    >>> [node.lines[0] for node in picture.nodes]
    ['x', 'multiply 2.0', 'sum', 'result']
    >>> w = agrad.tensor([1.0, 2.0], requires_grad=True)
    >>> [node.lines[0] for node in agrad.draw((w * w).sum(), names={"w": w}).nodes]
    ['SumBackward', 'MultiplyBackward', 'w']
    """
    if isinstance(what, Graph):
        return _grouped(what) if len(what.equations) > GROUPED else _drawn(what)
    if not isinstance(what, Tensor) or what.node is None:
        given = "a constant Tensor" if isinstance(what, Tensor) else f"a {type(what).__name__}"
        raise GraphError(f"draw got {given}; it draws an agrad.Graph, or a Tensor that has a history")
    return _history(what, names or {})


# What is drawn ----------------------------------------------------------------------------------------


def _drawn(graph: Graph) -> Drawing:
    names = named(graph)
    nodes: list[Node] = []
    at: dict[Any, int] = {}
    edges: list[tuple[int, int]] = []

    def add(node: Node, *makes: Any) -> int:
        nodes.append(node)
        at.update(dict.fromkeys(makes, len(nodes) - 1))
        return len(nodes) - 1

    for v in graph.inputs:
        add(Node((names[v], v.kind), "input"), v)
    for c in (*graph.constants, *graph.captures):
        add(Node((names[c],), "constant"), c)
    for e in graph.equations:
        numbers = [shown(a, names) for a in e.inputs if next(variables(a), None) is None]
        options = [f"{n}={shown(v, names)}" for n, v in e.params.items() if v is not None and v is not False]
        label = " ".join([e.op, *numbers, *options])
        i = add(Node((label, *[v.kind for v in e.outputs]), "op"), *e.outputs)
        edges += [(at[v], i) for v in variables(e.inputs)]
    i = add(Node(("result",), "output"))
    edges += [(at[v], i) for v in variables(graph.outputs)]
    return Drawing(nodes, edges)


def _grouped(graph: Graph) -> Drawing:
    """The same, with the operations of one source line in one node, as far as they follow each other."""
    names = named(graph)
    nodes = [Node((names[v], v.kind), "input") for v in graph.inputs]
    at: dict[Any, int] = {v: i for i, v in enumerate(graph.inputs)}
    edges: list[tuple[int, int]] = []
    source, ops = None, 0
    for e in graph.equations:
        if e.op == GUARD:
            continue
        if e.source != source:
            source, ops = e.source, 0
            nodes.append(Node(("",), "op"))
        ops += 1
        i = len(nodes) - 1
        nodes[i] = Node((source.replace("\\", "/").rpartition("/")[2], f"{ops} operations"), "op")
        edges += [(at[v], i) for v in variables(e.inputs) if at.get(v, i) != i]
        at.update(dict.fromkeys(e.outputs, i))
    nodes.append(Node(("result",), "output"))
    edges += [(at[v], len(nodes) - 1) for v in variables(graph.outputs) if v in at]
    return Drawing(nodes, edges)


def _history(t: Tensor, names: Mapping[str, Tensor]) -> Drawing:
    called = {leaf.node: name for name, leaf in names.items()}
    nodes: list[Node] = []
    at: dict[Any, int] = {}
    edges: list[tuple[int, int]] = []
    waiting = [t.node]
    while waiting:
        node = waiting.pop(0)
        if node in at:
            continue
        at[node] = len(nodes)
        if isinstance(node, Leaf):
            shape = str(list(node.aval.shape))
            nodes.append(Node((called.get(node, "leaf"), f"{node.aval.dtype}{shape}".rpartition(".")[2]), "input"))
        else:
            nodes.append(Node((node.name,), "op"))
            waiting += [n for n, _ in node.next_functions]
    for node, i in at.items():
        edges += [(at[n], i) for n, _ in node.next_functions]
    return Drawing(nodes, edges)


# The plain layout -------------------------------------------------------------------------------------


def _layers(n: int, edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Nodes by how long the longest way to them is."""
    before: list[list[int]] = [[] for _ in range(n)]
    after: list[list[int]] = [[] for _ in range(n)]
    for a, b in edges:
        before[b].append(a)
        after[a].append(b)
    depth, missing = [0] * n, [len(found) for found in before]
    ready = [i for i in range(n) if not missing[i]]
    for i in ready:
        for b in after[i]:
            depth[b] = max(depth[b], depth[i] + 1)
            missing[b] -= 1
            if not missing[b]:
                ready.append(b)
    rows: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for i in range(n):
        rows[depth[i]].append(i)
    return rows


def _ordered(rows: list[list[int]], edges: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Each layer in the order of the middle of its neighbours, down and up a few times: fewer crossings."""
    near: dict[int, list[int]] = {i: [] for row in rows for i in row}
    for a, b in edges:
        near[a].append(b)
        near[b].append(a)
    place = {i: k / max(len(row), 1) for row in rows for k, i in enumerate(row)}
    for _ in range(4):
        for row in (*rows, *reversed(rows)):
            row.sort(key=lambda i: sum(place[j] for j in near[i]) / len(near[i]) if near[i] else place[i])
            place.update({i: (k + 0.5) / len(row) for k, i in enumerate(row)})
    return rows


def _curve(
    a: tuple[float, float], size: tuple[float, float], b: tuple[float, float], other: tuple[float, float]
) -> str:
    x1, y1 = a[0] + size[0] / 2, a[1] + size[1]
    x2, y2 = b[0] + other[0] / 2, b[1]
    middle = (y1 + y2) / 2
    return (
        f'<path d="M{x1:.1f} {y1:.1f} C{x1:.1f} {middle:.1f} {x2:.1f} {middle:.1f} {x2:.1f} {y2:.1f}" fill="none" '
        'stroke="#888888"/>'
    )


def _box(node: Node, x: float, y: float, width: float, height: float) -> str:
    text = "".join(
        f'<text x="{x + width / 2:.1f}" y="{y + PAD + LINE * (k + 0.75):.1f}" text-anchor="middle"'
        f"{'' if k == 0 else ' fill=' + chr(34) + '#666666' + chr(34)}>{escape(line)}</text>"
        for k, line in enumerate(node.lines)
    )
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="5" fill="{COLOURS[node.kind]}" '
        f'stroke="#444444"/>{text}'
    )
