"""The command line: ``agrad`` and ``python -m agrad``."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from agrad import plugins
from agrad.errors import AgradError, PluginError

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        By default those of the process.

    Returns
    -------
    int
        The exit status: 0, or 1 where something is broken or missing; wrong usage exits with 2.

    Examples
    --------
    >>> from agrad.command.cli import main
    >>> main(["ops", "--op", "linalg.qr", "--backend", "numpy"])
    op         numpy   vmap
    linalg.qr  native  at once
    0
    """
    given = (sys.argv[1:] if arguments is None else list(arguments)) or ["--help"]
    try:
        return _run(given)
    except AgradError as error:
        print(f"agrad: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # `| head` has seen enough; what is left must not be written at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def _run(given: list[str]) -> int:
    command = plugins.commands().get(given[0])
    if command is not None:
        return command.run(given[1:])
    options = _parser().parse_args(given)
    status: int = options.run(options)
    sys.stdout.flush()
    return status


def _parser() -> argparse.ArgumentParser:
    more = "".join(f"\n  {command.name:<20}  {command.help}" for command in plugins.commands().values())
    parser = argparse.ArgumentParser(
        "agrad",
        description="Gradients for any array library that speaks the Python array API standard.",
        epilog=more and "commands that plugins bring:" + more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"agrad {version('agrad')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for name, run, text in (
        ("plugins", _plugins, "list the installed plugins, what they bring, and why a broken one is broken"),
        ("backends", _backends, "list the installed backends: library, state, devices, limits"),
        ("ops", _ops, "show which op works on which backend, and how"),
        ("doctor", _doctor, "show which libraries are found, and whether they are told to keep Tensors whole"),
    ):
        listing = commands.add_parser(name, help=text, description=text.capitalize() + ".")
        listing.add_argument("--json", action="store_true", help="print JSON instead of a table")
        listing.set_defaults(run=run)
        if name == "ops":
            listing.add_argument("--backend", action="append", metavar="NAME", help="only this backend; repeatable")
            listing.add_argument("--op", action="append", metavar="NAME", help="only this op; repeatable")
    new = commands.add_parser("new-plugin", help="write a small, complete plugin project to start from")
    new.add_argument("name", help="the plugin's name, an identifier; the ops of a plugin are at xp.NAME")
    new.add_argument("--kind", choices=("op", "backend"), required=True)
    new.add_argument("--folder", type=Path, default=Path(), help="where the project's folder goes; by default here")
    new.set_defaults(run=_new_plugin)
    return parser


def _plugins(options: argparse.Namespace) -> int:
    found = plugins.plugins()
    if options.json:
        print(json.dumps([p._asdict() for p in found], indent=2))
    else:
        _table(["plugin", "from", "status", "brings"], [[p.name, p.source, p.status, _brought(p)] for p in found])
        for p in found:
            if p.error:
                print(f"\n{p.name} of {p.source} is broken:\n{p.error.rstrip()}")
    return 1 if any(p.status == "broken" for p in found) else 0


def _brought(p: plugins.Plugin) -> str:
    counted = [f"{len(p.ops)} ops"] if p.ops else []
    named = [("backend", p.backends), ("rule", p.rules), ("command", p.commands)]
    return "; ".join([f"{what} {', '.join(names)}" for what, names in named if names] + counted)


def _backends(options: argparse.Namespace) -> int:
    from agrad.command.support import standing

    found = [standing(backend) for backend in plugins.backends().values()]
    if options.json:
        print(json.dumps([s._asdict() for s in found], indent=2))
        return 0
    default = os.environ.get("AGRAD_BACKEND") or "numpy"
    rows = [
        [s.name + " *" * (s.name == default), s.library, s.status.partition(":")[0], _short(s.devices)] for s in found
    ]
    _table(["backend", "library", "status", "devices"], rows)
    print("\n* the default; AGRAD_BACKEND names another")
    for s in found:
        if ":" in s.status:
            _note(f"{s.name} is {s.status}")
        for what, reason in s.lacks.items():
            _note(f"{s.name} lacks {what}: {reason}")
    return 0


def _short(names: Sequence[str]) -> str:
    text = ", ".join(names)
    return text if len(text) <= 40 else f"{names[0]}, ..."


def _note(text: str) -> None:
    print(textwrap.fill(text, 100, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False))


def _ops(options: argparse.Namespace) -> int:
    from agrad.command.support import batching, every_op, standing, support

    wanted = options.backend or [name for name, b in plugins.backends().items() if standing(b).status == "ready"]
    known = every_op()
    matrix = {name: {op: support(name, op) for op in known} for name in wanted}
    unknown = sorted({*(options.op or ())} - {*known})
    if unknown:
        raise PluginError(f"no installed plugin and no chapter of the standard has an op named {', '.join(unknown)}")
    rows = [name for name in known if not options.op or name in options.op]
    if options.json:
        print(json.dumps({op: {name: matrix[name][op] for name in wanted} for op in rows}, indent=2))
        return 0
    matrix["vmap"] = {op: batching(op) for op in rows}
    columns = [*wanted, "vmap"]
    _table(["op", *columns], [[op, *(matrix[name][op].partition(":")[0] for name in columns)] for op in rows])
    for name in columns:
        for op in rows:
            how, _, why = matrix[name][op].partition(": ")
            if why:
                print(f"{name}: {op} is {how}: {why}")
    return 0


def _doctor(options: argparse.Namespace) -> int:
    from agrad.command.support import found_clients, standing

    libraries = [standing(backend) for backend in plugins.backends().values()]
    clients = found_clients()
    if options.json:
        print(json.dumps({"backends": {s.name: s.status for s in libraries}, "clients": clients}, indent=2))
        return 0
    _table(["backend", "library", "status"], [[s.name, s.library, s.status] for s in libraries])
    print()
    rows = [[c["library"], c["version"] or "not installed", "yes" if c["set"] else "no"] for c in clients]
    _table(["library", "version", "keeps Tensors whole"], rows)
    for c in clients:
        if c["version"] and not c["set"]:
            print(
                f"\n{c['library']} takes Tensors apart, and loses derivatives, unless it is told not to: {c['setting']}"
            )
    return 0


def _new_plugin(options: argparse.Namespace) -> int:
    from agrad.command.scaffold import new_plugin

    for path in new_plugin(options.name, options.kind, options.folder):
        print(path)
    return 0


def _table(head: list[str], rows: list[list[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in [head, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
