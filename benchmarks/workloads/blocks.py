"""Memory for time: a chain of 64 blocks of elementwise work, plain and in 8 pieces that are computed again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from contestants import Prepare, differentiate
from workloads import Workload

BLOCKS, PIECES = 64, 8


def block(xp: Any, x: Any) -> Any:
    return xp.sin(x * 0.5) + xp.exp(-(x * x))


def piece(xp: Any, x: Any) -> Any:
    for _ in range(BLOCKS // PIECES):
        x = block(xp, x)
    return x


def chain(xp: Any, x: Any) -> Any:
    for _ in range(PIECES):
        x = piece(xp, x)
    return xp.sum(x)


def checkpointed(around: Callable[..., Any]) -> Callable[..., Any]:
    """The chain with each piece in a library's `checkpoint`."""

    def expression(xp: Any, x: Any) -> Any:
        run = around(lambda x: piece(xp, x))
        for _ in range(PIECES):
            x = run(x)
        return xp.sum(x)

    return expression


def by_hand(x: np.ndarray) -> tuple[Any, ...]:
    saved = []
    for _ in range(BLOCKS):
        bell = np.exp(-(x * x))
        saved.append((x, bell))
        x = np.sin(x * 0.5) + bell
    value = np.add.reduce(x)
    ct = np.ones_like(x)
    for x, bell in reversed(saved):
        ct = ct * (0.5 * np.cos(x * 0.5) - 2.0 * x * bell)
    return value, ct


def by_agrad(f: Any) -> Any:
    import agrad

    return agrad.checkpoint(f)


def by_torch(f: Any) -> Any:
    from torch.utils.checkpoint import checkpoint

    return lambda x: checkpoint(f, x, use_reentrant=False)


def by_jax(f: Any) -> Any:
    import jax

    return jax.checkpoint(f)


def workloads(tiny: bool) -> list[Workload]:
    x = np.linspace(-1.0, 1.0, 100 if tiny else 200_000)
    again: dict[str, Prepare] = {}
    for library, around in (("agrad", by_agrad), ("torch", by_torch), ("jax", by_jax)):
        steps = differentiate(checkpointed(around), [x], by_hand=by_hand)
        again |= {name: step for name, step in steps.items() if name.partition(".")[0] == library}
    plain = differentiate(chain, [x], by_hand=by_hand)
    return [
        Workload(name="blocks", title="a chain of 64 blocks", steps=plain),
        Workload(
            name="blocks-checkpoint",
            title="a chain of 64 blocks, in 8 checkpoints",
            steps={"numpy": plain["numpy"], "agrad.plain": plain["agrad"], **again},
        ),
    ]
