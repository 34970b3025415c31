"""The door for backends: what is found, what is refused, and what a broken plugin does to the others."""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from functools import cache
from types import SimpleNamespace

import numpy as np
import pytest

import agrad
from agrad import namespaces, plugins
from agrad.backend import Backend


@pytest.fixture
def fresh(monkeypatch):
    """A plugin manager of the test's own: entry points as given, none kept afterwards."""

    def start(*entries):
        distribution = SimpleNamespace(name="somebody", version="1.2", entry_points=entries)
        monkeypatch.setattr(importlib.metadata, "distributions", lambda: [distribution])
        monkeypatch.setattr(plugins, "manager", cache(plugins.manager.__wrapped__))
        found = cache(plugins.backends.__wrapped__)
        monkeypatch.setattr(plugins, "backends", found)
        monkeypatch.setattr(namespaces, "backends", found)

    return start


def entry(name, load, group="agrad"):
    return SimpleNamespace(name=name, group=group, load=load)


def provider(*names):
    """A plugin that provides backends of these names."""

    class Plugin:
        @agrad.hookimpl
        def agrad_backends(self):
            return [Backend(name, load=lambda: np, owns=lambda x: False) for name in names]

    return Plugin()


def test_numpy_comes_through_the_entry_point():
    entries = [e for e in importlib.metadata.entry_points(group="agrad") if e.name == "numpy"]
    assert [e.value for e in entries] == ["agrad_numpy"]
    assert plugins.backends()["numpy"].name == "numpy"


def test_backends_of_every_plugin_are_found(fresh):
    fresh(entry("a", lambda: provider("one", "two")), entry("b", lambda: provider("three")))
    assert sorted(plugins.backends()) == ["one", "three", "two"]


def test_entry_points_of_other_groups_are_left_alone(fresh):
    fresh(entry("a", lambda: pytest.fail("loaded"), group="pytest11"))
    assert plugins.backends() == {}


def test_a_broken_plugin_is_named_in_a_warning_and_the_others_work(fresh):
    def broken():
        raise ImportError("no such library")

    fresh(entry("bad", broken), entry("good", lambda: provider("one")))
    with pytest.warns(UserWarning, match=r"'bad' of somebody 1\.2 .* ImportError: no such library"):
        assert sorted(plugins.backends()) == ["one"]


def test_two_backends_of_one_name_are_an_error(fresh):
    fresh(entry("a", lambda: provider("one")), entry("b", lambda: provider("one")))
    with pytest.raises(agrad.PluginError, match="'one'"):
        plugins.backends()


def test_what_is_no_record_is_an_error(fresh):
    class Plugin:
        @agrad.hookimpl
        def agrad_backends(self):
            return ["numpy"]

    fresh(entry("a", Plugin))
    with pytest.raises(agrad.PluginError, match="a str"):
        plugins.backends()


def test_a_mistyped_hook_is_an_error(fresh):
    class Plugin:
        @agrad.hookimpl
        def agrad_backend(self):
            return []

    fresh(entry("a", Plugin))
    with pytest.raises(Exception, match="agrad_backend"):
        plugins.backends()


def test_late_registration(fresh):
    fresh()
    assert plugins.backends() == {}
    plugins.register(provider("late"), "late")
    assert sorted(plugins.backends()) == ["late"]


def test_an_unknown_backend_names_the_installed_ones():
    with pytest.raises(agrad.PluginError, match=r"'nowhere'.*numpy.*pip install agrad\[nowhere\]") as error:
        agrad.namespace("nowhere")
    assert isinstance(error.value, ImportError)


def test_a_backend_without_its_library_says_how_to_install_it(fresh):
    def load():
        raise ImportError("No module named 'rarely'")

    class Plugin:
        @agrad.hookimpl
        def agrad_backends(self):
            return [Backend("rare", load=load, owns=lambda x: False)]

    fresh(entry("a", Plugin))
    with pytest.raises(agrad.PluginError, match=r"'rare' .*'rarely'.* pip install 'agrad\[rare\]'"):
        agrad.namespace("rare")


def run(code, **environment):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    return done.stdout.strip()


def test_the_default_comes_from_the_environment():
    code = "import agrad\ntry: print(agrad.namespace())\nexcept agrad.PluginError as e: print(str(e)[:26])"
    assert run(code) == "agrad[numpy]"
    assert run(code, AGRAD_BACKEND="numpy") == "agrad[numpy]"
    assert run(code, AGRAD_BACKEND="nowhere") == "no backend named 'nowhere'"


def test_importing_agrad_imports_no_array_library():
    code = "import sys, agrad; print([m for m in ('numpy', 'jax', 'torch', 'cupy', 'dask') if m in sys.modules])"
    assert run(code) == "[]"
