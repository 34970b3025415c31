"""agrad against hand-written NumPy, HIPS autograd, PyTorch and JAX: ``python benchmarks/run.py``.

Every row is the same work for all contestants, run in turns in one process with one thread; the gradients
are compared with the hand-written ones before anything is timed. There is a section for agrad on NumPy, on JAX
and on PyTorch, and one for what a plugin adds to the start.
"""

from __future__ import annotations

import threads  # isort: skip - before NumPy

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import memory
import report
import startup
from contestants import LIBRARIES, missing
from measure import Effort, Row, run
from sections import SECTIONS
from workloads import collect


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 where a gradient was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = [w.name for w in collect(tiny=True) if not w.group]
    names += ["elementwise", "import", "memory"]
    parser.add_argument(
        "--only",
        metavar="NAME,...",
        help=f"sections: {', '.join(SECTIONS)}; rows: {', '.join(names)}; or one function, elementwise-sin-100",
    )
    parser.add_argument("--libraries", metavar="NAME,...", help=f"contestants: {', '.join(LIBRARIES)}")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything that was measured")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the tables into a page")
    options = parser.parse_args(arguments)

    workloads = collect()
    only = set(options.only.split(",")) if options.only else set()
    if unknown := only - {*SECTIONS, *names, *(w.name for w in workloads)}:
        parser.error(f"no such section or row: {', '.join(sorted(unknown))}")
    sections = [section for section in SECTIONS.values() if section.name in only] or list(SECTIONS.values())
    only -= set(SECTIONS)
    chosen = options.libraries.split(",") if options.libraries else list(LIBRARIES)
    if unknown := set(chosen) - set(LIBRARIES):
        parser.error(f"no such library: {', '.join(sorted(unknown))}")

    needed = {name for section in sections for name in section.contestants}
    contestants = {name: missing(name) for name in LIBRARIES if name in chosen and name in needed}
    for line in threads.limit():
        print("warning:", line)
    for name, reason in contestants.items():
        if reason:
            print(f"skipped {report.HEADINGS[name]}: {reason}")
    present = {name: reason for name, reason in contestants.items() if not reason}

    rows: list[Row] = []
    for section in sections:
        taking_part = {name: present[name] for name in section.contestants if name in present}
        for workload in workloads:
            if only and not {workload.name, workload.group} & only:
                continue
            if not section.takes(workload) or len(taking_part) < min(2, len(chosen)):
                continue
            effort = Effort(7, 0.002, 5.0) if options.quick else Effort(15, 0.003) if workload.group else Effort()
            effort = dataclasses.replace(effort, budget=min(effort.budget, section.budget))
            progress(f"{section.title}: {workload.title}")
            rows.append(run(workload, taking_part, effort, section))
        if section.name == "numpy" and (not only or "import" in only):
            progress("import")
            rows.append(startup.run(taking_part, 5 if options.quick else 21))
        if section.name == "numpy" and (not only or "memory" in only):
            progress("memory")
            rows += memory.run(taking_part, 1 if options.quick else 3)
        if section.name == "plugins" and not only:
            progress("plugins")
            rows += startup.plugins(5 if options.quick else 201)
    progress("")

    print(report.environment())
    report.show(rows)
    if options.json:
        report.write_json(rows, options.json)
    if options.markdown:
        report.write_markdown(rows, options.markdown)
    return int(any(row.failures for row in rows))


def progress(what: str) -> None:
    """Say on a terminal what is being measured, in one line that is overwritten."""
    if sys.stderr.isatty():
        print(f"\r\033[K{what}", end="", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
