"""The summary of a module: its layers, the shapes of what they return, and how many parameters they have."""

from __future__ import annotations

import io
from dataclasses import dataclass
from math import prod
from typing import Any

import agrad
from agrad_nn.modules.module import Module

__all__ = ["Row", "Summary", "summary"]


@dataclass(frozen=True)
class Row:
    """One layer: where it stands, its class, the shapes that its calls returned, and its own parameters."""

    name: str
    kind: str
    depth: int
    shapes: tuple[Any, ...]
    parameters: int
    trained: int


@dataclass(frozen=True)
class Summary:
    """The rows of a summary. It prints as a table; rich consoles and notebooks show it in colour."""

    title: str
    rows: tuple[Row, ...]
    parameters: int
    trained: int

    def __rich__(self) -> Any:
        from rich import box
        from rich.table import Table

        table = Table(title=self.title, box=box.SIMPLE_HEAD, title_justify="left", title_style="bold", show_footer=True)
        table.add_column("layer", f"{self.trained:,} of {self.parameters:,} parameters are trained")
        table.add_column("output shape", style="cyan")
        table.add_column("parameters", f"{self.parameters:,}", justify="right")
        for row in self.rows:
            label = f"{row.name.rpartition('.')[2]}: {row.kind}" if row.name else row.kind
            count = f"{row.parameters:,}" if row.parameters else ""
            frozen = row.parameters - row.trained
            table.add_row(
                "  " * row.depth + label,
                ", ".join(map(str, row.shapes)),
                f"{count} ({frozen:,} frozen)" if frozen else count,
            )
        return table

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(file=io.StringIO(), width=100, no_color=True, force_terminal=False)
        console.print(self)
        return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())  # type: ignore[attr-defined]

    __repr__ = __str__

    def _repr_html_(self) -> str:
        from rich.console import Console

        console = Console(file=io.StringIO(), width=100, record=True, force_jupyter=False)
        console.print(self)
        return console.export_html(inline_styles=True, code_format='<pre style="line-height:normal">{code}</pre>')


def summary(model: Module, *args: Any, **options: Any) -> Summary:
    """Call a module once and say what its layers return and how many parameters they have.

    The call is one for use, without gradients: running statistics and the state of training stay as they are.

    Parameters
    ----------
    model : Module
    *args, **options
        What to call it with.

    Returns
    -------
    Summary
        To be printed, which takes the library rich; its `rows` are data.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> found = nn.summary(nn.Sequential(nn.Linear(2, 3), nn.Tanh()), agrad.namespace("numpy").zeros((5, 2)))
    >>> found.parameters, [(row.kind, row.shapes) for row in found.rows]
    (9, [('Sequential', ((5, 3),)), ('Linear', ((5, 3),)), ('Tanh', ((5, 3),))])
    """
    modules = list(model.named_modules())
    seen: dict[int, list[Any]] = {id(module): [] for _, module in modules}
    training = [(module, module.training) for _, module in modules]
    handles = [
        module.register_forward_hook(lambda module, args, out: seen[id(module)].append(_shapes(out)))
        for _, module in modules
    ]
    try:
        model.eval()
        with agrad.no_grad():
            model(*args, **options)
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in training:
            module.training = mode
    counted: set[int] = set()
    rows = []
    for name, module in modules:
        own = [p for p in module.parameters(recurse=False) if id(p) not in counted]
        counted.update(id(p) for p in own)
        total, trained = _count(own)
        shapes = tuple(dict.fromkeys(seen[id(module)]))
        rows.append(Row(name, type(module).__name__, name.count(".") + bool(name), shapes, total, trained))
    return Summary(type(model).__name__, tuple(rows), *_count(list(model.parameters())))


def _shapes(out: Any) -> Any:
    """The shape of a result, or those of several, built as it is."""
    if hasattr(out, "shape"):
        return tuple(out.shape)
    if isinstance(out, tuple | list):
        return tuple(_shapes(item) for item in out)
    if isinstance(out, dict):
        return tuple((key, _shapes(value)) for key, value in out.items())
    return type(out).__name__


def _count(parameters: list[Any]) -> tuple[int, int]:
    """How many numbers there are, and how many of them are trained."""
    return sum(prod(p.shape) for p in parameters), sum(prod(p.shape) for p in parameters if p.requires_grad)
