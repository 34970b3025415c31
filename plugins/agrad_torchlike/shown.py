"""How a tensor is printed: its values by PyTorch's rules, and what follows them."""

from __future__ import annotations

from typing import Any

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.printing import tensor_text

__all__ = ["shown"]


def shown(x: Any) -> str:
    """The text of a tensor."""
    t = x._t
    function = x.grad_fn
    if t.node is not None:
        t = agrad.stop_gradient(t)
    return tensor_text(
        agrad.asarray(t, backend="numpy").array,
        default=dtypes.default().name,
        requires_grad=x.requires_grad and function is None,
        grad_fn=None if function is None else function.short(),
    )
