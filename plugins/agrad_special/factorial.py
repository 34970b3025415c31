"""The gamma and beta functions themselves; ``gamma.py`` has their logarithms."""

from __future__ import annotations

import math
from operator import index
from typing import Any

from agrad.cases import Case
from agrad.declare import composite, elementwise
from agrad_special.cases import binary, each, unary
from agrad_special.compute import factorial
from agrad_special.compute.common import reals
from agrad_special.gamma import betaln_by_first
from agrad_special.natives import scipy_special
from agrad_special.text import described

__all__ = ["OPS"]

OPS = (
    elementwise(
        "gamma(x, /)",
        lambda xp, out, x: out * xp.special.digamma(x),
        forward=factorial.gamma,
        native=scipy_special("gamma", torch="", jax=""),  # JAX's is off by 1000 units of rounding near -119
        reference=lambda mp, x: mp.gamma(x),
        cases=unary(0.3, 6, condition=8),
        doc=described(
            "Gamma function, which continues the factorial: gamma(n + 1) is n!.",
            "gamma(x) digamma(x) (DLMF 5.2.2).",
            ">>> [round(v, 6) for v in xp.special.gamma(xp.asarray([0.5, 6.0])).tolist()]\n[1.772454, 120.0]\n"
            ">>> round(float(agrad.grad(xp.special.gamma)(1.0)), 6)\n-0.577216",
            accuracy="6 units of rounding from -170 to 171.",
            returns="Infinite at 0, nan at the negative integers; of the dtype and shape of x.",
        ),
    ),
    elementwise(
        "beta(a, b, /)",
        lambda xp, out, a, b: out * betaln_by_first(xp, a, b),
        lambda xp, out, a, b: out * betaln_by_first(xp, b, a),
        forward=factorial.beta,  # and no library's own: they lose their digits where one argument is large
        reference=lambda mp, a, b: mp.beta(a, b),
        cases=binary(0.3, 6, condition=16),
        doc=described(
            "Beta function: gamma(a) gamma(b) / gamma(a + b).",
            "beta(a, b) (digamma(a) - digamma(a + b)) for a (DLMF 5.12.1, 5.2.2), in one piece where a is large.",
            ">>> [round(v, 6) for v in xp.special.beta(xp.asarray([1.0, 2.0]), xp.asarray([4.0, 3.0])).tolist()]\n"
            "[0.25, 0.083333]",
            accuracy="5 times what rounding the arguments makes of it, from 1e-3 to 1e3.",
            a="The first argument.",
            b="The second argument; they can be interchanged.",
        ),
    ),
    composite(
        "psi(x, /)",
        lambda xp, x: xp.special.digamma(*reals(xp, "psi", x)),
        reference=lambda mp, x: each(mp.digamma, x),
        cases=unary(0.3, 9, condition=4),
        doc=described(
            "Digamma function, by its other name.",
            "polygamma(1, x).",
            ">>> round(float(xp.special.psi(xp.asarray(1.0))), 6)\n-0.577216",
        ),
    ),
    composite(
        "multigammaln(a, d, /)",
        lambda xp, a, d: _multigammaln(xp, a, d),
        reference=lambda mp, a, d: each(lambda v: _high_multigammaln(mp, v, d), a),
        cases=[
            Case(lambda draw, d=d, s=s: (draw.within(0.7 + 0.5 * d, 9, *s), d), condition=16)  # type: ignore[misc]
            for d, s in ((1, (2, 3)), (2, ()), (3, (4,)), (5, (2, 2)))
        ],
        data=("a",),
        doc=described(
            "Logarithm of the multivariate gamma function of dimension d.",
            "The sum of digamma(a - j / 2) over j = 0, ..., d - 1.",
            ">>> round(float(xp.special.multigammaln(xp.asarray(3.0), 2)), 6)\n1.550195",
            notes="It is the logarithm of pi to the power of d (d - 1) / 4 and of the gamma functions of a - j / 2 "
            "(DLMF 35.3.4).",
            a="The numbers, above (d - 1) / 2.",
            d=("int", "The dimension, 1 or more."),
            returns="nan where a is too small; of the dtype and shape of a.",
            raises=("ValueError", "d is no integer from 1 on."),
        ),
    ),
)


def _multigammaln(xp: Any, a: Any, d: Any) -> Any:
    try:
        dimension = index(d)
    except TypeError:
        dimension = 0
    if dimension < 1:
        raise ValueError(f"multigammaln got the dimension {d!r}; it takes an integer that is 1 or more")
    (a,) = reals(xp, "multigammaln", a)
    inside = a > 0.5 * (dimension - 1)
    b = xp.where(inside, a, 0.5 * dimension)
    total = xp.special.gammaln(b) + 0.25 * dimension * (dimension - 1) * math.log(math.pi)
    for j in range(1, dimension):
        total = total + xp.special.gammaln(b - 0.5 * j)
    return xp.where(inside, total, xp.nan)


def _high_multigammaln(mp: Any, a: Any, d: int) -> Any:
    return d * (d - 1) * mp.log(mp.pi) / 4 + sum(mp.loggamma(a - mp.mpf(j) / 2) for j in range(d))
