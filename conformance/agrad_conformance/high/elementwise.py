"""Elementwise functions in high precision, from mpmath's functions of one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["FUNCTIONS", "elementwise"]


def elementwise(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function ``f(mp, number, ...)`` as one of arrays that broadcast."""

    def call(mp: Any, *args: Any) -> Any:
        g = np.frompyfunc(lambda *xs: f(mp, *map(mp.mpmathify, xs)), len(args), 1)
        return np.asarray(g(*(np.asarray(a, dtype=object) for a in args)), dtype=object)

    return call


def _parts(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A function of real numbers, of the real and imaginary part each."""
    return lambda mp, x: mp.mpc(f(mp, x.real), f(mp, x.imag)) if isinstance(x, mp.mpc) else f(mp, x)


def _sign(mp: Any, x: Any) -> Any:
    return x / abs(x) if x else x * 0


def _trunc(mp: Any, x: Any) -> Any:
    return mp.ceil(x) if x < 0 else mp.floor(x)


def _copysign(mp: Any, x: Any, y: Any) -> Any:
    return -abs(x) if y < 0 else abs(x)


def _clip(mp: Any, x: Any, min: Any = None, max: Any = None) -> Any:
    """Elementwise with bounds that may be missing."""
    y = np.asarray(x, dtype=object)
    if min is not None:
        y = FUNCTIONS["maximum"](mp, y, min)
    return y if max is None else FUNCTIONS["minimum"](mp, y, max)


OF_NUMBERS: dict[str, Callable[..., Any]] = {
    "abs": lambda mp, x: abs(x),
    "acos": lambda mp, x: mp.acos(x),
    "acosh": lambda mp, x: mp.acosh(x),
    "add": lambda mp, x, y: x + y,
    "asin": lambda mp, x: mp.asin(x),
    "asinh": lambda mp, x: mp.asinh(x),
    "atan": lambda mp, x: mp.atan(x),
    "atan2": lambda mp, y, x: mp.atan2(y, x),
    "atanh": lambda mp, x: mp.atanh(x),
    "ceil": lambda mp, x: mp.ceil(x),
    "conj": lambda mp, x: mp.conj(x),
    "copysign": _copysign,
    "cos": lambda mp, x: mp.cos(x),
    "cosh": lambda mp, x: mp.cosh(x),
    "divide": lambda mp, x, y: x / y,
    "exp": lambda mp, x: mp.exp(x),
    "expm1": lambda mp, x: mp.exp(x) - 1,
    "floor": lambda mp, x: mp.floor(x),
    "floor_divide": lambda mp, x, y: mp.floor(x / y),
    "hypot": lambda mp, x, y: mp.sqrt(x * x + y * y),
    "imag": lambda mp, x: x.imag,
    "log": lambda mp, x: mp.log(x),
    "log1p": lambda mp, x: mp.log(1 + x),
    "log2": lambda mp, x: mp.log(x) / mp.log(2),
    "log10": lambda mp, x: mp.log(x) / mp.log(10),
    "logaddexp": lambda mp, x, y: mp.log(mp.exp(x) + mp.exp(y)),
    "maximum": lambda mp, x, y: max(x, y),
    "minimum": lambda mp, x, y: min(x, y),
    "multiply": lambda mp, x, y: x * y,
    "negative": lambda mp, x: -x,
    "nextafter": lambda mp, x, y: mp.mpf(math.nextafter(float(x), float(y))),
    "positive": lambda mp, x: +x,
    "pow": lambda mp, x, y: mp.power(x, y),
    "real": lambda mp, x: x.real,
    "reciprocal": lambda mp, x: 1 / x,
    "remainder": lambda mp, x, y: x - mp.floor(x / y) * y,
    "round": _parts(lambda mp, x: mp.nint(x)),
    "sign": _sign,
    "sin": lambda mp, x: mp.sin(x),
    "sinh": lambda mp, x: mp.sinh(x),
    "sqrt": lambda mp, x: mp.sqrt(x),
    "square": lambda mp, x: x * x,
    "subtract": lambda mp, x, y: x - y,
    "tan": lambda mp, x: mp.tan(x),
    "tanh": lambda mp, x: mp.tanh(x),
    "trunc": _trunc,
}


def _truth(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers that says whether something holds, as one of arrays."""
    g = elementwise(f)
    return lambda mp, *args: g(mp, *args).astype(bool)


TRUTHS: dict[str, Callable[..., Any]] = {
    "equal": lambda mp, x, y: x == y,
    "greater": lambda mp, x, y: x > y,
    "greater_equal": lambda mp, x, y: x >= y,
    "isfinite": lambda mp, x: mp.isfinite(x),
    "isinf": lambda mp, x: mp.isinf(x),
    "isnan": lambda mp, x: mp.isnan(x),
    "logical_and": lambda mp, x, y: x != 0 and y != 0,
    "logical_not": lambda mp, x: x == 0,
    "logical_or": lambda mp, x, y: x != 0 or y != 0,
    "logical_xor": lambda mp, x, y: (x != 0) != (y != 0),
    "less": lambda mp, x, y: x < y,
    "less_equal": lambda mp, x, y: x <= y,
    "not_equal": lambda mp, x, y: x != y,
    "signbit": lambda mp, x: x < 0,
}


def _of_bits(f: Callable[..., int]) -> Callable[..., Any]:
    """A function of Python's integers, as one of arrays."""
    return lambda mp, *args: np.frompyfunc(f, len(args), 1)(*(x.astype(object) for x in args)).astype(int)


BITS: dict[str, Callable[..., int]] = {
    "bitwise_and": lambda x, y: x & y,
    "bitwise_invert": lambda x: ~x,
    "bitwise_left_shift": lambda x, y: x << y,
    "bitwise_or": lambda x, y: x | y,
    "bitwise_right_shift": lambda x, y: x >> y,
    "bitwise_xor": lambda x, y: x ^ y,
}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    **{name: elementwise(f) for name, f in OF_NUMBERS.items()},
    **{name: _truth(f) for name, f in TRUTHS.items()},
    **{name: _of_bits(f) for name, f in BITS.items()},
    "clip": _clip,
}
