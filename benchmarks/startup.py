"""Import time, alone and with one more plugin: fresh interpreters, in turn."""

from __future__ import annotations

import importlib.metadata
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from measure import Row
from targets import goals

__all__ = ["PROGRAMS", "plugins", "run"]

PROGRAMS = {
    # The group has no entry points: NumPy, pluggy and its look through the installed packages, no plugin.
    "numpy": "import numpy, pluggy; pluggy.PluginManager('x').load_setuptools_entrypoints('x'); numpy.sin",
    "agrad": "import agrad; agrad.namespace('numpy').sin",
    "autograd": "import autograd.numpy; autograd.numpy.sin",
    "torch": "import torch; torch.sin",
    "jax": "import jax.numpy; jax.numpy.sin",
}
TIMED = "from time import perf_counter; start = perf_counter(); {}; print(perf_counter() - start)"
PROCESSOR = TIMED.replace("perf_counter", "process_time")
CALLS = """
from timeit import repeat
x = agrad.tensor(0.7, requires_grad=True)
print(min(repeat(lambda: agrad.namespace('numpy').sin(x) * x, number=500, repeat=20)) / 500)
"""
DISTRIBUTION = "agrad-more"


def run(contestants: Mapping[str, str | None], rounds: int) -> Row:
    """Seconds from the first import to the first function, without the interpreter's own start."""
    row = Row(name="import", title="import to first function", targets=goals("numpy", "import"))
    present = [name for name in PROGRAMS if name in contestants and contestants[name] is None]
    row.skipped = {name: reason for name, reason in contestants.items() if reason and name in PROGRAMS}
    samples: dict[str, list[float]] = {name: [] for name in present}
    for number in range(rounds + 1):
        for name in present:
            try:
                (seconds,) = _seconds(TIMED.format(PROGRAMS[name]), {})
            except RuntimeError as error:
                row.failures[name] = str(error)
                continue
            if number:  # the first round compiles and fills the disk cache
                samples[name].append(seconds)
    for name in present:
        if samples[name]:
            row.record(name, samples[name])
    return row


def plugins(rounds: int) -> list[Row]:
    """What plugins add to importing agrad and to calling an op: one from the template, and those installed on average.

    Imports are in processor time, which other programs do not lengthen, and what is added is the median of the rounds'
    differences: single imports are apart by several milliseconds, which takes many rounds to see one through.
    """
    installed = sorted(entry.name for entry in importlib.metadata.entry_points(group="agrad") if entry.name != "numpy")
    with tempfile.TemporaryDirectory() as folder:
        environments = {
            "all": {"PYTHONPATH": _path(Path(folder))},
            "more": {"PYTHONPATH": _path(_installed(Path(folder)))},
            "none": {"PYTHONPATH": _path(Path(folder)), "AGRAD_DISABLE_PLUGINS": ",".join(installed)},
        }
        samples: dict[str, list[list[float]]] = {name: [] for name in environments}
        program = PROCESSOR.format(PROGRAMS["agrad"]) + CALLS
        for number in range(rounds + 1):
            for name, environment in environments.items():
                seconds = _seconds(program, environment)
                if number:  # the first round compiles
                    samples[name].append(seconds)
    imports = {name: [first for first, _ in found] for name, found in samples.items()}
    calls = {name: min(last for _, last in found) for name, found in samples.items()}
    call = Row(name="plugin-call", title="two calls of ops, one more plugin", section="plugins")
    call.medians = {"without": calls["all"], "with": calls["more"], "added": calls["more"] - calls["all"]}
    call.targets = goals("plugins", call.name)
    several = f"each of {len(installed)} plugins"
    return [
        _import("more", "one more plugin", imports["all"], imports["more"]),
        _import("installed", several, imports["none"], imports["all"], len(installed)),
        call,
    ]


def _import(name: str, what: str, without: list[float], with_it: list[float], count: int = 1) -> Row:
    row = Row(name=f"plugin-{name}", title=f"import, {what}", section="plugins")
    row.targets = goals("plugins", row.name)
    row.record("without", without)
    row.record("with", with_it)
    row.record("added", [(b - a) / count for a, b in zip(without, with_it, strict=True)])
    return row


def _path(folder: Path) -> str:
    """The search path with one more folder."""
    return os.pathsep.join(filter(None, [str(folder), os.environ.get("PYTHONPATH")]))


def _installed(folder: Path) -> Path:
    """A folder with the package of the template for op plugins in it, as an installer would leave it."""
    from agrad.command.scaffold import new_plugin

    new_plugin("more", "op", folder)
    site = folder / DISTRIBUTION / "src"
    record = site / "agrad_more-0.1.0.dist-info"
    record.mkdir()
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {DISTRIBUTION}\nVersion: 0.1.0\n")
    (record / "entry_points.txt").write_text("[agrad]\nmore = agrad_more\n")
    return site


def _seconds(program: str, environment: Mapping[str, str]) -> list[float]:
    """What a program prints in a fresh interpreter."""
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **environment})
    if result.returncode:
        raise RuntimeError(result.stderr.strip().splitlines()[-1])
    return [float(line) for line in result.stdout.split()]
