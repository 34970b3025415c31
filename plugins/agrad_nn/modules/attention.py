"""Attention with several heads as a module."""

from __future__ import annotations

from math import sqrt
from typing import Any, Unpack

import agrad
from agrad.errors import ShapeError
from agrad_nn import init
from agrad_nn.functional import dropped
from agrad_nn.modules.linear import Linear, affine
from agrad_nn.modules.module import Module
from agrad_nn.modules.parameter import Options, placed

__all__ = ["MultiheadAttention"]


class MultiheadAttention(Module):
    """Attention with several heads (Vaswani et al., 2017).

    Parameters
    ----------
    embed_dim : int
        The length of queries and of the result; each head gets an equal part.
    num_heads : int
    dropout : float
        Of the attention's weights, while training.
    bias : bool
    kdim, vdim : int, optional
        The lengths of keys and values, by default `embed_dim`.
    batch_first : bool
        Whether arrays are ``(N, L, features)`` rather than ``(L, N, features)``.
    **options
        ``backend=``, ``dtype=``, ``device=``, ``rng=``, as for `Linear`.

    Attributes
    ----------
    in_proj_weight : Tensor
        The three maps of queries, keys and values, one below the other; with `kdim` or `vdim` they are
        ``q_proj_weight``, ``k_proj_weight`` and ``v_proj_weight``.
    in_proj_bias : Tensor or None
    out_proj : Linear

    Examples
    --------
    >>> import agrad, agrad_nn as nn
    >>> x = agrad.namespace("numpy").ones((2, 7, 6))
    >>> out, weights = nn.MultiheadAttention(6, 3, batch_first=True)(x, x, x)
    >>> out.shape, weights.shape
    ((2, 7, 6), (2, 7, 7))
    """

    def __init__(
        self,
        embed_dim: int,
        num_heads: int,
        dropout: float = 0.0,
        bias: bool = True,
        *,
        kdim: int | None = None,
        vdim: int | None = None,
        batch_first: bool = False,
        **options: Unpack[Options],
    ) -> None:
        if num_heads < 1 or embed_dim % num_heads:
            raise ValueError(
                f"MultiheadAttention got embed_dim={embed_dim} and num_heads={num_heads}; the first is a multiple of "
                "the second"
            )
        self.embed_dim, self.num_heads, self.dropout, self.batch_first = embed_dim, num_heads, dropout, batch_first
        self.kdim, self.vdim = embed_dim if kdim is None else kdim, embed_dim if vdim is None else vdim
        place = placed(options)
        self.rng = place.rng
        together = self.kdim == self.vdim == embed_dim
        separate = (("q", embed_dim), ("k", self.kdim), ("v", self.vdim))
        for name, inputs in separate:
            made = None if together else place.parameter(embed_dim, inputs)
            self.register_parameter(f"{name}_proj_weight", made)
        self.register_parameter("in_proj_weight", place.parameter(3 * embed_dim, embed_dim) if together else None)
        self.register_parameter("in_proj_bias", place.parameter(3 * embed_dim) if bias else None)
        self.in_proj_weight: Any
        self.in_proj_bias: Any
        self.out_proj = Linear(embed_dim, embed_dim, bias=bias, **place.options)
        self.reset_parameters(place.generator)

    def reset_parameters(self, rng: Any = None) -> None:
        """Draw the maps of queries, keys and values anew; biases become zeros."""
        for p in self.parameters(recurse=False):
            if p.ndim > 1:
                init.xavier_uniform(p, rng=rng)
        for bias in (self.in_proj_bias, self.out_proj.bias):
            if bias is not None:
                init.zeros(bias)

    def forward(
        self,
        query: Any,
        key: Any,
        value: Any,
        mask: Any = None,
        *,
        key_mask: Any = None,
        is_causal: bool = False,
        need_weights: bool = True,
        average_weights: bool = True,
    ) -> tuple[Any, Any]:
        """Let queries attend to keys.

        Parameters
        ----------
        query, key, value : Tensor or array
            Of shapes ``(L, N, features)``, ``(S, N, kdim)`` and ``(S, N, vdim)``; with ``batch_first=True`` the first
            two axes the other way round; without a batch, without the axis N.
        mask : Tensor or array, optional
            Broadcast with ``(N, num_heads, L, S)``: True where a query may see a key, or numbers that are added.
        key_mask : Tensor or array, optional
            Of shape ``(N, S)``: True for the keys that count, and False for padding.
        is_causal : bool
            Whether a query sees the keys up to its own position only.
        need_weights, average_weights : bool
            Whether to return the attention's weights, and whether as their mean over the heads.

        Returns
        -------
        out, weights
            Of shape ``(L, N, embed_dim)``, as `query` is; and ``(N, L, S)``, ``(N, num_heads, L, S)`` or None.
        """
        xp = agrad.array_namespace(query, key, value, self.out_proj.weight)
        single = query.ndim == 2
        arrays = [query, key, value]
        if single:
            arrays = [xp.expand_dims(a, axis=0) for a in arrays]
        elif not self.batch_first:
            arrays = [xp.permute_dims(a, (1, 0, 2)) for a in arrays]
        q, k, v = (self._heads(xp, a) for a in self._projected(*arrays))
        mask = self._mask(xp, q, k, mask, key_mask, is_causal)
        weights: Any = None
        if need_weights or (self.dropout and self.training):
            weights = self._weights(xp, q, k, mask)
            out = dropped(weights, weights.shape, self.dropout, self.training, self.rng) @ v
        else:
            out = xp.nn.scaled_dot_product_attention(q, k, v, mask)
        n, heads, length, size = out.shape
        out = self.out_proj(xp.reshape(xp.permute_dims(out, (0, 2, 1, 3)), (n, length, heads * size)))
        if not need_weights:
            weights = None
        elif average_weights:
            weights = xp.mean(weights, axis=1)
        if single:
            return xp.squeeze(out, axis=0), None if weights is None else xp.squeeze(weights, axis=0)
        return out if self.batch_first else xp.permute_dims(out, (1, 0, 2)), weights

    def _projected(self, *arrays: Any) -> list[Any]:
        """Queries, keys and values, each through its map."""
        e = self.embed_dim
        out = []
        for i, (name, x, features) in enumerate(zip("qkv", arrays, (e, self.kdim, self.vdim), strict=True)):
            if x.ndim != 3 or x.shape[-1] != features:
                raise ShapeError(
                    f"MultiheadAttention got {('queries', 'keys', 'values')[i]} of shape {tuple(x.shape)}; they have "
                    f"{features} features on the last of two or three axes"
                )
            rows = slice(i * e, (i + 1) * e)
            weight = (
                getattr(self, f"{name}_proj_weight") if self.in_proj_weight is None else self.in_proj_weight[rows, ...]
            )
            out.append(affine(x, weight, None if self.in_proj_bias is None else self.in_proj_bias[rows]))
        return out

    def _heads(self, xp: Any, x: Any) -> Any:
        """``(N, L, embed_dim)`` as ``(N, num_heads, L, size)``."""
        n, length, _ = x.shape
        return xp.permute_dims(xp.reshape(x, (n, length, self.num_heads, -1)), (0, 2, 1, 3))

    @staticmethod
    def _mask(xp: Any, q: Any, k: Any, mask: Any, key_mask: Any, is_causal: bool) -> Any:
        """All that hides keys from queries, as one mask."""
        masks = [] if mask is None else [mask]
        if key_mask is not None:
            masks.append(xp.reshape(key_mask, (-1, 1, 1, key_mask.shape[-1])))
        if is_causal:
            shape = (q.shape[-2], k.shape[-2])
            masks.append(xp.tril(xp.ones(shape, dtype=xp.bool, device=q.device)))
        numbers = [m for m in masks if not xp.isdtype(m.dtype, "bool")]
        seen = [m for m in masks if xp.isdtype(m.dtype, "bool")]
        if not numbers:
            made: Any = None
            for m in seen:
                made = m if made is None else xp.logical_and(made, m)
            return made
        made = sum(numbers[1:], numbers[0])
        for m in seen:
            made = xp.where(m, made, -xp.inf)
        return made

    @staticmethod
    def _weights(xp: Any, q: Any, k: Any, mask: Any) -> Any:
        scores = (q * (1 / sqrt(q.shape[-1]))) @ xp.matrix_transpose(k)
        if mask is not None:
            scores = xp.where(mask, scores, -xp.inf) if xp.isdtype(mask.dtype, "bool") else scores + mask
        return xp.nn.softmax(scores, axis=-1)

    def extra_repr(self) -> str:
        """Return the settings."""
        return f"embed_dim={self.embed_dim}, num_heads={self.num_heads}"
