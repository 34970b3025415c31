"""Rows of the table that reduce or accumulate over axes: `sum`, `mean`, `median`, `quantile`, `nanstd`, `cov`."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from agrad_numpy.interop.common import array_of, axes_of, axis_of, promoted, refuse

__all__ = ["ROWS", "average", "quantile"]

MISSING: Any = np._NoValue


def _given(value: Any) -> bool:
    return value is not MISSING and value is not None


def _flag(keepdims: Any) -> bool:
    return keepdims is not MISSING and bool(keepdims)


def _axes(axis: Any, x: Any) -> Any:
    """An axis as the standard takes it; a number has none."""
    return axes_of(axis, x.ndim)


def _masked(xp: Any, x: Any, where: Any, fill: Any) -> Any:
    if where is MISSING or where is True or where is None:
        return x
    return xp.where(array_of(xp, where), x, xp.asarray(fill, dtype=x.dtype))


def total(
    xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = MISSING,
    initial: Any = MISSING, where: Any = MISSING,
) -> Any:  # fmt: skip
    """``numpy.sum``."""
    a = _masked(xp, array_of(xp, a), where, 0)
    value = xp.sum(a, axis=_axes(axis, a), dtype=_dtype(dtype), keepdims=_flag(keepdims))
    return value + initial if _given(initial) else value


def product(
    xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = MISSING,
    initial: Any = MISSING, where: Any = MISSING,
) -> Any:  # fmt: skip
    """``numpy.prod``."""
    a = _masked(xp, array_of(xp, a), where, 1)
    value = xp.prod(a, axis=_axes(axis, a), dtype=_dtype(dtype), keepdims=_flag(keepdims))
    return value * initial if _given(initial) else value


def _dtype(dtype: Any) -> Any:
    return None if dtype is None else np.dtype(dtype)


def _extreme(name: str, pick: str, skip_nan: bool = False) -> Callable[..., Any]:
    """``numpy.max``, ``min``, and without nan."""

    def row(
        xp: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = MISSING, initial: Any = MISSING,
        where: Any = MISSING,
    ) -> Any:  # fmt: skip
        a = array_of(xp, a)
        axes, keep = _axes(axis, a), _flag(keepdims)
        if where is not MISSING and where is not True:
            if not _given(initial):
                raise ValueError(f"reduction operation '{name}' with where= needs initial=")
            a = xp.where(array_of(xp, where), a, xp.asarray(initial, dtype=a.dtype))
        if skip_nan and a.dtype.kind in "fc":
            none = xp.isnan(a)
            least = xp.where(none, xp.asarray(-np.inf if name == "maximum" else np.inf, dtype=a.dtype), a)
            value = getattr(xp, pick)(least, axis=axes, keepdims=keep)
            value = xp.where(xp.all(none, axis=axes, keepdims=keep), xp.asarray(np.nan, dtype=a.dtype), value)
        else:
            value = getattr(xp, pick)(a, axis=axes, keepdims=keep)
        return getattr(xp, name)(value, xp.asarray(initial, dtype=a.dtype)) if _given(initial) else value

    return row


maximum, minimum = _extreme("maximum", "max"), _extreme("minimum", "min")


def mean(
    xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = MISSING,
    where: Any = MISSING,
) -> Any:  # fmt: skip
    """``numpy.mean``."""
    a = promoted(xp, a)
    a = a if dtype is None else xp.astype(a, np.dtype(dtype), copy=False)
    axes, keep = _axes(axis, a), _flag(keepdims)
    if where is MISSING or where is True:
        return xp.mean(a, axis=axes, keepdims=keep)
    return total(xp, a, axes, keepdims=keep, where=where) / _count(xp, a, axes, keep, where)


def _count(xp: Any, a: Any, axes: Any, keep: bool, where: Any) -> Any:
    """How many elements are reduced, in the dtype of the real numbers of `a`."""
    chosen = xp.broadcast_to(array_of(xp, where), a.shape)
    return xp.astype(
        xp.count_nonzero(chosen, axis=axes, keepdims=keep), xp.real(a).dtype if a.dtype.kind == "c" else a.dtype
    )


def variance(
    xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = MISSING,
    *, where: Any = MISSING, mean: Any = MISSING, correction: Any = MISSING,
) -> Any:  # fmt: skip
    """``numpy.var``: of complex numbers that of their distances."""
    a, axes, keep, ddof = _spread(xp, a, axis, dtype, keepdims, ddof, correction)
    if where is MISSING and mean is MISSING and a.dtype.kind != "c":
        return xp.var(a, axis=axes, correction=ddof, keepdims=keep)
    return _second_moment(xp, a, axes, keep, ddof, where, mean)


def deviation(
    xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = MISSING,
    *, where: Any = MISSING, mean: Any = MISSING, correction: Any = MISSING,
) -> Any:  # fmt: skip
    """``numpy.std``."""
    a, axes, keep, ddof = _spread(xp, a, axis, dtype, keepdims, ddof, correction)
    if where is MISSING and mean is MISSING and a.dtype.kind != "c":
        return xp.std(a, axis=axes, correction=ddof, keepdims=keep)
    return xp.sqrt(_second_moment(xp, a, axes, keep, ddof, where, mean))


def _spread(xp: Any, a: Any, axis: Any, dtype: Any, keepdims: Any, ddof: Any, correction: Any) -> Any:
    a = promoted(xp, a)
    a = a if dtype is None else xp.astype(a, np.dtype(dtype), copy=False)
    return a, _axes(axis, a), _flag(keepdims), correction if correction is not MISSING else ddof


def _second_moment(xp: Any, a: Any, axes: Any, keep: bool, ddof: Any, where: Any, centre: Any) -> Any:
    if centre is MISSING:
        centre = mean(xp, a, axes, keepdims=True, where=where)
    apart = a - array_of(xp, centre)
    squares = xp.real(apart) ** 2 + xp.imag(apart) ** 2 if apart.dtype.kind == "c" else apart * apart
    number = prod(a.shape[i] for i in axes) if where is MISSING else _count(xp, squares, axes, keep, where)
    free = max(number - ddof, 0) if where is MISSING else xp.maximum(number - ddof, xp.zeros_like(number))
    return total(xp, squares, axes, keepdims=keep, where=where) / free


def _cumulative(name: str, skip_nan: Any = None) -> Callable[..., Any]:
    """``numpy.cumsum``, ``cumprod``, and without nan."""

    def row(xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        a = array_of(xp, a)
        if axis is None:
            a, axis = xp.reshape(a, (-1,)), 0
        if skip_nan is not None and a.dtype.kind in "fc":
            a = xp.where(xp.isnan(a), xp.asarray(skip_nan, dtype=a.dtype), a)
        return getattr(xp, name)(a, axis=axis_of(axis, a.ndim), dtype=_dtype(dtype))

    return row


def _standard_cumulative(name: str) -> Callable[..., Any]:
    def row(
        xp: Any, x: Any, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: bool = False
    ) -> Any:
        return getattr(xp, name)(array_of(xp, x), axis=axis, dtype=_dtype(dtype), include_initial=include_initial)

    return row


def _test(name: str, fill: bool) -> Callable[..., Any]:
    """``numpy.all`` and ``any``."""

    def row(
        xp: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = MISSING, *, where: Any = MISSING
    ) -> Any:
        a = array_of(xp, a)
        truths = _masked(xp, a != 0 if a.dtype.kind != "b" else a, where, fill)
        return getattr(xp, name)(truths, axis=_axes(axis, a), keepdims=_flag(keepdims))

    return row


def ptp(xp: Any, a: Any, axis: Any = None, out: Any = None, keepdims: Any = MISSING) -> Any:
    """``numpy.ptp``."""
    return maximum(xp, a, axis, None, keepdims) - minimum(xp, a, axis, None, keepdims)


# Without nan ------------------------------------------------------------------------------------------


def _numbers(xp: Any, a: Any, fill: float) -> tuple[Any, Any]:
    """The array with another value for nan, and where it has numbers."""
    a = promoted(xp, a)
    there = ~xp.isnan(a)
    return xp.where(there, a, xp.asarray(fill, dtype=a.dtype)), there


def _nan_sum(fill: float, row_of_all: Callable[..., Any]) -> Callable[..., Any]:
    def row(
        xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = MISSING,
        initial: Any = MISSING, where: Any = MISSING,
    ) -> Any:  # fmt: skip
        a = array_of(xp, a)
        values = _numbers(xp, a, fill)[0] if a.dtype.kind in "fc" else a
        return row_of_all(xp, values, axis, dtype, None, keepdims, initial, where)

    return row


def nanmean(
    xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = MISSING,
    *, where: Any = MISSING,
) -> Any:  # fmt: skip
    """``numpy.nanmean``."""
    values, there = _numbers(xp, a, 0.0)
    return mean(xp, values, axis, dtype, None, keepdims, _both(xp, there, where))


def _both(xp: Any, there: Any, where: Any) -> Any:
    return there if where is MISSING else xp.logical_and(there, array_of(xp, where))


def nanvar(
    xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, keepdims: Any = MISSING,
    *, where: Any = MISSING, mean: Any = MISSING, correction: Any = MISSING,
) -> Any:  # fmt: skip
    """``numpy.nanvar``: nan where no number is left to be free."""
    values, there = _numbers(xp, a, 0.0)
    there = _both(xp, there, where)
    ddof = correction if correction is not MISSING else ddof
    value = variance(xp, values, axis, dtype, None, ddof, keepdims, where=there, mean=mean)
    enough = (
        xp.count_nonzero(xp.broadcast_to(there, values.shape), axis=_axes(axis, values), keepdims=_flag(keepdims))
        > ddof
    )
    return xp.where(enough, value, xp.asarray(np.nan, dtype=value.dtype))


def nanstd(
    xp: Any, a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: Any = 0, *args: Any, **more: Any
) -> Any:
    """``numpy.nanstd``."""
    return xp.sqrt(nanvar(xp, a, axis, dtype, None, ddof, *args, **more))


# Quantiles --------------------------------------------------------------------------------------------

PLACES = {
    "interpolated_inverted_cdf": (0.0, 1.0), "hazen": (0.5, 0.5), "weibull": (0.0, 0.0), "linear": (1.0, 1.0),
    "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip
"""The two parameters of the continuous definitions of Hyndman and Fan."""


def _flattened(xp: Any, a: Any, axis: Any) -> tuple[Any, tuple[int, ...], Any]:
    """The array with the reduced axes as its last one, the axes, and the shape of all others."""
    axes = axes_of(axis, a.ndim)
    others = tuple(i for i in range(a.ndim) if i not in axes)
    shape = tuple(a.shape[i] for i in others)
    return xp.reshape(xp.permute_dims(a, (*others, *axes)), (*shape, -1)), axes, shape


def quantile(
    xp: Any, a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: Any = False, *, weights: Any = None, skip_nan: bool = False,
) -> Any:  # fmt: skip
    """``numpy.quantile``: between neighbours in sorted order, for `q` too."""
    if weights is not None:
        raise refuse(
            "numpy.quantile with weights=", "and has no rule for it", "leave the weights out, or repeat elements"
        )
    a, q = promoted(xp, a), xp.astype(array_of(xp, q), np.dtype(np.float64), copy=False)
    rows, axes, shape = _flattened(xp, a, axis)
    ordered = xp.sort(rows, axis=-1)
    none = xp.isnan(ordered)
    n = xp.astype(xp.count_nonzero(~none, axis=-1), q.dtype) if skip_nan else xp.asarray(float(rows.shape[-1]))
    qs = xp.reshape(q, (*q.shape, *(1,) * len(shape)))
    at = xp.broadcast_to(_place(xp, qs, n, method), (*q.shape, *shape))
    low = xp.clip(at, xp.zeros_like(at), xp.maximum(xp.broadcast_to(n, at.shape) - 1, xp.zeros_like(at)))
    first = xp.floor(low)
    part = xp.astype(low - first, ordered.dtype if ordered.dtype.kind == "f" else q.dtype, copy=False)
    first = xp.astype(first, np.dtype(np.int64))
    second = xp.minimum(first + 1, xp.astype(xp.maximum(n - 1, xp.zeros_like(n)), np.dtype(np.int64)))
    # the quantiles as one axis, so that all are read at once
    count = prod(q.shape)
    left, right = (_read(xp, ordered, xp.reshape(i, (count, *shape))) for i in (first, second))
    part = xp.reshape(part, (count, *shape))
    value = xp.where(part < 0.5, left + (right - left) * part, right - (right - left) * (1 - part))
    bad = xp.all(none, axis=-1) if skip_nan else xp.any(none, axis=-1)
    value = xp.where(bad, xp.asarray(np.nan, dtype=value.dtype), value)
    value = xp.astype(value, a.dtype, copy=False)
    if not _flag(keepdims):
        return xp.reshape(value, (*q.shape, *shape))
    return xp.reshape(value, (*q.shape, *(1 if i in axes else n for i, n in enumerate(a.shape))))


def _place(xp: Any, q: Any, n: Any, method: str) -> Any:
    """Where in sorted order a quantile is, counted from 0."""
    if method in PLACES:
        alpha, beta = PLACES[method]
        return n * q + (alpha + q * (1 - alpha - beta)) - 1
    at = (n - 1) * q
    if method == "lower":
        return xp.floor(at)
    if method == "higher":
        return xp.ceil(at)
    if method == "nearest":
        return xp.round(at)
    if method == "midpoint":
        return 0.5 * (xp.floor(at) + xp.ceil(at))
    raise refuse(
        f"numpy.quantile with method={method!r}", "and has no rule for it", f"use one of {', '.join(sorted(PLACES))}"
    )


def _read(xp: Any, ordered: Any, index: Any) -> Any:
    """Elements along the last axis: the quantiles' axis of the index is in front."""
    index = xp.moveaxis(index, 0, -1)
    return xp.moveaxis(xp.take_along_axis(ordered, index, axis=-1), -1, 0)


def percentile(xp: Any, a: Any, q: Any, *args: Any, **more: Any) -> Any:
    """``numpy.percentile``."""
    return quantile(xp, a, array_of(xp, q) / 100, *args, **more)


def median(
    xp: Any, a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = False
) -> Any:
    """``numpy.median``: the mean of the two in the middle."""
    a = promoted(xp, a)
    rows, axes, shape = _flattened(xp, a, axis)
    ordered, n = xp.sort(rows, axis=-1), rows.shape[-1]
    if not n:
        return xp.mean(a, axis=axes, keepdims=_flag(keepdims))
    middle = ordered[..., (n - 1) // 2 : n // 2 + 1]
    value = xp.where(xp.isnan(ordered[..., -1]), xp.asarray(np.nan, dtype=a.dtype), xp.mean(middle, axis=-1))
    shape = tuple(1 if i in axes else m for i, m in enumerate(a.shape)) if _flag(keepdims) else shape
    return xp.reshape(value, shape)


def nanquantile(xp: Any, a: Any, q: Any, *args: Any, **more: Any) -> Any:
    """``numpy.nanquantile``."""
    return quantile(xp, a, q, *args, skip_nan=True, **more)


def nanmedian(
    xp: Any, a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: Any = MISSING
) -> Any:
    """``numpy.nanmedian``."""
    return quantile(xp, a, 0.5, axis, keepdims=keepdims, skip_nan=True)


# Averages and covariances -----------------------------------------------------------------------------


def average(
    xp: Any, a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *, keepdims: Any = MISSING
) -> Any:
    """``numpy.average``."""
    a = promoted(xp, a)
    axes, keep = _axes(axis, a), _flag(keepdims)
    if weights is None:
        value = xp.mean(a, axis=axes, keepdims=keep)
        weight = xp.asarray(float(prod(a.shape[i] for i in axes)), dtype=value.dtype)
    else:
        weights = array_of(xp, weights)
        if weights.shape != a.shape:
            if axis is None:
                raise TypeError("Axis must be specified when shapes of a and weights differ.")
            if weights.shape != tuple(a.shape[i] for i in axes):
                raise ValueError("Shape of weights must be consistent with shape of a along specified axis.")
            order = np.argsort(axes)
            weights = xp.reshape(
                xp.permute_dims(weights, tuple(order.tolist())),
                tuple(n if i in axes else 1 for i, n in enumerate(a.shape)),
            )
        weights = xp.astype(weights, np.result_type(weights.dtype, a.dtype), copy=False)
        weight = xp.sum(xp.broadcast_to(weights, a.shape), axis=axes, keepdims=keep)
        value = xp.sum(a * weights, axis=axes, keepdims=keep) / weight
    return (value, xp.broadcast_to(weight, value.shape)) if returned else value


def cov(
    xp: Any, m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None, fweights: Any = None,
    aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    """``numpy.cov``."""

    def rows(x: Any) -> Any:
        x = promoted(xp, x)
        x = xp.reshape(x, (1, -1)) if x.ndim < 2 else x
        return x if rowvar or (x.shape[0] == 1 and array_of(xp, m).ndim < 2) else xp.matrix_transpose(x)

    x = rows(m) if y is None else xp.concat([rows(m), rows(y)], axis=0)
    x = xp.astype(x, np.result_type(x.dtype, np.float64) if dtype is None else np.dtype(dtype), copy=False)
    ddof = (0 if bias else 1) if ddof is None else ddof
    weights = [xp.astype(array_of(xp, w), x.dtype) for w in (fweights, aweights) if w is not None]
    w = weights[0] * weights[1] if len(weights) == 2 else weights[0] if weights else None
    if w is None:
        free: Any = x.shape[1] - ddof
    elif aweights is None or ddof == 0:
        free = xp.sum(w) - ddof
    else:
        free = xp.sum(w) - ddof * xp.sum(w * xp.astype(array_of(xp, aweights), x.dtype)) / xp.sum(w)
    x = x - average(xp, x, 1, w, keepdims=True)
    other = xp.matrix_transpose(x if w is None else x * w)
    out = xp.matmul(x, xp.conj(other) if x.dtype.kind == "c" else other) / free
    return squeezed(xp, out)


def squeezed(xp: Any, x: Any) -> Any:
    """Without axes of length one."""
    return xp.squeeze(x, axis=tuple(i for i, n in enumerate(x.shape) if n == 1))


def corrcoef(xp: Any, x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    """``numpy.corrcoef``."""
    c = cov(xp, x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    spread = xp.sqrt(xp.real(xp.linalg.diagonal(c)) if c.dtype.kind == "c" else xp.linalg.diagonal(c))
    return c / spread[:, None] / spread[None, :]


ROWS: dict[str, Callable[..., Any]] = {
    "all": _test("all", True),
    "any": _test("any", False),
    "average": average,
    "corrcoef": corrcoef,
    "count_nonzero": lambda xp, a, axis=None, *, keepdims=False: xp.count_nonzero(
        array_of(xp, a), axis=axis, keepdims=keepdims
    ),
    "cov": cov,
    "cumprod": _cumulative("cumulative_prod"),
    "cumsum": _cumulative("cumulative_sum"),
    "cumulative_prod": _standard_cumulative("cumulative_prod"),
    "cumulative_sum": _standard_cumulative("cumulative_sum"),
    "max": maximum,
    "amax": maximum,
    "mean": mean,
    "median": median,
    "min": minimum,
    "amin": minimum,
    "nancumprod": _cumulative("cumulative_prod", 1),
    "nancumsum": _cumulative("cumulative_sum", 0),
    "nanmax": _extreme("maximum", "max", skip_nan=True),
    "nanmean": nanmean,
    "nanmedian": nanmedian,
    "nanmin": _extreme("minimum", "min", skip_nan=True),
    "nanpercentile": lambda xp, a, q, *args, **more: percentile(xp, a, q, *args, skip_nan=True, **more),
    "nanprod": _nan_sum(1.0, product),
    "nanquantile": nanquantile,
    "nanstd": nanstd,
    "nansum": _nan_sum(0.0, total),
    "nanvar": nanvar,
    "percentile": percentile,
    "prod": product,
    "ptp": ptp,
    "quantile": quantile,
    "std": deviation,
    "sum": total,
    "var": variance,
}
