"""The table of ops, chapter by chapter in the order of the standard.

The chapters of the main namespace are read at once; those of the extensions when one is asked for.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

from agrad.declare import Op
from agrad.ops import (
    creation,
    data_type,
    elementwise,
    indexing,
    linear_algebra,
    manipulation,
    searching,
    sets,
    sorting,
    statistical,
    utility,
)

__all__ = ["CHAPTERS", "EXTENSIONS", "INTERNAL", "Op", "lookup", "table"]

EXTENSIONS = ("linalg", "fft")
"""The standard's extensions: namespaces of their own."""

INTERNAL = frozenset({"getitem", "setitem", "scatter", "pow_scalar", "to_device", "distinct"})
"""Ops that the array object and rules need and the standard has no function for."""

CHAPTERS = (
    creation, data_type, elementwise, indexing, linear_algebra, manipulation, searching, sets, sorting, statistical,
    utility,
)  # fmt: skip
"""The modules of the main namespace's chapters; each has its ops in ``OPS``."""

table: dict[str, Op]
"""Every op of the standard by name, in its order."""

_known: dict[str, Op] = {}


def _read(chapter: ModuleType) -> None:
    """Enter the ops of a chapter; a second one of the same name is an error."""
    for op in chapter.OPS:
        if _known.setdefault(op.name, op) is not op:
            raise ValueError(f"op {op.name!r} is declared twice; an op has one declaration")


for _chapter in CHAPTERS:
    _read(_chapter)


def lookup(name: str) -> Op | None:
    """The op of that name, if there is one."""
    extension = name.partition(".")[0]
    if name not in _known and extension in EXTENSIONS:
        _read(import_module(f"agrad.ops.{extension}"))
    return _known.get(name)


def __getattr__(name: str) -> Any:
    if name != "table":
        raise AttributeError(f"module 'agrad.ops' has no attribute {name!r}")
    for extension in EXTENSIONS:
        _read(import_module(f"agrad.ops.{extension}"))
    globals()["table"] = _known
    return _known
