"""Cross-entropy and its kind: losses that are linear in the logarithms of the probabilities of classes.

Arrays are seen as (examples, classes) or as (examples, classes, places): `rows`. With the class weights w, smoothing s
of C classes, and the class y or the probabilities p of an example, its loss is

    -(1 - s) w[y] logs[y] - s / C sum(w logs)        or        -sum(w ((1 - s) p + s / C) logs)

A mean is over the weights w[y] of the examples that take part, and for probabilities over the examples.
"""

from __future__ import annotations

from math import prod
from typing import Any, NamedTuple

from agrad.errors import DtypeError, ShapeError
from agrad_nn.compute.common import integers, reals
from agrad_nn.compute.reduction import checked_reduction

__all__ = [
    "Setting",
    "by_class",
    "checked",
    "losses",
    "mean_weight",
    "no_class",
    "picked_losses",
    "reduced",
    "rows",
    "smoothed",
    "targets",
    "together",
    "total_weight",
    "weighted",
    "weights_of",
]


class Setting(NamedTuple):
    """The parameters of a call."""

    reduction: str
    ignore_index: int = -100
    smoothing: float = 0.0


def checked(xp: Any, name: str, x: Any, target: Any, weight: Any, setting: Setting) -> tuple[Any, Any]:
    """x and the class weights; what does not fit is refused."""
    checked_reduction(name, setting.reduction)
    if not 0 <= setting.smoothing <= 1:
        raise ValueError(f"nn.{name} got label_smoothing={setting.smoothing}; it takes a number from 0 to 1")
    if not getattr(x, "ndim", 0):
        raise ShapeError(f"nn.{name} got an x without axes; it takes (C,), (N, C) or (N, C, ...), for C classes")
    x, weight = reals(xp, name, x, weight)
    if not hasattr(target, "dtype"):
        raise TypeError(f"nn.{name} got a {type(target).__name__} as target; it takes an array")
    axis, given, shape = min(x.ndim - 1, 1), tuple(target.shape), tuple(x.shape)
    if integers(xp, target):
        expected = shape[:axis] + shape[axis + 1 :]
        if given != expected:
            raise ShapeError(
                f"nn.{name} got x of shape {shape} and classes of shape {given}; they must be of shape {expected}, "
                f"that of x without its axis {axis}"
            )
    elif name == "nll":
        raise DtypeError(f"nn.nll got a target of {target.dtype}; it takes integers, the numbers of the classes")
    elif given != shape:
        reals(xp, name, target)
        raise ShapeError(
            f"nn.{name} got x of shape {shape} and probabilities of shape {given}; they must be equal, and classes "
            "must be integers"
        )
    else:
        reals(xp, name, target)
    if weight is not None and tuple(weight.shape) != shape[axis : axis + 1]:
        raise ShapeError(
            f"nn.{name} got class weights of shape {tuple(weight.shape)}; they must be of shape "
            f"{shape[axis : axis + 1]}, one number a class"
        )
    return x, weight


def rows(xp: Any, x: Any) -> Any:
    """x as (examples, classes) or as (examples, classes, places)."""
    if x.ndim == 2:
        return x
    return xp.reshape(x, (1, *x.shape) if x.ndim == 1 else (*x.shape[:2], prod(x.shape[2:])))


def _index_dtype(xp: Any) -> Any:
    return xp.arange(1).dtype  # asked each time: a setting of JAX's changes it


def targets(xp: Any, target: Any, logs: Any) -> Any:
    """The targets of `rows`; classes have no axis of classes, and the dtype that indices have."""
    shape = tuple(logs.shape)
    if integers(xp, target):
        shape = shape[:1] + shape[2:]
        target = xp.asarray(target)  # in a box where the logarithms are, which operators of a library need
        if target.dtype != _index_dtype(xp):
            target = xp.astype(target, _index_dtype(xp))
    return target if tuple(target.shape) == shape else xp.reshape(target, shape)


def by_class(xp: Any, weight: Any, logs: Any) -> Any:
    """Numbers of the classes, as they broadcast against `rows`."""
    return weight if logs.ndim == 2 else xp.expand_dims(weight, axis=-1)


def weighted(xp: Any, v: Any, weight: Any) -> Any:
    """`rows` times the weights of their classes."""
    return v if weight is None else v * by_class(xp, weight, v)


def smoothed(probabilities: Any, s: float) -> Any:
    """Probabilities of which a part s is shared evenly by all classes."""
    return probabilities * (1 - s) + s / probabilities.shape[1] if s else probabilities


def picked_losses(xp: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The loss of each example of `rows` with a class, without smoothing: linear in `logs`, and in `weight`."""
    target = targets(xp, target, logs)
    own = _picked(xp, logs, target, setting.ignore_index)
    return -own if weight is None else -own * weights_of(xp, target, weight, setting.ignore_index, logs)


def losses(xp: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The loss of each example of `rows`: linear in `logs`, and in `weight`."""
    s = setting.smoothing
    target = targets(xp, target, logs)
    if not integers(xp, target):
        return -xp.sum(weighted(xp, smoothed(target, s), weight) * logs, axis=1)
    own = xp.nn.nll(logs, target, weight, reduction="none", ignore_index=setting.ignore_index)
    if not s:
        return own
    even = xp.where(target != setting.ignore_index, xp.sum(weighted(xp, logs, weight), axis=1), 0)
    return (1 - s) * own - (s / logs.shape[1]) * even


def _picked(xp: Any, logs: Any, target: Any, ignore_index: int) -> Any:
    """The logarithm at the class of each example: 0 where that is ignored, nan or an error where there is no class."""
    n, classes, *places = logs.shape
    width = prod(places)
    size, device = n * classes * width, getattr(logs, "device", None)
    first = xp.arange(n, device=device) * (classes * width)
    if places:
        index = xp.expand_dims(first, axis=-1) + xp.arange(width, device=device) + target * width
    else:
        index = first + target
    known, ignored = (target >= 0) & (target < classes), target == ignore_index
    # what is no class is beyond the end, which most libraries refuse
    index = xp.where(ignored, 0, xp.where(known, index, size))
    try:
        found = xp.take(xp.reshape(logs, (size,)), xp.reshape(index, (prod(index.shape),)), axis=0)
    except (IndexError, RuntimeError) as error:
        if "out of" not in str(error):
            raise
        raise no_class(classes, ignore_index) from error
    if places:
        found = xp.reshape(found, target.shape)
    return xp.where(ignored, 0, xp.where(known, found, xp.nan))


def no_class(classes: int, ignore_index: int) -> IndexError:
    """The error for a target that is none."""
    return IndexError(
        f"a target is no class: there are {classes}, from 0 to {classes - 1}, and {ignore_index} is ignored"
    )


def weights_of(xp: Any, target: Any, weight: Any, ignore_index: int, logs: Any) -> Any:
    """The weight of the class of each example, 1 without weights; 0 where it is ignored."""
    taking_part = target != ignore_index
    if weight is None:
        return xp.astype(taking_part, logs.dtype)
    known = (target >= 0) & (target < weight.shape[0])
    index = xp.reshape(xp.where(known, target, 0), (prod(target.shape),))
    return xp.where(taking_part, xp.reshape(xp.take(weight, index, axis=0), target.shape), 0)


def total_weight(xp: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The weights of all examples together: linear in `weight`."""
    target = targets(xp, target, logs)
    if not integers(xp, target):
        return logs.shape[0] * prod(logs.shape[2:])
    return xp.sum(weights_of(xp, target, weight, setting.ignore_index, logs))


def mean_weight(xp: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """What the sum of the losses is divided by, for their mean: nan where nothing takes part."""
    total = total_weight(xp, logs, target, weight, setting)
    return xp.where(total == 0, xp.nan, total) if hasattr(total, "dtype") else total


def together(xp: Any, found: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The losses of `rows`, put together."""
    if setting.reduction == "none":
        shape = tuple(target.shape)
        if not integers(xp, target):
            shape = () if target.ndim == 1 else shape[:1] + shape[2:]
        return found if tuple(found.shape) == shape else xp.reshape(found, shape)
    if setting.reduction == "sum":
        return xp.sum(found)
    return xp.sum(found) / mean_weight(xp, logs, target, weight, setting)


def reduced(xp: Any, logs: Any, target: Any, weight: Any, setting: Setting) -> Any:
    """The loss of logarithms of probabilities."""
    if setting.reduction != "none" and not setting.smoothing and integers(xp, target):
        target = targets(xp, target, logs)
        return xp.nn.nll(logs, target, weight, reduction=setting.reduction, ignore_index=setting.ignore_index)
    return together(xp, losses(xp, logs, target, weight, setting), logs, target, weight, setting)
