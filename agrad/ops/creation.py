"""Creation functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agrad.declare import POINTWISE, Core, composite, creation, linear

OPS = (
    creation("arange(start, /, stop=None, step=1, *, dtype=None, device=None)"),
    creation("asarray(obj, /, *, dtype=None, device=None, copy=None)"),
    creation("empty(shape, *, dtype=None, device=None)"),
    creation("empty_like(x, /, *, dtype=None, device=None)", data=("x",), axes=POINTWISE),
    creation("eye(n_rows, n_cols=None, /, *, k=0, dtype=None, device=None)"),
    creation("from_dlpack(x, /, *, device=None, copy=None)"),
    creation("full(shape, fill_value, *, dtype=None, device=None)"),
    creation("full_like(x, /, fill_value, *, dtype=None, device=None)", data=("x",), axes=POINTWISE),
    creation("linspace(start, stop, /, num, *, dtype=None, device=None, endpoint=True)"),
    composite("meshgrid(*arrays, indexing='xy')", lambda xp, arrays, indexing: _meshgrid(xp, arrays, indexing)),
    creation("ones(shape, *, dtype=None, device=None)"),
    creation("ones_like(x, /, *, dtype=None, device=None)", data=("x",), axes=POINTWISE),
    linear("tril(x, /, *, k=0)", lambda xp, ct, k: xp.tril(ct, k=k), axes=Core(2, 2)),
    linear("triu(x, /, *, k=0)", lambda xp, ct, k: xp.triu(ct, k=k), axes=Core(2, 2)),
    creation("zeros(shape, *, dtype=None, device=None)"),
    creation("zeros_like(x, /, *, dtype=None, device=None)", data=("x",), axes=POINTWISE),
)


def _meshgrid(xp: Any, arrays: Sequence[Any], indexing: str) -> tuple[Any, ...]:
    """Let each array vary along its own axis; "xy" exchanges the first two axes."""
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', not {indexing!r}")
    n = len(arrays)
    axes = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else range(n)
    columns = (xp.reshape(a, (1,) * i + (a.size,) + (1,) * (n - i - 1)) for i, a in zip(axes, arrays, strict=True))
    return tuple(xp.broadcast_arrays(*columns))
