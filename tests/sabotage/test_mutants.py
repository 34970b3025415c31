"""Mutants of every rule and of the engine, each a real change, judged."""

from __future__ import annotations

import pytest

import agrad
from strict import install

pytest.importorskip("mpmath")

from sabotage.engine import CONTROLS, TABLES
from sabotage.equivalent import EQUIVALENT
from sabotage.judging import checks, judge
from sabotage.mutant import ENGINE, PROGRAMS, Mutant
from sabotage.rules import differentiable
from sabotage.running import campaign, controls, every_mutant, sampled

FINDS = (
    "cos/partial-0/minus", "multiply/partial-0/conj", "maximum/partial-0/tie-none", "add/pull/broadcast",
    "sin/vjp-0/half", "exp/jvp-0/ones", "sum/vjp-0/axis-ignored", "roll/vjp-0/shift-other", "flip/vjp-0/write-ct",
    "linalg.qr/vjp-0/hair", "linalg.solve/vjp-0/dropped-1", "prod/vjp-0/constant-values", "vecdot/vjp-1/noise",
    "tanh/partial-0/leak", "linalg.cross/decomposition/flip", "engine/walk/overwrite", "engine/no_grad/ignored",
    "engine/rebind/alone", "engine/fast/half", "engine/unbroadcast/mean-of-new", "numpy/setitem/aliased",
    "cos/batch/flip", "matmul/batch/first", "concat/batch/hair",
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
            found = sum(any(w in name for w in where) for name in own)
            if getattr(rule, "refuses", False):  # which computes nothing
                assert found == 0, (op.name, i)
            else:
                assert rule is None or found >= 3, (op.name, i)


def test_all_kinds_of_mistakes_are_there(mutants: dict[str, Mutant]) -> None:
    assert {m.kind for m in mutants.values()} >= {
        "accumulation", "batching", "conjugate", "device leak", "dropped argument", "dropped parameter", "factor",
        "float64 leak", "forward value", "graph", "levels", "missing cotangent", "missing unbroadcast", "mutated input",
        "non-determinism", "one mode wrong", "second order", "sign", "stale cache", "transposed argument",
        "wrong tie rule", *PROGRAMS,
    }  # fmt: skip


def test_every_mutant_of_a_rule_is_a_change(mutants: dict[str, Mutant]) -> None:
    for m in mutants.values():
        damage = m.make()
        assert damage.op is not None or damage.patches, m.name
        if damage.op is not None:
            found = agrad.plugins.find(m.op)
            assert found is not None and damage.op.name == m.op and damage.op != found, m.name


def test_programs_are_judged_by_the_scenarios(mutants: dict[str, Mutant]) -> None:
    own = [m for m in mutants.values() if m.kind in PROGRAMS]
    assert len(own) > 25 and all(m.op == ENGINE for m in own)
    assert {key.property for key in checks("numpy", "")} == {"scenario"}


@pytest.mark.parametrize("name", [n if i % 2 else pytest.param(n, marks=pytest.mark.slow) for i, n in enumerate(FINDS)])
def test_the_suite_finds(mutants: dict[str, Mutant], name: str) -> None:
    verdict = judge(mutants[name])
    assert verdict.killed and verdict.by


@pytest.mark.parametrize("op", ["sin", "maximum", "sum", "concat", "divide", "linalg.cross"])
def test_controls_pass(op: str) -> None:
    for m in controls():
        if m.op == op:
            verdict = judge(m)
            assert not verdict.killed, (verdict.by, verdict.reason)


@pytest.mark.slow
@pytest.mark.parametrize("name", [row.name for row in CONTROLS])
def test_controls_of_the_engine_pass(name: str) -> None:
    verdict = judge(next(m for m in controls() if m.name == f"engine/{name}"))
    assert not verdict.killed, (verdict.by, verdict.reason)


def test_equivalents_exist_and_have_a_proof(mutants: dict[str, Mutant]) -> None:
    assert set(EQUIVALENT) <= set(mutants)
    assert all(len(proof) > 30 for proof in EQUIVALENT.values())


def test_an_equivalent_survives(mutants: dict[str, Mutant]) -> None:
    assert not judge(mutants["max/vjp-0/constant-values"]).killed


def test_a_check_that_fails_with_nothing_broken_kills_nothing(
    mutants: dict[str, Mutant], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing, telling = [key for key in checks("numpy", "cos") if key.property == "vjp"][:2]
    monkeypatch.setattr("sabotage.judging._without_mutants", lambda key: "it is wrong" if key == failing else "")
    monkeypatch.setattr("sabotage.judging.checks", lambda referee, op: [failing, telling])
    verdict = judge(mutants["cos/partial-0/minus"])
    assert verdict.killed and verdict.by == telling.id
    monkeypatch.setattr("sabotage.judging.checks", lambda referee, op: [failing])
    verdict = judge(mutants["cos/partial-0/minus"])
    assert not verdict.killed and verdict.reason == f"{failing.id} fails with nothing broken: it is wrong"


def test_samples_are_spread(mutants: dict[str, Mutant]) -> None:
    made = list(mutants.values())
    chosen = sampled(made, 100)
    assert chosen == sampled(made, 100) and len({m.name for m in chosen}) == 100
    assert len({m.kind for m in chosen}) > 12 and len({m.op for m in chosen}) > 40
    assert len(sampled(made, 10**6)) == len(made)


def test_tables_hold_one_mutant_a_name() -> None:
    names = [row.name for table in TABLES for row in table.ROWS]
    assert len(names) == len(set(names))


@pytest.mark.slow
def test_a_sample_in_two_processes() -> None:
    install()
    made = [m for m in sampled(every_mutant(), 16) if m.name not in EQUIVALENT and not m.op.startswith("special.")]
    found = campaign(made, 2)
    assert [v.name for v in found] == [m.name for m in made]
    assert sum(not v.killed for v in found) <= 1
