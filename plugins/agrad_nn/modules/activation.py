"""Activations as modules."""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

import agrad
from agrad_nn import init
from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Options, placed

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "Mish",
    "PReLU",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
]


class _Activation(Module):
    """An op of one array as a module, which keeps its settings."""

    _op: ClassVar[str]
    _settings: ClassVar[tuple[str, ...]] = ()

    def forward(self, x: Any) -> Any:
        """Apply it."""
        f = getattr(agrad.array_namespace(x).nn, self._op)
        return f(x, **{name: getattr(self, name) for name in self._settings})

    def extra_repr(self) -> str:
        """Return the settings."""
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in self._settings)


class ReLU(_Activation):
    """The larger of `x` and 0.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.ReLU()(agrad.tensor([-1.0, 2.0])).tolist()
    [0.0, 2.0]
    """

    _op = "relu"


class ReLU6(_Activation):
    """`x`, but at least 0 and at most 6.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.ReLU6()(agrad.tensor([-1.0, 2.0, 7.0])).tolist()
    [0.0, 2.0, 6.0]
    """

    _op = "relu6"


class Hardtanh(_Activation):
    """`x`, but within an interval.

    Parameters
    ----------
    min_val, max_val : float

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.Hardtanh()(agrad.tensor([-2.0, 0.5, 7.0])).tolist()
    [-1.0, 0.5, 1.0]
    """

    _op = "hardtanh"
    _settings = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0) -> None:
        self.min_val = min_val
        self.max_val = max_val


class LeakyReLU(_Activation):
    """`x` above 0, and `negative_slope` times it below.

    Parameters
    ----------
    negative_slope : float

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.LeakyReLU(0.5)(agrad.tensor([-1.0, 2.0])).tolist()
    [-0.5, 2.0]
    """

    _op = "leaky_relu"
    _settings = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01) -> None:
        self.negative_slope = negative_slope


class PReLU(Module):
    """`x` above 0, and a parameter times it below.

    Parameters
    ----------
    num_parameters : int
        1, or one for each channel, on the second axis.
    init : float
        Their initial value.
    **options
        ``backend=``, ``dtype=``, ``device=``, as for `Linear`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.PReLU()(agrad.tensor([-1.0, 2.0])).tolist()
    [-0.25, 2.0]
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25, **options: Unpack[Options]) -> None:
        self.num_parameters = num_parameters
        self.weight: Any = placed(options).parameter(num_parameters)
        _fill(self.weight, init)

    def forward(self, x: Any) -> Any:
        """Apply it."""
        xp = agrad.array_namespace(x, self.weight)
        weight = self.weight
        if self.num_parameters > 1 and x.ndim > 2:
            weight = xp.reshape(weight, (-1, *[1] * (x.ndim - 2)))
        return xp.where(x > 0, x, weight * x)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"num_parameters={self.num_parameters}"


_fill = init.constant


class ELU(_Activation):
    """`x` above 0, and ``alpha * (exp(x) - 1)`` below.

    Parameters
    ----------
    alpha : float

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.ELU()(agrad.tensor([-1000.0, 2.0])).tolist()
    [-1.0, 2.0]
    """

    _op = "elu"
    _settings = ("alpha",)

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = alpha


class SELU(_Activation):
    """The scaled `ELU` of self-normalising networks (Klambauer et al., 2017).

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> round(nn.SELU()(agrad.tensor([2.0])).item(), 6)
    2.101402
    """

    _op = "selu"


class GELU(_Activation):
    """`x` times the normal distribution function of it.

    Parameters
    ----------
    approximate : {"none", "tanh"}

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> round(nn.GELU()(agrad.tensor([1.0])).item(), 6)
    0.841345
    """

    _op = "gelu"
    _settings = ("approximate",)

    def __init__(self, approximate: str = "none") -> None:
        self.approximate = approximate


class SiLU(_Activation):
    """`x` times the logistic function of it.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> round(nn.SiLU()(agrad.tensor([1.0])).item(), 6)
    0.731059
    """

    _op = "silu"


class Mish(_Activation):
    """`x` times the hyperbolic tangent of its softplus.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> round(nn.Mish()(agrad.tensor([1.0])).item(), 6)
    0.865098
    """

    _op = "mish"


class Softplus(_Activation):
    """``log(1 + exp(beta * x)) / beta``, a smooth `ReLU`.

    Parameters
    ----------
    beta : float
    threshold : float
        Above it, for ``beta * x``, the result is `x`.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> round(nn.Softplus()(agrad.tensor([0.0])).item(), 6)
    0.693147
    """

    _op = "softplus"
    _settings = ("beta", "threshold")

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta = beta
        self.threshold = threshold


class Softsign(_Activation):
    """``x / (1 + abs(x))``.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.Softsign()(agrad.tensor([-1.0, 3.0])).tolist()
    [-0.5, 0.75]
    """

    _op = "softsign"


class Sigmoid(_Activation):
    """The logistic function.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.Sigmoid()(agrad.tensor([0.0])).tolist()
    [0.5]
    """

    _op = "sigmoid"


class LogSigmoid(_Activation):
    """The logarithm of the logistic function.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.LogSigmoid()(agrad.tensor([-1000.0])).tolist()
    [-1000.0]
    """

    _op = "log_sigmoid"


class Tanh(Module):
    """The hyperbolic tangent.

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.Tanh()(agrad.tensor([0.0])).tolist()
    [0.0]
    """

    def forward(self, x: Any) -> Any:
        """Apply it."""
        return agrad.array_namespace(x).tanh(x)


class Softmax(_Activation):
    """Exponentials, divided by their sum over an axis.

    Parameters
    ----------
    axis : int

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.Softmax()(agrad.tensor([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """

    _op = "softmax"
    _settings = ("axis",)

    def __init__(self, axis: int = -1) -> None:
        self.axis = axis


class LogSoftmax(Softmax):
    """The logarithm of `Softmax`.

    Parameters
    ----------
    axis : int

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> nn.LogSoftmax()(agrad.tensor([[0.0, -1000.0]])).tolist()
    [[0.0, -1000.0]]
    """

    def forward(self, x: Any) -> Any:
        """Apply it."""
        return agrad.array_namespace(x).nn.log_softmax(x, axis=self.axis)
