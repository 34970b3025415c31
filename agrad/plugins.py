"""The door for backends: pluggy, entry-point group ``agrad``, typed records in, no side effects."""

from __future__ import annotations

import importlib.metadata
import warnings
from collections.abc import Iterable
from functools import cache
from typing import Any

import pluggy

from agrad.backend import Backend
from agrad.errors import PluginError

__all__ = ["AgradSpec", "backends", "hookimpl", "manager", "register"]

GROUP = "agrad"
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class AgradSpec:
    """The hooks that a plugin may implement."""

    @hookspec
    def agrad_backends(self) -> Iterable[Backend]:  # type: ignore[empty-body]
        """Return the backends that this plugin provides."""


@cache
def manager() -> pluggy.PluginManager:
    """The plugin manager, with every installed plugin loaded; a broken one is warned about and left out."""
    made = pluggy.PluginManager(GROUP)
    made.add_hookspecs(AgradSpec)
    for distribution in importlib.metadata.distributions():
        for entry in distribution.entry_points:
            if entry.group != GROUP or made.get_plugin(entry.name) is not None:
                continue
            try:
                made.register(entry.load(), name=entry.name)
            except Exception as error:
                warnings.warn(
                    f"the agrad plugin {entry.name!r} of {distribution.name} {distribution.version} could not be "
                    f"loaded and is left out: {type(error).__name__}: {error}",
                    stacklevel=2,
                )
    made.check_pending()
    return made


def register(plugin: object, name: str | None = None) -> None:
    """Add a plugin that is not installed: any object or module with ``agrad_`` hooks.

    Parameters
    ----------
    plugin : object
        With methods or functions marked by `agrad.hookimpl`.
    name : str, optional
        What to call it in messages.
    """
    manager().register(plugin, name)
    manager().check_pending()
    backends.cache_clear()


@cache
def backends() -> dict[str, Backend]:
    """The installed backends by name."""
    found: dict[str, Backend] = {}
    hook: Any = manager().hook
    for records in hook.agrad_backends():
        for backend in records:
            if not isinstance(backend, Backend):
                raise PluginError(
                    f"agrad_backends() yielded a {type(backend).__name__}; it must yield agrad.backend.Backend records"
                )
            if backend.name in found:
                raise PluginError(
                    f"two plugins provide a backend named {backend.name!r}; uninstall one of their distributions"
                )
            found[backend.name] = backend
    return found
