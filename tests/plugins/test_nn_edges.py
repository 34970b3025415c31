"""The ops of agrad_nn where they end: kinks, infinities, masks, what is ignored, wrong input, docstrings."""

from __future__ import annotations

import doctest
from functools import partial
from math import inf, nan
from typing import Any

import numpy as np
import pytest

import agrad
import agrad_nn
import hostile
import strict
from agrad.errors import DtypeError, ShapeError
from agrad.plugins import ops, register
from agrad_nn.ops import activation, attention, classification, loss, norm, softmax
from nn_calls import calls, derivatives

strict.install()
hostile.install()
if not ops("nn"):
    register(agrad_nn, "nn")

KINDS = (activation, attention, classification, loss, norm, softmax)
OPS = {op.name: op for kind in KINDS for op in kind.OPS}
CALLS = calls()
BACKENDS = ["numpy", "jax", "torch", "array-api-strict"]


@pytest.fixture(params=BACKENDS)
def xp(request: Any) -> Any:
    """The namespace of each backend."""
    pytest.importorskip(request.param.replace("-", "_"))
    return agrad.namespace(request.param)


def numbers(y: Any) -> list[float]:
    return [float(v) for v in y]


def slopes(xp: Any, f: Any, x: Any, order: int = 1) -> list[float]:
    """A derivative of a pointwise function."""
    for _ in range(order):
        f = agrad.grad(lambda x, f=f: xp.sum(f(x)))
    return numbers(xp.asarray(f(xp.asarray(x))))


# Kinks --------------------------------------------------------------------------------------------------

SELU = 1.0507009873554805
KINKS: list[tuple[str, list[float], list[float], list[float]]] = [
    ("relu", [-1.0, 0.0, 1.0], [0, 0, 1], [0, 0, 0]),
    ("relu6", [0.0, 1.0, 6.0], [0, 1, 0], [0, 0, 0]),
    ("hardtanh", [-1.0, 0.0, 1.0], [0, 1, 0], [0, 0, 0]),
    ("leaky_relu", [-1.0, 0.0, 1.0], [0.01, 0.01, 1], [0, 0, 0]),
    ("elu", [-1.0, 0.0, 1.0], [np.exp(-1), 1, 1], [np.exp(-1), 0, 0]),
    ("selu", [0.0, 1.0], [SELU * 1.6732632423543772, SELU], [0, 0]),
    ("softsign", [-1.0, 0.0, 1.0], [0.25, 1, 0.25], [0.25, 0, -0.25]),
]
"""PyTorch's slopes and second derivatives."""


@pytest.mark.parametrize(("name", "x", "first", "second"), KINKS, ids=[row[0] for row in KINKS])
def test_kinks(xp: Any, name: str, x: Any, first: Any, second: Any) -> None:
    f = getattr(xp.nn, name)
    np.testing.assert_allclose(slopes(xp, f, x), first, rtol=1e-6)
    np.testing.assert_allclose(slopes(xp, f, x, 2), second, rtol=1e-6)
    ones = xp.ones(len(x))
    np.testing.assert_allclose(numbers(agrad.jvp(f, (xp.asarray(x),), (ones,))[1]), first, rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("mse_loss", [2, -2, 0, 4], [2, 2, 2, 2]),
        ("l1_loss", [1, -1, 0, 1], [0, 0, 0, 0]),
        ("smooth_l1_loss", [1, -1, 0, 1], [0, 0, 1, 0]),
        ("huber_loss", [1, -1, 0, 1], [0, 0, 1, 0]),
    ],
)
def test_kinks_of_losses(xp: Any, name: str, first: Any, second: Any) -> None:
    f = lambda x: getattr(xp.nn, name)(x, xp.zeros(4), reduction="sum")  # noqa: E731
    x = [1.0, -1.0, 0.0, 2.0]
    assert slopes(xp, f, x) == first
    assert slopes(xp, f, x, 2) == second


def test_an_infinite_cotangent_stays_where_it_is(xp: Any) -> None:
    for name in ("relu", "relu6", "hardtanh"):
        _, pullback = agrad.vjp(getattr(xp.nn, name), xp.asarray([-2.0, 0.5]))
        assert numbers(pullback(xp.asarray([inf, 1.0]))[0]) == [0, 1]


# Far from 0 ---------------------------------------------------------------------------------------------

FAR = [
    ("sigmoid", [-1000.0, -100.0, 1000.0], [0, 3.720075976e-44, 1], [0, 3.720075976e-44, 0]),
    ("log_sigmoid", [-1000.0, 1000.0], [-1000, 0], [1, 0]),
    ("softplus", [-1000.0, 1000.0], [0, 1000], [0, 1]),
    ("silu", [-1000.0, 1000.0], [0, 1000], [0, 1]),
    ("mish", [-1000.0, 1000.0], [0, 1000], [0, 1]),
    ("gelu", [-1000.0, 1000.0], [0, 1000], [0, 1]),
    ("elu", [-1000.0, 1000.0], [-1, 1000], [0, 1]),
]


@pytest.mark.parametrize(("name", "x", "values", "first"), FAR, ids=[row[0] for row in FAR])
def test_far_from_0(xp: Any, name: str, x: Any, values: Any, first: Any) -> None:
    f = getattr(xp.nn, name)
    tiny = 1e-40 if "float64" not in str(xp.asarray(x).dtype) else 0  # single precision ends there
    np.testing.assert_allclose(numbers(f(xp.asarray(x))), values, rtol=1e-6, atol=tiny)
    np.testing.assert_allclose(slopes(xp, f, x), first, rtol=1e-6, atol=tiny)


def test_no_warnings_far_from_0() -> None:
    space = agrad.namespace("numpy")
    x = space.asarray([-1000.0, -1.0, 0.0, 1.0, 1000.0])
    with np.errstate(all="raise", under="ignore"):
        for name, op in OPS.items():
            if len(op.arguments) == 1 and name != "group_norm":
                assert np.isfinite(slopes(space, partial(getattr(space.nn, name)), x.tolist())).all(), name
        for name in ("cross_entropy", "nll"):
            f = lambda x, name=name: getattr(space.nn, name)(x, space.asarray(1))  # noqa: E731
            assert np.isfinite(slopes(space, f, x.tolist())).all()


def test_nan_stays_nan(xp: Any) -> None:
    for name, op in OPS.items():
        if op.kind == "elementwise" or name in ("relu", "relu6", "hardtanh", "leaky_relu", "softmax", "logsumexp"):
            assert np.isnan(float(xp.sum(getattr(xp.nn, name)(xp.asarray([nan, 1.0]))))), name


# Infinities ---------------------------------------------------------------------------------------------


def test_masked_classes(xp: Any) -> None:
    """A logit of minus infinity has no part, and nothing that is nan."""
    x = xp.asarray([[-inf, 0.0, 1.0], [2.0, -inf, 0.0]])
    share = 1 / (1 + np.e)
    np.testing.assert_allclose(numbers(xp.nn.softmax(x)[0, :]), [0, share, 1 - share], rtol=1e-6)
    for f in (
        lambda x: xp.sum(xp.nn.softmax(x)[:, 2] ** 2),
        lambda x: xp.sum(xp.nn.log_softmax(x)[:, 2]),
        lambda x: xp.sum(xp.nn.logsumexp(x, axis=1)),
        lambda x: xp.nn.cross_entropy(x, xp.asarray([1, 2])),
    ):
        assert np.isfinite(numbers(xp.reshape(agrad.grad(f)(x), (6,)))).all()
        assert np.isfinite(numbers(xp.reshape(agrad.hessian(f)(x), (36,)))).all()


def test_nothing_but_masked_classes(xp: Any) -> None:
    x = xp.asarray([-inf, -inf])
    assert float(xp.nn.logsumexp(x)) == -inf
    assert numbers(agrad.grad(xp.nn.logsumexp)(x)) == [0, 0]
    assert float(xp.nn.logsumexp(xp.asarray([inf, 0.0]))) == inf


def test_binary_cross_entropy_at_its_ends(xp: Any) -> None:
    x, y = xp.asarray([0.0, 1.0, 0.0, 1.0]), xp.asarray([1.0, 0.0, 0.0, 1.0])
    assert numbers(xp.nn.binary_cross_entropy(x, y, reduction="none")) == [100, 100, 0, 0]
    f = lambda x: xp.nn.binary_cross_entropy(x, y, reduction="sum")  # noqa: E731
    np.testing.assert_allclose(numbers(agrad.grad(f)(x)), [-1e12, 1e12, 0, 0], rtol=1e-6)
    with np.errstate(all="raise"):
        space = agrad.namespace("numpy")
        space.nn.binary_cross_entropy(space.asarray([0.0, 1.0]), space.asarray([0.0, 1.0]))
    far = xp.asarray([-1000.0, 1000.0])
    assert numbers(xp.nn.binary_cross_entropy_with_logits(far, xp.asarray([1.0, 0.0]), reduction="none")) == [1000] * 2


def test_probabilities_of_0_add_nothing_to_a_divergence(xp: Any) -> None:
    x, y = xp.asarray([-inf, 0.0]), xp.asarray([0.0, 1.0])
    assert float(xp.nn.kl_div(x, y, reduction="sum")) == 0


# Attention ----------------------------------------------------------------------------------------------


def test_a_query_that_may_look_at_nothing(xp: Any) -> None:
    q, k, v = xp.ones((2, 3)), xp.ones((2, 3)), xp.asarray([[1.0], [3.0]])
    allowed = [[False, False], [True, False]]
    added = xp.asarray([[-inf, -inf], [0.0, -inf]])
    for mask in (xp.asarray(allowed), added):
        f = lambda q, k, v, mask=mask: xp.sum(xp.nn.scaled_dot_product_attention(q, k, v, mask))  # noqa: E731
        assert numbers(xp.nn.scaled_dot_product_attention(q, k, v, mask)[:, 0]) == [0, 1]
        for g in agrad.grad(f, argnums=(0, 1, 2))(q, k, v):
            assert bool(xp.all(xp.isfinite(g)))
    g = agrad.grad(lambda mask: xp.sum(xp.nn.scaled_dot_product_attention(q, k, v, mask)))(added)
    assert bool(xp.all(xp.isfinite(g)))


# Classes that are ignored, and that there are not ----------------------------------------------------------


@pytest.mark.parametrize("name", ["cross_entropy", "nll"])
def test_ignored_classes(xp: Any, name: str) -> None:
    f = getattr(xp.nn, name)
    x = xp.asarray([[0.5, -1.0, 2.0], [nan, nan, nan], [1.0, 0.0, -1.0]])
    alone = f(xp.asarray([[0.5, -1.0, 2.0], [1.0, 0.0, -1.0]]), xp.asarray([2, 0]))
    for ignored in (-100, 1, 7):
        y = xp.asarray([2, ignored, 0])
        options = {} if ignored == -100 else {"ignore_index": ignored}
        np.testing.assert_allclose(float(f(x, y, **options)), float(alone), rtol=1e-6)
        assert float(f(x, y, reduction="none", **options)[1]) == 0
    assert np.isnan(float(f(x, xp.asarray([-100] * 3))))
    assert float(f(x, xp.asarray([-100] * 3), reduction="sum")) == 0
    for options in ({}, {"label_smoothing": 0.1}) if name == "cross_entropy" else ({},):
        for weight in (None, xp.ones(3)):
            of_none = lambda x, w=weight, o=options: f(x, xp.asarray([-100, -100]), w, **o)  # noqa: E731
            assert not bool(xp.any(agrad.grad(of_none)(xp.ones((2, 3))) != 0))


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", ["cross_entropy", "nll"])
@pytest.mark.parametrize("wrong", [3, -1])
def test_classes_that_there_are_not(xp: Any, name: str, wrong: int, weighted: bool) -> None:
    x, y = xp.zeros((2, 3)), xp.asarray([0, wrong])
    weight = xp.ones(3) if weighted else None
    f = lambda x: xp.sum(getattr(xp.nn, name)(x, y, weight))  # noqa: E731
    for call in (f, agrad.value_and_grad(f)):
        if repr(xp) == "agrad[jax]":  # whose values may not be looked at
            found = call(x)
            assert np.isnan(float(found[0] if isinstance(found, tuple) else found))
        else:
            with pytest.raises(
                IndexError, match=r"a target is no class: there are 3, from 0 to 2, and -100 is ignored"
            ):
                call(x)


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_classes_of_any_integers(xp: Any, dtype: str) -> None:
    if repr(xp) == "agrad[jax]" and dtype == "int64":
        pytest.skip("64 bits are switched off")
    x, y = xp.asarray(np.arange(6.0).reshape(2, 3).tolist()), [2, 0]
    f = lambda x, y: xp.nn.cross_entropy(x, y)  # noqa: E731
    found = agrad.grad(f)(x, xp.asarray(y, dtype=getattr(xp, dtype)))
    assert bool(xp.all(found == agrad.grad(f)(x, xp.asarray(y))))


def test_many_classes_of_small_integers() -> None:
    """More classes than the dtype of the targets can count."""
    space = agrad.namespace("numpy")
    x = space.asarray(np.random.default_rng(0).normal(size=(3, 300)))
    y = np.asarray([2, 44, 255])
    f = lambda x, y: space.nn.cross_entropy(x, y)  # noqa: E731
    for small in (y.astype("uint8"), y.astype("int64")):
        g = np.asarray(agrad.grad(f)(x, space.asarray(small)).array)
        assert sorted(np.argwhere(g < 0)[:, 1]) == [2, 44, 255]


# Transforms ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CALLS)
def test_no_value_is_asked_for(name: str) -> None:
    derivatives(agrad.namespace("hostile"), CALLS[name])


def test_compiled_by_jax() -> None:
    jax = pytest.importorskip("jax")
    space = agrad.namespace("jax")
    x, y = np.random.default_rng(0).normal(size=(4, 3)).astype("float32"), np.asarray([0, 2, 1, 1])
    w = np.asarray([0.5, 1.0, 2.0], dtype="float32")

    def f(x: Any, w: Any) -> Any:
        h = space.nn.layer_norm(space.nn.gelu(x), w, w)
        return space.nn.cross_entropy(space.nn.batch_norm(h), y, w, label_smoothing=0.1)

    x, y, w = map(jax.numpy.asarray, (x, y, w))
    eager = agrad.grad(f, argnums=(0, 1))(x, w)
    compiled = jax.jit(agrad.grad(f, argnums=(0, 1)))(x, w)
    for a, b in zip(eager, compiled, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


# Wrong input --------------------------------------------------------------------------------------------

X, T = [[0.5, 1.0, 2.0], [1.0, 0.0, 1.0]], [2, 0]
WRONG: list[tuple[str, list[Any], dict[str, Any], type[Exception], str]] = [
    ("mse_loss", [X, [[1.0]]], {}, ShapeError, r"shape \(2, 3\) and a target of shape \(1, 1\); they must be equal"),
    ("mse_loss", [X, X], {"reduction": "avg"}, ValueError, "reduction='avg'; it takes 'none', 'mean' or 'sum'"),
    ("mse_loss", [X, [[1, 2, 3]] * 2], {}, DtypeError, "mse_loss got an array of .*int64"),
    ("kl_div", [X, X], {"reduction": "avg"}, ValueError, "it takes 'none', 'batchmean', 'mean' or 'sum'"),
    ("huber_loss", [X, X], {"delta": 0.0}, ValueError, "delta=0.0; it takes a positive number"),
    ("smooth_l1_loss", [X, X], {"beta": -1.0}, ValueError, "beta=-1.0"),
    ("binary_cross_entropy", [X, X, [1.0, 2.0]], {}, ShapeError, r"a weight of shape \(2,\), which does not broadcast"),
    ("cross_entropy", [X, [0, 1, 2]], {}, ShapeError, r"classes of shape \(3,\); they must be of shape \(2,\)"),
    ("cross_entropy", [X, [0.0, 1.0]], {}, ShapeError, "they must be equal, and classes must be integers"),
    ("cross_entropy", [X, T, [1.0]], {}, ShapeError, r"class weights of shape \(1,\); they must be of shape \(3,\)"),
    ("cross_entropy", [X, T], {"label_smoothing": 2.0}, ValueError, "label_smoothing=2.0; it takes a number"),
    ("cross_entropy", [1.0, 0], {}, ShapeError, "x without axes"),
    ("nll", [X, X], {}, DtypeError, "nll got a target of .*float64; it takes integers"),
    ("layer_norm", [X, [1.0]], {}, ShapeError, r"a weight of shape \(1,\) and x of shape \(2, 3\); along axis -1"),
    ("layer_norm", [X], {"axis": 2}, ShapeError, "axis=2 for an array of 2 dimensions"),
    ("layer_norm", [X], {"axis": (0, -2)}, ShapeError, "different axes"),
    ("batch_norm", [X, [1.0, 1.0, 1.0]], {}, ValueError, "a mean or a variance alone"),
    ("batch_norm", [X, None, None, [1.0]], {}, ShapeError, r"channels along axis 1 it takes one of shape \(3,\)"),
    ("batch_norm", [[[1.0, 2.0]]], {}, ValueError, "one number a channel, which has no variance"),
    ("group_norm", [X], {"groups": 2}, ShapeError, "that the groups divide"),
    ("group_norm", [X, [1.0]], {"groups": 3}, ShapeError, r"it takes one of shape \(3,\)"),
    ("softmax", [X], {"axis": (0, 1)}, TypeError, "it takes one axis, an integer"),
    ("softmax", [[1, 2]], {}, DtypeError, "softmax got an array of .*int64"),
    ("gelu", [X], {"approximate": "sin"}, ValueError, "approximate='sin'; it takes 'none' or 'tanh'"),
    ("hardtanh", [X], {"min_val": 1.0}, ValueError, "the first must be the smaller one"),
    ("relu", [[1, 2]], {}, DtypeError, "convert it first, with xp.astype"),
    ("scaled_dot_product_attention", [X, [[1.0]], X], {}, ShapeError, r"it takes \(..., L, E\), \(..., S, E\)"),
    ("scaled_dot_product_attention", [X, X, X, [[1.0]]], {"is_causal": True}, ValueError, "give one of them"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "args", "params", "error", "text"), WRONG)
def test_wrong_input(name: str, args: Any, params: Any, error: Any, text: str) -> None:
    for backend in ("numpy", "array-api-strict"):
        space = agrad.namespace(backend)
        given = [None if a is None else space.asarray(a) for a in args]
        with pytest.raises(error, match=text) as raised:
            getattr(space.nn, name)(*given, **params)
        assert "\n" not in str(raised.value)
        followed = [g if g is None or not str(g.dtype).startswith("float") else g.array for g in given]
        if any(g is not None and str(g.dtype).startswith("float") for g in given[:1]):
            with pytest.raises(error, match=text):
                agrad.vjp(lambda x, xp=space, rest=followed[1:]: getattr(xp.nn, name)(x, *rest, **params), followed[0])


def test_numbers_count_as_arrays(xp: Any) -> None:
    if repr(xp) == "agrad[torch]":
        pytest.skip("PyTorch's own functions take tensors alone")
    for name in ("relu", "sigmoid", "softplus", "gelu", "elu"):
        assert float(getattr(xp.nn, name)(1.0)) == pytest.approx(float(getattr(xp.nn, name)(xp.asarray(1.0))))


def test_nothing(xp: Any) -> None:
    """Arrays without elements."""
    x = xp.zeros((0, 3))
    for f in (xp.nn.softmax, xp.nn.layer_norm, xp.nn.relu, xp.nn.gelu):
        assert f(x).shape == agrad.grad(lambda x, f=f: xp.sum(f(x)))(x).shape == (0, 3)
    assert xp.nn.cross_entropy(x, xp.asarray([], dtype=xp.int32), reduction="none").shape == (0,)


# The records ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(OPS))
def test_docstrings(name: str) -> None:
    text = getattr(agrad.namespace("numpy").nn, name).__doc__
    for heading in ("Parameters", "Returns", "Notes", "Examples"):
        assert f"\n{heading}\n{'-' * len(heading)}\n" in text
    for parameter in OPS[name].parameters:
        assert f"\n{parameter.name} : " in text
    assert max(map(len, text.splitlines())) <= 120
    test = doctest.DocTestParser().get_doctest(text, {}, name, None, 0)
    assert len(test.examples) > 2
    assert doctest.DocTestRunner().run(test).failed == 0


@pytest.mark.parametrize("name", sorted(OPS))
def test_cases_and_references(name: str) -> None:
    op = OPS[name]
    assert op.reference is not None
    assert len(op.cases) > 2
    assert op.forward or op.decomposition


def test_classes_follow_a_setting_of_jax_that_changes():
    jax = pytest.importorskip("jax", reason="JAX is not installed")
    xp = agrad.namespace("jax")
    losses = []
    for wide in (True, False, True):
        with jax.enable_x64(wide):
            logits = xp.asarray([[1.0, 2.0, 0.5]], dtype="float32")
            losses.append(float(xp.nn.cross_entropy(logits, xp.asarray(np.asarray([1])))))
    assert losses == [pytest.approx(0.4643688, rel=1e-5)] * 3
