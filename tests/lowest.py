"""Prints the oldest versions that pyproject.toml allows, as constraints for pip: ``name==version``, one a line."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

__all__ = ["lowest"]

BOUND = re.compile(r"(?P<name>[\w.-]+)\s*(\[.*\])?\s*>=\s*(?P<version>[\w.]+)")


def lowest(text: str) -> list[str]:
    """The lower bounds of a project's dependencies, those of its extras included, as the only versions."""
    project = tomllib.loads(text)["project"]
    extras = project.get("optional-dependencies", {}).values()
    needed = [*project["dependencies"], *(dependency for extra in extras for dependency in extra)]
    return sorted({f"{m['name']}=={m['version']}" for m in map(BOUND.match, needed) if m})


if __name__ == "__main__":
    print(*lowest(Path(__file__).parents[1].joinpath("pyproject.toml").read_text(encoding="utf-8")), sep="\n")
