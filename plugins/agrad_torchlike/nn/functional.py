"""The functions of networks under PyTorch's names: ``import agrad_torchlike.nn.functional as F``."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import agrad
import agrad_nn
from agrad_nn.functional import dropped
from agrad_nn.modules.linear import affine
from agrad_torchlike.inplace import settle
from agrad_torchlike.nn import activations, layers, losses, messages, windows
from agrad_torchlike.nn.drawing import Masks
from agrad_torchlike.registry import function, lift
from agrad_torchlike.tensors import raw, wrap

__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "adaptive_max_pool1d",
    "adaptive_max_pool2d",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "elu",
    "embedding",
    "gelu",
    "group_norm",
    "hardtanh",
    "huber_loss",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool1d",
    "max_pool2d",
    "mish",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "relu",
    "relu6",
    "relu_",
    "scaled_dot_product_attention",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "softsign",
    "tanh",
]

Size = int | tuple[int, ...]


@cache
def _activation(kind: Any, *settings: Any) -> Any:
    return kind(*settings)


def _simple(kind: Any, *names: str) -> Callable[..., Any]:
    """A function of an activation: its settings, by position or name, and ``inplace=``."""

    def call(input: Any, *settings: Any, **options: Any) -> Any:
        return kind(*settings, **options)(input) if options else _activation(kind, *settings)(input)

    call.__doc__ = kind.__doc__
    return call


relu = _simple(activations.ReLU)
relu6 = _simple(activations.ReLU6)
gelu = _simple(activations.GELU)
silu = _simple(activations.SiLU)
mish = _simple(activations.Mish)
elu = _simple(activations.ELU)
selu = _simple(activations.SELU)
leaky_relu = _simple(activations.LeakyReLU)
hardtanh = _simple(activations.Hardtanh)
softplus = _simple(activations.Softplus)
softsign = _simple(activations.Softsign)
logsigmoid = _simple(activations.LogSigmoid)
sigmoid = _simple(activations.Sigmoid)
tanh = _simple(activations.Tanh)


def relu_(input: Any) -> Any:
    """Write the positive part over a tensor."""
    return activations.ReLU(inplace=True)(input)


def softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """Positive numbers that add up to 1 along an axis."""
    return activations.Softmax(dim)(input if dtype is None else input.to(dtype))


def log_softmax(input: Any, dim: int | None = None, dtype: Any = None) -> Any:
    """The logarithm of `softmax`."""
    return activations.LogSoftmax(dim)(input if dtype is None else input.to(dtype))


def linear(input: Any, weight: Any, bias: Any = None) -> Any:
    """The map ``input @ weight.T + bias``."""
    messages.tensor_first("linear", input)
    messages.same_dtypes(input, weight)
    wrong = messages.linear(input, weight)
    if wrong is not None:
        raise wrong
    made = _linear(input, weight) if bias is None else _linear(input, weight, bias)
    if made._op is not None:
        biased = bias is not None
        plain = ("MmBackward0", "AddmmBackward0") if input.ndim == 2 else ("UnsafeViewBackward0", "ViewBackward0")
        made._op = (plain[biased], *made._op[1:])
    return made


_linear = lift("linear", lambda xp, x, w, b=None: affine(x, w, b), "AddmmBackward0")


def _convolution(name: str, axes: int) -> Callable[..., Any]:
    def compute(xp: Any, x: Any, w: Any, b: Any = None, **settings: Any) -> Any:
        single = x.ndim == axes + 1
        out = getattr(xp.nn, name)(xp.expand_dims(x, axis=0) if single else x, w, **settings)
        out = xp.squeeze(out, axis=0) if single else out
        return out if b is None else out + xp.reshape(b, (-1, *[1] * axes))

    return lift(name, compute, "ConvolutionBackward0")


_CONVOLUTIONS = {
    name: _convolution(name, int(name[-2])) for name in ("conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d")
}


def conv1d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size | str = 0, dilation: Size = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """A convolution along one axis."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _CONVOLUTIONS["conv1d"](input, weight, bias, **settings)


def conv2d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size | str = 0, dilation: Size = 1,
    groups: int = 1,
) -> Any:  # fmt: skip
    """A convolution along two axes."""
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    return _CONVOLUTIONS["conv2d"](input, weight, bias, **settings)


def conv_transpose2d(
    input: Any, weight: Any, bias: Any = None, stride: Size = 1, padding: Size = 0, output_padding: Size = 0,
    groups: int = 1, dilation: Size = 1,
) -> Any:  # fmt: skip
    """The transpose of a convolution along two axes."""
    settings = {
        "stride": stride, "padding": padding, "output_padding": output_padding, "groups": groups, "dilation": dilation
    }  # fmt: skip
    return _CONVOLUTIONS["conv_transpose2d"](input, weight, bias, **settings)


def _pool(kind: Any) -> Callable[..., Any]:
    def call(input: Any, *settings: Any, **options: Any) -> Any:
        return kind(*settings, **options)(input)

    call.__doc__ = kind.__doc__
    return call


max_pool1d, max_pool2d = _pool(windows.MaxPool1d), _pool(windows.MaxPool2d)
avg_pool1d, avg_pool2d = _pool(windows.AvgPool1d), _pool(windows.AvgPool2d)
adaptive_avg_pool1d, adaptive_avg_pool2d = _pool(windows.AdaptiveAvgPool1d), _pool(windows.AdaptiveAvgPool2d)
adaptive_max_pool1d, adaptive_max_pool2d = _pool(windows.AdaptiveMaxPool1d), _pool(windows.AdaptiveMaxPool2d)


def dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    """Set elements to zero at random: those that PyTorch sets, after the same seed."""
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    result = _dropped(input, p)
    return layers.overwritten(input, result) if inplace else result


_dropped = lift("dropout", lambda xp, x, p: dropped(x, x.shape, p, True, Masks()), "MulBackward0")
_embedding_rows = lift("embedding", lambda xp, indices, weight: xp.nn.embedding(weight, indices), "EmbeddingBackward0")


def embedding(input: Any, weight: Any, padding_idx: int | None = None) -> Any:
    """Look vectors up in a table; the row `padding_idx` gets no gradient."""
    if padding_idx is None:
        return _embedding_rows(input, weight)
    made = agrad_nn.Embedding.__new__(agrad_nn.Embedding)
    vars(made).update(weight=raw(weight), padding_idx=padding_idx % weight.shape[0])
    return lift("embedding", lambda xp, x, w: made.forward(x), "EmbeddingBackward0")(input, weight)


def one_hot(tensor: Any, num_classes: int = -1) -> Any:
    """A vector for each class: 1 at its place, 0 elsewhere."""
    xp = tensor._t.__array_namespace__()
    n = int(xp.max(tensor._t).item()) + 1 if num_classes < 0 else num_classes
    return wrap(xp.nn.one_hot(tensor._t, num_classes=n, dtype=xp.int64))


def batch_norm(
    input: Any, running_mean: Any, running_var: Any, weight: Any = None, bias: Any = None, training: bool = False,
    momentum: float = 0.1, eps: float = 1e-5,
) -> Any:  # fmt: skip
    """Normalise each channel, by the batch's statistics or by the running ones, which training moves."""
    axes = (0, *range(2, input.ndim))
    if training and running_mean is not None:
        with agrad.no_grad():
            xp, x = input._t.__array_namespace__(), input._t.detach()
            for held, new in ((running_mean, xp.mean(x, axis=axes)), (running_var, xp.var(x, axis=axes, correction=1))):
                settle(held, held._t * (1 - momentum) + new * momentum, "batch_norm")
    mean, variance = (None, None) if training else (running_mean, running_var)
    return _batch_norm(input, mean, variance, weight, bias, eps)


_batch_norm = lift(
    "batch_norm", lambda xp, x, m, v, w, b, eps: xp.nn.batch_norm(x, m, v, w, b, axis=1, epsilon=eps),
    "NativeBatchNormBackward0",
)  # fmt: skip


def layer_norm(input: Any, normalized_shape: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalise over the last axes."""
    shape = (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
    return _layer_norm(input, weight, bias, tuple(range(-len(shape), 0)), eps)


_layer_norm = lift(
    "layer_norm", lambda xp, x, w, b, axis, eps: xp.nn.layer_norm(x, w, b, axis=axis, epsilon=eps),
    "NativeLayerNormBackward0",
)  # fmt: skip


def group_norm(input: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Normalise each group of channels of each sample."""
    return _group_norm(input, weight, bias, num_groups, eps)


_group_norm = lift(
    "group_norm", lambda xp, x, w, b, groups, eps: xp.nn.group_norm(x, w, b, groups=groups, epsilon=eps),
    "NativeGroupNormBackward0",
)  # fmt: skip


def scaled_dot_product_attention(
    query: Any, key: Any, value: Any, attn_mask: Any = None, dropout_p: float = 0.0, is_causal: bool = False,
    scale: float | None = None,
) -> Any:  # fmt: skip
    """Let queries attend to keys; in a mask of truth values, True shows a key."""
    if dropout_p:
        raise NotImplementedError("scaled_dot_product_attention got dropout_p; use nn.MultiheadAttention")
    made = _attention(query, key, value, attn_mask, is_causal, scale)
    if made._op is not None and query.ndim != 4:
        made._op = ("UnsafeViewBackward0", *made._op[1:])
    return made


_attention = lift(
    "scaled_dot_product_attention",
    lambda xp, q, k, v, mask, causal, scale: xp.nn.scaled_dot_product_attention(
        q, k, v, mask, is_causal=causal, scale=scale
    ),
    "ScaledDotProductFlashAttentionForCpuBackward0",
)


def _loss(kind: Any) -> Callable[..., Any]:
    def call(input: Any, target: Any, *settings: Any, **options: Any) -> Any:
        return kind(*settings, **options)(input, target)

    call.__doc__ = kind.__doc__
    return call


mse_loss, l1_loss, kl_div = _loss(losses.MSELoss), _loss(losses.L1Loss), _loss(losses.KLDivLoss)
smooth_l1_loss, huber_loss = _loss(losses.SmoothL1Loss), _loss(losses.HuberLoss)
cross_entropy, nll_loss = _loss(losses.CrossEntropyLoss), _loss(losses.NLLLoss)
binary_cross_entropy = _loss(losses.BCELoss)
binary_cross_entropy_with_logits = _loss(losses.BCEWithLogitsLoss)


def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """Divide by the norm along an axis."""
    return input / input.norm(p, dim, True).clamp(min=eps)


def __getattr__(name: str) -> Any:
    found = function(name) if not name.startswith("_") else None
    if found is None:
        raise AttributeError(
            f"module 'agrad_torchlike.nn.functional' has no attribute '{name}': it is not supported; "
            "write it with torch's operations"
        )
    return found
