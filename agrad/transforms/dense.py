"""Derivatives as arrays: `jacobian`, `hessian`, and the Hessian-vector product `hvp`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from agrad.arrays.tensors import Tensor
from agrad.errors import ShapeError
from agrad.transforms.blocks import dense_blocks
from agrad.transforms.boxing import Inputs, one_an_argument
from agrad.transforms.containers import flatten, unflatten
from agrad.transforms.reverse import Recorded, gradient_of, positions

__all__ = ["hessian", "hvp", "jacobian"]


def jacobian(
    f: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    mode: str | None = None,
    *,
    chunk_size: int | None = None,
) -> Callable[..., Any]:
    """Return a function that computes the Jacobian.

    `f` runs once, and all its rows or columns are computed together.

    Parameters
    ----------
    f : callable
        Returns an array or a nested container of arrays.
    argnums : int or sequence of int
        The positional arguments to differentiate.
    mode : {"rev", "fwd"}, optional
        By pullbacks of all output elements, or by forward mode along all input elements; by default by the fewer of the
        two. With "fwd", `f` runs once for each chunk.
    chunk_size : int, optional
        How many of them are computed together: the more, the faster, and the more memory it takes. By default all, or
        as many as stay in a processor's cache.

    Returns
    -------
    callable
        Returns, in the container of the result and within it in that of the argument, arrays of shape
        ``out.shape + arg.shape``. For complex arguments: df/dz of a holomorphic function.

    Raises
    ------
    DtypeError
        The function of a complex argument is not holomorphic; the operations that break it are named.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.jacobian(lambda x: x * x)(numpy.asarray([1.0, 3.0]))
    array([[2., 0.],
           [0., 6.]])
    """
    if mode not in (None, "rev", "fwd"):
        raise ValueError(f"jacobian got mode={mode!r}; it takes 'rev', 'fwd' or None")
    return _dense(f, f, argnums, mode, chunk_size, "jacobian")


def _dense(
    wrapped: Callable[..., Any],
    f: Callable[..., Any],
    argnums: int | Sequence[int],
    mode: str | None,
    chunk_size: int | None,
    what: str,
) -> Callable[..., Any]:
    """The Jacobian of `f`, on behalf of a transform of `wrapped` that messages name."""
    if chunk_size is not None and chunk_size < 1:
        raise ValueError(f"{what} got chunk_size={chunk_size}; it takes a positive number, or None")

    @wraps(wrapped)
    def dense(*args: Any, **kwargs: Any) -> Any:
        numbers = positions(argnums, len(args), what)

        def chosen(*selected: Any) -> Any:
            full = list(args)
            for i, tree in zip(numbers, selected, strict=True):
                full[i] = tree
            return f(*full, **kwargs)

        inputs = Inputs([args[i] for i in numbers], what, args, numbers)
        blocks, structure = dense_blocks(chosen, inputs, mode, chunk_size)
        rows = []
        for row in blocks:
            trees = inputs.trees([inputs.space._wrap(b) if inputs.as_tensor else b for b in row])
            rows.append(trees[0] if isinstance(argnums, int) else trees)
        return unflatten(structure, rows)

    return dense


def hessian(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0, *, chunk_size: int | None = None
) -> Callable[..., Any]:
    """Return a function that computes the Hessian of a scalar function.

    Reverse over reverse: `f` runs once, and the graph of its gradient is walked once for all elements.

    Parameters
    ----------
    f : callable
        Returns a real scalar.
    argnums : int or sequence of int
        The positional arguments to differentiate twice.
    chunk_size : int, optional
        How many rows are computed together, as for `jacobian`.

    Returns
    -------
    callable
        Returns arrays of shape ``arg.shape + arg.shape`` (for containers, nested as in `jacobian`).

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.hessian(lambda x: x[0] * x[1] ** 2)(numpy.asarray([1.0, 3.0]))
    array([[0., 6.],
           [6., 2.]])
    """
    return _dense(f, gradient_of(f, argnums, "hessian"), argnums, "rev", chunk_size, "hessian")


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """Return the product of a scalar function's Hessian with a vector, without forming the Hessian.

    Reverse over reverse: the Hessian is symmetric, so that its transpose will do, and `f` runs once.

    Parameters
    ----------
    f : callable
        Returns a real scalar.
    primals, tangents : sequence
        The arguments of `f`, and one tangent for each.

    Returns
    -------
    array or container, or a tuple of them
        Shaped as the primal where there is one, a tuple where there are several.

    Examples
    --------
    >>> import agrad, numpy
    >>> agrad.hvp(lambda x: (x**3).sum(), (numpy.asarray([1.0, 2.0]),), (numpy.asarray([1.0, 1.0]),))
    array([ 6., 12.])
    """
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    one_an_argument("hvp", primals=primals, tangents=tangents)
    if len(primals) != len(tangents):
        raise ShapeError(f"hvp got {len(primals)} primals and {len(tangents)} tangents; it takes one tangent a primal")
    inputs = Inputs(tuple(primals), "hvp")
    directions = inputs.given(tuple(tangents))
    given = flatten(tuple(tangents))[0]
    run = Recorded(gradient_of(f, argnums, "hvp"), inputs)  # whose results are the gradients of the followed inputs
    products = inputs.trees(inputs.hand_out(run.pull(directions), given, any(isinstance(t, Tensor) for t in given)))
    return products[0] if argnums == 0 else products
