"""Plugins that come and go while a program runs, and the list of all that there are."""

from __future__ import annotations

import warnings

from agrad.errors import PluginError
from agrad.plugins.discovery import add, manager
from agrad.plugins.records import backends, cases, commands, ops, records_of, rules_by_backend
from agrad.plugins.registry import Plugin, registry

__all__ = ["block", "plugins", "register"]


def plugins() -> list[Plugin]:
    """Every plugin that was found, with its state; all of their records are read for it.

    Returns
    -------
    list of Plugin

    Examples
    --------
    >>> import agrad
    >>> [p.name for p in agrad.plugins.plugins() if p.name == "numpy" and p.status == "active"]
    ['numpy']
    """
    manager()
    found = []
    for name in list(registry.plugins):
        _read_all(name)
        found.append(
            registry.plugins[name]._replace(
                backends=tuple(backend.name for backend in records_of("agrad_backends", name)),
                ops=tuple(op.name for op in ops(name).values()),
                rules=tuple(f"{r.op.name} on {r.backend}" for r in records_of("agrad_rules", name)),
                commands=tuple(command.name for command in records_of("agrad_commands", name)),
            )
        )
    return found + registry.unreadable


def _read_all(name: str) -> None:
    """Read all that a plugin brings: what is wrong with it shows."""
    backends()
    ops(name)
    rules_by_backend()
    cases()
    commands()


def register(plugin: object, name: str) -> None:
    """Add a plugin that is not installed: any object or module with ``agrad_`` hooks.

    Parameters
    ----------
    plugin : object
        With methods or functions marked by `agrad.hookimpl`.
    name : str
        Its name: its ops are at ``xp.name``.

    Raises
    ------
    PluginError
        A plugin of that name is there, the plugin has a hook that agrad does not know, or one of its records is wrong;
        the plugin is left out then.

    Examples
    --------
    >>> import agrad
    >>> from agrad.declare import elementwise
    >>> class Plugin:
    ...     @agrad.hookimpl
    ...     def agrad_ops(self):
    ...         return [elementwise("double(x, /)", 2, forward=lambda x: x + x)]
    >>> agrad.plugins.register(Plugin(), "mine")
    >>> agrad.grad(agrad.namespace("numpy").mine.double)(3.0)
    np.float64(2.0)
    >>> agrad.plugins.block("mine")
    """
    to = manager()
    if to.get_plugin(name) is not None:
        raise PluginError(
            f"a plugin named {registry.named(name)} is there already; choose another name, or block it first"
        )
    earlier = registry.plugins.get(name)
    registry.plugins[name] = Plugin(name, "registered")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong is raised
            with registry.isolated(name):
                add(to, plugin, name)
            registry.forget()
            _read_all(name)
        if registry.plugins[name].status == "broken":
            raise PluginError(f"the plugin {name!r} is broken: {registry.plugins[name].error.strip().splitlines()[-1]}")
        late = registry.in_use.intersection(rule.backend for rule in records_of("agrad_rules", name))
        if late:
            raise PluginError(
                f"the plugin {name!r} brings rules for {sorted(late)}, too late: the namespace is in use; register it "
                "before agrad.namespace() is first called"
            )
    except BaseException:
        if to.get_plugin(name) is not None:
            to.unregister(name=name)
        del registry.plugins[name]
        if earlier is not None:
            registry.plugins[name] = earlier
        registry.forget()
        raise
    registry.blocked.discard(name)


def block(*names: str) -> None:
    """Leave plugins out from now on, as ``AGRAD_DISABLE_PLUGINS=name,...`` does from the start.

    Parameters
    ----------
    *names : str
        Names of plugins; those that are not installed are left out should they come. A namespace that is in use keeps
        the rules that it has.

    Examples
    --------
    >>> import agrad
    >>> agrad.plugins.block("never-heard-of")
    """
    registry.blocked.update(names)
    loaded = registry.manager
    if loaded is None:
        return  # whoever loads them leaves these out
    for name in names:
        if loaded.get_plugin(name) is not None:
            loaded.unregister(name=name)
        if name in registry.plugins and registry.plugins[name].source == "registered":
            del registry.plugins[name]
        elif name in registry.plugins:
            registry.plugins[name] = registry.plugins[name]._replace(status="disabled")
    registry.forget()
