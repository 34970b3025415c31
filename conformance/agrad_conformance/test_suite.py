"""What ``pytest --pyargs agrad_conformance`` collects: a test for each check, made by the plugin."""

from __future__ import annotations

import pytest

from agrad_conformance.plugin import RECORD
from agrad_conformance.result import Key
from agrad_conformance.run import execute
from agrad_conformance.verdict import conclude


def test_conformance(agrad_key: Key, request: pytest.FixtureRequest) -> None:
    """Run one check; the verdict is its outcome."""
    record = execute(agrad_key)
    request.node.user_properties.append((RECORD, tuple(record)))
    conclude(record)
