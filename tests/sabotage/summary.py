"""What a campaign found: as text, as JSON, and as a page of the documentation."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sabotage.equivalent import EQUIVALENT
from sabotage.judging import Verdict

__all__ = ["REQUIRED", "Tally", "markdown", "summary", "tally", "write_json"]

REQUIRED = 0.99
"""The share of mutants that the suite has to kill."""

Tally = dict[str, tuple[int, int, int]]


def tally(verdicts: Sequence[Verdict]) -> Tally:
    """Killed, survived and equivalent, by kind and, under "all", together.

    Examples
    --------
    >>> tally([Verdict("a", "sin", "sign", "numpy", True, "", "", 0.1)])
    {'sign': (1, 0, 0), 'all': (1, 0, 0)}
    """
    counts: Tally = {}
    for v in verdicts:
        for kind in (v.kind, "all"):
            killed, survived, equivalent = counts.get(kind, (0, 0, 0))
            if v.name in EQUIVALENT:
                equivalent += 1
            elif v.killed:
                killed += 1
            else:
                survived += 1
            counts[kind] = killed, survived, equivalent
    return {kind: counts[kind] for kind in sorted(counts, key=lambda kind: (kind == "all", kind))}


def summary(verdicts: Sequence[Verdict]) -> list[str]:
    """Lines of a table by kind, the survivors, and what is wrong with the list of equivalents."""
    counts = tally(verdicts)
    rows = [("kind", "killed", "survived", "equivalent"), *((kind, *map(str, n)) for kind, n in counts.items())]
    width = max(len(row[0]) for row in rows)
    lines = [f"{kind:<{width}}" + "".join(f"{cell:>12}" for cell in cells) for kind, *cells in rows]
    for v in survivors(verdicts):
        lines.append(f"survived: {v.name} ({v.kind}, on {v.referee})" + (f"; {v.reason}" if v.reason else ""))
    lines += [f"killed, and listed as equivalent: {v.name}, by {v.by}" for v in disproved(verdicts)]
    return lines


def survivors(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """What no check found, and is not proved equivalent."""
    return [v for v in verdicts if not v.killed and v.name not in EQUIVALENT]


def disproved(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """What is listed as equivalent, and a check found."""
    return [v for v in verdicts if v.killed and v.name in EQUIVALENT]


def write_json(verdicts: Sequence[Verdict], target: Path) -> None:
    """A record a mutant."""
    records = [{**v._asdict(), "equivalent": EQUIVALENT.get(v.name, "")} for v in verdicts]
    target.write_text(json.dumps(records, indent=1) + "\n", encoding="utf-8")


METHOD = """\
# Sabotage

The conformance suite is itself tested: agrad is broken on purpose, in one place at a time, and the suite has to notice.

A *mutant* is agrad, or a backend, with one mistake in it. Most are made from the table of ops, so that every rule of
every op has several: its result is halved, changed by 1e-9 of itself, of the wrong sign, not conjugated, transposed,
reversed or shifted along an axis, without its last element; the rule forgets its cotangent, an argument, or a
parameter; it is right in one mode and wrong in the other, or right in first order and wrong in second; it breaks ties
otherwise, leaks double precision, writes into what it was given, answers from a cache, rounds otherwise at each call,
or puts its result on the default device. The others put another function in the place of one of the engine, of the
NumPy backend, or of the fallbacks: cotangents are not summed over axes that were broadcast, a walk drops what comes
third, views are not told of a change, `1.0 / x` is computed as `x / 1.0`. They name functions, never source text, so
that a core that is written otherwise needs no other mutants; a function that is gone is an error.

A mutant of an op is *killed* if one of the checks of that op fails at the level `full`; a mutant of the engine or of a
backend, if a check of a spread of ops, or of the scenarios, fails. Mistakes that programs show and no single op (the
kinds `aliasing`, `operators` and `recording`) are for the scenarios alone to find. Each mutant names the backend that
referees it: NumPy, and array-api-strict for mutants of devices, which do not mix there. Mutants that are proved to
compute the same as what they were made from leave the count; they are listed below with the proof. What mutants are
made with is checked, too: *controls* are made in the same ways with nothing wrong, and all of them have to pass; and
so has every check that killed a mutant, once more, with nothing broken.

The suite was extended until mutants that had survived were found. The figure says that mistakes such as these do not go
unnoticed, not that there are no others.

The mutants live among agrad's tests, in `tests/sabotage/`. In a clone, `python tests/sabotage/run.py` runs them all,
`--sample N` so many of them, `-n N` in so many processes; `--json FILE` writes which check killed each mutant, and
`--markdown FILE` writes this page. CI runs a sample.
"""


def markdown(verdicts: Sequence[Verdict], versions: str) -> str:
    """The page ``docs/sabotage.md``: method, figures by kind, survivors, equivalents with their proofs.

    Parameters
    ----------
    verdicts : sequence of Verdict
        Of all mutants.
    versions : str
        A sentence on what was tested and when.
    """
    counts = tally(verdicts)
    killed, survived, equivalent = counts["all"]
    lines = [METHOD, "## Figures", "", f"{versions} Of {killed + survived} mutants, {killed} were killed: "
             f"{100 * killed / (killed + survived):.2f} %. {equivalent} more are equivalent.", "",
             "| Kind of mistake | Killed | Survived | Equivalent |", "|---|--:|--:|--:|"]  # fmt: skip
    lines += [f"| {kind} | {a} | {b} | {c} |" for kind, (a, b, c) in counts.items()]
    left = survivors(verdicts)
    if left:
        lines += ["", "## Survivors", "", *(f"- `{v.name}` ({v.kind})" for v in left)]
    lines += ["", "## Equivalent mutants", ""]
    present = {v.name for v in verdicts}
    for proof in dict.fromkeys(EQUIVALENT.values()):
        names = [f"`{name}`" for name, own in EQUIVALENT.items() if own == proof and name in present]
        if names:
            lines += [f"- {', '.join(names)}: {proof}"]
    return "\n".join(lines) + "\n"
