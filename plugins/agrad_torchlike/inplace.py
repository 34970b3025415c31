"""In-place methods: a tensor, and all that share its memory, stand for new values afterwards."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import agrad
from agrad_torchlike import dtypes, memory
from agrad_torchlike.errors import broadcasting
from agrad_torchlike.graph import edge, several
from agrad_torchlike.layout import is_dense, offset_of, overlaps, root_of, stride_of
from agrad_torchlike.registry import METHODS, add, load
from agrad_torchlike.tensors import Tensor, is_leaf_of_user
from agrad_torchlike.versions import changed, rewritten

__all__ = ["change", "replace_data", "settle"]


def change(x: Any, value: Any, node: str, before: list[Any], key: Any = Ellipsis, view_node: str = "") -> Any:
    """Give a tensor, or a part of it, new values, which are agrad's Tensor; return the tensor.

    `node` and `before` are the record of the operation: the name of its derivative, and the edges besides `x`'s own;
    `view_node` is that of the part, if it is one.
    """
    root, view, t = root_of(x), x._view, x._t
    _refuse(x, node=view_node)
    old = edge(x)
    followed = value.node is not None or t.node is not None
    old_root = edge(root) if view is not None and not view.detached else None
    graph = followed or (root._t.node is not None and not (view is not None and view.detached))
    if root._memory and value.node is None and not (graph and agrad.is_grad_enabled()):
        memory.write(t.array, key, value.array)
    elif view is not None and view.detached:
        root._memory = False
        if value.node is not None and agrad.is_grad_enabled():
            if root._t.node is not None:
                raise agrad.UnsupportedError(
                    "an in-place change, by what requires gradients, of a tensor that shares the data of another one "
                    "in a graph (detach(), .data) is not supported; use clone() before the change"
                )
            t[key] = value
        else:
            with agrad.no_grad():
                t[key] = value
    else:
        root._memory = False
        try:
            t[key] = value
        except agrad.InPlaceError as error:  # a leaf shares the data: detach().requires_grad_()
            if followed:
                raise RuntimeError(
                    "a view of a leaf Variable that requires grad is being used in an in-place operation."
                ) from error
            with agrad.no_grad():
                t[key] = value
    root._changes += 1
    x._seen = root._changes
    followed = t.node is not None and not t.is_leaf and agrad.is_grad_enabled()
    changed(x, _word(node), ("CopySlices" if root is not x else node) if followed else "")
    if followed:
        before = rewritten(x, node, before, old)
        x._op = (node, old, *before)
        if root is not x and view is not None and not view.detached:
            root._op = ("CopySlices", old_root, *before)
            x._op = ("AsStridedBackward0", root._op)
    return x


def settle(x: Any, value: Any, word: str) -> None:
    """Give a tensor other data, without a trace in any graph: in NumPy's memory, where NumPy has it, too.

    `word` is what did so, for the error of who needs the data that were there.
    """
    root = root_of(x)
    with agrad.no_grad():
        if root._memory:
            memory.write(x._t.array, Ellipsis, value.array if isinstance(value, agrad.Tensor) else value)
        else:
            x._t[...] = value
    root._changes += 1
    x._seen = root._changes
    changed(x, word)


def _word(node: str) -> str:
    """The in-place method, by the name of its derivative."""
    if node in ("CopySlices", "IndexPutBackward0"):
        return "an assignment"
    return node.partition("Backward")[0].lower() + "_"


def _refuse(x: Any, *others: Any, node: str = "") -> None:
    """PyTorch's errors for tensors that cannot be changed, or not by others that share a part of their memory."""
    view = x._view
    if agrad.is_grad_enabled():
        if x._part is not None and x._t.node is not None:
            raise several(x, "is being modified inplace", node)
        if is_leaf_of_user(x._t):
            which = "a view of a leaf" if node else "a leaf"
            raise RuntimeError(f"{which} Variable that requires grad is being used in an in-place operation.")
        if view is not None and not view.detached and is_leaf_of_user(view.root._t):
            raise RuntimeError("a view of a leaf Variable that requires grad is being used in an in-place operation.")
    for y in others:
        if isinstance(y, Tensor) and (view is not None or y._view is not None):
            _refuse_overlap(x, y)
    if overlaps(x):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to a single memory location. "
            "Please clone() the tensor before performing the operation."
        )
    if view is not None:
        edge(x)  # brings its record up to date


def _refuse_overlap(x: Any, y: Any) -> None:
    if y is x or root_of(x) is not root_of(y) or not (is_dense(x) and is_dense(y)):
        return
    first, last = (offset_of(v) for v in (x, y)), (offset_of(v) + v._t.size for v in (x, y))
    (a, b), (c, d) = first, last
    if (a, c) == (b, d) and stride_of(x) == stride_of(y):
        return
    if a < d and b < c:
        raise RuntimeError(
            "unsupported operation: some elements of the input tensor and the written-to tensor refer to a single "
            "memory location. Please clone() the tensor before performing the operation."
        )


def fitted(x: Any, result: Any) -> Any:
    """The result of an operation as new values of a tensor: of its shape and dtype, or PyTorch's errors."""
    t, d = result._t, result.dtype
    if t.shape != x._t.shape:
        raise RuntimeError(f"output with shape {list(x.shape)} doesn't match the broadcast shape {list(result.shape)}")
    if d is not x.dtype:
        if d.rank > x.dtype.rank:
            raise RuntimeError(f"result type {d.word} can't be cast to the desired output type {x.dtype.word}")
        t = t.__array_namespace__().astype(t, x._t.dtype)
    return t


def changed_by(x: Any, result: Any) -> Any:
    """Let a tensor stand for the result of an operation on it."""
    if result is x:
        return x
    record = result._op
    node, before = (record[0], list(record[2:])) if record is not None else ("CopyBackwards", [])
    return change(x, fitted(x, result), node, before)


def replace_data(x: Any, value: Any) -> None:
    """``x.data = value``: other data under the same leaf."""
    if not isinstance(value, Tensor):
        raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
    if value._view is not None and value._view.root is root_of(x) and value.shape == x.shape and value._view.detached:
        return  # it was changed through x.data already
    t = agrad.stop_gradient(value._t)
    if t.shape == x._t.shape and t.dtype == x._t.dtype:
        with agrad.no_grad():
            x._t[...] = t
        root_of(x)._changes += 1
        return
    if x._t.node is not None and not x._t.is_leaf:
        raise RuntimeError("setting .data of a tensor in a graph to another shape or dtype is not supported")
    x._t = agrad.tensor(t, requires_grad=x.requires_grad)
    x._view = x._grad = None


# The methods ------------------------------------------------------------------------------------------

OF_OPS = """
    abs acos acosh add addcdiv addcmul addmm asin asinh atan atan2 atanh bitwise_and bitwise_not bitwise_or bitwise_xor
    ceil clamp clamp_max clamp_min clip cos cosh cumprod cumsum div divide eq erf exp exp2 expm1 floor floor_divide fmod
    frac ge gt index_add index_fill le lerp log log10 log1p log2 logical_and logical_not logical_or lt masked_fill
    masked_scatter mul multiply nan_to_num ne neg negative pow reciprocal relu remainder round rsqrt scatter scatter_add
    sigmoid sign sin sinh sqrt square sub subtract tan tanh tril triu trunc where
""".split()
"""Operations that are in-place methods, too, with an underscore behind the name."""


def _in_place(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **options: Any) -> Any:
        _refuse(self, *args)
        operation = METHODS.get(name)
        if operation is None:
            load()
            operation = METHODS[name]
        return changed_by(self, operation(self, *args, **options))

    return method


for _name in OF_OPS:
    add(f"{_name}_", _in_place(_name), function=f"{_name}_" in ("relu_", "exp_", "sigmoid_", "tanh_", "abs_", "sqrt_"))


def _augmented(dunder: str) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        _refuse(self, other)
        result = getattr(Tensor, f"__{dunder}__")(self, other)
        return result if result is NotImplemented else changed_by(self, result)

    return method


for _dunder in "add sub mul truediv floordiv mod pow and or xor matmul".split():
    setattr(Tensor, f"__i{_dunder}__", _augmented(_dunder))


def _filled(self: Any, value: Any, node: str) -> Any:
    _refuse(self)
    xp = self._t.__array_namespace__()
    if isinstance(value, Tensor):
        if value._t.ndim:
            raise RuntimeError(
                f"fill_ only supports 0-dimension value tensor but got tensor with {value._t.ndim} dimensions."
            )
        before = [edge(value)]
        t = xp.astype(value._t, self._t.dtype) if value.dtype is not self.dtype else value._t
    else:
        before = []
        t = xp.full((), _converted(value, self.dtype), dtype=self._t.dtype)
    return change(self, xp.broadcast_to(t, self._t.shape), node, before)


def _converted(value: Any, d: dtypes.dtype) -> Any:
    return (bool, int, float, complex)[d.rank](value)


def zero_(self: Any) -> Any:
    """Set every element to zero."""
    return _filled(self, 0, "ZeroBackward0")


def fill_(self: Any, value: Any) -> Any:
    """Set every element to a number."""
    return _filled(self, value, "FillBackward1" if isinstance(value, Tensor) else "FillBackward2")


def copy_(self: Any, src: Any, non_blocking: bool = False) -> Any:
    """Set the elements to those of another tensor, which may broadcast and be of another dtype."""
    _refuse(self, src)
    xp = self._t.__array_namespace__()
    t = src._t if src._t.dtype == self._t.dtype else xp.astype(src._t, self._t.dtype)
    if t.shape != self._t.shape:
        try:
            shape = tuple(xp.broadcast_shapes(tuple(t.shape), self._t.shape))
        except Exception as error:
            raise (broadcasting(self, src) or error) from error
        if shape != self._t.shape:
            raise RuntimeError(f"output with shape {list(self.shape)} doesn't match the broadcast shape {list(shape)}")
        t = xp.broadcast_to(t, shape)
    return change(self, t, "CopyBackwards", [edge(src)])


def detach_(self: Any) -> Any:
    """Take the tensor out of the graph; return it."""
    if self._view is not None and not self._view.detached:
        raise RuntimeError("Can't detach views in-place. Use detach() instead.")
    self._t, self._op = agrad.stop_gradient(self._t), None
    return self


for _made in (zero_, fill_, copy_, detach_):
    add(_made.__name__, _made, function=_made in (detach_, zero_, fill_))
