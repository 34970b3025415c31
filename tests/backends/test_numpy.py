"""The NumPy backend: every adapter against plain NumPy, the functional index operations, the record, ufuncs."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import agrad
import agrad_numpy
import agrad_numpy.namespace as xp

STANDARD = json.loads((Path(__file__).parents[1] / "data" / "array-api-2025.12.json").read_text())
rng = np.random.default_rng(0)
BACKEND = next(iter(agrad_numpy.agrad_backends()))
REAL = (np.float32, np.float64)
INTEGERS = (np.int8, np.int16, np.int32, np.int64, np.uint8, np.uint16, np.uint32, np.uint64)
NUMBERS = (*INTEGERS, *REAL, np.complex64, np.complex128)


def same(got: Any, expected: Any) -> None:
    """Same values, shape and dtype."""
    assert got.dtype == expected.dtype
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got, expected)


# The namespace ----------------------------------------------------------------------------------------


def items() -> list[str]:
    """The standard's functions, constants and dtypes, extensions with their prefix."""
    found = []
    for f in STANDARD["functions"]:
        category, name = f["category"], f["name"]
        if "(extension)" in category:
            found.append(f"{category.split()[0]}.{name.rpartition('.')[2]}")
        elif not category.startswith("array ") and "(" not in name:
            found.append(name)
    return found


@pytest.mark.parametrize("name", items())
def test_every_item_of_the_standard_is_there(name: str) -> None:
    owner: Any = xp
    *parents, last = name.split(".")
    for parent in parents:
        owner = getattr(owner, parent)
    assert hasattr(owner, last)


def test_nothing_else_is_found_by_accident() -> None:
    with pytest.raises(AttributeError, match="cumsum"):
        xp.cumsum  # noqa: B018


def test_info() -> None:
    info = xp.__array_namespace_info__()
    assert info.capabilities() == {"boolean indexing": True, "data-dependent shapes": True, "max dimensions": 64}
    assert info.default_device() == "cpu"
    assert info.devices() == ("cpu",)
    assert info.default_dtypes(device="cpu")["real floating"] == xp.asarray(1.0).dtype
    assert info.default_dtypes()["integral"] == xp.asarray(1).dtype
    assert info.default_dtypes()["indexing"] == xp.argmax(xp.asarray([1, 2])).dtype
    assert info.dtypes(kind="real floating") == {"float32": np.dtype("f4"), "float64": np.dtype("f8")}
    assert list(info.dtypes(kind=("bool", "complex floating"))) == ["bool", "complex64", "complex128"]
    assert len(info.dtypes()) == 13
    with pytest.raises(ValueError, match="cuda"):
        info.dtypes(device="cuda")


# Data types -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", xp.DTYPES)
@pytest.mark.parametrize("kind", [*xp.KINDS, ("bool", "integral"), np.float32, ("real floating", np.int8)])
def test_isdtype(dtype: Any, kind: Any) -> None:
    for d in (dtype, np.dtype(dtype)):
        assert xp.isdtype(d, kind) == np.isdtype(d, kind)


def test_isdtype_of_an_unknown_kind() -> None:
    with pytest.raises(ValueError, match="floating"):
        xp.isdtype(np.float32, "floating")


@pytest.mark.parametrize("x", [np.arange(3.0), np.float64(2.5), np.asarray(1.5, np.float32)])
def test_astype(x: Any) -> None:
    for dtype in (np.float32, np.float64, np.complex64, np.int8, np.bool):
        same(xp.astype(x, dtype), np.asarray(x).astype(dtype))
    assert xp.astype(x, x.dtype, copy=False) is x
    if isinstance(x, np.ndarray):
        assert not np.shares_memory(xp.astype(x, x.dtype), x)
    with pytest.raises(ValueError, match="cuda"):
        xp.astype(x, np.float32, device="cuda")


def test_astype_does_not_drop_an_imaginary_part() -> None:
    x = np.asarray([1 + 2j, 0])
    with pytest.raises(TypeError, match="real"):
        xp.astype(x, np.float64)
    same(xp.astype(x, np.bool), np.asarray([True, False]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_finfo_holds_python_floats(dtype: Any) -> None:
    for given_as in (dtype, np.dtype(dtype), np.ones(2, dtype), dtype(1)):
        limits = xp.finfo(given_as)
        expected = np.finfo(dtype)
        for name in ("eps", "max", "min", "smallest_normal", "tiny"):
            assert type(getattr(limits, name)) is float
            assert getattr(limits, name) == getattr(expected, name)
        assert limits.bits == expected.bits
        assert limits.dtype == expected.dtype


@pytest.mark.parametrize("given_as", [np.int8, np.dtype("i1"), np.ones(2, np.int8), np.int8(1)])
def test_iinfo(given_as: Any) -> None:
    assert (xp.iinfo(given_as).min, xp.iinfo(given_as).max, xp.iinfo(given_as).bits) == (-128, 127, 8)


# Creation and elementwise -----------------------------------------------------------------------------


def test_zeros_like() -> None:
    same(xp.zeros_like(np.ones((2, 3), np.float32)), np.zeros((2, 3), np.float32))
    same(xp.zeros_like(np.float64(3), dtype=np.int8), np.zeros((), np.int8))
    with pytest.raises(ValueError, match="cuda"):
        xp.zeros_like(np.ones(2), device="cuda")


def test_from_dlpack() -> None:
    x = np.arange(4.0)
    assert np.shares_memory(xp.from_dlpack(x), x)
    same(xp.from_dlpack(x, device="cpu"), x)
    with pytest.raises(ValueError, match="cuda"):
        xp.from_dlpack(x, device="cuda")


def test_from_dlpack_copies() -> None:
    x = np.arange(4.0)
    assert not np.shares_memory(xp.from_dlpack(x, copy=True), x)


BOUNDS = [(0, 2), (None, 1), (1, None), (None, None), (np.asarray([0.0, 1.0, 2.0]), 2.5), (-1.5, np.float64(1))]


@pytest.mark.parametrize(("low", "high"), BOUNDS)
@pytest.mark.parametrize("dtype", REAL)
def test_clip(low: Any, high: Any, dtype: Any) -> None:
    x = np.asarray([[-3, 0.5, 4], [1, np.nan, -0.25]], dtype)
    got = xp.clip(x, low, high)
    same(got, (x if low is None and high is None else np.clip(x, low, high)).astype(dtype))
    assert not np.shares_memory(got, x)
    same(xp.clip(x[0, 0], max=2), dtype(-3))


def test_clip_of_integers() -> None:
    x = np.asarray([-100, 0, 100], np.int8)
    same(xp.clip(x, -1000, 50), np.asarray([-100, 0, 50], np.int8))
    same(xp.clip(x, np.asarray(-5), 1000), np.asarray([-5, 0, 100], np.int8))
    nan = np.asarray(np.nan)
    assert np.isnan(xp.clip(np.ones(2), nan, None)).all()


@pytest.mark.parametrize("name", ["ceil", "floor", "trunc"])
@pytest.mark.parametrize("dtype", INTEGERS)
def test_rounding_leaves_integers_integers(name: str, dtype: Any) -> None:
    x = np.asarray([0, 1, 5], dtype)
    same(getattr(xp, name)(x), x)
    same(getattr(xp, name)(np.asarray([1.0, 2.0])), np.asarray([1.0, 2.0]))


# Reductions -------------------------------------------------------------------------------------------

AXES = [None, 0, -1, (0,), (0, 2), (), (-1, 0, 1)]


@pytest.mark.parametrize("axis", AXES)
@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "all", "any", "count_nonzero"])
def test_reductions(name: str, axis: Any, keepdims: bool) -> None:
    function, reference = getattr(xp, name), getattr(np, name)
    for dtype in NUMBERS:
        if (name == "mean" and dtype in INTEGERS) or (name in ("max", "min") and dtype(1).dtype.kind == "c"):
            continue
        x = rng.integers(0, 3, (2, 3, 2)).astype(dtype)
        got, expected = function(x, axis=axis, keepdims=keepdims), reference(x, axis=axis, keepdims=keepdims)
        assert got.dtype == np.asarray(expected).dtype
        assert got.shape == np.shape(expected)
        np.testing.assert_allclose(got, expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["sum", "prod", "max", "min", "mean", "all", "any", "count_nonzero"])
def test_reductions_of_a_scalar(name: str) -> None:
    for x in (np.float64(2.5), np.asarray(2.5)):
        expected = np.asarray(getattr(np, name)(x))
        same(getattr(xp, name)(x), expected)


def test_reductions_to_another_dtype() -> None:
    x = np.full(300, 100, np.int8)
    same(xp.sum(x), np.int64(30000))
    same(xp.sum(x, dtype=np.float32), np.float32(30000))
    same(xp.sum(np.ones(3, np.uint8)), np.uint64(3))
    same(xp.prod(np.full(3, 100, np.int8)), np.int64(1000000))
    same(xp.prod(np.ones(3, np.float32), dtype=np.float64), np.float64(1))


def test_reductions_of_nothing() -> None:
    empty = np.zeros((0, 2))
    same(xp.sum(empty, axis=0), np.zeros(2))
    same(xp.prod(empty, axis=0), np.ones(2))
    same(xp.max(empty, axis=1), np.zeros(0))
    for name in ("max", "min"):
        with pytest.raises(ValueError, match="zero-size"):
            getattr(xp, name)(empty)
    with np.errstate(invalid="ignore"):
        assert np.isnan(xp.mean(empty))


@pytest.mark.parametrize("dtype", NUMBERS)
@pytest.mark.parametrize("name", ["sum", "prod"])
def test_cumulative(name: str, dtype: Any) -> None:
    function, reference = getattr(xp, f"cumulative_{name}"), getattr(np, f"cum{name}")
    x = rng.integers(1, 3, (3, 4)).astype(dtype)
    same(function(x[0]), reference(x[0]))
    for axis in (0, 1, -1):
        expected = reference(x, axis=axis)
        same(function(x, axis=axis), expected)
        start = np.full_like(np.take(expected, [0], axis), name == "prod")
        same(function(x, axis=axis, include_initial=True), np.concatenate([start, expected], axis))
    same(function(x, axis=0, dtype=np.complex128), reference(x, axis=0, dtype=np.complex128))
    with pytest.raises(ValueError, match="axis"):
        function(x)


def test_diff() -> None:
    x = rng.normal(size=(3, 5))
    same(xp.diff(x), np.diff(x))
    same(xp.diff(x, axis=0, n=2), np.diff(x, 2, 0))
    same(xp.diff(x, prepend=x[:, :1]), np.diff(x, prepend=x[:, :1]))
    same(xp.diff(x, append=x[:, :2], axis=-1), np.diff(x, append=x[:, :2]))
    same(xp.diff(x, n=0), x)


# Shapes -----------------------------------------------------------------------------------------------

LAYOUTS = [
    np.arange(12.0).reshape(3, 4), np.arange(12.0).reshape(3, 4).T, np.arange(12.0).reshape(3, 4)[:, ::2],
    np.arange(4.0)[::-1], np.arange(4.0)[None], np.arange(3.0)[:, None], np.zeros((0, 3)), np.zeros((1, 0)),
    np.float32(3), np.asarray(2.0), np.asfortranarray(np.arange(24).reshape(2, 3, 4)), np.arange(4.0)[::-4],
    np.arange(3, dtype=">f4"), np.asarray(True), np.arange(3) + 1j,
]  # fmt: skip


@pytest.mark.parametrize("x", LAYOUTS, ids=range(len(LAYOUTS)))
def test_broadcast_to(x: Any) -> None:
    for pair in itertools.product(range(5), repeat=2):
        for shape in (pair, (2, *pair), pair[1:], (4, 3, 2), (-1, 4)):
            try:
                expected = np.broadcast_to(x, shape)
            except ValueError:
                with pytest.raises(ValueError, match=r"broadcast|operand|negative"):
                    xp.broadcast_to(x, shape)
                continue
            got = xp.broadcast_to(x, shape)
            same(got, expected)
            assert got is x or not got.flags.writeable or not np.shares_memory(got, x)


def test_broadcast_to_keeps_the_memory_alive() -> None:
    def made() -> Any:
        return xp.broadcast_to(np.arange(1000.0), (3, 1000))

    views = [made() for _ in range(10)]
    for view in views:
        same(view, np.broadcast_to(np.arange(1000.0), (3, 1000)))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3, (0, 2), (-1, 0), (1,), ()])
@pytest.mark.parametrize("x", [np.arange(6.0).reshape(2, 3), np.arange(6.0).reshape(2, 3).T], ids=["C", "F"])
def test_expand_dims(x: Any, axis: Any) -> None:
    got = xp.expand_dims(x, axis)
    same(got, np.expand_dims(x, axis))
    assert np.shares_memory(got, x)


def test_expand_dims_refuses() -> None:
    for axis in (2, -3, (0, 0), (3,)):
        with pytest.raises((IndexError, ValueError)):
            xp.expand_dims(np.ones(3), axis)
    same(xp.expand_dims(np.float64(1), axis=0), np.ones(1))


def test_reshape() -> None:
    x = np.arange(6.0)
    assert np.shares_memory(xp.reshape(x, (2, 3)), x)
    assert not np.shares_memory(xp.reshape(x, (2, -1), copy=True), x)
    assert np.shares_memory(xp.reshape(x, (2, 3), copy=False), x)
    turned = x.reshape(2, 3).T
    same(xp.reshape(turned, (6,)), turned.reshape(6))
    same(xp.reshape(turned, (6,), copy=True), turned.reshape(6))
    with pytest.raises((ValueError, AttributeError)):
        xp.reshape(turned, (6,), copy=False)
    assert turned.shape == (3, 2)
    same(xp.reshape(np.float64(1), (1, 1)), np.ones((1, 1)))


def test_transposing_and_splitting() -> None:
    x = rng.normal(size=(2, 3, 4))
    same(xp.permute_dims(x, (2, 0, 1)), np.transpose(x, (2, 0, 1)))
    same(xp.matrix_transpose(x), np.swapaxes(x, -1, -2))
    same(xp.squeeze(x[:, :1], 1), x[:, 0])
    with pytest.raises(ValueError, match="transpose"):
        xp.matrix_transpose(np.ones(3))
    with pytest.raises(ValueError, match="squeeze"):
        xp.squeeze(x, 0)
    for axis in (0, 1, -1):
        parts = xp.unstack(x, axis=axis)
        assert type(parts) is tuple
        same(np.stack(parts, axis=axis), x)
    with pytest.raises(ValueError, match="at least 1-d"):
        xp.unstack(np.asarray(1.0))


# Searching and sorting --------------------------------------------------------------------------------


def test_take() -> None:
    x = rng.normal(size=(3, 4))
    indices = np.asarray([2, 0, -1, 2])
    same(xp.take(x, indices, axis=1), np.take(x, indices, 1))
    same(xp.take(x[0], indices), x[0][indices])
    with pytest.raises(ValueError, match="axis"):
        xp.take(x, indices)
    order = np.argsort(x, axis=-1)
    same(xp.take_along_axis(x, order), np.sort(x))
    same(xp.take_along_axis(x, np.argsort(x, axis=0), axis=0), np.sort(x, 0))


def test_nonzero() -> None:
    x = np.asarray([[0, 1], [2, 0]])
    for got, expected in zip(xp.nonzero(x), np.nonzero(x), strict=True):
        same(got, expected)
    for scalar in (np.asarray(1), np.int64(1)):
        with pytest.raises(ValueError, match="0d arrays"):
            xp.nonzero(scalar)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("stable", [True, False])
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.float32, np.bool])
def test_sorting(axis: int, stable: bool, dtype: Any) -> None:
    x = rng.integers(0, 4, (5, 6)).astype(dtype)
    same(xp.sort(x, axis=axis, stable=stable), np.sort(x, axis))
    same(xp.sort(x, axis=axis, stable=stable, descending=True), np.flip(np.sort(x, axis), axis))
    for descending in (False, True):
        order = xp.argsort(x, axis=axis, stable=stable, descending=descending)
        assert order.dtype == np.intp
        same(np.take_along_axis(x, order, axis), xp.sort(x, axis=axis, descending=descending))
        if stable:
            ranks = np.take_along_axis(x, order, axis)
            ties = np.diff(ranks.astype(int), axis=axis) == 0
            assert (np.diff(order, axis=axis)[ties] > 0).all()


def test_sorting_keeps_the_order_of_the_zeros() -> None:
    x = np.asarray([0.0, -0.0, 1.0, -0.0])
    assert list(np.signbit(xp.sort(x))) == [False, True, True, False]
    assert list(np.signbit(xp.sort(x, descending=True))) == [False, False, True, True]


# Extensions -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.complex64, np.complex128])
def test_eigenvalues_are_complex(dtype: Any) -> None:
    complex_ = np.result_type(dtype, np.complex64)
    for x in (np.diag([1, 2, 3]).astype(dtype), np.asarray([[0, 1], [-1, 0]], dtype), np.ones((2, 3, 3), dtype)):
        values, vectors = result = xp.linalg.eig(x)
        assert (result.eigenvalues.dtype, result.eigenvectors.dtype) == (complex_, complex_)
        assert xp.linalg.eigvals(x).dtype == complex_
        np.testing.assert_allclose(x @ vectors, vectors * values[..., None, :], atol=1e-5)
        np.testing.assert_allclose(np.sort_complex(xp.linalg.eigvals(x)), np.sort_complex(values), atol=1e-5)


def test_pinv() -> None:
    x = np.diag([1.0, 1e-3, 1e-17])
    np.testing.assert_allclose(xp.linalg.pinv(x), np.diag([1.0, 1e3, 0.0]), atol=1e-9)
    np.testing.assert_allclose(xp.linalg.pinv(x, rtol=1e-2), np.diag([1.0, 0.0, 0.0]), atol=1e-9)
    assert xp.linalg.pinv(np.ones((3, 2), np.float32)).dtype == np.float32


def test_solve_takes_a_vector_only_of_one_dimension() -> None:
    a = rng.normal(size=(2, 3, 3))
    b = rng.normal(size=(3,))
    np.testing.assert_allclose(a @ xp.linalg.solve(a, b)[..., None], np.broadcast_to(b[:, None], (2, 3, 1)))
    stack = rng.normal(size=(3, 3))
    np.testing.assert_allclose(a @ xp.linalg.solve(a, stack), np.broadcast_to(stack, (2, 3, 3)))


@pytest.mark.parametrize("n", [1, 4, 5])
def test_frequencies(n: int) -> None:
    for name in ("fftfreq", "rfftfreq"):
        function, reference = getattr(xp.fft, name), getattr(np.fft, name)
        same(function(n), reference(n))
        same(function(n, d=0.5, dtype=np.float32, device="cpu"), reference(n, 0.5).astype(np.float32))


def test_transforms_keep_single_precision() -> None:
    x = np.ones(4, np.float32)
    assert xp.fft.rfft(x).dtype == xp.fft.fft(x.astype(np.complex64)).dtype == np.complex64


# Functional index operations --------------------------------------------------------------------------


@st.composite
def keyed(draw: st.DrawFn) -> tuple[tuple[int, ...], Any]:
    """A shape and an index of any kind into it."""
    shape = draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    kind = draw(st.sampled_from(["basic", "integers", "mask", "mixed", "list", "mask of rows"]))
    if kind == "basic":
        return shape, draw(hnp.basic_indices(shape, allow_newaxis=True))
    if kind == "integers":
        return shape, draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(min_side=0, max_side=4)))
    if kind == "mask":
        return shape, draw(hnp.arrays(np.bool, shape))
    if kind == "mask of rows":
        return shape, draw(hnp.arrays(np.bool, shape[:1]))
    rows = draw(st.lists(st.integers(-shape[0], shape[0] - 1), min_size=1, max_size=5))
    if kind == "list":
        return shape, rows
    return shape, (..., np.asarray([i % shape[-1] for i in rows], draw(st.sampled_from([np.int8, np.int64]))))


@given(keyed(), st.sampled_from([np.float32, np.float64, np.complex64, np.complex128, np.int64]), st.data())
@settings(deadline=None, max_examples=300)
def test_scatter(case: tuple[tuple[int, ...], Any], dtype: Any, data: st.DataObject) -> None:
    shape, key = case
    picked = np.zeros(shape)[key].shape
    values = np.asarray(data.draw(hnp.arrays(np.int64, picked, elements=st.integers(-5, 5)))).astype(dtype)
    if dtype in (np.complex64, np.complex128):
        values = values * dtype(1 + 2j)
    expected = np.zeros(shape, dtype)
    np.add.at(expected, key, values)
    same(xp.scatter(values, key, shape=shape), expected)
    x = np.arange(expected.size, dtype=np.float64).reshape(shape)
    before = x.copy()
    assert np.shape(xp.getitem(x, key)) == picked
    changed = xp.setitem(x, key, -1.0)
    same(x, before)
    x[key] = -1
    same(changed, x)


def test_scatter_into_much_and_with_repetition() -> None:
    """Both ways of adding: listing all positions, and not."""
    for rows in (2, 1000):
        for idx in (np.asarray([1, 1, 0, -1]), np.asarray([[1, 0], [1, 1]])):
            values = rng.normal(size=(*idx.shape, 3))
            expected = np.zeros((rows, 3))
            np.add.at(expected, idx, values)
            np.testing.assert_allclose(xp.scatter(values, idx, shape=(rows, 3)), expected)
            np.testing.assert_allclose(xp.scatter(values, (idx,), shape=(rows, 3)), expected)
    spread = xp.scatter(np.float64(2), np.asarray([0, 0, 1]), shape=(2,))
    same(spread, np.asarray([4.0, 2.0]))


def test_scatter_keeps_infinities_where_they_are() -> None:
    same(xp.scatter(np.asarray([np.inf, 1.0]), np.asarray([0, 2]), shape=(3,)), np.asarray([np.inf, 0, 1]))


@pytest.mark.parametrize("key", [(), ..., None, True, (None, ...), np.asarray(True)])
def test_index_operations_on_a_scalar(key: Any) -> None:
    for x in (np.float64(2), np.asarray(2.0)):
        got = xp.getitem(x, key)
        np.testing.assert_array_equal(got, np.asarray(2.0)[key])
        same(np.asarray(xp.setitem(x, key, 5.0)), np.asarray(5.0))
        same(np.asarray(xp.scatter(np.asarray(got), key, shape=())), np.asarray(2.0))


# The record -------------------------------------------------------------------------------------------


def test_the_record_needs_no_numpy() -> None:
    code = """
import sys, agrad_numpy
record, = agrad_numpy.agrad_backends()
assert not record.owns(1.0)
assert "numpy" not in sys.modules, "agrad_numpy imports NumPy"
import agrad
agrad.namespace("numpy")
assert "array_api_compat" not in sys.modules, "the namespace imports array_api_compat"
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_owns_and_scalars() -> None:
    for x in (np.ones(2), np.asarray(1), np.float32(1), np.bool(True), np.complex128(1)):
        assert BACKEND.owns(x)
    for y in (1.0, [1.0], "a", None, agrad.tensor(1.0)):
        assert not BACKEND.owns(y)
    assert set(BACKEND.scalars()) == set(xp.DTYPES)


def test_own() -> None:
    x = np.arange(6.0)
    assert BACKEND.own(x) is x
    assert BACKEND.own(x[1]) == 1.0
    for view in (x[1:], x.reshape(2, 3), np.broadcast_to(np.float64(1), (3,))):
        owned = BACKEND.own(view)
        same(owned, view)
        assert not np.shares_memory(owned, view)
        owned[...] = 0
    x.flags.writeable = False
    assert BACKEND.own(x) is not x
    assert BACKEND.own(x).flags.writeable


def test_lean_array_and_quiet() -> None:
    assert type(BACKEND.lean(np.asarray(1.5))) is np.float64
    assert type(BACKEND.lean(np.float32(1.5))) is np.float32
    assert type(BACKEND.array(np.float32(1.5))) is np.ndarray
    x = np.ones(2)
    assert BACKEND.array(x) is x
    with np.errstate(all="raise"):
        with BACKEND.quiet():
            assert np.float64(1e-300) * np.float64(1e-300) == 0
        with pytest.raises(FloatingPointError):
            np.float64(1e-300) * np.float64(1e-300)


# NumPy's operators and ufuncs on Tensors --------------------------------------------------------------

SPACE = agrad.namespace("numpy")
UNARY: list[tuple[Callable[..., Any], str]] = [
    (np.sin, "sin"), (np.absolute, "abs"), (np.arcsin, "asin"), (np.arctanh, "atanh"), (np.conjugate, "conj"),
    (np.rint, "round"), (np.exp, "exp"), (np.negative, "negative"), (np.isfinite, "isfinite"), (np.fabs, "abs"),
]  # fmt: skip
BINARY: list[tuple[Callable[..., Any], str]] = [
    (np.add, "add"), (np.true_divide, "divide"), (np.power, "pow"), (np.arctan2, "atan2"), (np.matmul, "matmul"),
    (np.maximum, "maximum"), (np.mod, "remainder"), (np.less, "less"), (np.hypot, "hypot"), (np.vecdot, "vecdot"),
]  # fmt: skip


def followed() -> Any:
    return SPACE.asarray([0.25, 0.5], requires_grad=True)


@pytest.mark.parametrize(("ufunc", "name"), UNARY)
def test_unary_ufuncs(ufunc: Callable[..., Any], name: str) -> None:
    got, expected = ufunc(followed()), getattr(SPACE, name)(followed())
    assert isinstance(got, agrad.Tensor)
    assert repr(got.grad_fn) == repr(expected.grad_fn)
    same(got.detach().array, expected.detach().array)


@pytest.mark.parametrize(("ufunc", "name"), BINARY)
def test_binary_ufuncs(ufunc: Callable[..., Any], name: str) -> None:
    array, t = np.asarray([1.5, 2.0]), followed()
    for args in ((t, array), (array, t), (t, t), (np.float64(2), t))[: 3 if name in ("matmul", "vecdot") else 4]:
        got, expected = ufunc(*args), getattr(SPACE, name)(*args)
        assert isinstance(got, agrad.Tensor)
        assert repr(got.grad_fn) == repr(expected.grad_fn)
        np.testing.assert_array_equal(got.detach().array, expected.detach().array)


@pytest.mark.parametrize("ufunc", [np.bitwise_and, np.left_shift, np.right_shift])
def test_integer_ufuncs(ufunc: Callable[..., Any]) -> None:
    t = SPACE.asarray([6, 3])
    same(ufunc(np.asarray([5, 1]), t).array, ufunc(np.asarray([5, 1]), t.array))
    same(np.invert(t).array, np.invert(t.array))


def test_operators_from_the_left() -> None:
    for left in (np.float64(2), np.asarray([1.0, 2.0]), np.asarray(3.0), np.float32(2)):
        t = followed()
        SPACE.sum(left * t + (left - t) / t).backward()
        u = np.asarray([0.25, 0.5])
        np.testing.assert_allclose(t.grad.array, left - left / u**2)
    t = followed()
    (np.asarray([1.0, 2.0]) @ t).backward()
    same(t.grad.array, np.asarray([1.0, 2.0]))
    same((np.asarray([0.3, 0.3]) < followed()).array, np.asarray([False, True]))


def test_numpy_does_not_write_into_its_arrays() -> None:
    array = np.ones(2)
    with pytest.raises(TypeError, match=r"array = array \+ t"):
        array += followed()
    with pytest.raises(TypeError, match="out="):
        np.multiply(array, followed(), out=array)
    same(array, np.ones(2))
