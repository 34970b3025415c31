"""agrad's plugin of linear algebra beyond the standard: ``xp.linalgx.solve_triangular``.

The standard has a namespace ``xp.linalg`` of its own, which plugins leave alone; the x is for extra.
"""

from __future__ import annotations

from collections.abc import Iterable

from agrad.declare import Op
from agrad.plugins import hookimpl

__all__ = ["agrad_ops"]


@hookimpl
def agrad_ops() -> Iterable[Op]:
    """Return the records of linear algebra."""
    from agrad_linalg import triangular

    return list(triangular.OPS)
