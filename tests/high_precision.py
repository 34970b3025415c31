"""What tests of high precision share: a sample evaluated with mpmath and by NumPy, and tolerances of many digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import mpmath
import numpy as np

import agrad
from agrad_conformance.cases import standard_samples
from agrad_conformance.high import arrays, functions, namespace
from agrad_conformance.reference import leaves
from agrad_conformance.sample import KINDS, Sample, filled

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
    return [s for s in standard_samples() if s.op.startswith(op) and KINDS[s.kind][0] in s.dtypes]


def assert_agrees_with_numpy(s: Sample) -> None:
    """The sample's value in high precision is that of NumPy, to 13 digits; shapes and kinds are the same."""
    with mpmath.workdps(DIGITS):
        args, params = filled((s.args, s.params), iter([arrays(MP, x) for x in s.followed]))
        found = leaves(s.invariant(high(), *args, **params))
    expected = [np.asarray(y) for y in leaves(s.invariant(NUMPY, *s.args, **s.params))]
    for a, b in zip(found, expected, strict=True):
        assert np.shape(a) == b.shape
        numbers = np.asarray([complex(v) for v in np.ravel(a)]).reshape(b.shape)
        np.testing.assert_allclose(numbers, b, rtol=1e-13, atol=1e-13 * max(1.0, np.max(np.abs(b), initial=0.0)))
        if b.dtype.kind == "f":
            assert all(isinstance(v, MP.mpf | int) for v in np.ravel(a))
