"""Losses of classes: cross-entropy from logits, and from logarithms of probabilities.

Each has one rule an argument, made for all of the loss: that of the logits is ``softmax(x) - target``, and no step in
between is written down.
"""

from __future__ import annotations

from math import prod
from typing import Any

from agrad.cases import Case
from agrad.declare import general
from agrad_nn.compute.class_slopes import (
    logs_tangent,
    target_cotangent,
    target_tangent,
    weight_cotangent,
    weight_tangent,
    x_cotangent,
)
from agrad_nn.compute.classes import Setting, checked, picked_losses, reduced, rows, together, weights_of
from agrad_nn.compute.common import integers
from agrad_nn.compute.softmax import log_softmax, with_softmax
from agrad_nn.compute.stacks import full
from agrad_nn.natives import numpy_nll
from agrad_special.text import described

__all__ = ["OPS"]

REDUCTION = ("{'mean', 'sum', 'none'}, optional", "What to make of the losses of all examples; see the notes.")
IGNORED = ("int, optional", "A number that stands for no class: examples of it are left out, and get no gradient.")
WEIGHT = ("array of shape (C,), optional", "A factor for each class.")
RETURNS = (
    "Of the dtype of x: a number, or, without a reduction, an array of the shape of x without the axis of classes."
)
CLASSES = "array, integer, or real floating-point"


def _with_softmax(xp: Any, x: Any, target: Any, weight: Any, setting: Setting) -> tuple[Any, Any]:
    """Cross-entropy, and the logarithms of the probabilities and these themselves, which its rules are made of."""
    x, weight = checked(xp, "cross_entropy", x, target, weight, setting)
    logs, p = with_softmax(xp, rows(xp, x))
    return reduced(xp, logs, target, weight, setting), (logs, p)


def _cross_entropy(xp: Any, x: Any, target: Any, weight: Any, setting: Setting) -> Any:
    x, weight = checked(xp, "cross_entropy", x, target, weight, setting)
    return reduced(xp, log_softmax(xp, rows(xp, x), 1), target, weight, setting)


def _nll(xp: Any, x: Any, target: Any, weight: Any, setting: Setting) -> Any:
    x, weight = checked(xp, "nll", x, target, weight, setting)
    logs = rows(xp, x)
    return together(xp, picked_losses(xp, logs, target, weight, setting), logs, target, weight, setting)


def _stack(
    xp: Any, call: Any, args: tuple[Any, ...], reduction: str, ignore_index: int, batched: tuple[Any, ...], size: int
) -> Any:
    """A stack of calls: its examples together, as long as the class weights are the same for all."""
    x, target, weight = args
    x, target = full(xp, x, batched[0], size), full(xp, target, batched[1], size)
    if batched[2]:
        each = [xp.getitem(a, (k, ...)) for k in range(size) for a in (x, target, weight)]
        return xp.stack([call(*each[3 * k : 3 * k + 3], reduction=reduction) for k in range(size)])
    if x.ndim == 2:
        found = call(x, target, weight, reduction="none")
    else:
        together = [xp.reshape(a, (prod(a.shape[:2]), *a.shape[2:])) for a in (x, target)]
        found = call(*together, weight, reduction="none")
        found = xp.reshape(found, (*x.shape[:2], *x.shape[3:]))
    if reduction == "none":
        return found
    axes = tuple(range(1, found.ndim))
    weights = xp.ones_like(found)
    if integers(xp, target):
        weights = weights_of(xp, target, weight, ignore_index, x)
    if axes:
        found, weights = xp.sum(found, axis=axes), xp.sum(weights, axis=axes)
    return found / weights if reduction == "mean" else found


# In high precision ----------------------------------------------------------------------------------


def _high(
    mp: Any,
    x: Any,
    target: Any,
    weight: Any = None,
    reduction: str = "mean",
    ignore_index: int = -100,
    label_smoothing: float = 0.0,
    logits: bool = True,
) -> Any:
    """Example by example, as the definition says."""
    import numpy as np

    single = x.ndim == 1
    moved = np.moveaxis(x[None] if single else x, 1, -1)
    classes = moved.shape[-1]
    flat = moved.reshape(-1, classes)
    hard = target.dtype != object
    if not hard:
        target = np.moveaxis(target[None] if single else target, 1, -1)
    flat_target = target.reshape(-1) if hard else target.reshape(-1, classes)
    w = [mp.mpf(1)] * classes if weight is None else list(weight)
    s = mp.mpf(label_smoothing)
    found, weights = [], []
    for row, y in zip(flat, flat_target, strict=True):
        norm = mp.log(sum(mp.exp(v) for v in row)) if logits else mp.mpf(0)
        logs = [v - norm for v in row]
        if hard and int(y) == ignore_index:
            found.append(mp.mpf(0))
            weights.append(mp.mpf(0))
            continue
        p = [mp.mpf(c == int(y)) for c in range(classes)] if hard else list(y)
        if hard:
            own, even = w[int(y)] * logs[int(y)], sum(a * b for a, b in zip(w, logs, strict=True))
            found.append(-(1 - s) * own - s / classes * even)
        else:
            found.append(-sum(a * (q * (1 - s) + s / classes) * b for a, q, b in zip(w, p, logs, strict=True)))
        weights.append(w[int(y)] if hard else mp.mpf(1))
    if reduction == "none":
        result = np.empty(len(found), dtype=object)
        result[:] = found
        return result.reshape(() if single else moved.shape[:-1])
    total = sum(found) / (sum(weights) if reduction == "mean" else 1)
    return np.asarray(total, dtype=object)


def _classes(*numbers: Any) -> Any:
    import numpy as np

    return np.asarray(numbers[0] if len(numbers) == 1 and isinstance(numbers[0], list) else numbers, dtype="int64")


PLACES = [[1, 0], [2, -100]]
"""Classes of two examples of two places, one of which is ignored."""

OPS = (
    general(
        "cross_entropy(x, target, weight=None, /, *, reduction='mean', ignore_index=-100, label_smoothing=0.0)",
        residual=lambda xp, x, target, weight, reduction, ignore_index, label_smoothing: _with_softmax(
            xp, x, target, weight, Setting(reduction, ignore_index, label_smoothing)
        ),
        forward=lambda xp, x, target, weight, reduction, ignore_index, label_smoothing: _cross_entropy(
            xp, x, target, weight, Setting(reduction, ignore_index, label_smoothing)
        ),
        vjp=(
            lambda xp, ct, x, kept, target, weight, reduction, ignore_index, label_smoothing: x_cotangent(
                xp, ct, x, kept[0], kept[1], target, weight, Setting(reduction, ignore_index, label_smoothing)
            ),
            lambda xp, ct, kept, target, weight, reduction, ignore_index, label_smoothing: target_cotangent(
                xp, ct, kept[0], target, weight, Setting(reduction, ignore_index, label_smoothing)
            ),
            lambda xp, ct, out, kept, target, weight, reduction, ignore_index, label_smoothing: weight_cotangent(
                xp, ct, out, kept[0], target, weight, Setting(reduction, ignore_index, label_smoothing)
            ),
        ),
        jvp=(
            lambda xp, t, kept, target, weight, reduction, ignore_index, label_smoothing: logs_tangent(
                xp, t, kept[1], target, weight, Setting(reduction, ignore_index, label_smoothing)
            ),
            lambda xp, t, kept, weight, reduction, ignore_index, label_smoothing: target_tangent(
                xp, t, kept[0], weight, Setting(reduction, ignore_index, label_smoothing)
            ),
            lambda xp, t, out, kept, target, weight, reduction, ignore_index, label_smoothing: weight_tangent(
                xp, t, out, kept[0], target, weight, Setting(reduction, ignore_index, label_smoothing)
            ),
        ),
        batch=lambda xp, x, target, weight, reduction, ignore_index, label_smoothing, batched, size: _stack(
            xp,
            lambda *args, reduction: xp.nn.cross_entropy(
                *args, reduction=reduction, ignore_index=ignore_index, label_smoothing=label_smoothing
            ),
            (x, target, weight),
            reduction,
            ignore_index,
            batched,
            size,
        ),
        reference=_high,
        cases=(
            Case(lambda draw: (draw(2, 3), _classes(2, 0))),
            Case(lambda draw: (draw(3, 2), _classes(0, -100, 1), draw.positive(2)), {"label_smoothing": 0.25}),
            Case(lambda draw: (draw(2, 3, 2), _classes(PLACES)), {"reduction": "none"}),
            Case(lambda draw: (draw(2, 3, 2), _classes(PLACES), draw.positive(3))),
            Case(lambda draw: (draw(2, 2), draw.positive(2, 2), draw.positive(2)), {"label_smoothing": 0.5}),
            Case(lambda draw: (draw(1, 2, 2), draw.positive(1, 2, 2), draw.positive(2)), {"reduction": "sum"}),
            Case(lambda draw: (draw(3), _classes([1])[0], draw.positive(3)), {"label_smoothing": 0.125}),
            Case(lambda draw: (draw(3), draw.positive(3)), {"reduction": "none"}),
            Case(
                lambda draw: (draw(2, 3), _classes(1, 2), draw.positive(3)),
                {"reduction": "sum", "ignore_index": 1, "label_smoothing": 0.25},
            ),
            Case(
                lambda draw: (draw(2, 2, 2), _classes([[1, 0], [0, 0]])), {"label_smoothing": 0.5, "reduction": "none"}
            ),
        ),
        doc=described(
            "Cross-entropy of classes, from logits: minus the logarithm of the probability of what is true.",
            "softmax(x) - target, times the class weight, over the weights of all examples for the mean.",
            ">>> x, y = xp.asarray([[2.0, 0.0, 0.0], [0.0, 0.0, 1.0]]), xp.asarray([0, 1])\n"
            ">>> round(float(xp.nn.cross_entropy(x, y)), 4)\n0.8955\n"
            ">>> [round(v, 4) for v in agrad.grad(lambda x: xp.nn.cross_entropy(x, y))(x)[0].tolist()]\n"
            "[-0.1065, 0.0533, 0.0533]\n"
            ">>> xp.nn.cross_entropy(x, xp.asarray([0, -100]), reduction='none').tolist()[1]\n0.0",
            notes="The mean is over the class weights of the examples that are not ignored, as in PyTorch, and nan "
            "where there are none; for probabilities it is over all examples. A class that there is not is an "
            "IndexError, or nan on libraries that do not look at values.",
            x="The logits, of shape (C,), (N, C) or (N, C, ...), for C classes.",
            target=(
                CLASSES,
                "The classes, from 0 to C - 1, of the shape of x without the axis of classes; or their probabilities, "
                "of the shape of x.",
            ),
            weight=WEIGHT,
            reduction=REDUCTION,
            ignore_index=IGNORED,
            label_smoothing=("float, optional", "The part of each probability that all classes share evenly."),
            returns=RETURNS,
            raises=("ShapeError", "The shapes do not fit."),
        ),
    ),
    general(
        "nll(x, target, weight=None, /, *, reduction='mean', ignore_index=-100)",
        forward=lambda xp, x, target, weight, reduction, ignore_index: _nll(
            xp, x, target, weight, Setting(reduction, ignore_index)
        ),
        native={"numpy": numpy_nll},
        vjp=(
            lambda xp, ct, x, target, weight, reduction, ignore_index: x_cotangent(
                xp, ct, x, rows(xp, x), None, target, weight, Setting(reduction, ignore_index)
            ),
            None,
            lambda xp, ct, out, x, target, weight, reduction, ignore_index: weight_cotangent(
                xp, ct, out, rows(xp, x), target, weight, Setting(reduction, ignore_index)
            ),
        ),
        jvp=(
            lambda xp, t, target, weight, reduction, ignore_index: logs_tangent(
                xp, t, None, target, weight, Setting(reduction, ignore_index)
            ),
            None,
            lambda xp, t, out, x, target, weight, reduction, ignore_index: weight_tangent(
                xp, t, out, rows(xp, x), target, weight, Setting(reduction, ignore_index)
            ),
        ),
        batch=lambda xp, x, target, weight, reduction, ignore_index, batched, size: _stack(
            xp,
            lambda *args, reduction: xp.nn.nll(*args, reduction=reduction, ignore_index=ignore_index),
            (x, target, weight),
            reduction,
            ignore_index,
            batched,
            size,
        ),
        reference=lambda mp, x, target, weight=None, reduction="mean", ignore_index=-100: _high(
            mp, x, target, weight, reduction, ignore_index, logits=False
        ),
        cases=(
            Case(lambda draw: (draw(2, 3), _classes(2, 0))),
            Case(lambda draw: (draw(3, 2), _classes(0, -100, 1), draw.positive(2))),
            Case(lambda draw: (draw(2, 3, 2), _classes(PLACES), draw.positive(3)), {"reduction": "none"}),
            Case(lambda draw: (draw(2, 3), _classes(1, 2), draw.positive(3)), {"reduction": "sum", "ignore_index": 1}),
            Case(lambda draw: (draw(2, 3), _classes(1, 2)), {"reduction": "none", "ignore_index": 1}),
            Case(lambda draw: (draw(3), _classes([1])[0], draw.positive(3))),
        ),
        doc=described(
            "Negative log-likelihood: minus the element of x at the class of each example.",
            "Minus the class weight at that place, over the weights of all examples for the mean; 0 elsewhere.",
            ">>> x, y = xp.nn.log_softmax(xp.asarray([[2.0, 0.0], [0.0, 1.0]])), xp.asarray([0, 1])\n"
            ">>> round(float(xp.nn.nll(x, y)), 4)\n0.2201",
            notes="Of the logarithms of softmax, it is cross_entropy. The mean is over the class weights of the "
            "examples that are not ignored, and nan where there are none.",
            x="Logarithms of the probabilities of C classes, of shape (C,), (N, C) or (N, C, ...).",
            target=(
                "array, integer",
                "The classes, from 0 to C - 1, of the shape of x without the axis of classes.",
            ),
            weight=WEIGHT,
            reduction=REDUCTION,
            ignore_index=IGNORED,
            returns=RETURNS,
            raises=("ShapeError", "The shapes do not fit."),
        ),
    ),
)
