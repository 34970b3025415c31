"""Pictures of graphs and histories: what is in them, and that they are well-formed."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

import agrad

xp: Any = agrad.namespace("numpy")
SVG = "{http://www.w3.org/2000/svg}"


def boxes(drawing: Any) -> list[tuple[float, float, float, float]]:
    root = ElementTree.fromstring(drawing.layered)
    return [tuple(float(r.get(k)) for k in ("x", "y", "width", "height")) for r in root.iter(SVG + "rect")]


def test_a_graph() -> None:
    drawing = agrad.trace(lambda x, y: xp.sum(x * y[1:], axis=0) + 2.0, np.ones(3), np.ones(4)).draw()
    assert [n.lines for n in drawing.nodes] == [
        ("x", "float64[3]"),
        ("y", "float64[4]"),
        ("getitem 1:", "float64[3]"),
        ("multiply", "float64[3]"),
        ("sum axis=0", "float64[]"),
        ("add 2.0", "float64[]"),
        ("result",),
    ]
    assert drawing.edges == [(0, 3), (1, 2), (2, 3), (3, 4), (4, 5), (5, 6)]
    assert drawing.dot.count("->") == 6 and 'label="getitem 1:\\nfloat64[3]"' in drawing.dot


def test_boxes_stand_apart_below_what_they_use() -> None:
    def f(x: Any) -> Any:
        parts = [xp.sin(x * k) + xp.cos(x) for k in range(1, 6)]
        return xp.sum(xp.stack(parts)) * x[0]

    drawing = agrad.trace(f, np.ones(3)).draw()
    found = boxes(drawing)
    assert len(found) == len(drawing.nodes) > 20
    for a, b in drawing.edges:
        assert found[b][1] >= found[a][1] + found[a][3]
    for i, (x1, y1, w1, h1) in enumerate(found):
        for x2, y2, w2, h2 in found[i + 1 :]:
            assert x1 + w1 <= x2 or x2 + w2 <= x1 or y1 + h1 <= y2 or y2 + h2 <= y1


def test_many_equations_are_grouped_by_line() -> None:
    def f(x: Any) -> Any:
        for _ in range(40):
            x = xp.sin(x)
        for _ in range(30):
            x = x * 2.0
        return x

    drawing = agrad.trace(f, np.ones(2)).draw()
    lines = [n.lines for n in drawing.nodes]
    assert [line[-1] for line in lines] == ["float64[2]", "40 operations", "30 operations", "result"]
    assert lines[1][0].startswith("test_draw.py:") and drawing.edges == [(0, 1), (1, 2), (2, 3)]


def test_a_history() -> None:
    w, b = agrad.tensor([1.0, 2.0], requires_grad=True), agrad.tensor(0.5, requires_grad=True)
    y = xp.sum(w * w) + b
    drawing = agrad.draw(y, names={"w": w})
    assert [n.lines[0] for n in drawing.nodes] == ["AddBackward", "SumBackward", "leaf", "MultiplyBackward", "w"]
    assert drawing.edges == [(1, 0), (2, 0), (3, 1), (4, 3)]
    y.backward()
    with pytest.raises(agrad.GraphError, match="a constant Tensor"):
        agrad.draw(w.detach())
    with pytest.raises(agrad.GraphError, match="a float"):
        agrad.draw(1.0)


def test_text_is_escaped_and_files_are_written(tmp_path: Any) -> None:
    graph = agrad.trace(lambda x: xp.astype(x > 0.0, xp.float32), np.ones(2))
    drawing = graph.draw()
    ElementTree.fromstring(drawing.svg)
    assert graph._repr_svg_() == drawing.svg == drawing._repr_svg_()
    drawing.save(tmp_path / "f.svg")
    drawing.save(tmp_path / "f.dot")
    assert (tmp_path / "f.svg").read_text() == drawing.svg and (tmp_path / "f.dot").read_text().startswith("digraph")
