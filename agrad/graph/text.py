"""A graph as text: a line for each equation, with shapes, dtypes and the source line that it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agrad.graph.graph import Equation, Graph

__all__ = ["named", "shown", "written"]


def written(graph: Graph) -> str:
    """The whole graph, readable."""
    names = named(graph)
    arguments = ", ".join(f"{names[v]}: {'weak ' if v.weak else ''}{v.kind}" for v in graph.inputs)
    lines = [f"graph {graph.name}({arguments}), recorded on {graph.backend}:"]
    lines += [f"    {names[c]} = {_array(c.value)}" for c in graph.constants]
    lines += [f"    {names[c]} = a leaf, {_kind(c.tensor)}" for c in graph.captures]
    equations = [_equation(e, names) for e in graph.equations]
    width = min(64, max([len(text) for text, _ in equations], default=0))
    lines += [f"    {text:<{width}}  # {source}" if source else f"    {text}" for text, source in equations]
    results = ", ".join(shown(v, names) for v in graph.outputs)
    return "\n".join([*lines, f"    return {results}"])


def named(graph: Graph) -> dict[Any, str]:
    """A name for each input, constant, captured leaf and result."""
    names: dict[Any, str] = {}
    taken: set[str] = set()
    for i, v in enumerate(graph.inputs):
        name = v.name if v.name and v.name not in taken else f"x{i}"
        names[v] = name
        taken.add(name)
    for prefix, items in (("c", graph.constants), ("w", graph.captures)):
        for i, item in enumerate(items):
            names[item] = _free(f"{prefix}{i}", taken)
    results = [v for e in graph.equations for v in e.outputs]
    for i, v in enumerate(results):
        names[v] = _free(f"v{i}", taken)
    return names


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name = "_" + name
    taken.add(name)
    return name


def shown(a: Any, names: dict[Any, str]) -> str:
    """An operand as one would write it."""
    kind = type(a)
    if kind is tuple or kind is list:
        items = [shown(item, names) for item in a]
        text = ", ".join(items) + ("," if kind is tuple and len(items) == 1 else "")
        return f"({text})" if kind is tuple else f"[{text}]"
    if kind is slice:
        parts = ["" if p is None else repr(p) for p in (a.start, a.stop)]
        return ":".join(parts) + ("" if a.step is None else f":{a.step}")
    if a is Ellipsis:
        return "..."
    if kind.__hash__ is not None and a in names:
        return names[a]
    return repr(a)


def _equation(e: Equation, names: dict[Any, str]) -> tuple[str, str]:
    source = e.source.replace("\\", "/").rpartition("/")[2]
    if not e.outputs and "is" in e.params:
        return f"guard {shown(e.inputs[0], names)} is {e.params['is']}", source
    results = ", ".join(f"{names[v]}: {v.kind}" for v in e.outputs)
    given = [shown(a, names) for a in e.inputs]
    given += [f"{n}={shown(v, names)}" for n, v in e.params.items() if v is not None]
    return f"{results} = {e.op}({', '.join(given)})", source


def _kind(x: Any) -> str:
    return f"{str(x.dtype).rpartition('.')[2]}{list(x.shape)}"


def _array(value: Any) -> str:
    """A constant: its numbers where they are few."""
    size = 1
    for n in value.shape:
        size *= n
    text = " ".join(str(value).split()) if size <= 8 else "..."
    return f"{text} ({_kind(value)})" if len(text) < 70 else f"... ({_kind(value)})"
