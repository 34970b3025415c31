"""What ``pytest --pyargs agrad_conformance`` collects: a test for each check, made by the plugin."""

from __future__ import annotations

import pytest

from agrad_conformance.plugin import RECORD
from agrad_conformance.result import FAILED, UNEXPECTED, UNSUPPORTED, XFAILED, Key
from agrad_conformance.run import execute


def test_conformance(agrad_key: Key, request: pytest.FixtureRequest) -> None:
    """Run one check; the verdict is its outcome."""
    record = execute(agrad_key)
    request.node.user_properties.append((RECORD, tuple(record)))
    if record.outcome == UNSUPPORTED:
        pytest.skip(record.reason)
    if record.outcome == XFAILED:
        pytest.xfail(record.reason)
    if record.outcome in (FAILED, UNEXPECTED):
        what = f"{record.op or record.case}, {record.property}, {record.dtype or 'any dtype'}, {record.backend}"
        pytest.fail(f"{what}: {record.reason}\nagain: {agrad_key.command}", pytrace=False)
