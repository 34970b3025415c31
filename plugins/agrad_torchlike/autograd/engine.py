"""Walks through the graph: from tensors back to all leaves, or to tensors that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import agrad
from agrad_torchlike import versions
from agrad_torchlike.errors import AGAIN
from agrad_torchlike.memory import check
from agrad_torchlike.sizes import Size
from agrad_torchlike.tensors import Tensor, wrap

__all__ = ["backward", "gradients", "listed"]


def _translated(error: agrad.GraphError) -> RuntimeError:
    """PyTorch's error for a graph that was freed; any other as it is."""
    return RuntimeError(AGAIN) if "has freed" in str(error) else error


def _seed(k: int, x: Any, gradient: Any, create_graph: bool) -> Any:
    """The cotangent to begin with, agrad's Tensor or array; PyTorch's errors for what is missing or does not fit."""
    t = x._t
    if isinstance(gradient, Tensor) and gradient._t.shape != t.shape:
        raise RuntimeError(
            f"Mismatch in shape: grad_output[{k}] has a shape of {Size(gradient._t.shape)} and output[{k}] has a shape "
            f"of {Size(t.shape)}."
        )
    if t.node is None:
        raise RuntimeError(f"element {k} of tensors does not require grad and does not have a grad_fn")
    if gradient is None:
        if t.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        return t.__array_namespace__().ones(t.shape, dtype=t.dtype) if t.aval.complex else None  # agrad's own
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    g = gradient._t
    if g.dtype != t.dtype:
        g = t.__array_namespace__().astype(g, t.dtype)
    return g if create_graph else agrad.stop_gradient(g)


def backward(
    tensors: Sequence[Any],
    gradients: Sequence[Any],
    retain_graph: bool | None,
    create_graph: bool,
    inputs: Sequence[Any] | None = None,
) -> None:
    """Accumulate gradients in the leaves that tensors depend on, or in `inputs` alone."""
    seeds = [_seed(k, x, g, create_graph) for k, (x, g) in enumerate(zip(tensors, gradients, strict=True))]
    versions.check(tensors)
    check([x._t.node for x in tensors])
    retain = create_graph if retain_graph is None else retain_graph
    try:
        if len(tensors) == 1 and inputs is None:
            tensors[0]._t.backward(seeds[0], retain, create_graph)
        else:
            of, to = [x._t for x in tensors], None if inputs is None else _inputs(inputs)
            agrad.backward(of, seeds, to, retain, create_graph)
    except agrad.GraphError as error:
        raise _translated(error) from error
    for x in inputs or ():
        if not x._t.is_leaf:
            x._retained = True


def gradients(
    outputs: Sequence[Any], seeds: Sequence[Any], inputs: Sequence[Any], retain_graph: bool | None, create_graph: bool
) -> list[Any]:
    """The gradients of inputs, None for one that was not reached; nothing is accumulated."""
    of = [x._t for x in outputs]
    given = [_seed(k, x, g, create_graph) for k, (x, g) in enumerate(zip(outputs, seeds, strict=True))]
    versions.check(outputs, inputs)
    check([t.node for t in of])
    retain = create_graph if retain_graph is None else retain_graph
    wrt = _inputs(inputs)
    try:
        found = agrad.gradients(of, wrt, given, retain, create_graph)
    except agrad.GraphError as error:
        raise _translated(error) from error
    return [None if g is None else wrap(g) for g in found]


def listed(inputs: Any) -> list[Any] | None:
    """What ``backward(inputs=)`` names, as a list; None where it names nothing."""
    if inputs is None:
        return None
    found = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if not found:
        raise RuntimeError("'inputs' argument to backward() cannot be empty.")
    return found


def _inputs(tensors: Sequence[Any]) -> list[Any]:
    """agrad's Tensors, all of which are followed."""
    found = [x._t for x in tensors]
    if any(t.node is None for t in found):
        raise RuntimeError("One of the differentiated Tensors does not require grad")
    return found
