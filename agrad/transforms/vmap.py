"""`vmap`: a function of one example as a function of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import optree

from agrad.arrays.imperative import handed_out
from agrad.arrays.namespaces import Namespace, array_namespace, owner
from agrad.arrays.tensors import Tensor
from agrad.arrays.views import current
from agrad.errors import BackendError, ShapeError
from agrad.interpret.apply import escaped, private
from agrad.interpret.batch import BatchTrace
from agrad.transforms.containers import NAME, flatten, is_array, passes, place, unflatten

__all__ = ["vmap"]

Axes = Any

RANDOMNESS = ("error", "different", "same")


def vmap(
    f: Callable[..., Any],
    in_axes: Axes = 0,
    out_axes: Axes = 0,
    axis_size: int | None = None,
    *,
    randomness: str = "error",
) -> Callable[..., Any]:
    """Return a function of a batch of examples, from a function of one.

    It computes what a loop over the examples would, and runs `f` once: every operation is that of the whole batch.

    Parameters
    ----------
    f : callable
        A function of one example. It returns an array or a nested container of arrays.
    in_axes : int, None, or container of them
        Along which axis of an argument the examples lie, counted from either end; None for what all examples share. One
        for all positional arguments, or a tuple with one for each, which may be a container as the argument is.
    out_axes : int, None, or container of them
        Where the results get theirs: one for all, or a container as the result is. None for a result that is the same
        for all examples, which then comes without that axis.
    axis_size : int, optional
        How many examples there are; needed where no argument says it.
    randomness : {"error", "different", "same"}
        What `agrad.random` does inside: it refuses; draws other numbers for each example; or the same for all.

    Returns
    -------
    callable
        Takes the arguments of `f`. Keyword arguments are passed on as they are, to all examples alike.

    Raises
    ------
    ShapeError
        Arguments differ in how many examples they have, or have no such axis.
    ConcretizationError
        `f` needs one value where there are many: in ``if``, ``float()``, or as the size of something.
    UnsupportedError
        An operation whose result has another shape for each example, such as `nonzero` or a mask as an index.

    Notes
    -----
    Transforms nest both ways: ``vmap(grad(f))`` gives a gradient for each example. Tensors with ``requires_grad=True``
    that `f` closes over get gradients from ``backward()`` of what the returned function returns.

    Inside, arguments are Tensors, the shared ones too. An operation that does not say how it treats axes, such as a
    `custom_op` without ``axes=`` or ``batch=``, runs in a loop, and a warning names it once.

    Examples
    --------
    >>> import agrad, numpy
    >>> xs = numpy.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> agrad.vmap(lambda x: x @ x)(xs)
    array([ 5., 25., 61.])
    >>> w = numpy.asarray([1.0, -1.0])
    >>> agrad.vmap(agrad.grad(lambda w, x: (w @ x) ** 2), in_axes=(None, 0))(w, xs)
    array([[ -2.,  -4.],
           [ -6.,  -8.],
           [-10., -12.]])
    """
    if randomness not in RANDOMNESS:
        raise ValueError(f"vmap got randomness={randomness!r}; it takes 'error', 'different' or 'same'")

    @wraps(f)
    def batched(*args: Any, **kwargs: Any) -> Any:
        leaves, structure = flatten(args, none_is_leaf=True)
        axes = _prefix(_per_argument(in_axes, len(args)), args, "in_axes")
        space, as_tensor = _space(leaves, kwargs)
        size = _size(leaves, axes, structure, axis_size)
        given = [
            x if axis is None or not _has_axes(x) else _moved(space, x, axis, 0)
            for x, axis in zip(leaves, axes, strict=True)
        ]
        with BatchTrace(size, randomness) as trace:
            boxed = [
                trace.box(space, x) if axis is not None and _has_axes(x) else _shared(space, x)
                for x, axis in zip(given, axes, strict=True)
            ]
            out = f(*unflatten(structure, boxed), **kwargs)
            results, shape_of_out = flatten(out, none_is_leaf=True)
            current(results)
        ends = _prefix(out_axes, out, "out_axes")
        found = [
            _result(space, trace, y, end, lambda k=k: place(shape_of_out, k, "result"))  # type: ignore[misc]
            for k, (y, end) in enumerate(zip(results, ends, strict=True))
        ]
        places = [k for k, y in enumerate(found) if is_array(y) and hasattr(y, "dtype")]
        owned = handed_out([(space, found[k]) for k in places], leaves)
        for k, y in zip(places, owned, strict=True):
            found[k] = space._wrap(y) if as_tensor else y
        return unflatten(shape_of_out, found)

    return batched


# Arguments ------------------------------------------------------------------------------------------


def _per_argument(in_axes: Axes, count: int) -> tuple[Axes, ...]:
    if in_axes is None or isinstance(in_axes, int):
        return (in_axes,) * count
    if not isinstance(in_axes, tuple | list):
        raise TypeError(f"vmap got in_axes={in_axes!r}; it takes an integer, None, or a tuple with one an argument")
    if len(in_axes) != count:
        raise ValueError(f"vmap got {len(in_axes)} in_axes for a call with {count} positional arguments")
    return tuple(in_axes)


def _prefix(axes: Axes, tree: Any, what: str) -> list[int | None]:
    """One axis for each leaf: that of the container which it is in."""
    flatten(axes)  # tells optree of dataclasses
    try:
        found = optree.broadcast_prefix(axes, tree, none_is_leaf=True, namespace=NAME)
    except ValueError as error:
        of = "the arguments" if what == "in_axes" else "the result"
        raise ValueError(f"vmap got {what}={axes!r}, which is not in the form of {of}: {error}") from None
    for axis in found:
        if axis is not None and not hasattr(type(axis), "__index__"):
            raise TypeError(f"vmap got {axis!r} in {what}; it takes integers and None")
    return [None if axis is None else axis.__index__() for axis in found]


def _space(leaves: Sequence[Any], kwargs: dict[str, Any]) -> tuple[Namespace, bool]:
    """The namespace of all arguments, and whether one is a Tensor."""
    arrays = [x for x in (*leaves, *flatten(kwargs)[0]) if isinstance(x, Tensor) or owner(x) is not None]
    for x in arrays:
        if isinstance(x, Tensor) and x._node is not None and not x._node.trace.alive:
            raise escaped(x)
    return array_namespace(*arrays), any(isinstance(x, Tensor) for x in arrays)


def _has_axes(x: Any) -> bool:
    """Whether an argument is one that examples can lie in, and not a text, a function or None."""
    return is_array(x) or isinstance(x, bool)


def _size(leaves: Sequence[Any], axes: Sequence[int | None], structure: Any, axis_size: int | None) -> int:
    """How many examples there are."""
    sizes: dict[int, str] = {} if axis_size is None else {axis_size.__index__(): "axis_size"}
    for i, (x, axis) in enumerate(zip(leaves, axes, strict=True)):
        if axis is None:
            continue
        if not _has_axes(x):
            if not passes(x):
                raise BackendError(
                    f"vmap got a {type(x).__name__} as {place(structure, i, 'args')}, which is no array of an "
                    "installed backend and no container that is known; share it, with None in in_axes"
                )
            continue
        shape = tuple(getattr(x, "shape", ()))
        if not -len(shape) <= axis < len(shape):
            raise ShapeError(
                f"vmap got an argument of shape {shape} as {place(structure, i, 'args')}, which has no axis {axis}; "
                "name one of its axes in in_axes, or share it among the examples with None"
            )
        sizes.setdefault(shape[axis], place(structure, i, "args"))
    if not sizes:
        raise ValueError("vmap got no argument with an axis of examples; name one in in_axes, or give axis_size=")
    if len(sizes) > 1:
        counted = " and ".join(f"{n} ({where})" for n, where in sizes.items())
        raise ShapeError(f"vmap got arguments with different numbers of examples: {counted}; they must be the same")
    return next(iter(sizes))


def _moved(space: Namespace, x: Any, source: int, destination: int) -> Any:
    """An array with one axis elsewhere; a constant out of its box."""
    if isinstance(x, Tensor):
        x = private(x) if x._node is not None else x._value
    if source == destination:
        return x
    return (space if isinstance(x, Tensor) else space._raw).moveaxis(x, source, destination)


def _shared(space: Namespace, x: Any) -> Any:
    """What all examples share: a Tensor too, so that it may be read at batched positions."""
    if isinstance(x, Tensor):
        return private(x)
    return space._wrap(x) if owner(x) is not None else x


# Results --------------------------------------------------------------------------------------------


def _result(space: Namespace, trace: BatchTrace, y: Any, axis: int | None, where: Callable[[], str]) -> Any:
    """A result one level out, with its examples along an axis."""
    if not is_array(y) and not isinstance(y, bool):
        if not passes(y):
            raise BackendError(
                f"vmap of a function that returns a {type(y).__name__}, as {where()}: it is no array of an installed "
                "backend and no container that is known; return arrays, or containers of them"
            )
        return y
    if isinstance(y, Tensor):
        if y._space is not space:
            raise BackendError(
                f"vmap of arguments of {space!r} got a result of {y._space!r}; convert it back, with "
                f"agrad.asarray(y, backend={space._backend.name!r})"
            )
        if y._node is not None and not y._node.trace.alive and y._node.trace is not trace:
            raise escaped(y)
    own = isinstance(y, Tensor) and y._node is not None and y._node.trace is trace
    if axis is None:
        if own:
            raise ShapeError(
                f"vmap got out_axes=None for {where()}, which differs between the examples; name an axis for it"
            )
        return y._value if isinstance(y, Tensor) and y._node is None else y
    value = trace.unboxed(space, y)
    if not -value.ndim <= axis < value.ndim:
        raise ShapeError(
            f"vmap got out_axes={axis} for {where()}, which has {value.ndim - 1} axes; it must be in "
            f"[{-value.ndim}, {value.ndim})"
        )
    return value if axis % value.ndim == 0 else _moved(space, value, 0, axis)
