"""Every function of agrad's NumPy namespace against array_api_strict, on drawn arguments: values, shapes, dtypes.

What continuous integration keeps of the official suite (array_api_tests.py). Arguments are drawn as NumPy arrays and
given to both; on agrad's side floating-point arrays are at times leaves that require gradients, for what is
computed must not depend on whether it is followed.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import agrad

xp = agrad.namespace("numpy")
STANDARD = json.loads((Path(__file__).parents[1] / "data" / "array-api-2025.12.json").read_text())
SIGNED, UNSIGNED = ("int8", "int16", "int32", "int64"), ("uint8", "uint16", "uint32", "uint64")
INTEGER = SIGNED + UNSIGNED
REAL, COMPLEX = ("float32", "float64"), ("complex64", "complex128")
FLOATING = REAL + COMPLEX
NUMERIC = INTEGER + FLOATING
ANY = ("bool", *NUMERIC)
ORDERED = INTEGER + REAL
GROUPS = (SIGNED, UNSIGNED, REAL, FLOATING, ("int64", "uint8"), ("bool",))
"""Dtypes that the standard promotes with one another."""
SPECIAL = (0.0, -0.0, np.inf, -np.inf, np.nan)
Call = tuple[tuple[Any, ...], dict[str, Any]]


class Draw:
    """Draws arguments."""

    def __init__(self, data: st.DataObject) -> None:
        self.draw = data.draw

    def one(self, options: Sequence[Any]) -> Any:
        """One of several."""
        return self.draw(st.sampled_from(options))

    def integer(self, low: int, high: int) -> int:
        """An integer, both ends included."""
        return self.draw(st.integers(low, high))

    def shape(self, least: int = 0, most: int = 3, side: int = 0) -> tuple[int, ...]:
        """A shape of that many dimensions, none shorter than `side`."""
        return self.draw(hnp.array_shapes(min_dims=least, max_dims=most, min_side=side, max_side=3))

    def array(self, dtypes: Sequence[str] = ANY, shape: Any = None, low: int = -8, special: bool = False) -> np.ndarray:
        """An array of one of the dtypes."""
        dtype = np.dtype(self.one(dtypes))
        shape = self.shape() if shape is None else shape
        elements: Any
        if dtype.kind == "b":
            elements = st.booleans()
        elif dtype.kind in "iu":
            elements = st.integers(0 if dtype.kind == "u" else low, 8)
        else:
            real = st.floats(low, 8, width=32, allow_subnormal=False)
            real = real | st.sampled_from(SPECIAL) if special else real
            elements = st.builds(complex, real, real) if dtype.kind == "c" else real
        return self.draw(hnp.arrays(dtype, shape, elements=elements))

    def matrix(self, dtypes: Sequence[str] = FLOATING, rows: int = 0, columns: int = 0) -> np.ndarray:
        """Well-conditioned matrices in a stack; square ones of random size where neither side is given."""
        rows = rows or self.integer(1, 3)
        shape = (*self.shape(0, 1), rows, columns or rows)
        dtype = np.dtype(self.one(dtypes))
        random = np.random.default_rng(self.integer(0, 1000))
        x = random.normal(size=shape) + (1j * random.normal(size=shape) if dtype.kind == "c" else 0)
        return (x + 4 * np.eye(*shape[-2:])).astype(dtype)

    def hermitian(self) -> np.ndarray:
        """Positive definite matrices."""
        x = self.matrix()
        return x @ np.conj(np.swapaxes(x, -1, -2))

    def axis(self, x: np.ndarray) -> int:
        """An axis of an array."""
        return self.integer(-x.ndim, x.ndim - 1)

    def axes(self, x: np.ndarray) -> Any:
        """None, an axis, or a tuple of different ones."""
        some = st.lists(st.integers(0, max(x.ndim - 1, 0)), unique=True, max_size=x.ndim).map(tuple)
        return self.draw(st.none() | some | st.integers(-x.ndim, x.ndim - 1) if x.ndim else st.just(None))

    def flag(self) -> bool:
        """True or False."""
        return self.draw(st.booleans())

    def pair(self, dtypes: Sequence[str], special: bool = True, low: int = -8) -> tuple[Any, Any]:
        """Two arrays that broadcast, or an array and a Python scalar on either side."""
        group = self.one([found for g in GROUPS if (found := [d for d in g if d in dtypes])])
        shapes = self.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3)).input_shapes
        pair: list[Any] = [self.array(group, s, low=low, special=special) for s in shapes]
        scalar = self.integer(-1, 2)
        if scalar in (0, 1):
            kind = pair[1 - scalar].dtype.kind
            pair[scalar] = {"b": True, "f": 1.5, "c": 1.5}.get(kind, 2)
        return pair[0], pair[1]


CASES: dict[str, Callable[[Draw], Call]] = {}


def case(*names: str) -> Callable[[Callable[[Draw], Call]], Callable[[Draw], Call]]:
    """Register how the arguments of functions are drawn."""

    def register(f: Callable[[Draw], Call]) -> Callable[[Draw], Call]:
        CASES.update(dict.fromkeys(names, f))
        return f

    return register


def elementwise(names: str, dtypes: Sequence[str], low: int = -8) -> None:
    """Functions of one array."""
    for name in names.split():
        CASES[name] = lambda d: ((d.array(dtypes, low=low, special=True),), {})


def binary(names: str, dtypes: Sequence[str], low: int = -8) -> None:
    """Functions of two arrays or Python scalars."""
    for name in names.split():
        CASES[name] = lambda d: (d.pair(dtypes, low=low), {})


elementwise("abs negative positive round square", NUMERIC)
elementwise("acos acosh asin asinh atan atanh cos cosh exp expm1 log log1p log2 log10 reciprocal sin sinh", FLOATING)
elementwise("sqrt tan tanh", FLOATING)
elementwise("ceil floor trunc", ORDERED)
elementwise("conj real imag", COMPLEX)
elementwise("isfinite isinf isnan", NUMERIC)
elementwise("signbit", REAL)
elementwise("bitwise_invert", ("bool", *INTEGER))
elementwise("logical_not", ("bool",))
binary("add multiply subtract", NUMERIC)
binary("divide", FLOATING)
binary("equal not_equal", ANY)
binary("atan2 copysign hypot logaddexp nextafter", REAL)
binary("floor_divide remainder less less_equal greater greater_equal maximum minimum", ORDERED)
binary("bitwise_and bitwise_or bitwise_xor", ("bool", *INTEGER))
binary("bitwise_left_shift bitwise_right_shift", INTEGER, low=0)
binary("pow", NUMERIC, low=0)
binary("logical_and logical_or logical_xor", ("bool",))


@case("sign")
def _(d: Draw) -> Call:
    return (d.array(NUMERIC),), {}


@case("clip")
def _(d: Draw) -> Call:
    x = d.array(ORDERED, special=True)
    low, high = (d.one([None, bound, np.asarray(bound, x.dtype)]) for bound in (1, 5))
    return (x,), {"min": low, "max": high}


# Creation and dtypes


def shape_and_dtype(d: Draw) -> Call:
    return (d.shape(),), {"dtype": d.one([None, *map(np.dtype, ANY)])}


def like(d: Draw) -> Call:
    return (d.array(),), {"dtype": d.one([None, *map(np.dtype, ANY)])}


CASES.update(zeros=shape_and_dtype, ones=shape_and_dtype, zeros_like=like, ones_like=like)


@case("full")
def _(d: Draw) -> Call:
    return (d.shape(), d.one([True, 3, 2.5, 1j])), {}


@case("full_like")
def _(d: Draw) -> Call:
    return (d.array(FLOATING), d.one([3, 2.5])), {}


@case("arange")
def _(d: Draw) -> Call:
    return (d.one([0, 1, -2.5]),), {"stop": d.one([4, 5.0]), "step": d.one([1, 2, 0.5])}


@case("linspace")
def _(d: Draw) -> Call:
    return (d.one([0, -1.5]), d.one([2, 3.5]), d.integer(0, 5)), {"endpoint": d.flag()}


@case("eye")
def _(d: Draw) -> Call:
    return (d.integer(0, 4), d.one([None, 3])), {"k": d.integer(-2, 2), "dtype": d.one([None, np.dtype("int8")])}


@case("asarray")
def _(d: Draw) -> Call:
    x = d.array()
    return (d.one([x, x.tolist()]) if x.size else x,), {"dtype": x.dtype, "copy": d.one([None, True])}


@case("meshgrid")
def _(d: Draw) -> Call:
    dtype = d.one(NUMERIC)
    return tuple(d.array((dtype,), d.shape(1, 1)) for _ in range(2)), {"indexing": d.one(["xy", "ij"])}


@case("tril", "triu")
def _(d: Draw) -> Call:
    return (d.array(shape=d.shape(2, 3)),), {"k": d.integer(-2, 2)}


@case("astype")
def _(d: Draw) -> Call:
    x = d.array(low=0)
    targets = COMPLEX if x.dtype.kind == "c" else ANY
    return (x, np.dtype(d.one(targets))), {"copy": d.flag()}


@case("isdtype")
def _(d: Draw) -> Call:
    kinds = ["bool", "integral", "real floating", "numeric", ("bool", "complex floating")]
    return (np.dtype(d.one(ANY)), d.one(kinds)), {}


@case("result_type")
def _(d: Draw) -> Call:
    group = d.one(GROUPS)
    return (d.array(group), np.dtype(d.one(group)), d.array(group)), {}


@case("can_cast")
def _(d: Draw) -> Call:
    group = d.one(GROUPS)
    return (d.one([np.dtype(d.one(group)), d.array(group)]), np.dtype(d.one(group))), {}


# Statistics and utilities


def reduction(*dtypes: str, side: int = 0, dtype: bool = False, **more: Any) -> Callable[[Draw], Call]:
    def arguments(d: Draw) -> Call:
        x = d.array(dtypes, d.shape(side=side))
        options = {"axis": d.axes(x), "keepdims": d.flag(), **{k: d.one(v) for k, v in more.items()}}
        if dtype and x.dtype.kind in "fc":
            options["dtype"] = d.one([None, np.dtype("complex128")])
        return (x,), options

    return arguments


CASES.update(
    sum=reduction(*NUMERIC, dtype=True),
    prod=reduction(*NUMERIC, dtype=True),
    max=reduction(*ORDERED, side=1),
    min=reduction(*ORDERED, side=1),
    mean=reduction(*FLOATING, side=1),
    all=reduction(*ANY),
    any=reduction(*ANY),
    count_nonzero=reduction(*ANY),
)


@case("std", "var")
def _(d: Draw) -> Call:
    x = d.array(REAL, d.shape(1, 3, 2))
    return (x,), {"axis": d.one([None, d.axis(x)]), "keepdims": d.flag(), "correction": d.one([0.0, 1, 0.5])}


@case("cumulative_sum", "cumulative_prod")
def _(d: Draw) -> Call:
    x = d.array(NUMERIC, d.shape(1))
    axis = d.axis(x) if x.ndim > 1 else None
    return (x,), {"axis": axis, "include_initial": d.flag()}


@case("diff")
def _(d: Draw) -> Call:
    x = d.array(NUMERIC, d.shape(1, 3, 1))
    end = d.one([None, x])
    return (x,), {"axis": d.axis(x), "n": d.integer(0, 2), "prepend": end, "append": d.one([None, x])}


@case("argmax", "argmin")
def _(d: Draw) -> Call:
    x = d.array(ORDERED, d.shape(1, 3, 1))
    return (x,), {"axis": d.one([None, d.axis(x)]), "keepdims": d.flag()}


# Manipulation


@case("broadcast_to")
def _(d: Draw) -> Call:
    shapes = d.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    return (d.array(shape=shapes.input_shapes[0]), shapes.result_shape), {}


@case("broadcast_arrays", "broadcast_shapes")
def _(d: Draw) -> Call:
    shapes = d.draw(hnp.mutually_broadcastable_shapes(num_shapes=3, max_dims=3, max_side=3))
    return tuple(d.array(REAL, s) for s in shapes.input_shapes), {}


@case("concat", "stack")
def _(d: Draw) -> Call:
    shape = d.shape(1)
    group = d.one(GROUPS)
    arrays = [d.array(group, shape) for _ in range(d.integer(1, 3))]
    return (d.one([arrays, tuple(arrays)]),), {"axis": d.axis(arrays[0])}


@case("expand_dims")
def _(d: Draw) -> Call:
    x = d.array()
    return (x, d.one([d.integer(-x.ndim - 1, x.ndim), (0, -1)])), {}


@case("flip")
def _(d: Draw) -> Call:
    x = d.array()
    return (x,), {"axis": d.axes(x)}


@case("moveaxis")
def _(d: Draw) -> Call:
    x = d.array(shape=d.shape(1))
    return (x, d.axis(x), d.axis(x)), {}


@case("permute_dims")
def _(d: Draw) -> Call:
    x = d.array()
    return (x, tuple(d.draw(st.permutations(range(x.ndim))))), {}


@case("repeat")
def _(d: Draw) -> Call:
    x = d.array(shape=d.shape(1))
    axis = d.axis(x)
    counts = d.array(("int64",), (x.shape[axis],), low=0)
    return (x, d.one([d.integer(0, 3), counts])), {"axis": axis}


@case("reshape")
def _(d: Draw) -> Call:
    x = d.array(shape=d.shape(side=1))
    return (x, d.one([(-1,), (1, x.size), x.shape[::-1]])), {"copy": d.one([None, True])}


@case("roll")
def _(d: Draw) -> Call:
    x = d.array(shape=d.shape(1))
    return (x, d.integer(-4, 4)), {"axis": d.one([None, d.axis(x)])}


@case("squeeze")
def _(d: Draw) -> Call:
    x = d.array()[..., None]
    return (x, d.one([-1, x.ndim - 1, (-1,)])), {}


@case("tile")
def _(d: Draw) -> Call:
    return (d.array(), d.shape()), {}


@case("unstack")
def _(d: Draw) -> Call:
    x = d.array(shape=d.shape(1))
    return (x,), {"axis": d.axis(x)}


# Indexing, searching, sorting, sets


@case("take")
def _(d: Draw) -> Call:
    x = d.array(shape=d.shape(1, 3, 1))
    axis = d.axis(x)
    n = x.shape[axis]
    indices = np.asarray(d.draw(st.lists(st.integers(-n, n - 1), max_size=5)), d.one(SIGNED))
    return (x, indices), {"axis": axis}


@case("take_along_axis")
def _(d: Draw) -> Call:
    x = d.array(ORDERED, d.shape(1))
    axis = d.axis(x)
    return (x, np.argsort(x, axis)), {"axis": axis}


@case("where")
def _(d: Draw) -> Call:
    shapes = d.draw(hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3))
    first, second = d.pair(ANY)
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        first, second = (d.array((x.dtype.name,), shapes.input_shapes[1]) for x in (first, second))
        return (d.array(("bool",), shapes.input_shapes[0]), first, second), {}
    x = first if isinstance(first, np.ndarray) else second
    return (d.array(("bool",), x.shape), first, second), {}


@case("nonzero")
def _(d: Draw) -> Call:
    return (d.array(shape=d.shape(1)),), {}


@case("searchsorted")
def _(d: Draw) -> Call:
    x = d.array(ORDERED, d.shape(1, 1))
    order = np.argsort(x)
    options: dict[str, Any] = {"side": d.one(["left", "right"])}
    if d.flag():
        options["sorter"] = order
    else:
        x = x[order]
    return (x, d.one([d.array((x.dtype.name,)), 2 if x.dtype.kind in "iu" else 1.5])), options


@case("sort", "argsort")
def _(d: Draw) -> Call:
    x = d.array(ORDERED, d.shape(1))
    return (x,), {"axis": d.axis(x), "descending": d.flag()}


@case("isin")
def _(d: Draw) -> Call:
    group = d.one((SIGNED, UNSIGNED))
    return (d.array(group), d.one([d.array(group), 2])), {}  # array_api_strict 2.6 ignores invert=


@case("unique_all", "unique_counts", "unique_inverse", "unique_values")
def _(d: Draw) -> Call:
    return (d.array(ORDERED),), {}


# Linear algebra


@case("matmul")
def _(d: Draw) -> Call:
    n = d.integer(0, 3)
    group = d.one([SIGNED, FLOATING])
    left, right = d.one([((n,), (n,)), ((2, n), (n,)), ((n,), (n, 3)), ((2, 1, 1, n), (3, n, 2)), ((0, n), (2, n, 1))])
    return (d.array(group, left), d.array(group, right)), {}


@case("tensordot")
def _(d: Draw) -> Call:
    axes = d.one([0, 1, 2, ((0,), (1,)), ((1, -1), (0, 1))])
    return (d.array(FLOATING, (2, 3, 3)), d.array(FLOATING, (3, 3, 2))), {
        "axes": ((1,), (0,)) if axes == ((0,), (1,)) else axes
    }


@case("vecdot")
def _(d: Draw) -> Call:
    shape = d.shape(1)
    return (d.array(FLOATING, shape), d.array(FLOATING, shape)), {"axis": d.integer(-len(shape), -1)}


@case("matrix_transpose", "linalg.diagonal", "linalg.trace")
def _(d: Draw) -> Call:
    return (d.array(NUMERIC, d.shape(2)),), {}


@case("linalg.cholesky")
def _(d: Draw) -> Call:
    return (d.hermitian(),), {"upper": d.flag()}


@case("linalg.cross")
def _(d: Draw) -> Call:
    return (d.array(FLOATING, (2, 3)), d.array(FLOATING, (2, 3))), {"axis": -1}


@case("linalg.det", "linalg.inv", "linalg.slogdet", "linalg.matrix_rank", "linalg.eig", "linalg.eigvals")
def _(d: Draw) -> Call:
    return (d.matrix(),), {}


@case("linalg.eigh", "linalg.eigvalsh")
def _(d: Draw) -> Call:
    return (d.hermitian(),), {}


@case("linalg.svdvals", "linalg.pinv")
def _(d: Draw) -> Call:
    return (d.matrix(FLOATING, d.integer(1, 3), d.integer(1, 3)),), {}


@case("linalg.svd")
def _(d: Draw) -> Call:
    return (d.matrix(FLOATING, d.integer(1, 3), d.integer(1, 3)),), {"full_matrices": d.flag()}


@case("linalg.qr")
def _(d: Draw) -> Call:
    return (d.matrix(FLOATING, d.integer(1, 3), d.integer(1, 3)),), {"mode": d.one(["reduced", "complete"])}


@case("linalg.matrix_power")
def _(d: Draw) -> Call:
    return (d.matrix(), d.integer(-3, 3)), {}


@case("linalg.matrix_norm")
def _(d: Draw) -> Call:
    orders = ["fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf]
    return (d.matrix(FLOATING, 2, 3),), {"ord": d.one(orders), "keepdims": d.flag()}


@case("linalg.vector_norm")
def _(d: Draw) -> Call:
    x = d.array(FLOATING, d.shape(1, 3, 1))
    return (x,), {"axis": d.axes(x), "ord": d.one([0, 1, 2, 3, 0.5, np.inf, -np.inf]), "keepdims": d.flag()}


@case("linalg.outer")
def _(d: Draw) -> Call:
    return (d.array(FLOATING, d.shape(1, 1)), d.array(FLOATING, d.shape(1, 1))), {}


@case("linalg.solve")
def _(d: Draw) -> Call:
    x = d.matrix()
    n = x.shape[-1]
    return (x, d.array((x.dtype.name,), d.one([(n,), (*x.shape[:-2], n, 2)]))), {}


for shared in ("matmul", "matrix_transpose", "tensordot", "vecdot"):
    CASES[f"linalg.{shared}"] = CASES[shared]

# Fourier transforms


def transform(*dtypes: str) -> Callable[[Draw], Call]:
    def arguments(d: Draw) -> Call:
        x = d.array(dtypes, d.shape(1, 3, 2))
        return (x,), {
            "n": d.one([None, 2, 5]),
            "axis": d.axis(x),
            "norm": d.one(["backward", "ortho", "forward"]),
        }

    return arguments


def transform_of_axes(*dtypes: str) -> Callable[[Draw], Call]:
    def arguments(d: Draw) -> Call:
        x = d.array(dtypes, d.shape(2, 3, 2))
        options = d.one([{}, {"axes": (0, 1)}, {"axes": (-1,), "s": (3,)}, {"axes": (1, 0), "s": (2, 4)}])
        return (x,), {**options, "norm": d.one(["backward", "ortho", "forward"])}

    return arguments


for name in ("fft", "ifft", "irfft", "hfft"):
    CASES[f"fft.{name}"] = transform(*COMPLEX)
for name in ("rfft", "ihfft"):
    CASES[f"fft.{name}"] = transform(*REAL)
for name in ("fftn", "ifftn", "irfftn"):
    CASES[f"fft.{name}"] = transform_of_axes(*COMPLEX)
CASES["fft.rfftn"] = transform_of_axes(*REAL)


@case("fft.fftfreq", "fft.rfftfreq")
def _(d: Draw) -> Call:
    return (d.integer(1, 5),), {"d": d.one([1.0, 0.5]), "dtype": d.one([None, np.dtype("float32")])}


@case("fft.fftshift", "fft.ifftshift")
def _(d: Draw) -> Call:
    x = d.array(FLOATING, d.shape(1))
    return (x,), {"axes": d.one([None, d.axis(x), (0, -1)])}


UNCOMPARED = {
    "empty": "its values are unspecified",
    "empty_like": "its values are unspecified",
    "finfo": "compared below: returns no array",
    "iinfo": "compared below: returns no array",
    "from_dlpack": "takes objects of other libraries: compared below",
}


# The comparison ---------------------------------------------------------------------------------------


def arguments_for(library: Any, x: Any, follow: bool = False) -> Any:
    """The same arguments for a library: its arrays, its dtypes."""
    if isinstance(x, np.ndarray):
        options = {"requires_grad": True} if follow and x.dtype.kind in "fc" else {}
        return library.asarray(x if library is xp else x.copy(), **options)
    if isinstance(x, np.dtype):
        return getattr(library, x.name)
    if isinstance(x, dict):
        return {name: arguments_for(library, item, follow) for name, item in x.items()}
    if isinstance(x, tuple | list) and any(isinstance(item, np.ndarray) for item in x):
        return type(x)(arguments_for(library, item, follow) for item in x)
    return tuple(arguments_for(library, item, follow) for item in x) if isinstance(x, tuple) else x


def plain(x: Any) -> Any:
    """A result as NumPy arrays, names of dtypes, or what it is."""
    if isinstance(x, agrad.Tensor):
        return np.asarray(x.detach().array)
    if isinstance(x, strict._array_object.Array):
        return np.from_dlpack(x)
    if isinstance(x, strict._dtypes.DType):
        return np.dtype(str(x).rpartition(".")[2])
    if isinstance(x, tuple | list):
        return [plain(item) for item in x]
    return np.dtype(x) if isinstance(x, type) else x


def compare(got: Any, expected: Any) -> None:
    """Both are alike, but for rounding."""
    if isinstance(expected, list):
        assert len(got) == len(expected)
        for g, e in zip(got, expected, strict=True):
            compare(g, e)
    elif isinstance(expected, np.ndarray):
        assert got.dtype == expected.dtype
        assert got.shape == expected.shape
        exact = expected.dtype.kind not in "fc"
        tolerance = 0 if exact else 64 * np.finfo(expected.dtype).eps
        np.testing.assert_allclose(got, expected, rtol=tolerance, atol=tolerance, equal_nan=not exact)
    else:
        assert got == expected


def function(library: Any, name: str) -> Any:
    for part in name.split("."):
        library = getattr(library, part)
    return library


@pytest.mark.parametrize("name", CASES)
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_function(name: str, data: st.DataObject) -> None:
    args, options = CASES[name](Draw(data))
    if name == "broadcast_shapes":
        args = tuple(x.shape for x in args)
    follow = data.draw(st.booleans(), label="followed") and name not in ("asarray", "full_like", "repeat")
    with np.errstate(all="ignore"):
        expected = function(strict, name)(*arguments_for(strict, args), **arguments_for(strict, options))
        got = function(xp, name)(*arguments_for(xp, args, follow), **arguments_for(xp, options, follow))
    compare(plain(got), plain(expected))


def test_every_function_is_compared() -> None:
    names = set()
    for f in STANDARD["functions"]:
        category, name = f["category"], f["name"]
        if "(extension)" in category:
            names.add(f"{category.split()[0]}.{name.rpartition('.')[2]}")
        elif category not in ("constant", "dtype", "inspection") and not category.startswith("array "):
            names.add(name)
    assert names == CASES.keys() | UNCOMPARED.keys()


# What is no function of arrays alone ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", NUMERIC)
def test_limits(dtype: str) -> None:
    kind = "iinfo" if dtype in INTEGER else "finfo"
    got, expected = (getattr(library, kind)(getattr(library, dtype)) for library in (xp, strict))
    names = ("bits", "max", "min") if kind == "iinfo" else ("bits", "eps", "max", "min", "smallest_normal")
    assert [getattr(got, n) for n in names] == [getattr(expected, n) for n in names]
    assert np.dtype(got.dtype).name == plain(expected.dtype).name


def test_isin_inverted() -> None:
    x = xp.asarray([0, 1, 2])
    compare(plain(xp.isin(x, xp.asarray([1, 5]), invert=True)), np.asarray([True, False, True]))


def test_from_dlpack() -> None:
    x = np.arange(3.0)
    compare(plain(xp.from_dlpack(x)), plain(strict.from_dlpack(x)))


@pytest.mark.parametrize("name", ["e", "inf", "nan", "newaxis", "pi"])
def test_constants(name: str) -> None:
    assert (
        getattr(xp, name) is getattr(strict, name) or float(getattr(xp, name)) == getattr(strict, name) or name == "nan"
    )


@pytest.mark.parametrize("name", ["empty", "empty_like"])
def test_empty(name: str) -> None:
    like = (2, 3) if name == "empty" else xp.zeros((2, 3), dtype=xp.int8)
    made = getattr(xp, name)(like, dtype=xp.float32)
    assert (made.shape, made.dtype) == ((2, 3), np.dtype("float32"))


OPERATORS = {
    "add": NUMERIC, "sub": NUMERIC, "mul": NUMERIC, "truediv": FLOATING, "floordiv": ORDERED, "mod": ORDERED,
    "pow": NUMERIC, "and_": ("bool", *INTEGER), "or_": ("bool", *INTEGER), "xor": ("bool", *INTEGER),
    "lshift": INTEGER, "rshift": INTEGER, "lt": ORDERED, "le": ORDERED, "gt": ORDERED, "ge": ORDERED, "eq": ANY,
    "ne": ANY,
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATORS)
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_operator(name: str, data: st.DataObject) -> None:
    pair = Draw(data).pair(OPERATORS[name], low=0)
    follow = data.draw(st.booleans(), label="followed")
    f = getattr(operator, name)
    with np.errstate(all="ignore"):
        expected = f(*arguments_for(strict, pair))
        got = f(*arguments_for(xp, pair, follow))
    compare(plain(got), plain(expected))


@pytest.mark.parametrize(
    ("name", "dtypes"), [("neg", NUMERIC), ("pos", NUMERIC), ("abs", NUMERIC), ("invert", INTEGER)]
)
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_unary_operator(name: str, dtypes: Sequence[str], data: st.DataObject) -> None:
    x = Draw(data).array(dtypes)
    f = getattr(operator, name)
    compare(plain(f(arguments_for(xp, x, data.draw(st.booleans())))), plain(f(arguments_for(strict, x))))


@pytest.mark.parametrize("name", ["iadd", "isub", "imul", "itruediv", "ipow"])
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_in_place_operator(name: str, data: st.DataObject) -> None:
    draw = Draw(data)
    x = draw.array(REAL)
    other = draw.one([2.0, draw.array((x.dtype.name,), x.shape, low=0)])
    f = getattr(operator, name)
    with np.errstate(all="ignore"):
        expected = f(strict.asarray(x.copy()), arguments_for(strict, other))
        got = f(xp.asarray(x.copy()), arguments_for(xp, other, draw.flag()))
    compare(plain(got), plain(expected))


KEYS: dict[str, Callable[[Draw, np.ndarray], Any]] = {
    "basic": lambda d, x: (..., *d.draw(st.tuples(*[st.slices(n) | st.integers(-n, n - 1) for n in x.shape]))),
    "ellipsis": lambda d, x: (..., d.integer(-x.shape[-1], x.shape[-1] - 1)),
    "newaxis": lambda d, x: (None, ...),
    "mask": lambda d, x: d.array(("bool",), x.shape),
    "integers": lambda d, x: tuple(d.array(("int64",), (2,), low=-1) % n for n in x.shape),
    "mixed": lambda d, x: (d.array(("int64",), (2,)) % x.shape[0], *[0] * (x.ndim - 1)),
}


@pytest.mark.parametrize("kind", KEYS)
@given(data=st.data())
@settings(deadline=None, max_examples=20)
def test_indexing(kind: str, data: st.DataObject) -> None:
    draw = Draw(data)
    x = draw.array(shape=draw.shape(1, 3, 1))
    key = KEYS[kind](draw, x)
    ours, theirs = arguments_for(xp, x, draw.flag()), arguments_for(strict, x)
    our_key, their_key = (key if kind == "basic" else arguments_for(library, key) for library in (xp, strict))
    compare(plain(ours[our_key]), plain(theirs[their_key]))
    if kind in ("basic", "ellipsis", "mask"):  # array_api_strict assigns to no others
        ours = xp.asarray(x, copy=True)
        ours[our_key] = theirs[their_key] = True if x.dtype.kind == "b" else 3
        compare(plain(ours), plain(theirs))
