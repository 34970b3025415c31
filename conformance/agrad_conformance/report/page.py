"""The report as one page: everything it needs is in the file, and it asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from typing import Any

from agrad_conformance.report.columns import columns
from agrad_conformance.report.metadata import metadata
from agrad_conformance.report.verdict import PRECEDENCE, SYMBOLS, counted, holds, ordered, standing
from agrad_conformance.result import Key, Record

__all__ = ["page", "write_html"]

SCRIPTS = ("records.js", "matrix.js", "checks.js")

PLACES = ("@backend", "@case", "@dtype", "@property")
"""What the page replaces in the command that runs a check again."""


def write_html(records: Iterable[Record], path: str | PathLike[str], meta: dict[str, Any] | None = None) -> None:
    """Write the report as a page.

    Parameters
    ----------
    records : iterable of Record
    path : path
    meta : dict, optional
        What `agrad_conformance.report.read_json` gave; by default this process is described.
    """
    Path(path).write_text(page(list(records), meta), encoding="utf-8", newline="\n")


def page(records: Sequence[Record], meta: dict[str, Any] | None = None) -> str:
    """The page's text.

    Parameters
    ----------
    records : sequence of Record
    meta : dict, optional

    Examples
    --------
    >>> record = Record("numpy", "sin", "sin-0-real", "float64", "vjp", "elementwise", "cpu", "passed", 0.5, 32.0)
    >>> page([record]).splitlines()[0]
    '<!doctype html>'
    """
    meta = metadata(records) if meta is None else meta
    counts = counted(records)
    style, script = _asset("page.css"), "\n".join(map(_asset, SCRIPTS))
    text: str = _template().render(
        meta=meta,
        total=len(records),
        counts=counts,
        holds=holds(counts),
        symbols=SYMBOLS,
        backends=[(name, entry, counted(r for r in records if r.backend == name)) for name, entry in _entries(meta)],
        differ=len({(e.get("date"), e.get("python"), e.get("platform")) for _, e in _entries(meta)}) > 1,
        chapters=[chapter for chapter in ordered(r.chapter for r in records) if chapter],
        without_chapter=any(not r.chapter for r in records),
        properties=_distinct(r.property for r in records),
        dtypes=_distinct(r.dtype for r in records),
        style=style,
        script=script,
        hashes={"style": _hash(style), "script": _hash(script)},
        data=_embedded(records, meta),
    )
    return text


def _entries(meta: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(meta["backends"].items())


def _distinct(texts: Iterable[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text]


def _embedded(records: Sequence[Record], meta: dict[str, Any]) -> str:
    """What the script reads, as JSON in which nothing can end the element that holds it."""
    names = {name: entry.get("name", name) for name, entry in _entries(meta)}
    backend, case, dtype, name = PLACES
    content = {
        "records": columns([_shown(r, meta) for r in records]),
        "command": Key(backend, "", case, dtype, name).command,
        "backends": names,
        "chapters": ordered(r.chapter for r in records),
        "symbols": SYMBOLS,
        "precedence": PRECEDENCE,
    }
    text = json.dumps(content, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _shown(record: Record, meta: dict[str, Any]) -> Record:
    """A record as a table counts it; where it is for want of something, with the declared reason."""
    outcome = standing(record)
    if outcome == record.outcome or record.reason:
        return record._replace(outcome=outcome)
    lacks = meta["backends"].get(record.backend, {}).get("lacks", {})
    reason = lacks.get(record.op) or lacks.get(record.op.partition(".")[0], "")
    return record._replace(outcome=outcome, reason=f"lacking, as declared: {reason}" if reason else "")


def _hash(text: str) -> str:
    """What the page's content security policy knows an inline element by."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


@cache
def _asset(name: str) -> str:
    return (files(__package__) / "template" / name).read_text(encoding="utf-8")


@cache
def _template() -> Any:
    import jinja2  # only who writes a page needs it

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.from_string(_asset("page.html"))
