"""The JAX backend of agrad: its one record, made without importing JAX."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any

from agrad.backend import Backend, BackendRule
from agrad.plugins import hookimpl

__all__ = ["agrad_backends", "agrad_rules"]


@hookimpl
def agrad_backends() -> Iterable[Backend]:
    """Return the record of the JAX backend; its arrays never change, so that they need no copies of their own."""
    return [
        Backend(
            name="jax",
            load=_load,
            owns=_owns,
            compile=_compile,
            mutable=False,
            library="jax",
            guard=_guard,
            methods={"__array_ufunc__": None},  # or NumPy would copy a Tensor to the host to compute with it
        )
    ]


@hookimpl
def agrad_rules() -> Iterable[BackendRule]:
    """Return the rules that JAX has of its own."""
    from agrad_jax.rules import RULES

    return RULES


def _guard() -> AbstractContextManager[None]:
    import jax

    return jax.transfer_guard_device_to_host("disallow")  # type: ignore[no-any-return]


def _compile(graph: Any, space: Any) -> Any:
    import jax

    from agrad.graph.replay import jitted

    return jitted(graph, space, jax.jit)


def _load() -> Any:
    from agrad_jax import namespace

    return namespace


def _owns(x: object) -> bool:
    jax = sys.modules.get("jax")  # where JAX was never imported, nothing is an array of its
    return jax is not None and isinstance(x, jax.Array)  # true of what jax.jit traces, too
