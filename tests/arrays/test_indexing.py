"""Elements and parts of Tensors, read by every kind of index."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import agrad
from leaves import gradient, leaf

xp = agrad.namespace("numpy")


# Indexing -------------------------------------------------------------------------------------------

cube = np.arange(24.0).reshape(2, 3, 4)
KEYS = {
    "integer": 1,
    "negative": -1,
    "integers": (1, 2, 3),
    "partial": (0, -1),
    "slice": slice(1, None),
    "steps": (slice(None), slice(None, None, 2), slice(3, None, -2)),
    "reversed": slice(None, None, -1),
    "empty slice": slice(2, 2),
    "ellipsis": Ellipsis,
    "ellipsis and integer": (..., 0),
    "newaxis": (None, slice(None), None),
    "all": (),
    "mixed": (0, None, ..., slice(1, 3)),
    "mask": cube % 3 == 0,
    "row mask": np.asarray([True, False]),
    "mask of two axes": cube[..., 0] % 2 == 0,
    "empty mask": np.zeros((2, 3, 4), dtype=bool),
    "inner mask": (slice(None), np.asarray([True, False, True])),
    "integer array": np.asarray([1, 0, 1]),
    "negative array": np.asarray([-1, 0]),
    "0-d array": np.asarray(1),
    "integer arrays": (np.asarray([0, 1, 1]), np.asarray([2, 0, 2]), np.asarray([3, 3, 3])),
    "broadcast arrays": (np.asarray([[0], [1]]), np.asarray([0, 2]), 1),
    "x[:, idx]": (slice(None), np.asarray([2, 0, 0])),
    "x[..., idx]": (..., np.asarray([[0, 1], [3, 3]])),
    "x[idx, :, idx]": (np.asarray([0, 1]), slice(None), np.asarray([1, 1])),
    "list": [1, 0, 1],
    "x[:, list]": (slice(None), [2, 2]),
    "list of truth values": [True, False],
    "NumPy integer": (np.int64(1), slice(None), np.int32(0)),
    "True": True,
    "empty array": np.asarray([], dtype=int),
}


@pytest.mark.parametrize("key", KEYS.values(), ids=KEYS)
def test_indexing_and_its_gradient(key):
    for used in (key, in_tensors(key)):
        x = leaf(cube)
        y = x[used]
        np.testing.assert_array_equal(y.array, cube[key])
        expected = np.zeros_like(cube)
        np.add.at(expected, key, np.cos(np.arange(math.prod(y.shape))).reshape(y.shape))
        np.testing.assert_allclose(gradient(y, x), expected)
        direction = np.sin(cube)
        np.testing.assert_allclose(agrad.jvp(lambda t, used=used: t[used], (cube,), (direction,))[1], direction[key])


def in_tensors(key):
    """The same index, its arrays as Tensors."""
    if isinstance(key, tuple):
        return tuple(in_tensors(k) for k in key)
    return agrad.tensor(key) if isinstance(key, np.ndarray) else key


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_indexing_by_random_keys(data):
    shape = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
    parts = []
    for n in shape[: data.draw(st.integers(0, len(shape)))]:
        parts.append(
            data.draw(
                st.one_of(
                    st.integers(-n, n - 1),
                    st.slices(n),
                    st.lists(st.integers(-n, n - 1), min_size=1, max_size=4).map(np.asarray),
                    st.lists(st.booleans(), min_size=n, max_size=n).map(np.asarray),
                )
            )
        )
    if data.draw(st.booleans()):
        parts.insert(data.draw(st.integers(0, len(parts))), None)
    if data.draw(st.booleans()):
        parts.append(Ellipsis)
    key = tuple(parts)
    a = np.arange(float(math.prod(shape))).reshape(shape)
    try:
        expected = a[key]
    except IndexError:
        assume(False)
    x = leaf(a)
    y = x[key]
    np.testing.assert_array_equal(y.array, expected)
    g = np.zeros_like(a)
    np.add.at(g, key, np.cos(np.arange(math.prod(y.shape))).reshape(y.shape))
    np.testing.assert_allclose(gradient(y, x), g)


@pytest.mark.parametrize("key", [5, (0, 0, 0, 0), "a", 1.5, np.asarray([9]), np.asarray([True, False, True])], ids=str)
def test_bad_indices_raise_as_numpys_do(key):
    with pytest.raises(IndexError):
        cube[key]
    for t in (leaf(cube), agrad.tensor(cube)):
        with pytest.raises(IndexError):
            t[key]
