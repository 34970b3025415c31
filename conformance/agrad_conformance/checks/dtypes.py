"""Dtypes under operators and functions: Python's numbers as arguments, and exponents of unsigned integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad_conformance.checks.ground import Ground
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.problem import Unsupported

__all__ = ["DTYPES"]


def _default(g: Ground) -> str:
    """The name of the backend's default dtype of real numbers."""
    default = g.xp.__array_namespace_info__().default_dtypes()["real floating"]
    return next(name for name in ("float32", "float64") if getattr(g.xp, name) == default)


def _dtype(g: Ground, found: Any, wanted: str, what: str) -> None:
    if found.dtype != getattr(g.xp, wanted):
        raise Wrong(f"{what} is of dtype {found.dtype}; expected is {wanted}")


def _number(g: Ground, found: Any, wanted: float, what: str) -> None:
    """A derivative for a Python float: of the default dtype, and as exact as that and the ground's are."""
    what, default = f"{what} for a Python float", _default(g)
    _dtype(g, found, default, what)
    coarser = min(default, g.dtype)
    g.expect(g.xp.astype(g.xp.asarray(found), getattr(g.xp, coarser)), wanted, what, coarser)


def _near(g: Ground, found: Any, wanted: float, what: str) -> None:
    """What a Python float has come into: of the ground's dtype, and as exact as the float was by default."""
    _dtype(g, found, g.dtype, what)
    coarser = min(_default(g), g.dtype)
    g.expect(g.xp.astype(g.xp.asarray(found), getattr(g.xp, coarser)), wanted, what, coarser)


def weak_numbers(g: Ground) -> None:
    """A Python float that is differentiated takes, under operators, the dtype of the array that it meets."""
    xp = g.xp
    x = xp.asarray(g.array([1.0, 2.0, 3.0]))
    programs: dict[str, tuple[Callable[[Any, Any], Any], float, float]] = {
        "s * x": (lambda s, x: xp.sum(s * x), 12.0, 6.0),
        "x / s": (lambda s, x: xp.sum(x / s), 3.0, -1.5),
        "x - (2 * s + s * s) * x": (lambda s, x: xp.sum(x - (2 * s + s * s) * x), -42.0, -36.0),
        "x ** s": (lambda s, x: xp.sum(x**s), 14.0, float(4 * np.log(2.0) + 9 * np.log(3.0))),
        "(1 - s) * x": (lambda s, x: xp.sum((1 - s) * x), -6.0, -6.0),
    }
    for what, (f, value, slope) in programs.items():
        found, gradient = agrad.value_and_grad(f)(2.0, x)
        _near(g, found, value, f"the value of {what}")
        _number(g, gradient, slope, f"the gradient of {what}")
        found, tangent = agrad.jvp(f, (2.0, x), (1.0, None))
        _near(g, found, value, f"the value of {what} inside jvp")
        _near(g, tangent, slope, f"the tangent of {what}")
        _, pull = agrad.vjp(f, 2.0, x)
        _number(g, pull(g.array(1.0))[0], slope, f"the cotangent of {what}")
    second = agrad.grad(agrad.grad(lambda s, x: xp.sum(s * s * s * x)))(2.0, x)
    _number(g, second, 72.0, "the second derivative")
    mixed = agrad.grad(lambda s, x: agrad.grad(lambda t: xp.sum(s * t * x))(s))(2.0, x)
    _number(g, mixed, 6.0, "the derivative of a derivative")


def strong_numbers(g: Ground) -> None:
    """A function of the namespace makes a Python float an array of the default dtype."""
    xp, default = g.xp, _default(g)
    for what, f in (("exp(s)", lambda s, x: xp.exp(s)), ("asarray(s)", lambda s, x: xp.asarray(s) + 1)):
        value, gradient = agrad.value_and_grad(f)(0.0, g.array(1.0))
        _dtype(g, value, default, f"{what} inside grad")
        g.expect(gradient, 1.0, f"the gradient of {what}", default)


def plain_numbers(g: Ground) -> None:
    """Python's numbers leave an array's dtype alone, in derivatives too."""
    x = g.array([1.0, 2.0])

    def f(x: Any) -> Any:
        return g.xp.sum((2 * x + 1) / 2 - x**2 * 0.5 + 3.0 ** (x * 0))

    value, gradient = agrad.value_and_grad(f)(x)
    g.expect(value, 4.0 - 2.5 + 2.0, "the value")
    g.expect(gradient, [0.0, -1.0], "the gradient")
    g.expect(agrad.hvp(f, (x,), (x,)), [-1.0, -2.0], "the product with the Hessian")


def unsigned_exponents(g: Ground) -> None:
    """Exponents of unsigned integers: at 0 the derivative is 0, and no exponent wraps around."""
    xp = g.xp
    x = g.array([3.0, 2.0, 1.5, 50.0])
    for name in ("uint8", "int8", "int16"):
        g.need_dtype(name)
        n = xp.asarray([0, 1, 2, 3], dtype=getattr(xp, name))
        try:
            g.backend.load().pow(x, n.array)
        except TypeError as error:
            raise Unsupported("floating-point numbers take no integers for exponents here") from error

        def f(x: Any, n: Any = n) -> Any:
            return xp.sum(xp.asarray(x) ** n)

        g.expect(agrad.value_and_grad(f)(x)[0], 1.0 + 2.0 + 2.25 + 125000.0, f"the value with exponents of {name}")
        g.expect(agrad.grad(f)(x), [0.0, 1.0, 3.0, 7500.0], f"the gradient with exponents of {name}")
        g.expect(agrad.jvp(f, (x,), (g.array([1.0, 1.0, 1.0, 1.0]),))[1], 7504.0, f"the tangent with {name}")
        found = agrad.hvp(f, (x,), (g.array([1.0, 1.0, 1.0, 1.0]),))
        g.expect(found, [0.0, 0.0, 2.0, 300.0], f"the product with the Hessian with exponents of {name}")


DTYPES: Mapping[str, Callable[[Ground], None]] = {
    f.__name__: f for f in (weak_numbers, strong_numbers, plain_numbers, unsigned_exponents)
}
"""By name."""
