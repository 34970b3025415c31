"""`check_grads`: passes on right derivatives, fails on wrong ones, at the right order and mode, readably."""

import numpy as np
import pytest

import agrad

xp = agrad.namespace("numpy")
a = np.asarray([0.5, -1.0, 2.0])


def wrong(f):
    """The function with a derivative that is twice too large: values as they are, doubled slopes."""
    return lambda x: 2 * f(x) - agrad.stop_gradient(f(x))


def wrong_at(order):
    """Wrong from a derivative of that order on: adds what vanishes with all its lower derivatives."""
    return lambda x: xp.sin(x) + (x - agrad.stop_gradient(x)) ** order


def scaled(y):
    y[1:] *= y[0]
    return y


RIGHT = {
    "elementwise": (lambda x: xp.sin(x) * xp.exp(x), (a,)),
    "several": (lambda x, y: (x * y, {"k": xp.tanh(x + y)}), (a, a[::-1].copy())),
    "scalar": (lambda x: x**3, (2.0,)),
    "matmul": (lambda m, x: m @ x, (np.arange(6.0).reshape(2, 3), a)),
    "complex": (lambda z: xp.abs(z) * xp.conj(z) + xp.exp(z), (a + 1j,)),
    "containers": (lambda p: xp.sum(p["x"] ** 2) * p["n"], ({"x": a, "n": 3},)),
    "constant": (lambda x: xp.ones(2), (a,)),
    "empty": (lambda x: x * 2, (np.ones(0),)),
    "Tensor": (lambda x: x * x, (agrad.tensor(a),)),
    "inner grad": (lambda x: agrad.grad(lambda y: xp.sum(y**3 * x))(x), (a,)),
    "in place": (lambda x: scaled(x * 1), (a,)),
}


@pytest.mark.parametrize("modes", [("fwd",), ("rev",), ("fwd", "rev")], ids="+".join)
@pytest.mark.parametrize("order", [1, 2, 3])
@pytest.mark.parametrize(("f", "args"), RIGHT.values(), ids=RIGHT)
def test_passes_on_right_derivatives(f, args, order, modes):
    assert agrad.check_grads(f, args, order=order, modes=modes) is None


def test_passes_in_single_precision():
    agrad.check_grads(lambda x: xp.sin(x) * x, (a.astype(np.float32),), order=2, rtol=1e-2)
    agrad.check_grads(lambda x: xp.sin(x) * x, (a.astype(np.float32),), order=1)


WRONG = {
    "doubled": wrong(xp.sin),
    "zero": lambda x: agrad.stop_gradient(x * x),
    "one element": lambda x: xp.concat([xp.sin(x[:2]), agrad.stop_gradient(xp.sin(x[2:]))]),
    "slightly": lambda x: xp.exp(x) + 1e-5 * agrad.stop_gradient(x),
    "of small values": lambda x: 1e-12 * agrad.stop_gradient(x**3),
    "one of several results": lambda x: (x, agrad.stop_gradient(x)),
}


@pytest.mark.parametrize("f", WRONG.values(), ids=WRONG)
def test_fails_on_wrong_derivatives(f):
    with pytest.raises(agrad.GradientCheckError) as caught:
        agrad.check_grads(f, (a,))
    assert isinstance(caught.value, agrad.AgradError)
    assert isinstance(caught.value, AssertionError)
    with pytest.raises(agrad.GradientCheckError):
        agrad.check_grads(f, (a,), order=1, modes=("fwd",))


@pytest.mark.parametrize("f", WRONG.values(), ids=WRONG)
def test_reverse_mode_alone_fails_too(f):
    """Both modes are wrong in the same way, so that only a difference can tell."""
    with pytest.raises(agrad.GradientCheckError):
        agrad.check_grads(f, (a,), order=1, modes=("rev",))


def test_fails_where_the_modes_disagree(monkeypatch):
    from agrad.ops import table
    from agrad.transforms import check

    real = check.vjp

    def doubled(f, *primals):
        out, pullback = real(f, *primals)
        return out, lambda ct: tuple(2 * g for g in pullback(ct))

    assert "sin" in table
    monkeypatch.setattr(check, "vjp", doubled)
    with pytest.raises(agrad.GradientCheckError, match="rev"):
        agrad.check_grads(xp.sin, (a,), order=1)


@pytest.mark.parametrize("order", [2, 3])
def test_fails_at_the_order_where_it_is_wrong(order):
    f = wrong_at(order)
    agrad.check_grads(f, (a,), order=order - 1)
    with pytest.raises(agrad.GradientCheckError, match=f"order {order}"):
        agrad.check_grads(f, (a,), order=order)


def test_the_report_is_readable():
    with pytest.raises(agrad.GradientCheckError) as caught:
        agrad.check_grads(wrong(lambda x: x * x), (a,))
    text = str(caught.value)
    for part in ("order 1", "fwd", "found", "expected", "relative error", "tolerance"):
        assert part in text
    with pytest.raises(agrad.GradientCheckError, match="result 1"):
        agrad.check_grads(lambda x: (x, wrong(xp.sin)(x)), (a,))


def test_not_a_number_fails():
    with pytest.raises(agrad.GradientCheckError), np.errstate(all="ignore"):
        agrad.check_grads(lambda x: xp.where(x > 0, x, 0 * xp.log(x)), (np.asarray([-1.0, 1.0]),), order=1)


def test_arguments_are_checked():
    with pytest.raises(ValueError, match="mode"):
        agrad.check_grads(xp.sin, (a,), modes=("reverse",))
    with pytest.raises(agrad.DtypeError):
        agrad.check_grads(xp.sin, (np.asarray([1, 2]),))
    x = a.copy()
    agrad.check_grads(xp.sin, (x,))
    np.testing.assert_array_equal(x, a)
