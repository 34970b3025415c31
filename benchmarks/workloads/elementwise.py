"""Overhead of every elementwise function of the standard, of `where` and of the comparison operators, one by one.

A function that has a derivative is called many times on the same arguments and the results are summed,
``f(x) + f(x) + ...``, forward and backward; the time of ``x + x + ...`` is taken off. Any other function is
only called, on arguments that are being differentiated where their dtype allows it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from contestants import Prepare, Step, differentiate, native
from targets import ROWS
from workloads import Workload

LN2, LN10 = np.log(2.0), np.log(10.0)
SCALARS = {"clip": (-1.0, 1.0)}
TORCH_NAMES = {"bitwise_invert": "bitwise_not", "equal": "eq"}  # torch.equal compares whole tensors
NOT_IN_AUTOGRAD = {
    "copysign": "it has no derivative",
    "imag": "its complex gradients are the conjugates of the others'",
    "positive": "it has no derivative",
}
OPERATORS = {"lt": "x < y", "le": "x <= y", "gt": "x > y", "ge": "x >= y", "eq": "x == y", "ne": "x != y"}
CALLS = 50


@dataclass(frozen=True)
class Function:
    """A function, its arguments and, where it has a derivative, the cotangent of each argument."""

    name: str
    cotangents: tuple[Callable[..., Any], ...] = ()
    at: tuple[Any, ...] = field(default=(0.7, 0.3), kw_only=True)
    arity: int = field(default=1, kw_only=True)
    constants: tuple[Any, ...] = field(default=(), kw_only=True)
    """Arguments in which there is no derivative; a cotangent has them after the others."""

    @property
    def arguments(self) -> tuple[Any, ...]:
        """The data arguments: as many as there are cotangents."""
        return self.at[: len(self.cotangents) or self.arity]


UNARY = [
    Function("abs", (lambda ct, x: ct * np.sign(x),)),
    Function("acos", (lambda ct, x: -ct / np.sqrt(1.0 - x * x),)),
    Function("acosh", (lambda ct, x: ct / np.sqrt(x * x - 1.0),), at=(1.7,)),
    Function("asin", (lambda ct, x: ct / np.sqrt(1.0 - x * x),)),
    Function("asinh", (lambda ct, x: ct / np.sqrt(x * x + 1.0),)),
    Function("atan", (lambda ct, x: ct / (x * x + 1.0),)),
    Function("atanh", (lambda ct, x: ct / (1.0 - x * x),)),
    Function("clip", (lambda ct, x: ct * ((x >= -1.0) & (x <= 1.0)),)),
    Function("conj", (lambda ct, x: np.conj(ct) * np.ones_like(x),), at=(0.7 + 0.2j,)),
    Function("cos", (lambda ct, x: -ct * np.sin(x),)),
    Function("cosh", (lambda ct, x: ct * np.sinh(x),)),
    Function("exp", (lambda ct, x: ct * np.exp(x),)),
    Function("expm1", (lambda ct, x: ct * np.exp(x),)),
    Function("imag", (lambda ct, x: ct * 1j,), at=(0.7 + 0.2j,)),
    Function("log", (lambda ct, x: ct / x,)),
    Function("log10", (lambda ct, x: ct / (x * LN10),)),
    Function("log1p", (lambda ct, x: ct / (x + 1.0),)),
    Function("log2", (lambda ct, x: ct / (x * LN2),)),
    Function("negative", (lambda ct, x: -ct,)),
    Function("positive", (lambda ct, x: ct,)),
    Function("real", (lambda ct, x: ct + 0j,), at=(0.7 + 0.2j,)),
    Function("reciprocal", (lambda ct, x: -ct / (x * x),)),
    Function("sin", (lambda ct, x: ct * np.cos(x),)),
    Function("sinh", (lambda ct, x: ct * np.cosh(x),)),
    Function("sqrt", (lambda ct, x: ct * 0.5 / np.sqrt(x),)),
    Function("square", (lambda ct, x: ct * (2.0 * x),)),
    Function("tan", (lambda ct, x: ct / np.square(np.cos(x)),)),
    Function("tanh", (lambda ct, x: ct * (1.0 - np.square(np.tanh(x))),)),
]
BINARY = [
    Function("add", (lambda ct, x, y: ct, lambda ct, x, y: ct)),
    Function("atan2", (lambda ct, x, y: ct * y / (x * x + y * y), lambda ct, x, y: -ct * x / (x * x + y * y))),
    Function("copysign", (lambda ct, x, y: ct * np.copysign(1.0, x) * np.copysign(1.0, y), lambda ct, x, y: 0.0 * ct)),
    Function("divide", (lambda ct, x, y: ct / y, lambda ct, x, y: -ct * x / (y * y))),
    Function("hypot", (lambda ct, x, y: ct * x / np.hypot(x, y), lambda ct, x, y: ct * y / np.hypot(x, y))),
    Function("logaddexp", (lambda ct, x, y: ct / (1.0 + np.exp(y - x)), lambda ct, x, y: ct / (1.0 + np.exp(x - y)))),
    Function("maximum", (lambda ct, x, y: ct * (x > y), lambda ct, x, y: ct * (y > x))),
    Function("minimum", (lambda ct, x, y: ct * (x < y), lambda ct, x, y: ct * (y < x))),
    Function("multiply", (lambda ct, x, y: ct * y, lambda ct, x, y: ct * x)),
    Function("pow", (lambda ct, x, y: ct * y * x ** (y - 1.0), lambda ct, x, y: ct * x**y * np.log(x))),
    Function("remainder", (lambda ct, x, y: ct, lambda ct, x, y: -ct * np.floor(x / y))),
    Function("subtract", (lambda ct, x, y: ct, lambda ct, x, y: -ct)),
    Function("where", (lambda ct, x, y, c: ct * c, lambda ct, x, y, c: ct * ~c), constants=(True,)),
]
CONSTANT = [
    *(Function(name) for name in ("ceil", "floor", "isfinite", "isinf", "isnan", "round", "sign", "signbit", "trunc")),
    *(Function(name, arity=2) for name in ("equal", "greater", "greater_equal", "less", "less_equal", "not_equal")),
    *(Function(name, arity=2) for name in (*OPERATORS, "floor_divide", "nextafter")),
    *(Function(f"bitwise_{name}", at=(6, 3), arity=2) for name in ("and", "or", "xor", "left_shift", "right_shift")),
    Function("bitwise_invert", at=(6,)),
    *(Function(f"logical_{name}", at=(True, False), arity=2) for name in ("and", "or", "xor")),
    Function("logical_not", at=(True,)),
]
FUNCTIONS = [*UNARY, *BINARY, *CONSTANT]


def lookup(xp: Any, name: str) -> Callable[..., Any]:
    """The function of that name, or the operator; constants come last."""
    f: Callable[..., Any] = getattr(operator if name in OPERATORS else xp, name)
    return (lambda x, y, condition: f(condition, x, y)) if name == "where" else f


def total(name: str, scalars: tuple[float, ...], xp: Any, *arguments: Any) -> Any:
    """The sum of many calls of the function of that name."""
    f = lookup(xp, name)
    out = f(*arguments, *scalars)
    for _ in range(CALLS - 1):
        out = out + f(*arguments, *scalars)
    return real_sum(xp, out)


def plain(xp: Any, x: Any, *_: Any) -> Any:
    """The same additions without the function."""
    out = x
    for _ in range(CALLS - 1):
        out = out + x
    return real_sum(xp, out)


def real_sum(xp: Any, out: Any) -> Any:
    if "complex" in str(out.dtype):
        out = xp.real(out)
    return xp.sum(out) if out.shape else out


def by_hand(f: Callable[..., Any], cotangents: tuple[Callable[..., Any], ...], *arguments: Any) -> tuple[Any, ...]:
    """`total` and its gradients in NumPy, one call after the other."""
    out = f(*arguments)
    for _ in range(CALLS - 1):
        out = out + f(*arguments)
    ct = np.ones_like(out)[()]
    gradients = [cotangent(ct, *arguments) for cotangent in cotangents]
    for _ in range(CALLS - 1):
        gradients = [g + cotangent(ct, *arguments) for g, cotangent in zip(gradients, cotangents, strict=True)]
    return np.sum(out.real), *gradients


def differentiable(function: Function, arguments: list[Any]) -> Workload:
    """The row of a function that has a derivative."""
    numpy_function = lookup(np, function.name)
    scalars = SCALARS.get(function.name, ())
    constants = [np.full(np.shape(arguments[0]), value)[()] for value in function.constants]
    steps = differentiate(
        partial(total, function.name, scalars),
        arguments,
        constants,
        by_hand=partial(by_hand, lambda *a: numpy_function(*a, *scalars), function.cotangents),
        # HIPS autograd knows the derivative under the function's first name in NumPy only.
        autograd=partial(total, getattr(np, function.name).__name__, scalars),
    )
    baseline = differentiate(plain, arguments[:1], by_hand=partial(by_hand, lambda x: x, (lambda ct, x: ct,)))
    skipped = {"autograd": NOT_IN_AUTOGRAD[function.name]} if function.name in NOT_IN_AUTOGRAD else {}
    return row(function, arguments, steps, baseline, skipped)


def constant(function: Function, arguments: list[Any]) -> Workload:
    """The row of a function that has none: calls only."""

    def calls(f: Callable[..., Any], values: list[Any]) -> Step:
        def step() -> tuple[Any, ...]:
            for _ in range(CALLS):
                out = f(*values)
            return (out,)

        return step

    def agrad(backend: str) -> Step:
        from agrad import namespace, tensor

        values = [tensor(native(a, backend), requires_grad=a.dtype.kind == "f") for a in arguments]
        return calls(lookup(namespace(backend), function.name), values)

    def torch() -> Step:
        import torch

        values = [torch.tensor(a, requires_grad=a.dtype.kind == "f") for a in arguments]
        return calls(lookup(torch, TORCH_NAMES.get(function.name, function.name)), values)

    steps = {
        "numpy": lambda: calls(lookup(np, function.name), arguments),
        "agrad": partial(agrad, "numpy"),
        "torch": torch,
        "agrad.torch": partial(agrad, "torch"),
    }
    return row(function, arguments, steps, None, {})


def row(
    function: Function,
    arguments: list[Any],
    steps: dict[str, Prepare],
    baseline: dict[str, Prepare] | None,
    skipped: dict[str, str],
) -> Workload:
    """One function at one shape."""
    shape = np.shape(arguments[0])
    size = str(shape[0]) if shape else "scalar"
    name = f"elementwise-{function.name}-{size}"
    kind = "forward and backward" if function.cotangents else "calls only"
    shared = f"elementwise-{size}" if function.cotangents else ""
    kept = ("numpy", "agrad", "autograd", "torch", "agrad.torch")
    return Workload(
        name=name,
        title=f"{OPERATORS.get(function.name, function.name)}, {kind}, shape {shape}",
        steps={name: prepare for name, prepare in steps.items() if name in kept},
        operations=CALLS,
        goal=name if name in ROWS else shared,
        skipped=skipped,
        baseline=baseline,
        group="elementwise",
    )


def workloads(tiny: bool) -> list[Workload]:
    shapes: list[tuple[int, ...]] = [(), (3,)] if tiny else [(), (100,)]
    rows = []
    for shape in shapes:
        for function in FUNCTIONS:
            arguments = [np.full(shape, value)[()] for value in function.arguments]
            rows.append((differentiable if function.cotangents else constant)(function, arguments))
    return rows
