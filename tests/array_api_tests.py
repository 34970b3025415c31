"""Run the official array API test suite on agrad's NumPy namespace and on array-api-compat's, and compare.

    git clone --recurse-submodules https://github.com/data-apis/array-api-tests
    python tests/array_api_tests.py array-api-tests

A test that fails on agrad's namespace must fail on the reference too, or be an exception: a line
``test id: reason`` of array_api_exceptions.txt. The exit status is 1 where that is not so. What
the suite itself needs: its requirements.txt.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

AGRAD = """exec('import agrad; xp = agrad.namespace("numpy")')"""
REFERENCE = "array_api_compat.numpy"
EXCEPTIONS = Path(__file__).with_name("array_api_exceptions.txt")
RETRIES = 20
"""How often the reference is tried again on tests that failed on agrad alone: the suite draws at random."""

Outcomes = dict[str, tuple[str, str]]
"""Of each test, "passed", "failed" or "skipped", and a message."""


def main(argv: list[str] | None = None) -> int:
    """Run and compare; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkout", type=Path, help="a checkout of data-apis/array-api-tests with its submodule")
    parser.add_argument("--module", default=AGRAD, help="what to test, as the suite's ARRAY_API_TESTS_MODULE names it")
    parser.add_argument("--reference", default=REFERENCE, help="what to compare with (default: %(default)s)")
    parser.add_argument("--max-examples", type=int, default=20, help="examples a test (default: %(default)s)")
    parser.add_argument("-n", "--jobs", type=int, default=0, help="processes, with pytest-xdist (default: this one)")
    parser.add_argument("-k", "--select", default="", help="run the matching tests only, as pytest's -k does")
    parser.add_argument("--random", action="store_true", help="draw other examples at every run")
    options = parser.parse_args(argv)
    checkout = options.checkout.resolve()
    if not (checkout / "array-api" / "spec").is_dir():
        print(f"{checkout} lacks its submodule array-api; run: git submodule update --init", file=sys.stderr)
        return 2

    which = ["array_api_tests", *(["-k", options.select] if options.select else [])]
    common = ["-n", str(options.jobs)] if options.jobs else []
    drawn = [] if options.random else ["--derandomize"]
    ours = run(checkout, options.module, options.max_examples, [*common, *drawn, *which])
    reference = run(checkout, options.reference, options.max_examples, [*common, *drawn, *which])
    for _ in range(RETRIES):
        if not (pending := sorted(failed(ours) - failed(reference))):
            break
        again = run(checkout, options.reference, 10 * options.max_examples, pending)
        reference.update({test: again[test] for test in failed(again)})

    exceptions = read_exceptions()
    alone = failed(ours) - failed(reference)
    unexpected = sorted(alone - exceptions.keys())
    print(f"\n{'':12}{'passed':>8}{'failed':>8}{'skipped':>8}{'total':>8}")
    for name, outcomes in (("tested", ours), ("reference", reference)):
        counts = Counter(outcome for outcome, _ in outcomes.values())
        print(f"{name:12}" + "".join(f"{counts[o]:8}" for o in ("passed", "failed", "skipped")) + f"{len(outcomes):8}")
    print(f"\nfailed on both: {len(failed(ours) & failed(reference))}")
    print(f"failed on the reference alone: {len(failed(reference) - failed(ours))}")
    print(f"exceptions, failed on the tested namespace alone: {len(alone & exceptions.keys())}")
    for test in sorted(alone & exceptions.keys()):
        print(f"    {test}: {exceptions[test]}")
    print(f"unexpected, failed on the tested namespace alone: {len(unexpected)}")
    for test in unexpected:
        print(f"    {test}: {ours[test][1]}")
    if options.module == AGRAD and (idle := exceptions.keys() & ours.keys() - alone):
        print(f"exceptions that were not needed this time: {', '.join(sorted(idle))}")
    return 1 if unexpected or not ours else 0


def run(checkout: Path, module: str, examples: int, arguments: list[str]) -> Outcomes:
    """Run the suite, or what of it the arguments select, on a module."""
    print(f"running the suite on {module}, {examples} examples a test", flush=True)
    environment = {**os.environ, "ARRAY_API_TESTS_MODULE": module, "ARRAY_API_TESTS_VERSION": "2025.12"}
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=short", "-p", "no:cacheprovider"]
        command += [f"--junitxml={report}", f"--max-examples={examples}", "--disable-deadline", *arguments]
        done = subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True)
        if not report.exists():
            raise SystemExit(f"the suite did not start:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
        return read_report(report)


def read_report(path: Path) -> Outcomes:
    """The outcomes in a report of pytest's, by test id."""
    outcomes: Outcomes = {}
    for case in ElementTree.parse(path).iter("testcase"):
        parts = case.get("classname", "").split(".")
        classes = [part for part in parts if part[:1].isupper()]
        module = "/".join(parts[: len(parts) - len(classes)]) + ".py"
        test = "::".join([module, *classes, case.get("name", "")])
        outcome, message = "passed", ""
        for child in case:
            if child.tag in ("failure", "error"):
                outcome, message = "failed", " ".join((child.get("message") or "").split())[:300]
            elif child.tag == "skipped":
                outcome = "skipped"
        outcomes[test] = outcome, message
    return outcomes


def failed(outcomes: Outcomes) -> set[str]:
    """The tests that failed."""
    return {test for test, (outcome, _) in outcomes.items() if outcome == "failed"}


def read_exceptions() -> dict[str, str]:
    """The checked-in exceptions: test ids with the reason of each."""
    lines = EXCEPTIONS.read_text().splitlines()
    pairs = (line.partition(": ") for line in lines if line.strip() and not line.startswith("#"))
    return {test: reason for test, _, reason in pairs}


if __name__ == "__main__":
    raise SystemExit(main())
