"""The benchmarks measure the same work: on tiny arrays, every contestant's gradients are those by hand."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))  # a folder of scripts, not a package

import measure  # noqa: E402
import report  # noqa: E402
import startup  # noqa: E402
from contestants import LIBRARIES, differentiate, missing  # noqa: E402
from sections import SECTIONS  # noqa: E402
from workloads import Target, Workload, ahead, collect  # noqa: E402

WORKLOADS = {workload.name: workload for workload in collect(tiny=True)}


@pytest.fixture(scope="module")
def contestants() -> Iterator[dict[str, str | None]]:
    """Those that are installed, with JAX in float64, which the program asks for in the environment."""
    present = {name: None for name in LIBRARIES if missing(name) is None}
    if "jax" not in present:
        yield present
        return
    import jax

    before = jax.config.jax_enable_x64
    jax.config.update("jax_enable_x64", True)
    yield present
    jax.config.update("jax_enable_x64", before)


@pytest.mark.parametrize("name", WORKLOADS)
def test_gradients_agree(name: str, contestants: dict[str, str | None]) -> None:
    row = measure.run(WORKLOADS[name], contestants, effort=None)
    assert "agrad" in contestants
    assert "agrad" not in row.skipped
    assert not row.failures


def test_every_elementwise_function_is_measured() -> None:
    standard = json.loads((BENCHMARKS.parent / "tests/data/array-api-2025.12.json").read_text())
    names = {item["name"] for item in standard["functions"] if item["category"] == "elementwise"}
    for shape in ("scalar", "3"):
        assert {n for n in names if f"elementwise-{n}-{shape}" in WORKLOADS} == names


def workload(by_hand: Callable[..., tuple[Any, ...]]) -> Workload:
    """The sum of cubes."""
    steps = differentiate(lambda xp, x: xp.sum(x * x * x), [np.arange(3.0)], by_hand=by_hand)
    return Workload(name="cube", title="cube", steps=steps, targets=(Target("numpy", 1e9),))


def test_right_gradient_is_timed() -> None:
    row = measure.run(
        workload(lambda x: (np.sum(x**3), 3 * x**2)), {"numpy": None, "agrad": None}, measure.Effort(2, 1e-4)
    )
    assert not row.failures
    assert set(row.medians) == {"numpy", "agrad"}


@pytest.mark.parametrize(
    ("gradient", "reason"),
    [
        (lambda x: 2 * x**2, "Not equal to tolerance"),
        (lambda x: (3 * x**2).astype("float32"), "is float64, not float32"),
        (lambda x: np.array(12.0), "has shape"),
    ],
)
def test_wrong_gradient_is_a_failure_and_not_timed(gradient: Callable[[Any], Any], reason: str) -> None:
    row = measure.run(workload(lambda x: (np.sum(x**3), gradient(x))), {"agrad": None}, measure.Effort(2, 1e-4))
    assert reason in row.failures["agrad"]
    assert not row.medians


def test_missing_library_is_skipped_with_its_reason() -> None:
    row = measure.run(workload(lambda x: (np.sum(x**3), 3 * x**2)), {"torch": "not here"}, measure.Effort(2, 1e-4))
    assert row.skipped == {"torch": "not here"}
    assert report.notes([row]) == ["skipped PyTorch: not here (cube)"]


@pytest.mark.parametrize(
    ("target", "ratio", "met"),
    [(Target("torch", 1.0), 1.0, True), (ahead("torch"), 1.0, False), (Target("torch", 0.2), 0.21, False)],
)
def test_target(target: Target, ratio: float, met: bool) -> None:
    assert target.met(ratio) is met


def test_section_has_its_own_targets_for_rows_that_have_any() -> None:
    cube = workload(lambda x: (np.sum(x**3), 3 * x**2))
    assert SECTIONS["numpy"].goals(cube) == (Target("numpy", 1e9),)
    assert SECTIONS["torch"].goals(cube) == (Target("torch", 2.0, contestant="agrad.torch"),)
    assert SECTIONS["torch"].goals(dataclasses.replace(cube, targets=())) == ()


def test_section_takes_what_one_of_its_contestants_runs() -> None:
    assert SECTIONS["torch"].takes(WORKLOADS["adds"])
    assert not SECTIONS["jax"].takes(WORKLOADS["adds"])
    assert not SECTIONS["plugins"].takes(WORKLOADS["network-float64"])


def test_every_workload_is_measured_on_every_backend() -> None:
    for name, each in WORKLOADS.items():
        assert SECTIONS["torch"].takes(each)
        assert SECTIONS["jax"].takes(each) or name == "adds" or each.group


def test_compiled_programs_are_compared(contestants: dict[str, str | None]) -> None:
    pair = {name: None for name in ("agrad.jax.jit", "jax.jit") if name in contestants}
    if len(pair) < 2:
        pytest.skip("JAX is not installed")
    cube = workload(lambda x: (np.sum(x**3), 3 * x**2))
    row = measure.run(cube, pair, measure.Effort(2, 1e-4), SECTIONS["jax"])
    assert not row.failures
    assert all(cost["flops"] > 0 and cost["bytes"] > 0 and cost["instructions"] > 0 for cost in row.costs.values())
    row.costs = {"agrad.jax.jit": {"flops": 3.0, "bytes": 8.0}, "jax.jit": {"flops": 2.0, "bytes": 0.0}}
    costs = next(table for table in report.tables([row]) if "compiled" in table[0])
    assert costs[1:] == (["", "flops", "bytes"], [["cube", "1.50", ""]])


def test_what_a_plugin_adds_to_the_start() -> None:
    rows = {row.name: row for row in startup.plugins(rounds=1)}
    assert rows.keys() == {"plugin-more", "plugin-call", "plugin-installed"}
    more = rows["plugin-more"]
    assert more.medians["added"] == more.medians["with"] - more.medians["without"]
    assert more.ratio("added", "1 ms") == pytest.approx(more.medians["added"] * 1e3)
    each, count = rows["plugin-installed"], len(importlib.metadata.entry_points(group="agrad")) - 1
    assert f"each of {count} plugins" in each.title
    assert each.medians["added"] == pytest.approx((each.medians["with"] - each.medians["without"]) / count)


def test_the_plugin_that_is_added_is_found(tmp_path: Path) -> None:
    program = "import agrad; print('more' in [p.name for p in agrad.plugins.plugins() if p.status == 'active'])"
    for folder, found in ((tmp_path, "False"), (startup._installed(tmp_path), "True")):
        environment = {**os.environ, "PYTHONPATH": startup._path(folder)}
        result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, env=environment)
        assert result.stdout.strip() == found, result.stderr


@pytest.fixture
def row() -> measure.Row:
    row = measure.Row(name="r", title="row", targets=(Target("torch", 0.2), Target("numpy", 3.0)))
    for name, times in {"numpy": [1e-6], "agrad": [2e-6, 4e-6, 3e-6], "torch": [1e-5]}.items():
        row.record(name, times)
    return row


def test_tables(row: measure.Row) -> None:
    medians, ratios, targets = report.tables([row])
    assert medians[0] == "NumPy: medians"
    assert medians[2] == [["row", "1.00 µs", "3.00 µs", "", "", "10.0 µs", "", ""]]
    assert ratios[1][1:3] == ["agrad / PyTorch", "agrad / NumPy by hand"]
    assert ratios[2] == [["row", "0.300", "3.00", "", "", "", ""]]
    assert [line[-2:] for line in targets[2]] == [["0.300", "MISSED"], ["3.00", "met"]]


def test_markdown_replaces_what_is_between_the_markers(row: measure.Row, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write_markdown([row], page)
    report.write_markdown([row], page)
    text = page.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert text.count("| row | agrad / PyTorch | ≤ 0.2 | 0.300 | MISSED |") == 1
    assert "old" not in text


def test_busy_machine_is_named(row: measure.Row) -> None:
    row.processors = {"numpy": 0.5, "agrad": 0.6, "torch": 1.0}
    assert report.notes([row]) == ["BUSY MACHINE: contestants had 60% of a processor; measure again"]
    row.processors = {"numpy": 1.0, "jax": 1.6}
    assert report.notes([row]) == ["JAX eager used more than one thread (row)"]


def test_command_line(tmp_path: Path) -> None:
    output = tmp_path / "rows.json"
    arguments = ["--quick", "--only", "rosenbrock", "--libraries", "numpy,agrad,agrad.grad", "--json", output]
    command = [sys.executable, BENCHMARKS / "run.py", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    (row,) = json.loads(output.read_text())["rows"]
    assert set(row["medians"]) == {"numpy", "agrad", "agrad.grad"}
    assert "Rosenbrock" in result.stdout
