"""Tests of ``--part``, by which CI runs a part of the long tests at a time."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

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


def test_there_is_no_fourth_third():
    (message,) = collected("--part=4/3")
    assert "invalid part_of value: '4/3'" in message
