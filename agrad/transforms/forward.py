"""Forward mode: `jvp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from agrad.arrays.namespaces import Namespace
from agrad.arrays.tensors import Tensor
from agrad.arrays.views import current
from agrad.errors import ShapeError
from agrad.interpret.forward import Dual, ForwardTrace
from agrad.interpret.levels import Trace
from agrad.transforms.boxing import Inputs, one_an_argument, zeros_like
from agrad.transforms.containers import flatten, is_array, unflatten

__all__ = ["jvp", "pushed"]


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
    one_an_argument("jvp", primals=primals, tangents=tangents)
    if len(primals) != len(tangents):
        raise ShapeError(f"jvp got {len(primals)} primals and {len(tangents)} tangents; it takes one tangent a primal")
    given = flatten(tuple(tangents))[0]
    inputs = Inputs(tuple(primals), "jvp")
    return pushed(f, inputs, inputs.given(tuple(tangents)), given, any(isinstance(t, Tensor) for t in given))


def pushed(
    f: Callable[..., Any],
    inputs: Inputs,
    directions: Sequence[Any],
    given: Sequence[Any] = (),
    tensors: bool = False,
) -> tuple[Any, Any]:
    """The results and their derivatives along directions of the followed inputs, None standing for zeros."""
    with ForwardTrace() as trace:
        _, trees = inputs.follow(trace, lambda k, aval: None if directions[k] is None else Dual(trace, directions[k]))
        ys, structure = flatten(f(*trees))
        current(ys)
    inputs.check_results(ys, structure)
    moved = [_tangent(inputs.space, trace, y) for y in ys]
    pairs = inputs.results(trace, [*ys, *moved], given, tensors)
    return unflatten(structure, pairs[: len(ys)]), unflatten(structure, pairs[len(ys) :])


def _tangent(space: Namespace, trace: Trace, y: Any) -> Any:
    """A result's tangent, boxed for `Inputs.results`; zeros if it does not depend on the primals."""
    if not is_array(y):
        return None
    node = y._node if isinstance(y, Tensor) else None
    if node is not None and node.trace is trace and node.tangent is not None:
        return space._wrap(node.tangent)
    return space._wrap(zeros_like(space, y))
