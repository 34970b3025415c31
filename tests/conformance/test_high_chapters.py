"""The standard in high precision, against agrad's NumPy namespace on every sample, and where rounding would show."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np
import pytest

import agrad
from agrad_conformance.cases import standard_samples
from agrad_conformance.high import CHAPTERS, arrays, functions, namespace
from agrad_conformance.reference import leaves
from agrad_conformance.sample import Sample, filled

numpy = agrad.namespace("numpy")
OWN = [chapter for chapter in CHAPTERS if chapter not in ("linalg", "fft")]
"""The extensions have tests of their own."""


def of_high(s: Sample) -> list[Any]:
    with mpmath.workdps(40):
        xp = namespace(mpmath.mp, functions())
        xs = [arrays(mpmath.mp, x) for x in s.followed]
        args, params = filled((s.args, s.params), iter(xs))
        return leaves(s.invariant(xp, *args, **params))


def of_numpy(s: Sample) -> list[Any]:
    def constant(x: Any) -> Any:
        return getattr(numpy, x) if isinstance(x, str) and x.startswith(("float", "complex")) else x

    args, params = filled((s.args, s.params), iter(s.followed), constant)
    return [np.asarray(y) for y in leaves(s.invariant(numpy, *args, **params))]


@pytest.mark.parametrize("chapter", OWN)
def test_values_agree_with_numpy(chapter: str) -> None:
    for s in standard_samples([chapter]):
        high, low = of_high(s), of_numpy(s)
        for a, b in zip(high, low, strict=True):
            assert np.shape(a) == b.shape, s
            found = np.asarray([complex(v) for v in np.ravel(a)]).reshape(b.shape)
            tolerance = 1e-6 if "float32" in str(s.args) or b.dtype == "float32" else 1e-13
            np.testing.assert_allclose(found, b, rtol=tolerance, atol=tolerance, err_msg=s.id)


def test_results_have_the_working_precision() -> None:
    with mpmath.workdps(60):
        xp = namespace(mpmath.mp, functions())
        third = xp.divide(np.asarray(1.0), np.asarray(3.0))
        assert abs(third[()] * 3 - 1) < mpmath.mpf(10) ** -58
        x = arrays(mpmath.mp, np.asarray([1.0, 2.0, 4.0]))
        assert abs(xp.mean(x)[()] * 3 - 7) < mpmath.mpf(10) ** -58
        assert abs(xp.std(x)[()] ** 2 - xp.var(x)[()]) < mpmath.mpf(10) ** -58
        assert abs(xp.log2(np.asarray(8.0))[()] - 3) < mpmath.mpf(10) ** -58


def test_numbers_become_arrays_and_other_things_stay() -> None:
    mp = mpmath.mp
    tree = arrays(mp, ([np.asarray([1.0, 2j]), np.float32(0.5)], np.asarray([1, 2]), mp.mpf(3), "float32", None, 1.5))
    (complexes, half), integers, three, *rest = tree
    assert all(isinstance(v, mp.mpc) for v in complexes)
    assert (half.shape, half.dtype, type(half[()])) == ((), object, mp.mpf)
    assert integers.dtype.kind == "i"
    assert (three.shape, three[()]) == ((), 3)
    assert rest == ["float32", None, 1.5]


@pytest.mark.parametrize(
    ("op", "args", "expected"),
    [
        ("remainder", (-7.0, 3.0), 2.0),
        ("remainder", (7.0, -3.0), -2.0),
        ("floor_divide", (-7.0, 2.0), -4.0),
        ("round", (2.5,), 2.0),
        ("round", (3.5,), 4.0),
        ("round", (-0.5 + 1.5j,), 0 + 2j),
        ("trunc", (-1.5,), -1.0),
        ("sign", (-3.0,), -1.0),
        ("sign", (0.0,), 0.0),
        ("sign", (3 + 4j,), 0.6 + 0.8j),
        ("copysign", (2.0, -1.0), -2.0),
        ("atan2", (1.0, -1.0), 3 * np.pi / 4),
    ],
)
def test_what_the_text_of_the_standard_says(op: str, args: tuple[Any, ...], expected: Any) -> None:
    xp = namespace(mpmath.mp, functions())
    assert complex(getattr(xp, op)(*map(np.asarray, args))[()]) == pytest.approx(expected, abs=1e-15)
