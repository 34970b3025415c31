"""agrad's plugin of neural networks: ``xp.nn.conv2d`` and its kind, with derivatives of every order on every backend.

Arrays are laid out as PyTorch has them: (N, C, L) and (N, C, H, W), weights with the channels of the result first.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain

from agrad.declare import Op
from agrad.plugins import hookimpl

__all__ = ["agrad_ops"]


@hookimpl
def agrad_ops() -> Iterable[Op]:
    """Return the records of the ops."""
    from agrad_nn.ops import (
        activation,
        attention,
        classification,
        conv,
        embedding,
        loss,
        norm,
        pool,
        softmax,
    )

    return list(
        chain(
            activation.OPS,
            attention.OPS,
            classification.OPS,
            conv.OPS,
            embedding.OPS,
            loss.OPS,
            norm.OPS,
            pool.OPS,
            softmax.OPS,
        )
    )
