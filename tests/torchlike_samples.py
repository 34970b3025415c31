"""Random arrays of every kind that PyTorch writes differently, from a seed, and the texts that it gives them.

``python tests/torchlike_samples.py`` stores texts for machines without PyTorch.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

STORED = Path(__file__).parent / "data" / "torchlike_printing.json"

SHAPES: list[tuple[int, ...]] = [
    (), (1,), (3,), (7,), (30,), (1001,), (2, 2), (1, 5), (3, 20), (2, 3, 4), (0,), (2, 0), (0, 3, 1), (1, 1, 1, 1),
    (40, 30), (10, 4, 26), (5, 201), (1005, 1), (2, 2, 2, 130), (8, 7, 20),
]  # fmt: skip
DTYPES = ["float32", "float64", "int64", "int32", "uint8", "bool", "complex64", "complex128", "float16"]
OPTIONS: list[dict[str, Any]] = [
    {}, {}, {}, {}, {"precision": 2}, {"precision": 8}, {"sci_mode": True}, {"sci_mode": False}, {"profile": "full"},
    {"profile": "short"}, {"linewidth": 40}, {"threshold": 5}, {"edgeitems": 1, "threshold": 10}, {"edgeitems": 0},
    {"edgeitems": 0, "threshold": 3}, {"linewidth": 200, "edgeitems": 5, "threshold": 20},
]  # fmt: skip


def samples(n: int, seed: int) -> Iterator[tuple[Any, dict[str, Any], dict[str, Any]]]:
    """Yield arrays, what follows them, and printing options."""
    rng = np.random.default_rng(seed)
    for _ in range(n):
        shape, dtype = SHAPES[rng.integers(len(SHAPES))], DTYPES[rng.integers(len(DTYPES))]
        ends = [{}, {}, {"requires_grad": True}, {"grad_fn": "UnsafeViewBackward0"}, {"grad_fn": "CloneBackward0"}]
        end = ends[rng.integers(len(ends))] if dtype[0] in "fc" else {}
        yield array(rng, shape, dtype), end, OPTIONS[rng.integers(len(OPTIONS))]


def array(rng: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """An array of one kind of numbers: small, large, whole, with many zeros, with nan and infinities."""
    if dtype == "bool":
        return rng.random(shape) < 0.5
    if dtype in ("int64", "int32", "uint8"):
        low = 0 if dtype == "uint8" else -(10 ** int(rng.integers(0, 6)))
        return rng.integers(low, 10 ** int(rng.integers(1, 3)), shape, endpoint=True).astype(dtype)
    if dtype.startswith("complex"):
        part = "float32" if dtype == "complex64" else "float64"
        z = np.empty(shape, dtype)
        z.real, z.imag = array(rng, shape, part), array(rng, shape, part)
        return z
    x = np.asarray(rng.standard_normal(shape)) * 10.0 ** rng.choice([-7, -3, -1, 0, 0, 0, 1, 2, 3, 6, 9])
    kind = rng.integers(8)
    if kind == 0:
        x = np.round(x)
    elif kind == 1:
        x = np.where(rng.random(shape) < 0.6, 0.0, x)
    elif kind == 2:
        x = np.where(rng.random(shape) < 0.2, rng.choice([np.nan, np.inf, -np.inf, -0.0]), x)
    elif kind == 3:
        x = np.round(x) + np.where(rng.random(shape) < 0.1, np.nan, 0.0)
    elif kind == 4:
        x = np.zeros(shape) * -1.0
    elif kind == 5:
        x = x * 10.0 ** rng.integers(-4, 4, shape)
    with np.errstate(over="ignore"):
        return np.asarray(x, dtype)


def pytorchs(torch: Any, x: Any, end: dict[str, Any], options: dict[str, Any]) -> str:
    """PyTorch's text."""
    t = torch.from_numpy(np.array(x))
    if end:
        t.requires_grad_()
    if end.get("grad_fn") == "CloneBackward0":
        t = t.clone()
    elif "grad_fn" in end:
        t = torch.ops.aten._unsafe_view(t, t.shape)
    try:
        torch.set_printoptions(**options)
        return str(t)
    finally:
        torch.set_printoptions(profile="default")


def intel() -> bool:
    """Whether PyTorch draws masks with MKL here."""
    try:
        with open("/proc/cpuinfo") as f:
            return "GenuineIntel" in f.read()
    except OSError:
        return True


if __name__ == "__main__":
    import torch

    STORED.write_text(json.dumps([pytorchs(torch, *sample) for sample in samples(200, 99)], indent=0) + "\n")
