"""Make the stored references, and compare them with PyTorch and JAX.

Run ``python -m agrad_conformance.generate``, with ``--chapter NAME`` for some chapters only. It writes the files of
`agrad_conformance.data`, but for chapters in which a comparison found a disagreement without a known reason. It needs
torch and jax.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import multiprocessing
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any, NamedTuple

from agrad_conformance import DATA_VERSION, data
from agrad_conformance.cases import standard_samples
from agrad_conformance.crosscheck import Finding, compare, explain
from agrad_conformance.high import CHAPTERS
from agrad_conformance.reference import DIGITS, STEP, Reference, compute
from agrad_conformance.sample import Sample
from agrad_conformance.systems import SYSTEMS

__all__ = ["main"]


class Made(NamedTuple):
    """What was made of one sample: its reference and what comparisons found, or a problem."""

    id: str
    digest: str
    reference: Reference | None
    findings: list[Finding]
    problem: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Make references by chapters; one in which something is wrong is not written, and the exit status is 1."""
    parser = argparse.ArgumentParser(prog="python -m agrad_conformance.generate", description=__doc__)
    parser.add_argument(
        "--chapter", action="append", choices=CHAPTERS, help="only this one; may be given several times"
    )
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args(arguments)
    wrong = 0
    with multiprocessing.get_context("spawn").Pool(options.processes) as pool:
        for chapter in options.chapter or CHAPTERS:
            ids = [s.id for s in standard_samples([chapter])]
            parts = options.processes * 8
            made = {m.id: m for part in pool.imap(make, [(chapter, ids[i::parts]) for i in range(parts)]) for m in part}
            problems = [m.problem for m in made.values() if m.problem]
            findings = [f for i in ids for f in made[i].findings]
            reasons, unexplained = explain(findings)
            problems += unexplained
            if problems:
                wrong += 1
                print(*problems, f"{chapter}: {len(problems)} problems; not written", sep="\n", file=sys.stderr)
                continue
            content = data.encode({i: (m.digest, m.reference) for i in ids if (m := made[i]).reference is not None})
            _write(chapter, content, _entry(content, findings, reasons))
            print(f"{chapter}: {len(ids)} records, {len(content)} bytes", flush=True)
    return 1 if wrong else 0


def make(part: tuple[str, list[str]]) -> list[Made]:
    """The references and comparisons of some samples of a chapter."""
    chapter, ids = part
    return [_made(s) for s in standard_samples([chapter]) if s.id in set(ids)]


def _made(sample: Sample) -> Made:
    try:
        reference = compute(sample)
    except Exception as error:  # one sample shall not hide the problems of the others
        return Made(sample.id, sample.digest, None, [], f"{sample.id}: {type(error).__name__}: {error}")
    return Made(sample.id, sample.digest, reference, [compare(sample, reference, system) for system in SYSTEMS], "")


def _entry(content: bytes, findings: list[Finding], reasons: dict[str, list[Finding]]) -> dict[str, Any]:
    def counts(system: str) -> Iterator[tuple[str, Any]]:
        own = [f for f in findings if f.system == system]
        agreed = [f for f in own if not f.message]
        yield "agrees", len(agreed)
        yield "largest error", float(f"{max((f.error for f in agreed), default=0.0):.1e}")
        yield (
            "disagrees, because",
            {reason.partition(": ")[2]: [f.id for f in fs] for reason, fs in reasons.items() if fs[0].system == system},
        )

    return {
        "records": len({f.id for f in findings}),
        "sha256": hashlib.sha256(content).hexdigest(),
        "compared with": {system: dict(counts(system)) for system in SYSTEMS},
    }


def _write(chapter: str, content: bytes, entry: dict[str, Any]) -> None:
    path = data.folder() / data.MANIFEST
    old = json.loads(path.read_text()) if path.exists() else {"chapters": {}}
    chapters = {**old["chapters"], chapter: entry}
    (data.folder() / f"{chapter}.npz").write_bytes(content)
    text = json.dumps(
        {
            "version": DATA_VERSION,
            "script": "python -m agrad_conformance.generate",
            "method": f"central differences at {DIGITS} digits with step 1e-{STEP}, stored as pairs of doubles",
            "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
            "libraries": {name: version(name) for name in ("mpmath", "numpy", *SYSTEMS)},
            "chapters": {c: chapters[c] for c in CHAPTERS if c in chapters},
        },
        indent=1,
    )
    path.write_text(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
