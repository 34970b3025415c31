"""The oldest versions that CI tests with: every lower bound, and nothing else."""

from __future__ import annotations

import tomllib
from pathlib import Path

from lowest import lowest

PROJECT = """
[project]
dependencies = ["one>=1.5", "two-b [extra] >= 2.0.1, <3", "three"]
[project.optional-dependencies]
four = ["four~=4.1", "five>=5rc1"]
six = ["one>=1.5", "self[four]"]
"""


def test_lower_bounds_become_the_only_versions():
    assert lowest(PROJECT) == ["five==5rc1", "one==1.5", "two-b==2.0.1"]


def test_every_dependency_of_agrad_has_an_oldest_version():
    text = (Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8")
    bounds = [line.replace("==", ">=") for line in lowest(text)]
    assert set(tomllib.loads(text)["project"]["dependencies"]) <= set(bounds)
