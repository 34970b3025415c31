"""The graph as PyTorch shows it: ``grad_fn`` with its names, and ``next_functions`` down to the leaves.

A tensor that an operation made holds a record of it: a tuple of the node's name and the edges to what it was made from.
An edge is such a record, a leaf itself, or None for what is not followed. Behind the edges there may be a list of what
the operation has kept.
"""

from __future__ import annotations

from typing import Any

import agrad

__all__ = [
    "INTERNAL",
    "GradFn",
    "edge",
    "edges",
    "edges_of",
    "function_of",
    "record_of",
    "refuse_part",
    "several",
    "short",
    "word_of",
]

Record = tuple[Any, ...]

_NAMES = {
    "Multiply": "Mul", "Subtract": "Sub", "Divide": "Div", "Negative": "Neg", "PermuteDims": "Permute",
    "PowScalar": "Pow", "VectorNorm": "LinalgVectorNorm",
}  # fmt: skip
"""PyTorch's words for the core's nodes, for what was made without an operation of this layer."""


INTERNAL = ("AccumulateGrad", "CopyBackwards", "CopySlices", "NotImplemented")


class GradFn:
    """One operation in the graph: what ``y.grad_fn`` returns."""

    def __init__(self, record: Any) -> None:
        self._record = record

    def name(self) -> str:
        """Return the name of the operation's derivative, ``"MulBackward0"``."""
        word = self._record[0] if type(self._record) is tuple else "AccumulateGrad"
        return f"torch::autograd::{word}" if word in INTERNAL else word

    @property
    def variable(self) -> Any:
        """The leaf that gradients are accumulated in."""
        if type(self._record) is tuple:
            raise AttributeError(f"'{self.name()}' object has no attribute 'variable'")
        return self._record

    @property
    def next_functions(self) -> tuple[tuple[GradFn | None, int], ...]:
        """The operations that gradients go to next, each with the number of its result."""
        parts = edges_of(self._record) if type(self._record) is tuple else ()
        return tuple([(None if part is None else GradFn(part), 0) for part in parts])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GradFn) and other._record is self._record

    def __hash__(self) -> int:
        return id(self._record)

    def __repr__(self) -> str:
        return f"<{self.short()} object at {id(self._record):#x}>"

    def short(self) -> str:
        """Return the name as it is printed."""
        return self.name().rpartition("::")[2]


def edges_of(record: Record) -> Record:
    """The edges of a record, without what its operation has kept (see `agrad_torchlike.versions`)."""
    return record[1:-1] if type(record[-1]) is list else record[1:]


def edge(x: Any) -> Any:
    """Where gradients of a tensor go."""
    t = x._t
    if t.node is None:
        return None
    if x._view is None:
        if x._op is not None:
            return x._op
        if t.is_leaf:
            return x
    return record_of(x) or x


def edges(values: Any, inexact: bool = False) -> list[Any]:
    """The edges to the tensors among arguments, lists of them included; `inexact`: but for integers and masks."""
    found = []
    for v in values:
        if hasattr(v, "_t"):
            if not inexact or v._t.aval.inexact:
                found.append(edge(v))
        elif type(v) is list or type(v) is tuple:
            found += edges(v, inexact)
    return found


def record_of(x: Any) -> Any:
    """The record of the operation that made a tensor; None for a leaf and for what is not followed."""
    t = x._t
    if t.node is None or t.is_leaf:
        return None
    view, record = x._view, x._op
    if x._part is not None:
        refuse_part(x)
    if view is not None and x._seen != view.root._changes:  # another tensor of this memory was changed since
        base = view.root
        x._op, x._seen = record, _ = ("AsStridedBackward0", edge(base)), base._changes
    if record is None:
        x._op = record = (f"{word_of(t.grad_fn)}0",)
    return record


def short(name: str) -> str:
    """A derivative as PyTorch's messages name it: ``"Exp"``, ``"Pow1"``."""
    if name in INTERNAL:
        return f"torch::autograd::{name}"
    return name.removesuffix("Backward0").replace("Backward", "")


def refuse_part(x: Any) -> None:
    """Refuse one of several views that an operation returned, once another tensor has changed their memory."""
    if x._part is not None and x._t.node is not None and x._version != x._part[1] and agrad.is_grad_enabled():
        raise several(x, "its base or another view of its base has been modified inplace")


def several(x: Any, wrong: str, node: str = "") -> RuntimeError:
    """PyTorch's error for one of several views that an operation returned."""
    which, name = (0, node) if node else (x._part[0], x._op[0])
    return RuntimeError(
        f"Output {which} of {short(name)} is a view and {wrong}. This view is the output of a function that returns "
        "multiple views. Such functions do not allow the output views to be modified inplace. You should replace the "
        "inplace operation by an out-of-place one."
    )


def word_of(node: Any) -> str:
    """PyTorch's word for one of the core's nodes, without its number: ``"MulBackward"``."""
    word = repr(node).strip("<>").removesuffix("Backward")
    return f"{_NAMES.get(word, word)}Backward"


def function_of(x: Any) -> GradFn | None:
    """What ``x.grad_fn`` returns."""
    record = record_of(x)
    return None if record is None else GradFn(record)
