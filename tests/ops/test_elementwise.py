"""The partial derivatives of the elementwise functions, each alone on plain arrays, against mpmath's closed forms."""

from __future__ import annotations

import inspect
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import array_api_strict
import numpy as np
import pytest
from agrad.ops import table
from agrad.ops.declare import select
from mpmath import mp, mpc, mpf

array_api_strict.set_array_api_strict_flags(api_version="2025.12")
mp.dps = 60
inf, nan = np.inf, np.nan

REAL: dict[str, tuple[Callable[..., Any], ...]] = {
    "abs": (mp.sign,),
    "acos": (lambda x: -1 / mp.sqrt(1 - x**2),),
    "acosh": (lambda x: 1 / mp.sqrt(x**2 - 1),),
    "add": (lambda x1, x2: 1, lambda x1, x2: 1),
    "asin": (lambda x: 1 / mp.sqrt(1 - x**2),),
    "asinh": (lambda x: 1 / mp.sqrt(1 + x**2),),
    "atan": (lambda x: 1 / (1 + x**2),),
    "atan2": (lambda x1, x2: x2 / (x1**2 + x2**2), lambda x1, x2: -x1 / (x1**2 + x2**2)),
    "atanh": (lambda x: 1 / (1 - x**2),),
    "ceil": (lambda x: 0,),
    "copysign": (lambda x1, x2: mp.sign(x1) * (-1 if np.signbit(float(x2)) else 1), lambda x1, x2: 0),
    "cos": (lambda x: -mp.sin(x),),
    "cosh": (mp.sinh,),
    "divide": (lambda x1, x2: 1 / x2, lambda x1, x2: -x1 / x2**2),
    "exp": (mp.exp,),
    "expm1": (mp.exp,),
    "floor": (lambda x: 0,),
    "floor_divide": (lambda x1, x2: 0, lambda x1, x2: 0),
    "hypot": (
        lambda x1, x2: x1 / mp.hypot(x1, x2) if x1 or x2 else 0,
        lambda x1, x2: x2 / mp.hypot(x1, x2) if x1 or x2 else 0,
    ),
    "log": (lambda x: 1 / x,),
    "log1p": (lambda x: 1 / (1 + x),),
    "log2": (lambda x: 1 / x / mp.log(2),),
    "log10": (lambda x: 1 / x / mp.log(10),),
    "logaddexp": (lambda x1, x2: 1 / (1 + mp.exp(x2 - x1)), lambda x1, x2: 1 / (1 + mp.exp(x1 - x2))),
    "maximum": (lambda x1, x2: (mp.sign(x1 - x2) + 1) / 2, lambda x1, x2: (mp.sign(x2 - x1) + 1) / 2),
    "minimum": (lambda x1, x2: (mp.sign(x2 - x1) + 1) / 2, lambda x1, x2: (mp.sign(x1 - x2) + 1) / 2),
    "multiply": (lambda x1, x2: x2, lambda x1, x2: x1),
    "negative": (lambda x: -1,),
    "positive": (lambda x: 1,),
    "pow": (lambda x1, x2: x2 * x1 ** (x2 - 1) if x2 else 0, lambda x1, x2: x1**x2 * mp.log(x1) if x1 else 0),
    "reciprocal": (lambda x: -1 / x**2,),
    "remainder": (lambda x1, x2: 1, lambda x1, x2: -mp.floor(x1 / x2)),
    "round": (lambda x: 0,),
    "sign": (lambda x: 0,),
    "sin": (mp.cos,),
    "sinh": (mp.cosh,),
    "sqrt": (lambda x: 1 / (2 * mp.sqrt(x)),),
    "square": (lambda x: 2 * x,),
    "subtract": (lambda x1, x2: 1, lambda x1, x2: -1),
    "tan": (lambda x: 1 / mp.cos(x) ** 2,),
    "tanh": (lambda x: 1 / mp.cosh(x) ** 2,),
    "trunc": (lambda x: 0,),
}
"""The derivative for each argument, real numbers; conventions included."""

COMPLEX = {name: REAL[name] for name in (
    "add asinh atan atanh cos cosh divide exp expm1 log log1p log2 log10 multiply negative positive "
    "pow reciprocal sin sinh sqrt square subtract tan tanh"
).split()} | {
    "acos": (lambda z: -1 / (mp.sqrt(1 - z) * mp.sqrt(1 + z)),),
    "acosh": (lambda z: 1 / (mp.sqrt(z - 1) * mp.sqrt(z + 1)),),
    "asin": (lambda z: 1 / (mp.sqrt(1 - z) * mp.sqrt(1 + z)),),
    "asinh": (lambda z: 1 / (mp.sqrt(1 - 1j * z) * mp.sqrt(1 + 1j * z)),),
}  # fmt: skip
"""The complex derivative of those that are holomorphic."""

SATURATING = {"tan", "tanh"}
"""Their derivative comes from their value, exact to an ulp of 1: far out, 1 - tanh(x)**2 is 0."""


def condition(name: str, *x: Any) -> Any:
    """By how much a relative error of an ulp in an intermediate exponent is magnified."""
    if name == "pow" and x[0]:
        return 1 + abs(mp.log(x[0]))
    return 1 + abs(x[0] - x[1]) if name == "logaddexp" else 1


MAGNITUDES = {
    "float64": [0, 5e-324, 2.3e-308, 1e-200, 1e-100, 1e-17, 1e-8, 0.1, 0.5, 0.9, 1 - 2**-53, 1, 1 + 2**-52, 1.5, 2, 3]
    + [10, 20, 100, 700, 1e5, 1e15, 1e100, 2e154, 1e200, 1e300, np.finfo("float64").max],
    "float32": [0, 1e-45, 1.2e-38, 1e-25, 1e-12, 1e-8, 1e-4, 0.1, 0.5, 0.9, 1 - 2**-24, 1, 1 + 2**-23, 1.5, 2, 3]
    + [10, 20, 80, 1e3, 1e7, 1e12, 2e19, 1e25, 1e38, np.finfo("float32").max],
}


def real_points(name: str, dtype: str) -> Iterator[tuple[Any, ...]]:
    """Wide grids of arguments; one of random points between them."""
    kind = np.dtype(dtype).type
    values = [kind(s * m) for m in MAGNITUDES[dtype] for s in (1, -1)]
    yield from itertools.product(values, repeat=len(REAL[name]))
    rng = np.random.default_rng(0)
    for _ in range(40):
        yield tuple(kind(v) for v in rng.normal(size=len(REAL[name])) * 4)


def complex_points(name: str, dtype: str) -> Iterator[tuple[Any, ...]]:
    """Complex numbers of all sizes and directions, next to 1, -1, 1j and -1j, and on the positive side of 0."""
    kind = np.dtype(dtype).type
    eps = np.finfo(dtype).eps
    turns = np.exp(1j * np.asarray([0.3, 1.2, 2.0, 2.9, -0.4, -1.3, -2.2, -3.0]))
    values = [kind(r * u) for r in (1e-10, 0.3, 0.99, 1.01, 2.5, 12) for u in turns]
    values += [kind(c + 9 * eps * u) for c in (1, -1, 1j, -1j) for u in turns[::2]]
    if len(COMPLEX[name]) == 2:
        values = values[::3]
    yield from itertools.product(values, repeat=len(COMPLEX[name]))


def partial(name: str, i: int, xp: Any, *x: Any, **params: Any) -> Any:
    """One partial derivative as the table has it (a general op: its VJP of 1)."""
    op = table[name]
    rule = op.vjp[i]
    if not callable(rule) and not isinstance(rule, select):
        return rule
    out = x[0] ** params["exponent"] if name == "pow_scalar" else getattr(xp, name)(*x)
    names = {"xp": xp, "out": out, "ct": xp.ones_like(out), **dict(zip(op.arguments, x, strict=True)), **params}
    if isinstance(rule, select):
        return xp.astype(rule.condition(*[names[n] for n in inspect.signature(rule.condition).parameters]), x[0].dtype)
    return rule(*[names[n] for n in inspect.signature(rule).parameters])


def strict_calls() -> Any:
    """Every floating-point exception raises but underflow, which is harmless."""
    return np.errstate(all="raise", under="ignore")


def exact(v: Any) -> Any:
    return mpc(complex(v)) if isinstance(v, np.complexfloating) else mpf(float(v))


def errors(reference: dict[str, Any], name: str, dtype: str) -> Iterator[tuple[float, int, tuple[Any, ...]]]:
    """The error of each partial, in ulps, wherever the function and its derivative are finite."""
    info = np.finfo(dtype)
    for x in (complex_points if info.dtype != np.dtype(dtype) else real_points)(name, dtype):
        with strict_calls():
            try:
                out = getattr(np, name)(*x)
            except FloatingPointError:
                continue
        for i, closed in enumerate(reference[name]):
            try:
                expected = closed(*map(exact, x))
            except ZeroDivisionError:
                continue
            if not (mp.isfinite(expected) and abs(expected) <= float(info.max)) or (mp.im(expected) and out.dtype == info.dtype):
                continue
            with strict_calls():
                found = out.dtype.type(partial(name, i, np, *x))
            size = 1.0 if name in SATURATING and abs(expected) < 1 else float(abs(expected))
            ulp = max(float(info.smallest_subnormal), size * float(info.eps))
            yield float(abs(exact(found) - expected) / ulp / condition(name, *map(exact, x))), i, x


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", REAL)
def test_real_partials_to_the_last_digits(name: str, dtype: str) -> None:
    checked = list(errors(REAL, name, dtype))
    assert len(checked) > 15
    assert max(checked)[0] < 4, f"argument, point: {max(checked)}"


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", COMPLEX)
def test_complex_partials_to_the_last_digits(name: str, dtype: str) -> None:
    checked = list(errors(COMPLEX, name, dtype))
    assert len(checked) > 40
    assert max(checked)[0] < 12, f"argument, point: {max(checked)}"
