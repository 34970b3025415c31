"""The einsum plugin: values against NumPy, gradients against differences, PyTorch and JAX, on every backend."""

from __future__ import annotations

import doctest
import sys
import tracemalloc
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import agrad
import agrad_einsum
import strict
from agrad.errors import BackendError, PluginError, ShapeError
from agrad.plugins import backends, ops, register
from agrad_einsum import einsum
from agrad_einsum.op import OPS
from agrad_einsum.plan import plan
from libraries import LIBRARIES

pytest.importorskip("opt_einsum")
if "array-api-strict" not in backends():
    strict.install()
if not ops("einsum"):
    register(agrad_einsum, "einsum")
xp = agrad.namespace("numpy")

ROWS = [
    ("ij,jk->ik", (2, 3), (3, 4)),
    ("ij,jk->ki", (2, 3), (3, 4)),
    ("ji,kj", (3, 2), (2, 3)),
    ("i,i", (3,), (3,)),
    ("ij,j", (2, 3), (3,)),
    ("i,ij", (2,), (2, 3)),
    ("bij,bjk->bik", (2, 2, 3), (2, 3, 2)),
    ("ijb,bkj->kbi", (2, 3, 4), (4, 2, 3)),
    ("bij,bjkl->iblk", (2, 2, 3), (2, 3, 2, 2)),
    ("abc,abc->a", (2, 3, 2), (2, 3, 2)),
    ("bi,bi->b", (3, 2), (3, 2)),
    ("bi,bij->bj", (3, 2), (3, 2, 2)),
    ("ij,ij->", (2, 3), (2, 3)),
    ("ij,ji->", (2, 3), (3, 2)),
    ("ijkl,lmki->mj", (2, 3, 2, 3), (3, 2, 2, 2)),
    ("i,j->ji", (2,), (3,)),
    ("ij,j->ij", (2, 3), (3,)),
    ("ij,jk,kl,l->i", (2, 3), (3, 2), (2, 4), (4,)),
    ("ai,bi,ci->abc", (2, 3), (2, 3), (2, 3)),
    ("ij,ij,ij->ij", (2, 3), (2, 3), (2, 3)),
    ("i,j,k->k", (2,), (3,), (2,)),
    ("ii", (3, 3)),
    ("ii->i", (3, 3)),
    ("iij->ji", (2, 2, 3)),
    ("ijiji->ji", (2, 3, 2, 3, 2)),
    ("ii,ij->j", (2, 2), (2, 3)),
    ("ij->", (2, 3)),
    ("ij->j", (2, 3)),
    ("ba", (2, 3)),
    ("ab", (2, 3)),
    ("...ij,...jk", (2, 1, 2, 3), (4, 3, 2)),
    ("i...,i->...", (2, 3, 2), (2,)),
    ("...,...->...", (3,), (2, 3)),
    ("...i,...i,i->...", (2, 3), (3,), (3,)),
    ("i->...i", (3,)),
    ("ij,ij->ij", (1, 3), (2, 1)),
    ("ij,jk->ik", (2, 1), (3, 2)),
    ("i,i->", (1,), (3,)),
    ("ii,i->i", (1, 1), (3,)),
    ("ij,jk->ik", (2, 0), (0, 3)),
    ("bij,bjk->bik", (0, 2, 3), (0, 3, 2)),
    ("ij,ij->i", (3, 0), (3, 0)),
    ("ii->i", (0, 0)),
    ("i,i,i->i", (0,), (1,), (0,)),
    (",i->i", (), (3,)),
    (",,->", (), (), ()),
    ("->", ()),
    (" i j , j k -> i k ", (2, 3), (3, 2)),
    ("αβ,βγ", (2, 3), (3, 2)),
]
FEW = ("ji,kj", "ijb,bkj->kbi", "bi,bi->b", "ij,jk,kl,l->i", "ijiji->ji", "...ij,...jk", "ij,ij->ij", ",i->i")
LATIN = [  # what other libraries read, too
    pytest.param(row, marks=() if row[0] in FEW else pytest.mark.slow, id=str(row)) for row in ROWS if row[0].isascii()
]


def drawn(*shapes: tuple[int, ...], dtype: str = "float64", seed: int = 0) -> list[np.ndarray]:
    """Normal numbers."""
    random = np.random.default_rng(seed)
    real, imaginary = ([random.normal(size=shape) for shape in shapes] for _ in range(2))
    return [np.asarray(x + 1j * y if "complex" in dtype else x, dtype) for x, y in zip(real, imaginary, strict=True)]


def expected(subscripts: str, *arrays: np.ndarray) -> Any:
    return np.einsum(subscripts.translate(str.maketrans("αβγ", "abc")), *arrays)


# Values -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("optimize", ["auto", "greedy", True, False])
@pytest.mark.parametrize("row", ROWS, ids=str)
def test_values_are_those_of_numpy(row, optimize):
    subscripts, *shapes = row
    for dtype in ("float32", "complex128"):
        arrays = drawn(*shapes, dtype=dtype)
        found, right = einsum(subscripts, *arrays, optimize=optimize), expected(subscripts, *arrays)
        assert found.dtype == right.dtype
        np.testing.assert_allclose(found, right, rtol=1e-4 if dtype == "float32" else 1e-12, strict=True)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_derivatives_are_those_of_differences(row):
    subscripts, *shapes = row
    agrad.check_grads(lambda *arrays: einsum(subscripts, *arrays), drawn(*shapes), order=2)
    agrad.check_grads(lambda *arrays: einsum(subscripts, *arrays), drawn(*shapes, dtype="complex128"), order=1)


@st.composite
def calls(draw: Any) -> tuple[str, list[np.ndarray]]:
    """Subscripts and operands that fit to them: letters that repeat, ellipses, broadcasting, sizes of 0 and 1."""
    sizes = {letter: draw(st.integers(0, 3)) for letter in "abcd"}
    dots = draw(st.lists(st.integers(0, 3), max_size=2))
    dtype = draw(st.sampled_from(["float64", "complex128", "int8"]))
    terms, arrays = [], []
    for _ in range(draw(st.integers(1, 4))):
        letters = draw(st.text("abcd", max_size=3))
        lengths = {letter: 1 if draw(st.integers(0, 4)) == 0 else sizes[letter] for letter in letters}
        shape = [lengths[letter] for letter in letters]
        if draw(st.booleans()):
            at = draw(st.integers(0, len(letters)))
            rest = [draw(st.sampled_from([1, n])) for n in dots[draw(st.integers(0, len(dots))) :]]
            letters, shape = f"{letters[:at]}...{letters[at:]}", shape[:at] + rest + shape[at:]
        terms.append(letters)
        arrays += drawn(tuple(shape), seed=draw(st.integers(0, 99))) if dtype != "int8" else [
            np.random.default_rng(0).integers(-3, 4, size=shape, dtype="int8")
        ]  # fmt: skip
    subscripts = ",".join(terms)
    if draw(st.booleans()):
        known = sorted({*subscripts} & {*"abcd"})
        output = "".join(draw(st.permutations(known))[: draw(st.integers(0, len(known)))])
        at = draw(st.integers(0, len(output)))
        subscripts += "->" + (f"{output[:at]}...{output[at:]}" if "." in subscripts else output)
    return subscripts, arrays


@given(calls(), st.sampled_from(["auto", False, "greedy"]))
@settings(deadline=None, max_examples=200)
def test_any_call_has_the_value_of_numpy(call, optimize):
    subscripts, arrays = call
    found, right = einsum(subscripts, *arrays, optimize=optimize), np.einsum(subscripts, *arrays)
    assert found.dtype == right.dtype
    np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-9, strict=True)


@given(calls())
@settings(deadline=None, max_examples=50)
def test_any_call_has_the_derivatives_of_differences(call):
    subscripts, arrays = call
    agrad.check_grads(lambda *xs: einsum(subscripts, *xs), [np.asarray(x, "float64") for x in arrays], order=1)


def test_what_a_diagonal_leaves_out_does_not_count():
    x = np.where(np.eye(3) == 1, 2.0, np.inf)
    assert einsum("ii", x) == 6.0
    np.testing.assert_array_equal(agrad.grad(lambda x: einsum("ii,ii->", x, x))(x), 4 * np.eye(3))


def test_lists_of_axes_are_another_form():
    x, y = drawn((2, 3), (3, 4))
    np.testing.assert_allclose(einsum(x, [0, 1], y, [1, 2], [2, 0]), (x @ y).T)
    np.testing.assert_allclose(einsum(x, [30, 1], y, [1, 2]), np.einsum(x, [30, 1], y, [1, 2]))
    np.testing.assert_allclose(einsum(x, [..., 1], [...]), x.sum(1))
    slope = agrad.grad(lambda x: einsum(x, [0, 1], y, [1, 2], []))(x)
    np.testing.assert_allclose(slope, np.broadcast_to(y.sum(1), x.shape))


def test_python_scalars_take_the_dtype_of_the_arrays():
    [x] = drawn((3,), dtype="float32")
    out = einsum(",i,->i", 2.0, x, 3)
    np.testing.assert_array_equal(out, 6 * x)
    assert out.dtype == np.float32
    assert agrad.grad(lambda s: einsum(",i->", s, x))(0.5) == pytest.approx(x.sum())
    assert einsum(",->", 2.0, 3.0) == 6.0


# The path and its costs -------------------------------------------------------------------------------


def test_the_path_is_opt_einsums_or_as_asked():
    args = "ij,jk,kl,l->i", ((90, 90), (90, 90), (90, 90), (90,))

    def order(optimize: Any) -> list[tuple[int, int]]:
        return [(pair.first, pair.second) for pair in plan(*args, optimize).pairs]

    assert order("auto") == [(2, 3), (1, 4), (0, 5)]
    assert order(False) == [(0, 1), (4, 2), (5, 3)]
    assert order(((1, 2), (1, 2), (0, 1))) == order(("einsum_path", (1, 2), (1, 2), (0, 1))) == [(1, 2), (3, 4), (0, 5)]
    assert order(((0, 1, 2, 3),)) == order(False)


def test_paths_and_optimizers_are_taken():
    import opt_einsum

    arrays = drawn((2, 3), (3, 2), (2, 4))
    right = np.linalg.multi_dot(arrays)
    for optimize in ([(0, 1), (0, 1)], np.einsum_path("ij,jk,kl", *arrays)[0], opt_einsum.DynamicProgramming()):
        np.testing.assert_allclose(einsum("ij,jk,kl", *arrays, optimize=optimize), right)


def test_a_plan_is_made_once_for_its_shapes():
    [x] = drawn((5, 5))
    einsum("ij,jk,kl->il", x, x, x)
    before = plan.cache_info()
    einsum("ij,jk,kl->il", x + 1, x, x)
    assert plan.cache_info().hits == before.hits + 1
    assert plan.cache_info().misses == before.misses


def test_the_gradient_of_a_chain_takes_about_three_times_its_memory():
    n = 200
    arrays = drawn(*[(n, n)] * 6)

    def chain(*xs: Any) -> Any:
        return einsum("ij,jk,kl,lm,mn,no->io", *xs)

    def peak(f: Any) -> float:
        f()
        tracemalloc.start()
        f()
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most / (8 * n * n)

    ones = np.ones((n, n))
    forward = peak(lambda: chain(*arrays))
    both = peak(lambda: agrad.vjp(chain, *arrays)[1](ones))
    assert both - 12 <= 3 * forward  # six of them are the gradients themselves, six what `vjp` keeps of the arguments


def test_two_operands_do_without_opt_einsum(monkeypatch):
    monkeypatch.setitem(sys.modules, "opt_einsum", None)
    plan.cache_clear()
    x, y = drawn((2, 3), (3, 2))
    np.testing.assert_allclose(einsum("ij,jk", x, y), x @ y)
    np.testing.assert_allclose(einsum("ij,jk,kl", x, y, x, optimize=False), x @ y @ x)
    with pytest.raises(PluginError, match=r"install it with pip install .*\[einsum\]'.*, or pass optimize=False"):
        einsum("ij,jk,kl", x, y, x)


# Tensors and backends ---------------------------------------------------------------------------------


def test_what_only_rearranges_shares_memory_on_tensors_as_on_arrays():
    for subscripts in ("ij->ij", "ij->ji"):
        array = np.asarray([[1.0, 2.0]])
        xp._raw.einsum.einsum(subscripts, array)[0, 0] = 5.0
        x = xp.asarray([[1.0, 2.0]], requires_grad=True)
        t = x * 1
        y = xp.einsum.einsum(subscripts, t)
        y[0, 0] = 5.0
        assert t.tolist() == array.tolist()
        xp.sum(t).backward()
        np.testing.assert_array_equal(x.grad.array, [[0.0, 1.0]])


NAMES = sorted(LIBRARIES)


@pytest.fixture(params=NAMES)
def backend(request):
    """The name of a backend whose library is installed."""
    pytest.importorskip(LIBRARIES[request.param])
    return request.param


@pytest.mark.parametrize("row", LATIN)
def test_every_backend_agrees_with_numpy(backend, row):
    subscripts, *shapes = row
    arrays, tangents = drawn(*shapes, dtype="float32"), drawn(*shapes, dtype="float32", seed=1)

    def results(backend: str) -> list[np.ndarray]:
        space = agrad.namespace(backend)

        def f(*xs: Any) -> Any:
            y = space.einsum.einsum(subscripts, *xs)
            return space.sum(y * y * y)

        xs, ts = ([space.asarray(x).array for x in each] for each in (arrays, tangents))
        numbers = range(len(xs))
        pushed = agrad.jvp(lambda *xs: space.einsum.einsum(subscripts, *xs), xs, ts)
        second = agrad.hvp(f, tuple(xs), tuple(ts))
        found = [*pushed, *agrad.grad(f, argnums=tuple(numbers))(*xs)]
        found += second if isinstance(second, tuple) else [second]
        assert all(x.dtype == xs[0].dtype for x in found)
        return [backends()[backend].host(x) for x in found]

    for found, right in zip(results(backend), results("numpy"), strict=True):
        np.testing.assert_allclose(found, right, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("row", [row for row in ROWS if row[0].isascii()], ids=str)
@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_gradients_are_those_of_pytorch(row, dtype):
    torch = pytest.importorskip("torch")
    subscripts, *shapes = row
    if subscripts == "i->...i":
        pytest.skip("PyTorch refuses an ellipsis that stands for nothing")
    arrays = drawn(*shapes, dtype=dtype)
    leaves = [torch.tensor(x, requires_grad=True) for x in arrays]
    y = torch.einsum(subscripts, *leaves)
    [ct] = drawn(tuple(y.shape), dtype=dtype, seed=1)
    right = torch.autograd.grad(y, leaves, torch.asarray(ct))
    found = agrad.vjp(lambda *xs: einsum(subscripts, *xs), *arrays)[1](ct)
    for g, h in zip(found, right, strict=True):
        np.testing.assert_allclose(g, h.resolve_conj().numpy(), rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("row", LATIN)
def test_compiled_by_jax_it_has_the_gradients_of_jax(row):
    jax = pytest.importorskip("jax")
    subscripts, *shapes = row
    arrays = [jax.numpy.asarray(x) for x in drawn(*shapes, dtype="float32")]
    numbers = tuple(range(len(arrays)))

    def gradients(grad: Any, einsum: Any) -> Any:
        return jax.jit(grad(lambda *xs: (einsum(subscripts, *xs) ** 2).sum(), argnums=numbers))(*arrays)

    for g, h in zip(gradients(agrad.grad, einsum), gradients(jax.grad, jax.numpy.einsum), strict=True):
        np.testing.assert_allclose(g, h, rtol=1e-3, atol=1e-4)


def test_arrays_of_two_backends_do_not_mix():
    torch = pytest.importorskip("torch")
    with pytest.raises(BackendError, match="convert one of them first"):
        einsum("i,i", torch.ones(2), np.ones(2))


# What is refused --------------------------------------------------------------------------------------

ONE, TWO, THREE = np.ones(1), np.ones(2), np.ones(3)
SQUARE = np.ones((3, 3))


@pytest.mark.parametrize(
    ("args", "optimize", "message"),
    [
        (("ij,jk", SQUARE), "auto", "got 1 operands for 'ij,jk', which has terms for 2"),
        (("ij", THREE), "auto", "operand 0 of 1 dimensions, for which 'ij' has 2 letters"),
        (("i", SQUARE), "auto", "operand 0 of 2 dimensions, for which 'i' has 1 letters; .* or '...' for several"),
        (("...ij", THREE), "auto", "give at most one letter a dimension"),
        (("i.j", SQUARE), "auto", "in which 'i.j' is not a term"),
        (("...i...", SQUARE), "auto", r"in which '...i...' is not a term"),
        (("i2", SQUARE), "auto", "in which 'i2' is not a term"),
        (("ij->i->", SQUARE), "auto", "in which 'i->' is not a term"),
        (("ij->ii", SQUARE), "auto", "whose result has the index 'i' twice"),
        (("ij->k", SQUARE), "auto", "whose result has the index 'k' that no operand has"),
        (("...i->i", SQUARE), "auto", "leaves out the 1 axes that '...' stands for"),
        (("i,i,i", TWO, TWO, TWO), "foo", "Path optimizer 'foo' not found"),
        (("i,i,i", TWO, TWO, TWO), 3, "optimize=3; it takes a path, a name or an object"),
        (("i,i,i", TWO, TWO, TWO), [(0, 1)], r"the path \(\(0, 1\),\) for 3 operands"),
        (("i,i,i", TWO, TWO, TWO), [(0, 3), (0, 1)], "each step names the positions"),
        (("i,i,i", TWO, TWO, TWO), [(1, 1), (0, 1)], "each step names the positions"),
        ((TWO, [99]), "auto", "integers from 0 to 51"),
    ],
)
def test_what_is_malformed_is_a_value_error(args, optimize, message):
    with pytest.raises(ValueError, match=message):
        einsum(*args, optimize=optimize)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("ij,jk", np.ones((2, 3)), np.ones((2, 3))), "index 'j' has the length 2, but 3 in an operand before it"),
        (("...,...", TWO, THREE), r"the index of '...' has the length 3, but 2"),
        (("i,i,i", TWO, ONE, THREE), "operand 2 of shape .* 'i' has the length 3, but 2"),
        (("ii", np.ones((1, 3))), "the index 'i' has the lengths 1 and 3; they must be equal"),
    ],
)
def test_lengths_that_differ_are_named(args, message):
    with pytest.raises(ShapeError, match=message):
        einsum(*args)


def test_an_unknown_length_is_refused():
    with pytest.raises(ShapeError, match="operand 1, in which the length of the index 'j' is unknown"):
        plan("i,ij", ((3,), (3, float("nan"))), "auto")


def test_what_is_no_array_is_a_type_error():
    with pytest.raises(TypeError, match="a list as operand 0; it takes arrays"):
        einsum("i,i", [1.0, 2.0], TWO)
    with pytest.raises(TypeError, match="a ndarray where a list of axes belongs"):
        einsum(TWO, TWO)


# The record -------------------------------------------------------------------------------------------


def zeros(*shape: int) -> np.ndarray:
    return np.zeros(shape)


@pytest.mark.parametrize("case", OPS[0].cases, ids=lambda case: case.make(zeros)[0])
def test_the_reference_agrees(case):
    arrays: list[np.ndarray] = []

    def draw(*shape: int) -> np.ndarray:
        arrays.extend(drawn(shape, seed=len(arrays)))
        return arrays[-1]

    subscripts, *_ = case.make(draw)
    exact = [np.vectorize(mpmath.mpf, otypes=[object])(x) for x in arrays]
    right = OPS[0].reference(mpmath.mp, subscripts, *exact)
    np.testing.assert_allclose(einsum(subscripts, *arrays, **case.params), right.astype("float64"), rtol=1e-12)


def test_the_examples_of_the_docstring_run():
    test = doctest.DocTestParser().get_doctest(xp.einsum.einsum.__doc__, {}, "einsum", None, None)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
