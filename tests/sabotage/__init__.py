"""Sabotage: rules, engine and backends broken on purpose, to see that the suite notices."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sabotage.judging import Verdict
from sabotage.mutant import Mutant
from sabotage.rules import controls
from sabotage.running import campaign, every_mutant, sampled
from sabotage.summary import REQUIRED, disproved, markdown, summary, tally, write_json

__all__ = ["Mutant", "Verdict", "campaign", "controls", "every_mutant", "markdown", "run"]

CONTROLS = 10
"""With so many mutants of a sample goes one control."""


def run(sample: int | None = None, processes: str = "0", json_file: str | None = None) -> int:
    """Run the sabotage: what ``agrad conformance --sabotage`` does.

    Parameters
    ----------
    sample : int, optional
        So many mutants, spread over all of them; by default all.
    processes : str
        How many, or ``"auto"``; by default none besides this one.
    json_file : str, optional
        Where to write a record of each mutant.

    Returns
    -------
    int
        The exit status: 0 if the suite killed 99 % of the mutants, and passed all controls.
    """
    workers = (os.cpu_count() or 1) if processes == "auto" else int(processes)
    mutants, same = every_mutant(), list(controls())
    if sample is not None:
        mutants, same = sampled(mutants, sample), sampled(same, max(1, sample // CONTROLS))
    chosen = [*mutants, *same]
    found = campaign(chosen, workers, _Progress(len(chosen)))
    verdicts, checked = found[: len(mutants)], found[len(mutants) :]
    if json_file is not None:
        write_json(verdicts, Path(json_file))
    for line in summary(verdicts):
        print(line)
    wrong = [v for v in checked if v.killed]
    for v in wrong:
        print(f"the control {v.name} failed {v.by}: {v.reason}")
    killed, survived, _ = tally(verdicts)["all"]
    share = killed / ((killed + survived) or 1)
    print(f"{killed} of {killed + survived} mutants killed, {100 * share:.2f} %; {len(checked) - len(wrong)} of "
          f"{len(checked)} controls passed")  # fmt: skip
    return int(share < REQUIRED or bool(wrong) or bool(disproved(verdicts)))


class _Progress:
    """A line that counts, on a terminal; elsewhere one for each hundred."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.survived = 0
        self.live = sys.stderr.isatty()

    def __call__(self, verdict: Verdict) -> None:
        self.done += 1
        self.survived += not verdict.killed and verdict.kind != "control"
        line = f"{self.done} of {self.total}, {self.survived} not killed; {verdict.name}"
        if self.live:
            print(f"\r{line[:79]:<79}", end="\n" if self.done == self.total else "", file=sys.stderr, flush=True)
        elif self.done % 100 == 0 or self.done == self.total:
            print(line, file=sys.stderr, flush=True)
