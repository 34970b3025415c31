"""`agrad.Function`: classes with derivatives of their own, in both modes, to any order, on each backend."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import scipy.special

import agrad

xp = agrad.namespace("numpy")
x0 = np.asarray([0.3, 1.2, 2.5])


class Cube(agrad.Function):
    """Keeps its argument, and a number."""

    @staticmethod
    def forward(ctx, x, scale=1.0):
        ctx.save_for_backward(x)
        ctx.scale = scale
        return x * x * x * scale

    @staticmethod
    def backward(ctx, ct):
        (x,) = ctx.saved
        return (ct * (3 * ctx.scale) * x * x, None)[: len(ctx.needs_input_grad)]

    @staticmethod
    def jvp(ctx, t, scale=None):
        (x,) = ctx.saved
        return t * (3 * ctx.scale) * x * x


class Exp(agrad.Function):
    """Keeps its result, as an attribute."""

    @staticmethod
    def forward(ctx, x):
        ctx.out = ctx.xp.exp(x)
        return ctx.out

    @staticmethod
    def backward(ctx, ct):
        return ct * ctx.out

    @staticmethod
    def jvp(ctx, t):
        return t * ctx.out


class Rotated(agrad.Function):
    """Two arguments, two results, and an integer array that has no derivative."""

    @staticmethod
    def forward(ctx, x, y, order, name="both"):
        sine = ctx.xp.sin(y)
        ctx.kept = {"arguments": [x, y], "order": order, "sine": sine}
        return x * sine, x + y, sine

    @staticmethod
    def backward(ctx, ct, ct2, ct3):
        x, y = ctx.kept["arguments"]
        assert len(ctx.given) == 3 and ctx.kept["order"].shape == (2,)
        cos = ctx.xp.cos(y)
        gx = ct * ctx.kept["sine"] + ct2
        return gx, ct * x * cos + ct2 + ct3 * cos, None

    @staticmethod
    def jvp(ctx, t, t2, order):
        assert order is None
        x, y = ctx.kept["arguments"]
        return t * ctx.kept["sine"] + x * ctx.xp.cos(y) * t2, t + t2, ctx.xp.cos(y) * t2


order = np.asarray([1, 0])


def both(x, y):
    p, q, r = Rotated.apply(x, y, order, name="both")
    return p * q + r * p


@pytest.mark.parametrize(
    ("f", "arguments"),
    [
        (lambda x: Cube.apply(x, 2.0) * x, (x0,)),
        (lambda x: Exp.apply(x) * x, (x0,)),
        (both, (x0, x0[::-1] + 1)),
        (lambda x: both(x, x), (x0,)),
        (lambda x: Cube.apply(Exp.apply(Cube.apply(x))), (x0 / 3,)),
    ],
    ids=["argument", "result", "several", "one array twice", "nested"],
)
def test_both_modes_to_third_order(f, arguments):
    agrad.check_grads(f, arguments, order=3)


def test_on_each_backend(space):
    x = space.asarray([0.3, 1.2, 2.5], dtype=space.float64).array
    k = space.asarray([1, 0]).array

    def f(x):
        p, q, r = Rotated.apply(Cube.apply(x), Exp.apply(x), k)
        return space.sum(p * q + r)

    def plain(x):
        a, b = x**3, space.exp(x)
        return space.sum(a * space.sin(b) * (a + b) + space.sin(b))

    def numbers(v):
        return agrad.asarray(v, backend="numpy").array if hasattr(v, "_node") else np.asarray(v)

    for transform in (agrad.grad, agrad.hessian, lambda f: lambda x: agrad.hvp(f, (x,), (x,))):
        expected, found = transform(plain)(x), transform(f)(x)
        assert type(found) is type(expected)
        np.testing.assert_allclose(numbers(found), numbers(expected), rtol=1e-12)
    leaf = agrad.tensor(x, requires_grad=True)
    f(leaf).backward(create_graph=True)
    np.testing.assert_allclose(numbers(leaf.grad.array), numbers(agrad.grad(plain)(x)), rtol=1e-12)
    _, t = agrad.jvp(lambda x: Cube.apply(x), (x,), (x,))
    np.testing.assert_allclose(numbers(t), 3 * numbers(x) ** 3, rtol=1e-12)


def test_arguments_that_share_an_array_are_told_apart():
    class Product(agrad.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, ct):
            x, y = ctx.saved
            return ct * y, ct * x

    f = agrad.grad(lambda x: Product.apply(x, agrad.stop_gradient(x)).sum() ** 2)
    g = agrad.grad(lambda x: (x * agrad.stop_gradient(x)).sum() ** 2)
    for first in (f, g):
        np.testing.assert_allclose(agrad.grad(lambda x, first=first: (first(x) * x0).sum())(x0), 2 * x0 * (x0 @ x0))


def test_values_for_arrays_tensors_and_numbers():
    assert isinstance(Exp.apply(agrad.tensor(x0)), agrad.Tensor)
    assert type(Exp.apply(x0)) is np.ndarray
    assert math.isclose(agrad.grad(lambda x: Cube.apply(x, 2.0) * 2)(0.5), 3.0)
    with agrad.no_grad():
        assert not Exp.apply(agrad.tensor(x0, requires_grad=True)).requires_grad
    assert agrad.grad(lambda x: Exp.apply(x).sum())(x0.astype("float32")).dtype == np.float32


def test_backward_and_its_name():
    class MyReLU(agrad.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x > 0)
            return np.maximum(x, 0)

        @staticmethod
        def backward(ctx, ct):
            (positive,) = ctx.saved
            return ctx.xp.where(positive, ct, 0)

    x = agrad.tensor([1.0, -1.0], requires_grad=True)
    y = MyReLU.apply(x)
    assert repr(y.grad_fn) == "<MyReLUBackward>"
    (y**2).sum().backward()
    assert x.grad.tolist() == [2.0, 0.0]
    assert agrad.hessian(lambda x: (MyReLU.apply(x) ** 2).sum())(x.detach().array).tolist() == [[2.0, 0.0], [0.0, 0.0]]


def test_what_the_context_knows():
    seen = []

    class Sum(agrad.Function):
        @staticmethod
        def forward(ctx, x, y, text):
            seen.append((type(x), type(y), text, ctx.needs_input_grad))
            return x + y, x - y

        @staticmethod
        def backward(ctx, ct, ct2):
            seen.append((ctx.needs_input_grad, ctx.given, ctx.xp is agrad.namespace("numpy")))
            return ct + ct2, None, None

    x = agrad.tensor(x0, requires_grad=True)
    Sum.apply(x, x0, "text")[0].sum().backward()
    assert seen == [
        (np.ndarray, np.ndarray, "text", (True, False, False)),
        ((True, False, False), (True, False), False),
    ]
    y = agrad.tensor(x0, requires_grad=True)
    Sum.apply(x0, y, "text")[0].sum().backward()
    assert y.grad.tolist() == [0.0, 0.0, 0.0]


def test_only_what_is_kept_is_kept_alive():
    x = agrad.tensor(x0, requires_grad=True)
    saved = Exp.apply(x).grad_fn.saved[0]
    assert set(saved) == {"call", "out"}


def test_a_black_box_and_a_value_kept_between_are_right_once():
    class LogGamma(agrad.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.slope = scipy.special.digamma(x)
            return scipy.special.gammaln(x)

        @staticmethod
        def backward(ctx, ct):
            return ct * ctx.slope

        @staticmethod
        def jvp(ctx, t):
            return t * ctx.slope

    f = lambda x: LogGamma.apply(x).sum()  # noqa: E731
    np.testing.assert_allclose(agrad.grad(f)(x0), scipy.special.digamma(x0))
    leaf = agrad.tensor(x0, requires_grad=True)
    (f(leaf) ** 2).backward(create_graph=True)  # which nobody differentiates
    for wrong in (
        lambda: agrad.hessian(f)(x0),
        lambda: agrad.jvp(agrad.grad(f), (x0,), (x0,)),
        lambda: agrad.grad(lambda x: agrad.jvp(LogGamma.apply, (x,), (x0,))[1].sum())(x0),
        lambda: leaf.grad.sum().backward(),
    ):
        with pytest.raises(agrad.GraphError, match=r"LogGamma cannot be differentiated again: .*shape \(3,\)"):
            wrong()


def one(backward: Any, jvp: Any = None, data: Any = x0) -> Any:
    class Wrong(agrad.Function):
        @staticmethod
        def forward(ctx, x, n):
            return x * 1.0

    Wrong.backward = staticmethod(backward)
    if jvp:
        Wrong.jvp = staticmethod(jvp)
    return lambda x: Wrong.apply(x, 3).sum()


@pytest.mark.parametrize(
    ("backward", "error", "message"),
    [
        (lambda ctx, ct: ct, agrad.ShapeError, r"Wrong\.backward returned 1 values; it must return 2"),
        (lambda ctx, ct: (ct, None, None), agrad.ShapeError, "returned 3 values; it must return 2"),
        (lambda ctx, ct: (ct[:2], None), agrad.ShapeError, r"returned shape \(2,\); it must return shape \(3,\)"),
        (lambda ctx, ct: (ct, ct), agrad.DtypeError, "a gradient for argument 1, which is no array"),
        (lambda ctx, ct: (ct * 1j, None), agrad.DtypeError, "complex"),
        (lambda ctx, ct: ("text", None), agrad.BackendError, "returned a str"),
    ],
)
def test_wrong_gradients_are_refused(backward, error, message):
    with pytest.raises(error, match=message):
        agrad.grad(one(backward))(x0)


def test_none_is_no_gradient():
    assert agrad.grad(one(lambda ctx, ct: (None, None)))(x0).tolist() == [0.0, 0.0, 0.0]


def test_a_constant_for_a_followed_cotangent_is_differentiable_once():
    f = one(lambda ctx, ct: (np.ones(3), None))
    _, pullback = agrad.vjp(f, x0)
    with pytest.raises(agrad.GraphError, match="'Wrong' is differentiable once"):
        agrad.grad(lambda ct: pullback(ct)[0].sum())(1.0)


def test_forward_mode_needs_a_jvp():
    with pytest.raises(agrad.GraphError, match=r"Wrong is an agrad\.Function without a static method jvp"):
        agrad.jvp(one(lambda ctx, ct: (ct, None)), (x0,), (x0,))


def test_wrong_tangents_are_refused():
    with pytest.raises(agrad.ShapeError, match=r"shape \(2,\)"):
        agrad.jvp(one(None, lambda ctx, t, n: t[:2]), (x0,), (x0,))


def test_what_is_hidden_is_refused():
    x = agrad.tensor(x0, requires_grad=True)
    with pytest.raises(agrad.ConcretizationError, match="inside argument 1"):
        Cube.apply(x0, [x])
    with pytest.raises(agrad.ConcretizationError, match="as the option 'name'"):
        Rotated.apply(x0, x0, order, name=x)

    class Leaking(agrad.Function):
        @staticmethod
        def forward(ctx, y):
            return y * x

    with pytest.raises(agrad.BackendError, match="'Leaking' returned a "):
        Leaking.apply(x0)


def test_methods_that_are_missing_are_named():
    class Empty(agrad.Function):
        pass

    with pytest.raises(NotImplementedError, match=r"a static method forward\(ctx, \.\.\.\)"):
        Empty.apply(x0)
    Empty.forward = staticmethod(lambda ctx, x: x * 2)
    assert Empty.apply(x0).tolist() == (x0 * 2).tolist()
    with pytest.raises(NotImplementedError, match=r"a static method backward\(ctx, \.\.\.\)"):
        agrad.grad(lambda x: Empty.apply(x).sum())(x0)


def test_classes_of_classes_have_derivatives_of_their_own():
    class Tripled(Cube):
        @staticmethod
        def backward(ctx, ct):
            return Cube.backward(ctx, 3 * ct)

    for kind, factor in ((Cube, 3), (Tripled, 9), (Cube, 3)):
        np.testing.assert_allclose(agrad.grad(lambda x, kind=kind: kind.apply(x).sum())(x0), factor * x0**2)
