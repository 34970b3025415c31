"""The page of what the layer covers is up to date, and what it lists is there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import agrad_torchlike as torch
from agrad_torchlike import coverage

PAGE = Path(__file__).parents[3] / "docs" / "torchlike.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == coverage.page(), "write it anew: python -m agrad_torchlike.coverage"


def test_what_it_lists_is_there() -> None:
    sections = re.findall(r"## ([^\n]+)\n\n((?:`[^\n]*\n)+)", PAGE.read_text())
    assert len(sections) >= 12
    for title, text in sections:
        for name in re.findall(r"`([^`]+)`", text):
            if "method" in title or "Attributes" in title:
                assert hasattr(torch.Tensor, name), name
            if title.startswith("Functions") or title in ("Classes and settings", "Dtypes"):
                assert getattr(torch, name) is not None, name
            if title.startswith("`torch."):
                place = torch
                for part in title.strip("`").split(".")[1:]:
                    place = getattr(place, part)
                assert hasattr(place, name), (title, name)


def test_importing_it_loads_little() -> None:
    code = "import sys, agrad_torchlike; print([m for m in ('numpy', 'agrad_torchlike.registry') if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "agrad_torchlike.registry" not in out.stdout
