"""The verdict on a mutant: does a check of the suite fail?"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterable
from contextvars import copy_context
from functools import cache
from typing import NamedTuple

from agrad_conformance.result import FAILED, UNEXPECTED, Key
from agrad_conformance.run import execute, keys
from sabotage.applying import applied
from sabotage.mutant import ENGINE, PROGRAMS, Mutant

__all__ = ["SPREAD", "Verdict", "checks", "judge"]

SPREAD = (
    "", "add", "subtract", "multiply", "divide", "pow", "pow_scalar", "exp", "abs", "maximum", "clip", "astype",
    "concat", "stack", "unstack", "broadcast_to", "broadcast_arrays", "reshape", "roll", "repeat", "tile", "getitem",
    "setitem", "scatter", "take", "take_along_axis", "where", "sort", "diff", "sum", "mean", "max", "prod", "std",
    "cumulative_sum", "matmul", "tensordot", "vecdot", "linalg.det", "linalg.diagonal", "linalg.eig", "linalg.eigh",
    "linalg.qr", "linalg.slogdet", "linalg.solve", "linalg.svd", "linalg.vector_norm", "fft.fft", "fft.rfft",
    "fft.irfftn", "to_device",
)  # fmt: skip
"""The ops, and "" for the scenarios, whose checks a mutant of the engine or of a backend has to get past."""


class Verdict(NamedTuple):
    """What the suite made of a mutant.

    Parameters
    ----------
    name, op, kind, referee : str
        The `Mutant`.
    killed : bool
    by : str
        The first check that failed, and does not with nothing broken.
    reason : str
        What that check found; of a mutant that was not killed, a check that could not tell.
    seconds : float
    """

    name: str
    op: str
    kind: str
    referee: str
    killed: bool
    by: str
    reason: str
    seconds: float


def judge(mutant: Mutant) -> Verdict:
    """Run the checks of a mutant's op until one fails.

    Examples
    --------
    >>> from sabotage.rules import rule_mutants
    >>> judge(next(m for m in rule_mutants() if m.name == "cos/partial-0/minus")).killed
    True
    """
    start = time.perf_counter()
    asked = checks(mutant.referee, "" if mutant.kind in PROGRAMS else mutant.op)
    if mutant.op == ENGINE:
        asked = [key for key in asked if key not in _faulty(mutant.referee)]
    fault = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        while True:
            with applied(mutant.make(), mutant.referee):
                killer, reason = copy_context().run(_first_failure, asked)  # which keeps what `no_grad` is left at
            if killer is None or mutant.kind == "control" or not (found := _without_mutants(killer)):
                break
            fault = fault or f"{killer.id} fails with nothing broken: {found}"
            asked = asked[asked.index(killer) + 1 :]  # such a check tells nothing of the mutant
        if mutant.op == ENGINE:
            _insist(mutant)
    seconds = round(time.perf_counter() - start, 3)
    return Verdict(*mutant[:4], killer is not None, killer.id if killer else "", reason or fault, seconds)


def _first_failure(asked: Iterable[Key]) -> tuple[Key | None, str]:
    for key in asked:
        record = execute(key)
        if record.outcome in (FAILED, UNEXPECTED):
            return key, record.reason
    return None, ""


@cache
def _without_mutants(key: Key) -> str:
    """Why a check fails with nothing broken: it could not tell a mutant from what is right."""
    return _first_failure([key])[1]


@cache
def _faulty(referee: str) -> frozenset[Key]:
    """The scenarios that fail before anything was broken."""
    return frozenset(key for key in checks(referee, "") if _without_mutants(key))


def _insist(mutant: Mutant) -> None:
    """A mutant that leaves something behind would kill the next ones."""
    asked = (key for key in checks(mutant.referee, "") if key not in _faulty(mutant.referee))
    left, found = _first_failure(asked)
    if left is not None:
        raise RuntimeError(f"after the mutant {mutant.name}, the check {left.id} fails without it: {found}")


def checks(referee: str, op: str) -> list[Key]:
    """The checks that may kill a mutant of an op, or of the engine."""
    found = _by_op(referee)
    return [key for name in (SPREAD if op == ENGINE else (op,)) for key in found.get(name, ())]


@cache
def _by_op(referee: str) -> dict[str, list[Key]]:
    """All checks of the full level by their op; the list is the same for every mutant."""
    found: dict[str, list[Key]] = {}
    for key in keys(referee, "full"):
        found.setdefault(key.op, []).append(key)
    return found
