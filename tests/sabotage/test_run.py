"""The command: figures, records, the page, and the exit status."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mpmath")

from sabotage.judging import Verdict
from sabotage.mutant import Damage, Mutant
from sabotage.run import main
from sabotage.running import every_mutant
from sabotage.summary import markdown, survivors, tally

VERDICTS = [
    Verdict("sin/partial-0/half", "sin", "factor", "numpy", True, "sin-0-real-float64-vjp-numpy", "wrong", 0.1),
    Verdict("cos/partial-0/half", "cos", "factor", "numpy", False, "", "", 0.1),
    Verdict("real/jvp-0/conj", "real", "conjugate", "numpy", False, "", "", 0.1),
]


def test_figures() -> None:
    assert tally(VERDICTS) == {"conjugate": (0, 0, 1), "factor": (1, 1, 0), "all": (1, 1, 1)}
    assert [v.name for v in survivors(VERDICTS)] == ["cos/partial-0/half"]
    page = markdown(VERDICTS, "agrad 0.1.0, today.")
    assert "| factor | 1 | 1 | 0 |" in page and "`real/jvp-0/conj`: The result is real" in page and "50.00 %" in page


def test_records_and_the_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [m for m in every_mutant() if m.name in ("cos/partial-0/half", "cos/partial-0/minus")]
    monkeypatch.setattr("sabotage.run.every_mutant", lambda: chosen)
    nothing = Mutant("cos/nothing", "cos", "control", "numpy", Damage)
    monkeypatch.setattr("sabotage.run.controls", lambda: [nothing])
    monkeypatch.setattr("sabotage.running._known", {m.name: m for m in (*chosen, nothing)})
    files = ["--json", str(tmp_path / "s.json"), "--markdown", str(tmp_path / "s.md")]
    assert main(["--sample", "2", *files]) == 0
    records = json.loads((tmp_path / "s.json").read_text())
    assert [(r["op"], r["killed"]) for r in records] == [("cos", True), ("cos", True)]
    assert "2 of 2 mutants killed, 100.00 %; 1 of 1 controls passed" in capsys.readouterr().out
    page = (tmp_path / "s.md").read_text()
    assert "1 of 1 controls passed. Of 2 mutants, 2 were killed: 100.00 %." in page


def test_a_survivor_fails_the_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Mutant("cos/nothing", "cos", "factor", "numpy", Damage)
    monkeypatch.setattr("sabotage.run.every_mutant", lambda: [nothing])
    monkeypatch.setattr("sabotage.running._known", {"cos/nothing": nothing})
    monkeypatch.setattr("sabotage.run.controls", lambda: [nothing])
    assert main(["--sample", "1"]) == 1
    assert "survived: cos/nothing" in capsys.readouterr().out


def test_it_runs_as_a_script() -> None:
    script = Path(__file__).with_name("run.py")
    found = subprocess.run([sys.executable, str(script), "--help"], capture_output=True, text=True, check=True)
    assert "--sample" in found.stdout
