"""What several ops share: arguments checked, axes counted, sums of products."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from agrad.errors import DtypeError

__all__ = ["integers", "kept_axes", "reals", "summed_products"]


@lru_cache(maxsize=256)  # a library takes longer to say so than to compute with small arrays
def _is(xp: Any, dtype: Any, kind: str) -> bool:
    return bool(xp.isdtype(dtype, kind))


def integers(xp: Any, x: Any) -> bool:
    """Whether an array holds integers."""
    return _is(xp, x.dtype, "integral")


def reals(xp: Any, name: str, *arguments: Any) -> tuple[Any, ...]:
    """The arguments, which are real floating-point arrays; Python numbers are made arrays, None stays None."""
    like = None
    plain = True
    for a in arguments:
        if hasattr(a, "dtype"):
            like = a if like is None else like
            if not _is(xp, a.dtype, "real floating"):
                raise DtypeError(
                    f"nn.{name} got an array of {a.dtype}; it takes real floating-point numbers; "
                    "convert it first, with xp.astype(x, xp.float32)"
                )
        elif a is not None:
            plain = False
    if plain:
        return arguments
    dtype, device = getattr(like, "dtype", None), getattr(like, "device", None)
    return tuple(
        a if a is None or hasattr(a, "dtype") else xp.asarray(float(a), dtype=dtype, device=device) for a in arguments
    )


def kept_axes(xp: Any, y: Any, axis: int | Sequence[int] | None, ndim: int) -> Any:
    """What a reduction of an `ndim`-d array over `axis` gave, with the axes that it removed put back with length 1."""
    if y.ndim == 0:
        return y  # a number broadcasts by itself
    gone = {a % ndim for a in ((axis,) if isinstance(axis, int) else range(ndim) if axis is None else axis)}
    lengths = iter(y.shape)
    return xp.reshape(y, tuple(1 if i in gone else next(lengths) for i in range(ndim)))


def summed_products(xp: Any, x1: Any, x2: Any, axis: int = -1) -> Any:
    """``sum(x1 * x2)`` along an axis, which stays with length 1; along the last one no product is written down."""
    if axis in (-1, x1.ndim - 1):
        return xp.expand_dims(xp.vecdot(x1, x2), axis=-1)
    return xp.sum(x1 * x2, axis=axis, keepdims=True)
