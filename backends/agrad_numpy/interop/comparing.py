"""Rows of the table that compare and ask: `allclose`, `isclose`, `array_equal`, `iscomplexobj`, `result_type`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import agrad
from agrad_numpy.interop.common import array_of, constant, plain

__all__ = ["ROWS"]


def isclose(xp: Any, a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: bool = False) -> Any:
    """``numpy.isclose``, in a batch too."""
    a, b = array_of(xp, a), array_of(xp, b)
    finite = xp.isfinite(a) & xp.isfinite(b)
    zero = xp.zeros_like(a) * xp.zeros_like(b)
    safe_a, safe_b = (xp.where(finite, v, zero) for v in (a, b))
    close = xp.abs(safe_a - safe_b) <= atol + rtol * xp.abs(safe_b)
    out = xp.where(finite, close, a == b)
    return out | (xp.isnan(a) & xp.isnan(b)) if equal_nan else out


def array_equal(xp: Any, a1: Any, a2: Any, equal_nan: bool = False) -> bool:
    """``numpy.array_equal``."""
    a1, a2 = array_of(xp, a1), array_of(xp, a2)
    if a1.shape != a2.shape:
        return False
    same = a1 == a2
    return bool(xp.all(same | (xp.isnan(a1) & xp.isnan(a2)) if equal_nan else same))


def array_equiv(xp: Any, a1: Any, a2: Any) -> bool:
    """``numpy.array_equiv``."""
    a1, a2 = array_of(xp, a1), array_of(xp, a2)
    try:
        np.broadcast_shapes(a1.shape, a2.shape)
    except ValueError:
        return False
    return bool(xp.all(a1 == a2))


def _typed(function: Any) -> Callable[..., Any]:
    """A function that asks for dtypes only."""

    def row(xp: Any, *args: Any, **more: Any) -> Any:
        return function(
            *[np.empty((), a.dtype) if isinstance(a, agrad.Tensor) and not a.ndim else _stand_in(a) for a in args],
            **more,
        )

    return row


def _stand_in(x: Any) -> Any:
    """An array of the same shape and dtype, without memory."""
    return np.broadcast_to(np.zeros((), x.dtype), x.shape) if isinstance(x, agrad.Tensor) else x


def _dtyped(function: Any) -> Callable[..., Any]:
    """A function that takes dtypes in the place of arrays."""
    return lambda xp, *args, **more: function(*[a.dtype if isinstance(a, agrad.Tensor) else a for a in args], **more)


def _values(name: str) -> Callable[..., Any]:
    """A function whose result has no derivative."""
    return lambda xp, *args, **more: constant(xp, getattr(np, name), *args, **more)


ROWS: dict[str, Callable[..., Any]] = {
    "allclose": lambda xp, *args, **more: bool(xp.all(isclose(xp, *args, **more))),
    "array_equal": array_equal,
    "array_equiv": array_equiv,
    "can_cast": _dtyped(np.can_cast),
    "common_type": _typed(np.common_type),
    "isclose": isclose,
    "iscomplex": lambda xp, x: (
        xp.imag(x) != 0 if (x := array_of(xp, x)).dtype.kind == "c" else xp.zeros_like(x, dtype=xp.bool)
    ),
    "iscomplexobj": _typed(np.iscomplexobj),
    "isneginf": lambda xp, x, out=None: array_of(xp, x) == -np.inf,
    "isposinf": lambda xp, x, out=None: array_of(xp, x) == np.inf,
    "isreal": lambda xp, x: (
        xp.imag(x) == 0 if (x := array_of(xp, x)).dtype.kind == "c" else xp.ones_like(x, dtype=xp.bool)
    ),
    "isrealobj": _typed(np.isrealobj),
    "may_share_memory": lambda xp, a, b, max_work=0: np.may_share_memory(plain(a), plain(b)),
    "min_scalar_type": _typed(np.min_scalar_type),
    "packbits": _values("packbits"),
    "ravel_multi_index": _values("ravel_multi_index"),
    "result_type": _dtyped(np.result_type),
    "shares_memory": lambda xp, a, b, max_work=-1: np.shares_memory(plain(a), plain(b)),
    "unpackbits": _values("unpackbits"),
    "unravel_index": _values("unravel_index"),
}
