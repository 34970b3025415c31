"""Who takes Tensors apart, and how to have it leave them whole: the settings of libraries that compute with arrays."""

from __future__ import annotations

import dis
import importlib.metadata
import os
import sys
from collections.abc import Callable
from types import FrameType
from typing import NamedTuple

from agrad import plugins

__all__ = ["CLIENTS", "Client", "advice"]

STORES = frozenset(dis.opmap[name] for name in ("STORE_SUBSCR", "STORE_SLICE") if name in dis.opmap)
"""Python's instructions for ``array[i] = value``."""


class Client(NamedTuple):
    """A library that can compute with arrays of others, once it is told to.

    Examples
    --------
    >>> CLIENTS["scipy"].setting
    'the environment variable SCIPY_ARRAY_API=1, set before SciPy is imported'
    """

    title: str
    distribution: str
    setting: str
    """How it is told to."""
    is_set: Callable[[], bool]
    beyond: dict[str, str]
    """What to do where it is told to and takes a Tensor apart nevertheless, by what it does; "" is for the others."""

    @property
    def version(self) -> str:
        """The installed version; empty where it is not installed."""
        try:
            return importlib.metadata.version(self.distribution)
        except importlib.metadata.PackageNotFoundError:
            return ""


def _scipy_is_set() -> bool:
    return os.environ.get("SCIPY_ARRAY_API", "").lower() not in ("", "0", "false")


def _sklearn_is_set() -> bool:
    sklearn = sys.modules.get("sklearn")
    return sklearn is not None and bool(sklearn.get_config()["array_api_dispatch"])


COMPILED = (
    "this function computes in compiled code, which cannot be followed: write it with functions of "
    "agrad.array_namespace(x), or give it a derivative of your own with agrad.custom_op"
)

CLIENTS = {
    "scipy": Client(
        "SciPy",
        "scipy",
        "the environment variable SCIPY_ARRAY_API=1, set before SciPy is imported",
        _scipy_is_set,
        {"": COMPILED},
    ),
    "sklearn": Client(
        "scikit-learn",
        "scikit-learn",
        "sklearn.set_config(array_api_dispatch=True), with SCIPY_ARRAY_API=1 set before SciPy is imported",
        _sklearn_is_set,
        {
            "float()": 'pass multioutput="raw_values", where the metric has it, or write its last step yourself with '
            "functions of agrad.array_namespace(x)",
            "": COMPILED,
        },
    ),
}
"""By the name of the package."""

SOLVERS = ("scipy.optimize", "scipy.integrate")
"""Packages that call functions of the user's, and want numbers of them."""


def advice(what: str, usual: str) -> tuple[str, str]:
    """What was done to a Tensor, and what to do instead, by who did it.

    Parameters
    ----------
    what : str
        Such as ``"float()"``.
    usual : str
        The advice where nothing better is known.

    Returns
    -------
    tuple of str

    Examples
    --------
    >>> advice("float()", "use .item()")
    ('float()', 'use .item()')
    """
    frame = _caller()
    if frame is None:
        return what, usual
    if frame.f_lasti >= 0 and frame.f_code.co_code[frame.f_lasti] in STORES:
        return (
            "array[i] = x, into a plain array,",
            "make the array a Tensor, with xp.zeros of xp = agrad.array_namespace(x), or gather values in a list and "
            "call xp.stack",
        )
    module = frame.f_globals.get("__name__", "")
    if _within(frame, SOLVERS):
        return what, (
            "let the function that SciPy calls return plain numbers: agrad.value_and_grad(f), with jac=True, or "
            "agrad.grad(f)"
        )
    client = CLIENTS.get(module.partition(".")[0])
    if client is None:
        return what, usual
    if not client.is_set():
        return what, f"{client.title} keeps Tensors whole once it is told to: {client.setting}"
    return what, client.beyond.get(what, client.beyond[""])


def _within(frame: FrameType | None, packages: tuple[str, ...]) -> bool:
    """Whether a frame, or one of the same library that called it, is of one of these packages."""
    library = packages[0].partition(".")[0]
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if module.startswith(packages):
            return True
        if module.partition(".")[0] != library:
            return False
        frame = frame.f_back
    return False


def _caller() -> FrameType | None:
    """The nearest frame that is neither agrad's nor that of a backend's library."""
    libraries = {backend.library for backend in plugins.backends().values()}
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        package = frame.f_globals.get("__name__", "").partition(".")[0]
        if not package.startswith("agrad") and package not in libraries:
            return frame
        frame = frame.f_back
    return None
