"""References by high-precision differences, against closed forms."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import mpmath
import numpy as np
import pytest

from agrad.cases import Case
from agrad.declare import elementwise, linear
from agrad_conformance import crosscheck
from agrad_conformance.cases import standard_samples
from agrad_conformance.crosscheck import KNOWN, Finding, Known, compare, explain
from agrad_conformance.high import of_op
from agrad_conformance.reference import Pair, Reference, compute, leaves, pack, unpack
from agrad_conformance.sample import KINDS, Sample
from agrad_conformance.systems import SYSTEMS


def sample(op: str, make: Any, kind: str = "real", **options: Any) -> Sample:
    params = options.pop("params", {})
    return Sample(Case(make, params, KINDS[kind], op=op, **options), kind, f"{op}-0")


def exact(pair: Pair) -> list[Any]:
    return [
        mpmath.mpf(h) + mpmath.mpf(r)
        for h, r in zip(pair.high.ravel().tolist(), pair.low.ravel().tolist(), strict=True)
    ]


def assert_exact(pair: Pair, expected: Any) -> None:
    """Equal to 30 digits."""
    with mpmath.workdps(40):
        for a, b in zip(exact(pair), np.ravel(expected), strict=True):
            assert abs(a - b) <= mpmath.mpf(10) ** -30 * max(1, abs(b))


def test_elementwise_to_thirty_digits() -> None:
    s = sample("sin", lambda g: (g(3),))
    r = compute(s)
    with mpmath.workdps(50):
        x = [mpmath.mpf(v) for v in s.args[0].tolist()]
        assert_exact(r.values, [mpmath.sin(v) for v in x])
        assert_exact(r.jacobian, np.diag([mpmath.cos(v) for v in x]))
        assert r.second is not None
        assert_exact(r.second, [-mpmath.sin(v) * w * t for v, w, t in zip(x, r.w.tolist(), r.v.tolist(), strict=True)])


def test_complex_jacobian_is_that_of_real_and_imaginary_parts() -> None:
    s = sample("square", lambda g: (np.asarray([1 + 2j, 3 - 1j]),), "complex")
    r = compute(s)
    assert (r.shapes, r.kinds) == (((2,),), ("complex",))
    a, b = np.diag([2.0, 6.0]), np.diag([4.0, -2.0])  # of 2z, by the Cauchy-Riemann equations
    np.testing.assert_array_equal(r.jacobian.high, np.block([[a, -b], [b, a]]))
    np.testing.assert_array_equal(r.outputs[0], [-3 + 4j, 8 - 6j])


def test_real_argument_beside_a_complex_one() -> None:
    r = compute(sample("multiply", lambda g: (np.asarray(2 + 1j), np.asarray(3.0)), "complex"))
    np.testing.assert_array_equal(r.jacobian.high, [[3, 0, 2], [0, 3, 1]])


def test_second_derivative_of_a_product() -> None:
    r = compute(sample("multiply", lambda g: (np.asarray(2.0), np.asarray(5.0))))
    assert r.second is not None
    (w,), (v1, v2) = r.w, r.v
    np.testing.assert_allclose(r.second.high, [w * v2, w * v1], rtol=1e-15)


def test_scales_say_what_rounding_the_arguments_does() -> None:
    r = compute(sample("sin", lambda g: (np.asarray([0.5, -3.0]),)))
    x = np.asarray([0.5, 3.0])
    np.testing.assert_allclose(r.value_scale, np.abs(np.cos(x)) * x, rtol=1e-2)
    np.testing.assert_allclose(r.slope_scale, np.diag(2 * np.abs(np.sin(x)) * x), rtol=1e-2)  # of two directions
    np.testing.assert_allclose(r.second_scale, 2 * np.abs(np.cos(x) * x * r.w * r.v), rtol=1e-2)


def test_scales_of_results_without_a_derivative_are_zero() -> None:
    case = Case(lambda g: (np.asarray([0.5, -3.0]),), op="sin", call=lambda xp, x: (np.asarray([True]), xp.sin(x)))
    r = compute(Sample(case, "real", "sin-0"))
    assert r.kinds == ("boolean", "real")
    assert (r.values.high.shape, r.jacobian.high.shape) == ((3,), (2, 2))
    np.testing.assert_allclose(r.value_scale, [0, 0.439, 2.97], rtol=1e-2)


def test_no_second_derivative_where_a_case_has_none() -> None:
    assert compute(sample("std", lambda g: (g(1),), smooth=False)).second is None


def test_parameters_are_followed_and_results_are_flat() -> None:
    r = compute(sample("clip", lambda g: (np.asarray([0.5, 3.0]),), params={"max": lambda g: np.asarray(2.0)}))
    np.testing.assert_array_equal(r.jacobian.high, [[1, 0, 0], [0, 0, 1]])
    assert len(compute(sample("unstack", lambda g: (g(3, 2),))).outputs) == 3


@pytest.mark.parametrize(
    ("op", "args"),
    [
        ("abs", (np.asarray(0.0),)),
        ("maximum", (np.ones(2), np.ones(2))),
        ("max", (np.ones(3),)),
        ("floor", (np.asarray(2.0),)),
    ],
)
def test_points_without_a_derivative_are_refused(op: str, args: Any) -> None:
    with pytest.raises(ValueError, match=f"{op}-0-real: the derivatives to the left and right .* conventions"):
        compute(sample(op, lambda g: args))


def test_results_of_no_numbers_know_that_they_are_complex() -> None:
    for op in ("sum", "prod"):
        assert compute(sample(op, lambda g: (g(0),), "complex")).kinds == ("complex",)
    assert compute(sample("matmul", lambda g: (g(2, 0), g(0, 1)), "complex")).kinds == ("complex",)
    assert compute(sample("abs", lambda g: (g(2),), "complex")).kinds == ("real",)
    assert compute(sample("abs", lambda g: (g(0),), "complex")).kinds == ("empty",)


def test_seeds_do_not_depend_on_the_inputs() -> None:
    one, other = (compute(sample("sin", lambda g, x=x: (np.asarray([x]),))) for x in (0.5, 1.5))
    assert (one.w, one.v) == (other.w, other.v)
    np.testing.assert_array_equal(one.w, one.w.astype("float32"))


def test_pack_and_unpack() -> None:
    xs = [np.asarray([[1.0, 2.0]]), np.asarray(3 + 4j), np.zeros((0, 2))]
    vector = pack(xs)
    np.testing.assert_array_equal(vector, [1, 2, 3, 4])
    for x, y in zip(xs, unpack(vector, [x.shape for x in xs], ["real", "complex", "real"]), strict=True):
        np.testing.assert_array_equal(x, y)
    assert leaves((1, [2, (3,)])) == [1, 2, 3]


# Ops of plugins -----------------------------------------------------------------------------------------


def test_reference_of_an_elementwise_op() -> None:
    op = elementwise("erf(x, /)", lambda x: x, reference=lambda mp, x: mp.erf(x))
    f = of_op(op)
    assert f is not None
    r = compute(sample("special.erf", lambda g: (np.asarray([0.5]),)), {"special.erf": f})
    with mpmath.workdps(50):
        assert_exact(r.jacobian, [2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-mpmath.mpf("0.25"))])


def test_reference_of_an_elementwise_op_with_a_parameter() -> None:
    op = elementwise("scaled(x, /, *, k=2)", lambda x: x, reference=lambda mp, x, k: x**k)
    f = of_op(op)
    assert f is not None
    x = Case(lambda g: (np.asarray([3.0]),), op="p.scaled")
    np.testing.assert_array_equal(compute(Sample(x, "real", "a"), {"p.scaled": f}).values.high, [9.0])
    x = x._replace(params={"k": 3})
    np.testing.assert_array_equal(compute(Sample(x, "real", "a"), {"p.scaled": f}).jacobian.high, [[27.0]])


def test_reference_of_an_op_on_arrays() -> None:
    op = linear("twice(x, /)", lambda ct: ct, reference=lambda mp, x: np.concatenate([x, x]))
    f = of_op(op)
    assert f is not None
    r = compute(sample("p.twice", lambda g: (g(2),)), {"p.twice": f})
    np.testing.assert_array_equal(r.jacobian.high, np.tile(np.eye(2), (2, 1)))


def test_an_op_without_a_reference() -> None:
    assert of_op(elementwise("f(x, /)", lambda x: x)) is None


# Comparison with other systems --------------------------------------------------------------------------


@pytest.mark.parametrize("system", SYSTEMS)
def test_comparison_finds_what_is_wrong(system: str) -> None:
    pytest.importorskip(system)
    s = sample("multiply", lambda g: (g(2), g(2)), "complex")
    r = compute(s)
    found = compare(s, r, system)
    assert (found.message, found.error < 1e-14) == ("", True)
    assert r.second is not None

    def changed(pair: Pair) -> Pair:
        return Pair(pair.high * (1 + 1e-6), pair.low)

    for name, wrong in {
        "values": r._replace(values=changed(r.values)),
        "Jacobian": r._replace(jacobian=changed(r.jacobian)),
        "second derivative": r._replace(second=changed(r.second)),
    }.items():
        assert compare(s, wrong, system).message.startswith(f"{name}: a difference of")
    shorter: Reference = r._replace(values=Pair(r.values.high[1:], r.values.low[1:]))
    assert "of shape" in compare(s, shorter, system).message
    lacking = sample("multiply", lambda g: (g(2),), "complex")
    assert compare(lacking, r, system).message.startswith("TypeError")


def test_every_disagreement_needs_a_reason_and_every_reason_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crosscheck, "KNOWN", (Known("torch", "f-*", "a reason"),))
    listed, unlisted = Finding("f-0-real", "torch", 1.0, "differs"), Finding("f-0-real", "jax", 1.0, "differs")
    agrees = Finding("f-1-real", "torch", 0.0, "")
    assert explain([listed]) == ({"torch: a reason": [listed]}, [])
    assert explain([agrees._replace(id="g-0-real")]) == ({}, [])
    assert explain([unlisted])[1] == ["f-0-real: jax disagrees, and no reason is known: differs"]
    assert explain([agrees])[1] == ["f-1-real: torch agrees, but a disagreement is listed: a reason"]


def test_known_disagreements_are_of_samples_that_exist() -> None:
    ids = [s.id for s in standard_samples()]
    for known in KNOWN:
        assert known.system in SYSTEMS
        assert any(fnmatchcase(i, known.pattern) for i in ids), known
