"""What tests of high precision share: a sample evaluated with mpmath and by NumPy, and tolerances of many digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np

import agrad
from agrad_conformance.cases import invariants
from agrad_conformance.high import arrays, functions, namespace
from agrad_conformance.reference import leaves
from samples import Sample, filled, followed, samples

__all__ = [
    "DIGITS",
    "MP",
    "assert_agrees_with_numpy",
    "assert_equal",
    "complex_numbers",
    "high",
    "precise",
    "real_numbers",
]

DIGITS = 120
MP = mpmath.mp
NUMPY = agrad.namespace("numpy")


def high() -> Any:
    """The standard in high precision."""
    return namespace(MP, functions())


def real_numbers(*shape: int, seed: int = 0) -> Any:
    """Random numbers as an object array of `mpf`."""
    return arrays(MP, np.asarray(np.random.default_rng(seed).normal(size=shape)))


def complex_numbers(*shape: int, seed: int = 0) -> Any:
    """Random numbers as an object array of `mpc`."""
    x = np.random.default_rng(seed).normal(size=(2, *shape))
    return arrays(MP, np.asarray(x[0] + 1j * x[1]))


def assert_equal(a: Any, b: Any, digits: int = 110) -> None:
    """Equal shapes, and numbers that differ by less than their last digits."""
    a, b = np.asarray(a, dtype=object), np.asarray(b, dtype=object)
    assert a.shape == b.shape
    for x, y in zip(a.flat, b.flat, strict=True):
        assert abs(x - y) < MP.mpf(10) ** -digits, (x, y)


def precise(op: str) -> Sequence[Sample]:
    """The samples of an op, or of all whose names begin so, in double precision."""
    return [s for s in samples() if s.op.startswith(op) and s.dtype in ("float64", "complex128")]


def assert_agrees_with_numpy(s: Sample) -> None:
    """The sample's value in high precision is that of NumPy, to 13 digits; shapes and kinds are the same."""
    xs = followed((s.args, s.params))
    with mpmath.workdps(DIGITS):
        args, params = filled((s.args, s.params), iter([arrays(MP, x) for x in xs]), lambda x: x)
        found = leaves(_invariant(s, high(), args, params))
    args, params = filled((s.args, s.params), iter(xs), lambda x: x)
    expected = [np.asarray(y) for y in leaves(_invariant(s, NUMPY, args, params))]
    for a, b in zip(found, expected, strict=True):
        assert np.shape(a) == b.shape
        numbers = np.asarray([complex(v) for v in np.ravel(a)]).reshape(b.shape)
        np.testing.assert_allclose(numbers, b, rtol=1e-13, atol=1e-13 * max(1.0, np.max(np.abs(b), initial=0.0)))
        if b.dtype.kind == "f":
            assert all(isinstance(v, MP.mpf | int) for v in np.ravel(a))


def _invariant(s: Sample, xp: Any, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
    """By the suite's functions of the same names: those of the samples ask for a dtype, and objects have none."""
    if s.row.of is None:
        return s.call(xp, *args, **params)
    return getattr(invariants, s.row.of.__name__)(xp, lambda *a: s.call(xp, *a, **params), *args)
