"""The cases of the conformance suite: enough of them, small, and each with its numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
import pytest

from agrad.cases import Case
from agrad.ops import table
from agrad_conformance.cases import chapter_of, standard_cases, standard_samples
from agrad_conformance.high import CHAPTERS
from agrad_conformance.sample import KINDS, Sample, filled, followed, identified, samples

CASES = dict(standard_cases())
SAMPLES = {s.id: s for s in standard_samples()}
DIFFERENTIABLE = sorted(name for name, op in table.items() if op.kind not in ("constant", "creation"))
WITHOUT_EFFECT = {"device", "stream", "origin"}
"""Parameters that change no number."""


@pytest.mark.parametrize("op", DIFFERENTIABLE)
def test_every_op_with_a_derivative_has_three_cases(op: str) -> None:
    assert sum(case.op == op for case in CASES.values()) >= 3


@pytest.mark.parametrize("op", DIFFERENTIABLE)
def test_every_parameter_is_tried(op: str) -> None:
    if op in ("pow_scalar", "getitem", "setitem", "scatter", "to_device"):
        return  # written with operators, not called
    record = table[op]
    tried: set[str] = set()
    for case in (c for c in CASES.values() if c.op == op):
        given = Sample(case, "real" if "float32" in case.dtypes or "float64" in case.dtypes else "complex", "x-0").args
        tried |= set(case.params) | {p.name for p, _ in zip(record.parameters, given, strict=False)}
    assert {p.name for p in record.parameters if p.kind != "star"} - WITHOUT_EFFECT - tried == set()


def test_every_case_is_of_an_op() -> None:
    assert {case.op for case in CASES.values()} - set(table) == set()


def test_cases_stand_in_the_chapter_of_their_op() -> None:
    counts = Counter(name for chapter in CHAPTERS for name, _ in standard_cases([chapter]))
    assert max(counts.values()) == 1
    assert (chapter_of("linalg.qr"), chapter_of("matmul")) == ("linalg", "linear_algebra")
    with pytest.raises(KeyError, match="no chapter has cases of an op 'nothing'"):
        chapter_of("nothing")


def test_cases_are_small() -> None:
    sizes = [sum(x.size for x in s.followed) for s in SAMPLES.values()]
    assert max(sizes) <= 32
    assert np.mean(np.asarray(sizes) <= 12) > 0.9


def test_numbers_are_exact_in_single_precision() -> None:
    for s in SAMPLES.values():
        assert s.dtypes
        for dtype in s.dtypes:
            args, params = s.at(dtype)
            for x, y in zip(followed((args, params)), s.followed, strict=True):
                np.testing.assert_array_equal(x, y)


def test_samples_are_reproducible() -> None:
    assert {s.id: s.digest for s in standard_samples()} == {i: s.digest for i, s in SAMPLES.items()}
    assert len({s.digest for s in SAMPLES.values() if any(x.size for x in s.followed)}) > len(SAMPLES) / 2


def test_shapes_and_kinds() -> None:
    """Each elementwise op sees a number, an empty array and, with two arguments, broadcasting."""
    for op in ("sin", "multiply", "atan2"):
        shapes = [tuple(x.shape for x in s.followed) for s in SAMPLES.values() if s.op == op]
        assert any(all(shape == () for shape in found) for found in shapes)
        assert any(0 in shape for found in shapes for shape in found)
    assert {s.kind for s in SAMPLES.values() if s.op == "sin"} == {"real", "complex"}
    assert {s.kind for s in SAMPLES.values() if s.op == "atan2"} == {"real"}


# Samples ------------------------------------------------------------------------------------------------


def _case(**options: Any) -> Case:
    return Case(lambda g: (g(2), [g.real(3), 1.5], np.asarray([0, 1])), {"axis": 0, "low": lambda g: g()}, **options)


def test_followed_and_filled() -> None:
    s = Sample(_case(op="f", dtypes=KINDS["complex"]), "complex", "f-0")
    assert [(x.shape, x.dtype.name) for x in s.followed] == [
        ((2,), "complex128"),
        ((3,), "float64"),
        ((), "complex128"),
    ]
    args, params = filled((s.args, s.params), iter("abc"), lambda x: "constant")
    assert args == ("a", ["b", "constant"], "constant")
    assert params == {"axis": "constant", "low": "c"}


def test_a_sample_in_single_precision() -> None:
    s = Sample(_case(op="f", dtypes=KINDS["complex"]), "complex", "f-0")
    args, params = s.at("complex64")
    assert [x.dtype.name for x in followed((args, params))] == ["complex64", "float32", "complex64"]
    assert args[2].dtype.kind == "i"
    args[0][...] = 0  # its own
    assert np.all(s.args[0] != 0)


def test_what_is_single_stays_single() -> None:
    s = Sample(Case(lambda g: (g(2).astype("float32"), g(2)), op="f"), "real", "f-0")
    assert [x.dtype.name for x in followed(s.at("float64"))] == ["float32", "float64"]


def test_other_numbers_are_rounded() -> None:
    s = Sample(Case(lambda g: (np.asarray([0.1]), np.float64(0.3)), op="f"), "real", "f-0")
    assert s.args[0][0] == np.float32(0.1)
    assert s.args[1].shape == ()


def test_names_count_by_op_and_kinds_follow_dtypes() -> None:
    cases = [Case(lambda g: (g(),), op=op, dtypes=d) for op, d in [("f", ["float32"]), ("g", ["complex64"]), ("f", [])]]
    assert [name for name, _ in identified(cases)] == ["f-0", "g-0", "f-1"]
    assert [(s.id, s.dtypes) for s in samples(cases)] == [("f-0-real", ("float32",)), ("g-0-complex", ("complex64",))]


def test_digest_sees_every_change() -> None:
    def digest(*args: Any, **params: Any) -> str:
        return Sample(Case(lambda g: args, params, op="f"), "real", "f-0").digest

    base = digest(np.asarray([1.0, 2.0]), axis=0)
    assert base == digest(np.asarray([1.0, 2.0]), axis=0)
    assert base != digest(np.asarray([1.0, 2.5]), axis=0)
    assert base != digest(np.asarray([[1.0, 2.0]]), axis=0)
    assert base != digest(np.asarray([1.0, 2.0]), axis=-1)
    assert base != digest(np.asarray([1.0, 2.0], "float32"), axis=0)
