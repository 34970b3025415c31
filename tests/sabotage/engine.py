"""Mutants of what all ops share, and what they are made with, without a mistake."""

from __future__ import annotations

from collections.abc import Iterator

from sabotage import batches, calling, checkpoints, following, graphs, programs, pushing, recording, users, walking
from sabotage.mutant import Mutant, Row, mutants_of

__all__ = ["engine_controls", "engine_mutants"]

TABLES = (calling, recording, pushing, walking, following, users, programs, batches, checkpoints, graphs)

CONTROLS = (
    Row(
        "control/walk",
        "control",
        "interpret.reverse:walk",
        lambda _: lambda *given, **options: walking.RIGHT(*given, **options),
    ),
    Row("control/split", "control", "interpret.apply:split", following.split_by(every_level=False)),
    Row(
        "control/closure",
        "control",
        "interpret.fast:closure",
        lambda closure: lambda f, door, operator=False: closure(f, door, operator),
    ),
)


def engine_mutants() -> Iterator[Mutant]:
    """Every mutant of the engine."""
    for table in TABLES:
        yield from mutants_of("engine", table.ROWS, "numpy")


def engine_controls() -> Iterator[Mutant]:
    """Functions written anew, and nothing wrong."""
    yield from mutants_of("engine", CONTROLS, "numpy")
