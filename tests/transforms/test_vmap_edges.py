"""`vmap` where it ends: numbers and arrays, what there is one value of, random numbers, ops of a user's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import agrad
from agrad.axes import POINTWISE, Unbatchable
from agrad.interpret import batch
from batches import SIZE, M, X, host, looped

xp = agrad.namespace("numpy")

# Numbers and arrays -----------------------------------------------------------------------------------


def test_elements_are_numbers_and_arrays_of_no_axes_are_arrays():
    """On NumPy ``+=`` makes a new number, and changes an array of no axes."""

    def elements(x: Any) -> Any:
        a = x[0]
        b = a
        a += x[1]
        return b * 10 + a

    def arrays(x: Any) -> Any:
        a = xp.asarray(x[0])
        b = a
        a += x[1]
        a += x[1]
        return b * 10 + a

    def zero(x: Any) -> Any:
        a = xp.asarray(0.0)
        b = a
        a += x[1]
        a += x[0]
        return b

    for f in (elements, arrays, zero):
        np.testing.assert_allclose(agrad.vmap(f)(X), looped(lambda x, f=f: f(xp.asarray(x)), X))
        np.testing.assert_allclose(agrad.vmap(agrad.grad(f))(X), looped(agrad.grad(f), X))


def test_reshaping_shares_or_copies_as_one_example_does():
    def f(m: Any) -> Any:
        kept = m * 1
        flat = xp.reshape(kept, (-1,))
        flat *= 2.0
        turned = xp.reshape(kept.T, (9,))
        turned += 1.0
        return kept

    def started(m: Any) -> Any:
        kept = xp.asarray(np.asfortranarray(np.zeros((3, 3))))
        kept[0, :] = m[0]
        flat = xp.reshape(kept, (-1,))
        flat += m[1, 0]
        return kept

    for g in (f, started):
        np.testing.assert_allclose(agrad.vmap(g)(M), looped(lambda m, g=g: g(xp.asarray(m)), M))


# What there is one value of ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("f", "match"),
    [
        (lambda x: x if x[0] > 0 else -x, r"^bool\(\) of a Tensor that vmap batches .* xp\.where\(condition, a, b\)"),
        (lambda x: x[0].item(), r"^\.item\(\)"),
        (lambda x: float(x[0]), r"^float\(\)"),
        (lambda x: x.tolist(), r"^\.tolist\(\)"),
        (lambda x: x.array, r"^\.array"),
        (lambda x: np.asarray(x), r"^numpy\.asarray\(\)"),
        (lambda x: 1.0 in x, r"^bool\(\)"),
        (lambda x: x[: xp.argmax(x)], r"^an index"),
        (lambda x: np.arange(3.0)[xp.argmax(x)], r"xp\.asarray\(table\)\[i\]"),
        (lambda x: agrad.grad(lambda y: y if y[0] > 0 else -y)(x), r"^bool\(\)"),
        (lambda x: xp.sum(x, axis=xp.argmax(x)), r"the same 'axis' for all examples"),
        (lambda x: xp.roll(x, xp.argmax(x)), r"the same 'shift' for all examples"),
        (lambda x: xp.arange(xp.argmax(x)), r"the same 'start' for all examples"),
    ],
)
def test_what_needs_one_value_says_what_to_write(f, match):
    with pytest.raises(agrad.ConcretizationError, match=match):
        agrad.vmap(f)(X)


@pytest.mark.parametrize(
    ("f", "match"),
    [
        (lambda x: x[x > 0], "over a mask.*xp.where"),
        (xp.nonzero, "how many positions there are depends on the data"),
        (xp.unique_values, "how many distinct values"),
        (lambda x: xp.repeat(xp.ones(3), xp.astype(x, xp.int64)), "over its counts"),
    ],
)
def test_shapes_that_depend_on_the_data_are_refused(f, match):
    with pytest.raises(agrad.UnsupportedError, match=match):
        agrad.vmap(f)(X)


def test_a_batched_value_is_shown():
    shown: list[str] = []
    agrad.vmap(lambda x: shown.append(f"{x[0]!r} {x[0]:.2f}") or x)(X)
    assert shown[0].startswith("Tensor([") and "dtype=float64" in shown[0]


@pytest.mark.parametrize(
    ("call", "error", "match"),
    [
        (lambda: agrad.vmap(xp.sin)(1.0), agrad.ShapeError, r"shape \(\) as args\[0\], which has no axis 0"),
        (lambda: agrad.vmap(xp.sin, in_axes=2)(X), agrad.ShapeError, r"\(4, 3\) as args\[0\], which has no axis 2"),
        (lambda: agrad.vmap(xp.sin, out_axes=2)(X), agrad.ShapeError, r"out_axes=2 for result, which has 1 axes"),
        (lambda: agrad.vmap(xp.sin, out_axes=None)(X), agrad.ShapeError, "out_axes=None for result, which differs"),
        (lambda: agrad.vmap(lambda x, y: x)(X, M[:2]), agrad.ShapeError, r"4 \(args\[0\]\) and 2 \(args\[1\]\)"),
        (lambda: agrad.vmap(xp.sin, axis_size=3)(X), agrad.ShapeError, r"3 \(axis_size\) and 4 \(args\[0\]\)"),
        (lambda: agrad.vmap(lambda: 1.0)(), ValueError, "no argument with an axis of examples"),
        (lambda: agrad.vmap(xp.sin, in_axes=(0, 0))(X), ValueError, "2 in_axes for a call with 1 positional"),
        (lambda: agrad.vmap(xp.sin, in_axes="0")(X), TypeError, "takes an integer, None, or a tuple"),
        (lambda: agrad.vmap(xp.sin, in_axes=(1.5,))(X), TypeError, "integers and None"),
        (lambda: agrad.vmap(xp.sin, in_axes=([0, 0],))(X), ValueError, "not in the form of the arguments"),
        (lambda: agrad.vmap(xp.sin, out_axes=(0, 0))(X), ValueError, "not in the form of the result"),
        (lambda: agrad.vmap(lambda x: object())(X), agrad.BackendError, "returns a object"),
        (lambda: agrad.vmap(lambda o: 1.0)([object(), X]), agrad.BackendError, r"a object as args\[0\]\[0\]"),
        (lambda: agrad.vmap(xp.sin, randomness="new")(X), ValueError, "randomness='new'"),
    ],
)
def test_errors_say_what_was_given(call, error, match):
    with pytest.raises(error, match=match):
        call()


def test_a_value_does_not_outlive_its_vmap():
    kept: list[Any] = []
    agrad.vmap(lambda x: kept.append(x) or x)(X)
    with pytest.raises(agrad.EscapedTensorError):
        kept[0] + 1
    with pytest.raises(agrad.EscapedTensorError):
        agrad.vmap(lambda x: kept[0])(X)
    with pytest.raises(ValueError, match="once"):
        agrad.vmap(lambda x: (_ for _ in ()).throw(ValueError("once")))(X)
    np.testing.assert_allclose(agrad.vmap(xp.sin)(X), np.sin(X))


def test_another_backend_inside():
    torch = pytest.importorskip("torch")
    other = agrad.namespace("torch")

    def f(x: Any) -> Any:
        return agrad.asarray(other.sin(agrad.asarray(x, backend="torch")), backend="numpy")

    np.testing.assert_allclose(agrad.vmap(f)(X), torch.sin(torch.tensor(X)).numpy())
    np.testing.assert_allclose(agrad.vmap(agrad.grad(lambda x: xp.sum(f(x))))(X), np.cos(X))
    with pytest.raises(agrad.BackendError, match="got a result of"):
        agrad.vmap(lambda x: agrad.asarray(x, backend="torch"))(X)


# Random numbers ---------------------------------------------------------------------------------------


def test_random_numbers(space):
    name = space._backend.name
    xs = space._raw.asarray(X, dtype=space._raw.float64)

    def noisy(x: Any, draw: Any) -> Any:
        return x + space.astype(draw(agrad.random.Generator(1, backend=name)), x.dtype)

    draws = {
        "uniform": (lambda g: g.uniform((3,)), lambda g: g.uniform((SIZE, 3))),
        "normal": (lambda g: g.normal((3,)), lambda g: g.normal((SIZE, 3))),
        "integers": (lambda g: g.integers(0, 9, (3,)), lambda g: g.integers(0, 9, (SIZE, 3))),
    }
    for inside, outside in draws.values():
        with pytest.raises(agrad.UnsupportedError, match='randomness="different"'):
            agrad.vmap(lambda x, inside=inside: noisy(x, inside))(xs)
        for randomness, drawn in (("different", outside), ("same", inside)):
            found = agrad.vmap(lambda x, inside=inside: noisy(x, inside), randomness=randomness)(xs)
            expected = X + host(space, drawn(agrad.random.Generator(1, backend=name)))
            np.testing.assert_allclose(host(space, found), expected)


def test_random_numbers_of_their_own_in_nested_batches():
    g = agrad.random.Generator(5, backend="numpy")
    rows = agrad.vmap(
        lambda x: agrad.vmap(lambda y: y * 0 + g.normal(()), randomness="different")(x), randomness="different"
    )(X)
    np.testing.assert_array_equal(rows, agrad.random.Generator(5, backend="numpy").normal(X.shape).array)
    g = agrad.random.Generator(5, backend="numpy")
    rows = agrad.vmap(
        lambda x: agrad.vmap(lambda y: y * 0 + g.normal(()), randomness="different")(x), randomness="same"
    )(X)
    np.testing.assert_array_equal(rows[0], rows[1])
    assert len({*rows[0].tolist()}) == 3
    orders = agrad.vmap(
        lambda x: agrad.random.Generator(2, backend="numpy").permutation(3) + 0 * x, randomness="different"
    )(X)
    assert {tuple(sorted(row)) for row in orders.tolist()} == {(0, 1, 2)}
    assert len({tuple(row) for row in orders.tolist()}) > 1
    moved = agrad.vmap(
        agrad.grad(lambda m: agrad.random.Generator(2, backend="numpy").normal((), mean=m) * m), randomness="different"
    )(X[:, 0])
    noise = agrad.random.Generator(2, backend="numpy").normal((SIZE,)).array
    np.testing.assert_allclose(moved, 2 * X[:, 0] + noise)


# Ops of a user's --------------------------------------------------------------------------------------


def sine_of(**options: Any) -> Any:
    calls: list[Any] = []

    @agrad.custom_op(vjp=lambda xp, ct, x: ct * xp.cos(x), jvp=lambda xp, t, x: t * xp.cos(x), **options)
    def sine(x):
        calls.append(x.shape)
        return np.sin(x)

    return sine, calls


def test_a_custom_op_runs_in_a_loop_and_is_named_once(monkeypatch):
    monkeypatch.setattr(batch, "_named", set())
    sine, calls = sine_of()
    with pytest.warns(UserWarning, match=r"vmap runs 'sine' once for each example.*axes= or batch="):
        found = agrad.vmap(sine)(X)
    np.testing.assert_allclose(found, np.sin(X))
    assert calls == [(3,)] * SIZE
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for f in (sine, lambda x: agrad.jvp(sine, (x,), (x,))[1], agrad.hessian(lambda x: sine(x).sum())):
            np.testing.assert_allclose(agrad.vmap(f)(X), looped(f, X))
        np.testing.assert_allclose(agrad.grad(lambda x: agrad.vmap(sine)(x).sum())(X), np.cos(X))


@pytest.mark.parametrize(
    "options",
    [{"axes": POINTWISE}, {"batch": lambda x: np.sin(x)}, {"batch": lambda xp, x, batched, size: xp.sin(x)}],
    ids=["axes", "its own function", "xp"],
)
def test_a_custom_op_may_say_how_it_treats_axes(options):
    sine, calls = sine_of(**options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = agrad.vmap(sine)(X)
        slopes = agrad.vmap(agrad.grad(lambda x: sine(x).sum()))(X)
    np.testing.assert_allclose(found, np.sin(X))
    np.testing.assert_allclose(slopes, np.cos(X))
    assert calls == ([(SIZE, 3)] * 2 if "axes" in options else [])


def test_what_a_custom_op_says_is_checked():
    with pytest.raises(TypeError, match=r"the batch rule of sine\(x\) names 'ct'"):
        sine_of(batch=lambda x, ct: x)
    sine, _ = sine_of(axes=Unbatchable("it is of one example"))
    with pytest.raises(agrad.UnsupportedError, match="'sine' cannot be batched: it is of one example"):
        agrad.vmap(sine)(X)


def test_rules_that_leave_xp_get_one_example_at_a_time(monkeypatch):
    monkeypatch.setattr(batch, "_named", set())

    def cosine(v: Any) -> Any:
        assert type(v) is np.ndarray, type(v)
        return np.cos(v)

    @agrad.custom_op(
        vjp=lambda ct, x: cosine(x) * np.asarray(ct), jvp=lambda t, x: cosine(x) * np.asarray(t), axes=POINTWISE
    )
    def sine(x):
        return np.sin(x)

    with pytest.warns(UserWarning, match="its rule for derivatives fails on many at once"):
        np.testing.assert_allclose(agrad.vmap(agrad.grad(lambda x: sine(x).sum()))(X), np.cos(X))
    np.testing.assert_allclose(agrad.vmap(lambda x: agrad.jvp(sine, (x,), (x,))[1])(X), np.cos(X) * X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for mode in ("rev", "fwd", None):
            np.testing.assert_allclose(agrad.jacobian(sine, mode=mode)(X[0]), np.diag(np.cos(X[0])))
            wide = agrad.jacobian(lambda x: xp.stack([sine(x)] * 2), mode=mode)(X[0])
            np.testing.assert_allclose(wide, np.stack([np.diag(np.cos(X[0]))] * 2))


def test_several_results_of_a_custom_op(monkeypatch):
    monkeypatch.setattr(batch, "_named", set())

    @agrad.custom_op(
        vjp=lambda xp, ct, x, y: (ct[0] * y, ct[0] * x + ct[1]),
        jvp=(lambda t, y: (t * y, 0 * t), lambda t, x: (t * x, t)),
        outputs=2,
    )
    def both(x, y):
        return x * y, y + 0.0

    def f(x: Any, y: Any) -> Any:
        a, b = both(x, y)
        return xp.sum(a * b)

    with pytest.warns(UserWarning, match="'both'"):
        for at in ((0, 0), (0, None), (None, 0)):
            given = [X if a == 0 else X[1] for a in at]
            found = agrad.vmap(agrad.grad(f, argnums=(0, 1)), in_axes=at)(*given)
            for k in range(SIZE):
                one = agrad.grad(f, argnums=(0, 1))(*[x[k] if a == 0 else x for x, a in zip(given, at, strict=True)])
                np.testing.assert_allclose([g[k] for g in found], one)
