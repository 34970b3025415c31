"""Normal numbers in blocks of 16, to the last bit: PyTorch fills arrays of 16 elements or more in this way.

In float32 PyTorch takes logarithm, sine and cosine from Cephes' single-precision polynomials, eight at a time; the same
steps in the same order are written here for arrays.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["blocks", "fused"]

F = np.float32

LOG = [
    F(c) for c in (
        7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1, -1.6668057665e-1,
        2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
    )
]  # fmt: skip
LOG2 = F(-2.12194440e-4), F(0.693359375)  # the two parts of log(2)
COS = F(2.443315711809948e-5), F(-1.388731625493765e-3), F(4.166664568298827e-2)
SIN = F(-1.9515295891e-4), F(8.3321608736e-3), F(-1.6666654611e-1)
QUARTER = F(0.78515625), F(2.4187564849853515625e-4), F(3.77489497744594108e-8)  # the three parts of pi/4


def blocks(draw: Callable[[int], Any], n: int, mean: float, std: float, dtype: Any) -> Any:
    """Draw `n`, 16 or more, normal numbers.

    Parameters
    ----------
    draw : callable
        Draws so many uniform numbers of the dtype.
    n : int
    mean, std : number
    dtype : float16, float32 or float64
        In float16, PyTorch draws no number for what follows the last whole block.

    Returns
    -------
    ndarray
        In float32 where float16 was asked for.
    """
    whole = n // 16 * 16
    drawn = whole if dtype == np.float16 else n
    out = np.pad(draw(drawn), (0, n - drawn))
    out[:whole] = _block(out[:whole].reshape(-1, 2, 8), mean, std)
    if n > whole:  # the last 16 are drawn again
        out[n - 16 :] = _block(draw(16).reshape(-1, 2, 8), mean, std)
    return out


def _block(uniform: Any, mean: float, std: float) -> Any:
    """Box and Muller's transform: the first eight of a block give the radii, the others the angles."""
    height, turn = uniform[:, 0], uniform[:, 1]
    if uniform.dtype == F:
        radius = np.sqrt(F(-2) * _log(F(1) - height))
        sine, cosine = _sincos(F(2 * np.pi) * turn)
    else:
        radius = np.sqrt(-2 * np.log(1 - height))
        sine, cosine = np.sin(2 * np.pi * turn), np.cos(2 * np.pi * turn)
    return fused(np.stack([radius * cosine, radius * sine], 1), std, mean).reshape(-1)


def fused(a: Any, b: float, c: float) -> Any:
    """``a * b + c`` with one rounding, in the dtype of the array `a`, float32 or float64.

    Examples
    --------
    >>> fused(np.array([1.0 + 2**-30]), 1.0 - 2**-30, -1.0).tolist() == [-(2.0**-60)]
    True
    """
    return _fused(a, F(b), F(c)) if a.dtype == F else _fused_double(a, float(b), float(c))


def _fused(a: Any, b: Any, c: Any) -> Any:
    """``a * b + c`` in float32 with one rounding: the product is exact in float64."""
    return (np.multiply(a, b, dtype=np.float64) + c).astype(F)


def _fused_double(a: Any, b: float, c: float) -> Any:
    """``a * b + c`` in float64 with one rounding: by Dekker's product and Knuth's sum, whose errors are exact."""
    product = a * b
    (a_high, a_low), (b_high, b_low) = _halves(a), _halves(b)
    lost = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    total = product + c
    rest = total - product
    return total + (((product - (total - rest)) + (c - rest)) + lost)


def _halves(a: Any) -> tuple[Any, Any]:
    """A number as the sum of two with 26 bits."""
    scaled = a * (2.0**27 + 1)
    high = scaled - (scaled - a)
    return high, a - high


def _log(x: Any) -> Any:
    """The natural logarithm on (0, 1]."""
    x, e = np.frexp(x)
    small = x < F(0.707106781186547524)
    x, e = np.where(small, x - F(1) + x, x - F(1)), e.astype(F) - small.astype(F)
    z = x * x
    y = np.full_like(x, LOG[0])
    for c in LOG[1:]:
        y = _fused(y, x, c)
    y = _fused(y * x, z, e * LOG2[0])
    y = _fused(-z, F(0.5), y)
    return _fused(e, LOG2[1], x + y)


def _sincos(x: Any) -> tuple[Any, Any]:
    """Sine and cosine of angles that are not negative."""
    octant = ((x * F(1.27323954473516)).astype(np.int32) + 1) & ~1
    y = octant.astype(F)
    for part in QUARTER:
        x = _fused(-y, part, x)
    z = x * x
    c = _fused(_fused(z, COS[0], COS[1]), z, COS[2]) * z
    c = _fused(c, z, z * F(-0.5)) + F(1)
    s = _fused(_fused(z, SIN[0], SIN[1]), z, SIN[2]) * z
    s = _fused(s, x, x)
    plain = (octant & 2) == 0
    sine = np.where(plain, s, c) * np.where(octant & 4, F(-1), F(1))
    cosine = np.where(plain, c, s) * np.where((octant - 2) & 4, F(1), F(-1))
    return sine, cosine
