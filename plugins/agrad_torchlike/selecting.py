"""Elements chosen by masks and by integers, and values put in their places."""

from __future__ import annotations

from typing import Any

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.arithmetic import promoted, tensor_of
from agrad_torchlike.errors import axis_of, broadcasting
from agrad_torchlike.graph import edge
from agrad_torchlike.layout import arranged
from agrad_torchlike.registry import add, op, record, tensor_op
from agrad_torchlike.tensors import Tensor, wrap
from agrad_torchlike.versions import kept

__all__: list[str] = []


@tensor_op()
def where(condition: Any, input: Any = None, other: Any = None) -> Any:
    """`input` where the condition is true, else `other`; without them, the indices where it is true."""
    if input is None:
        return nonzero(condition, as_tuple=True)
    xp = condition._t.__array_namespace__()
    x, y = tensor_of(input), tensor_of(other)
    a, b = promoted(x, y)
    d = dtypes.to_backend(dtypes.result_of((x, y)), xp)
    a, b = (v if isinstance(v, agrad.Tensor) else xp.asarray(v, dtype=d) for v in (a, b))
    try:
        made = record(xp.where(dtypes.truth(condition._t), a, b), "WhereBackward0", [])
    except ValueError as error:
        raise (broadcasting(a, b) or broadcasting(condition, a) or broadcasting(condition, b) or error) from error
    if made.requires_grad:
        made._op = (
            "WhereBackward0",
            *[edge(v) if isinstance(v, Tensor) else None for v in (x, y)],
            *kept(((0, -1),), made, (condition,)),
        )
    return arranged(made, condition, x, y)


def _where(self: Any, condition: Any, other: Any) -> Any:
    return where(condition, self, other)


add("where", _where, function=False)


def _mask(mask: Any, name: str) -> None:
    if dtypes.rank(mask) != 0:
        raise RuntimeError(
            f"{name} only supports boolean masks, but got mask with dtype {dtypes.from_backend(mask.dtype).word}"
        )


@op("MaskedFillBackward0", pointwise=True)
def masked_fill(xp: Any, x: Any, mask: Any, value: Any) -> Any:
    """A value where the mask is true."""
    _mask(mask, "masked_fill_")
    filling = xp.astype(value, x.dtype) if isinstance(value, agrad.Tensor) else xp.asarray(value, dtype=x.dtype)
    return xp.where(mask, filling, x)


@op("MaskedSelectBackward0")
def masked_select(xp: Any, x: Any, mask: Any) -> Any:
    """The elements where the mask is true, as a vector."""
    _mask(mask, "masked_select")
    shape = xp.broadcast_shapes(tuple(x.shape), tuple(mask.shape))
    return xp.broadcast_to(x, shape)[xp.broadcast_to(mask, shape)]


@op("MaskedScatterBackward0", function=False)
def masked_scatter(xp: Any, x: Any, mask: Any, source: Any) -> Any:
    """The elements of a source, in order, where the mask is true."""
    made = x.clone()
    where_ = xp.broadcast_to(mask, x.shape)
    made[where_] = xp.reshape(source, (-1,))[: int(xp.sum(xp.astype(where_, xp.int64)).item())]
    return made


def _indices(name: str, index: Any) -> None:
    if str(index.dtype).rpartition(".")[2].strip("'>") not in ("int64", "int32"):
        raise RuntimeError(f"{name}(): Expected dtype int32/int64 for index")


def _places(xp: Any, index: Any, axis: int) -> tuple[Any, ...]:
    """An index for all axes from one along an axis: the others count their own."""
    made = []
    for k, n in enumerate(index.shape):
        shape = [1] * index.ndim
        shape[k] = n
        own = xp.reshape(xp.arange(n, dtype=index.dtype), tuple(shape))
        made.append(index if k == axis else xp.broadcast_to(own, index.shape))
    return tuple(made)


@op("GatherBackward0")
def gather(xp: Any, x: Any, dim: int, index: Any, *, sparse_grad: bool = False) -> Any:
    """The elements at the indices along an axis."""
    _indices("gather", index)
    if index.ndim != x.ndim:
        raise RuntimeError("Index tensor must have the same number of dimensions as input tensor")
    axis = axis_of(dim, x.ndim)
    for k, (n, m) in enumerate(zip(index.shape, x.shape, strict=True)):
        if k != axis and n > m:
            raise RuntimeError(
                f"Size does not match at dimension {k} expected index {list(index.shape)} to be no larger than self "
                f"{list(x.shape)} apart from dimension {axis}"
            )
    return x[_places(xp, index, axis)]


@op("GatherBackward0")
def take_along_dim(xp: Any, x: Any, indices: Any, dim: Any = None) -> Any:
    """The elements at the indices along an axis; the other axes broadcast."""
    if dim is None:
        return xp.reshape(x, (-1,))[xp.reshape(indices, (-1,))]
    return xp.take_along_axis(x, indices, axis=axis_of(dim, x.ndim))


def _source(xp: Any, x: Any, index: Any, source: Any) -> Any:
    """Values for the places of an index: of a tensor, the part of the index's shape."""
    if not isinstance(source, agrad.Tensor):
        return xp.full(tuple(index.shape), source, dtype=x.dtype)
    return source[tuple([slice(n) for n in index.shape])]


@op("ScatterBackward0")
def scatter(xp: Any, x: Any, dim: int, index: Any, src: Any = None, *, value: Any = None, reduce: str = "") -> Any:
    """The elements of a source at the indices along an axis; what is put twice in one place is one of both."""
    _indices("scatter", index)
    if reduce:
        raise RuntimeError("scatter(reduce=) is not supported; use scatter_add")
    made = x.clone()
    made[_places(xp, index, axis_of(dim, x.ndim))] = _source(xp, x, index, value if src is None else src)
    return made


@op("ScatterAddBackward0")
def scatter_add(xp: Any, x: Any, dim: int, index: Any, src: Any) -> Any:
    """The elements of a source added at the indices along an axis."""
    _indices("scatter_add", index)
    if x.dtype != src.dtype:
        raise RuntimeError("scatter(): Expected self.dtype to be equal to src.dtype")
    key = _places(xp, index, axis_of(dim, x.ndim))
    return x + xp.scatter(_source(xp, x, index, src), key, shape=tuple(x.shape))


@op("IndexSelectBackward0")
def index_select(xp: Any, x: Any, dim: int, index: Any) -> Any:
    """The parts at the indices of an axis."""
    if index.ndim > 1:
        raise RuntimeError("index_select(): Index is supposed to be a vector")
    if not x.ndim:
        return xp.positive(x)
    return xp.take(x, xp.reshape(index, (-1,)), axis=axis_of(dim, x.ndim))


def _along(dim: int, index: Any, ndim: int) -> tuple[Any, ...]:
    return (*[slice(None)] * axis_of(dim, ndim), index)


@op("IndexAddBackward0")
def index_add(xp: Any, x: Any, dim: int, index: Any, source: Any, *, alpha: Any = 1) -> Any:
    """The parts of a source added at the indices of an axis."""
    return x + xp.scatter(source if alpha == 1 else source * alpha, _along(dim, index, x.ndim), shape=tuple(x.shape))


@op("IndexCopyBackward0")
def index_copy(xp: Any, x: Any, dim: int, index: Any, source: Any) -> Any:
    """The parts of a source at the indices of an axis."""
    made = x.clone()
    made[_along(dim, index, x.ndim)] = source
    return made


@op("IndexFillBackward0")
def index_fill(xp: Any, x: Any, dim: int, index: Any, value: Any) -> Any:
    """A value at the indices of an axis."""
    made = x.clone()
    made[_along(dim, index, x.ndim)] = value
    return made


@op("TakeBackward0")
def take(xp: Any, x: Any, index: Any) -> Any:
    """The elements at indices that count all elements."""
    return xp.reshape(x, (-1,))[index]


# Where, and which -------------------------------------------------------------------------------------


def nonzero(input: Any, *, as_tuple: bool = False) -> Any:
    """The indices of the elements that are not zero: a row each, or a tensor an axis."""
    t = input._t
    xp = t.__array_namespace__()
    found = xp.nonzero(xp.reshape(t, (1,))) if not t.ndim else xp.nonzero(t)
    found = [xp.astype(i, xp.int64) for i in found]
    if as_tuple:
        return tuple([wrap(i) for i in found])
    rows = xp.stack(found, axis=1)
    return wrap(rows if t.ndim else rows[:, :0])


add("nonzero", nonzero)
add("argwhere", nonzero)


@tensor_op()
def unique(
    input: Any,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: Any = None,
) -> Any:
    """The different elements in ascending order; on request, where each was, and how often."""
    if dim is not None:
        raise RuntimeError("unique(dim=) is not supported; use unique of the flattened tensor")
    xp = input._t.__array_namespace__()
    values, _, inverse, counts = xp.unique_all(input._t)
    order = xp.argsort(values)
    places = xp.argsort(order)
    found = [record(xp.take(values, order), "Unique2Backward0", [input])]
    if return_inverse:
        found.append(wrap(xp.astype(xp.reshape(xp.take(places, xp.reshape(inverse, (-1,))), input._t.shape), xp.int64)))
    if return_counts:
        found.append(wrap(xp.astype(xp.take(counts, order), xp.int64)))
    return found[0] if len(found) == 1 else tuple(found)


@op()
def isin(xp: Any, x: Any, test_elements: Any) -> Any:
    """Whether an element is one of others."""
    return xp.isin(x, test_elements)


@op()
def bincount(xp: Any, x: Any, weights: Any = None, minlength: int = 0) -> Any:
    """How often each of the integers from 0 occurs."""
    n = max(int(xp.max(x).item()) + 1 if x.size else 0, minlength)
    ones = xp.ones(tuple(x.shape), dtype=xp.int64) if weights is None else weights
    return xp.scatter(ones, x, shape=(n,))


@op()
def searchsorted(xp: Any, x: Any, values: Any, *, right: bool = False, side: str = "left") -> Any:
    """Where values belong in a sorted vector."""
    values = values if isinstance(values, agrad.Tensor) else xp.asarray(values, dtype=x.dtype)
    found = xp.searchsorted(x, values, side="right" if right else side)
    return xp.astype(found, xp.int64)


def bucketize(input: Any, boundaries: Any, *, right: bool = False) -> Any:
    """The interval between sorted boundaries that each element is in."""
    return searchsorted(boundaries, input, right=right)


add("bucketize", bucketize, method=False)
