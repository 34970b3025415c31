"""The gamma and beta functions' logarithms, the polygamma functions and the Hurwitz zeta function."""

from __future__ import annotations

import math
from operator import index
from typing import Any

from agrad.cases import Case
from agrad.declare import composite, elementwise
from agrad_special.cases import binary, each, unary
from agrad_special.compute import gamma
from agrad_special.compute.common import reals
from agrad_special.natives import jax_zeta, scipy_special
from agrad_special.text import described

__all__ = ["OPS", "betaln_by_first"]

OPS = (
    elementwise(
        "gammaln(x, /)",
        lambda xp, x: xp.special.digamma(x),
        forward=gamma.gammaln,
        native=scipy_special("gammaln"),
        reference=lambda mp, x: mp.re(mp.loggamma(x)),
        cases=unary(0.1, 9, condition=4),
        doc=described(
            "Logarithm of the absolute value of the gamma function.",
            "digamma(x).",
            ">>> xp.special.gammaln(xp.asarray([1.0, 2.0])).tolist()\n[0.0, 0.0]\n"
            ">>> round(float(xp.exp(xp.special.gammaln(xp.asarray(6.0)))), 6)\n120.0",
            returns="Infinite at 0 and the negative integers; of the dtype and shape of x.",
        ),
    ),
    elementwise(
        "digamma(x, /)",
        lambda xp, x: xp.special.polygamma(1, x),
        forward=gamma.digamma,
        native=scipy_special("digamma"),
        reference=lambda mp, x: mp.digamma(x),
        cases=unary(0.3, 9, condition=4),
        doc=described(
            "Digamma function: the derivative of the logarithm of the gamma function.",
            "polygamma(1, x).",
            ">>> round(float(xp.special.digamma(xp.asarray(1.0))), 6)\n-0.577216",
            returns="Minus infinity at 0, infinity at -0 (on JAX nan at both), nan at the negative integers; of the "
            "dtype and shape of x.",
        ),
    ),
    composite(
        "polygamma(n, x, /)",
        lambda xp, n, x: _polygamma(xp, n, x),  # by zeta, as libraries compute it, and it knows its derivatives
        reference=lambda mp, n, x: each(lambda v: mp.polygamma(n, v), x),
        cases=[
            Case(lambda draw, n=n: (n, draw.within(0.4, 6, 2, 3)), condition=8)  # type: ignore[misc]
            for n in range(4)
        ],
        doc=described(
            "Polygamma function: the derivative of order n of digamma.",
            "polygamma(n + 1, x) for x; n is a plain number.",
            ">>> round(float(xp.special.polygamma(1, xp.asarray(1.0))), 6)  # pi**2 / 6\n1.644934",
            n=("int", "The order, 0 or more; 0 is digamma itself."),
            x="The numbers.",
            returns="Of the dtype and shape of x.",
            raises=("ValueError", "n is negative, or so large that its factorial overflows the dtype of x."),
        ),
    ),
    elementwise(
        "zeta(x, q, /)",
        lambda xp, x, q: _zeta_by_order(xp, x, q),
        lambda xp, x, q: xp.where(x > 1, -x * xp.special.zeta(x + 1, q), xp.nan),
        forward=gamma.zeta,
        native=scipy_special("zeta", jax=jax_zeta),
        reference=lambda mp, x, q: mp.zeta(x, q),
        cases=binary(1.5, 6, condition=8),
        doc=described(
            "Hurwitz zeta function: the sum of (q + k)**-x over k = 0, 1, 2, ...",
            "-x zeta(x + 1, q) for q. For x, where q is positive, the sum of -log(q + k) (q + k)**-x; nan elsewhere, "
            "as negative numbers have integer powers only.",
            ">>> round(float(xp.special.zeta(xp.asarray(2.0), xp.asarray(1.0))), 6)  # pi**2 / 6\n1.644934",
            x="The order. It is infinite at 1, and nan below 1.",
            q="Where to start. Infinite at 0 and the negative integers; nan for other negative numbers, if x is no "
            "integer.",
        ),
    ),
    elementwise(
        "betaln(a, b, /)",
        lambda xp, a, b: betaln_by_first(xp, a, b),
        lambda xp, a, b: betaln_by_first(xp, b, a),
        forward=gamma.betaln,  # and no library's own: they lose their digits where one argument is large
        reference=lambda mp, a, b: mp.re(mp.loggamma(a) + mp.loggamma(b) - mp.loggamma(a + b)),
        cases=binary(0.3, 12, condition=16),
        doc=described(
            "Logarithm of the absolute value of the beta function, gamma(a) gamma(b) / gamma(a + b).",
            "digamma(a) - digamma(a + b) for a, without the cancellation of that where a is large.",
            ">>> print(f'{float(xp.special.betaln(xp.asarray(1e15), xp.asarray(1.0))):.12g}')  # -log(1e15)\n"
            "-34.5387763949",
            a="The first argument.",
            b="The second argument; they can be interchanged.",
        ),
    ),
)


def _polygamma(xp: Any, n: Any, x: Any) -> Any:
    """``(-1)**(n + 1) n! zeta(n + 1, x)`` (DLMF 25.11.12)."""
    try:
        order = index(n)
    except TypeError:
        order = -1
    if order < 0:
        raise ValueError(f"polygamma got the order {n!r}; it takes an integer that is 0 or more")
    (x,) = reals(xp, "polygamma", x)
    if order == 0:
        return xp.special.digamma(x)
    factorial = math.factorial(order)
    if factorial > xp.finfo(x.dtype).max:
        raise ValueError(f"polygamma got the order {order}, whose factorial overflows {x.dtype}; take a lower one")
    return (-1.0) ** (order + 1) * factorial * xp.special.zeta(float(order + 1), x)


def _zeta_by_order(xp: Any, x: Any, q: Any) -> Any:
    """The derivative for x; nan, and so are all others, where it is not one of real numbers."""
    inside = (x > 1) & (q > 0)
    slope = gamma.zeta_slope(xp, xp.where(inside, x, 2), xp.where(inside, q, 1))
    return xp.where(inside, slope, xp.nan * xp.where(inside, 0, x + q))


def betaln_by_first(xp: Any, a: Any, b: Any) -> Any:
    """``digamma(a) - digamma(a + b)``, in one piece where they would cancel."""
    close = (b > 0) & (b < a)
    fall = gamma.digamma_fall(xp, xp.where(close, a, 2), xp.where(close, b, 1))
    a, b = xp.where(close, 1, a), xp.where(close, 1, b)
    return xp.where(close, fall, xp.special.digamma(a) - xp.special.digamma(a + b))
