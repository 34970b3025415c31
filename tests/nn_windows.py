"""Calls of convolutions, pools and embeddings, and what PyTorch makes of them: computed where it is installed, stored
where it is not. ``python tests/nn_windows.py`` stores them anew."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

__all__ = ["CALLS", "STORED", "Call", "arguments", "by_torch"]

STORED = Path(__file__).parent / "data/nn_windows.json"


class Call(NamedTuple):
    """An op, the shapes of its arguments, and its parameters."""

    op: str
    shapes: tuple[tuple[int, ...], ...]
    params: dict[str, Any]

    def __repr__(self) -> str:
        return f"{self.op}-{'-'.join('x'.join(map(str, s)) for s in self.shapes)}-{self.params}"


def _conv() -> Iterator[Call]:
    def call(op: str, *shapes: tuple[int, ...], **params: Any) -> Call:
        return Call(op, shapes, params)

    yield call("conv1d", (2, 3, 9), (4, 3, 3))
    yield call("conv1d", (2, 3, 9), (4, 3, 4), stride=3, padding=2)
    yield call("conv1d", (2, 4, 9), (6, 2, 3), groups=2, dilation=2, padding="same")
    yield call("conv1d", (2, 4, 9), (4, 1, 2), groups=4, padding="same")
    yield call("conv1d", (3, 8), (2, 3, 8), padding="valid")
    yield call("conv2d", (3, 2, 6, 7), (4, 2, 3, 3), padding=1)
    yield call("conv2d", (2, 2, 7, 6), (4, 2, 3, 2), stride=(2, 3), padding=(1, 0))
    yield call("conv2d", (2, 4, 6, 8), (2, 2, 2, 3), groups=2, dilation=(1, 2), padding="same")
    yield call("conv2d", (2, 3, 5, 5), (3, 3, 1, 1))
    yield call("conv2d", (2, 3, 5, 5), (3, 3, 1, 1), stride=2)
    yield call("conv2d", (2, 5, 4), (3, 2, 2, 3), padding=2)
    yield call("conv_transpose1d", (2, 3, 5), (3, 2, 3))
    yield call("conv_transpose1d", (2, 3, 5), (3, 2, 3), stride=3, padding=1, output_padding=2)
    yield call("conv_transpose1d", (2, 4, 5), (4, 2, 2), groups=2, dilation=3, output_padding=2)
    yield call("conv_transpose2d", (2, 3, 4, 3), (3, 2, 3, 2), stride=2, padding=1)
    yield call("conv_transpose2d", (2, 4, 3, 3), (4, 1, 2, 2), stride=(2, 1), groups=2, output_padding=(1, 0))
    yield call("conv_transpose2d", (3, 3, 4), (3, 2, 3, 3), padding=(1, 2), dilation=(1, 2))


def _pools() -> Iterator[Call]:
    shapes = {1: (2, 3, 11), 2: (2, 2, 7, 8)}
    settings: list[dict[str, Any]] = [
        {"kernel_size": 2},
        {"kernel_size": 3, "stride": 2},
        {"kernel_size": 3, "stride": 2, "padding": 1},
        {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True},
        {"kernel_size": 2, "stride": 3, "ceil_mode": True},
        {"kernel_size": 4, "stride": 1},
    ]
    for n, shape in shapes.items():
        for params in settings:
            yield Call(f"max_pool{n}d", (shape,), params)
            yield Call(f"max_pool{n}d_indices", (shape,), params)
            yield Call(f"avg_pool{n}d", (shape,), params)
            yield Call(f"avg_pool{n}d", (shape,), params | {"count_include_pad": False})
        for params in ({"kernel_size": 4, "dilation": 2, "padding": 2, "stride": 2}, {"kernel_size": 2, "dilation": 3}):
            yield Call(f"max_pool{n}d", (shape,), params)
            yield Call(f"max_pool{n}d_indices", (shape,), params)
        for size in (1, 3, 4, 7):
            for kind in ("avg_pool", "max_pool"):
                yield Call(f"adaptive_{kind}{n}d", (shape,), {"output_size": size})
            yield Call(f"adaptive_max_pool{n}d_indices", (shape,), {"output_size": size})
    yield Call("adaptive_avg_pool2d", (shapes[2],), {"output_size": (None, 3)})
    yield Call("max_pool2d", ((3, 6, 5),), {"kernel_size": (3, 2), "stride": (1, 2), "padding": (1, 0)})


CALLS = [*_conv(), *_pools()]


def arguments(call: Call) -> tuple[list[np.ndarray], np.random.Generator]:
    """Quarters between -2 and 2, so that there are ties and no rounding; and the generator, for a cotangent."""
    random = np.random.Generator(np.random.PCG64(sum(map(ord, repr(call)))))
    return [random.integers(-8, 9, size=shape) / 4 for shape in call.shapes], random


def by_torch(call: Call) -> tuple[list[Any], list[list[Any]]]:
    """The result, and the gradients of its product with a cotangent."""
    import torch

    arrays, random = arguments(call)
    f = getattr(torch.nn.functional, call.op.removesuffix("_indices"))
    inputs = [torch.tensor(a, requires_grad=True) for a in arrays]
    if call.op.endswith("_indices"):
        return f(*inputs, **call.params, return_indices=True)[1].tolist(), []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it copies x where the padding differs on the two sides
        y = f(*inputs, **call.params)
    y.backward(torch.tensor(random.integers(-8, 9, size=y.shape) / 4))
    return y.tolist(), [x.grad.tolist() for x in inputs]


if __name__ == "__main__":
    STORED.write_text("{\n" + ",\n".join(f"{json.dumps(repr(c))}: {json.dumps(by_torch(c))}" for c in CALLS) + "\n}\n")
