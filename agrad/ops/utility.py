"""Utility functions."""

from __future__ import annotations

from typing import Any

from agrad.declare import Over, composite, constant
from agrad.ops._shapes import along

OPS = (
    constant("all(x, /, *, axis=None, keepdims=False)", "a truth value has no derivative", axes=Over("axis", "all")),
    constant("any(x, /, *, axis=None, keepdims=False)", "a truth value has no derivative", axes=Over("axis", "all")),
    composite(
        "diff(x, /, *, axis=-1, n=1, prepend=None, append=None)",
        lambda xp, x, axis, n, prepend, append: _diff(xp, x, axis % x.ndim, n, prepend, append),
        data=("x", "prepend", "append"),
    ),
)


def _diff(xp: Any, x: Any, axis: int, n: int, prepend: Any, append: Any) -> Any:
    if n and (prepend is not None or append is not None):
        x = xp.concat([a for a in (prepend, x, append) if a is not None], axis=axis)
    for _ in range(min(n, x.shape[axis])):
        x = xp.getitem(x, along(x.ndim, axis, slice(1, None))) - xp.getitem(x, along(x.ndim, axis, slice(None, -1)))
    return x
