"""Mutants of the engine: one piece of one function's source replaced by another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sabotage import interface, interpretations
from sabotage.mutant import ENGINE, Damage, Edit, Mutant, Row

__all__ = ["engine_mutants", "mutants_of"]


def engine_mutants() -> Iterator[Mutant]:
    """Every mutant of the engine."""
    yield from mutants_of("engine", (*interpretations.ROWS, *interface.ROWS), "numpy")


def mutants_of(where: str, rows: tuple[Row, ...], referee: str, op: str = ENGINE) -> Iterator[Mutant]:
    """The mutants of a table. Modules are of the engine's interpretations, after a slash of agrad, after two of any."""
    for row in rows:
        target = row.target
        for mark, package in (("//", ""), ("/", "agrad."), ("", "agrad.interpret.")):
            if target.startswith(mark):
                target = package + target.removeprefix(mark)
                break
        edit = Edit(target, row.old, row.new)
        yield Mutant(f"{where}/{row.name}", op, row.kind, referee, partial(Damage, None, (edit,)))
