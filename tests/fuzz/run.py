"""Runs the fuzzer: ``python tests/fuzz/run.py --backend numpy --programs 20000 --seed 0 -n 2``.

Each seed is a program. Failures are shrunk, grouped by what is wrong and by what the program makes use of, and printed
as programs that can be pasted. The exit status is 1 where there was one.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):  # before NumPy: arrays are tiny, and processes many
    os.environ.setdefault(_name, "1")
_tests = Path(__file__).resolve().parents[1]
for _folder in (_tests / "fuzz", _tests):
    if str(_folder) not in sys.path:
        sys.path.append(str(_folder))

from features import FEATURES_OFF  # noqa: E402
from judging import Failure, beside, judge  # noqa: E402
from program import Program, generate, listing, shrink  # noqa: E402
from running import BACKENDS  # noqa: E402

__all__ = ["Found", "examine", "main"]


@dataclass(frozen=True)
class Found:
    """A failure of one seed, and the smaller program that still shows it."""

    seed: int
    failure: Failure
    program: Program

    @property
    def group(self) -> tuple[str, str]:
        """Failures of one kind, in programs that make use of the same."""
        return self.failure.kind, ", ".join(sorted(self.program.features))


def examine(
    backend: str, seed: int, off: Collection[str] = (), second: float = 0.25, shrinking: bool = True
) -> Found | None:
    """Judge the program of a seed; to the second order for a fraction of the seeds."""
    effort = int(seed * 0.6180339887 % 1 < second)
    program = generate(backend, seed, off)
    failure = judge(program, effort, off)
    if failure is None:
        return None
    if shrinking:
        kind, rest = failure.kind, {*off, *beside(failure.check)}

        def fails(candidate: Program) -> bool:
            found = judge(candidate, effort, rest)
            return found is not None and found.kind == kind

        program = shrink(program, fails)
        failure = judge(program, effort, rest) or failure
    return Found(seed, failure, program)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 where a program failed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=BACKENDS, default="numpy")
    parser.add_argument("--programs", type=int, default=2000, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="the first (default: %(default)s)")
    parser.add_argument("-n", "--processes", type=int, default=1, metavar="N")
    parser.add_argument(
        "--second-order", type=float, default=0.25, metavar="FRACTION", help="of programs (default: %(default)s)"
    )
    parser.add_argument("--all", action="store_true", help="use what features.py lists as off, too")
    parser.add_argument("--off", default="", metavar="NAME,...", help="more features or checks to leave out")
    parser.add_argument("--stop-after", type=int, default=50, metavar="N", help="failures (default: %(default)s)")
    parser.add_argument("--show", type=int, metavar="SEED", help="print the program of a seed and judge it")
    options = parser.parse_args(arguments)

    off = {name for name in options.off.split(",") if name} | (set() if options.all else set(FEATURES_OFF))
    if options.show is not None:
        program = generate(options.backend, options.show, off)
        print(listing(program))
        print("#", judge(program, off=off) or "nothing is wrong")
        return 0

    begin = time.perf_counter()
    seeds = range(options.seed, options.seed + options.programs)
    tasks = ((options.backend, seed, off, options.second_order) for seed in seeds)
    found: list[Found] = []
    done = 0
    with _progress(len(seeds)) as advance:
        for result in _results(tasks, options.processes):
            done += 1
            advance(len(found))
            if result is not None:
                found.append(result)
                print(f"seed {result.seed}: {result.failure.kind}", file=sys.stderr, flush=True)
                if len(found) >= options.stop_after:
                    break
    _report(found)
    here = (name for name in off if ":" not in name or name.startswith(options.backend + ":"))
    names = ", ".join(sorted(here)) or "nothing"
    print(f"{options.backend}: {done} programs from seed {options.seed}, {time.perf_counter() - begin:.0f} s")
    print(f"left out: {names}")
    print(f"{len(found)} failures" if found else "no failures")
    return 1 if found else 0


def _results(tasks: Iterable[Any], processes: int) -> Iterator[Found | None]:
    """What came of each task, in order."""
    if processes <= 1:
        yield from map(_examine, tasks)
        return
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        yield from pool.imap(_examine, tasks, chunksize=8)


def _examine(task: Any) -> Found | None:
    return examine(*task)


def _report(found: Sequence[Found]) -> None:
    groups: dict[tuple[str, str], list[Found]] = {}
    for f in found:
        groups.setdefault(f.group, []).append(f)
    for (kind, used), members in sorted(groups.items(), key=lambda item: -len(item[1])):
        smallest = min(members, key=lambda f: len(f.program.source()))
        seeds = ", ".join(str(f.seed) for f in members[:8]) + (", ..." if len(members) > 8 else "")
        print(f"\n{'=' * 100}\n{kind}: {len(members)} programs (seeds {seeds}) with {used or 'nothing of note'}")
        print(f"{smallest.failure.detail}\n{'-' * 100}\n{listing(smallest.program)}")
    if groups:
        print("=" * 100)


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """A bar where rich is installed and there is a terminal, else a line now and then."""
    try:
        from rich.console import Console
        from rich.progress import Progress
    except ImportError:
        Console = None  # noqa: N806
    if Console is not None and Console(stderr=True).is_terminal:
        with Progress(console=Console(stderr=True)) as progress:
            task = progress.add_task("programs", total=total)
            yield lambda failures: progress.update(task, advance=1, description=f"programs, {failures} failures")
        return
    done = 0

    def advance(failures: int) -> None:
        nonlocal done
        done += 1
        if done % 500 == 0:
            print(f"{done} of {total} programs, {failures} failures", file=sys.stderr, flush=True)

    yield advance


if __name__ == "__main__":
    raise SystemExit(main())
