"""``torch.autograd.grad`` and ``torch.autograd.backward``."""

from __future__ import annotations

from typing import Any

from agrad_torchlike.autograd import engine
from agrad_torchlike.tensors import Tensor

__all__ = ["backward", "grad"]


def _several(given: Any) -> list[Any]:
    return [given] if isinstance(given, Tensor) else list(given)


def _seeds(given: Any, n: int, what: str) -> list[Any]:
    seeds = [None] * n if given is None else [given] if isinstance(given, Tensor) else list(given)
    if len(seeds) != n:
        raise RuntimeError(f"got {n} tensors and {len(seeds)} {what}")
    return seeds


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple[Any, ...]:
    """Return the gradients of outputs with respect to inputs; ``.grad`` stays as it is.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> (slope,) = torch.autograd.grad(x**2, x, create_graph=True)
    >>> torch.autograd.grad(slope, x)[0].item()
    2.0
    """
    of, wrt = _several(outputs), _several(inputs)
    found = engine.gradients(of, _seeds(grad_outputs, len(of), "grad_outputs"), wrt, retain_graph, create_graph)
    for k, g in enumerate(found):
        if g is None and materialize_grads:
            found[k] = wrt[k].detach().clone().zero_()
        elif g is None and not allow_unused:
            raise RuntimeError(
                f"The differentiated Tensor at index {k} appears to not have been used in the graph. Set "
                "allow_unused=True if this is the desired behavior."
            )
    return tuple(found)


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Accumulate in ``.grad`` of the leaves the gradients of several tensors.

    Examples
    --------
    >>> import agrad_torchlike as torch
    >>> x = torch.tensor(3.0, requires_grad=True)
    >>> torch.autograd.backward([x**2, 2 * x])
    >>> x.grad.item()
    8.0
    """
    of = _several(tensors)
    seeds = _seeds(grad_tensors, len(of), "gradients")
    engine.backward(of, seeds, retain_graph, create_graph, engine.listed(inputs))
