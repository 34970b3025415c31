"""What tests of transforms share: the eager backends that are installed, each with 64-bit numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import agrad
import strict
from agrad.plugins import backends
from libraries import LIBRARIES


@pytest.fixture(params=["numpy", "array-api-strict", "jax", "torch"])
def space(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The namespace of each backend."""
    name = request.param
    pytest.importorskip(LIBRARIES[name])
    if name == "array-api-strict":
        strict.install()
    if name not in backends():
        pytest.skip(f"no backend {name}")
    if name != "jax":
        yield agrad.namespace(name)
        return
    import jax

    before = jax.config.read("jax_enable_x64")
    jax.config.update("jax_enable_x64", True)
    yield agrad.namespace(name)
    jax.config.update("jax_enable_x64", before)
