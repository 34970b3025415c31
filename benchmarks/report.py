"""The tables: medians and ratios on the terminal, in Markdown, and everything as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median

from contestants import LIBRARIES
from measure import Row
from sections import SECTIONS, Section
from targets import ROWS

__all__ = ["environment", "show", "write_json", "write_markdown"]

HEADINGS = {
    "numpy": "NumPy by hand",
    "agrad": "agrad",
    "agrad.grad": "agrad.grad",
    "agrad.compile": "agrad.compile",
    "agrad.plain": "agrad without it",
    "autograd": "HIPS autograd",
    "torch": "PyTorch",
    "jax": "JAX eager",
    "jax.jit": "JAX jit",
    "agrad.jax": "agrad on JAX eager",
    "agrad.jax.jit": "agrad on JAX jit",
    "agrad.torch": "agrad on PyTorch",
    "without": "without it",
    "with": "with it",
    "added": "added",
    "1 ms": "1 ms",
}
BEGIN, END = "<!-- benchmarks: begin -->", "<!-- benchmarks: end -->"
WORST = 5
Table = tuple[str, list[str], list[list[str]]]


def amount(value: float | None, unit: str) -> str:
    """A time or a size in three figures and a fitting unit."""
    if value is None:
        return ""
    scales = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")] if unit == "s" else [(2.0**20, "MiB")]
    scale, name = next((pair for pair in scales if abs(value) >= pair[0]), scales[-1])
    number = value / scale
    decimals = 2 if abs(number) < 10 else 1 if abs(number) < 100 else 0
    return f"{number:.{decimals}f} {name}"


def quotient(value: float | None) -> str:
    """A ratio in two or three figures."""
    return "" if value is None else f"{value:.{0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3}f}"


def tables(rows: Sequence[Row]) -> list[Table]:
    """All tables: title, headings and cells."""
    result = []
    for section in SECTIONS.values():
        own = [row for row in rows if row.section == section.name]
        main = [row for row in own if not row.group]
        if main:
            found = [_medians(section, main), _ratios(section, main), _costs(section, main), _targets(main)]
            result += [(f"{section.title}: {title}", *rest) for title, *rest in found if rest[1]]
        for group in dict.fromkeys(row.group for row in own if row.group):
            members = [row for row in own if row.group == group]
            for kind in dict.fromkeys(row.title.partition(", ")[2] for row in members):
                title = f"{section.title}: {group}, {kind}"
                result.append(_worst(section, title, [row for row in members if row.title.endswith(kind)]))
            if own_targets := [row for row in members if row.name in ROWS and row.targets]:
                result.append(_pinned(section, f"{section.title}: {group}", own_targets))
    return result


def _over(contestant: str, reference: str) -> str:
    return f"{HEADINGS[contestant]} / {HEADINGS[reference]}"


def _medians(section: Section, rows: Iterable[Row]) -> Table:
    names = section.contestants
    cells = [
        [row.title] + ["wrong" if c in row.failures else amount(row.medians.get(c), row.unit) for c in names]
        for row in rows
    ]
    return "medians", ["", *(HEADINGS[c] for c in names)], cells


def _ratios(section: Section, rows: Iterable[Row]) -> Table:
    cells = [[row.title, *(quotient(row.ratio(*pair)) for pair in section.ratios)] for row in rows]
    return "ratios", ["", *(_over(*pair) for pair in section.ratios)], cells


def _costs(section: Section, rows: Iterable[Row]) -> Table:
    """What the programs that were compiled cost, where time is too noisy to tell."""
    pair = section.ratios[-1]
    compared = [(row.title, *(row.costs[c] for c in pair)) for row in rows if {*pair} <= row.costs.keys()]
    names = list(compared[0][1]) if compared else []
    cells = [
        [title, *(quotient(own[n] / other[n] if other[n] else None) for n in names)] for title, own, other in compared
    ]
    return f"compiled programs, {_over(*pair)}", ["", *names], cells


def _targets(rows: Iterable[Row]) -> Table:
    cells = []
    for row in rows:
        for target in row.targets:
            ratio = row.ratio(target.contestant, target.reference)
            of = _over(target.contestant, target.reference)
            cells.append([row.title, of, target.text, quotient(ratio), target.verdict(ratio)])
    met = sum(line[-1] == "met" for line in cells)
    return f"targets, {met} of {len(cells)} met", ["", "ratio", "target", "measured", "verdict"], cells


def _worst(section: Section, title: str, rows: Iterable[Row]) -> Table:
    pair = section.ratios[0]
    ranked = sorted(
        (row for row in rows if row.ratio(*pair) is not None), key=lambda row: row.ratio(*pair) or 0.0, reverse=True
    )
    names = [c for c in section.contestants if any(c in row.medians for row in ranked)]
    cells = [
        [
            row.title.partition(",")[0],
            *(amount(row.medians.get(c), "s") for c in names),
            quotient(row.ratio(*pair)),
            row.targets[0].text if row.targets else "",
        ]
        for row in ranked[:WORST]
    ]
    title += f": the {len(cells)} worst of {len(ranked)} functions"
    if aims := [row for row in ranked if row.targets]:
        missed = sum(not row.targets[0].met(row.ratio(*pair) or 0.0) for row in aims)
        title += f", of which {missed} miss the target" if len(aims) == len(ranked) else ""
    return title, ["", *(HEADINGS[c] for c in names), _over(*pair), "target"], cells


def _pinned(section: Section, title: str, rows: Sequence[Row]) -> Table:
    """The rows of a group that have a target of their own."""
    names = [c for c in section.contestants if any(c in row.medians for row in rows)]
    cells = []
    for row in rows:
        (target, *_), (name, _, shape) = row.targets, row.title.split(", ", 2)
        ratio = row.ratio(target.contestant, target.reference)
        times = [amount(row.medians.get(c), "s") for c in names]
        cells.append([f"{name}, {shape}", *times, quotient(ratio), target.text, target.verdict(ratio)])
    met = sum(line[-1] == "met" for line in cells)
    over = _over(rows[0].targets[0].contestant, rows[0].targets[0].reference)
    title += f", targets of their own, {met} of {len(cells)} met"
    return title, ["", *(HEADINGS[c] for c in names), over, "target", "verdict"], cells


def notes(rows: Sequence[Row]) -> list[str]:
    """What was left out or went wrong; each reason is said once, with the rows that it holds for."""
    lines: dict[str, list[str]] = {}
    for row in rows:
        for contestant, reason in row.failures.items():
            lines.setdefault(f"FAILED {HEADINGS[contestant]}: {reason}", []).append(row.title)
        for contestant, reason in row.skipped.items():
            lines.setdefault(f"skipped {HEADINGS[contestant]}: {reason}", []).append(row.title)
        for contestant, processors in row.processors.items():
            if processors > 1.3:
                lines.setdefault(f"{HEADINGS[contestant]} used more than one thread", []).append(row.title)
    found = [f"{line} ({'; '.join(titles)})" for line, titles in lines.items()]
    share = [processors for row in rows for processors in row.processors.values()]
    if share and median(share) < 0.95:
        found.insert(0, f"BUSY MACHINE: contestants had {median(share):.0%} of a processor; measure again")
    return found


def environment() -> str:
    """The machine, its threads, the kernels of linear algebra and the versions, in one line."""
    packages = []
    for name in dict.fromkeys([*LIBRARIES.values(), "scipy"]):
        try:
            packages.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    python = f"Python {platform.python_version()}"
    return ", ".join([_processor(), f"{os.cpu_count()} CPUs", *_pools(), python, *packages])


def _pools() -> list[str]:
    """How many threads the loaded libraries have, and the kernel that each BLAS among them runs."""
    try:
        from threadpoolctl import threadpool_info
    except ImportError:
        return []
    pools = threadpool_info()
    most = max((p["num_threads"] for p in pools), default=1)
    names = [f"{p['internal_api']} {p['version']}, {p['architecture']} kernel" for p in pools if "architecture" in p]
    return [f"{most} thread{'s' * (most > 1)}", *dict.fromkeys(names)]


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.split(": ")[1] for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def show(rows: Sequence[Row]) -> None:
    """Print the tables, with rich where it is installed."""
    try:
        from rich.console import Console
        from rich.markup import escape
        from rich.table import Table as RichTable
    except ImportError:
        for title, headings, cells in tables(rows):
            widths = [max(map(len, column)) for column in zip(headings, *cells, strict=True)]
            print(f"\n{title}")
            for line in [headings, *cells]:
                first, *others = zip(line, widths, strict=True)
                print("  ".join([first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]).rstrip())
    else:
        console = Console()
        # A file or a pipe has no width: no cell is cut off.
        console = console if console.is_terminal else Console(width=200)
        for title, headings, cells in tables(rows):
            table = RichTable(title=title, title_justify="left")
            for i, heading in enumerate(headings):
                table.add_column(heading, justify="left" if i == 0 else "right")
            for line in cells:
                table.add_row(*map(escape, line), style="red" if any("MISSED" in cell for cell in line) else None)
            console.print(table)
    for line in notes(rows):
        print(line)


def write_json(rows: Iterable[Row], path: Path) -> None:
    """Everything that was measured."""
    data = [
        {
            "name": row.name,
            "title": row.title,
            "section": row.section,
            "unit": row.unit,
            "medians": row.medians,
            "quartiles": row.quartiles,
            "processors": row.processors,
            "costs": row.costs,
            "skipped": row.skipped,
            "failures": row.failures,
            "targets": [
                {
                    "contestant": t.contestant,
                    "reference": t.reference,
                    "limit": t.limit,
                    "ratio": (ratio := row.ratio(t.contestant, t.reference)),
                    "met": None if ratio is None else t.met(ratio),
                }
                for t in row.targets
            ],
        }
        for row in rows
    ]
    path.write_text(json.dumps({"environment": environment(), "rows": data}, indent=1) + "\n")


def write_markdown(rows: Sequence[Row], path: Path) -> None:
    """Write the tables between the two markers of a page, or as a page of their own."""
    parts = [f"Measured on {environment()}."]
    for title, headings, cells in tables(rows):
        rule = ["---", *["---:"] * (len(headings) - 1)]
        lines = ["| " + " | ".join(line) + " |" for line in [headings, rule, *cells]]
        parts.append(f"### {title}\n\n" + "\n".join(lines))
    if lines := notes(rows):
        parts.append("\n".join(f"- {line}" for line in lines))
    text = f"{BEGIN}\n\n" + "\n\n".join(parts) + f"\n\n{END}"
    page = path.read_text() if path.exists() else ""
    before, begin, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    path.write_text(before + text + after if begin else text + "\n")
