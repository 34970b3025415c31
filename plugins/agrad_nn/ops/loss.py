"""Losses that compare numbers place by place: squares, absolute values, cross-entropies of two classes, divergences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agrad.cases import Case
from agrad.declare import general
from agrad_nn.compute.entropy import (
    binary,
    binary_slope,
    divergence,
    logarithm,
    logit_slope,
    of_logits,
    softplus_of_minus,
)
from agrad_nn.compute.reduction import checked_reduction, pair, per_example, reduced, spread, stack, summed_to
from agrad_special.text import described

__all__ = ["OPS"]

REDUCTION = ("{'mean', 'sum', 'none'}, optional", "What to make of the losses of all places.")
RETURNS = "Of the dtype of x: a number, or, without a reduction, an array of the shape of x."
PREDICTED = "The predictions."
EXPECTED = "What they should be, of the same shape."
WEIGHT = ("array, optional", "A factor for each loss; it broadcasts to the shape of x.")


def _compared(*settings: Mapping[str, Any]) -> tuple[Case, ...]:
    """Pairs without near ties, with each reduction and each of the settings."""
    draw_both = lambda draw: (draw.apart(2, 3), draw.apart(2, 3) / 4)  # noqa: E731
    shared = {"reduction": "none"}, {"reduction": "sum"}
    return (
        *(Case(draw_both, given) for given in ({}, *shared, *settings)),
        Case(lambda draw: (draw.apart(), draw.apart() / 4)),
    )


def _squares(xp: Any, x: Any, target: Any, reduction: str) -> Any:
    checked_reduction("mse_loss", reduction)
    x, target = pair(xp, "mse_loss", x, target)
    d = x - target
    if reduction == "none":
        return d * d
    d = xp.reshape(d, (-1,))
    return xp.vecdot(d, d) / (d.shape[0] if reduction == "mean" else 1)


def _lengths(xp: Any, x: Any, target: Any, reduction: str) -> Any:
    checked_reduction("l1_loss", reduction)
    x, target = pair(xp, "l1_loss", x, target)
    return reduced(xp, xp.abs(x - target), reduction)


def _rounded(xp: Any, x: Any, target: Any, beta: float, reduction: str) -> Any:
    checked_reduction("smooth_l1_loss", reduction)
    if beta < 0:
        raise ValueError(f"nn.smooth_l1_loss got beta={beta}; it takes a number that is not negative")
    x, target = pair(xp, "smooth_l1_loss", x, target)
    d = xp.abs(x - target)
    near = xp.minimum(d, beta)  # a parabola up to beta, and its tangent from there on
    return reduced(xp, near * near * (0.5 / beta) + (d - near) if beta else d, reduction)


def _rounded_slope(xp: Any, x: Any, target: Any, beta: float) -> Any:
    d = x - target
    if not beta:
        return xp.sign(d)
    near = xp.abs(d) < beta  # one of the two terms is 0
    return xp.where(near, d, 0) / beta + xp.where(near, 0, xp.sign(d))


def _huber(xp: Any, x: Any, target: Any, delta: float, reduction: str) -> Any:
    checked_reduction("huber_loss", reduction)
    if delta <= 0:
        raise ValueError(f"nn.huber_loss got delta={delta}; it takes a positive number")
    x, target = pair(xp, "huber_loss", x, target)
    d = xp.abs(x - target)
    near = xp.minimum(d, delta)
    return reduced(xp, near * (d - 0.5 * near), reduction)


def _huber_slope(xp: Any, x: Any, target: Any, delta: float) -> Any:
    d = x - target
    near = xp.abs(d) < delta  # one of the two terms is 0
    return xp.where(near, d, 0) + delta * xp.where(near, 0, xp.sign(d))


def _kl_div(xp: Any, x: Any, target: Any, reduction: str, log_target: bool) -> Any:
    checked_reduction("kl_div", reduction, ("none", "batchmean", "mean", "sum"))
    x, target = pair(xp, "kl_div", x, target)
    return reduced(xp, divergence(xp, x, target, log_target), reduction)


def _kl_slope(xp: Any, x: Any, target: Any, log_target: bool) -> Any:
    """Along the target."""
    return xp.exp(target) * (target - x + 1) if log_target else xp.log(target) + 1 - x


def _times(v: Any, weight: Any) -> Any:
    return v if weight is None else v * weight


def _binary(xp: Any, x: Any, target: Any, weight: Any, reduction: str) -> Any:
    checked_reduction("binary_cross_entropy", reduction)
    x, target, weight = pair(xp, "binary_cross_entropy", x, target, weight)
    return reduced(xp, _times(binary(xp, x, target), weight), reduction)


def _of_logits(xp: Any, x: Any, target: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    name = "binary_cross_entropy_with_logits"
    checked_reduction(name, reduction)
    x, target, weight, pos_weight = pair(xp, name, x, target, weight, pos_weight)
    return reduced(xp, _times(of_logits(xp, x, target, pos_weight), weight), reduction)


def _against(xp: Any, x: Any, pos_weight: Any) -> Any:
    """The derivative of `of_logits` along the target."""
    return -x if pos_weight is None else (pos_weight - 1) * softplus_of_minus(xp, x) - x


# In high precision --------------------------------------------------------------------------------


def _each(function: Any, *xs: Any) -> Any:
    import numpy as np

    return np.asarray(np.frompyfunc(function, len(xs), 1)(*xs), dtype=object)


def _high(mp: Any, losses: Any, reduction: str) -> Any:
    import numpy as np

    losses = np.asarray(losses, dtype=object)
    if reduction == "none":
        return losses
    count = {"mean": losses.size, "sum": 1, "batchmean": losses.shape[0] if losses.ndim else 1}[reduction]
    return np.asarray(np.sum(losses) / mp.mpf(count), dtype=object)


def _high_smooth(mp: Any, d: Any, beta: Any) -> Any:
    return d**2 / (2 * beta) if d < beta else d - beta / 2


def _high_huber(mp: Any, d: Any, delta: Any) -> Any:
    return d**2 / 2 if d < delta else delta * (d - delta / 2)


def _high_binary(mp: Any, x: Any, target: Any, weight: Any, reduction: str) -> Any:
    losses = _each(lambda x, y: -(y * mp.log(x) + (1 - y) * mp.log1p(-x)), x, target)
    return _high(mp, losses if weight is None else losses * weight, reduction)


def _high_of_logits(mp: Any, x: Any, target: Any, weight: Any, pos_weight: Any, reduction: str) -> Any:
    factor = mp.mpf(1) if pos_weight is None else pos_weight
    losses = _each(
        lambda x, y, p: p * y * mp.log1p(mp.exp(-x)) + (1 - y) * mp.log1p(mp.exp(x)), x, target, factor + 0 * x
    )
    return _high(mp, losses if weight is None else losses * weight, reduction)


def _probabilities(draw: Any, *shape: int) -> Any:
    return draw.within(0.1, 0.9, *shape)


OPS = (
    general(
        "mse_loss(x, target, /, *, reduction='mean')",
        vjp=(
            lambda xp, ct, x, target, reduction: 2 * spread(ct, x, reduction) * (x - target),
            lambda xp, ct, x, target, reduction: -2 * spread(ct, x, reduction) * (x - target),
        ),
        jvp=(
            lambda xp, t, x, target, reduction: reduced(xp, 2 * (x - target) * t, reduction),
            lambda xp, t, x, target, reduction: reduced(xp, -2 * (x - target) * t, reduction),
        ),
        forward=_squares,
        batch=lambda xp, x, target, reduction, batched, size: per_example(
            xp, xp.nn.mse_loss(*stack(xp, (x, target), batched, size), reduction="none"), reduction
        ),
        reference=lambda mp, x, target, reduction="mean": _high(mp, (x - target) ** 2, reduction),
        cases=_compared(),
        doc=described(
            "Squares of differences, by default their mean.",
            "2 (x - target), over the number of places for the mean.",
            ">>> x = xp.asarray([1.0, 2.0])\n>>> f = lambda x: xp.nn.mse_loss(x, xp.asarray([0.0, 4.0]))\n"
            ">>> float(f(x)), agrad.grad(f)(x).tolist()\n(2.5, [1.0, -2.0])",
            x=PREDICTED,
            target=EXPECTED,
            reduction=REDUCTION,
            returns=RETURNS,
            raises=("ShapeError", "The shapes differ: nothing is broadcast, which would hide a mistake."),
        ),
    ),
    general(
        "l1_loss(x, target, /, *, reduction='mean')",
        vjp=(
            lambda xp, ct, x, target, reduction: spread(ct, x, reduction) * xp.sign(x - target),
            lambda xp, ct, x, target, reduction: -spread(ct, x, reduction) * xp.sign(x - target),
        ),
        jvp=(
            lambda xp, t, x, target, reduction: reduced(xp, xp.sign(x - target) * t, reduction),
            lambda xp, t, x, target, reduction: reduced(xp, -xp.sign(x - target) * t, reduction),
        ),
        forward=_lengths,
        batch=lambda xp, x, target, reduction, batched, size: per_example(
            xp, xp.nn.l1_loss(*stack(xp, (x, target), batched, size), reduction="none"), reduction
        ),
        reference=lambda mp, x, target, reduction="mean": _high(mp, abs(x - target), reduction),
        cases=_compared(),
        doc=described(
            "Absolute values of differences, by default their mean.",
            "The sign of the difference, 0 where there is none, over the number of places for the mean.",
            ">>> x = xp.asarray([1.0, 2.0])\n>>> f = lambda x: xp.nn.l1_loss(x, xp.asarray([1.0, 4.0]))\n"
            ">>> float(f(x)), agrad.grad(f)(x).tolist()\n(1.0, [0.0, -0.5])",
            x=PREDICTED,
            target=EXPECTED,
            reduction=REDUCTION,
            returns=RETURNS,
            raises=("ShapeError", "The shapes differ."),
        ),
    ),
    general(
        "smooth_l1_loss(x, target, /, *, beta=1.0, reduction='mean')",
        vjp=(
            lambda xp, ct, x, target, beta, reduction: spread(ct, x, reduction) * _rounded_slope(xp, x, target, beta),
            lambda xp, ct, x, target, beta, reduction: -spread(ct, x, reduction) * _rounded_slope(xp, x, target, beta),
        ),
        jvp=(
            lambda xp, t, x, target, beta, reduction: reduced(xp, _rounded_slope(xp, x, target, beta) * t, reduction),
            lambda xp, t, x, target, beta, reduction: reduced(xp, -_rounded_slope(xp, x, target, beta) * t, reduction),
        ),
        forward=_rounded,
        batch=lambda xp, x, target, beta, reduction, batched, size: per_example(
            xp, xp.nn.smooth_l1_loss(*stack(xp, (x, target), batched, size), beta=beta, reduction="none"), reduction
        ),
        reference=lambda mp, x, target, beta=1.0, reduction="mean": _high(
            mp, _each(lambda d: _high_smooth(mp, d, mp.mpf(beta)), abs(x - target)), reduction
        ),
        cases=_compared({"beta": 0.25}, {"beta": 0.0}),
        doc=described(
            "Absolute values of differences, less beta / 2, with a parabola in the place of their tip.",
            "The difference over beta where that is less than 1, its sign elsewhere.",
            ">>> x = xp.asarray([0.5, 3.0])\n"
            ">>> f = lambda x: xp.nn.smooth_l1_loss(x, xp.zeros(2), reduction='sum')\n"
            ">>> float(f(x)), agrad.grad(f)(x).tolist()\n(2.625, [0.5, 1.0])",
            x=PREDICTED,
            target=EXPECTED,
            beta=("float, optional", "Where the parabola d**2 / (2 * beta) ends; with 0 there is none."),
            reduction=REDUCTION,
            returns=RETURNS,
            raises=("ShapeError", "The shapes differ."),
        ),
    ),
    general(
        "huber_loss(x, target, /, *, delta=1.0, reduction='mean')",
        vjp=(
            lambda xp, ct, x, target, delta, reduction: spread(ct, x, reduction) * _huber_slope(xp, x, target, delta),
            lambda xp, ct, x, target, delta, reduction: -spread(ct, x, reduction) * _huber_slope(xp, x, target, delta),
        ),
        jvp=(
            lambda xp, t, x, target, delta, reduction: reduced(xp, _huber_slope(xp, x, target, delta) * t, reduction),
            lambda xp, t, x, target, delta, reduction: reduced(xp, -_huber_slope(xp, x, target, delta) * t, reduction),
        ),
        forward=_huber,
        batch=lambda xp, x, target, delta, reduction, batched, size: per_example(
            xp, xp.nn.huber_loss(*stack(xp, (x, target), batched, size), delta=delta, reduction="none"), reduction
        ),
        reference=lambda mp, x, target, delta=1.0, reduction="mean": _high(
            mp, _each(lambda d: _high_huber(mp, d, mp.mpf(delta)), abs(x - target)), reduction
        ),
        cases=_compared({"delta": 0.25}),
        doc=described(
            "Half the squares of small differences, and the tangent of that parabola for large ones.",
            "The difference, cut at delta on both sides.",
            ">>> x = xp.asarray([0.5, 3.0])\n"
            ">>> f = lambda x: xp.nn.huber_loss(x, xp.zeros(2), delta=2.0, reduction='sum')\n"
            ">>> float(f(x)), agrad.grad(f)(x).tolist()\n(4.125, [0.5, 2.0])",
            x=PREDICTED,
            target=EXPECTED,
            delta=("float, optional", "Where the parabola ends."),
            reduction=REDUCTION,
            returns=RETURNS,
            raises=("ShapeError", "The shapes differ."),
        ),
    ),
    general(
        "kl_div(x, target, /, *, reduction='mean', log_target=False)",
        vjp=(
            lambda xp, ct, x, target, reduction, log_target: (
                -spread(ct, x, reduction) * (xp.exp(target) if log_target else target)
            ),
            lambda xp, ct, x, target, reduction, log_target: (
                spread(ct, x, reduction) * _kl_slope(xp, x, target, log_target)
            ),
        ),
        jvp=(
            lambda xp, t, target, reduction, log_target: reduced(
                xp, -(xp.exp(target) if log_target else target) * t, reduction
            ),
            lambda xp, t, x, target, reduction, log_target: reduced(
                xp, _kl_slope(xp, x, target, log_target) * t, reduction
            ),
        ),
        forward=_kl_div,
        batch=lambda xp, x, target, reduction, log_target, batched, size: per_example(
            xp, xp.nn.kl_div(*stack(xp, (x, target), batched, size), reduction="none", log_target=log_target), reduction
        ),
        reference=lambda mp, x, target, reduction="mean", log_target=False: _high(
            mp,
            _each(mp.exp, target) * (target - x) if log_target else target * (_each(mp.log, target) - x),
            reduction,
        ),
        cases=(
            Case(lambda draw: (draw(2, 3), draw.positive(2, 3))),
            Case(lambda draw: (draw(2, 3), draw.positive(2, 3)), {"reduction": "none"}),
            Case(lambda draw: (draw(2, 3), draw(2, 3)), {"reduction": "batchmean", "log_target": True}),
            Case(lambda draw: (draw(3), draw.positive(3)), {"reduction": "sum"}),
            Case(lambda draw: (draw(), draw.positive()), {"reduction": "batchmean"}),
        ),
        doc=described(
            "Kullback and Leibler's divergence of a distribution from a predicted one: target * (log(target) - x).",
            "Along x, -target; along the target, log(target) + 1 - x, which is minus infinity at 0.",
            ">>> x = xp.log(xp.asarray([[0.5, 0.5]]))\n"
            ">>> round(float(xp.nn.kl_div(x, xp.asarray([[1.0, 0.0]]), reduction='batchmean')), 6)\n0.693147",
            notes="The mean is over all places, as in PyTorch; the divergence of a batch of distributions is its "
            "'batchmean'.",
            x="Logarithms of the predicted probabilities.",
            target="The expected probabilities, of the same shape; 0 adds nothing.",
            reduction=(
                "{'mean', 'batchmean', 'sum', 'none'}, optional",
                "What to make of the terms of all places; 'batchmean' is their sum over the length of the first axis.",
            ),
            log_target=("bool, optional", "Whether the target holds logarithms, too."),
            returns=RETURNS,
            raises=("ShapeError", "The shapes differ."),
        ),
    ),
    general(
        "binary_cross_entropy(x, target, weight=None, /, *, reduction='mean')",
        vjp=(
            lambda xp, ct, x, target, weight, reduction: (
                _times(spread(ct, x, reduction), weight) * binary_slope(xp, x, target)
            ),
            lambda xp, ct, x, target, weight, reduction: (
                _times(spread(ct, x, reduction), weight) * (logarithm(xp, 1 - x) - logarithm(xp, x))
            ),
            lambda xp, ct, x, target, weight, reduction: summed_to(
                xp, spread(ct, x, reduction) * binary(xp, x, target), weight
            ),
        ),
        jvp=(
            lambda xp, t, x, target, weight, reduction: reduced(
                xp, _times(binary_slope(xp, x, target), weight) * t, reduction
            ),
            lambda xp, t, x, target, weight, reduction: reduced(
                xp, _times(logarithm(xp, 1 - x) - logarithm(xp, x), weight) * t, reduction
            ),
            lambda xp, t, x, target, reduction: reduced(xp, binary(xp, x, target) * t, reduction),
        ),
        forward=_binary,
        batch=lambda xp, x, target, weight, reduction, batched, size: per_example(
            xp, xp.nn.binary_cross_entropy(*stack(xp, (x, target, weight), batched, size), reduction="none"), reduction
        ),
        reference=lambda mp, x, target, weight=None, reduction="mean": _high_binary(mp, x, target, weight, reduction),
        cases=(
            Case(lambda draw: (_probabilities(draw, 2, 3), _probabilities(draw, 2, 3))),
            Case(
                lambda draw: (_probabilities(draw, 2, 3), _probabilities(draw, 2, 3), draw.positive(3)),
                {"reduction": "none"},
            ),
            Case(
                lambda draw: (_probabilities(draw, 2, 2), _probabilities(draw, 2, 2), draw.positive(2, 1)),
                {"reduction": "sum"},
            ),
            Case(lambda draw: (_probabilities(draw), _probabilities(draw))),
        ),
        doc=described(
            "Cross-entropy of two classes: -(target * log(x) + (1 - target) * log(1 - x)).",
            "Along x, (x - target) / (x * (1 - x)), whose denominator is at least 1e-12.",
            ">>> x, y = xp.asarray([0.5, 0.0]), xp.asarray([1.0, 1.0])\n"
            ">>> [round(v, 4) for v in xp.nn.binary_cross_entropy(x, y, reduction='none').tolist()]\n[0.6931, 100.0]",
            notes="Logarithms are -100 at least, as in PyTorch, so that no loss is infinite. Numbers outside of 0 to 1 "
            "are no probabilities and give nan.",
            x="The predicted probabilities of the class 1.",
            target="The true ones, 0 and 1 for classes, of the same shape.",
            weight=WEIGHT,
            reduction=REDUCTION,
            returns=RETURNS,
            raises=("ShapeError", "The shapes differ, or the weight does not broadcast to them."),
        ),
    ),
    general(
        "binary_cross_entropy_with_logits(x, target, weight=None, pos_weight=None, /, *, reduction='mean')",
        vjp=(
            lambda xp, ct, x, target, weight, pos_weight, reduction: (
                _times(spread(ct, x, reduction), weight) * logit_slope(xp, x, target, pos_weight)
            ),
            lambda xp, ct, x, weight, pos_weight, reduction: (
                _times(spread(ct, x, reduction), weight) * _against(xp, x, pos_weight)
            ),
            lambda xp, ct, x, target, weight, pos_weight, reduction: summed_to(
                xp, spread(ct, x, reduction) * of_logits(xp, x, target, pos_weight), weight
            ),
            lambda xp, ct, x, target, weight, pos_weight, reduction: summed_to(
                xp, _times(spread(ct, x, reduction), weight) * target * softplus_of_minus(xp, x), pos_weight
            ),
        ),
        jvp=(
            lambda xp, t, x, target, weight, pos_weight, reduction: reduced(
                xp, _times(logit_slope(xp, x, target, pos_weight), weight) * t, reduction
            ),
            lambda xp, t, x, weight, pos_weight, reduction: reduced(
                xp, _times(_against(xp, x, pos_weight), weight) * t, reduction
            ),
            lambda xp, t, x, target, pos_weight, reduction: reduced(
                xp, of_logits(xp, x, target, pos_weight) * t, reduction
            ),
            lambda xp, t, x, target, weight, reduction: reduced(
                xp, _times(target * softplus_of_minus(xp, x), weight) * t, reduction
            ),
        ),
        forward=_of_logits,
        batch=lambda xp, x, target, weight, pos_weight, reduction, batched, size: per_example(
            xp,
            xp.nn.binary_cross_entropy_with_logits(
                *stack(xp, (x, target, weight, pos_weight), batched, size), reduction="none"
            ),
            reduction,
        ),
        reference=lambda mp, x, target, weight=None, pos_weight=None, reduction="mean": _high_of_logits(
            mp, x, target, weight, pos_weight, reduction
        ),
        cases=(
            Case(lambda draw: (draw(2, 3), _probabilities(draw, 2, 3))),
            Case(
                lambda draw: (draw(2, 2), _probabilities(draw, 2, 2), draw.positive(2, 1), draw.positive(2)),
                {"reduction": "none"},
            ),
            Case(lambda draw: (draw(2, 2), _probabilities(draw, 2, 2), None, draw.positive(2)), {"reduction": "sum"}),
            Case(lambda draw: (draw(3), _probabilities(draw, 3), draw.positive(3))),
            Case(lambda draw: (draw(), _probabilities(draw))),
        ),
        doc=described(
            "Cross-entropy of two classes, from the logits of the probabilities, without overflow.",
            "Along x, sigmoid(x) - target.",
            ">>> x, y = xp.asarray([0.0, -1000.0]), xp.asarray([1.0, 1.0])\n"
            ">>> losses = xp.nn.binary_cross_entropy_with_logits(x, y, reduction='none')\n"
            ">>> [round(v, 4) for v in losses.tolist()]\n[0.6931, 1000.0]",
            x="The logits: x such that sigmoid(x) is the predicted probability of the class 1.",
            target="The true probabilities, 0 and 1 for classes, of the same shape.",
            weight=WEIGHT,
            pos_weight=("array, optional", "A factor for the part of the class 1; it broadcasts to the shape of x."),
            reduction=REDUCTION,
            returns=RETURNS,
            raises=("ShapeError", "The shapes differ, or a weight does not broadcast to them."),
        ),
    ),
)
