"""The plugins that come along use the door that any third party has: agrad's public modules, and public names."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import agrad
import agrad_torchlike

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / "plugins").rglob("*.py"))
PUBLIC = {"agrad", "agrad.plugins", "agrad.random"} | {
    f"agrad.{path.stem}" for path in (ROOT / "agrad").glob("*.py") if not path.stem.startswith("_")
}
"""What stands at the top of agrad/, and the two folders that users import themselves."""
space = agrad.namespace("numpy")
PRIVATE = {
    name
    for thing in (agrad.Tensor, agrad.Namespace, space, agrad.tensor([1.0], requires_grad=True).node)
    for name in (*dir(thing), *vars(thing if isinstance(thing, type) else type(thing)), *vars(space))
    if name.startswith("_") and not name.startswith("__")
}
"""Names of the core's own objects."""
PRIVATE -= vars(agrad_torchlike.Tensor).keys()  # the layer's Tensor has an attribute of that name, too


def trespasses(source: str) -> list[str]:
    """What a module takes of agrad that is not public."""
    found = []
    tree = ast.parse(source)
    own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}  # of its classes
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "agrad":
            found += [node.module] if node.module not in PUBLIC else []
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found += [n for n in names if n.rpartition(".")[2].startswith("_") or _is_inside(n)]
        elif isinstance(node, ast.Import):
            found += [a.name for a in node.names if a.name.partition(".")[0] == "agrad" and a.name not in PUBLIC]
        elif isinstance(node, ast.Attribute) and node.attr in PRIVATE - own:
            found += [] if ast.unparse(node.value) in ("self", "cls") else [ast.unparse(node)]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in ("getattr", "hasattr", "setattr"):
            found += [a.value for a in node.args[1:2] if isinstance(a, ast.Constant) and a.value in PRIVATE]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "import_module":
            given = [a.value for a in node.args if isinstance(a, ast.Constant)]
            found += [n for n in given if str(n).partition(".")[0] == "agrad" and n not in PUBLIC]
    return found


def _is_inside(name: str) -> bool:
    """Whether a name of agrad is a folder or module of its inside, as in ``from agrad import interpret``."""
    path = ROOT / Path(*name.split("."))
    return name not in PUBLIC and (path.is_dir() or path.with_suffix(".py").exists())


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT / "plugins")))
def test_a_plugin_comes_in_through_the_door(path: Path) -> None:
    assert trespasses(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "source",
    [
        "from agrad.interpret.levels import enabled",
        "from agrad.interpret import levels",
        "from agrad import interpret",
        "import agrad.arrays.views",
        "from agrad.arrays.tensors import Tensor",
        "from agrad.backend import _hidden",
        "import_module('agrad.transforms.grad')",
        "t._node is None",
        "x._t._aval.inexact",
        "xp._backend.name",
        "t._value",
        "hasattr(t, '_node')",
    ],
)
def test_a_way_round_is_noticed(source: str) -> None:
    assert trespasses(source)


@pytest.mark.parametrize(
    "source",
    [
        "from agrad import Tensor, backward",
        "from agrad.declare import general",
        "from agrad.plugins import hookimpl",
        "import agrad.random",
        "from agrad_nn.geometry import _pairs",
        "t.node, t.aval, t.base",
        "self._node = 1",
    ],
)
def test_the_door_is_open(source: str) -> None:
    assert not trespasses(source)
