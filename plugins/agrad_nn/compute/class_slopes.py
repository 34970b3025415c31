"""How the losses of classes change with what they are made of: cotangents and tangents, each in one go."""

from __future__ import annotations

from typing import Any

from agrad_nn.compute.classes import (
    Setting,
    by_class,
    losses,
    mean_weight,
    reduced,
    rows,
    smoothed,
    targets,
    total_weight,
    weighted,
    weights_of,
)
from agrad_nn.compute.common import integers

__all__ = [
    "logs_tangent",
    "target_cotangent",
    "target_tangent",
    "weight_cotangent",
    "weight_tangent",
    "x_cotangent",
]


def _shared(xp: Any, ct: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The cotangent of the loss of each example: one number for all of them where they are added up."""
    if setting.reduction == "none":
        return xp.reshape(ct, logs.shape[:1] + logs.shape[2:])
    return ct / mean_weight(xp, logs, target, weight, setting) if setting.reduction == "mean" else ct


def _beside(xp: Any, v: Any) -> Any:
    """Numbers of the examples, as they broadcast against `rows`."""
    return xp.expand_dims(v, axis=1) if v.ndim else v


def _hits(xp: Any, target: Any, logs: Any) -> Any:
    """Where the class of each example is in `rows`."""
    classes = xp.arange(logs.shape[1], device=getattr(logs, "device", None))
    return _beside(xp, target) == by_class(xp, classes, logs)


def x_cotangent(xp: Any, ct: Any, x: Any, logs: Any, p: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The cotangent of x, of which `logs` are the rows or, where p is their softmax, the log_softmax of the rows."""
    g = _shared(xp, ct, logs, target, weight, setting)
    return xp.reshape(_rows_cotangent(xp, g, logs, p, targets(xp, target, logs), weight, setting), x.shape)


def _rows_cotangent(xp: Any, g: Any, logs: Any, p: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """For the loss -q . l the cotangent of l is -q, and that of its logits p sum(q) - q."""
    s = setting.smoothing
    if not integers(xp, target):
        q = weighted(xp, smoothed(target, s), weight)
        return _beside(xp, g) * (-q if p is None else p * xp.sum(q, axis=1, keepdims=True) - q)
    taking_part = target != setting.ignore_index
    own = g if weight is None else g * weights_of(xp, target, weight, setting.ignore_index, logs)
    own = _beside(xp, xp.where(taking_part, own, 0))  # where there are none, the mean is nan, and this is 0
    hits = _hits(xp, target, logs)
    if p is None:
        return xp.where(hits, -own, 0)
    if not s:
        return (p - xp.astype(hits, p.dtype)) * own
    own = (1 - s) * own
    even = (s / logs.shape[1]) * _beside(xp, xp.where(taking_part, g, 0))
    if weight is None:
        return p * (own + logs.shape[1] * even) - xp.where(hits, own, 0) - even
    return p * (own + xp.sum(weight) * even) - xp.where(hits, own, 0) - by_class(xp, weight, logs) * even


def logs_tangent(xp: Any, t: Any, p: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """Along x: the loss is linear in the logarithms, which for logits change by t less its average."""
    t = rows(xp, t)
    if p is not None:
        t = t - xp.sum(p * t, axis=1, keepdims=True)
    return reduced(xp, t, target, weight, setting)


def target_cotangent(xp: Any, ct: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The cotangent of probabilities."""
    g = _beside(xp, _shared(xp, ct, logs, target, weight, setting))
    return xp.reshape((setting.smoothing - 1) * g * weighted(xp, logs, weight), target.shape)


def target_tangent(xp: Any, t: Any, logs: Any, weight: Any, setting: Setting) -> Any:
    """Along probabilities: the loss is linear in them, too."""
    return (1 - setting.smoothing) * reduced(xp, logs, t, weight, setting._replace(smoothing=0.0))


def weight_cotangent(xp: Any, ct: Any, out: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The cotangent of the class weights; the mean of classes is divided by some of them."""
    s = setting.smoothing
    g = _beside(xp, _shared(xp, ct, logs, target, weight, setting))
    target = targets(xp, target, logs)
    axes = (0, *range(2, logs.ndim))
    if not integers(xp, target):
        return -xp.sum(g * smoothed(target, s) * logs, axis=axes)
    taking_part = _beside(xp, target != setting.ignore_index)
    hits = _hits(xp, target, logs) & taking_part
    lost = (1 - s) * logs + out if setting.reduction == "mean" else (1 - s) * logs
    total = -xp.sum(xp.where(hits, g * lost, 0), axis=axes)
    if not s:
        return total
    return total - (s / logs.shape[1]) * xp.sum(xp.where(taking_part, g * logs, 0), axis=axes)


def weight_tangent(xp: Any, t: Any, out: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """Along the class weights."""
    if setting.reduction != "mean" or not integers(xp, target):
        return reduced(xp, logs, target, t, setting)
    moved = xp.sum(losses(xp, logs, target, t, setting)) - out * total_weight(xp, logs, target, t, setting)
    return moved / mean_weight(xp, logs, target, weight, setting)
