"""Peak memory: a fresh process for each contestant. ``python memory.py WORKLOAD CONTESTANT`` is one of them."""

from __future__ import annotations

import threads  # isort: skip - before NumPy

import ctypes
import json
import resource
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from contestants import missing
from measure import Row
from targets import goals
from workloads import collect

__all__ = ["WORKLOADS", "run"]

WORKLOADS = ("expression", "network-float64", "attention", "adds", "blocks", "blocks-checkpoint")
STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def run(contestants: Mapping[str, str | None], rounds: int) -> list[Row]:
    """For each of a few workloads: the peak of the process, and how far the work itself raised it."""
    rows = []
    workloads = {w.name: w for w in collect(tiny=True)}
    for name in WORKLOADS:
        workload = workloads[name]
        peak = Row(name=f"memory-{name}", title=f"peak memory of the process: {workload.title}", unit="B")
        growth = Row(name=f"memory-work-{name}", title=f"peak memory of the work: {workload.title}", unit="B")
        for row in (peak, growth):
            row.targets = (*goals("numpy", "memory"), *goals("numpy", row.name))
        for contestant, reason in contestants.items():
            if contestant not in workload.steps:
                continue
            if reason := reason or workload.skipped.get(contestant):
                peak.skipped[contestant] = reason
                continue
            command = [sys.executable, __file__, name, contestant]
            results = []
            for _ in range(rounds):
                process = subprocess.run(command, capture_output=True, text=True, check=False)
                if process.returncode:
                    peak.failures[contestant] = process.stderr.strip().splitlines()[-1]
                    break
                results.append(json.loads(process.stdout))
            else:
                peak.record(contestant, [r["peak"] for r in results])
                growth.record(contestant, [r["growth"] for r in results])
        rows += [peak, growth]
    return rows


def _resident(key: str) -> int:
    """Bytes of resident memory: VmRSS now, VmHWM at the peak."""
    if STATUS.exists():
        # A child's ru_maxrss starts at its parent's, which has all the libraries loaded; VmHWM does not.
        line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key))
        return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _measure(name: str, contestant: str) -> dict[str, int]:
    """In this process: prepare the work, and see how much more memory it takes to do it three times."""
    if reason := missing(contestant):
        raise ImportError(reason)
    tiny, full = (next(w for w in collect(size) if w.name == name) for size in (True, False))
    tiny.steps[contestant]()()  # what the library loads at its first use is not the work's
    step = full.steps[contestant]()
    threads.limit()
    if sys.platform == "linux":
        ctypes.CDLL(None).malloc_trim(0)  # what making the data left free would hide what the work takes
    before_peak, before = _resident("VmHWM"), _resident("VmRSS")
    if CLEAR.exists():
        CLEAR.write_text("5")  # the peak starts again from here
    for _ in range(3):
        step()
    peak = _resident("VmHWM")
    return {"peak": max(before_peak, peak), "growth": max(0, peak - before)}


if __name__ == "__main__":
    print(json.dumps(_measure(*sys.argv[1:])))
