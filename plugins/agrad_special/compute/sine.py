"""The normalised sine quotient."""

from __future__ import annotations

import math
from typing import Any

from agrad_special.compute.common import reals

__all__ = ["sinc"]


def sinc(xp: Any, x: Any) -> Any:
    """``sin(pi x) / (pi x)``: whole periods are taken off first, so that it is 0 at integers but 0."""
    (x,) = reals(xp, "sinc", x)
    z = xp.where((x == 0) | xp.isinf(x), 1, x)
    rest = z - 2 * xp.round(0.5 * z)  # from -1 to 1, exact
    rest = xp.where(xp.abs(rest) > 0.5, xp.sign(rest) - rest, rest)
    return xp.where(x == 0, 1, xp.where(xp.isinf(x), 0, xp.sin(math.pi * rest) / (math.pi * z)))
