"""Train two networks against each other until one of them draws a ring of eight dots: a small GAN, with agrad_nn.

    python examples/gan.py --backend numpy

The critic learns to tell points of the ring from those that the artist makes of random numbers; the artist learns to
deceive it, and never sees the ring. It prints how many of its points are on the dots, and draws a PNG of how it went.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import agrad
import agrad_nn as nn

NOISE = 8
"""How many random numbers a point is made of."""
HIDDEN = 64
SPREAD = 0.05
"""The standard deviation of a dot."""
ANGLES = np.arange(8) * (np.pi / 4)
DOTS = np.stack([np.cos(ANGLES), np.sin(ANGLES)], axis=1)
Array = np.ndarray[Any, Any]


@dataclass
class Run:
    """What training left behind."""

    losses: list[tuple[float, float]] = field(default_factory=list)
    """Of the critic and of the artist, one pair a step."""
    drawings: dict[int, Array] = field(default_factory=dict)
    """A thousand points of the artist, by the number of steps before."""

    @property
    def on_dots(self) -> Array:
        """How many points of the last drawing are on each dot, within three standard deviations."""
        points = list(self.drawings.values())[-1]
        distances = np.linalg.norm(points[:, None] - DOTS, axis=-1)
        return np.sum(distances < 3 * SPREAD, axis=0)


def ring(n: int, random: np.random.Generator) -> Array:
    """Points of the pattern."""
    return (DOTS[random.integers(8, size=n)] + SPREAD * random.normal(size=(n, 2))).astype(np.float32)


def network(inputs: int, outputs: int, slope: float) -> nn.Sequential:
    """What both are: two hidden layers of rectifiers, with that slope where they are off."""
    return nn.Sequential(
        nn.Linear(inputs, HIDDEN),
        nn.LeakyReLU(slope),
        nn.Linear(HIDDEN, HIDDEN),
        nn.LeakyReLU(slope),
        nn.Linear(HIDDEN, outputs),
    )


def train(
    backend: str = "numpy",
    steps: int = 3000,
    batch: int = 128,
    lr: float = 0.004,
    seed: int = 0,
    on_step: Callable[[int, float, float], None] = lambda step, critic, artist: None,
) -> Run:
    """Train both in turns, and let the artist draw now and then."""
    xp = agrad.namespace(backend)
    nn.seed(seed)
    random = np.random.default_rng(seed)
    artist = network(NOISE, 2, slope=0.0).to(backend=backend, dtype="float32")
    critic = network(2, 1, slope=0.2).to(backend=backend, dtype="float32")
    optimizers = [nn.optim.Adam(model.parameters(), lr=lr, betas=(0.5, 0.99)) for model in (critic, artist)]
    schedules = [nn.optim.CosineAnnealingLR(optimizer, steps) for optimizer in optimizers]
    criterion = nn.BCEWithLogitsLoss()
    real, made = xp.ones((batch, 1), dtype=xp.float32), xp.zeros((batch, 1), dtype=xp.float32)

    def invent(n: int) -> Any:
        return artist(xp.asarray(random.normal(size=(n, NOISE)).astype(np.float32)))

    def drawing() -> Array:
        with agrad.no_grad():
            return np.asarray(invent(1000).tolist())

    def critics_loss() -> Any:
        with agrad.no_grad():
            points = invent(batch)
        return criterion(critic(xp.asarray(ring(batch, random))), real) + criterion(critic(points), made)

    def artists_loss() -> Any:
        return criterion(critic(invent(batch)), real)  # it wants its points to pass for real ones

    run = Run(drawings={0: drawing()})
    shown = {round(steps * share) for share in (0.05, 0.1, 0.2, 0.4, 1)}
    for step in range(1, steps + 1):
        losses = []
        for optimizer, schedule, of in zip(optimizers, schedules, (critics_loss, artists_loss), strict=True):
            optimizer.zero_grad()
            loss = of()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        run.losses.append((losses[0], losses[1]))
        if step in shown:
            run.drawings[step] = drawing()
        on_step(step, *losses)
    return run


def draw(run: Run, path: Path) -> None:
    """Draw the points at six times, on the dots in grey, and both losses below."""
    figure = Figure(figsize=(14, 5), layout="constrained")
    above, below = figure.subfigures(2, 1, height_ratios=[3, 2])
    dots = ring(1000, np.random.default_rng(0))
    for axes, (step, points) in zip(
        np.atleast_1d(above.subplots(1, len(run.drawings))), run.drawings.items(), strict=True
    ):
        axes.scatter(*dots.T, s=6, color="0.85", linewidths=0)
        axes.scatter(*points.T, s=3, color="C0", alpha=0.6, linewidths=0)
        axes.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), xticks=[], yticks=[], aspect="equal")
        axes.set_title(f"after {step} steps" if step else "at the start", fontsize=11)
    axes = below.subplots()
    for losses, label in zip(np.transpose(run.losses), ("critic", "artist"), strict=True):
        axes.plot(np.arange(1, len(losses) + 1), losses, linewidth=0.6, label=label)
    axes.set(xlabel="step", ylabel="cross-entropy")
    axes.legend(frameon=False)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)


def _positive(text: str) -> int:
    if (n := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{n} is not positive")
    return n


def main(arguments: Sequence[str] | None = None) -> Run:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", metavar="NAME", default="numpy", help="an installed backend (default: numpy)")
    parser.add_argument("--steps", metavar="N", type=_positive, default=3000, help="of each network (default: 3000)")
    parser.add_argument("--batch", metavar="N", type=_positive, default=128, help="points a step (default: 128)")
    parser.add_argument("--lr", metavar="RATE", type=float, default=0.004, help="first learning rate (default: 0.004)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="for the start and the points")
    parser.add_argument("--out", metavar="PNG", type=Path, default=Path("gan.png"), help="default: gan.png")
    options = parser.parse_args(arguments)

    text = "critic {task.fields[critic]:.3f}  artist {task.fields[artist]:.3f}"
    columns = TextColumn("step"), MofNCompleteColumn(), BarColumn(), TextColumn(text), TimeElapsedColumn()
    with Progress(*columns) as progress:
        task = progress.add_task("training", total=options.steps, critic=float("nan"), artist=float("nan"))

        def report(step: int, critic: float, artist: float) -> None:
            progress.update(task, completed=step, critic=critic, artist=artist)

        run = train(options.backend, options.steps, options.batch, options.lr, options.seed, report)
    draw(run, options.out)
    found, on_dots = np.sum(run.on_dots > 0), np.sum(run.on_dots) / 1000
    print(f"{on_dots:.1%} of the artist's points are on dots, on {found} of 8; see {options.out}")
    return run


if __name__ == "__main__":
    main()
