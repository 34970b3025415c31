"""The checks themselves: each finds what it is there for, in an op that is wrong on purpose."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_numpy
from agrad import plugins
from agrad.cases import Case
from agrad.declare import POINTWISE, Core, Op, Over, Unbatchable, elementwise, general, linear
from agrad.plugins.registry import registry
from agrad_conformance import run
from agrad_conformance.result import FAILED, PASSED, UNEXPECTED, UNSUPPORTED, XFAILED, Key, Record

CASES = [Case(lambda draw: (draw.positive(2, 3),), dtypes=("float64",))]


@pytest.fixture
def outcomes():
    """What the suite says of an op, by property; the op is in a plugin that goes again."""

    def judge(op: Op) -> dict[str, Record]:
        plugin = ModuleType("wrong")
        plugin.agrad_ops = agrad.hookimpl(lambda: [op])  # type: ignore[attr-defined]
        plugins.register(plugin, "wrong")
        forget()
        keys = list(run.keys("numpy", "full", ops=["wrong.cube"]))
        return {key.property: run.execute(key) for key in keys}

    yield judge
    plugins.block("wrong")
    registry.blocked.discard("wrong")
    forget()


def forget():
    for cached in (run._samples, run._reference, run._tried):
        cached.cache_clear()


def cube(**changed: Any) -> Op:
    """x**3, as a general op of which any part may be changed."""
    parts = {
        "vjp": lambda ct, x: 3 * ct * x * x,
        "jvp": lambda t, x: 3 * t * x * x,
        "forward": lambda x: x * x * x,
        "axes": POINTWISE,
        "reference": lambda mp, x: x**3,
        "cases": CASES,
        **changed,
    }
    return general("cube(x, /)", **parts)


def failed(found: dict[str, Record]) -> set[str]:
    return {name for name, record in found.items() if record.outcome == FAILED}


def test_a_right_op_passes_everything(outcomes):
    found = outcomes(cube())
    assert Counter(r.outcome for r in found.values()) == {PASSED: len(found)}
    wanted = {"value", "batched", "traced", "vjp", "jvp", "adjoint", "second", "chained", "preservation", "layout"}
    assert wanted <= set(found)


def _mutating(ct, x):
    y = 3 * ct * x * x
    if isinstance(x, np.ndarray):
        x += 1
    return y


def _refuses(x):
    raise agrad.UnsupportedError("not today")


CALLS = iter(range(10**9))


def _noisy(ct, x):
    return 3 * ct * x * x * (1 + next(CALLS) * 2e-16)


WRONG = {
    "value": ({"forward": lambda x: x * x * x * (1 + 1e-6)}, {"value"}, {"vjp", "jvp"}),
    "vjp": ({"vjp": lambda ct, x: 2 * ct * x * x}, {"vjp", "adjoint", "layout", "imperative"}, {"value", "jvp"}),
    "jvp": ({"jvp": lambda t, x: 2 * t * x * x}, {"jvp", "adjoint"}, {"value", "vjp"}),
    "both modes": (
        {"vjp": lambda ct, x: -3 * ct * x * x, "jvp": lambda t, x: -3 * t * x * x},
        {"vjp", "jvp"},
        {"adjoint"},  # they agree with each other
    ),
    "second order": (
        {"vjp": lambda xp, ct, x: 3 * ct * xp.square(agrad.stop_gradient(x))},
        {"second"},
        {"vjp", "jvp", "adjoint"},
    ),
    "lost cotangent": (
        {"vjp": lambda xp, ct, x: 3 * agrad.stop_gradient(ct) * x * x},
        {"chained"},
        {"vjp", "jvp", "adjoint", "second"},
    ),
    # `vjp` works on copies, and keeps the caller's arrays whatever a rule does to them
    "mutated argument": ({"vjp": _mutating}, {"imperative"}, {"value"}),
    "not deterministic": ({"vjp": _noisy}, {"preservation"}, {"value", "jvp"}),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_op_is_found_out(outcomes, kind):
    changed, found_by, passed_by = WRONG[kind]
    found = outcomes(cube(**changed))
    assert found_by <= failed(found)
    assert not passed_by & failed(found)


def test_a_failure_says_what_was_seen_and_how_to_run_it_again(outcomes):
    record = outcomes(cube(vjp=lambda ct, x: 2 * ct * x * x))["vjp"]
    assert "units of rounding; 16 are allowed" in record.reason
    assert record.error > record.tolerance
    assert {"inputs", "expected", "found"} <= set(record.detail)
    scope: dict[str, Any] = {}
    exec(record.key.command.replace("; ", "\nagain = "), scope)
    assert scope["again"].outcome == FAILED


def test_an_op_without_a_reference_is_not_called_right(outcomes):
    found = outcomes(cube(reference=None))
    assert found["vjp"].outcome == UNSUPPORTED
    assert "brings no reference=" in found["vjp"].reason


def test_an_expected_failure_is_one_and_an_error_where_it_passes(outcomes):
    known = CASES[0]._replace(expected_failures={"*-jvp-*": "the rule is known to be wrong"})
    found = outcomes(cube(jvp=lambda t, x: t, cases=[known]))
    assert found["jvp"].outcome == XFAILED
    assert found["jvp"].reason == "the rule is known to be wrong"
    plugins.block("wrong")
    found = outcomes(cube(cases=[known]))
    assert found["jvp"].outcome == UNEXPECTED


def test_a_copy_to_the_host_is_found_where_the_backend_can_tell(outcomes, monkeypatch):
    watching = []

    @contextmanager
    def guard():
        watching.append(True)
        yield
        watching.pop()

    def vjp(ct, x):
        if watching:
            raise RuntimeError("copied to the host")
        return 3 * ct * x * x

    found = outcomes(cube(vjp=vjp))
    assert failed(found) == set()
    monkeypatch.setitem(plugins.backends(), "numpy", plugins.backends()["numpy"]._replace(guard=guard))
    again = run.execute(found["preservation"].key)
    assert (again.outcome, again.reason) == (FAILED, "RuntimeError: copied to the host")


@pytest.fixture
def poor():
    """NumPy's backend with limits that it does not have."""
    [numpy] = agrad_numpy.agrad_backends()

    def install(**lacks):
        plugin = ModuleType("poor")
        record = numpy._replace(name="poor", lacks={k.replace("_", "."): why for k, why in lacks.items()})
        plugin.agrad_backends = agrad.hookimpl(lambda: [record])  # type: ignore[attr-defined]
        plugins.register(plugin, "poor")

    yield install
    plugins.block("poor")
    registry.blocked.discard("poor")


def test_a_declared_limit_that_is_none_is_an_error(poor):
    poor(sin="so it says", complex="so it says")
    [first, *_] = [key for key in run.keys("poor", "full", ops=["sin"]) if key.property != "declared"]
    assert first.property == "limit"
    record = run.execute(first)
    assert record.outcome == FAILED
    assert "declares that it lacks 'sin' (so it says), and it works" in record.reason
    cos = Key("poor", "cos", "cos-0-complex", "complex128", "vjp")
    assert run.execute(cos)[:8] == ("poor", "cos", "cos-0-complex", "complex128", "vjp", "elementwise", "", UNSUPPORTED)
    assert run.execute(cos).reason == "so it says"


def test_a_scenario_that_needs_what_is_lacking_does_not_count_as_passed(poor):
    poor(linalg_eigh="so it says", complex="no, neither")
    for name, why in (("graphs_of_several_results", "so it says"), ("complex_jacobians", "no, neither")):
        record = run.execute(Key("poor", "", name, "float64", "scenario"))
        assert (record.outcome, record.reason) == (UNSUPPORTED, why)


def total(**changed: Any) -> Op:
    """The sum along an axis, named as the fixture expects it."""
    parts: dict[str, Any] = {
        "forward": lambda xp, x, axis: xp.sum(x, axis=axis),
        "reference": lambda mp, x, axis=None: np.sum(x, axis=axis),
        "cases": [*CASES, Case(lambda draw: (draw(2, 3),), {"axis": -1}, dtypes=("float64",))],
        "axes": Over("axis", "all"),
        **changed,
    }
    return linear("cube(x, /, *, axis=None)", lambda xp, ct, x, axis: _spread(xp, ct, x, axis), **parts)


def _spread(xp: Any, ct: Any, x: Any, axis: int | None) -> Any:
    return xp.broadcast_to(ct if axis is None else xp.expand_dims(ct, axis=axis), x.shape)


CLAIMS = {
    "pointwise": {"axes": POINTWISE},
    "over a core": {"axes": Core(2, 0)},
    "of other results": {"axes": Core(1, 1)},
    "over the flattened array": {
        "axes": Over("axis", "flat"),
        "forward": lambda xp, x, axis: xp.cumulative_sum(x, axis=1),
    },
    "along axes of the result": {
        "axes": Over("axis", "all", new=True),
        "cases": [Case(lambda draw: (draw(2, 3),), {"axis": -1})],
    },
    "a wrong rule": {"batch": lambda xp, x, axis, size: xp.sum(x, axis=tuple(range(1, x.ndim))) * (1 + 1e-6)},
    "a rule that refuses all": {"batch": _refuses},
    "another dtype": {"batch": lambda xp, x, axis: xp.astype(xp.sum(x, axis=(1, 2)), xp.float32), "cases": CASES},
}


def test_a_right_claim_about_axes_passes(outcomes):
    found = outcomes(total())
    assert found["batched"].outcome == found["declared"].outcome == PASSED


@pytest.mark.parametrize("kind", CLAIMS)
def test_a_wrong_claim_about_axes_is_found_out(outcomes, kind):
    found = outcomes(total(**CLAIMS[kind]))
    assert found["batched"].outcome == FAILED, found["batched"]


def test_an_op_has_to_say_how_it_treats_axes(outcomes):
    found = outcomes(total(axes=None))
    assert found["declared"].reason == "'wrong.cube' does not say how it treats axes: give axes= or batch="


def test_an_op_may_say_that_it_has_no_stacks(outcomes):
    found = outcomes(total(axes=Unbatchable("it is only an example")))
    assert found["declared"].outcome == found["batched"].outcome == PASSED


def test_derivatives_are_checked_only_of_ops_that_have_any():
    found = {key.property for key in run.keys("numpy", "full", ops=["equal", "argmax", "arange", "linalg.matrix_rank"])}
    assert found == {"declared", "value", "batched", "traced"}
    assert {key.property for key in run.keys("numpy", "full", ops=["arange"])} == {"declared", "value"}


def test_numpys_own_checks_pass_in_a_spread_of_ops():
    ops = ["sin", "multiply", "sum", "sort", "take", "linalg.qr", "fft.rfft", "clip", "einsum.einsum", "special.erf"]
    records = [run.execute(key) for key in run.keys("numpy", "quick", ops=ops)]
    assert {r.op for r in records} == set(ops)
    assert [r for r in records if r.outcome != PASSED] == []


def test_broken_rounding_would_show():
    """Tolerances are a few roundings: what is allowed is far from what a wrong digit makes."""
    record = run.check("numpy", "sin-0-real", "float64", "vjp")
    assert record.error < record.tolerance < 1e-12 / 2.2e-16


def test_elementwise_is_judged_number_by_number(outcomes):
    """An error in the smallest of the numbers shows beside the largest."""
    made = Case(lambda draw: (np.asarray([1e-3, 1.0, 1e3]),), dtypes=("float64",))
    op = elementwise(
        "cube(x, /)",
        lambda xp, x: 3 * x * x + 1e-10,
        forward=lambda x: x * x * x,
        reference=lambda mp, x: x**3,
        cases=[made],
    )
    assert "vjp" in failed(outcomes(op))
