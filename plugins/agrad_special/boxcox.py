"""The Box-Cox transformation and its inverse."""

from __future__ import annotations

from typing import Any

from agrad.declare import elementwise
from agrad_special.cases import binary
from agrad_special.compute import boxcox
from agrad_special.natives import scipy_special
from agrad_special.text import described

__all__ = ["OPS"]

LIBRARIES = {"torch": "", "jax": ""}
ACCURACY = "1 unit of rounding and what rounding the arguments makes of it, for lmbda from 1e-20 to 5."
LMBDA = "The power; 0 means the logarithm."

OPS = (
    elementwise(
        "boxcox(x, lmbda, /)",
        lambda xp, x, lmbda: xp.pow(x, lmbda - 1),
        lambda xp, x, lmbda: _by_power(xp, xp.log(xp.where(x == 0, 1, x)), lmbda, x == 0),
        forward=boxcox.boxcox,
        native=scipy_special("boxcox", **LIBRARIES),
        reference=lambda mp, x, lmbda: (x**lmbda - 1) / lmbda if lmbda else mp.log(x),
        cases=binary(0.3, 3, condition=8),
        doc=described(
            "Box-Cox transformation: (x**lmbda - 1) / lmbda, and log(x) where lmbda is 0.",
            "x**(lmbda - 1) for x. For lmbda log(x)**2 times the derivative of expm1(z) / z at z = lmbda log(x), near "
            "0 by its series.",
            ">>> xp.special.boxcox(xp.asarray([1.0, 4.0]), xp.asarray(0.5)).tolist()\n[0.0, 2.0]\n"
            ">>> round(float(agrad.grad(xp.special.boxcox, argnums=1)(2.0, 0.0)), 6)  # log(2)**2 / 2\n0.240227",
            accuracy=ACCURACY,
            x="Positive numbers.",
            lmbda=LMBDA,
        ),
    ),
    elementwise(
        "boxcox1p(x, lmbda, /)",
        lambda xp, x, lmbda: xp.exp((lmbda - 1) * xp.log1p(x)),
        lambda xp, x, lmbda: _by_power(xp, xp.log1p(xp.where(x == -1, 0, x)), lmbda, x == -1),
        forward=boxcox.boxcox1p,
        native=scipy_special("boxcox1p", **LIBRARIES),
        reference=lambda mp, x, lmbda: mp.expm1(lmbda * mp.log1p(x)) / lmbda if lmbda else mp.log1p(x),
        cases=binary(0.3, 3, condition=8),
        doc=described(
            "Box-Cox transformation of 1 + x.",
            "(1 + x)**(lmbda - 1) for x; for lmbda as boxcox.",
            ">>> xp.special.boxcox1p(xp.asarray([0.0, 3.0]), xp.asarray(0.5)).tolist()\n[0.0, 2.0]",
            accuracy=ACCURACY,
            x="Numbers above -1.",
            lmbda=LMBDA,
        ),
    ),
    elementwise(
        "inv_boxcox(y, lmbda, /)",
        lambda xp, out, y, lmbda: out / (1 + lmbda * y),
        lambda xp, out, y, lmbda: out * y * y * boxcox.log_quotient_slope(xp, lmbda * y),
        forward=boxcox.inv_boxcox,
        native=scipy_special("inv_boxcox", **LIBRARIES),
        reference=lambda mp, y, lmbda: mp.exp(mp.log1p(lmbda * y) / lmbda) if lmbda else mp.exp(y),
        cases=binary(0.3, 3, condition=16),
        doc=described(
            "Inverse of boxcox: (1 + lmbda y)**(1 / lmbda), and exp(y) where lmbda is 0.",
            "x / (1 + lmbda y) for y, where x is the result. For lmbda x y**2 times the derivative of log1p(z) / z at "
            "z = lmbda y, near 0 by its series.",
            ">>> xp.special.inv_boxcox(xp.asarray([0.0, 2.0]), xp.asarray(0.5)).tolist()\n[1.0, 4.0]",
            accuracy=ACCURACY,
            y="Transformed numbers.",
            lmbda=LMBDA,
            returns="nan where 1 + lmbda y is negative; of the shape that the arguments broadcast to.",
        ),
    ),
    elementwise(
        "inv_boxcox1p(y, lmbda, /)",
        lambda xp, out, y, lmbda: (1 + out) / (1 + lmbda * y),
        lambda xp, out, y, lmbda: (1 + out) * y * y * boxcox.log_quotient_slope(xp, lmbda * y),
        forward=boxcox.inv_boxcox1p,
        native=scipy_special("inv_boxcox1p", **LIBRARIES),
        reference=lambda mp, y, lmbda: mp.expm1(mp.log1p(lmbda * y) / lmbda) if lmbda else mp.expm1(y),
        cases=binary(0.3, 3, condition=16),
        doc=described(
            "Inverse of boxcox1p: inv_boxcox less 1, with all its digits near 0.",
            "Those of inv_boxcox.",
            ">>> xp.special.inv_boxcox1p(xp.asarray([1e-30, 2.0]), xp.asarray(0.5)).tolist()\n[1e-30, 3.0]",
            accuracy=ACCURACY,
            y="Transformed numbers.",
            lmbda=LMBDA,
            returns="nan where 1 + lmbda y is negative; of the shape that the arguments broadcast to.",
        ),
    ),
)


def _by_power(xp: Any, logarithm: Any, lmbda: Any, edge: Any) -> Any:
    """The derivative for lmbda; the limit where the number is 0."""
    slope = xp.square(logarithm) * boxcox.power_quotient_slope(xp, lmbda * logarithm)
    at_0 = xp.where(lmbda > 0, 1 / xp.square(xp.where(lmbda > 0, lmbda, 1)), xp.inf)
    return xp.where(edge, at_0, slope)
