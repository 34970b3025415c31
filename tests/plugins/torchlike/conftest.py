"""What the tests of the torchlike layer share: the plugins that it computes with, and each backend in turn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import agrad_einsum
import agrad_nn
import agrad_special
import agrad_torchlike
from agrad.plugins import backends, ops, register
from libraries import LIBRARIES

for name, plugin in {"nn": agrad_nn, "special": agrad_special, "einsum": agrad_einsum}.items():
    if not ops(name):
        register(plugin, name)


@pytest.fixture(params=["numpy", "jax"])
def torch(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The layer on each backend."""
    name = request.param
    library = pytest.importorskip(LIBRARIES[name])
    if name not in backends():
        pytest.skip(f"no backend {name}")
    before = library.config.read("jax_enable_x64") if name == "jax" else None
    agrad_torchlike.set_default_backend(name)
    yield agrad_torchlike
    agrad_torchlike.set_default_backend("numpy")
    if name == "jax":
        library.config.update("jax_enable_x64", before)
