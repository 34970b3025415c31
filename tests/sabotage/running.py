"""All mutants, or some, before the suite: in this process or in several, with progress as it comes."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import agrad
from sabotage.backend import backend_mutants
from sabotage.batches import batch_controls, batch_mutants
from sabotage.devices import device_mutants
from sabotage.engine import engine_controls, engine_mutants
from sabotage.graphs import graph_controls, graph_mutants
from sabotage.judging import Verdict, judge
from sabotage.mutant import ENGINE, Mutant
from sabotage.rules import rule_controls, rule_mutants

__all__ = ["campaign", "controls", "every_mutant", "sampled"]

BATCH = 8
"""How many mutants of the engine a worker takes at once; those of an op go together, for what is computed once."""


def every_mutant() -> list[Mutant]:
    """Every mutant whose referee is installed, those proved equivalent too.

    Examples
    --------
    >>> len({m.name for m in every_mutant()}) == len(every_mutant()) >= 150
    True
    """
    made = [
        *rule_mutants(),
        *batch_mutants(),
        *graph_mutants(),
        *engine_mutants(),
        *backend_mutants(),
        *device_mutants(),
    ]
    there = agrad.plugins.backends()
    return [m for m in made if m.referee in there]


def controls() -> list[Mutant]:
    """What mutants are made with, and nothing wrong: the suite has to pass them all."""
    return [*engine_controls(), *rule_controls(), *batch_controls(), *graph_controls()]


def sampled(mutants: Sequence[Mutant], count: int) -> list[Mutant]:
    """So many of them, the same at every run, spread over all kinds, and within a kind over its ops.

    Examples
    --------
    >>> len(sampled(list(controls()), 10))
    10
    """
    order = sorted(mutants, key=lambda m: m.kind)  # a stable sort keeps a kind's in the table's order
    count = min(count, len(order))
    return [order[(2 * i + 1) * len(order) // (2 * count)] for i in range(count)]


def campaign(
    mutants: Sequence[Mutant], processes: int = 0, progress: Callable[[Verdict], None] = lambda verdict: None
) -> list[Verdict]:
    """Judge mutants; `progress` gets each verdict as it is reached."""
    names = {m.name for m in mutants}
    batches = list(_batches(mutants))
    found = []
    with _quiet_workers():
        if processes < 2:
            verdicts = (verdict for batch in batches for verdict in _judged(batch))
            found = [_told(verdict, progress) for verdict in verdicts]
        else:
            with multiprocessing.get_context("spawn").Pool(processes) as pool:
                for several in pool.imap_unordered(_judged, batches):
                    found += [_told(verdict, progress) for verdict in several]
    assert {verdict.name for verdict in found} == names
    order = {m.name: i for i, m in enumerate(mutants)}
    return sorted(found, key=lambda verdict: order[verdict.name])


def _told(verdict: Verdict, progress: Callable[[Verdict], None]) -> Verdict:
    progress(verdict)
    return verdict


def _batches(mutants: Sequence[Mutant]) -> Iterator[list[str]]:
    """Names of mutants to be judged by one worker, the slowest ops first: the plugins', whose references take time."""
    groups: dict[tuple[str, str], list[str]] = {}
    for m in mutants:
        groups.setdefault((m.op, m.referee), []).append(m.name)
    for (op, _), names in sorted(
        groups.items(), key=lambda item: (item[0][0] != "special.zeta", "." not in item[0][0])
    ):
        step = BATCH if op == ENGINE else len(names)
        for start in range(0, len(names), step):
            yield names[start : start + step]


_known: dict[str, Mutant] = {}


def _judged(names: Sequence[str]) -> list[Verdict]:
    if not _known:  # mutants hold functions that no process can send another, so that each makes its own
        _known.update({m.name: m for m in (*every_mutant(), *controls())})
    return [judge(_known[name]) for name in names]


@contextmanager
def _quiet_workers() -> Iterator[None]:
    """One thread for each process: arrays here are tiny."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update({name: "1" for name in names})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
