"""Applying a mutant: fresh namespaces with the damage in them, and everything as before afterwards."""

from __future__ import annotations

import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, reduce
from importlib import import_module
from typing import Any

import agrad
from agrad.arrays import namespaces
from agrad.backend import Backend, BackendRule
from agrad.declare import Op
from agrad.interpret.levels import OFF
from agrad.plugins.registry import registry
from sabotage.mutant import Damage, Patch

__all__ = ["applied"]

PACKAGES = ("agrad", "agrad_numpy", "agrad_strict")
"""Where replacements are made: not in the suite, which judges."""

Made = list[tuple[Any, Any]]


@contextmanager
def applied(damage: Damage, referee: str) -> Iterator[None]:
    """Within it, namespaces are made anew, and the damage is in them.

    Examples
    --------
    >>> import agrad
    >>> wrong = agrad.plugins.find("negative")._replace(vjp=(1,))
    >>> with applied(Damage(wrong), "numpy"):
    ...     float(agrad.grad(agrad.namespace("numpy").negative)(2.0))
    1.0
    >>> float(agrad.grad(agrad.namespace("numpy").negative)(2.0))
    -1.0
    """
    _import_all()
    manager = agrad.plugins.manager()
    record, original = agrad.plugins.backends()[referee], manager.get_plugin(referee)
    known = dict(registry.plugins)  # registering again would leave another source and another order
    agrad.namespace(referee)
    spaces = dict(namespaces._made)
    made: Made = []
    with ExitStack() as stack:
        stack.callback(OFF.__setitem__, slice(None), list(OFF))  # what a broken `no_grad` would leave
        stack.callback(_restore, referee, original, known, spaces)
        for patch in damage.patches:
            stack.enter_context(_patched(patch, made))
        for function, replacement in made:
            record = record._replace(**{n: replacement for n, v in record._asdict().items() if v is function})
        agrad.plugins.block(referee)
        _forget_namespaces()
        agrad.plugins.register(_Damaged(record, damage.op), referee)
        if damage.op is not None:  # as if it stood in the table: its results are not looked at as a plugin's are
            agrad.plugins.rules(referee)[damage.op.name] = damage.op
        yield


def _restore(referee: str, original: object, known: dict[str, Any], spaces: dict[str, namespaces.Namespace]) -> None:
    agrad.plugins.block(referee)
    agrad.plugins.register(original, referee)
    registry.plugins.clear()
    registry.plugins.update(known)
    _forget_namespaces()
    namespaces._made.update(spaces)  # whoever holds one goes on with it
    registry.in_use.update(spaces)


def _forget_namespaces() -> None:
    """Namespaces hold functions that were made when they were first used."""
    namespaces._made.clear()
    namespaces._owners.clear()
    registry.in_use.clear()


class _Damaged:
    """A plugin with the same backend, and with one rule of its own."""

    def __init__(self, backend: Backend, op: Op | None) -> None:
        self._backend = backend
        self._op = op

    @agrad.hookimpl
    def agrad_backends(self) -> Iterable[Backend]:
        """Return the backend's record."""
        return [self._backend]

    @agrad.hookimpl
    def agrad_rules(self) -> Iterable[BackendRule]:
        """Return the mutated declaration, if there is one."""
        return [] if self._op is None else [BackendRule(self._backend.name, self._op)]


# Replacing ------------------------------------------------------------------------------------------


@cache
def _import_all() -> None:
    """Import what is imported late: a module that came while a mutant is applied would keep the replacement."""
    for name in PACKAGES:
        package = import_module(name)
        for module in pkgutil.walk_packages(package.__path__, name + "."):
            if not module.name.endswith("__main__"):
                import_module(module.name)
    for name in agrad.__all__:
        getattr(agrad, name)


@contextmanager
def _patched(patch: Patch, made: Made) -> Iterator[None]:
    module, _, path = patch.target.partition(":")
    *parents, name = path.split(".")
    try:
        owner = reduce(getattr, parents, import_module(module))
        original = inspect.getattr_static(owner, name)
    except (ImportError, AttributeError) as error:
        raise LookupError(f"there is no {patch.target} any more: a mutant needs another target") from error
    if parents:
        places: list[tuple[Any, str]] = [(owner, name)]
        replacement = _like(original, patch.change)
    else:
        replacement = patch.change(original)
        places = list(_places(original, patch.only))
        if not places:
            raise LookupError(f"{patch.only} has no {patch.target} any more: a mutant needs another target")
        made.append((original, replacement))
    with ExitStack() as stack:
        for holder, key in places:
            stack.callback(_put(holder, key, replacement))
        yield


def _like(original: Any, change: Callable[[Any], Any]) -> Any:
    """The replacement of what stands in a class."""
    if isinstance(original, property):
        return property(change(original.fget), original.fset, original.fdel)
    return staticmethod(change(original.__func__)) if isinstance(original, staticmethod) else change(original)


def _places(original: Any, only: str) -> Iterator[tuple[Any, Any]]:
    """Where agrad holds a function: modules that import it, and tables of theirs."""
    for name, module in list(sys.modules.items()):
        if name != only if only else name.partition(".")[0] not in PACKAGES:
            continue
        for key, value in list(vars(module).items()):
            if value is original:
                yield module, key
            elif type(value) is dict and not key.startswith("__"):
                yield from ((value, k) for k, v in list(value.items()) if v is original)


def _put(holder: Any, key: Any, value: Any) -> Callable[[], None]:
    """Put a value in a place; the function that puts back what stood there."""
    if isinstance(holder, dict):
        before = holder[key]
        holder[key] = value
        return lambda: holder.__setitem__(key, before)
    own = key in vars(holder)
    before = vars(holder).get(key)
    setattr(holder, key, value)
    return lambda: setattr(holder, key, before) if own else delattr(holder, key)
