"""Walks through the graph: from tensors back to all leaves, or to tensors that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import agrad
from agrad.interpret.levels import transforming
from agrad.interpret.reverse import Node, hooked, plus, walk
from agrad_torchlike import versions
from agrad_torchlike.errors import AGAIN
from agrad_torchlike.memory import check
from agrad_torchlike.sizes import Size
from agrad_torchlike.tensors import Tensor, wrap

__all__ = ["accumulate", "backward", "gradients"]


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
    if t._node is None:
        raise RuntimeError(f"element {k} of tensors does not require grad and does not have a grad_fn")
    if gradient is None:
        if t.size != 1:
            raise RuntimeError("grad can be implicitly created only for scalar outputs")
        return t.__array_namespace__().ones(t.shape, dtype=t.dtype)
    if not isinstance(gradient, Tensor):
        raise TypeError(f"gradients can be either Tensors or None, but got {type(gradient).__name__}")
    g = gradient._t
    if g.dtype != t.dtype:
        g = t.__array_namespace__().astype(g, t.dtype)
    return g if create_graph else agrad.stop_gradient(g)


def backward(tensors: Sequence[Any], gradients: Sequence[Any], retain_graph: bool | None, create_graph: bool) -> None:
    """Accumulate gradients in the leaves that tensors depend on."""
    seeds = [_seed(k, x, g, create_graph) for k, (x, g) in enumerate(zip(tensors, gradients, strict=True))]
    versions.check(tensors)
    check([x._t._node for x in tensors])
    retain = create_graph if retain_graph is None else retain_graph
    last = len(tensors) - 1
    for k, (x, seed) in enumerate(zip(tensors, seeds, strict=True)):
        try:
            x._t.backward(seed, retain_graph=retain or k < last, create_graph=create_graph)
        except agrad.GraphError as error:
            raise _translated(error) from error


def gradients(
    outputs: Sequence[Any], seeds: Sequence[Any], inputs: Sequence[Any], retain_graph: bool | None, create_graph: bool
) -> list[Any]:
    """The gradients of inputs, None for one that was not reached; nothing is accumulated."""
    if transforming():
        raise agrad.NestingError(
            "autograd.grad inside a transform (torch.func.grad, ...); use the transforms alone there"
        )
    roots = []
    for k, (x, g) in enumerate(zip(outputs, seeds, strict=True)):
        seed = _seed(k, x, g, create_graph)
        roots.append((x._t._node, seed if create_graph else seed._value))
    versions.check(outputs, inputs)
    check([node for node, _ in roots])
    found: dict[Node, Any] = {}
    wanted = set()
    for x in inputs:
        if x._t._node is None:
            raise RuntimeError("One of the differentiated Tensors does not require grad")
        wanted.add(x._t._node)

    def visit(node: Node, ct: Any) -> Any:
        if node in hooked and ct is not None:
            boxed = node.hooks.tensor._space._wrap(ct)  # type: ignore[attr-defined]
            for function in list(node.hooks.functions.values()):
                replaced = function(boxed)
                boxed = boxed if replaced is None else replaced
            ct = boxed if create_graph else boxed._value
        if node in wanted and ct is not None:
            found[node] = ct if node not in found else plus(found[node], ct)
        return ct

    retain = create_graph if retain_graph is None else retain_graph
    try:
        walk(roots, retain=retain, retrack=create_graph, visit=visit)
    except agrad.GraphError as error:
        raise _translated(error) from error
    return [_made(x, found.get(x._t._node)) for x in inputs]


def _made(x: Any, ct: Any) -> Any:
    if ct is None:
        return None
    xp = x._t.__array_namespace__()
    t = xp.asarray(ct)
    return wrap(t if t._node is not None else xp.asarray(t, copy=True))


def accumulate(
    outputs: Sequence[Any], seeds: Sequence[Any], inputs: Any, retain_graph: bool | None, create_graph: bool
) -> None:
    """Add the gradients of some leaves to their ``.grad``."""
    leaves = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    if not leaves:
        raise RuntimeError("'inputs' argument to backward() cannot be empty.")
    for x, g in zip(leaves, gradients(outputs, seeds, leaves, retain_graph, create_graph), strict=True):
        if g is None:
            continue
        if not x._t.is_leaf:
            x.retain_grad()
            raise agrad.UnsupportedError("backward(inputs=) of tensors that are no leaves; use torch.autograd.grad")
        x.grad = g if x.grad is None else x.grad + g
