"""The benchmarks measure the same work: on tiny arrays, every contestant's gradients are those by hand."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))  # a folder of scripts, not a package

import measure  # noqa: E402
import report  # noqa: E402
import startup  # noqa: E402
import targets  # noqa: E402
from contestants import LIBRARIES, differentiate, missing  # noqa: E402
from sections import SECTIONS  # noqa: E402
from targets import Target, ahead  # noqa: E402
from workloads import Workload, collect  # noqa: E402

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


@pytest.mark.filterwarnings("ignore:`torch.jit.script` is deprecated:DeprecationWarning")  # by torch.func
@pytest.mark.parametrize("name", WORKLOADS)
def test_gradients_agree(name: str, contestants: dict[str, str | None]) -> None:
    row = measure.run(WORKLOADS[name], contestants, effort=None)
    if absent := [package for package in WORKLOADS[name].needs if find_spec(package) is None]:
        pytest.skip(f"needs {absent}")
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
    return Workload(name="cube", title="cube", steps=steps)


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


@pytest.mark.parametrize(
    ("target", "ratio", "verdict"),
    [
        (Target("torch", 0.2), 0.2, "met"),
        (Target("torch", 0.2), 0.26, "MISSED by 30 %"),
        (Target("torch", 0.2), 0.201, "MISSED by 0.5 %"),
        (Target("torch", 0.2), 0.42, "MISSED by a factor of 2.1"),
        (Target("1 ms", 1.0), 11.0, "MISSED by a factor of 11"),
        (ahead("torch"), 1.0, "MISSED by 0.0 %"),
        (ahead("torch"), None, "not measured"),
    ],
)
def test_verdict_says_by_how_much(target: Target, ratio: float | None, verdict: str) -> None:
    assert target.verdict(ratio) == verdict


def test_target_can_be_an_amount_of_time() -> None:
    row = measure.Row(name="r", title="row", medians={"agrad": 0.4e-3})
    assert row.ratio("agrad", "1 ms") == pytest.approx(0.4)
    assert row.ratio("torch", "1 ms") is None


def test_there_is_no_ratio_to_less_than_nothing() -> None:
    row = measure.Row(name="r", title="row", medians={"agrad": 1e-6, "torch": -1e-8})
    assert row.ratio("agrad", "torch") is None


def test_section_has_its_own_targets() -> None:
    logistic, hessian, adds = WORKLOADS["logistic"], WORKLOADS["hessian"], WORKLOADS["elementwise-less-3"]
    assert Target("numpy", 1.15) in SECTIONS["numpy"].goals(logistic)
    assert SECTIONS["torch"].goals(logistic) == (Target("torch", 2.0, contestant="agrad.torch"),)
    assert SECTIONS["torch"].goals(hessian) == SECTIONS["numpy"].goals(adds) == SECTIONS["torch"].goals(adds) == ()


def test_rows_of_a_group_share_a_target_or_have_their_own() -> None:
    assert SECTIONS["numpy"].goals(WORKLOADS["elementwise-sin-scalar"])[0] == Target("torch", 0.2)
    assert SECTIONS["numpy"].goals(WORKLOADS["elementwise-clip-scalar"]) == (Target("torch", 1.0),)
    assert SECTIONS["numpy"].goals(WORKLOADS["elementwise-lt-scalar"]) == (Target("torch", 1.0),)


def test_targets_name_rows_and_contestants_that_exist() -> None:
    shared = {"elementwise-scalar", "elementwise-100", "memory", "memory-work-blocks-checkpoint"}
    apart = {"import", "plugin-more", "plugin-installed", "plugin-call"}
    assert targets.ROWS.keys() <= {*WORKLOADS, *shared, *apart}
    assert not targets.WITHOUT - {*WORKLOADS, ""}
    known = {*targets.FIXED, *(name for section in SECTIONS.values() for name in section.contestants)}
    each = [target for several in (*targets.ROWS.values(), *targets.SECTIONS.values()) for target in several]
    assert {name for target in each for name in (target.contestant, target.reference)} <= known
    assert targets.goals("numpy", "no such row") == ()


def test_row_that_needs_a_package_is_left_out() -> None:
    cube = dataclasses.replace(workload(lambda x: (np.sum(x**3), 3 * x**2)), needs=("no_such_package",))
    row = measure.run(cube, {"numpy": None, "agrad": None}, measure.Effort(2, 1e-4))
    assert row.skipped == dict.fromkeys(("numpy", "agrad"), "the row needs no_such_package")
    assert not row.medians


def test_section_takes_what_one_of_its_contestants_runs() -> None:
    assert SECTIONS["torch"].takes(WORKLOADS["adds"])
    assert not SECTIONS["jax"].takes(WORKLOADS["adds"])
    assert not SECTIONS["plugins"].takes(WORKLOADS["network-float64"])


def test_every_workload_is_measured_on_every_backend() -> None:
    not_on_jax = ("adds", "slices", "cumulative-prod", "linear-regression")
    for name, each in WORKLOADS.items():
        assert SECTIONS["torch"].takes(each)
        assert SECTIONS["jax"].takes(each) or name in not_on_jax or each.group


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
    medians, ratios, goals = report.tables([row])
    assert medians[0] == "NumPy: medians"
    assert medians[2] == [["row", "1.00 µs", "3.00 µs", "", "", "", "", "10.0 µs", "", ""]]
    assert ratios[1][1:3] == ["agrad / PyTorch", "agrad / NumPy by hand"]
    assert ratios[2] == [["row", "0.300", "3.00", "", "", "", "", "", ""]]
    assert goals[0] == "NumPy: targets, 1 of 2 met"
    assert [line[-2:] for line in goals[2]] == [["0.300", "MISSED by 50 %"], ["3.00", "met"]]


def test_rows_of_a_group_with_targets_of_their_own_have_a_table() -> None:
    rows = []
    for name, seconds in {"clip": 3e-6, "where": 1e-6, "sin": 1e-6}.items():
        title = f"{name}, forward and backward, shape ()"
        row = measure.Row(name=f"elementwise-{name}-scalar", title=title, group="elementwise")
        row.targets = SECTIONS["numpy"].goals(WORKLOADS[row.name])
        row.record("agrad", [seconds])
        row.record("torch", [2e-6])
        rows.append(row)
    worst, own = report.tables(rows)
    assert worst[0].endswith("the 3 worst of 3 functions, of which 2 miss the target")
    assert own[0] == "NumPy: elementwise, targets of their own, 1 of 2 met"
    assert own[2] == [
        ["clip, shape ()", "3.00 µs", "2.00 µs", "1.50", "≤ 1", "MISSED by 50 %"],
        ["where, shape ()", "1.00 µs", "2.00 µs", "0.500", "≤ 1", "met"],
    ]


def test_markdown_replaces_what_is_between_the_markers(row: measure.Row, tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    report.write_markdown([row], page)
    report.write_markdown([row], page)
    text = page.read_text()
    assert text.startswith(f"before\n{report.BEGIN}\n")
    assert text.endswith(f"{report.END}\nafter\n")
    assert text.count("| row | agrad / PyTorch | ≤ 0.2 | 0.300 | MISSED by 50 % |") == 1
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


def test_openblas_chooses_its_own_kernel() -> None:
    pytest.importorskip("threadpoolctl")
    program = "import threads, numpy, report; print(report.environment()); print(threads.limit())"
    found = []
    own = {name: value for name, value in os.environ.items() if not name.startswith("OPENBLAS_")}
    for kernel in ({}, {"OPENBLAS_CORETYPE": "Sandybridge", "OPENBLAS_L2_SIZE": "256"}):
        environment = {**own, **kernel}
        command = [sys.executable, "-c", program]
        result = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=BENCHMARKS)
        assert result.returncode == 0, result.stderr
        found.append(result.stdout)
    assert found[0] == found[1]
    assert "1 thread, " in found[0]
    assert "[]" in found[0]
