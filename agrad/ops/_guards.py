"""Lengths as divisors: right whatever their magnitude, and honest where they are 0.

A length has a tip at 0. Its first derivative there is 0, by convention; a second one does not exist, and is nan.
"""

from __future__ import annotations

from math import frexp
from typing import Any

__all__ = ["guarded", "unit"]


def guarded(xp: Any, length: Any, otherwise: Any) -> Any:
    """1 where a length is 0, and `otherwise` elsewhere; the derivative of that 1 is nan.

    The root of 0 has an infinite derivative, which the derivative of the square, 0, makes nan in both modes.
    """
    return xp.where(length == 0, 1 + xp.square(xp.sqrt(length)), otherwise)


def unit(xp: Any, x: Any, length: Any, axis: Any) -> Any:
    """x over its length, 0 where that is 0; `length` says, once and for all of `axis`, how long x is about."""
    y = x * _scale(xp, length)
    r = xp.linalg.vector_norm(y, axis=axis, keepdims=True)
    return y / guarded(xp, r, r)


def _scale(xp: Any, length: Any) -> Any:
    """A power of two that keeps squares from over- and underflow: 1 but for very long and very short vectors."""
    exponent = frexp(float(xp.finfo(length.dtype).max))[1]
    large = 2.0 ** (3 * exponent // 4)
    small = 2.0 ** (-3 * exponent // 8)  # the squares of shorter vectors lose digits
    return xp.where(length < small, large, xp.where(length == xp.inf, 1 / large, xp.ones_like(length)))
