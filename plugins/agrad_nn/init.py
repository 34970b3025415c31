"""Initial values: functions that fill a parameter in place and return it, with the distributions of PyTorch's."""

from __future__ import annotations

from math import prod, sqrt
from typing import Any

import agrad
from agrad.errors import ShapeError
from agrad_nn.rng import generator

__all__ = [
    "calculate_gain",
    "constant",
    "eye",
    "fans",
    "fill",
    "kaiming_normal",
    "kaiming_uniform",
    "normal",
    "ones",
    "orthogonal",
    "uniform",
    "xavier_normal",
    "xavier_uniform",
    "zeros",
]

GAINS = {
    "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv_transpose1d": 1.0, "conv_transpose2d": 1.0, "sigmoid": 1.0,
    "tanh": 5.0 / 3.0, "relu": sqrt(2.0), "selu": 3.0 / 4.0,
}  # fmt: skip


def fill(t: Any, values: Any) -> Any:
    """Give a Tensor other values, without a trace in any graph.

    Parameters
    ----------
    t : Tensor
    values : array, Tensor or number

    Returns
    -------
    Tensor
        `t` itself.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> nn.init.fill(nn.Parameter([1.0, 2.0]), 3.0)
    Tensor([3. 3.], dtype=float64, requires_grad=True)
    """
    with agrad.no_grad():
        t[...] = values
    return t


def constant(t: Any, value: float) -> Any:
    """Fill with one number.

    Parameters
    ----------
    t : Tensor
    value : number

    Returns
    -------
    Tensor
        `t` itself.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> nn.init.constant(nn.Parameter([1.0, 2.0]), 0.5).tolist()
    [0.5, 0.5]
    """
    return fill(t, value)


def zeros(t: Any) -> Any:
    """Fill with 0."""
    return fill(t, 0.0)


def ones(t: Any) -> Any:
    """Fill with 1."""
    return fill(t, 1.0)


def eye(t: Any) -> Any:
    """Fill a matrix with 1 on its diagonal and 0 elsewhere."""
    _matrix("eye", t, exactly=True)
    return fill(t, t.__array_namespace__().eye(*t.shape, dtype=t.dtype, device=t.device))


def uniform(t: Any, low: float = 0.0, high: float = 1.0, *, rng: Any = None) -> Any:
    """Draw from the uniform distribution on [low, high).

    Parameters
    ----------
    t : Tensor
    low, high : number
    rng : Generator or int, optional
        The generator or its seed; by default the backend's, see `agrad_nn.seed`.

    Returns
    -------
    Tensor
        `t` itself.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> w = nn.init.uniform(nn.Parameter([0.0, 0.0]), -0.1, 0.1, rng=7)
    >>> bool((abs(w) <= 0.1).all())
    True
    """
    return fill(t, _source(t, rng).uniform(t.shape, low=low, high=high, dtype=t.dtype, device=t.device))


def normal(t: Any, mean: float = 0.0, std: float = 1.0, *, rng: Any = None) -> Any:
    """Draw from the normal distribution.

    Parameters
    ----------
    t : Tensor
    mean, std : number
    rng : Generator or int, optional
        As for `uniform`.

    Returns
    -------
    Tensor
        `t` itself.
    """
    return fill(t, _source(t, rng).normal(t.shape, mean=mean, std=std, dtype=t.dtype, device=t.device))


def xavier_uniform(t: Any, gain: float = 1.0, *, rng: Any = None) -> Any:
    """Draw uniformly, with a variance that keeps activations and gradients alike (Glorot and Bengio, 2010).

    Parameters
    ----------
    t : Tensor
        Of two axes or more, outputs first.
    gain : number
        See `calculate_gain`.
    rng : Generator or int, optional
        As for `uniform`.

    Returns
    -------
    Tensor
        `t` itself.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> layer = nn.Linear(4, 2)
    >>> bool((abs(nn.init.xavier_uniform(layer.weight)) <= 1).all())
    True
    """
    bound = sqrt(3.0) * gain * sqrt(2.0 / sum(fans(t)))
    return uniform(t, -bound, bound, rng=rng)


def xavier_normal(t: Any, gain: float = 1.0, *, rng: Any = None) -> Any:
    """Draw normally, with the variance of `xavier_uniform`."""
    return normal(t, 0.0, gain * sqrt(2.0 / sum(fans(t))), rng=rng)


def kaiming_uniform(
    t: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Any = None
) -> Any:
    """Draw uniformly, with a variance for layers of rectified units (He et al., 2015).

    Parameters
    ----------
    t : Tensor
        Of two axes or more, outputs first.
    a : number
        The slope of ``"leaky_relu"`` below 0.
    mode : {"fan_in", "fan_out"}
        Which variance is kept: that of the activations, or that of the gradients.
    nonlinearity : str
        See `calculate_gain`.
    rng : Generator or int, optional
        As for `uniform`.

    Returns
    -------
    Tensor
        `t` itself.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> layer = nn.Linear(6, 2)
    >>> bool((abs(nn.init.kaiming_uniform(layer.weight, nonlinearity="relu")) <= 1).all())
    True
    """
    bound = sqrt(3.0) * _kaiming(t, a, mode, nonlinearity)
    return uniform(t, -bound, bound, rng=rng)


def kaiming_normal(
    t: Any, a: float = 0.0, mode: str = "fan_in", nonlinearity: str = "leaky_relu", *, rng: Any = None
) -> Any:
    """Draw normally, with the variance of `kaiming_uniform`."""
    return normal(t, 0.0, _kaiming(t, a, mode, nonlinearity), rng=rng)


def orthogonal(t: Any, gain: float = 1.0, *, rng: Any = None) -> Any:
    """Fill with an orthogonal matrix, drawn uniformly (Saxe et al., 2013); the axes after the first count as one.

    Parameters
    ----------
    t : Tensor
        Of two axes or more.
    gain : number
        A factor.
    rng : Generator or int, optional
        As for `uniform`.

    Returns
    -------
    Tensor
        `t` itself.

    Examples
    --------
    >>> import agrad_nn as nn
    >>> w = nn.init.orthogonal(nn.Parameter([[0.0, 0.0], [0.0, 0.0]]), rng=7)
    >>> round((w @ w.T)[0, 0].item(), 9)
    1.0
    """
    _matrix("orthogonal", t)
    xp = t.__array_namespace__()
    rows, columns = t.shape[0], prod(t.shape[1:])
    drawn = _source(t, rng).normal((rows, columns), dtype=t.dtype, device=t.device)
    with agrad.no_grad():
        q, r = xp.linalg.qr(drawn.mT if rows < columns else drawn)
        q = q * xp.sign(xp.linalg.diagonal(r))
        return fill(t, xp.reshape(gain * (q.mT if rows < columns else q), t.shape))


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """Return by how much to scale initial weights before a nonlinearity.

    Parameters
    ----------
    nonlinearity : str
        ``"linear"``, ``"sigmoid"``, ``"tanh"``, ``"relu"``, ``"leaky_relu"``, ``"selu"`` or the name of a convolution.
    param : number, optional
        The slope of ``"leaky_relu"`` below 0, by default 0.01.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        No gain is known.

    Examples
    --------
    >>> calculate_gain("tanh")
    1.6666666666666667
    """
    if nonlinearity == "leaky_relu":
        return sqrt(2.0 / (1 + (0.01 if param is None else param) ** 2))
    if nonlinearity not in GAINS:
        raise ValueError(f"no gain is known for {nonlinearity!r}; known are {sorted([*GAINS, 'leaky_relu'])}")
    return GAINS[nonlinearity]


def fans(t: Any) -> tuple[int, int]:
    """Return how many inputs each output of a weight has, and how many outputs each input.

    Parameters
    ----------
    t : Tensor
        Of two axes or more, outputs first; those after the second are a convolution's kernel.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> import agrad
    >>> fans(agrad.namespace("numpy").zeros((8, 3, 5, 5)))
    (75, 200)
    """
    _matrix("this initialiser", t)
    kernel = prod(t.shape[2:])
    return t.shape[1] * kernel, t.shape[0] * kernel


def _kaiming(t: Any, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode is 'fan_in' or 'fan_out'; it was {mode!r}")
    fan = fans(t)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / sqrt(fan) if fan else 0.0


def _matrix(what: str, t: Any, exactly: bool = False) -> None:
    if t.ndim < 2 or (exactly and t.ndim > 2):
        raise ShapeError(f"{what} takes {'' if exactly else 'two axes or more, '}a matrix; the shape is {t.shape}")


def _source(t: Any, rng: Any) -> Any:
    return generator(rng, agrad.backend_name(t))
