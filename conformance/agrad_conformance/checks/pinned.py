"""The pinned conventions: at each point the declared derivative in both modes, or the declared error."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

import agrad
from agrad.cases import Case
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.compare import error_of
from agrad_conformance.conventions import Point
from agrad_conformance.problem import Problem, eps_of
from agrad_conformance.reference import Pair, leaves, pack
from agrad_conformance.sample import followed

__all__ = ["POINT_PROPERTIES", "PointSample", "curved"]

Array = np.ndarray[Any, np.dtype[Any]]


class PointSample:
    """A point as what a `Problem` takes."""

    def __init__(self, point: Point, name: str) -> None:
        self.point = point
        self.id = name
        self.op = point.op
        self.kind = "complex" if any(x.dtype.kind == "c" for x in followed(point.at("float64"))) else "real"
        self.dtypes = point.dtypes
        self.case = Case(lambda draw: (), op=point.op, condition=point.condition)

    def at(self, dtype: str) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments in one dtype."""
        return self.point.at(dtype), {}

    def invariant(self, xp: Any, *args: Any) -> Any:
        """The op."""
        return self.point.apply(xp, *args)


def reverse(p: Problem, point: Point) -> float:
    """The VJP at the point, or the declared error."""
    if point.outcome == "error":
        return _raises(p, point)
    with np.errstate(all="ignore"):
        if point.transform == "jacobian":
            found = list(agrad.jacobian(lambda *xs: p(*xs)[0], argnums=tuple(range(len(p.arrays))))(*p.arrays))
        else:
            found = p.pulled()(_cotangents(p, point))
    return _error(p, point, [p.to_host(g) for g in found], point.expected(p.dtype))


def forward(p: Problem, point: Point) -> float:
    """The same in forward mode: the inner product of the cotangent with the tangents along the unit vectors."""
    if point.outcome == "error":
        return 0.0
    with np.errstate(all="ignore"):
        if point.transform == "jacobian":
            transform = agrad.jacobian(lambda *xs: p(*xs)[0], argnums=tuple(range(len(p.arrays))), mode="fwd")
            found = [p.to_host(g) for g in transform(*p.arrays)]
        else:
            w = p.packed(_cotangents(p, point))
            found = [_slopes(p, k, w) for k in range(len(p.arrays))]
    return _error(p, point, found, point.expected(p.dtype, forward=True))


def twice(p: Problem, point: Point) -> float:
    """The second derivative along ones, by three ways to nest the modes."""
    with np.errstate(all="ignore"):
        return max(_error(p, point, found, point.curved(p.dtype)) for found in curved(p, point).values())


def curved(p: Problem, point: Point) -> dict[str, list[Array]]:
    """What each way to nest the modes gives for the second derivative along ones."""
    w, ones = _cotangents(p, point), tuple(p.to_backend(np.ones_like(x)) for x in p.inputs)

    def gradient(*xs: Any) -> Any:
        return agrad.vjp(p, *xs)[1](w)

    def slope(*xs: Any) -> Any:
        return agrad.jvp(p, xs, ones)[1]

    found = {
        "forward over reverse": agrad.jvp(gradient, tuple(p.arrays), ones)[1],
        "reverse over reverse": agrad.vjp(gradient, *p.arrays)[1](ones),
        "reverse over forward": agrad.vjp(slope, *p.arrays)[1](w),
    }
    return {way: [p.to_host(g) for g in gs] for way, gs in found.items()}


POINT_PROPERTIES: Mapping[str, Callable[[Problem, Point], float]] = {
    "reverse": reverse,
    "forward": forward,
    "twice": twice,
}
"""By name; `twice` is for points that pin a second derivative."""


def _slopes(p: Problem, k: int, w: Array) -> Array:
    """One argument's gradient, an entry a tangent; the other arguments are constants."""
    x, before, after = p.inputs[k], p.arrays[:k], p.arrays[k + 1 :]
    found = []
    for unit in np.eye(p.size([x])):
        [t] = map(p.to_backend, p.shaped(unit, [x]))
        along = agrad.jvp(lambda y: p(*before, y, *after), (p.arrays[k],), (t,))[1]
        found.append(np.sum(w * p.packed(list(along))))
    return p.shaped(np.asarray(found), [x])[0]


def _cotangents(p: Problem, point: Point) -> list[Any]:
    given = point.weights(p.dtype)
    if given is None:
        return [p.to_backend(np.ones_like(y)) for y in p.floating]
    return [p.to_backend(np.asarray(w)) for w in leaves(given)]


def _raises(p: Problem, point: Point) -> float:
    args = [p.to_backend(x) if isinstance(x, np.ndarray) else x for x in point.at(p.dtype)]
    asked: dict[str, Callable[[], Any]] = {
        "grad": lambda: agrad.grad(lambda *xs: point.apply(p.space, *xs))(*args),
        "jacobian": lambda: agrad.jacobian(lambda *xs: point.apply(p.space, *xs))(*args),
        "leaf": lambda: p.space.asarray(args[0], requires_grad=True),
    }
    try:
        asked[point.transform]()
    except getattr(agrad, point.error):
        return 0.0
    raise Wrong(f"{point.transform} gave a result; it must raise {point.error}: {point.reason}")


def _error(p: Problem, point: Point, found: list[Array], expected: tuple[Any, ...]) -> float:
    wanted = followed(expected)
    if [(x.shape, x.dtype) for x in found] != [(x.shape, x.dtype) for x in wanted]:
        shown = [[f"{x.dtype}{list(x.shape)}" for x in xs] for xs in (found, wanted)]
        raise Wrong(f"the gradients are {', '.join(shown[0])}; expected are {', '.join(shown[1])}")
    a, b = pack(found), pack(wanted)
    with np.errstate(invalid="ignore"):
        scale = np.abs(b) + (not point.row.startswith("extreme"))
    return error_of(a, Pair(b, np.zeros_like(b)), scale, eps_of(p.dtype))
