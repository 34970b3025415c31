"""Attention: averages of values, weighted by how well keys fit to queries."""

from __future__ import annotations

from math import sqrt
from typing import Any

from agrad.cases import Case
from agrad.declare import composite
from agrad.errors import ShapeError
from agrad_special.text import described

__all__ = ["OPS"]


def _attention(xp: Any, q: Any, k: Any, v: Any, mask: Any, is_causal: bool, scale: float | None) -> Any:
    if min(q.ndim, k.ndim, v.ndim) < 2 or q.shape[-1] != k.shape[-1] or k.shape[-2] != v.shape[-2]:
        raise ShapeError(
            f"nn.scaled_dot_product_attention got q, k and v of shapes {tuple(q.shape)}, {tuple(k.shape)} and "
            f"{tuple(v.shape)}; it takes (..., L, E), (..., S, E) and (..., S, V)"
        )
    if is_causal and mask is not None:
        raise ValueError(
            "nn.scaled_dot_product_attention got a mask and is_causal=True; give one of them: a mask can be causal "
            "itself"
        )
    if is_causal:
        place = getattr(q, "device", None)
        rows, columns = xp.arange(q.shape[-2], device=place), xp.arange(k.shape[-2], device=place)
        mask = xp.expand_dims(rows, axis=-1) >= columns
    scores = (q * (1 / sqrt(q.shape[-1]) if scale is None else scale)) @ xp.matrix_transpose(k)
    if mask is None:
        return xp.nn.softmax(scores) @ v
    if xp.isdtype(mask.dtype, "bool"):
        alone = ~xp.any(mask, axis=-1, keepdims=True)
        scores = xp.where(mask | alone, scores, -xp.inf)
    else:
        alone = xp.all(mask == -xp.inf, axis=-1, keepdims=True)
        scores = scores + xp.where(alone, 0, mask)
    out = xp.nn.softmax(scores) @ v
    return out if is_causal else xp.where(alone, 0, out)  # a query that may look at nothing finds nothing


def _reference(mp: Any, q: Any, k: Any, v: Any, mask: Any = None, is_causal: bool = False, scale: Any = None) -> Any:
    import numpy as np

    scores = np.matmul(q, np.swapaxes(k, -1, -2)) * (1 / mp.sqrt(q.shape[-1]) if scale is None else mp.mpf(scale))
    if is_causal:
        mask = np.tril(np.ones(scores.shape[-2:], dtype=bool))
    if mask is not None and mask.dtype == object:
        scores = scores + mask
    weights = np.frompyfunc(mp.exp, 1, 1)(scores)
    if mask is not None and mask.dtype != object:
        weights = weights * np.broadcast_to(mask, weights.shape)
    total = np.sum(weights, axis=-1, keepdims=True)
    return np.matmul(weights / np.where(total == 0, mp.mpf(1), total), v)


def _mask(*rows: list[int]) -> Any:
    import numpy as np

    return np.asarray(rows, dtype=bool)


OPS = (
    composite(
        "scaled_dot_product_attention(q, k, v, mask=None, /, *, is_causal=False, scale=None)",
        _attention,
        reference=_reference,
        cases=(
            Case(lambda draw: (draw(2, 2), draw(3, 2), draw(3, 2))),
            Case(lambda draw: (draw(2, 1, 2), draw(2, 2, 2), draw(2, 2, 1)), {"scale": 0.5}),
            Case(lambda draw: (draw(2, 2), draw(2, 2), draw(2, 1)), {"is_causal": True}),
            Case(lambda draw: (draw(2, 2), draw(2, 2), draw(2, 1), draw(2, 2))),
            Case(lambda draw: (draw(3, 1), draw(2, 1), draw(2, 1), _mask([1, 0], [0, 0], [1, 1]))),
        ),
        doc=described(
            "Attention: softmax(q k^T / sqrt(E)) v, the average of values by how well their keys fit to each query.",
            "That of the composition. A query that may look at nothing has none.",
            ">>> q, k = xp.asarray([[10.0, 0.0]]), xp.asarray([[10.0, 0.0], [0.0, 10.0]])\n"
            ">>> v = xp.asarray([[1.0], [5.0]])\n"
            ">>> xp.nn.scaled_dot_product_attention(q, k, v).tolist()\n[[1.0]]\n"
            ">>> xp.nn.scaled_dot_product_attention(q, k, v, xp.asarray([[False, True]])).tolist()\n[[5.0]]",
            notes="Without a mask nothing is added to the product of two matrices, a softmax and another product. The "
            "matrix of weights, of shape (..., L, S), is written down.",
            q="The queries, of shape (..., L, E).",
            k="The keys, of shape (..., S, E).",
            v="The values, of shape (..., S, V).",
            mask=(
                "array, boolean or real floating-point, optional",
                "Whether a query may look at a key, or what is added to how well they fit, minus infinity for never; "
                "it broadcasts to (..., L, S). A query that may look at nothing gives 0.",
            ),
            is_causal=("bool, optional", "Whether a query looks only at keys that do not come after it."),
            scale=("float, optional", "The factor for the products, 1 / sqrt(E) without one."),
            returns="Of shape (..., L, V).",
            raises=("ShapeError, ValueError", "The shapes do not fit; or there is a mask, and is_causal, too."),
        ),
    ),
)
