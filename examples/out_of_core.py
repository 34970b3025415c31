"""Logistic regression on data several times larger than the memory that a worker process may use.

    python examples/out_of_core.py --gigabytes 4 --workers 2 --memory-limit 300MB

agrad records the loss and its gradient as lazy dask arrays; dask.distributed computes both in one pass over the data,
block by block. The blocks are drawn at random where they are needed, and are never all there at once. The gradient of
the last step is compared with the closed form.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import dask
import dask.array as da
import numpy as np
from dask.utils import format_bytes, parse_bytes
from distributed import Client, LocalCluster, progress

import agrad

FEATURES = 20
BLOCK = 100_000
"""Rows a block: 8 MB of single precision."""

Array = np.ndarray[Any, Any]


@dataclass
class Run:
    """What training left behind."""

    weights: Array
    losses: list[float] = field(default_factory=list)
    difference: float = float("nan")
    """The largest difference between the last gradient and the closed form, relative to the largest entry."""


def dataset(rows: int, block: int = BLOCK, seed: int = 0) -> tuple[da.Array, da.Array]:
    """Points in a cube, and on which side of a plane they are, +1 or -1, one in ten wrong; none is drawn yet."""
    points, mistakes, plane = np.random.SeedSequence(seed).spawn(3)
    x = da.random.default_rng(points).random((rows, FEATURES), dtype=np.float32, chunks=(block, FEATURES))
    x = x - np.float32(0.5)
    mistaken = da.random.default_rng(mistakes).random(rows, chunks=block) < 0.1
    normal = np.random.default_rng(plane).normal(size=FEATURES).astype(np.float32)
    y = da.where((x @ normal > 0) ^ mistaken, np.float32(1), np.float32(-1))
    return x, y


def loss(x: Any, y: Any, weights: Any) -> Any:
    """The mean of -log(probability of the label)."""
    xp = agrad.array_namespace(weights)
    margins = y * (x @ weights)
    return xp.mean(xp.logaddexp(xp.zeros_like(margins), -margins))


def closed_form(x: da.Array, y: da.Array, weights: da.Array) -> da.Array:
    """The gradient by hand, without agrad."""
    return -(x.T @ (y / (1 + da.exp(y * (x @ weights))))) / np.float32(len(x))


def train(
    x: da.Array,
    y: da.Array,
    steps: int = 3,
    lr: float = 4.0,
    compute: Callable[[list[da.Array]], list[Any]] = lambda arrays: list(dask.compute(*arrays)),
    on_step: Callable[[int, float], None] = lambda step, loss: None,
) -> Run:
    """Descend the gradient of all of the data; each step is one pass over it."""
    run = Run(np.zeros(x.shape[1], x.dtype))
    for step in range(steps):
        weights = da.from_array(run.weights)
        wanted = [*agrad.value_and_grad(lambda w: loss(x, y, w))(weights)]  # lazy, both of them
        if step == steps - 1:
            wanted.append(closed_form(x, y, weights))
        value, gradient, *expected = compute(wanted)
        for e in expected:
            run.difference = float(np.max(np.abs(gradient - e)) / np.max(np.abs(e)))
        run.weights = run.weights - np.float32(lr) * gradient
        run.losses.append(float(value))
        on_step(step, run.losses[-1])
    return run


def _positive(text: str) -> int:
    if (n := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{n} is not positive")
    return n


def main(arguments: Sequence[str] | None = None) -> Run:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gigabytes", metavar="N", type=float, default=4.0, help="size of the data (default: 4)")
    parser.add_argument("--workers", metavar="N", type=_positive, default=2, help="worker processes (default: 2)")
    parser.add_argument("--memory-limit", metavar="SIZE", default="300MB", help="of each worker (default: 300MB)")
    parser.add_argument("--steps", metavar="N", type=_positive, default=5, help="passes over the data (default: 5)")
    parser.add_argument("--lr", metavar="RATE", type=float, default=4.0, help="learning rate (default: 4)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="for the data")
    options = parser.parse_args(arguments)

    rows = max(int(options.gigabytes * 1e9) // (4 * FEATURES), 1)
    x, y = dataset(rows, seed=options.seed)
    ratio = x.nbytes / parse_bytes(options.memory_limit)
    print(
        f"{rows:,} rows in {x.npartitions} blocks: {format_bytes(x.nbytes)}, {ratio:.1f} times the "
        f"{options.memory_limit} that each of {options.workers} workers may use",
        flush=True,
    )
    settings = {"distributed.scheduler.allowed-failures": 0}  # a worker that is killed for its memory is an error
    cluster = {"n_workers": options.workers, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        dask.config.set(settings),
        LocalCluster(**cluster, memory_limit=options.memory_limit) as started,
        Client(started) as client,
    ):

        def compute(arrays: list[da.Array]) -> list[Any]:
            futures = client.compute(arrays)
            progress(futures, notebook=False)
            return list(client.gather(futures))

        def report(step: int, value: float) -> None:
            print(f"\nstep {step + 1:2}  loss {value:.4f}", flush=True)

        run = train(x, y, options.steps, options.lr, compute, report)
    print(f"the gradient and the closed form differ by {run.difference:.1e} of its largest entry")
    return run


if __name__ == "__main__":
    main()
