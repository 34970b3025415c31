"""Assignment and in-place operators: values as NumPy's, gradients as those of functional code, or a clear error."""

import copy

import numpy as np
import pytest

import agrad
from leaves import leaf_of_four as leaf
from leaves import start

xp = agrad.namespace("numpy")


def both_modes(f, *args, order=2):
    """The function's value on plain arrays; its derivatives are checked in both modes, to the second order."""
    agrad.check_grads(f, args, order=order)
    return agrad.vjp(f, *args)[0]


# Assignment -----------------------------------------------------------------------------------------

ASSIGNMENTS = {
    "element": (1, lambda v: v[0]),
    "scalar": (1, lambda v: 5.0),
    "integer": (1, lambda v: 5),
    "slice": (slice(1, 3), lambda v: v[:2]),
    "broadcast": (slice(1, 3), lambda v: v[0]),
    "step": (slice(None, None, 2), lambda v: v[1:3]),
    "reversed": (slice(None, None, -1), lambda v: v),
    "ellipsis": (..., lambda v: v * v),
    "all": (slice(None), lambda v: v * v),
    "mask": (np.asarray([True, False, True, False]), lambda v: v[:2]),
    "mask, scalar": (np.asarray([True, False, True, False]), lambda v: v[0]),
    "no hits": (np.zeros(4, dtype=bool), lambda v: v[0]),
    "array": (np.asarray([3, 0]), lambda v: v[:2]),
    "list": ([3, 0], lambda v: v[:2]),
    "repeated": (np.asarray([2, 0, 2]), lambda v: v[:3]),
    "repeated, one value": (np.asarray([2, 2]), lambda v: v[1]),
    "plain array": (slice(0, 2), lambda v: np.asarray([8.0, 9.0])),
    "NumPy scalar": (0, lambda v: np.float64(8)),
    "one axis more": (slice(0, 2), lambda v: xp.reshape(v[:2], (1, 2))),
    "negative": (-1, lambda v: v[0]),
    "0-d index": (np.asarray(2), lambda v: v[0]),
}


@pytest.mark.parametrize(("key", "value"), ASSIGNMENTS.values(), ids=ASSIGNMENTS)
def test_assignment_has_numpys_values_and_right_gradients(key, value):
    def f(x, v):
        y = x * x
        y[key] = value(v)
        return y * y

    x, v = start, np.asarray([0.5, -1.5, 2.5, 0.25])
    expected = x * x
    assigned = value(v)
    expected[key] = assigned.array if isinstance(assigned, agrad.Tensor) else assigned
    np.testing.assert_array_equal(both_modes(f, x, v), expected**2)


@pytest.mark.parametrize(("key", "value"), ASSIGNMENTS.values(), ids=ASSIGNMENTS)
def test_assignment_through_backward(key, value):
    x, v = leaf(), leaf([0.5, -1.5, 2.5, 0.25])
    y = x * x
    y[key] = value(v)
    total = xp.sum(xp.sin(y))
    total.backward()

    def f(x, v):
        y = x * x
        y[key] = value(v)
        return xp.sum(xp.sin(y))

    gx, gv = agrad.grad(f, argnums=(0, 1))(x.array, v.array)
    np.testing.assert_allclose(x.grad.array, gx)
    np.testing.assert_allclose(0 if v.grad is None else v.grad.array, gv)


def test_two_axes():
    def f(x):
        y = xp.zeros((3, 2))
        y[:, 0] = x
        y[0] = x[1:] * x[0]
        y[1, 1] = xp.sum(x)
        y[xp.asarray([True, False, True]), :] *= 2.0
        return y

    x = np.asarray([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(both_modes(f, x), [[4.0, 6.0], [2.0, 6.0], [6.0, 0.0]])


def test_augmented_assignment_of_a_mask_and_of_repeated_indices():
    def f(x):
        y = x * 1
        y[x > 2.5] += x[0]
        y[np.asarray([0, 0, 1])] += x[1:]
        y[1:3] *= y[0]
        return y

    expected = start.copy()
    expected[start > 2.5] += start[0]
    expected[np.asarray([0, 0, 1])] += start[1:]
    expected[1:3] *= expected[0]
    np.testing.assert_array_equal(both_modes(f, start), expected)


def test_a_value_written_twice_keeps_the_last():
    x = leaf([1.0, 2.0, 3.0])
    y = xp.zeros(2)
    y[[0, 0, 1]] = x
    assert y.tolist() == [2.0, 3.0]
    xp.sum(y).backward()
    assert x.grad.tolist() == [0.0, 1.0, 1.0]


def test_overwritten_values_get_no_gradient():
    x, v = leaf(), leaf([10.0])
    y = x * 2
    y[1:3] = v
    xp.sum(y * y).backward()
    assert x.grad.tolist() == [8.0, 0.0, 0.0, 32.0]
    assert v.grad.tolist() == [40.0]


def test_a_loop_that_fills_and_reads():
    def f(x):
        y = x * 1
        for i in range(4):
            y[i] = y[i] * y[i - 1]
        return xp.sum(y)

    expected = agrad.grad(
        lambda x: x[0] * x[3] * (1 + x[1] + x[1] * x[2] + x[1] * x[2] * x[3])  # the products written out
    )(start)
    np.testing.assert_allclose(agrad.grad(f)(start), expected)


def test_overlapping_slices():
    x = leaf()
    y = x * 1
    y[1:] = y[:-1]
    assert y.tolist() == [1.0, 1.0, 2.0, 3.0]
    xp.sum(y).backward()
    assert x.grad.tolist() == [2.0, 1.0, 1.0, 0.0]


def test_a_constant_that_is_written_to_is_followed():
    x, c = leaf(), xp.zeros(5)
    view = c[1:]
    c[1:] = x
    assert c.requires_grad
    assert view.requires_grad
    assert not c.is_leaf
    xp.sum(c * c).backward()
    assert x.grad.tolist() == [2.0, 4.0, 6.0, 8.0]


def test_float32_stays():
    t = leaf(dtype=xp.float32) * 1
    t[0] = np.float64(1.5)
    t[1:3] = np.asarray([1.0, 2.0])
    t *= np.float64(2)
    t += np.ones(4)
    assert t.dtype == xp.float32
    assert t.tolist() == [4.0, 3.0, 5.0, 9.0]
    v = leaf()
    t[:] = v
    xp.sum(t).backward()
    assert v.grad.dtype == xp.float64


def test_complex():
    def f(z, x):
        y = z * z
        y[0] = x[0]
        y[1:] *= 1j * x[1:]
        return y

    z = start + 1j * start[::-1]
    both_modes(f, z, start)


# Operators ------------------------------------------------------------------------------------------


def test_in_place_operators_keep_the_handle():
    x = leaf()
    y = same = x * 1
    y *= 2
    y += x
    y **= 2
    y /= x
    y -= 1
    assert same is y
    assert y.tolist() == [8.0, 17.0, 26.0, 35.0]
    xp.sum(y).backward()
    np.testing.assert_allclose(x.grad.array, [9.0] * 4)


def test_assigning_a_tensor_to_itself():
    x = leaf()
    y = x * 1
    y *= y
    y[...] = y * y
    y[:] = y
    xp.sum(y).backward()
    np.testing.assert_allclose(x.grad.array, 4 * start**3)


def test_inside_transforms_in_both_modes_and_nested():
    def f(x):
        y = x * 1
        y[0] = x[1] ** 2
        y *= x
        y[1:] += xp.sin(x[0])
        return xp.sum(y * y)

    def g(x):  # the same, functionally
        y0 = x[1] ** 2 * x[0]
        rest = x[1:] ** 2 + xp.sin(x[0])
        return y0**2 + xp.sum(rest**2)

    for transform in (
        agrad.grad,
        agrad.hessian,
        lambda f: agrad.jacobian(f, mode="fwd"),
        lambda f: lambda x: agrad.linearize(f, x)[1](np.ones(4)),
        lambda f: lambda x: agrad.hvp(f, (x,), (np.ones(4),)),
        lambda f: agrad.grad(lambda x: xp.sum(agrad.hessian(f)(x))),
    ):
        np.testing.assert_allclose(transform(f)(start), transform(g)(start), rtol=1e-12)


def test_a_function_that_changes_its_argument():
    def f(x):
        x *= 2
        x[0] = x[1]
        return xp.sum(x * x)

    given = start.copy()
    expected = np.asarray([0.0, 32.0, 24.0, 32.0])
    np.testing.assert_array_equal(agrad.grad(f)(given), expected)
    np.testing.assert_array_equal(agrad.vjp(f, given)[1](1.0)[0], expected)
    np.testing.assert_array_equal(agrad.jacobian(f, mode="fwd")(given), expected)
    np.testing.assert_array_equal(agrad.linearize(f, given)[1](np.ones(4)), expected.sum())
    np.testing.assert_array_equal(agrad.jacobian(f, mode="rev")(given), expected)
    np.testing.assert_array_equal(agrad.hessian(f)(given), np.diag([0.0, 16.0, 8.0, 8.0]))
    np.testing.assert_array_equal(given, start)
    for t in (agrad.tensor(start), leaf() * 1):
        np.testing.assert_array_equal(agrad.grad(f)(t).array, expected)
        np.testing.assert_array_equal(t.array, start)


# What backward needs --------------------------------------------------------------------------------

SAVED = {
    "exp": (xp.exp, np.exp),
    "sin": (xp.sin, np.cos),
    "square": (lambda y: y * y, lambda a: 2 * a),
    "prod": (xp.prod, lambda a: np.prod(a) / a),
    "divide": (lambda y: 1 / y, lambda a: -1 / a**2),
    "pow": (lambda y: y**3, lambda a: 3 * a**2),
    "max": (xp.max, lambda a: np.asarray([0.0, 0.0, 0.0, 1.0])),
    "norm": (xp.linalg.vector_norm, lambda a: a / np.linalg.norm(a)),
    "matmul": (lambda y: y @ y, lambda a: 2 * a),
    "take": (lambda y: xp.take(y * y, xp.asarray([1, 1])), lambda a: np.asarray([0.0, 8.0, 0.0, 0.0])),
}


@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.parametrize(("f", "d"), SAVED.values(), ids=SAVED)
def test_later_changes_do_not_corrupt_saved_values(f, d, create_graph):
    x = leaf()
    y = x * 1
    out = f(y)
    total = xp.sum(out)
    y *= 100
    y[0] = -7.0
    out *= 0
    total.backward(create_graph=create_graph)
    np.testing.assert_allclose(x.grad.array, d(start))


def test_later_changes_do_not_corrupt_pullbacks_and_linearizations():
    y = leaf() * 1
    direction = agrad.tensor(np.ones(4))
    out, pullback = agrad.vjp(xp.sin, y)
    out_too, f_jvp = agrad.linearize(xp.sin, y)
    y *= 100
    out *= 0
    out_too *= 0
    expected = np.cos(start)
    for found in (pullback(direction)[0], f_jvp(direction)):
        np.testing.assert_allclose(found.array, expected)
        found *= 0
    np.testing.assert_array_equal(direction.array, np.ones(4))
    np.testing.assert_allclose(pullback(direction)[0].array, expected)
    np.testing.assert_allclose(f_jvp(direction).array, expected)


def test_a_mask_or_index_changed_after_its_use():
    x = leaf()
    mask, index = xp.asarray([True, False, True, False]), xp.asarray([0, 1])
    total = xp.sum(x[mask]) + xp.sum(x[index]) + xp.sum(xp.where(mask, x, 0.0))
    mask[:] = False
    index += 2
    total.backward()
    assert x.grad.tolist() == [3.0, 1.0, 2.0, 0.0]


def test_arrays_handed_in_are_not_changed():
    a = start.copy()
    t = xp.asarray(a)
    t[0] = 9.0
    t *= 2
    np.testing.assert_array_equal(a, start)


# Refusals -------------------------------------------------------------------------------------------


def refused(t, change, error):
    """The change raises an agrad error that is a built-in one too, and nothing has changed."""
    view = t[:1]
    before = (t.tolist(), t.dtype, t.shape, t.requires_grad, t.grad_fn, view.tolist())
    with pytest.raises(error) as caught:
        change(t)
    assert (t.tolist(), t.dtype, t.shape, t.requires_grad, t.grad_fn, view.tolist()) == before
    return caught.value


def by(operation, value):
    def change(t):
        made = operation(t, value)
        assert made is not t

    return change


def put(key, value):
    def change(t):
        t[key] = value

    return change


def imul(a, b):
    a *= b
    return a


def itruediv(a, b):
    a /= b
    return a


@pytest.mark.parametrize(
    "change",
    [by(imul, 1.5), by(itruediv, 2), by(imul, np.asarray([1.5, 2.5])), by(imul, leaf([1.0, 2.0])), by(imul, 1j)],
)
def test_integer_tensors_refuse_other_dtypes(change):
    assert isinstance(refused(xp.asarray([1, 2]), change, agrad.DtypeError), TypeError)


@pytest.mark.parametrize("key", [0, slice(None), [0], np.asarray([True, False])], ids=str)
def test_integer_and_boolean_tensors_refuse_followed_values(key):
    refused(xp.asarray([1, 2]), put(key, leaf(1.0)), agrad.DtypeError)
    refused(xp.asarray([True, False]), put(key, leaf(1.0)), agrad.DtypeError)


@pytest.mark.parametrize("value", [1j, np.asarray([1j, 2j]), agrad.tensor([1j, 2j]), leaf([1j, 2j])], ids=repr)
@pytest.mark.parametrize(
    "make", [lambda: xp.asarray([1.0, 2.0]), lambda: leaf([1.0, 2.0]) * 1], ids=["plain", "followed"]
)
def test_real_tensors_refuse_complex_values(make, value):
    refused(make(), put(slice(None), value), TypeError)
    refused(make(), by(imul, value), agrad.DtypeError)


@pytest.mark.parametrize("value", [1.5, np.float64(1.5), np.asarray([1.5, 2.5]), agrad.tensor([1.5, 2.5])], ids=repr)
def test_integer_tensors_cast_what_is_assigned_as_their_library_does(value):
    plain = np.asarray([1, 2])
    plain[:] = value.array if isinstance(value, agrad.Tensor) else value
    t = xp.asarray([1, 2])
    t[:] = value
    assert t.tolist() == plain.tolist()
    assert t.dtype == xp.int64
    flags = xp.asarray([True, False])
    flags[:] = value
    assert flags.tolist() == [True, True]


def test_integer_tensors_change_in_place():
    t = xp.asarray([1, 2, 3])
    t[0] = 7
    t[1:] = np.asarray([8, 9])
    t += 1
    t *= t
    assert t.tolist() == [64, 81, 100]
    assert t.dtype == xp.int64
    flags = xp.asarray([True, False])
    flags &= xp.asarray([True, True])
    flags[1] = True
    assert flags.tolist() == [True, True]
    small = xp.asarray([1, 2], dtype=xp.int8)
    small += 1
    assert small.dtype == xp.int8


@pytest.mark.parametrize("make", [lambda: xp.asarray(start), lambda: leaf() * 1], ids=["plain", "followed"])
def test_failures_leave_everything_unchanged(make):
    refused(make(), by(imul, np.ones((2, 4))), ValueError)
    refused(make(), by(imul, np.ones(3)), ValueError)
    refused(make(), put(9, 1.0), IndexError)
    refused(make(), put(slice(0, 2), np.ones(3)), ValueError)
    refused(make(), put(0, "a"), (TypeError, ValueError))
    refused(make(), by(imul, None), TypeError)
    refused(make(), by(imul, "a"), TypeError)


def test_a_failing_write_to_a_slice_leaves_its_base_unchanged():
    y = leaf() * 1
    view = y[1:3]
    with pytest.raises(ValueError, match="broadcast"):
        view[...] = np.ones(3)
    with pytest.raises(ValueError, match="shape"):
        view += np.ones((2, 2))
    assert y.tolist() == start.tolist()
    assert view.tolist() == [2.0, 3.0]


def test_a_buffer_that_caught_a_traced_value_raises_afterwards():
    buffer = xp.zeros(2)

    def f(x):
        buffer[0] = x
        return x * buffer[0]

    assert agrad.grad(f)(3.0) == 6.0
    with pytest.raises(agrad.EscapedTensorError):
        buffer + 1
    with pytest.raises(agrad.EscapedTensorError):
        buffer[1] = 2.0


def test_results_of_transforms_are_independent_of_each_other():
    def outer(s):
        ga, gb = agrad.grad(lambda a, b: xp.sum(a + b) * s, argnums=(0, 1))(np.ones(2), np.ones(2))
        ga *= 10
        return xp.sum(gb)

    assert agrad.value_and_grad(outer)(2.0) == (4.0, 2.0)
    x1, x2 = leaf(), leaf()
    xp.sum((x1 + x2) * 2).backward(create_graph=True)
    g = x1.grad
    g *= 3
    assert x2.grad.tolist() == [2.0] * 4
    y = leaf() * 1
    out, _ = agrad.vjp(lambda t: t, y)
    out *= 5
    assert y.tolist() == start.tolist()


def test_deepcopies_do_not_share():
    c = xp.asarray(start)
    view = c[:2]
    made = copy.deepcopy(c)
    made *= 2
    assert c.tolist() == start.tolist()
    assert view.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("write", ["+=", "="])
@pytest.mark.parametrize("looked", [False, True])
def test_what_is_written_through_a_flip_is_copied_by_reshape(write, looked):
    def f(xp, x):
        t = xp.flip(x, axis=0)
        if write == "+=":
            t[1, 1:] += 2.0
        else:
            t[1, 1:] = x[0, 1:] * 2.0
        if looked:
            x - x * 2
        r = xp.reshape(t, (-1,))  # a copy, as the elements of t do not lie in their order
        x[1, 1] = 7.0
        return xp.sum(r * r), r

    a = np.arange(9.0).reshape(3, 3)
    value, r = f(np, a.copy())
    (found, kept), g = agrad.value_and_grad(lambda x: f(agrad.namespace("numpy"), x), has_aux=True)(a.copy())
    assert kept.tolist() == r.tolist() and found == value
    moved = [(f(np, a + d)[0] - f(np, a - d)[0]) / 2e-6 for d in 1e-6 * np.eye(9).reshape(9, 3, 3)]
    np.testing.assert_allclose(g, np.reshape(moved, (3, 3)), atol=1e-6)


def test_a_view_that_copies_stays_followed_when_it_is_looked_at_without_recording():
    xp = agrad.namespace("numpy")
    x = agrad.tensor([1.0, -2.0, 0.5], requires_grad=True)
    second = agrad.view(x, lambda base: base[1], lambda base, value: base)
    with agrad.no_grad():
        xp.broadcast_to(second, (2, 3))
    (second * second).backward()
    assert x.grad.tolist() == [0.0, -4.0, 0.0]


def test_a_followed_value_in_a_view_apart_from_the_graph_stays_followed():
    xp = agrad.namespace("numpy")
    x = agrad.tensor([1.0, -2.0], requires_grad=True)
    apart = agrad.view(xp.zeros(2), agrad.stop_gradient, lambda base, value: agrad.stop_gradient(value))
    apart[...] = x * 3
    xp.reshape(apart, (2, 1))
    xp.sum(apart).backward()
    assert x.grad.tolist() == [3.0, 3.0]
