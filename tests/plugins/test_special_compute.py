"""The formulas in the standard: to a few units in the last place over the whole range, without a reported exception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp, mpf

import agrad
from agrad_special.compute import bessel, error, gamma
from agrad_special.compute.common import gaussian, hurwitz
from special import OPS

RANDOM = np.random.default_rng(0)
N = 40


def spread(low: float, high: float) -> np.ndarray:
    """Numbers of all magnitudes between two powers of ten."""
    return 10.0 ** RANDOM.uniform(low, high, N)


def even(low: float, high: float) -> np.ndarray:
    return RANDOM.uniform(low, high, N)


def around(x: float) -> np.ndarray:
    """Numbers ever closer to one, on both sides."""
    return x + spread(-15, -1) * RANDOM.choice([-1, 1], N)


def join(*parts: Any) -> np.ndarray:
    return np.concatenate(parts)


def pairs(*parts: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, ...]:
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


REAL = join(even(-1, 1), even(-6, 6), even(-26, 26), spread(-300, 0))
SIZES = join(even(-30, 30), spread(-100, 100), -spread(-5, 5))
NEAR = RANDOM.uniform(0.3, 3, N)

GRID: dict[str, tuple[tuple[np.ndarray, ...], float]] = {
    "erf": ((REAL,), 4),
    "erfc": ((REAL,), 6),
    "erfinv": ((join(even(-1, 1), 1 - spread(-15, 0), -spread(-300, 0)),), 6),
    "ndtr": ((join(REAL, even(-37.5, -20)),), 8),
    "log_ndtr": ((join(REAL, -spread(0, 100), even(-5, -3)),), 8),
    "ndtri": ((join(even(0, 1), spread(-60, 0), 1 - spread(-15, 0)),), 6),
    "gammaln": ((join(spread(-300, 300), even(0, 12), around(1), around(2)),), 4),
    "digamma": ((join(spread(-300, 300), even(0, 12), around(1), around(1.5)),), 12),
    "zeta": (pairs((1 + spread(-8, 1.5), spread(-2, 3)), (even(1.01, 30), even(0.1, 3))), 12),
    "betaln": (pairs((spread(-100, 100), spread(-100, 100)), (spread(-3, 3), spread(-3, 3))), 10),
    "i0": ((join(even(-80, 80), even(700, 713), spread(-100, 0)),), 8),
    "i1": ((join(even(-80, 80), even(700, 713), spread(-100, 0)),), 8),
    "i0e": ((SIZES,), 6),
    "i1e": ((SIZES,), 6),
    "expit": ((join(even(-40, 40), even(-700, 700)),), 4),
    "logit": ((join(even(0, 1), spread(-300, 0), 1 - spread(-15, -1), around(0.5)),), 4),
    "log_expit": ((join(even(-40, 40), spread(0, 300), -spread(0, 300)),), 4),
    "xlogy": (pairs((spread(-150, 150), spread(-150, 150)), (spread(-15, 15), spread(-15, 15))), 4),
    "xlog1py": (pairs((spread(-150, 150), spread(-150, 150)), (spread(-15, 15), spread(-15, 15))), 4),
    "entr": ((join(spread(-300, 100), around(1)),), 4),
    "rel_entr": (pairs((spread(-150, 150), spread(-150, 150)), (NEAR, NEAR * (1 + spread(-15, 0)))), 6),
    "kl_div": (pairs((spread(-150, 150), spread(-150, 150)), (NEAR, NEAR * (1 + spread(-15, 0)))), 8),
    "gamma": ((join(even(-5, 12), even(-170, 170), spread(-300, 0)),), 8),
    "exp1": ((join(spread(-300, 2.8), even(0, 3)),), 16),
    "expi": ((join(spread(-300, 2.84), -spread(-300, 2.8), even(0, 50)),), 24),
    "boxcox1p": (pairs((spread(-25, 2), even(-5, 5)), (even(0.1, 3), spread(-20, 0))), 24),
    "inv_boxcox1p": (pairs((spread(-25, 1), even(0, 5)), (even(0.1, 3), spread(-20, 0))), 24),
    "pseudo_huber": (pairs((spread(-5, 5), spread(-10, 5)), (even(0.1, 3), even(-3, 3))), 4),
    "huber": (pairs((spread(-5, 5), spread(-10, 5)), (even(0.1, 3), even(-3, 3))), 3),
    "erfcx": ((join(even(-9, 9), spread(-300, 3), -spread(-5, 1.4)),), 6),
    "dawsn": ((join(even(-9, 9), spread(-300, 1)),), 40),
    "sinc": ((join(even(-4, 4), spread(-10, 8)),), 4),
}
"""Arguments, and by how many units in the last place the formula may be off."""

FLOOR = {"betaln": 1.0, "digamma": 1e-3, "expi": 1.0}
"""Results below this, close to a zero of the function, are exact to digits of this only."""


class Formulas:
    """NumPy in which ``special`` holds the formulas, not SciPy's functions."""

    def __init__(self) -> None:
        self.special = self

    def __getattr__(self, name: str) -> Any:
        if name not in OPS or OPS[name].forward is None:
            return getattr(agrad.namespace("numpy")._raw, name)
        forward = OPS[name].forward
        assert forward is not None
        return lambda *x: forward(self, *x)


def worst(f: Callable[..., Any], reference: Any, x: tuple[np.ndarray, ...], dtype: str, floor: float = 0.0) -> Any:
    """The greatest error in units in the last place, and where it is."""
    with np.errstate(over="ignore"):
        x = tuple(column.astype(dtype) for column in x)
    info = np.finfo(dtype)
    inside = np.all([np.isfinite(column) & (np.abs(column) >= info.smallest_normal) for column in x], axis=0)
    x = tuple(column[inside] for column in x)
    with np.errstate(all="raise", under="ignore", over="ignore"):
        found = f(*x)
    assert found.dtype == dtype
    errors: list[Any] = [(0.0,)]
    for *point, y in zip(*(column.tolist() for column in x), found.tolist(), strict=True):
        with mp.workdps(400 if f is not gaussian and max(map(abs, point)) > 1e15 else 100):
            try:
                exact = reference(*map(mpf, point))
            except ZeroDivisionError:  # single precision has rounded the argument to an end of the domain
                continue
            if mp.isfinite(exact) and abs(exact) < float(info.max):
                size = max(abs(exact), floor, float(info.smallest_normal) / float(info.eps))
                errors.append((float(abs(mpf(y) - exact) / size / float(info.eps)), *point, y))
    assert len(errors) > N // 2
    return max(errors)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", GRID)
def test_to_the_last_digits(name: str, dtype: str) -> None:
    x, limit = GRID[name]
    reference = OPS[name].reference
    assert reference is not None
    found = worst(getattr(Formulas(), name), lambda *v: reference(mp, *v), x, dtype, FLOOR.get(name, 0.0))
    assert found[0] < limit, found


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ["gammaln", "digamma"])
def test_negative_numbers(name: str, dtype: str) -> None:
    x = -join(even(0.01, 10), even(10, 200))
    exact = {"gammaln": lambda v: mp.log(abs(mp.gamma(v))), "digamma": mp.digamma}[name]
    found = worst(getattr(Formulas(), name), exact, (x,), dtype, 1.0)
    assert found[0] < 20, found


def test_zeta_of_negative_numbers() -> None:
    s, q = RANDOM.integers(2, 12, N).astype(float), -even(0, 12)
    exact = lambda s, q: (-1) ** int(s) * mp.polygamma(int(s) - 1, q) / mp.factorial(int(s) - 1)  # noqa: E731
    assert worst(Formulas().zeta, exact, (s, q), "float64", 1.0)[0] < 20


def test_slope_of_zeta() -> None:
    x = even(1.01, 12), spread(-2, 3)
    found = worst(lambda s, q: gamma.zeta_slope(np, s, q), lambda s, q: mp.zeta(s, q, 1), x, "float64")
    assert found[0] < 40, found


def test_fall_of_digamma() -> None:
    one, other = spread(-5, 100), spread(-5, 100)
    x = np.maximum(one, other), np.minimum(one, other)
    found = worst(
        lambda a, d: gamma.digamma_fall(np, a, d), lambda a, d: mp.digamma(a) - mp.digamma(a + d), x, "float64"
    )
    assert found[0] < 10, found


def test_slope_of_i1() -> None:
    exact = lambda x: (mp.besseli(0, x) + mp.besseli(2, x)) / 2  # noqa: E731
    assert worst(bessel.i1_slope, exact, (even(-1, 1),), "float64")[0] < 3


def test_mills_and_gaussian() -> None:
    exact = lambda z: mp.npdf(z) / (mp.erfc(z / mp.sqrt(2)) / 2)  # noqa: E731
    assert worst(error.mills, exact, (join(even(4, 12), spread(1, 1.5)),), "float64")[0] < 3
    assert worst(lambda x: gaussian(np, x), lambda x: mp.exp(-x * x), (even(-26, 26),), "float64")[0] < 3


def test_the_tables_of_coefficients() -> None:
    with mp.workdps(40):
        root = mp.findroot(mp.digamma, 1.46)
        assert float(np.float32(gamma.ROOT)) == gamma.ROOT
        assert abs(root - gamma.ROOT - mpf(gamma.ROOT_REST)) < 2e-24
        for n in range(2, 40):
            assert abs(hurwitz(n, 2) / (mp.zeta(n) - 1) - 1) < 1e-14
        for n, c in enumerate(gamma.DIGAMMA, start=1):
            assert abs(c / (mp.polygamma(n, root) / mp.factorial(n)) - 1) < 1e-14


def test_extremes_of_the_quantile() -> None:
    """Down to the smallest numbers: the quantile of the probability gives it back."""
    for p in (1e-300, 1e-200, 1e-100, 1e-20, 0.02, 0.4):
        with mp.workdps(50):
            z = mpf(float(Formulas().ndtri(np.float64(p))))
            off = (mp.ncdf(z) - mpf(p)) / mp.npdf(z)  # how far z is from where it should be
            assert abs(off / z) < 2e-15


def test_infinite_arguments_of_bessel_functions() -> None:
    """Where SciPy's and PyTorch's functions are nan."""
    x = np.asarray([np.inf, -np.inf])
    assert Formulas().i0(x).tolist() == [np.inf, np.inf]
    assert Formulas().i1(x).tolist() == [np.inf, -np.inf]
