"""`checkpoint`: memory for time, by computing a function's intermediate values a second time."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import wraps
from typing import Any, TypeVar, cast

from agrad.arrays.tensors import Tensor
from agrad.arrays.views import current
from agrad.interpret.apply import private
from agrad.interpret.folded import fold
from agrad.interpret.levels import revived, running
from agrad.interpret.reverse import rank
from agrad.random.repeat import Draws
from agrad.transforms.containers import flatten, unflatten

__all__ = ["checkpoint"]

F = TypeVar("F", bound=Callable[..., Any])


def checkpoint(f: F) -> F:
    """Return a function that keeps none of its intermediate values for the backward pass, and computes them anew there.

    What it returns is the same, and so are all derivatives, to any order and in every mode. Of a chain of `n` steps in
    `k` such pieces, a backward pass holds the values of ``n / k`` steps and `k` results, where it would hold the values
    of all; it takes one more run of each.

    Parameters
    ----------
    f : callable
        Takes and returns arrays, Tensors and containers of them. Tensors that it closes over, such as the parameters of
        a network, get their gradients as well.

    Returns
    -------
    callable
        Of the same arguments and results.

    Raises
    ------
    GraphError
        In the backward pass: `f` returned something else when it ran again, or read a Tensor that was changed in place.

    Notes
    -----
    `f` has to compute the same when it is called again: what it does besides, such as printing, it does again, and the
    arrays that it closes over must not change before the backward pass. Numbers from `agrad.random` are repeated as
    they were. A hook that it puts on an argument or a leaf is there twice after the second run, as in PyTorch, and a
    gradient passes through both: register hooks outside.

    Examples
    --------
    >>> import agrad, numpy
    >>> xp = agrad.namespace("numpy")
    >>> block = agrad.checkpoint(lambda x: xp.sin(xp.sin(xp.sin(x))))
    >>> float(agrad.grad(lambda x: block(block(x)))(0.0))
    1.0
    """

    @wraps(f)
    def run(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = flatten((args, kwargs), none_is_leaf=True)
        held = [private(v) if isinstance(v, Tensor) else v for v in leaves]  # the user may rebind theirs
        traces, context, draws = running(), copy_context(), Draws()
        start = rank()
        with draws.noted():
            out = f(*args, **kwargs)
        results, shape_of_out = flatten(out)
        current(results)

        def repeated() -> list[Any]:
            again_args, again_kwargs = unflatten(structure, [private(v) if isinstance(v, Tensor) else v for v in held])
            with draws.repeated():
                found = flatten(f(*again_args, **again_kwargs))[0]
            current(found)
            return found

        def again() -> list[Any]:
            with revived(traces):
                return context.copy().run(repeated)

        fold(results, start, again)
        return unflatten(shape_of_out, results)

    return cast("F", run)
