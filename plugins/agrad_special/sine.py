"""The normalised sine quotient."""

from __future__ import annotations

import math
from typing import Any

from agrad.declare import elementwise
from agrad_special.cases import unary
from agrad_special.compute import sine
from agrad_special.compute.common import polynomial, reals
from agrad_special.natives import scipy_special
from agrad_special.text import described

__all__ = ["OPS"]

OPS = (
    elementwise(
        "sinc(x, /)",
        lambda xp, out, x: _slope(xp, out, x),
        forward=sine.sinc,
        native=scipy_special("sinc", jax="jax.numpy:sinc"),
        reference=lambda mp, x: mp.sincpi(x),
        cases=unary(-3, 3, condition=4),
        doc=described(
            "sin(pi x) / (pi x), and 1 at 0.",
            "(cos(pi x) - sinc(x)) / x, near 0 by its series, so that all derivatives keep their digits; 0 at 0.",
            ">>> [round(v, 6) for v in xp.special.sinc(xp.asarray([0.0, 0.5])).tolist()]\n[1.0, 0.63662]\n"
            ">>> float(agrad.grad(agrad.grad(xp.special.sinc))(0.0)) // 0.01  # -pi**2 / 3\n-329.0",
        ),
    ),
)

SERIES = tuple((-1.0) ** k * 2 * k * math.pi ** (2 * k) / math.factorial(2 * k + 1) for k in range(1, 22))


def _slope(xp: Any, out: Any, x: Any) -> Any:
    (x,) = reals(xp, "sinc", x)
    near = xp.abs(x) < 1
    y = xp.where(near, x, 0)
    z = xp.where(near | xp.isinf(x), 1, x)
    cosine = xp.cos(math.pi * (z - 2 * xp.round(0.5 * z)))  # whole periods are taken off without rounding
    quotient = (cosine - xp.where(near | xp.isinf(x), 0, out)) / xp.where(near, 1, x)
    return xp.where(near, y * polynomial(y * y, SERIES), quotient)
