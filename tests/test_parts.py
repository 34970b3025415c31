"""Tests of ``--part``, by which CI runs a part of the long tests at a time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def collected(*options: str) -> list[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *options]
    found = subprocess.run([*command, "tests/test_lowest.py"], cwd=ROOT, capture_output=True, text=True, check=False)
    return re.findall(r"^tests/\S+::.+$", found.stdout, re.MULTILINE) or [found.stdout + found.stderr]


def test_parts_are_the_whole():
    whole, parts = collected(), [collected(f"--part={k}/2") for k in (1, 2)]
    assert len(whole) > 1
    assert sorted(whole) == sorted([*parts[0], *parts[1]])
    assert abs(len(parts[0]) - len(parts[1])) <= 1


@pytest.mark.parametrize("part", ["4/3", "0/3", "2", "a/b"])
def test_what_is_no_part(part: str):
    (message,) = collected(f"--part={part}")
    assert f"it got '{part}'; write K/N, with K from 1 to N" in message
