"""The statements that random programs are made of: Python source, in which a form is one way of writing something.

Two words in the source are marks, which a reader never sees: ``own(x[0])`` and ``each(x)`` say that elements are read.
Elements are values on every backend of agrad; in the plain run of a library whose elements share memory with their
array, the marks copy them.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Block", "Line", "Statement", "assigned", "features", "marked_lines", "shown_lines"]

INDENT = "    "
MARKS = re.compile(r"\b(?:own|each)\(([^()]*)\)")


@dataclass(frozen=True)
class Line:
    """Source that stands or falls together: one line as a rule, a few where they need each other."""

    text: str
    features: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Block:
    """A compound statement: its head, what it holds, and what follows it at the head's own depth."""

    head: str
    body: tuple[Statement, ...]
    features: frozenset[str] = frozenset()
    tail: str = ""

    @property
    def stops(self) -> bool:
        """Whether the block switches recording off."""
        return "no_grad" in self.head


Statement = Line | Block


def shown_lines(statements: Iterable[Statement], indent: str = "") -> list[str]:
    """The source as a reader sees it and a transform runs it."""
    return [MARKS.sub(r"\1", line) for line in marked_lines(statements, indent)]


def marked_lines(statements: Iterable[Statement], indent: str = "", plain: bool = False) -> list[str]:
    """The source with its marks; `plain`, `no_grad` blocks too become what plain arrays can do: ``agrad.leave``."""
    lines: list[str] = []
    for s in statements:
        if isinstance(s, Line):
            lines += [indent + text for text in s.text.split("\n")]
        elif plain and s.stops:
            names = assigned(s.body)
            lines.append(f"{indent}seen = agrad.enter(locals(), {names!r})")
            lines += marked_lines(s.body, indent, plain)
            if names:
                lines.append(f"{indent}{', '.join(names)}, = agrad.leave(seen, locals(), {names!r})")
        else:
            lines += [indent + text for text in s.head.split("\n")]
            lines += marked_lines(s.body, indent + INDENT, plain) or [indent + INDENT + "pass"]
            lines += [indent + text for text in s.tail.split("\n") if text]
    return lines


def features(statements: Iterable[Statement]) -> frozenset[str]:
    """The names of all that statements make use of."""
    found: set[str] = set()
    for s in statements:
        found |= s.features
        if isinstance(s, Block):
            found |= features(s.body)
    return frozenset(found)


def assigned(statements: Sequence[Statement]) -> tuple[str, ...]:
    """The names that statements bind, or whose arrays they write to, in the order of their first appearance."""
    found: dict[str, None] = {}
    for node in ast.walk(ast.parse("\n".join(marked_lines(statements)))):
        if isinstance(node, ast.Assign):
            targets = list(node.targets)
        elif isinstance(node, ast.AugAssign | ast.For):
            targets = [node.target]
        else:
            continue
        for target in targets:
            for part in target.elts if isinstance(target, ast.Tuple) else [target]:
                while isinstance(part, ast.Subscript | ast.Attribute | ast.Starred):
                    part = part.value
                if isinstance(part, ast.Name):
                    found[part.id] = None
    return tuple(found)
