"""Sets: distinct values in sorted order on every backend, taken from where they first occur, so that gradients flow."""

import numpy as np
import pytest

import agrad
from strict import install

install()
BACKENDS = ["numpy", "torch", "jax", "array-api-strict"]
FIELDS = {
    "unique_all": ("values", "indices", "inverse_indices", "counts"),
    "unique_counts": ("values", "counts"),
    "unique_inverse": ("values", "inverse_indices"),
}
X = [[3.0, 1.0, 3.0], [-2.0, 7.0, 1.0]]


@pytest.fixture(params=BACKENDS)
def xp(request):
    module = {"array-api-strict": "array_api_strict"}.get(request.param, request.param)
    library = pytest.importorskip(module)
    if module == "jax":
        with library.enable_x64(True):
            yield agrad.namespace(request.param)
    else:
        yield agrad.namespace(request.param)


def values_of(xp, op, x):
    found = getattr(xp, op)(x)
    return found if op == "unique_values" else found.values


def host(x):
    return agrad.asarray(x, backend="numpy").array


def arrays(xp, dtype):
    rng = np.random.default_rng(0)
    for shape in [(), (0,), (4, 10)]:
        x = rng.integers(0, 30, shape) - 15 * (dtype[0] != "u")
        x = x + 1j * rng.integers(0, 3, shape) if "complex" in dtype else x
        yield xp.asarray(np.asarray(x % 2 == 0 if dtype == "bool" else x).tolist(), dtype=getattr(xp, dtype))


DTYPES = "bool int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 complex64 complex128".split()


@pytest.mark.parametrize(("dtype", "follow"), [(d, False) for d in DTYPES] + [(d, True) for d in DTYPES[-4:]])
def test_sorted_on_every_backend(xp, dtype, follow):
    for x in arrays(xp, dtype):
        plain = host(x).reshape(-1)
        values, indices, inverse, counts = np.unique(
            plain, return_index=True, return_inverse=True, return_counts=True, equal_nan=False
        )
        expected = {"values": values, "indices": indices, "inverse_indices": inverse.reshape(x.shape), "counts": counts}
        if follow:
            x.requires_grad_()
        for op, fields in FIELDS.items():
            found = getattr(xp, op)(x)
            assert (found._fields, len(found)) == (fields, len(fields))
            for name in fields:
                got = getattr(found, name)
                assert got.requires_grad is (follow and name == "values")
                got = host(got.detach())
                np.testing.assert_array_equal(got, expected[name], err_msg=f"{op}.{name}", strict=name == "values")
        np.testing.assert_array_equal(host(xp.unique_values(x).detach()), values)


@pytest.mark.parametrize("op", [*FIELDS, "unique_values"])
def test_each_nan_is_distinct_and_last(xp, op):
    x = xp.asarray([2.0, float("nan"), 1.0, float("nan"), 2.0], requires_grad=True)
    values = values_of(xp, op, x)
    np.testing.assert_array_equal(host(values.detach()), [1.0, 2.0, np.nan, np.nan])
    xp.sum(values * xp.asarray([1.0, 10.0, 100.0, 1000.0])).backward()
    assert x.grad.tolist() == [10.0, 100.0, 1.0, 1000.0, 0.0]


@pytest.mark.parametrize("op", [*FIELDS, "unique_values"])
def test_gradients_in_both_modes_and_to_second_order(xp, op):
    def f(x):
        v = values_of(xp, op, x)
        return xp.sum(v**3 * xp.asarray([1.0, 10.0, 100.0, 1000.0]))

    x = xp.asarray(X).array
    weights = np.asarray([[100.0, 10.0, 0.0], [1.0, 1000.0, 0.0]])  # values that occur again: all to the first
    expected = 3 * weights * np.asarray(X) ** 2
    np.testing.assert_allclose(host(xp.asarray(agrad.grad(f)(x))), expected, rtol=1e-6)
    t = np.asarray([[0.5, 1.0, -1.0], [2.0, 0.25, 3.0]])
    tangent = xp.asarray(t.tolist(), dtype=xp.asarray(X).dtype).array
    np.testing.assert_allclose(host(xp.asarray(agrad.jvp(f, (x,), (tangent,))[1])), np.sum(expected * t), rtol=1e-6)
    second = host(xp.asarray(agrad.hvp(f, (x,), (tangent,))))
    np.testing.assert_allclose(second, 6 * weights * np.asarray(X) * t, rtol=1e-6)


def test_no_unique_value_is_lost_in_an_empty_array(xp):
    x = xp.asarray([], dtype=xp.float32, requires_grad=True)
    found = xp.unique_all(x)
    assert [tuple(y.shape) for y in found] == [(0,)] * 4
    xp.sum(found.values).backward()
    assert x.grad.shape == (0,)


def test_sets_of_array_api_extra_have_gradients(xp):
    extra = pytest.importorskip("array_api_extra")
    x = xp.asarray([3.0, 1.0, 2.0, 3.0], requires_grad=True)
    y = xp.asarray([2.0, 5.0], requires_grad=True)
    difference = extra.setdiff1d(x, y, xp=xp)
    assert difference.tolist() == [1.0, 3.0]
    xp.sum(difference * xp.asarray([1.0, 10.0])).backward()
    assert (x.grad.tolist(), y.grad) == ([10.0, 1.0, 0.0, 0.0], None)
    if not hasattr(extra, "union1d"):
        pytest.skip("this array-api-extra has no union1d")
    x.grad = None
    union = extra.union1d(x, y, xp=xp)
    assert union.tolist() == [1.0, 2.0, 3.0, 5.0]
    xp.sum(union * xp.asarray([1.0, 10.0, 100.0, 1000.0])).backward()
    assert (x.grad.tolist(), y.grad.tolist()) == ([100.0, 1.0, 10.0, 0.0], [0.0, 1000.0])
