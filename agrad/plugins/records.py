"""What plugins bring: the records of their hooks, checked when somebody first asks and kept until plugins change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from agrad.backend import Backend, BackendRule
from agrad.cases import Case
from agrad.declare import Op
from agrad.errors import PluginError
from agrad.ops import lookup
from agrad.plugins.discovery import manager
from agrad.plugins.hooks import Command
from agrad.plugins.registry import registry, remembered
from agrad.plugins.validate import CHECKS, plugin_name_problem

__all__ = ["backends", "cases", "commands", "find", "ops", "records_of", "rules", "rules_by_backend"]


@remembered
def records_of(hook: str, name: str) -> list[Any]:
    """The records that one plugin returns from a hook; a plugin that fails here is isolated."""
    to = manager()
    plugin = to.get_plugin(name)
    if plugin is None or registry.plugins[name].status != "active":
        return []
    others = [other for n, other in to.list_name_plugin() if n != name and other is not None]
    with registry.isolated(name):
        found = to.subset_hook_caller(hook, others)()
        return [CHECKS[hook](record) for records in found for record in _iterable(hook, records)]
    return []


def _iterable(hook: str, records: Any) -> Iterable[Any]:
    if not isinstance(records, Iterable):
        raise PluginError(f"{hook}() returned a {type(records).__name__}; it must return an iterable of records")
    return records


@remembered
def backends() -> dict[str, Backend]:
    """The installed backends by name.

    Returns
    -------
    dict of str to Backend

    Raises
    ------
    PluginError
        Two plugins provide a backend of the same name.

    Examples
    --------
    >>> import agrad
    >>> "numpy" in agrad.plugins.backends()
    True
    """
    found: dict[str, tuple[str, Backend]] = {}
    manager()
    for name in list(registry.plugins):
        for backend in records_of("agrad_backends", name):
            if backend.name in found:
                raise registry.conflict(f"a backend named {backend.name!r}", found[backend.name][0], name)
            found[backend.name] = name, backend
    return {key: backend for key, (_, backend) in found.items()}


def find(name: str) -> Op | None:
    """The op of the standard, or of a plugin, of that full name.

    Parameters
    ----------
    name : str

    Returns
    -------
    Op or None

    Examples
    --------
    >>> find("linalg.qr").outputs
    2
    """
    op = lookup(name)
    if op is None and "." in name:
        plugin, _, rest = name.partition(".")
        op = ops(plugin).get(rest)
    return op


@remembered
def ops(name: str) -> dict[str, Op]:
    """The ops of one plugin by their names in it; none where there is no such plugin.

    Parameters
    ----------
    name : str
        The plugin's name.

    Returns
    -------
    dict of str to Op

    Examples
    --------
    >>> import agrad
    >>> agrad.plugins.ops("numpy")
    {}
    """
    manager()
    if name not in registry.plugins:
        return {}
    found: dict[str, Op] = {}
    for op in records_of("agrad_ops", name):
        problem = plugin_name_problem(name) or (op.name in found and f"declares {op.name!r} twice")
        if problem:
            registry.isolate(name, PluginError(f"the plugin {registry.named(name)} {problem}"))
            return {}
        found[op.name] = op._replace(
            name=f"{name}.{op.name}",
            custom=op.kind == "general",  # what its rules return is checked
            cases=tuple(case._replace(op=f"{name}.{op.name}") for case in op.cases),
        )
    return found


def rules(backend: str) -> dict[str, Op]:
    """The declarations that take the place of others on one backend, by the ops' names.

    Parameters
    ----------
    backend : str
        The backend's name.

    Returns
    -------
    dict of str to Op

    Raises
    ------
    PluginError
        Two plugins bring a rule for the same op of the same backend.

    Examples
    --------
    >>> import agrad
    >>> agrad.plugins.rules("no-such-backend")
    {}
    """
    return rules_by_backend().get(backend, {})


@remembered
def rules_by_backend() -> dict[str, dict[str, Op]]:
    """The rules of every backend, by its name and the op's."""
    found: dict[tuple[str, str], tuple[str, Op]] = {}
    manager()
    for name in list(registry.plugins):
        rule: BackendRule
        for rule in records_of("agrad_rules", name):
            key = rule.backend, rule.op.name
            if key in found:
                what = f"a rule for {rule.op.name!r} on the backend {rule.backend!r}"
                raise registry.conflict(what, found[key][0], name)
            found[key] = name, rule.op._replace(custom=rule.op.kind == "general")
    by_backend: dict[str, dict[str, Op]] = {}
    for (backend, name), (_, op) in found.items():
        by_backend.setdefault(backend, {})[name] = op
    return by_backend


@remembered
def cases() -> tuple[Case, ...]:
    """The conformance cases that plugins add, those of their ops included.

    Returns
    -------
    tuple of Case

    Examples
    --------
    >>> import agrad
    >>> all(case.op for case in agrad.plugins.cases())
    True
    """
    manager()
    found: list[Case] = []
    for name in list(registry.plugins):
        for op in ops(name).values():
            found += op.cases
        found += records_of("agrad_conformance_cases", name)
    return tuple(found)


@remembered
def commands() -> dict[str, Command]:
    """The subcommands that plugins add to the command line, by name.

    Returns
    -------
    dict of str to Command

    Raises
    ------
    PluginError
        Two plugins bring a command of the same name.

    Examples
    --------
    >>> import agrad
    >>> "no-such-command" in agrad.plugins.commands()
    False
    """
    found: dict[str, tuple[str, Command]] = {}
    manager()
    for name in list(registry.plugins):
        for command in records_of("agrad_commands", name):
            if command.name in found:
                raise registry.conflict(f"a command named {command.name!r}", found[command.name][0], name)
            found[command.name] = name, command
    return {key: command for key, (_, command) in found.items()}
