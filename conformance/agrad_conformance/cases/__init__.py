"""Cases of every op of the standard, a module a chapter: rows of data, free of any check."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module

from agrad.cases import Case
from agrad_conformance.high import CHAPTERS
from agrad_conformance.sample import Sample, identified, samples

__all__ = ["chapter_of", "standard_cases", "standard_samples"]


def standard_cases(chapters: Sequence[str] = CHAPTERS) -> Iterator[tuple[str, Case]]:
    """The cases of chapters with their names, in order.

    Examples
    --------
    >>> name, case = next(standard_cases(["elementwise"]))
    >>> name, case.op
    ('abs-0', 'abs')
    """
    for chapter in chapters:
        yield from identified(_of(chapter))


def standard_samples(chapters: Sequence[str] = CHAPTERS) -> Iterator[Sample]:
    """The cases of chapters with their numbers, for each kind."""
    for chapter in chapters:
        yield from samples(_of(chapter))


def chapter_of(op: str) -> str:
    """The chapter that an op's cases are in.

    Examples
    --------
    >>> chapter_of("linalg.qr"), chapter_of("sin")
    ('linalg', 'elementwise')
    """
    extension, dot, _ = op.rpartition(".")
    if dot:
        return extension
    for chapter in CHAPTERS:
        if any(case.op == op for case in _of(chapter)):
            return chapter
    raise KeyError(f"no chapter has cases of an op {op!r}")


def _of(chapter: str) -> list[Case]:
    cases: list[Case] = import_module(f"agrad_conformance.cases.{chapter}").CASES
    return cases
