"""Whose array an object is: of the backends that claim it, the one whose library defines the type has it."""

from __future__ import annotations

import importlib.metadata
import warnings

from agrad.backend import Backend
from agrad.errors import AgradError
from agrad.plugins.records import backends, records_of
from agrad.plugins.registry import registry

__all__ = ["owner"]


def owner(array: object) -> Backend | None:
    """The backend whose library an object is an array of, if any.

    An `owns` that raises is taken for a no. Where several backends claim the same object, the one whose library defines
    the type has it; the others are named.

    Parameters
    ----------
    array : object

    Returns
    -------
    Backend or None

    Raises
    ------
    PluginError
        Several backends claim the object, and nothing tells whose it is.

    Examples
    --------
    >>> import numpy
    >>> owner(numpy.ones(3)).name, owner("text")
    ('numpy', None)
    """
    claimants = []
    for backend in backends().values():
        try:
            if backend.owns(array):
                claimants.append(backend)
        except (AgradError, KeyboardInterrupt):  # agrad's own errors say what to do with such an array
            raise
        except BaseException as error:
            _complain(backend, f"raised for a {type(array).__name__}: {type(error).__name__}: {error}")
    if len(claimants) > 1:
        claimants = _rightful(claimants, type(array))
    return claimants[0] if claimants else None


def _rightful(claimants: list[Backend], kind: type) -> list[Backend]:
    """Of the backends that claim a type, the one whose library defines it; all, if they are variants of one backend."""
    if all(backend.owns is claimants[0].owns for backend in claimants):
        return claimants
    what = f"arrays of the type {kind.__module__}.{kind.__qualname__}"
    found = [backend for backend in claimants if _defines(backend.library, kind)]
    if len(found) != 1:
        raise registry.conflict(f"a home for {what}", _provider(claimants[0]), _provider(claimants[1]))
    for other in claimants:
        if other is not found[0]:
            _complain(other, f"claims {what}, which belong to the backend {found[0].name!r}")
    return found


def _complain(backend: Backend, what: str) -> None:
    name = f"the backend {backend.name!r} of the plugin {registry.named(_provider(backend))}"
    warnings.warn(f"{name} has an owns= that {what}", stacklevel=4)


def _provider(backend: Backend) -> str:
    """The plugin that a backend comes from."""
    return next(
        name
        for name in registry.plugins
        if any(backend.name == other.name for other in records_of("agrad_backends", name))
    )


def _defines(library: str, kind: type) -> bool:
    """Whether the distribution of that name has the module that a type is defined in."""
    module = kind.__module__.partition(".")[0]
    try:
        files = importlib.metadata.files(library) if library else None
    except importlib.metadata.PackageNotFoundError:
        files = None
    return any(path.parts[0] == module or path.name == f"{module}.py" for path in files or ())
