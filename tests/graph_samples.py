"""What the tests of graphs record: every op of the table on the suite's samples, and programs of many statements."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

import agrad
from agrad_conformance.cases import standard_samples
from agrad_conformance.sample import Sample, filled

__all__ = ["FIRST", "PROGRAMS", "SMOOTH", "USABLE", "X", "Y", "called", "double_precision", "near", "total", "xp"]

SIZED = {"nonzero", "unique_all", "unique_counts", "unique_inverse", "unique_values"}
"""Ops that no graph holds: their results have as many elements as the values say."""


def usable(s: Sample) -> bool:
    counts = s.op == "repeat" and any(isinstance(a, np.ndarray) for a in (*s.args[1:], *s.params.values()))
    return bool(s.followed) and s.op not in SIZED and not counts and s.dtypes[0] in ("float64", "complex128")


USABLE = [s for s in standard_samples() if usable(s)]
SMOOTH = [s for s in USABLE if s.case.smooth and agrad.plugins.find(s.op).kind != "constant"]


def called(s: Sample, backend: str = "numpy") -> Callable[..., Any]:
    """The op of a sample as a function of its floating-point arrays."""
    space: Any = agrad.namespace(backend)

    def constant(leaf: Any) -> Any:
        if isinstance(leaf, np.ndarray):
            return space._raw.asarray(leaf)
        known = isinstance(leaf, str) and leaf.startswith(("float", "complex", "int", "uint"))
        return getattr(space, leaf) if known else leaf

    def f(*arrays: Any) -> Any:
        values = iter(arrays)
        args, params = filled((s.args, s.params), values, constant)
        return s.invariant(space, *args, **params)

    return f


def double_precision(backend: str) -> AbstractContextManager[Any]:
    """A context in which a library that has to be told to has float64; skips where it is not installed."""
    if not find_spec(backend.replace("-", "_")):
        pytest.skip(f"{backend} is not installed")
    return importlib.import_module("jax").enable_x64(True) if backend == "jax" else nullcontext()


def near(found: Any, expected: Any, tolerance: float = 1e-10) -> None:
    def leaves(out: Any) -> list[Any]:
        if isinstance(out, tuple | list):
            return [leaf for item in out for leaf in leaves(item)]
        return [agrad.asarray(out, backend="numpy").array] if hasattr(out, "dtype") else [out]

    for a, b in zip(leaves(found), leaves(expected), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance)
        if hasattr(a, "dtype"):
            assert (a.shape, a.dtype) == (b.shape, b.dtype)


def total(f: Callable[..., Any]) -> Callable[..., Any]:
    def summed(*arrays: Any) -> Any:
        out = f(*arrays)
        xp = agrad.namespace("numpy")
        parts = [o for o in (out if isinstance(out, tuple | list) else (out,)) if hasattr(o, "dtype")]
        parts = [xp.real(o) if xp.isdtype(o.dtype, "complex floating") else o for o in parts]
        return sum(xp.sum(xp.cos(o)) for o in parts if xp.isdtype(o.dtype, "real floating"))

    return summed


FIRST = {(s.op, s.kind): s for s in reversed(SMOOTH)}
"""The first sample of each op, where one will do."""

# Programs ---------------------------------------------------------------------------------------------

xp: Any = agrad.namespace("numpy")
X = np.asarray([1.0, -2.0, 3.0])
Y = np.asarray([0.5, -1.5, 2.5])


def aliases(x: Any) -> Any:
    y = x * 1.0
    z = y[1:]
    z *= 3.0
    y[0] += x[2]
    w = xp.reshape(y, (3, 1))
    w += 1.0
    return xp.sum(y * x)


def masked(x: Any) -> Any:
    y = x * 2.0
    y[x > 0] = 0.0
    return xp.sum(xp.where(x > 0, xp.sin(x), y))


def looped(x: Any) -> Any:
    s = x[0]
    for v in x[1:]:
        s = s * 0.5 + v
    return s


def inner(x: Any) -> Any:
    return xp.sum(agrad.grad(lambda u: xp.sum(u**3 * x))(x)) + agrad.stop_gradient(x)[0] * x[1]


def gathered(x: Any) -> Any:
    return xp.sum(xp.take(x, xp.argsort(x)[:2]) * x[xp.argmax(x)])


def switched(x: Any) -> Any:
    with agrad.no_grad():
        y = x * 2.0
    return xp.sum(y * x)


def changed_without_following(x: Any) -> Any:
    y = x * 1.0
    v = y[1:]
    with agrad.no_grad():
        y *= 3.0
        v += x[0]
    return xp.sum(y**3) + xp.sum(v)


def changed_through_an_alias(x: Any) -> Any:
    y = abs(x)
    z = xp.astype(y, y.dtype, copy=False)
    with agrad.no_grad():
        z -= 0.9
    return xp.sum(xp.sin(y) * x) + xp.sum(z**2)


PROGRAMS = [changed_through_an_alias, aliases, masked, looped, inner, gathered, switched, changed_without_following]


def same_compiled(f: Any, *args: Any, tolerance: float = 1e-11, **options: Any) -> Any:
    """The compiled function, which computes what the function does, twice, and again with other arrays."""
    compiled = agrad.compile(f, **options)
    with np.errstate(all="ignore"):
        for _ in range(2):
            near(compiled(*args), f(*map(xp.asarray, args)), tolerance)
        others = [a * 0.75 if a.dtype.kind in "fc" else a for a in args]
        near(compiled(*others), f(*map(xp.asarray, others)), tolerance)
    return compiled
