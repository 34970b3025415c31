"""`stop_gradient`: a constant, whatever follows the value."""

from __future__ import annotations

from typing import Any

from agrad.arrays.tensors import Tensor
from agrad.interpret.apply import stopped
from agrad.transforms.containers import flatten, unflatten

__all__ = ["stop_gradient"]


def stop_gradient(x: Any) -> Any:
    """Return the same values as constants, at every level and in both modes.

    Parameters
    ----------
    x : Tensor, array, or container of them

    Returns
    -------
    Tensor, array, or container of them
        Tensors become constant Tensors; anything else is returned as it is.

    Examples
    --------
    >>> import agrad
    >>> float(agrad.grad(lambda x: agrad.stop_gradient(x) * x)(3.0))
    3.0
    """
    if isinstance(x, Tensor):
        return x._space._wrap(stopped(x))
    leaves, structure = flatten(x)
    return unflatten(structure, [v._space._wrap(stopped(v)) if isinstance(v, Tensor) else v for v in leaves])
