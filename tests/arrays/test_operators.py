"""Operators of Tensors: with arrays and numbers on either side, and chains of them against closed forms."""

import math
import operator

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import agrad
from leaves import array, gradient, leaf

xp = agrad.namespace("numpy")


# Operators ------------------------------------------------------------------------------------------

ARITHMETIC = [operator.add, operator.sub, operator.mul, operator.truediv, operator.floordiv, operator.mod, operator.pow]
INTEGER = [operator.and_, operator.or_, operator.xor, operator.lshift, operator.rshift]
COMPARISON = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
positive = np.asarray([[1.5, 2.0, 0.5], [3.0, 0.25, 1.0]])
OTHERS = {
    "float": 2.5,
    "int": 2,
    "float64": np.float64(1.5),
    "float32": np.float32(1.5),
    "int64": np.int64(3),
    "ndarray": positive[::-1].copy(),
    "row": np.asarray([2.0, 0.5, 3.0]),
    "integers": np.asarray([[1, 2, 3]]),
    "0-d": np.asarray(2.0),
    "Tensor": agrad.tensor(positive[::-1]),
    "followed": agrad.tensor(positive[::-1], requires_grad=True),
}


def numpy_of(x):
    return np.asarray(x.array) if isinstance(x, agrad.Tensor) else x


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
@pytest.mark.parametrize("op", ARITHMETIC + COMPARISON, ids=lambda f: f.__name__)
def test_operators_from_both_sides_equal_numpy(op, other):
    for t in (leaf(positive), agrad.tensor(positive), leaf(positive, xp.float32)):
        for a, b in ((t, other), (other, t)):
            y = op(a, b)
            # before NumPy 2.3 its operator, unlike its function, takes a 0-d exponent for a Python scalar
            expected = (np.power if op is operator.pow else op)(numpy_of(a), numpy_of(b))
            assert isinstance(y, agrad.Tensor)
            assert y.dtype == expected.dtype
            np.testing.assert_array_equal(y.array, expected)
            followed = any(isinstance(v, agrad.Tensor) and v.requires_grad for v in (a, b))
            assert y.requires_grad == (op in ARITHMETIC and followed)


@pytest.mark.parametrize("other", [3, np.int64(3), np.asarray([1, 2]), agrad.tensor([1, 2])], ids=str)
@pytest.mark.parametrize("op", INTEGER, ids=lambda f: f.__name__)
def test_integer_operators_equal_numpy(op, other):
    t = xp.asarray([5, 9])
    for a, b in ((t, other), (other, t)):
        y = op(a, b)
        assert isinstance(y, agrad.Tensor)
        np.testing.assert_array_equal(y.array, op(numpy_of(a), numpy_of(b)))


@pytest.mark.parametrize(
    ("op", "d"),
    [(operator.neg, -1.0), (operator.pos, 1.0), (operator.abs, np.sign(array))],
    ids=["neg", "pos", "abs"],
)
def test_unary_operators_and_their_gradients(op, d):
    x = leaf()
    y = op(x)
    np.testing.assert_array_equal(y.array, op(array))
    weights = np.cos(np.arange(6)).reshape(2, 3)
    np.testing.assert_allclose(gradient(y, x), d * weights)


def test_invert_and_truth_values():
    np.testing.assert_array_equal((~xp.asarray([5, -1])).array, [-6, 0])
    np.testing.assert_array_equal((~xp.asarray([True, False])).array, [False, True])
    np.testing.assert_array_equal((xp.asarray([True, False]) & True).array, [True, False])


def test_matmul_from_both_sides():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    for left, right in ((leaf(a), leaf(b)), (a, leaf(b)), (leaf(a), b), (agrad.tensor(a), leaf(b))):
        y = left @ right
        np.testing.assert_array_equal(y.array, a @ b)
        xp.sum(y).backward()
        for side, expected in ((left, np.ones((2, 4)) @ b.T), (right, a.T @ np.ones((2, 4)))):
            if isinstance(side, agrad.Tensor) and side.requires_grad:
                np.testing.assert_allclose(side.grad.array, expected)


@pytest.mark.parametrize(
    ("f", "d"),
    [
        (lambda x: 2 - x, lambda a: -1.0 + 0 * a),
        (lambda x: np.float64(2) / x, lambda a: -2 / a**2),
        (lambda x: positive / x, lambda a: -positive / a**2),
        (lambda x: 2**x, lambda a: np.log(2) * 2**a),
        (lambda x: positive**x, lambda a: np.log(positive) * positive**a),
        (lambda x: x**3, lambda a: 3 * a**2),
        (lambda x: x**0.5, lambda a: 0.5 * a**-0.5),
        (lambda x: x**positive, lambda a: positive * a ** (positive - 1)),
        (lambda x: x**2, lambda a: 2 * a),
        (lambda x: x**0, lambda a: 0 * a),
        (lambda x: x % 0.7, lambda a: 1 + 0 * a),
        (lambda x: 7.3 % x, lambda a: -np.floor(7.3 / a)),
        (lambda x: x // 0.7, lambda a: 0 * a),
        (lambda x: abs(-x), lambda a: 1 + 0 * a),
        (lambda x: np.int64(2) * x, lambda a: 2 + 0 * a),
        (lambda x: np.asarray([1, 2, 3]) * x, lambda a: np.asarray([1, 2, 3]) + 0 * a),
        (lambda x: x * np.asarray([[True], [False]]), lambda a: np.asarray([[1.0], [0.0]]) + 0 * a),
    ],
)
def test_gradients_with_constants_on_either_side(f, d):
    x = leaf(positive)
    weights = np.cos(np.arange(6)).reshape(2, 3)
    np.testing.assert_allclose(gradient(f(x), x), d(positive) * weights, rtol=1e-12)


def test_numpy_functions_of_tensors_follow_too():
    x = leaf([0.5, 1.0])
    y = np.add(np.sin(x), np.ones(2)) * np.exp(x)
    assert isinstance(y, agrad.Tensor)
    xp.sum(y).backward()
    a = np.asarray([0.5, 1.0])
    np.testing.assert_allclose(x.grad.array, (np.cos(a) + np.sin(a) + 1) * np.exp(a))


def test_what_numpy_cannot_follow_raises():
    x = leaf([0.5, 1.0])
    plain = np.ones(2)
    with pytest.raises(TypeError):
        plain += x
    with pytest.raises(TypeError):
        np.savetxt("nowhere", x)
    with pytest.raises((TypeError, ValueError)):
        plain[0] = x[0]
    np.testing.assert_array_equal(plain, [1.0, 1.0])


@pytest.mark.parametrize("other", [None, "a", [1.0, 2.0], {}, object()], ids=lambda o: type(o).__name__)
def test_strangers_are_refused_as_python_does(other):
    x = leaf([1.0, 2.0])
    for op in (operator.add, operator.matmul, operator.pow, operator.lt):
        with pytest.raises(TypeError):
            op(x, other)
        with pytest.raises(TypeError):
            op(other, x)
    assert (x == other) is False
    assert (x != other) is True


def test_another_types_reflected_operator_gets_its_turn():
    class Other:
        def __radd__(self, x):
            return "radd"

        def __eq__(self, x):
            return "eq"

        __hash__ = None

    assert leaf() + Other() == "radd"
    assert (leaf() == Other()) == "eq"


def test_promotion_is_the_backends():
    single = leaf([1.0, 2.0], xp.float32)
    assert (single * 2.0).dtype == (2.0 * single).dtype == (single**2).dtype == (single + 1).dtype == xp.float32
    assert (single * np.float32(2)).dtype == xp.float32
    assert (single * np.float64(2)).dtype == xp.float64
    assert (single * 1j).dtype == xp.complex64
    xp.sum(single * np.asarray([2.0, 3.0])).backward()
    assert single.grad.dtype == xp.float32
    integers = xp.asarray([1, 2])
    assert (integers**2).dtype == xp.int64
    for made in (integers**2.0, integers * 0.5, integers / 2, integers**0.5):
        assert made.dtype == xp.float64


INPLACE = [
    (operator.iadd, 2.0, lambda a: 1.0),
    (operator.isub, 2.0, lambda a: 1.0),
    (operator.imul, 3.0, lambda a: 3.0),
    (operator.itruediv, 4.0, lambda a: 0.25),
    (operator.ipow, 3, lambda a: 3 * a**2),
    (operator.imod, 0.7, lambda a: 1.0),
    (operator.ifloordiv, 0.7, lambda a: 0.0),
]


@pytest.mark.parametrize(("op", "other", "d"), INPLACE, ids=lambda p: getattr(p, "__name__", ""))
def test_in_place_operators(op, other, d):
    x = leaf(positive)
    y = x * 1
    same = y
    made = op(y, other)
    assert made is same
    np.testing.assert_array_equal(same.array, op(positive.copy(), other))
    np.testing.assert_allclose(gradient(same, x), d(positive) * np.cos(np.arange(6)).reshape(2, 3))


@pytest.mark.parametrize("op", [operator.iand, operator.ior, operator.ixor, operator.ilshift, operator.irshift])
def test_in_place_integer_operators(op):
    t = same = xp.asarray([5, 9])
    t = op(t, 3)
    assert t is same
    np.testing.assert_array_equal(t.array, op(np.asarray([5, 9]), 3))


def test_in_place_matmul():
    m = xp.asarray([[1.0, 2.0], [3.0, 4.0]])
    same = m
    m @= np.asarray([[0.0, 1.0], [1.0, 0.0]])
    assert m is same
    np.testing.assert_array_equal(m.array, [[2.0, 1.0], [4.0, 3.0]])


# Hot path against closed forms ------------------------------------------------------------------------

UNARY = {"sin": (xp.sin, np.sin), "exp": (lambda v: xp.exp(v * 0.1), lambda v: np.exp(v * 0.1))}
BINARY = {
    "add": (operator.add, operator.add),
    "sub": (operator.sub, operator.sub),
    "mul": (operator.mul, operator.mul),
    "div": (lambda a, b: a / (b * b + 1.5), lambda a, b: a / (b * b + 1.5)),
}


def program(data):
    """A random expression of two arguments: a list of steps on a stack of values."""
    steps = []
    for _ in range(data.draw(st.integers(1, 7))):
        kind = data.draw(st.sampled_from(["unary", "binary", "constant", "sum", "matmul", "getitem", "reshape"]))
        if kind == "unary":
            steps.append((kind, data.draw(st.sampled_from(sorted(UNARY))), data.draw(st.integers(0, 9))))
        elif kind == "binary":
            i, j = data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9))
            steps.append((kind, data.draw(st.sampled_from(sorted(BINARY))), i, j))
        elif kind == "constant":
            c = data.draw(
                st.sampled_from(
                    ["float", "int", "float64", "float32", "0-d", "ndarray", "row", "single", "Tensor", "integers"]
                )
            )
            flip = data.draw(st.booleans())
            steps.append((kind, data.draw(st.sampled_from(sorted(BINARY))), data.draw(st.integers(0, 9)), c, flip))
        elif kind == "getitem":
            steps.append((kind, data.draw(st.integers(0, 9)), data.draw(st.integers(0, 4))))
        else:
            steps.append((kind, data.draw(st.integers(0, 9))))
    return steps


CONSTANTS = {
    "float": 0.75,
    "int": 3,
    "float64": np.float64(1.25),
    "float32": np.float32(1.25),
    "0-d": np.asarray(0.5),
    "ndarray": np.asarray([[0.5, -1.0], [1.5, 2.0]]),
    "row": np.asarray([0.5, -1.0]),
    "single": np.asarray([[0.5], [1.5]], dtype=np.float32),
    "integers": np.asarray([2, -3]),
    "Tensor": np.asarray([[1.0, 0.25], [-0.5, 1.0]]),
}


def run(steps, values, plain):
    """The program on plain arrays, complex ones included, or on Tensors."""
    ns = np if plain else xp
    stack = list(values)

    def pick(i):
        return stack[i % len(stack)]

    for step in steps:
        kind = step[0]
        if kind == "unary":
            made = UNARY[step[1]][plain](pick(step[2]))
        elif kind == "binary":
            made = BINARY[step[1]][plain](pick(step[2]), pick(step[3]))
        elif kind == "constant":
            c = CONSTANTS[step[3]]
            if step[3] == "Tensor" and not plain:
                c = agrad.tensor(c)
            v = pick(step[2])
            made = BINARY[step[1]][plain](c, v) if step[4] else BINARY[step[1]][plain](v, c)
        elif kind == "sum":
            made = ns.sum(pick(step[1]))
        elif kind == "matmul":
            v = pick(step[1])
            made = v @ v.T if v.ndim == 2 else v * v
        elif kind == "reshape":
            v = pick(step[1])
            made = ns.reshape(ns.reshape(v, (-1,)), v.shape)
        else:
            v, k = pick(step[1]), step[2]
            keys = [(0,), (slice(None, None, -1),), (..., None, 0), (np.asarray([1, 1, 0]),), (slice(1, None),)]
            made = v[keys[k]] + 0 * v[0] if k == 1 and v.ndim else v[keys[k]] if v.ndim and k != 3 else v * 2
            if made.shape not in ((), (2,), (2, 2), (1, 2)):
                made = ns.sum(made)
        stack.append(made)
    total = 0.0
    for v in stack[2:]:
        total = total + ns.sum(v) * 0.5
    return total


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_random_expressions_have_the_gradients_of_the_complex_step(data):
    steps = program(data)
    shape = data.draw(st.sampled_from([(), (2,), (2, 2)]))
    dtypes = [data.draw(st.sampled_from([np.float32, np.float64])) for _ in range(2)]
    base = np.asarray([0.3, -0.7, 0.45, 0.9, -0.2, 0.6, 0.15, -0.35])
    n = math.prod(shape)
    x = base[:n].reshape(shape).astype(dtypes[0])
    y = base[4 : 4 + n].reshape(shape).astype(dtypes[1])
    expected = [np.zeros(shape), np.zeros(shape)]
    h = 1e-30
    for k in (0, 1):
        for i in np.ndindex(shape):
            moved = [x.astype(complex), y.astype(complex)]
            moved[k][i] += 1j * h
            expected[k][i] = np.imag(run(steps, moved, True)) / h
    a, b = leaf(x), leaf(y)
    imperative = run(steps, [a, b], False)
    if imperative.requires_grad:
        imperative.backward()
    found = agrad.grad(lambda u, v: run(steps, [u, v], False), argnums=(0, 1))(x, y)
    forward = [
        np.asarray(
            [agrad.jvp(lambda u, v: run(steps, [u, v], False), (x, y), _unit(x, y, k, i))[1] for i in np.ndindex(shape)]
        ).reshape(shape)
        for k in (0, 1)
    ]
    tolerance = 1e-11 if dtypes == [np.float64] * 2 and "single" not in str(steps) else 2e-4
    scale = 1 + max(np.max(np.abs(e), initial=0) for e in expected)
    assume(scale < 1e4)
    for k, t in enumerate((a, b)):
        assert (found[k].dtype, found[k].shape) == (dtypes[k], shape)
        np.testing.assert_allclose(found[k], expected[k], atol=tolerance * scale)
        np.testing.assert_allclose(forward[k], expected[k], atol=tolerance * scale)
        if t.grad is not None:
            assert t.grad.dtype == dtypes[k]
            np.testing.assert_allclose(t.grad.array, expected[k], atol=tolerance * scale)
        else:
            np.testing.assert_array_equal(expected[k], 0)


def _unit(x, y, k, i):
    t = [np.zeros_like(x), np.zeros_like(y)]
    t[k][i] = 1
    return tuple(t)
