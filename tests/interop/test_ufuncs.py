"""`__array_ufunc__`: every ufunc of NumPy's on Tensors, its options and methods, and SciPy's by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
from following import XP, compare, follows

RNG = np.random.default_rng(3)
X = RNG.uniform(0.2, 0.9, (2, 3))
Y = RNG.uniform(1.1, 1.9, (2, 3))
REAL = np.asarray([-2.3, -0.6, 0.4, 1.7])
UFUNCS = {name: f for name in dir(np) if isinstance(f := getattr(np, name), np.ufunc)}
WITHOUT = {"bitwise_count", "frexp", "gcd", "isnat", "lcm", "spacing"}
"""Those that are computed of constants only."""
INTEGERS = {
    "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift",
    "bitwise_xor", "invert", "left_shift", "right_shift",
}  # fmt: skip
SQUARE = {"matmul": (2, 2), "matvec": (2, 1), "vecmat": (1, 2), "vecdot": (1, 1)}


def operands(name: str) -> list[np.ndarray]:
    f = UFUNCS[name]
    if name in SQUARE:
        return [RNG.normal(size=(3,) * n) for n in SQUARE[name]]
    if name in ("arccosh", "acosh"):
        return [Y]
    return [X, Y][: f.nin]


@pytest.mark.parametrize("name", sorted(set(UFUNCS) - WITHOUT - INTEGERS - {"ldexp", "nextafter"}))
def test_every_ufunc(name: str) -> None:
    follows(UFUNCS[name], *operands(name))


@pytest.mark.parametrize("name", sorted(WITHOUT | INTEGERS))
def test_of_constants(name: str) -> None:
    f = UFUNCS[name]
    args = [np.asarray([5, 12, 7]), np.asarray([2, 3, 1])][: f.nin]
    args = [np.asarray(args[0], dtype="float64")] if name in ("frexp", "spacing") else args
    args = [np.asarray(args[0], dtype="datetime64[s]")] if name == "isnat" else args
    if name != "isnat":
        compare(f(*map(XP.asarray, args)), f(*args))
    if name in ("frexp", "spacing"):
        with pytest.raises(TypeError, match=rf"numpy\.{name} got a Tensor.*custom_op"):
            f(XP.asarray(REAL, requires_grad=True))


@pytest.mark.parametrize("name", ["cbrt", "fabs", "fmax", "fmin", "fmod", "heaviside", "modf", "rint", "float_power"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
def test_dtypes_and_signs(name: str, dtype: str) -> None:
    f = UFUNCS[name]
    a = np.asarray([-7, -3, 2, 5], dtype=dtype)
    args = [a, np.asarray([3, 2, 4, 2], dtype=dtype)][: f.nin]
    compare(f(*map(XP.asarray, args)), f(*args), rtol=1e-6 if dtype == "float32" else 1e-12)


def test_ldexp() -> None:
    follows(lambda x: np.ldexp(x, np.asarray([1, -2, 3, 0])), REAL)


def test_mixed_operands() -> None:
    for other in (np.asarray([1.0, 2.0, 3.0, 4.0]), np.float64(2), 2, 2.5, [1.0, 2.0, 3.0, 4.0], np.float32(2)):
        follows(lambda x, other=other: np.arctan2(x, other) * np.subtract(other, x), REAL)
        got = np.add(other, XP.asarray(REAL.astype("float32")))
        assert got.dtype == np.add(other, REAL.astype("float32")).dtype


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.sin(x, dtype=np.float64),
        lambda x: np.add(x, 1.0, dtype="float64", casting="unsafe"),
        lambda x: np.vecdot(x[None, :], x[None, :], axis=0),
        lambda x: np.add.reduce(x), lambda x: np.add.reduce(x.reshape(2, 2), axis=None),
        lambda x: np.add.reduce(x.reshape(2, 2), axis=(0, 1), keepdims=True),
        lambda x: np.add.reduce(x, initial=3.0, where=[True, False, True, True]),
        lambda x: np.multiply.reduce(x, keepdims=True), lambda x: np.maximum.reduce(x, initial=0.5),
        lambda x: np.minimum.reduce(x, where=[True, False, True, False], initial=9.0),
        lambda x: np.subtract.reduce(x), lambda x: np.divide.reduce(x.reshape(2, 2), axis=1),
        lambda x: np.logaddexp.reduce(x), lambda x: np.logaddexp.reduce(x.reshape(2, 2), axis=0, keepdims=True),
        lambda x: np.hypot.reduce(x.reshape(2, 2), axis=1, keepdims=True),
        lambda x: np.add.accumulate(x), lambda x: np.multiply.accumulate(x.reshape(2, 2), axis=1),
        lambda x: np.maximum.accumulate(x), lambda x: np.logaddexp.accumulate(x),
        lambda x: np.multiply.outer(x, x[:2]), lambda x: np.subtract.outer([1.0, 2.0], x),
        lambda x: np.add.reduceat(x, [0, 2, 1]), lambda x: np.multiply.reduceat(x.reshape(2, 2), [0, 1], axis=1),
    ],
)  # fmt: skip
def test_options_and_methods(call: Callable[..., Any]) -> None:
    follows(call, REAL)


def test_where_computes_nothing_elsewhere() -> None:
    mask = np.asarray([True, False, True, True])

    def f(x: Any) -> Any:
        out = agrad.array_namespace(x).ones_like(x)
        return np.sqrt(x + 1, out=out, where=x + 1 > 0)

    x = np.asarray([0.5, -1.0, 2.0, 3.0])
    np.testing.assert_allclose(agrad.grad(lambda x: f(x).sum())(x), [0.5 / 1.5**0.5, 0, 0.5 / 3**0.5, 0.25])
    compare(np.log(XP.asarray(x), where=mask), np.log(x, where=mask, out=np.zeros(4)))


def test_out_is_a_tensor() -> None:
    def f(x: Any) -> Any:
        out = agrad.array_namespace(x).zeros_like(x)
        assert np.multiply(x, x, out=out) is out
        np.add(out, x, out)
        np.divmod(x, 2.0, out=(None, out[:2])) if x.ndim > 1 else None
        return out

    follows(f, REAL)
    leaf = XP.asarray(REAL, requires_grad=True)
    with pytest.raises(agrad.InPlaceError, match="leaf"):
        np.add(leaf, 1.0, out=leaf)
    with pytest.raises(TypeError, match=r"float64.*int64.*same_kind"):
        np.add(leaf, 1.0, out=XP.zeros(4, dtype=XP.int64))
    single = XP.zeros(4, dtype=XP.float32)
    assert np.add(leaf, 1.0, out=single).dtype == np.float32
    whole, part = XP.zeros(4), XP.zeros(4)
    assert np.modf(leaf, out=(whole, part))[0] is whole
    np.testing.assert_allclose(part.detach().array, np.trunc(REAL))


def test_out_is_an_array() -> None:
    array = np.ones(4)
    for call in (
        lambda t: np.add(t, 1.0, out=array),
        lambda t: np.add.reduce(t.reshape(2, 2), out=array[:2]),
        lambda t: array.__iadd__(t),
        lambda t: np.add.at(array, [0], t[:1]),
    ):
        with pytest.raises(TypeError, match=r"array = array \+ t"):
            call(XP.asarray(REAL, requires_grad=True))
    np.testing.assert_array_equal(array, np.ones(4))


@pytest.mark.parametrize("ufunc", [np.add, np.subtract, np.multiply, np.maximum, np.negative])
@pytest.mark.parametrize("key", [[0, 2, 2], slice(1, 3), np.asarray([True, False, True, False])])
def test_at(ufunc: Any, key: Any) -> None:
    def f(x: Any) -> Any:
        y = x * 1.5
        ufunc.at(y, key, *([np.float64(0.7)] if ufunc.nin == 2 else []))
        return y

    if not (ufunc is np.negative and isinstance(key, list)):
        follows(f, REAL, batched=False)


def test_at_with_followed_values() -> None:
    def f(x: Any, v: Any) -> Any:
        y = x * 1.5
        np.add.at(y, [0, 2, 2], v)
        np.multiply.at(y, ([1, 1],), v[:2])
        return y

    follows(f, REAL, np.asarray([0.3, 0.5, -0.8]), batched=False)


def test_scipy_special() -> None:
    special = pytest.importorskip("scipy.special", reason="scipy is not installed")
    from scipy.special import _ufuncs

    follows(_ufuncs.erf, REAL)
    follows(_ufuncs.xlogy, X, Y)
    follows(_ufuncs.gammaln, Y)
    follows(lambda x: _ufuncs._zeta(2.5, x), Y)
    with pytest.raises(TypeError, match=r"scipy\.special\.struve got a Tensor.*custom_op"):
        special.struve(1, XP.asarray(Y, requires_grad=True))
    compare(special.struve(1, XP.asarray(Y)), special.struve(1, Y))


def test_a_ufunc_of_somebody() -> None:
    square = np.frompyfunc(lambda x: x * x, 1, 1)
    with pytest.raises(TypeError, match=r"the ufunc .* got a Tensor.*custom_op"):
        square(XP.asarray(REAL, requires_grad=True))


def test_options_that_are_refused() -> None:
    t = XP.asarray(X, requires_grad=True)
    with pytest.raises(TypeError, match=r"numpy\.matmul with axes="):
        np.matmul(t, t.mT, axes=[(0, 1), (0, 1), (0, 1)])
    with pytest.raises(TypeError, match="one axis at a time"):
        np.hypot.reduce(t, axis=(0, 1))
    with pytest.raises(ValueError, match="needs initial="):
        np.maximum.reduce(t, where=X > 0.5)
