"""Tensors that share memory with the one they are taken from, on every backend."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import agrad
from agrad_torchlike.errors import axes_of, axis_of
from agrad_torchlike.graph import edge
from agrad_torchlike.layout import contiguous, is_contiguous, offset_of, reshaped, root_of, stride_of, view_of
from agrad_torchlike.registry import attribute, tensor_op
from agrad_torchlike.sizes import shape_of
from agrad_torchlike.tensors import wrap
from agrad_torchlike.versions import share

__all__ = ["shared"]


def shared(
    x: Any,
    node: str,
    read: Callable[[Any], Any],
    write: Callable[[Any, Any], Any] | None,
    stride: tuple[int, ...],
    offset: int | None = None,
    detached: bool = False,
    own: bool = False,
) -> Any:
    """A tensor that shares the memory of another one; `own`: through `write`, since the library's view is read-only."""
    t = read(x._t)
    if own or t is x._t or t.base is None:  # or the library has copied
        first = [t]
        t = agrad.view(x._t, lambda base: first.pop() if first else read(base), write)
    y = wrap(t)
    y._view = view = view_of(x, stride, offset_of(x) if offset is None else offset, detached)
    y._seen = view.root._changes
    share(y, x)
    if y._t.node is not None:
        y._op = (node, edge(x))
    return y


def _sized(sizes: tuple[int, ...], numel: int) -> tuple[int, ...]:
    """A shape in which one length may be -1."""
    if prod(sizes) == numel and (not sizes or min(sizes) >= 0):
        return sizes
    unknown = [k for k, n in enumerate(sizes) if n == -1]
    known = prod([n for n in sizes if n != -1])
    if len(unknown) == 1 and known and numel % known == 0:
        k = unknown[0]
        return (*sizes[:k], numel // known, *sizes[k + 1 :])
    if len(unknown) > 1:
        raise RuntimeError("only one dimension can be inferred")
    if unknown or prod(sizes) != numel or any(n < 0 for n in sizes):
        raise RuntimeError(f"shape '{list(sizes)}' is invalid for input of size {numel}")
    return sizes


def _in_shape(x: Any, sizes: tuple[int, ...], stride: tuple[int, ...], node: str = "ViewBackward0") -> Any:
    def read(t: Any) -> Any:
        return t.__array_namespace__().reshape(t, sizes)

    def write(t: Any, value: Any) -> Any:
        return value.__array_namespace__().reshape(value, t.shape)

    return shared(x, node, read, write, stride)


def _strides(x: Any, sizes: tuple[int, ...]) -> tuple[int, ...] | None:
    if x._view is None and x._strides is None:
        return contiguous(sizes)
    return reshaped(x._t.shape, stride_of(x), sizes)


@tensor_op(function=False)
def view(input: Any, *sizes: Any, **options: Any) -> Any:
    """The same memory in another shape."""
    if "dtype" in options or (len(sizes) == 1 and hasattr(sizes[0], "itemsize")):
        raise agrad.UnsupportedError("view(dtype) is not supported; use .to(dtype), which converts the values")
    wanted = _sized(shape_of(sizes), input._t.size)
    stride = _strides(input, wanted)
    if stride is None:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one dimension spans across two "
            "contiguous subspaces). Use .reshape(...) instead."
        )
    return _in_shape(input, wanted, stride)


@tensor_op()
def reshape(input: Any, *shape: Any) -> Any:
    """Another shape: of the same memory where that is possible, else of a copy."""
    wanted = _sized(shape_of(shape), input._t.size)
    stride = _strides(input, wanted)
    if stride is not None:
        return _in_shape(input, wanted, stride)
    copy = input.clone()
    copy._strides = None
    y = wrap(copy._t.__array_namespace__().reshape(copy._t, wanted))
    y._t = y._t.clone()  # on its own: a library's function may return a view
    if y._t.node is not None:
        y._op = ("UnsafeViewBackward0", copy._op)
    return y


@tensor_op()
def flatten(input: Any, start_dim: int = 0, end_dim: int = -1) -> Any:
    """The axes from `start_dim` to `end_dim` as one."""
    shape = input._t.shape
    if not shape:
        return reshape(input, 1)
    first, last = axis_of(start_dim, len(shape)), axis_of(end_dim, len(shape))
    if first > last:
        raise RuntimeError("flatten() has invalid args: start_dim cannot come after end_dim")
    return input if first == last else reshape(input, *shape[:first], prod(shape[first : last + 1]), *shape[last + 1 :])


@tensor_op()
def ravel(input: Any) -> Any:
    """All elements on one axis."""
    return reshape(input, -1)


@tensor_op()
def unflatten(input: Any, dim: int, sizes: Any) -> Any:
    """One axis as several."""
    shape = input._t.shape
    k = axis_of(dim, len(shape))
    return view(input, *shape[:k], *_sized(tuple(sizes), shape[k]), *shape[k + 1 :])


@tensor_op(function=False)
def view_as(input: Any, other: Any) -> Any:
    """The same memory in the shape of another tensor."""
    return view(input, *other.shape)


@tensor_op(function=False)
def reshape_as(input: Any, other: Any) -> Any:
    """In the shape of another tensor."""
    return reshape(input, *other.shape)


# Axes -----------------------------------------------------------------------------------------------


def _permuted(x: Any, axes: tuple[int, ...], node: str) -> Any:
    stride = stride_of(x)

    def read(t: Any) -> Any:
        return t.__array_namespace__().permute_dims(t, axes)

    def write(t: Any, value: Any) -> Any:
        back = tuple(sorted(range(len(axes)), key=axes.__getitem__))
        return value.__array_namespace__().permute_dims(value, back)

    return shared(x, node, read, write, tuple([stride[k] for k in axes]))


@tensor_op()
def permute(input: Any, *dims: Any) -> Any:
    """The axes in another order."""
    given = dims[0] if len(dims) == 1 and isinstance(dims[0], tuple | list) else dims
    n = input._t.ndim
    if len(given) != n:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not match the length of the desired "
            f"ordering of dimensions i.e. input.dim() = {n} is not equal to len(dims) = {len(given)}"
        )
    axes = axes_of(tuple(given), n)
    if len(set(axes)) != n:
        raise RuntimeError("permute(): duplicate dims are not allowed.")
    return _permuted(input, axes, "PermuteBackward0")


def _exchanged(x: Any, dim0: int, dim1: int, node: str = "TransposeBackward0") -> Any:
    n = x._t.ndim
    i, j = axis_of(dim0, n), axis_of(dim1, n)
    axes = list(range(n))
    if n:
        axes[i], axes[j] = axes[j], axes[i]
    return _permuted(x, tuple(axes), node)


for _name in ("transpose", "swapaxes", "swapdims"):

    @tensor_op(name=_name)
    def _transpose(input: Any, dim0: int, dim1: int) -> Any:
        """Two axes exchanged."""
        return _exchanged(input, dim0, dim1)


@tensor_op()
def t(input: Any) -> Any:
    """The transpose of a matrix."""
    n = input._t.ndim
    if n > 2:
        raise RuntimeError(f"t() expects a tensor with <= 2 dimensions, but self is {n}D")
    return _permuted(input, (1, 0) if n == 2 else tuple(range(n)), "TBackward0")


for _name in ("movedim", "moveaxis"):

    @tensor_op(name=_name)
    def _movedim(input: Any, source: Any, destination: Any) -> Any:
        """Axes in other places."""
        n = input._t.ndim
        sources, places = axes_of(source, n), axes_of(destination, n)
        order = [k for k in range(n) if k not in sources]
        for place, k in sorted(zip(places, sources, strict=True)):
            order.insert(place, k)
        return _permuted(input, tuple(order), "PermuteBackward0")


attribute("T", property(lambda x: _permuted(x, tuple(reversed(range(x._t.ndim))), "PermuteBackward0")))
attribute("mT", property(lambda x: _exchanged(x, -2, -1)))
attribute("mH", property(lambda x: _exchanged(x, -2, -1)))
attribute("H", property(lambda x: _exchanged(x, 0, 1)))


def _without(x: Any, axes: tuple[int, ...], node: str) -> Any:
    shape, stride = x._t.shape, stride_of(x)
    axes = tuple([k for k in axes if shape and shape[k] == 1])
    kept = [k for k in range(len(shape)) if k not in axes]
    return _in_shape(x, tuple([shape[k] for k in kept]), tuple([stride[k] for k in kept]), node)


@tensor_op()
def squeeze(input: Any, dim: Any = None) -> Any:
    """Without the axes of length 1, or without those of them that are named."""
    n = input._t.ndim
    if dim is None:
        return _without(input, tuple(range(n)), "SqueezeBackward0")
    return _without(input, axes_of(dim, n), "SqueezeBackward2" if isinstance(dim, tuple) else "SqueezeBackward1")


@tensor_op()
def unsqueeze(input: Any, dim: int) -> Any:
    """With a new axis of length 1."""
    shape, stride = input._t.shape, stride_of(input)
    k = axis_of(dim, len(shape) + 1)
    step = shape[k] * stride[k] if k < len(shape) else 1
    return _in_shape(input, (*shape[:k], 1, *shape[k:]), (*stride[:k], step, *stride[k:]), "UnsqueezeBackward0")


@tensor_op(function=False)
def expand(input: Any, *sizes: Any) -> Any:
    """Axes of length 1, and new ones in front, made longer without copying."""
    given, shape, stride = shape_of(sizes), input._t.shape, stride_of(input)
    new = len(given) - len(shape)
    if new < 0:
        raise RuntimeError(
            f"expand(torch.{input.dtype.word}Tensor{{{list(shape)}}}, size={list(given)}): the number of sizes "
            f"provided ({len(given)}) must be greater or equal to the number of dimensions in the tensor ({len(shape)})"
        )
    wanted, steps = [], []
    for k, n in reversed(list(enumerate(given))):
        old, step = (shape[k - new], stride[k - new]) if k >= new else (1, 0)
        if n == -1 and k >= new:
            n = old
        elif n != old and old != 1:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({old}) at non-singleton "
                f"dimension {k}.  Target sizes: {list(given)}.  Tensor sizes: {list(shape)}"
            )
        wanted.append(n)
        steps.append(step if n == old and k >= new else 0)
    wanted.reverse()
    steps.reverse()
    sized = tuple(wanted)
    if prod(sized) == input._t.size:  # nothing is repeated
        return _in_shape(input, sized, tuple(steps), "ExpandBackward0")

    def read(t: Any) -> Any:
        return t.__array_namespace__().broadcast_to(t, sized)

    return shared(input, "ExpandBackward0", read, None, tuple(steps))


@tensor_op(function=False)
def expand_as(input: Any, other: Any) -> Any:
    """Expanded to the shape of another tensor."""
    return expand(input, *other.shape)


@tensor_op()
def broadcast_to(input: Any, shape: Any) -> Any:
    """Expanded to a shape."""
    return expand(input, *shape)


@tensor_op()
def diagonal(input: Any, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Any:
    """The diagonal of the matrices in two of the axes, as the last axis."""
    x, n = input, input._t.ndim
    i, j = axis_of(dim1, n), axis_of(dim2, n)
    rest = tuple([k for k in range(n) if k not in (i, j)])
    order, shape, stride = (*rest, i, j), x._t.shape, stride_of(x)
    back = tuple(sorted(range(n), key=order.__getitem__))
    start = max(offset, 0) * stride[j] + max(-offset, 0) * stride[i]
    length = max(min(shape[i] - max(-offset, 0), shape[j] - max(offset, 0)), 0)
    steps = (*[stride[k] for k in rest], stride[i] + stride[j])

    def read(t: Any) -> Any:
        xp = t.__array_namespace__()
        return xp.linalg.diagonal(xp.permute_dims(t, order), offset=offset)

    def write(t: Any, value: Any) -> Any:
        xp = t.__array_namespace__()
        turned = xp.asarray(xp.permute_dims(t, order), copy=True)
        places = xp.arange(length)
        turned[(..., places + max(-offset, 0), places + max(offset, 0))] = value
        return xp.permute_dims(turned, back)

    return shared(x, "DiagonalBackward0", read, write, steps, offset_of(x) + start, own=True)


# The same data, apart from the graph ----------------------------------------------------------------


@tensor_op()
def detach(input: Any) -> Any:
    """The same memory without the graph: what changes one changes the other."""

    def write(t: Any, value: Any) -> Any:
        return agrad.stop_gradient(value)

    return shared(input, "", agrad.stop_gradient, write, stride_of(input), detached=True)


@tensor_op(function=False)
def contiguous_(input: Any) -> Any:
    """The tensor itself where its elements lie one after the other, else a copy."""
    return input if is_contiguous(input) else _plainly(input.clone())


def _plainly(x: Any) -> Any:
    x._strides = None
    return x


@tensor_op(function=False, name="is_contiguous")
def _is_contiguous(input: Any) -> bool:
    """Whether the elements lie one after the other."""
    return is_contiguous(input)


@tensor_op(function=False)
def stride(input: Any, dim: int | None = None) -> Any:
    """How many elements further the next one along an axis is."""
    steps = stride_of(input)
    return steps if dim is None else steps[axis_of(dim, len(steps))]


@tensor_op(function=False)
def storage_offset(input: Any) -> int:
    """At which element of its memory the tensor begins."""
    return offset_of(input)


@tensor_op(function=False)
def data_ptr(input: Any) -> int:
    """A number for the place of the first element: equal where memory is shared from the same place."""
    first: int = offset_of(input) * input.dtype.itemsize
    return id(root_of(input)) + first


attribute("_base", property(lambda x: None if x._view is None or x._view.detached else x._view.root))


@tensor_op(function=False)
def _is_view(input: Any) -> bool:
    """Whether the tensor shares the memory of another one."""
    return input._view is not None and not input._view.detached
