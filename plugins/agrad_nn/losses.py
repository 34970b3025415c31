"""Losses made of functions of the standard; those that are ops are at ``xp.nn``: cross-entropy and its kind."""

from __future__ import annotations

from typing import Any

import agrad
from agrad.errors import ShapeError

__all__ = ["huber_loss", "kl_div", "l1_loss", "mse_loss", "reduced", "smooth_l1_loss"]


def mse_loss(x: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Return the mean of the squared differences.

    Parameters
    ----------
    x, target : Tensor or array
        Of one shape.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor or array
        A scalar; with ``reduction="none"``, of the arguments' shape.

    Raises
    ------
    ShapeError
        The shapes differ.
    ValueError
        No such reduction.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.mse_loss(agrad.tensor([1.0, 2.0]), agrad.tensor([1.0, 4.0])).item()
    2.0
    """
    d = _difference("mse_loss", x, target)
    return reduced("mse_loss", d * d, reduction)


def l1_loss(x: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Return the mean of the absolute differences.

    Parameters
    ----------
    x, target, reduction
        As for `mse_loss`.

    Returns
    -------
    Tensor or array

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.l1_loss(agrad.tensor([1.0, 2.0]), agrad.tensor([1.0, 4.0])).item()
    1.0
    """
    return reduced("l1_loss", abs(_difference("l1_loss", x, target)), reduction)


def smooth_l1_loss(x: Any, target: Any, *, beta: float = 1.0, reduction: str = "mean") -> Any:
    """Return the mean of ``d * d / (2 * beta)`` where ``abs(d) < beta``, and of ``abs(d) - beta / 2`` elsewhere.

    Parameters
    ----------
    x, target, reduction
        As for `mse_loss`.
    beta : float
        At least 0.

    Returns
    -------
    Tensor or array

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.smooth_l1_loss(agrad.tensor([1.0, 2.0]), agrad.tensor([2.0, 5.0]), reduction="sum").item()
    3.0
    """
    if beta < 0:
        raise ValueError(f"smooth_l1_loss got beta={beta}; it is at least 0")
    d = _difference("smooth_l1_loss", x, target)
    size = abs(d)
    if beta:
        xp = agrad.array_namespace(d)
        size = xp.where(size < beta, d * d * (0.5 / beta), size - 0.5 * beta)
    return reduced("smooth_l1_loss", size, reduction)


def huber_loss(x: Any, target: Any, *, delta: float = 1.0, reduction: str = "mean") -> Any:
    """Return the mean of ``d * d / 2`` where ``abs(d) < delta``, and of ``delta * (abs(d) - delta / 2)`` elsewhere.

    Parameters
    ----------
    x, target, reduction
        As for `mse_loss`.
    delta : float
        Above 0.

    Returns
    -------
    Tensor or array

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.huber_loss(agrad.tensor([1.0]), agrad.tensor([4.0]), delta=2.0).item()
    4.0
    """
    if delta <= 0:
        raise ValueError(f"huber_loss got delta={delta}; it is above 0")
    d = _difference("huber_loss", x, target)
    size = abs(d)
    xp = agrad.array_namespace(d)
    return reduced("huber_loss", xp.where(size < delta, 0.5 * d * d, delta * (size - 0.5 * delta)), reduction)


def kl_div(x: Any, target: Any, *, log_target: bool = False, reduction: str = "batchmean") -> Any:
    """Return the Kullback-Leibler divergence of the distributions `x`, given by logarithms, from the targets.

    Parameters
    ----------
    x : Tensor or array
        Logarithms of probabilities.
    target : Tensor or array
        Probabilities, of the same shape.
    log_target : bool
        Whether their logarithms are given.
    reduction : {"batchmean", "mean", "sum", "none"}
        ``"batchmean"`` divides the sum by the length of the first axis, as the divergence is defined; ``"mean"``
        divides it by the number of elements.

    Returns
    -------
    Tensor or array

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> p = agrad.tensor([[0.25, 0.75]])
    >>> nn.kl_div(agrad.namespace("numpy").log(p), p).item()
    0.0
    """
    _difference("kl_div", x, target, False)
    xp = agrad.array_namespace(x, target)
    terms = xp.exp(target) * (target - x) if log_target else xp.special.xlogy(target, target) - target * x
    if reduction == "batchmean":
        return xp.sum(terms) / (x.shape[0] if x.ndim else 1)
    return reduced("kl_div", terms, reduction)


def reduced(name: str, terms: Any, reduction: str) -> Any:
    """The mean or the sum of a loss's terms, or the terms."""
    if reduction == "none":
        return terms
    if reduction not in ("mean", "sum"):
        raise ValueError(f"{name} got reduction={reduction!r}; it is 'mean', 'sum' or 'none'")
    return getattr(agrad.array_namespace(terms), reduction)(terms)


def _difference(name: str, x: Any, target: Any, taken: bool = True) -> Any:
    if x.shape != target.shape:
        raise ShapeError(f"{name} got shapes {tuple(x.shape)} and {tuple(target.shape)}; they must be the same")
    return x - target if taken else None
