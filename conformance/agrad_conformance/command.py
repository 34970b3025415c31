"""``agrad conformance``: the suite from the command line, over the pytest plugin."""

from __future__ import annotations

import argparse
import os

__all__ = ["run"]


def run(arguments: list[str]) -> int:
    """Run the suite as the arguments say; the exit status is pytest's: 0 if nothing speaks against the backends."""
    parser = argparse.ArgumentParser(
        "agrad conformance", description="Check a backend's gradients against high-precision references."
    )
    add = parser.add_argument
    add("--backend", action="append", metavar="NAME", help="the backend to check; repeatable, for a matrix")
    add("--level", choices=("quick", "full"), default="quick", help="quick (the default) or full")
    add("--op", action="append", default=[], metavar="NAME", help="only checks of this op; repeatable")
    add("--dtype", action="append", default=[], metavar="NAME", help="only checks in this dtype; repeatable")
    add("-k", metavar="EXPRESSION", help="only checks whose name matches, as in pytest")
    add("-n", default="0", metavar="N", help="how many worker processes, or auto")
    add("--json", metavar="FILE", help="write a record of each check")
    add("--html", metavar="FILE", help="write the report as a page")
    add("--junit", metavar="FILE", help="write JUnit XML")
    add("-x", action="store_true", help="stop at the first failure")
    options = parser.parse_args(arguments)
    import pytest

    given = ["-c", os.devnull, "-p", "no:cacheprovider", "-q", "--no-header", "--tb=short", "--pyargs"]
    given += ["agrad_conformance", "-W", "ignore"]
    for backend in options.backend or [os.environ.get("AGRAD_BACKEND") or "numpy"]:
        given += ["--agrad-backend", backend]
    given += ["--agrad-level", options.level]
    for name in ("op", "dtype"):
        for value in getattr(options, name):
            given += [f"--agrad-{name}", value]
    for flag, value in (
        ("-k", options.k),
        ("--agrad-json", options.json),
        ("--agrad-html", options.html),
        ("--junitxml", options.junit),
    ):
        if value:
            given += [flag, value]
    if options.n != "0":
        given += ["-n", options.n]
    if options.x:
        given.append("-x")
    return int(pytest.main(given))
