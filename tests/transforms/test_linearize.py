"""`linearize`: the function once, its linear map any number of times."""

import numpy as np
import optree
import pytest

import agrad

xp = agrad.namespace("numpy")
a = np.asarray([0.5, -1.0, 2.0])
v = np.asarray([1.0, 0.25, -2.0])


def test_equals_jvp_and_runs_the_function_once():
    calls = []

    def f(x, p):
        calls.append(None)
        return {"y": xp.sin(x) * p["k"], "s": (xp.sum(x),)}

    out, f_jvp = agrad.linearize(f, a, {"k": 2.0, "n": 1})
    np.testing.assert_allclose(out["y"], 2 * np.sin(a))
    for scale in (1.0, 0.0, -3.0):
        found = f_jvp(scale * v, {"k": scale, "n": None})
        _, expected = agrad.jvp(f, (a, {"k": 2.0, "n": 1}), (scale * v, {"k": scale, "n": None}))
        np.testing.assert_allclose(found["y"], expected["y"], atol=1e-15)
        np.testing.assert_allclose(found["s"][0], expected["s"][0], atol=1e-15)
    assert len(calls) == 1 + 3


def test_is_linear():
    _, f_jvp = agrad.linearize(lambda x: xp.exp(x) / xp.sum(x * x), a)
    np.testing.assert_allclose(f_jvp(2 * v + a), 2 * f_jvp(v) + f_jvp(a), rtol=1e-13)


def test_complex():
    z, w = a + 1j, v - 2j
    _, f_jvp = agrad.linearize(lambda z: xp.conj(z) * z + xp.exp(z), z)
    for t in (w, 1j * w):
        np.testing.assert_allclose(f_jvp(t), np.conj(t) * z + np.conj(z) * t + np.exp(z) * t, rtol=1e-13)
    _, f_jvp = agrad.linearize(lambda x: x * z, a)
    np.testing.assert_allclose(f_jvp(v), v * z)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_dtype(dtype):
    out, f_jvp = agrad.linearize(lambda x: xp.sin(x), a.astype(dtype))
    assert out.dtype == f_jvp(v.astype(dtype)).dtype == dtype


def test_results_that_do_not_depend_on_the_primal():
    out, f_jvp = agrad.linearize(lambda x: 3.0, a)
    assert (out, float(f_jvp(v))) == (3.0, 0.0)
    out, f_jvp = agrad.linearize(lambda x: (xp.argmax(x), x * 2), a)
    assert out[0] == 2
    np.testing.assert_array_equal(f_jvp(v)[1], 2 * v)


@pytest.mark.parametrize(
    "f",
    [
        lambda x: xp.argmax(x),
        lambda x: (xp.argmax(x), x * 2, "text", 3, {"mask": x > 0, "none": None}),
        lambda x: {"i": np.asarray([1, 2]), "y": 2.0},
    ],
)
def test_results_without_a_derivative_have_the_tangents_of_jvp(f):
    out, f_jvp = agrad.linearize(f, a)
    expected, tangent = agrad.jvp(f, (a,), (v,))
    for found, wanted in ((out, expected), (f_jvp(v), tangent)):
        found, structure = optree.tree_flatten(found, none_is_leaf=True)
        wanted, same = optree.tree_flatten(wanted, none_is_leaf=True)
        assert structure == same
        for x, y in zip(found, wanted, strict=True):
            assert getattr(x, "dtype", None) == getattr(y, "dtype", None)
            np.testing.assert_array_equal(x, y)


def test_messages_name_linearize():
    with pytest.raises(agrad.DtypeError, match=r"^linearize got the integer 1"):
        agrad.linearize(lambda x: x, 1)
    with pytest.raises(agrad.DtypeError, match=r"^linearize got an array of dtype int64"):
        agrad.linearize(lambda x: x, np.asarray([1]))
    _, f_jvp = agrad.linearize(lambda x: x, a)
    with pytest.raises(agrad.ShapeError, match=r"^linearize's tangent got shape"):
        f_jvp(np.ones(2))
    with pytest.raises(agrad.DtypeError, match=r"^linearize's tangent has the structure"):
        f_jvp(a, a)
    with pytest.raises(agrad.DtypeError, match=r"^linearize's tangent is complex"):
        f_jvp(a * 1j)


def test_inside_other_transforms():
    def slope(x):
        return agrad.linearize(lambda y: y * y * x, x)[1](1.0)  # 2 x * x

    assert agrad.grad(slope)(3.0) == 12.0
    assert agrad.jvp(slope, (3.0,), (1.0,)) == (18.0, 12.0)
    assert agrad.hessian(slope)(3.0) == 4.0
    _, f_jvp = agrad.linearize(lambda x: x**3, 2.0)
    assert agrad.grad(lambda t: f_jvp(t) ** 2)(1.0) == 288.0


def test_leaves_of_a_closure():
    w = agrad.tensor(2.0, requires_grad=True)
    _, f_jvp = agrad.linearize(lambda x: w * x * x, 3.0)
    t = f_jvp(1.0)
    t.backward()
    assert (t.item(), w.grad.item()) == (12.0, 6.0)


def test_memory_and_errors():
    x, direction = a.copy(), v.copy()
    out, f_jvp = agrad.linearize(lambda x: x, x)
    found = [out, f_jvp(direction), f_jvp(direction)]
    for i, w in enumerate(found):
        assert w.flags.writeable
        assert not any(np.shares_memory(w, u) for u in (x, direction, *found[:i]))
    with pytest.raises(agrad.ShapeError, match=r"\(2,\)"):
        f_jvp(np.ones(2))
    with pytest.raises(agrad.DtypeError, match="integer"):
        agrad.linearize(lambda x: x, 1)
