"""Every public name has a docstring with an example; that the examples run is pytest's --doctest-modules."""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType

import pytest

import agrad

PUBLIC = "backend cases command.cli command.scaffold command.support declare errors plugins random"
MODULES = [agrad, *(importlib.import_module(f"agrad.{name}") for name in PUBLIC.split())]
NAMES = [
    pytest.param(getattr(module, name), id=f"{module.__name__}.{name}")
    for module in MODULES
    for name in module.__all__
    if callable(getattr(module, name)) and not isinstance(getattr(module, name), ModuleType)
]


@pytest.mark.parametrize("thing", NAMES)
def test_a_public_name_has_an_example(thing):
    doc = inspect.getdoc(thing) or ""
    assert ">>> " in doc or not hasattr(thing, "__module__") or not thing.__module__.startswith("agrad")


@pytest.mark.parametrize("name", agrad.__all__)
def test_a_public_name_is_there_and_in_dir(name):
    assert getattr(agrad, name) is not None
    assert name in dir(agrad)
