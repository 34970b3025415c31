"""Einstein summation, ``xp.einsum.einsum``: on every backend, in both modes, to any order.

It is a composition of functions of the standard, along a path from opt_einsum, so that its derivative is theirs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import agrad
from agrad.declare import Op

__all__ = ["agrad_ops", "einsum"]


@agrad.hookimpl
def agrad_ops() -> Iterable[Op]:
    """Return the record of einsum."""
    from agrad_einsum.op import OPS

    return OPS


def einsum(subscripts: Any, /, *operands: Any, optimize: Any = "auto") -> Any:
    """Sum products of the elements of arrays over indices, in the namespace that the operands belong to.

    Parameters
    ----------
    subscripts : str
        Such as ``"ij,jk->ik"``; ``help(xp.einsum.einsum)`` says more of all of them.
    *operands : Tensor or array
        Arrays of one backend; Python scalars count as 0-d.
    optimize : str, bool, sequence of tuple of int, or opt_einsum.paths.PathOptimizer
        The order in which three or more operands are contracted.

    Returns
    -------
    Tensor or array
        Of the operands' promoted dtype, of the same kind as they are.

    Examples
    --------
    >>> import agrad, numpy
    >>> from agrad_einsum import einsum
    >>> x = numpy.asarray([[1.0, 2.0], [3.0, 4.0]])
    >>> einsum("ii", x)
    np.float64(5.0)
    >>> agrad.grad(lambda x: einsum("ij,jk,ki->", x, x, x))(x)
    array([[21., 45.],
           [30., 66.]])
    """
    given = (subscripts, *operands)
    arrays = [a for a in given if not isinstance(a, (str, list, tuple))]
    return agrad.array_namespace(*arrays).einsum.einsum(*given, optimize=optimize)
