"""Leaves of the NumPy backend that tests start from, and the gradients that reach them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import agrad

array = np.asarray([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
start = np.asarray([1.0, 2.0, 3.0, 4.0])


def leaf(data: Any = array, dtype: Any = None) -> agrad.Tensor:
    """A Tensor that requires gradients."""
    return agrad.tensor(data, requires_grad=True, dtype=dtype)


def leaf_of_four(data: Any = start, dtype: Any = None) -> agrad.Tensor:
    """The same, of four numbers."""
    return leaf(data, dtype)


def gradient(y: Any, x: Any) -> Any:
    """The gradient of sum(y * w), for generic weights w, for a leaf."""
    weights = np.cos(np.arange(math.prod(y.shape))).reshape(y.shape)
    x.grad = None
    (y * weights).sum().backward(retain_graph=True)
    return x.grad.array
