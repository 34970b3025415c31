"""All checks of a backend: which there are, and how one is run."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Sequence
from functools import cache

import agrad
from agrad.command.support import every_op
from agrad.ops import CHAPTERS, lookup
from agrad_conformance.blame import blamed
from agrad_conformance.cases import chapter_of, standard_samples
from agrad_conformance.checks.pinned import POINT_PROPERTIES, PointSample
from agrad_conformance.checks.sampled import PROPERTIES, other_devices
from agrad_conformance.checks.scenarios import SCENARIOS, Ground
from agrad_conformance.checks.table import declared, limit
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.compare import ALLOWED
from agrad_conformance.conventions import points
from agrad_conformance.data import reference_of
from agrad_conformance.detail import detail
from agrad_conformance.high import of_op
from agrad_conformance.problem import Problem, Unsupported
from agrad_conformance.reference import Reference, compute
from agrad_conformance.result import FAILED, PASSED, UNEXPECTED, UNSUPPORTED, XFAILED, Key, Record
from agrad_conformance.sample import Sample, samples

__all__ = ["LEVELS", "check", "execute", "keys"]

LEVELS = ("quick", "full")
"""Quick: of each op and kind two samples in double precision, and one in single; full: all of them, in every dtype."""

QUICK = 2

FORWARD = ("value", "batched", "traced")
"""What is about results, of ops that have no derivatives, too."""

SINGLE = ("value", "vjp", "jvp", "adjoint", "preservation")
"""What the quick level checks in single precision."""


@cache
def _samples() -> dict[str, Sample]:
    """Every sample by its id: the standard's, then those of the plugins."""
    return {s.id: s for s in [*standard_samples(), *samples(agrad.plugins.cases())]}


@cache
def _points() -> dict[str, PointSample]:
    counts: dict[str, int] = {}
    found = {}
    for point in points():
        k = counts[point.row] = counts.get(point.row, -1) + 1
        found[f"{point.row}-{k}"] = PointSample(point, f"{point.row}-{k}")
    return found


@cache
def _reference(case: str) -> Reference:
    """What is right: stored for the standard's ops; computed now, with mpmath, for those of plugins."""
    sample = _samples()[case]
    op = agrad.plugins.find(sample.op)
    own = of_op(op) if op is not None else None
    if own is not None:
        return compute(sample, {sample.op: own})
    if op is not None and lookup(sample.op) is None:
        raise Unsupported(f"the op {sample.op!r} brings no reference=, so that nothing says what is right")
    return reference_of(sample, chapter_of(sample.op))


def keys(backend: str, level: str = "quick", ops: Sequence[str] = (), dtypes: Sequence[str] = ()) -> list[Key]:
    """The checks of a backend.

    Parameters
    ----------
    backend : str
    level : {"quick", "full"}
    ops, dtypes : sequence of str
        Only these, where any are given.

    Examples
    --------
    >>> [key.property for key in keys("numpy", ops=["sin"], dtypes=["float32"])]
    ['value', 'vjp', 'jvp', 'adjoint', 'preservation']
    """
    return [key for key in _all(backend, level) if (not ops or key.op in ops) and (not dtypes or key.dtype in dtypes)]


def _all(backend: str, level: str) -> Iterator[Key]:
    for op in every_op():
        yield Key(backend, op, op, "", "declared")
    lacks = agrad.plugins.backends()[backend].reason
    there = agrad.namespace(backend).__array_namespace_info__().dtypes()
    properties = [name for name in PROPERTIES if name != "device" or other_devices(backend)]

    def ordered(dtypes: Sequence[str]) -> list[str]:
        """What the backend has comes first."""
        return sorted(dtypes, key=lambda dtype: dtype not in there)

    counts: dict[tuple[str, str], int] = {}
    for case, sample in _samples().items():
        if lacks(sample.op):
            yield Key(backend, sample.op, case, sample.dtypes[0], "limit")
            continue
        empty = any(0 in x.shape for x in sample.followed)
        k = counts[sample.op, sample.kind] = counts.get((sample.op, sample.kind), -1) + (not empty)
        tried = [name for name in (properties if _differentiable(sample) else FORWARD) if _about(sample, name)]
        for n, dtype in enumerate(ordered(sample.dtypes)):
            for name in tried:
                if level == "full" or (k < QUICK and not n) or (not k and name in SINGLE):
                    yield Key(backend, sample.op, case, dtype, name)
    for case, point in _points().items():
        for n, dtype in enumerate(ordered(point.dtypes)):
            for name in POINT_PROPERTIES:
                if (level == "full" or not n) and (name != "twice" or point.point.second is not None):
                    yield Key(backend, point.op, case, dtype, name)
    for case in SCENARIOS:
        for n, dtype in enumerate(ordered(("float64", "float32"))):
            if level == "full" or not n:
                yield Key(backend, "", case, dtype, "scenario")


def _about(sample: Sample, name: str) -> bool:
    """Whether a property says anything of a sample: those of stacks and graphs do where the op takes arrays."""
    op = agrad.plugins.find(sample.op)
    return name not in ("batched", "traced") or (op is not None and bool(op.arguments))


def _differentiable(sample: Sample) -> bool:
    op = agrad.plugins.find(sample.op)
    return op is not None and op.kind != "constant" and bool(sample.followed)


def execute(key: Key) -> Record:
    """Run a check, and say what came of it."""
    error: float | None
    tolerance: float | None
    device: str | None
    try:
        error, tolerance, device = _run(key)
        wrong = error > tolerance
        why = f"wrong by {error:.3g} units of rounding; {tolerance:.3g} are allowed" if wrong else ""
        outcome = FAILED if wrong else PASSED
    except Unsupported as unsupported:
        return _record(key, UNSUPPORTED, reason=str(unsupported))
    except Exception as problem:
        error = tolerance = device = None
        outcome, why = FAILED, str(problem) if isinstance(problem, Wrong) else f"{type(problem).__name__}: {problem}"
    expected = _expected_failure(key)
    if expected:
        outcome = XFAILED if outcome == FAILED else UNEXPECTED
        why = expected if outcome == XFAILED else f"it passes, and it was expected to fail: {expected}"
    seen: dict[str, str] = {}
    if outcome == FAILED:
        seen = _seen(key)
        why = f"of {seen['wrong for']}: {why}" if "wrong for" in seen else why
    return _record(key, outcome, device or "", error, tolerance, why, seen)


def _seen(key: Key) -> dict[str, str]:
    """What a failing check saw, and the arguments whose derivatives are wrong, as far as they can be told."""
    try:
        if key.property in POINT_PROPERTIES:
            point = _points()[key.case]
            return detail(Problem(point, key.dtype, key.backend), point.point, key.property)
        if key.property in PROPERTIES:
            problem, reference = Problem(_samples()[key.case], key.dtype, key.backend), _reference(key.case)
            wrong = [] if key.property in FORWARD else blamed(problem, reference, key.property)
            named = {"wrong for": ", ".join(wrong)} if wrong else {}
            return named | detail(problem, reference, key.property)
    except Exception:  # the failure itself is in the record
        pass
    return {}


def check(backend: str, case: str, dtype: str, property: str) -> Record:
    """Run one check again, by what its failure names; its exception, if there is one, is not caught.

    Examples
    --------
    >>> check("numpy", "sin-0-real", "float64", "vjp").outcome
    'passed'
    """
    op = _samples()[case].op if case in _samples() else _points()[case].op if case in _points() else case
    key = Key(backend, "" if case in SCENARIOS else op, case, dtype, property)
    error, tolerance, device = _run(key)
    outcome = PASSED if error <= tolerance else FAILED
    return _record(key, outcome, device, error, tolerance)


def _run(key: Key) -> tuple[float, float, str]:
    """The error, what it may be, and the device."""
    if key.property == "declared":
        return declared(key.backend, key.op, key.op in _tried()), 0.0, ""
    if key.property == "scenario":
        ground = Ground(key.backend, key.dtype)
        SCENARIOS[key.case](ground)
        return 0.0, 0.0, ""
    if key.property in POINT_PROPERTIES:
        point = _points()[key.case]
        problem = Problem(point, key.dtype, key.backend)
        error = POINT_PROPERTIES[key.property](problem, point.point)
        return error, ALLOWED["vjp"] * point.point.condition, problem.device
    sample = _samples()[key.case]
    if key.property == "limit":
        return limit(key.backend, sample, _reference(key.case)), 0.0, ""
    problem = Problem(sample, key.dtype, key.backend)
    error = PROPERTIES[key.property](problem, _reference(key.case))
    return error, ALLOWED.get(key.property, ALLOWED["vjp"]) * sample.case.condition, problem.device


@cache
def _tried() -> frozenset[str]:
    return frozenset(sample.op for sample in _samples().values())


def _expected_failure(key: Key) -> str:
    """The reason that the backend or the case gives for a failure of this check, if it does."""
    declared = dict(agrad.plugins.backends()[key.backend].expected_failures)
    if key.case in _samples():
        declared |= _samples()[key.case].case.expected_failures
    return next((why for pattern, why in declared.items() if fnmatch.fnmatchcase(key.id, pattern)), "")


def _record(
    key: Key,
    outcome: str,
    device: str = "",
    error: float | None = None,
    tolerance: float | None = None,
    reason: str = "",
    seen: dict[str, str] | None = None,
) -> Record:
    chapter = ""
    if key.op:
        plugin, dot, _ = key.op.partition(".")
        standard = not dot or plugin in ("linalg", "fft")
        chapter = _chapter(key.op) if standard else plugin
    return Record(*key, chapter, device, outcome, error, tolerance, reason, seen or {})


@cache
def _chapter(op: str) -> str:
    """The chapter of an op's cases; of an op without any, that of its declaration."""
    try:
        return chapter_of(op)
    except KeyError:
        return next(c.__name__.rpartition(".")[2] for c in CHAPTERS if any(own.name == op for own in c.OPS))
