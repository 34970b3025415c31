"""What the suite brings to agrad: its subcommand."""

from __future__ import annotations

from collections.abc import Iterable

import agrad
from agrad.hooks import Command

__all__ = ["agrad_commands"]


@agrad.hookimpl
def agrad_commands() -> Iterable[Command]:
    """Return the command ``agrad conformance``."""

    def run(arguments: list[str]) -> int:
        from agrad_conformance.command import run as command

        return command(arguments)

    return [Command("conformance", "check a backend's gradients against high-precision references", run)]
