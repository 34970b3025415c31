"""Softmax and its logarithm; logarithms of sums of exponentials."""

from __future__ import annotations

from typing import Any

from agrad.cases import Case
from agrad.declare import Over, general
from agrad_nn.compute.common import kept_axes
from agrad_nn.compute.softmax import centred, log_softmax, logsumexp, shares, softmax
from agrad_nn.natives import torch_log_softmax, torch_softmax
from agrad_special.text import KEEPDIMS, described

__all__ = ["OPS"]

AXIS = ("int, optional", "The axis along which the classes lie: the last one by default.")

CASES = (
    Case(lambda draw: (draw(2, 3),)),
    Case(lambda draw: (draw(3, 2, 2),), {"axis": 0}),
    Case(lambda draw: (draw(2, 3, 1),), {"axis": -2}),
    Case(lambda draw: (draw(4),)),
    Case(lambda draw: (draw(0, 3),)),
)

OPS = (
    general(
        "softmax(x, /, *, axis=-1)",
        vjp=lambda xp, ct, out, axis: centred(xp, out, ct, axis),
        jvp=lambda xp, t, out, axis: centred(xp, out, t, axis),
        forward=softmax,
        native={"jax": "jax.nn:softmax", "torch": torch_softmax},
        axes=Over("axis"),
        reference=lambda mp, x, axis=-1: _each(mp.exp, x - _high(mp, x, axis, True)),
        cases=CASES,
        doc=described(
            "Exponentials of the elements, divided by their sum along an axis: probabilities.",
            "softmax(x) * (t - sum(softmax(x) * t)) along t.",
            ">>> xp.nn.softmax(xp.asarray([[1000.0, 1000.0], [0.0, 1000.0]])).tolist()\n[[0.5, 0.5], [0.0, 1.0]]",
            notes="An element of minus infinity has probability 0. Where there is nothing else, or where the greatest "
            "is infinite, the result is nan.",
            x="The numbers.",
            axis=AXIS,
            returns="Of the dtype and shape of x.",
        ),
    ),
    general(
        "log_softmax(x, /, *, axis=-1)",
        vjp=lambda xp, ct, out, axis: ct - xp.exp(out) * xp.sum(ct, axis=axis, keepdims=True),
        jvp=lambda xp, t, out, axis: t - xp.sum(xp.exp(out) * t, axis=axis, keepdims=True),
        forward=log_softmax,
        native={"jax": "jax.nn:log_softmax", "torch": torch_log_softmax},
        axes=Over("axis"),
        reference=lambda mp, x, axis=-1: x - _high(mp, x, axis, True),
        cases=CASES,
        doc=described(
            "Logarithm of softmax, which keeps its digits where that underflows.",
            "t - sum(softmax(x) * t) along t.",
            ">>> xp.nn.log_softmax(xp.asarray([0.0, 1000.0])).tolist()\n[-1000.0, 0.0]",
            notes="An element of minus infinity stays that. Where there is nothing else, or where the greatest is "
            "infinite, the result is nan.",
            x="The numbers.",
            axis=AXIS,
            returns="Of the dtype and shape of x.",
        ),
    ),
    general(
        "logsumexp(x, /, *, axis=None, keepdims=False)",
        vjp=lambda xp, ct, out, x, axis, keepdims: (
            (ct if keepdims else kept_axes(xp, ct, axis, x.ndim)) * shares(xp, x, out, axis, keepdims)
        ),
        jvp=lambda xp, t, out, x, axis, keepdims: xp.sum(
            shares(xp, x, out, axis, keepdims) * t, axis=axis, keepdims=keepdims
        ),
        forward=logsumexp,
        native={"jax": "jax.nn:logsumexp"},
        axes=Over("axis", "all"),
        reference=lambda mp, x, axis=None, keepdims=False: _high(mp, x, axis, keepdims),
        cases=(
            Case(lambda draw: (draw(2, 3),)),
            Case(lambda draw: (draw(2, 3),), {"axis": 1, "keepdims": True}),
            Case(lambda draw: (draw(2, 3, 2),), {"axis": (0, -1)}),
            Case(lambda draw: (draw(3, 2),), {"axis": 0}),
            Case(lambda draw: (draw(),)),
            Case(lambda draw: (draw(0, 3),), {"axis": 1}),
        ),
        doc=described(
            "Logarithm of the sum of the exponentials of the elements, without overflow.",
            "softmax(x); 0 where all elements are minus infinity.",
            ">>> round(float(xp.nn.logsumexp(xp.asarray([-1000.0, -1000.0]))), 6)\n-999.306853",
            x="The numbers. Nothing adds up to 0, whose logarithm is minus infinity.",
            axis=("int, tuple of int or None, optional", "The axes to take together; None, the default, means all."),
            keepdims=KEEPDIMS,
            returns="Of the dtype of x, without the axes taken together.",
        ),
    ),
)


def _each(function: Any, x: Any) -> Any:
    import numpy as np

    return np.frompyfunc(function, 1, 1)(x)


def _high(mp: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    import numpy as np

    return _each(mp.log, np.sum(_each(mp.exp, x), axis=axis, keepdims=keepdims))
