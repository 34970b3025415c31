"""`jacobian`, `hessian` and `hvp`: blocks of every container, both modes, holomorphic functions."""

import mpmath
import numpy as np
import pytest

import agrad

xp = agrad.namespace("numpy")
a = np.asarray([0.5, -1.0, 2.0])
z = np.asarray([1 + 2j, -0.5 + 1j])
both = pytest.mark.parametrize("mode", ["rev", "fwd", None])


def rosenbrock(x):
    return xp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


def rosenbrock_hessian(x):
    n = x.size
    h = np.zeros((n, n))
    for i in range(n - 1):
        h[i, i] += 1200 * x[i] ** 2 - 400 * x[i + 1] + 2
        h[i, i + 1] = h[i + 1, i] = -400 * x[i]
        h[i + 1, i + 1] += 200
    return h


@both
def test_jacobian_against_closed_forms(mode):
    m = np.arange(6.0).reshape(2, 3)
    np.testing.assert_allclose(agrad.jacobian(lambda x: m @ xp.sin(x), mode=mode)(a), m * np.cos(a))
    j = agrad.jacobian(lambda x: xp.linalg.outer(x, x), mode=mode)(a)
    e = np.eye(3)
    np.testing.assert_allclose(j, np.einsum("ik,j->ijk", e, a) + np.einsum("i,jk->ijk", a, e))


@both
def test_shapes(mode):
    x = np.ones((2, 3))

    def shape(f, x):
        return agrad.jacobian(f, mode=mode)(x).shape

    assert shape(lambda x: xp.sum(x), x) == (2, 3)
    assert shape(lambda x: x, x) == (2, 3, 2, 3)
    assert shape(lambda x: xp.sum(x, axis=0), x) == (3, 2, 3)
    assert shape(lambda x: x * x, 3.0) == ()
    assert shape(lambda x: xp.stack([x, x]), 3.0) == (2,)
    assert shape(lambda x: x * 2, np.ones(0)) == (0, 0)
    assert shape(lambda x: xp.sum(x) * np.ones(3), np.ones((0, 2))) == (3, 0, 2)
    assert shape(lambda x: x[:0], np.ones(2)) == (0, 2)


@both
def test_dtypes_and_kinds(mode):
    for dtype in (np.float32, np.float64):
        j = agrad.jacobian(lambda x: x * x * 2.0, mode=mode)(a.astype(dtype))
        assert (type(j), j.dtype) == (np.ndarray, dtype)
    j = agrad.jacobian(lambda x: x * x, mode=mode)(agrad.tensor(a))
    assert isinstance(j, agrad.Tensor)
    np.testing.assert_allclose(j.array, np.diag(2 * a))


@both
def test_containers(mode):
    def f(p, q, k=1):
        return {"a": p["x"] * q * k, "b": (xp.sum(q),)}

    p, q = {"x": np.asarray([1.0, 2.0]), "n": 3}, np.asarray([3.0, 4.0])
    j = agrad.jacobian(f, argnums=(0, 1), mode=mode)(p, q, k=2)
    np.testing.assert_allclose(j["a"][0]["x"], np.diag(2 * q))
    np.testing.assert_allclose(j["a"][1], np.diag(2 * p["x"]))
    np.testing.assert_array_equal(j["b"][0][0]["x"], [0.0, 0.0])
    np.testing.assert_array_equal(j["b"][0][1], [1.0, 1.0])
    assert j["a"][0]["n"] is None
    np.testing.assert_allclose(agrad.jacobian(f, argnums=-1, mode=mode)(p, q)["a"], np.diag(p["x"]))


@both
def test_integers_and_others_inside_containers_reach_the_function(mode):
    def f(p):
        assert p["name"] == "n"
        return p["x"][p["i"]] * p["k"]

    p = {"x": a, "i": np.asarray([0, 0]), "k": 3, "name": "n"}
    j = agrad.jacobian(f, mode=mode)(p)
    np.testing.assert_array_equal(j["x"], [[3.0, 0.0, 0.0], [3.0, 0.0, 0.0]])
    assert (j["i"], j["k"], j["name"]) == (None, None, None)


@both
def test_results_that_do_not_depend_on_the_argument(mode):
    np.testing.assert_array_equal(agrad.jacobian(lambda x: np.ones(2), mode=mode)(a), np.zeros((2, 3)))
    np.testing.assert_array_equal(agrad.jacobian(lambda x: 2.0, mode=mode)(a), np.zeros(3))
    np.testing.assert_array_equal(agrad.jacobian(lambda x, y: y, mode=mode)(a, a[:2]), np.zeros((2, 3)))


@both
def test_results_own_their_memory(mode):
    x = a.copy()
    j, k = agrad.jacobian(lambda x, y: x * y, argnums=(0, 1), mode=mode)(x, x)
    h = agrad.hessian(lambda x: xp.sum(x * x))(x)
    for v in (j, k, h):
        assert v.flags.writeable
        assert not np.shares_memory(v, x)
        v += 1
    np.testing.assert_array_equal(x, a)
    np.testing.assert_array_equal(agrad.jacobian(lambda x: x[0], mode=mode)(a), [1.0, 0.0, 0.0])


# Complex ----------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(
    ("f", "d"),
    [
        (lambda z: z**3, lambda z: 3 * z**2),
        (lambda z: xp.exp(z) / (z + 3), lambda z: np.exp(z) / (z + 3) - np.exp(z) / (z + 3) ** 2),
        (lambda z: z * 0 + 1j, lambda z: 0 * z),
        (lambda z: xp.conj(xp.sin(xp.conj(z))), np.cos),
        (lambda z: xp.real(z) + 1j * xp.imag(z), lambda z: 1 + 0 * z),
    ],
)
def test_holomorphic_functions_give_the_complex_derivative(f, d, mode):
    j = agrad.jacobian(f, mode=mode)(z)
    assert j.dtype == np.complex128
    np.testing.assert_allclose(j, np.diag(d(z)), rtol=1e-12, atol=1e-14)
    single = agrad.jacobian(f, mode=mode)(z.astype(np.complex64))
    assert single.dtype == np.complex64
    np.testing.assert_allclose(single, np.diag(d(z)), rtol=1e-5, atol=1e-5)


@both
def test_a_complex_matrix_function(mode):
    m = np.asarray([[2 + 1j, 1j], [0.5, 3 - 1j]])
    j = agrad.jacobian(lambda m: xp.linalg.inv(m), mode=mode)(m)
    inverse = np.linalg.inv(m)
    np.testing.assert_allclose(j, -np.einsum("ik,lj->ijkl", inverse, inverse), rtol=1e-12)


@both
@pytest.mark.parametrize(
    ("f", "name"),
    [
        (lambda z: xp.conj(z) * z, "conj"),
        (lambda z: xp.abs(z), "abs"),
        (lambda z: xp.real(z), "real"),
        (lambda z: 1j * xp.imag(z), "imag"),
        (lambda z: xp.sign(z), "sign"),
        (lambda z: z * xp.real(z[0]), "real"),
    ],
)
def test_other_functions_are_refused_by_name(f, name, mode):
    with pytest.raises(agrad.DtypeError, match=rf"holomorphic.*\b{name}\b") as caught:
        agrad.jacobian(f, mode=mode)(z)
    assert isinstance(caught.value, TypeError)


@both
@pytest.mark.parametrize("scale", [1.0, 1e4, 1e7, 1e20])
def test_holomorphy_is_judged_entry_by_entry(space, mode, scale):
    """However large another entry is: complex64 has seven digits, and the derivative by z[1] does not exist."""
    raw = space._raw
    z = raw.asarray([1 + 2j, -0.5 + 1j], dtype=raw.complex64)
    for f in (
        lambda z: scale * z[0] + space.conj(z[1]),
        lambda z: space.stack([scale * z[0] * z[1], space.conj(z[1])]),
        lambda z: space.conj(z) * space.asarray([scale, 1.0], dtype=space.complex64),
    ):
        with pytest.raises(agrad.DtypeError, match=r"not holomorphic.*\bconj\b"):
            agrad.jacobian(f, mode=mode)(z)


@both
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_entries_that_are_differences_of_large_numbers_are_held_to_their_rounding(space, mode, dtype):
    """The derivative of inv(m) @ (m @ z) is 1: what stands beside the diagonal is rounding, proportional to nothing."""
    rng = np.random.default_rng(0)
    m = rng.standard_normal((20, 20)) + 1j * rng.standard_normal((20, 20))
    n = np.linalg.inv(m)
    m, n, z = (space._raw.asarray(x, dtype=getattr(space._raw, dtype)) for x in (m, n, rng.standard_normal(20) + 1j))
    j = agrad.jacobian(lambda z: space.matmul(n, space.matmul(m, z)), mode=mode)(z)
    tolerance = 1e-4 if dtype == "complex64" else 1e-12
    np.testing.assert_allclose(np.asarray(space._backend.host(j)), np.eye(20), atol=tolerance)
    turned = agrad.jacobian(lambda z: space.conj(space.matmul(n, space.conj(space.matmul(m, z)))), mode=mode)
    np.testing.assert_allclose(
        np.asarray(space._backend.host(turned(z))),
        np.conj(np.asarray(space._backend.host(n))) @ np.asarray(space._backend.host(m)),
        rtol=10 * tolerance,
        atol=10 * tolerance,
    )


def test_a_function_with_a_real_result_is_refused():
    for mode in ("rev", "fwd"):
        with pytest.raises(agrad.DtypeError, match="real has no complex derivative"):
            agrad.jacobian(lambda z: xp.real(z), mode=mode)(z)


@both
def test_real_arguments_and_complex_results(mode):
    j = agrad.jacobian(lambda x: x * x * (1 + 2j), mode=mode)(a)
    assert j.dtype == np.complex128
    np.testing.assert_allclose(j, np.diag(2 * a * (1 + 2j)))


@both
def test_real_and_complex_arguments_together(mode):
    jx, jz = agrad.jacobian(lambda x, z: x * z, argnums=(0, 1), mode=mode)(a[:2], z)
    np.testing.assert_allclose(jx, np.diag(z))
    np.testing.assert_allclose(jz, np.diag(a[:2]))


# All at once, and in chunks ---------------------------------------------------------------------------


@both
@pytest.mark.parametrize("chunk_size", [1, 2, 3, 5, 100, None])
def test_chunks(space, mode, chunk_size):
    raw = space._raw
    x, y = raw.asarray(a.tolist(), dtype=raw.float64), raw.asarray([[1.0, 2.0], [0.5, -1.0]], dtype=raw.float64)

    def f(x, y):
        return {"a": space.linalg.outer(space.sin(x), y[0, :]), "b": space.sum(x) * y}

    def host(tree):
        return {k: [np.asarray(space._backend.host(v)) for v in pair] for k, pair in tree.items()}

    found = host(agrad.jacobian(f, argnums=(0, 1), mode=mode, chunk_size=chunk_size)(x, y))
    m = np.asarray([[1.0, 2.0], [0.5, -1.0]])
    np.testing.assert_allclose(found["a"][0], np.einsum("i,k,ij->ikj", np.cos(a), m[0], np.eye(3)), rtol=1e-12)
    wanted = np.zeros((3, 2, 2, 2))
    wanted[:, :, 0, :] = np.einsum("i,kl->ikl", np.sin(a), np.eye(2))
    np.testing.assert_allclose(found["a"][1], wanted, rtol=1e-12)
    np.testing.assert_allclose(found["b"][0], np.broadcast_to(m[..., None], (2, 2, 3)), rtol=1e-12)
    np.testing.assert_allclose(found["b"][1], np.sum(a) * np.eye(4).reshape(2, 2, 2, 2), rtol=1e-12)


@both
@pytest.mark.parametrize("chunk_size", [1, 2, None])
def test_chunks_of_holomorphic_functions(mode, chunk_size):
    j = agrad.jacobian(lambda z: xp.exp(z) * z[0], mode=mode, chunk_size=chunk_size)(z)
    e = np.exp(z)
    np.testing.assert_allclose(j, np.diag(e * z[0]) + np.stack([e, 0 * e], axis=1), rtol=1e-12)
    with pytest.raises(agrad.DtypeError, match="conj"):
        agrad.jacobian(lambda z: xp.conj(z) * z, mode=mode, chunk_size=chunk_size)(z)
    assert agrad.vmap(agrad.jacobian(lambda z: z * z, mode=mode))(np.stack([z, 2 * z])).shape == (2, 2, 2)
    with pytest.raises(agrad.DtypeError, match="conj"):
        agrad.vmap(agrad.jacobian(lambda z: xp.conj(z) * z, mode=mode))(np.stack([z, 2 * z]))


def test_a_function_runs_once():
    runs = []

    def f(x):
        runs.append(None)
        return xp.sin(x)

    for options in ({}, {"mode": "rev"}, {"mode": "fwd"}, {"chunk_size": 2}, {"mode": "rev", "chunk_size": 1}):
        runs.clear()
        agrad.jacobian(f, **options)(a)
        agrad.jacobian(lambda x: xp.stack([f(x)] * 2), **options)(a)
        assert len(runs) == 2, options
    runs.clear()
    agrad.jacobian(f, mode="fwd", chunk_size=2)(a)
    assert len(runs) == 3  # two directions one after the other, then the third
    runs.clear()
    agrad.hessian(lambda x: xp.sum(f(x)))(a)
    assert len(runs) == 1


def test_large_values_on_the_way_are_met_in_smaller_chunks(monkeypatch):
    from agrad.transforms import blocks

    seen = []
    trace = blocks.BatchTrace
    monkeypatch.setattr(blocks, "CACHED", 120)
    monkeypatch.setattr(blocks, "BatchTrace", lambda count: seen.append(count) or trace(count))

    def f(x):
        return xp.sum(xp.linalg.outer(x, x) ** 2, axis=0)

    x = np.linspace(1.0, 2.0, 6)
    expected = np.diag(2 * x * np.sum(x**2)) + 2 * np.outer(x**2, x)
    np.testing.assert_allclose(agrad.jacobian(f)(x), expected, rtol=1e-12)
    assert seen == [6, 3, 3]
    seen.clear()
    np.testing.assert_allclose(agrad.jacobian(f, chunk_size=4)(x), expected, rtol=1e-12)
    assert seen == [4]
    seen.clear()
    agrad.jacobian(lambda x: xp.concat([f(x), x]))(x)
    assert seen[0] == 6 and max(seen[1:]) == 3


# Errors -----------------------------------------------------------------------------------------------


def test_errors():
    with pytest.raises(ValueError, match=r"^hessian got chunk_size=0"):
        agrad.hessian(lambda x: x, chunk_size=0)
    with pytest.raises(ValueError, match="mode"):
        agrad.jacobian(lambda x: x, mode="reverse")
    with pytest.raises(TypeError):
        agrad.jacobian(lambda x: x, argnums=1)(a)
    for mode in ("rev", "fwd"):
        with pytest.raises(agrad.DtypeError, match="integer") as caught:
            agrad.jacobian(xp.argmax, mode=mode)(a)
        assert isinstance(caught.value, TypeError)
        with pytest.raises(agrad.DtypeError, match="int64"):
            agrad.jacobian(lambda x: x * 1.0, mode=mode)(np.asarray([1, 2]))
    with pytest.raises(agrad.NonScalarError) as caught:
        agrad.hessian(lambda x: x * x)(a)
    assert isinstance(caught.value, ValueError)
    with pytest.raises(agrad.DtypeError, match="complex"):
        agrad.hessian(lambda x: xp.sum(x) * 1j)(a)
    with pytest.raises(agrad.ShapeError, match=r"\(2,\)"):
        agrad.hvp(rosenbrock, (a,), (np.ones(2),))


def test_messages_name_the_transform():
    for what, call in {
        "hessian": lambda f, x: agrad.hessian(f)(x),
        "hvp": lambda f, x: agrad.hvp(f, (x,), (x,)),
        "value_and_grad": lambda f, x: agrad.value_and_grad(f)(x),
    }.items():
        with pytest.raises(agrad.NonScalarError, match=f"^{what} takes"):
            call(lambda x: x * x, a)
        with pytest.raises(agrad.NonScalarError, match=f"^{what} takes"):
            call(lambda x: "text", a)
        with pytest.raises(agrad.DtypeError, match=f"^{what} takes"):
            call(lambda x: xp.sum(x) * 1j, a)
        with pytest.raises(agrad.DtypeError, match=f"^{what} got the integer"):
            call(lambda x: x, 1)
    with pytest.raises(agrad.ShapeError, match=r"^hvp's tangent got shape"):
        agrad.hvp(rosenbrock, (a,), (np.ones(2),))
    with pytest.raises(agrad.DtypeError, match=r"^hvp's tangent has the structure"):
        agrad.hvp(rosenbrock, (a,), ([a],))
    with pytest.raises(TypeError, match=r"^hessian was asked for argument 1"):
        agrad.hessian(rosenbrock, argnums=1)(a)
    with pytest.raises(agrad.DtypeError, match=r"^jacobian got the integer"):
        agrad.jacobian(rosenbrock)(1)


# Hessians ---------------------------------------------------------------------------------------------


def test_a_hessian_runs_the_function_once():
    calls = []

    def counted(x):
        calls.append(None)
        return rosenbrock(x)

    for x in (a, np.linspace(-1, 1, 20)):
        agrad.hessian(counted)(x)
    assert len(calls) == 2


def test_hessians_on_every_backend(space):
    raw = space._raw
    x = raw.asarray([0.5, -1.0, 2.0], dtype=raw.float64)

    def f(p):
        return space.sum(p["x"] ** 3 * p["y"]) + p["y"] ** 2 + space.sum(2 * p["x"])

    h = agrad.hessian(f)({"x": x, "y": raw.asarray(2.0, dtype=raw.float64), "i": 3})
    blocks = {k: {m: np.asarray(space._backend.host(h[k][m])) for m in "xy"} for k in "xy"}
    np.testing.assert_allclose(blocks["x"]["x"], np.diag(12 * a))
    np.testing.assert_allclose(blocks["x"]["y"], 3 * a**2)
    np.testing.assert_allclose(blocks["y"]["x"], 3 * a**2)
    assert blocks["y"]["y"] == 2.0
    assert h["x"]["i"] is None and h.keys() == {"x", "y", "i"}
    assert h["i"] is None


def test_hessian_against_a_closed_form():
    np.testing.assert_allclose(agrad.hessian(rosenbrock)(a), rosenbrock_hessian(a), rtol=1e-12)
    np.testing.assert_allclose(
        agrad.hessian(rosenbrock)(a.astype(np.float32)), rosenbrock_hessian(a), rtol=1e-5, atol=1e-3
    )


@pytest.mark.parametrize("outer", ["rev", "fwd"])
@pytest.mark.parametrize("inner", ["rev", "fwd"])
def test_four_ways_to_a_hessian(inner, outer):
    h = agrad.jacobian(agrad.jacobian(rosenbrock, mode=inner), mode=outer)(a)
    np.testing.assert_allclose(h, rosenbrock_hessian(a), rtol=1e-12)


def test_third_derivatives():
    def f(x):
        return xp.sum(xp.sin(x) * x[::-1] ** 2)

    t = agrad.jacobian(agrad.hessian(f))(a)
    for p in ((0, 2, 1), (1, 0, 2), (2, 1, 0)):
        np.testing.assert_allclose(t, np.transpose(t, p), atol=1e-13)
    one = float(mpmath.diff(lambda s: mpmath.sin(s) * 4 + mpmath.sin(2) * s**2, 0.5, 3))
    np.testing.assert_allclose(t[0, 0, 0], one, rtol=1e-12)


def test_hessians_of_containers_and_of_several_arguments():
    h = agrad.hessian(lambda p: xp.sum(p["x"] ** 2 * p["y"]))({"x": np.asarray([1.0, 2.0]), "y": 3.0})
    np.testing.assert_allclose(h["x"]["x"], np.diag([6.0, 6.0]))
    np.testing.assert_allclose(h["x"]["y"], [2.0, 4.0])
    np.testing.assert_allclose(h["y"]["x"], [2.0, 4.0])
    assert h["y"]["y"] == 0.0
    (aa, ab), (ba, bb) = agrad.hessian(lambda a, b: a * b * b, argnums=(0, 1))(2.0, 3.0)
    assert (aa, ab, ba, bb) == (0.0, 6.0, 6.0, 4.0)
    assert agrad.hessian(lambda a, b: a * b**3, argnums=1)(2.0, 3.0) == 36.0


def test_hvp():
    v = np.asarray([1.0, 0.25, -2.0])
    np.testing.assert_allclose(agrad.hvp(rosenbrock, (a,), (v,)), rosenbrock_hessian(a) @ v, rtol=1e-12)
    x = np.linspace(-1, 1, 200)
    w = np.cos(np.arange(200))
    np.testing.assert_allclose(agrad.hvp(rosenbrock, (x,), (w,)), rosenbrock_hessian(x) @ w, rtol=1e-10)
    ga, gb = agrad.hvp(lambda a, b: a * b * b, (2.0, 3.0), (1.0, 0.5))
    assert (ga, gb) == (3.0, 8.0)
    assert agrad.hvp(lambda p: p["x"] ** 3, ({"x": 2.0},), ({"x": 1.0},))["x"] == 12.0
    found = agrad.hvp(rosenbrock, (agrad.tensor(a),), (v,))
    assert isinstance(found, agrad.Tensor)
    assert agrad.hvp(rosenbrock, (a.astype(np.float32),), (v,)).dtype == np.float32


def test_hvp_forms_no_hessian():
    n = 100_000
    x = np.linspace(0.0, 1.0, n)
    found = agrad.hvp(lambda x: xp.sum(x**3) * 2, (x,), (np.ones(n),))
    np.testing.assert_allclose(found, 12 * x)


def test_against_pytorch():
    torch = pytest.importorskip("torch")

    def f(ns, x):
        return (ns.tanh(x) * x.flip(0) if ns is torch else xp.tanh(x) * xp.flip(x)).sum() ** 2

    expected = torch.autograd.functional.hessian(lambda x: f(torch, x), torch.tensor(a))
    np.testing.assert_allclose(agrad.hessian(lambda x: f(xp, x))(a), expected.numpy(), rtol=1e-12)
