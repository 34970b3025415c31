"""What each backend supports: the matrix behind ``agrad ops`` and ``agrad backends``."""

from __future__ import annotations

import importlib.metadata
import warnings
from typing import Any, NamedTuple

from agrad import ops, plugins
from agrad.arrays.clients import CLIENTS
from agrad.arrays.namespaces import namespace
from agrad.axes import Unbatchable
from agrad.backend import Backend
from agrad.errors import PluginError
from agrad.interpret.batching import treatment
from agrad.ops.standard import ALIASES

__all__ = ["Standing", "batching", "every_op", "found_clients", "standing", "support"]


class Standing(NamedTuple):
    """A backend, as it is on this machine.

    Examples
    --------
    >>> Standing("mylib", "mylib 1.0", "ready", ("cpu",), {}).status
    'ready'
    """

    name: str
    library: str
    """The library's distribution and version; without a version where it is not installed."""
    status: str
    """"ready", or why not and what to do."""
    devices: tuple[str, ...]
    lacks: dict[str, str]


def standing(backend: Backend) -> Standing:
    """Whether a backend works here; its library is imported for that.

    Parameters
    ----------
    backend : Backend

    Returns
    -------
    Standing

    Examples
    --------
    >>> import agrad
    >>> from agrad.command.support import standing
    >>> standing(agrad.plugins.backends()["numpy"]).status
    'ready'
    """
    try:
        version = " " + importlib.metadata.version(backend.library) if backend.library else ""
    except importlib.metadata.PackageNotFoundError:
        version = ""
    library, lacks = backend.library + version, dict(backend.lacks)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what libraries say of themselves
            info = namespace(backend.name).__array_namespace_info__()
            devices = tuple(str(device) for device in info.devices())
    except PluginError:
        return Standing(backend.name, library, f"not installed: {backend.how_to_install}", (), lacks)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # a library that is there and does not work, for want of a GPU for one
        status = f"not working: {type(error).__name__}: {' '.join(str(error).split())}"
        return Standing(backend.name, library, status, (), lacks)
    return Standing(backend.name, library, "ready", devices, lacks)


def found_clients() -> list[dict[str, Any]]:
    """The libraries that can compute with Tensors once they are told to: version, whether they are, and how.

    Returns
    -------
    list of dict

    Examples
    --------
    >>> from agrad.command.support import found_clients
    >>> [client["library"] for client in found_clients()]
    ['SciPy', 'scikit-learn']
    """
    return [
        {"library": c.title, "version": c.version, "set": c.is_set(), "setting": c.setting} for c in CLIENTS.values()
    ]


def every_op() -> list[str]:
    """The names of all ops, the standard's in its order, then those of the plugins.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from agrad.command.support import every_op
    >>> {"sin", "linalg.qr"} <= {*every_op()}
    True
    """
    standard = [name for name in ops.table if name not in ops.INTERNAL and name not in ALIASES]
    return standard + [op.name for p in plugins.plugins() for op in plugins.ops(p.name).values()]


def batching(op: str) -> str:
    """How an op is computed inside `vmap`, on every backend.

    Parameters
    ----------
    op : str
        The op's full name.

    Returns
    -------
    str
        "at once" (of the whole batch), "loop" (one example after the other, for its declaration does not say how it
        treats axes), "no: why", or "-" for what takes no arrays.

    Examples
    --------
    >>> from agrad.command.support import batching
    >>> batching("linalg.qr"), batching("nonzero").partition(":")[0], batching("zeros")
    ('at once', 'no', '-')
    """
    found = plugins.find(op)
    assert found is not None, op
    how = treatment(found)
    if isinstance(how, Unbatchable):
        return f"no: {how.reason}"
    if not found.arguments:
        return "-"
    return "at once" if how is not None or found.kind == "composite" else "loop"


def support(backend: str, op: str) -> str:
    """How an op is computed on a backend.

    Parameters
    ----------
    backend : str
        The name of a backend whose library is installed.
    op : str
        The op's full name, as in ``"linalg.qr"``.

    Returns
    -------
    str
        "native" (the library's own function), "computed" (from other functions, by agrad), or "unsupported: why".

    Examples
    --------
    >>> from agrad.command.support import support
    >>> support("numpy", "sin")
    'native'
    """
    return namespace(backend)._support(op)
