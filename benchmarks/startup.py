"""Import time: fresh interpreters, one library each, in turn."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping

from measure import Row
from workloads import Target

__all__ = ["PROGRAMS", "run"]

PROGRAMS = {
    # The group has no entry points: NumPy, pluggy and its look through the installed packages, no plugin.
    "numpy": "import numpy, pluggy; pluggy.PluginManager('x').load_setuptools_entrypoints('x'); numpy.sin",
    "agrad": "import agrad; agrad.namespace('numpy').sin",
    "autograd": "import autograd.numpy; autograd.numpy.sin",
    "torch": "import torch; torch.sin",
    "jax": "import jax.numpy; jax.numpy.sin",
}
TIMED = "from time import perf_counter; start = perf_counter(); {}; print(perf_counter() - start)"


def run(contestants: Mapping[str, str | None], rounds: int) -> Row:
    """Seconds from the first import to the first function, without the interpreter's own start."""
    row = Row(name="import", title="import to first function", targets=(Target("numpy", 1.2),))
    present = [name for name in PROGRAMS if name in contestants and contestants[name] is None]
    row.skipped = {name: reason for name, reason in contestants.items() if reason and name in PROGRAMS}
    samples: dict[str, list[float]] = {name: [] for name in present}
    for number in range(rounds + 1):
        for name in present:
            command = [sys.executable, "-c", TIMED.format(PROGRAMS[name])]
            result = subprocess.run(command, capture_output=True, text=True, check=False)
            if result.returncode:
                row.failures[name] = result.stderr.strip().splitlines()[-1]
            elif number:  # the first round compiles and fills the disk cache
                samples[name].append(float(result.stdout.split()[-1]))
    for name in present:
        if samples[name]:
            row.record(name, samples[name])
    return row
