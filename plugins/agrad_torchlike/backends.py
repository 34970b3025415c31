"""Which backend new tensors are made on."""

from __future__ import annotations

import os
from importlib import import_module
from typing import Any

import agrad

__all__ = ["get_default_backend", "set_default_backend", "space"]

_chosen: str | None = None
_ready: dict[str, Any] = {}


def set_default_backend(name: str) -> None:
    """Set the backend that new tensors are made on; without it, the environment variable ``AGRAD_BACKEND``, else NumPy.

    PyTorch's programs need 64-bit integers. JAX has them switched off, so that choosing it switches them on
    (``jax_enable_x64``), for the whole process; real numbers are float32 unless asked for otherwise, all the same.

    Parameters
    ----------
    name : str
        An installed backend.

    Raises
    ------
    PluginError
        No such backend is installed.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.set_default_backend("numpy")
    >>> torch.get_default_backend()
    'numpy'
    """
    global _chosen
    _prepared(name)
    _chosen = name


def get_default_backend() -> str:
    """Return the name of the backend that new tensors are made on.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.set_default_backend("numpy")
    >>> torch.get_default_backend()
    'numpy'
    """
    return _chosen or os.environ.get("AGRAD_BACKEND") or "numpy"


def space() -> Any:
    """The namespace that new tensors are made with."""
    name = _chosen or os.environ.get("AGRAD_BACKEND") or "numpy"
    return _ready.get(name) or _prepared(name)


def _prepared(name: str) -> Any:
    xp = agrad.namespace(name)
    if name == "jax":
        import_module("jax").config.update("jax_enable_x64", True)
    _ready[name] = xp
    return xp
