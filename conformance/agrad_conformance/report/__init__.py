"""Reports of the conformance suite: a JSON file of records, a page to explore them, a table for the documentation.

>>> from agrad_conformance.result import PASSED, Record
>>> record = Record("numpy", "sin", "sin-0-real", "float64", "vjp", "elementwise", "cpu", PASSED, 0.5, 32.0)
>>> from agrad_conformance.report.metadata import metadata
>>> sorted(metadata([record]))
['agrad', 'backends', 'date', 'platform', 'python', 'references', 'schema']
"""

from __future__ import annotations

from agrad_conformance.report.markdown import compatibility, write_markdown
from agrad_conformance.report.page import write_html
from agrad_conformance.report.store import combined, read_json, write_json

__all__ = ["combined", "compatibility", "read_json", "write_html", "write_json", "write_markdown"]
