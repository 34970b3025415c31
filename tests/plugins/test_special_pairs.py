"""The special functions of several results: values and derivatives to mpmath's digits, on every backend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import agrad
import strict
from special import OPS

strict.install()

POINTS: dict[str, list[float]] = {
    "sici": [1e-9, 0.3, 1.99, 2.01, 7.5, 40.0, 1e3, -0.7, -6.0],
    "shichi": [1e-9, 0.3, 0.99, 1.01, 7.5, 39.9, 40.1, 600.0, -0.7, -6.0],
    "fresnel": [1e-9, 0.3, 1.49, 1.51, 3.3, 40.0, -0.7, -6.0],
}
ODD = {"sici": (True, False), "shichi": (True, False)}
"""Where mpmath's function of a negative number is a complex one: which of the results change their sign."""


def exact(name: str, which: int, x: float, order: int) -> float:
    """A derivative of one of the results of the reference."""
    reference = OPS[name].reference
    assert reference is not None
    sign = -1 if x < 0 and name in ODD and (ODD[name][which] ^ bool(order % 2)) else 1
    with mp.workdps(120):
        at = mpf(abs(x) if name in ODD else x)
        return sign * float(mp.diff(lambda v: reference(mp, v)[which], at, order, h=mpf(10) ** -30 * abs(at)))


@pytest.mark.parametrize("backend", ["numpy", "array-api-strict", "torch"])
@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("name", POINTS)
def test_values_and_derivatives(name: str, order: int, backend: str) -> None:
    pytest.importorskip(backend.replace("-", "_"))
    xp = agrad.namespace(backend)
    x = xp.asarray(POINTS[name], dtype=xp.float64)
    for which in range(2):
        f: Any = lambda x, which=which: getattr(xp.special, name)(x)[which]  # noqa: E731
        for _ in range(order):
            f = agrad.grad(lambda x, f=f: xp.sum(f(x)))
        expected = [exact(name, which, v, order) for v in POINTS[name]]
        later = [exact(name, which, v, order + 1) for v in POINTS[name]]
        found = [float(v) for v in f(x)]
        for v, y, e, slope in zip(POINTS[name], found, expected, later, strict=True):
            assert abs(y - e) < 40 * np.finfo("float64").eps * (abs(e) + abs(v * slope)), (which, v, y, e)
        forward = agrad.jvp(lambda x, which=which: getattr(xp.special, name)(x)[which], (x,), (xp.ones_like(x),))[1]
        slopes = [exact(name, which, v, 1) for v in POINTS[name]]
        np.testing.assert_allclose([float(v) for v in forward], slopes, rtol=1e-11, atol=1e-12)


def test_where_they_end() -> None:
    for name in ("numpy", "array-api-strict"):
        xp = agrad.namespace(name)
        x = xp.asarray([0.0, np.inf, -np.inf, np.nan])
        expected = {
            "sici": ([0, np.pi / 2, -np.pi / 2, np.nan], [-np.inf, 0, np.nan, np.nan]),
            "shichi": ([0, np.inf, -np.inf, np.nan], [-np.inf, np.inf, np.inf, np.nan]),
            "fresnel": ([0, 0.5, -0.5, np.nan],) * 2,
        }
        for op, columns in expected.items():
            for found, column in zip(getattr(xp.special, op)(x), columns, strict=True):
                keep = ~np.isnan(column) | np.isnan([0, 0, 0, 1])
                np.testing.assert_allclose(np.asarray([float(v) for v in found])[keep], np.asarray(column)[keep])
