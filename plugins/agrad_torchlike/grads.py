"""The methods that differentiate: ``backward``, leaves, hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import agrad
from agrad_torchlike.autograd.engine import backward, listed
from agrad_torchlike.registry import add
from agrad_torchlike.tensors import Tensor, wrap

__all__: list[str] = []


def _backward(
    self: Any, gradient: Any = None, retain_graph: bool | None = None, create_graph: bool = False, inputs: Any = None
) -> None:
    """Accumulate in ``.grad`` of every leaf the gradient of this tensor; of `inputs` alone where they are given."""
    backward([self], [gradient], retain_graph, create_graph, listed(inputs))


def requires_grad_(self: Any, requires_grad: bool = True) -> Any:
    """Follow operations on the tensor, or stop; return it."""
    t = self._t
    if requires_grad and not t.aval.inexact:
        raise RuntimeError("only Tensors of floating point dtype can require gradients")
    if not requires_grad and t.node is not None and not t.is_leaf:
        raise RuntimeError(
            "you can only change requires_grad flags of leaf variables. If you want to use a computed variable in a "
            "subgraph that doesn't require differentiation use var_no_grad = var.detach()."
        )
    t.requires_grad_(requires_grad)
    return self


def retain_grad(self: Any) -> None:
    """Keep ``.grad`` although the tensor is no leaf."""
    if self._t.node is None:
        raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
    if not self._t.is_leaf:
        self._t.retain_grad()
        self._retained = True


def register_hook(self: Any, hook: Callable[[Any], Any]) -> Any:
    """Call a function with the gradient of this tensor in every backward; what it returns replaces it."""
    if self._t.node is None:
        raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")

    def called(g: agrad.Tensor) -> Any:
        found = hook(wrap(g))
        return found._t if isinstance(found, Tensor) else found

    return self._t.register_hook(called)


add("backward", _backward, function=False)
for _made in (requires_grad_, retain_grad, register_hook):
    add(_made.__name__, _made, function=False)
