"""The pytest plugin: a test for each check, and what came of them in a summary and in files.

It is loaded by every pytest run of an environment that it is installed in, so that nothing heavy is imported before a
backend is named.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from agrad_conformance.result import Key, Record

__all__: list[str] = []

RECORD = "agrad conformance record"
KEYS = pytest.StashKey["list[Key]"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Options that select the checks and name the files to write."""
    group = parser.getgroup("agrad conformance", "the conformance suite of agrad: pytest --pyargs agrad_conformance")
    group.addoption("--agrad-backend", action="append", metavar="NAME", help="the backend to check; repeatable")
    group.addoption("--agrad-level", choices=("quick", "full"), default="quick", help="how much; quick by default")
    group.addoption("--agrad-op", action="append", metavar="NAME", help="only checks of this op; repeatable")
    group.addoption("--agrad-dtype", action="append", metavar="NAME", help="only checks in this dtype; repeatable")
    group.addoption("--agrad-json", metavar="FILE", help="write a record of each check")
    group.addoption("--agrad-html", metavar="FILE", help="write the report as a page")


def pytest_configure(config: pytest.Config) -> None:
    """Find the checks and collect their records, where the suite is asked for; workers send theirs here."""
    if config.getoption("--agrad-backend"):
        config.stash[KEYS] = _keys(config)
        config.pluginmanager.register(Collector(config), "agrad-conformance-collector")


def _keys(config: pytest.Config) -> list[Key]:
    """The checks that the options select."""
    from agrad.errors import PluginError
    from agrad.plugins import backends, find
    from agrad_conformance.run import keys

    option = config.getoption
    for backend in option("--agrad-backend"):
        if backend not in backends():
            raise pytest.UsageError(f"no backend named {backend!r} is installed; installed are {sorted(backends())}")
    for op in option("--agrad-op") or ():
        if find(op) is None:
            raise pytest.UsageError(f"no installed plugin and no chapter of the standard has an op named {op!r}")
    try:
        found = [
            key
            for backend in option("--agrad-backend")
            for key in keys(backend, option("--agrad-level"), option("--agrad-op") or (), option("--agrad-dtype") or ())
        ]
    except PluginError as error:
        raise pytest.UsageError(str(error)) from error
    if not found:
        raise pytest.UsageError("no check is left: look at --agrad-op and --agrad-dtype")
    return found


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each check."""
    if "agrad_key" not in metafunc.fixturenames:
        return
    if KEYS in metafunc.config.stash:
        found = metafunc.config.stash[KEYS]
        metafunc.parametrize("agrad_key", found, ids=[key.id for key in found])
    else:
        none = pytest.param(None, marks=pytest.mark.skip("no backend is named: --agrad-backend=NAME"))
        metafunc.parametrize("agrad_key", [none], ids=["none"])


class Collector:
    """Records as their tests end, and what to do with them in the end."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.records: list[Record] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take the record that a test left, in this process or in a worker."""
        from agrad_conformance.result import Record

        if report.when == "call":
            self.records += [Record(*value) for name, value in report.user_properties if name == RECORD]  # type: ignore[misc]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """A table by chapter and backend, and the files that were asked for."""
        if not self.records:
            return
        write = terminalreporter.write_line
        terminalreporter.section("agrad conformance")
        for line in (*summary(self.records), *culprits(self.records)):
            write(line)
        for option, writer in (("--agrad-json", "write_json"), ("--agrad-html", "write_html")):
            target = self.config.getoption(option)
            if target:
                from agrad_conformance import report

                getattr(report, writer)(self.records, Path(target))
                write(f"written: {target}")


def summary(records: list[Record]) -> list[str]:
    """Lines of a table: a row a chapter, a column a backend."""
    backends = list(dict.fromkeys(r.backend for r in records))
    chapters = list(dict.fromkeys(r.chapter for r in records))
    rows = [["chapter", *backends]]
    for chapter in [*chapters, None]:
        row = ["all" if chapter is None else chapter or "transforms"]
        for backend in backends:
            own = Counter(r.outcome for r in records if r.backend == backend and chapter in (None, r.chapter))
            row.append(", ".join(f"{n} {outcome}" for outcome, n in sorted(own.items(), key=lambda item: -item[1])))
        rows.append(row)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]


LISTED = 20
"""So many ops a summary names."""


def culprits(records: list[Record]) -> list[str]:
    """Lines that name the ops with failures: first those whose values or first derivatives are wrong, of which others
    may be a consequence."""
    from agrad_conformance.result import FAILED

    failed: dict[tuple[str, str], dict[str, None]] = {}
    arguments: dict[tuple[str, str], dict[str, None]] = {}
    for r in records:
        if r.outcome == FAILED:
            what = r.backend, r.op or r.case
            failed.setdefault(what, {})[r.property] = None
            named = str(r.detail.get("wrong for", ""))
            arguments.setdefault(what, {}).update(dict.fromkeys(named.split(", ") if named else ()))
    first = [what for what, properties in failed.items() if properties.keys() & {"value", "vjp", "jvp"}]
    lines = []
    for what in [*first, *(what for what in failed if what not in first)]:
        backend, op = what
        of = f", of {', '.join(arguments[what])}" if arguments[what] else ""
        lines.append(f"wrong on {backend}: {op}{of} ({', '.join(failed[what])})")
    return lines if len(lines) <= LISTED else [*lines[:LISTED], f"and {len(lines) - LISTED} more"]
