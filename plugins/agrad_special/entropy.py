"""Products of a number and a logarithm, of which entropies are made.

Derivatives are the limits from inside the domain, infinite where those are: that of `entr` at 0, for one. What is
constant on an edge of the domain has derivative 0 along it: ``xlogy(0, y)``.
"""

from __future__ import annotations

from typing import Any

from agrad.declare import elementwise
from agrad_special.cases import binary, unary
from agrad_special.compute import entropy
from agrad_special.natives import scipy_special
from agrad_special.text import described

__all__ = ["OPS"]

OPS = (
    elementwise(
        "xlogy(x, y, /)",
        lambda xp, y: xp.log(y),
        lambda xp, x, y: x / xp.where((x == 0) & (y == 0), xp.inf, y),
        forward=entropy.xlogy,
        native=scipy_special("xlogy"),
        reference=lambda mp, x, y: x * mp.log(y) if x else x,
        cases=binary(0.2, 3, condition=4),
        doc=described(
            "x * log(y), and 0 where x is 0.",
            "log(y) for x, also where x is 0. x / y for y; 0 where both are 0.",
            ">>> [round(v, 6) for v in xp.special.xlogy(xp.asarray([0.0, 2.0]), xp.asarray([0.0, 3.0])).tolist()]\n"
            "[0.0, 2.197225]",
            x="The factor.",
            y="What the logarithm is taken of.",
        ),
    ),
    elementwise(
        "xlog1py(x, y, /)",
        lambda xp, y: xp.log1p(y),
        lambda xp, x, y: x / xp.where((x == 0) & (y == -1), xp.inf, 1 + y),
        forward=entropy.xlog1py,
        native=scipy_special("xlog1py"),
        reference=lambda mp, x, y: x * mp.log1p(y) if x else x,
        cases=binary(0.2, 3),
        doc=described(
            "x * log(1 + y), and 0 where x is 0.",
            "log(1 + y) for x, also where x is 0. x / (1 + y) for y; 0 where both are 0.",
            ">>> xp.special.xlog1py(xp.asarray([0.0, 2.0]), xp.asarray([-1.0, 1e-30])).tolist()\n[0.0, 2e-30]",
            x="The factor.",
            y="One less than what the logarithm is taken of.",
        ),
    ),
    elementwise(
        "entr(x, /)",
        lambda xp, x: -1 - xp.log(x),
        forward=entropy.entr,
        native=scipy_special("entr"),
        reference=lambda mp, x: -x * mp.log(x) if x else x,
        cases=unary(0.2, 3, condition=4),
        doc=described(
            "Entropy of one event: -x * log(x), and 0 at 0.",
            "-1 - log(x): infinite at 0, nan for negative numbers.",
            ">>> [round(v, 6) for v in xp.special.entr(xp.asarray([0.0, 0.5])).tolist()]\n[0.0, 0.346574]",
            returns="Minus infinity for negative numbers; of the dtype and shape of x.",
        ),
    ),
    elementwise(
        "rel_entr(x, y, /)",
        lambda xp, x, y: 1 + entropy.log_ratio(xp, x, y),
        lambda xp, x, y: -x / _divisor(xp, x, y),
        forward=entropy.rel_entr,
        native=scipy_special("rel_entr", torch="", jax=""),  # JAX's is infinite where x is nan
        reference=lambda mp, x, y: x * mp.log(x / y) if x else x,
        cases=binary(0.2, 3, condition=8),
        doc=described(
            "Relative entropy of one event: x * log(x / y), and 0 where x is 0.",
            "1 + log(x / y) for x, where the logarithm counts as 0 if x and y are 0, and is infinite at the edges of "
            "the domain. -x / y for y, and 0 where both are 0.",
            ">>> [round(v, 6) for v in xp.special.rel_entr(xp.asarray([0.0, 0.5]), xp.asarray([0.5, 0.25])).tolist()]\n"
            "[0.0, 0.346574]",
            x="Probabilities of one distribution.",
            y="Probabilities of the other.",
            returns="Infinity for negative numbers, and where y alone is 0; of the shape the arguments broadcast to.",
        ),
    ),
    elementwise(
        "kl_div(x, y, /)",
        lambda xp, x, y: entropy.log_ratio(xp, x, y),
        lambda xp, x, y: _kl_div_by_second(xp, x, y),
        forward=entropy.kl_div,
        native=scipy_special("kl_div", torch=""),
        reference=lambda mp, x, y: x * mp.log(x / y) - x + y if x else y,
        cases=binary(0.2, 3, condition=16),
        doc=described(
            "Term of the Kullback-Leibler divergence: x * log(x / y) - x + y, and y where x is 0.",
            "log(x / y) for x, which counts as 0 if x and y are 0, and is infinite at the edges of the domain. "
            "1 - x / y for y, and 1 where both are 0.",
            ">>> [round(v, 6) for v in xp.special.kl_div(xp.asarray([0.0, 0.5]), xp.asarray([0.5, 0.25])).tolist()]\n"
            "[0.5, 0.096574]",
            x="Probabilities of one distribution.",
            y="Probabilities of the other.",
            notes="Unlike the sum over rel_entr, each term is convex and not negative.",
            returns="Infinity for negative numbers, and where y alone is 0; of the shape the arguments broadcast to.",
        ),
    ),
)


def _divisor(xp: Any, x: Any, y: Any) -> Any:
    """y, and infinity in the place of 0 where x is 0 as well."""
    return xp.where((x == 0) & (y == 0), xp.inf, y)


def _kl_div_by_second(xp: Any, x: Any, y: Any) -> Any:
    """``1 - x / y``, as one fraction where x is near y."""
    divisor = _divisor(xp, x, y)
    return xp.where(2 * x > y, (y - x) / divisor, 1 - x / divisor)
