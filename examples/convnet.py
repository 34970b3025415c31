"""Train a convolutional network on 1,797 handwritten digits, with the layers of agrad_nn.

    python examples/convnet.py --backend numpy

It prints the falling loss and the accuracy on digits that were held out, and draws a PNG: the loss, the filters of the
first layer, and the digits that were misread.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from sklearn.datasets import load_digits

import agrad
import agrad_nn as nn

Array = np.ndarray[Any, Any]


@dataclass
class Digits:
    """Images of one channel of 8 by 8 pixels between 0 and 1, and the digits that they show."""

    images: Array
    labels: Array


@dataclass
class Run:
    """What training left behind."""

    losses: list[float]
    """One a step, each of its own batch."""
    steps_per_epoch: int
    filters: Array
    """What the first layer looks for: (16, 3, 3)."""
    test: Digits
    predictions: Array

    @property
    def accuracy(self) -> float:
        """The share of the held-out digits that were read correctly."""
        return float(np.mean(self.predictions == self.test.labels))

    @property
    def epoch_losses(self) -> Array:
        """The mean loss over each epoch."""
        return np.mean(np.reshape(self.losses, (-1, self.steps_per_epoch)), axis=1)


def load(seed: int) -> tuple[Digits, Digits]:
    """Shuffle the data set and hold a quarter of it out."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(seed).permutation(len(labels))
    images, labels = images[order].reshape(-1, 1, 8, 8).astype(np.float32) / 16, labels[order].astype(np.int32)
    held_out = len(labels) // 4
    return Digits(images[held_out:], labels[held_out:]), Digits(images[:held_out], labels[:held_out])


def network() -> nn.Sequential:
    """Two convolutions, a pool, and ten numbers an image: the larger one, the likelier its digit."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding="same", bias=False),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Conv2d(16, 32, 3, padding="same", bias=False),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Dropout(0.3),
        nn.Flatten(),
        nn.Linear(32 * 4 * 4, 10),
    )


def train(
    backend: str = "numpy",
    epochs: int = 20,
    batch: int = 64,
    lr: float = 0.003,
    seed: int = 0,
    on_epoch: Callable[[int, float], None] = lambda epoch, loss: None,
) -> Run:
    """Train with Adam, whose steps become smaller, then read the held-out digits."""
    xp = agrad.namespace(backend)
    nn.seed(seed)
    training, test = load(seed)
    model = network().to(backend=backend, dtype="float32")
    criterion = nn.CrossEntropyLoss()
    optimizer = nn.optim.Adam(model.parameters(), lr=lr)
    schedule = nn.optim.CosineAnnealingLR(optimizer, epochs)
    dataset = nn.data.ArrayDataset(xp.asarray(training.images), xp.asarray(training.labels))
    loader = nn.data.DataLoader(dataset, batch_size=batch, shuffle=True)
    losses: list[float] = []
    for epoch in range(epochs):
        for images, labels in loader:
            optimizer.zero_grad()
            loss = criterion(model(images), labels)
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        schedule.step()
        on_epoch(epoch, float(np.mean(losses[-len(loader) :])))
    model.eval()  # no dropout, and the running statistics
    with agrad.no_grad():
        predictions = model(xp.asarray(test.images)).argmax(axis=1)
    filters = np.asarray(model[0].weight.tolist())[:, 0]
    return Run(losses, len(loader), filters, test, np.asarray(predictions.tolist()))


def draw(run: Run, path: Path) -> None:
    """Draw the loss curve, the filters of the first layer, and the digits that were misread."""
    figure = Figure(figsize=(14, 4.4), layout="constrained")
    left, middle, right = figure.subfigures(1, 3, width_ratios=[5, 3.4, 5])

    curve = left.subplots()
    epochs = np.arange(1, len(run.losses) + 1) / run.steps_per_epoch
    curve.semilogy(epochs, run.losses, color="0.75", linewidth=0.6, label="one batch")
    curve.semilogy(
        np.arange(len(run.epoch_losses)) + 0.5, run.epoch_losses, color="C0", linewidth=2, label="mean over an epoch"
    )
    curve.set(xlabel="epoch", ylabel="cross-entropy on the training digits")
    curve.legend(frameon=False)
    curve.spines[["top", "right"]].set_visible(False)

    strongest = float(np.max(np.abs(run.filters)))
    for axes, each in zip(middle.subplots(4, 4).flat, run.filters, strict=True):
        axes.imshow(each, cmap="RdBu", vmin=-strongest, vmax=strongest)
        axes.set(xticks=[], yticks=[])
    middle.suptitle("filters of the first layer\n(blue for ink, red against it)", fontsize=11)

    wrong = np.flatnonzero(run.predictions != run.test.labels)
    for axes, i in zip(right.subplots(2, 4).flat, [*wrong[:8], *[None] * 8], strict=False):
        axes.set_axis_off()
        if i is not None:
            axes.imshow(run.test.images[i, 0], cmap="gray_r", vmin=0, vmax=1)
            axes.set_title(f"{run.predictions[i]}, is {run.test.labels[i]}", fontsize=11)
    shown = f"{len(wrong)} were misread" + (", 8 of them:" if len(wrong) > 8 else ":" if len(wrong) else "")
    right.suptitle(f"{run.accuracy:.1%} of {len(run.predictions)} held-out digits read correctly\n{shown}", fontsize=11)
    figure.savefig(path, dpi=120)


def _positive(text: str) -> int:
    if (n := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"{n} is not positive")
    return n


def main(arguments: Sequence[str] | None = None) -> Run:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", metavar="NAME", default="numpy", help="an installed backend (default: numpy)")
    parser.add_argument("--epochs", metavar="N", type=_positive, default=20, help="passes over the data (default: 20)")
    parser.add_argument("--batch", metavar="N", type=_positive, default=64, help="digits a step (default: 64)")
    parser.add_argument("--lr", metavar="RATE", type=float, default=0.003, help="first learning rate (default: 0.003)")
    parser.add_argument("--seed", metavar="N", type=int, default=0, help="for the split, the start and the order")
    parser.add_argument("--out", metavar="PNG", type=Path, default=Path("convnet.png"), help="default: convnet.png")
    options = parser.parse_args(arguments)

    columns = TextColumn("epoch"), MofNCompleteColumn(), BarColumn(), TextColumn("loss {task.fields[loss]:.4f}")
    with Progress(*columns, TimeElapsedColumn()) as progress:
        task = progress.add_task("training", total=options.epochs, loss=float("nan"))

        def report(epoch: int, loss: float) -> None:
            progress.update(task, advance=1, loss=loss)
            if epoch == 0 or (epoch + 1) % max(options.epochs // 5, 1) == 0:
                progress.console.print(f"epoch {epoch + 1:3}  loss {loss:.4f}", highlight=False)

        run = train(options.backend, options.epochs, options.batch, options.lr, options.seed, report)
    draw(run, options.out)
    read = int(np.sum(run.predictions == run.test.labels))
    print(f"test accuracy {run.accuracy:.2%} ({read} of {len(run.predictions)} held-out digits); see {options.out}")
    return run


if __name__ == "__main__":
    main()
