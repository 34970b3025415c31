"""Tensors joined, taken apart and repeated."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad_torchlike import dtypes
from agrad_torchlike.errors import axis_of
from agrad_torchlike.registry import add, into, op, record, tensor_op
from agrad_torchlike.tensors import Tensor

__all__: list[str] = []


def _tensors(name: str, given: Any) -> tuple[list[Any], list[Any], Any]:
    """The tensors of a list, agrad's in one dtype, and their namespace."""
    tensors = list(given) if isinstance(given, tuple | list) else None
    if tensors is None:
        if not isinstance(given, Tensor):
            raise TypeError(
                f"{name}(): argument 'tensors' (position 1) must be tuple of Tensors, not {type(given).__name__}"
            )
        tensors = list(given)
    for k, x in enumerate(tensors):
        if not isinstance(x, Tensor):
            raise TypeError(f"expected Tensor as element {k} in argument 0, but got {type(x).__name__}")
    if not tensors:
        raise ValueError(f"torch.{name}(): expected a non-empty list of Tensors")
    xp = tensors[0]._t.__array_namespace__()
    d = tensors[0].dtype
    for x in tensors[1:]:
        d = dtypes.promote(d, x.dtype)
    wanted = dtypes.to_backend(d, xp)
    return tensors, [x._t if x._t.dtype == wanted else xp.astype(x._t, wanted) for x in tensors], xp


def cat(tensors: Any, dim: int = 0, *, out: Any = None, axis: int | None = None) -> Any:
    """Put tensors one after the other along an axis that they have."""
    given, raws, xp = _tensors("cat", tensors)
    dim = dim if axis is None else axis
    kept = [t for t in raws if t.shape != (0,)] or raws[:1]  # an empty vector goes with everything
    first = kept[0]
    k = axis_of(dim, first.ndim)
    if not first.ndim:
        raise RuntimeError("zero-dimensional tensor (at position 0) cannot be concatenated")
    for n, t in enumerate(raws):
        if t.shape == (0,):
            continue
        if t.ndim != first.ndim:
            raise RuntimeError(f"Tensors must have same number of dimensions: got {first.ndim} and {t.ndim}")
        for j, (a, b) in enumerate(zip(first.shape, t.shape, strict=True)):
            if a != b and j != k:
                raise RuntimeError(
                    f"Sizes of tensors must match except in dimension {k}. Expected size {a} but got size {b} for "
                    f"tensor number {n} in the list."
                )
    made = record(xp.concat(kept, axis=k), "CatBackward0", given)
    return made if out is None else into(out, made)


def stack(tensors: Any, dim: int = 0, *, out: Any = None, axis: int | None = None) -> Any:
    """Put tensors of one shape side by side, along a new axis."""
    given, raws, xp = _tensors("stack", tensors)
    for n, t in enumerate(raws):
        if t.shape != raws[0].shape:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(raws[0].shape)} at entry 0 and "
                f"{list(t.shape)} at entry {n}"
            )
    k = axis_of(dim if axis is None else axis, raws[0].ndim + 1)
    made = record(xp.stack(raws, axis=k), "StackBackward0", given)
    return made if out is None else into(out, made)


def _at_least(n: int) -> Callable[..., Any]:
    def made(*tensors: Any) -> Any:
        if len(tensors) == 1 and isinstance(tensors[0], tuple | list):
            return tuple([made(x) for x in tensors[0]])
        if len(tensors) > 1:
            return tuple([made(x) for x in tensors])
        x: Any = tensors[0]
        while x.ndim < n:
            x = x.unsqueeze(0 if x.ndim < 2 else -1)
        return x

    return made


def hstack(tensors: Any) -> Any:
    """Side by side: along the second axis, vectors along the first."""
    parts = [_at_least(1)(x) for x in tensors]
    return cat(parts, 0 if parts[0].ndim == 1 else 1)


def vstack(tensors: Any) -> Any:
    """One below the other."""
    return cat([_at_least(2)(x) for x in tensors], 0)


def dstack(tensors: Any) -> Any:
    """One behind the other."""
    return cat([_at_least(3)(x) for x in tensors], 2)


def column_stack(tensors: Any) -> Any:
    """Vectors as the columns of a matrix."""
    return cat([x.reshape(x.numel(), 1) if x.ndim < 2 else x for x in tensors], 1)


for _name, _made in {
    "cat": cat, "concat": cat, "concatenate": cat, "stack": stack, "hstack": hstack, "vstack": vstack,
    "row_stack": vstack, "dstack": dstack, "column_stack": column_stack, "atleast_1d": _at_least(1),
    "atleast_2d": _at_least(2), "atleast_3d": _at_least(3),
}.items():  # fmt: skip
    add(_name, _made, method=False)


# Taken apart: views -----------------------------------------------------------------------------------


def _of_several(parts: list[Any]) -> tuple[Any, ...]:
    for k, y in enumerate(parts):
        y._part = (k, y._version)
    return tuple(parts)


def _part(x: Any, dim: int, start: int, stop: int, node: str) -> Any:
    y = x[(*[slice(None)] * dim, slice(start, stop))]
    if y.requires_grad:
        y._op = (node, *y._op[1:])
    return y


@tensor_op()
def split(input: Any, split_size_or_sections: Any, dim: int = 0) -> Any:
    """Parts of a length, the last one of what is left, or of several lengths."""
    if not input.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    k = axis_of(dim, input.ndim)
    n = input._t.shape[k]
    size = split_size_or_sections
    node = "SplitBackward0"
    if isinstance(size, int):
        if size < 0 or (size == 0 and n):
            raise RuntimeError(
                f"split_size can only be 0 if dimension size is 0, but got dimension size of {n}"
                if size == 0
                else f"split expects split_size be non-negative, but got split_size={size}"
            )
        lengths = [min(size, n - i) for i in range(0, n, size or 1)] or [0]
    else:
        lengths, node = list(size), "SplitWithSizesBackward0"
        if sum(lengths) != n:
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input tensor's size at dimension {k}), "
                f"but got split_sizes={lengths}"
            )
    parts, start = [], 0
    for length in lengths:
        parts.append(_part(input, k, start, start + length, node))
        start += length
    return _of_several(parts)


@tensor_op()
def chunk(input: Any, chunks: int, dim: int = 0) -> Any:
    """At most so many parts, of equal length but for the last."""
    if chunks <= 0:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    if not input.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    n = input._t.shape[axis_of(dim, input.ndim)]
    return split(input, max(-(-n // chunks), 1), dim)


@tensor_op()
def tensor_split(input: Any, indices_or_sections: Any, dim: int = 0) -> Any:
    """So many parts of nearly equal length, or parts that begin at indices."""
    k = axis_of(dim, input.ndim)
    n = input._t.shape[k]
    given = indices_or_sections
    if isinstance(given, int):
        short, more = divmod(n, given)
        stops = [short * (i + 1) + min(i + 1, more) for i in range(given)]
    else:
        stops = [*[int(i) for i in given], n]
    starts = [0, *stops[:-1]]
    return tuple([_part(input, k, a, b, "SliceBackward0") for a, b in zip(starts, stops, strict=True)])


@tensor_op()
def unbind(input: Any, dim: int = 0) -> Any:
    """The parts along an axis, without it."""
    if not input.ndim:
        raise IndexError("Dimension specified as 0 but tensor has no dimensions")
    k = axis_of(dim, input.ndim)
    parts = [input[(*[slice(None)] * k, i)] for i in range(input._t.shape[k])]
    for y in parts:
        if y.requires_grad:
            y._op = ("UnbindBackward0", *y._op[1:])
    return _of_several(parts)


@tensor_op()
def narrow(input: Any, dim: int, start: int, length: int) -> Any:
    """A part of a length along an axis."""
    if not input.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    k = axis_of(dim, input.ndim)
    n = input._t.shape[k]
    start = int(start) + (n if start < 0 else 0)
    if not 0 <= start <= n - length:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    return input[(*[slice(None)] * k, slice(start, start + length))]


@tensor_op()
def select(input: Any, dim: int, index: int) -> Any:
    """The part at an index of an axis, without the axis."""
    if not input.ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    return input[(*[slice(None)] * axis_of(dim, input.ndim), int(index))]


# Repeated and moved -----------------------------------------------------------------------------------


@op("RepeatBackward0", function=False)
def repeat(xp: Any, x: Any, *sizes: Any) -> Any:
    """So many copies along each axis; more numbers than axes make new ones in front."""
    times = tuple(sizes[0]) if len(sizes) == 1 and isinstance(sizes[0], tuple | list) else sizes
    if len(times) < x.ndim:
        raise RuntimeError("Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor")
    return xp.tile(x, times)


@op("RepeatBackward0")
def tile(xp: Any, x: Any, *dims: Any) -> Any:
    """So many copies along each of the last axes."""
    times = tuple(dims[0]) if len(dims) == 1 and isinstance(dims[0], tuple | list) else dims
    return xp.tile(x, times)


@tensor_op()
def repeat_interleave(input: Any, repeats: Any, dim: Any = None) -> Any:
    """Each element so many times, one after the other."""
    x = input.flatten() if dim is None else input
    k = axis_of(dim or 0, x.ndim)
    if isinstance(repeats, Tensor):
        xp = x._t.__array_namespace__()
        return record(xp.repeat(x._t, repeats._t, axis=k), "IndexSelectBackward0", [x])
    sizes = list(x.shape)
    return x.unsqueeze(k + 1).expand(*sizes[: k + 1], repeats, *sizes[k + 1 :]).clone().flatten(k, k + 1)


@op("FlipBackward0")
def flip(xp: Any, x: Any, *dims: Any) -> Any:
    """Backwards along axes."""
    given = dims[0] if len(dims) == 1 else dims
    axes = tuple([axis_of(d, x.ndim) for d in (given if isinstance(given, tuple | list) else (given,))])
    return xp.asarray(xp.flip(x, axis=axes), copy=True)


@op("FlipBackward0")
def fliplr(xp: Any, x: Any) -> Any:
    """Backwards along the second axis."""
    return xp.asarray(xp.flip(x, axis=1), copy=True)


@op("FlipBackward0")
def flipud(xp: Any, x: Any) -> Any:
    """Backwards along the first axis."""
    return xp.asarray(xp.flip(x, axis=0), copy=True)


@op("RollBackward0")
def roll(xp: Any, x: Any, shifts: Any, dims: Any = None) -> Any:
    """Moved along axes; what leaves at one end comes in at the other."""
    if isinstance(dims, tuple | list) and not dims:
        dims = None
    return xp.roll(x, shifts, axis=tuple(dims) if isinstance(dims, list) else dims)


@op("Rot90Backward0")
def rot90(xp: Any, x: Any, k: int = 1, dims: Any = (0, 1)) -> Any:
    """Turned by so many right angles."""
    i, j = (axis_of(d, x.ndim) for d in dims)
    order = list(range(x.ndim))
    order[i], order[j] = order[j], order[i]
    turned = (x, xp.flip(xp.permute_dims(x, tuple(order)), axis=i), xp.flip(x, axis=(i, j)),
              xp.permute_dims(xp.flip(x, axis=i), tuple(order)))[k % 4]  # fmt: skip
    return xp.asarray(turned, copy=True)


def meshgrid(*tensors: Any, indexing: str = "ij") -> Any:
    """The coordinates of a grid."""
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], tuple | list) else tensors
    xp = given[0]._t.__array_namespace__()
    made = xp.meshgrid(*[x._t for x in given], indexing=indexing)
    return tuple([_through(record(t.clone(), "ExpandBackward0", [x])) for t, x in zip(made, given, strict=True)])


def _through(y: Any) -> Any:
    if y._op is not None:
        y._op = (y._op[0], ("ViewBackward0", *y._op[1:]))
    return y


def broadcast_tensors(*tensors: Any) -> Any:
    """Tensors expanded to one shape."""
    shape = tensors[0]._t.__array_namespace__().broadcast_shapes(*[x._t.shape for x in tensors])
    return tuple([x.expand(*shape) for x in tensors])


add("meshgrid", meshgrid, method=False)
add("broadcast_tensors", broadcast_tensors, method=False)


def cartesian_prod(*tensors: Any) -> Any:
    """All combinations of the elements of vectors."""
    if len(tensors) == 1:
        return tensors[0]
    return stack([g.reshape(-1) for g in meshgrid(*tensors)], 1)


add("cartesian_prod", cartesian_prod, method=False)
