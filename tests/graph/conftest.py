"""Fixtures of tests of compiled graphs."""

from __future__ import annotations

import pytest

from agrad_numpy.compiling import sizes


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks, and memory that is used again, for arrays of a few elements."""
    for name, size in {"BLOCK": 4, "WORTH": 6, "SMALL": 2, "LARGE": 4}.items():
        monkeypatch.setattr(sizes, name, size)
