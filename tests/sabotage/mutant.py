"""A mutant: agrad with one thing broken on purpose, and how it is broken."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from agrad.declare import Op

__all__ = ["ENGINE", "Damage", "Edit", "Mutant", "Patch", "Row"]

ENGINE = "engine"
"""In the place of an op's name: mutants of what all ops share."""


class Edit(NamedTuple):
    """A function with one piece of its source text replaced.

    Parameters
    ----------
    target : str
        ``"module:function"`` or ``"module:Class.method"``.
    old, new : str
        The piece, which stands there exactly once, and what takes its place.
    """

    target: str
    old: str
    new: str


class Patch(NamedTuple):
    """A module's attribute with another value; `change` gets the present one."""

    target: str
    change: Callable[[Any], Any]


class Damage(NamedTuple):
    """What is broken.

    Parameters
    ----------
    op : Op, optional
        A declaration that takes the place of the op's on the referee's backend.
    edits, patches : tuple
        Changes of functions of the engine or of a backend.
    """

    op: Op | None = None
    edits: tuple[Edit, ...] = ()
    patches: tuple[Patch, ...] = ()


class Mutant(NamedTuple):
    """One way to break agrad, which the suite has to find.

    Parameters
    ----------
    name : str
        Stable from version to version: ``"linalg.qr/vjp-0/half"`` is op, rule and change.
    op : str
        The op whose checks must find it, or `ENGINE` for a spread of ops and the scenarios.
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
    """A mutant as a row of a table; the target's module is named without the package."""

    name: str
    kind: str
    target: str
    old: str
    new: str
