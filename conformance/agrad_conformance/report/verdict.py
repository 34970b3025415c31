"""What many records come to: the one outcome that a cell of a table shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from agrad_conformance.high import CHAPTERS
from agrad_conformance.result import FAILED, PASSED, UNEXPECTED, UNSUPPORTED, XFAILED, Record

__all__ = ["PRECEDENCE", "SYMBOLS", "counted", "holds", "ordered", "standing"]

PRECEDENCE = (FAILED, UNEXPECTED, XFAILED, PASSED, UNSUPPORTED)
"""The first of these that occurs is what a cell shows; what a backend lacks shows where there is nothing else."""

SYMBOLS = {PASSED: "✓", FAILED: "✕", XFAILED: "~", UNEXPECTED: "!", UNSUPPORTED: "–"}


def standing(record: Record) -> str:
    """The outcome that a record counts as in a table: a limit that holds as declared is something unsupported."""
    return UNSUPPORTED if record.property == "limit" and record.outcome == PASSED else record.outcome


def counted(records: Iterable[Record]) -> Counter[str]:
    """How many records there are of each outcome, the gravest first.

    Examples
    --------
    >>> record = Record("numpy", "sin", "sin-0-real", "float64", "vjp", "elementwise", "cpu", PASSED)
    >>> counted([record, record._replace(outcome=FAILED)])
    Counter({'failed': 1, 'passed': 1})
    """
    found = Counter(map(standing, records))
    return Counter({outcome: found[outcome] for outcome in PRECEDENCE if found[outcome]})


def holds(counts: Counter[str]) -> bool:
    """Whether nothing speaks against a backend."""
    return not counts[FAILED] and not counts[UNEXPECTED]


def ordered(chapters: Iterable[str]) -> list[str]:
    """Chapters, each once: those of the standard in their order, plugins' by name, and checks of no op in the end.

    Examples
    --------
    >>> ordered(["special", "", "fft", "elementwise", "fft"])
    ['elementwise', 'fft', 'special', '']
    """
    found = set(chapters)
    known = [chapter for chapter in CHAPTERS if chapter in found]
    return [*known, *sorted(found - {*known, ""}), *([""] if "" in found else [])]
