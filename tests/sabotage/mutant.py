"""A mutant: agrad with one thing broken on purpose, and how it is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from agrad.declare import Op

__all__ = ["ENGINE", "PROGRAMS", "Damage", "Mutant", "Patch", "Row", "mutants_of"]

ENGINE = "engine"
"""In the place of an op's name: mutants of what all ops share, judged by a spread of ops and by the scenarios."""

PROGRAMS = ("aliasing", "operators", "recording")
"""Kinds of mistakes that programs show and no single op: these mutants are judged by the scenarios alone."""


class Patch(NamedTuple):
    """A function, method or attribute with another behaviour.

    Parameters
    ----------
    target : str
        ``"module:name"`` or ``"module:Class.name"``.
    change : callable
        Gets the original, of a property or static method the function, and returns what takes its place.
    only : str
        The one module that sees the replacement; by default all of agrad and its backends do, wherever they hold it.
    """

    target: str
    change: Callable[[Any], Any]
    only: str = ""


class Damage(NamedTuple):
    """What is broken.

    Parameters
    ----------
    op : Op, optional
        A declaration that takes the place of the op's on the referee's backend.
    patches : tuple
        Changes of the engine or of a backend.
    """

    op: Op | None = None
    patches: tuple[Patch, ...] = ()


class Mutant(NamedTuple):
    """One way to break agrad, which the suite has to find.

    Parameters
    ----------
    name : str
        Stable from version to version: ``"linalg.qr/vjp-0/half"`` is op, rule and change.
    op : str
        The op whose checks must find it, or `ENGINE`.
    kind : str
        What sort of mistake it is.
    referee : str
        The backend on which it is judged.
    make : callable
        Makes the damage.

    Examples
    --------
    >>> Mutant("sin/partial-0/half", "sin", "factor", "numpy", Damage).make().op is None
    True
    """

    name: str
    op: str
    kind: str
    referee: str
    make: Callable[[], Damage]


class Row(NamedTuple):
    """A mutant as a row of a table: its name, its kind, and its `Patch`; the module is named without ``agrad.``."""

    name: str
    kind: str
    target: str
    change: Callable[[Any], Any]
    only: str = ""


def mutants_of(
    where: str, rows: tuple[Row, ...], referee: str, op: str = ENGINE, package: str = "agrad."
) -> Iterator[Mutant]:
    """The mutants of a table.

    Examples
    --------
    >>> rows = (Row("restore/nothing", "float64 leak", "interpret.rules:restore", lambda restore: restore),)
    >>> [(m.name, m.op) for m in mutants_of("engine", rows, "numpy")]
    [('engine/restore/nothing', 'engine')]
    """
    for row in rows:
        patch = Patch(package + row.target, row.change, package + row.only if row.only else "")
        yield Mutant(f"{where}/{row.name}", op, row.kind, referee, partial(Damage, None, (patch,)))
