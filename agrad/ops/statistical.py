"""Statistical functions: sums, products, extremes and moments along axes."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan, prod, sqrt
from typing import Any

from agrad.declare import Over, general, linear
from agrad.ops._guards import unit
from agrad.ops._shapes import along, axes_of, is_complex, keep

Axis = int | Sequence[int] | None

OPS = (
    general(
        "cumulative_prod(x, /, *, axis=None, dtype=None, include_initial=False)",
        vjp=lambda xp, ct, x, axis, include_initial: _cumulative_prod_vjp(xp, ct, x, axis or 0, include_initial),
        jvp=lambda xp, t, out, x, axis, include_initial: _cumulative_prod_jvp(
            xp, t, out, x, axis or 0, include_initial
        ),
        axes=Over("axis", "only"),
    ),
    linear(
        "cumulative_sum(x, /, *, axis=None, dtype=None, include_initial=False)",
        lambda xp, ct, axis, include_initial: _cumulative_sum_transpose(xp, ct, axis or 0, include_initial),
        axes=Over("axis", "only"),
    ),
    general(
        "max(x, /, *, axis=None, keepdims=False)",
        vjp=lambda xp, ct, out, x, axis, keepdims: _extreme_vjp(xp, ct, out, x, axis, keepdims),
        jvp=lambda xp, t, out, x, axis, keepdims: _extreme_jvp(xp, t, out, x, axis, keepdims),
        axes=Over("axis", "all"),
    ),
    linear(
        "mean(x, /, *, axis=None, keepdims=False)",
        lambda xp, ct, x, axis, keepdims: xp.broadcast_to(
            keep(xp, ct, axis, x.ndim, keepdims) / (_count(x, axis) or 1), x.shape
        ),
        axes=Over("axis", "all"),
    ),
    general(
        "min(x, /, *, axis=None, keepdims=False)",
        vjp=lambda xp, ct, out, x, axis, keepdims: _extreme_vjp(xp, ct, out, x, axis, keepdims),
        jvp=lambda xp, t, out, x, axis, keepdims: _extreme_jvp(xp, t, out, x, axis, keepdims),
        axes=Over("axis", "all"),
    ),
    general(
        "prod(x, /, *, axis=None, dtype=None, keepdims=False)",
        vjp=lambda xp, ct, x, axis, keepdims: (
            keep(xp, ct, axis, x.ndim, keepdims)
            * _conj(xp, _product_of_others(xp, xp.astype(x, ct.dtype, copy=False), axis))
        ),
        jvp=lambda xp, t, out, x, axis, keepdims: xp.sum(
            _product_of_others(xp, xp.astype(x, out.dtype, copy=False), axis) * t, axis=axis, keepdims=keepdims
        ),
        axes=Over("axis", "all"),
    ),
    general(
        "std(x, /, *, axis=None, correction=0.0, keepdims=False)",
        vjp=lambda xp, ct, out, x, axis, correction, keepdims: (
            keep(xp, ct, axis, x.ndim, keepdims) * _std_gradient(xp, out, x, axis, correction, keepdims)
        ),
        jvp=lambda xp, t, out, x, axis, correction, keepdims: xp.sum(
            _conj(xp, _std_gradient(xp, out, x, axis, correction, keepdims)) * t, axis=axis, keepdims=keepdims
        ),
        axes=Over("axis", "all"),
    ),
    linear(
        "sum(x, /, *, axis=None, dtype=None, keepdims=False)",
        lambda xp, ct, x, axis, keepdims: xp.broadcast_to(keep(xp, ct, axis, x.ndim, keepdims), x.shape),
        axes=Over("axis", "all"),
    ),
    general(
        "var(x, /, *, axis=None, correction=0.0, keepdims=False)",
        vjp=lambda xp, ct, x, axis, correction, keepdims: (
            keep(xp, ct, axis, x.ndim, keepdims) * 2 / _freedom(x, axis, correction) * _centred(xp, x, axis)
        ),
        jvp=lambda xp, t, x, axis, correction, keepdims: (
            xp.sum(_conj(xp, _centred(xp, x, axis)) * t, axis=axis, keepdims=keepdims)
            * 2
            / _freedom(x, axis, correction)
        ),
        axes=Over("axis", "all"),
    ),
)


def _count(x: Any, axis: Axis) -> int:
    """How many elements a reduction takes together."""
    return prod(x.shape[a] for a in axes_of(axis, x.ndim))


def _freedom(x: Any, axis: Axis, correction: float) -> float:
    """Degrees of freedom: what a variance is divided by."""
    return max(_count(x, axis) - correction, 0)


def _conj(xp: Any, x: Any) -> Any:
    return xp.conj(x) if is_complex(xp, x) else x


def _centred(xp: Any, x: Any, axis: Axis) -> Any:
    return x - xp.mean(x, axis=axis, keepdims=True)


def _part(xp: Any, x: Any, axis: int, start: int | None, stop: int | None, step: int | None = None) -> Any:
    """A slice along one axis, cut to its length."""
    n = x.shape[axis]
    start = None if start is None else min(start, n)
    stop = None if stop is None else max(stop, -n)
    return xp.getitem(x, along(x.ndim, axis, slice(start, stop, step)))


# max, min -----------------------------------------------------------------------------------------


def _extreme_vjp(xp: Any, ct: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    ties = _ties(xp, out, x, axis, keepdims)
    return xp.where(ties, keep(xp, ct, axis, x.ndim, keepdims) / _number(xp, ties, axis, ct.dtype), 0)


def _extreme_jvp(xp: Any, t: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    ties = _ties(xp, out, x, axis, keepdims)
    return xp.sum(xp.where(ties, t / _number(xp, ties, axis, t.dtype), 0), axis=axis, keepdims=keepdims)


def _ties(xp: Any, out: Any, x: Any, axis: Axis, keepdims: bool) -> Any:
    """Where an extreme is attained. Where it is nan, every nan attains it."""
    return (x == keep(xp, out, axis, x.ndim, keepdims)) | xp.isnan(x)


def _number(xp: Any, condition: Any, axis: Axis, dtype: Any) -> Any:
    return xp.astype(xp.count_nonzero(condition, axis=axis, keepdims=True), dtype)


# std ----------------------------------------------------------------------------------------------


def _std_gradient(xp: Any, out: Any, x: Any, axis: Axis, correction: float, keepdims: bool) -> Any:
    """Of the length of the centred data, over the root of the degrees of freedom; 0 where all data are equal.

    The data are compared, because their mean may round, which leaves `out` tiny and not zero.
    """
    axes = axes_of(axis, x.ndim)
    first = xp.getitem(x, tuple(slice(1 if i in axes else None) for i in range(x.ndim)))
    apart = _centred(xp, x, axis)
    apart = xp.where(xp.all(x == first, axis=axis, keepdims=True), 0 * apart, apart)
    freedom = _freedom(x, axis, correction)  # none: too few data, the result is nan, and so is this
    if _count(x, axis) > 1:  # else 0 wherever it is
        apart = unit(xp, apart, keep(xp, out, axis, x.ndim, keepdims), axes)
    return apart * (1 / sqrt(freedom) if freedom else nan)


# prod, cumulative_prod, cumulative_sum ------------------------------------------------------------


def _product_of_others(xp: Any, x: Any, axis: Axis) -> Any:
    """For each element the product of all the others it is reduced with: no division, so zeros are exact."""
    gone = axes_of(axis, x.ndim)
    order = (*(i for i in range(x.ndim) if i not in gone), *gone)
    moved = xp.permute_dims(x, order)
    rows = xp.reshape(moved, (*moved.shape[: x.ndim - len(gone)], _count(x, axis)))
    before = _exclusive(xp, rows, -1)
    after = xp.flip(_exclusive(xp, xp.flip(rows, axis=-1), -1), axis=-1)
    return xp.permute_dims(xp.reshape(before * after, moved.shape), tuple(sorted(range(x.ndim), key=order.__getitem__)))


def _exclusive(xp: Any, x: Any, axis: int) -> Any:
    """For each element the product of all that come before it."""
    return _part(xp, xp.cumulative_prod(x, axis=axis, include_initial=True), axis, None, -1)


def _cumulative_prod_jvp(xp: Any, t: Any, out: Any, x: Any, axis: int, include_initial: bool) -> Any:
    """From ``out[k] = x[k] out[k-1]`` follows ``T[k] = x[k] T[k-1] + out[k-1] t[k]``."""
    x = _factors(xp, x, out.dtype)
    t = _recurrence(xp, _part(xp, x, axis, 1, None), _exclusive(xp, x, axis) * t, axis)
    return xp.concat([xp.zeros_like(_part(xp, out, axis, 0, 1)), t], axis=axis) if include_initial else t


def _cumulative_prod_vjp(xp: Any, ct: Any, x: Any, axis: int, include_initial: bool) -> Any:
    """The adjoint of the recurrence of the JVP is one that runs from the end to the start."""
    x = _conj(xp, _factors(xp, x, ct.dtype))
    if include_initial:
        ct = _part(xp, ct, axis, 1, None)
    factors = xp.flip(_part(xp, x, axis, 1, None), axis=axis)
    return _exclusive(xp, x, axis) * xp.flip(_recurrence(xp, factors, xp.flip(ct, axis=axis), axis), axis=axis)


def _factors(xp: Any, x: Any, dtype: Any) -> Any:
    """What is multiplied: the data in the dtype of the result, a number as the only one of its axis."""
    x = xp.astype(x, dtype, copy=False)
    return x if x.ndim else xp.reshape(x, (1,))


def _recurrence(xp: Any, a: Any, b: Any, axis: int) -> Any:
    """Solve ``y[0] = b[0]``, ``y[k] = a[k-1] y[k-1] + b[k]``.

    Two steps at once are a recurrence of half the length for every other result, from which the others follow: in all,
    some eight passes over the data, where there are many of them.
    """
    n = b.shape[axis]
    if n < 3 or prod(b.shape) <= SMALL:
        return _doubled(xp, a, b, axis)
    first, second = _part(xp, a, axis, 0, n - 1, 2), _part(xp, a, axis, 1, n - 2, 2)
    even, odd = _part(xp, b, axis, 0, n - 1, 2), _part(xp, b, axis, 1, n, 2)
    odd = _recurrence(xp, _part(xp, first, axis, 1, None) * second, first * even + odd, axis)
    even = xp.concat(
        [_part(xp, even, axis, 0, 1), second * _part(xp, odd, axis, None, -1) + _part(xp, even, axis, 1, None)],
        axis=axis,
    )
    axis %= b.ndim
    both = xp.reshape(xp.stack([even, odd], axis=axis + 1), (*b.shape[:axis], n - n % 2, *b.shape[axis + 1 :]))
    if n % 2 == 0:
        return both
    last = _part(xp, a, axis, -1, None) * _part(xp, both, axis, -1, None) + _part(xp, b, axis, -1, None)
    return xp.concat([both, last], axis=axis)


SMALL = 1024
"""Up to so many elements the fewer operations count, above the fewer passes."""


def _doubled(xp: Any, a: Any, b: Any, axis: int) -> Any:
    """The same in log2(n) steps, each twice as far-reaching.

    ``b[k]`` holds the terms of the last `step` inputs, and ``a`` the products of `step` factors.
    """
    step, n = 1, b.shape[axis]
    while step < n:
        reached = _part(xp, b, axis, step, None) + a * _part(xp, b, axis, None, -step)
        b = xp.concat([_part(xp, b, axis, None, step), reached], axis=axis)
        a = _part(xp, a, axis, step, None) * _part(xp, a, axis, None, -step)
        step *= 2
    return b


def _cumulative_sum_transpose(xp: Any, ct: Any, axis: int, include_initial: bool) -> Any:
    total = xp.flip(xp.cumulative_sum(xp.flip(ct, axis=axis), axis=axis), axis=axis)
    return _part(xp, total, axis, 1, None) if include_initial else total
