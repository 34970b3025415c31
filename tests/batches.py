"""What tests of `vmap` share: stacks of examples, and the stack of single results that it has to equal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import agrad

GENERATOR = np.random.default_rng(3)
SIZE = 4
X = GENERATOR.normal(size=(SIZE, 3))
M = GENERATOR.normal(size=(SIZE, 3, 3))


def host(space: Any, y: Any) -> Any:
    """A result as a NumPy array."""
    y = y.array if isinstance(y, agrad.Tensor) else y
    return np.asarray(space._backend.host(y)) if space._owns(y) else np.asarray(y)


def looped(f: Callable[..., Any], *stacks: Any) -> Any:
    """What `vmap` has to equal."""
    results = [f(*[x[k] for x in stacks]) for k in range(len(stacks[0]))]
    return np.stack([y.array if isinstance(y, agrad.Tensor) else y for y in results])
