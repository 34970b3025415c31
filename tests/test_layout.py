"""The floors of the house: modules import from their own folder and from floors below, without circles."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = {
    "": 0, "ops": 1, "interpret": 2, "plugins": 3, "arrays": 4, "random": 5, "transforms": 6, "graph": 7, "command": 8,
}  # fmt: skip
"""The floor of each folder of agrad/; the plugins' authors' modules, at the bottom, are in no folder."""
FRONT = {"agrad", "agrad.__main__"}
"""What users import and start stands above all."""


def named(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {named(path): path for path in (ROOT / "agrad").rglob("*.py")}


def folder(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 2 or MODULES[module].name == "__init__.py" else ""


def imported(module: str) -> set[str]:
    """What a module imports of agrad when it is imported itself."""
    found = set()
    for statement in ast.parse(MODULES[module].read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.ImportFrom) and statement.module:
            names = [f"{statement.module}.{alias.name}" for alias in statement.names]
            found |= {name if name in MODULES else statement.module for name in names}
        elif isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
    return found & set(MODULES) - {module}


def test_every_folder_has_a_floor() -> None:
    assert {folder(module) for module in set(MODULES) - FRONT} == set(FLOORS)


@pytest.mark.parametrize("module", sorted(set(MODULES) - FRONT))
def test_imports_point_down(module: str) -> None:
    own, others = folder(module), imported(module)
    assert not others & FRONT
    up = {o for o in others if folder(o) != own and FLOORS[folder(o)] >= FLOORS[own]}
    assert not up, f"{module} is below what it imports: {up}"


def test_there_are_no_circles() -> None:
    TopologicalSorter({module: imported(module) for module in MODULES}).prepare()
