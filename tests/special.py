"""Points for the special functions, out to where they overflow, and what mpmath says of them."""

from __future__ import annotations

from functools import cache
from itertools import product
from math import comb, prod
from typing import Any

import numpy as np
from mpmath import mp, mpf

import agrad_special
from agrad.declare import Op
from agrad.plugins import ops, register

__all__ = ["OPS", "ORDERS", "POINTS", "columns", "distance", "expected"]

if not ops("special"):
    register(agrad_special, "special")
OPS: dict[str, Op] = ops("special")

ORDERS = {
    "expn": ("n",),
    "bdtr": ("k", "n"),
    "bdtrc": ("k", "n"),
    "nbdtr": ("k", "n"),
    "pdtr": ("k",),
    "pdtrc": ("k",),
    "jv": ("v",),
    "yv": ("v",),
    "spherical_jn": ("n",),
}
"""Parameters by op that are refused a derivative."""

SIGNED = [-3.7, -1.2, -0.4, -1e-3, 1e-8, 0.15, 0.6, 1.7, 4.2]
POSITIVE = [1e-30, 1e-3, 0.3, 0.999999, 1.0, 1.2, 3.7, 40.0, 1e6, 1e25]

POINTS: dict[str, list[Any]] = {
    "erf": [*SIGNED, -9.0, 6.0],
    "erfc": [*SIGNED, -6.0, 0.49, 0.51, 5.99, 6.01, 9.0, 20.0, 26.0],
    "erfinv": [-0.999999, -0.86, -0.84, -0.3, 1e-20, 1e-3, 0.5, 0.849, 0.851, 0.99, 0.9999],
    "ndtr": [*SIGNED, -37.0, -12.0, -1.0001, -0.9999, 6.0, 12.0],
    "log_ndtr": [*SIGNED, -1e8, -1e3, -37.0, -5.1, -4.9, 0.99, 1.01, 6.5, 12.0],
    "ndtri": [1e-100, 1e-30, 1e-12, 1e-3, 0.074, 0.076, 0.3, 0.6, 0.924, 0.926, 0.999999],
    "gammaln": [*POSITIVE, 1.0000001, 1.9999999, 2.0, 2.6, 7.9, 8.1, 1e100, -0.3, -0.7, -3.2, -20.6],
    "digamma": [*POSITIVE, 1.4616321, 1.4616322, 2.0, 2.1, 9.4, 1e100, -0.3, -0.7, -3.2, -20.6],
    "zeta": [(1.001, 0.3), (1.5, 1.0), (2.0, 1e-3), (2.5, 0.7), (3.0, 1e4), (7.0, 40.0), (25.0, 1.2), (60.0, 2.5)],
    "betaln": [(0.3, 0.7), (1.0, 1.0), (1e-3, 4.0), (7.9, 8.1), (30.0, 12.0), (1e6, 0.2), (1e15, 1.0), (3.0, 1e20),
               (1e10, 1e9), (2.0, 2.5)],
    "i0": [*SIGNED, -30.0, 0.99, 1.01, 24.0, 26.0, 80.0],
    "i0e": [*SIGNED, -30.0, 0.99, 1.01, 24.0, 26.0, 1e5, 1e12],
    "i1": [*SIGNED, -30.0, 0.99, 1.01, 24.0, 26.0, 80.0],
    "i1e": [*SIGNED, -30.0, 0.99, 1.01, 24.0, 26.0, 1e5, 1e12],
    "expit": [*SIGNED, -80.0, -20.0, 20.0, 80.0],
    "logit": [1e-30, 1e-6, 0.1, 0.249, 0.251, 0.49999, 0.6, 0.749, 0.751, 0.99999],
    "log_expit": [*SIGNED, -800.0, -20.0, 20.0, 80.0, 800.0],
    "xlogy": [(1e-30, 1e-30), (0.3, 0.7), (2.0, 1.0001), (5.0, 1e25), (-2.0, 3.0)],
    "xlog1py": [(1e-30, 1e-30), (0.3, 0.7), (2.0, 1e-9), (5.0, 1e25), (-2.0, -0.4)],
    "entr": [1e-30, 1e-6, 0.1, 0.367, 0.999, 1.0, 1.5, 1e20],
    "rel_entr": [(1e-30, 1e-3), (0.3, 0.7), (0.5, 0.500001), (2.0, 1e-25), (1e20, 1.5e20), (1.0, 2.1)],
    "kl_div": [(1e-30, 1e-3), (0.3, 0.7), (0.5, 0.501), (2.0, 1e-15), (1e20, 1.7e20), (1.0, 2.1), (3.0, 1.4)],
    "ellipk": [-100.0, -0.7, 1e-9, 0.3, 0.9, 0.999999],
    "ellipe": [-100.0, -0.7, 1e-9, 0.3, 0.9, 0.999999],
    "ellipkinc": [(0.3, 0.4), (1.4, 0.9), (-1.0, -20.0), (5.0, 0.5), (0.8, 1e-9)],
    "ellipeinc": [(0.3, 0.4), (1.4, 0.9), (-1.0, -20.0), (5.0, 0.5), (0.8, 1e-9)],
    "j0": [*SIGNED, 1.99, 2.01, 9.0, 40.0],
    "j1": [*SIGNED, 1.99, 2.01, 9.0, 40.0],
    "y0": [1e-3, 0.3, 1.99, 2.01, 40.0],
    "y1": [1e-3, 0.3, 1.99, 2.01, 40.0],
    "k0": [1e-6, 0.3, 5.0, 40.0],
    "k0e": [1e-6, 0.3, 5.0, 40.0],
    "k1": [1e-6, 0.3, 5.0, 40.0],
    "k1e": [1e-6, 0.3, 5.0, 40.0],
    "gamma": [1e-30, 1e-3, 0.3, 1.0, 1.2, 3.7, 7.9, 8.1, 30.0, 150.0, -0.3, -0.7, -3.2, -20.6],
    "beta": [(0.3, 0.7), (1.0, 1.0), (1e-3, 4.0), (7.9, 8.1), (30.0, 12.0), (1e6, 0.2), (2.0, 2.5)],
    "exp1": [1e-30, 1e-3, 0.3, 0.99, 1.01, 5.0, 40.0, 600.0],
    "expi": [-600.0, -5.0, -1.01, -0.3, 1e-30, 1e-3, 0.3, 1.0, 5.0, 39.9, 40.1, 600.0],
    "boxcox": [(1e-3, 0.5), (0.3, 1e-12), (2.0, -1e-9), (5.0, 0.2), (1e3, 3.0), (7.0, -2.0), (40.0, 0.54)],
    "boxcox1p": [(-0.9, 0.5), (1e-12, 0.7), (2.0, -1e-9), (5.0, 0.2), (1e3, 3.0), (7.0, -2.0)],
    "inv_boxcox": [(-0.9, 0.5), (1e-12, 0.7), (2.0, -1e-9), (5.0, 0.2), (100.0, 3.0), (0.3, -2.0)],
    "inv_boxcox1p": [(-0.9, 0.5), (1e-12, 0.7), (2.0, -1e-9), (5.0, 0.2), (100.0, 3.0), (0.3, -2.0)],
    "huber": [(1.0, 0.5), (1.0, -3.0), (0.2, 1e-9), (3.0, 1e9)],
    "pseudo_huber": [(1.0, 0.5), (1.0, -3.0), (0.2, 1e-9), (3.0, 1e9), (1e-4, 2.0)],
    "erfcx": [*SIGNED, -6.0, 0.49, 0.51, 2.7, 2.9, 9.0, 29.9, 30.1, 1e5],
    "erfcinv": [1e-30, 1e-12, 0.1, 0.149, 0.151, 0.5, 0.99, 1.3, 1.9999],
    "ndtri_exp": [-100.0, -81.0, -79.0, -4.0, -0.51, -0.49, -1e-3],
    "dawsn": [*SIGNED, 6.9, 7.1, 20.0, 1e5],
    "sinc": [*SIGNED, -0.9999, 1e-3, 0.05, 1.0001, 3.0, 7.25, 1e6],
}  # fmt: skip
"""By op; numbers for one argument, tuples for several."""


def columns(name: str, dtype: str) -> list[np.ndarray]:
    """An array an argument, of those points that the dtype holds with something to spare."""
    rows = [p if isinstance(p, tuple) else (p,) for p in POINTS[name]]
    if dtype == "float32":
        rows = [row for row in rows if all(1e-31 < abs(v) < 1e21 for v in row)]
    return [np.asarray(column, dtype=dtype) for column in zip(*rows, strict=True)]


DIGITS = {
    "zeta": 100,
    **dict.fromkeys(
        ["j0", "j1", "y0", "y1", "k0", "k0e", "k1", "k1e", "ellipk", "ellipe", "ellipkinc", "ellipeinc"], 60
    ),
}
"""Of the reference: 200 where not named here."""


@cache
def expected(name: str, point: tuple[float, ...], orders: tuple[int, ...]) -> mpf:
    """A derivative of the reference that the op brings along, by central differences of many digits."""
    reference = OPS[name].reference
    assert reference is not None
    digits = DIGITS.get(name, 200)
    with mp.workdps(digits):
        total = mpf(0)
        steps = [abs(v) * mpf(10) ** (-digits // 5) for v in point]
        for shift in product(*(range(n + 1) for n in orders)):
            x = [v + (k - mpf(n) / 2) * h for v, k, n, h in zip(point, shift, orders, steps, strict=True)]
            sign = (-1) ** (sum(orders) - sum(shift))
            total += sign * prod(comb(n, k) for n, k in zip(orders, shift, strict=True)) * mpf(reference(mp, *x))
        return total / prod(h**n for h, n in zip(steps, orders, strict=True))


def distance(
    name: str, point: tuple[float, ...], orders: tuple[int, ...], found: Any, dtype: str, scale: float = 0.0
) -> float:
    """How far off a number is, in units of the error that rounding the arguments and the result may cause."""
    info = np.finfo(dtype)
    exact = expected(name, point, orders)
    if abs(exact) > 0.5 * float(info.max):
        return 0.0  # close to overflow
    size = max(abs(exact), scale) + float(info.smallest_normal) / float(info.eps)
    for i, v in enumerate(point):
        size += abs(v * expected(name, point, tuple(n + (k == i) for k, n in enumerate(orders))))
    if not np.isfinite(found):
        return float("inf")
    return float(abs(mpf(float(found)) - exact) / size / float(info.eps))
