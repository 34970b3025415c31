"""Activations as modules, with PyTorch's arguments."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.nn.drawing import place
from agrad_torchlike.nn.layer import Layer
from agrad_torchlike.nn.layers import overwritten

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


class _Activation(Layer):
    def __init__(self) -> None:
        self._build()


class _Inplace(Layer):
    """One that may write its result over its argument."""

    def __init__(self, inplace: bool = False) -> None:
        self._build()
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Apply it."""
        result = super().forward(input)
        return overwritten(input, result) if self.inplace else result

    def extra_repr(self) -> str:
        """Return the settings."""
        text = [super().extra_repr()] + (["inplace=True"] if self.inplace else [])
        return ", ".join(filter(None, text))


class ReLU(_Inplace):
    """The positive part."""

    _node = "ReluBackward0"


class ReLU6(_Inplace):
    """The positive part, at most 6."""

    _node = "HardtanhBackward0"


class SELU(_Inplace):
    """The self-normalising exponential unit."""

    _node = "EluBackward0"


class SiLU(_Inplace):
    """``x * sigmoid(x)``."""

    _node = "SiluBackward0"


class Mish(_Inplace):
    """``x * tanh(softplus(x))``."""

    _node = "MishBackward0"


class Hardtanh(_Inplace):
    """The nearest number between two bounds."""

    _node = "HardtanhBackward0"

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        self._build(min_val, max_val)
        self.inplace = inplace


class LeakyReLU(_Inplace):
    """`x` above 0, and a small multiple of it below."""

    _node = "LeakyReluBackward0"

    def __init__(self, negative_slope: float = 1e-2, inplace: bool = False) -> None:
        self._build(negative_slope)
        self.inplace = inplace


class ELU(_Inplace):
    """`x` above 0, and an exponential below."""

    _node = "EluBackward0"

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        self._build(alpha)
        self.inplace = inplace


class GELU(Layer):
    """The Gaussian error linear unit."""

    _node = "GeluBackward0"

    def __init__(self, approximate: str = "none") -> None:
        self._build(approximate)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"approximate={self.approximate!r}"


class PReLU(Layer):
    """`x` above 0, and a parameter times it below."""

    _node = "PreluKernelBackward0"

    def __init__(self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None) -> None:
        self._build(num_parameters, init, **place(device, dtype))


class Softplus(Layer):
    """A smooth positive part."""

    _node = "SoftplusBackward0"

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self._build(beta, threshold)


class Sigmoid(_Activation):
    """``1 / (1 + exp(-x))``."""

    _node = "SigmoidBackward0"


class Tanh(_Activation):
    """The hyperbolic tangent."""

    _node = "TanhBackward0"


class LogSigmoid(_Activation):
    """The logarithm of the sigmoid."""

    _node = "LogSigmoidBackward0"


class Softsign(_Activation):
    """``x / (1 + abs(x))``."""

    _node = "DivBackward0"


class _Softmax(Layer):
    def __init__(self, dim: int | None = None) -> None:
        self._build(-1)
        self.dim = dim

    def forward(self, input: Any) -> Any:
        """Apply it."""
        self._inner.axis = softmax_axis(type(self).__name__, self.dim, input.ndim)
        return super().forward(input)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"dim={self.dim}"


class Softmax(_Softmax):
    """Positive numbers that add up to 1 along an axis."""

    _node = "SoftmaxBackward0"


class LogSoftmax(_Softmax):
    """The logarithm of `Softmax`."""

    _node = "LogSoftmaxBackward0"


def softmax_axis(name: str, dim: int | None, ndim: int) -> int:
    """The axis; where none is given, PyTorch's guess, with its warning."""
    if dim is not None:
        return dim
    import warnings

    warnings.warn(
        f"Implicit dimension choice for {name.lower()} has been deprecated. Change the call to include dim=X as an "
        "argument.",
        UserWarning,
        stacklevel=3,
    )
    return 0 if ndim in (0, 1, 3) else 1
