"""Records for the tests of reports: an outcome of each kind, and texts that would be markup."""

from __future__ import annotations

import math
from typing import Any

from agrad_conformance.result import FAILED, PASSED, UNEXPECTED, UNSUPPORTED, XFAILED, Record

NASTY = "</script><script>document.title = 'hacked'</script><img src=x onerror=alert(1)> | `*_[a](b)"
PROPERTIES = ("value", "vjp", "jvp", "second")
CHAPTERS = {"abs": "elementwise", "sin": "elementwise", "sum": "statistical", "linalg.qr": "linalg"}


def record(
    op: str, property: str = "vjp", outcome: str = PASSED, backend: str = "numpy", dtype: str = "float64", **rest: Any
) -> Record:
    values = {"device": "cpu", "error": 0.5, "tolerance": 32.0} | rest
    chapter = CHAPTERS.get(op, "elementwise")
    return Record(backend, op, f"{op}-0-real", dtype, property, chapter, outcome=outcome, **values)


def some() -> list[Record]:
    """Two backends and four ops, with an outcome of each kind."""
    found = [
        record(op, name, backend=backend, dtype=dtype)
        for backend in ("numpy", "other")
        for op in CHAPTERS
        for dtype in ("float64", "float32")
        for name in PROPERTIES
    ]
    texts = {"inputs": "input: float64[2] [1.0, 2.0]", "expected": NASTY, "found": "nan"}
    failure = record("sin", "vjp", FAILED, error=math.inf, reason=NASTY, detail=texts)._replace(case="it's")
    found[found.index(record("sin"))] = failure
    found[found.index(record("sum", "jvp", backend="other"))] = record(
        "sum", "jvp", UNEXPECTED, "other", reason="passes"
    )
    found[found.index(record("abs", "second"))] = record("abs", "second", XFAILED, reason="a known one")
    found = [
        r._replace(outcome=UNSUPPORTED, reason="it has no qr", error=None, tolerance=None)
        if (r.op, r.backend) == ("linalg.qr", "other")
        else r
        for r in found
    ]
    return [*found, Record("numpy", "", "nested levels", "float64", "scenario", "", "cpu", PASSED, 0.0, 0.0)]
