"""agrad's plugin of special functions: ``xp.special.erf`` and its kind, with derivatives of every order.

The functions of ``scipy.special`` under the same names. Where an array library has one, and it keeps its digits, that
is used; everywhere else the function is computed from the array API standard.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from agrad.declare import Op
from agrad.plugins import hookimpl

__all__ = ["agrad_ops"]


@hookimpl
def agrad_ops() -> Iterable[Op]:
    """Return the records of the special functions."""
    from agrad_special import (
        bessel,
        bessel_order,
        bessel_plain,
        boxcox,
        dawson,
        elliptic,
        entropy,
        error,
        exponential,
        factorial,
        gamma,
        huber,
        incomplete,
        logistic,
        sine,
        statistics,
    )

    chapters = (  # in the order of SciPy's reference
        elliptic,
        bessel_order,
        bessel_plain,
        bessel,
        statistics,
        boxcox,
        logistic,
        entropy,
        huber,
        gamma,
        factorial,
        incomplete,
        error,
        dawson,
        exponential,
        sine,
    )
    return list(chain.from_iterable(chapter.OPS for chapter in chapters))
