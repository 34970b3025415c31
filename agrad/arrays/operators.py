"""The Tensor's operators: what each does when it is first used, in place and on the right, and Python's numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agrad.arrays.tensors import Tensor
from agrad.arrays.views import is_number, rebind, refuse_leaf
from agrad.errors import BackendError, DtypeError, ShapeError
from agrad.interpret.apply import apply
from agrad.interpret.bound import Bound
from agrad.interpret.record import BASE
from agrad.interpret.reverse import Leaf
from agrad.interpret.space import Space
from agrad.ops.standard import BINARY, COMPARISONS, UNARY

__all__ = ["operate"]


def _operator(dunder: str, op: str, reflected: bool = False) -> Callable[..., Any]:
    """An operator that replaces itself by its specialised code when it is first used."""

    def method(self: Tensor, *other: Any) -> Any:
        made = self._space._operator(op, reflected)
        setattr(self._space._tensor, dunder, made)
        return made(self, *other)

    method.__name__ = dunder
    method.__doc__ = f"``xp.{op}``."
    return method


def _in_place(dunder: str, op: str) -> Callable[..., Any]:
    name = f"__{dunder}__"

    def method(self: Tensor, other: Any) -> Any:
        if not _is_handle(self):
            return getattr(self, name)(other)
        refuse_leaf(self)
        new = getattr(self, name)(other)
        if new is NotImplemented:
            return new
        if new.shape != self.shape:
            raise ShapeError(f"an in-place {op} would change the shape {self.shape} to {new.shape}")
        if new.dtype != self.dtype:
            if not _same_kind(self._space, new.dtype, self.dtype):
                raise DtypeError(
                    f"an in-place {op} would change dtype {self.dtype} to {new.dtype}; write x = x ... instead"
                )
            new = self._space.astype(new, self.dtype)
        rebind(self, new)
        return self

    method.__name__ = f"__i{dunder}__"
    method.__doc__ = f"``xp.{op}``, assigned to this Tensor if arrays of its backend change in place, else to the name."
    return method


def _is_handle(t: Tensor) -> bool:
    """Whether an in-place operator changes this Tensor, as it would change the array: numbers never change.

    A leaf of the user's stays the leaf that it is, on every backend.
    """
    if type(t._node) is Leaf and t._node.trace is BASE:
        return True
    if not t._space._backend.mutable or t._aval.weak:
        return False
    if t._aval.ndim:
        return True
    return not is_number(t) or (t._node is not None and t._node.trace is BASE)


for _dunder, _op in BINARY.items():
    setattr(Tensor, f"__{_dunder}__", _operator(f"__{_dunder}__", _op))
    setattr(Tensor, f"__r{_dunder}__", _operator(f"__r{_dunder}__", _op, reflected=True))
    setattr(Tensor, f"__i{_dunder}__", _in_place(_dunder, _op))
for _dunder, _op in (COMPARISONS | UNARY).items():
    setattr(Tensor, f"__{_dunder}__", _operator(f"__{_dunder}__", _op))
setattr(Tensor, "__hash__", object.__hash__)  # noqa: B010 - setting __eq__ took it away


def operate(f: Bound, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """The door of an operator: another type's reflected one gets its turn, and Python's numbers are weak."""
    space = f.space
    weak: bool | None = None
    for a in args:
        kind = type(a)
        if kind is space._tensor or kind is space._stale:
            weak = a._aval.weak if weak is None else weak and a._aval.weak
        elif kind not in space._plain and not space._owns(a):
            if isinstance(a, Tensor):
                raise BackendError(
                    f"{f!r} got Tensors of {space!r} and of {a._space!r}; convert one of them first, "
                    f"with agrad.asarray(x, backend={space._backend.name!r})"
                )
            return NotImplemented
        elif a is None:
            return NotImplemented
        elif kind in space._array_types or space._owns(a):
            weak = False
    if any([isinstance(a, Tensor) and a._aval.weak for a in args]):
        if weak:
            out = apply(f, args, params)
            if isinstance(out, Tensor) and out._aval.inexact:
                out._aval = out._aval.weakened
            return out
        args = _strengthened(space, args)
    return apply(f, args, params)


def _strengthened(space: Space, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Followed Python numbers in the precision of what they meet."""
    dtypes = [a.dtype for a in args if hasattr(a, "dtype") and not (isinstance(a, Tensor) and a._aval.weak)]
    raw = space._raw
    inexact = [d for d in dtypes if raw.isdtype(d, ("real floating", "complex floating"))]
    if not inexact:
        return args
    made = []
    for a in args:
        if isinstance(a, Tensor) and a._aval.weak:
            dtype = inexact[0]
            if a._aval.complex and raw.isdtype(dtype, "real floating"):
                dtype = raw.result_type(dtype, raw.complex64)
            elif a._aval.real and raw.isdtype(dtype, "complex floating"):
                dtype = raw.float32 if dtype == raw.complex64 else raw.float64
            a = space.astype(a, dtype)
        made.append(a)
    return tuple(made)


def _same_kind(space: Space, source: Any, target: Any) -> bool:
    order = ("bool", "integral", "real floating", "complex floating")
    kinds = [next(i for i, kind in enumerate(order) if space._raw.isdtype(d, kind)) for d in (source, target)]
    return kinds[0] <= kinds[1]
