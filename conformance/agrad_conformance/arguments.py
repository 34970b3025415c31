"""What a sample's arguments are called, for messages."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import agrad
from agrad_conformance.sample import Sample, followed

__all__ = ["names_of"]


def names_of(sample: Sample) -> list[str]:
    """What the arguments that derivatives are taken of are called: ``"x2"``, or ``"arrays[1]"`` in a list.

    Examples
    --------
    >>> from agrad.cases import Case
    >>> names_of(Sample(Case(lambda draw: ([draw(3), draw(2)],), op="concat"), "real", "concat-0"))
    ['arrays[0]', 'arrays[1]']
    """
    positional = _positional(sample)
    found: list[str] = []
    for i, value in enumerate(sample.args):
        name = positional[min(i, len(positional) - 1)]
        if name.startswith("*"):
            name = f"{name[1:]}[{i - len(positional) + 1}]"
        found += _within(name, value)
    for name, value in sample.params.items():
        found += _within(name, value)
    return found


def _positional(sample: Sample) -> list[str]:
    """The names of positional arguments; a last one with a star stands for all that follow."""
    if sample.case.call is not None:
        parameters = list(inspect.signature(sample.case.call).parameters.values())[1:]  # after xp
        return [("*" if p.kind is p.VAR_POSITIONAL else "") + p.name for p in parameters] or ["*arguments"]
    op = agrad.plugins.find(sample.op)
    declared = [p for p in op.parameters if p.kind != "keyword"] if op is not None else []
    return [("*" if p.kind == "star" else "") + p.name for p in declared] or ["*arguments"]


def _within(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, tuple | list | dict):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _within(f"{name}[{key!r}]", item)
    elif followed(value):
        yield name
