"""What is known of plugins, in one place: which there are, how each fares, and what was read of them."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, NamedTuple, ParamSpec, TypeVar

import pluggy

from agrad.errors import PluginError

__all__ = ["Plugin", "Registry", "registry", "remembered"]

P = ParamSpec("P")
R = TypeVar("R")
NOTHING: Any = object()


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


@dataclass
class Registry:
    """All state that there is of plugins; `registry` is the one of the process."""

    manager: pluggy.PluginManager | None = None
    """None until somebody asks for plugins."""
    plugins: dict[str, Plugin] = field(default_factory=dict)
    unreadable: list[Plugin] = field(default_factory=list)
    """Files of entry points that nobody can read, of whatever distribution; each is listed as a broken plugin."""
    blocked: set[str] = field(default_factory=set)
    in_use: set[str] = field(default_factory=set)
    """Backends that have a namespace."""
    read: dict[Hashable, Any] = field(default_factory=dict)
    """What plugins bring, as far as somebody asked."""
    changed: list[Callable[[], None]] = field(default_factory=list)
    """Called when a plugin comes or goes."""

    def forget(self) -> None:
        """Plugins have changed: what was read of them is read again."""
        self.read = {}  # whoever is still reading fills the old one
        for function in self.changed:
            function()

    def named(self, name: str) -> str:
        """A plugin as messages name it."""
        return f"{name!r} of {self.plugins[name].source}" if name in self.plugins else repr(name)

    def conflict(self, what: str, first: str, second: str) -> PluginError:
        """Two plugins, one name."""
        return PluginError(
            f"two plugins provide {what}: {self.named(first)} and {self.named(second)}; uninstall one of them, or "
            f"leave one out with AGRAD_DISABLE_PLUGINS={second}"
        )

    @contextmanager
    def isolated(self, name: str) -> Iterator[None]:
        """A plugin's own code runs in it: whatever it raises, SystemExit included, leaves that plugin out."""
        try:
            yield
        except BaseException as error:
            # a hook that agrad does not have is an error for all, so that it is seen
            wrong_hook = isinstance(error.__cause__, pluggy.PluginValidationError)
            if isinstance(error, KeyboardInterrupt) or wrong_hook:
                raise
            self.isolate(name, error)

    def isolate(self, name: str, error: BaseException) -> None:
        """Leave a broken plugin out: mark it, and say so once."""
        text = "".join(traceback.format_exception(error))
        self.plugins[name] = self.plugins[name]._replace(status="broken", error=text)
        warnings.warn(
            f"the agrad plugin {self.named(name)} is broken and left out: {type(error).__name__}: {error}; "
            "`agrad plugins` shows the traceback",
            stacklevel=3,
        )


registry = Registry()


def remembered(function: Callable[P, R]) -> Callable[P, R]:
    """A function of what plugins bring that computes an answer once, until plugins change."""

    @wraps(function)
    def answer(*args: P.args, **kwargs: P.kwargs) -> R:
        asked = function, args, *kwargs.items()
        read = registry.read
        found: R = read.get(asked, NOTHING)
        if found is NOTHING:
            found = read[asked] = function(*args, **kwargs)
        return found

    return answer
