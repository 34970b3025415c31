"""What the tests of agrad_nn share: the plugin, and the backends that are installed, each with 64-bit numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import agrad
import agrad_nn
from agrad.plugins import backends, ops, register
from libraries import LIBRARIES

if not ops("nn"):
    register(agrad_nn, "nn")


@pytest.fixture(params=["numpy", "jax"])
def space(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The namespace of each backend, which is the default one meanwhile."""
    name = request.param
    pytest.importorskip(LIBRARIES[name])
    if name not in backends():
        pytest.skip(f"no backend {name}")
    patch = pytest.MonkeyPatch()
    patch.setenv("AGRAD_BACKEND", name)
    if name == "jax":
        import jax

        before = jax.config.read("jax_enable_x64")
        jax.config.update("jax_enable_x64", True)
    yield agrad.namespace(name)
    if name == "jax":
        jax.config.update("jax_enable_x64", before)
    patch.undo()
