"""`grad`, `value_and_grad` and `vjp`: arguments, containers, results, dtypes, complex numbers, memory, errors."""

import itertools
from collections import OrderedDict, namedtuple

import mpmath
import numpy as np
import pytest

import agrad

xp = agrad.namespace("numpy")
Layer = namedtuple("Layer", ["w", "b"])
a = np.asarray([0.5, -1.0, 2.0])


def quadratic(x):
    return xp.sum(x * x)


def leaf(data):
    return agrad.tensor(data, requires_grad=True)


# Values -----------------------------------------------------------------------------------------------

SCALAR = {
    "polynomial": (lambda x: x**3 - 2 * x * x + x / 3, lambda t: t**3 - 2 * t * t + t / 3),
    "sine": (lambda x: xp.sin(x * x) * xp.exp(-x), lambda t: mpmath.sin(t * t) * mpmath.exp(-t)),
    "quotient": (lambda x: xp.tanh(x) / (1 + x**4), lambda t: mpmath.tanh(t) / (1 + t**4)),
    "power": (lambda x: x**x, lambda t: t**t),
    "log": (
        lambda x: xp.log1p(x) * xp.sqrt(x) - xp.atan(x),
        lambda t: mpmath.log1p(t) * mpmath.sqrt(t) - mpmath.atan(t),
    ),
}


@pytest.mark.parametrize(("f", "exact"), SCALAR.values(), ids=SCALAR)
@pytest.mark.parametrize("x", [0.3, 1.0, 2.7])
def test_gradients_against_mpmath(f, exact, x):
    value, slope = agrad.value_and_grad(f)(x)
    np.testing.assert_allclose(value, float(exact(mpmath.mpf(x))), rtol=1e-14)
    np.testing.assert_allclose(slope, float(mpmath.diff(exact, x)), rtol=1e-12)
    np.testing.assert_allclose(agrad.vjp(f, x)[1](2.0)[0], 2 * float(mpmath.diff(exact, x)), rtol=1e-12)


def test_one_function_for_arrays_and_for_tensors():
    def f(x):
        ns = agrad.array_namespace(x)
        return ns.sum(ns.sin(x) ** 2)

    np.testing.assert_allclose(f(a), np.sum(np.sin(a) ** 2))
    np.testing.assert_allclose(agrad.grad(f)(a), np.sin(2 * a), rtol=1e-14)


# What is handed back ------------------------------------------------------------------------------------


def test_plain_arrays_give_plain_arrays():
    value, g = agrad.value_and_grad(quadratic)(a)
    assert type(g) is np.ndarray
    assert isinstance(value, np.ndarray | np.generic)
    out, pullback = agrad.vjp(lambda x: x * 2, a)
    assert type(out) is type(pullback(a)[0]) is np.ndarray


def test_floats_give_zero_dimensional_values():
    for x in (3.0, np.float64(3), np.asarray(3.0)):
        value, g = agrad.value_and_grad(lambda x: x * x)(x)
        assert (float(value), float(g)) == (9.0, 6.0)
        assert not isinstance(g, agrad.Tensor)
        assert (g.shape, g.dtype) == ((), np.float64)
    assert agrad.grad(lambda x: 2.0)(1.0) == 0.0
    dependent, independent = agrad.grad(lambda x: x)(1.0), agrad.grad(lambda x: 2.0)(1.0)
    assert type(dependent) is type(independent)


def test_tensors_give_tensors():
    value, g = agrad.value_and_grad(quadratic)(agrad.tensor(a))
    assert isinstance(value, agrad.Tensor)
    assert isinstance(g, agrad.Tensor)
    assert not g.requires_grad
    out, pullback = agrad.vjp(lambda x: x * 2, agrad.tensor(a))
    assert isinstance(out, agrad.Tensor)
    assert isinstance(pullback(a)[0], agrad.Tensor)
    assert isinstance(agrad.vjp(lambda x: x * 2, a)[1](agrad.tensor(a))[0], agrad.Tensor)


def test_constant_tensors_of_a_closure_leave_results_plain():
    w = agrad.tensor(2.0)
    value, g = agrad.value_and_grad(lambda x: xp.sum(w * x * x))(a)
    assert type(g) is np.ndarray
    assert not isinstance(value, agrad.Tensor)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_gradients_have_the_arguments_dtype_and_shape(dtype):
    x = a.astype(dtype).reshape(1, 3)

    def f(x):
        return xp.sum(xp.abs(x * np.float64(1.5) + np.ones((2, 1))))

    g = agrad.grad(f)(x)
    assert (g.dtype, g.shape) == (dtype, (1, 3))
    out, pullback = agrad.vjp(lambda x: x * x, x)
    assert out.dtype == dtype
    assert pullback(np.ones((1, 3)))[0].dtype == dtype
    assert agrad.grad(lambda s: xp.real(s * s))(dtype(2)).dtype == dtype


@pytest.mark.parametrize(
    "f", [lambda x: 3.0, lambda x: 3, lambda x: np.asarray(3.0), lambda x: xp.argmax(x), lambda x: agrad.tensor(1.0)]
)
def test_results_that_do_not_depend_on_the_argument(f):
    g = agrad.grad(f)(a)
    np.testing.assert_array_equal(g, np.zeros(3))
    assert g.flags.writeable
    for found in agrad.grad(lambda x, y: xp.sum(x), argnums=(0, 1))(a, a[:2]):
        assert found.shape in ((3,), (2,))


def test_results_own_their_memory():
    def arrays(tree):
        return [tree] if isinstance(tree, np.ndarray) else [v for item in tree for v in arrays(item)]

    x, y, ct = a.copy(), a[::-1].copy(), np.ones(3)
    out, pullback = agrad.vjp(lambda x, y: (x, x + y, x[::-1], xp.reshape(y, (3, 1)), y), x, y)
    cts = (ct, ct, ct, np.ones((3, 1)), ct)
    (_value, aux), gradients = agrad.value_and_grad(
        lambda x, y: (xp.sum(x + y), (x, y, x.T if x.ndim == 2 else x[:2], xp.broadcast_to(y, (2, 3)))),
        argnums=(0, 1), has_aux=True,
    )(x, y)  # fmt: skip
    found = arrays([out, pullback(cts), pullback(cts), aux, gradients, agrad.vjp(lambda x: x, x)[1](ct)])
    inputs = [x, y, ct, *arrays(cts)]
    for i, v in enumerate(found):
        assert v.flags.writeable, i
        assert not any(np.shares_memory(v, w) for w in [*inputs, *found[:i]]), i
        v += 1.0
    np.testing.assert_array_equal(x, a)
    np.testing.assert_array_equal(ct, np.ones(3))


def test_arguments_are_not_changed():
    x = a.copy()
    x.flags.writeable = False

    def f(x):
        x *= 2
        x[0] = 1.0
        return xp.sum(x)

    np.testing.assert_array_equal(agrad.grad(f)(x), [0.0, 2.0, 2.0])
    t = agrad.tensor(a)
    agrad.grad(f)(t)
    agrad.vjp(f, t)[1](1.0)
    assert t.tolist() == a.tolist()


# Arguments --------------------------------------------------------------------------------------------


def product(x, y, z):
    return x * x * y * z


@pytest.mark.parametrize(
    ("argnums", "expected"),
    [
        (0, 48.0), (1, 16.0), (-1, 12.0), (-3, 48.0), ((0,), (48.0,)), ((-1,), (12.0,)), ((0, 2), (48.0, 12.0)),
        ((2, 0), (12.0, 48.0)), ([1, -1], (16.0, 12.0)), ((0, 1, 2), (48.0, 16.0, 12.0)), ((), ()),
    ],
)  # fmt: skip
def test_argnums(argnums, expected):
    assert agrad.grad(product, argnums=argnums)(2.0, 3.0, 4.0) == expected
    assert agrad.value_and_grad(product, argnums)(2.0, 3.0, 4.0) == (48.0, expected)


@pytest.mark.parametrize("argnums", [3, -4, (0, 3), (0, 0), (0, -3)])
def test_bad_argnums(argnums):
    with pytest.raises((TypeError, ValueError), match="argument"):
        agrad.grad(product, argnums=argnums)(2.0, 3.0, 4.0)
    with pytest.raises(TypeError, match="argument"):
        agrad.grad(product)()


def test_other_arguments_pass_through():
    def f(x, n, name, *, scale, flag=False, table=None):
        assert (name, flag, table) == ("name", True, {"k": None})
        assert type(n) is int
        assert type(scale) is np.ndarray
        return xp.sum(x**n * scale)

    g = agrad.grad(f)(a, 2, "name", scale=np.asarray([1.0, 2.0, 3.0]), flag=True, table={"k": None})
    np.testing.assert_allclose(g, 2 * a * [1, 2, 3])
    assert agrad.grad(lambda n, x: x**n, argnums=1)(3, 2.0) == 12.0


def test_names_and_docstrings_stay():
    def f(x):
        """Doc."""
        return x

    for transform in (agrad.grad, agrad.value_and_grad, agrad.jacobian):
        assert (transform(f).__name__, transform(f).__doc__) == ("f", "Doc.")


def parameters():
    return {
        "layers": [Layer(np.asarray([1.0, 2.0]), None), Layer(np.asarray([3.0, 4.0]), (np.float64(0.5),))],
        "rate": 2.0,
        "ordered": OrderedDict(z=np.float32(1.5)),
        "index": np.asarray([1, 0]),
        "mask": np.asarray([True, False]),
        "n": 3,
        "name": "relu",
        "flag": True,
        "nothing": None,
    }


def model(p):
    assert p["name"] == "relu"
    assert p["flag"] is True
    assert p["nothing"] is None
    first, second = p["layers"]
    hidden = first.w[p["index"]] * second.w
    return xp.sum(hidden[p["mask"]]) * p["rate"] ** p["n"] * second.b[0] * p["ordered"]["z"]


def test_containers():
    value, g = agrad.value_and_grad(model)(parameters())
    assert value == 2 * 3 * 8 * 0.5 * 1.5
    assert list(g) == list(parameters())
    assert isinstance(g["layers"][0], Layer)
    assert isinstance(g["ordered"], OrderedDict)
    np.testing.assert_array_equal(g["layers"][0].w, [0.0, 18.0])
    np.testing.assert_array_equal(g["layers"][1].w, [12.0, 0.0])
    assert g["layers"][0].b is None
    assert g["layers"][1].b == (72.0,)
    assert g["rate"] == 54.0
    assert g["ordered"]["z"] == 24.0
    assert g["ordered"]["z"].dtype == np.float32
    assert [g[k] for k in ("index", "mask", "n", "name", "flag", "nothing")] == [None] * 6


def test_containers_of_tensors():
    seen = []

    def f(p):
        seen.append(type(p["i"]))
        return xp.sum(p["x"][p["i"]] * p["y"])

    p = {"x": agrad.tensor(a), "i": xp.asarray([0, 0, 2]), "y": a}
    g = agrad.grad(f)(p)
    assert isinstance(g["x"], agrad.Tensor)
    np.testing.assert_array_equal(g["x"].array, [a[0] + a[1], 0, a[2]])
    assert issubclass(seen[0], agrad.Tensor)


@pytest.mark.parametrize("empty", [[], {}, (), None, [None], {"n": 1}], ids=repr)
def test_containers_without_arrays(empty):
    value, g = agrad.value_and_grad(lambda p, x: x * 2, argnums=0)(empty, 3.0)
    assert value == 6.0
    assert g == ({"n": None} if empty == {"n": 1} else empty)


def test_results_in_containers():
    out, pullback = agrad.vjp(lambda x, p: {"s": xp.sum(x) * p["k"], "t": (x * x, None), "n": 3}, a, {"k": 2.0, "c": 1})
    np.testing.assert_array_equal(out["t"][0], a * a)
    assert out["t"][1] is None
    assert out["n"] == 3
    gx, gp = pullback({"s": 10.0, "t": (np.ones(3), None), "n": 0})
    np.testing.assert_allclose(gx, 20 + 2 * a)
    np.testing.assert_allclose(gp["k"], 10 * a.sum())
    assert gp["c"] is None


def test_auxiliary_results():
    def f(x):
        return quadratic(x), {"doubled": x * 2, "name": "aux", "none": None, "constant": np.ones(2), "n": 3}

    g, aux = agrad.grad(f, has_aux=True)(a)
    np.testing.assert_array_equal(g, 2 * a)
    assert type(aux["doubled"]) is np.ndarray
    np.testing.assert_array_equal(aux["doubled"], 2 * a)
    assert (aux["name"], aux["none"], aux["n"]) == ("aux", None, 3)
    (value, aux), g = agrad.value_and_grad(f, has_aux=True)(a)
    assert value == quadratic(a)
    np.testing.assert_array_equal(aux["constant"], np.ones(2))
    _, aux = agrad.grad(f, has_aux=True)(agrad.tensor(a))
    assert isinstance(aux["doubled"], agrad.Tensor)
    assert not aux["doubled"].requires_grad


def test_pullbacks_run_any_number_of_times_and_take_zeros():
    out, pullback = agrad.vjp(lambda x, y: (x * y, xp.sin(x)), 2.0, 3.0)
    np.testing.assert_allclose(out, (6.0, np.sin(2.0)))
    for _ in range(2):
        np.testing.assert_allclose(pullback((1.0, 0.0)), (3.0, 2.0))
        np.testing.assert_allclose(pullback((0.0, 1.0)), (np.cos(2.0), 0.0))
        np.testing.assert_allclose(pullback((1, 1)), (3 + np.cos(2.0), 2.0))


def test_integer_results_take_any_cotangent():
    out, pullback = agrad.vjp(lambda x: (xp.argmax(x), x * 2), a)
    assert out[0] == 2
    np.testing.assert_array_equal(pullback((0, np.ones(3)))[0], [2.0] * 3)


# Complex numbers ----------------------------------------------------------------------------------------

z = np.asarray([1 + 2j, -0.5 + 1j, 2 - 1j])
COMPLEX = {
    "squared modulus": (lambda z: xp.sum(xp.abs(z) ** 2), 2 * z),
    "real part": (lambda z: xp.sum(xp.real(z * z)), 2 * np.conj(z)),
    "imaginary part": (lambda z: xp.sum(xp.imag(z)), np.full(3, 1j)),
    "modulus": (lambda z: xp.sum(xp.abs(z)), z / np.abs(z)),
    "conjugate": (lambda z: xp.real(xp.sum(xp.conj(z) * z * z)), z * z + 0 * z + 2 * np.conj(np.conj(z) * z)),
    "exponential": (lambda z: xp.sum(xp.real(xp.exp(z))), np.conj(np.exp(z))),
}


@pytest.mark.parametrize("name", COMPLEX)
def test_complex_gradients_against_differences(name):
    f = COMPLEX[name][0]
    g = agrad.grad(f)(z)
    h = 1e-6
    for i in range(3):
        e = np.zeros(3)
        e[i] = h
        along = [(f(z + t * e) - f(z - t * e)) / (2 * h) for t in (1, 1j)]
        np.testing.assert_allclose(g[i], along[0] + 1j * along[1], rtol=1e-8)
    if name != "conjugate":
        np.testing.assert_allclose(g, COMPLEX[name][1], rtol=1e-13)


def test_complex_gradient_descent_descends():
    def f(z):
        return xp.sum(xp.abs(z * z - (1 + 2j)) ** 2)

    w = z.copy()
    values = []
    for _ in range(200):
        value, g = agrad.value_and_grad(f)(w)
        values.append(value)
        w = w - 0.01 * g
    assert all(later <= earlier for earlier, later in itertools.pairwise(values))
    np.testing.assert_allclose(w * w, [1 + 2j] * 3, rtol=1e-2)


def test_pullbacks_are_adjoints_of_pushforwards():
    def f(z, x):
        return xp.exp(z) * x + xp.conj(z) * xp.abs(z)

    v, w, x = z[::-1] * 1j, z * (1 - 2j), a
    dx = np.asarray([1.0, 0.5, -2.0])
    gz, gx = agrad.vjp(f, z, x)[1](w)
    assert gx.dtype == np.float64
    t = agrad.jvp(f, (z, x), (v, dx))[1]
    np.testing.assert_allclose(np.real(np.vdot(w, t)), np.real(np.vdot(gz, v)) + gx @ dx, rtol=1e-13)


def test_a_real_argument_in_complex_arithmetic_gets_a_real_gradient():
    g = agrad.grad(lambda x: xp.abs(xp.sum(x * z)) ** 2)(a)
    assert g.dtype == np.float64
    np.testing.assert_allclose(g, 2 * np.real(np.conj(np.sum(a * z)) * z), rtol=1e-13)


def test_complex_against_pytorch():
    torch = pytest.importorskip("torch")
    t = torch.tensor(z, requires_grad=True)
    (torch.sin(t) * t.conj() + t.abs() * 1j).abs().square().sum().backward()

    def f(z):
        return xp.sum(xp.square(xp.abs(xp.sin(z) * xp.conj(z) + xp.abs(z) * 1j)))

    np.testing.assert_allclose(agrad.grad(f)(z), t.grad.numpy(), rtol=1e-12)


# Errors -----------------------------------------------------------------------------------------------

ERRORS = {
    "array result": (lambda: agrad.grad(lambda x: x * x)(a), agrad.NonScalarError, ValueError, "jacobian"),
    "one element": (lambda: agrad.grad(lambda x: x * x)(np.ones(1)), agrad.NonScalarError, ValueError, r"\(1,\)"),
    "no array": (lambda: agrad.grad(lambda x: None)(a), agrad.NonScalarError, ValueError, "NoneType"),
    "a pair": (lambda: agrad.grad(lambda x: (quadratic(x), 1))(a), agrad.NonScalarError, ValueError, "has_aux"),
    "complex result": (lambda: agrad.grad(lambda x: x * 1j)(1.0), agrad.DtypeError, TypeError, "real"),
    "complex constant": (lambda: agrad.grad(lambda x: 1j)(1.0), agrad.DtypeError, TypeError, "real"),
    "Python integer": (lambda: agrad.grad(lambda x: x)(1), agrad.DtypeError, TypeError, r"1\.0"),
    "boolean": (lambda: agrad.grad(lambda x: x)(True), agrad.DtypeError, TypeError, "True"),
    "integer array": (lambda: agrad.grad(xp.sum)(np.asarray([1, 2])), agrad.DtypeError, TypeError, "int64"),
    "integer Tensor": (lambda: agrad.grad(xp.sum)(xp.asarray([1])), agrad.DtypeError, TypeError, "int64"),
    "integer in vjp": (lambda: agrad.vjp(lambda x: x, 1), agrad.DtypeError, TypeError, "vjp"),
    "integer beside a container": (
        lambda: agrad.grad(lambda p, n: p[0] * n, argnums=(0, 1))([1.0, 2.0], 3), agrad.DtypeError, TypeError, "3",
    ),
    "string": (lambda: agrad.grad(lambda x: x)("a"), agrad.BackendError, TypeError, "argnums"),
    "cotangent's shape": (lambda: agrad.vjp(lambda x: x, a)[1](np.ones(2)), agrad.ShapeError, ValueError, r"\(2,\)"),
    "cotangent broadcast": (lambda: agrad.vjp(lambda x: x, a)[1](1.0), agrad.ShapeError, ValueError, r"\(3,\)"),
    "cotangent's structure": (lambda: agrad.vjp(lambda x: (x, x), a)[1](a), agrad.AgradError, TypeError, "structure"),
    "complex cotangent": (lambda: agrad.vjp(lambda x: x, a)[1](a * 1j), agrad.DtypeError, TypeError, "complex"),
}  # fmt: skip


@pytest.mark.parametrize(("call", "error", "builtin", "message"), ERRORS.values(), ids=ERRORS)
def test_errors_are_agrads_and_built_in_ones(call, error, builtin, message):
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, agrad.AgradError)
    assert isinstance(caught.value, builtin)


def test_mixed_backends():
    strict = pytest.importorskip("array_api_strict")
    with pytest.raises(agrad.BackendError):
        agrad.grad(lambda x, y: xp.sum(x), argnums=(0, 1))(a, strict.ones(3))


def test_the_users_exceptions_pass_and_state_is_restored():
    def failing(x):
        with agrad.no_grad():
            raise KeyError(x.shape)

    for transform in (agrad.grad(failing), agrad.value_and_grad(failing), lambda x: agrad.vjp(failing, x)):
        with pytest.raises(KeyError):
            transform(a)
    x = leaf(3.0)
    (x * x).backward()
    assert x.grad.item() == 6.0
    np.testing.assert_array_equal(agrad.grad(quadratic)(a), 2 * a)


# stop_gradient ------------------------------------------------------------------------------------------


def test_stop_gradient():
    assert agrad.grad(lambda x: agrad.stop_gradient(x) * x)(3.0) == 3.0
    assert agrad.grad(lambda x: agrad.stop_gradient(x * x))(3.0) == 0.0
    assert agrad.grad(lambda x: x * float(agrad.stop_gradient(x)))(3.0) == 3.0
    assert agrad.grad(lambda x: x * agrad.stop_gradient({"k": [x, None]})["k"][0])(3.0) == 3.0
    assert agrad.hessian(lambda x: agrad.stop_gradient(x * x) * x * x)(3.0) == 18.0
    x = leaf(3.0)
    stopped = agrad.stop_gradient({"x": x * 2, "a": a, "n": 1, "s": "s", "none": None})
    assert not stopped["x"].requires_grad
    assert stopped["x"].item() == 6.0
    assert (stopped["n"], stopped["s"], stopped["none"]) == (1, "s", None)
    (stopped["x"] * x).backward()
    assert x.grad.item() == 6.0
