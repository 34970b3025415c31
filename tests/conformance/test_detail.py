"""The texts of a failure: what was given, expected and found, whatever went wrong."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agrad_conformance.cases import standard_samples
from agrad_conformance.checks.pinned import PointSample
from agrad_conformance.conventions import points
from agrad_conformance.data import reference_of
from agrad_conformance.detail import LENGTH, detail
from agrad_conformance.problem import Problem
from agrad_conformance.reference import Pair, Reference

SAMPLES = {s.id: s for s in standard_samples(["elementwise", "statistical", "linear_algebra"])}


def problem_of(case: str, chapter: str, dtype: str = "float64") -> tuple[Problem, Reference]:
    return Problem(SAMPLES[case], dtype, "numpy"), reference_of(SAMPLES[case], chapter)


def shifted(pair: Pair | None, by: float = 1.0) -> Pair:
    assert pair is not None
    return Pair(pair.high + by * (np.arange(pair.high.size).reshape(pair.high.shape) == 1), pair.low)


def test_a_jacobian_is_shown_with_the_place_where_it_is_wrong() -> None:
    p, r = problem_of("sin-0-real", "elementwise")
    texts = detail(p, r._replace(jacobian=shifted(r.jacobian)), "vjp")
    assert list(texts) == ["call", "inputs", "expected", "found", "largest difference"]
    assert texts["call"].startswith("sin(float64[")
    assert str(p.inputs[0].flat[0]) in texts["inputs"]
    assert texts["largest difference"].startswith("Jacobian, by rows[0, 1]: expected 1.0, found 0.0")
    assert detail(p, r._replace(jacobian=shifted(r.jacobian)), "jvp")["found"].startswith("Jacobian, by columns:")


@pytest.mark.parametrize("name", ["value", "vjp", "jvp", "adjoint", "second", "layout", "imperative", "device"])
@pytest.mark.parametrize(("case", "chapter"), [("multiply-0-complex", "elementwise"), ("sum-0-real", "statistical")])
def test_what_is_right_is_found(case: str, chapter: str, name: str) -> None:
    p, r = problem_of(case, chapter, "complex128" if case.endswith("complex") else "float64")
    texts = detail(p, r, name)
    assert not [text for text in texts.values() if "Error" in text or "cannot" in text]
    assert ("expected" in texts) == (name != "device")
    assert ("found" in texts) == (name in ("value", "vjp", "jvp", "adjoint", "second"))
    if "found" in texts:
        expected, found = texts["largest difference"].rpartition(": expected ")[2].split(", found ")
        assert np.isclose(complex(expected), complex(found), rtol=1e-10)


def test_each_way_to_a_second_derivative_is_shown() -> None:
    p, r = problem_of("sin-0-real", "elementwise")
    texts = detail(p, r._replace(second=shifted(r.second, np.nan)), "second")
    assert [line.partition(":")[0] for line in texts["found"].splitlines() if ":" in line] == [
        "reverse over reverse",
        "forward over reverse",
        "reverse over forward",
    ]
    assert "expected nan" in texts["largest difference"]


def test_what_raises_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    p, r = problem_of("sin-0-real", "elementwise")

    def broken(*args: Any) -> Any:
        raise ZeroDivisionError("x" * 5000)

    monkeypatch.setattr(p, "pulled", broken)
    texts = detail(p, r, "vjp")
    assert texts["found"].startswith("ZeroDivisionError: xxx") and texts["found"].endswith(" …")
    assert "largest difference" not in texts

    class Hidden:
        __repr__ = broken

    monkeypatch.setattr(p, "inputs", [Hidden()])
    assert detail(p, r, "vjp")["inputs"].startswith("cannot be shown: ")


def test_nothing_is_said_of_nothing() -> None:
    p, _ = problem_of("sin-0-real", "elementwise")
    assert detail(None, None, "vjp") == {}
    assert list(detail(p, None, "vjp")) == ["call", "inputs"]


def test_texts_are_short() -> None:
    for sample in SAMPLES.values():
        texts = detail(Problem(sample, sample.dtypes[0], "numpy"), None, "vjp")
        assert texts["call"] and all(len(text) <= LENGTH for text in texts.values())


def test_points_are_shown() -> None:
    for i, point in enumerate(points()):
        p = Problem(PointSample(point, f"{point.row}-{i}"), point.dtypes[0], "numpy")
        texts = detail(p, point, "reverse")
        if point.outcome == "error":
            assert f"raises {point.error}" in texts["expected"] and "found" not in texts
        else:
            assert "Error" not in texts["expected"] + texts["found"], texts
        assert "expected" in detail(p, point, "forward") and "found" not in detail(p, point, "forward")
