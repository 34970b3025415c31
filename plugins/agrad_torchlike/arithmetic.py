"""The arithmetic of two tensors, as operators, functions and methods: the shortest way for the common cases.

Two tensors of one floating dtype, or one and a Python number, go straight to agrad's operator; for all else PyTorch's
rules of promotion come first.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any, NamedTuple

import agrad
from agrad_torchlike import dtypes
from agrad_torchlike.errors import broadcasting, translated
from agrad_torchlike.graph import edge, edges_of
from agrad_torchlike.layout import arranged
from agrad_torchlike.registry import add, attribute, into, settled
from agrad_torchlike.tensors import Tensor, new, wrap
from agrad_torchlike.versions import SAVES, counter_of, kept, maker_of, saved

__all__ = ["promoted", "tensor_of"]


class Binary(NamedTuple):
    """One operation: agrad's operator, and the names of its derivative for tensors and for a Python number."""

    name: str
    core: Callable[[Any, Any], Any]
    node: str
    scalar: str
    pad: bool
    """Whether a number has an (empty) edge, too."""
    dunder: str


TABLE = (
    Binary("add", operator.add, "AddBackward0", "AddBackward0", True, "add"),
    Binary("sub", operator.sub, "SubBackward0", "SubBackward0", True, "sub"),
    Binary("mul", operator.mul, "MulBackward0", "MulBackward0", True, "mul"),
    Binary("div", operator.truediv, "DivBackward0", "DivBackward0", True, "truediv"),
    Binary("floor_divide", operator.floordiv, "NotImplemented", "NotImplemented", False, "floordiv"),
    Binary("remainder", operator.mod, "RemainderBackward1", "RemainderBackward0", False, "mod"),
    Binary("pow", operator.pow, "PowBackward1", "PowBackward0", False, "pow"),
)

BITS = {
    "bitwise_and": (operator.and_, "and"),
    "bitwise_or": (operator.or_, "or"),
    "bitwise_xor": (operator.xor, "xor"),
    "bitwise_left_shift": (operator.lshift, "lshift"),
    "bitwise_right_shift": (operator.rshift, "rshift"),
}


def tensor_of(x: Any) -> Any:
    """An operand: a tensor, or a Python number; NumPy's numbers and arrays become what they stand for."""
    if isinstance(x, Tensor) or type(x) in (bool, int, float, complex):
        return x
    if hasattr(x, "__array__"):
        if getattr(x, "shape", None) == () and hasattr(x, "item"):
            return x.item()
        from agrad_torchlike.creation import as_tensor

        return as_tensor(x)
    return x if isinstance(x, int | float | complex) else None


def promoted(*operands: Any, divides: bool = False) -> list[Any]:
    """agrad's Tensors and numbers for operands, in the dtype in which PyTorch computes with them."""
    d = dtypes.result_of(operands)
    if divides and d.rank < 2:
        d = dtypes.default()
    made = []
    for x in operands:
        t = getattr(x, "_t", None)
        if t is None:
            made.append(x)
            continue
        xp = t.__array_namespace__()
        wanted = dtypes.to_backend(d, xp)
        made.append(t if t.dtype == wanted else xp.astype(t, wanted))
    if d.rank != 0 or not any(isinstance(m, agrad.Tensor) for m in made):
        made = [int(m) if type(m) is bool else m for m in made]
    return made


def _binary(f: Binary) -> tuple[Callable[..., Any], Callable[..., Any]]:
    core, name, scalar, pad = f.core, f.node, f.scalar, f.pad
    divides = f.name == "div"
    plan = SAVES.get(name)
    keeps_self = SAVES.get(scalar) == ((0, -1),)
    crossed, always = f.name in ("mul", "div"), divides

    def method(self: Any, other: Any) -> Any:
        kind = type(other)
        a = self._t
        aval = a.aval
        if kind is float or kind is int:
            if aval.inexact:
                t = core(a, other)
                y = new(Tensor)
                y._t = t
                if t.node is not None:
                    before = self._op or self
                    if pad:
                        y._op = (scalar, before, None)
                    elif keeps_self:
                        c = self._counter or counter_of(self)
                        y._op = (scalar, before, [t.node, c, c[0], aval, before])
                    else:
                        y._op = (scalar, before)
                if self._view is not None or self._strides is not None:
                    arranged(y, self)
                return y
        elif kind is Tensor:
            b = other._t
            if aval.inexact and (aval is b.aval or aval.dtype is b.aval.dtype):
                try:
                    t = core(a, b)
                except Exception as error:
                    raise (broadcasting(a, b) or error) from error
                y = new(Tensor)
                y._t = t
                node = t.node
                if node is not None:
                    first = (self._op or self) if a.node is not None else None
                    second = (other._op or other) if b.node is not None else None
                    if plan is None:
                        y._op = (name, first, second)
                    elif crossed:
                        found = [node]
                        if first is not None or always:
                            c = other._counter or counter_of(other)
                            found += (c, c[0], b.aval, maker_of(other) if second is None else second)
                        if second is not None:
                            c = self._counter or counter_of(self)
                            found += (c, c[0], aval, maker_of(self) if first is None else first)
                        y._op = (name, first, second, found)
                    else:
                        y._op = (name, first, second, *kept(plan, y, (self, other)))
                if self._view is not None or other._view is not None or self._strides or other._strides:
                    arranged(y, self, other)
                return y
        return general(self, other)

    def general(self: Any, other: Any) -> Any:
        """Any operands: `self` may be the number, where the tensor is on the right."""
        left, right = tensor_of(self), tensor_of(other)
        if left is None or right is None:
            return NotImplemented
        a, b = promoted(left, right, divides=divides)
        if f.name == "sub" and getattr(a, "dtype", None) == getattr(b, "dtype", 0) and left.dtype is dtypes.bool_:
            raise RuntimeError(
                "Subtraction, the `-` operator, with two bool tensors is not supported. "
                "Use the `^` or `logical_xor()` operator instead."
            )
        try:
            t = core(a, b)
        except Exception as error:
            raise translated(error, f.name, (left, right)) from error
        y = wrap(t)
        if t.node is not None:
            both = isinstance(left, Tensor) and isinstance(right, Tensor)
            tensor = left if isinstance(left, Tensor) else right
            if both:
                y._op = (name, edge(left), edge(right), *saved(name, y, (left, right)))
            elif left is tensor:
                y._op = (scalar, edge(tensor), *([None] if pad else saved(scalar, y, (tensor,))))
            else:
                y._op = (scalar, edge(tensor), *([None] if pad else []))
        return arranged(y, left, right)

    return method, general


def _function(f: Binary, method: Callable[..., Any], general: Callable[..., Any]) -> Callable[..., Any]:
    """As a function and a method: with the options of PyTorch's."""

    def call(*args: Any, **options: Any) -> Any:
        if options:
            args, options, out = settled(args, options)
            if out is not None:
                return into(out, call(*args, **options))
            if "other" in options:
                args = (*args, options.pop("other"))
            if "exponent" in options:
                args = (*args, options.pop("exponent"))
        if len(args) != 2:
            given = ", ".join(type(a).__name__ for a in args)
            raise TypeError(
                f"{f.name}() received an invalid combination of arguments - got ({given}), but expected "
                "(Tensor input, Tensor other)"
            )
        x, y = args
        alpha, rounding = options.pop("alpha", 1), options.pop("rounding_mode", None)
        if options:
            raise TypeError(f"{f.name}() got an unexpected keyword argument '{next(iter(options))}'")
        if alpha != 1:
            y = y * alpha
            if isinstance(y, Tensor):
                y._op = args[1]._op
        if not isinstance(x, Tensor) and not isinstance(y, Tensor):
            from agrad_torchlike.creation import tensor

            x = tensor(x)
        out = (method if isinstance(x, Tensor) else general)(x, y)
        if out is NotImplemented:
            given = f"({type(x).__name__}, {type(y).__name__})"
            raise TypeError(f"{f.name}() received an invalid combination of arguments - got {given}")
        if rounding is None:
            return out
        if rounding not in ("floor", "trunc"):
            raise RuntimeError(
                f"div expected rounding_mode to be one of None, 'trunc', or 'floor' but found '{rounding}'"
            )
        whole = getattr(out._t.__array_namespace__(), rounding)(out._t)
        made = wrap(whole)
        if all(not v.dtype.is_floating_point if isinstance(v, Tensor) else isinstance(v, int) for v in (x, y)):
            made = made.to(dtypes.result_of((x, y)))
        if made.requires_grad:
            made._op = ("DivBackward2", *edges_of(out._op))
        return made

    return call


def _reflected(f: Binary, general: Callable[..., Any]) -> Callable[..., Any]:
    core, name = f.core, f.name
    scalar = {"sub": "RsubBackward1", "pow": "PowBackward2", "div": "MulBackward0"}.get(name, f.scalar)
    pad = f.pad and name != "sub"

    def method(self: Any, other: Any) -> Any:
        kind = type(other)
        if kind is float or kind is int:
            t = self._t
            if t.aval.inexact:
                t = core(other, t)
                y = new(Tensor)
                y._t = t
                if t.node is not None:
                    before = self._op or self
                    if name == "div":
                        before = ("ReciprocalBackward0", before)
                    y._op = (scalar, before, None) if pad else (scalar, before, *saved(scalar, y, (self,)))
                if self._view is not None or self._strides is not None:
                    arranged(y, self)
                return y
        return general(other, self)

    return method


def _bits(name: str, core: Callable[[Any, Any], Any], dunder: str) -> None:
    def method(self: Any, other: Any) -> Any:
        left, right = tensor_of(self), tensor_of(other)
        if left is None or right is None:
            return NotImplemented
        try:
            return wrap(core(*promoted(left, right)))
        except Exception as error:
            raise translated(error, name, (left, right)) from error

    add(name, method)
    attribute(f"__{dunder}__", method)
    attribute(f"__r{dunder}__", lambda self, other: method(other, self))


for _f in TABLE:
    _method, _general = _binary(_f)
    _call = _function(_f, _method, _general)
    add(_f.name, _call)
    attribute(f"__{_f.dunder}__", _method)
    attribute(f"__r{_f.dunder}__", _reflected(_f, _general))
    for _alias in {"sub": ("subtract",), "mul": ("multiply",), "div": ("divide", "true_divide")}.get(_f.name, ()):
        add(_alias, _function(_f._replace(name=_alias), _method, _general))
for _name, (_core, _dunder) in BITS.items():
    _bits(_name, _core, _dunder)


def rsub(input: Any, other: Any, alpha: Any = 1) -> Any:
    """``other - alpha * input``."""
    return other - (input if alpha == 1 else input * alpha)


add("rsub", rsub, method=False)
