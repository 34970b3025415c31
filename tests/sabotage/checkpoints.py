"""Mutants of `checkpoint`: what is forgotten, and how it is computed again."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from sabotage.mutant import Row

__all__ = ["ROWS"]

CHECKPOINT, FOLDED, REPEAT = "transforms.checkpoint:", "interpret.folded:", "random.repeat:"


def _stale_arguments(private: Any) -> Any:
    """What the function is given again is followed by nobody."""
    return lambda t: t._space._wrap(t._value)


ROWS = (
    Row("checkpoint/keeps-all", "recomputed", CHECKPOINT + "fold", lambda _: lambda leaves, start, again: None),
    Row("checkpoint/finished", "recomputed", CHECKPOINT + "revived", lambda _: lambda traces: nullcontext()),
    Row("checkpoint/not-followed", "recomputed", CHECKPOINT + "private", _stale_arguments, "transforms.checkpoint"),
    Row("checkpoint/other-numbers", "recomputed", REPEAT + "Draws.repeated", lambda _: lambda self: nullcontext()),
    Row("checkpoint/no-numbers-noted", "recomputed", REPEAT + "Draws.noted", lambda _: lambda self: nullcontext()),
    Row(
        "checkpoint/first-result",
        "recomputed",
        FOLDED + "_reached",
        lambda reached: lambda leaves, way: reached(leaves, (0, way[1])),
    ),
    Row(
        "checkpoint/no-boxes",
        "recomputed",
        FOLDED + "_reached",
        lambda reached: lambda leaves, way: reached(leaves, (way[0], ())),
    ),
    Row("checkpoint/changes", "recomputed", FOLDED + "_check_unchanged", lambda _: lambda roots, begin, made: None),
)
