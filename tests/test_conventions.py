"""The pinned conventions: a test a row of the table in docs/conventions.md, in both modes and both precisions."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

import agrad

xp = agrad.namespace("numpy")
PAGE = Path(__file__).parents[1] / "docs" / "conventions.md"
COMPLEX = {np.float32: np.complex64, np.float64: np.complex128}
TOLERANCE = {np.float32: 2e-5, np.float64: 1e-12}
inf, nan = np.inf, np.nan
NOWHERE = complex(nan, nan)
EXTREMES = (2, -2, 1, -1, inf, -inf)
"""Orders of matrix norms that pick a largest or smallest singular value, column or row."""


@dataclass(frozen=True)
class Row:
    """A pinned value: the gradient of ``sum(f(*at))`` for each argument."""

    f: Callable
    at: tuple
    gradients: tuple
    second: tuple = ()
    """The derivative of the gradients as all arguments move by ones, where it is pinned."""

    def __call__(self, real):
        args = [_array(a, real) for a in self.at]
        expected = [_array(g, real) for g in self.gradients]
        every = tuple(range(len(args)))

        def total(*arguments):
            return xp.sum(self.f(*arguments))

        finite = all(np.isfinite(g).all() for g in expected)
        with np.errstate(all="ignore") if not finite else np.errstate(divide="raise", over="raise", invalid="raise"):
            found = agrad.grad(total, argnums=every)(*args)
            for k, (a, g, e) in enumerate(zip(args, found, expected, strict=True)):
                assert (g.dtype, g.shape) == (a.dtype, a.shape)
                np.testing.assert_allclose(g, e, rtol=TOLERANCE[real], atol=TOLERANCE[real], err_msg=f"reverse, {k}")
            for k, e in enumerate(expected):
                np.testing.assert_allclose(
                    _by_directions(total, args, k), e, rtol=TOLERANCE[real], atol=TOLERANCE[real],
                    err_msg=f"forward, {k}",
                )  # fmt: skip
        if self.second:
            self.twice(total, args, [_array(s, real) for s in self.second], real)

    def twice(self, total, args, expected, real):
        """By all ways to nest the modes."""
        every, ones = tuple(range(len(args))), tuple(np.ones_like(a) for a in args)

        def gradient(*xs):
            return agrad.grad(total, argnums=every)(*xs)

        def slope(*xs):
            return agrad.jvp(total, xs, ones)[1]

        with np.errstate(all="ignore"):
            ways = {
                "forward over reverse": agrad.jvp(gradient, tuple(args), ones)[1],
                "reverse over reverse": agrad.vjp(gradient, *args)[1](ones),
                "reverse over forward": agrad.grad(slope, argnums=every)(*args),
                "hvp": agrad.hvp(total, tuple(args), ones),
            }
            curve = agrad.jvp(slope, tuple(args), ones)[1]
        for way, found in ways.items():
            found = found if isinstance(found, tuple) else (found,)
            for g, e in zip(found, expected, strict=True):
                np.testing.assert_allclose(g, e, rtol=TOLERANCE[real], atol=TOLERANCE[real], err_msg=way)
        assert np.isnan(curve) == any(np.isnan(e).any() for e in expected)


def _array(values, real):
    x = np.asarray(values)
    if x.dtype.kind == "c":
        return x.astype(COMPLEX[real])
    return x.astype(real) if x.dtype.kind == "f" else x


def _by_directions(f, args, k):
    """The gradient for one argument, a directional derivative an entry: Re(conj(g) t) for t = 1 and i."""
    g = np.zeros_like(args[k])
    args = [xp.asarray(a) for a in args]
    for i in np.ndindex(g.shape):
        for unit in (1, 1j) if g.dtype.kind == "c" else (1,):
            t = np.zeros_like(g)
            t[i] = unit
            along = agrad.jvp(lambda x: f(*args[:k], x, *args[k + 1 :]), (args[k].array,), (t,))[1]
            assert along.dtype == g.real.dtype
            if np.isfinite(along):
                g[i] += unit * along
            else:
                g[i] = along
    return g


ROWS: dict[str, Callable] = {}


def value(key, f, at, *gradients, second=()):
    """A row that pins the value of a derivative, and of the second one if it says so."""
    ROWS[key] = Row(f, tuple(at), gradients, second)


def behaviour(key):
    """A row that pins something else, tested by a function of the real dtype."""

    def enter(check):
        ROWS[key] = check
        return check

    return enter


def _random(real, *shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(real)


def _random_complex(real, *shape, seed=0):
    return (_random(real, *shape, seed=seed) + 1j * _random(real, *shape, seed=seed + 1)).astype(COMPLEX[real])


def _close(found, expected, real, what=""):
    np.testing.assert_allclose(found, expected, rtol=10 * TOLERANCE[real], atol=10 * TOLERANCE[real], err_msg=what)


def _squared(w, v):
    return (v * w**2) @ v.mT


def _h(x):
    return np.conj(np.swapaxes(x, -1, -2))


# Complex numbers ------------------------------------------------------------------------------------

value("complex-steepest-ascent", lambda z: xp.abs(z) ** 2, [3 + 4j], 6 + 8j)
value("complex-holomorphic", lambda z: xp.real(z * z * z), [1 + 2j], -9 - 12j)
value("complex-imaginary-part", lambda z: xp.imag(z * z), [1 + 2j], 4 + 2j)
value("complex-conj", lambda z: xp.real((1 + 2j) * xp.conj(z)), [3 + 4j], 1 + 2j)
value("complex-real-argument", lambda x: xp.real(xp.exp(1j * x)), [np.pi / 6], -0.5)
value("complex-sign", lambda z: xp.real(xp.sign(z)), [3 + 4j], 0.128 - 0.096j)
value("complex-abs-at-0", lambda z: xp.abs(z), [[0j, 3 + 4j]], [0j, 0.6 + 0.8j],
      second=([NOWHERE, 0.128 - 0.096j],))  # fmt: skip
value("complex-sign-at-0", lambda z: xp.real(xp.sign(z)), [0j], 0j, second=(NOWHERE,))
value("irfft-unused-part", lambda z: (xp.fft.irfft(z, n=4) + xp.fft.irfftn(z, s=(4,)) + xp.fft.hfft(z, n=4))[1],
      [[1 + 2j, 3 + 4j, 5 + 6j]], [1.5 + 0j, 1j, -1.5 + 0j])  # fmt: skip


@behaviour("complex-adjoint")
def _(real):
    def f(z):
        return z * xp.conj(z) * xp.conj(z) + xp.abs(z)

    z, t, v = (_random_complex(real, 5, seed=s) for s in (0, 2, 4))
    along = agrad.jvp(f, (z,), (t,))[1]
    back = agrad.vjp(f, z)[1](v)[0]
    _close(np.real(np.vdot(v, along)), np.real(np.vdot(back, t)), real)


@behaviour("complex-jacobian")
def _(real):
    z = _random_complex(real, 3)
    for mode in ("rev", "fwd"):
        _close(agrad.jacobian(lambda z: xp.exp(z) * z, mode=mode)(z), np.diag(np.exp(z) * (1 + z)), real, mode)


@behaviour("complex-jacobian-not-holomorphic")
def _(real):
    for mode in ("rev", "fwd"):
        with pytest.raises(agrad.DtypeError, match="not holomorphic: conj"):
            agrad.jacobian(lambda z: z * xp.conj(z), mode=mode)(_random_complex(real, 3))


@behaviour("complex-grad")
def _(real):
    with pytest.raises(agrad.DtypeError, match="complex"):
        agrad.grad(lambda z: z * z)(_array(1 + 2j, real))


# Points without a derivative ------------------------------------------------------------------------

value("abs-at-0", lambda x: xp.abs(x), [[-2.0, -0.0, 0.0, 2.0]], [-1.0, 0.0, 0.0, 1.0], second=([0.0] * 4,))
value("sign", lambda x: xp.sign(x), [[-2.0, 0.0, 2.0]], [0.0, 0.0, 0.0], second=([0.0] * 3,))
value("hypot-at-0", lambda x, y: xp.hypot(x, y), [[0.0, 3.0], [0.0, 4.0]], [0.0, 0.6], [0.0, 0.8],
      second=([nan, 0.032], [nan, -0.024]))  # fmt: skip
value("atan2-at-0", lambda y, x: xp.atan2(y, x), [[0.0, 3.0], [0.0, 4.0]], [0.0, 0.16], [0.0, -0.12],
      second=([nan, -0.0496], [nan, 0.0272]))  # fmt: skip
value("copysign", lambda x, y: xp.copysign(x, y), [[0.0, 2.0, 2.0], [1.0, 0.0, -0.0]], [0.0, 1.0, -1.0], [0.0] * 3,
      second=([0.0] * 3, [0.0] * 3))  # fmt: skip
value("vector-norm-2-at-0", lambda x: xp.linalg.vector_norm(x), [[0.0, 0.0]], [0.0, 0.0], second=([nan, nan],))
value("vector-norm-1-at-0", lambda x: xp.linalg.vector_norm(x, ord=1), [[0.0, 3.0]], [0.0, 1.0], second=([nan, 0.0],))
value("vector-norm-p-at-0", lambda x: xp.linalg.vector_norm(x, ord=3), [[0.0, 0.0]], [0.0, 0.0],
      second=([nan, nan],))  # fmt: skip
value("vector-norm-0", lambda x: xp.linalg.vector_norm(x, ord=0), [[0.0, 3.0]], [0.0, 0.0], second=([0.0, 0.0],))
value("vector-norm-inf-tie", lambda x: xp.linalg.vector_norm(x, ord=inf) + xp.linalg.vector_norm(x, ord=-inf),
      [[-3.0, 1.0, 3.0, -1.0]], [-0.5, 0.5, 0.5, -0.5], second=([0.0] * 4,))  # fmt: skip
value("vector-norm-inf-at-0", lambda x: xp.linalg.vector_norm(x, ord=inf) + xp.linalg.vector_norm(x, ord=-inf),
      [[0.0, 0.0]], [0.0, 0.0], second=([nan, nan],))  # fmt: skip
value("matrix-norm-at-0", lambda x: sum(xp.linalg.matrix_norm(x, ord=p) for p in ("fro", "nuc", *EXTREMES)),
      [[[0.0, 0.0], [0.0, 0.0]]], [[0.0, 0.0], [0.0, 0.0]], second=([[nan, nan], [nan, nan]],))  # fmt: skip
value("matrix-norm-tie", lambda x: sum(xp.linalg.matrix_norm(x, ord=p) for p in EXTREMES),
      [[[2.0, 0.0], [0.0, -2.0]]], [[3.0, 0.0], [0.0, -3.0]])  # fmt: skip
value("svdvals-at-0", lambda x: xp.linalg.svdvals(x), [[[3.0, 0.0], [0.0, 0.0]]], [[1.0, 0.0], [0.0, 0.0]],
      second=([[nan, nan], [nan, nan]],))  # fmt: skip
value("std-of-constants", lambda x: xp.std(x), [[0.1, 0.1, 0.1]], [0.0, 0.0, 0.0], second=([nan] * 3,))
value("std-with-correction", lambda x: xp.std(x, correction=1), [[0.3, 0.3]], [0.0, 0.0], second=([nan, nan],))
value("maximum-tie", lambda x, y: xp.maximum(x, y), [[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]],
      [0.0, 0.5, 1.0], [1.0, 0.5, 0.0], second=([0.0] * 3, [0.0] * 3))  # fmt: skip
value("minimum-tie", lambda x, y: xp.minimum(x, y), [[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]],
      [1.0, 0.5, 0.0], [0.0, 0.5, 1.0], second=([0.0] * 3, [0.0] * 3))  # fmt: skip
value("max-tie", lambda x: xp.max(x, axis=0), [[[3.0, 1.0], [3.0, 2.0], [3.0, 2.0]]],
      [[1 / 3, 0.0], [1 / 3, 0.5], [1 / 3, 0.5]], second=([[0.0, 0.0]] * 3,))  # fmt: skip
value("min-tie", lambda x: xp.min(x), [[[1.0, 2.0], [1.0, 3.0]]], [[0.5, 0.0], [0.5, 0.0]], second=([[0.0, 0.0]] * 2,))
value("clip-ends", lambda x: xp.clip(x, 0.0, 1.0), [[-1.0, 0.0, 0.5, 1.0, 2.0]], [0.0, 1.0, 1.0, 1.0, 0.0])
value("clip-array-bounds", lambda x, low, high: xp.clip(x, low, high),
      [[-1.0, 0.0, 0.5, 1.0, 2.0], [0.0] * 5, [1.0] * 5],
      [0.0, 1.0, 1.0, 1.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0])  # fmt: skip
value("steps", lambda x: xp.floor(x) + xp.ceil(x) + xp.round(x) + xp.trunc(x), [[-1.5, 0.0, 0.5, 1.0]], [0.0] * 4)
value("floor-divide", lambda x, y: xp.floor_divide(x, y), [[4.0, 5.0], [2.0, 2.0]], [0.0, 0.0], [0.0, 0.0])
value("remainder-at-jump", lambda x, y: xp.remainder(x, y), [[4.0, 5.0, -5.0], [2.0, 2.0, 2.0]],
      [1.0, 1.0, 1.0], [-2.0, -2.0, 3.0])  # fmt: skip
value("max-nan", lambda x: xp.max(x) + xp.min(x), [[nan, 1.0, nan]], [1.0, 0.0, 1.0])
value("sqrt-at-0", lambda x: xp.sqrt(x), [0.0], inf)
value("where-harmless-argument", lambda x: xp.where(x > 0, xp.sqrt(xp.where(x > 0, x, 1.0)), 0.0),
      [[0.0, 4.0]], [0.0, 0.25])  # fmt: skip
value("logaddexp-tie-at-inf", lambda x, y: xp.logaddexp(x, y), [[inf, 0.0], [inf, 0.0]], [0.5, 0.5], [0.5, 0.5])
value("logaddexp-tie-at-minus-inf", lambda x, y: xp.logaddexp(x, y), [[-inf, 0.0], [-inf, -inf]],
      [0.5, 1.0], [0.5, 0.0])  # fmt: skip
value("sort-tie", lambda x: xp.sort(x) * xp.asarray([1.0, 10.0, 100.0], dtype=x.dtype),
      [[2.0, 2.0, 1.0]], [10.0, 100.0, 1.0])  # fmt: skip
value("unique-repeats", lambda x: xp.unique_values(x) * xp.asarray([1.0, 10.0], dtype=x.dtype),
      [[2.0, 1.0, 2.0]], [10.0, 1.0, 0.0])  # fmt: skip


@behaviour("where-untaken-branch")
def _(real):
    def f(x):
        return xp.where(x > 0, xp.sqrt(x), 0.0)

    zero, one = _array(0.0, real), _array(1.0, real)
    with np.errstate(all="ignore"):
        assert np.isnan(agrad.grad(f)(zero))
        assert agrad.jvp(f, (zero,), (one,))[1] == 0


@behaviour("sqrt-at-0-zero-cotangent")
def _(real):
    zero, one = _array([0.0], real), _array([1.0], real)
    with np.errstate(all="ignore"):
        assert np.isnan(agrad.vjp(xp.sqrt, zero)[1](0 * one)[0])
        assert np.isnan(agrad.jvp(xp.sqrt, (zero,), (0 * one,))[1])
    # a cotangent that is known to be zero stays out of it
    assert agrad.grad(lambda x: xp.sum(2 * x + agrad.stop_gradient(xp.sqrt(x))))(zero) == 2


# Exact where a shortcut is not ----------------------------------------------------------------------

value("prod-one-zero", lambda x: xp.prod(x), [[2.0, 0.0, 3.0]], [0.0, 6.0, 0.0])
value("prod-two-zeros", lambda x: xp.prod(x), [[2.0, 0.0, 0.0]], [0.0, 0.0, 0.0])
value("cumulative-prod-zero", lambda x: xp.cumulative_prod(x), [[2.0, 0.0, 3.0]], [1.0, 8.0, 0.0])
value("det-singular", lambda x: xp.linalg.det(x), [[[1.0, 2.0], [2.0, 4.0]]], [[4.0, -2.0], [-2.0, 1.0]])
value("det-rank-n-minus-2", lambda x: xp.linalg.det(x), [np.zeros((2, 3, 3)) + 1.0], np.zeros((2, 3, 3)))
value("pow-base-0", lambda x, y: x**y, [[0.0] * 4, [0.0, 1.0, 2.0, 3.5]], [0.0, 1.0, 0.0, 0.0], [0.0] * 4)
value("pow-negative-base", lambda x: x ** xp.asarray([2.0, 3.0, -1.0], dtype=x.dtype),
      [[-2.0, -2.0, -2.0]], [-4.0, 12.0, -0.25])  # fmt: skip
value("pow-negative-base-exponent", lambda y: xp.asarray([-2.0], dtype=y.dtype) ** y, [[2.0]], [nan])
value("norm-out-of-range", lambda x: xp.linalg.vector_norm(x) + xp.linalg.matrix_norm(x[None, :]) + 2**0.5 * xp.std(x),
      [[1e-30, -1e-30]], [3 * 0.5**0.5, -3 * 0.5**0.5])  # fmt: skip
value("take-repeats", lambda x: sum(xp.asarray([1.0, 10.0, 100.0], dtype=x.dtype) * y
      for i in [xp.asarray([0, 0, 1])] for y in (x[i], xp.take(x, i), xp.take_along_axis(x, i))),
      [[5.0, 6.0, 7.0]], [33.0, 300.0, 0.0])  # fmt: skip


@behaviour("assignment-repeats")
def _(real):
    x, v = _array([1.0, 2.0, 3.0], real), _array([5.0, 6.0, 7.0], real)
    weights = _array([1.0, 10.0, 100.0], real)

    def f(x, v):
        y = x + 0
        y[xp.asarray([0, 0, 2])] = v
        return xp.sum(y * weights)

    for mode, (gx, gv) in {
        "reverse": agrad.grad(f, argnums=(0, 1))(x, v),
        "forward": (_by_directions(f, [x, v], 0), _by_directions(f, [x, v], 1)),
    }.items():
        _close(gx, [0, 10, 0], real, mode)
        _close(gv, [0, 1, 100], real, mode)


@behaviour("zero-cotangent")
def _(real):
    def f(x):  # the inner derivatives arrive with cotangent x, which is 0
        return x * (xp.hypot(x + 1, 1.0) + xp.abs(x - 1) + xp.sqrt(x + 4))

    slope = 2 * (1 / np.sqrt(2) - 1 + 0.25)
    _close(agrad.grad(agrad.grad(f))(_array(0.0, real)), slope, real)
    _close(agrad.jvp(agrad.grad(f), (_array(0.0, real),), (_array(1.0, real),))[1], slope, real)


# Factors that are not unique ------------------------------------------------------------------------


def _hermitian(x):
    return x + _h(x)


def _tall(real):
    return _random_complex(real, 4, 2), _random_complex(real, 4, 2, seed=2)


def _check_adjoint(f, x, t, real):
    """Both modes agree, also for cotangents that depend on the gauge."""
    out, along = agrad.jvp(f, (x,), (t,))
    cts = tuple((_random_complex if y.dtype.kind == "c" else _random)(real, *y.shape, seed=8) for y in out)
    back = agrad.vjp(f, x)[1](cts)[0]
    left = sum(np.real(np.vdot(c, a)) for c, a in zip(cts, along, strict=True))
    _close(left, np.real(np.vdot(back, t)), real, "the modes are not adjoint")


@behaviour("eigh-phase")
def _(real):
    x, t = (_hermitian(_random_complex(real, 3, 3, seed=s)) for s in (0, 2))

    def f(x):
        return tuple(xp.linalg.eigh(x))

    (_, v), (_, dv) = agrad.jvp(f, (x,), (t,))
    _close(np.diagonal(_h(v) @ dv), np.zeros(3), real)
    _check_adjoint(f, x, t, real)


@behaviour("eig-phase")
def _(real):
    x, t = _random_complex(real, 3, 3), _random_complex(real, 3, 3, seed=2)

    def f(x):
        return tuple(xp.linalg.eig(x))

    (_, v), (_, dv) = agrad.jvp(f, (x,), (t,))
    _close(np.diagonal(_h(v) @ dv), np.zeros(3), real)
    _check_adjoint(f, x, t, real)


@behaviour("svd-phase")
def _(real):
    x, t = _tall(real)

    def f(x):
        return tuple(xp.linalg.svd(x, full_matrices=False))

    (u, _, vh), (du, _, dvh) = agrad.jvp(f, (x,), (t,))
    _close(np.diagonal(_h(u) @ du + vh @ _h(dvh)), np.zeros(2), real)
    _check_adjoint(f, x, t, real)


@behaviour("svd-completed-basis")
def _(real):
    x, t = _tall(real)

    def f(x):
        return tuple(xp.linalg.svd(x))

    (u, _, _), (du, _, _) = agrad.jvp(f, (x,), (t,))
    _close(_h(u[:, 2:]) @ du[:, 2:], np.zeros((2, 2)), real)
    _check_adjoint(f, x, t, real)


@behaviour("qr-phase")
def _(real):
    x, t = _tall(real)

    def f(x):
        return tuple(xp.linalg.qr(x))

    (_, r), (_, dr) = agrad.jvp(f, (x,), (t,))
    _close(np.imag(np.diagonal(dr) / np.diagonal(r)), np.zeros(2), real)
    _check_adjoint(f, x, t, real)


@behaviour("qr-completed-basis")
def _(real):
    x, t = _tall(real)

    def f(x):
        return tuple(xp.linalg.qr(x, mode="complete"))

    (q, _), (dq, _) = agrad.jvp(f, (x,), (t,))
    _close(_h(q[:, 2:]) @ dq[:, 2:], np.zeros((2, 2)), real)
    _check_adjoint(f, x, t, real)


@behaviour("hermitian-argument")
def _(real):
    a = _random(real, 3, 3)
    x = a @ a.T + 3 * np.eye(3, dtype=real)
    for f in (
        lambda x: xp.sum(xp.linalg.cholesky(x)),
        lambda x: xp.sum(xp.linalg.eigh(x)[1] ** 3),
        lambda x: xp.sum(xp.linalg.eigvalsh(x) ** 2),
    ):
        g = agrad.grad(f)(x)
        _close(g, g.T, real)
        _close(agrad.jvp(f, (x,), (np.triu(np.ones_like(x), 1) - np.tril(np.ones_like(x), -1),))[1], 0, real)


@behaviour("eigh-equal-values")
def _(real):
    x, t = np.diag(_array([2.0, 2.0, 5.0], real)), _hermitian(_random(real, 3, 3))
    (_, v), (_, dv) = agrad.jvp(lambda x: tuple(xp.linalg.eigh(x)), (x,), (t,))
    _close((v.T @ dv)[:2, :2], np.zeros((2, 2)), real)

    def projector(x):
        v = xp.linalg.eigh(x)[1][:, :2]
        return xp.sum((v @ v.mT) * xp.asarray(t))

    # to first order it turns by t[:2, 2] / (2 - 5) towards the third axis
    g = np.zeros((3, 3), dtype=real)
    g[:2, 2] = g[2, :2] = -t[:2, 2] / 3
    _close(agrad.grad(projector)(x), g, real)


@behaviour("eigvalsh-equal-values")
def _(real):
    x = 2 * np.eye(3, dtype=real)
    _close(agrad.grad(lambda x: xp.sum(xp.linalg.eigvalsh(x) ** 2))(x), 2 * x, real)


@behaviour("svd-equal-values")
def _(real):
    x, t = 2 * np.eye(3, dtype=real), _random(real, 3, 3)

    def polar(x):
        u, _, vh = xp.linalg.svd(x)
        return u @ vh

    _close(agrad.jvp(polar, (x,), (t,))[1], (t - t.T) / 4, real)
    back = agrad.vjp(polar, x)[1](t)[0]
    _close(back, (t - t.T) / 4, real)


value("svdvals-equal-values", lambda x: xp.linalg.svdvals(x), [[[2.0, 0.0], [0.0, 2.0]]], [[1.0, 0.0], [0.0, 1.0]],
      second=([[nan, nan], [nan, nan]],))  # fmt: skip
value("eigh-values-and-vectors", lambda x: _squared(*xp.linalg.eigh(x)), [[[2.0, 0.0], [0.0, 2.0]]],
      [[nan, nan], [nan, nan]])  # fmt: skip
value("qr-dependent-columns", lambda x: xp.linalg.qr(x)[0], [[[1.0, 2.0], [1.0, 2.0]]], [[nan, nan], [nan, nan]])


@behaviour("svd-values-and-vectors")
def _(real):
    def whole(x):  # x itself
        u, s, vh = xp.linalg.svd(x, full_matrices=False)
        return (u * s) @ vh

    for x in ([[2.0, 0.0], [0.0, 2.0]], [[2.0, 0.0], [0.0, 0.0], [0.0, 0.0]]):
        x = _array(x, real)
        assert np.isnan(agrad.vjp(whole, x)[1](x)[0]).any()
        assert np.isnan(agrad.jvp(whole, (x,), (np.ones_like(x),))[1]).any()
    x = _array([[2.0, 0.0], [0.0, 1.0]], real)
    _close(agrad.vjp(whole, x)[1](x)[0], x, real)


@behaviour("eigh-values-forward")
def _(real):
    x, t = 2 * np.eye(2, dtype=real), np.ones((2, 2), dtype=real)
    dw, dv = agrad.jvp(lambda x: tuple(xp.linalg.eigh(x)), (x,), (t,))[1]
    assert np.isnan(dw).all()
    _close(dv, np.zeros((2, 2)), real)
    _close(agrad.jvp(lambda x: xp.sum(xp.linalg.eigvalsh(x)), (x,), (t,))[1], 2, real)
    _close(agrad.grad(lambda x: xp.sum(xp.linalg.eigh(x)[0]))(x), np.eye(2), real)


@behaviour("eigh-close-values")
def _(real):
    def vector(x):
        return xp.linalg.eigh(x)[1][1, 0]

    def projector(x):
        v = xp.linalg.eigh(x)[1][:, :2]
        return xp.sum(v @ v.mT * xp.asarray(t))

    gap, t = np.finfo(real).eps ** (2 / 3), _hermitian(_random(real, 3, 3))
    x = np.diag(_array([2.0, 2.0 * (1 + gap), 5.0], real))
    assert np.isnan(agrad.grad(vector)(x)).any()
    expected = np.zeros_like(x)
    expected[:2, 2] = expected[2, :2] = -t[:2, 2] / 3
    np.testing.assert_allclose(agrad.grad(projector)(x), expected, rtol=0, atol=2 * gap)


# Dtype, shape, device -------------------------------------------------------------------------------

FUNCTIONS = {
    "sin": lambda x: xp.sin(x), "times a Python float": lambda x: 0.1 * x, "mean": lambda x: xp.mean(x),
    "prod": lambda x: xp.prod(x), "std": lambda x: xp.std(x), "max": lambda x: xp.max(x), "norm": xp.linalg.vector_norm,
    "where": lambda x: xp.where(x > 0, x, 0.0), "getitem": lambda x: x[1:], "sort": lambda x: xp.sort(x),
    "matmul": lambda x: x @ x, "fft": lambda x: xp.abs(xp.fft.fft(x)), "logaddexp": lambda x: xp.logaddexp(x, 0.0),
    "pow": lambda x: x**2.5, "cumulative_sum": lambda x: xp.cumulative_sum(x),
    "astype": lambda x: xp.astype(x, xp.float64),
}  # fmt: skip


@behaviour("dtype-of-the-argument")
def _(real):
    x = np.abs(_random(real, 4)) + 1
    for name, f in FUNCTIONS.items():
        g = agrad.grad(lambda x, f=f: xp.sum(f(x)))(x)
        assert g.dtype == real, name
        t = agrad.jvp(lambda x, f=f: xp.sum(f(x)), (x,), (x,))
        assert t[0].dtype == t[1].dtype == (np.float64 if name == "astype" else real), name


@behaviour("dtype-promotion")
def _(real):
    x, y = np.float32([1.0, 2.0]), np.float64([3.0, 4.0])
    gx, gy = agrad.grad(lambda x, y: xp.sum(x * y), argnums=(0, 1))(x, y)
    assert (gx.dtype, gy.dtype) == (np.float32, np.float64)
    assert agrad.jvp(lambda x: x * xp.asarray(y), (x,), (x,))[1].dtype == np.float64
    z = _array([1j, 2.0], real)
    g = agrad.grad(lambda x: xp.sum(xp.real(x * xp.asarray(z))))(_array([1.0, 2.0], real))
    assert g.dtype == real
    _close(g, [0.0, 2.0], real)


@behaviour("shape-and-device")
def _(real):
    for shape in ((), (0,), (1, 3), (2, 0, 3)):
        x, y = (np.ones(shape, dtype=real), np.ones((2, 3), dtype=real) if shape == (1, 3) else np.ones((), dtype=real))
        g = agrad.grad(lambda x, y=y: xp.sum(x * y))(x)
        assert isinstance(g, np.ndarray | np.generic)
        assert (g.shape, g.device) == (shape, x.device)
    _close(g, np.ones(shape), real)


@behaviour("independent-result")
def _(real):
    x = _array([1.0, 2.0], real)
    for f in (
        lambda x: 3.0,
        lambda x: xp.sum(xp.ones(2)),
        lambda x: xp.sum(xp.floor(x)) * 0 + xp.sum(xp.argsort(x)) * 1.0,
    ):
        g = agrad.grad(f)(x)
        assert (g.dtype, g.tolist()) == (real, [0, 0])
    t = agrad.jvp(lambda x: xp.ones(2, dtype=x.dtype), (x,), (x,))[1]
    assert (t.dtype, t.tolist()) == (real, [0, 0])


# Integers and booleans ------------------------------------------------------------------------------


@behaviour("integer-argument")
def _(real):
    for x in (np.asarray([1, 2]), np.asarray([True, False]), 3, xp.asarray([1, 2])):
        with pytest.raises(agrad.DtypeError) as caught:
            agrad.grad(lambda x: xp.sum(x * _array(1.0, real)))(x)
        assert isinstance(caught.value, TypeError)
    with pytest.raises(agrad.DtypeError):
        agrad.jvp(lambda x: x, (np.asarray([1, 2]),), (np.asarray([1, 2]),))
    with pytest.raises(agrad.DtypeError):
        xp.asarray([1, 2], requires_grad=True)


@behaviour("integer-leaf")
def _(real):
    state = {"w": _array([1.0, 2.0], real), "step": 3, "mask": np.asarray([True, False]), "name": "x"}

    def f(state):
        assert state["step"] == 3
        assert state["name"] == "x"
        return xp.sum(xp.where(xp.asarray(state["mask"]), state["w"] * state["step"], 0.0))

    g = agrad.grad(f)(state)
    _close(g["w"], [3.0, 0.0], real)
    assert (g["step"], g["mask"], g["name"]) == (None, None, None)


@behaviour("integer-constant")
def _(real):
    g = agrad.grad(lambda x: xp.sum(x * xp.astype(xp.asarray([2, 3]), x.dtype)))(_array([1.0, 1.0], real))
    _close(g, [2.0, 3.0], real)


# --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("real", [np.float64, np.float32])
@pytest.mark.parametrize("key", ROWS)
def test_convention(key, real):
    ROWS[key](real)


def test_table_and_tests_have_the_same_rows():
    documented = re.findall(r"^\| `([\w-]+)` \|", PAGE.read_text(), flags=re.MULTILINE)
    assert len(documented) == len(set(documented))
    assert set(documented) == set(ROWS)
