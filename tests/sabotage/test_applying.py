"""A mutant is in every place that holds what it replaces, and leaves nothing behind."""

from __future__ import annotations

from functools import reduce
from importlib import import_module
from inspect import getattr_static
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.interpret import forward, nodes, record, rules
from sabotage.applying import applied
from sabotage.engine import engine_controls
from sabotage.mutant import Damage, Mutant, Patch
from sabotage.running import every_mutant
from strict import install

pytest.importorskip("mpmath")


@pytest.fixture(scope="module")
def shared() -> list[Mutant]:
    """Mutants of what ops share, and what they are made with."""
    install()
    return [m for m in every_mutant() if m.make().op is None] + list(engine_controls())


def _held(patch: Patch) -> Any:
    module, _, path = patch.target.partition(":")
    *parents, name = path.split(".")
    return getattr_static(reduce(getattr, parents, import_module(patch.only or module)), name)


def test_every_target_is_there_and_comes_back(shared: list[Mutant]) -> None:
    for patch in {(p.target, p.only): p for m in shared for p in m.make().patches}.values():
        before = _held(patch)
        with applied(Damage(patches=(patch,)), "numpy"):
            assert _held(patch) is not before, patch.target
        assert _held(patch) is before, patch.target


def test_whoever_imports_a_function_gets_the_replacement() -> None:
    right = rules.restore
    with applied(Damage(patches=(Patch("agrad.interpret.rules:restore", lambda restore: print),)), "numpy"):
        assert rules.restore is record.restore is nodes.restore is forward.restore is print
    assert rules.restore is record.restore is nodes.restore is forward.restore is right


def test_one_module_may_get_it_alone() -> None:
    patch = Patch("agrad.interpret.rules:restore", lambda restore: print, "agrad.interpret.nodes")
    with applied(Damage(patches=(patch,)), "numpy"):
        assert nodes.restore is print is not rules.restore


def test_records_hold_functions_too() -> None:
    own = agrad.plugins.backends()["numpy"].own
    patches = (Patch("agrad_numpy:_own", lambda own: repr),)
    with applied(Damage(patches=patches), "numpy"):
        assert agrad.plugins.backends()["numpy"].own is repr is agrad.namespace("numpy")._backend.own
    assert agrad.plugins.backends()["numpy"].own is own is agrad.namespace("numpy")._backend.own


def test_nothing_is_left_behind() -> None:
    state = [p for p in agrad.plugins.plugins() if p.name == "numpy"]
    order = [p.name for p in agrad.plugins.plugins()]
    before = agrad.namespace("numpy")
    cos = agrad.plugins.find("cos")
    assert cos is not None
    with applied(Damage(cos._replace(vjp=(lambda xp, x: xp.sin(x),))), "numpy"):
        assert float(agrad.grad(agrad.namespace("numpy").cos)(1.0)) > 0
        inside = agrad.namespace("numpy")
    assert agrad.namespace("numpy") is before is not inside
    assert agrad.array_namespace(np.ones(1)) is before
    assert float(agrad.grad(agrad.namespace("numpy").cos)(1.0)) < 0
    assert [p for p in agrad.plugins.plugins() if p.name == "numpy"] == state
    assert [p.name for p in agrad.plugins.plugins()] == order


def test_nothing_is_left_behind_by_an_error() -> None:
    patch = Patch("agrad.interpret.reverse:plus", lambda plus: lambda a, b: a)
    with pytest.raises(ZeroDivisionError), applied(Damage(patches=(patch,)), "numpy"):
        assert float(agrad.grad(lambda x: x * x)(3.0)) == 3.0
        raise ZeroDivisionError
    assert float(agrad.grad(lambda x: x * x)(3.0)) == 6.0


@pytest.mark.parametrize(
    "patch",
    [
        Patch("agrad.interpret.rules:no_such_function", lambda function: function),
        Patch("agrad.no_such_module:restore", lambda function: function),
        Patch("agrad.interpret.rules:restore", lambda function: function, "agrad.interpret.levels"),
    ],
)
def test_a_target_that_is_gone_is_an_error(patch: Patch) -> None:
    before = agrad.namespace("numpy")
    with pytest.raises(LookupError, match="needs another target"), applied(Damage(patches=(patch,)), "numpy"):
        pass
    assert agrad.namespace("numpy") is before
    assert float(agrad.grad(lambda x: x * x)(3.0)) == 6.0
