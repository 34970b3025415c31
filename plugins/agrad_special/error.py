"""The error function, the normal distribution, and their inverses."""

from __future__ import annotations

import math
from typing import Any

from agrad.declare import elementwise
from agrad_special.cases import unary
from agrad_special.compute import error
from agrad_special.compute.common import reals
from agrad_special.natives import scipy_special, torch_ndtr
from agrad_special.text import described

__all__ = ["OPS"]

ROOT_HALF = math.sqrt(0.5)
ROOT_PI = math.sqrt(math.pi)
ROOT_TAU = math.sqrt(2 * math.pi)

OPS = (
    elementwise(
        "erf(x, /)",
        lambda xp, x: 2 / ROOT_PI * _bell(xp, x),
        forward=error.erf,
        native=scipy_special("erf"),
        reference=lambda mp, x: mp.erf(x),
        cases=unary(-3, 3),
        doc=described(
            "Error function: 2 / sqrt(pi) times the integral of exp(-t**2) from 0 to x.",
            "2 / sqrt(pi) * exp(-x**2).",
            ">>> [round(v, 6) for v in xp.special.erf(xp.asarray([0.0, 1.0])).tolist()]\n[0.0, 0.842701]\n"
            ">>> round(float(agrad.grad(xp.special.erf)(0.0)), 6)\n1.128379",
        ),
    ),
    elementwise(
        "erfc(x, /)",
        lambda xp, x: -2 / ROOT_PI * _bell(xp, x),
        forward=error.erfc,
        native=scipy_special("erfc"),
        reference=lambda mp, x: mp.erfc(x),
        cases=unary(-2, 3),
        doc=described(
            "Complementary error function, 1 - erf(x), with all its digits where that is small.",
            "-2 / sqrt(pi) * exp(-x**2).",
            ">>> print(f'{float(xp.special.erfc(xp.asarray(10.0))):.6g}')\n2.08849e-45",
        ),
    ),
    elementwise(
        "erfinv(x, /)",
        lambda xp, out: ROOT_PI / 2 * xp.exp(out * out),
        forward=error.erfinv,
        native=scipy_special("erfinv"),
        reference=lambda mp, x: mp.erfinv(x),
        cases=unary(-0.9, 0.9, condition=4),
        doc=described(
            "Inverse of the error function on the interval from -1 to 1.",
            "sqrt(pi) / 2 * exp(erfinv(x)**2), infinite at -1 and 1.",
            ">>> [round(v, 6) for v in xp.special.erfinv(xp.asarray([0.0, 0.5])).tolist()]\n[0.0, 0.476936]",
            returns="Infinite at -1 and 1, nan outside of the interval; elsewhere of the dtype and shape of x.",
        ),
    ),
    elementwise(
        "erfcinv(y, /)",
        lambda xp, out, y: -0.5 * ROOT_HALF * _one_over_density(xp, -out / ROOT_HALF, 0.5 * y),
        forward=error.erfcinv,
        native=scipy_special("erfcinv", torch="", jax=""),
        reference=lambda mp, y: mp.erfinv(1 - y),
        cases=unary(0.1, 1.9, condition=4),
        doc=described(
            "Inverse of the complementary error function on the interval from 0 to 2.",
            "-sqrt(pi) / 2 * exp(erfcinv(y)**2), infinite at 0 and 2.",
            ">>> [round(v, 6) for v in xp.special.erfcinv(xp.asarray([1e-300, 0.5])).tolist()]\n[26.20947, 0.476936]",
            accuracy="4 units of rounding.",
            returns="Infinite at 0 and 2, nan outside of the interval; elsewhere of the dtype and shape of y.",
            y="The numbers.",
        ),
    ),
    elementwise(
        "ndtr(x, /)",
        lambda xp, x: 1 / ROOT_TAU * _bell(xp, ROOT_HALF * x),
        forward=error.ndtr,
        native=scipy_special("ndtr", torch=torch_ndtr),
        reference=lambda mp, x: mp.ncdf(x),
        cases=unary(-3, 3, condition=4),
        doc=described(
            "Distribution function of the standard normal distribution.",
            "The density, exp(-x**2 / 2) / sqrt(2 pi).",
            ">>> [round(v, 6) for v in xp.special.ndtr(xp.asarray([0.0, 1.96])).tolist()]\n[0.5, 0.975002]",
        ),
    ),
    elementwise(
        "log_ndtr(x, /)",
        lambda xp, x: _hazard(xp, x),
        forward=error.log_ndtr,
        native=scipy_special("log_ndtr", jax=""),  # JAX's loses its digits between 5 and 8
        reference=lambda mp, x: mp.log1p(-mp.ncdf(-x)) if x > 0 else mp.log(mp.ncdf(x)),
        cases=unary(-20, 3, condition=4),
        doc=described(
            "Logarithm of the distribution function of the standard normal distribution.",
            "The density over the distribution function, which tends to -x far below 0.",
            ">>> xp.special.log_ndtr(xp.asarray([-1000.0])).tolist()[0] // 1\n-500008.0\n"
            ">>> round(float(agrad.grad(xp.special.log_ndtr)(-1000.0)), 6)\n1000.001",
        ),
    ),
    elementwise(
        "ndtri(p, /)",
        lambda xp, out, p: _one_over_density(xp, out, p),
        forward=error.ndtri,
        native=scipy_special("ndtri"),
        reference=lambda mp, p: mp.sqrt(2) * mp.erfinv(2 * p - 1),
        cases=unary(0.05, 0.95, condition=4),
        doc=described(
            "Quantile of the standard normal distribution: the inverse of ndtr.",
            "One over the density at the quantile, infinite at 0 and 1.",
            ">>> [round(v, 6) for v in xp.special.ndtri(xp.asarray([0.5, 0.975])).tolist()]\n[0.0, 1.959964]",
            returns="Infinite at 0 and 1, nan outside of the interval; elsewhere of the dtype and shape of p.",
            p="Probabilities.",
        ),
    ),
    elementwise(
        "ndtri_exp(y, /)",
        lambda xp, out: 1 / _hazard(xp, out),
        forward=error.ndtri_exp,
        native=scipy_special("ndtri_exp", torch="", jax="", cupy=""),
        reference=lambda mp, y: mp.sqrt(2) * mp.erfinv(2 * mp.exp(y) - 1),
        cases=unary(-5, -0.1, condition=8),
        doc=described(
            "Quantile of the standard normal distribution at the probability exp(y): the inverse of log_ndtr.",
            "The distribution function over the density, at the quantile.",
            ">>> [round(v, 6) for v in xp.special.ndtri_exp(xp.asarray([-1e6, -0.5])).tolist()]\n"
            "[-1414.207783, 0.270288]",
            accuracy="7 units of rounding from -1e8 to -1e-15.",
            returns="Infinite at 0, nan above; elsewhere of the dtype and shape of y.",
            y="Logarithms of probabilities.",
        ),
    ),
)


def _bell(xp: Any, x: Any) -> Any:
    """``exp(-x**2)``; the square of a large number would overflow before the result vanishes."""
    if xp.isdtype(x.dtype, "real floating"):
        x = xp.clip(x, -40, 40)
    return xp.exp(-(x * x))


def _hazard(xp: Any, x: Any) -> Any:
    """The normal density over the distribution function.

    Far below 0 it is a continued fraction, so that derivatives of it keep their digits as well: the quotient's own,
    ``-h (x + h)``, is a difference of large numbers.
    """
    (x,) = reals(xp, "log_ndtr", x)
    low = x < -error.FAR_OUT
    y = xp.where(low, 0, x)
    quotient = math.sqrt(2 / math.pi) * _bell(xp, ROOT_HALF * y) / xp.special.erfc(-ROOT_HALF * y)
    return xp.where(low, error.mills(xp.where(low, -x, error.FAR_OUT)), quotient)


def _one_over_density(xp: Any, z: Any, p: Any) -> Any:
    """One over the normal density at z, below which there is p: the square of a large z would cost digits."""
    low = (z < -error.FAR_OUT) & ~xp.isinf(z)
    tail = p * error.mills(xp.where(low, -z, error.FAR_OUT))
    return xp.where(low, 1 / xp.where(low, tail, 1), ROOT_TAU * xp.exp(0.5 * xp.square(xp.where(low, 0, z))))
