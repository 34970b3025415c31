"""A failure names the arguments whose derivatives are wrong."""

from __future__ import annotations

import re

import pytest

import agrad
from agrad.cases import Case
from agrad_conformance.arguments import names_of
from agrad_conformance.cases import standard_samples
from agrad_conformance.result import Key
from agrad_conformance.run import execute
from agrad_conformance.sample import Sample
from sabotage.applying import applied
from sabotage.changes import CHANGES
from sabotage.mutant import Damage

SAMPLES = {s.id: s for s in standard_samples()}


@pytest.mark.parametrize(
    ("case", "names"),
    [
        ("multiply-0-real", ["x1", "x2"]),
        ("concat-0-real", ["arrays[0]", "arrays[1]", "arrays[2]"]),
        ("meshgrid-0-real", ["arrays[0]", "arrays[1]"]),
        ("linalg.solve-0-real", ["x1", "x2"]),
        ("setitem-0-real", ["x", "value"]),
        ("clip-5-real", ["x", "min", "max"]),
        ("sin-0-real", ["x"]),
    ],
)
def test_names(case: str, names: list[str]) -> None:
    assert names_of(SAMPLES[case]) == names


def test_names_in_containers() -> None:
    case = Case(
        lambda draw: ({"a": draw(2), "b": [draw(), draw()]}, 3.0), op="wrong.op", call=lambda xp, tree, *rest: 0
    )
    assert names_of(Sample(case, "real", "wrong.op-0")) == ["tree['a']", "tree['b'][0]", "tree['b'][1]"]


def test_there_is_a_name_for_every_followed_argument() -> None:
    for sample in SAMPLES.values():
        assert len(names_of(sample)) == len(sample.followed), sample


@pytest.mark.parametrize("property", ["vjp", "jvp", "adjoint", "second", "chained", "layout", "imperative"])
@pytest.mark.parametrize("broken", [0, 1])
def test_a_broken_rule_is_found_with_its_argument(property: str, broken: int) -> None:
    op = agrad.plugins.find("hypot")
    assert op is not None
    rules = tuple(CHANGES["half"](rule) if i == broken else rule for i, rule in enumerate(op.vjp))
    with applied(Damage(op._replace(vjp=rules)), "numpy"):
        record = execute(Key("numpy", "hypot", "hypot-0-real", "float64", property))
    if property == "adjoint":  # one rule for both modes: they are wrong alike
        assert record.outcome == "passed"
    else:
        assert record.outcome == "failed"
        assert re.match(f"of x{broken + 1}: wrong by", record.reason)
