"""The suite from the command line and from pytest: what is selected, what is written, what the exit status says."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from agrad.command.cli import main
from agrad.origin import install_command
from agrad_conformance import hooks
from agrad_conformance.plugin import LISTED, culprits, summary
from agrad_conformance.result import FAILED, UNSUPPORTED
from report_records import record


def run(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )


def test_a_run_that_passes_writes_what_it_is_asked_for(tmp_path: Path) -> None:
    files = ["--json", "a.json", "--html", "a.html", "--junit", "a.xml"]
    done = run("agrad", "conformance", "--op", "sin", "--dtype", "float32", *files, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    records = json.loads((tmp_path / "a.json").read_text())["records"]
    assert {r["property"] for r in records} >= {"value", "vjp", "jvp", "adjoint", "preservation"}
    assert {(r["op"], r["dtype"], r["backend"], r["outcome"]) for r in records} == {
        ("sin", "float32", "numpy", "passed")
    }
    assert "<html" in (tmp_path / "a.html").read_text()
    suite = ET.parse(tmp_path / "a.xml").getroot().find("testsuite")
    assert suite is not None and int(suite.attrib["tests"]) == len(records)
    assert f"all          {len(records)} passed" in done.stdout


def test_workers_and_several_backends_give_one_report(tmp_path: Path) -> None:
    chosen = ["--op", "sum", "--op", "sort", "--backend", "numpy", "--backend", "array-api-strict"]
    for workers in ("0", "2"):
        done = run("agrad", "conformance", *chosen, "-n", workers, "--json", f"{workers}.json", cwd=tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
    alone, together = (
        {
            (r["backend"], r["case"], r["dtype"], r["property"], r["outcome"])
            for r in json.loads((tmp_path / f"{n}.json").read_text())["records"]
        }
        for n in (0, 2)
    )
    assert alone == together
    assert {backend for backend, *_ in alone} == {"numpy", "array-api-strict"}


def test_pytest_runs_the_same_checks(tmp_path: Path) -> None:
    chosen = ["--agrad-backend", "numpy", "--agrad-op", "cos", "--agrad-level", "full"]
    done = run("pytest", "-q", "-p", "no:cacheprovider", "--pyargs", "agrad_conformance", *chosen, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "agrad conformance" in done.stdout and "complex64" not in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--backend", "nope"], "no backend named 'nope' is installed; installed are"),
        (["--op", "nope"], "has an op named 'nope'"),
        (["--op", "sin", "--dtype", "int8"], "no check is left"),
    ],
)
def test_a_wrong_selection_is_refused_in_one_sentence(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run("agrad", "conformance", *arguments, cwd=tmp_path)
    assert done.returncode != 0
    assert message in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


def test_the_summary_counts_by_chapter_and_backend() -> None:
    lines = summary([record("sin"), record("cos", outcome=FAILED), record("cos", backend="other", outcome=UNSUPPORTED)])
    assert [line.split() for line in lines] == [
        ["chapter", "numpy", "other"],
        ["elementwise", "1", "passed,", "1", "failed", "1", "unsupported"],
        ["all", "1", "passed,", "1", "failed", "1", "unsupported"],
    ]


def test_the_first_culprit_is_the_op_whose_first_derivative_is_wrong() -> None:
    after = [record("log", property="second", outcome=FAILED, detail={"wrong for": "x"})]
    of = [
        record("divide", property=name, outcome=FAILED, detail={"wrong for": "x2"}) for name in ("vjp", "jvp", "second")
    ]
    assert culprits([record("sin"), *after, *of]) == [
        "wrong on numpy: divide, of x2 (vjp, jvp, second)",
        "wrong on numpy: log, of x (second)",
    ]
    assert culprits([record("sin")]) == []
    many = [record(f"op{i}", outcome=FAILED) for i in range(LISTED + 3)]
    assert culprits(many)[-1] == "and 3 more"


def test_what_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(hooks, "find_spec", lambda module: None)
    assert main(["conformance"]) == 1
    shown = capsys.readouterr().err
    assert "needs mpmath and pytest, not installed here; " in shown
    assert install_command("conformance") in shown
