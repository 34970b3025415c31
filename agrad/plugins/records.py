"""The door for plugins: found by their entry points, isolated where they break, their records checked on arrival."""

from __future__ import annotations

import importlib.metadata
import os
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, NamedTuple

import pluggy

from agrad.backend import Backend, BackendRule
from agrad.cases import Case
from agrad.declare import Op
from agrad.errors import AgradError, PluginError
from agrad.hooks import GROUP, AgradSpec, Command, hookimpl
from agrad.ops import lookup
from agrad.validate import check_backend, check_case, check_command, check_op, check_rule, plugin_name_problem

__all__ = [
    "AgradSpec",
    "Plugin",
    "backends",
    "block",
    "cases",
    "commands",
    "find",
    "hookimpl",
    "manager",
    "ops",
    "owner",
    "plugins",
    "register",
    "rules",
]


class Plugin(NamedTuple):
    """A plugin and how it fares: what ``agrad plugins`` shows.

    Examples
    --------
    >>> Plugin("mine", "mine 1.0").status
    'active'
    """

    name: str
    source: str
    """Its distribution and version, as in ``"agrad 0.1.0"``; "registered" where a program added it itself."""
    status: str = "active"
    """"active", "disabled" or "broken"."""
    error: str = ""
    """Why it is broken: the traceback."""
    backends: tuple[str, ...] = ()
    ops: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    commands: tuple[str, ...] = ()


_plugins: dict[str, Plugin] = {}
_unreadable: list[Plugin] = []
"""Files of entry points that nobody can read, of whatever distribution; each is listed as a broken plugin."""
_blocked: set[str] = set()
changed: list[Callable[[], None]] = []
"""Called when a plugin comes or goes."""
in_use: set[str] = set()
"""Backends that have a namespace."""


@cache
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
    made = pluggy.PluginManager(GROUP)
    made.add_hookspecs(AgradSpec)
    _plugins.clear()
    disabled = {name.strip() for name in os.environ.get("AGRAD_DISABLE_PLUGINS", "").split(",")} | _blocked
    seen: dict[str, str] = {}
    for project, source, entries in _installed():
        for entry in entries:
            if entry.name in disabled:
                _plugins[entry.name] = Plugin(entry.name, source, "disabled")
                continue
            if entry.name in seen:
                if seen[entry.name] != project:  # one that is found twice on the path is one
                    raise PluginError(
                        f"two plugins are named {entry.name!r}: one of {_plugins[entry.name].source}, one of {source}; "
                        "uninstall one of them, or set AGRAD_DISABLE_PLUGINS to leave both out"
                    )
                continue
            seen[entry.name] = project
            _plugins[entry.name] = Plugin(entry.name, source)
            with _isolated(entry.name):
                _add(made, entry.load(), entry.name)
    return made


def _installed() -> Iterator[tuple[str, str, list[importlib.metadata.EntryPoint]]]:
    """The distributions that bring plugins: the name, the name and version, and the entry points."""
    _unreadable.clear()
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
    _unreadable.append(Plugin("entry_points.txt", source, "broken", text))
    warnings.warn(
        f"the entry points of {source} cannot be read, and no plugin of it is found: {type(error).__name__}: {error}; "
        "install it again, or remove it",
        stacklevel=4,
    )


@contextmanager
def _isolated(name: str) -> Iterator[None]:
    """A plugin's own code runs in it: whatever it raises, SystemExit included, leaves that plugin out."""
    try:
        yield
    except BaseException as error:
        wrong_hook = isinstance(error.__cause__, pluggy.PluginValidationError)  # an error for all, so that it is seen
        if isinstance(error, KeyboardInterrupt) or wrong_hook:
            raise
        _isolate(name, error)


def _add(to: pluggy.PluginManager, plugin: object, name: str) -> None:
    try:
        to.register(plugin, name)
        to.check_pending()
    except pluggy.PluginValidationError as error:
        to.unregister(name=name)
        hooks = ", ".join(hook for hook in vars(AgradSpec) if hook.startswith("agrad_"))
        raise PluginError(
            f"the plugin {_named(name)} implements a hook that agrad does not have, or with other parameters: {error}; "
            f"the hooks are {hooks}"
        ) from error


def _named(name: str) -> str:
    return f"{name!r} of {_plugins[name].source}" if name in _plugins else repr(name)


def _isolate(name: str, error: BaseException) -> None:
    """Leave a broken plugin out: mark it, and say so once."""
    text = "".join(traceback.format_exception(error))
    _plugins[name] = _plugins[name]._replace(status="broken", error=text)
    warnings.warn(
        f"the agrad plugin {_named(name)} is broken and left out: {type(error).__name__}: {error}; "
        "`agrad plugins` shows the traceback",
        stacklevel=3,
    )


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
    for name in list(_plugins):
        _read_all(name)
        found.append(
            _plugins[name]._replace(
                backends=tuple(backend.name for backend in _records("agrad_backends", name, check_backend)),
                ops=tuple(op.name for op in ops(name).values()),
                rules=tuple(f"{r.op.name} on {r.backend}" for r in _records("agrad_rules", name, check_rule)),
                commands=tuple(command.name for command in _records("agrad_commands", name, check_command)),
            )
        )
    return found + _unreadable


def _read_all(name: str) -> None:
    """Read all that a plugin brings: what is wrong with it shows."""
    backends()
    ops(name)
    _rules()
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
        raise PluginError(f"a plugin named {_named(name)} is there already; choose another name, or block it first")
    earlier = _plugins.get(name)
    _plugins[name] = Plugin(name, "registered")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what is wrong is raised
            with _isolated(name):
                _add(to, plugin, name)
            _forget()
            _read_all(name)
        if _plugins[name].status == "broken":
            raise PluginError(f"the plugin {name!r} is broken: {_plugins[name].error.strip().splitlines()[-1]}")
        late = in_use.intersection(rule.backend for rule in _records("agrad_rules", name, check_rule))
        if late:
            raise PluginError(
                f"the plugin {name!r} brings rules for {sorted(late)}, too late: the namespace is in use; register it "
                "before agrad.namespace() is first called"
            )
    except BaseException:
        if to.get_plugin(name) is not None:
            to.unregister(name=name)
        del _plugins[name]
        if earlier is not None:
            _plugins[name] = earlier
        _forget()
        raise
    _blocked.discard(name)


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
    _blocked.update(names)
    if not manager.cache_info().currsize:
        return  # nothing is loaded yet
    for name in names:
        if manager().get_plugin(name) is not None:
            manager().unregister(name=name)
        if name in _plugins and _plugins[name].source == "registered":
            del _plugins[name]
        elif name in _plugins:
            _plugins[name] = _plugins[name]._replace(status="disabled")
    _forget()


def _forget() -> None:
    for records in (_records, backends, ops, _rules, cases, commands):
        records.cache_clear()
    for function in changed:
        function()


# What plugins bring ---------------------------------------------------------------------------------


@cache
def _records(hook: str, name: str, check: Callable[[Any], Any]) -> list[Any]:
    """The records that one plugin returns from a hook; a plugin that fails here is isolated."""
    to = manager()
    plugin = to.get_plugin(name)
    if plugin is None or _plugins[name].status != "active":
        return []
    others = [other for n, other in to.list_name_plugin() if n != name and other is not None]
    with _isolated(name):
        found = to.subset_hook_caller(hook, others)()
        return [check(record) for records in found for record in _iterable(hook, records)]
    return []


def _iterable(hook: str, records: Any) -> Iterable[Any]:
    if not isinstance(records, Iterable):
        raise PluginError(f"{hook}() returned a {type(records).__name__}; it must return an iterable of records")
    return records


def _conflict(what: str, first: str, second: str) -> PluginError:
    """Two plugins, one name."""
    return PluginError(
        f"two plugins provide {what}: {_named(first)} and {_named(second)}; uninstall one of them, or leave one out "
        f"with AGRAD_DISABLE_PLUGINS={second}"
    )


@cache
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
    for name in list(_plugins):
        for backend in _records("agrad_backends", name, check_backend):
            if backend.name in found:
                raise _conflict(f"a backend named {backend.name!r}", found[backend.name][0], name)
            found[backend.name] = name, backend
    return {key: backend for key, (_, backend) in found.items()}


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
    claims = []
    for backend in backends().values():
        try:
            if backend.owns(array):
                claims.append(backend)
        except (AgradError, KeyboardInterrupt):  # agrad's own errors say what to do with such an array
            raise
        except BaseException as error:
            _complain(backend, f"raised for a {type(array).__name__}: {type(error).__name__}: {error}")
    if len(claims) > 1:
        claims = _rightful(claims, type(array))
    return claims[0] if claims else None


def _rightful(claims: list[Backend], kind: type) -> list[Backend]:
    """Of the backends that claim a type, the one whose library defines it; all, if they are variants of one backend."""
    if all(backend.owns is claims[0].owns for backend in claims):
        return claims
    what = f"arrays of the type {kind.__module__}.{kind.__qualname__}"
    found = [backend for backend in claims if _defines(backend.library, kind)]
    if len(found) != 1:
        raise _conflict(f"a home for {what}", _provider(claims[0]), _provider(claims[1]))
    for other in claims:
        if other is not found[0]:
            _complain(other, f"claims {what}, which belong to the backend {found[0].name!r}")
    return found


def _complain(backend: Backend, what: str) -> None:
    name = f"the backend {backend.name!r} of the plugin {_named(_provider(backend))}"
    warnings.warn(f"{name} has an owns= that {what}", stacklevel=4)


def _provider(backend: Backend) -> str:
    """The plugin that a backend comes from."""
    return next(
        name
        for name in _plugins
        if any(backend.name == other.name for other in _records("agrad_backends", name, check_backend))
    )


def _defines(library: str, kind: type) -> bool:
    """Whether the distribution of that name has the module that a type is defined in."""
    module = kind.__module__.partition(".")[0]
    try:
        files = importlib.metadata.files(library) if library else None
    except importlib.metadata.PackageNotFoundError:
        files = None
    return any(path.parts[0] == module or path.name == f"{module}.py" for path in files or ())


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


@cache
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
    if name not in _plugins:
        return {}
    found: dict[str, Op] = {}
    for op in _records("agrad_ops", name, check_op):
        problem = plugin_name_problem(name) or (op.name in found and f"declares {op.name!r} twice")
        if problem:
            _isolate(name, PluginError(f"the plugin {_named(name)} {problem}"))
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
    return _rules().get(backend, {})


@cache
def _rules() -> dict[str, dict[str, Op]]:
    found: dict[tuple[str, str], tuple[str, Op]] = {}
    manager()
    for name in list(_plugins):
        rule: BackendRule
        for rule in _records("agrad_rules", name, check_rule):
            key = rule.backend, rule.op.name
            if key in found:
                what = f"a rule for {rule.op.name!r} on the backend {rule.backend!r}"
                raise _conflict(what, found[key][0], name)
            found[key] = name, rule.op._replace(custom=rule.op.kind == "general")
    by_backend: dict[str, dict[str, Op]] = {}
    for (backend, name), (_, op) in found.items():
        by_backend.setdefault(backend, {})[name] = op
    return by_backend


@cache
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
    for name in list(_plugins):
        for op in ops(name).values():
            found += op.cases
        found += _records("agrad_conformance_cases", name, check_case)
    return tuple(found)


@cache
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
    for name in list(_plugins):
        for command in _records("agrad_commands", name, check_command):
            if command.name in found:
                raise _conflict(f"a command named {command.name!r}", found[command.name][0], name)
            found[command.name] = name, command
    return {key: command for key, (_, command) in found.items()}
