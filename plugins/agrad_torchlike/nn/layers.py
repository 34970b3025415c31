"""Linear maps, embeddings and dropout, with PyTorch's arguments."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.graph import edges_of
from agrad_torchlike.nn import messages
from agrad_torchlike.nn.drawing import Masks, place
from agrad_torchlike.nn.layer import Layer
from agrad_torchlike.nn.messages import same_dtypes, tensor_first
from agrad_torchlike.nn.module import Module
from agrad_torchlike.nn.parameter import Parameter
from agrad_torchlike.versions import counter_of, rewritten, saved

__all__ = [
    "Dropout",
    "Dropout1d",
    "Dropout2d",
    "Embedding",
    "Flatten",
    "Identity",
    "Linear",
    "overwritten",
]


class Identity(Module):
    """Returns what it is given; its own arguments are ignored."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__()

    def forward(self, input: Any) -> Any:
        """Return `input`."""
        return input


class Linear(Layer):
    """The map ``x @ weight.T + bias``, with PyTorch's initial values.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> torch.manual_seed(42) and torch.nn.Linear(2, 1).weight.tolist()
    [[0.5406103730201721, 0.5869042277336121]]
    """

    def __init__(
        self, in_features: int, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        self._build(in_features, out_features, bias, **place(device, dtype))

    def forward(self, input: Any) -> Any:
        """Map the last axis."""
        tensor_first("linear", input)
        same_dtypes(input, self.weight)
        return super().forward(input)

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        return messages.linear(args[0], self.weight)

    _plan = "linear"

    def _node_of(self, args: tuple[Any, ...]) -> str:
        biased, ndim = self.bias is not None, args[0].ndim
        if ndim == 2:
            return "AddmmBackward0" if biased else "MmBackward0"
        if ndim == 1:
            return "ViewBackward0" if biased else "SqueezeBackward4"
        return "ViewBackward0" if biased else "UnsafeViewBackward0"


class Flatten(Module):
    """Makes one axis of several."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1) -> None:
        self.start_dim, self.end_dim = start_dim, end_dim

    def forward(self, input: Any) -> Any:
        """Reshape `input`."""
        return input.flatten(self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Embedding(Layer):
    """A table of vectors, looked up by integers."""

    _node = "EmbeddingBackward0"

    def _explained(self, args: tuple[Any, ...]) -> Exception | None:
        return IndexError("index out of range in self") if not args[0].dtype.is_floating_point else None

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        *,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if max_norm is not None:
            raise NotImplementedError("Embedding got max_norm; leave it out and scale the weight")
        self._build(num_embeddings, embedding_dim, padding_idx, **place(device, dtype))

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None) -> Embedding:
        """Make one of vectors that are known."""
        if embeddings.ndim != 2:
            raise AssertionError("Embeddings parameter is expected to be 2-dimensional")
        rows, length = embeddings.shape
        made = cls(rows, length, padding_idx)
        made.weight = Parameter(embeddings, requires_grad=not freeze)
        return made


class _Dropout(Layer):
    _node = "MulBackward0"

    def __init__(self, p: float = 0.5, inplace: bool = False) -> None:
        if not 0 <= p <= 1:
            raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
        self._build(p, rng=Masks())
        self.inplace = inplace

    def forward(self, input: Any) -> Any:
        """Drop elements while training."""
        if not self.training or self.p == 0:
            return input
        result = super().forward(input)
        return overwritten(input, result) if self.inplace else result

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"p={self.p}, inplace={self.inplace}"


OF_RESULTS = ("EluBackward0", "LeakyReluBackward0")
"""Derivatives that PyTorch takes of the results, where these were written over the arguments."""


class Dropout(_Dropout):
    """Sets elements to zero at random while training: those that PyTorch sets, after the same seed."""


class Dropout1d(_Dropout):
    """Dropout of whole channels of ``(N, C, L)``."""


class Dropout2d(_Dropout):
    """Dropout of whole channels of ``(N, C, H, W)``."""


def overwritten(x: Any, y: Any) -> Any:
    """What ``inplace=True`` returns: the tensor itself with other values."""
    x.copy_(y)
    if y._op is not None:
        name = y._op[0]
        counter_of(x)[1:] = [f"{name.removesuffix('Backward0').lower()}_", name]
        if name in OF_RESULTS:
            x._op = (name, *edges_of(y._op), *saved("ReluBackward0", x, ()))
        else:
            x._op = (name, *rewritten(x, name, list(y._op[1:]), y._op[1]))
    return x
