"""Run the tests of the CuPy and the JAX backend on a machine with a CUDA GPU, and write docs/gpu-report.md.

    python tests/gpu_report.py

It needs ``nvidia-smi``, and CuPy or JAX with CUDA; a library that finds no GPU is left out, and the report says so. The
exit status is 1 where a test failed or there is no GPU.
"""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
REPORT = ROOT / "docs" / "gpu-report.md"
DISTRIBUTIONS = (
    "agrad", "numpy", "cupy-cuda12x", "cupy-cuda13x", "cupy", "jax", "jaxlib", "jax-cuda12-plugin", "jax-cuda13-plugin",
)  # fmt: skip


class Suite(NamedTuple):
    """Tests of one backend."""

    backend: str
    tests: tuple[str, ...]
    environment: dict[str, str]
    check: str
    """Python code that fails where the library does not compute on a GPU."""


SUITES = (
    Suite("cupy", ("tests/backends/test_cupy.py",), {}, "import cupy; cupy.ones(1) + 1"),
    Suite(
        "jax",
        ("tests/backends/test_jax.py",),
        {"JAX_PLATFORMS": "cuda,cpu", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"},
        "import jax; assert jax.default_backend() == 'gpu', 'JAX computes on ' + jax.default_backend()",
    ),
)


class Outcome(NamedTuple):
    """What came of a suite: counts, and a line for each test that failed; or why it was not run."""

    backend: str
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    seconds: float = 0.0
    failures: tuple[str, ...] = ()
    left_out: str = ""


def hardware() -> list[str]:
    """The GPUs, with driver and memory; none where there is no GPU."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    command = [program, "--query-gpu=name,memory.total,driver_version", "--format=csv,noheader"]
    found = subprocess.run(command, capture_output=True, text=True)
    return found.stdout.strip().splitlines() if found.returncode == 0 else []


def versions() -> list[str]:
    """What is installed of that which matters."""
    found = [f"Python {platform.python_version()}"]
    for name in DISTRIBUTIONS:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def run(suite: Suite) -> Outcome:
    """Run a suite, slow tests included."""
    environment = {**os.environ, **suite.environment}
    ready = subprocess.run([sys.executable, "-c", suite.check], env=environment, capture_output=True, text=True)
    if ready.returncode:
        return Outcome(suite.backend, left_out=(ready.stderr.strip().splitlines() or ["it failed"])[-1])
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "outcome.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-m", "", f"--junitxml={written}", *suite.tests]
        subprocess.run(command, cwd=ROOT, env=environment)
        if not written.exists():
            return Outcome(suite.backend, failed=1, failures=("pytest itself stopped",))
        return read(suite.backend, written.read_text())


def read(backend: str, xml: str) -> Outcome:
    """The outcome in a report of pytest's."""
    passed = skipped = 0
    seconds, failures = 0.0, []
    for case in ElementTree.fromstring(xml).iter("testcase"):
        seconds += float(case.get("time", 0))
        wrong = [c for kind in ("failure", "error") for c in case.findall(kind)]
        if wrong:
            first = " ".join((wrong[0].get("message") or "").split())[:200]
            failures.append(f"{case.get('name')}: {first}")
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return Outcome(backend, passed, len(failures), skipped, seconds, tuple(failures))


def page(outcomes: list[Outcome], gpus: list[str], installed: list[str], date: str) -> str:
    """The report."""
    lines = ["# Tests on a GPU", "", f"Written by `python tests/gpu_report.py` on {date}.", ""]
    lines += [f"- GPU: {gpu}" for gpu in gpus]
    lines += [f"- Versions: {', '.join(installed)}", "", "| backend | passed | failed | skipped | seconds |"]
    lines += ["|---|---:|---:|---:|---:|"]
    for o in outcomes:
        if o.left_out:
            lines.append(f"| {o.backend} | not run: {o.left_out.replace('|', ' ')} | | | |")
        else:
            lines.append(f"| {o.backend} | {o.passed} | {o.failed} | {o.skipped} | {o.seconds:.0f} |")
    for o in outcomes:
        if o.failures:
            lines += ["", f"## What failed: {o.backend}", "", *(f"- {f}" for f in o.failures)]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run everything and write the report."""
    gpus = hardware()
    if not gpus:
        print("gpu_report: there is no CUDA GPU here (nvidia-smi lists none); run it on a machine that has one")
        return 1
    outcomes = [run(suite) for suite in SUITES]
    REPORT.write_text(page(outcomes, gpus, versions(), datetime.now(UTC).strftime("%Y-%m-%d")))
    print(f"gpu_report: wrote {REPORT}")
    return 1 if any(o.failed for o in outcomes) or all(o.left_out for o in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
