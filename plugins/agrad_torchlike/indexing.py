"""Indices: slices and elements that share memory, integers and masks that copy, and assignment."""

from __future__ import annotations

from typing import Any

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.creation import is_array
from agrad_torchlike.errors import broadcasting
from agrad_torchlike.graph import edge
from agrad_torchlike.inplace import change
from agrad_torchlike.layout import offset_of, stride_of, view_of
from agrad_torchlike.registry import attribute
from agrad_torchlike.tensors import Tensor, new, wrap
from agrad_torchlike.versions import kept, share
from agrad_torchlike.views import shared

__all__: list[str] = []

BASIC = (int, slice, type(None), type(Ellipsis))
NO_AXES = (
    "invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to convert a 0-dim "
    "tensor to a number"
)
WRONG = "only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got {})"


def _plain(k: Any) -> Any:
    """One part of an index: what is basic as Python's own, all else as agrad's Tensors."""
    kind = type(k)
    if kind is int or kind is slice or k is None or k is Ellipsis:
        if kind is slice and not all(b is None or type(b) is int for b in (k.start, k.stop, k.step)):
            k = slice(*[None if b is None else b.__index__() for b in (k.start, k.stop, k.step)])
        if kind is slice and k.step is not None and k.step <= 0:
            raise ValueError("step must be greater than zero")
        return k
    if isinstance(k, Tensor):
        t = k._t
        if not t.ndim and k.dtype.rank == 1:
            return int(t.item())
        if k.dtype.rank > 1:
            raise IndexError("tensors used as indices must be long, int, byte or bool tensors")
        return t != 0 if k.dtype is dtypes.uint8 else t
    if kind is bool or kind is list or kind is tuple or kind is range:
        from agrad_torchlike.creation import tensor

        return _plain(tensor(list(k) if kind is range else k))
    if is_array(k):
        return _plain(wrap(agrad.asarray(k)))
    if hasattr(k, "__index__"):
        return k.__index__()
    if kind is str:
        raise TypeError("new(): invalid data type 'str'")
    raise IndexError(WRONG.format(kind.__name__))


def _key(key: Any) -> tuple[tuple[Any, ...], bool]:
    """An index as a tuple, and whether it is basic: of integers, slices, None and an ellipsis."""
    if isinstance(key, list) and key and any(isinstance(k, slice | type(None) | type(Ellipsis)) for k in key):
        key = tuple(key)
    parts = tuple([_plain(k) for k in (key if type(key) is tuple else (key,))])
    return parts, all([isinstance(k, BASIC) for k in parts])


def _whole(x: Any, key: tuple[Any, ...]) -> tuple[Any, ...]:
    """The index with an ellipsis in place of the axes that it leaves out, as the standard wants it."""
    taken = 0
    for k in key:
        if k is Ellipsis or (isinstance(k, agrad.Tensor) and _is_mask(k)):  # a mask stands alone
            return key
        taken += k is not None
    return (*key, Ellipsis) if taken < x._t.ndim or not taken else key


def _checked(x: Any, key: tuple[Any, ...]) -> tuple[tuple[int, ...], int, str, Any, bool]:
    """Strides, offset and the record of a basic index, and whether it names one element."""
    shape, stride, offset = x._t.shape, stride_of(x), offset_of(x)
    taken = sum([1 for k in key if type(k) is int or type(k) is slice])
    if taken > len(shape):
        if not shape and len(key) == 1:
            raise IndexError("slice() cannot be applied to a 0-dim tensor." if type(key[0]) is slice else NO_AXES)
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    steps: list[int | None] = []
    axis, node, before = 0, "", edge(x)
    element = taken == len(shape) and all([type(k) is int for k in key]) and len(shape) > 0
    for k in key:
        word = ""
        if k is None:
            steps.append(None)
            word = "UnsqueezeBackward0"
        elif k is Ellipsis:
            axes = len(shape) - taken
            steps += stride[axis : axis + axes]
            axis += axes
        elif type(k) is int:
            n = shape[axis]
            if not -n <= k < n:
                if not n or not len(shape):
                    raise IndexError("index is out of bounds for dimension with size 0")
                raise IndexError(f"index {k} is out of bounds for dimension {axis} with size {n}")
            offset += (k % n) * stride[axis]
            axis += 1
            word = "SelectBackward0"
        else:
            start, stop, step = k.indices(shape[axis])
            if stop > start:
                offset += start * stride[axis]
            steps.append(stride[axis] * step)
            word = "" if (start, step) == (0, 1) and stop >= shape[axis] else "SliceBackward0"
            axis += 1
        if word:
            before = (node, before) if node else before
            node = word
    steps += stride[axis:]
    return (
        _filled(steps, x, key),
        offset,
        node or ("SliceBackward0" if slice in map(type, key) else "AliasBackward0"),
        before,
        element,
    )


def _along_first(x: Any, key: Any, shape: tuple[int, ...]) -> Any:
    """``x[3]`` and ``x[1:3]``, the short way; None where it is an error or unusual."""
    n, stride, offset = shape[0], stride_of(x), offset_of(x)
    if type(key) is int:
        if not -n <= key < n:
            return None
        steps, offset, node = stride[1:], offset + key % n * stride[0], "SelectBackward0"
        if not steps:  # an element, which is a value to the core
            return shared(x, node, lambda b: b[key], _put((key,)), steps, offset)
    else:
        first, last, step = key.start, key.stop, key.step
        whole = (first is None or type(first) is int) and (last is None or type(last) is int)
        if not whole or not (step is None or (type(step) is int and step > 0)):
            return None
        start, stop, step = key.indices(n)
        if stop > start:
            offset += start * stride[0]
        steps, node = (stride[0] * step, *stride[1:]), "SliceBackward0"
    y = new(Tensor)
    y._t = t = x._t[key, ...] if len(shape) > 1 else x._t[key]
    y._view = view = view_of(x, steps, offset)
    y._seen = view.root._changes
    share(y, x)
    if t.node is not None:
        y._op = (node, edge(x))
    return y


def _getitem(x: Any, key: Any) -> Any:
    kind, shape = type(key), x._t.aval.shape
    if shape and (kind is slice or kind is int):
        y = _along_first(x, key, shape)
        if y is not None:
            return y
    parts, basic = _key(key)
    parts = _whole(x, parts)
    t = x._t
    if not basic:
        return _selected(x, parts, key)
    if not t.ndim and len(parts) == 1 and type(parts[0]) is int:
        raise IndexError(NO_AXES)
    stride, offset, node, before, element = _checked(x, parts)
    if element:
        return _recorded(shared(x, node, lambda b: b[parts], _put(parts), stride, offset), node, before)
    if None in parts:
        return _recorded(shared(x, node, lambda b: b[parts], _put_shaped(parts), stride, offset), node, before)
    y = new(Tensor)
    y._t = t[parts]
    y._view = view_of(x, stride, offset)
    y._seen = y._view.root._changes
    share(y, x)
    return _recorded(y, node, before)


def _filled(steps: list[int | None], x: Any, key: tuple[Any, ...]) -> tuple[int, ...]:
    """Strides in which a new axis has that of what is behind it, together."""
    if None not in steps:
        return tuple(steps)  # type: ignore[arg-type]
    shape = x._t[key].shape
    made: list[int] = []
    for k in reversed(range(len(steps))):
        step = steps[k]
        if step is None:
            step = made[0] * shape[k + 1] if made else 1
        made.insert(0, step)
    return tuple(made)


def _recorded(y: Any, node: str, before: Any) -> Any:
    if y._t.node is not None:
        y._op = (node, before)
    return y


def _put(key: tuple[Any, ...]) -> Any:
    """The way back from an element."""

    def write(t: Any, value: Any) -> Any:
        made = t.clone()
        made[key] = value
        return made

    return write


def _put_shaped(key: tuple[Any, ...]) -> Any:
    """The way back through an index with new axes, which are for reading."""
    plain = tuple([k for k in key if k is not None])

    def write(t: Any, value: Any) -> Any:
        made = t.clone()
        made[plain] = value.__array_namespace__().reshape(value, t[plain].shape)
        return made

    return write


def _selected(x: Any, key: tuple[Any, ...], given: Any) -> Any:
    """The elements at integers, or where a mask is true: a copy."""
    _check_arrays(x, key)
    t = x._t
    at = key[0]
    if len(key) == 2 and key[1] is Ellipsis and at.ndim == 1 and not _is_mask(at):  # as the standard picks rows
        y = wrap(t.__array_namespace__().take(t, at, axis=0))
    else:
        y = wrap(t[key if len(key) > 1 else at])
    if y._t.node is not None:
        arrays = given if type(given) is tuple else (given,)
        y._op = ("IndexBackward0", edge(x), *kept([(k, -1) for k in range(len(arrays))], y, arrays))
    return y


def _check_arrays(x: Any, key: tuple[Any, ...]) -> None:
    """PyTorch's errors for masks and integers that do not fit."""
    shape, axis = x._t.shape, 0
    taken = sum([0 if k is None or k is Ellipsis else k.ndim if _is_mask(k) else 1 for k in key])
    if taken > len(shape):
        raise IndexError(f"too many indices for tensor of dimension {len(shape)}")
    for k in key:
        if k is Ellipsis:
            axis += len(shape) - taken
        elif _is_mask(k):
            if tuple(k.shape) != shape[axis : axis + k.ndim]:
                wrong = next(i for i in range(k.ndim) if k.shape[i] != shape[axis + i])
                raise IndexError(
                    f"The shape of the mask {list(k.shape)} at index {wrong} does not match the shape of the indexed "
                    f"tensor {list(shape)} at index {axis + wrong}"
                )
            axis += k.ndim
        elif k is not None:
            n = shape[axis]
            if isinstance(k, agrad.Tensor) and k.size:
                xp = k.__array_namespace__()
                for bound in (xp.min(k), xp.max(k)):
                    if not -n <= int(bound.item()) < n:
                        if not n:
                            raise IndexError("index is out of bounds for dimension with size 0")
                        raise IndexError(
                            f"index {int(bound.item())} is out of bounds for dimension {axis} with size {n}"
                        )
            axis += 1


def _is_mask(k: Any) -> bool:
    return isinstance(k, agrad.Tensor) and k.__array_namespace__().isdtype(k.dtype, "bool")


def _setitem(x: Any, key: Any, value: Any) -> None:
    parts, basic = _key(key)
    parts = _whole(x, parts)
    node = ""
    if basic:
        node = _checked(x, parts)[2].replace("AliasBackward0", "")
        parts = tuple([k for k in parts if k is not None]) or (Ellipsis,)  # a new axis fits what broadcasts
    else:
        _check_arrays(x, parts)
    xp = x._t.__array_namespace__()
    before = edge(value) if isinstance(value, Tensor) else None
    if not isinstance(value, Tensor):
        from agrad_torchlike.creation import as_tensor

        value = as_tensor(value, dtype=None if is_array(value) else x.dtype)
    t = value._t
    wanted = x._t.dtype
    if t.dtype != wanted:
        t = xp.astype(t, wanted)
    region = tuple(x._t[parts].shape) if basic else None
    if region is not None and tuple(t.shape) != region:
        while t.ndim > len(region) and t.shape[0] == 1:
            t = xp.reshape(t, t.shape[1:])
        fits = t.ndim <= len(region) and broadcasting(t, _Shape(region)) is None
        if not fits or tuple(xp.broadcast_shapes(tuple(t.shape), region)) != region:
            _refuse(region, t)
    record = [before]
    if not basic and x._t.node is not None:
        arrays = key if type(key) is tuple else (key,)
        record += kept([(k, -1) for k in range(len(arrays))], x, arrays)
    change(
        x,
        t,
        "CopySlices" if basic else "IndexPutBackward0",
        record,
        key=parts if len(parts) > 1 else parts[0],
        view_node=node,
    )


class _Shape:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


def _refuse(wanted: tuple[int, ...], t: Any) -> None:
    given = tuple(t.shape)
    while given and given[0] == 1:
        given = given[1:]
    if len(given) > len(wanted):
        raise RuntimeError(
            f"expand(torch.{dtypes.from_backend(t.dtype).word}Tensor{{{list(given)}}}, size={list(wanted)}): the "
            f"number of sizes provided ({len(wanted)}) must be greater or equal to the number of dimensions in the "
            f"tensor ({len(given)})"
        )
    for k, (n, m) in enumerate(zip(reversed(wanted), reversed(given), strict=False)):
        if n != m and m != 1:
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size ({m}) at non-singleton "
                f"dimension {len(wanted) - 1 - k}.  Target sizes: {list(wanted)}.  Tensor sizes: {list(given)}"
            )


attribute("__getitem__", _getitem)
attribute("__setitem__", _setitem)
