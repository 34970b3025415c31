"""Test the conformance suite: ``python tests/sabotage/run.py`` breaks agrad on purpose and sees that it notices."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

if __name__ == "__main__":  # the folder that this package is in, not the package's own
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from sabotage.judging import Verdict
from sabotage.mutant import Mutant
from sabotage.running import campaign, controls, every_mutant, sampled
from sabotage.summary import REQUIRED, disproved, markdown, summary, tally, write_json

__all__ = ["main"]

CONTROLS = 10
"""With so many mutants of a sample goes one control."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the sabotage; the exit status is 0 if the suite killed 99 % of the mutants, and passed all controls."""
    parser = argparse.ArgumentParser(description="Break agrad on purpose and see that the conformance suite notices.")
    add = parser.add_argument
    add("--sample", type=int, metavar="N", help="only N mutants, spread over all of them")
    add("--kind", action="append", default=[], metavar="KIND", help="only mutants of this kind; repeatable")
    add("-n", default="0", metavar="N", help="how many worker processes, or auto")
    add("--json", metavar="FILE", help="write a record of each mutant")
    add("--markdown", metavar="FILE", help="write the page of the documentation")
    options = parser.parse_args(arguments)
    workers = (os.cpu_count() or 1) if options.n == "auto" else int(options.n)
    mutants: Sequence[Mutant] = [m for m in every_mutant() if not options.kind or m.kind in options.kind]
    same: Sequence[Mutant] = controls()
    if options.sample is not None:
        mutants, same = sampled(mutants, options.sample), sampled(same, max(1, options.sample // CONTROLS))
    chosen = [*mutants, *same]
    found = campaign(chosen, workers, _Progress(len(chosen)))
    verdicts, checked = found[: len(mutants)], found[len(mutants) :]
    wrong = [v for v in checked if v.killed]
    if options.json:
        write_json(verdicts, Path(options.json))
    if options.markdown:
        page = markdown(verdicts, f"{_versions()}; {len(checked) - len(wrong)} of {len(checked)} controls passed.")
        Path(options.markdown).write_text(page, encoding="utf-8")
    for line in summary(verdicts):
        print(line)
    for v in wrong:
        print(f"the control {v.name} failed {v.by}: {v.reason}")
    killed, survived, _ = tally(verdicts)["all"]
    share = killed / ((killed + survived) or 1)
    print(f"{killed} of {killed + survived} mutants killed, {100 * share:.2f} %; {len(checked) - len(wrong)} of "
          f"{len(checked)} controls passed")  # fmt: skip
    return int(share < REQUIRED or bool(wrong) or bool(disproved(verdicts)))


def _versions() -> str:
    """What was tested, and when."""
    there = [
        f"{title} {version(name)}" for title, name in (("NumPy", "numpy"), ("array-api-strict", "array-api-strict"))
    ]
    return (
        f"agrad {version('agrad')} on {date.today()}, with {', '.join(there)} and CPython {platform.python_version()}"
    )


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


if __name__ == "__main__":
    sys.exit(main())
