"""The special functions where they end: infinities, edges of domains, conventions, errors, reductions of nothing."""

from __future__ import annotations

import doctest
from importlib import import_module
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from mpmath import mp

import agrad
import strict
from agrad.errors import DtypeError, UnsupportedError
from special import OPS, ORDERS

strict.install()
BACKENDS = ["numpy", "jax", "torch", "array-api-strict"]
MOST = pytest.mark.parametrize(
    "xp", ["numpy", pytest.param("jax", marks=pytest.mark.slow), "torch", "array-api-strict"], indirect=True
)
"""JAX compiles each step of what runs eagerly; by default it is left out where that takes long."""


@pytest.fixture(params=BACKENDS)
def xp(request: Any) -> Any:
    """The namespace of each backend; JAX's numbers are of single precision here, as they come."""
    pytest.importorskip(request.param.replace("-", "_"))
    return agrad.namespace(request.param)


def numbers(y: Any) -> np.ndarray:
    return np.asarray([float(v) for v in y])


# Values -------------------------------------------------------------------------------------------------

EDGES: list[tuple[str, tuple[Any, ...], list[float]]] = [
    ("erf", ([0.0, inf, -inf, nan],), [0, 1, -1, nan]),
    ("erfc", ([0.0, inf, -inf, nan, 1e30],), [1, 0, 2, nan, 0]),
    ("erfinv", ([0.0, 1.0, -1.0, 1.5, nan],), [0, inf, -inf, nan, nan]),
    ("ndtr", ([0.0, inf, -inf, nan, -1e30, 1e30],), [0.5, 1, 0, nan, 0, 1]),
    ("log_ndtr", ([inf, nan, 1e30], ), [0, nan, 0]),
    ("ndtri", ([0.5, 0.0, 1.0, -0.5, 1.5, nan],), [0, -inf, inf, nan, nan, nan]),
    ("gammaln", ([1.0, 2.0, 0.0, -1.0, -4.0, inf, nan],), [0, 0, inf, inf, inf, inf, nan]),
    ("digamma", ([0.0, -0.0, -1.0, inf, nan],), [-inf, inf, nan, inf, nan]),
    ("zeta", ([1.0, 2.0, 2.0, 0.5, 2.5, nan], [2.0, 0.0, -1.0, 2.0, -0.5, 1.0]), [inf, inf, inf, nan, nan, nan]),
    ("betaln", ([1.0, 0.0, 1.0], [1.0, 1.0, 0.0]), [0, inf, inf]),
    ("i0", ([0.0, nan],), [1, nan]),
    ("i0e", ([0.0, inf, -inf, nan],), [1, 0, 0, nan]),
    ("i1", ([0.0, nan],), [0, nan]),
    ("i1e", ([0.0, inf, -inf, nan],), [0, 0, 0, nan]),
    ("expit", ([0.0, 800.0, -800.0, inf, -inf, nan],), [0.5, 1, 0, 1, 0, nan]),
    ("logit", ([0.5, 0.0, 1.0, 1.5, -0.5, nan],), [0, -inf, inf, nan, nan, nan]),
    ("log_expit", ([800.0, -800.0, inf, -inf, nan],), [0, -800, 0, -inf, nan]),
    ("xlogy", ([0.0, 0.0, 0.0, 0.0, 1.0, 1.0, nan], [0.0, inf, -1.0, nan, 0.0, -1.0, 1.0]),
     [0, 0, 0, nan, -inf, nan, nan]),
    ("xlog1py", ([0.0, 0.0, 0.0, 1.0, 1.0], [-1.0, inf, nan, -1.0, -2.0]), [0, 0, nan, -inf, nan]),
    ("entr", ([0.0, 1.0, -1.0, nan],), [0, 0, -inf, nan]),
    ("rel_entr", ([0.0, 0.0, 1.0, -1.0, 1.0, nan], [0.0, 1.0, 0.0, 1.0, -1.0, 1.0]), [0, 0, inf, inf, inf, nan]),
    ("kl_div", ([0.0, 0.0, 1.0, -1.0, 1.0, 1.0, nan], [0.0, 1.0, 0.0, 1.0, -1.0, 1.0, 1.0]),
     [0, 1, inf, inf, inf, 0, nan]),
    ("ellipk", ([0.0, 1.0, 2.0, nan],), [1.5707963, inf, nan, nan]),
    ("ellipe", ([0.0, 1.0, 2.0, nan],), [1.5707963, 1, nan, nan]),
    ("ellipkinc", ([0.0, 1.0, 3.1415926535], [0.5, 0.0, 0.5]), [0, 1, 3.7081494]),
    ("ellipeinc", ([0.0, 1.0, 3.1415926535], [0.5, 0.0, 0.5]), [0, 1, 2.7012878]),
    ("j0", ([0.0, nan],), [1, nan]),
    ("j1", ([0.0, nan],), [0, nan]),
    ("y0", ([0.0, nan, -1.0],), [-inf, nan, nan]),
    ("y1", ([0.0, nan, -1.0],), [-inf, nan, nan]),
    ("k0", ([0.0, inf, nan, -1.0],), [inf, 0, nan, nan]),
    ("k1e", ([0.0, inf, nan, -1.0],), [inf, 0, nan, nan]),
    ("kv", ([0.5, -0.5, 2.0, 1.0, nan], [0.0, 1.0, inf, -1.0, 1.0]), [inf, 0.4610685, 0, nan, nan]),
    ("iv", ([0.5, -0.5, 0.0, 1.0, 0.5, nan], [0.0, 1.0, 0.0, -1.0, -1.0, 1.0]),
     [0, 1.2312002, 1, -0.5651591, nan, nan]),
    ("ive", ([0.5, 0.0, 1.0, 0.5], [0.0, 0.0, -1.0, -1.0]), [0, 1, -0.2079104, nan]),
    ("gamma", ([0.0, -0.0, -1.0, inf, nan, 1e30],), [inf, -inf, nan, inf, nan, inf]),
    ("beta", ([1.0, 0.0, -0.5], [1.0, 1.0, 2.0]), [1, inf, -4]),
    ("exp1", ([0.0, -1.0, inf, nan],), [inf, nan, 0, nan]),
    ("expi", ([0.0, -inf, inf, nan],), [-inf, 0, inf, nan]),
    ("boxcox", ([0.0, 0.0, 2.0, -1.0, nan], [0.5, -1.0, 0.0, 1.0, 1.0]), [-2, -inf, 0.6931472, nan, nan]),
    ("boxcox1p", ([-1.0, -1.0, 1.0, -2.0], [0.5, -1.0, 0.0, 1.0]), [-2, -inf, 0.6931472, nan]),
    ("inv_boxcox", ([-2.0, 1.0, 0.0, -3.0], [0.5, 0.0, 2.0, 1.0]), [0, 2.7182818, 1, nan]),
    ("inv_boxcox1p", ([-2.0, 0.0, -3.0], [0.5, 2.0, 1.0]), [-1, 0, nan]),
    ("huber", ([1.0, -1.0, 0.0, nan], [2.0, 1.0, 3.0, 1.0]), [1.5, inf, 0, nan]),
    ("pseudo_huber", ([0.0, -1.0, 0.0, nan], [2.0, 1.0, 0.0, 1.0]), [0, inf, 0, nan]),
    ("erfcx", ([0.0, inf, -inf, nan, 1e30],), [1, 0, inf, nan, 0]),
    ("erfcinv", ([1.0, 0.0, 2.0, -0.5, 2.5, nan],), [0, inf, -inf, nan, nan, nan]),
    ("ndtri_exp", ([0.0, -inf, 1.0, nan],), [inf, -inf, nan, nan]),
    ("dawsn", ([0.0, inf, nan],), [0, 0, nan]),
    ("gammainc", ([1.0, 1.0, 0.0, inf, -1.0, nan], [0.0, inf, 1.0, 1.0, 1.0, 1.0]), [0, 1, 1, 0, nan, nan]),
    ("gammaincc", ([1.0, 1.0, 0.0, inf, -1.0, nan], [0.0, inf, 1.0, 1.0, 1.0, 1.0]), [1, 0, 0, 1, nan, nan]),
    ("betainc", ([1.0, 1.0, 2.0, -1.0, nan], [1.0, 1.0, 2.0, 1.0, 1.0], [0.0, 1.0, 0.5, 0.5, 0.5]),
     [0, 1, 0.5, nan, nan]),
    ("betaincc", ([1.0, 1.0, 2.0, -1.0, 1.0], [1.0, 1.0, 2.0, 1.0, 1.0], [0.0, 1.0, 0.5, 0.5, 1.5]),
     [1, 0, 0.5, nan, nan]),
    ("stdtr", ([1.0, 1.0, inf, -1.0], [0.0, 1.0, 1.96, 1.0]), [0.5, 0.75, 0.9750021, nan]),
    ("bdtr", ([2.0, 0.0, 3.0], [2.0, 2.0, 2.0], [0.5, 0.5, 0.5]), [1, 0.25, nan]),
    ("sinc", ([0.0, nan],), [1, nan]),
]  # fmt: skip


@MOST
@pytest.mark.parametrize(("name", "x", "expected"), EDGES, ids=[row[0] for row in EDGES])
def test_values(xp: Any, name: str, x: Any, expected: Any) -> None:
    found = numbers(getattr(xp.special, name)(*map(xp.asarray, x)))
    if (name, repr(xp)) == ("digamma", "agrad[jax]"):
        expected = [nan, nan, *expected[2:]]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "x", "expected"), [row for row in EDGES if row[0] != "log_ndtr"], ids=lambda row: str(row)[:8]
)
def test_the_standard_reports_nothing_that_is_an_answer(name: str, x: Any, expected: Any) -> None:
    space = agrad.namespace("array-api-strict")
    with np.errstate(all="raise", under="ignore"):
        getattr(space.special, name)(*map(space.asarray, x))


# Derivatives --------------------------------------------------------------------------------------------

LIMITS: list[tuple[str, int, int, tuple[float, ...], float]] = [
    ("erf", 0, 1, (1e30,), 0),
    ("erf", 0, 2, (1e30,), 0),
    ("erfc", 0, 1, (-1e30,), 0),
    ("erfinv", 0, 1, (1.0,), inf),
    ("ndtri", 0, 1, (0.0,), inf),
    ("ndtri", 0, 1, (1.0,), inf),
    ("log_ndtr", 0, 1, (1e30,), 0),
    ("log_ndtr", 0, 2, (-1e7,), -1),
    ("log_ndtr", 0, 1, (-1e18,), 1e18),
    ("i0e", 0, 1, (0.0,), 0),
    ("i1", 0, 1, (0.0,), 0.5),
    ("i1", 0, 2, (0.0,), 0),
    ("i1", 0, 3, (0.0,), 0.375),
    ("i1e", 0, 1, (0.0,), 0.5),
    ("expit", 0, 1, (-800.0,), 0),
    ("expit", 0, 2, (800.0,), 0),
    ("log_expit", 0, 1, (-800.0,), 1),
    ("log_expit", 0, 1, (800.0,), 0),
    ("log_expit", 0, 2, (-800.0,), 0),
    ("logit", 0, 1, (0.0,), inf),
    ("logit", 0, 1, (1.0,), inf),
    ("xlogy", 0, 1, (0.0, 0.0), -inf),
    ("xlogy", 1, 1, (0.0, 0.0), 0),
    ("xlogy", 1, 2, (0.0, 0.0), 0),
    ("xlogy", 0, 1, (0.0, 1.0), 0),
    ("xlog1py", 0, 1, (0.0, -1.0), -inf),
    ("xlog1py", 1, 1, (0.0, -1.0), 0),
    ("entr", 0, 1, (0.0,), inf),
    ("entr", 0, 2, (0.0,), -inf),
    ("entr", 0, 1, (-1.0,), nan),
    ("rel_entr", 0, 1, (0.0, 1.0), -inf),
    ("rel_entr", 0, 1, (1.0, 0.0), inf),
    ("rel_entr", 0, 1, (0.0, 0.0), 1),
    ("rel_entr", 1, 1, (0.0, 0.0), 0),
    ("rel_entr", 1, 1, (0.0, 1.0), 0),
    ("kl_div", 0, 1, (0.0, 1.0), -inf),
    ("kl_div", 0, 1, (0.0, 0.0), 0),
    ("kl_div", 1, 1, (0.0, 0.0), 1),
    ("kl_div", 1, 1, (0.0, 1.0), 1),
    ("kl_div", 0, 1, (0.3, 0.3), 0),
    ("kl_div", 1, 1, (0.3, 0.3), 0),
    ("sinc", 0, 1, (0.0,), 0),
    ("sinc", 0, 1, (inf,), 0),
    ("zeta", 0, 1, (2.0, -0.5), nan),
    ("zeta", 1, 1, (0.5, 0.5), nan),
    ("gammaln", 0, 1, (-1.0,), nan),
    ("gamma", 0, 1, (1.0,), -0.5772156649),
    ("ellipk", 0, 1, (0.0,), 0.3926990817),
    ("ellipe", 0, 1, (0.0,), -0.3926990817),
    ("ellipk", 0, 1, (2.0,), nan),
    ("ellipkinc", 1, 1, (0.0, 0.5), 0),
    ("j0", 0, 1, (0.0,), 0),
    ("j0", 0, 2, (0.0,), -0.5),
    ("j1", 0, 1, (0.0,), 0.5),
    ("j1", 0, 3, (0.0,), -0.375),
    ("kv", 0, 1, (0.0, 1.0), 0),
    ("kve", 0, 1, (-0.5, 1.0), -0.4528582638),
    ("iv", 1, 1, (-0.5, 1.0), 0.3220747809),
    ("exp1", 0, 1, (-1.0,), nan),
    ("expi", 0, 1, (-1.0,), -0.3678794412),
    ("boxcox", 1, 1, (1.0, 0.0), 0),
    ("boxcox", 1, 1, (0.0, 0.5), 4),
    ("boxcox1p", 1, 2, (1.0, 0.0), 0.1110082176),
    ("inv_boxcox", 1, 1, (1.0, 0.0), -1.3591409142),
    ("huber", 1, 1, (1.0, 1.0), 1),
    ("huber", 1, 2, (1.0, 1.0), 1),
    ("huber", 0, 1, (1.0, -3.0), 2),
    ("pseudo_huber", 0, 1, (0.0, 0.0), 0),
    ("pseudo_huber", 1, 1, (0.0, 0.0), 0),
    ("erfcx", 0, 1, (1e10,), -5.6418958e-21),
    ("erfcinv", 0, 1, (0.0,), -inf),
    ("ndtri_exp", 0, 1, (-1e20,), 7.0710678e-11),
    ("dawsn", 0, 1, (1e10,), -5e-21),
    ("dawsn", 0, 1, (0.0,), 1),
    ("gammainc", 0, 1, (2.0, 0.0), 0),
    ("gammainc", 1, 1, (1.0, 0.0), 1),
    ("gammainc", 1, 1, (0.5, 0.0), inf),
    ("betainc", 2, 1, (1.0, 2.0, 0.0), 2),
    ("betainc", 2, 1, (2.0, 0.5, 1.0), inf),
    ("betainc", 0, 1, (2.0, 2.0, 1.0), 0),
    ("stdtr", 1, 1, (1.0, 0.0), 0.3183098862),
    ("stdtr", 0, 1, (3.0, 0.0), 0),
]


@MOST
@pytest.mark.parametrize(("name", "argument", "order", "x", "expected"), LIMITS)
def test_derivatives(xp: Any, name: str, argument: int, order: int, x: Any, expected: float) -> None:
    f = getattr(xp.special, name)
    for _ in range(order):
        f = agrad.grad(f, argnums=argument)
    with np.errstate(all="ignore"):
        found = float(f(*(xp.asarray(v) for v in x)).array)
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=0)


@pytest.mark.parametrize("x", [0.0, 1e-300, 1e-12, 1e-3, -0.02])
def test_derivatives_of_sinc_near_0(x: float) -> None:
    f = agrad.namespace("numpy").special.sinc
    for order in range(5):
        with mp.workdps(700):  # the step is a part of x
            at_0 = [mp.mpf(1), mp.mpf(0), -(mp.pi**2) / 3, mp.mpf(0), mp.pi**4 / 5]
            expected = mp.diff(mp.sincpi, x, order, relative=True) if x else at_0[order]
        assert abs(float(f(x)) - expected) <= 1e-14 * abs(expected) + 1e-300, order
        f = agrad.grad(f)


def test_the_derivative_of_zeta_of_negative_numbers() -> None:
    for name in ("numpy", "array-api-strict"):
        space = agrad.namespace(name)
        for n, q in ((2.0, -0.5), (3.0, -7.25), (4.0, -1e-3)):
            found = float(agrad.grad(space.special.zeta, argnums=1)(space.asarray(n), space.asarray(q)).array)
            assert found == pytest.approx(float((-1) ** n * mp.polygamma(n, q) / mp.factorial(n - 1)), rel=1e-12)


@pytest.mark.parametrize(("name", "parameter"), [(name, p) for name, ps in ORDERS.items() for p in ps])
def test_what_has_no_derivative_is_refused_by_name(name: str, parameter: str) -> None:
    space = agrad.namespace("numpy")
    i = OPS[name].arguments.index(parameter)
    arguments = [space.asarray(0.5) for _ in OPS[name].arguments]
    arguments[i] = space.asarray(2.0)
    for transform in (lambda f: agrad.grad(f, argnums=i)(*arguments), lambda f: tangent(f, i, arguments)):
        with pytest.raises(
            UnsupportedError, match=f"special.{name} has no derivative for {parameter}: .*stop_gradient"
        ):
            transform(lambda *x: space.sum(getattr(space.special, name)(*x)))


def tangent(f: Any, i: int, arguments: list[Any]) -> Any:
    one = lambda v: f(*arguments[:i], v, *arguments[i + 1 :])  # noqa: E731
    return agrad.jvp(one, (arguments[i],), (agrad.namespace("numpy").asarray(1.0),))


# polygamma ----------------------------------------------------------------------------------------------


@MOST
@pytest.mark.parametrize("n", [0, 1, 2, 5, 20])
def test_polygamma_and_its_derivatives(xp: Any, n: int) -> None:
    x = [0.3, 1.7, 8.0, -0.4, -3.3]
    exact = "float64" in str(xp.asarray(x).dtype)
    if not exact and n > 5:
        return  # beyond single precision
    f = lambda x: xp.sum(xp.special.polygamma(n, x))  # noqa: E731
    for order in range(3):
        found = numbers(xp.special.polygamma(n, xp.asarray(x)) if order == 0 else f(xp.asarray(x)))
        expected = [float(mp.polygamma(n + order, mp.mpf(v))) for v in x]
        np.testing.assert_allclose(found, expected, rtol=1e-11 if exact else 2e-4)
        f = agrad.grad(f if order == 0 else (lambda x, f=f: xp.sum(f(x))))


@MOST
def test_plain_numbers(xp: Any) -> None:
    for name, args, expected in (("betaln", (2, 3.0), -np.log(12)), ("polygamma", (0, 1.0), -0.5772156649)):
        assert float(getattr(xp.special, name)(*args)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("n", [-1, 1.5, "1", 171])
def test_orders_that_polygamma_does_not_take(n: Any) -> None:
    space = agrad.namespace("numpy")
    with pytest.raises(ValueError, match="polygamma got the order"):
        space.special.polygamma(n, space.asarray([1.0]))


def test_polygamma_takes_lower_orders_in_single_precision() -> None:
    space = agrad.namespace("numpy")
    x = space.asarray([10.0], dtype=space.float32)
    assert space.special.polygamma(33, x).dtype == space.float32
    with pytest.raises(ValueError, match="overflows float32"):
        space.special.polygamma(35, x)


# logsumexp, softmax, log_softmax ------------------------------------------------------------------------

AXES: list[Any] = [None, 0, -1, (0, 2), (1,), (0, 1, 2)]


@MOST
@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("name", ["logsumexp", "softmax", "log_softmax"])
def test_axes(xp: Any, name: str, axis: Any) -> None:
    x = np.random.default_rng(0).normal(size=(2, 3, 4))
    f = getattr(xp.special, name)
    for options in ({"keepdims": True}, {}) if name == "logsumexp" else ({},):
        found = f(xp.asarray(x.tolist()), axis=axis, **options)
        reference = OPS[name].reference
        assert reference is not None
        exact = reference(mp, np.frompyfunc(mp.mpf, 1, 1)(x), axis=axis, **options)
        assert found.shape == np.shape(exact)
        np.testing.assert_allclose(np.asarray(found.array, dtype="float64"), np.asarray(exact, "float64"), rtol=1e-5)
        if "float64" in str(found.dtype):
            agrad.check_grads(lambda x, options=options: f(x, axis=axis, **options), (xp.asarray(x.tolist()).array,))


@MOST
def test_masked_rows(xp: Any) -> None:
    """An element of minus infinity takes no part, and a row of them has no gradient that is nan."""
    x = xp.asarray([[-inf, 0.0, 1.0], [-inf, -inf, -inf], [inf, 0.0, inf]])
    y = xp.special.logsumexp(x, axis=-1)
    np.testing.assert_allclose(numbers(y), [np.logaddexp(0, 1), -inf, inf], rtol=1e-6)
    g = agrad.vjp(lambda x: xp.special.logsumexp(x, axis=-1), x)[1](xp.ones(3))[0]
    share = 1 / (1 + np.e)
    third = 1 / 3
    expected = [[0, share, 1 - share], [third] * 3, [0.5, 0, 0.5]]
    np.testing.assert_allclose([numbers(g[i, :]) for i in range(3)], expected, rtol=1e-6)
    row = xp.asarray([-inf, 0.0, 1.0])
    for f in (xp.special.logsumexp, lambda x: xp.special.softmax(x)[2]):
        second = agrad.hessian(f)(row)
        assert bool(xp.all(xp.isfinite(second)))
        assert numbers(second[0, :]).tolist() == [0, 0, 0]
    logs = agrad.grad(lambda x: xp.special.log_softmax(x)[2])(row)
    np.testing.assert_allclose(numbers(logs), [0, -share, share], rtol=1e-5)


def test_far_apart_and_far_from_0(xp: Any) -> None:
    x = xp.asarray([1000.0, 1000.0, -1000.0])
    np.testing.assert_allclose(float(xp.special.logsumexp(x)), 1000 + np.log(2), rtol=1e-6)
    np.testing.assert_allclose(numbers(xp.special.softmax(x)), [0.5, 0.5, 0], rtol=1e-6)
    np.testing.assert_allclose(numbers(xp.special.log_softmax(x)), [-np.log(2)] * 2 + [-2000 - np.log(2)], rtol=1e-6)


def test_digits_of_what_is_close_to_0() -> None:
    space = agrad.namespace("numpy")
    assert float(space.special.logsumexp(space.asarray([0.0, -50.0]))) == pytest.approx(np.exp(-50), rel=1e-15)


@MOST
def test_infinite_maxima_of_softmax(xp: Any) -> None:
    for row in ([-inf, -inf], [inf, 0.0]):
        for f in (xp.special.softmax, xp.special.log_softmax):
            with np.errstate(all="raise"):
                assert np.isnan(numbers(f(xp.asarray(row)))).any()


@MOST
@pytest.mark.parametrize(("shape", "axis"), [((0, 3), 1), ((3, 0), 1), ((3, 0), 0), ((0,), None), ((), None)])
def test_nothing_to_add(xp: Any, shape: tuple[int, ...], axis: Any) -> None:
    x = xp.zeros(shape)
    y = xp.special.logsumexp(x, axis=axis)
    assert y.shape == xp.sum(x, axis=axis).shape
    if 0 in shape:
        assert bool(xp.all(y == -inf))
    assert agrad.grad(lambda x: xp.sum(xp.special.logsumexp(x, axis=axis)))(x).shape == shape
    for f in (xp.special.softmax, xp.special.log_softmax):
        assert f(x, axis=axis).shape == shape
        assert agrad.grad(lambda x, f=f: xp.sum(f(x, axis=axis)))(x).shape == shape


LIBRARIES_ALONE = {name for name, op in OPS.items() if not (op.forward or op.decomposition)} | {"jn", "yn"}
"""What is not computed in the standard."""


# Shapes, scalars and dtypes -----------------------------------------------------------------------------

ELEMENTWISE = sorted(name for name, op in OPS.items() if op.kind == "elementwise" and op.forward and name not in ORDERS)


@MOST
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_shapes(xp: Any, name: str) -> None:
    f, n = getattr(xp.special, name), OPS[name].arity
    shift = 1.2 if name == "zeta" else 0.0
    for shapes in [((), (), ()), ((0, 2), (2,), ()), ((3, 1), (4,), (1,))]:
        x = [xp.full(shape, 0.6 + shift) for shape in shapes[:n]]
        y = f(*x)
        assert y.shape == np.broadcast_shapes(*shapes[:n])
        for g, a in zip(agrad.grad(lambda *x: xp.sum(f(*x)), argnums=tuple(range(n)))(*x), x, strict=True):
            assert g.shape == a.shape
            assert g.dtype == a.dtype == y.dtype


@MOST
@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if OPS[name].arity == 2])
def test_numbers_beside_arrays(xp: Any, name: str) -> None:
    f = getattr(xp.special, name)
    x, number = xp.asarray([1.4, 2.5]), 1.75
    whole = xp.full((2,), number)
    for one, both in (((x, number), (x, whole)), ((number, x), (whole, x))):
        np.testing.assert_allclose(numbers(f(*one)), numbers(f(*both)), rtol=1e-6)
        i = 0 if one[0] is x else 1
        found, expected = (agrad.grad(lambda *x: xp.sum(f(*x)), argnums=i)(*args) for args in (one, both))
        np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-5)


@pytest.mark.parametrize("name", sorted(set(OPS) - LIBRARIES_ALONE))
@pytest.mark.parametrize("dtype", ["int64", "complex128"])
def test_the_standard_takes_real_floating_point_numbers_alone(name: str, dtype: str) -> None:
    space = agrad.namespace("array-api-strict")
    x = space.asarray([2, 3], dtype=getattr(space, dtype))
    args = {"polygamma": (1, x), "expn": (1, x), "multigammaln": (x, 1)}.get(name, (x,) * max(OPS[name].arity, 1))
    with pytest.raises(DtypeError, match=rf"{name} got an array of .*{dtype}"):
        getattr(space.special, name)(*args)


@MOST
@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of a library's own for what it cannot do
@pytest.mark.parametrize("name", sorted(OPS))
def test_complex_derivatives_are_right_or_refused(xp: Any, name: str) -> None:
    """Some libraries' functions take complex numbers; the derivative is then the complex one, or an error."""
    space = xp
    z, t = 0.3 + 0.2j, 1e-3
    op = OPS[name]
    if op.kind != "elementwise":
        return
    others = [space.asarray([0.4 - 0.1j])] * (op.arity - 1)
    f = lambda x: getattr(space.special, name)(x, *others)  # noqa: E731
    try:
        _, tangent = agrad.jvp(f, (space.asarray([z]),), (space.asarray([1.0 + 0j]),))
        along = [complex(f(space.asarray([z + d]))[0].item()) for d in (t, -t, 1j * t, -1j * t)]
    except (TypeError, RuntimeError, ValueError, NotImplementedError):
        return
    differences = [(along[0] - along[1]) / (2 * t), (along[2] - along[3]) / (2j * t)]
    np.testing.assert_allclose([complex(tangent[0].item())] * 2, differences, rtol=2e-3)


@pytest.mark.parametrize("name", sorted(LIBRARIES_ALONE))
def test_what_libraries_alone_have_is_refused_elsewhere(name: str) -> None:
    space = agrad.namespace("array-api-strict")
    arguments = [space.asarray(0.5) for _ in OPS[name].parameters]
    with pytest.raises(UnsupportedError, match="the backend 'array-api-strict' cannot compute 'special"):
        getattr(space.special, name)(*arguments)


# The records ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(OPS))
def test_docstrings(name: str) -> None:
    text = getattr(agrad.namespace("numpy").special, name).__doc__
    for heading in ("Parameters", "Returns", "Notes", "Examples"):
        assert f"\n{heading}\n{'-' * len(heading)}\n" in text
    for parameter in OPS[name].parameters:
        assert f"\n{parameter.name} : " in text
    assert max(map(len, text.splitlines())) <= 120
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert len(test.examples) > 2
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", sorted(OPS))
def test_cases_and_references(name: str) -> None:
    op = OPS[name]
    assert op.reference is not None
    assert len(op.cases) > 2
    assert op.forward or op.decomposition or op.native


def test_every_function_asked_for_is_there() -> None:
    wanted = """erf erfc erfinv gammaln digamma polygamma betaln expit logit log_expit logsumexp softmax log_softmax
        xlogy xlog1py entr rel_entr kl_div i0 i0e i1 i1e ndtr log_ndtr ndtri sinc zeta
        gamma beta psi multigammaln exp1 expi expn sici shichi boxcox boxcox1p inv_boxcox inv_boxcox1p huber
        pseudo_huber erfcx erfcinv ndtri_exp dawsn fresnel
        gammainc gammaincc gammaincinv gammainccinv betainc betaincc betaincinv betainccinv
        ellipk ellipe ellipkinc ellipeinc j0 j1 y0 y1 jv yv jn yn iv ive kv kve k0 k0e k1 k1e spherical_jn
        bdtr bdtrc fdtr fdtrc nbdtr chdtr chdtrc pdtr pdtrc stdtr stdtrit"""
    assert set(OPS) == set(wanted.split())


@pytest.mark.parametrize(("module", "backend"), [("scipy", "numpy"), ("jax", "jax"), ("torch", "torch")])
def test_natives_are_there_and_used(module: str, backend: str) -> None:
    pytest.importorskip(module)
    raw = agrad.namespace(backend)._raw.special
    found = {name: op.native[backend] for name, op in OPS.items() if isinstance(op.native.get(backend), str)}
    assert len(found) > 15
    for name, native in found.items():
        origin, _, function = native.partition(":")
        assert getattr(raw, name) is getattr(import_module(origin), function)


def test_the_page_names_what_is_refused_and_what_libraries_alone_have() -> None:
    page = (Path(__file__).parents[2] / "docs" / "special.md").read_text(encoding="utf-8")
    listed = page.partition("they raise:")[2].partition(".")[0]
    assert {name.strip(" \n`") for name in listed.split(",")} == LIBRARIES_ALONE
    refused = page.partition("|---|---|")[2].partition("```")[0]
    assert [name for name in ORDERS if f"`{name}`" not in refused] == []
