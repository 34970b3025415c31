"""`jvp`: values and tangents, containers, what is handed back, complex numbers, errors."""

import mpmath
import numpy as np
import pytest

import agrad

xp = agrad.namespace("numpy")
a = np.asarray([0.5, -1.0, 2.0])
v = np.asarray([1.0, 0.25, -2.0])


@pytest.mark.parametrize("x", [0.3, 1.7])
def test_against_mpmath(x):
    def f(x):
        return xp.sin(x) ** 3 / xp.exp(x * x) + xp.log(x)

    def exact(t):
        return mpmath.sin(t) ** 3 / mpmath.exp(t * t) + mpmath.log(t)

    out, t = agrad.jvp(f, (x,), (1.0,))
    np.testing.assert_allclose([out, t], [float(exact(mpmath.mpf(x))), float(mpmath.diff(exact, x))], rtol=1e-12)


def test_equals_the_product_with_a_matrix():
    m = np.arange(9.0).reshape(3, 3)
    out, t = agrad.jvp(lambda x: m @ xp.sin(x), (a,), (v,))
    np.testing.assert_allclose(out, m @ np.sin(a))
    np.testing.assert_allclose(t, m @ (np.cos(a) * v))


def test_several_primals_and_zero_tangents():
    def f(x, y):
        return x * y

    assert agrad.jvp(f, (2.0, 3.0), (1.0, 0.0)) == (6.0, 3.0)
    assert agrad.jvp(f, (2.0, 3.0), (0.0, 1.0)) == (6.0, 2.0)
    assert agrad.jvp(f, (2.0, 3.0), (None, 1.0)) == (6.0, 2.0)
    assert agrad.jvp(f, (2.0, 3.0), (None, None)) == (6.0, 0.0)
    assert agrad.jvp(f, [2.0, 3.0], [1, 1]) == (6.0, 5.0)


def test_containers():
    def f(p, q):
        return {"s": xp.sum(p["x"] * q[0]) * p["n"], "t": (p["x"], None, "text", 3), "i": xp.argmax(q[0])}

    p, q = {"x": a, "n": 2, "name": "n"}, [a[::-1].copy()]
    out, t = agrad.jvp(f, (p, q), ({"x": v, "n": None, "name": None}, [v]))
    np.testing.assert_allclose(out["s"], 2 * a @ a[::-1])
    np.testing.assert_allclose(t["s"], 2 * (v @ a[::-1] + a @ v))
    np.testing.assert_array_equal(out["t"][0], a)
    np.testing.assert_array_equal(t["t"][0], v)
    assert out["t"][1:] == (None, "text", 3)
    assert out["i"] == 0


def test_plain_and_tensor_results():
    out, t = agrad.jvp(lambda x: x * 2, (a,), (v,))
    assert type(out) is type(t) is np.ndarray
    for primal, tangent in ((agrad.tensor(a), v), (a, agrad.tensor(v)), (agrad.tensor(a), agrad.tensor(v))):
        out, t = agrad.jvp(lambda x: x * 2, (primal,), (tangent,))
        assert isinstance(out, agrad.Tensor)
        assert isinstance(t, agrad.Tensor)
        assert not out.requires_grad
        assert not t.requires_grad


@pytest.mark.parametrize(
    "f", [lambda x: 3.0, lambda x: np.ones(2), lambda x: xp.argmax(x), lambda x: xp.asarray([1, 2])]
)
def test_results_that_do_not_depend_on_the_primal(f):
    out, t = agrad.jvp(f, (a,), (v,))
    assert np.shape(out) == np.shape(t)
    assert not np.any(t)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_dtypes(dtype):
    out, t = agrad.jvp(lambda x: x * 2.0 + 1, (a.astype(dtype),), (v,))
    assert out.dtype == t.dtype == dtype
    out, t = agrad.jvp(lambda x: xp.abs(x), (a.astype(dtype),), (v,))
    assert out.dtype == t.dtype
    out, t = agrad.jvp(lambda x: xp.astype(x, xp.complex128), (a.astype(dtype),), (v,))
    assert out.dtype == t.dtype == np.complex128


def test_results_own_their_memory():
    x, tangent = a.copy(), v.copy()
    out, t = agrad.jvp(lambda x: (x, x[::-1], x + 0, xp.broadcast_to(x, (2, 3))), (x,), (tangent,))
    found = [*out, *t]
    for i, w in enumerate(found):
        assert w.flags.writeable
        assert not any(np.shares_memory(w, u) for u in (x, tangent, *found[:i]))
        w += 1
    np.testing.assert_array_equal(x, a)
    np.testing.assert_array_equal(tangent, v)


def test_complex_directions():
    z, w = a + 1j * a[::-1], v - 2j
    _out, t = agrad.jvp(lambda z: xp.conj(z) * z + xp.exp(z), (z,), (w,))
    np.testing.assert_allclose(t, np.conj(w) * z + np.conj(z) * w + np.exp(z) * w, rtol=1e-14)
    _, t = agrad.jvp(xp.abs, (z,), (w,))
    np.testing.assert_allclose(t, np.real(np.conj(z) * w) / np.abs(z), rtol=1e-14)
    _, t = agrad.jvp(lambda x: x * z, (a,), (v,))
    np.testing.assert_allclose(t, v * z)


def test_against_the_pullback():
    def f(x, y):
        return xp.linalg.solve(xp.eye(3) * 2 + xp.linalg.outer(x, y), xp.cumulative_sum(x * y))

    w = np.asarray([1.0, -1.0, 0.5])
    _, t = agrad.jvp(f, (a, v), (v, a))
    gx, gy = agrad.vjp(f, a, v)[1](w)
    np.testing.assert_allclose(w @ t, gx @ v + gy @ a, rtol=1e-12)


def test_leaves_of_a_closure_and_in_directions():
    w = agrad.tensor(2.0, requires_grad=True)
    _, t = agrad.jvp(lambda x: w * w * x * x, (3.0,), (1.0,))
    t.backward()
    assert (t.item(), w.grad.item()) == (24.0, 24.0)
    w.grad = None
    _, t = agrad.jvp(xp.sin, (3.0,), (w,))
    t.backward()
    np.testing.assert_allclose(w.grad.item(), np.cos(3.0))


ERRORS = {
    "number": (lambda: agrad.jvp(lambda x: x, (a,), (v, v)), agrad.ShapeError, ValueError, "tangent"),
    "shape": (lambda: agrad.jvp(lambda x: x, (a,), (np.ones(2),)), agrad.ShapeError, ValueError, r"\(2,\)"),
    "broadcast": (lambda: agrad.jvp(lambda x: x, (a,), (1.0,)), agrad.ShapeError, ValueError, r"\(3,\)"),
    "structure": (lambda: agrad.jvp(lambda x: x[0], ([a],), (v,)), agrad.AgradError, TypeError, "structure"),
    "keys": (lambda: agrad.jvp(lambda d: d["x"], ({"x": a},), ({"y": v},)), agrad.AgradError, TypeError, "structure"),
    "count": (lambda: agrad.jvp(lambda d: d[0], ([a, a],), ([v],)), agrad.AgradError, TypeError, "structure"),
    "complex": (lambda: agrad.jvp(lambda x: x, (a,), (1j * v,)), agrad.DtypeError, TypeError, "complex"),
    "integer": (lambda: agrad.jvp(lambda x: x, (1,), (1,)), agrad.DtypeError, TypeError, r"1\.0"),
    "integers": (lambda: agrad.jvp(xp.sum, (np.asarray([1]),), (np.ones(1),)), agrad.DtypeError, TypeError, "int64"),
    "string": (lambda: agrad.jvp(lambda x: x, ("a",), (1.0,)), agrad.BackendError, TypeError, "str"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "builtin", "message"), ERRORS.values(), ids=ERRORS)
def test_errors_are_agrads_and_built_in_ones(call, error, builtin, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, agrad.AgradError)
    assert isinstance(caught.value, builtin)
