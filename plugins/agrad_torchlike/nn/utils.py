"""Gradient clipping, and parameters as one vector, under PyTorch's names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import agrad_nn.optim as optim
from agrad_torchlike.inplace import settle
from agrad_torchlike.registry import lift
from agrad_torchlike.tensors import Tensor, wrap

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]


def clip_grad_norm_(
    parameters: Any, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False, foreach: Any = None
) -> Tensor:
    """Scale the gradients of parameters together, so that their norm is at most `max_norm`; return the norm before."""
    held = _listed(parameters)
    with _shared(held):
        norm = optim.clip_grad_norm([p._t for p in held], max_norm, norm_type, error_if_nonfinite=error_if_nonfinite)
    return wrap(norm)


def clip_grad_value_(parameters: Any, clip_value: float, foreach: Any = None) -> None:
    """Bring every element of the gradients into the interval from ``-clip_value`` to ``clip_value``."""
    held = _listed(parameters)
    with _shared(held):
        optim.clip_grad_value([p._t for p in held], clip_value)


def _listed(parameters: Any) -> list[Tensor]:
    return [parameters] if isinstance(parameters, Tensor) else list(parameters)


@contextmanager
def _shared(parameters: list[Tensor]) -> Iterator[None]:
    """Where NumPy has the memory of gradients, they are changed in it."""
    before = [(p, g) for p in parameters if (g := p.grad) is not None and g._memory]
    yield
    for p, g in before:
        new, p._t.grad = p._t.grad, g._t
        settle(g, new, "clipping")


_joined = lift("cat", lambda xp, *parts: xp.concat([xp.reshape(p, (-1,)) for p in parts]), "CatBackward0")


def parameters_to_vector(parameters: Iterable[Tensor]) -> Any:
    """Return all parameters as one vector."""
    return _joined(*parameters)


def vector_to_parameters(vec: Any, parameters: Iterable[Any]) -> None:
    """Give parameters the values that stand in one vector."""
    start, held = 0, list(parameters)
    n = sum(p._t.size for p in held)
    if vec._t.size != n:
        raise ValueError(f"vector_to_parameters got {vec._t.size} numbers; the parameters have {n}")
    for p in held:
        p.data = vec[start : start + p._t.size].view(p.shape)
        start += p._t.size
