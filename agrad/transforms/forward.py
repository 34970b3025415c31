"""Forward mode: `jvp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import optree

from agrad.errors import ShapeError
from agrad.interpret.forward import Dual, ForwardTrace
from agrad.tensors import Tensor
from agrad.transforms.boxing import Inputs, is_array, unboxed

__all__ = ["jvp"]


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """Evaluate a function and its derivative along a direction, the Jacobian-vector product.

    Parameters
    ----------
    f : callable
        A function of the primals that returns an array or a nested container of arrays.
    primals : sequence
        The arguments of `f`: arrays, Tensors, floats, or containers of them.
    tangents : sequence
        The direction, one tangent a primal, of the same structure and shapes; None for zeros.

    Returns
    -------
    out, tangent_out
        ``f(*primals)`` and its derivative along `tangents`, of the same structure.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.jvp(lambda x: x * x, (numpy.asarray([1.0, 2.0]),), (numpy.asarray([1.0, 0.5]),))
    (array([1., 4.]), array([2., 2.]))
    """
    if len(primals) != len(tangents):
        raise ShapeError(f"jvp got {len(primals)} primals and {len(tangents)} tangents; it takes one tangent a primal")
    inputs = Inputs(tuple(primals), "jvp")
    directions = inputs.given(tuple(tangents), "jvp's tangent")
    space = inputs.space
    as_tensor = inputs.as_tensor or any(isinstance(t, Tensor) for t in tangents)
    with ForwardTrace() as trace:
        _, trees = inputs.boxed(trace, lambda k, aval: Dual(trace, directions[k]))
        out = f(*trees)

    def tangent(y: Any) -> Any:
        if not is_array(y):
            return None
        node = y._node if isinstance(y, Tensor) else None
        if node is None or node.trace is not trace or node.tangent is None:
            y = unboxed(space, trace, y, False) if hasattr(y, "dtype") else space._raw.asarray(y)
            while isinstance(y, Tensor):
                y = y._value
            t: Any = space._raw.zeros_like(y)
        else:
            t = node.tangent
        if isinstance(t, Tensor):
            return t
        return space._wrap(t) if as_tensor else space._backend.own(t)

    return (
        optree.tree_map(lambda y: unboxed(space, trace, y, as_tensor), out),
        optree.tree_map(tangent, out),
    )
