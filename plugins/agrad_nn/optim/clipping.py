"""Clipping of gradients, by their norm and by their values."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any

import agrad

__all__ = ["clip_grad_norm", "clip_grad_value"]


def clip_grad_norm(
    parameters: Any, max_norm: float, norm_type: float = 2.0, *, error_if_nonfinite: bool = False
) -> Any:
    """Scale the gradients of several parameters together, so that their norm is at most `max_norm`.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float
    norm_type : float
        The order of the norm; infinity for the largest element.
    error_if_nonfinite : bool
        Whether a norm that is nan or infinite is an error.

    Returns
    -------
    Tensor
        The norm before, of all gradients as one vector.

    Raises
    ------
    ValueError
        The norm is not finite, and ``error_if_nonfinite=True``.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> x = nn.Parameter([1.0, 1.0])
    >>> x.grad = [3.0, 4.0]
    >>> nn.clip_grad_norm([x], 1.0).item()
    5.0
    >>> [round(g, 5) for g in x.grad.tolist()]
    [0.6, 0.8]
    """
    held = _with_gradients(parameters)
    if not held:
        return agrad.tensor(0.0)
    with agrad.no_grad():
        xp = held[0].__array_namespace__()
        order = float(norm_type)
        norms = xp.stack([xp.linalg.vector_norm(p.grad, ord=order) for p in held])
        total = xp.linalg.vector_norm(norms, ord=order)
        if error_if_nonfinite and not bool(xp.isfinite(total)):
            raise ValueError(
                f"clip_grad_norm: the gradients' norm of order {order} is {total.item()}; leave out "
                "error_if_nonfinite=True to scale them nevertheless"
            )
        factor = xp.minimum(max_norm / (total + 1e-6), xp.ones_like(total))
        for p in held:
            p.grad = p.grad * xp.astype(factor, xp.real(p.grad).dtype)
    return total


def clip_grad_value(parameters: Any, clip_value: float) -> None:
    """Bring every element of the gradients into the interval from ``-clip_value`` to ``clip_value``.

    Parameters
    ----------
    parameters : Tensor or iterable of Tensor
        Those without a gradient are passed over.
    clip_value : float

    Examples
    --------
    >>> import agrad_nn as nn
    >>> x = nn.Parameter([1.0, 1.0])
    >>> x.grad = [3.0, -0.5]
    >>> nn.clip_grad_value([x], 1.0)
    >>> x.grad.tolist()
    [1.0, -0.5]
    """
    if not 0 <= clip_value <= inf:
        raise ValueError(f"clip_grad_value got {clip_value}; it is at least 0")
    with agrad.no_grad():
        for p in _with_gradients(parameters):
            p.grad = p.__array_namespace__().clip(p.grad, -float(clip_value), float(clip_value))


def _with_gradients(parameters: Any) -> list[Any]:
    given: Iterable[Any] = [parameters] if isinstance(parameters, agrad.Tensor) else parameters
    return [p for p in given if p.grad is not None]
