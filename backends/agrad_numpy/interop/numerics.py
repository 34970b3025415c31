"""Rows of the table of numerical methods: `clip`, `interp`, `gradient`, `convolve`, `pad`, `apply_along_axis`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import agrad
from agrad_numpy.interop.common import along, array_of, axes_of, axis_of, plain, promoted, refuse
from agrad_numpy.interop.reducing import maximum, mean, median, minimum

__all__ = ["ROWS", "convolve"]

MISSING: Any = np._NoValue

# Elementwise ------------------------------------------------------------------------------------------


def clip(
    xp: Any, a: Any, a_min: Any = MISSING, a_max: Any = MISSING, out: Any = None, *, min: Any = MISSING,
    max: Any = MISSING, **options: Any,
) -> Any:  # fmt: skip
    """``numpy.clip``: the bounds promote, which the standard's do not."""
    a = array_of(xp, a)
    low = a_min if a_min is not MISSING else min
    high = a_max if a_max is not MISSING else max
    bounds = [None if b is MISSING or b is None else b for b in (low, high)]
    bounds = [array_of(xp, b) if isinstance(b, list | tuple) else b for b in bounds]
    dtype = np.result_type(a.dtype, *[b.dtype if hasattr(b, "dtype") else b for b in bounds if b is not None])
    a = xp.astype(a, dtype, copy=False)
    shape = np.broadcast_shapes(a.shape, *[np.shape(b) for b in bounds if b is not None])
    return xp.clip(xp.broadcast_to(a, shape) if shape != a.shape else a, *bounds)


def rounded(xp: Any, a: Any, decimals: int = 0, out: Any = None) -> Any:
    """``numpy.round``."""
    a = array_of(xp, a)
    if decimals == 0:
        return xp.round(a)
    if a.dtype.kind not in "fc":
        return xp.asarray(np.round(plain(a), decimals))
    scale = 10.0 ** abs(decimals)
    return xp.round(a * scale) / scale if decimals > 0 else xp.round(a / scale) * scale


def nan_to_num(xp: Any, x: Any, copy: bool = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """``numpy.nan_to_num``."""
    x = array_of(xp, x)
    if x.dtype.kind not in "fc":
        return xp.asarray(x, copy=True) if copy else x
    if x.dtype.kind == "c":
        parts = [nan_to_num(xp, part, True, nan, posinf, neginf) for part in (xp.real(x), xp.imag(x))]
        out = parts[0] + 1j * parts[1]
    else:
        limits = np.finfo(x.dtype)
        out = xp.where(xp.isnan(x), xp.asarray(nan, dtype=x.dtype), x)
        out = xp.where(x == np.inf, xp.asarray(limits.max if posinf is None else posinf, dtype=x.dtype), out)
        out = xp.where(x == -np.inf, xp.asarray(limits.min if neginf is None else neginf, dtype=x.dtype), out)
    if copy:
        return out
    x[...] = out
    return x


def angle(xp: Any, z: Any, deg: bool = False) -> Any:
    """``numpy.angle``."""
    z = promoted(xp, z)
    imaginary = xp.imag(z) if z.dtype.kind == "c" else xp.zeros_like(z)
    out = xp.atan2(imaginary, xp.real(z) if z.dtype.kind == "c" else z)
    return out * (180 / np.pi) if deg else out


def real_if_close(xp: Any, a: Any, tol: float = 100) -> Any:
    """``numpy.real_if_close``."""
    a = array_of(xp, a)
    if a.dtype.kind != "c":
        return a
    limit = np.finfo(a.dtype).eps * tol if tol > 1 else tol
    return xp.real(a) if bool(xp.all(abs(xp.imag(a)) < limit)) else a


def unwrap(xp: Any, p: Any, discont: Any = None, axis: int = -1, *, period: Any = 2 * np.pi) -> Any:
    """``numpy.unwrap``: what it adds is constant between the jumps."""
    p = promoted(xp, p)
    steps = agrad.stop_gradient(xp.diff(p, axis=axis))
    discont = period / 2 if discont is None else discont
    wrapped = xp.remainder(steps + period / 2, period) - period / 2
    wrapped = xp.where((wrapped == -period / 2) & (steps > 0), xp.asarray(period / 2, dtype=p.dtype), wrapped)
    change = xp.where(abs(steps) < discont, xp.zeros_like(steps), wrapped - steps)
    return p + xp.cumulative_sum(change, axis=axis_of(axis, p.ndim), include_initial=True)


# Differences and integrals ----------------------------------------------------------------------------


def diff(xp: Any, a: Any, n: int = 1, axis: int = -1, prepend: Any = MISSING, append: Any = MISSING) -> Any:
    """``numpy.diff``."""
    a = array_of(xp, a)
    axis = axis_of(axis, a.ndim)
    ends = {}
    for name, end in (("prepend", prepend), ("append", append)):
        if end is not MISSING and end is not None:
            end = array_of(xp, end)
            shape = (*a.shape[:axis], 1, *a.shape[axis + 1 :])
            ends[name] = end if end.ndim else xp.broadcast_to(end, shape)
    if a.dtype.kind == "b":
        for _ in range(n):
            a = a[along(a.ndim, axis, slice(1, None))] != a[along(a.ndim, axis, slice(None, -1))]
        return a
    return xp.diff(a, axis=axis, n=n, **ends)


def ediff1d(xp: Any, ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    """``numpy.ediff1d``."""
    ary = xp.reshape(array_of(xp, ary), (-1,))
    parts = [to_begin, xp.diff(ary), to_end]
    return xp.concat([xp.astype(xp.reshape(array_of(xp, p), (-1,)), ary.dtype) for p in parts if p is not None])


def gradient(xp: Any, f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """``numpy.gradient``: differences of second order, for the coordinates too."""
    f = promoted(xp, f)
    axes = axes_of(axis, f.ndim)
    spacings = list(varargs) if varargs else [1.0]
    if len(spacings) == 1:
        spacings *= len(axes)
    if len(spacings) != len(axes):
        raise TypeError("invalid number of arguments")
    out = [_gradient(xp, f, a, s, edge_order) for a, s in zip(axes, spacings, strict=True)]
    return out[0] if len(out) == 1 and not (axis is not None and np.ndim(axis)) else tuple(out)


def _gradient(xp: Any, f: Any, axis: int, spacing: Any, edge_order: int) -> Any:
    n, ndim = f.shape[axis], f.ndim
    if n < edge_order + 1:
        raise ValueError("Shape of array too small to calculate a numerical gradient")

    def part(start: int | None, stop: int | None) -> Any:
        return f[along(ndim, axis, slice(start, stop))]

    if np.ndim(spacing):
        spacing = array_of(xp, spacing)
        if spacing.shape != (n,):
            raise ValueError("when 1d, distances must match the length of the corresponding dimension")
        steps = xp.astype(xp.diff(spacing), np.result_type(spacing.dtype, np.float64), copy=False)
    else:
        steps = xp.broadcast_to(xp.asarray(spacing, dtype=f.dtype), (n - 1,))
    steps = xp.reshape(steps, tuple(-1 if i == axis else 1 for i in range(ndim)))

    def step(start: int | None, stop: int | None) -> Any:
        return steps[along(ndim, axis, slice(start, stop))]

    before, after = step(None, -1), step(1, None)
    if np.ndim(spacing):
        a, b, c = (
            -after / (before * (before + after)), (after - before) / (before * after),
            before / (after * (before + after)),
        )  # fmt: skip
        inner = a * part(None, -2) + b * part(1, -1) + c * part(2, None)
    else:
        inner = (part(2, None) - part(None, -2)) / (2.0 * spacing)
    if edge_order == 1:
        first = (part(1, 2) - part(0, 1)) / step(0, 1)
        last = (part(-1, None) - part(-2, -1)) / step(-1, None)
    else:
        d, e = step(0, 1), step(1, 2)
        first = (
            -(2.0 * d + e) / (d * (d + e)) * part(0, 1)
            + (d + e) / (d * e) * part(1, 2)
            - d / (e * (d + e)) * part(2, 3)
        )
        d, e = step(n - 3, n - 2), step(n - 2, n - 1)
        last = (
            e / (d * (d + e)) * part(n - 3, n - 2) - (d + e) / (d * e) * part(n - 2, n - 1)
            + (2.0 * e + d) / (e * (d + e)) * part(n - 1, n)
        )  # fmt: skip
    return xp.concat([first, inner, last], axis=axis)


def trapezoid(xp: Any, y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    """``numpy.trapezoid``."""
    y = promoted(xp, y)
    axis = axis_of(axis, y.ndim)
    steps: Any = dx
    if x is not None:
        x = array_of(xp, x)
        steps = xp.diff(x) if x.ndim == 1 else xp.diff(x, axis=axis)
        steps = xp.reshape(steps, tuple(-1 if i == axis else 1 for i in range(y.ndim))) if x.ndim == 1 else steps
    pairs = y[along(y.ndim, axis, slice(1, None))] + y[along(y.ndim, axis, slice(None, -1))]
    return xp.sum(steps * pairs / 2.0, axis=axis)


def interp(xp: Any, x: Any, xp_: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    """``numpy.interp``: its derivatives for the points, the places and the values."""
    x, places, values = (promoted(xp, v) for v in (x, xp_, fp))
    dtype = np.result_type(values.dtype, np.float64)
    x, places = (xp.astype(v, np.dtype(np.float64), copy=False) for v in (x, places))
    values = xp.astype(values, dtype, copy=False)
    if period is not None:
        period = abs(period)
        x, places = xp.remainder(x, period), xp.remainder(places, period)
        order = xp.argsort(places)
        places, values = xp.take(places, order, axis=0), xp.take(values, order, axis=0)
        places = xp.concat([places[-1:] - period, places, places[:1] + period])
        values = xp.concat([values[-1:], values, values[:1]])
        left = right = None
    n = places.shape[0]
    left, right = values[0] if left is None else left, values[n - 1] if right is None else right
    if n == 1:
        inner = xp.broadcast_to(values[0], x.shape)
    else:
        flat = xp.reshape(x, (-1,))
        at = xp.clip(xp.searchsorted(places, agrad.stop_gradient(flat), side="right") - 1, 0, n - 2)
        low, high = (xp.take(places, i, axis=0) for i in (at, at + 1))
        start, stop = (xp.take(values, i, axis=0) for i in (at, at + 1))
        same = high == low
        slope = (stop - start) / xp.where(same, xp.ones_like(high), high - low)
        inside = (flat >= places[0]) & (flat <= places[n - 1])
        inner = xp.reshape(slope * (xp.where(inside, flat, low) - low) + start, x.shape)
        inner = xp.where(x == places[n - 1], values[n - 1] + xp.reshape(slope, x.shape) * (x - places[n - 1]), inner)
    out = xp.where(x < places[0], left, xp.where(x > places[n - 1], right, inner))
    out = xp.astype(out, dtype, copy=False)
    return xp.where(xp.isnan(x), xp.asarray(np.nan, dtype=dtype), out)


# Convolutions -----------------------------------------------------------------------------------------


def _conj(xp: Any, x: Any) -> Any:
    return xp.conj(x) if x.dtype.kind == "c" else x


def _pulled(xp: Any, ct: Any, other: Any, n: int) -> Any:
    """The cotangent of one factor of a full convolution: a part of that with the other, turned around."""
    m = other.shape[0]
    return full_convolution(ct, xp.flip(_conj(xp, other)))[m - 1 : m - 1 + n]


def _stacked_convolution(xp: Any, batched: tuple[bool, bool], a: Any, v: Any) -> Any:
    """The same of stacks: windows of the one, zeros around it, times the other turned around."""
    a, v = (x if stacked else x[None] for x, stacked in zip((a, v), batched, strict=True))
    n, m = a.shape[1], v.shape[1]
    around = xp.zeros((a.shape[0], m - 1), dtype=a.dtype)
    wide = xp.concat([around, a, around], axis=1)
    windows = np.arange(n + m - 1)[:, None] + np.arange(m)[None, :]
    return xp.sum(wide[:, windows] * xp.flip(v, axis=1)[:, None, :], axis=2)


@agrad.custom_op(
    vjp=(
        lambda xp, ct, a, v: _pulled(xp, ct, v, a.shape[0]),
        lambda xp, ct, a, v: _pulled(xp, ct, a, v.shape[0]),
    ),
    jvp=(lambda t, v: full_convolution(t, v), lambda t, a: full_convolution(a, t)),
    batch=lambda xp, batched, a, v: _stacked_convolution(xp, batched, a, v),
)
def full_convolution(a: Any, v: Any) -> Any:
    """All places where two vectors overlap."""
    return np.convolve(a, v)


def convolve(xp: Any, a: Any, v: Any, mode: str = "full") -> Any:
    """``numpy.convolve``."""
    a, v = (xp.reshape(x, (1,)) if x.ndim == 0 else x for x in (array_of(xp, a), array_of(xp, v)))
    if a.ndim != 1 or v.ndim != 1:
        raise ValueError("object too deep for desired array")
    if not a.shape[0] or not v.shape[0]:
        raise ValueError("a and v cannot be empty")
    n, m = max(a.shape[0], v.shape[0]), min(a.shape[0], v.shape[0])
    full = full_convolution(a, v)
    if mode == "full":
        return full
    if mode == "same":
        return full[(m - 1) // 2 : (m - 1) // 2 + n]
    if mode == "valid":
        return full[m - 1 : n]
    raise ValueError("mode must be 'valid', 'same', or 'full'")


def correlate(xp: Any, a: Any, v: Any, mode: str = "valid") -> Any:
    """``numpy.correlate``."""
    a, v = array_of(xp, a), array_of(xp, v)
    full = convolve(xp, a, xp.flip(_conj(xp, v)))
    n, m = max(a.shape[0], v.shape[0]), min(a.shape[0], v.shape[0])
    if mode == "same":
        start = (m - 1) // 2 if a.shape[0] >= v.shape[0] else m // 2
        return full[start : start + n]
    return full if mode == "full" else full[m - 1 : n]


# Padding ----------------------------------------------------------------------------------------------

BY_INDEX = ("edge", "reflect", "symmetric", "wrap")
BY_PART: dict[str, Callable[..., Any]] = {"maximum": maximum, "mean": mean, "median": median, "minimum": minimum}


def pad(xp: Any, array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    """``numpy.pad``."""
    array = array_of(xp, array)
    if isinstance(pad_width, dict):
        pad_width = [pad_width.get(i, pad_width.get(i - array.ndim, 0)) for i in range(array.ndim)]
        pad_width = [(p, p) if np.ndim(p) == 0 else tuple(p) for p in pad_width]
    widths = np.broadcast_to(np.asarray(pad_width), (array.ndim, 2)).tolist()
    if callable(mode) or options.get("reflect_type", "even") != "even":
        raise refuse(
            "numpy.pad", "for which it takes a mode by name, and reflect_type='even'", "pad by numpy.concatenate"
        )
    for axis, (before, after) in enumerate(widths):
        n = array.shape[axis]
        if mode in BY_INDEX:
            array = xp.take(array, xp.asarray(np.pad(np.arange(n), (before, after), mode=mode)), axis=axis)
            continue
        first, last = _ends(xp, array, axis, mode, options, (before, after))
        array = xp.concat(
            [xp.astype(first, array.dtype, copy=False), array, xp.astype(last, array.dtype, copy=False)], axis=axis
        )
    return array


def _ends(xp: Any, array: Any, axis: int, mode: str, options: dict[str, Any], widths: tuple[int, int]) -> list[Any]:
    """What is put in front and behind."""
    ends = []
    for side, width in enumerate(widths):
        shape = (*array.shape[:axis], width, *array.shape[axis + 1 :])
        if mode == "empty":
            ends.append(xp.zeros(shape, dtype=array.dtype))
        elif mode == "constant":
            ends.append(xp.broadcast_to(_of_side(xp, options.get("constant_values", 0), array, axis, side), shape))
        elif mode == "linear_ramp":
            edge = array[along(array.ndim, axis, slice(0, 1) if side == 0 else slice(-1, None))]
            end = _of_side(xp, options.get("end_values", 0), array, axis, side)
            part = np.arange(width) / max(width, 1)
            part = part if side == 0 else part[::-1]
            part = xp.asarray(part.reshape(tuple(-1 if i == axis else 1 for i in range(array.ndim))))
            ends.append(end + (edge - end) * part)
        elif mode in BY_PART:
            length = options.get("stat_length")
            length = None if length is None else np.broadcast_to(np.asarray(length), (array.ndim, 2))[axis][side]
            count = array.shape[axis] if length is None else min(int(length), array.shape[axis])
            part = array[
                along(array.ndim, axis, slice(0, count) if side == 0 else slice(array.shape[axis] - count, None))
            ]
            value = BY_PART[mode](xp, part, axis, keepdims=True)
            value = xp.round(value) if array.dtype.kind not in "fc" else value
            ends.append(xp.broadcast_to(value, shape))
        else:
            raise ValueError(f"mode '{mode}' is not supported")
    return ends


def _of_side(xp: Any, value: Any, array: Any, axis: int, side: int) -> Any:
    """The value of one end of one axis, of one for all, a pair, or a pair for each axis."""
    if isinstance(value, dict):
        value = [value.get(i, value.get(i - array.ndim, 0)) for i in range(array.ndim)]
        value = [(v, v) if np.ndim(v) == 0 else tuple(v) for v in value]
    return xp.broadcast_to(array_of(xp, value), (array.ndim, 2))[axis, side]


# Functions of functions -------------------------------------------------------------------------------


def apply_along_axis(xp: Any, func1d: Any, axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """``numpy.apply_along_axis``."""
    arr = array_of(xp, arr)
    axis = axis_of(axis, arr.ndim)
    rows = xp.moveaxis(arr, axis, -1)
    flat = xp.reshape(rows, (-1, arr.shape[axis]))
    made = xp.stack([array_of(xp, func1d(flat[i], *args, **kwargs)) for i in range(flat.shape[0])])
    out = xp.reshape(made, (*rows.shape[:-1], *made.shape[1:]))
    count = made.ndim - 1
    kept = tuple(range(rows.ndim - 1))
    order = (*kept[:axis], *range(rows.ndim - 1, rows.ndim - 1 + count), *kept[axis:])
    return xp.permute_dims(out, order)


def apply_over_axes(xp: Any, func: Any, a: Any, axes: Any) -> Any:
    """``numpy.apply_over_axes``."""
    value = array_of(xp, a)
    for axis in axes if np.ndim(axes) else (axes,):
        axis = axis_of(axis, value.ndim)
        new = func(value, axis)
        value = new if new.ndim == value.ndim else xp.expand_dims(new, axis=axis)
    return value


def _spaced(name: str) -> Callable[..., Any]:
    """``numpy.linspace`` and its kind, between Tensors."""

    def row(
        xp: Any, start: Any, stop: Any, num: int = 50, endpoint: bool = True, *args: Any, dtype: Any = None,
        axis: int = 0, **more: Any,
    ) -> Any:  # fmt: skip
        if args or set(more) - {"base", "retstep", "device"} or more.get("retstep"):
            raise refuse(f"numpy.{name}", "for which it takes dtype= and axis= by name", "leave the other options out")
        result = np.result_type(*[v.dtype if hasattr(v, "dtype") else v for v in (start, stop)], 1.0)
        start, stop = promoted(xp, start), promoted(xp, stop)
        if name == "geomspace":
            start, stop = xp.log10(start), xp.log10(stop)
        part = xp.asarray(np.linspace(0.0, 1.0, num, endpoint))
        part = xp.reshape(part, (-1, *(1,) * max(start.ndim, stop.ndim)))
        out = start * (1 - part) + stop * part
        if name != "linspace":
            out = more.get("base", 10.0) ** out
        out = xp.moveaxis(out, 0, axis)
        return xp.astype(out, result if dtype is None else np.dtype(dtype), copy=False)

    return row


def _complex_part(name: str) -> Callable[..., Any]:
    """``numpy.real`` and ``imag``, of real numbers too."""

    def row(xp: Any, val: Any) -> Any:
        val = array_of(xp, val)
        if val.dtype.kind == "c":
            return getattr(xp, name)(val)
        return val if name == "real" else xp.zeros_like(val)

    return row


ROWS: dict[str, Callable[..., Any]] = {
    "angle": angle,
    "apply_along_axis": apply_along_axis,
    "apply_over_axes": apply_over_axes,
    "around": rounded,
    "clip": clip,
    "convolve": convolve,
    "correlate": correlate,
    "diff": diff,
    "ediff1d": ediff1d,
    "fix": lambda xp, x, out=None: xp.trunc(array_of(xp, x)),
    "geomspace": _spaced("geomspace"),
    "gradient": gradient,
    "i0": lambda xp, x: xp.special.i0(promoted(xp, x)),
    "imag": _complex_part("imag"),
    "interp": interp,
    "linspace": _spaced("linspace"),
    "logspace": _spaced("logspace"),
    "nan_to_num": nan_to_num,
    "pad": pad,
    "real": _complex_part("real"),
    "real_if_close": real_if_close,
    "round": rounded,
    "sinc": lambda xp, x: xp.special.sinc(promoted(xp, x)),
    "trapezoid": trapezoid,
    "unwrap": unwrap,
}
