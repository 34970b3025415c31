"""Which plugins are installed: found by their entry points, and loaded into pluggy's manager."""

from __future__ import annotations

import importlib.metadata
import os
import traceback
import warnings
from collections.abc import Iterator

import pluggy

from agrad.errors import PluginError
from agrad.plugins.hooks import GROUP, AgradSpec
from agrad.plugins.registry import Plugin, registry

__all__ = ["add", "manager"]


def manager() -> pluggy.PluginManager:
    """The plugin manager, with every installed plugin loaded; a broken one is warned about and left out.

    Raises
    ------
    PluginError
        Two distributions bring plugins of one name, or a plugin implements a hook that there is not.

    Examples
    --------
    >>> manager().project_name
    'agrad'
    """
    if registry.manager is None:
        registry.manager = _loaded()
    return registry.manager


def _loaded() -> pluggy.PluginManager:
    made = pluggy.PluginManager(GROUP)
    made.add_hookspecs(AgradSpec)
    registry.plugins.clear()
    disabled = {name.strip() for name in os.environ.get("AGRAD_DISABLE_PLUGINS", "").split(",")} | registry.blocked
    seen: dict[str, str] = {}
    for project, source, entries in _installed():
        for entry in entries:
            if entry.name in disabled:
                registry.plugins[entry.name] = Plugin(entry.name, source, "disabled")
                continue
            if entry.name in seen:
                if seen[entry.name] != project:  # one that is found twice on the path is one
                    raise PluginError(
                        f"two plugins are named {entry.name!r}: one of {registry.plugins[entry.name].source}, one of "
                        f"{source}; uninstall one of them, or set AGRAD_DISABLE_PLUGINS to leave both out"
                    )
                continue
            seen[entry.name] = project
            registry.plugins[entry.name] = Plugin(entry.name, source)
            with registry.isolated(entry.name):
                add(made, entry.load(), entry.name)
    return made


def _installed() -> Iterator[tuple[str, str, list[importlib.metadata.EntryPoint]]]:
    """The distributions that bring plugins: the name, the name and version, and the entry points."""
    registry.unreadable.clear()
    for distribution in importlib.metadata.distributions():
        try:
            own = [entry for entry in distribution.entry_points if entry.group == GROUP]
            # each look reads and parses a file: not for every entry, and not where there is none
            project = distribution.name if own else ""
            source = f"{project} {distribution.version}" if own else ""
        except Exception as error:  # a malformed file, perhaps of a distribution that has nothing to do with agrad
            _note_unreadable(distribution, error)
            continue
        if own:
            yield project, source, own


def _note_unreadable(distribution: importlib.metadata.Distribution, error: Exception) -> None:
    try:
        source = f"{distribution.name} {distribution.version}"
    except Exception:  # its other files are no better
        source = f"a distribution in {distribution.locate_file('')}"
    text = "".join(traceback.format_exception(error))
    registry.unreadable.append(Plugin("entry_points.txt", source, "broken", text))
    warnings.warn(
        f"the entry points of {source} cannot be read, and no plugin of it is found: {type(error).__name__}: {error}; "
        "install it again, or remove it",
        stacklevel=5,
    )


def add(to: pluggy.PluginManager, plugin: object, name: str) -> None:
    """Hand a plugin to pluggy; a hook of its own invention is an error."""
    try:
        to.register(plugin, name)
        to.check_pending()
    except pluggy.PluginValidationError as error:
        to.unregister(name=name)
        hooks = ", ".join(hook for hook in vars(AgradSpec) if hook.startswith("agrad_"))
        raise PluginError(
            f"the plugin {registry.named(name)} implements a hook that agrad does not have, or with other parameters: "
            f"{error}; the hooks are {hooks}"
        ) from error
