"""The sabotage itself: mutants of every rule, each a real change, judged, and nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np
import pytest

import agrad
from strict import install

pytest.importorskip("mpmath")

from sabotage import campaign, controls, every_mutant, markdown, run
from sabotage.applying import _function, applied
from sabotage.equivalent import EQUIVALENT
from sabotage.judging import Verdict, judge
from sabotage.mutant import Damage, Edit, Mutant
from sabotage.rules import differentiable
from sabotage.running import sampled
from sabotage.summary import survivors, tally

FINDS = (
    "cos/partial-0/minus", "multiply/partial-0/conj", "maximum/partial-0/tie-none", "add/pull/broadcast",
    "sin/vjp-0/half", "exp/jvp-0/ones", "sum/vjp-0/axis-ignored", "roll/vjp-0/shift-other", "flip/vjp-0/write-ct",
    "linalg.qr/vjp-0/hair", "linalg.solve/vjp-0/dropped-1", "prod/vjp-0/constant-values", "vecdot/vjp-1/noise",
    "tanh/partial-0/leak", "linalg.cross/decomposition/flip", "engine/walk/overwrite", "engine/no_grad/ignored",
    "numpy/setitem/aliased",
)  # fmt: skip
"""Of each sort one that the suite finds fast."""


@pytest.fixture(scope="module")
def mutants() -> dict[str, Mutant]:
    install()
    return {m.name: m for m in every_mutant()}


def test_names_are_unique_and_every_rule_has_several(mutants: dict[str, Mutant]) -> None:
    made = every_mutant()
    assert len(made) == len(mutants) > 1000
    for op in differentiable():
        own = [m.name for m in made if m.op == op.name]
        if op.kind == "composite":
            assert sum("/decomposition/" in name for name in own) >= 3, op.name
        for i, rule in enumerate(op.vjp):
            where = (f"/partial-{i}/", f"/vjp-{i}/")
            assert rule is None or sum(any(w in name for w in where) for name in own) >= 3, (op.name, i)


def test_all_kinds_of_mistakes_are_there(mutants: dict[str, Mutant]) -> None:
    assert {m.kind for m in mutants.values()} >= {
        "factor", "sign", "conjugate", "missing unbroadcast", "transposed argument", "wrong tie rule",
        "missing cotangent", "dropped parameter", "float64 leak", "device leak", "mutated input", "stale cache",
        "one mode wrong", "second order", "non-determinism",
    }  # fmt: skip


def test_every_mutant_is_a_change(mutants: dict[str, Mutant]) -> None:
    for m in mutants.values():
        damage = m.make()
        assert damage.op is not None or damage.edits or damage.patches, m.name
        if damage.op is not None:
            found = agrad.plugins.find(m.op)
            assert found is not None and damage.op.name == m.op and damage.op != found, m.name
        for edit in damage.edits:
            before = _function(edit.target).__code__
            with applied(Damage(edits=(edit,)), m.referee):
                assert _text(_function(edit.target).__code__) != _text(before), m.name
            assert _function(edit.target).__code__ is before


def _text(code: CodeType) -> tuple[Any, ...]:
    consts = [_text(c) if isinstance(c, CodeType) else c for c in code.co_consts]
    return code.co_code, code.co_names, consts


def test_nothing_is_left_behind(mutants: dict[str, Mutant]) -> None:
    state = [p for p in agrad.plugins.plugins() if p.name == "numpy"]
    order = [p.name for p in agrad.plugins.plugins()]
    before = agrad.namespace("numpy")
    with applied(mutants["cos/partial-0/minus"].make(), "numpy"):
        assert float(agrad.grad(agrad.namespace("numpy").cos)(1.0)) > 0
        inside = agrad.namespace("numpy")
    assert agrad.namespace("numpy") is before is not inside
    assert agrad.array_namespace(np.ones(1)) is before
    assert float(agrad.grad(agrad.namespace("numpy").cos)(1.0)) < 0
    assert [p for p in agrad.plugins.plugins() if p.name == "numpy"] == state
    assert [p.name for p in agrad.plugins.plugins()] == order


def test_nothing_is_left_behind_by_an_error(mutants: dict[str, Mutant]) -> None:
    with pytest.raises(ZeroDivisionError), applied(mutants["engine/walk/overwrite"].make(), "numpy"):
        raise ZeroDivisionError
    assert float(agrad.grad(lambda x: x * x)(3.0)) == 6.0


def test_an_edit_that_is_out_of_date_is_an_error() -> None:
    damage = Damage(edits=(Edit("agrad.interpret.rules:restore", "no such text", ""),))
    with pytest.raises(LookupError, match="0 times"), applied(damage, "numpy"):
        pass


@pytest.mark.parametrize("name", FINDS)
def test_the_suite_finds(mutants: dict[str, Mutant], name: str) -> None:
    verdict = judge(mutants[name])
    assert verdict.killed and verdict.by


@pytest.mark.parametrize("op", ["sin", "maximum", "sum", "concat", "linalg.solve", "linalg.cross"])
def test_controls_pass(op: str) -> None:
    for m in controls():
        if m.op == op:
            verdict = judge(m)
            assert not verdict.killed, (verdict.by, verdict.reason)


def test_equivalents_exist_and_have_a_proof(mutants: dict[str, Mutant]) -> None:
    assert set(EQUIVALENT) <= set(mutants)
    assert all(len(proof) > 30 for proof in EQUIVALENT.values())


def test_an_equivalent_survives(mutants: dict[str, Mutant]) -> None:
    assert not judge(mutants["max/vjp-0/constant-values"]).killed


def test_samples_are_spread(mutants: dict[str, Mutant]) -> None:
    made = list(mutants.values())
    chosen = sampled(made, 100)
    assert chosen == sampled(made, 100) and len({m.name for m in chosen}) == 100
    assert len({m.kind for m in chosen}) > 12 and len({m.op for m in chosen}) > 40
    assert len(sampled(made, 10**6)) == len(made)


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


def test_the_command_writes_records(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = [m for m in every_mutant() if m.name in ("cos/partial-0/half", "cos/partial-0/minus")]
    monkeypatch.setattr("sabotage.every_mutant", lambda: chosen)
    assert run(sample=2, json_file=str(tmp_path / "s.json")) == 0
    records = json.loads((tmp_path / "s.json").read_text())
    assert [(r["op"], r["killed"]) for r in records] == [("cos", True), ("cos", True)]
    assert "2 of 2 mutants killed, 100.00 %; 1 of 1 controls passed" in capsys.readouterr().out


def test_a_survivor_fails_the_command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = Mutant("cos/nothing", "cos", "factor", "numpy", Damage)
    monkeypatch.setattr("sabotage.every_mutant", lambda: [nothing])
    monkeypatch.setattr("sabotage.running._known", {"cos/nothing": nothing})
    monkeypatch.setattr("sabotage.controls", lambda: [nothing])
    assert run(sample=1) == 1
    assert "survived: cos/nothing" in capsys.readouterr().out


@pytest.mark.slow
def test_a_sample_in_two_processes() -> None:
    install()
    made = [m for m in sampled(every_mutant(), 60) if m.name not in EQUIVALENT and not m.op.startswith("special.")]
    found = campaign(made, 2)
    assert [v.name for v in found] == [m.name for m in made]
    assert sum(not v.killed for v in found) <= 1
