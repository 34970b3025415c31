"""Records column by column, as the page carries them: most columns have few values, and these come in long runs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from agrad_conformance.report.store import finite
from agrad_conformance.result import OUTCOMES, Record

__all__ = ["columns"]

TEXTS = ("backend", "op", "case", "dtype", "property", "chapter", "device", "reason")


def columns(records: Sequence[Record]) -> dict[str, Any]:
    """Columns of records, and the details of the few that have any.

    A column is an object with ``values``, each once, and either ``runs`` (an index into values and how often it comes
    in a row, alternating) or ``each`` (an index for each record). Errors are numbers for each record, rounded for the
    eye; null where nothing was compared, and strings where they are not finite.

    Examples
    --------
    >>> record = Record("numpy", "sin", "sin-0-real", "float64", "vjp", "elementwise", "cpu", "passed", 0.123, 32.0)
    >>> columns([record, record])["op"]
    {'values': ['sin'], 'runs': [0, 2]}
    >>> columns([record, record])["error"]
    [0.12, 0.12]
    """
    found: dict[str, Any] = {name: _column([getattr(r, name) for r in records]) for name in TEXTS}
    found["outcome"] = _column([r.outcome for r in records], OUTCOMES)
    found["tolerance"] = _column([_shown(r.tolerance) for r in records])
    found["error"] = [_shown(r.error) for r in records]
    found["detail"] = {
        str(i): {str(key): str(value) for key, value in r.detail.items()} for i, r in enumerate(records) if r.detail
    }
    return {"count": len(records), **found}


def _column(cells: Sequence[Any], first: Iterable[Any] = ()) -> dict[str, Any]:
    numbers = {value: i for i, value in enumerate(dict.fromkeys([*first, *cells]))}
    each = [numbers[value] for value in cells]
    runs: list[int] = []
    for i in each:
        if runs and runs[-2] == i:
            runs[-1] += 1
        else:
            runs += [i, 1]
    shorter = {"runs": runs} if len(runs) <= len(each) else {"each": each}
    return {"values": list(numbers), **shorter}


def _shown(x: float | None) -> float | int | str | None:
    """Two decimals below 100, three digits above; small numbers that are not 0 stay so."""
    if x is None or not math.isfinite(x):
        return finite(x)
    rounded = round(x, 2) if abs(x) < 100 else float(f"{x:.3g}")
    if not rounded and x:
        rounded = math.copysign(0.001, x)
    return int(rounded) if rounded == int(rounded) and abs(rounded) < 1e15 else rounded
