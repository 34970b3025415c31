"""Recurrent networks and attention, with PyTorch's arguments."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.nn.drawing import place
from agrad_torchlike.nn.layer import Layer
from agrad_torchlike.nn.layers import Linear

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "GRUCell",
    "LSTMCell",
    "MultiheadAttention",
    "NonDynamicallyQuantizableLinear",
    "RNNCell",
]


class _Recurrent(Layer):
    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: Any = None,
        **more: Any,
    ) -> None:
        if more.pop("proj_size", 0):
            raise NotImplementedError(f"{type(self).__name__} got proj_size; leave it out and add a Linear")
        self._build(
            input_size, hidden_size, num_layers, bias=bias, batch_first=batch_first, dropout=dropout,
            bidirectional=bidirectional, **more, **place(device, dtype),
        )  # fmt: skip

    def _rest_of(self, args: tuple[Any, ...]) -> str:
        return "SqueezeBackward1" if args[0].ndim == 2 else "StackBackward0"

    def flatten_parameters(self) -> None:
        """Do nothing: it is for CUDA."""

    def _node_of(self, args: tuple[Any, ...]) -> str:
        if args[0].ndim == 2:
            return "SqueezeBackward1"
        return (
            "TransposeBackward0" if self.batch_first else ("CatBackward0" if self.bidirectional else "StackBackward0")
        )


class RNN(_Recurrent):
    """A recurrent network of Elman's."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        *args: Any,
        **options: Any,
    ) -> None:
        super().__init__(input_size, hidden_size, num_layers, *args, nonlinearity=nonlinearity, **options)


class LSTM(_Recurrent):
    """Long short-term memory; its state is a pair ``(h, c)``."""


class GRU(_Recurrent):
    """Gated recurrent units."""


class _Cell(Layer):
    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, device: Any = None, dtype: Any = None, **more: Any
    ) -> None:
        self._build(input_size, hidden_size, bias, **more, **place(device, dtype))

    def extra_repr(self) -> str:
        """Return the settings that are not the default ones."""
        text = f"{self.input_size}, {self.hidden_size}"
        text += "" if self.bias else f", bias={self.bias}"
        other = getattr(self, "nonlinearity", "tanh")
        return text if other == "tanh" else f"{text}, nonlinearity={other}"


class RNNCell(_Cell):
    """One step of an `RNN`."""

    _node = "TanhBackward0"

    def __init__(
        self, input_size: int, hidden_size: int, bias: bool = True, nonlinearity: str = "tanh", device: Any = None,
        dtype: Any = None,
    ) -> None:  # fmt: skip
        super().__init__(input_size, hidden_size, bias, device, dtype, nonlinearity=nonlinearity)

    def _node_of(self, args: tuple[Any, ...]) -> str:
        return "TanhBackward0" if self.nonlinearity == "tanh" else "ReluBackward0"


class LSTMCell(_Cell):
    """One step of an `LSTM`."""

    _node = "MulBackward0"

    def _rest_of(self, args: tuple[Any, ...]) -> str:
        return "AddBackward0"


class GRUCell(_Cell):
    """One step of a `GRU`."""

    _node = "AddBackward0"


class NonDynamicallyQuantizableLinear(Linear):
    """What PyTorch calls the last layer of attention."""


class MultiheadAttention(Layer):
    """Attention with several heads."""

    _node = "TransposeBackward0"

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        add_bias_kv: bool = False,
        add_zero_attn: bool = False,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        if add_bias_kv or add_zero_attn:
            raise NotImplementedError("MultiheadAttention has no add_bias_kv and no add_zero_attn; leave them out")
        if embed_dim % num_heads:
            raise AssertionError("embed_dim must be divisible by num_heads")
        self._build(
            embed_dim, num_heads, dropout, bias, kdim=kdim, vdim=vdim, batch_first=batch_first, **place(device, dtype)
        )
        last = object.__new__(NonDynamicallyQuantizableLinear)
        last.__dict__.update(training=True, _roles={}, _transient=set(), _before={}, _after={})
        last._take(self._inner.out_proj)
        self.out_proj = last

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        key_padding_mask: Any = None,
        need_weights: bool = True,
        attn_mask: Any = None,
        average_attn_weights: bool = True,
        is_causal: bool = False,
    ) -> tuple[Any, Any]:
        """Let queries attend to keys; in masks of truth values, True hides a key, as in PyTorch."""
        if attn_mask is not None and attn_mask.ndim == 3:
            heads = (-1, self.num_heads, *attn_mask.shape[-2:])
            attn_mask = attn_mask.reshape(heads)
        return super().forward(  # type: ignore[no-any-return]
            query, key, value, _seen(attn_mask),
            key_mask=None if key_padding_mask is None else _seen(key_padding_mask),
            need_weights=need_weights, average_weights=average_attn_weights,
        )  # fmt: skip

    def _rest_of(self, args: tuple[Any, ...]) -> str:
        return "MeanBackward1"

    def extra_repr(self) -> str:
        """Return nothing, as PyTorch does."""
        return ""


def _seen(mask: Any) -> Any:
    """A mask that is True where a key is seen; numbers stay as they are."""
    return ~mask if mask is not None and str(mask.dtype) == "torch.bool" else mask
