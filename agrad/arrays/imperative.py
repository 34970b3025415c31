"""PyTorch's side of agrad: leaves, ``backward()``, hooks and accumulated gradients, at the lowest level."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any
from weakref import ref

from agrad.errors import DtypeError, GraphError, NestingError, NonScalarError, ShapeError
from agrad.interpret.apply import escaped, private
from agrad.interpret.levels import enabled, no_grad, transforming
from agrad.interpret.record import BASE
from agrad.interpret.reverse import Hooks, Leaf, Node, folded, hooked, walk

__all__ = [
    "HookHandle",
    "accumulate",
    "accumulate_in",
    "add_hook",
    "backward",
    "forget_gradient",
    "gradient_of",
    "handed_out",
    "is_grad_enabled",
    "make_leaf",
    "retain_gradient",
    "root_of",
    "seed_of",
    "visitor",
]


Tensor = Any  # of `agrad.arrays.tensors`, which imports this module


def make_leaf(t: Tensor) -> Tensor:
    """Start to follow a constant Tensor, in place."""
    if not t._aval.inexact:
        raise DtypeError(
            f"a Tensor of dtype {t.dtype} was asked to require gradients; only real and complex floating-point "
            "Tensors have them: convert it first, for example with xp.astype(x, xp.float64)"
        )
    kept = getattr(t, "_leaf", None)
    if kept is not None and kept.aval.shape == t._aval.shape and kept.aval.dtype == t._aval.dtype:
        t._node = kept
        return t
    if not t._aval.ndim:  # a handle that changes in place whatever it holds: the library's numbers are faster
        t._value = t._space._backend.lean(t._value)
    t._node = leaf = Leaf(BASE, t._aval)
    leaf.tensor, leaf.device, leaf.of = type(t), t.device, ref(t)
    return t


def is_grad_enabled() -> bool:
    """Return whether operations on Tensors that require gradients are followed here and now.

    Examples
    --------
    >>> import agrad
    >>> agrad.is_grad_enabled()
    True
    >>> with agrad.no_grad():
    ...     agrad.is_grad_enabled()
    False
    """
    return enabled(BASE)


def backward(t: Tensor, gradient: Any, retain_graph: bool, create_graph: bool) -> None:
    """Accumulate gradients in the leaves that a Tensor depends on; nothing changes where this fails."""
    accumulate(t._space, [root_of(t, gradient, create_graph)], [gradient], retain_graph, create_graph)


def root_of(
    t: Tensor, gradient: Any, create_graph: bool, what: str = "backward()", name: str = "gradient"
) -> tuple[Node, Any]:
    """Where a walk back from a Tensor starts, and its cotangent there; `what` and `name` are what messages say."""
    node = t._node
    if node is None:
        raise GraphError(f"{what} on a Tensor that does not depend on any Tensor with requires_grad=True")
    if not node.trace.alive:
        raise escaped(t)
    if node.trace is not BASE or transforming():
        raise NestingError(
            f"{what} inside a transform (agrad.grad, jvp, ...): use the transforms alone there, "
            "for example agrad.grad inside agrad.grad"
        )
    space, aval = t._space, t._aval
    if gradient is None:
        if aval.size != 1:
            raise NonScalarError(
                f"{what} of a Tensor of shape {aval.shape} needs {name}=, a cotangent of that shape; "
                "or reduce the Tensor to a scalar first, for example with xp.sum"
            )
        if aval.complex:
            raise DtypeError(f"{what} of a complex Tensor needs {name}=, or take xp.real(t) or xp.abs(t) first")
        seed = space._one(t._value, aval)
    else:
        seed = seed_of(space, gradient, aval, f"{what[:-1]}{name}=...)")
    if create_graph:
        seed = space._wrap(seed)
    elif type(seed) is type(t):
        seed = seed._value
    return node, seed


def accumulate(
    space: Any, roots: list[tuple[Node, Any]], given: Iterable[Any], retain_graph: bool, create_graph: bool
) -> None:
    """Walk back from roots and add to ``.grad`` of the leaves; `given` are the cotangents as the user gave them."""
    with space._backend.quiet():
        leaves = walk(
            roots,
            retain=retain_graph or create_graph,
            retrack=create_graph,
            visit=visitor(create_graph) if len(hooked) or len(folded) else None,
        )
    # a conversion may stand between: a leaf need not be of this Tensor's backend
    gradients = handed_out([(_space_of(leaf), _filled(leaf, ct)) for leaf, ct in leaves.items()], given)
    for leaf, g in zip(leaves, gradients, strict=True):
        accumulate_in(leaf, _space_of(leaf)._wrap(g), create_graph)


_lock = RLock()  # a finaliser may come here again, in the same thread


def accumulate_in(holder: Any, g: Tensor, create_graph: bool) -> None:
    """Add to ``holder.grad``, again where another thread was faster; no lock is held while arrays are added."""
    while True:
        old = holder.grad
        if old is None:
            new = g
        elif create_graph or (old._node is None and g._node is None):
            new = old + g
        else:
            with no_grad():
                new = old + g
        with _lock:
            if holder.grad is old:
                holder.grad = new
                return


def seed_of(space: Any, given: Any, aval: Any, where: str) -> Any:
    """A cotangent or tangent as a value of the right dtype; its shape must be right already."""
    value = private(given) if type(given) is space._tensor else space._raw.asarray(given)
    if tuple(value.shape) != aval.shape:
        raise ShapeError(f"{where} got shape {tuple(value.shape)}; it must have shape {aval.shape}")
    if value.dtype == aval.dtype:
        return value._value if type(value) is space._tensor and value._node is None else value
    if aval.real and space._aval_of(value).complex:
        raise DtypeError(f"{where} is complex; it must be real, of dtype {aval.dtype}")
    value = (space if type(value) is space._tensor else space._raw).astype(value, aval.dtype)
    return value._value if type(value) is space._tensor and value._node is None else value


def _space_of(held: Any) -> Any:
    """The namespace of the Tensor that a leaf or hooks belong to."""
    return held.tensor._space


def _filled(held: Any, ct: Any) -> Any:
    """A cotangent; for None, zeros where the Tensor is."""
    if ct is not None:
        return ct
    space, aval = _space_of(held), held.aval
    zeros = space._raw.zeros(aval.shape, dtype=aval.dtype, device=held.device)
    return zeros if aval.ndim else space._backend.lean(zeros)


def handed_out(values: Iterable[tuple[Any, Any]], given: Iterable[Any]) -> list[Any]:
    """Values, each after its namespace, as arrays that are safe in a user's hands, without shared memory.

    Nothing is shared with each other or with what the user gave, and Tensors get handles of their own.
    """
    seen = {id(g._value if hasattr(type(g), "_node") else g) for g in given}
    result = []
    for space, v in values:
        if type(v) is space._tensor:
            v = private(v)
        else:
            v = space._backend.own(v)
            if id(v) in seen:
                v = space._raw.asarray(v, copy=True)
            seen.add(id(v))
        result.append(v)
    return result


def gradient_of(t: Tensor) -> Any:
    """What ``.grad`` returns."""
    node = t._node
    if type(node) is Leaf:
        return node.grad
    return node.hooks.grad if node is not None and node in hooked else None


def forget_gradient(t: Tensor) -> None:
    """Clear what `retain_gradient` has kept."""
    if t._node is not None and t._node in hooked:
        t._node.hooks.grad = None


# Hooks --------------------------------------------------------------------------------------------


class HookHandle:
    """Returned by ``register_hook``; ``remove()`` takes the hook off again."""

    def __init__(self, hooks: Hooks, key: int) -> None:
        self._hooks = hooks
        self._key = key

    def remove(self) -> None:
        """Take the hook off; doing so twice is harmless."""
        self._hooks.functions.pop(self._key, None)


def _hooks(t: Tensor) -> Hooks:
    node = t._node
    if not isinstance(node, Node) or node.trace is not BASE:
        raise GraphError("hooks and retain_grad() need a Tensor with requires_grad=True, outside a transform")
    if node not in hooked:
        made = Hooks(t._aval, type(t), t.device)
        with _lock:
            if node not in hooked:
                node.hooks = made
                hooked.add(node)
    return node.hooks


def add_hook(t: Tensor, function: Callable[[Any], Any]) -> HookHandle:
    """Call a function with the cotangent of this Tensor whenever backward reaches it."""
    hooks = _hooks(t)
    with _lock:
        key = max(hooks.functions, default=-1) + 1
        hooks.functions[key] = function
    return HookHandle(hooks, key)


def retain_gradient(t: Tensor) -> None:
    """Keep the cotangent of a Tensor that is no leaf, too."""
    if type(t._node) is not Leaf:
        _hooks(t).retain = True


def visitor(create_graph: bool) -> Callable[[Node, Any], Any]:
    """What a walk does at every node: call its hooks, keep its gradient."""

    def visit(node: Node, ct: Any) -> Any:
        if node not in hooked:
            return ct
        hooks = node.hooks
        space = _space_of(hooks)
        boxed = space._wrap(_filled(hooks, ct))
        for function in list(hooks.functions.values()):
            replaced = function(boxed)
            if replaced is not None:
                boxed = space._wrap(seed_of(space, replaced, hooks.aval, "the result of a hook"))
        if hooks.retain:
            accumulate_in(hooks, boxed, True)
        return boxed if create_graph or boxed._node is not None else boxed._value

    return visit
