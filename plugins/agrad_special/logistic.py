"""The logistic function, its inverse, its logarithm; logarithms of sums of exponentials."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case
from agrad.declare import Over, elementwise, general
from agrad_special.cases import each, unary
from agrad_special.compute import logistic
from agrad_special.compute.common import reals
from agrad_special.natives import scipy_special, torch_log_softmax, torch_logsumexp, torch_softmax
from agrad_special.text import AXIS, KEEPDIMS, described

__all__ = ["OPS"]

SHAPES = (
    Case(lambda draw: (draw(3, 4),), {"axis": -1}),
    Case(lambda draw: (draw(2, 3, 2),), {"axis": (0, 2)}),
    Case(lambda draw: (draw(3, 2),)),
    Case(lambda draw: (draw(),)),
    Case(lambda draw: (draw(0, 3),), {"axis": 1}),
)

OPS = (
    elementwise(
        "expit(x, /)",
        lambda xp, x: xp.special.expit(x) * xp.special.expit(-x),
        forward=logistic.expit,
        native=scipy_special("expit"),
        reference=lambda mp, x: 1 / (1 + mp.exp(-x)),
        cases=unary(-5, 5),
        doc=described(
            "Logistic function: 1 / (1 + exp(-x)).",
            "expit(x) * expit(-x), which keeps its digits where the function has saturated.",
            ">>> xp.special.expit(xp.asarray([-800.0, 0.0, 800.0])).tolist()\n[0.0, 0.5, 1.0]\n"
            ">>> print(f'{float(agrad.grad(xp.special.expit)(50.0)):.6g}')\n1.92875e-22",
        ),
    ),
    elementwise(
        "logit(x, /)",
        lambda x: 1 / x / (1 - x),
        forward=logistic.logit,
        native=scipy_special("logit"),
        reference=lambda mp, x: mp.log(x / (1 - x)),
        cases=unary(0.05, 0.95, condition=16),
        doc=described(
            "Logarithm of the odds, log(x / (1 - x)): the inverse of expit.",
            "1 / (x * (1 - x)), infinite at 0 and 1.",
            ">>> [round(v, 6) for v in xp.special.logit(xp.asarray([0.5, 0.9])).tolist()]\n[0.0, 2.197225]",
            returns="Infinite at 0 and 1, nan outside of the interval; elsewhere of the dtype and shape of x.",
        ),
    ),
    elementwise(
        "log_expit(x, /)",
        lambda xp, x: xp.special.expit(-x),
        forward=logistic.log_expit,
        native=scipy_special("log_expit", jax="jax.nn:log_sigmoid", torch="torch.nn.functional:logsigmoid"),
        reference=lambda mp, x: -mp.log1p(mp.exp(-x)),
        cases=unary(-5, 5),
        doc=described(
            "Logarithm of the logistic function: -log(1 + exp(-x)).",
            "expit(-x).",
            ">>> xp.special.log_expit(xp.asarray([-800.0, -1.0])).tolist()[0]\n-800.0\n"
            ">>> round(float(xp.special.log_expit(xp.asarray(0.0))), 6)  # -log(2)\n-0.693147",
        ),
    ),
    general(
        "logsumexp(x, /, *, axis=None, keepdims=False)",
        vjp=lambda xp, ct, x, axis, keepdims: _kept(xp, ct, axis, x.ndim, keepdims) * _shares(xp, x, axis),
        jvp=lambda xp, t, x, axis, keepdims: xp.sum(_shares(xp, x, axis) * t, axis=axis, keepdims=keepdims),
        forward=logistic.logsumexp,
        native={"jax": "jax.scipy.special:logsumexp", "torch": torch_logsumexp},
        reference=lambda mp, x, axis=None, keepdims=False: _high_logsumexp(mp, x, axis, keepdims),
        cases=(*SHAPES, *(Case(lambda draw: (draw(2, 3),), {"axis": axis, "keepdims": True}) for axis in (0, 1))),
        doc=described(
            "Logarithm of the sum of the exponentials of the elements, without overflow.",
            "softmax(x). Elements that are the greatest and infinite share evenly, as in logaddexp.",
            ">>> round(float(xp.special.logsumexp(xp.asarray([-1000.0, -1000.0]))), 6)\n-999.306853",
            x="The numbers. Nothing adds up to 0, whose logarithm is minus infinity.",
            axis=AXIS,
            keepdims=KEEPDIMS,
            returns="Of the dtype of x, without the axes taken together.",
        ),
        axes=Over("axis", "all"),
    ),
    general(
        "softmax(x, /, *, axis=None)",
        vjp=lambda xp, ct, out, axis: _centred(xp, out, ct, axis),
        jvp=lambda xp, t, out, axis: _centred(xp, out, t, axis),  # its own adjoint
        forward=logistic.softmax,
        native={"jax": "jax.nn:softmax", "torch": torch_softmax},
        reference=lambda mp, x, axis=None: each(mp.exp, x - _high_logsumexp(mp, x, axis, True)),
        cases=SHAPES,
        doc=described(
            "Exponentials of the elements, divided by their sum.",
            "softmax(x) * (t - sum(softmax(x) * t)) along t.",
            ">>> xp.special.softmax(xp.asarray([[1000.0, 1000.0], [0.0, 1000.0]]), axis=-1).tolist()\n"
            "[[0.5, 0.5], [0.0, 1.0]]",
            notes="As in SciPy, and unlike jax.nn, all axes are taken together unless one is named.",
            x="The numbers. Where the greatest is infinite, the result is nan.",
            axis=AXIS,
            returns="Of the dtype and shape of x.",
        ),
        axes=Over("axis", "all"),
    ),
    general(
        "log_softmax(x, /, *, axis=None)",
        vjp=lambda xp, ct, out, axis: ct - _probabilities(xp, out) * xp.sum(ct, axis=axis, keepdims=True),
        jvp=lambda xp, t, out, axis: t - xp.sum(_probabilities(xp, out) * t, axis=axis, keepdims=True),
        forward=logistic.log_softmax,
        native={"jax": "jax.nn:log_softmax", "torch": torch_log_softmax},
        reference=lambda mp, x, axis=None: x - _high_logsumexp(mp, x, axis, True),
        cases=SHAPES,
        doc=described(
            "Logarithm of softmax, which keeps its digits where that underflows.",
            "t - sum(softmax(x) * t) along t.",
            ">>> xp.special.log_softmax(xp.asarray([0.0, 1000.0])).tolist()\n[-1000.0, 0.0]",
            notes="As in SciPy, and unlike jax.nn, all axes are taken together unless one is named.",
            x="The numbers. Where the greatest is infinite, the result is nan.",
            axis=AXIS,
            returns="Of the dtype and shape of x.",
        ),
        axes=Over("axis", "all"),
    ),
)


def _kept(xp: Any, y: Any, axis: Any, ndim: int, keepdims: bool) -> Any:
    """Put back, with length one, the axes that a reduction removed."""
    if keepdims or y.ndim == 0:
        return y
    gone = [a % ndim for a in logistic.axes_of(axis, ndim)]
    shape = iter(y.shape)
    return xp.reshape(y, tuple(1 if i in gone else next(shape) for i in range(ndim)))


def _shares(xp: Any, x: Any, axis: Any) -> Any:
    """softmax; where the greatest is infinite, the elements that are it share evenly."""
    (x,) = reals(xp, "logsumexp", x)
    if 0 in x.shape:
        return xp.zeros_like(x)
    top = xp.max(x, axis=axis, keepdims=True)
    return xp.special.softmax(xp.where(xp.isinf(top), xp.where(x == top, xp.zeros_like(x), -xp.inf), x), axis=axis)


def _centred(xp: Any, p: Any, v: Any, axis: Any) -> Any:
    """``p * (v - the average of v under p)``."""
    reals(xp, "softmax", p)
    return p * (v - xp.sum(p * v, axis=axis, keepdims=True))


def _probabilities(xp: Any, out: Any) -> Any:
    reals(xp, "log_softmax", out)
    return xp.exp(out)


def _high_logsumexp(mp: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    import numpy as np

    return each(mp.log, np.sum(each(mp.exp, x), axis=axis, keepdims=keepdims))
