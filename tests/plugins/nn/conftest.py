"""What the tests of agrad_nn share: the plugin, and the backends that are installed, each with 64-bit numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

import agrad
import agrad_nn
import strict
from agrad.plugins import backends, ops, register
from libraries import LIBRARIES

if not ops("nn"):
    register(agrad_nn, "nn")


@pytest.fixture(params=["numpy", "jax", "torch", "array-api-strict"])
def space(request: pytest.FixtureRequest) -> Iterator[Any]:
    """The namespace of each backend, which is the default one meanwhile."""
    name = request.param
    library = pytest.importorskip(LIBRARIES[name])
    if name == "array-api-strict":
        strict.install()
    if name not in backends():
        pytest.skip(f"no backend {name}")
    with pytest.MonkeyPatch.context() as patch, precise(name, library):
        patch.setenv("AGRAD_BACKEND", name)
        yield agrad.namespace(name)


@contextmanager
def precise(name: str, library: Any) -> Iterator[None]:
    """Let a library make numbers of 64 bits."""
    if name == "jax":
        before = library.config.read("jax_enable_x64")
        library.config.update("jax_enable_x64", True)
        yield
        library.config.update("jax_enable_x64", before)
    elif name == "torch":
        before = library.get_default_dtype()
        library.set_default_dtype(library.float64)
        yield
        library.set_default_dtype(before)
    else:
        yield
