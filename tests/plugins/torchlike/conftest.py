"""What the tests of the torchlike layer share: the plugins that it computes with, PyTorch, and each backend in turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
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


@contextmanager
def default_backend(name: str) -> Iterator[Any]:
    """The layer, whose default backend is that one meanwhile."""
    library = pytest.importorskip(LIBRARIES[name])
    if name not in backends():
        pytest.skip(f"no backend {name}")
    before = library.config.read("jax_enable_x64") if name == "jax" else None
    agrad_torchlike.set_default_backend(name)
    try:
        yield agrad_torchlike
    finally:
        agrad_torchlike.set_default_backend("numpy")
        if name == "jax":
            library.config.update("jax_enable_x64", before)


@pytest.fixture(params=["numpy", "jax"])
def torch(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The layer on each backend."""
    with default_backend(request.param) as layer:
        yield layer


@pytest.fixture(params=["numpy", "jax", "torch"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each backend in turn, for tests that import the layer."""
    with default_backend(request.param):
        yield request.param


@pytest.fixture
def strict() -> Iterator[Any]:
    """The layer on arrays that know the standard and nothing else."""
    with default_backend("array-api-strict") as layer:
        yield layer


@pytest.fixture
def theirs() -> Any:
    """PyTorch."""
    return pytest.importorskip("torch")
