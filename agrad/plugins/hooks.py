"""The hooks that a plugin may implement: entry-point group ``agrad``, typed records out, no side effects."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

import pluggy

from agrad.backend import Backend, BackendRule
from agrad.cases import Case
from agrad.declare import Op

__all__ = ["AgradSpec", "Command", "hookimpl"]

GROUP = "agrad"
COMMANDS = ("plugins", "backends", "ops", "doctor", "new-plugin")
"""The subcommands of agrad's own."""
hookspec = pluggy.HookspecMarker(GROUP)
hookimpl = pluggy.HookimplMarker(GROUP)


class Command(NamedTuple):
    """A subcommand of the command line: ``agrad NAME ...``.

    Parameters
    ----------
    name : str
    help : str
        What it does, in a line.
    run : callable
        Gets the arguments after the name, as a list, and returns the exit status.

    Examples
    --------
    >>> Command("greet", "Greet.", lambda arguments: 0).name
    'greet'
    """

    name: str
    help: str
    run: Callable[[list[str]], int]


class AgradSpec:
    """The hooks. A plugin is a module or an object that implements some of them, each marked by `agrad.hookimpl`.

    Examples
    --------
    >>> [name for name in vars(AgradSpec) if name.startswith("agrad_")][:2]
    ['agrad_backends', 'agrad_ops']
    """

    @hookspec
    def agrad_backends(self) -> Iterable[Backend]:  # type: ignore[empty-body]
        """Return the backends that the plugin provides.

        Called once, when a namespace is first asked for; it must import no array library.

        Returns
        -------
        iterable of Backend

        Examples
        --------
        A second name for NumPy, by an adapter that exists:

        >>> import agrad, agrad_numpy
        >>> class Plugin:
        ...     @agrad.hookimpl
        ...     def agrad_backends(self):
        ...         [numpy] = agrad_numpy.agrad_backends()
        ...         return [numpy._replace(name="numpy2", owns=lambda x: False)]
        >>> agrad.plugins.register(Plugin(), "again")
        >>> agrad.namespace("numpy2")
        agrad[numpy2]
        >>> agrad.plugins.block("again")
        """

    @hookspec
    def agrad_ops(self) -> Iterable[Op]:  # type: ignore[empty-body]
        """Return the ops that the plugin adds, made by the functions of `agrad.declare`.

        The op ``f`` of the plugin ``name`` is at ``xp.name.f`` on every backend that it has a function for, of its own
        (``native=``) or in the standard (``forward=``). Called once, when ``xp.name`` is first used.

        Returns
        -------
        iterable of Op

        Examples
        --------
        >>> import agrad
        >>> from agrad.declare import elementwise
        >>> class Plugin:
        ...     @agrad.hookimpl
        ...     def agrad_ops(self):
        ...         value = lambda xp, x: xp.logaddexp(x, xp.zeros_like(x))
        ...         return [elementwise("softplus(x, /)", lambda xp, x: 1 / (1 + xp.exp(-x)), forward=value)]
        >>> agrad.plugins.register(Plugin(), "soft")
        >>> xp = agrad.namespace("numpy")
        >>> agrad.grad(xp.soft.softplus)(0.0)
        np.float64(0.5)
        >>> agrad.plugins.block("soft")
        """

    @hookspec
    def agrad_rules(self) -> Iterable[BackendRule]:  # type: ignore[empty-body]
        """Return rules that take the place of an op's on one backend: fused ones, or more stable ones.

        Called once, when a namespace is first asked for: rules that come later come too late for that backend.

        Returns
        -------
        iterable of BackendRule

        Examples
        --------
        >>> import agrad
        >>> from agrad.backend import BackendRule
        >>> from agrad.declare import elementwise
        >>> class Plugin:
        ...     @agrad.hookimpl
        ...     def agrad_rules(self):
        ...         return [BackendRule("some-backend", elementwise("tanh(x, /)", lambda out: (1 - out) * (1 + out)))]
        >>> agrad.plugins.register(Plugin(), "fused")
        >>> sorted(agrad.plugins.rules("some-backend"))
        ['tanh']
        >>> agrad.plugins.block("fused")
        """

    @hookspec
    def agrad_conformance_cases(self) -> Iterable[Case]:  # type: ignore[empty-body]
        """Return further cases for the conformance suite, of any op; an `Op` record may bring its own.

        Returns
        -------
        iterable of Case

        Examples
        --------
        >>> import agrad
        >>> from agrad.cases import Case
        >>> class Plugin:
        ...     @agrad.hookimpl
        ...     def agrad_conformance_cases(self):
        ...         return [Case(lambda draw: (draw.positive(2, 3),), op="sqrt")]
        >>> agrad.plugins.register(Plugin(), "roots")
        >>> [case.op for case in agrad.plugins.cases() if case.op == "sqrt"]
        ['sqrt']
        >>> agrad.plugins.block("roots")
        """

    @hookspec
    def agrad_commands(self) -> Iterable[Command]:  # type: ignore[empty-body]
        """Return subcommands for the command line.

        Returns
        -------
        iterable of Command

        Examples
        --------
        >>> import agrad
        >>> from agrad.command.cli import main
        >>> from agrad.plugins import Command
        >>> class Plugin:
        ...     @agrad.hookimpl
        ...     def agrad_commands(self):
        ...         return [Command("hello", "Greet.", lambda arguments: print("hello", *arguments) or 0)]
        >>> agrad.plugins.register(Plugin(), "greeter")
        >>> main(["hello", "you"])
        hello you
        0
        >>> agrad.plugins.block("greeter")
        """
