"""The properties that every sample is checked for, one function each: what it returns is the largest error found.

All of them see the sample as a function of real vectors (`agrad_conformance.reference.pack`), of which the stored
reference knows the value, the whole Jacobian and one second derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

import agrad
from agrad_conformance.arguments import names_of
from agrad_conformance.checks.batched import batched
from agrad_conformance.checks.traced import traced
from agrad_conformance.checks.wrong import Wrong
from agrad_conformance.compare import error_of
from agrad_conformance.problem import Problem
from agrad_conformance.reference import Pair, Reference, pack

__all__ = ["PROPERTIES", "other_devices"]

Array = np.ndarray[Any, np.dtype[Any]]

NO_DATA = ("meta",)
"""Devices that hold shapes only."""


def value(p: Problem, r: Reference) -> float:
    """The results are those of the reference, in shape and kind too."""
    found = p.outputs
    shapes = tuple(y.shape for y in found)
    if shapes != r.shapes:
        raise Wrong(f"the results have shapes {shapes}, those of the reference are {r.shapes}")
    kinds = tuple({"f": "real", "c": "complex", "b": "boolean"}.get(y.dtype.kind, "integer") for y in found)
    if any(k != known for k, known, y in zip(kinds, r.kinds, found, strict=True) if y.size):  # nothing has no kind
        raise Wrong(f"the results are {kinds}, those of the reference {r.kinds}")
    for y in p.floating:
        if p.precision and y.dtype not in p.precision:
            raise Wrong(f"a result is {y.dtype}, all arguments are {p.dtype}")
    return _error(p, pack(found), r.values, r.value_scale)


def vjp(p: Problem, r: Reference) -> float:
    """The whole Jacobian, a row for each unit cotangent."""
    if not p.arrays or not r.w.size:
        return 0.0
    results, pull = agrad.vjp(p, *p.arrays)
    rows = [p.packed(pull(p.cotangents(unit))) for unit in np.eye(len(r.w))]
    return max(_error(p, _stacked(rows, r), r.jacobian, r.slope_scale), _gap(p, results))


def jvp(p: Problem, r: Reference) -> float:
    """The whole Jacobian, a column for each unit tangent."""
    if not p.arrays or not r.w.size:
        return 0.0
    results = agrad.jvp(p, tuple(p.arrays), tuple(p.tangents(r.v)))[0]
    columns = [p.packed(_pushed(p, p, p.tangents(unit))) for unit in np.eye(len(r.v))]
    return max(_error(p, _stacked(columns, r, columns=True), r.jacobian, r.slope_scale), _gap(p, results))


def adjoint(p: Problem, r: Reference) -> float:
    """Re<w, J v> = Re<J* w, v>: free of any difference quotient, and of the reference's precision."""
    if not p.arrays or not r.w.size:
        return 0.0
    forward = p.packed(_pushed(p, p, p.tangents(r.v)))
    backward = p.packed(p.pulled()(p.cotangents(r.w)))
    scale = np.abs(r.w) @ np.abs(r.jacobian.high) @ np.abs(r.v) + np.abs(r.w) @ r.slope_scale @ np.abs(r.v)
    expected = Pair(np.asarray([r.w @ forward]), np.zeros(1))
    return error_of(np.asarray([backward @ r.v]), expected, np.asarray([scale]), p.eps)


def second(p: Problem, r: Reference) -> float:
    """The derivative of <w, J v>: reverse over reverse, forward over reverse, reverse over forward."""
    if r.second is None or r.second_scale is None or not p.arrays or not r.w.size:
        return 0.0
    w, v = p.cotangents(r.w), p.tangents(r.v)

    def gradient(*xs: Any) -> Any:
        return agrad.vjp(p, *xs)[1](w)

    def slope(*xs: Any) -> Any:
        return agrad.jvp(p, xs, tuple(v))[1]

    ways = (
        list(agrad.vjp(gradient, *p.arrays)[1](tuple(v))),  # reverse over reverse
        _pushed(p, gradient, v),  # forward over reverse
        list(agrad.vjp(slope, *p.arrays)[1](w)),  # reverse over forward
    )
    # what cancels is of the size of a slope divided by an argument
    size = max((float(np.abs(x).max()) for x in p.inputs if x.size), default=0.0) or 1.0
    floor = float(np.abs(r.w) @ np.abs(r.jacobian.high) @ np.abs(r.v)) / size
    return max(_error(p, p.packed(way), r.second, r.second_scale, floor) for way in ways)


def chained(p: Problem, r: Reference) -> float:
    """Second order where the cotangent depends on the arguments, too, as in the Hessian of sum(w * y**2) / 2, or the
    tangent does."""
    if r.second is None or r.second_scale is None or not p.arrays or not r.w.size:
        return 0.0
    v = p.tangents(r.v)
    weights = [(p.to_backend(x.real.copy()), p.to_backend(x.imag.copy())) for x in p.shaped(r.w, p.floating)]

    def weighted(y: Any, weight: tuple[Any, Any]) -> Any:
        xp, y = p.space, p.space.asarray(y)
        real, imaginary = map(xp.asarray, weight)
        if not xp.isdtype(y.dtype, "complex floating"):
            return real * y
        return xp.astype(real * xp.real(y), y.dtype) + 1j * xp.astype(imaginary * xp.imag(y), y.dtype)

    def gradient(*xs: Any) -> Any:
        ys, pullback = agrad.vjp(p, *xs)
        return pullback([weighted(y, weight) for y, weight in zip(ys, weights, strict=True)])

    cts = [weighted(y, weight).array for y, weight in zip(_results(p), weights, strict=True)]
    bent = p.packed(_pushed(p, lambda *xs: agrad.vjp(p, *xs)[1](cts), v))
    slope, along = r.jacobian.high, r.jacobian.high @ r.v
    expected = Pair(slope.T @ (r.w * along) + bent, np.zeros(len(r.v)))
    scale = np.abs(slope.T) @ np.abs(r.w * along) + np.abs(bent) + r.second_scale
    ways = (_pushed(p, gradient, v), list(agrad.vjp(gradient, *p.arrays)[1](tuple(v))))

    def pushed(*xs: Any) -> Any:
        """A tangent that depends on the arguments: t(x) = v + x - x0."""
        return agrad.jvp(p, xs, tuple((x - x0) + t for t, x, x0 in zip(v, xs, p.arrays, strict=True)))[1]

    tilted = Pair(slope.T @ r.w + r.second.high, r.second.low)
    tilted_scale = np.abs(slope.T) @ np.abs(r.w) + r.second_scale
    return max(
        *(_error(p, p.packed(way), expected, scale) for way in ways),
        _error(p, p.packed(agrad.vjp(pushed, *p.arrays)[1](p.cotangents(r.w))), tilted, tilted_scale),
    )


def preservation(p: Problem, r: Reference) -> float:
    """Gradients and tangents keep shape, dtype, device and library, and copy nothing to the host where the backend can
    tell; nothing given is changed; the same input, the same bits."""
    if not p.arrays or not r.w.size:
        return 0.0
    before = [p.to_host(x).copy() for x in p.arrays]
    w, v = p.cotangents(r.w), p.tangents(r.v)
    given = [p.to_host(x).copy() for x in (*w, *v)]
    with p.backend.guard() if p.sample.case.static else nullcontext():  # a shape of values has to be looked up
        gradients = p.pulled()(w)
        pushed = _pushed(p, p, v)
    names, results = names_of(p.sample), _results(p)
    for name, y, x in zip(names, gradients, p.arrays, strict=True):
        _alike(p, f"the gradient of {name}", y, x)
    for k, (y, x) in enumerate(zip(pushed, results, strict=True)):
        _alike(p, f"the tangent of result {k}", y, x)
    for name, old, x in zip(names, before, p.arrays, strict=True):
        if not np.array_equal(old, p.to_host(x), equal_nan=True):
            raise Wrong(f"the argument {name} was changed")
    for old, x in zip(given, (*w, *v), strict=True):
        if not np.array_equal(old, p.to_host(x), equal_nan=True):
            raise Wrong("a cotangent or tangent was changed")
    if "determinism" not in p.backend.lacks:
        again = p.packed(p.pulled()(w))
        if not np.array_equal(again, p.packed(gradients), equal_nan=True):
            raise Wrong("the same gradient, computed twice, has other bits")
        if not np.array_equal(p.packed(_pushed(p, p, v)), p.packed(pushed), equal_nan=True):
            raise Wrong("the same tangent, computed twice, has other bits")
    _bare(p)
    return 0.0


def _alike(p: Problem, what: str, found: Any, like: Any) -> None:
    """Of the backend, and of the shape, dtype and device of another array."""
    if not p.backend.owns(found):
        raise Wrong(f"{what} is a {type(found).__name__}, which is no array of the backend")
    a, b = p.space.asarray(found), p.space.asarray(like)
    if (tuple(a.shape), a.dtype) != (tuple(b.shape), b.dtype):
        raise Wrong(f"{what} is {a.dtype}{list(a.shape)}, it should be {b.dtype}{list(b.shape)}")
    if a.device != b.device:
        raise Wrong(f"{what} is on the device {a.device}, it should be on {b.device}")


def _bare(p: Problem) -> None:
    """Where a sample compares functions of the results: the op by itself, whose cotangents and tangents are given."""
    if p.sample.case.of is None:
        return

    def bare(*xs: Any) -> list[Any]:
        return [y for y in p.results(*xs, bare=True) if p.is_floating(y)]

    with agrad.no_grad():
        w = [y.array for y in bare(*map(p.space.asarray, p.arrays))]
    try:
        _, pull = agrad.vjp(bare, *p.arrays)
        pull(w)
        pushed = agrad.jvp(bare, tuple(p.arrays), tuple(p.arrays))[1]
    except agrad.AgradError:  # the results have no derivative by themselves
        return
    with agrad.no_grad():
        again = [y.array for y in bare(*map(p.space.asarray, p.arrays))]
    for y, x, t in zip(w, again, pushed, strict=True):
        if not np.array_equal(p.to_host(y), p.to_host(x), equal_nan=True):
            raise Wrong("a cotangent, argument or tangent was changed")
        if p.space.asarray(t).dtype != p.space.asarray(y).dtype:
            raise Wrong(f"a tangent is {p.space.asarray(t).dtype}, it should be {p.space.asarray(y).dtype}")


def device(p: Problem, r: Reference) -> float:
    """On another device than the default one, gradients and tangents are on that device too."""
    if not p.arrays or not r.w.size:
        return 0.0
    place = other_devices(p.backend.name)[0]
    there = Problem(p.sample, p.dtype, p.backend.name, place)
    w, v = there.cotangents(r.w), there.tangents(r.v)
    for what, found in (("gradient", there.pulled()(w)), ("tangent", _pushed(there, there, v))):
        for y in found:
            if p.space.asarray(y).device != place:
                raise Wrong(f"a {what} is on the device {p.space.asarray(y).device}; all arguments are on {place}")
    return 0.0


def other_devices(backend: str) -> list[Any]:
    """The devices besides the default one; none where the backend says that it lacks them."""
    if "devices" in agrad.plugins.backends()[backend].lacks:
        return []
    info = agrad.namespace(backend).__array_namespace_info__()
    return [d for d in info.devices() if d != info.default_device() and str(d) not in NO_DATA]


def layout(p: Problem, r: Reference) -> float:
    """Strided and read-only arguments have the gradients of the others; of an elementwise op, so have reversed ones."""
    if not p.arrays or not r.w.size:
        return 0.0
    w = p.cotangents(r.w)
    expected = Pair(r.w @ r.jacobian.high, r.w @ r.jacobian.low)
    scale = np.abs(r.w) @ r.slope_scale
    arrays = [_strided(p, x) for x in p.inputs]
    _, pullback = agrad.vjp(p, *arrays)
    error = _error(p, p.packed(pullback(w)), expected, scale)
    return max(error, _error(p, _of_flipped(p, r), expected, scale)) if p.elementwise else error


def _of_flipped(p: Problem, r: Reference) -> Array:
    """The gradient of an elementwise op at the same numbers in reverse order, put back in order."""
    xs = [p.to_backend(np.flip(x).copy()) for x in p.inputs]
    w = [p.to_backend(np.flip(y).copy()) for y in p.shaped(r.w, p.floating)]
    found = agrad.vjp(p, *xs)[1](w)
    return pack([np.flip(p.to_host(g)) for g in found])


def imperative(p: Problem, r: Reference) -> float:
    """``backward`` accumulates in ``.grad``, frees the graph unless it is retained, and then refuses."""
    if not p.arrays or not r.w.size:
        return 0.0
    xs = [p.space.asarray(x, requires_grad=True) for x in p.arrays]
    loss = _paired(p, p(*xs), p.cotangents(r.w))
    expected = Pair(2 * (r.w @ r.jacobian.high), 2 * (r.w @ r.jacobian.low))
    if loss.requires_grad:
        loss.backward(retain_graph=True)
        loss.backward()
        try:
            loss.backward()
        except agrad.GraphError:
            pass
        else:
            raise Wrong("backward through a graph that was not retained did not raise")
    elif expected.high.any():
        raise Wrong("the result does not require gradients, and it depends on arguments that do")
    found = [np.zeros_like(x) if t.grad is None else p.to_host(t.grad.array) for t, x in zip(xs, p.inputs, strict=True)]
    return _error(p, pack(found), expected, 2 * np.abs(r.w) @ r.slope_scale)


def no_grad(p: Problem, r: Reference) -> float:
    """Nothing is followed under ``no_grad`` and beyond ``stop_gradient``."""
    if not p.arrays or not r.w.size:
        return 0.0
    xs = [p.space.asarray(x, requires_grad=True) for x in p.arrays]
    with agrad.no_grad():
        if any(getattr(y, "requires_grad", False) and not y.is_leaf for y in p(*xs)):
            raise Wrong("a result computed under no_grad requires gradients")
    pulled = p.pulled(lambda *xs: p(*map(agrad.stop_gradient, xs)))(p.cotangents(r.w))
    if p.packed(pulled).any():
        raise Wrong("a gradient went through stop_gradient")
    return 0.0


def _paired(p: Problem, ys: Sequence[Any], w: Sequence[Any]) -> Any:
    """Re<w, y>, whose gradient is J* w."""
    xp, total = p.space, None
    for y, ct in zip(ys, w, strict=True):
        ct = xp.asarray(ct)
        term = xp.real(xp.conj(ct) * y) if xp.isdtype(ct.dtype, "complex floating") else ct * y
        total = xp.sum(term) if total is None else total + xp.sum(term)
    return total


def _pushed(p: Problem, f: Callable[..., Any], tangents: Sequence[Any]) -> list[Any]:
    return list(agrad.jvp(f, tuple(p.arrays), tuple(tangents))[1])


def _results(p: Problem) -> list[Any]:
    with agrad.no_grad():
        return p(*map(p.space.asarray, p.arrays))


def _gap(p: Problem, results: Sequence[Any]) -> float:
    """How far the results of a transform are from those without one: other roundings, at most."""
    found, plain = pack([p.to_host(y) for y in results]), pack(p.floating)
    scale = np.full(plain.shape, np.abs(plain).max(initial=0.0)) + np.abs(plain)
    return error_of(found, Pair(plain, np.zeros(plain.shape)), scale, p.eps) if np.isfinite(plain).all() else 0.0


def _stacked(rows: Sequence[Array], r: Reference, columns: bool = False) -> Array:
    if not rows:
        return np.zeros((len(r.w), len(r.v)))
    return np.stack(rows, axis=1 if columns else 0)


def _strided(p: Problem, x: Array) -> Any:
    """The same numbers with gaps between them, in reverse order of memory, read-only where the library can say so."""
    if not x.ndim:
        return p.to_backend(x)
    wide = np.zeros((*x.shape[:-1], 2 * x.shape[-1]), dtype=x.dtype)
    wide[..., ::2] = x
    array = p.space.asarray(p.to_backend(wide)).array[..., ::2]
    flags: Any = getattr(array, "flags", None)
    if hasattr(flags, "writeable"):
        flags.writeable = False
    return array


def _error(p: Problem, found: Array, expected: Pair, sensitivity: Array, floor: float = 0.0) -> float:
    """The error in units of eps times a scale: by how much each number may change when the inputs are rounded.

    Elementwise ops answer for each number, others for the largest: their numbers are made of many.
    """
    scale = np.abs(expected.high) + sensitivity
    op = agrad.plugins.find(p.sample.op)
    if scale.size and (op is None or op.kind != "elementwise"):
        scale = np.full(scale.shape, max(scale.max(), floor))
    return error_of(found, expected, scale, p.eps)


PROPERTIES: Mapping[str, Callable[[Problem, Reference], float]] = {
    f.__name__: f
    for f in (
        value,
        batched,
        traced,
        vjp,
        jvp,
        adjoint,
        second,
        chained,
        preservation,
        device,
        layout,
        imperative,
        no_grad,
    )
}
"""By name, in the order of a report."""
