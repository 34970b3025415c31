"""The compatibility table of the documentation: chapters by backends, and what is not supported or known to fail."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from agrad_conformance.report.metadata import metadata
from agrad_conformance.report.store import combined
from agrad_conformance.report.verdict import SYMBOLS, counted, ordered
from agrad_conformance.result import FAILED, PASSED, UNEXPECTED, UNSUPPORTED, XFAILED, Record

__all__ = ["compatibility", "table", "write_markdown"]

LISTED = ((FAILED, "Failures"), (UNEXPECTED, "Unexpected passes"), (XFAILED, "Expected failures"))
"""What is listed for each backend, after what it lacks."""

ESCAPED = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}

NAMED = 12
"""How many ops or cases are named for a reason; of more, the count is given."""


def compatibility(json_paths: Sequence[str | PathLike[str]]) -> str:
    """A page on what was found for each backend, from the JSON files of one run or several.

    Parameters
    ----------
    json_paths : sequence of path
        Files of `agrad_conformance.report.write_json`.

    Returns
    -------
    str
        Markdown.
    """
    meta, records = combined(json_paths)
    return table(meta, records)


def write_markdown(records: Iterable[Record], path: str | PathLike[str], meta: dict[str, Any] | None = None) -> None:
    """Write the page of records.

    Parameters
    ----------
    records : iterable of Record
    path : path
    meta : dict, optional
        What `agrad_conformance.report.read_json` gave; by default this process is described.
    """
    records = list(records)
    text = table(metadata(records) if meta is None else meta, records)
    Path(path).write_text(text, encoding="utf-8", newline="\n")


def table(meta: dict[str, Any], records: Sequence[Record]) -> str:
    """The page as text.

    Parameters
    ----------
    meta : dict
    records : sequence of Record
    """
    backends = list(meta["backends"])
    legend = ", ".join(f"{SYMBOLS[o]} {o}" for o in (PASSED, FAILED, UNEXPECTED, XFAILED, UNSUPPORTED))
    lines = [
        "# Compatibility",
        "",
        "Generated from the conformance suite's JSON reports; not edited by hand.",
        "",
        f"agrad {_plain(meta['agrad'])}, version {meta['references']} of the references, {_plain(meta['date'][:10])}.",
        "",
        *_table(["backend", "library", "floating-point dtypes", "run"], [_run(meta, name) for name in backends]),
        "",
        f"How many checks there are of each outcome ({legend}):",
        "",
        *_table(["chapter", *backends], _chapters(records, backends), numbers=True),
    ]
    for name in backends:
        own = [r for r in records if r.backend == name]
        parts = _lacks(meta["backends"][name], own)
        for outcome, title in LISTED:
            parts += _reasons(title, [r for r in own if r.outcome == outcome])
        lines += ["", f"## {_plain(name)}", *(parts or ["", "All checks pass; there is nothing to list."])]
    return "\n".join(lines) + "\n"


def _run(meta: dict[str, Any], name: str) -> list[str]:
    entry = {**meta, **meta["backends"][name]}
    library = f"{entry['library']} {entry['version']}".strip() or "not known"
    made = f"{str(entry['date'])[:10]}, Python {entry.get('python', '')}, {entry.get('platform', '')}"
    return [name, library, ", ".join(entry["dtypes"]) or "not known", made]


def _chapters(records: Sequence[Record], backends: Sequence[str]) -> list[list[str]]:
    groups: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for r in records:
        groups[r.chapter, r.backend].append(r)
    chapters = ordered(r.chapter for r in records)
    rows = [
        [_title(chapter), *(_counts(counted(groups[chapter, backend])) for backend in backends)] for chapter in chapters
    ]
    return [*rows, ["all", *(_counts(counted(r for r in records if r.backend == backend)) for backend in backends)]]


def _title(chapter: str) -> str:
    return chapter.replace("_", " ") or "transforms"


def _counts(counts: Counter[str]) -> str:
    return ", ".join(f"{SYMBOLS[outcome]} {n}" for outcome, n in counts.items())


def _lacks(entry: dict[str, Any], records: Sequence[Record]) -> list[str]:
    """What the backend declares to lack, and what checks found out besides."""
    declared: dict[str, list[str]] = defaultdict(list)
    for what, why in entry["lacks"].items():
        declared[why].append(what)
    found: dict[str, list[Record]] = defaultdict(list)
    for r in records:
        if r.outcome == UNSUPPORTED and r.reason not in declared:
            found[r.reason].append(r)
    lines = [f"- {_names(names)}: {_plain(why)}" for why, names in declared.items()]
    lines += [f"- {_what(group)}: {_plain(why)}" for why, group in found.items()]
    return ["", "**Not supported:**", "", *lines] if lines else []


def _reasons(title: str, records: Sequence[Record]) -> list[str]:
    groups: dict[str, list[Record]] = defaultdict(list)
    for r in records:
        groups[r.reason].append(r)
    lines = [f"- {_what(group)}: {_plain(why) or 'no reason given'}" for why, group in groups.items()]
    return ["", f"**{title}:**", "", *lines] if lines else []


def _what(records: Sequence[Record]) -> str:
    """Which checks: their ops, properties and dtypes."""
    ops = list(dict.fromkeys(r.op or r.case for r in records))
    properties = list(dict.fromkeys(r.property.replace("_", " ") for r in records))
    dtypes = list(dict.fromkeys(r.dtype for r in records if r.dtype))
    count = f"{len(records)} check" + "s" * (len(records) != 1)
    named = _names(ops) if len(ops) <= NAMED else f"{len(ops)} ops"
    return f"{named} ({count}; {_plain(', '.join(properties))}{'; ' if dtypes else ''}{_plain(', '.join(dtypes))})"


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"`{_line(name).replace('`', ' ')}`" for name in names)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: bool = False) -> list[str]:
    rule = ["---", *("---:" if numbers else "---" for _ in heads[1:])]
    return [_row(heads), "|" + "|".join(rule) + "|", *map(_row, rows)]


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_plain, cells)) + " |"


def _line(text: object) -> str:
    return re.sub(r"\s+", " ", str(text)).strip()


def _plain(text: object) -> str:
    """Text on one line in which no character means anything to Markdown or HTML."""
    return re.sub(r"[&\\`*_\[\]<>|#~]", lambda found: ESCAPED.get(found[0], "\\" + found[0]), _line(text))
