"""What the tables share: arguments as arrays, axes as numbers, results written into `out`, refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

import agrad
from agrad.errors import BackendError

__all__ = ["along", "array_of", "axes_of", "axis_of", "constant", "followed", "plain", "promoted", "refuse", "write"]


def array_of(xp: Any, x: Any) -> Any:
    """A Tensor of what is given: lists with Tensors in them, arrays and numbers."""
    return x if isinstance(x, agrad.Tensor) else xp.asarray(x)


def promoted(xp: Any, x: Any) -> Any:
    """The same, of floating-point numbers."""
    x = array_of(xp, x)
    return x if x.dtype.kind in "fc" else xp.astype(x, np.dtype(np.float64))


def axis_of(axis: Any, ndim: int) -> int:
    """An axis counted from the front."""
    number = int(axis)
    if not -ndim <= number < ndim:
        raise np.exceptions.AxisError(number, ndim)
    return number % ndim


def axes_of(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes of a reduction, counted from the front; all for None."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(axis_of(a, ndim) for a in (axis if isinstance(axis, Sequence) else (axis,)))


def along(ndim: int, axis: int, key: Any) -> tuple[Any, ...]:
    """The index that is `key` on one axis."""
    return tuple(key if i == axis % ndim else slice(None) for i in range(ndim))


def followed(x: Any) -> bool:
    """Whether a derivative could be lost with this: a Tensor that is followed, or a container of one."""
    if isinstance(x, agrad.Tensor):
        return bool(x.node is not None)
    if isinstance(x, list | tuple):
        return any(followed(item) for item in x)
    return isinstance(x, dict) and any(followed(item) for item in x.values())


def plain(x: Any) -> Any:
    """NumPy's array of a value whose derivative does not matter: positions and truth values are made of it."""
    if isinstance(x, agrad.Tensor):
        return agrad.stop_gradient(x).array
    if isinstance(x, list | tuple):
        return type(x)(*map(plain, x)) if hasattr(x, "_fields") else type(x)(map(plain, x))
    return {key: plain(item) for key, item in x.items()} if isinstance(x, dict) else x


def constant(xp: Any, function: Any, *args: Any, **options: Any) -> Any:
    """A function of NumPy's without derivative, of the values; constant Tensors come out."""
    return _wrapped(xp, function(*map(plain, args), **{name: plain(value) for name, value in options.items()}))


def _wrapped(xp: Any, out: Any) -> Any:
    if isinstance(out, np.ndarray | np.generic):
        return xp.asarray(out)
    if isinstance(out, list | tuple):
        items = [_wrapped(xp, item) for item in out]
        return type(out)(*items) if hasattr(out, "_fields") else type(out)(items)
    return out


def write(given: str, out: Any, value: Any, casting: str = "same_kind") -> Any:
    """``out=``: change a Tensor in place, as NumPy changes its arrays; an array cannot follow gradients."""
    if not isinstance(out, agrad.Tensor):
        raise BackendError(
            f"{given} was to write its result into a NumPy array (out=, or an in-place operator such as "
            "array += t), but the array cannot follow the gradients of a Tensor; "
            "write array = array + t, which makes a new Tensor, or give a Tensor for out="
        )
    if not np.can_cast(value.dtype, out.dtype, casting):  # type: ignore[arg-type]
        raise TypeError(
            f"{given} was to write a result of dtype {value.dtype} into a Tensor of dtype {out.dtype}, which "
            f"casting={casting!r} does not allow; give an out= of dtype {value.dtype}"
        )
    out[...] = value if value.dtype == out.dtype else value.astype(out.dtype)
    return out


def refuse(given: str, why: str, remedy: str) -> BackendError:
    """The error for what a Tensor cannot do, with what to write instead."""
    return BackendError(f"{given} got a Tensor, {why}; {remedy}")
