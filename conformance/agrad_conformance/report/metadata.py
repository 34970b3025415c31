"""What a report says about the run it is of: when, and which versions of what."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import agrad
from agrad_conformance import DATA_VERSION
from agrad_conformance.result import Record

__all__ = ["SCHEMA", "metadata"]

SCHEMA = 1
"""Version of the layout of the JSON file."""

DTYPES = ("float32", "float64", "complex64", "complex128")


def metadata(records: Iterable[Record]) -> dict[str, Any]:
    """Describe the run that records come from, as it is in this process.

    Parameters
    ----------
    records : iterable of Record

    Returns
    -------
    dict
        As in `agrad_conformance.report.store`.

    Examples
    --------
    >>> record = Record("numpy", "sin", "sin-0-real", "float64", "vjp", "elementwise", "cpu", "passed")
    >>> metadata([record])["backends"]["numpy"]["library"]
    'numpy'
    """
    return {
        "schema": SCHEMA,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "agrad": agrad.__version__,
        "references": DATA_VERSION,
        "python": platform.python_version(),
        "platform": f"{platform.system()} {platform.machine()}",
        "backends": {name: _backend(name) for name in dict.fromkeys(r.backend for r in records)},
    }


def _backend(name: str) -> dict[str, Any]:
    record = agrad.plugins.backends().get(name)
    if record is None:  # records of another environment
        return {"name": name, "library": "", "version": "", "dtypes": [], "lacks": {}}
    try:
        version = importlib.metadata.version(record.library) if record.library else ""
    except importlib.metadata.PackageNotFoundError:
        version = ""
    try:
        known = agrad.namespace(name).__array_namespace_info__().dtypes()
    except Exception:  # a library that is not installed has none
        known = {}
    return {
        "name": name,
        "library": record.library,
        "version": version,
        "dtypes": [dtype for dtype in DTYPES if dtype in known],
        "lacks": dict(record.lacks),
    }
