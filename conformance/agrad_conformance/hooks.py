"""What the suite brings to agrad: its subcommand."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec

import agrad
from agrad.errors import PluginError
from agrad.origin import install_command
from agrad.plugins import Command

__all__ = ["agrad_commands"]

NEEDED = ("mpmath", "pytest")


@agrad.hookimpl
def agrad_commands() -> Iterable[Command]:
    """Return the command ``agrad conformance``."""

    def run(arguments: list[str]) -> int:
        missing = [module for module in NEEDED if find_spec(module) is None]
        if missing:
            raise PluginError(
                f"agrad conformance needs {' and '.join(missing)}, not installed here; install what it needs with "
                f"{install_command('conformance')}"
            )
        from agrad_conformance.command import run as command

        return command(arguments)

    return [Command("conformance", "check a backend's gradients against high-precision references", run)]
