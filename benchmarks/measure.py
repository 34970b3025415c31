"""Interleaved timing: in every round each contestant runs once, so that a noisy moment hits them all."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

import numpy as np

from contestants import Compiled, Step, to_numpy
from sections import SECTIONS, Section
from targets import FIXED, Target
from workloads import Workload

__all__ = ["Effort", "Row", "disagreement", "run"]


@dataclass(frozen=True)
class Effort:
    """How much time to spend: rounds, seconds a sample takes at least, seconds for a row."""

    rounds: int = 25
    sample: float = 0.005
    budget: float = 20.0


@dataclass(kw_only=True)
class Row:
    """What was measured of one workload."""

    name: str
    title: str
    unit: str = "s"
    group: str = ""
    section: str = "numpy"
    targets: tuple[Target, ...] = ()
    medians: dict[str, float] = field(default_factory=dict)
    quartiles: dict[str, tuple[float, float]] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    """Contestants whose step raised or whose gradients are wrong, and what was wrong."""
    processors: dict[str, float] = field(default_factory=dict)
    """Processor time over elapsed time: well above one, a contestant used more than one thread."""
    costs: dict[str, dict[str, float]] = field(default_factory=dict)
    """What the compiled programs cost, of those that are compared."""

    def record(self, contestant: str, samples: list[float]) -> None:
        """Keep the median and the quartiles of a contestant's samples."""
        self.medians[contestant] = median(samples)
        low, _, high = quantiles(samples, n=4) if len(samples) > 1 else samples * 3
        self.quartiles[contestant] = (low, high)

    def ratio(self, contestant: str, reference: str) -> float | None:
        """The quotient of two medians, where both were measured; none where a baseline took longer than the work."""
        of = FIXED.get(reference, self.medians.get(reference, 0.0))
        return self.medians[contestant] / of if of > 0.0 and contestant in self.medians else None


def disagreement(workload: Workload, reference: Iterable[Any], result: Iterable[Any]) -> str | None:
    """What differs between a step's result and the hand-written one; None where they agree."""
    try:
        for i, (expected, actual) in enumerate(zip(map(to_numpy, reference), map(to_numpy, result), strict=True)):
            what = f"result {i}"
            assert actual.dtype == expected.dtype, f"{what} is {actual.dtype}, not {expected.dtype}"
            assert actual.shape == expected.shape, f"{what} has shape {actual.shape}, not {expected.shape}"
            tolerance = workload.tolerance.get(str(expected.dtype), 0.0)
            scale = np.max(np.abs(expected), initial=0.0) if tolerance else 0.0
            np.testing.assert_allclose(actual, expected, rtol=tolerance, atol=tolerance * scale, err_msg=what)
    except (AssertionError, ValueError) as error:
        return " ".join(str(error).split())[:300]
    return None


def run(
    workload: Workload,
    contestants: Mapping[str, str | None],
    effort: Effort | None,
    section: Section = SECTIONS["numpy"],
) -> Row:
    """Check a workload's gradients and, given an effort, time it.

    `contestants` maps each name to the reason why it is missing, or None.
    """
    row = Row(name=workload.name, title=workload.title, group=workload.group, section=section.name)
    row.targets = section.goals(workload)
    if absent := [name for name in workload.needs if find_spec(name) is None]:
        row.skipped = dict.fromkeys(contestants, f"the row needs {' and '.join(absent)}")
        return row
    steps: dict[str, Step] = {}
    baselines: dict[str, Step] = {}
    reference = workload.steps["numpy"]()()
    for name, reason in contestants.items():
        reason = reason or workload.skipped.get(name)
        if reason:
            row.skipped[name] = reason
        elif name in workload.steps:
            try:
                steps[name] = workload.steps[name]()
                failure = disagreement(workload, reference, steps[name]())
                if workload.baseline:
                    baselines[name] = workload.baseline[name]()
            except Exception as error:  # a library that fails is a line of the report
                failure = f"{type(error).__name__}: {error}"
            if failure:
                row.failures[name] = failure
                steps.pop(name, None)
    if effort and steps:
        both: dict[str, Step] = {}
        for name, step in steps.items():
            both[name] = step
            if name in baselines:
                both[f"{name} baseline"] = baselines[name]  # its sample is the next one
        samples, processors = _interleave(both, effort)
        for name in steps:
            off = samples.get(f"{name} baseline", [0.0] * len(samples[name]))
            row.record(name, [(t - b) / workload.operations for t, b in zip(samples[name], off, strict=True)])
            row.processors[name] = processors[name]
            if section.costs and isinstance(step := steps[name], Compiled):
                row.costs[name] = step.cost()
    return row


def _interleave(steps: Mapping[str, Step], effort: Effort) -> tuple[dict[str, list[float]], dict[str, float]]:
    """Seconds a call of each step, one sample a round; and its processor time over its elapsed time."""
    counts = {name: _calls(step, effort.sample) for name, step in steps.items()}
    names = list(steps)
    samples: dict[str, list[float]] = {name: [] for name in names}
    processor = dict.fromkeys(names, 0.0)
    # The collector stays on, as in users' programs, but does not visit what importing the libraries left.
    gc.collect()
    gc.freeze()
    begin = perf_counter()
    for number in range(effort.rounds):
        if number >= 5 and perf_counter() - begin > effort.budget:
            break
        for name in names[number % len(names) :] + names[: number % len(names)]:
            step, calls = steps[name], range(counts[name])
            processor_start, start = process_time(), perf_counter()
            for _ in calls:
                step()
            samples[name].append((perf_counter() - start) / len(calls))
            processor[name] += process_time() - processor_start
    gc.unfreeze()
    return samples, {name: processor[name] / (counts[name] * sum(samples[name])) for name in names}


def _calls(step: Step, seconds: float) -> int:
    """Warm up, and say how many calls a sample needs to last that long."""
    step()
    count = 1
    while True:
        start = perf_counter()
        for _ in range(count):
            step()
        elapsed = perf_counter() - start
        if elapsed >= seconds:
            return count
        count = max(count + 1, min(10 * count, int(1.2 * count * seconds / max(elapsed, 1e-9))))
