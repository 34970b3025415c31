"""The layer on arrays that know the standard and nothing else: it asks for no more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

SHAPES = ((3,), (3, 2), (3, 2, 4), (3, 2, 4, 2))
COLON = slice(None)
KEYS: tuple[Any, ...] = (
    0, -1, slice(0, 2), COLON, (0, 1), (COLON, 0), (slice(0, 2), slice(1, 2)), ..., None, (None, 0), (0, None),
    (..., 0), (0, ...), (COLON, None), (0, 0, 0), [0, 2], [0, -1, 0], [True, False, True],
)  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("key", KEYS, ids=str)
def test_an_index_may_leave_axes_out(strict: Any, shape: tuple[int, ...], key: Any) -> None:
    if isinstance(key, tuple) and sum(k is not None and k is not ... for k in key) > len(shape):
        return
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    x = strict.tensor(values, requires_grad=True)
    y = x[key]
    np.testing.assert_array_equal(y.tolist(), values[key])
    (y * y).sum().backward()
    expected = np.zeros_like(values)
    np.add.at(expected, key, 2 * values[key])
    np.testing.assert_array_equal(x.grad.tolist(), expected)
    if type(key) is not list:  # the standard assigns at no array of integers
        z = strict.tensor(values)
        z[key] = 7.0
        values[key] = 7.0
        np.testing.assert_array_equal(z.tolist(), values)


def test_truth_values_stay_what_they_are(strict: Any) -> None:
    a, b = strict.tensor([True, False]), strict.tensor([1, 0])
    assert a.any() and not a.all() and strict.logical_and(a, b).tolist() == [True, False]
    assert a[0].all().item() is True and strict.where(a, 1.0, 2.0).tolist() == [1.0, 2.0]
    assert strict.allclose(strict.ones(2), strict.ones(2)) and strict.tensor([[3]]).item() == 3


def test_two_libraries_in_one_program(strict: Any) -> None:
    assert strict.ones(2).dtype is strict.float32
    strict.set_default_backend("numpy")
    assert strict.ones(2).dtype is strict.float32 and strict.arange(2).dtype is strict.int64
