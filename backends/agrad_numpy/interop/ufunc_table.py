"""Ufuncs that the standard does not have: what they are composed of."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

import agrad
from agrad.declare import POINTWISE
from agrad_numpy.interop.common import array_of, promoted

__all__ = ["COMPOSED"]

LN2 = math.log(2.0)


@agrad.custom_op(vjp=lambda ct, out: ct / (3 * out * out), jvp=lambda t, out: t / (3 * out * out), axes=POINTWISE)
def _cbrt(x: Any) -> Any:
    return np.cbrt(x)


@agrad.custom_op(vjp=lambda ct, out: ct * out * LN2, jvp=lambda t, out: t * out * LN2, axes=POINTWISE)
def _exp2(x: Any) -> Any:
    return np.exp2(x)


def _fmax(xp: Any, x: Any, y: Any) -> Any:
    return xp.where(xp.isnan(x), y, xp.where(xp.isnan(y), x, xp.maximum(x, y)))


def _fmin(xp: Any, x: Any, y: Any) -> Any:
    return xp.where(xp.isnan(x), y, xp.where(xp.isnan(y), x, xp.minimum(x, y)))


def _fmod(xp: Any, x: Any, y: Any) -> Any:
    """The remainder with the sign of `x`: that of Python, of numbers that are not negative, is the same."""
    sign = xp.astype(xp.where(x < 0, -1, 1), x.dtype)
    return sign * xp.remainder(sign * x, abs(y))


def _heaviside(xp: Any, x: Any, y: Any) -> Any:
    one = xp.ones_like(x)
    return xp.where(xp.isnan(x), x, xp.where(x < 0, 0 * one, xp.where(x > 0, one, y)))


def _float_power(xp: Any, x: Any, y: Any) -> Any:
    wide = np.result_type(x.dtype, y.dtype, np.float64)
    return xp.pow(xp.astype(x, wide), xp.astype(y, wide))


def _ldexp(xp: Any, x: Any, exponent: Any) -> Any:
    return x * xp.pow(xp.asarray(2.0, dtype=x.dtype), xp.astype(exponent, x.dtype))


def _modf(xp: Any, x: Any) -> Any:
    whole = xp.trunc(x)
    return xp.where(xp.isinf(x), 0 * xp.sign(x), x - whole), whole


def _vecmat(xp: Any, x: Any, matrix: Any) -> Any:
    x = xp.conj(x) if x.dtype.kind == "c" else x
    return xp.squeeze(xp.matmul(xp.expand_dims(x, axis=-2), matrix), axis=-2)


def _floats(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of floating-point arrays: integers are converted, as NumPy does."""
    return lambda xp, *args: function(xp, *[promoted(xp, a) for a in args])


def _arrays(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of arrays of one dtype, lists and numbers among them."""

    def run(xp: Any, *args: Any) -> Any:
        dtype = np.result_type(*[a.dtype if hasattr(a, "dtype") else a for a in args])
        return function(xp, *[xp.astype(array_of(xp, a), dtype, copy=False) for a in args])

    return run


COMPOSED: dict[str, Callable[..., Any]] = {
    "cbrt": _floats(lambda xp, x: _cbrt(x)),
    "deg2rad": _floats(lambda xp, x: x * (np.pi / 180)),
    "degrees": _floats(lambda xp, x: x * (180 / np.pi)),
    "divmod": lambda xp, x, y: (xp.floor_divide(x, y), xp.remainder(x, y)),
    "exp2": _floats(lambda xp, x: _exp2(x)),
    "fabs": _floats(lambda xp, x: xp.abs(x)),
    "float_power": _arrays(_float_power),
    "fmax": _arrays(_fmax),
    "fmin": _arrays(_fmin),
    "fmod": _arrays(_fmod),
    "heaviside": _floats(_heaviside),
    "ldexp": lambda xp, x, exponent: _ldexp(xp, promoted(xp, x), array_of(xp, exponent)),
    "logaddexp2": _floats(lambda xp, x, y: xp.logaddexp(x * LN2, y * LN2) / LN2),
    "matvec": lambda xp, matrix, x: xp.squeeze(
        xp.matmul(array_of(xp, matrix), xp.expand_dims(array_of(xp, x), axis=-1)), axis=-1
    ),
    "modf": _floats(_modf),
    "rad2deg": _floats(lambda xp, x: x * (180 / np.pi)),
    "radians": _floats(lambda xp, x: x * (np.pi / 180)),
    "rint": _floats(lambda xp, x: xp.round(x)),
    "vecmat": lambda xp, x, matrix: _vecmat(xp, array_of(xp, x), array_of(xp, matrix)),
}
"""By NumPy's name: a function of the namespace and the operands."""
