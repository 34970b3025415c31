"""Records in a JSON file.

The file is one object, valid JSON, with a line for each record::

    {
      "schema": 1,                    version of this layout
      "date": "2026-01-31T12:00:00+00:00",
      "agrad": "0.1.0",               version of agrad
      "references": 1,                version of the stored references
      "python": "3.13.1",
      "platform": "Linux-6.1-x86_64",
      "backends": {
        "jax": {
          "name": "jax",              the backend's name, for `agrad.namespace`
          "library": "jax",           the distribution of the array library, "" where it is not known
          "version": "0.7.0",         its version, "" where it is not known
          "dtypes": ["float32", ...], the floating-point dtypes that it has
          "lacks": {"linalg.eig": "why", ...}    what the backend declares that it cannot do
        }
      },
      "records": [
        {"backend": "jax", "op": "sin", "case": "sin-0-real", "dtype": "float64", "property": "vjp",
         "chapter": "elementwise", "device": "cpu", "outcome": "passed", "error": 0.5, "tolerance": 32.0,
         "reason": "", "detail": {}},
        ...
      ]
    }

A record has the fields of `agrad_conformance.result.Record`. ``error`` and ``tolerance`` are numbers in units of eps
times the reference's scale, null where nothing was compared, or one of the strings "inf", "-inf" and "nan", for which
JSON has no numbers. ``detail`` maps names to texts; it is empty unless a check failed.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

from agrad_conformance.report.metadata import SCHEMA, metadata
from agrad_conformance.result import Record

__all__ = ["combined", "finite", "read_json", "write_json"]

NUMBERS = ("error", "tolerance")


def write_json(records: Iterable[Record], path: str | PathLike[str], meta: dict[str, Any] | None = None) -> None:
    """Write records, and what is known of their run.

    Parameters
    ----------
    records : iterable of Record
    path : path
    meta : dict, optional
        What `read_json` gave; by default this process is described.
    """
    records = list(records)
    described = json.dumps(metadata(records) if meta is None else meta, indent=1, ensure_ascii=False, allow_nan=False)
    lines = (json.dumps(_encoded(r), ensure_ascii=False, allow_nan=False) for r in records)
    opened = described.rstrip().removesuffix("}").rstrip()
    text = opened + ',\n "records": [\n' + ",\n".join(lines) + "\n ]\n}\n"
    Path(path).write_text(text, encoding="utf-8", newline="\n")


def read_json(path: str | PathLike[str]) -> tuple[dict[str, Any], list[Record]]:
    """Read what `write_json` wrote.

    Parameters
    ----------
    path : path

    Returns
    -------
    meta : dict
        All but the records.
    records : list of Record

    Raises
    ------
    ValueError
        The file is no such report, or one of a later layout.
    """
    try:
        meta = json.loads(Path(path).read_text(encoding="utf-8"))
        if meta["schema"] > SCHEMA:
            raise ValueError(f"its layout has version {meta['schema']}, and this agrad reads up to {SCHEMA}")
        records = [_decoded(item) for item in meta.pop("records")]
        if not {"date", "agrad", "references", "backends"} <= meta.keys():
            raise ValueError("it does not say what it is a report of")
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"{path} is not a report of the conformance suite that can be read: {problem}") from problem
    return meta, records


def combined(paths: Sequence[str | PathLike[str]]) -> tuple[dict[str, Any], list[Record]]:
    """Several reports as one.

    A backend that is in more than one of them, under another setting or on another machine, gets a label that tells
    its results apart; its ``name`` in the metadata stays. Date and versions are those of the latest report; each
    backend's entry has those of its own.

    Parameters
    ----------
    paths : sequence of path

    Returns
    -------
    meta : dict
    records : list of Record
    """
    if not paths:
        raise ValueError("there are no reports to combine; give the path of one JSON file or more")
    reports = [read_json(path) for path in paths]
    backends: dict[str, Any] = {}
    records: list[Record] = []
    for meta, found in reports:
        own = {key: meta.get(key, "") for key in ("date", "agrad", "references", "python", "platform")}
        labels = {name: _label(entry, backends) for name, entry in meta["backends"].items()}
        backends |= {labels[name]: own | entry for name, entry in meta["backends"].items()}
        records += [r._replace(backend=labels.get(r.backend, r.backend)) for r in found]
    latest = max((meta for meta, _ in reports), key=lambda meta: str(meta["date"]))
    return {**latest, "backends": backends}, records


def _label(entry: dict[str, Any], taken: dict[str, Any]) -> str:
    """A name for one backend's results that no other has."""
    name = label = entry["name"]
    if label in taken and "float64" not in entry["dtypes"]:
        label = f"{name} (no float64)"
    if label in taken:
        label = f"{name} {entry['version']}"
    count = 2
    while label in taken:
        label, count = f"{name} ({count})", count + 1
    return str(label)


def finite(x: float | None) -> float | str | None:
    """A number as JSON has it: a string where it is not finite.

    Examples
    --------
    >>> finite(0.5), finite(float("inf")), finite(None)
    (0.5, 'inf', None)
    """
    return str(float(x)) if x is not None and not math.isfinite(x) else x if x is None else float(x)


def _encoded(record: Record) -> dict[str, Any]:
    item = record._asdict()
    item.update({name: finite(item[name]) for name in NUMBERS})
    item["detail"] = {str(key): _text(value) for key, value in item["detail"].items()}
    return item


def _decoded(item: dict[str, Any]) -> Record:
    given = {name: item[name] for name in Record._fields}
    given.update({name: None if given[name] is None else float(given[name]) for name in NUMBERS})
    return Record(**given)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)
