"""Pure helpers on shapes, axes and dtypes that several rules share."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any


def axes_of(axis: int | Sequence[int] | None, ndim: int) -> tuple[int, ...]:
    """The axes that a reduction runs over, as non-negative integers."""
    if axis is None:
        return tuple(range(ndim))
    if isinstance(axis, int):
        axis = (axis,)
    return tuple(a % ndim if ndim else 0 for a in axis)


def device_of(x: Any) -> Any:
    """Where to make an array beside another: None, the default, while a compiler traces that one, for it is nowhere."""
    return getattr(x, "device", None)


def place_of(x: Any) -> Any:
    """Where to make an array of another shape beside one: None, too, where that one is spread over several devices."""
    device = device_of(x)
    return None if hasattr(device, "device_set") else device  # a layout fits the shape that it was made for only


def along(ndim: int, axis: int, key: Any) -> tuple[Any, ...]:
    """An index into one axis of an `ndim`-d array, all of the others taken whole."""
    axis %= ndim
    return (slice(None),) * axis + (key,) + (slice(None),) * (ndim - axis - 1)


def keep(xp: Any, y: Any, axis: int | Sequence[int] | None, ndim: int, keepdims: bool = False) -> Any:
    """Put back, with length one, the axes that a reduction over `axis` of an `ndim`-d array removed."""
    if keepdims or y.ndim == 0:  # a scalar broadcasts by itself
        return y
    gone = axes_of(axis, ndim)
    shape = iter(y.shape)
    return xp.reshape(y, tuple(1 if i in gone else next(shape) for i in range(ndim)))


def is_complex(xp: Any, x: Any) -> bool:
    """Whether an array is complex: dtypes may be branched on, values never."""
    return _is(xp, x.dtype, "complex floating")


def is_integer(xp: Any, x: Any) -> bool:
    """Whether an array holds integers, signed or unsigned."""
    return _is(xp, x.dtype, "integral")


@lru_cache(maxsize=256)  # a library takes longer to say so than to compute with small arrays
def _is(xp: Any, dtype: Any, kind: str) -> bool:
    return bool(xp.isdtype(dtype, kind))
