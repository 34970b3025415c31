"""The report on tests on a GPU: it refuses where there is none, and counts what pytest writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import gpu_report

SCRIPT = Path(gpu_report.__file__)


def test_without_a_gpu_it_refuses_in_one_sentence(tmp_path: Path) -> None:
    before = gpu_report.REPORT.read_bytes() if gpu_report.REPORT.exists() else None
    environment = {**os.environ, "PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, SCRIPT], env=environment, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == ""
    assert done.stdout.count("\n") == 1 and "no CUDA GPU" in done.stdout
    assert (gpu_report.REPORT.read_bytes() if gpu_report.REPORT.exists() else None) == before


def test_outcomes_are_counted_and_reported(tmp_path: Path) -> None:
    source = tmp_path / "test_some.py"
    source.write_text(
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_bad(): assert 1 == 2, 'one is\\n| not two'\n"
        "def test_left(): pytest.skip('no CUDA device')\n"
    )
    written = tmp_path / "outcome.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, f"--junitxml={written}", str(source)]
    subprocess.run(command, cwd=tmp_path, capture_output=True)
    found = gpu_report.read("cupy", written.read_text())
    assert (found.backend, found.passed, found.failed, found.skipped) == ("cupy", 1, 1, 1)
    missing = gpu_report.Outcome("jax", left_out="JAX computes on cpu")
    text = gpu_report.page([found, missing], ["NVIDIA H200, 141 GiB, 570.1"], ["numpy 2.4"], "2026-01-02")
    for part in ("2026-01-02", "NVIDIA H200", "numpy 2.4", "| cupy | 1 | 1 | 1 |", "not run: JAX computes on cpu"):
        assert part in text
    assert "test_bad: AssertionError: one is | not two" in text


def test_a_library_without_a_gpu_is_left_out() -> None:
    suite = gpu_report.Suite("jax", ("no such test",), {}, "raise AssertionError('JAX computes on cpu')")
    assert gpu_report.run(suite) == gpu_report.Outcome("jax", left_out="AssertionError: JAX computes on cpu")
