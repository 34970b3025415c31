"""What several formulas share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from agrad.errors import DtypeError

__all__ = [
    "BERNOULLI",
    "EULER_GAMMA",
    "exp_rest",
    "gaussian",
    "hurwitz",
    "log1p_rest",
    "polynomial",
    "reals",
    "sin_pi",
    "whole",
]

BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330,
    854513 / 138, -236364091 / 2730,
)  # fmt: skip
"""The Bernoulli numbers B_2, B_4, ... B_24 (DLMF Table 24.2.1)."""

EULER_GAMMA = 0.5772156649015328606


def reals(xp: Any, name: str, *arguments: Any) -> tuple[Any, ...]:
    """The arguments as real floating-point arrays; Python numbers take the dtype of the arrays beside them."""
    arrays = [a for a in arguments if hasattr(a, "dtype")]
    for a in arrays:
        if not xp.isdtype(a.dtype, "real floating"):
            raise DtypeError(
                f"special.{name} got an array of {a.dtype}; it takes real floating-point numbers; "
                "convert integers first, with xp.astype(x, xp.float64)"
            )
    if not arrays:
        return tuple(xp.asarray(float(a)) for a in arguments)
    dtype = xp.result_type(*arrays)
    device = getattr(arrays[0], "device", None)
    return tuple(
        xp.astype(a, dtype, copy=False) if hasattr(a, "dtype") else xp.asarray(a, dtype=dtype, device=device)
        for a in arguments
    )


def whole(xp: Any, n: Any, x: Any) -> Any:
    """An array of integers as real numbers, as exact as x; anything else as it is."""
    if hasattr(n, "dtype") and xp.isdtype(n.dtype, "integral"):
        return xp.astype(n, x.dtype if hasattr(x, "dtype") else xp.asarray(0.0).dtype)
    return n


def polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """``c[0] + c[1] x + c[2] x**2 + ...`` by Horner's rule."""
    y = 0 * x + coefficients[-1]
    for c in reversed(coefficients[:-1]):
        y = y * x + c
    return y


def gaussian(xp: Any, x: Any) -> Any:
    """``exp(-x**2)`` without the rounding error of the square, which the exponential function would magnify.

    The leading digits of x, a multiple of 1/16, have an exact square.
    """
    lead = xp.round(16 * x) / 16
    return xp.exp(-lead * lead) * xp.exp((lead - x) * (lead + x))


def sin_pi(xp: Any, x: Any) -> Any:
    """``sin(pi x)`` up to its sign, for arguments of any size: periods are subtracted without rounding."""
    return xp.sin(math.pi * (x - xp.round(x)))


def hurwitz(s: float, a: float) -> float:
    """The Hurwitz zeta function of two numbers, for tables of coefficients: Euler-Maclaurin (DLMF 25.11(iii))."""
    y = a + 12
    terms = [(a + k) ** -s for k in range(12)] + [y ** (1 - s) / (s - 1), 0.5 * y**-s]
    factor = y**-s
    for j, b in enumerate(BERNOULLI[:9], start=1):
        factor *= (s + 2 * j - 2) / y
        terms.append(b / math.factorial(2 * j) * factor)
        factor *= (s + 2 * j - 1) / y
    return math.fsum(terms)


def log1p_rest(xp: Any, z: Any) -> Any:
    """``log1p(z) - z``, near 0 by ``log1p(z) = 2 atanh(z / (2 + z))`` (DLMF 4.38.5), so that nothing cancels."""
    near = xp.abs(z) < 0.5
    w, v = xp.where(near, z, 0), xp.where(near, 1, z)
    r = w / (2 + w)
    return xp.where(near, r * (2 * r * r * polynomial(r * r, ATANH_REST) - w), xp.log1p(v) - v)


def exp_rest(xp: Any, z: Any) -> Any:
    """``expm1(z) - z``, near 0 by its series."""
    near = xp.abs(z) < 0.5
    w, v = xp.where(near, z, 0), xp.where(near, 1, z)
    return xp.where(near, w * w * polynomial(w, EXP_REST), xp.expm1(v) - v)


ATANH_REST = tuple(1 / (2 * k + 3) for k in range(18))
EXP_REST = tuple(1 / math.factorial(k + 2) for k in range(14))
