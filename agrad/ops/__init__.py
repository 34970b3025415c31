"""The table of ops, chapter by chapter in the order of the standard.

The chapters of the main namespace are entered at once; those of the extensions when one is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from agrad.ops import (  # noqa: F401 - each chapter enters its ops in the table
    creation,
    data_type,
    declare,
    elementwise,
    indexing,
    linear_algebra,
    manipulation,
    methods,
    searching,
    sets,
    sorting,
    statistical,
    utility,
)
from agrad.ops.declare import Op

__all__ = ["EXTENSIONS", "INTERNAL", "Op", "lookup", "table"]

EXTENSIONS = ("linalg", "fft")
"""The standard's extensions: namespaces of their own."""

INTERNAL = frozenset({"getitem", "setitem", "scatter", "pow_scalar", "to_device"})
"""Ops that the array object needs and the standard has no function for."""

table: dict[str, Op]


def lookup(name: str) -> Op | None:
    """The op of that name, if there is one."""
    chapter = name.partition(".")[0]
    if chapter != name and chapter in EXTENSIONS:
        import_module(f"agrad.ops.{chapter}")
    return declare.table.get(name)


def __getattr__(name: str) -> Any:
    if name != "table":
        raise AttributeError(f"module 'agrad.ops' has no attribute {name!r}")
    for chapter in EXTENSIONS:
        import_module(f"agrad.ops.{chapter}")
    globals()["table"] = declare.table
    return declare.table
