"""Slices that are changed: what shares memory sees it, with its gradients."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agrad
from leaves import leaf_of_four as leaf
from leaves import start

xp = agrad.namespace("numpy")


# Slices ---------------------------------------------------------------------------------------------


def test_writing_to_a_slice_writes_to_its_base():
    x = leaf()
    y = x * 1
    view = y[1:3]
    view *= 10
    view[0] = x[3]
    assert y.tolist() == [1.0, 4.0, 30.0, 4.0]
    assert view.tolist() == [4.0, 30.0]
    xp.sum(y * y).backward()
    assert x.grad.tolist() == [2.0, 0.0, 600.0, 16.0]


def test_writing_to_a_base_shows_in_its_slices():
    x = leaf()
    y = x * 1
    view = y[1:3]
    y *= x
    y[2] = x[0]
    assert view.tolist() == [4.0, 1.0]
    xp.sum(view * view).backward()
    assert x.grad.tolist() == [2.0, 32.0, 0.0, 0.0]


def test_slices_of_slices():
    x = leaf(np.arange(12.0).reshape(3, 4))
    y = x * 1
    rows = y[1:]
    row = rows[0]
    part = row[::2]
    other = y[:, 0]
    part *= 10
    plain = np.arange(12.0).reshape(3, 4)
    plain[1:][0][::2] *= 10
    for t, expected in ((y, plain), (rows, plain[1:]), (row, plain[1]), (part, plain[1, ::2]), (other, plain[:, 0])):
        np.testing.assert_array_equal(t.array, expected)
    rows += 1
    plain[1:] += 1
    for t, expected in ((y, plain), (rows, plain[1:]), (row, plain[1]), (part, plain[1, ::2]), (other, plain[:, 0])):
        np.testing.assert_array_equal(t.array, expected)
    xp.sum(part * part).backward()
    expected = np.zeros((3, 4))
    expected[1, ::2] = 2 * plain[1, ::2] * 10
    np.testing.assert_array_equal(x.grad.array, expected)


def test_rows_of_an_iteration_write_through():
    x = leaf(np.ones((2, 2)))
    y = x * 1
    for i, row in enumerate(y):
        row *= i + 2
    assert y.tolist() == [[2.0, 2.0], [3.0, 3.0]]
    xp.sum(y).backward()
    assert x.grad.tolist() == [[2.0, 2.0], [3.0, 3.0]]


def test_elements_are_values():
    x, c = leaf(), xp.zeros(4)
    for i, element in enumerate(list(c)):
        element += x[i] * 2
        assert element.item() == 2 * start[i]
    assert c.tolist() == [0.0] * 4
    for i in range(4):
        c[i] += x[i] * 2
    assert c.tolist() == [2.0, 4.0, 6.0, 8.0]
    xp.sum(c).backward()
    assert x.grad.tolist() == [2.0] * 4


def test_a_reversed_slice_meets_its_base():
    t = xp.asarray(start)
    backwards = t[::-1]
    t += backwards
    assert t.tolist() == backwards.tolist() == [5.0] * 4
    t[...] = start
    t[...] = backwards
    assert t.tolist() == [4.0, 3.0, 2.0, 1.0]
    assert backwards.tolist() == start.tolist()


def test_overlap_of_a_slice_with_its_base():
    x = leaf()
    y = x * 1
    view = y[1:]
    view[...] = y[:-1]
    assert y.tolist() == [1.0, 1.0, 2.0, 3.0]
    xp.sum(y).backward()
    assert x.grad.tolist() == [2.0, 1.0, 1.0, 0.0]


def test_a_slice_outlives_its_base():
    x = leaf()
    y = x * 1
    view = y[:2]
    del y
    view *= 3
    xp.sum(view).backward()
    assert x.grad.tolist() == [3.0, 3.0, 0.0, 0.0]


def test_picked_elements_are_copies():
    y = leaf() * 1
    for key in ([0, 1], np.asarray([0, 1]), np.asarray([True, True, False, False]), xp.asarray([0, 1])):
        picked = y[key]
        picked *= 100
    assert y.tolist() == start.tolist()


def test_copies_are_independent():
    y = leaf() * 1
    for made in (
        xp.reshape(y, (2, 2), copy=True),
        xp.asarray(y, copy=True),
        y.clone(),
        y + 0,
        xp.roll(y, 1),
        y.detach(),
    ):
        made *= 100
    assert y.tolist() == start.tolist()


@pytest.mark.parametrize(
    "function",
    [
        lambda y: xp.reshape(y, (2, 2)),
        xp.flip,
        lambda y: xp.expand_dims(y, axis=0),
        lambda y: xp.permute_dims(xp.reshape(y, (2, 2)), (1, 0)),
        lambda y: xp.reshape(y, (2, 2)).mT,
        lambda y: xp.squeeze(xp.expand_dims(y, axis=1), axis=1),
        lambda y: xp.moveaxis(xp.reshape(y, (2, 1, 2)), 0, 2),
        lambda y: xp.astype(y, y.dtype, copy=False),
        xp.asarray,
        xp.real,
    ],
)
def test_what_shares_memory_in_numpy_shares_it(function):
    x = leaf()
    y = x * 1
    view = function(y)
    view *= 10
    assert y.tolist() == (10 * start).tolist()
    y += 1
    assert sorted(xp.reshape(view, (-1,)).tolist()) == (10 * start + 1).tolist()
    xp.sum(y * y + 0 * xp.sum(view)).backward()
    np.testing.assert_allclose(x.grad.array, 2 * (10 * start + 1) * 10)


def test_memory_that_is_read_only():
    y = leaf() * 1
    view = xp.broadcast_to(y, (2, 4))
    with pytest.raises(agrad.InPlaceError, match="read-only"):
        view += 1
    y += 1
    assert view.tolist() == [(start + 1).tolist()] * 2


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_random_programs_of_slices_and_writes(data):
    """Bases, slices of slices and writes to any of them, beside NumPy's own views; then the gradient."""
    a = np.arange(1.0, 13.0).reshape(3, 4)
    x = leaf(a)
    tensors, arrays = [x * 1], [a.copy()]
    steps = []
    for _ in range(data.draw(st.integers(2, 8))):
        i = data.draw(st.integers(0, len(tensors) - 1))
        if data.draw(st.booleans()) and arrays[i].ndim:
            key = tuple(data.draw(st.slices(n)) for n in arrays[i].shape)
            tensors.append(tensors[i][key])
            arrays.append(arrays[i][key])
            steps.append(("slice", i, key))
        elif arrays[i].size:
            c = data.draw(st.sampled_from([0.5, 2.0, -1.0]))
            if data.draw(st.booleans()):
                tensors[i] *= c
                arrays[i] *= c
                steps.append(("scale", i, c))
            else:
                key = tuple(data.draw(st.slices(n)) for n in arrays[i].shape)
                tensors[i][key] = tensors[i][key] + c
                arrays[i][key] = arrays[i][key] + c
                steps.append(("add", i, key, c))
    for t, expected in zip(tensors, arrays, strict=True):
        np.testing.assert_array_equal(t.array, expected)

    def run(x):
        values = [x]
        for kind, i, *rest in steps:
            if kind == "slice":
                values.append(values[i][rest[0]])
            elif kind == "scale":
                values[i] *= rest[0]
            else:
                values[i][rest[0]] = values[i][rest[0]] + rest[1]
        return [v * 1 for v in values]

    weights = [np.cos(np.arange(v.size)).reshape(v.shape) for v in arrays]
    xp.sum(xp.concat([xp.reshape(t * w, (-1,)) for t, w in zip(tensors, weights, strict=True)])).backward()
    basis = np.zeros((12, *a.shape))
    basis.reshape(12, 12)[:] = np.eye(12)
    zero = run(np.zeros_like(a))
    expected = [  # every step is affine: columns of the matrix are differences
        sum(np.sum((u - z) * w) for u, z, w in zip(run(e.copy()), zero, weights, strict=True)) for e in basis
    ]
    np.testing.assert_allclose(x.grad.array.ravel(), expected, atol=1e-12)
