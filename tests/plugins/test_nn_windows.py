"""Convolutions, pools and embeddings: PyTorch's numbers on every backend, any order, stacks, and what is refused."""

from __future__ import annotations

import doctest
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn
import hostile
import strict
from agrad.declare import Op
from agrad.errors import ShapeError
from agrad.interpret.batching import batched_call
from agrad.plugins import ops, register
from agrad_nn import windows
from agrad_nn.ops import conv, embedding, pool
from libraries import LIBRARIES
from nn_windows import CALLS, STORED, Call, arguments, by_torch

strict.install()
hostile.install()
if not ops("nn"):
    register(agrad_nn, "nn")
xp = agrad.namespace("numpy")
OPS: dict[str, Op] = {op.name: op for op in (*conv.OPS, *pool.OPS, *embedding.OPS)}
KNOWN = json.loads(STORED.read_text())
FEW = {"array-api-strict": 5, "jax": 9, "dask": 13}
"""Of how many calls one is made on slow backends."""


def normal(*shapes: tuple[int, ...], seed: int = 0) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    return [random.normal(size=shape) for shape in shapes]


def on_host(x: Any) -> np.ndarray:
    return np.asarray(agrad.asarray(x, backend="numpy").array)


# PyTorch's numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize("call", CALLS, ids=repr)
def test_what_is_stored_is_what_pytorch_computes(call: Call) -> None:
    pytest.importorskip("torch")
    assert json.loads(json.dumps(by_torch(call))) == KNOWN[repr(call)]


@pytest.mark.parametrize("backend", LIBRARIES)
def test_values_and_gradients_are_those_of_pytorch(backend: str) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    for call in CALLS[:: FEW.get(backend, 1)]:
        f = getattr(on.nn, call.op)
        arrays, random = arguments(call)
        inputs = [on.asarray(a.tolist(), dtype=on.float32) for a in arrays]
        values, gradients = KNOWN[repr(call)]
        y, pullback = agrad.vjp(lambda *x, f=f, call=call: f(*x, **call.params), *inputs)
        np.testing.assert_allclose(on_host(y), values, rtol=1e-5, atol=1e-5, err_msg=repr(call))
        if not gradients:
            continue
        ct = on.asarray((random.integers(-8, 9, size=y.shape) / 4).tolist(), dtype=on.float32)
        for found, right in zip(pullback(ct), gradients, strict=True):
            assert found.dtype == on.float32
            np.testing.assert_allclose(on_host(found), right, rtol=1e-5, atol=1e-4, err_msg=repr(call))


# Any order, stacks, every shape -------------------------------------------------------------------------

SMALL: dict[str, tuple[tuple[tuple[int, ...], ...], dict[str, Any]]] = {
    "conv1d": (((2, 2, 6), (4, 1, 2)), {"stride": 2, "padding": 1, "dilation": 2, "groups": 2}),
    "conv2d": (((2, 2, 4, 5), (3, 2, 2, 3)), {"padding": "same"}),
    "conv_transpose1d": (((2, 4, 3), (4, 1, 2)), {"stride": 2, "padding": 1, "output_padding": 1, "groups": 2}),
    "conv_transpose2d": (((2, 2, 2, 3), (2, 3, 2, 2)), {"stride": (1, 2), "dilation": (3, 1), "output_padding": 1}),
    "conv1d_weight": (((2, 4, 6), (2, 2, 2)), {"kernel_size": 3, "stride": 2, "padding": 0, "groups": 2}),
    "conv2d_weight": (((2, 2, 4, 4), (2, 3, 3, 4)), {"kernel_size": (2, 2), "padding": ((0, 0), (1, 0))}),
}  # fmt: skip


@pytest.mark.parametrize("name", SMALL)
def test_derivatives_of_every_order_are_those_of_differences(name: str) -> None:
    shapes, params = SMALL[name]
    f = getattr(xp.nn, name)
    agrad.check_grads(lambda a, b: f(a, b, **params), normal(*shapes), order=2)
    arrays = [x + 1j * y for x, y in zip(normal(*shapes), normal(*shapes, seed=1), strict=True)]
    agrad.check_grads(lambda a, b: f(a, b, **params), arrays, order=1)


@pytest.mark.parametrize("backend", ["numpy", "torch", pytest.param("jax", marks=pytest.mark.slow)])
@pytest.mark.parametrize("batched", [(True, True), (True, False), (False, True)])
@pytest.mark.parametrize("example", [False, True])
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("name", SMALL)
def test_a_stack_of_convolutions_is_each_of_them(
    name: str, groups: int, example: bool, batched: tuple[bool, bool], backend: str
) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    n = 1 if "1d" in name else 2
    params: dict[str, Any] = {"stride": 2, "padding": 1, "dilation": 1, "groups": groups}
    first, second = (2, 4, 5, 4)[example : n + 2], (6, 4 // groups, 2, 2)[: n + 2]
    if name.endswith("weight"):
        params["kernel_size"], second = 2, (2, 6, 3, 3)[example : n + 2]
    elif "transpose" in name:
        params["output_padding"], second = 0, (4, 3, 2, 2)[: n + 2]
    x, y = normal(*((3, *s) if of else s for s, of in zip((first, second), batched, strict=True)))
    f = on._bind(f"nn.{name}")
    arrays = [on.asarray(v.tolist(), dtype=on.float32).array for v in (x, y)]
    found = batched_call(f, arrays, params, batched, 3)
    g = getattr(xp.nn, name)
    each = [g(*(v[i] if of else v for v, of in zip((x, y), batched, strict=True)), **params) for i in range(3)]
    np.testing.assert_allclose(on_host(found), np.stack(each), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("call", [c for c in CALLS if "pool" in c.op][::7], ids=repr)
def test_pools_take_stacks_and_have_derivatives_of_every_order(call: Call) -> None:
    shape = (3, *call.shapes[0][1:])
    x = np.random.default_rng(0).permutation(np.prod(shape)).reshape(shape) / 8  # no near ties
    f = getattr(xp.nn, call.op)
    np.testing.assert_array_equal(f(x, **call.params), np.stack([f(v, **call.params) for v in x]))
    if not call.op.endswith("indices"):
        agrad.check_grads(lambda x: f(x, **call.params), [x], order=2)


def test_stacks_of_positions() -> None:
    f = xp._bind("nn.window_max_transpose")
    y, at = normal((3, 2))[0], np.asarray([[0, 2], [1, 2], [0, 3]])
    params = {"shape": (4,), "kernel_size": (2,), "stride": (2,), "dilation": (1,)}
    for of_y, of_at in ((True, True), (True, False), (False, True)):
        found = batched_call(f, [y if of_y else y[0], at if of_at else at[0]], params, (of_y, of_at), 3)
        right = np.zeros((3, 4))
        np.put_along_axis(right, at if of_at else at[[0] * 3], y if of_y else y[[0] * 3], axis=1)
        np.testing.assert_array_equal(found, right)


@pytest.mark.parametrize("call", CALLS, ids=repr)
def test_no_value_is_asked_for(call: Call) -> None:
    on = agrad.namespace("hostile")
    arrays = [on.asarray(a) for a in normal(*call.shapes)]
    f = getattr(on.nn, call.op)
    if call.op.endswith("indices"):
        f(*arrays, **call.params)
    else:
        agrad.grad(lambda *x: on.sum(f(*x, **call.params) ** 2), argnums=tuple(range(len(arrays))))(*arrays)


def test_jax_compiles_a_training_step() -> None:
    jax = pytest.importorskip("jax")
    on = agrad.namespace("jax")

    def loss(w: Any, x: Any) -> Any:
        y = on.nn.max_pool2d(on.nn.conv2d(x, w, padding="same"), kernel_size=2)
        return on.sum(on.nn.avg_pool2d(y, kernel_size=3, stride=2, padding=1) ** 2)

    x, w = normal((2, 2, 6, 6), (3, 2, 3, 3))
    found = jax.jit(agrad.grad(loss))(w.astype("float32"), x.astype("float32"))

    def of_numpy(w: Any, x: Any) -> Any:
        y = xp.nn.max_pool2d(xp.nn.conv2d(x, w, padding="same"), kernel_size=2)
        return xp.sum(xp.nn.avg_pool2d(y, kernel_size=3, stride=2, padding=1) ** 2)

    np.testing.assert_allclose(found, agrad.grad(of_numpy)(w, x), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("backend", LIBRARIES)
def test_dtypes_promote_and_gradients_keep_theirs(backend: str) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    x, w = on.ones((1, 1, 4), dtype=on.float32), on.ones((1, 1, 2), dtype=on.complex64)
    for f in (on.nn.conv1d, on.nn.conv_transpose1d):
        y, pullback = agrad.vjp(f, x, w)
        assert y.dtype == on.complex64
        assert [g.dtype for g in pullback(y)] == [on.float32, on.complex64]


@pytest.mark.parametrize("name", ["conv", "weight", "transpose"])
def test_blocks_of_examples_add_up(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few examples the windows are made of at a time."""
    x, w, y = normal((5, 2, 6, 6), (3, 2, 3, 3), (5, 3, 6, 6))
    f: Callable[[], Any] = {
        "conv": lambda: xp.nn.conv2d(x, w, padding=1),
        "weight": lambda: xp.nn.conv2d_weight(x, y, kernel_size=3, padding=1),
        "transpose": lambda: xp.nn.conv_transpose2d(y, w, padding=1),
    }[name]
    whole = f()
    for size in (1, 2 * 2 * 9 * 36 * 8):
        monkeypatch.setitem(windows.BLOCK, "numpy", size)
        np.testing.assert_allclose(f(), whole, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("backend", LIBRARIES)
@pytest.mark.parametrize("name", ["conv1d", "conv_transpose1d"])
def test_padding_of_each_side_may_add_or_cut_off(name: str, backend: str) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    x, w = on.asarray([[[1.0, 2.0, 3.0, 4.0]]]), on.asarray([[[1.0, 10.0]]])
    found = on_host(getattr(on.nn, name)(x, w, padding=((-1, 2),)))[0, 0].tolist()
    assert found == ([32.0, 43.0, 4.0, 0.0] if name == "conv1d" else [0.0, 1.0, 12.0, 23.0])


# Maxima -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", LIBRARIES)
def test_the_first_of_equal_maxima_is_taken(backend: str) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    x = on.zeros((4, 4))
    f = {"kernel_size": 3, "stride": 2, "padding": 1}
    assert on_host(on.nn.max_pool2d_indices(x, **f)).tolist() == [[0, 1], [4, 5]]
    g = agrad.grad(lambda x: on.sum(on.nn.max_pool2d(x, **f)))(x)
    assert on_host(g).tolist() == [[1, 1, 0, 0], [1, 1, 0, 0], [0] * 4, [0] * 4]


@pytest.mark.parametrize("backend", LIBRARIES)
def test_padding_is_never_the_greatest(backend: str) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    x = on.asarray([-on.inf, -on.inf, -3.0])
    f = {"kernel_size": 2, "padding": 1}
    assert on_host(on.nn.max_pool1d(x, **f)).tolist() == [-np.inf, -3.0]
    assert on_host(on.nn.max_pool1d_indices(x, **f)).tolist() == [0, 2]


@pytest.mark.parametrize("backend", LIBRARIES)
def test_a_nan_is_seen(backend: str) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    x = on.asarray([1.0, on.nan, 2.0, 0.0, 5.0, 4.0])
    y, pullback = agrad.vjp(lambda x: on.nn.max_pool1d(x, kernel_size=3), x)
    np.testing.assert_array_equal(on_host(y), [np.nan, 5.0])
    assert on_host(pullback(on.ones(2))[0]).tolist() == [0, 1, 0, 0, 1, 0]
    np.testing.assert_array_equal(on_host(on.nn.max_pool1d(x, kernel_size=3)), [np.nan, 5.0])


@pytest.mark.parametrize("backend", LIBRARIES)
def test_maxima_of_integers(backend: str) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    x = on.asarray([-5, -7, -6, -9, -8])
    assert on_host(on.nn.max_pool1d(x, kernel_size=2, padding=1)).tolist() == [-5, -6, -8]
    assert on_host(on.nn.max_pool1d_indices(x, kernel_size=3)).tolist() == [0]


def test_windows_of_many_numbers() -> None:
    (x,) = normal((2, 12, 12))
    y, pullback = agrad.vjp(lambda x: xp.nn.max_pool2d(x, kernel_size=12), x)
    np.testing.assert_array_equal(y.reshape(2), x.max(axis=(1, 2)))
    np.testing.assert_array_equal(pullback(np.ones((2, 1, 1)))[0], x == x.max(axis=(1, 2), keepdims=True))


def test_an_infinite_number_stays_in_its_own_windows() -> None:
    x = np.asarray([np.inf, 1.0, 2.0, 3.0, 4.0])
    assert xp.nn.avg_pool1d(x, kernel_size=2, stride=1).tolist() == [np.inf, 1.5, 2.5, 3.5]
    assert xp.nn.adaptive_avg_pool1d(x, output_size=3).tolist() == [np.inf, 2.0, 3.5]


# Rows and classes -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", LIBRARIES)
def test_rows_of_a_table(backend: str) -> None:
    pytest.importorskip(LIBRARIES[backend])
    on = agrad.namespace(backend)
    weight, indices = on.asarray([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), on.asarray([[2, 0], [2, 2]])
    y, pullback = agrad.vjp(lambda w: on.nn.embedding(w, indices), weight)
    assert on_host(y).tolist() == [[[5, 6], [1, 2]], [[5, 6], [5, 6]]]
    assert on_host(pullback(on.ones((2, 2, 2)))[0]).tolist() == [[1, 1], [0, 0], [3, 3]]
    classes = on_host(on.nn.one_hot(indices, num_classes=4, dtype=on.float32))
    np.testing.assert_array_equal(classes, np.eye(4, dtype="float32")[[[2, 0], [2, 2]]], strict=True)


# What is refused --------------------------------------------------------------------------------------------


def refused(f: Callable[..., Any], error: type[Exception], *parts: str, **params: Any) -> Any:
    def check(*shapes: tuple[int, ...]) -> None:
        with pytest.raises(error) as caught:
            f(*(np.ones(s) for s in shapes), **params)
        for part in parts:
            assert part in str(caught.value), str(caught.value)

    return check


def test_shapes_that_do_not_fit() -> None:
    nn = xp.nn
    refused(nn.conv2d, ShapeError, "nn.conv2d", "with 3 channels", "for 2 channels")((1, 3, 4, 4), (1, 2, 3, 3))
    refused(nn.conv2d, ShapeError, "groups=2", "3 channels", groups=2)((1, 4, 4, 4), (3, 2, 3, 3))
    refused(nn.conv2d, ShapeError, "for 2 * 2 channels", groups=2)((1, 6, 4, 4), (4, 2, 3, 3))
    refused(nn.conv1d, ShapeError, "reaches over 5", "4")((1, 1, 4), (1, 1, 5))
    refused(nn.conv1d, ShapeError, "takes 3 axes")((1, 1, 4, 4), (1, 1, 5))
    refused(nn.conv1d, ShapeError, "w of shape (1, 5)")((1, 1, 4), (1, 5))
    refused(nn.conv_transpose1d, ShapeError, "first axis of w")((1, 3, 4), (2, 1, 2))
    refused(nn.conv_transpose1d, ShapeError, "less padding", padding=3)((1, 1, 4), (1, 1, 2))
    refused(nn.conv1d_weight, ShapeError, "(4,) positions", kernel_size=2)((1, 1, 5), (1, 1, 3))
    refused(nn.conv1d_weight, ShapeError, "one convolution", kernel_size=2)((2, 1, 5), (1, 1, 4))
    refused(nn.max_pool2d, ShapeError, "5 positions", "has, padding included, 4", kernel_size=5)((1, 4, 4))
    refused(nn.max_pool2d, ShapeError, "last 2 axes", kernel_size=2)((4,))
    refused(nn.max_pool1d, ShapeError, "nothing but padding", kernel_size=2, dilation=2, padding=1)((1,))
    refused(nn.adaptive_avg_pool1d, ShapeError, "must not be empty", output_size=1)((2, 0))


def test_settings_that_are_none() -> None:
    nn = xp.nn
    shapes = (1, 1, 4, 4), (1, 1, 2, 2)
    refused(nn.conv2d, ValueError, "stride=0", "at least 1", "2 of them", stride=0)(*shapes)
    refused(nn.conv2d, ValueError, "stride=(1, 1, 1)", stride=(1, 1, 1))(*shapes)
    refused(nn.conv2d, ValueError, "dilation=1.5", dilation=1.5)(*shapes)
    refused(nn.conv2d, ValueError, "padding='full'", padding="full")(*shapes)
    refused(nn.conv2d, ValueError, "padding='same' and stride=(2, 2)", padding="same", stride=2)(*shapes)
    refused(nn.conv2d, ValueError, "padding=-1", padding=-1)(*shapes)
    refused(nn.conv2d, ShapeError, "groups=0", groups=0)(*shapes)
    refused(nn.conv_transpose2d, ValueError, "takes integers", padding="same")(*shapes)
    refused(nn.max_pool1d, ValueError, "padding=2", "at most half", kernel_size=3, padding=2)((4,))
    refused(nn.avg_pool1d, ValueError, "kernel_size=0", kernel_size=0)((4,))
    refused(nn.adaptive_max_pool2d, ValueError, "output_size=(1, 2, 3)", output_size=(1, 2, 3))((4, 4))
    refused(nn.adaptive_max_pool2d, ValueError, "output_size=0", output_size=0)((4, 4))


@pytest.mark.parametrize("name", OPS)
def test_the_example_in_the_docstring_runs(name: str) -> None:
    test = doctest.DocTestParser().get_doctest(OPS[name].doc, {}, name, None, 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0


def test_every_op_says_how_it_treats_axes() -> None:
    assert [op.name for op in OPS.values() if op.kind != "composite" and op.axes is None and op.batch is None] == []
