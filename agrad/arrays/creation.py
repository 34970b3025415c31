"""Creation functions: Tensors from no array data, and ``asarray``, which keeps the graph."""

from __future__ import annotations

from typing import Any

from agrad.arrays.imperative import make_leaf
from agrad.arrays.tensors import Tensor
from agrad.arrays.views import arrayed, is_number, laid_like
from agrad.errors import BackendError, ConcretizationError, DtypeError, GraphError, NestingError
from agrad.interpret.apply import apply, is_tracked, raw_of
from agrad.interpret.bound import Bound
from agrad.interpret.parameters import settled
from agrad.interpret.record import BASE
from agrad.interpret.space import Space

__all__ = ["create"]


def create(f: Bound, *call: Any) -> Tensor:
    """Make a Tensor with a creation function of the backend: data arguments, parameters, and ``requires_grad``."""
    *data, requires_grad = call
    params = data.pop() if len(data) > len(f.arguments) else {}
    return _create(f, data, params, requires_grad)


def _create(f: Bound, data: list[Any], params: dict[str, Any], requires_grad: bool) -> Tensor:
    space = f.space
    arguments = dict(zip(f.arguments, data, strict=True)) | params
    if f.op.name == "asarray":
        return _asarray(space, requires_grad, **arguments)
    fill = arguments.get("fill_value")
    if isinstance(fill, Tensor) or space._owns(fill):  # SciPy passes 0-d arrays, where the standard has Python scalars
        dtype = arguments["dtype"]
        if f.op.name == "full_like" and dtype is None:
            dtype = arguments["x"].dtype
        fill = space.asarray(fill, dtype=dtype, device=arguments["device"])
        shape = arguments["shape"] if f.op.name == "full" else arguments["x"].shape
        filled: Tensor = space.broadcast_to(fill, (shape,) if isinstance(shape, int) else tuple(shape))
        if filled._node is not None:
            return filled
        constant: Tensor = space._wrap(space._raw.asarray(filled._value, copy=True))
        return make_leaf(constant) if requires_grad else constant
    for name, value in arguments.items():
        if name != "x" and is_tracked(value):
            raise ConcretizationError(
                f"{f!r} takes Python scalars; {name} is a Tensor that requires gradients and would lose them: "
                "scale and shift the result instead, or use .detach()"
            )
    made: Tensor = space._wrap(apply(f, data, settled(f, params)))
    return make_leaf(made) if requires_grad else made


def _asarray(space: Space, requires_grad: bool, obj: Any, dtype: Any, device: Any, copy: bool | None) -> Tensor:
    if isinstance(obj, list | tuple) and _holds_tensor(obj):
        items = [_asarray(space, False, item, dtype, device, None) for item in obj]
        obj, copy = space.stack(items), None
    if isinstance(obj, Tensor):
        if requires_grad and obj._node is not None and (copy or not _is_own_leaf(obj)):
            if obj._node.trace is not BASE:
                raise NestingError(
                    "a leaf was to be made of a value that a transform follows; leave out requires_grad=True (the "
                    "transform follows it already), or take agrad.stop_gradient(x) of it first"
                )
            raise GraphError(
                "a leaf was to be made of a Tensor that is part of a graph; use .detach() for a leaf apart from it, "
                "or .clone() for a copy that stays in it"
            )
        if obj._space is not space:
            raise BackendError(
                f"{space!r}.asarray got a Tensor of {obj._space!r}; take its data over explicitly, "
                f"with agrad.asarray(x, backend={space._backend.name!r})"
            )
        made: Tensor = arrayed(obj) if is_number(obj) else obj
        if dtype is not None and dtype != obj.dtype:
            if copy is False:
                raise ValueError(f"asarray(copy=False) cannot change dtype {obj.dtype} to {dtype}")
            made = space.astype(obj, dtype)
        elif copy:
            made = _copied(space, obj)
        if made is not obj and not made._aval.ndim:
            made = arrayed(made)  # a new array, which changes in place, where the library made a number of it
        if device is not None and device != made.device:
            made = made.to_device(device)
        if not requires_grad or made.requires_grad:
            return made
        return make_leaf(space._wrap(made._value))  # type: ignore[no-any-return]
    value = space._raw.asarray(obj, dtype=dtype, device=device, copy=copy)
    if not space._owns(obj) and not space._raw.isdtype(value.dtype, ("bool", "numeric")):
        raise DtypeError(
            f"{space!r}.asarray got a {type(obj).__name__} that is no array of numbers (its dtype would be "
            f"{value.dtype}); pass an array, nested lists of numbers, or a number"
        )
    made = space._wrap(value)
    return make_leaf(made) if requires_grad else made


def _copied(space: Space, t: Tensor) -> Tensor:
    """A copy that stays in the graph, its elements where the library's own copy has them."""
    made: Tensor
    if t._node is None:
        made = space._wrap(space._raw.asarray(t._value, copy=True))
    else:
        made = space.positive(t)
        layout = space._backend.layout if t._aval.ndim > 1 else None
        if layout is not None and layout(raw_of(made)) != layout(raw_of(t)):  # a part, or what is spread out
            made = laid_like(space._raw.asarray(raw_of(t), copy=True), made)
    return made


def _is_own_leaf(t: Tensor) -> bool:
    return t.is_leaf and t._node.trace is BASE


def _holds_tensor(items: Any) -> bool:
    return any(isinstance(item, Tensor) or (isinstance(item, list | tuple) and _holds_tensor(item)) for item in items)
