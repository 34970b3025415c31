"""Elementwise functions: each with its partial derivatives, one an argument.

Where no derivative exists, a convention holds: 0 where a modulus or an angle is taken of 0, one half
each where `maximum` or `minimum` ties, 1 to `x` on both ends of a `clip`. The derivative of `pow` for its
exponent is 0 at base 0, and nan at a negative real base, around which real powers have no derivative.

Partials are accurate to a few ulps. `tanh` (and `tan` far from the real axis) takes its own from its value, cheaply
and to an ulp of 1: where it has saturated, the derivative is 0.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from agrad.declare import POINTWISE, constant, elementwise, general, select
from agrad.ops._guards import guarded
from agrad.ops._shapes import is_complex, is_integer

OPS = (
    general(
        "abs(x, /)",
        vjp=lambda xp, ct, x: ct * _direction(xp, x),
        jvp=lambda xp, t, x: _dot(xp, _direction(xp, x), t),
        axes=POINTWISE,
    ),
    elementwise("acos", lambda xp, x: -1 / _circle(xp, x)),
    elementwise("acosh", lambda xp, x: 1 / (xp.sqrt(x - 1) * xp.sqrt(x - -1))),
    elementwise("add", 1, 1, operator=operator.add),
    elementwise("asin", lambda xp, x: 1 / _circle(xp, x)),
    elementwise("asinh", lambda xp, x: 1 / _hyperbola(xp, x)),
    elementwise("atan", lambda xp, x: xp.square(1 / _hyperbola(xp, x))),
    elementwise("atan2", lambda xp, x1, x2: _inverted(xp, x2, x1), lambda xp, x1, x2: -_inverted(xp, x1, x2)),
    elementwise("atanh", lambda x: 1 / (1 - x) / (1 + x)),
    constant("bitwise_and(x1, x2, /)", "bits have no derivative", axes=POINTWISE),
    constant("bitwise_left_shift(x1, x2, /)", "bits have no derivative", axes=POINTWISE),
    constant("bitwise_invert(x, /)", "bits have no derivative", axes=POINTWISE),
    constant("bitwise_or(x1, x2, /)", "bits have no derivative", axes=POINTWISE),
    constant("bitwise_right_shift(x1, x2, /)", "bits have no derivative", axes=POINTWISE),
    constant("bitwise_xor(x1, x2, /)", "bits have no derivative", axes=POINTWISE),
    elementwise("ceil", 0),
    elementwise(
        "clip(x, /, min=None, max=None)",
        select(lambda xp, out, x, min: (out == x) & (xp.clip(x, min, None) == x)),
        select(lambda out, x, min: (x < min) & (out == min)),
        select(lambda xp, x, min, max: xp.clip(x, min, None) > max),
    ),
    general(
        "conj(x, /)",
        vjp=lambda xp, ct: xp.conj(ct),
        jvp=lambda xp, t: xp.conj(t),
        axes=POINTWISE,
        write=lambda xp, value: xp.conj(value),
    ),
    elementwise("copysign", lambda xp, out, x1: xp.sign(out) * xp.sign(x1), 0),
    elementwise("cos", lambda xp, x: -xp.sin(x)),
    elementwise("cosh", lambda xp, x: xp.sinh(x)),
    elementwise("divide", lambda x2: 1 / x2, lambda out, x2: -out / x2, operator=operator.truediv),
    constant("equal(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    elementwise("exp", lambda out: out),
    elementwise("expm1", lambda xp, x: xp.exp(x)),
    elementwise("floor", 0),
    elementwise("floor_divide", 0, 0),
    constant("greater(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    constant("greater_equal(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    elementwise(
        "hypot", lambda xp, out, x1: x1 / guarded(xp, out, out), lambda xp, out, x2: x2 / guarded(xp, out, out)
    ),
    general(
        "imag(x, /)",
        vjp=lambda ct: ct * 1j,
        jvp=lambda xp, t: xp.imag(t),
        write=lambda xp, x, value: xp.real(x) + 1j * value,
        axes=POINTWISE,
    ),
    constant("isfinite(x, /)", "a truth value has no derivative", axes=POINTWISE),
    constant("isinf(x, /)", "a truth value has no derivative", axes=POINTWISE),
    constant("isnan(x, /)", "a truth value has no derivative", axes=POINTWISE),
    constant("less(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    constant("less_equal(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    elementwise("log", lambda x: 1 / x),
    elementwise("log1p", lambda x: 1 / (1 + x)),
    elementwise("log2", lambda x: math.log2(math.e) / x),
    elementwise("log10", lambda x: math.log10(math.e) / x),
    elementwise("logaddexp", lambda xp, x1, x2: _share(xp, x1, x2), lambda xp, x1, x2: _share(xp, x2, x1)),
    constant("logical_and(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    constant("logical_not(x, /)", "a truth value has no derivative", axes=POINTWISE),
    constant("logical_or(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    constant("logical_xor(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    elementwise(
        "maximum",
        select(lambda x1, x2: x1 > x2, tie=lambda x1, x2: x1 == x2),
        select(lambda x1, x2: x2 > x1, tie=lambda x1, x2: x1 == x2),
    ),
    elementwise(
        "minimum",
        select(lambda x1, x2: x1 < x2, tie=lambda x1, x2: x1 == x2),
        select(lambda x1, x2: x2 < x1, tie=lambda x1, x2: x1 == x2),
    ),
    elementwise("multiply", lambda x2: x2, lambda x1: x1, operator=operator.mul),
    elementwise("negative", -1),
    constant(
        "nextafter(x1, x2, /)",
        "a step from one floating-point number to the next is no function of real numbers",
        axes=POINTWISE,
    ),
    constant("not_equal(x1, x2, /)", "a truth value has no derivative", axes=POINTWISE),
    elementwise("positive", 1, write=lambda value: value),
    elementwise(
        "pow",
        lambda xp, x1, x2: _power_slope(xp, x1, _exponent(xp, x1, x2)),
        lambda xp, out, x1: out * xp.log(xp.where(x1 == 0, 1, xp.astype(x1, out.dtype, copy=False))),
        scalar="pow_scalar",
    ),
    elementwise(
        "pow_scalar(x, /, exponent)",
        lambda x, exponent: 2 * x if exponent == 2 else exponent * x ** (exponent - 1) if exponent else 0.0,
        forward=lambda x, exponent: x**exponent,
    ),
    general(
        "real(x, /)",
        vjp=lambda ct: ct,
        jvp=lambda xp, t: xp.real(t),
        write=lambda xp, x, value: value + 1j * xp.imag(x) if is_complex(xp, x) else value,
        axes=POINTWISE,
    ),
    elementwise("reciprocal", lambda out: -out * out),
    elementwise("remainder", 1, lambda xp, x1, x2: -xp.floor_divide(x1, x2)),
    elementwise("round", 0),
    general(
        "sign(x, /)",
        vjp=lambda xp, ct, out, x: _turn(xp, ct, out, x),
        jvp=lambda xp, t, out, x: _turn(xp, t, out, x),
        axes=POINTWISE,
    ),
    constant("signbit(x, /)", "a truth value has no derivative", axes=POINTWISE),
    elementwise("sin", lambda xp, x: xp.cos(x)),
    elementwise("sinh", lambda xp, x: xp.cosh(x)),
    elementwise("square", lambda x: 2 * x),
    elementwise("sqrt", lambda out: 0.5 / out),
    elementwise("subtract", 1, -1, operator=operator.sub),
    elementwise("tan", lambda out: 1 + out * out),
    elementwise("tanh", lambda out: 1 - out * out),
    elementwise("trunc", 0),
)


def _circle(xp: Any, x: Any) -> Any:
    """sqrt(1 - x**2) without overflow or cancellation."""
    if is_complex(xp, x):  # 1 - x and 1 + x would lose the sign of a zero imaginary part: the side of a branch cut
        return xp.sqrt(-(x - 1)) * xp.sqrt(x - -1)
    return xp.sqrt((1 - x) * (1 + x))


def _hyperbola(xp: Any, x: Any) -> Any:
    """sqrt(1 + x**2) without overflow or cancellation."""
    return _circle(xp, x * 1j) if is_complex(xp, x) else xp.hypot(x, 1)


def _inverted(xp: Any, x: Any, y: Any) -> Any:
    """x / (x**2 + y**2), the coordinate of a point's mirror image in the unit circle; 0 at the origin."""
    r = xp.hypot(0.5 * x, 0.5 * y)  # halves: the sum of squares of large numbers stays finite
    r = guarded(xp, r, r)
    return 0.25 * (x / r) / r


def _direction(xp: Any, x: Any) -> Any:
    """x / abs(x), 0 at 0."""
    if not is_complex(xp, x):
        return xp.sign(x)
    r = xp.abs(x)
    return x / guarded(xp, r, r)


def _power_slope(xp: Any, x1: Any, x2: Any) -> Any:
    return x2 * x1 ** xp.where((x1 == 0) & (x2 == 0), 1, x2 - 1)


def _exponent(xp: Any, x1: Any, x2: Any) -> Any:
    """x2 in a dtype in which one less is one less: the smallest integer of a dtype would wrap around."""
    return xp.astype(x2, xp.result_type(x1.dtype, x2.dtype)) if is_integer(xp, x2) else x2


def _share(xp: Any, x1: Any, x2: Any) -> Any:
    """exp(x1) / (exp(x1) + exp(x2)); equal infinities share evenly."""
    same = xp.isinf(x1) & (x1 == x2)
    d = xp.where(same, 0, x1) - xp.where(same, 0, x2)
    a, b = xp.exp(xp.minimum(d, 0)), xp.exp(xp.minimum(-d, 0))  # the larger one is 1
    return a / (a + b)


def _dot(xp: Any, u: Any, v: Any) -> Any:
    """Re(conj(u) * v): the product of real numbers, the dot product of vectors in the complex plane."""
    return xp.real(xp.conj(u) * v) if is_complex(xp, u) else u * v


def _turn(xp: Any, v: Any, out: Any, x: Any) -> Any:
    """How x / abs(x), which is `out`, turns as x moves by v; its own adjoint. Real numbers cannot turn."""
    if not is_complex(xp, x):
        return xp.zeros_like(v)
    r = xp.abs(x)
    return out * 1j * xp.imag(xp.conj(out) * v) / guarded(xp, r, r)
