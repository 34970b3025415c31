"""Applying a mutant: a fresh namespace with the damage in it, and everything as before afterwards."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import reduce
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any
from unittest import mock

import agrad
from agrad import namespaces
from agrad.backend import Backend, BackendRule
from agrad.declare import Op
from agrad.interpret.levels import OFF
from sabotage.mutant import Damage, Edit, Patch

__all__ = ["applied"]


@contextmanager
def applied(damage: Damage, referee: str) -> Iterator[None]:
    """Within it, the referee's namespace is a new one that the damage is in.

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
    manager = agrad.plugins.manager()
    record, original = agrad.plugins.backends()[referee], manager.get_plugin(referee)
    known = dict(agrad.plugins._plugins)  # registering again would leave another source and another order
    space = agrad.namespace(referee)
    with ExitStack() as stack:
        stack.callback(OFF.__setitem__, slice(None), list(OFF))  # what a broken `no_grad` would leave
        for edit in damage.edits:
            stack.enter_context(_edited(edit))
        for patch in damage.patches:
            stack.enter_context(_patched(patch))
        stack.callback(_restore, referee, original, known, space)
        agrad.plugins.block(referee)
        agrad.plugins.register(_Damaged(record, damage.op), referee)
        if damage.op is not None:  # as if it stood in the table: its results are not looked at as a plugin's are
            agrad.plugins.rules(referee)[damage.op.name] = damage.op
        yield


def _restore(referee: str, original: object, known: dict[str, Any], space: namespaces.Namespace) -> None:
    agrad.plugins.block(referee)
    agrad.plugins.register(original, referee)
    agrad.plugins._plugins.clear()
    agrad.plugins._plugins.update(known)
    namespaces._made[referee] = space  # whoever holds it goes on with it
    agrad.plugins.in_use.add(referee)


class _Damaged:
    """A plugin with the same backend, and with one rule of its own."""

    def __init__(self, backend: Backend, op: Op | None) -> None:
        self._backend = backend
        self._op = op

    @agrad.hookimpl
    def agrad_backends(self) -> Iterable[Backend]:
        """Return the backend's own record."""
        return [self._backend]

    @agrad.hookimpl
    def agrad_rules(self) -> Iterable[BackendRule]:
        """Return the mutated declaration, if there is one."""
        return [] if self._op is None else [BackendRule(self._backend.name, self._op)]


@contextmanager
def _patched(patch: Patch) -> Iterator[None]:
    module, _, name = patch.target.partition(":")
    owner = import_module(module)
    with mock.patch.object(owner, name, patch.change(getattr(owner, name))):
        yield


@contextmanager
def _edited(edit: Edit) -> Iterator[None]:
    """Exchange a function's code, so that whoever has imported the function sees it."""
    function = _function(edit.target)
    before = function.__code__
    function.__code__ = _recompiled(function, edit)
    try:
        yield
    finally:
        function.__code__ = before


def _function(target: str) -> FunctionType:
    module, _, path = target.partition(":")
    *parents, name = path.split(".")
    found: Any = inspect.getattr_static(reduce(getattr, parents, import_module(module)), name)
    if isinstance(found, property):
        found = found.fget
    found = inspect.unwrap(getattr(found, "__func__", found))
    assert isinstance(found, FunctionType), target
    return found


def _recompiled(function: FunctionType, edit: Edit) -> CodeType:
    source = textwrap.dedent(inspect.getsource(function))
    if source.count(edit.old) != 1:
        raise LookupError(
            f"{edit.target} has {source.count(edit.old)} times the text {edit.old!r}; it must have it once"
        )
    scope = dict(function.__globals__)
    text = "from __future__ import annotations\n" + source.replace(edit.old, edit.new)
    exec(compile(text, f"<{edit.target}, mutated>", "exec"), scope)
    made: Any = scope[function.__name__]
    made = made.fget if isinstance(made, property) else getattr(made, "__func__", made)
    code: CodeType = inspect.unwrap(made).__code__
    return code
