"""Comparisons and tests: what is true of elements, and of tensors as a whole."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from agrad_torchlike import dtypes
from agrad_torchlike.arithmetic import promoted, tensor_of
from agrad_torchlike.errors import argument_must_be_tensor, broadcasting, translated
from agrad_torchlike.layout import arranged
from agrad_torchlike.registry import add, attribute, op, tensor_op
from agrad_torchlike.tensors import Tensor, new, wrap

__all__: list[str] = []

COMPARISONS = {
    "eq": (operator.eq, ()),
    "ne": (operator.ne, ("not_equal",)),
    "lt": (operator.lt, ("less",)),
    "le": (operator.le, ("less_equal",)),
    "gt": (operator.gt, ("greater",)),
    "ge": (operator.ge, ("greater_equal",)),
}

TESTS = "isnan isinf isfinite signbit logical_not".split()
"""Tests of each element, which agrad's namespace has under the same name."""

PAIRS = "logical_and logical_or logical_xor".split()


def _comparison(name: str, core: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        kind = type(other)
        a = self._t if isinstance(self, Tensor) else None
        if a is not None and (kind is float or kind is int) and a.aval.inexact:
            y = new(Tensor)
            y._t = core(a, other)
            return y if self._view is None and self._strides is None else arranged(y, self)
        if kind is Tensor and a is not None and a.aval is other._t.aval:
            y = new(Tensor)
            y._t = core(a, other._t)
            plain = self._view is None and other._view is None and self._strides is None and other._strides is None
            return y if plain else arranged(y, self, other)
        left, right = tensor_of(self), tensor_of(other)
        if left is None or right is None:
            return NotImplemented
        try:
            return arranged(wrap(core(*promoted(left, right))), left, right)
        except Exception as error:
            raise (broadcasting(left, right) or translated(error, name, (left, right))) from error

    return method


def _named(name: str, method: Callable[..., Any]) -> Callable[..., Any]:
    def call(input: Any, other: Any) -> Any:
        if not isinstance(input, Tensor):
            raise argument_must_be_tensor(name, (input,))
        return method(input, other)

    return call


for _name, (_core, _aliases) in COMPARISONS.items():
    _method = _comparison(_name, _core)
    attribute(f"__{_name}__", _method)
    for _each in (_name, *_aliases):
        add(_each, _named(_each, _method))
attribute("__hash__", object.__hash__)


def _test(name: str) -> None:
    def compute(xp: Any, x: Any) -> Any:
        if name == "logical_not" and dtypes.rank(x) != 0:
            return x == 0
        if name.startswith("is") and dtypes.rank(x) < 2:
            full = xp.ones if name == "isfinite" else xp.zeros
            return full(x.shape, dtype=xp.bool)
        return getattr(xp, name)(x)

    op(name=name, pointwise=True)(compute)


def _pair(name: str) -> None:
    def compute(xp: Any, x: Any, other: Any) -> Any:
        return getattr(xp, name)(dtypes.truth(x), dtypes.truth(other))

    op(name=name, pointwise=True)(compute)


for _name in TESTS:
    _test(_name)
for _name in PAIRS:
    _pair(_name)


@op(pointwise=True)
def isneginf(xp: Any, x: Any) -> Any:
    """Whether an element is minus infinity."""
    return x == -float("inf")


@op(pointwise=True)
def isposinf(xp: Any, x: Any) -> Any:
    """Whether an element is plus infinity."""
    return x == float("inf")


@tensor_op()
def isclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    """Whether elements differ by no more than ``atol + rtol * abs(other)``."""
    close = (input == other) | ((input - other).abs() <= atol + rtol * other.abs())
    return close | (input.isnan() & other.isnan()) if equal_nan else close


@tensor_op()
def allclose(input: Any, other: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> bool:
    """Whether all elements are close: see `isclose`."""
    if input.dtype is not other.dtype:
        raise RuntimeError(f"{input.dtype.word} did not match {other.dtype.word}")
    return bool(isclose(input, other, rtol, atol, equal_nan).all())


@tensor_op()
def equal(input: Any, other: Any) -> bool:
    """Whether two tensors have the same shape and elements."""
    return input.shape == other.shape and bool((input == other).all())


def is_tensor(obj: Any) -> bool:
    """Whether an object is a tensor of this layer."""
    return isinstance(obj, Tensor)


def _asks(name: str, attribute: str) -> None:
    def method(self: Any) -> bool:
        return bool(getattr(self.dtype, attribute))

    add(name, method)


add("is_tensor", is_tensor, method=False)
_asks("is_floating_point", "is_floating_point")
_asks("is_complex", "is_complex")
