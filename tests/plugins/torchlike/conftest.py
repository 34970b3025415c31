"""What the tests of agrad_torchlike share: the plugin it stands on, PyTorch where it is, and backends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import agrad_nn
from agrad.plugins import backends, ops, register
from libraries import LIBRARIES

if not ops("nn"):
    register(agrad_nn, "nn")


@pytest.fixture
def theirs() -> Any:
    """PyTorch."""
    return pytest.importorskip("torch")


@pytest.fixture(params=["numpy", "jax", "torch"])
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Each backend in turn, which is this layer's default one meanwhile."""
    import agrad_torchlike as torch

    name = request.param
    library = pytest.importorskip(LIBRARIES[name])
    if name not in backends():
        pytest.skip(f"no backend {name}")
    precise = library.config.jax_enable_x64 if name == "jax" else None
    torch.set_default_backend(name)
    try:
        yield name
    finally:
        torch.set_default_backend("numpy")
        if precise is not None:
            library.config.update("jax_enable_x64", precise)
